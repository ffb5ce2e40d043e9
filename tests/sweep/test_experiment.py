"""Experiments and their plans: the same run has the same identity whoever asks, and every place is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim.sweep.designs import design
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.factors import Factor
from sim.sweep.results import open_experiment
from sim.sweep.runs import Draws
from sim.sweep.sweep import run
from tests.sweep.files import HEAD, experiment, write_scenarios

STORE = "storefronts.faraway_on_north"
BASE = f"""\
against: home.yaml
uncertainties:
  exposure: {{path: {STORE}.exposure, low: 0, high: 1}}
  known: {{path: brands.faraway.awareness.initial, low: 0.2, high: 1}}
levers:
  speed: {{options: {{slow: {{}}, fast: {{set: {{{STORE}.delivery_days: 1}}}}}}}}
design: {{kind: list, rows: [{{exposure: 1, known: 0.5}}, {{exposure: 0.5, speed: fast}}]}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_scenarios(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ids(text: str = BASE, head: str = HEAD, name: str = "case") -> list[str]:
    return [one.id for one in experiment(text, name, head).plan().runs]


def changed(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


# --- identity ------------------------------------------------------------------------------------

SAME: dict[str, Sequence[tuple[str, str]]] = {
    "words": [("exposure: {path", "exposure: {title: Visits, source: a book, path")],
    "names": [
        ("  exposure: {", "  visits: {"),
        ("[{exposure: 1,", "[{visits: 1,"),
        ("{exposure: 0.5,", "{visits: 0.5,"),
    ],
    "numbers": [("exposure: 1,", "exposure: 1.0,"), ("known: 0.5", "known: 5e-1")],
    "base values": [("known: 0.5}", "known: 0.5, speed: slow}")],
    "ranges": [("low: 0.2", "low: 0.1")],
    "options": [("{slow: {}, fast", "{slow: {}, slower: {set: {" + STORE + ".delivery_days: 9}}, fast")],
    "names of options": [("slow: {}, fast:", "slow: {}, quick:"), ("speed: fast", "speed: quick")],
    "what is set anyway": [
        ("levers:", f"set: {{{STORE}.delivery_days: 3, behaviour.habit_weight: 0}}\nlevers:")
    ],
    "another table": [("design:", "panel: {every: 4}\ndesign:")],
    "a budget": [("design:", "budget: {run_seconds: 9, hours: 3}\ndesign:")],
    "defaults": [("design:", "run_off: true\nvary: both\nroot_seed: 1\nindependent: false\ndesign:")],
    "levels": [("low: 0, high: 1}", "levels: [0.5, 1]}")],
    "a multiple": [("low: 0, high: 1}", "change: multiply, low: 0, high: 1}")],
}


@pytest.mark.parametrize("what", SAME)
def test_the_same_run_has_the_same_identity(what: str) -> None:
    assert ids(changed(BASE, *SAME[what])) == ids()


def test_the_same_run_of_another_file(folder: Path) -> None:
    before = ids()
    text = changed(BASE, ("design:", "title: Another\nquestion: Why?\ndesign:"))
    assert ids(text, name="other") == before
    assert ids(head=HEAD.replace("sales:", "turnover:")) == before
    for name in ("fair", "home"):
        (folder / f"{name}.yaml").rename(folder / f"{name}_2021.yaml")
    home = (folder / "home_2021.yaml").read_text(encoding="utf-8").replace("fair.yaml", "fair_2021.yaml")
    (folder / "home_2021.yaml").write_text(home, encoding="utf-8")
    renamed = changed(BASE, ("home.yaml", "home_2021.yaml"))
    assert ids(renamed, HEAD.replace("fair.yaml", "fair_2021.yaml")) == before


def test_the_order_of_factors_and_of_points_does_not_matter() -> None:
    before = ids()
    lines = BASE.splitlines(keepends=True)
    assert ids("".join([*lines[:2], lines[3], lines[2], *lines[4:]])) == before
    roles = {"uncertainties:": "levers:", "levers:": "uncertainties:"}
    assert ids("".join(roles.get(line.strip(), line.rstrip()) + "\n" for line in lines)) == before
    first, second = "{exposure: 1, known: 0.5}", "{exposure: 0.5, speed: fast}"
    swapped = ids(changed(BASE, (f"[{first}, {second}]", f"[{second}, {first}]")))
    assert swapped == [*before[2:], *before[:2]]


def test_words_and_colours_of_scenarios_do_not_matter(folder: Path) -> None:
    before = ids()
    text = (folder / "fair.yaml").read_text(encoding="utf-8")
    text = changed(
        text, ("title: North", 'title: Up\n    colour: "#112233"'), ("title: A fair", "title: The fair")
    )
    (folder / "fair.yaml").write_text(text, encoding="utf-8")
    assert ids() == before


def test_people_that_are_said_in_the_scenario_or_in_the_experiment() -> None:
    here = ids()
    there = ids(
        changed(BASE, ("levers:", "set: {population.consumers: 300}\nlevers:")),
        HEAD.replace("consumers: 300\n", ""),
    )
    assert there == here


OTHER: dict[str, tuple[int, Sequence[tuple[str, str]]]] = {
    "a value": (2, [("known: 0.5", "known: 0.50000001")]),
    "an option": (2, [("delivery_days: 1}", "delivery_days: 2}")]),
    "a baseline": (0, [("against: home.yaml", "against: other.yaml")]),
    "no baseline": (0, [("against: home.yaml\n", "")]),
    "what is set": (0, [("levers:", "set: {behaviour.habit_weight: 0.1}\nlevers:")]),
    "what is set on one side": (0, [("levers:", f"set: {{{STORE}.appeal: 0.1}}\nlevers:")]),
    "no run-off": (0, [("design:", "run_off: false\ndesign:")]),
    "another root": (0, [("design:", "root_seed: 2\ndesign:")]),
    "the same world": (2, [("design:", "vary: shock\ndesign:")]),
    "own draws": (0, [("design:", "independent: true\ndesign:")]),
}
"""Edits that change runs, and how many of the four runs stay what they are."""


@pytest.mark.parametrize("what", OTHER)
def test_what_changes_the_result_changes_the_identity(what: str, folder: Path) -> None:
    (folder / "other.yaml").write_text(
        "extends: home.yaml\nplatforms: {west: {trust: 0.5}}\n", encoding="utf-8"
    )
    same, edits = OTHER[what]
    after = ids(changed(BASE, *edits))
    assert len(set(after)) == 4
    assert len(set(after) & set(ids())) == same


def test_size_and_files_change_the_identity(folder: Path) -> None:
    before = set(ids())
    assert not before & set(ids(head=HEAD.replace("300", "301")))
    text = (folder / "fair.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("price_coefficient: 3", "price_coefficient: 3.1"),
        ("end: 2021-03-28", "end: 2021-03-21"),
        ("  north: {goods: 0.5}", "  north: {goods: 0.51}"),
        ("contacts: 3", "contacts: 4"),
    ):
        (folder / "fair.yaml").write_text(changed(text, (old, new)), encoding="utf-8")
        assert not before & set(ids()), new
    start = text.index("  south:")
    north, south = text[text.index("  north:") : start], text[start : text.index("  west:")]
    (folder / "fair.yaml").write_text(changed(text, (north + south, south + north)), encoding="utf-8")
    assert not before & set(ids()), "the order of platforms is one of columns and of draws"


# --- the plan ------------------------------------------------------------------------------------

REPEATED = changed(
    BASE,
    (
        "[{exposure: 1, known: 0.5}, {exposure: 0.5, speed: fast}]",
        "[{exposure: 1}, {exposure: 0.5}, {}, {known: 1}]",
    ),
)


def test_repeated_points_run_once_and_stand_in_each_of_their_places() -> None:
    plan = experiment(REPEATED).plan()
    table = plan.table()
    assert len(table) == 8
    assert len(plan.runs) == 4
    same = [table[table.point == point].run_id.tolist() for point in range(4)]
    assert same[0] == same[2] == same[3] != same[1]
    assert table.replication.tolist() == [0, 1] * 4
    assert table.exposure.tolist() == [1, 1, 0.5, 0.5, 1, 1, 1, 1]
    assert table.groupby("replication")[["world_seed", "shock_seed"]].nunique().eq(1).all(axis=None)


def test_points_may_have_draws_of_their_own() -> None:
    table = experiment(changed(REPEATED, ("design:", "independent: true\ndesign:"))).plan().table()
    assert table.groupby("point_id").world_seed.nunique().eq(2).all()
    assert table.world_seed.nunique() == 4


FROM, TO = (f"path: {STORE}.open.{end}, levels:" for end in ("from", "to"))
UNSOUND = f"""\
against: home.yaml
levers:
  first: {{{FROM} [2021-01-04, 2021-02-22]}}
  last: {{{TO} [2021-02-07, 2021-03-14]}}
design: {{kind: grid}}
"""


def test_an_unsound_point_is_planned_and_fails_as_data(folder: Path) -> None:
    asked = experiment(UNSOUND)
    plan = asked.plan()
    assert len(plan.runs) == 8
    report = run(asked, folder / "results" / "case", "serial")
    assert dict(report.progress.statuses) == {"ok": 6, "failed": 2}
    failures = open_experiment(folder / "results" / "case").failures()
    assert set(failures.stage) == {"instantiating"}
    assert set(failures.error_type) == {"UnsoundError"}
    assert set(zip(failures["first"], failures["last"], strict=True)) == {("2021-02-22", "2021-02-07")}
    assert failures.error.str.startswith(f"fair: {STORE}.open.to: 2021-02-07 is before 2021-02-22").all()


def test_a_run_that_takes_too_long_is_a_timeout(folder: Path) -> None:
    text = changed(BASE, ("design:", "budget: {run_seconds: 1e-6}\nreplications: 1\ndesign:"))
    report = run(
        experiment(text, head=HEAD.replace("replications: 2\n", "")), folder / "results" / "case", "serial"
    )
    assert dict(report.progress.statuses) == {"timeout": 2}
    failures = open_experiment(folder / "results" / "case").failures()
    assert set(failures.stage) == {"running"}
    assert set(failures.error) == {"took longer than 1e-06 s"}


# --- functions -----------------------------------------------------------------------------------


def twice(seeds: object, x: float, level: str) -> dict[str, float]:
    return {"y": 2 * x + len(level)}


FACTORS = (Factor("x", low=0, high=1), Factor("level", levels=("a", "bb")))


def of_twice(points: int = 4, seed: int = 0, **changes: object) -> Experiment:
    return of_function(twice, FACTORS, design("sobol", FACTORS, points=points, seed=seed), ["y"], **changes)  # type: ignore[arg-type]


def test_parameters_are_plain() -> None:
    for parameters in of_twice().parameters():
        assert [type(value) for value in parameters.values()] == [float, str]
    whole = (Factor("n", low=1, high=5, whole=True), Factor("b", levels=(True, False)))
    asked = of_function(twice, whole, design("lhs", whole, points=3), ["y"])
    assert {tuple(map(type, one.values())) for one in asked.parameters()} == {(int, bool)}
    mixed = (Factor("x", levels=(np.float64(0.5), "none")),)
    asked = of_function(twice, mixed, design("grid", mixed), ["y"])
    assert [type(one["x"]) for one in asked.parameters()] == [float, str]


def test_a_larger_design_contains_the_runs_of_a_smaller_one() -> None:
    few, many = of_twice(4).plan(), of_twice(8).plan()
    assert [one.id for one in many.runs][:4] == [one.id for one in few.runs]
    draws = Draws(3)
    assert {one.id for one in few.runs} < {one.id for one in of_twice(4, draws=draws).plan().runs}


def test_an_experiment_without_points_has_an_empty_plan() -> None:
    empty = Experiment("x", (), design("sobol", FACTORS, points=2), of_twice().work, ("y",))
    assert list(empty.parameters()) == []
    assert len(empty.plan().table()) == 0
    assert empty.plan().runs == []
