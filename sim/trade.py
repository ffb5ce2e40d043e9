"""What the two sides of the market say to each other: offers go down, sales come back.

Firms publish `Offer`s each week; consumers answer with `Sales`. Neither side imports the other.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    """List price minus price, over all orders."""


@dataclass(frozen=True)
class Sales:
    """What happened in one category and week, by channel, day and stratum.

    The four tables are fixed-point integers of shape (channels, 7, strata) and count consumers, not
    people: `orders` (choices), `value` (order values at reference price before the quantity
    response), `expected_orders`, `expected_value` (the same by choice probabilities). `quantity` is
    the response of order size to the day's price, shape (channels, 7); `surplus` holds decision,
    core and pathwise surplus in money, fixed point, shape (3, strata).
    """

    category: str
    offers: tuple[Offer, ...]
    quantity: Floats
    orders: Counts
    value: Counts
    expected_orders: Counts
    expected_value: Counts
    surplus: Counts

    def by_channel(self, weight: Floats, *, expected: bool) -> list[ChannelSales]:
        """Sales by channel and tier; `weight` is people per consumer by stratum, shape (strata,)."""
        orders = self.expected_orders / CHANCE_SCALE if expected else self.orders.astype(np.float64)
        value = (self.expected_value if expected else self.value) / VALUE_SCALE
        return [self._channel(j, orders[j], value[j], weight) for j in range(len(self.offers))]

    def _channel(self, j: int, orders: Floats, value: Floats, weight: Floats) -> ChannelSales:
        offer = self.offers[j]

        def tiers(by_day: Floats) -> Floats:
            return np.asarray((by_day * weight).reshape(-1, 2).sum(axis=1))

        goods = value * self.quantity[j][:, None]
        discount = (offer.list_price - offer.price) @ goods
        return ChannelSales(
            offer,
            tiers(orders.sum(axis=0)),
            tiers(goods.sum(axis=0)),
            tiers(offer.price @ goods),
            tiers(discount),
        )

    def surplus_by_tier(self, weight: Floats) -> Floats:
        """Surplus in money by kind (decision, core, pathwise) and tier, shape (3, tiers)."""
        people = self.surplus / VALUE_SCALE * weight
        return np.asarray(people.reshape(3, -1, 2).sum(axis=2))
