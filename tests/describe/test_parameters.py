"""Every place of the schema is a parameter with words; values, ranges and sources come from the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.describe import parameters as module
from sim.describe.given import entries, given, given_words, is_entry
from sim.describe.parameters import WORDS, Parameter, parameters, sections, tables
from sim.scenario import load
from sim.scenario.reading.loader import LoadedScenario
from sim.scenario.schema.fields import find
from sim.scenario.show import full

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@cache
def china() -> LoadedScenario:
    return load(SCENARIOS / "china_2019.yaml")


@cache
def everything() -> dict[str, Parameter]:
    return {one.dotted: one for one in parameters()}


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(tree, Mapping) or not tree:
        yield path
        return
    for key, child in tree.items():
        yield from leaves(child, (*path, str(key)))


def stands_for(parameter: Parameter, leaf: tuple[str, ...]) -> bool:
    """Whether a leaf lies at a parameter, or in a table by tier, date or name there."""
    if len(leaf) < len(parameter.path):
        return False
    return all(is_entry(key) or key == name for key, name in zip(parameter.path, leaf, strict=False))


@pytest.mark.parametrize("name", ["china_2019", "popup_on_pinduoduo_2019", "exit_by_threshold_2019"])
def test_every_value_of_a_scenario_is_a_parameter(name: str) -> None:
    tree = full(load(SCENARIOS / f"{name}.yaml").scenario)
    solved = ("intercepts", "listing_costs")
    found = {leaf for leaf in leaves(tree) if leaf[0] not in solved}
    empty = {"price", "promotions", "merchants", "acts", *solved, *tree}
    lost = [leaf for leaf in found if not any(stands_for(one, leaf) for one in everything().values())]
    assert [leaf for leaf in lost if leaf[-1] not in empty] == []


def test_every_parameter_has_words_and_every_number_a_unit() -> None:
    assert [name for name, one in everything().items() if not one.words] == []
    plain = [n for n, one in everything().items() if one.default.replace(".", "").isdigit() and not one.unit]
    assert plain == []


def test_words_are_given_only_to_fields_that_have_none() -> None:
    assert set(WORDS) <= set(everything())
    described = [name for name in WORDS if (slot := find(name.split("."))) is not None and slot.description]
    assert described == []


def test_a_field_without_words_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORDS", {})
    assert [one.dotted for one in parameters() if not one.words]


def test_no_parameter_stands_twice() -> None:
    assert len(everything()) == len(list(parameters()))
    assert sum(map(len, sections().values())) == len(everything())


@pytest.mark.parametrize(
    ("name", "unit", "default"),
    [
        ("platforms.<platform>.similarity", "nest parameter", "0.65"),
        ("platforms.<platform>.assortments.<category>.merchants.active", "share", "required"),
        ("storefronts.<storefront>.contract.mode", "", "agency"),
        ("storefronts.<storefront>.open.from", "", "none"),
        ("policies.<policy>.acts.<act>.price", "factor", "none"),
        ("brands.<brand>.advertising.scale", "currency", "1 m"),
        ("brands.<brand>.awareness.steady", "", "yes"),
        ("season.months", "factor", "empty"),
    ],
)
def test_units_and_defaults_are_those_of_the_schema(name: str, unit: str, default: str) -> None:
    assert (everything()[name].unit, everything()[name].default) == (unit, default)


def test_choices_are_told_unless_the_words_do() -> None:
    assert everything()["network.kind"].words.endswith("(small_world, everyone)")
    assert everything()["schema"].words == "version of this format"


# --- what a file says ----------------------------------------------------------------------------


def said(name: str) -> str:
    return given_words(china(), everything()[name].path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("population.price_spread", "0.3; [0 to 0.6] assumption"),
        ("finance.runoff_weeks", "52"),
        ("network.kind", ""),
        ("brands.<brand>.similarity", "0.55; [0.3 to 0.95] assumption"),
        ("platforms.<platform>.similarity", "alibaba: 0.65; alibaba: [0.4 to 0.95] assumption"),
        ("platforms.<platform>.owner", "kaola: alibaba"),
        ("tiers.<tier>.income", "27,000 to 66,000 (6 values)"),
        ("platforms.<platform>.assortments.<category>.merchants.active", "0.8, where given"),
        (
            "subsidies.<subsidy>.depth",
            "ten_billion: 0.15, jd_matches: 0.05; "
            "ten_billion electronics: [0.1 to 0.25] 10 to 25 % off branded goods (C)",
        ),
        ("season.months", "0.83 to 1.2 (12 values)"),
    ],
)  # fmt: skip
def test_values_ranges_and_sources_are_those_of_the_file(name: str, words: str) -> None:
    assert said(name) == words


def test_values_are_counted_by_entry() -> None:
    path = everything()["platforms.<platform>.trust"].path
    assert [one.names for one in given(china(), path)] == [(p,) for p in china().scenario.platforms]
    assert entries(china(), path) == len(china().scenario.platforms)


def test_every_source_of_the_file_is_told() -> None:
    page = tables(china())
    sources = {q.source for q in china().quantities.values() if q.source}
    assert sources
    assert [source for source in sources if source not in page] == []
