"""Sweeps with real processes: what misbehaves costs itself alone, what is interrupted goes on."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.sweep import driver
from sim.sweep import sweep as module
from sim.sweep.driver import Progress, SweepError
from sim.sweep.executors import LocalPool, Pool, SerialPool
from sim.sweep.results import open_experiment
from sim.sweep.store import Folder, StoreError
from sim.sweep.sweep import Interrupted, Report, done_runs, interruptions, require_complete, run
from tests.sweep.toys import Toy, begun, double, experiment, of, stable

EVERY = ("failed", "timeout", "crashed")
WRONG: dict[str, set[int]] = {
    "kills": {3, 7}, "hangs": {5}, "slow": {6}, "fails": {1}, "flaky": {2}, "greedy": {4},
}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[LocalPool]:
    """Two processes that all tests share: a sweep leaves a pool that was given to it open, and usable."""
    made = LocalPool(2, ("tests.sweep.toys",))
    yield made
    made.close()


def toy(**options: Any) -> Toy:
    return Toy(**{name: frozenset(x) if isinstance(x, set) else x for name, x in options.items()})


def rows(path: Path) -> dict[int, Any]:
    return {row.x: row for row in open_experiment(path).runs(None).itertuples()}


def with_status(path: Path, *statuses: str) -> set[int]:
    return {x for x, row in rows(path).items() if row.status in statuses}


# --- runs that misbehave ---------------------------------------------------------------------------


def test_all_that_can_go_wrong_costs_itself_alone(
    tmp_path: Path, pool: LocalPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "GRACE", 0.3)
    bad = toy(panel=2, notes=tmp_path, limit=1 << 28, **WRONG)
    path = tmp_path / "sweep"
    report = run(experiment(bad, range(12), run_seconds=0.3), path, pool)
    assert report.progress.statuses == {"ok": 6, "crashed": 2, "timeout": 2, "failed": 2}
    found = rows(path)
    assert with_status(path, "crashed") == WRONG["kills"]
    assert with_status(path, "timeout") == WRONG["hangs"] | WRONG["slow"]
    assert with_status(path, "failed") == WRONG["fails"] | WRONG["greedy"]
    assert found[5].error == "did not end by itself; ended after 0.9 s"
    assert found[6].error == "took longer than 0.3 s"
    assert found[1].error_type == "ValueError"
    assert (found[4].error_type, begun(tmp_path, 4) >= 2) == ("MemoryError", True)
    assert (found[2].status, begun(tmp_path, 2) >= 2) == ("ok", True)
    panel = open_experiment(path).panel()
    assert set(panel.run_id) == {row.run_id for row in found.values() if row.status == "ok"}
    assert list(Folder(path).busy.iterdir()) == []


@pytest.mark.parametrize("kills", [{0}, {0, 1, 2}])
def test_the_first_run_may_kill_its_worker(tmp_path: Path, pool: LocalPool, kills: set[int]) -> None:
    report = run(experiment(toy(kills=kills, notes=tmp_path), range(6)), tmp_path / "sweep", pool)
    assert report.progress.statuses == {"ok": 6 - len(kills), "crashed": len(kills)}
    assert with_status(tmp_path / "sweep", "crashed") == kills
    assert all(2 <= begun(tmp_path, x) <= 3 for x in kills)


def test_errors_of_the_model_are_not_tried_again(tmp_path: Path, pool: LocalPool) -> None:
    run(experiment(toy(fails={1}, flaky={2}, notes=tmp_path), range(4)), tmp_path / "sweep", pool)
    assert [begun(tmp_path, x) for x in range(4)] == [1, 1, 2, 1]


def test_a_sweep_in_which_nothing_works_is_ended(tmp_path: Path, pool: LocalPool) -> None:
    bad = experiment(toy(fails=set(range(300)), nap=0.002), range(300), shard_seconds=0.01)
    with pytest.raises(SweepError, match=r"the first \d+ runs all failed, the last with: no such thing as"):
        run(bad, tmp_path / "sweep", pool)
    made = open_experiment(tmp_path / "sweep").status()
    assert 25 <= made["failed"] < 300
    assert run(experiment(toy(), range(300)), tmp_path / "sweep", pool, retry=EVERY).progress.done == 300


# --- going on --------------------------------------------------------------------------------------


def test_starting_again_is_going_on(tmp_path: Path, pool: LocalPool) -> None:
    path, made = tmp_path / "sweep", experiment(toy(notes=tmp_path), range(6))
    first = run(made, path, pool, slice_=(0, 3))
    second = run(made, path, pool)
    third = run(made, path, pool)
    assert (first.before, second.before, third.before) == (0, first.progress.done, 6)
    assert [first.planned, first.progress.done + second.progress.done, third.progress.done] == [6, 6, 0]
    assert [begun(tmp_path, x) for x in range(6)] == [1] * 6


def test_runs_of_some_statuses_are_made_again(tmp_path: Path, pool: LocalPool) -> None:
    path = tmp_path / "sweep"
    run(experiment(toy(fails={1, 2}, slow={3}), range(5), run_seconds=0.05), path, pool)
    before = stable(open_experiment(path))
    assert run(experiment(toy(), range(5)), path, pool).progress.done == 0
    assert run(experiment(toy(fails={2}), range(5)), path, pool, retry=["failed"]).progress.statuses == {
        "ok": 1, "failed": 1,
    }  # fmt: skip
    assert with_status(path, "failed", "timeout") == {2, 3}
    assert open_experiment(path).status()["ok"] == before["status"].to_pylist().count("ok") + 1
    assert run(experiment(toy(), range(5)), path, pool, retry=EVERY).progress.statuses == {"ok": 2}
    run(experiment(toy(), range(5)), tmp_path / "undisturbed", "serial")
    assert stable(open_experiment(path)).equals(stable(open_experiment(tmp_path / "undisturbed")))


def test_the_last_of_several_failures_is_the_one_that_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "sweep"
    run(experiment(toy(fails={0}), range(2)), path, "serial")
    for turn in range(2, 5):
        seconds = turn / 1000
        made = experiment(toy(slow={0}), range(2), run_seconds=seconds)
        run(made, path, "serial", retry=EVERY)
        assert rows(path)[0].error == f"took longer than {seconds:g} s"
        assert rows(path)[0].attempt == turn


def test_a_larger_design_keeps_what_is_there(tmp_path: Path) -> None:
    path, small = tmp_path / "sweep", experiment(toy(notes=tmp_path), range(3))
    large = experiment(toy(notes=tmp_path), range(5), replications=2)
    run(small, path, "serial")
    with pytest.raises(StoreError, match="replications: 1 there, 2 now"):
        run(large, path, "serial")
    report = run(large, path, "serial", extend=True)
    assert (report.planned, report.before, report.progress.done) == (10, 3, 7)
    assert [begun(tmp_path, x) for x in range(5)] == [2] * 5
    assert open_experiment(path).responses("y").values.shape == (5, 2)


@pytest.mark.parametrize("count", [0, 1])
def test_few_runs_or_none(tmp_path: Path, pool: LocalPool, count: int) -> None:
    for number, where in enumerate(("serial", pool)):
        path = tmp_path / str(number)
        report = run(experiment(toy(panel=2), range(count)), path, where)
        assert (report.planned, report.progress.done, report.interrupted) == (count, count, False)
        results = open_experiment(path)
        assert results.status()["ok"] == len(results.runs()) == len(results.points()) == count
        assert len(results.panel()) == 4 * count


def test_a_point_that_stands_there_twice_is_made_once(tmp_path: Path) -> None:
    made = experiment(toy(notes=tmp_path), [3, 1, 3])
    report = run(made, tmp_path / "sweep", "serial")
    assert (report.planned, report.progress.done, begun(tmp_path, 3)) == (2, 2, 1)
    assert open_experiment(tmp_path / "sweep").responses("y").values[:, 0].tolist() == [6.0, 2.0, 6.0]


# --- interruptions ---------------------------------------------------------------------------------


def interrupt_after(count: int, *signals: signal.Signals) -> Any:
    """A `tell` that sends signals to this process when so many runs are done."""
    left = list(signals)

    def tell(progress: Progress) -> None:
        while left and progress.done >= count:
            os.kill(os.getpid(), left.pop(0))

    return tell


@pytest.mark.parametrize("where", ["serial", "local"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_once_a_sweep_commits_what_runs(
    tmp_path: Path, pool: LocalPool, number: signal.Signals, where: str
) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    path, made = tmp_path / "sweep", experiment(toy(nap=0.01, notes=tmp_path), range(60), shard_seconds=0.1)
    executor: str | Pool = "serial" if where == "serial" else pool
    report = run(made, path, executor, tell=interrupt_after(6, number))
    assert report.interrupted
    assert 6 <= report.progress.done == open_experiment(path).status()["ok"] < 60
    assert list(Folder(path).busy.iterdir()) == []
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    again = run(made, path, executor)
    assert (again.before, again.progress.done, again.interrupted) == (
        report.progress.done,
        60 - again.before,
        False,
    )
    assert [begun(tmp_path, x) for x in range(60)] == [1] * 60


def test_asked_twice_a_sweep_ends_at_once(tmp_path: Path, pool: LocalPool) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    path, made = tmp_path / "sweep", experiment(toy(hangs={9}), range(12), shard_seconds=1e-9)
    with pytest.raises(KeyboardInterrupt):
        run(made, path, pool, tell=interrupt_after(6, signal.SIGINT, signal.SIGINT))
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == before
    assert open_experiment(path).status()["ok"] >= 6
    assert list(Folder(path).busy.iterdir()) == []
    assert pool._processes() == []  # the one that hangs is gone, new ones begin when they are needed
    assert run(experiment(toy(), range(12)), path, pool).planned == 12
    assert open_experiment(path).status()["ok"] == 12


def test_the_record_of_an_invocation_says_what_came_of_it(tmp_path: Path) -> None:
    path, made = tmp_path / "sweep", experiment(toy(fails={2}), range(9), shard_seconds=1e-9)
    run(
        made, path, "serial", tell=interrupt_after(3, signal.SIGTERM), command=["sim", "sweep"], slice_=(0, 1)
    )
    run(made, path, "serial")
    first, second = (json.loads(file.read_text()) for file in sorted(Folder(path).invocations.iterdir()))
    assert (first["interrupted"], first["command"], first["slice"]) == (True, ["sim", "sweep"], [0, 1])
    assert (second["interrupted"], second["runs_to_make"]) == (False, 9 - sum(first["statuses"].values()))
    assert (first["executor"], first["workers"], first["pid"]) == ("serial", 1, os.getpid())
    assert first["versions"]["numpy"]
    names = {row.invocation for row in rows(path).values()}
    assert names == {file.stem for file in Folder(path).invocations.iterdir()}


def test_a_sweep_runs_in_any_thread(tmp_path: Path, pool: LocalPool) -> None:
    found: list[Report] = []
    path = tmp_path / "sweep"
    thread = threading.Thread(target=lambda: found.append(run(experiment(toy()), path, pool)))
    thread.start()
    thread.join(60)
    assert found[0].progress.statuses == {"ok": 8}


def test_two_sweeps_in_two_threads_do_not_mix(tmp_path: Path) -> None:
    def one(number: int) -> None:
        run(
            experiment(toy(nap=0.001), range(10 * number, 10 * number + 10)), tmp_path / str(number), "serial"
        )

    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in range(2):
        runs = open_experiment(tmp_path / str(number)).runs()
        assert runs.y.tolist() == [2.0 * x for x in range(10 * number, 10 * number + 10)]


def test_a_handler_that_python_did_not_set_is_put_back_as_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_: list[Any] = []
    monkeypatch.setattr(module.signal, "signal", lambda number, handler: set_.append(handler))
    with interruptions(lambda: None):
        pass
    assert set_[2:] == [signal.SIG_DFL, signal.SIG_DFL]


# --- errors of the sweep itself --------------------------------------------------------------------


def test_an_error_in_tell_leaves_everything_in_order(tmp_path: Path, pool: LocalPool) -> None:
    before = signal.getsignal(signal.SIGINT)

    def tell(progress: Progress) -> None:
        raise LookupError("no bar")

    path, made = tmp_path / "sweep", experiment(toy(nap=0.005), range(20))
    with pytest.raises(LookupError, match="no bar"):
        run(made, path, pool, tell=tell)
    assert signal.getsignal(signal.SIGINT) is before
    assert open_experiment(path).status()["ok"] >= 1
    assert list(Folder(path).busy.iterdir()) == []
    assert json.loads(next(Folder(path).invocations.iterdir()).read_text())["ended_utc"]
    run(made, path, pool)
    assert open_experiment(path).status()["ok"] == 20


def test_a_pool_that_is_opened_here_is_closed_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []

    class Watched(SerialPool):
        def close(self) -> None:
            closed.append(True)

    monkeypatch.setattr(module, "open_pool", lambda *_: Watched())
    run(experiment(toy()), tmp_path / "fine", "serial")
    holding = replace(experiment(toy()), work=Holding())
    with pytest.raises(TypeError, match="cannot pickle"):
        run(holding, tmp_path / "unpicklable", "serial")
    monkeypatch.setattr(module.Invocation, "begin", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(experiment(toy()), tmp_path / "record", "serial")
    assert closed == [True] * 3


class Holding(Toy):
    """A toy that cannot travel."""

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle a toy that holds something")


def test_a_pool_that_was_given_is_not_closed(tmp_path: Path) -> None:
    made = LocalPool(1)
    for number in range(2):
        run(experiment(toy()), tmp_path / str(number), made)
    assert len(made._processes()) == 1
    made.close()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slice_": (2, 2)}, "slice 2 of 2: expected a number from 0 to 1"),
        ({"slice_": (0, 0)}, "slice 0 of 0"),
        ({"retry": ["fail"]}, "unknown status 'fail', did you mean 'failed'"),
        ({"executor": "lokal"}, "executor 'lokal'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, options: Any, message: str) -> None:
    executor = options.pop("executor", "serial")
    with pytest.raises(ValueError, match=message):
        run(experiment(toy()), tmp_path / "sweep", executor, **options)
    assert not (tmp_path / "sweep").exists()


def test_names_that_clash_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    made = experiment(toy(), outcomes=("x", "y"))
    with pytest.raises(ValueError, match="cannot be named x"):
        run(made, tmp_path / "sweep", "serial")
    assert not (tmp_path / "sweep").exists()


def test_a_package_without_a_name_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone-1.0.dist-info").mkdir()  # as pip leaves it behind sometimes
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert len(list(metadata.distributions())) > len(module.versions()) > 10
    run(experiment(toy()), tmp_path / "sweep", "serial")


# --- functions -------------------------------------------------------------------------------------


def test_a_function_of_a_notebook_runs_in_other_processes(tmp_path: Path, pool: LocalPool) -> None:
    space: dict[str, Any] = {"__name__": "__main__", "K": 3}
    exec("def cell(seeds, x):\n    return {'y': K * x, 'z': 0}\n", space)
    run(of(space["cell"]), tmp_path / "sweep", pool)
    assert open_experiment(tmp_path / "sweep").runs().y.tolist() == [0.0, 3.0, 6.0, 9.0]


def test_functions_and_toys_answer_alike(tmp_path: Path) -> None:
    run(of(double, range(5)), tmp_path / "function", "serial")
    run(experiment(toy(), range(5)), tmp_path / "toy", "serial")
    columns = ["x", "y", "z", "world_seed"]
    one, other = (open_experiment(tmp_path / name).runs()[columns] for name in ("function", "toy"))
    pd.testing.assert_frame_equal(one, other)


def test_runs_that_are_done(tmp_path: Path) -> None:
    made = experiment(toy(fails={1}), range(3))
    run(made, tmp_path, "serial")
    first, second, third = (one.id for one in made.plan().runs)
    assert done_runs(Folder(tmp_path)) == {first, second, third}
    assert done_runs(Folder(tmp_path), ["failed"]) == {first, third}
    assert done_runs(Folder(tmp_path / "none")) == set()


def test_nothing_is_concluded_from_half_a_sweep(tmp_path: Path) -> None:
    """Runs that failed, that were never made, or an end that somebody asked for."""
    report = run(of(double), tmp_path / "all", "serial")
    require_complete(report)
    with pytest.raises(ValueError, match="2 runs failed and 0 are not there: nothing is concluded"):
        require_complete(replace(report, failed=2))
    with pytest.raises(ValueError, match="0 runs failed and 1 are not there"):
        require_complete(replace(report, left=1))
    with pytest.raises(Interrupted):
        require_complete(replace(report, interrupted=True, left=2))
