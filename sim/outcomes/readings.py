"""What firms publish: sales, orders and buyers of the months up to a day, read from one market.

A reading is one number of one market, of a platform or of all channels together, as a quarterly report or a
statistical office gives it. Weeks that lie only partly within the months count by their days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.calendar import DAYS, Calendar
from sim.market import Market
from sim.outcomes.parties import upper_tiers
from sim.scenario.errors import unknown
from sim.scenario.schema import Scenario

Floats = npt.NDArray[np.float64]
ALL = "all"
"""Party that stands for all channels together."""


@dataclass(frozen=True)
class Published:
    """Weekly tables of a market, ready to be read.

    Attributes:
        spec: the scenario.
        sales: weekly sales, as `Market.sales_table` gives them.
        people: weekly people, as `Market.people_table` gives them.
        ran: weeks that were run.
    """

    spec: Scenario
    sales: pd.DataFrame = field(repr=False)
    people: pd.DataFrame = field(repr=False)
    ran: int

    @staticmethod
    def of(market: Market) -> Published:
        """The tables of a market that has been run."""
        return Published(market.spec, market.sales_table(), market.people_table(), market.week)

    @cached_property
    def calendar(self) -> Calendar:
        """Weeks and dates."""
        return Calendar(self.spec.time.start, self.spec.time.end)

    @cached_property
    def _weekly(self) -> Mapping[str, pd.DataFrame]:
        """Sales and orders by week (rows) and channel and tier (columns)."""
        keys = ["week", "channel", "tier"]
        sums = self.sales.groupby(keys, observed=True)[["gmv", "orders"]].sum()
        return {
            name: sums[name].unstack(["channel", "tier"]).reindex(range(self.ran)).fillna(0.0)
            for name in ("gmv", "orders")
        }

    def weekly(self, measure: str, party: str, tiers: list[str] | None = None) -> Floats:
        """A measure of a channel, or of all, by week, shape (ran,).

        Args:
            measure: "gmv" or "orders".
            party: channel, or "all".
            tiers: the tiers that count; all by default.

        Raises:
            ValueError: if there is no such channel.
        """
        table = self._weekly[measure]
        channels = table.columns.get_level_values("channel")
        if party != ALL and party not in channels:
            raise ValueError(unknown("party", party, [ALL, *sorted(set(channels))]))
        chosen = np.ones(len(channels), bool) if party == ALL else np.asarray(channels == party)
        if tiers is not None:
            chosen &= np.asarray(table.columns.get_level_values("tier").isin(tiers))
        return np.asarray(table.loc[:, chosen].sum(axis=1), np.float64)

    def over_days(self, series: Floats, first: date, last: date) -> float:
        """Sum of a weekly series over days, both ends included; a week counts by its days.

        Weeks begin on Mondays, years do not: up to six days before the first week or after the last one
        count like the mean of the days that were run.

        Raises:
            ValueError: if more days lie outside the weeks that were run.
        """
        start = self.calendar.start.toordinal() + DAYS * np.arange(self.ran)
        days = np.minimum(start + DAYS, last.toordinal() + 1) - np.maximum(start, first.toordinal())
        days = np.clip(days, 0, DAYS)
        asked, there = (last - first).days + 1, int(days.sum())
        if asked - there >= DAYS or not there:
            raise ValueError(f"{first} to {last} is not within the weeks that are run")
        return float(np.sum(series * days / DAYS)) * asked / there

    def over_months(self, series: Floats, months: int, on: date) -> float:
        """Sum of a weekly series over the months that end on a day, the last of its month."""
        return self.over_days(series, first_day(on, months), on)


def first_day(on: date, months: int) -> date:
    """First of the months that end with the month of a day.

    Raises:
        ValueError: if the day is not the last of its month.
    """
    if on.day != monthrange(on.year, on.month)[1]:
        raise ValueError(f"{on} is not the last day of a month")
    month = on.year * 12 + on.month - months
    return date(month // 12, month % 12 + 1, 1)


# --- readings ------------------------------------------------------------------------------------


def sales(published: Published, party: str, on: date, months: int = 12) -> float:
    """What consumers paid in the months that end on a day, in money."""
    return published.over_months(published.weekly("gmv", party), months, on)


def orders(published: Published, party: str, on: date) -> float:
    """Orders of the twelve months that end on a day."""
    return published.over_months(published.weekly("orders", party), 12, on)


def yearly_buyers(published: Published, party: str, on: date) -> float:
    """People who bought on a platform in the 52 weeks up to a day, linear between two Sundays.

    Raises:
        ValueError: if there is no such platform or brand, or the day lies outside the weeks that were run.
    """
    people = published.people
    own = people[people.name == party]
    if own.empty or own.buyers.isna().all():
        raise ValueError(unknown("party", party, [*published.spec.platforms, *published.spec.brands]))
    by_week = own.groupby("week").buyers.sum()
    ends = np.array([published.calendar.monday(week).toordinal() + DAYS - 1 for week in by_week.index])
    if not ends[0] <= on.toordinal() < ends[-1] + DAYS:
        raise ValueError(f"{on} is not within the weeks that are run")
    return float(np.interp(on.toordinal(), ends, by_week.to_numpy()))


def spend_per_buyer(published: Published, party: str, on: date) -> float:
    """Sales of twelve months by the buyers of the same year, in money."""
    return sales(published, party, on) / yearly_buyers(published, party, on)


def order_value(published: Published, party: str, on: date) -> float:
    """Sales of twelve months by orders, in money."""
    return sales(published, party, on) / orders(published, party, on)


def upper_share(published: Published, party: str, on: date, months: int = 6) -> float:
    """Share of the upper tiers (`sim.outcomes.parties.upper_tiers`) in the sales of six months."""
    upper = published.weekly("gmv", party, upper_tiers(published.spec))
    return published.over_months(upper, months, on) / sales(published, party, on, months)


def month_index(published: Published, party: str, on: date) -> float:
    """Sales of a month beside the mean month of its calendar year, the year's growth removed.

    Growth is that on the year before, and steady within the year: m / mean / (1 + g)^((k - 6.5) / 12).
    """
    year_end = date(on.year, 12, 31)
    year, before = (sales(published, party, day) for day in (year_end, date(on.year - 1, 12, 31)))
    raw = 12.0 * sales(published, party, on, 1) / year
    return float(raw / (year / before) ** ((on.month - 6.5) / 12.0))


@dataclass(frozen=True)
class Reading:
    """A number that is published.

    Attributes:
        unit: "currency" stands for the scenario's money.
        of: the number of a party on a day.
    """

    unit: str
    of: Callable[[Published, str, date], float]


def _months(months: int) -> Callable[[Published, str, date], float]:
    return lambda published, party, on: sales(published, party, on, months)


READINGS: Mapping[str, Reading] = {
    "sales of twelve months": Reading("currency", sales),
    "sales of the quarter": Reading("currency", _months(3)),
    "sales of the month": Reading("currency", _months(1)),
    "orders of twelve months": Reading("orders", orders),
    "yearly buyers": Reading("people", yearly_buyers),
    "spend per yearly buyer": Reading("currency/person", spend_per_buyer),
    "order value": Reading("currency/order", order_value),
    "share of the upper tiers": Reading("share", upper_share),
    "month against the mean month": Reading("ratio", month_index),
}
"""Readings by name."""


def read(published: Published, reading: str, party: str, on: date) -> float:
    """One reading.

    Raises:
        ValueError: if there is no such reading or party, or the market was not run on these days.
    """
    if reading not in READINGS:
        raise ValueError(unknown("reading", reading, list(READINGS)))
    return READINGS[reading].of(published, party, on)
