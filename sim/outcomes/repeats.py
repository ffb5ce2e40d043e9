"""Who bought from a brand for the first time, where, and whether they came back.

Weeks are counted as in the markets. A purchase is one that was delivered: orders of teams that failed and
were not paid for singly do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.calendar import DAYS
from sim.consumers.population import NEVER_ORDERED
from sim.market import Market
from sim.outcomes.declared import WITHIN
from sim.outcomes.effective import kish
from sim.outcomes.parties import hosted, other_channels
from sim.outcomes.periods import Period, was_open
from sim.outcomes.rows import Buyers, Floats, Row, row
from sim.outcomes.sides import Sides

I2 = npt.NDArray[np.int16]
Rows = npt.NDArray[np.intp]
NEVER, BEFORE = -1, -2
"""Instead of a week: has not bought; was a customer before the first recorded week."""
SHARE = "share"


class KeptPurchases(NamedTuple):
    """Copies of the attributes of a `FirstPurchases`, for a market that goes on from its state."""

    channels: tuple[str, ...]
    first: I2
    channel: I2
    again: I2
    elsewhere: I2


class FirstPurchases:
    """First purchases from a brand and the next ones, person by person, of one market.

    Args:
        market: the market.
        brand: whose purchases.

    Attributes:
        channels: channels of the brand, in the order of the scenario.
        first: week of the first purchase, `BEFORE` or `NEVER`, shape (N,).
        channel: place in `channels` of the channel of the first purchase; -1 if it is not known, shape (N,).
        again: first later week with a purchase from the brand, or `NEVER`, shape (N,).
        elsewhere: first later week with a purchase at another channel of the brand, or `NEVER`, shape (N,).
    """

    def __init__(self, market: Market, brand: str) -> None:
        layout = market.consumers.layout
        self.market = market
        self.brand = brand
        self.channels = [name for name, s in market.spec.storefronts.items() if s.owner == brand]
        self.first, self.channel, self.again, self.elsewhere = (
            np.full(len(market.consumers), NEVER, np.int16) for _ in range(4)
        )
        bits = [layout.bit(channel=name) for name in self.channels]
        self._bit = np.uint64(layout.bit(brand=brand))
        self._others = np.array([sum(bits) - bit for bit in bits], np.uint64)

    def begin(self) -> None:
        """Mark those who are customers already, before the first recorded week."""
        firm = self.market.consumers.layout.firms.index(self.brand)
        self.first[self.market.consumers.columns.last_order[firm] != NEVER_ORDERED] = BEFORE

    def kept(self) -> KeptPurchases:
        """Return copies of all that was taken down."""
        columns = (self.first, self.channel, self.again, self.elsewhere)
        return KeptPurchases(tuple(self.channels), *(column.copy() for column in columns))

    def go_on(self, kept: KeptPurchases) -> None:
        """Take over what was taken down in another market; channels are found by name."""
        place = {name: k for k, name in enumerate(self.channels)}
        places = np.array([*(place.get(name, NEVER) for name in kept.channels), NEVER], np.int16)
        self.first[:], self.again[:], self.elsewhere[:] = kept.first, kept.again, kept.elsewhere
        self.channel[:] = places[kept.channel]  # the last one stands for -1, not known

    def record(self, week: int) -> None:
        """Take down the week that the market has just run."""
        rows = np.flatnonzero(self.market.demand.bought & self._bit)
        first = self.first[rows]
        self._come_back(rows[first >= 0], week)
        new = rows[first == NEVER]
        if len(new):
            self.channel[new] = self._first_channel(new)
            self.first[new] = week

    def _come_back(self, rows: Rows, week: int) -> None:
        self.again[rows[self.again[rows] == NEVER]] = week
        others = self.market.demand.bought[rows] & self._others[self.channel[rows]] != 0
        rows = rows[others]
        self.elsewhere[rows[self.elsewhere[rows] == NEVER]] = week

    def _first_channel(self, rows: Rows) -> I2:
        """Channel of the week's first purchase from the brand: that of the earliest day.

        Of several channels on one day it is the one that the scenario names first.
        """
        size = len(self.channels)
        earliest = np.full(len(rows), DAYS * size, np.int64)
        for category, sales in self.market.sales.items():
            at = {name: k for k, name in enumerate(self.channels)}
            place = np.array([*(at.get(offer.channel, -1) for offer in sales.offers), -1])  # last: nothing
            codes = self.market.demand.diaries[category].codes[:, rows].astype(np.int64)
            channel = place[np.where(codes >= 0, codes // DAYS, -1)]
            order = np.where(channel >= 0, codes % DAYS * size + channel, DAYS * size)
            earliest = np.minimum(earliest, order.min(axis=0))
        return (earliest % size).astype(np.int16)

    @cached_property
    def weights(self) -> Floats:
        """People for whom each consumer stands, shape (N,)."""
        strata = self.market.consumers.strata
        return np.repeat(strata.weight, strata.count)

    @cached_property
    def tiers(self) -> npt.NDArray[np.int64]:
        """Place of each consumer's tier, shape (N,)."""
        strata = self.market.consumers.strata
        return np.repeat(strata.tier, strata.count)

    def new(self, period: Period) -> npt.NDArray[np.bool_]:
        """Who bought for the first time in a period, shape (N,)."""
        return (self.first >= period.first) & (self.first <= period.last)


First = Mapping[str, FirstPurchases]
"""By brand."""


class Returned(NamedTuple):
    """First buyers who were seen for long enough, and those of them who came back."""

    people: float
    again: float
    elsewhere: float
    buyers: Buyers


def returned(log: FirstPurchases, channel: str, period: Period, within: int, horizon: int) -> Returned:
    """First buyers of a channel in a period, and who of them came back.

    Args:
        log: first purchases from the brand.
        channel: where they first bought.
        period: when they first bought.
        within: weeks after that of the first purchase in which they may come back.
        horizon: weeks that were recorded; who first bought in week t counts only if t + within < horizon.
    """
    place = log.channels.index(channel)
    counts = log.new(period) & (log.channel == place) & (log.first.astype(np.int64) + within < horizon)
    weight, first = log.weights[counts], log.first[counts]
    back = [(week[counts] > first) & (week[counts] - first <= within) for week in (log.again, log.elsewhere)]
    return Returned(
        float(weight.sum()), float(weight[back[0]].sum()), float(weight[back[1]].sum()),
        Buyers(len(weight), kish(weight)),
    )  # fmt: skip


def repeat_rows(sides: Sides, before: First, after: First) -> Iterator[Row]:
    """Repeat purchases of those who first bought from a brand in the window, all tiers together.

    For the brands of `sim.outcomes.parties.hosted`; party is the channel of the first purchase, one that
    was open in the window in one of the markets; period is "after", which is after the first purchase:

    - "repeat within 4 weeks", "12", "26": share who bought from the brand again, on any channel, in the 4
      weeks after that of the first purchase;
    - "repeat on other channels within 4 weeks", "12", "26": share who did so on another channel of the brand.

    Customers from before the first week do not count (from before the state, if the pair starts from one).
    Neither does who first bought fewer
    than so many weeks before the horizon: the end of the horizon censors nothing. A second purchase within
    the week of the first one is not seen as a repeat.

    Who bought for the first time in one market need not be who did in the other: the difference compares two
    groups, not the same people. A market in which the channel was closed has no such share; it stands as
    zero. A replication weighs by the first buyers in the scenario (in the baseline, if the scenario has the
    channel closed), so that means over replications are ratios of sums there. An open channel without first
    buyers in a market has no value. Behind the number stands the smaller of the two groups.
    """
    opened = sides.period("window")
    if opened is None:
        return
    specs = sides.base.spec, sides.other.spec
    for brand, stores in hosted(*specs).items():
        for channel in [*stores, *other_channels(*specs, brand)]:
            logs = [_open(*one, channel, opened) for one in ((sides.base, before), (sides.other, after))]
            if any(log is not None for log in logs):
                for weeks in WITHIN:
                    yield from _of_channel(channel, opened, weeks, sides.base.horizon, logs)


def _open(market: Market, logs: First, channel: str, period: Period) -> FirstPurchases | None:
    """Log of a channel's brand, if the channel was open in the period."""
    weeks = was_open(market, channel)
    if not weeks & set(range(period.first, period.last + 1)):
        return None
    return logs[market.spec.storefronts[channel].owner]


def _of_channel(
    channel: str, period: Period, weeks: int, horizon: int, logs: Sequence[FirstPurchases | None]
) -> Iterator[Row]:
    found = [None if log is None else returned(log, channel, period, weeks, horizon) for log in logs]
    there = [one for one in found if one is not None]
    buyers = min((one.buyers for one in there), key=lambda one: one.effective)
    for outcome, name in (("repeat", "again"), ("repeat on other channels", "elsewhere")):
        before, after = (0.0 if one is None else _share(getattr(one, name), one.people) for one in found)
        made = row(f"{outcome} within {weeks} weeks", channel, "all", "after", SHARE, before, after, buyers)
        yield made | {"weight": there[-1].people}


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else float("nan")
