"""Outcomes of a baseline and a scenario as tidy rows, and their summary over replications."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from sim.calendar import Calendar
from sim.consumers.population import NEVER_ORDERED
from sim.ledger import present_value
from sim.market import Market
from sim.scenario.schema import Scenario
from sim.scenario.values import on_date

Floats = npt.NDArray[np.float64]
LEVEL = 0.90
"""Confidence level of intervals."""
FEWEST_BUYERS = 50
"""Numbers that rest on fewer simulated buyers are not shown."""


def open_weeks(scenario: Scenario, name: str) -> set[int]:
    """Weeks of the horizon in which a storefront is open on some day; none if there is no such storefront."""
    store, calendar = scenario.storefronts.get(name), Calendar(scenario.time.start, scenario.time.end)
    if store is None:
        return set()
    first = calendar.week_of(store.open.from_) if store.open.from_ else 0
    last = calendar.week_of(store.open.to) if store.open.to else calendar.weeks - 1
    return set(range(max(first, 0), min(last, calendar.weeks - 1) + 1))


def window(base: Scenario, other: Scenario) -> tuple[int, int]:
    """First and last week in which some storefront is open in one scenario only.

    If there is none (the terms differ, not the dates), the weeks in which a hosted storefront is open;
    if there is none either, the whole horizon.
    """
    names = [*base.storefronts, *other.storefronts]
    weeks = set().union(*(open_weeks(base, name) ^ open_weeks(other, name) for name in names))
    if not weeks:
        hosted = [name for name, store in other.storefronts.items() if store.host is not None]
        weeks = set().union(*(open_weeks(other, name) for name in hosted))
    last = Calendar(base.time.start, base.time.end).weeks - 1
    return (min(weeks), max(weeks)) if weeks else (0, last)


def npv_week(base: Scenario, others: Iterable[Scenario]) -> int:
    """Week to which all values of a comparison are discounted: the first in which anything differs."""
    return min(window(base, other)[0] for other in others)


def outcomes(base: Market, other: Market, start: int) -> Iterator[dict[str, object]]:
    """Outcomes of both markets as tidy rows; values are discounted to week `start`."""
    first, last = window(base.spec, other.spec)
    money = base.spec.currency.name
    periods = {
        "window": (first, last),
        "after": (last + 1, base.horizon - 1),
        "horizon": (0, base.horizon - 1),
    }
    sales = [_sales(market) for market in (base, other)]
    surplus = [market.surplus_table() for market in (base, other)]
    for period, (begin, end) in periods.items():
        if begin > end:
            continue
        inside = [table[table.week.between(begin, end)] for table in sales]
        for outcome, party, tier, values in _gmv_rows(base, other, inside[0], inside[1]):
            yield _row(outcome, party, tier, period, money, *values)
        yield from _surplus_rows([t[t.week.between(begin, end)] for t in surplus], period, money)
    yield from _npv_rows(base, other, start, money)


def _row(
    outcome: str, party: str, tier: str, period: str, unit: str, before: float, after: float
) -> dict[str, object]:
    return dict(
        outcome=outcome, party=party, tier=tier, period=period, unit=unit,
        baseline=float(before), with_scenario=float(after), difference=float(after - before),
    )  # fmt: skip


def _sales(market: Market) -> pd.DataFrame:
    return market.sales_table()[["week", "channel", "host", "brand", "category", "tier", "gmv"]]


Cell = tuple[str, str, str, tuple[float, float]]


def _gmv_rows(base: Market, other: Market, before: pd.DataFrame, after: pd.DataFrame) -> Iterator[Cell]:
    """GMV by channel, by category, of brands (all channels) and of hosts (own and hosted), by tier."""
    groups: dict[str, tuple[str, list[str]]] = {
        "channel GMV": (
            "channel",
            list(dict.fromkeys([*base.platforms, *other.platforms, *base.storefronts, *other.storefronts])),
        ),
        "category GMV": ("category", list(base.spec.categories)),
        "brand GMV": ("brand", list(dict.fromkeys([*base.brands, *other.brands]))),
        "host GMV": ("host", list(dict.fromkeys([*base.platforms, *other.platforms]))),
    }
    for outcome, (column, names) in groups.items():
        sums = [table.groupby([column, "tier"], observed=True).gmv.sum() for table in (before, after)]
        for name in names:
            yield from _by_tier(outcome, name, base.tiers, sums)


def _by_tier(outcome: str, name: str, tiers: Sequence[str], sums: Sequence[pd.Series]) -> Iterator[Cell]:
    """One outcome of one party: all tiers together, then each."""
    before, after = ([float(s.get((name, tier), 0.0)) for tier in tiers] for s in sums)
    yield outcome, name, "all", (sum(before), sum(after))
    for k, tier in enumerate(tiers):
        yield outcome, name, tier, (before[k], after[k])


def _surplus_rows(tables: list[pd.DataFrame], period: str, money: str) -> Iterator[dict[str, object]]:
    kinds = ["decision", "core", "pathwise"]
    before, after = (table.groupby("tier", sort=False)[kinds].sum() for table in tables)
    for kind in kinds:
        outcome = f"consumer surplus, {kind}"
        yield _row(outcome, "consumers", "all", period, money, before[kind].sum(), after[kind].sum())
        for tier in before.index:
            yield _row(outcome, "consumers", tier, period, money, before[kind][tier], after[kind][tier])


def _npv_rows(base: Market, other: Market, start: int, money: str) -> Iterator[dict[str, object]]:
    """NPV by firm and by group of one owner, cut at the horizon and, if it was run, with run-off."""
    rate = base.spec.finance.discount_rate
    ends = {"NPV, cut at the horizon": base.horizon}
    if base.last_week > base.horizon:
        ends["NPV with run-off"] = base.last_week
    for outcome, weeks in ends.items():
        for firm in dict.fromkeys([*base.platforms, *other.platforms, *base.brands, *other.brands]):
            values = [market.ledger.npv(firm, weeks, rate, start) for market in (base, other)]
            yield _row(outcome, firm, "all", "horizon", money, *values)
        for owner in dict.fromkeys([*owners(base), *owners(other)]):
            values = [
                present_value(group_flows(market, owner, weeks), rate, start) for market in (base, other)
            ]
            yield _row(f"{outcome}, with its platforms", owner, "all", "horizon", money, *values)


def owner_in(market: Market, platform: str, week: int) -> str | None:
    """Who owns a platform in a week."""
    owner: dict[date, str] | str | None = market.spec.platforms[platform].owner
    if isinstance(owner, dict):
        return on_date(owner, market.calendar.monday(week), "") or None
    return owner


def owners(market: Market) -> set[str]:
    """Platforms that own another one at some time."""
    last = market.horizon - 1
    return {owner for name in market.platforms if (owner := owner_in(market, name, last)) is not None}


def group_flows(market: Market, owner: str, weeks: int) -> Floats:
    """Weekly flows of an owner and, from the day of purchase, of its platforms, shape (weeks,)."""
    flows = market.ledger.flows(owner, weeks)
    for name in market.platforms:
        owned = np.array([owner_in(market, name, week) == owner for week in range(weeks)])
        flows = flows + np.where(owned, market.ledger.flows(name, weeks), 0.0)
    return flows


def customer_rows(base: Market, other: Market) -> Iterator[dict[str, object]]:
    """Customers of each brand ever, awareness at the end, winners and losers among consumers."""
    for brand in dict.fromkeys([*base.brands, *other.brands]):
        values = [_customers(market, brand) for market in (base, other)]
        yield _row("customers ever", brand, "all", "horizon", "people", *values)
    weight = np.repeat(base.consumers.strata.weight, base.consumers.strata.count)
    gain = other.demand.gain - base.demand.gain
    touched = np.abs(gain) > 0.005
    yield _row(
        "people better off",
        "consumers",
        "all",
        "horizon",
        "people",
        0.0,
        float(weight[touched & (gain > 0)].sum()),
    )
    yield _row(
        "people worse off",
        "consumers",
        "all",
        "horizon",
        "people",
        0.0,
        float(weight[touched & (gain < 0)].sum()),
    )


def _customers(market: Market, brand: str) -> float:
    layout, strata = market.consumers.layout, market.consumers.strata
    if brand not in layout.brands:
        return 0.0
    ever = market.consumers.columns.last_order[layout.firms.index(brand)] != NEVER_ORDERED
    return float(np.repeat(strata.weight, strata.count)[ever].sum())


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean difference with a Student interval, and how much shared draws save.

    `variance_ratio` is the variance of the difference of two independent runs over that of the
    paired difference: (Var base + Var scenario) / Var difference.
    """
    keys = ["scenario", "outcome", "party", "tier", "period", "unit"]
    groups = table.groupby(keys, sort=False)
    mean = groups[["baseline", "with_scenario", "difference"]].mean()
    variance = groups[["baseline", "with_scenario", "difference"]].var()
    n = groups.size()
    half = stats.t.ppf(0.5 + LEVEL / 2, np.maximum(n - 1, 1)) * np.sqrt(variance.difference / n)
    independent = variance.baseline + variance.with_scenario
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = independent / variance.difference
    return mean.assign(
        low=mean.difference - half, high=mean.difference + half, variance_ratio=ratio
    ).reset_index()
