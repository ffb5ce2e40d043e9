"""Sales by calendar month and tier: the weekly tables of a comparison, added up, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.calendar import DAYS, Calendar
from sim.linear import product
from sim.outcomes.parties import party_of_channel
from sim.outcomes.rows import VALUES, Floats, summarise

if TYPE_CHECKING:
    from sim.outcomes.comparison import Comparison

ORDERS = "orders"
MEASURES = {
    "GMV": ("baseline", "with_scenario"),
    ORDERS: ("orders_baseline", "orders_with_scenario"),
}
"""Columns of the weekly table in both markets by measure."""
SIDES = {"origin": "baseline", "destination": "with_scenario"}
"""Columns of the flows that say where a need was met, by market."""
KEYS = ["replication", "party", "tier"]
COLUMNS = (
    "scenario", "outcome", "party", "tier", "month", "days", "unit", *VALUES, "low", "high",
    "effective_buyers",
)  # fmt: skip


def month_shares(calendar: Calendar, weeks: int) -> pd.DataFrame:
    """Share of each week's days that fall into each calendar month.

    Returns:
        Weeks from 0 on as rows, months ("2019-11") as columns; each row adds up to one.
    """
    found = np.array([f"{day:%Y-%m}" for week in range(weeks) for day in calendar.days(week)])
    months, place = np.unique(found, return_inverse=True)
    shares = np.zeros((weeks, len(months)))
    np.add.at(shares, (np.arange(len(place)) // DAYS, place.ravel()), 1.0 / DAYS)
    return pd.DataFrame(shares, columns=months)


def monthly(comparison: Comparison) -> pd.DataFrame:
    """Brand, host and channel GMV and orders by calendar month and tier, all categories together.

    A week counts in each month by its days. "channel", "brand" and "host" are as in
    `sim.outcomes.sales.sales_rows`. The months of a party's tiers add up to its weeks, tiers to
    "all". A month of which only some days were run holds these days (see `days`); a month in which a party
    sold nothing in either market in any replication has no row.

    Behind a number stand as many effective buyers as in the market that has more of them, purchases counted
    by months in the same way (`sim.outcomes.effective`); the flows do not hold the run-off, so that months
    after the horizon are not counted, and the one that holds its end only up to there. Numbers behind which
    too few stand have no value.

    Args:
        comparison: what was compared; its weekly table needs the columns of `MEASURES`.

    Returns:
        Columns `COLUMNS`: mean over replications of baseline, scenario and difference, and the interval of
        the difference as in `sim.outcomes.rows.summarise`. `days` of the month were run.

    Raises:
        ValueError: if the comparison was made before orders were kept by week.
    """
    missing = {column for pair in MEASURES.values() for column in pair} - {*comparison.weekly.columns}
    if missing:
        raise ValueError(f"the weekly table has no {', '.join(sorted(missing))}; run the comparison again")
    scenarios = [name for name in comparison.scenarios if name != comparison.base]
    found = [_of_scenario(comparison, name) for name in scenarios]
    return pd.concat(found, ignore_index=True)[list(COLUMNS)]


def _of_scenario(comparison: Comparison, name: str) -> pd.DataFrame:
    base, other = comparison.scenarios[comparison.base], comparison.scenarios[name]
    weeks = _by_channel(comparison, name)
    last = int(weeks.index.get_level_values("week").max()) + 1
    shares = month_shares(Calendar(base.time.start, base.time.end), last)
    counted = shares.loc[shares.index.isin(comparison.flows.week)].sum() > 0.0
    sums = {
        kind: by_month(weeks, shares, party_of, list(base.tiers))
        for kind, party_of in party_of_channel(base, other).items()
    }
    found = [
        _rows(f"{kind} {measure}", months, measure, counted)
        for kind, months in sums.items()
        for measure in MEASURES
    ]
    money = {"GMV": base.currency.name, ORDERS: ORDERS}
    table = pd.concat(found, ignore_index=True).assign(scenario=name)
    table["unit"] = table.unit.map(money)
    means = summarise(table).rename(columns={"period": "month"})
    days = (shares.sum() * DAYS).round().astype(int)
    sold = (means.baseline != 0.0) | (means.with_scenario != 0.0)
    return means[sold].assign(days=means.month.map(days))


def by_month(
    weeks: pd.DataFrame, shares: pd.DataFrame, party_of: Mapping[str, str], tiers: Sequence[str]
) -> pd.DataFrame:
    """Sums by replication, party, tier ("all" first) and month.

    Args:
        weeks: sums by replication, channel, tier and week (levels of the index).
        shares: share of each week in each month, as `month_shares` gives them.
        party_of: party of each channel that counts.
        tiers: the tiers in their order.
    """
    party = weeks.index.get_level_values("channel").map(party_of).rename("party")
    own = weeks.assign(party=party).dropna(subset="party")
    whole = pd.DataFrame(own.groupby([*KEYS, "week"]).sum().unstack("week"))
    columns = pd.MultiIndex.from_product([weeks.columns, shares.index])
    series = whole.reindex(columns=columns).fillna(0.0).to_numpy()
    sums = product(series.reshape(-1, len(shares)), shares.to_numpy())
    each = pd.DataFrame(sums.reshape(len(whole), len(weeks.columns) * len(shares.columns)), whole.index)
    together = each.groupby(KEYS[:2]).sum().assign(tier="all").set_index("tier", append=True)
    replications = whole.index.unique("replication")
    order = pd.MultiIndex.from_product([replications, dict.fromkeys(party_of.values()), ["all", *tiers]])
    both = pd.concat([together, each]).reindex(order.set_names(KEYS)).dropna()
    names = pd.MultiIndex.from_product([weeks.columns, shares.columns], names=["", "month"])
    return pd.DataFrame(both.set_axis(names, axis=1).stack("month", future_stack=True))


def _rows(outcome: str, months: pd.DataFrame, measure: str, counted: pd.Series) -> pd.DataFrame:
    """One measure as rows that `sim.outcomes.rows.summarise` takes, months as periods."""
    before, after = (months[column] for column in MEASURES[measure])
    effective = np.max([_effective(months, market) for market in SIDES.values()], axis=0)
    known = counted[months.index.get_level_values("month")].to_numpy(bool)
    nothing = ((before == 0.0) & (after == 0.0)).to_numpy()
    keys = months.index.to_frame(index=False).rename(columns={"month": "period"})
    return keys.assign(
        outcome=outcome, unit=measure, baseline=before.to_numpy(), with_scenario=after.to_numpy(),
        difference=(after - before).to_numpy(),
        effective_buyers=np.where(known & ~nothing, effective, np.nan),
    )  # fmt: skip


def _effective(months: pd.DataFrame, market: str) -> Floats:
    """Effective purchases in a market, (sum w)^2 / sum w^2; 0 without any."""
    people, squares = months[f"people {market}"].to_numpy(), months[f"squares {market}"].to_numpy()
    return np.divide(people**2, squares, out=np.zeros(len(people)), where=squares > 0.0)


def _by_channel(comparison: Comparison, name: str) -> pd.DataFrame:
    """Sales and purchases of one scenario by replication, channel, tier and week, categories together.

    Columns: those of `MEASURES`, and for each market the sums over purchases of people and of their squares.
    """
    keys = ["replication", "channel", "tier", "week"]
    sums = [column for pair in MEASURES.values() for column in pair]
    sold = comparison.weekly[comparison.weekly.scenario == name].groupby(keys, observed=True)[sums].sum()
    flows = comparison.flows[comparison.flows.scenario == name]
    for column, market in SIDES.items():
        people = flows.needs.to_numpy(np.float64)
        squares = people**2 / flows.effective_buyers.to_numpy(np.float64)
        counts = flows[["replication", "tier", "week"]].assign(
            channel=flows[column], people=people, squares=squares
        )
        found = counts.groupby(keys, observed=True)[["people", "squares"]].sum()
        found = found.reindex(sold.index, fill_value=0.0)
        sold[[f"people {market}", f"squares {market}"]] = found.to_numpy()
    return sold
