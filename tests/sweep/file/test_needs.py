"""Keys of experiment files that go together, beside what designs themselves need."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from sim.scenario.reading.translate import build
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.file.needs import ALLOWED, NEEDED, Fault, faults, shown, twice
from sim.sweep.schema import ExperimentFile, Kind

FACTORS = [Factor("x", low=0, high=1, base=0.5), Factor("y", levels=(1, 2), base=1)]
GIVEN: dict[str, Any] = {
    "points": 4, "trajectories": 3, "steps": 4, "seed": 2, "second_order": True, "rows": [{"x": 0.1}],
    "file": "a.csv",
}  # fmt: skip


def spec(**changes: Any) -> ExperimentFile:
    tree = {
        "schema": 1,
        "scenario": "a.yaml",
        "uncertainties": {"x": {"path": "a.b", "low": 0, "high": 1}},
        "design": {"kind": "lhs", "points": 4},
        "outcomes": {"z": {"outcome": "hosted GMV"}},
    }
    return build({**tree, **changes}, ExperimentFile)


def paths(**changes: Any) -> list[str]:
    return [".".join(fault.path) for fault in faults(spec(**changes))]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_kind_takes_what_it_needs_and_nothing_without_meaning(kind: str) -> None:
    needed = {key: GIVEN[key] for key in (*NEEDED[kind], *(["steps"] if kind == "grid" else []))}
    assert paths(design={"kind": kind, **needed}) == []
    for key in needed:
        rest = {name: value for name, value in needed.items() if name != key}
        assert paths(design={"kind": kind, **rest}) == ["design"]
    for key, value in GIVEN.items():
        right = key in {*needed, *ALLOWED.get(kind, ())}
        assert paths(design={"kind": kind, **needed, key: value}) == ([] if right else [f"design.{key}"])


@pytest.mark.parametrize("kind", [kind for kind in get_args(Kind) if kind != "csv"])
def test_designs_can_be_placed_with_what_files_must_and_may_say(kind: str) -> None:
    if kind == "morris":
        pytest.importorskip("SALib")
    keys = {*NEEDED[kind], *ALLOWED.get(kind, ())}
    assert len(design(kind, FACTORS, **{key: GIVEN[key] for key in keys}).points) > 0  # type: ignore[arg-type]
    if NEEDED[kind]:
        with pytest.raises(ValueError, match="needs"):
            design(kind, FACTORS)  # type: ignore[arg-type]


def test_a_grid_of_levels_needs_no_steps() -> None:
    levels = {"x": {"path": "a.b", "levels": [1, 2]}, "y": {"options": {"a": {}, "b": {}}}}
    assert paths(uncertainties=levels, design={"kind": "grid"}) == []
    assert paths(uncertainties={**levels, "w": {"path": "a.b"}}, design={"kind": "grid"}) == ["design"]


@pytest.mark.parametrize("kind", ["list", "csv", "one_at_a_time"])
def test_there_are_factors(kind: str) -> None:
    design = {"kind": kind, **{key: GIVEN[key] for key in NEEDED[kind]}}
    assert [fault.path for fault in faults(spec(uncertainties={}, design=design))] == [()]


@pytest.mark.parametrize(
    "name", ["status", "Status", "replication", "point", "block", "index", "base", "n", "wall_s"]
)
def test_names_of_columns_are_taken(name: str) -> None:
    assert paths(levers={name: {"path": "a.b"}}) == [f"levers.{name}"]
    assert paths(outcomes={name: {"outcome": "hosted GMV"}}) == [f"outcomes.{name}"]


def test_names_of_the_panel_are_taken_if_there_is_one() -> None:
    for name in ("week", "channel", "orders", "orders_baseline"):
        assert paths(levers={name: {"path": "a.b"}}) == []
        panel = {"by": ["channel"], "metrics": ["orders"]}
        assert paths(levers={name: {"path": "a.b"}}, panel=panel) == [f"levers.{name}"]


def test_values_without_a_baseline() -> None:
    for value, there in (("difference", False), ("baseline", False), ("with_scenario", True), (None, True)):
        outcomes = {"z": {"outcome": "hosted GMV", "value": value}}
        assert (paths(outcomes=outcomes) == []) == there
        assert paths(outcomes=outcomes, against="b.yaml") == []


def test_readings_have_a_day_and_a_party_and_nothing_else() -> None:
    """Every fault by itself, all of them together, and none; outcomes of weeks are left alone."""
    right = {"outcome": "yearly buyers", "party": "all", "on": "2020-02-29"}
    wrong = {"outcome": "yearly buyer", "party": None, "period": "window", "tier": "T1", "on": "2020-02-28"}
    assert paths(outcomes={"z": right}) == []
    for key, value in wrong.items():
        place = "outcomes.z" if key == "party" else f"outcomes.z.{key}"
        assert paths(outcomes={"z": {**right, key: value}}) == [place], key
    every = ["outcomes.z.outcome", "outcomes.z", "outcomes.z.period", "outcomes.z.tier", "outcomes.z.on"]
    assert paths(outcomes={"z": wrong}) == every
    plain = {"outcome": "hosted GMV", "tier": "T1", "period": "window"}
    assert paths(outcomes={"y": plain, "z": right}) == []


def test_small_words() -> None:
    assert list(twice(["a", "b", "a"], ("x",))) == [Fault(("x", "2"), "'a' stands there twice")]
    assert [shown(value) for value in (True, 0.1, 3, "a", 1e-12)] == ["true", "0.1", "3", "a", "1e-12"]
