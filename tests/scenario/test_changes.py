"""Scenarios as trees: changed as `--set` changes them, numbers moved, and what they say without words."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.scenario import LoadedScenario, ScenarioError, load
from sim.scenario.changes import (
    Assignment,
    ScenarioTree,
    UnsoundError,
    as_node,
    content,
    moved,
    sound,
    started,
    stray,
)
from sim.scenario.schema import Scenario
from sim.scenario.schema.fields import find
from sim.scenario.show import full

TOY = load(Path(__file__).parents[1] / "scenario" / "toy.yaml")
WORLD = ScenarioTree.of(TOY)
STORE = "storefronts.faraway_on_bazaar"
SETS: list[tuple[str, Any]] = [
    (f"{STORE}.exposure", 0.2),
    (f"{STORE}.exposure", 0),
    (f"{STORE}.delivery_days", 3),
    (f"{STORE}.delivery_days", {"T5": 4}),
    (f"{STORE}.contract", {"deposit": 7}),
    (f"{STORE}", {"contract": {"commission": 0.05}, "exposure": 0.1}),
    (f"{STORE}", None),
    ("platforms.bazaar.access", {"initial": {"T1": 0.5, "T5": 0.4}}),
    ("brands.faraway.advertising.spend", {"2019-01-07": 5e4}),
    ("brands.faraway.advertising.spend", 1e5),
    ("storefronts", {"faraway_site": {"delivery_days": {"T1": 2, "T5": 3}}}),
    ("events.summer_sale", None),
    ("season.months", {"1": 1.5, "3": 0.9}),
    ("platforms.depot.owner", "bazaar"),
    ("population.consumers", 700),
]


def text_of(value: Any) -> str:
    """A value on the command line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text_of(child)}" for key, child in value.items()) + "}"
    return "null" if value is None else str(value)


@settings(max_examples=40, deadline=None)
@example([(f"{STORE}.delivery_days", 3), (f"{STORE}.delivery_days", {"T5": 4})], [])
@given(
    st.lists(st.sampled_from([one for one in SETS if one[1] is not None]), max_size=4),
    st.lists(st.sampled_from([one for one in SETS if one[1] is None]), max_size=2, unique=True),
)
def test_changed_as_the_command_line_changes_it(
    sets: list[tuple[str, Any]], removals: list[tuple[str, Any]]
) -> None:
    every = [*sets, *removals]
    tree = WORLD.changed(Assignment(path, value) for path, value in every)
    arguments = [f"{path}={text_of(value)}" for path, value in every]
    try:
        expected = load(TOY.path, sets=arguments).scenario
    except ScenarioError:  # a mapping over a number says nothing of the other tiers
        with pytest.raises(UnsoundError):
            sound(tree, "toy")
    else:
        assert sound(tree, "toy") == expected
    assert WORLD.tree == TOY.tree


def test_one_after_another() -> None:
    tree = WORLD.changed(
        [Assignment(f"{STORE}.exposure", 0.1), Assignment(f"{STORE}.exposure", 2.0, "multiply")]
    )
    assert tree["storefronts"]["faraway_on_bazaar"]["exposure"] == 0.2
    gone = WORLD.changed([Assignment(STORE, None), Assignment(f"{STORE}.exposure", 0.1)])
    assert "faraway_on_bazaar" not in gone["storefronts"]


def test_what_is_added_can_be_changed() -> None:
    brand = {"title": "New", "awareness": {"initial": 0.1}}
    made = [Assignment("brands.new", brand), Assignment("brands.new.awareness.initial", 3.0, "multiply")]
    tree = WORLD.changed(made)
    assert tree["brands"]["new"]["awareness"]["initial"] == pytest.approx(0.3)
    assert not stray(as_node(tree), ("brands", "new", "colour"))
    assert stray(WORLD.root, ("brands", "new", "colour")) == "unknown name 'new', expected faraway"


def test_null_is_a_value_where_the_schema_says_so() -> None:
    tree = WORLD.changed(
        [Assignment("platforms.depot.owner", None), Assignment("platforms.depot.colour", "")]
    )
    assert tree["platforms"]["depot"]["owner"] is None


@pytest.mark.parametrize(
    ("path", "change", "by", "value"),
    [
        (f"{STORE}.exposure", "multiply", 2.0, 0.12),
        (f"{STORE}.exposure", "add", 0.01, 0.07),
        (f"{STORE}.delivery_days", "multiply", 0.5, {"T1": 3.0, "T5": 4.5}),
        (f"{STORE}.delivery_days", "add", 1, {"T1": 7, "T5": 10}),
        (f"{STORE}.delivery_days.T5", "add", 1, 10),
        ("brands.faraway.advertising.spend", "multiply", 2.0, {"2018-01-01": 2e5, "2019-06-03": 4e5}),
        ("intercepts.bazaar", "add", 1.0, {"daily": 2.2, "imported": {"T1": 1.4, "T5": 1.1}}),
        ("season.months", "multiply", 2.0, {"1": 2.1, "2": 1.6, "11": 2.6}),
        (f"{STORE}.contract.annual_fee", "add", 0.25, 0.25),
        ("population.consumers", "multiply", 0.3334, 667),
        ("population.consumers", "add", 1, 2001),
        ("population.consumers", "add", 1.0, 2001),
    ],
)  # fmt: skip
def test_numbers_are_moved(path: str, change: Any, by: float, value: Any) -> None:
    tree = WORLD.changed([Assignment(path, by, change)])
    found = ScenarioTree("toy", tree, tree).at(path)
    assert dict(leaves(found)) == pytest.approx(dict(leaves(value)))
    assert sound(tree, "toy")


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for key, child in value.items():
        yield from leaves(child, f"{path}.{key}")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("brands.faraway.title", "found text 'Faraway', expected a number to multiply"),
        ("brands.faraway", "found a mapping, expected a number to multiply"),
        ("platforms", "found a mapping, expected a number to multiply"),
        ("platforms.depot.owner", "found nothing, expected a number to multiply"),
        ("categories.imported.seller_loyalty", "found true, expected a number to multiply"),
        (f"{STORE}.open.from", "found text '2019-01-07', expected a number to multiply"),
    ],
)
def test_what_is_no_number_is_not_moved(path: str, what: str) -> None:
    with pytest.raises(UnsoundError) as caught:
        WORLD.changed([Assignment(path, 2.0, "multiply")])
    error = caught.value
    assert (error.path, error.what) == (path, what)
    assert str(error) == f"toy: {path}: {what}"


def test_times_one_and_plus_nothing_change_nothing() -> None:
    for change, by in (("multiply", 1.0), ("add", 0.0)):
        for path in (f"{STORE}.delivery_days", "population.consumers", "brands.faraway.awareness.forgetting"):
            one = Assignment(path, by, change)  # type: ignore[arg-type]
            assert sound(WORLD.changed([one]), "toy") == TOY.scenario


def test_whole_numbers() -> None:
    slot = find(("population", "consumers"))
    assert moved(1000, Assignment("x", 1.2345, "multiply"), slot) == 1234
    assert isinstance(moved(1000, Assignment("x", 2.0, "multiply"), slot), int)
    assert moved(1000, Assignment("x", float("inf"), "multiply"), slot) == float("inf")
    whole = WORLD.changed([Assignment("population.consumers", 500.0)])["population"]["consumers"]
    assert (whole, type(whole)) == (500, int)
    assert WORLD.changed([Assignment("network.contacts", 2.5)])["network"]["contacts"] == 2.5


def test_unsound_trees_say_everything_that_is_wrong() -> None:
    tree = WORLD.changed(
        [Assignment(f"{STORE}.host", "bazar"), Assignment("platforms.depot.fees.take_rate", 7)]
    )
    with pytest.raises(UnsoundError) as caught:
        sound(tree, "toy")
    assert str(caught.value).splitlines() == [
        "toy: platforms.depot.fees.take_rate: found 7, expected a number from 0 to 1 (share)",
        f"toy: {STORE}.host: unknown platform 'bazar', did you mean 'bazaar'?",
    ]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.path) == (str(caught.value), "platforms.depot.fees.take_rate")


def test_what_is_set_for_good() -> None:
    fixed = [Assignment(f"{STORE}.exposure", 0.1), Assignment("brands.faraway.awareness.initial", 0.3)]
    world = ScenarioTree.of(TOY, fixed)
    assert world.at(f"{STORE}.exposure") == 0.1
    assert (
        world.at("brands.faraway.awareness.forgetting") == TOY.scenario.brands["faraway"].awareness.forgetting
    )
    assert world.at(f"{STORE}.nothing") is None
    doubled = world.changed([Assignment(f"{STORE}.exposure", 2.0, "multiply")])
    assert doubled["storefronts"]["faraway_on_bazaar"]["exposure"] == 0.2
    with pytest.raises(UnsoundError, match=r"time\.start: 2018-01-02 is a Tuesday"):
        ScenarioTree.of(TOY, [Assignment("time.start", "2018-01-02")])


def test_more_can_be_set_for_good_later() -> None:
    """One after the other is both at once; the first world stays what it is."""
    first, second = Assignment(f"{STORE}.exposure", 0.1), Assignment(f"{STORE}.exposure", 2.0, "multiply")
    one = ScenarioTree.of(TOY, [first])
    both = one.with_fixed([second, Assignment("brands.faraway.awareness.initial", 0.3)])
    assert both == ScenarioTree.of(TOY, [first, second, Assignment("brands.faraway.awareness.initial", 0.3)])
    assert (one.at(f"{STORE}.exposure"), both.at(f"{STORE}.exposure")) == (0.1, 0.2)
    assert both.at("brands.faraway.awareness.initial") == 0.3, "values are looked up where they are set"
    assert both.changed([second])["storefronts"]["faraway_on_bazaar"]["exposure"] == 0.4
    assert one.with_fixed([]) == one
    with pytest.raises(UnsoundError, match=r"exposure: found 7"):
        one.with_fixed([Assignment(f"{STORE}.exposure", 7)])


def test_the_start_stays_where_places_are_set() -> None:
    world = ScenarioTree("toy", WORLD.tree, WORLD.defaults, {"said": "before"})
    fixed = world.with_fixed([Assignment(f"{STORE}.exposure", 0.1)])
    assert (fixed.name, fixed.start) == ("toy", {"said": "before"})


def test_nodes_do_not_travel() -> None:
    world = ScenarioTree.of(TOY)
    before = len(pickle.dumps(world))
    assert world.root.entries
    assert len(pickle.dumps(world)) == before
    assert pickle.loads(pickle.dumps(world)) == world


# --- content -------------------------------------------------------------------------------------


def said(*sets: str) -> Any:
    return content(load(TOY.path, sets=sets).scenario)


@pytest.mark.parametrize(
    "words",
    [
        "title=Other",
        "question=Why?",
        "platforms.bazaar.title=Other",
        'platforms.bazaar.colour="#123456"',
        "brands.faraway.title=Other",
        "storefronts.faraway_site.title=Other",
        "events.summer_sale.title=Other",
        "tiers.T1.title=Other",
        "categories.daily.title=Other",
    ],
)
def test_words_are_no_content(words: str) -> None:
    assert said(words) == said()


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, value in SETS if path != "events.summer_sale"]
)
def test_everything_else_is(path: str, value: Any) -> None:
    changed = content(sound(WORLD.changed([Assignment(path, value)]), "toy"))
    assert changed != said()


def test_a_number_in_the_place_of_a_section_is_content() -> None:
    """A platform's appeal is a number or a section that drifts; told apart, with its numbers."""
    drift = "platforms.bazaar.appeal={on: 2018-07-02, level: 0.5, per_year: 0.2}"
    some = [said(), said("platforms.bazaar.appeal=0.5"), said(drift), said(drift.replace("0.2", "0.3"))]
    assert len({json.dumps(one, sort_keys=True) for one in some}) == 4
    appeal = [dict(one["platforms"])["bazaar"]["appeal"] for one in some]
    assert appeal[:2] == [0.0, 0.5]
    assert appeal[2]["per_year"] == 0.2
    assert said("platforms.bazaar.appeal=0") == said()


def test_defaults_that_are_written_are_no_content() -> None:
    scenario = TOY.scenario.brands["faraway"].awareness.forgetting
    assert said(f"brands.faraway.awareness.forgetting={scenario}", "season.months={1: 1.05}") == said()
    assert said(f"{STORE}.exposure=6e-2", f"{STORE}.contract.deposit=50000.0") == said()


def test_an_entity_may_be_named_like_a_word() -> None:
    tree = full(TOY.scenario)
    tree["brands"]["note"] = tree["brands"]["faraway"]
    both = content(sound(tree, "toy"))
    tree["brands"]["note"] = {**tree["brands"]["faraway"], "similarity": 0.9}
    assert content(sound(tree, "toy")) != both
    assert [name for name, _ in both["brands"]] == ["faraway", "note"]


@pytest.mark.parametrize("section", ["tiers", "categories", "platforms", "storefronts"])
def test_the_order_of_names_is_content(section: str) -> None:
    tree = full(TOY.scenario)
    tree[section] = dict(reversed(tree[section].items()))
    other = Scenario.model_validate(tree)
    assert other == TOY.scenario
    assert content(other) != said()


def test_the_order_of_numbers_is_no_content() -> None:
    one = said(f"{STORE}.delivery_days=null", f"{STORE}.delivery_days={{T1: 3, T5: 4}}")
    other = said(f"{STORE}.delivery_days=null", f"{STORE}.delivery_days={{T5: 4, T1: 3}}")
    assert _sorted(one) == _sorted(other)


def _sorted(tree: Any) -> Any:
    """As the digest sees it."""
    if isinstance(tree, dict):
        return {key: _sorted(tree[key]) for key in sorted(tree)}
    return [_sorted(child) for child in tree] if isinstance(tree, list) else tree


def test_the_start_is_content(tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(TOY.path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "late.yaml").write_text(
        "extends: toy.yaml\nstart_from: {scenario: toy.yaml, on: 2018-06-04}\nstorefronts:\n"
        "  faraway_on_bazaar: {open: {from: 2019-01-14}}\n"
    )
    late: LoadedScenario = load(tmp_path / "late.yaml")
    found = started(late.scenario, said())
    assert found["start_from"] == {"scenario": said(), "on": "2018-06-04"}
    assert started(TOY.scenario, None)["start_from"] is None
