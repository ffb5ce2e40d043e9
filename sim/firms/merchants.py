"""How many of the sellers who could list a category do so: profit attracts, crowding and binding deter.

Reduced form: every marketplace is judged on its own, so merchants sell on several (multi-homing), and
exclusivity enters only as a cap. With n the active share, GMV what they sell a week, m their margin
before fees and f the take rate:

    profit of an active merchant    R  = (m - f) GMV / (potential n)
    desired share                   n* = 1 / (1 + (F / R)^(1 / sigma))       log-logistic listing cost
    every 4 weeks                   n <- n + speed (min(n*, cap) - n)
    cap                             1 - max over rivals of (share bound x share active there)

The cross-side effect closes in the market: n -> assortment -> utility (weight theta) -> GMV -> n. With
rivals' offers held still and plain logit shares s, n* as a function of n has at a fixed point the slope
(theta (1 - s) - 1) (1 - n) / sigma: crowding keeps it below one unless theta (1 - s) > 1 + sigma / (1 - n),
where the point divides two basins. Left out: price competition among sellers, their quality, strategy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import log
from typing import NamedTuple

import mesa
from scipy.special import expit

from sim.scenario import schema

FLOOR = 1e-6
"""Least share that stays, one seller in a million: the logarithm of the assortment remains finite.

A marketplace at the floor has been deserted. It comes back only if profits draw more than this share;
where the pull of the assortment makes for two basins, the floor is the lower resting point.
"""


def profit_per_merchant(
    gmv_per_week: float, take_rate: float, margin: float, active_merchants: float
) -> float:
    """Profit of an active merchant after fees and before the listing cost, money a week.

    Args:
        gmv_per_week: what consumers pay all of them, money a week.
        take_rate: commission and advertising, share of GMV.
        margin: merchants' margin before fees, share of GMV.
        active_merchants: number of active merchants, above zero.
    """
    return (margin - take_rate) * gmv_per_week / active_merchants


def desired_share(profit: float, listing_cost: float, spread: float) -> float:
    """Share of merchants whose listing cost is below the profit, 1 / (1 + (F / R)^(1 / sigma)).

    Args:
        profit: profit of an active merchant R, money a week; at zero or below nobody lists.
        listing_cost: median listing cost F, money a week; at zero everybody lists who earns anything.
        spread: spread of its logarithm sigma, above zero.
    """
    if profit <= 0.0:
        return 0.0
    if listing_cost <= 0.0:
        return 1.0
    return float(expit((log(profit) - log(listing_cost)) / spread))


def adjusted(active: float, desired: float, cap: float, speed: float) -> float:
    """Active share after a part of the gap is closed, n + speed (min(n*, cap) - n).

    It lies between `FLOOR` and 1; from below the floor it can only rise. A speed of zero returns
    `active` bit for bit.
    """
    moved = active + speed * (min(desired, cap) - active)
    return min(1.0, max(moved, min(active, FLOOR)))


def cap(rivals: Iterable[tuple[float, float]]) -> float:
    """Largest share that rivals leave free, 1 - max(bound share x active share); 1 without rivals.

    Args:
        rivals: for each rival the share of its merchants who may not list elsewhere, and the share of
            all merchants who are active there.
    """
    return 1.0 - max((bound * active for bound, active in rivals), default=0.0)


def steady_listing_cost(active: float, profit: float, spread: float) -> float:
    """Median listing cost at which `active` is the fixed point, F = R ((1 - n) / n)^sigma.

    Args:
        active: active share n, between zero and one.
        profit: profit of an active merchant at that share R, money a week.
        spread: spread of the log listing cost sigma.

    Raises:
        ValueError: if there is no such cost, because nobody earns or all or none are active.
    """
    if profit <= 0.0 or not 0.0 < active < 1.0:
        raise ValueError(
            f"no listing cost keeps a share of {active} active at a profit of {profit:g} a week: "
            "expected a share between 0 and 1 and a margin above the take rate"
        )
    return float(profit * ((1.0 - active) / active) ** spread)


class Place(NamedTuple):
    """Merchants of one category in one marketplace, as the scenario writes them."""

    channel: str
    category: str
    spec: schema.Merchants
    take_rate: float
    margin: float


def places(scenario: schema.Scenario) -> Iterator[Place]:
    """Wherever merchants react: on platforms, then on own sites of brands."""
    for name, platform in scenario.platforms.items():
        fees = platform.fees
        for category, goods in platform.assortments.items():
            if goods.merchants is not None:
                yield Place(name, category, goods.merchants, fees.take_rate, fees.merchant_margin)
    for name, store in scenario.storefronts.items():
        site = store.marketplace
        if site is None:
            continue
        for category, merchants in site.merchants.items():
            yield Place(name, category, merchants, site.take_rate, site.merchant_margin)


class MerchantGroup(mesa.Agent):
    """The merchants of one category in one marketplace.

    Args:
        model: the market.
        channel: platform or own site on which they sell.
        category: what they sell.
        spec: what the scenario says about them.
        take_rate: commission and advertising, share of GMV.
        margin: their margin before fees, share of GMV.
        listing_cost: median listing cost, money a week.
    """

    def __init__(
        self, model: mesa.Model, channel: str, category: str, spec: schema.Merchants,
        take_rate: float, margin: float, listing_cost: float,
    ) -> None:  # fmt: skip
        super().__init__(model)
        self.name = f"{channel}, {category}"
        self.channel = channel
        self.category = category
        self.spec = spec
        self.take_rate = take_rate
        self.margin = margin
        self.listing_cost = listing_cost
        self.active = self.start = spec.active
        """Share of the potential merchants who list, and that at the start."""
        self._gmv = 0.0
        self._weeks = 0

    @property
    def assortment_factor(self) -> float:
        """Products on offer relative to the start, n / n0."""
        return self.active / self.start

    def observe(self, gmv: float, season: float) -> None:
        """Remember a week of sales with the normal season taken out.

        Args:
            gmv: what consumers paid these merchants in the week, money.
            season: normal level of that week relative to the year's mean, above zero.
        """
        self._gmv += gmv / season
        self._weeks += 1

    def adjust(self, cap: float) -> None:
        """Close a part of the gap to the desired share on the mean of the weeks observed, then forget them.

        Args:
            cap: largest share that rivals' exclusivity leaves free.
        """
        if not self._weeks:
            return
        spec = self.spec
        profit = profit_per_merchant(
            self._gmv / self._weeks, self.take_rate, self.margin, spec.potential * self.active
        )
        desired = desired_share(profit, self.listing_cost, spec.cost_spread)
        self.active = adjusted(self.active, desired, cap, spec.adjustment)
        self._gmv, self._weeks = 0.0, 0

    def state(self) -> dict[str, float]:
        """Everything that changes, as plain numbers."""
        return {"active": self.active, "start": self.start, "gmv": self._gmv, "weeks": self._weeks}

    def restore(self, state: Mapping[str, float]) -> None:
        """Go back to a state."""
        self.active, self.start = state["active"], state["start"]
        self._gmv = state["gmv"]
        self._weeks = int(state["weeks"])


def assortment_factor(groups: Mapping[str, MerchantGroup], category: str) -> float:
    """Products on offer relative to the start; 1 where no merchants react."""
    group = groups.get(category)
    return 1.0 if group is None else group.assortment_factor
