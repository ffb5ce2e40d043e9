"""Outcomes in money: contribution, present values of firms and groups, cost of customers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from sim.firms.storefront import Storefront
from sim.ledger import present_value
from sim.market import Market
from sim.outcomes.parties import rivals
from sim.outcomes.periods import Period
from sim.outcomes.rows import Floats, Row, ratio, row
from sim.outcomes.sides import Sides

ONCE = ("set-up", "exit", "guarantee")
"""Accounts that a storefront is charged with once."""


def contribution_rows(sides: Sides) -> Iterator[Row]:
    """Contribution by period, all tiers together, not discounted.

    - brands: sum of `Storefront.contribution` of their channels, what the owner earned less paid for the
      week's sales and for running them; without advertising, set-up, exit, guarantees and deposits;
    - platforms: their net flow in the books, all accounts;
    - "rivals": sum over the platforms of `sim.outcomes.parties.rivals`.
    """
    markets = (sides.base, sides.other)
    series = {brand: [brand_contribution(market, brand) for market in markets] for brand in sides.brands}
    series |= {name: [net_flow(market, name) for market in markets] for name in sides.platforms}
    members = rivals(sides.base.spec, sides.other.spec)
    if members:
        series["rivals"] = [
            sum((series[name][side] for name in members), np.zeros(sides.base.horizon)) for side in (0, 1)
        ]
    yield from flow_rows("contribution", series, sides.periods, sides.money)


def flow_rows(
    outcome: str, series: dict[str, list[Floats]], periods: Sequence[Period], unit: str
) -> Iterator[Row]:
    """Sums over periods of weekly series in both markets, by party."""
    for period in periods:
        for party, (before, after) in series.items():
            sums = before[period.weeks].sum(), after[period.weeks].sum()
            yield row(outcome, party, "all", period.name, unit, *sums)


def brand_contribution(market: Market, brand: str) -> Floats:
    """Contribution of all channels of a brand by week, shape (horizon,)."""
    return added_up(market, (store.contribution for store in stores_of(market, brand)))


def stores_of(market: Market, brand: str, hosted: bool | None = None) -> list[Storefront]:
    """Storefronts of a brand: those on platforms, its own sites, or all."""
    own = (store for store in market.storefronts.values() if store.spec.owner == brand)
    return [store for store in own if hosted is None or hosted == (store.spec.host is not None)]


def added_up(market: Market, series: Iterable[Sequence[float]]) -> Floats:
    """Sum of weekly series of storefronts, which may end early, shape (horizon,)."""
    total = np.zeros(market.horizon)
    for one in series:
        values = np.array(one[: market.horizon])
        total[: len(values)] += values
    return total


def net_flow(market: Market, firm: str) -> Floats:
    """Net flow of a firm in the books by week, shape (horizon,)."""
    return market.ledger.flows(firm, market.horizon)


# --- present values ------------------------------------------------------------------------------


def npv_rows(sides: Sides, start: int) -> Iterator[Row]:
    """NPV by firm and by group of one owner, cut at the horizon and, if it was run, with run-off.

    All flows in the books, discounted to week `start`.
    """
    base, other = sides.base, sides.other
    rate = base.spec.finance.discount_rate
    ends = {"NPV, cut at the horizon": base.horizon}
    if base.last_week > base.horizon:
        ends["NPV with run-off"] = base.last_week
    for outcome, weeks in ends.items():
        for firm in [*sides.platforms, *sides.brands]:
            before, after = (firm_value(market, firm, weeks, start) for market in (base, other))
            yield row(outcome, firm, "all", "horizon", sides.money, before, after)
        for owner in sorted({*owners(base), *owners(other)}):
            before, after = (
                present_value(group_flows(market, owner, weeks), rate, start) for market in (base, other)
            )
            yield row(f"{outcome}, with its platforms", owner, "all", "horizon", sides.money, before, after)


def firm_value(market: Market, firm: str, weeks: int, start: int) -> float:
    """Net present value of all flows of a firm in some weeks, discounted to week `start`, in money."""
    return market.ledger.npv(firm, weeks, market.spec.finance.discount_rate, start)


def owners(market: Market) -> set[str]:
    """Platforms that own another one at some time."""
    last = market.horizon - 1
    found = (platform.owner(market.calendar, last) for platform in market.platforms.values())
    return {owner for owner in found if owner is not None}


def group_flows(market: Market, owner: str, weeks: int) -> Floats:
    """Weekly flows of an owner and, from the day of purchase, of its platforms, shape (weeks,)."""
    flows = market.ledger.flows(owner, weeks)
    for name, platform in market.platforms.items():
        owned = np.array([platform.owner(market.calendar, week) == owner for week in range(weeks)])
        flows = flows + np.where(owned, market.ledger.flows(name, weeks), 0.0)
    return flows


# --- what customers cost -------------------------------------------------------------------------


def customer_cost(base: Market, other: Market, brand: str, customers: float, buyers: float) -> Row:
    """What an incremental new customer cost a brand over the horizon, not discounted.

        (D set-up, exit and guarantees paid + D advertising + max(0, -D contribution)) / D new customers

    D is scenario less baseline, contribution that of `brand_contribution`. A storefront that earns money
    does not pay for its customers by it: only losses count. May be negative if something is saved; no value
    if customers have become fewer.

    Args:
        base: market of the baseline at its horizon.
        other: market of the scenario.
        brand: whose customers.
        customers: difference of its customers, in people.
        buyers: simulated consumers who are customers in one of the markets only.
    """
    spent = paid(other, brand, (*ONCE, "advertising")) - paid(base, brand, (*ONCE, "advertising"))
    earned = brand_contribution(other, brand).sum() - brand_contribution(base, brand).sum()
    unit = f"{base.spec.currency.name}/person"
    parts = (spent + max(0.0, -float(earned)), customers if customers >= 0.0 else np.nan)
    return ratio("cost per incremental new customer", brand, "horizon", unit, parts, buyers)


def paid(market: Market, firm: str, accounts: Sequence[str]) -> float:
    """What a firm paid into some accounts within the horizon, in money."""
    return float(
        sum(
            posting.amount.sum()
            for posting in market.ledger.postings
            if posting.payer == firm and posting.account in accounts and posting.week < market.horizon
        )
    )
