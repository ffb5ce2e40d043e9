"""What outcomes need of single people and their states, taken down while a market runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sim.kernel import kernel
from sim.market import Market
from sim.market.phases import Phase
from sim.outcomes.parties import goods_of_hosts
from sim.outcomes.repeats import NEVER, SHARE, FirstPurchases
from sim.outcomes.rows import Row, row
from sim.outcomes.sides import Sides

Floats = npt.NDArray[np.float64]
I2 = npt.NDArray[np.int16]


@kernel
def note_first(codes: I2, counts: npt.NDArray[np.bool_], week: int, first: I2) -> None:
    """Date the first purchase at some channels, `counts` by channel; `codes` as in a `Diary`."""
    for slot in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            code = codes[slot, k]
            if code >= 0 and first[k] < 0 and counts[code // 7]:
                first[k] = week


class CategoryBuyers:
    """When people first bought goods of some categories on a platform, hosted storefronts included.

    Args:
        market: the market.
        host: the platform.
        categories: the kinds of goods.

    Attributes:
        first: week of the first purchase since the first recorded week, or `NEVER`, shape (N,).
    """

    def __init__(self, market: Market, host: str, categories: Sequence[str]) -> None:
        self.market = market
        self.host = host
        self.categories = categories
        self.first = np.full(len(market.consumers), NEVER, np.int16)

    def record(self, week: int) -> None:
        """Take down the week that the market has just run."""
        for category in self.categories:
            offers = self.market.sales[category].offers
            counts = np.array([offer.host == self.host for offer in offers])
            note_first(self.market.demand.diaries[category].codes, counts, week, self.first)


class WeeklyMeans:
    """Means of a state over people, by tier, at the end of each week.

    Args:
        market: the market.
        firms: platforms or brands, those that the market has.
        state: "trust" or "loyalty".
    """

    def __init__(self, market: Market, firms: Iterable[str], state: str) -> None:
        layout = market.consumers.layout
        known = layout.firms if state == "trust" else layout.brands
        self.firms = [name for name in firms if name in known]
        self._market, self._state = market, state
        self._places = [known.index(name) for name in self.firms]
        strata = market.consumers.strata
        self._filled = np.flatnonzero(strata.count > 0)
        self._starts = strata.start[:-1][self._filled]
        self._sums: dict[int, list[Floats]] = {}

    def record(self, week: int) -> None:
        """Take down the state as it is after a week."""
        state = getattr(self._market.consumers.columns, self._state)
        self._sums[week] = [np.add.reduceat(state[k], self._starts, dtype=np.float64) for k in self._places]

    def sums(self, firm: str, week: int) -> Floats:
        """Sums of the state over people at the end of a week by tier, shape (tiers,).

        Zero for a firm that the market has not, NaN for a week that was not recorded.
        """
        strata = self._market.consumers.strata
        found = np.zeros(len(strata.people))
        if firm in self.firms:
            recorded = self._sums.get(week)
            found[self._filled] = np.nan if recorded is None else recorded[self.firms.index(firm)]
        return np.asarray((found * strata.weight).reshape(-1, 2).sum(axis=1))


def means(outcome: str, firm: str, series: Sequence[WeeklyMeans], sides: Sides) -> Iterator[Row]:
    """Means over people at the end of the window and at the horizon: all tiers together, then each."""
    people = sides.base.consumers.strata.people.reshape(-1, 2).sum(axis=1)
    for period in sides.periods:
        if period.name != "after":  # its end is the horizon
            before, after = (one.sums(firm, period.last) for one in series)
            whole = float(people.sum())
            yield row(outcome, firm, "all", period.name, SHARE, before.sum() / whole, after.sum() / whole)
            for k, tier in enumerate(sides.base.tiers):
                values = before[k] / people[k], after[k] / people[k]
                yield row(outcome, firm, tier, period.name, SHARE, values[0], values[1])


class Followed:
    """Everything that is followed in one market of a pair, to be made before its first week is run.

    The warm-up is run together with the first week, so that a phase is put into the week to look who is a
    customer before anybody shops in the first recorded week; it changes nothing.

    Args:
        market: the market.
        pair: baseline and scenario, which say which storefronts and hosts the outcomes concern.

    Attributes:
        first: first purchases by brand.
        loyalty: mean loyalty to the brands.
        trust: mean believed authenticity of the hosts.
        newcomers: by host, first purchases in the categories of the storefronts.
    """

    def __init__(self, market: Market, pair: tuple[Market, Market]) -> None:
        goods = goods_of_hosts(pair[0].spec, pair[1].spec)
        self.market = market
        self.first = {brand: FirstPurchases(market, brand) for brand in market.brands}
        self.loyalty = WeeklyMeans(market, market.brands, "loyalty")
        self.trust = WeeklyMeans(market, goods, "trust")
        self.newcomers = {
            host: CategoryBuyers(market, host, kinds)
            for host, kinds in goods.items()
            if host in market.platforms
        }
        self.begun_in = max(market.week, 0)
        if market.week < 0:
            look = Phase("recording begins", self._begin)
            market.phases = market.phases.insert_after("firms decide", look)
        else:
            self._begin(market)

    def _begin(self, market: Market) -> None:
        if market.week == self.begun_in:
            for log in self.first.values():
                log.begin()

    def record(self) -> None:
        """Take down the week that the market has just run; it has been counted already."""
        week = self.market.week - 1
        for log in self.first.values():
            log.record(week)
        for buyers in self.newcomers.values():
            buyers.record(week)
        self.loyalty.record(week)
        self.trust.record(week)
