"""Pairs of markets that begin where they part: the history that both share is simulated once and kept.

A comparison asks for two markets from the first week on, although up to the opening of a storefront they are
one. Whoever asks again and again, with another price or another date, need not simulate that history again:
it is the same to the last bit, so a pair that begins at a kept state finds what `compare` finds. Two outcomes
look back to before the opening and are left out (`LOOK_BACK`); the buyers counted behind outcomes of the
whole horizon are only those since then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from sim.calendar import Calendar
from sim.engine.oracle import with_oracle
from sim.engine.seeds import Seeds, replication_seeds
from sim.engine.start import open_market
from sim.experiments.compare import RECORD, Pair
from sim.market import Market
from sim.market.checkpoint.snapshot import State, take
from sim.outcomes.periods import open_weeks
from sim.scenario.schema import Advertising, Scenario
from sim.scenario.values import on_date

LOOK_BACK = ("consumer surplus, experienced", "new buyers of the category at the host")
"""Outcomes that need what was bought before the markets parted."""
WORDS = {"title", "question"}
KEPT = 4
"""States of each replication that are kept."""


class StoppedError(Exception):
    """Somebody no longer wants the answer."""


def parting(base: Scenario, other: Scenario) -> int:
    """First week in which two scenarios may differ; 0 or less = they have no history in common.

    Only storefronts that open later and what brands spend on advertising from a day on leave a history in
    common; whatever else differs, also a policy, may have been felt from the start.
    """
    new = [name for name in other.storefronts if name not in base.storefronts]
    if _rest(base) != _rest(other, new) or any(other.storefronts[name].open.from_ is None for name in new):
        return 0
    opened = [min(weeks) for name in new if (weeks := open_weeks(other, name))]
    return min([*opened, *_advertised(base, other)], default=0)


def _rest(scenario: Scenario, without: Sequence[str] = ()) -> dict[str, object]:
    """All that a scenario says, without its words, some storefronts and spending on advertising."""
    stores = {name: store for name, store in scenario.storefronts.items() if name not in without}
    still = {name: brand.model_copy(update={"advertising": Advertising()})
             for name, brand in scenario.brands.items()}  # fmt: skip
    kept = scenario.model_copy(update={"storefronts": stores, "brands": still})
    return {name: getattr(kept, name) for name in type(kept).model_fields if name not in WORDS}


def _advertised(base: Scenario, other: Scenario) -> Iterator[int]:
    """Weeks in which brands begin to advertise differently; how it works matters once somebody does."""
    calendar = Calendar(base.time.start, base.time.end)
    for name, brand in base.brands.items():
        one, two = brand.advertising, other.brands[name].advertising
        alike = one.model_copy(update={"spend": 0.0}) == two.model_copy(update={"spend": 0.0})
        both = (one.spend, two.spend)
        days = {base.time.start, *(day for spend in both if isinstance(spend, dict) for day in spend)}
        spent = {day: (_spent(one.spend, day), _spent(two.spend, day)) for day in days}
        apart = [day for day, (a, b) in spent.items() if a != b or (a > 0 and not alike)]
        if apart:
            yield calendar.week_of(min(apart))


def _spent(spend: float | dict[date, float], day: date) -> float:
    return on_date(spend, day, 0.0)


@dataclass
class Histories:
    """Makes pairs of markets against one baseline, from kept states.

    Attributes:
        base: the baseline.
        consumers: simulated consumers; the scenario's by default.
        root_seed: root seed of all replications, as in a comparison.
        kept: states by replication and week.
    """

    base: Scenario
    consumers: int | None = None
    root_seed: int = 1
    kept: dict[tuple[int, int], State] = field(default_factory=dict)

    def tables(
        self, name: str, other: Scenario, start: int, replication: int,
        stop: Callable[[], bool] = lambda: False,
    ) -> dict[str, pd.DataFrame]:  # fmt: skip
        """Outcomes, weekly sales, flows and people of one replication, as `compare` has them.

        Args:
            name: name of the scenario in the tables.
            other: the scenario.
            start: week to which values are discounted.
            replication: number of the pair of seeds.
            stop: asked every week whether to give up.

        Raises:
            StoppedError: if `stop` said so.
        """
        with ExitStack() as stack:
            markets = self._markets(other, replication, stop)
            first, second = (stack.enter_context(closing(market)) for market in markets)
            pair = Pair(first, second, start)
            while first.week < first.last_week:
                _heed(stop)
                first.step()
                pair.step()
            return pair.tables(name, replication)

    def begin(self, other: Scenario, replication: int) -> None:
        """Make the history that a scenario shares with the baseline before anybody asks for it."""
        for market in self._markets(other, replication, lambda: False):
            market.close()

    def _markets(self, other: Scenario, replication: int, stop: Callable[[], bool]) -> Iterator[Market]:
        """Baseline and scenario in the week in which they part."""
        seeds, week = (
            replication_seeds(self.root_seed, replication + 1)[replication],
            parting(self.base, other),
        )
        if week <= 0 or self.base.start_from is not None:
            yield from (self._fresh(scenario, seeds) for scenario in (self.base, other))
            return
        state = self._state(replication, week, seeds, stop)
        for scenario in (self.base, other):
            yield with_oracle(state.market(scenario, record=RECORD, run_off=True))

    def _state(self, replication: int, week: int, seeds: Seeds, stop: Callable[[], bool]) -> State:
        """The baseline at the beginning of a week, simulated on from the latest state that is kept."""
        if (replication, week) not in self.kept:
            before = [k for r, k in self.kept if r == replication and k < week]
            market = self._fresh(self.base, seeds) if not before else with_oracle(
                self.kept[replication, max(before)].market(self.base, record=RECORD, run_off=True)
            )  # fmt: skip
            with closing(market):
                while market.week < week:
                    _heed(stop)
                    market.step()
                self._keep(replication, week, take(market))
        return self.kept[replication, week]

    def _keep(self, replication: int, week: int, state: State) -> None:
        """Keep a state, and of each replication no more than the latest ones and the first."""
        self.kept[replication, week] = state
        weeks = [k for r, k in self.kept if r == replication]
        if len(weeks) > KEPT:
            del self.kept[replication, weeks[1]]

    def _fresh(self, scenario: Scenario, seeds: Seeds) -> Market:
        return open_market(
            scenario, world_seed=seeds.world, shock_seed=seeds.shock, consumers=self.consumers, record=RECORD,
            run_off=True,
        )  # fmt: skip


def _heed(stop: Callable[[], bool]) -> None:
    if stop():
        raise StoppedError
