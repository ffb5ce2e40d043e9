"""What a page asks for, and how the answer grows: replication after replication, each on the same draws."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from sim.engine.watch import StoppedError
from sim.experiments.compare import check_comparable
from sim.outcomes.comparison import Comparison
from sim.outcomes.periods import npv_week
from sim.page.numbers import BASE, SIDES, together
from sim.page.worker_pool import Asked, Tables, WorkerPool, digest
from sim.scenario.schema import Scenario

REMEMBERED = 64
"""Pairs of markets whose tables a page remembers."""
AHEAD = 2
"""Pairs that a page has asked each process for: others, and whoever follows a person, wait no longer."""


@dataclass(frozen=True)
class Size:
    """How much is simulated.

    Attributes:
        consumers: in each replication.
        replications: in all.
        first: replications before anything is shown.
    """

    consumers: int
    replications: int
    first: int = 2


QUICK = Size(consumers=5_000, replications=8)
"""What is made while levers move."""


@dataclass(frozen=True)
class Progress:
    """How far a request is.

    Attributes:
        done: pairs of markets that are there.
        total: pairs wanted.
        comparison: what is to be shown now; none = nothing new.
    """

    done: int
    total: int
    comparison: Comparison | None = None


class Desk:
    """Answers the requests of one page; a new one ends the one before.

    Args:
        pool: processes that make pairs.
    """

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool
        self.session = pool.session()
        self.remembered: OrderedDict[str, Tables] = OrderedDict()

    def stop(self) -> None:
        """Give up what is asked for."""
        self.pool.ticket(self.session)

    def close(self) -> None:
        """Give up what is asked for, and the page's place."""
        self.stop()
        self.pool.leave(self.session)

    def answer(
        self, base: Scenario, strategies: Mapping[str, Scenario], size: Size,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Iterator[Progress]:  # fmt: skip
        """Make what is missing, and yield whenever more is there.

        Args:
            base: the baseline of both.
            strategies: scenarios by `SIDES`.
            size: how much.
            wanted: asked now and then whether somebody still wants the answer.

        Raises:
            ValueError: if the scenarios cannot be compared.
            StoppedError: if there was a later request, or nobody wants the answer.
        """
        for name, scenario in strategies.items():
            check_comparable((BASE, base), name, scenario)
        job = _Job(self, base, strategies, size)
        yield from job.run(wanted)


class _Job:
    """One request."""

    def __init__(self, desk: Desk, base: Scenario, strategies: Mapping[str, Scenario], size: Size) -> None:
        self.desk, self.base, self.strategies, self.size = desk, base, strategies, size
        self.start = npv_week(base, list(strategies.values()))
        self.ticket = desk.pool.ticket(desk.session)
        self.keys = {
            side: digest({
                "base": base.model_dump(mode="json", by_alias=True), "start": self.start,
                "other": scenario.model_dump(mode="json", by_alias=True), "consumers": size.consumers,
            })
            for side, scenario in strategies.items()
        }  # fmt: skip
        self.todo = deque((side, r) for r in range(size.replications) for side in SIDES)
        self.waiting: dict[Future[Tables], str] = {}

    def run(self, wanted: Callable[[], bool]) -> Iterator[Progress]:
        """Ask for all that is missing, the lowest replications first."""
        shown, total = 0, len(self.todo)
        while True:
            while self.todo and len(self.waiting) < AHEAD * self.desk.pool.workers:
                self._ask(*self.todo.popleft())
            level = self._level()
            fresh = level > shown and (level >= min(self.size.first, self.size.replications))
            done = total - len(self.waiting) - len(self.todo)
            yield Progress(done, total, self._comparison(level) if fresh else None)
            shown = level if fresh else shown
            if not self.waiting:
                return
            self._wait(wanted)

    def _ask(self, side: str, replication: int) -> None:
        key = self._key(side, replication)
        if key in self.desk.remembered:
            self.desk.remembered.move_to_end(key)  # what was needed lately is forgotten last
        if key in self.desk.remembered or key in self.waiting.values():
            return
        asked = Asked(
            self.base, self.strategies[side], side, self.start, replication, self.size.consumers,
            self.desk.session, self.ticket,
        )  # fmt: skip
        self.waiting[self.desk.pool.submit(asked)] = key

    def _wait(self, wanted: Callable[[], bool]) -> None:
        """Until something is there; remember it."""
        while not (ready := wait(self.waiting, 0.2, FIRST_COMPLETED).done):
            if not wanted():
                raise StoppedError
        time.sleep(0)  # lets the page answer
        for future in ready:
            key = self.waiting.pop(future)
            self.desk.remembered[key] = future.result()
        while len(self.desk.remembered) > max(REMEMBERED, len(SIDES) * self.size.replications):
            self.desk.remembered.popitem(last=False)

    def _key(self, side: str, replication: int) -> str:
        return f"{self.keys[side]} {replication}"

    def _level(self) -> int:
        """Replications that both strategies have, without a gap."""
        for replication in range(self.size.replications):
            if not all(self._key(side, replication) in self.desk.remembered for side in SIDES):
                return replication
        return self.size.replications

    def _comparison(self, count: int) -> Comparison:
        found = {
            side: [_named(self.desk.remembered[self._key(side, r)], side) for r in range(count)]
            for side in SIDES
        }
        return together(self.base, self.strategies, found)


def _named(tables: Tables, side: str) -> Tables:
    """The same tables under the name of a strategy: two strategies may be the same."""
    return {name: table.assign(scenario=side) for name, table in tables.items()}
