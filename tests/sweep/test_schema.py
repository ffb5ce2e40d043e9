"""The schema of experiment files: what may stand where, in words that read well."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sim.scenario.reading.translate import build
from sim.scenario.schema.fields import Grammar, expected
from sim.sweep.schema import ExperimentFile

LEAST: dict[str, Any] = {
    "schema": 1,
    "scenario": "a.yaml",
    "design": {"kind": "lhs", "points": 4},
    "outcomes": {"y": {"outcome": "hosted GMV"}},
}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("schema", "1"),
        ("scenario", "text"),
        ("against", "text or null"),
        ("set", "a mapping from dotted paths to values"),
        ("uncertainties", "a mapping from names to entries"),
        ("uncertainties.x.path", "text, a list of texts that is not empty, like [a, b] or null"),
        ("uncertainties.x.path.0", "text"),
        ("uncertainties.x.low", "a number or null"),
        ("uncertainties.x.scale", "linear or log"),
        ("uncertainties.x.levels", "a list of values that is not empty, like [1, 2] or null"),
        ("uncertainties.x.levels.0", "a number, text, true or false"),
        ("levers.x.options", "a mapping from names to entries that is not empty or null"),
        ("levers.x.options.y", "a mapping with scenario and set"),
        ("levers.x.options.y.set", "a mapping from dotted paths to values"),
        ("levers.x.change", "set, multiply or add"),
        ("design.points", "a whole number from 2 to 1000000 (points) or null"),
        ("design.seed", "a whole number at least 0 or null"),
        ("design.second_order", "true, false or null"),
        ("design.rows", "a list of mappings that is not empty or null"),
        ("design.rows.0", "a mapping from names to values"),
        ("design.rows.0.x", "a number, text, true or false"),
        ("independent", "true or false"),
        ("outcomes", "a mapping from names to entries that is not empty"),
        ("outcomes.x.period", "window, after, horizon or null"),
        ("panel.by", "a list of channel, category or tier that is not empty"),
        ("panel.by.0", "channel, category or tier"),
        ("budget.hours", "a number above 0 (h) or null"),
    ],
)
def test_words_for_what_is_expected(path: str, words: str) -> None:
    slot = Grammar(ExperimentFile).find(path.split("."))
    assert slot is not None
    assert expected(slot) == words


def test_the_least_that_an_experiment_says() -> None:
    spec = build(LEAST, ExperimentFile)
    assert (spec.replications, spec.root_seed, spec.vary, spec.independent) == (5, 1, "both", False)
    assert (spec.against, spec.consumers, spec.panel, spec.run_off) == (None, None, None, True)
    assert spec.outcomes["y"].tier == "all"
    with pytest.raises(ValidationError):
        spec.replications = 3


@pytest.mark.parametrize(
    ("levels", "kinds"),
    [([1, 2.5], [int, float]), ([True, False], [bool, bool]), (["1", "b"], [str, str]), ([1.0], [float])],
)
def test_levels_stay_what_they_are(levels: list[Any], kinds: list[type]) -> None:
    tree = {**LEAST, "levers": {"x": {"path": "a.b", "levels": levels}}}
    found = build(tree, ExperimentFile).levers["x"].levels
    assert found == levels
    assert [type(level) for level in found or []] == kinds


@pytest.mark.parametrize(
    "change",
    [
        {"replications": True},
        {"replications": 2.0},
        {"root_seed": "1"},
        {"budget": {"hours": float("nan")}},
        {"levers": {"x": {"path": "a", "levels": [None]}}},
        {"levers": {"x": {"path": "a", "low": float("inf")}}},
        {"outcomes": {}},
        {"design": {"kind": "list", "rows": [{"x": [1]}]}},
    ],
)
def test_nothing_is_taken_for_something_else(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        build({**LEAST, **change}, ExperimentFile)
