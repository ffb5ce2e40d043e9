"""Outcomes in sales: GMV, orders, upper tiers, concentration, consumer surplus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from sim.outcomes.parties import upper_tiers
from sim.outcomes.periods import Period
from sim.outcomes.rows import Cell, Row, by_tier, row
from sim.outcomes.sides import Sides, within

ORDERS = "orders"
POINTS = "points"
"""Unit of concentration: 10,000 is one seller."""
SURPLUS = ("decision", "core", "pathwise")


def sales_rows(sides: Sides, period: Period) -> Iterator[Row]:
    """Sales of a period, from the sales tables (expected choices, as in the books).

    - "channel GMV", "category GMV", "brand GMV" (all its channels), "host GMV" (a platform's own merchants
      and the storefronts that it hosts): what consumers paid, tax included, in all tiers and by tier;
    - "brand orders", "host orders": orders of the same channels, likewise;
    - "host GMV, upper tiers": its part from the tiers of `sim.outcomes.parties.upper_tiers`, which stand
      in the column of tiers;
    - "concentration (HHI)": see `concentration`;
    - "consumer surplus, decision", ", core", ", pathwise": logsum with all terms of utility; without habit,
      loyalty and event pull; on the realised shocks. In all tiers and by tier.
    """
    both = (sides.before, sides.after)
    sales = [within(side.sales, period) for side in both]
    for outcome, party, tier, values in _volumes(sides, sales):
        unit = ORDERS if outcome.endswith("orders") else sides.money
        yield row(outcome, party, tier, period.name, unit, *values)
    for category in sides.base.spec.categories:
        before, after = (concentration(table, category) for table in sales)
        yield row("concentration (HHI)", category, "all", period.name, POINTS, before, after)
    yield from surplus_rows([within(side.surplus, period) for side in both], period.name, sides.money)


def _volumes(sides: Sides, sales: Sequence[pd.DataFrame]) -> Iterator[Cell]:
    """Sums of sales by party and tier."""
    kinds: tuple[tuple[str, str, list[str], tuple[str, ...]], ...] = (
        ("channel", "channel", sides.channels, ("gmv",)),
        ("category", "category", list(sides.base.spec.categories), ("gmv",)),
        ("brand", "brand", sides.brands, ("gmv", "orders")),
        ("host", "host", sides.platforms, ("gmv", "orders")),
    )
    upper = upper_tiers(sides.base.spec)
    for kind, column, names, measures in kinds:
        for measure in measures:
            outcome = f"{kind} {measure.upper() if measure == 'gmv' else measure}"
            sums = [table.groupby([column, "tier"], observed=True)[measure].sum() for table in sales]
            for name in names:
                yield from by_tier(outcome, name, sides.base.tiers, sums)
                if outcome == "host GMV" and upper:
                    yield in_tiers("host GMV, upper tiers", name, upper, sums)


def in_tiers(outcome: str, name: str, tiers: Sequence[str], sums: Sequence[pd.Series]) -> Cell:
    """One outcome of one party from sums by party and tier, in some tiers together."""
    before, after = (float(sum(s.get((name, tier), 0.0) for tier in tiers)) for s in sums)
    return outcome, name, ", ".join(tiers), (before, after)


def concentration(sales: pd.DataFrame, category: str) -> float:
    """Herfindahl-Hirschman index of a category: sum of squared shares of its GMV, in points to 10,000.

    Shares are those of places of sale: a platform with all that it hosts, a brand with its own sites. What
    is not bought online does not count. NaN if nothing was sold.
    """
    sold = sales[sales.category == category]
    place = sold.host.where(sold.host != "", sold.brand)
    shares = sold.gmv.groupby(place).sum() / sold.gmv.sum()
    return float((100.0 * shares).pow(2).sum()) if sold.gmv.sum() > 0.0 else float("nan")


def surplus_rows(tables: Sequence[pd.DataFrame], period: str, money: str) -> Iterator[Row]:
    """Consumer surplus of a period by kind: all tiers together, then each."""
    kinds = list(SURPLUS)
    before, after = (table.groupby("tier", sort=False)[kinds].sum() for table in tables)
    for kind in kinds:
        outcome = f"consumer surplus, {kind}"
        yield row(outcome, "consumers", "all", period, money, before[kind].sum(), after[kind].sum())
        for tier in before.index:
            yield row(outcome, "consumers", tier, period, money, before[kind][tier], after[kind][tier])
