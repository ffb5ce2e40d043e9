"""What hosting is worth to a platform: buyers, sales of its own merchants, trust, fees, support.

They concern the platforms of `sim.outcomes.parties.hosts`, on which the storefronts in question stand, and
the categories that these sell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from sim.market import Market
from sim.outcomes.customers import Flags, behind
from sim.outcomes.effective import behind as behind_sums
from sim.outcomes.followed import Followed, means
from sim.outcomes.money import flow_rows
from sim.outcomes.parties import brands_at, goods_of_hosts
from sim.outcomes.people import PEOPLE
from sim.outcomes.periods import Period
from sim.outcomes.repeats import SHARE
from sim.outcomes.revenue import Books
from sim.outcomes.rows import UNCOUNTED, Floats, Row, by_tier, row
from sim.outcomes.sides import Sides, within

FEES = ("commission", "annual fee", "guarantee")
"""What a brand pays its host for good; a deposit comes back."""


def host_rows(sides: Sides, followed: Sequence[Followed], books: Sequence[Books]) -> Iterator[Row]:
    """Outcomes by host.

    - "GMV of the host's own merchants" (window, after, horizon; all tiers and each): what consumers paid its
      own merchants in the categories of the storefronts, from the sales tables; the storefronts are not in;
    - "new buyers of the category at the host" (window; all and each): see `new_buyer_rows`;
    - "trust in the host" (window, horizon; all and each): mean over people of the authenticity that they
      believe its goods to have, at the end of the period;
    - "commission and fees received from the brand", "discounts paid for the storefront" (discount support to
      the brands of the storefronts), "subsidies" (to all who sell there): from the books, by period;
    - "merchants who list" (window, horizon): see `merchant_rows`.
    """
    for host, categories in goods_of_hosts(sides.base.spec, sides.other.spec).items():
        for period in sides.periods:
            yield from own_merchants(sides, host, categories, period)
        yield from new_buyer_rows(sides, host, categories, followed)
        yield from means("trust in the host", host, [one.trust for one in followed], sides)
        yield from money_rows(sides, host, books)
        yield from merchant_rows(sides, host, categories)


def own_merchants(sides: Sides, host: str, categories: Sequence[str], period: Period) -> Iterator[Row]:
    """GMV of a platform's own merchants in some categories, with the purchases behind it."""
    sums = [
        table[(table.channel == host) & table.category.isin(categories)]
        .groupby(["channel", "tier"])
        .gmv.sum()
        for table in (within(side.sales, period) for side in (sides.before, sides.after))
    ]
    bought = own_purchases(sides, host, categories, period)
    cells = by_tier("GMV of the host's own merchants", host, sides.base.tiers, sums)
    for k, (outcome, party, tier, (before, after)) in enumerate(cells):
        counts = bought.sum(axis=2) if tier == "all" else bought[:, :, k - 1]
        buyers = behind_sums(counts) if before or after else UNCOUNTED
        yield row(outcome, party, tier, period.name, sides.money, before, after, buyers)


def own_purchases(sides: Sides, host: str, categories: Sequence[str], period: Period) -> Floats:
    """Purchases, people and squares of people behind them, by market and tier, shape (3, 2, tiers)."""
    flows = within(sides.flows, period)
    flows = flows[flows.category.isin(categories)]
    measures = flows.assign(squares=flows.needs**2 / flows.effective_buyers)
    sums = [
        measures[measures[column] == host].groupby("tier")[["simulated_buyers", "needs", "squares"]].sum()
        for column in ("origin", "destination")
    ]
    return np.stack([one.reindex(sides.base.tiers, fill_value=0.0).to_numpy(np.float64).T for one in sums], 1)


def new_buyer_rows(
    sides: Sides, host: str, categories: Sequence[str], followed: Sequence[Followed]
) -> Iterator[Row]:
    """New buyers of the category at the host (window): all tiers, then each; realised choices.

    People who bought goods of the storefronts' categories on the platform in the window, from its own
    merchants or from storefronts, and who had not done so in an earlier week of the scenario. What happened
    before its first week is not known: the closer the window is to it, the more people are new. None for
    pairs that start from a state, which does not tell who bought what before.
    """
    opened = sides.period("window")
    if opened is None or any(one.begun_in > 0 for one in followed):
        return
    strata = sides.base.consumers.strata
    weight, tiers = np.repeat(strata.weight, strata.count), np.repeat(strata.tier, strata.count)
    new = [_first_in(one, host, categories, opened) for one in followed]
    for k, tier in enumerate(["all", *sides.base.tiers]):
        weights = [weight[who & ((tiers == k - 1) | (k == 0))] for who in new]
        before, after = (float(one.sum()) for one in weights)
        outcome = "new buyers of the category at the host"
        yield row(outcome, host, tier, "window", PEOPLE, before, after, behind(weights))


def _first_in(followed: Followed, host: str, categories: Sequence[str], period: Period) -> Flags:
    """Who first bought some categories on a platform in a period, shape (N,)."""
    first = followed.newcomers.first_of(host, categories)
    return (first >= period.first) & (first <= period.last)


def money_rows(sides: Sides, host: str, books: Sequence[Books]) -> Iterator[Row]:
    """What a host was paid by the brands of its storefronts, and what it paid for lower prices, by period."""
    brands = brands_at(sides.base.spec, sides.other.spec, host)
    series = {
        "commission and fees received from the brand": [one.paid(FEES, brands, [host]) for one in books],
        "discounts paid for the storefront": [
            one.paid(["discount support"], [host], brands) for one in books
        ],
        "subsidies": [one.paid(["subsidy"], [host]) for one in books],
    }
    for outcome, both in series.items():
        yield from flow_rows(outcome, {host: both}, sides.periods, sides.money)


def merchant_rows(sides: Sides, host: str, categories: Sequence[str]) -> Iterator[Row]:
    """Merchants who list (window, horizon): share of a host's potential merchants in the last week.

    In the categories of the storefronts, their mean if there are several; none if no merchants react there.
    """
    tables = [_listed(market, host, categories) for market in (sides.base, sides.other)]
    if any(table.empty for table in tables):
        return
    for period in sides.periods:
        if period.name != "after":
            before, after = (float(table.get(period.last, np.nan)) for table in tables)
            yield row("merchants who list", host, "all", period.name, SHARE, before, after)


def _listed(market: Market, host: str, categories: Sequence[str]) -> pd.Series:
    """Share of merchants who list by week."""
    table = market.merchants_table()
    own = table[(table.channel == host) & table.category.isin(categories)]
    return own.groupby("week").active.mean()
