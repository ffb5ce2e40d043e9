"""The driver's logic on a pool that lives in this process: windows, failures, stopping."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.sweep.driver import IN_FLIGHT, SweepError, pending
from sim.sweep.worker import Shard
from tests.sweep.fakes import FakePool, done, drive, driven, rows, runs
from tests.sweep.toys import Toy

# --- windows and shards ----------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 99))
def test_every_run_is_made_once_and_the_window_is_kept(count: int, workers: int, seed: int) -> None:
    with TemporaryDirectory() as path:
        made, pool = driven(Path(path), done, workers=workers, seed=seed)
        assert drive(made, pool, runs(range(count))) == {"ok": count}
        assert pool.widest <= IN_FLIGHT * workers
        assert sorted(run.parameters["x"] for shard in pool.shards for run in shard.runs) == list(
            range(count)
        )
        assert not made.flying
        assert list(pool.folder.busy.iterdir()) == []


def test_the_window_is_full_as_long_as_there_is_work(tmp_path: Path) -> None:
    made, pool = driven(tmp_path, done, workers=3, shard_seconds=1e-9)
    drive(made, pool, runs(range(30)))
    assert pool.widest == IN_FLIGHT * 3 == 6
    assert [len(shard.runs) for shard in pool.shards] == [1] * 30


def test_shards_grow_to_their_time_and_shrink_towards_the_end(tmp_path: Path) -> None:
    made, _ = driven(tmp_path, done, workers=2, shard_seconds=5.0)
    made.waiting.extend(runs(range(1000)))
    assert made._size() == 1
    made.progress.statuses["ok"], made.progress.seconds = 10, 1.0
    assert made._size() == 50
    made.progress.seconds = 0.01
    assert made._size() == 250
    made.waiting.clear()
    assert made._size() == 1
    made.progress.seconds = 0.0
    assert made._size() == 1


def test_nothing_to_do_is_done_at_once(tmp_path: Path) -> None:
    made, pool = driven(tmp_path, done)
    assert drive(made, pool, []) == {}
    assert pool.shards == []


# --- failures, stopping ----------------------------------------------------------------------------


def test_a_sweep_whose_first_runs_all_fail_is_ended(tmp_path: Path) -> None:
    bad = Toy(fails=frozenset(range(100)))
    made, pool = driven(tmp_path, done, toy=bad)
    with pytest.raises(
        SweepError, match=r"the first \d+ runs all failed, the last with: no such thing as \d+"
    ):
        drive(made, pool, runs(range(100)))
    assert 25 <= made.progress.done < 100
    made, pool = driven(tmp_path / "few", done, toy=bad)
    assert drive(made, pool, runs(range(25))) == {"failed": 25}
    made, pool = driven(tmp_path / "proven", done, toy=bad, proven=True)
    assert drive(made, pool, runs(range(100))) == {"failed": 100}
    made, pool = driven(tmp_path / "one", done, toy=Toy(fails=frozenset(range(1, 100))))
    assert drive(made, pool, runs(range(100))) == {"failed": 99, "ok": 1}


def test_errors_that_may_pass_are_tried_again_alone(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    toy = Toy(flaky=frozenset([1, 2]), notes=notes, greedy=frozenset([3]), limit=1 << 20)
    made, pool = driven(tmp_path, done, toy=toy)
    assert drive(made, pool, runs(range(6))) == {"ok": 5, "failed": 1}
    assert {x for x, (row,) in rows(pool).items() if row["attempt"] == 2} == {1, 2, 3}
    assert rows(pool)[3][0]["error_type"] == "MemoryError"
    assert made.progress.error == rows(pool)[3][0]["error"]


def test_asked_to_stop_nothing_more_is_begun(tmp_path: Path) -> None:
    def tell(progress: Any) -> None:
        if progress.done >= 3:
            made.stop()

    made, pool = driven(tmp_path, done, workers=2, shard_seconds=1e-9, tell=tell)
    drive(made, pool, runs(range(40)))
    assert made.stopping
    assert 3 <= made.progress.done == len(rows(pool)) <= 3 + IN_FLIGHT * 2
    assert len(pool.shards) <= 3 + IN_FLIGHT * 2


def test_stopping_may_happen_at_any_moment(tmp_path: Path) -> None:
    # a handler of signals runs between any two steps of the driver, also while it goes through its shards
    made, _ = driven(tmp_path, done, workers=4)
    made.waiting.extend(runs(range(40)))
    made.progress.total = 40
    made._hand_out()
    flying = dict(made.flying)
    seen = [made.stop() for _ in made.flying]
    assert len(seen) == len(flying)
    assert made.flying == flying


def test_a_worker_that_dies_while_stopping_is_not_replaced_by_others(tmp_path: Path) -> None:
    def act(pool: FakePool, shard: Shard) -> str:
        made.stop()
        pool.mark(shard, 0)
        return "dies"

    made, pool = driven(tmp_path, act)
    assert drive(made, pool, runs(range(10))) == {}
    assert len(pool.shards) <= IN_FLIGHT * 2
    assert rows(pool) == {}


def test_what_is_abandoned_leaves_a_pool_that_can_be_used(tmp_path: Path) -> None:
    made, pool = driven(tmp_path, done)
    made.waiting.extend(runs(range(10)))
    made._hand_out()
    made.abandon()
    assert (pool.calls["kill"], pool.calls["renew"], pool.calls["close"]) == (1, 1, 0)
    assert not made.flying


def test_an_error_in_tell_ends_the_sweep(tmp_path: Path) -> None:
    def tell(progress: Any) -> None:
        raise LookupError("no bar")

    made, pool = driven(tmp_path, done, tell=tell)
    with pytest.raises(LookupError, match="no bar"):
        drive(made, pool, runs(range(6)))


# --- slices ----------------------------------------------------------------------------------------


@given(st.integers(1, 7), st.integers(0, 60))
def test_slices_share_the_runs(of: int, count: int) -> None:
    todo = runs(range(count))
    slices = [pending(todo, set(), (number, of)) for number in range(of)]
    assert sorted(run.id for part in slices for run in part) == sorted(run.id for run in todo)
    more = runs(range(count + 5))
    for number, part in enumerate(slices):
        longer = pending(more, set(), (number, of))
        assert longer[: len(part)] == part


def test_what_is_done_is_not_pending() -> None:
    todo = runs(range(5))
    assert pending(todo, {todo[0].id, todo[3].id, "other"}) == [todo[1], todo[2], todo[4]]
