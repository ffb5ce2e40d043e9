"""What outcomes are read from: the tables of a baseline and a scenario, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sim.outcomes.periods import Period, periods

if TYPE_CHECKING:
    from sim.market import Market
    from sim.outcomes.followed import Followed


@dataclass(frozen=True)
class Tables:
    """Tables of one market, as `Market` gives them; some columns are enough for a test.

    Attributes:
        sales: by week, channel, host, brand, category and tier; host or brand is "" where there is none.
        people: by week, name (firm or channel) and tier.
        teams: by week, platform and tier.
        surplus: by week, category and tier.
    """

    sales: pd.DataFrame
    people: pd.DataFrame
    teams: pd.DataFrame
    surplus: pd.DataFrame

    @staticmethod
    def of(market: Market) -> Tables:
        """Tables of a market."""
        return Tables(
            market.sales_table(), market.people_table(), market.teams_table(), market.surplus_table()
        )


def within(table: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The weeks of a period in one of the tables."""
    return table[table.week.between(period.first, period.last)]


@dataclass(frozen=True)
class Sides:
    """A baseline and a scenario after their last week, on the same draws.

    Attributes:
        base: market of the baseline.
        other: market of the scenario.
        before: tables of the baseline.
        after: tables of the scenario.
        periods: periods of the outcomes.
        flows: table of `sim.outcomes.flows.FlowRecorder`.
        followed: what was followed in baseline and scenario; nothing if they were only looked at in the end.
    """

    base: Market
    other: Market
    before: Tables
    after: Tables
    periods: list[Period]
    flows: pd.DataFrame
    followed: Sequence[Followed] = ()

    @staticmethod
    def of(base: Market, other: Market, flows: pd.DataFrame, followed: Sequence[Followed]) -> Sides:
        """Both sides of a pair of markets."""
        tables = Tables.of(base), Tables.of(other)
        return Sides(base, other, *tables, periods(base, other), flows, followed)

    @property
    def money(self) -> str:
        """Name of the currency."""
        return self.base.spec.currency.name

    @property
    def platforms(self) -> list[str]:
        """Platforms of both markets."""
        return list(dict.fromkeys([*self.base.platforms, *self.other.platforms]))

    @property
    def brands(self) -> list[str]:
        """Brands of both markets."""
        return list(dict.fromkeys([*self.base.brands, *self.other.brands]))

    @property
    def channels(self) -> list[str]:
        """Platforms and storefronts of both markets."""
        return list(dict.fromkeys([*self.platforms, *self.base.storefronts, *self.other.storefronts]))

    def period(self, name: str) -> Period | None:
        """A period by name; "after" may be missing."""
        return next((period for period in self.periods if period.name == name), None)
