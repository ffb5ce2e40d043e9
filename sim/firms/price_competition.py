"""Price competition: platforms that answer an entrant set prices at which none gains by moving alone.

No platform publishes what its merchants pay for goods. Costs are therefore those at which the prices in the
scenario are an equilibrium at its start, before the entrant (the inversion of Berry, Levinsohn and Pakes
1995). A platform whose reaction is "bertrand" then answers the current demand and the current owners. All
other prices stay as they are. The market hands the demand over as a `CategoryDemand`: firms know nothing
of consumers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sim.firms.bertrand import Flags, Response, equilibrium, marginal_costs
from sim.firms.supply import Supply
from sim.scenario.schema import Scenario
from sim.trade import Offer

Floats = npt.NDArray[np.float64]


class CategoryDemand(Protocol):
    """How the demand for the offers of one category and week answers prices."""

    @property
    def prices(self) -> Floats:
        """Prices at present, in price indices, one an offer, shape (J,)."""

    def at(self, prices: Floats, /) -> Response:
        """Return sales and their derivatives at other prices, shape (J,)."""


class _Answers(NamedTuple):
    """Sales and their derivatives of some of the offers, as `sim.firms.bertrand.Response`."""

    shares: Floats
    own: Floats
    jacobian: Floats


def competing(supply: Supply, category: str, week: int) -> list[str]:
    """Return the platforms that set prices anew in a category and week."""
    return [
        name
        for name, platform in supply.platforms.items()
        if category in platform.price_factor
        and any(watcher.active("bertrand", category, week) for watcher in platform.watchers)
    ]


def possible(spec: Scenario) -> bool:
    """Return whether any platform may set prices anew."""
    return any(reaction.rule in ("bertrand", "plugin") for reaction in spec.reactions.values())


def categories(supply: Supply, week: int) -> list[str]:
    """Return the categories whose costs are noted (week 0) or in which competition begins this week."""
    watched = {c for w in supply.watchers.values() for c in supply.platforms[w.spec.platform].price_factor}
    return [c for c in supply.spec.categories if c in watched and (week == 0 or beginning(supply, c, week))]


def beginning(supply: Supply, category: str, week: int) -> bool:
    """Return whether a price competition in the category begins this week."""
    return any(
        response.concerns("bertrand", category) and response.first == week
        for watcher in supply.watchers.values()
        for response in watcher.responses
    )


def note_costs(supply: Supply, demand: CategoryDemand, offers: Sequence[Offer], week: int) -> None:
    """Note for every platform the cost at which its price in the category is an equilibrium."""
    now = demand.at(demand.prices)
    sells = np.array(
        [o.channel in supply.platforms and s > 0.0 for o, s in zip(offers, now.shares, strict=True)]
    )
    owners = [_owner(supply, offer, week) for offer, live in zip(offers, sells, strict=True) if live]
    costs = marginal_costs(demand.prices[sells], _among(now, sells), owners)
    for j, cost in zip(np.flatnonzero(sells).tolist(), costs, strict=True):
        supply.platforms[offers[j].channel].implied_cost[offers[j].category] = float(cost)


def _among(response: Response, some: Flags) -> _Answers:
    """Return the answers of some offers to each other's prices."""
    return _Answers(response.shares[some], response.own[some], response.jacobian[np.ix_(some, some)])


def compete(supply: Supply, demand: CategoryDemand, offers: Sequence[Offer], week: int) -> None:
    """Set the prices of the platforms that compete in the category anew.

    Raises:
        NoEquilibriumError: if there are no such prices.
    """
    category, before = offers[0].category, demand.prices
    names = competing(supply, category, week)
    free = np.array([offer.channel in names for offer in offers])
    costs = np.array([_cost(supply, offer, price) for offer, price in zip(offers, before, strict=True)])
    owners = [_owner(supply, offer, week) for offer in offers]
    found = equilibrium(demand.at, costs, owners, start=before, free=free)
    for j in np.flatnonzero(free).tolist():
        supply.platforms[offers[j].channel].price_factor[category] *= float(found.prices[j] / before[j])


def _cost(supply: Supply, offer: Offer, price: float) -> float:
    """Return the implied cost of a platform's goods; for a storefront its price, which no one here sets."""
    platform = supply.platforms.get(offer.channel)
    return price if platform is None else platform.implied_cost.get(offer.category, price)


def _owner(supply: Supply, offer: Offer, week: int) -> str:
    """Return who sets the prices of a channel: the owner of the platform, or the channel itself."""
    platform = supply.platforms.get(offer.channel)
    return (None if platform is None else platform.owner(supply.calendar, week)) or offer.channel


def back_to_normal(supply: Supply, week: int) -> None:
    """Give platforms whose price competition is over the prices of the scenario again."""
    for name, platform in supply.platforms.items():
        for category in platform.price_factor:
            if name not in competing(supply, category, week):
                platform.price_factor[category] = 1.0
