"""Results: tables at any moment, of several rows the one that counts, gaps that are said."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.sweep.designs import Design
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.factors import Factor
from sim.sweep.responses import IncompleteError
from sim.sweep.results import Results, open_experiment
from sim.sweep.runs import Draws
from sim.sweep.store import Columns, Folder, StoreError, commit
from sim.sweep.sweep import run
from sim.sweep.work import Found
from sim.sweep.worker import Shard, blank, table_of
from tests.sweep.toys import Toy, X, experiment

MODE = Factor("mode", levels=("near", "far"))


def swept(path: Path, toy: Toy | None = None, *values: int, **options: Any) -> Results:
    run(experiment(toy or Toy(), values or range(4), **options), path, "serial")
    return open_experiment(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Four points with three replications each, one of twelve runs failed."""
    path = tmp_path_factory.mktemp("small") / "sweep"
    return swept(path, Toy(panel=2, fails=frozenset([2])), replications=3)


def written(folder: Folder, made: Experiment, number: int, **row: Any) -> None:
    """Commit a row of a run by hand."""
    one = made.plan().runs[number]
    shard = Shard(uuid.uuid4().hex, (one,))
    found = blank(one, shard, "i", "toy") | {"stage": "done", "started_utc": "2020"} | row
    commit(folder, shard.id, table_of(Columns(made.factors, made.outcomes), [found], {}), None)


# --- tables ----------------------------------------------------------------------------------------


def test_runs_stand_in_the_order_of_the_plan(small: Results) -> None:
    runs = small.runs()
    assert runs.x.tolist() == [0, 0, 0, 1, 1, 1, 3, 3, 3]
    assert runs.replication.tolist() == [0, 1, 2] * 3
    assert (runs.y == 2.0 * runs.x).all()
    assert {"point", "block", "index", "run_id", "status", "wall_s"} <= set(runs)
    assert len(small.runs(None)) == 12
    assert small.runs(["failed"]).x.tolist() == [2, 2, 2]


def test_the_status_counts_every_planned_run(small: Results) -> None:
    expected = {"planned": 12, "ok": 9, "failed": 3, "timeout": 0, "crashed": 0, "missing": 0}
    assert small.status().to_dict() == expected


def test_failures_say_where_and_what(small: Results) -> None:
    found = small.failures()
    assert found.x.tolist() == [2, 2, 2]
    assert set(found.error) == {"no such thing as 2"}
    assert small.missing().x.tolist() == [2, 2, 2]


def test_points_have_means_and_standard_errors(small: Results) -> None:
    points, runs = small.points(), small.runs()
    assert points.index.tolist() == [0, 1, 3]
    for point, own in runs.groupby("point"):
        assert points.loc[point, "n"] == 3
        assert points.loc[point, "z"] == pytest.approx(own.z.mean())
        assert points.loc[point, "z_se"] == pytest.approx(own.z.std(ddof=1) / np.sqrt(3))


def test_units_come_from_the_files(small: Results) -> None:
    assert small.units() == {"x": "steps", "y": "metres", "z": ""}


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no folder of an experiment"):
        open_experiment(tmp_path)


STATES = st.lists(
    st.tuples(st.sampled_from(["ok", "failed", "timeout", "crashed"]), st.integers(1, 3), st.integers(0, 2)),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STATES)
def test_of_several_rows_the_best_then_the_latest_attempt_then_the_first_counts(
    tmp_path_factory: pytest.TempPathFactory, states: Any
) -> None:
    path, made = tmp_path_factory.mktemp("rows") / "sweep", experiment(Toy(), range(1))
    run(made, path, "serial", slice_=(1 - int(made.plan().runs[0].id[:8], 16) % 2, 2))  # nothing but the plan
    for status, attempt, started in states:
        written(Folder(path), made, 0, status=status, attempt=attempt, started_utc=f"{2020 + started}")
    best = min(states, key=lambda one: (one[0] != "ok", -one[1], one[2]))
    (row,) = open_experiment(path).runs(None).itertuples()
    assert (row.status == "ok", row.attempt, row.started_utc) == (
        best[0] == "ok",
        best[1],
        f"{2020 + best[2]}",
    )
    assert open_experiment(path).status()["missing"] == 0


def test_rows_that_nothing_tells_apart_are_always_chosen_alike(tmp_path: Path) -> None:
    made = experiment(Toy(), range(1))
    run(made, tmp_path, "serial", slice_=(1 - int(made.plan().runs[0].id[:8], 16) % 2, 2))
    for number in range(20):
        written(Folder(tmp_path), made, 0, status="ok", **{"y.y": float(number)})
    results = open_experiment(tmp_path)
    shards = Folder(tmp_path).found(("run_id", "shard"))["shard"].to_pylist()
    assert results.runs().shard.tolist() == [min(shards)]


def test_rows_of_runs_that_are_not_planned_do_not_count(tmp_path: Path) -> None:
    small = swept(tmp_path)
    written(small.folder, experiment(Toy(), [99]), 0, status="ok")
    assert small.status().to_dict()["ok"] == 4
    assert len(small.runs()) == 4


# --- gaps ------------------------------------------------------------------------------------------


def test_responses_stand_by_point_and_replication(tmp_path: Path) -> None:
    results = swept(tmp_path, None, 5, 3, 4, replications=2)
    found = results.responses("y")
    assert found.values.tolist() == [[10.0, 10.0], [6.0, 6.0], [8.0, 8.0]]
    assert (found.unit, found.outcome, found.names) == ("metres", "y", ["x"])
    assert found.points["index"].tolist() == [0, 1, 2]
    with pytest.raises(KeyError, match="unknown outcome 'w'"):
        results.responses("w")


def test_failed_and_missing_runs_are_said_with_what_to_do(tmp_path: Path, small: Results) -> None:
    with pytest.raises(
        IncompleteError, match=r"3 of 12 runs have no result \(3 failed\): point 2 .*sim sweep retry"
    ):
        small.responses("y")
    made = experiment(Toy(), range(20))
    run(made, tmp_path, "serial", slice_=(0, 2))
    gone = 20 - open_experiment(tmp_path).status()["ok"]
    with pytest.raises(IncompleteError, match=rf"{gone} of 20 .* and {gone - 5} more; .*sim sweep run"):
        open_experiment(tmp_path).responses("y")


class Wrong(Toy):
    """A toy whose outcome is no number at one point, in one replication."""

    number = float("nan")

    def run(self, run: Any, watch: Any) -> Found:
        wrong = run.parameters["x"] == 2 and run.replication == 1
        return Found({"y": self.number if wrong else 1.0, "z": 1.0})


class Endless(Wrong):
    """The same with an infinite one."""

    number = float("inf")


@pytest.mark.parametrize("toy", [Wrong(), Endless()])
def test_what_is_no_number_is_stored_and_refused_by_analyses(tmp_path: Path, toy: Wrong) -> None:
    results = swept(tmp_path, toy, replications=3)
    assert results.status()["ok"] == 12
    np.testing.assert_equal(results.runs().y.tolist()[7], toy.number)
    with pytest.raises(IncompleteError, match="y has no value at point 2 replication 1"):
        results.responses("y")
    assert results.responses("z").values.shape == (4, 3)
    points = results.points()
    assert np.isfinite(points.y).tolist() == [True, True, False, True]
    assert np.isfinite(points.z).all()


def test_an_experiment_without_points_has_no_responses(tmp_path: Path) -> None:
    run(experiment(Toy(), []), tmp_path, "serial")
    with pytest.raises(IncompleteError, match="has no points"):
        open_experiment(tmp_path).responses("y")


# --- comparisons -----------------------------------------------------------------------------------


def noisy(seeds: Any, x: int, mode: str) -> dict[str, float]:
    return {"y": x + (10.0 if mode == "far" else 0.0) + seeds.shock % 1000, "z": 1.0}


@pytest.fixture(scope="module")
def modes(tmp_path_factory: pytest.TempPathFactory) -> Results:
    path = tmp_path_factory.mktemp("modes") / "sweep"
    points = pd.DataFrame([(x, mode) for x in range(3) for mode in MODE.levels], columns=["x", "mode"])
    design = Design(points.assign(block="grid", index=range(6)))
    made = of_function(noisy, [X, MODE], design, ["y", "z"], draws=Draws(4))
    run(made, path, "serial")
    return open_experiment(path)


def test_differences_are_taken_on_the_same_draws(modes: Results) -> None:
    found = modes.paired("mode", "far", "near")
    assert len(found) == 12
    assert set(found.y) == {10.0}
    assert set(found.z) == {0.0}
    np.testing.assert_allclose(modes.paired("x", 2, 0).y, 2.0)


def test_differences_that_nothing_stands_for_are_refused(modes: Results) -> None:
    with pytest.raises(ValueError, match="no runs at mode = far and at away"):
        modes.paired("mode", "far", "away")
    with pytest.raises(KeyError, match="unknown factor 'moed', did you mean 'mode'"):
        modes.paired("moed", "far", "near")


def test_tables_can_be_asked_in_sql(small: Results) -> None:
    pytest.importorskip("duckdb")
    found = small.sql(
        "select runs.x, count(*) as weeks from runs join panel using (run_id) group by all order by runs.x"
    )
    assert found.x.tolist() == [0, 1, 3]
    assert found.weeks.tolist() == [12] * 3
    assert small.sql("select count(*) as n from plan").n.tolist() == [12]


# --- while it runs ---------------------------------------------------------------------------------


def looks(path: Path, over: threading.Event) -> Iterator[tuple[int, int, int]]:
    """Counts at many moments: ok runs, their points, their weekly rows."""
    while not over.is_set():
        try:
            results = open_experiment(path)
        except StoreError:
            time.sleep(0.001)
            continue
        ok = int(results.status()["ok"])
        yield ok, len(results.points()), len(results.panel())
        results.failures(), results.missing(), results.units()


def test_a_reader_never_fails_and_sees_ever_more(tmp_path: Path) -> None:
    path, over, said = tmp_path / "sweep", threading.Event(), list[Any]()

    def sweep() -> None:
        try:
            for _ in range(3):
                made = experiment(
                    Toy(nap=0.002, panel=2, fails=frozenset([7])), range(150), shard_seconds=0.02
                )
                said.append(run(made, path, "serial", retry=["failed"]))
        finally:
            over.set()

    thread = threading.Thread(target=sweep)
    thread.start()
    seen = list(looks(path, over))
    thread.join()
    assert len(said) == 3
    assert len(seen) > 5
    assert len({ok for ok, _, _ in seen}) > 3
    for (ok, points, weeks), (later, *_) in zip(seen, [*seen[1:], seen[-1]], strict=True):
        assert ok <= later
        assert points <= 150
        assert weeks % 4 == 0
        assert ok * 4 <= weeks
    assert open_experiment(path).status()["ok"] == 149


def test_a_reader_does_not_mind_what_killed_processes_left(tmp_path: Path) -> None:
    results = swept(tmp_path, Toy(panel=2))
    before = results.runs(), results.panel()
    for place in (results.folder.runs, results.folder.panel, tmp_path):
        (place / ".killed.parquet").write_bytes(b"PAR1 half of it")
    orphan = next(results.folder.panel.iterdir()).read_bytes()
    (results.folder.panel / "orphan.parquet").write_bytes(orphan)  # the same rows, and no runs beside
    pd.testing.assert_frame_equal(results.runs(), before[0])
    pd.testing.assert_frame_equal(results.panel(), before[1])


def test_results_know_their_factors(tmp_path: Path) -> None:
    made = replace(experiment(Toy()), factors=(replace(X, title="Steps ahead"),))
    run(made, tmp_path, "serial")
    assert open_experiment(tmp_path).factors == made.factors


def test_a_run_that_stands_at_two_points_counts_at_both(tmp_path: Path) -> None:
    run(experiment(Toy(), [3, 5, 3], replications=2), tmp_path / "s", "serial")
    points = open_experiment(tmp_path / "s").points()
    assert points.x.tolist() == [3, 5, 3]
    assert points.n.tolist() == [2, 2, 2]
    assert points.y.tolist() == [6.0, 10.0, 6.0]
