"""Outcomes in people: customers, buyers, awareness that is left, teams, winners and losers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.population import NEVER_ORDERED
from sim.market import Market
from sim.outcomes.money import customer_cost, flow_rows
from sim.outcomes.parties import upper_tiers
from sim.outcomes.periods import Period
from sim.outcomes.rows import Cell, Floats, Row, by_tier, row
from sim.outcomes.sales import in_tiers
from sim.outcomes.sides import Sides, within

PEOPLE = "people"
WEEKS = "weeks"
SHARE = "share"
PER_ORDER = "invitations/order"
CENT = 0.005
"""Smaller gains and losses do not count, in money."""


def people_rows(sides: Sides) -> Iterator[Row]:
    """Buyers and new customers by period, awareness after the window, teams.

    - "new customers" of brands: people who bought from the brand for the first time, from
      `Brand.new_customers`, all tiers together;
    - "yearly buyers" of brands and platforms (window, horizon): see `buyer_rows`;
    - "half-life of the awareness gap" of brands (after): see `half_life`. From the people table, people who
      know the brand, scenario less baseline; all weeks that were run count, also those of the run-off;
    - teams, by platform that sells to them: see `team_rows`.
    """
    markets = (sides.base, sides.other)
    series = {brand: [new_customers(market, brand) for market in markets] for brand in sides.brands}
    yield from flow_rows("new customers", series, sides.periods, PEOPLE)
    for period in sides.periods:
        if period.name != "after":
            yield from buyer_rows(sides, period)
        yield from team_rows(sides, period)
    closed = sides.period("window")
    if closed is not None and sides.period("after") is not None:
        for brand in sides.brands:
            weeks = half_life(gap(sides, brand), closed.last)
            yield row("half-life of the awareness gap", brand, "all", "after", WEEKS, 0.0, weeks)


def new_customers(market: Market, brand: str) -> Floats:
    """People who bought from a brand for the first time, by week, shape (horizon,)."""
    total = np.zeros(market.horizon)
    if brand in market.brands:
        found = np.array(market.brands[brand].new_customers[: market.horizon])
        total[: len(found)] += found
    return total


# --- buyers --------------------------------------------------------------------------------------


def buyer_rows(sides: Sides, period: Period) -> Iterator[Row]:
    """People who bought in the 52 weeks up to the last week of a period, from the people table.

    Buyers of the period itself are not recorded. "yearly buyers" of brands and platforms (with all that
    they host), in all tiers and by tier; "yearly buyers, upper tiers" of platforms. People, each once.
    """
    tables = [side.people[side.people.week == period.last] for side in (sides.before, sides.after)]
    sums = [table.groupby(["name", "tier"]).buyers.sum() for table in tables]
    for outcome, party, tier, values in _buyers(sides, sums):
        yield row(outcome, party, tier, period.name, PEOPLE, *values)


def _buyers(sides: Sides, sums: Sequence[pd.Series]) -> Iterator[Cell]:
    upper = upper_tiers(sides.base.spec)
    for name in [*sides.brands, *sides.platforms]:
        yield from by_tier("yearly buyers", name, sides.base.tiers, sums)
        if upper and name in sides.platforms:
            yield in_tiers("yearly buyers, upper tiers", name, upper, sums)


# --- awareness that is left ----------------------------------------------------------------------


def gap(sides: Sides, brand: str) -> Floats:
    """People who know a brand in the scenario less those in the baseline, by week from week 0 on."""
    before, after = (
        side.people[side.people.name == brand].groupby("week").aware.sum()
        for side in (sides.before, sides.after)
    )
    weeks = range(int(max(sides.after.people.week.max(), sides.before.people.week.max())) + 1)
    return (after.reindex(weeks, fill_value=0.0) - before.reindex(weeks, fill_value=0.0)).to_numpy()


def half_life(gap: Floats, closed: int) -> float:
    """Weeks after week `closed` until a gap is at most half of what it was at its end.

    NaN if there was no gap above zero, or if it is not halved before the last week.
    """
    if not gap[closed] > 0.0:
        return float("nan")
    halved = np.flatnonzero(gap[closed + 1 :] <= 0.5 * gap[closed])
    return float(halved[0] + 1) if len(halved) else float("nan")


# --- teams ---------------------------------------------------------------------------------------


def team_rows(sides: Sides, period: Period) -> Iterator[Row]:
    """How teams went on the platforms that sell to them, all tiers together: see `team_shares`."""
    inside = [within(side.teams, period) for side in (sides.before, sides.after)]
    for name in dict.fromkeys(platform for table in inside for platform in table.platform):
        found = [team_shares(side.teams, side.people, name, period) for side in (sides.before, sides.after)]
        for outcome, unit in (
            ("share of team orders that filled", SHARE),
            ("invitations per team order", PER_ORDER),
            ("share of new access by invitation", SHARE),
        ):
            yield row(outcome, name, "all", period.name, unit, found[0][outcome], found[1][outcome])


def team_shares(teams: pd.DataFrame, people: pd.DataFrame, platform: str, period: Period) -> dict[str, float]:
    """Team metrics of one market in a period; NaN where there is nothing to divide by.

    - share of team orders that filled: filled / takes of the teams table;
    - invitations per team order: invitations that arrived / takes;
    - share of new access by invitation: gained / people who got access. Access to a platform is never lost,
      so these are the people with access (people table) at the end less those before. The week before the
      first is not recorded: a period from week 0 on counts from week 1 on here.
    """
    own = teams[(teams.platform == platform) & teams.week.between(period.first, period.last)]
    first = max(period.first, 1)
    access = people[people.name == platform].groupby("week").aware.sum()
    reached = float(access.get(period.last, np.nan) - access.get(first - 1, np.nan))
    return {
        "share of team orders that filled": _per(own.filled.sum(), own.takes.sum()),
        "invitations per team order": _per(own.invitations.sum(), own.takes.sum()),
        "share of new access by invitation": _per(own.gained[own.week >= first].sum(), reached),
    }


def _per(above: float, below: float) -> float:
    return float(above / below) if below > 0.0 else float("nan")


# --- at the horizon ------------------------------------------------------------------------------


def customer_rows(base: Market, other: Market) -> Iterator[Row]:
    """What only the state of consumers at the horizon tells; the horizon is the current week.

    - "customers ever" of brands: people who ever bought from it;
    - "cost per incremental new customer" of brands: see `sim.outcomes.money.customer_cost`;
    - "people better off", "people worse off": people whose realised utility from all needs was higher or
      lower by more than half a cent's worth.
    """
    weight = np.repeat(base.consumers.strata.weight, base.consumers.strata.count)
    for brand in dict.fromkeys([*base.brands, *other.brands]):
        before, after = (is_customer(market, brand) for market in (base, other))
        values = float(weight[before].sum()), float(weight[after].sum())
        yield row("customers ever", brand, "all", "horizon", PEOPLE, *values)
        buyers = float((before ^ after).sum())
        yield customer_cost(base, other, brand, values[1] - values[0], buyers)
    gain = other.demand.gain - base.demand.gain
    for outcome, who in (("better off", gain > CENT), ("worse off", gain < -CENT)):
        yield row(f"people {outcome}", "consumers", "all", "horizon", PEOPLE, 0.0, weight[who].sum())


def is_customer(market: Market, brand: str) -> npt.NDArray[np.bool_]:
    """Who ever bought from a brand, by row of the consumers."""
    layout = market.consumers.layout
    if brand not in layout.brands:
        return np.zeros(len(market.consumers), bool)
    return market.consumers.columns.last_order[layout.firms.index(brand)] != NEVER_ORDERED
