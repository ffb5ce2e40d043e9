from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from sim.sweep.cost import Cost, OverBudgetError, cost, refuse_over_budget
from sim.sweep.schema import Budget
from sim.sweep.store import Folder
from sim.sweep.sweep import run
from tests.sweep.toys import Toy, begun, experiment


def test_one_run_is_tried_and_thrown_away(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    asked = experiment(Toy(nap=0.05, panel=4, notes=notes), replications=3)
    found = cost(asked, asked.plan(), tmp_path / "s")
    assert (found.points, found.runs, found.stored, found.todo) == (8, 24, 0, 24)
    assert 0.05 < found.seconds < 0.5
    assert found.bytes > 0
    assert found.source == "one run tried"
    assert begun(notes, 0) == 2
    assert not (tmp_path / "s").exists()


def test_without_a_trial_nothing_is_known(tmp_path: Path) -> None:
    asked = experiment(Toy())
    found = cost(asked, asked.plan(), tmp_path / "s", trial=False)
    assert math.isnan(found.seconds)
    assert found.todo == 8


def test_what_is_stored_says_more(tmp_path: Path) -> None:
    asked = experiment(Toy(nap=0.02, fails=frozenset({5})))
    run(asked, tmp_path / "s", "serial", slice_=(0, 2))
    found = cost(asked, asked.plan(), tmp_path / "s")
    assert 0 < found.stored < 8
    assert "stored runs" in found.source
    assert found.seconds == pytest.approx(0.02, abs=0.02)
    size = sum(file.stat().st_size for file in Folder(tmp_path / "s").runs.iterdir())
    assert found.bytes == pytest.approx(size / found.stored)


def test_a_trial_that_fails_says_so(tmp_path: Path) -> None:
    asked = experiment(Toy(fails=frozenset({0})))
    assert "no such thing as 0" in cost(asked, asked.plan(), tmp_path / "s").error


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (Budget(hours=0.9), "it will take about 1.0 h, the budget is 0.9 h"),
        (Budget(gigabytes=1.0), "it will write about 1.4 GB, the budget is 1 GB"),
    ],
)
def test_a_budget_is_kept(budget: Budget, message: str) -> None:
    found = Cost(points=1, runs=1000, stored=280, seconds=10.0, bytes=2e6, source="")
    asked = experiment(Toy())
    refuse_over_budget(asked, found, workers=2)  # no limits
    refuse_over_budget(replace(asked, budget=Budget(hours=1.1, gigabytes=1.5)), found, workers=2)
    with pytest.raises(OverBudgetError, match=message):
        refuse_over_budget(replace(asked, budget=budget), found, workers=2)
