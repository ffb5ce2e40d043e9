"""Workers that live in this process and act one after another: for the driver's logic, without waiting."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from sim.sweep import driver as module
from sim.sweep.driver import Driver
from sim.sweep.runs import Draws, Run, runs_of
from sim.sweep.store import Columns, Folder, read_files
from sim.sweep.worker import Job, Marker, Shard, Summary, run_shard
from tests.sweep.toys import Toy, X

COLUMNS = Columns([X], ["y", "z"])


def runs(values: Iterable[int]) -> list[Run]:
    return [runs_of({"x": x}, {"x": x}, Draws())[0] for x in values]


class Clock:
    """The clock of the driver."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class FakePool:
    """Workers that act one after another, whenever the driver waits.

    Args:
        folder: of the sweep.
        workers: how many.
        act: what becomes of a shard when its turn comes; see `turn`.
        together: whether one death ends all.
        seed: of the order in which workers act.
    """

    name = "fake"
    broken: tuple[type[BaseException], ...] = (BrokenExecutor,)

    def __init__(
        self, folder: Folder, workers: int, act: Callable[[FakePool, Shard], str], *, together: bool = True,
        seed: int = 0,
    ) -> None:  # fmt: skip
        self.folder, self.workers, self.act, self.together = folder, workers, act, together
        self.chance = random.Random(seed)
        self.clock = Clock()
        self.queue: dict[Future[Summary], Shard] = {}
        self.job = b""
        self.widest = 0
        self.shards: list[Shard] = []
        self.calls: Counter[str] = Counter()
        self.refuses = 0
        self.dead = False

    def submit(self, job: bytes, shard: Shard) -> Future[Summary]:
        if self.refuses:
            self.refuses -= 1
            raise BrokenProcessPool("broken meanwhile")
        assert not (shard.alone and self.queue), "a suspect is not alone"
        assert not any(other.alone for other in self.queue.values()), "a suspect is not alone"
        future: Future[Summary] = Future()
        self.queue[future] = shard
        self.shards.append(shard)
        self.job = job
        self.widest = max(self.widest, len(self.queue))
        return future

    def lost(self) -> bool:
        return self.dead

    def kill(self) -> None:
        self.calls["kill"] += 1
        if self.together:
            self.die()

    def renew(self) -> None:
        self.calls["renew"] += 1
        self.dead = False

    def close(self) -> None:
        self.calls["close"] += 1

    def die(self) -> None:
        for future in self.queue:
            if not future.done():
                future.set_exception(BrokenProcessPool("a process died"))
        self.queue.clear()

    def turn(self, fs: Mapping[Future[Summary], Shard], timeout: float, return_when: str) -> Any:
        """What `concurrent.futures.wait` does; one worker acts. What it does is named by `act`.

        done: the shard is made; nothing: time passes; dies: the worker dies, and others may be at runs;
        early: it dies, and nobody is at a run; late: it dies after it has committed.
        """
        self.clock.now += 0.01
        self.queue = {future: shard for future, shard in self.queue.items() if not future.cancelled()}
        busy = list(self.queue.items())[: self.workers]
        if busy:
            future, shard = self.chance.choice(busy)
            getattr(self, "_" + self.act(self, shard))(future, shard)
        if not any(future.done() for future in fs):
            self.clock.now += timeout
        return {future for future in fs if future.done()}, set()

    def _done(self, future: Future[Summary], shard: Shard) -> None:
        del self.queue[future]
        future.set_result(run_shard(self.job, shard))

    def _nothing(self, future: Future[Summary], shard: Shard) -> None:
        pass

    def _dies(self, future: Future[Summary], shard: Shard) -> None:
        for other in list(self.queue.values())[: self.workers]:
            if other is not shard and self.chance.random() < 0.7:
                self.mark(other, self.chance.randrange(len(other.runs)))
        self._early(future, shard)

    def _early(self, future: Future[Summary], shard: Shard) -> None:
        if self.together:
            self.die()
            return
        del self.queue[future]
        future.set_exception(BrokenProcessPool("a process died"))

    def _late(self, future: Future[Summary], shard: Shard) -> None:
        run_shard(self.job, shard)
        self._early(future, shard)

    def mark(self, shard: Shard, number: int) -> None:
        marker = Marker.of(self.folder, "i", shard.id)
        marker.path.parent.mkdir(parents=True, exist_ok=True)
        marker.path.write_text(f"{number:8d}")


def driven(
    path: Path, act: Callable[[FakePool, Shard], str], count: int = 12, workers: int = 2, toy: Any = None,
    **options: Any,
) -> tuple[Driver, FakePool]:  # fmt: skip
    """A driver and its pool before they begin."""
    folder = Folder(path)
    chosen = {name: options.pop(name) for name in ("together", "seed") if name in options}
    pool = FakePool(folder, workers, act, **chosen)
    job = Job(toy or Toy(), folder, COLUMNS, "i", options.pop("run_seconds", 600.0))
    return Driver(pool, job, options.pop("shard_seconds", 5.0), **options), pool


def drive(made: Driver, pool: FakePool, todo: list[Run]) -> Counter[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "wait", pool.turn)
        patch.setattr(module, "time", pool.clock)
        made.drive(todo)
    return made.progress.statuses


def rows(pool: FakePool) -> dict[int, list[dict[str, Any]]]:
    """Rows by x."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in read_files(pool.folder.runs, COLUMNS.schema()).to_pylist():
        found.setdefault(row["p.x"], []).append(row)
    return found


def done(pool: FakePool, shard: Shard) -> str:
    return "done"


def poison(*values: int) -> Callable[[FakePool, Shard], str]:
    """Workers die at these values of x."""

    def act(pool: FakePool, shard: Shard) -> str:
        for number, run in enumerate(shard.runs):
            if run.parameters["x"] in values:
                pool.mark(shard, number)
                return "dies"
        return "done"

    return act
