"""Runs a baseline with any number of scenarios, in lockstep or one after another.

    with Lockstep(base, {"popup": popup}, settings, observe) as run:
        run.to_the_end()
        observed = run.branches["popup"].observer

Scenarios on the same draws are one market up to the week in which they part (`sim.engine.parting`). That
market is simulated once. From there a scenario goes on by itself, from the state in which it parts, to the
last bit as if it had been simulated from the first week; so do the tables and whatever is observed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from sim.engine.loop import advance, weeks
from sim.engine.parting import BASE, forks
from sim.engine.start import MarketSettings
from sim.engine.watch import Watch
from sim.market import Market
from sim.market.checkpoint import State, take
from sim.scenario.schema import Scenario

# --- observers -----------------------------------------------------------------------------------


class Observer(Protocol):
    """Takes down what happens in a market beside its baseline, in every week."""

    def record(self) -> None:
        """Take down the week that both markets have just run."""

    def kept(self) -> Any:
        """Return a copy of all that was taken down, for a market that goes on from here by itself."""


ObserverT = TypeVar("ObserverT", bound=Observer)
Observe = Callable[[Market, Market, Any], ObserverT]
"""Makes the observer of a baseline and a market, from what another one has kept (None at the start)."""


class Nothing:
    """Observer of markets of which only the end matters."""

    def record(self) -> None:
        """Take down nothing."""

    def kept(self) -> None:
        """Return nothing."""


def nothing(base: Market, market: Market, kept: None) -> Nothing:
    """Observe nothing."""
    return Nothing()


# --- lockstep ------------------------------------------------------------------------------------


@dataclass
class Branch(Generic[ObserverT]):
    """A market that runs for one or more scenarios, and what is observed of it beside the baseline.

    Attributes:
        market: the market.
        observer: what is observed.
    """

    market: Market
    observer: ObserverT


@dataclass(frozen=True)
class Checkpoint:
    """A baseline between two weeks: its state, and what has been observed so far."""

    state: State
    kept: Any


@dataclass
class History:
    """States of one baseline on one pair of seeds, from which scenarios can go on again and again.

    Args:
        most: how many are kept: the first one and the latest.

    Attributes:
        checkpoints: by week, in the order in which they were made.
    """

    most: int = 4
    checkpoints: dict[int, Checkpoint] = field(default_factory=dict)

    def before(self, week: int) -> Checkpoint | None:
        """Return the latest state that is not after a week, if there is one."""
        there = [k for k in self.checkpoints if k <= week]
        return self.checkpoints[max(there)] if there else None

    def keep(self, week: int, checkpoint: Checkpoint) -> None:
        """Keep a state."""
        self.checkpoints[week] = checkpoint
        if len(self.checkpoints) > self.most:
            del self.checkpoints[list(self.checkpoints)[1]]


class Lockstep(Generic[ObserverT]):
    """A baseline and scenarios on the same draws, week by week side by side; a context manager.

    Args:
        base: the baseline.
        others: scenarios by name; none = the baseline alone.
        settings: what all are run with.
        observe: makes the observer of each market beside the baseline.
        watch: deadline, stop and progress.
        history: kept states of the baseline, used and added to; none = from its start.
        at_latest: week in which every scenario has a market of its own; none = when it differs.
        share: whether scenarios share the weeks before they part; results do not depend on it.

    Attributes:
        branches: by scenario, the market that runs for it; `BASE` is the baseline's.
    """

    def __init__(
        self, base: Scenario, others: Mapping[str, Scenario], settings: MarketSettings,
        observe: Observe[ObserverT], *, watch: Watch | None = None, history: History | None = None,
        at_latest: int | None = None, share: bool = True,
    ) -> None:  # fmt: skip
        self.scenarios = {BASE: base, **others}
        self.settings = settings
        self.observe = observe
        self.watch = watch or Watch()
        self.history = history
        self.branches: dict[str, Branch[ObserverT]] = {}
        self._todo = forks(base, others, at_latest=at_latest if share else 0)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open the markets that have a week of their own from the first on."""
        try:
            self._begin()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all markets."""
        self._stack.close()

    @property
    def base(self) -> Market:
        """The baseline's market."""
        return self.branches[BASE].market

    @property
    def shared_until(self) -> int:
        """First week in which some scenario that still runs with another one has a market of its own."""
        return min((fork.week for fork in self._todo), default=self.base.week)

    def weeks(self, until: int | None = None) -> Iterator[int]:
        """Run week by week, by default to the end; yields each week once it has been observed."""
        end = self.base.last_week if until is None else until
        while self.base.week < end:
            self.part()
            upcoming = [fork.week for fork in self._todo if fork.week > self.base.week]
            live = self._live()
            for week in weeks([branch.market for branch in live], min([end, *upcoming]), self.watch):
                for branch in live:
                    branch.observer.record()
                yield week

    def to_the_end(self) -> Self:
        """Run all weeks."""
        for _ in self.weeks():
            pass
        return self

    def part(self) -> None:
        """Give all scenarios that differ from this week on a market of their own."""
        due = [fork for fork in self._todo if fork.week <= self.base.week]
        states: dict[int, State] = {}
        for fork in due:
            parent = self.branches[fork.parent]
            if id(parent.market) not in states:
                states[id(parent.market)] = take(parent.market)
            state, kept = states[id(parent.market)], parent.observer.kept()
            if parent is self.branches[BASE] and self.history is not None:
                self.history.keep(state.week, Checkpoint(state, kept))
            self._todo.remove(fork)
            self._add(fork.name, self.settings.go_on(state, self.scenarios[fork.name]), kept)
            self._follow()

    # --- opening and parting ---------------------------------------------------------------------

    def _begin(self) -> None:
        """Open the baseline, from a kept state if there is one, and all that differ in its first week."""
        first = min((fork.week for fork in self._todo), default=0)
        kept = self.history.before(first) if self.history is not None and first > 0 else None
        if kept is None:
            self._add(BASE, self.settings.open(self.scenarios[BASE]), None)
        else:
            self._add(BASE, self.settings.go_on(kept.state, self.scenarios[BASE]), kept.kept)
        begins = max(self.base.week, 0)
        if kept is None:
            for fork in [fork for fork in self._todo if fork.week <= begins]:
                self._todo.remove(fork)
                self._add(fork.name, self.settings.open(self.scenarios[fork.name]), None)
        self._follow()

    def _add(self, name: str, market: Market, kept: Any) -> None:
        """Let a market run for a scenario of its own."""
        self._stack.enter_context(market)
        base = market if name == BASE else self.base
        self.branches[name] = Branch(market, self.observe(base, market, kept))

    def _follow(self) -> None:
        """Scenarios that have not parted yet run with the one from which they will."""
        for fork in self._todo:
            self.branches[fork.name] = self.branches[fork.parent]

    def _live(self) -> list[Branch[ObserverT]]:
        """Every market once, the baseline first."""
        return list({id(branch): branch for branch in self.branches.values()}.values())


# --- one after another ---------------------------------------------------------------------------


def one_by_one(
    base: Scenario, others: Mapping[str, Scenario], settings: MarketSettings, decided: int,
    watch: Watch | None = None,
) -> Iterator[tuple[str, Market]]:  # fmt: skip
    """Run a baseline and scenarios to their end, one market at a time; yields each with its name.

    Args:
        base: the baseline, which comes first, under the name `BASE`.
        others: scenarios by name. Up to the week of the decision all have the baseline's history.
        settings: what all are run with.
        decided: week of the decision.
        watch: deadline, stop and progress.
    """
    scenarios = {BASE: base, **others}
    todo = forks(base, others, not_before=decided)
    waiting: list[tuple[str, State | None]] = [(BASE, None)]
    while waiting:
        name, state = waiting.pop(0)
        opened = settings.open(scenarios[name]) if state is None else settings.go_on(state, scenarios[name])
        with opened as market:
            children = sorted((fork for fork in todo if fork.parent == name), key=lambda fork: fork.week)
            for fork in children:
                if fork.week > 0:
                    advance(market, min(fork.week, market.last_week), watch)
                waiting.append((fork.name, take(market) if fork.week > 0 else None))
            yield name, advance(market, watch=watch)
