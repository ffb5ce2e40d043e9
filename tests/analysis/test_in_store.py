from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis import in_store
from sim.analysis.in_store import InStore, search_runs
from sim.analysis.search import Goal, Search
from sim.engine.seeds import Seeds
from sim.sweep.designs import design
from sim.sweep.driver import Progress
from sim.sweep.executors import SerialPool
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.factors import Factor
from sim.sweep.results import open_experiment
from sim.sweep.runs import Draws
from sim.sweep.store import StoreError
from sim.sweep.sweep import Interrupted

FACTORS = (Factor("x", low=-2.0, high=2.0, base=0.0), Factor("y", low=-2.0, high=2.0, base=0.0))
SPEC = Search(FACTORS, (Goal("cost", sense="minimise"),), "cmaes", batch=6, seed=3)


def bowl(seeds: Seeds, x: float, y: float) -> dict[str, float]:
    """Least at (1, -0.5), whatever the draws."""
    return {"cost": (x - 1.0) ** 2 + (y + 0.5) ** 2 + seeds.world % 5}


def half(seeds: Seeds, x: float, y: float) -> dict[str, float]:
    """Fails on one side."""
    if x < 0.0:
        raise ValueError("no such market")
    return {"cost": (x - 1.0) ** 2 + y**2}


def experiment(function: Callable[..., dict[str, float]] = bowl, replications: int = 2) -> Experiment:
    points = design("list", FACTORS, rows=[{"x": 0.0, "y": 0.0}])
    return of_function(function, FACTORS, points, ["cost"], draws=Draws(replications))


def test_the_minimum_is_found_and_every_run_is_stored(tmp_path: Path) -> None:
    found = search_runs(experiment(), SPEC, tmp_path / "s", batches=25, executor="serial")
    assert found.best.x == pytest.approx(1.0, abs=0.02)
    assert found.best.y == pytest.approx(-0.5, abs=0.02)
    results = open_experiment(tmp_path / "s")
    assert results.status()["ok"] == results.status()["planned"] == 2 * len(found.points.drop_duplicates())
    means = results.points().set_index(["x", "y"]).cost
    here = [means[tuple(point)] for point in found.points.to_numpy()]
    np.testing.assert_array_equal(found.outcomes.cost, here)


def test_a_search_that_was_interrupted_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    whole = search_runs(experiment(), SPEC, tmp_path / "whole", batches=5, executor="serial")

    def stop_at_nine(progress: Progress) -> None:
        if len(open_experiment(tmp_path / "cut").runs()) >= 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search_runs(experiment(), SPEC, tmp_path / "cut", 5, "serial", stop_at_nine)
    before = len(open_experiment(tmp_path / "cut").runs())
    assert 0 < before < 5 * 6 * 2
    again = search_runs(experiment(), SPEC, tmp_path / "cut", batches=5, executor="serial")
    pd.testing.assert_frame_equal(again.points, whole.points)
    pd.testing.assert_frame_equal(again.outcomes, whole.outcomes)
    counts = {name: open_experiment(tmp_path / name).status().ok for name in ("whole", "cut")}
    assert counts["cut"] == counts["whole"]  # nothing was run twice


def test_points_that_fail_have_no_outcome_and_the_search_goes_on(tmp_path: Path) -> None:
    spec = Search(FACTORS, SPEC.goals, "tpe", batch=5, seed=1)
    found = search_runs(experiment(half, 1), spec, tmp_path / "s", batches=6, executor="serial")
    failed = found.points.x < 0.0
    assert failed.any()
    assert not failed.all()
    np.testing.assert_array_equal(found.failed, failed)
    assert found.best.x >= 0.0


def test_another_experiment_is_refused(tmp_path: Path) -> None:
    search_runs(experiment(), SPEC, tmp_path / "s", batches=1, executor="serial")
    with pytest.raises(StoreError):
        search_runs(experiment(replications=1), SPEC, tmp_path / "s", batches=1, executor="serial")
    other = Search(FACTORS[:1], SPEC.goals, "tpe", batch=5)
    with pytest.raises(ValueError, match="other factors"):
        search_runs(experiment(), other, tmp_path / "s", batches=1, executor="serial")


def test_stopping_is_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate = InStore(experiment(), tmp_path / "s", SerialPool())
    stopped = type("Report", (), {"interrupted": True})()
    monkeypatch.setattr("sim.analysis.in_store.run", lambda *_, **__: stopped)
    with pytest.raises(Interrupted):
        evaluate(pd.DataFrame({"x": [0.5], "y": [0.5]}))


def test_what_is_there_is_told_without_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Points that are all stored come back in the order asked for; one new among them is run."""
    folder, asked = tmp_path / "s", pd.DataFrame({"x": [0.5, 1.0, -1.0], "y": [0.5, -0.5, 0.0]})
    first = InStore(experiment(), folder, SerialPool())(asked)
    runs: list[int] = []
    whole = in_store.run

    def counted(made: Experiment, *others: object, **more: object) -> object:
        runs.append(len(made.design.points))
        return whole(made, *others, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(in_store, "run", counted)
    evaluate = InStore(experiment(), folder, SerialPool())
    evaluate(asked)
    runs.clear()
    again = evaluate(asked.iloc[[2, 0]].reset_index(drop=True))
    assert runs == []
    np.testing.assert_array_equal(again.cost, first.cost.iloc[[2, 0]])
    more = evaluate(pd.DataFrame({"x": [1.0, 2.0], "y": [-0.5, 2.0]}))
    assert runs == [4]
    assert more.cost[0] == first.cost[1]
    assert more.cost[1] - more.cost[0] == pytest.approx(1.0 + 6.25)
    assert evaluate(pd.DataFrame({"x": [2.0], "y": [2.0]})).cost[0] == more.cost[1], "read anew after a run"
    assert runs == [4]


def test_points_that_failed_are_no_outcomes_that_are_there(tmp_path: Path) -> None:
    evaluate = InStore(experiment(half, 1), tmp_path / "s", SerialPool())
    points = pd.DataFrame({"x": [-1.0, 1.0], "y": [0.0, 0.0]})
    for _ in range(2):
        assert list(evaluate(points).cost.isna()) == [True, False]


def flat(seeds: Seeds, x: float, y: float) -> dict[str, float]:
    """Other code."""
    return {"cost": 7.0}


def test_runs_of_other_code_are_refused_also_if_all_are_there(tmp_path: Path) -> None:
    search_runs(experiment(), SPEC, tmp_path / "s", batches=1, executor="serial")
    with pytest.raises(StoreError, match="other code"):
        search_runs(experiment(flat), SPEC, tmp_path / "s", batches=1, executor="serial")
