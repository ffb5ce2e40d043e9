"""Real processes make pairs, give up, die and are replaced, and none is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from sim.engine.replication import replications
from sim.engine.watch import StoppedError
from sim.experiments.compare import Settings, replicate
from sim.page.worker_pool import SESSIONS, Asked, WorkerPool, digest
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import CLOSED

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SHORT = ("time.start=2019-11-04", "time.end=2020-01-19", "time.warm_up_weeks=2", "finance.runoff_weeks=1")
PATIENCE = 60.0


def scenario(name: str) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml", sets=[*SHORT, *CLOSED]).scenario


OUT, PDD = scenario("stay_out"), scenario("popup_on_pinduoduo_2019")


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    one = WorkerPool(1)
    yield one
    one.close()


def asked(pool: WorkerPool, session: int, ticket: int, consumers: int = 500) -> Asked:
    return Asked(OUT, PDD, "strategy 1", 3, 0, consumers, session, ticket)


def processes(pool: WorkerPool) -> list[int]:
    return [pid for executor in pool.executors for pid in (executor._processes or {})]


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_process_from_its_birth_to_its_end(pool: WorkerPool) -> None:
    """In one test, as a process takes seconds to begin: a pair, a stop, a death, another one, the end."""
    session = pool.session()
    found = pool.submit(asked(pool, session, pool.ticket(session))).result(PATIENCE)
    (expected,) = replicate(OUT, {"strategy 1": PDD}, replications(1, 1)[0], Settings(consumers=500), start=3)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table, check_exact=True)

    late = pool.submit(asked(pool, session, pool.ticket(session), consumers=20_000))
    until(late.running)
    pool.ticket(session)
    with pytest.raises(StoppedError):
        late.result(PATIENCE)

    (first,) = processes(pool)
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))
    with suppress(BrokenExecutor):  # unless it has been noticed before
        pool.submit(asked(pool, session, pool.ticket(session))).result(PATIENCE)
    one, two = pool.follow((OUT, PDD), 3, 500).result(PATIENCE)
    assert [need.date for need in one.needs] == [need.date for need in two.needs]
    again = pool.submit(asked(pool, session, pool.ticket(session))).result(PATIENCE)
    pd.testing.assert_frame_equal(again["outcomes"], expected["outcomes"], check_exact=True)

    (second,) = processes(pool)
    assert second != first
    busy = pool.submit(asked(pool, session, pool.ticket(session), consumers=20_000))
    until(busy.running)
    pool.close()
    until(lambda: not alive(second))


def test_a_closed_pool_begins_nothing(pool: WorkerPool) -> None:
    """A page that is still asking while the server ends must not start processes."""
    pool.close()
    with pytest.raises(StoppedError):
        pool.submit(asked(pool, 0, 1))
    with pytest.raises(StoppedError):
        pool.follow((OUT, PDD), 3, 500)
    assert processes(pool) == []


def test_nobody_begins_before_anybody_asks(pool: WorkerPool) -> None:
    assert processes(pool) == []


def test_pages_have_places_and_tickets_of_their_own(pool: WorkerPool) -> None:
    places = [pool.session() for _ in range(SESSIONS + 1)]
    assert places == [*range(SESSIONS), 0]
    pool.leave(7)
    assert [pool.session() for _ in range(2)] == [7, 1], "first a free place, then that of the oldest page"
    assert [pool.ticket(1), pool.ticket(1), pool.ticket(2), pool.ticket(1)] == [1, 2, 1, 3]


def test_a_digest_is_of_what_is_said() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
