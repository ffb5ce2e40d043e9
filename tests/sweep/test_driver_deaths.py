"""Workers that die and runs that hang, on a pool that lives in this process."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.sweep import driver as module
from sim.sweep.driver import IN_FLIGHT, SweepError
from sim.sweep.worker import Marker, Shard, run_shard
from tests.sweep.fakes import FakePool, done, drive, driven, poison, rows, runs
from tests.sweep.toys import Toy

# --- deaths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("values", [(0,), (5,), (11,), (0, 1, 2), tuple(range(12))])
def test_a_run_that_kills_its_workers_costs_itself_alone(
    tmp_path: Path, values: tuple[int, ...], together: bool
) -> None:
    made, pool = driven(tmp_path, poison(*values), together=together)
    assert drive(made, pool, runs(range(12))) == Counter(ok=12 - len(values), crashed=len(values))
    found = rows(pool)
    assert {x for x, (row, *_) in found.items() if row["status"] == "crashed"} == set(values)
    assert all(len(each) == 1 for each in found.values())
    assert found[values[0]][0]["error"] == "the worker died, alone with this run, twice"
    alone = Counter(shard.runs[0].parameters["x"] for shard in pool.shards if shard.alone)
    assert all(alone[x] == 2 for x in values)
    assert list(pool.folder.busy.iterdir()) == []


def test_the_attempt_of_a_run_that_was_given_up_is_the_last_that_was_made(tmp_path: Path) -> None:
    made, pool = driven(tmp_path, poison(0), workers=1)
    drive(made, pool, runs(range(1)))
    assert rows(pool)[0][0]["attempt"] == len(pool.shards) == 3


@settings(max_examples=12, deadline=None)
@given(
    st.integers(1, 25), st.integers(1, 4), st.integers(0, 10_000), st.booleans(),
    st.sets(st.integers(0, 24), max_size=4),
)  # fmt: skip
def test_workers_that_die_at_any_moment_cost_nothing(
    count: int, workers: int, seed: int, together: bool, bad: set[int]
) -> None:
    def act(pool: FakePool, shard: Shard) -> str:
        for number, run in enumerate(shard.runs):
            if run.parameters["x"] in bad:
                pool.mark(shard, number)
                return "dies"
        if shard.alone or pool.chance.random() < 0.6:
            return "done"
        kind = pool.chance.choice(["dies", "late", "early"])
        if kind == "dies":
            pool.mark(shard, pool.chance.randrange(len(shard.runs)))
        return kind

    with TemporaryDirectory() as path, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "IDLE_DEATHS", 1000)
        made, pool = driven(Path(path), act, workers=workers, seed=seed, together=together)
        statuses = drive(made, pool, runs(range(count)))
        crashed = {x for x in bad if x < count}
        assert statuses == +Counter(ok=count - len(crashed), crashed=len(crashed))
        found = rows(pool)
        assert set(found) == set(range(count))
        assert {x for x, each in found.items() if each[0]["status"] == "crashed"} == crashed
        assert all(len(each) == 1 for each in found.values())  # nothing is made twice that was committed
        assert pool.widest <= IN_FLIGHT * workers


def test_a_shard_that_was_committed_before_its_worker_died_is_not_made_again(tmp_path: Path) -> None:
    made, pool = driven(tmp_path, lambda pool, shard: "late")
    assert drive(made, pool, runs(range(6))) == {"ok": 6}
    assert all(len(each) == 1 for each in rows(pool).values())


def test_a_run_suspected_for_its_neighbour_keeps_its_second_chance(tmp_path: Path) -> None:
    def act(pool: FakePool, shard: Shard) -> str:
        if not pool.calls["kill"]:
            pool.mark(shard, 0)  # nobody knows that it was not this run
            return "early"
        return "done"

    notes = tmp_path / "notes"
    notes.mkdir()
    made, pool = driven(tmp_path, act, toy=Toy(flaky=frozenset([0]), notes=notes))
    assert drive(made, pool, runs(range(1))) == {"ok": 1}
    assert [(shard.alone, shard.final) for shard in pool.shards[1:]] == [(True, False), (True, True)]


def test_when_one_dies_the_others_are_dead_before_anybody_looks_at_what_they_did(tmp_path: Path) -> None:
    order: list[str] = []
    made, pool = driven(tmp_path, poison(0))
    pool.kill = lambda: (order.append("kill"), pool.die())[0]  # type: ignore[method-assign]
    before = made._committed
    made._committed = lambda shard: (order.append("look"), before(shard))[1]  # type: ignore[method-assign]
    drive(made, pool, runs(range(1)))
    assert order == ["kill", "look"] * 3


def test_a_worker_whose_death_no_future_tells_is_noticed(tmp_path: Path) -> None:
    def act(pool: FakePool, shard: Shard) -> str:
        if shard.runs[0].parameters["x"] == 1 and not pool.calls["kill"]:
            pool.dead = True
            return "nothing"
        return "done"

    made, pool = driven(tmp_path, act)
    assert drive(made, pool, runs(range(4))) == {"ok": 4}
    assert (pool.calls["kill"], pool.calls["renew"]) == (1, 1)
    assert pool.clock.now < 10


def test_workers_that_die_before_they_begin_end_the_sweep(tmp_path: Path) -> None:
    made, pool = driven(tmp_path, lambda pool, shard: "early")
    with pytest.raises(SweepError, match="workers of fake die before they begin a run"):
        drive(made, pool, runs(range(6)))
    assert rows(pool) == {}


def test_a_pool_that_refuses_work_is_renewed_and_given_up_in_the_end(tmp_path: Path) -> None:
    made, pool = driven(tmp_path, done)
    pool.refuses = 3
    assert drive(made, pool, runs(range(6))) == {"ok": 6}
    assert pool.calls["renew"] == 3
    made, pool = driven(tmp_path / "other", done)
    pool.refuses = 99
    with pytest.raises(SweepError, match="die before they begin"):
        drive(made, pool, runs(range(6)))


def test_shards_that_were_cancelled_from_elsewhere_are_made_again(tmp_path: Path) -> None:
    def act(pool: FakePool, shard: Shard) -> str:
        if len(pool.shards) < 4:
            for future in list(pool.queue):
                future.cancel()
                future.set_running_or_notify_cancel()
            pool.queue.clear()
            return "nothing"
        return "done"

    made, pool = driven(tmp_path, act, workers=1)
    assert drive(made, pool, runs(range(6))) == {"ok": 6}


def test_errors_that_are_not_of_a_run_end_the_sweep_in_words(tmp_path: Path) -> None:
    def act(pool: FakePool, shard: Shard) -> str:
        for future in pool.queue:
            future.set_exception(OSError(28, "No space left on device"))
        pool.queue.clear()
        return "nothing"

    made, pool = driven(tmp_path, act)
    with pytest.raises(SweepError, match=r"cannot be made or written: OSError.*No space left"):
        drive(made, pool, runs(range(6)))


# --- runs that do not end --------------------------------------------------------------------------


def hang(*values: int) -> Callable[[FakePool, Shard], str]:
    def act(pool: FakePool, shard: Shard) -> str:
        for number, run in enumerate(shard.runs):
            if run.parameters["x"] in values:
                pool.mark(shard, number)
                return "nothing"
        return "done"

    return act


@pytest.mark.parametrize("values", [(3,), (0,), (2, 3, 9), tuple(range(4))])
def test_runs_that_hang_are_ended_from_outside(tmp_path: Path, values: tuple[int, ...]) -> None:
    made, pool = driven(tmp_path, hang(*values), run_seconds=30.0)
    assert drive(made, pool, runs(range(12))) == +Counter(ok=12 - len(values), timeout=len(values))
    for x, (row, *more) in rows(pool).items():
        assert (row["status"], more) == ("timeout" if x in values else "ok", [])
    row = rows(pool)[values[0]][0]
    assert row["error"] == "did not end by itself; ended after 70 s"
    assert (row["stage"], row["attempt"] <= 2) == ("running", True)
    assert 70 * len(values) / 2 < pool.clock.now < 75 * len(values)


def test_a_run_has_its_time_from_when_it_was_begun(tmp_path: Path) -> None:
    turns = {"left": 0}

    def act(pool: FakePool, shard: Shard) -> str:
        number = min(turns["left"] // 40, len(shard.runs) - 1)  # twenty seconds for each run
        turns["left"] += 1
        pool.mark(shard, number)
        return "done" if turns["left"] > 40 * len(shard.runs) else "nothing"

    made, pool = driven(tmp_path, act, workers=1, run_seconds=6.0)
    made.progress.statuses["ok"], made.progress.seconds = 1, 0.1
    made._size = lambda: 8  # type: ignore[method-assign]
    drive(made, pool, runs(range(8)))
    assert pool.calls["kill"] == 0
    assert pool.clock.now > 100


def test_the_clock_of_the_files_does_not_matter(tmp_path: Path) -> None:
    def act(pool: FakePool, shard: Shard) -> str:
        if not pool.calls["seen"]:
            pool.calls["seen"] += 1
            pool.mark(shard, 0)
            marker = Marker.of(pool.folder, "i", shard.id)
            os.utime(marker.path, (0, 0))  # the machine slept for decades
            return "nothing"
        return "done"

    made, pool = driven(tmp_path, act, workers=1, run_seconds=6.0)
    assert drive(made, pool, runs(range(2))) == {"ok": 2}
    assert pool.calls["kill"] == 0


def test_a_shard_that_was_committed_while_it_was_given_up_counts(tmp_path: Path) -> None:
    act = hang(0)
    made, pool = driven(tmp_path, act, run_seconds=6.0)

    def kill() -> None:
        for shard in pool.queue.values():
            if shard.runs[0].parameters["x"] == 0:
                run_shard(pool.job, shard)
        pool.die()

    pool.kill = kill  # type: ignore[method-assign]
    assert drive(made, pool, runs(range(4))) == {"ok": 4}
    assert [row["status"] for row in rows(pool)[0]] == ["ok"]


def test_runs_that_a_committed_shard_gave_back_are_made(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    made, pool = driven(tmp_path, lambda pool, shard: "late", toy=Toy(flaky=frozenset([1, 4]), notes=notes))
    made._size = lambda: 3  # type: ignore[method-assign]
    assert drive(made, pool, runs(range(6))) == {"ok": 6}
    assert {x: len(each) for x, each in rows(pool).items()} == dict.fromkeys(range(6), 1)
