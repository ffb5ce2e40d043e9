"""Price competition: platforms that answer an entrant set prices at which none gains by moving alone.

Nobody publishes what a platform's merchants pay for goods. Costs are therefore those at which the prices
that the scenario wrote are an equilibrium at its start, before the entrant (the inversion of Berry,
Levinsohn and Pakes 1995). A platform whose reaction is "bertrand" then answers today's demand and today's
owners; everybody else's prices stay.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.consumers.demand import Demand
from sim.consumers.response import price_response
from sim.consumers.shopping import Needs
from sim.firms.bertrand import equilibrium, marginal_costs
from sim.firms.supply import Supply
from sim.scenario.schema import Scenario
from sim.trade import Offer

Floats = npt.NDArray[np.float64]


def competing(supply: Supply, category: str, week: int) -> list[str]:
    """Platforms that set prices anew in a category and week."""
    return [
        name
        for name, platform in supply.platforms.items()
        if category in platform.price_factor
        and any(watcher.active("bertrand", category, week) for watcher in platform.watchers)
    ]


def possible(spec: Scenario) -> bool:
    """May some platform set prices anew?"""
    return any(reaction.rule in ("bertrand", "plugin") for reaction in spec.reactions.values())


def categories(supply: Supply, week: int) -> list[str]:
    """Categories whose costs are noted (at the start) or in which a price competition begins this week."""
    watched = {c for w in supply.watchers.values() for c in supply.platforms[w.spec.platform].price_factor}
    return [c for c in supply.spec.categories if c in watched and (week == 0 or beginning(supply, c, week))]


def beginning(supply: Supply, category: str, week: int) -> bool:
    """Does a price competition in the category begin this week?"""
    return any(
        response.concerns("bertrand", category) and response.first == week
        for watcher in supply.watchers.values()
        for response in watcher.responses
    )


def note_costs(supply: Supply, demand: Demand, offers: Sequence[Offer], needs: Needs, week: int) -> None:
    """Write down for every platform the cost at which its price in the category is an equilibrium."""
    category = offers[0].category
    response = price_response(demand, category, offers, needs)
    now = response.at(response.prices)
    sells = np.array(
        [o.channel in supply.platforms and s > 0.0 for o, s in zip(offers, now.shares, strict=True)]
    )
    live = np.flatnonzero(sells).tolist()
    owners = [_owner(supply, offers[j], week) for j in live]
    part = now._replace(shares=now.shares[live], own=now.own[live], jacobian=now.jacobian[np.ix_(live, live)])
    costs = marginal_costs(response.prices[live], part, owners)
    for j, cost in zip(live, costs, strict=True):
        supply.platforms[offers[j].channel].implied_cost[category] = float(cost)


def compete(supply: Supply, demand: Demand, offers: Sequence[Offer], needs: Needs, week: int) -> None:
    """Set the prices of the platforms that compete in the category anew.

    Raises:
        NoEquilibriumError: if there are no such prices.
    """
    category = offers[0].category
    response = price_response(demand, category, offers, needs)
    names = competing(supply, category, week)
    free = np.array([offer.channel in names for offer in offers])
    costs = np.array(
        [_cost(supply, offer, price) for offer, price in zip(offers, response.prices, strict=True)]
    )
    owners = [_owner(supply, offer, week) for offer in offers]
    found = equilibrium(response.at, costs, owners, start=response.prices, free=free)
    for j in np.flatnonzero(free).tolist():
        ratio = float(found.prices[j] / response.prices[j])
        supply.platforms[offers[j].channel].price_factor[category] *= ratio


def _cost(supply: Supply, offer: Offer, price: float) -> float:
    """Implied cost of a platform's goods; a storefront's own cost concerns nobody who sets prices here."""
    platform = supply.platforms.get(offer.channel)
    return price if platform is None else platform.implied_cost.get(offer.category, price)


def _owner(supply: Supply, offer: Offer, week: int) -> str:
    """Who sets a channel's prices: the platform's owner, or itself."""
    platform = supply.platforms.get(offer.channel)
    return (None if platform is None else platform.owner(supply.calendar, week)) or offer.channel


def back_to_normal(supply: Supply, week: int) -> None:
    """Prices of platforms whose price competition is over are the scenario's again."""
    for name, platform in supply.platforms.items():
        for category in platform.price_factor:
            if name not in competing(supply, category, week):
                platform.price_factor[category] = 1.0
