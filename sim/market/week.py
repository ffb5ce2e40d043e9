"""The phases of a market's week, one function each, in the order of `default_phases`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.consumers.population import buyers
from sim.consumers.response import price_response
from sim.firms import price_competition
from sim.market.phases import Phase, Phases

if TYPE_CHECKING:
    from sim.market.market import Floats, Market


def firms_decide(market: Market) -> None:
    """Let brands decide by their policies and platforms by their reactions, until the horizon.

    Raises:
        ValueError: if a policy looks ahead: that needs copies of the market.
    """
    ahead = [name for name, policy in market.spec.policies.items() if policy.rule == "oracle"]
    if ahead:
        raise ValueError(f"policy {ahead[0]} looks ahead: open the market by sim.engine.start.open_market")
    if (market.spec.policies or market.spec.reactions) and market.week < market.horizon:
        market.supply.decide(market.week, market.yearly_buyers())


def merchants_list(market: Market) -> None:
    """Let merchants come and go."""
    market.supply.list_merchants(market.week)


def make_offers(market: Market) -> None:
    """Make the offers of all channels by category, in the order of the scenario."""
    market.offers = market.supply.offers(market.week)


def prices_compete(market: Market) -> None:
    """Let platforms that answer an entrant by price competition set their prices anew."""
    supply, week = market.supply, market.week
    if not price_competition.possible(market.spec):
        return
    price_competition.back_to_normal(supply, week)
    make_offers(market)
    for category in price_competition.categories(supply, week):
        offers, needs = market.offers[category], market.week_needs(category)
        demand = price_response(market.demand, category, offers, needs)
        if week == 0:
            price_competition.note_costs(supply, demand, offers, week)
        else:
            price_competition.compete(supply, demand, offers, week)
            make_offers(market)


def advertise(market: Market) -> None:
    """Let brands and platforms advertise."""
    market.supply.advertise(market.ledger, market.week)


def notice_storefronts(market: Market) -> None:
    """Let people who browse notice storefronts."""
    market.exposure = market.demand.exposure(market.week, market.supply.exposures(market.week))
    market.demand.notice(market.week, market.exposure)


def normal_season(market: Market, week: int) -> float:
    """Return the need frequency of a week's months relative to the year's mean."""
    spec = market.spec.season
    shares = market.calendar.month_share(week).items()
    return float(sum(share * spec.months.get(m, 1.0) for m, share in shares))


def season(market: Market) -> float:
    """Return the need frequency of the week relative to the mean at the start: months and growth."""
    growth = (1.0 + market.spec.season.growth_per_year) ** (market.week / 52.0)
    return float(normal_season(market, market.week) * growth)


def go_shopping(market: Market) -> None:
    """Let people shop."""
    needs = {category: market.week_needs(category) for category in market.offers}
    market.sales = market.demand.shop(market.offers, needs)


def teams_settle(market: Market) -> None:
    """Settle teams: invitations, second thoughts, teams that fill or fail."""
    market.sales, market.team_weeks = market.demand.settle_teams(market.week)
    for name, team in market.team_weeks.items():
        market.platforms[name].learn_team_success(float(team.filled.sum()), float(team.takes.sum()))


def goods_arrive(market: Market) -> None:
    """Deliver the goods: stock, habit, loyalty and trust change."""
    market.demand.receive(market.week, market.offers)


def awareness_spreads(market: Market) -> None:
    """Let awareness spread and fade."""
    market.demand.learn(market.week, market.exposure, market.supply.hazards())


def books_close(market: Market) -> None:
    """Close the books: post sales, costs and contracts."""
    sales = market.channel_sales()
    market.supply.settle(market.ledger, market.week, sales, normal_season(market, market.week))
    for name, brand in market.brands.items():
        brand.count(*market.customers(name))
    for tier in market.city_tiers.values():
        tier.gmv = float(sum(s.gmv[tier.index] for s in sales))


def record(market: Market) -> None:
    """Write the week into the tables."""
    records, week = market.records, market.week
    weight, expected = market.consumers.strata.weight, market.demand.record.expected
    records.add_sales(week, market.sales.values(), weight, expected=expected)
    _record_people(market)
    for name, team in market.team_weeks.items():
        numbers = (team.takes, team.filled, team.refunded, team.invitations, team.joins, team.gained)
        records.teams.append((week, name), numbers)
    records.merchants += [(week, g.channel, g.category, g.active) for g in market.supply.merchants]
    market.datacollector.collect(market)


def _record_people(market: Market) -> None:
    layout, strata = market.consumers.layout, market.consumers.strata
    for index, firm in enumerate(layout.firms):
        bit = layout.bit(platform=firm) if firm in layout.platforms else layout.bit(brand=firm)
        yearly = buyers(market.consumers.columns, strata, index, market.week)[0]
        market.records.add_people(market.week, firm, _people_aware(market, bit), yearly)
    for channel in layout.channels:
        aware = _people_aware(market, layout.bit(channel=channel))
        market.records.add_people(market.week, channel, aware)


def _people_aware(market: Market, mask: int) -> Floats:
    return np.asarray(market.demand.people_aware(mask).reshape(-1, 2).sum(axis=1))


def default_phases() -> Phases[Market]:
    """Return the phases of a week in their order."""
    return Phases(
        Phase("firms decide", firms_decide),
        Phase("merchants list", merchants_list),
        Phase("firms set prices", make_offers),
        Phase("prices compete", prices_compete),
        Phase("firms advertise", advertise),
        Phase("people notice storefronts", notice_storefronts),
        Phase("people shop", go_shopping),
        Phase("teams settle", teams_settle),
        Phase("goods arrive", goods_arrive),
        Phase("awareness spreads", awareness_spreads),
        Phase("books close", books_close),
        Phase("record", record),
    )
