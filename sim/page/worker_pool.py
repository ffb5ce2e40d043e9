"""Processes that make the page's pairs of markets, so that the page answers while they work.

Each process keeps the histories of its own replications: replication r is always made by process r modulo
their number. A request that is no longer wanted is given up within a week of its market.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, TypeVar

import pandas as pd

from sim.engine.replication import Replication, replications
from sim.engine.runner import History, Lockstep
from sim.engine.start import MarketSettings
from sim.engine.watch import StoppedError, Watch
from sim.experiments.compare import Settings, replicate
from sim.experiments.trace import Question, Story, first_changed, trace
from sim.outcomes.pair import RECORD, Pair
from sim.outcomes.periods import window
from sim.scenario.schema import Scenario
from sim.sweep.executors import THREADS, begin, variables

SESSIONS = 64
"""Pages that may be open at once; another one takes the place of the oldest."""
NICE = 10
"""By how much the processes stand back behind the page that draws what they have made."""
ROOT_SEED = 1
"""Root seed of all replications, as a comparison has it by default."""
KEPT = 3
"""Baselines and sizes of which a process keeps the histories."""
Tables = dict[str, pd.DataFrame]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Asked:
    """One pair of markets.

    Attributes:
        base: the baseline.
        other: the scenario.
        name: name of the scenario in the tables.
        start: week to which values are discounted.
        replication: number of the pair of seeds.
        consumers: simulated consumers.
        session: place of the page among those that are open.
        ticket: number of the request; as soon as the page has a later one, this is given up.
    """

    base: Scenario
    other: Scenario
    name: str
    start: int
    replication: int
    consumers: int
    session: int
    ticket: int


class WorkerPool:
    """Processes of this machine that answer what pages ask.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int = 2) -> None:
        self.context = multiprocessing.get_context("spawn")
        self.tickets = self.context.Array("q", SESSIONS, lock=False)
        self.workers = workers
        self.executors = [self._executor() for _ in range(workers)]
        self.seats: dict[int, None] = {}
        self.closed = False

    def _executor(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            1, mp_context=self.context, initializer=_begin, initargs=(self.tickets,)
        )  # fmt: skip

    def session(self) -> int:
        """The place of a new page: a free one, or else that of the page that was opened first."""
        free = (place for place in range(SESSIONS) if place not in self.seats)
        place = next(free, None)
        if place is None:
            place = next(iter(self.seats))
            del self.seats[place]
        self.seats[place] = None
        return place

    def leave(self, session: int) -> None:
        """A page is gone: its place is free."""
        self.seats.pop(session, None)

    def ticket(self, session: int) -> int:
        """The number of a new request of a page; what it asked for before is given up."""
        self.tickets[session] += 1
        return int(self.tickets[session])

    def warm(self, base: Scenario, other: Scenario, consumers: int) -> None:
        """Have every process simulate the history that a baseline shares with a scenario."""
        for place in range(len(self.executors)):
            self._sent(place, _warm, base, other, place, consumers)

    def submit(self, asked: Asked) -> Future[Tables]:
        """Have a pair made; its future fails with `StoppedError` if a later request came.

        Raises:
            StoppedError: if the pool has been closed.
        """
        return self._sent(asked.replication % len(self.executors), _answer, asked)

    def _sent(self, place: int, act: Callable[..., Made], *given: object) -> Future[Made]:
        if self.closed:
            raise StoppedError
        with variables(dict.fromkeys(THREADS, "1")):  # processes start at the first request
            try:
                return self.executors[place].submit(act, *given)
            except BrokenProcessPool:  # the process has died: a new one, without kept histories
                self.executors[place].shutdown(wait=False, cancel_futures=True)
                self.executors[place] = self._executor()
                return self.executors[place].submit(act, *given)

    def follow(
        self, scenarios: tuple[Scenario, Scenario], person: int | None, consumers: int
    ) -> Future[tuple[Story, Story]]:  # fmt: skip
        """Follow one person of the first replication; by default the first who chooses differently.

        Raises:
            StoppedError: if the pool has been closed.
        """
        return self._sent(len(self.executors) - 1, _story, scenarios, person, consumers)

    def close(self) -> None:
        """End the processes, whatever they do; nothing can be asked any more."""
        self.closed = True
        for session in range(SESSIONS):
            self.tickets[session] += 1
        for executor in self.executors:
            executor.shutdown(wait=False, cancel_futures=True)


# --- in a process --------------------------------------------------------------------------------

_TICKETS: Any = None
_HISTORIES: OrderedDict[str, dict[int, History]] = OrderedDict()


def _begin(tickets: Any) -> None:
    """Remember where the latest requests stand, and let the page go first."""
    global _TICKETS
    begin()
    if hasattr(os, "nice"):
        os.nice(NICE)
    _TICKETS = tickets


def _warm(base: Scenario, other: Scenario, replication: int, consumers: int) -> None:
    """Simulate a history."""
    one = _replication(replication)
    history = _history(base, consumers, replication)
    settings = MarketSettings(one.seeds, consumers, RECORD, run_off=True)
    with Lockstep(base, {"": other}, settings, Pair, history=history) as lockstep:
        for _ in lockstep.weeks(lockstep.shared_until):
            pass
        lockstep.part()
    freeze()


def _replication(number: int) -> Replication:
    """Seeds of one replication, as in a comparison."""
    return replications(ROOT_SEED, number + 1)[number]


def _answer(asked: Asked) -> Tables:
    """Make a pair."""

    def stop() -> bool:
        return bool(_TICKETS[asked.session] != asked.ticket)

    if stop():
        raise StoppedError
    settings = Settings(consumers=asked.consumers, root_seed=ROOT_SEED)
    (tables,) = replicate(
        asked.base, {asked.name: asked.other}, _replication(asked.replication), settings, start=asked.start,
        watch=Watch(stop=stop), history=_history(asked.base, asked.consumers, asked.replication),
    )  # fmt: skip
    return dict(tables)


def _story(scenarios: tuple[Scenario, Scenario], person: int | None, consumers: int) -> tuple[Story, Story]:
    """The weeks of one person in two scenarios."""
    begin, end = window(*scenarios)
    question = Question(begin, end, consumers, _replication(0).seeds)
    chosen = first_changed(scenarios, question) if person is None else person
    one, two = (trace(scenario, chosen, question) for scenario in scenarios)
    return one, two


def _history(base: Scenario, consumers: int, replication: int) -> History:
    """History of a baseline on the draws of a replication; baselines not asked for lately are dropped."""
    key = digest({"base": base.model_dump(mode="json", by_alias=True), "consumers": consumers})
    found = _HISTORIES.pop(key, {})
    _HISTORIES[key] = found
    while len(_HISTORIES) > KEPT:
        _HISTORIES.popitem(last=False)
    return found.setdefault(replication, History())


def freeze() -> None:
    """Leave all that is there now out of garbage collection: compiled kernels make it slow (0.2 s a time)."""
    gc.collect()
    gc.freeze()


def digest(said: Mapping[str, Any]) -> str:
    """Name of what is said."""
    return blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=8).hexdigest()
