"""What the two sides of the market say to each other: offers go down, sales come back.

Firms publish `Offer`s each week; consumers answer with `Sales`. Neither side imports the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

VALUE_SCALE = 2.0**20
"""Fixed-point steps per unit of money: sums of consumers are integers, hence exact in any order."""
CHANCE_SCALE = 2.0**30
"""Fixed-point steps per unit of probability."""


@dataclass(frozen=True)
class Offer:
    """One channel's goods of one category in one week. Arrays over the week's days have shape (7,)."""

    channel: str
    category: str
    host: str | None
    brand: str | None
    goods: float
    foreign: bool
    open: npt.NDArray[np.bool_]
    list_price: Floats
    """Price without promotion, tax included, relative to the reference price."""
    price: Floats
    """Price paid by consumers, tax included, relative to the reference price."""
    depth: Floats
    pull: Floats
    delivery_days: Floats
    """By tier, shape (tiers,)."""
    host_weight: float = 1.0
    host_trust_weight: float = 1.0
    subsidy: Floats = field(default_factory=lambda: np.zeros(7))
    """Part of the price cut that the host pays out of its own pocket, in index points."""
    team_price: Floats | None = None
    """Price for teams, as `price`; none = no team option."""
    team_belief: float = 1.0
    """Share of teams believed to fill."""
    team_hassle: float = 0.0
    """Cost of buying in a team, in utils."""
    appeal: float = 0.0
    """Utility on top of the solved one, in utils; moves with the host's appeal."""

    @property
    def single_over_team(self) -> Floats:
        """What a buyer in a team saves, in index points, shape (7,)."""
        return np.zeros(7) if self.team_price is None else self.price - self.team_price


@dataclass(frozen=True)
class ChannelSales:
    """One channel's sales of one category in one week by tier, in people and money, shape (tiers,)."""

    offer: Offer
    orders: Floats
    value: Floats
    """Goods sold at reference price."""
    gmv: Floats
    """What consumers paid, tax included."""
    discount: Floats
    """List price minus price over all orders, as far as the seller pays it."""
    subsidy: Floats
    """The same as far as the platform pays it."""

    @cached_property
    def total_gmv(self) -> float:
        """GMV of all tiers, which everybody who sells, hosts or observes asks for."""
        return float(self.gmv.sum())


class OfferTable(NamedTuple):
    """Offers as tables by channel and day (A, 7), or by channel (A,); fields as in `Offer`."""

    open: npt.NDArray[np.bool_]
    list_price: Floats
    price: Floats
    depth: Floats
    pull: Floats
    subsidy: Floats
    single_over_team: Floats
    goods: Floats
    team_belief: Floats
    team_hassle: Floats
    appeal: Floats

    @staticmethod
    def of(offers: Sequence[Offer]) -> OfferTable:
        """Some offers, in their order; there may be none."""
        columns = [np.array([getattr(offer, name) for offer in offers]) for name in OfferTable._fields]
        return OfferTable(*(column.reshape(-1, 7) for column in columns[:7]), *columns[7:])


def _over_days(rate: Floats, amount: Floats) -> Floats:
    """Sum over days of rate times amount: (channels, 7) and (channels, 7, strata) to (channels, strata)."""
    return np.asarray((rate[:, :, None] * amount).sum(axis=1))


@dataclass(frozen=True)
class TeamSales:
    """Team purchase in one category and week; counts as in `Sales`, shape (channels, 7, strata).

    `takes` are choices with the team option, `filled` those whose team filled, `filled_value` their order
    values; `expected_orders` and `expected_value` add up probabilities of those who would take the option.
    `fill` is the expected share of teams that fill, shape (channels, 7); `pay_alone` the chance that a
    buyer pays the single price when the team fails, shape (channels,).
    """

    takes: Counts
    filled: Counts
    filled_value: Counts
    expected_orders: Counts
    expected_value: Counts
    fill: Floats
    pay_alone: Floats

    def lost(self) -> Floats:
        """Expected share of team orders that end with the money back, shape (channels, 7, 1)."""
        return np.asarray(((1.0 - self.fill) * (1.0 - self.pay_alone[:, None]))[:, :, None])


@dataclass(frozen=True)
class Sales:
    """What happened in one category and week, by channel, day and stratum.

    The four tables are fixed-point integers of shape (channels, 7, strata) and count consumers, not
    people: `orders` (choices), `value` (order values at reference price before the quantity
    response), `expected_orders`, `expected_value` (the same by choice probabilities). `quantity` is
    the response of order size to the day's price, shape (channels, 7); `surplus` holds decision,
    core and pathwise surplus in money, fixed point, shape (3, strata). Where teams are sold to, orders
    and values are what is left after teams have failed.
    """

    category: str
    offers: tuple[Offer, ...]
    quantity: Floats
    orders: Counts
    value: Counts
    expected_orders: Counts
    expected_value: Counts
    surplus: Counts
    teams: TeamSales | None = None

    def by_channel(self, weight: Floats, *, expected: bool) -> list[ChannelSales]:
        """Sales by channel and tier; `weight` is people per consumer by stratum, shape (strata,)."""
        people = (self._expected if expected else self._realised) * weight
        by_tier = people.reshape(*people.shape[:2], len(weight) // 2, 2).sum(axis=3)
        return [ChannelSales(offer, *row) for offer, row in zip(self.offers, by_tier, strict=True)]

    @cached_property
    def _table(self) -> OfferTable:
        return OfferTable.of(self.offers)

    @cached_property
    def _realised(self) -> Floats:
        """Measures of the realised choices, see `_measures`."""
        value = self.value / VALUE_SCALE
        filled = np.zeros_like(value) if self.teams is None else self.teams.filled_value / VALUE_SCALE
        return self._measures(self.orders.astype(np.float64), value, filled)

    @cached_property
    def _expected(self) -> Floats:
        """The same by choice probabilities."""
        orders, value = self.expected_orders / CHANCE_SCALE, self.expected_value / VALUE_SCALE
        if self.teams is None:
            return self._measures(orders, value, np.zeros_like(value))
        by_team, lost = self.teams.expected_value / VALUE_SCALE, self.teams.lost()
        orders = orders - self.teams.expected_orders / CHANCE_SCALE * lost
        return self._measures(orders, value - by_team * lost, by_team * self.teams.fill[:, :, None])

    def _measures(self, orders: Floats, value: Floats, filled: Floats) -> Floats:
        """Orders, goods, GMV, discount and subsidy as in `ChannelSales`, of consumers: (channels, 5, strata).

        From orders, values and values paid at the team price by day, shape (channels, 7, strata).
        """
        table, quantity = self._table, self.quantity[:, :, None]
        goods, in_teams = value * quantity, filled * quantity
        # The team price is the individual one less a share, so promotions and subsidies shrink in proportion.
        in_proportion = table.single_over_team / table.price

        def paid_for(cut: Floats) -> Floats:
            return _over_days(cut, goods) - _over_days(cut * in_proportion, in_teams)

        measures = (
            orders.sum(axis=1),
            goods.sum(axis=1),
            _over_days(table.price, goods) - _over_days(table.single_over_team, in_teams),
            paid_for(table.list_price - table.price - table.subsidy),
            paid_for(table.subsidy),
        )
        return np.stack(measures, axis=1)

    def surplus_by_tier(self, weight: Floats) -> Floats:
        """Surplus in money by kind (decision, core, pathwise) and tier, shape (3, tiers)."""
        people = self.surplus / VALUE_SCALE * weight
        return np.asarray(people.reshape(3, -1, 2).sum(axis=2))
