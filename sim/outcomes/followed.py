"""What outcomes need of single people and their states, taken down while a market runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.consumers.noticing import NO_BIT, Exposure, address, fill, make_desk, visits
from sim.consumers.population import Columns
from sim.kernel import kernel
from sim.market import Market
from sim.market.phases import Phase
from sim.outcomes.effective import effective
from sim.outcomes.periods import Period
from sim.outcomes.repeats import NEVER, SHARE, FirstPurchases, KeptPurchases
from sim.outcomes.rows import Buyers, Row, row
from sim.outcomes.sides import Sides

Floats = npt.NDArray[np.float64]
I2 = npt.NDArray[np.int16]
I8 = npt.NDArray[np.int64]
NOT_HOSTED = -1
"""Place of the host of a channel that is on nobody's platform."""
LATEST = np.iinfo(np.int16).max


@kernel
def note_first(codes: I2, host: npt.NDArray[np.int64], week: int, first: I2) -> None:
    """Date first purchases by platform.

    Args:
        codes: choices as in a `Diary`, shape (slots, N).
        host: place of each channel's platform, `NOT_HOSTED` if it is on none, shape (channels,).
        week: the week of the choices.
        first: week of the first purchase, negative if there was none, shape (platforms, N); is changed.
    """
    for slot in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            code = codes[slot, k]
            if code >= 0:
                at = host[code // 7]
                if at >= 0 and first[at, k] < 0:
                    first[at, k] = week


class CategoryBuyers:
    """When people first bought goods of each category on each platform, hosted storefronts included.

    Args:
        market: the market.
        kept: weeks by category and platform that another market has taken down; none at the start.

    Attributes:
        first: by category, week of the first purchase since the first recorded week, or `NEVER`, shape
            (platforms, N).
    """

    def __init__(self, market: Market, kept: Mapping[tuple[str, str], I2] | None = None) -> None:
        self.market = market
        self.platforms = list(market.platforms)
        shape = len(self.platforms), len(market.consumers)
        self.first = {category: np.full(shape, NEVER, np.int16) for category in market.spec.categories}
        for (category, platform), weeks in (kept or {}).items():
            if category in self.first and platform in self.platforms:
                self.first[category][self.platforms.index(platform)] = weeks

    def kept(self) -> dict[tuple[str, str], I2]:
        """Return copies of the weeks by category and platform."""
        return {
            (category, platform): weeks.copy()
            for category, rows in self.first.items()
            for platform, weeks in zip(self.platforms, rows, strict=True)
        }

    def record(self, week: int) -> None:
        """Take down the week that the market has just run."""
        place = {name: k for k, name in enumerate(self.platforms)}
        for category, sales in self.market.sales.items():
            host = np.array([place.get(str(offer.host), NOT_HOSTED) for offer in sales.offers], np.int64)
            note_first(self.market.demand.diaries[category].codes, host, week, self.first[category])

    def first_of(self, platform: str, categories: Sequence[str]) -> I2:
        """Week of everybody's first purchase of some categories on a platform, or `NEVER`, shape (N,)."""
        if platform not in self.platforms:
            return np.full(len(self.market.consumers), NEVER, np.int16)
        rows = np.stack([self.first[category][self.platforms.index(platform)] for category in categories])
        earliest = np.where(rows == NEVER, LATEST, rows).min(axis=0)
        return np.where(earliest == LATEST, NEVER, earliest).astype(np.int16)


class WeeklyMeans:
    """Means of a state over people, by tier, at the end of each week.

    Args:
        market: the market.
        state: "trust" of all firms, or "loyalty" to brands.
        kept: sums by firm and week that another market has taken down; none at the start.
    """

    def __init__(
        self, market: Market, state: str, kept: Mapping[tuple[str, int], Floats] | None = None
    ) -> None:
        layout = market.consumers.layout
        self.firms = layout.firms if state == "trust" else layout.brands
        self._market, self._state = market, state
        strata = market.consumers.strata
        self._filled = np.flatnonzero(strata.count > 0)
        self._starts = strata.start[:-1][self._filled]
        self._sums = dict(kept or {})

    def kept(self) -> dict[tuple[str, int], Floats]:
        """Return the sums by firm and week; the arrays are never changed."""
        return dict(self._sums)

    def record(self, week: int) -> None:
        """Take down the state as it is after a week."""
        state = getattr(self._market.consumers.columns, self._state)
        for k, firm in enumerate(self.firms):
            self._sums[firm, week] = np.add.reduceat(state[k], self._starts, dtype=np.float64)

    def sums(self, firm: str, week: int) -> Floats:
        """Sums of the state over people at the end of a week by tier, shape (tiers,).

        Zero for a firm that the market has not, NaN for a week that was not recorded.
        """
        strata = self._market.consumers.strata
        found = np.zeros(len(strata.people))
        if firm in self.firms:
            found[self._filled] = self._sums.get((firm, week), np.nan)
        return np.asarray((found * strata.weight).reshape(-1, 2).sum(axis=1))


@kernel
def count_shown(
    columns: Columns, e: Exposure, week: int, blocks: npt.NDArray[np.int64], widest: int,
    before: npt.NDArray[np.uint64], bought: npt.NDArray[np.uint64], out: npt.NDArray[np.int64],
) -> None:  # fmt: skip
    """Count people whom a visit to the host showed a storefront this week, by storefront and stratum.

    The same draws as in `sim.consumers.noticing`: a visit is one without a purchase, or a purchase there.
    `before` is what people knew before the week, `bought` what they bought in it; `out`, shape (X, strata).
    """
    desk = make_desk(widest)
    for b in range(blocks.shape[0]):
        first, n, stratum = blocks[b, 0], blocks[b, 1] - blocks[b, 0], blocks[b, 2]
        address(columns, first, n, desk)
        online, then = columns.online_from[first : first + n], before[first : first + n]
        for x in range(e.host.shape[0]):
            fill(e.browse_keys[x], n, desk.person, desk.first)
            visits(online, week, e.host[x], e.browsing[x], desk.first, then, desk.found)
            fill(e.see_keys[x], n, desk.person, desk.second)
            for k in range(n):
                chance = e.chance_known[x] if then[k] & e.brand[x] != NO_BIT else e.chance_new[x]
                there = desk.found[k] or bought[first + k] & e.host[x] != NO_BIT
                if there and desk.second[k] < chance:
                    out[x, stratum] += 1


class Visited(NamedTuple):
    """People whom visits showed a storefront in some weeks, once a week each, and who stands behind them."""

    people: float
    buyers: Buyers


class Visitors:
    """How many people visits to hosts showed each storefront, by week.

    Args:
        market: the market.
        kept: counts by storefront and week that another market has taken down; none at the start.
    """

    def __init__(self, market: Market, kept: Mapping[tuple[str, int], I8] | None = None) -> None:
        self._market, layout = market, market.consumers.layout
        self._names = {layout.bit(channel=name): name for name in layout.channels}
        self._counts = dict(kept or {})

    def kept(self) -> dict[tuple[str, int], I8]:
        """Return the counts by storefront and week; the arrays are never changed."""
        return dict(self._counts)

    def record(self, week: int) -> None:
        """Take down the week that the market has just run."""
        market, demand = self._market, self._market.demand
        out = np.zeros((len(market.exposure.host), len(market.consumers.strata.people)), np.int64)
        count_shown(
            market.consumers.columns, market.exposure, week, demand.blocks, demand.pool.block_rows,
            demand.before, demand.bought, out,
        )  # fmt: skip
        for bit, counts in zip(market.exposure.channel, out, strict=True):
            self._counts[self._names[int(bit)], week] = counts

    def within(self, storefront: str, period: Period) -> Visited:
        """Return the visitors of a storefront in a period."""
        weight = self._market.consumers.strata.weight
        none = np.zeros(len(weight), np.int64)
        weeks = range(period.first, period.last + 1)
        count = sum((self._counts.get((storefront, week), none) for week in weeks), none)
        people = float((count * weight).sum())
        size = effective(people, float((count * weight**2).sum()))
        return Visited(people, Buyers(float(count.sum()), size))


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


@dataclass(frozen=True)
class KeptFollowed:
    """Copies of all that was followed in a market, for one that goes on from its state.

    Attributes:
        first: first purchases by brand.
        loyalty: sums of loyalty by brand and week.
        trust: sums of trust by firm and week.
        newcomers: weeks of first purchases by category and platform.
        visitors: counts of people by storefront and week.
        begun_in: first week that was followed.
    """

    first: Mapping[str, KeptPurchases]
    loyalty: Mapping[tuple[str, int], Floats]
    trust: Mapping[tuple[str, int], Floats]
    newcomers: Mapping[tuple[str, str], I2]
    visitors: Mapping[tuple[str, int], I8]
    begun_in: int


class Followed:
    """Everything that is followed in one market, to be made before the first week that it runs.

    The warm-up is run together with the first week, so that a phase is put into the week to look who is a
    customer before anybody shops in the first recorded week; it changes nothing.

    Args:
        market: the market.
        kept: what was followed in the market from whose state it goes on; none at the start.

    Attributes:
        first: first purchases by brand.
        loyalty: mean loyalty to the brands.
        trust: mean believed authenticity of the firms.
        newcomers: first purchases by category and platform.
        visitors: people whom visits showed the storefronts.
        begun_in: first week that was followed.
    """

    def __init__(self, market: Market, kept: KeptFollowed | None = None) -> None:
        self.market = market
        self.first = {brand: FirstPurchases(market, brand) for brand in market.brands}
        self.loyalty = WeeklyMeans(market, "loyalty", None if kept is None else kept.loyalty)
        self.trust = WeeklyMeans(market, "trust", None if kept is None else kept.trust)
        self.newcomers = CategoryBuyers(market, None if kept is None else kept.newcomers)
        self.visitors = Visitors(market, None if kept is None else kept.visitors)
        self.begun_in = max(market.week, 0) if kept is None else kept.begun_in
        if kept is not None:
            self._go_on(kept)
        elif market.week < 0:
            look = Phase("recording begins", self._begin)
            market.phases = market.phases.insert_after("firms decide", look)
        else:
            self._begin(market)

    def _begin(self, market: Market) -> None:
        if market.week == self.begun_in:
            for log in self.first.values():
                log.begin()

    def _go_on(self, kept: KeptFollowed) -> None:
        for brand, log in self.first.items():
            if brand in kept.first:
                log.go_on(kept.first[brand])
            else:
                log.begin()

    def kept(self) -> KeptFollowed:
        """Return copies of all that was followed."""
        first = {brand: log.kept() for brand, log in self.first.items()}
        return KeptFollowed(
            first, self.loyalty.kept(), self.trust.kept(), self.newcomers.kept(), self.visitors.kept(),
            self.begun_in,
        )  # fmt: skip

    def record(self) -> None:
        """Take down the week that the market has just run; it has been counted already."""
        week = self.market.week - 1
        for log in self.first.values():
            log.record(week)
        self.newcomers.record(week)
        self.visitors.record(week)
        self.loyalty.record(week)
        self.trust.record(week)
