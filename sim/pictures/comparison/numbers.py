"""The numbers behind the pictures: sums by week with intervals, sources of volume, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import declared
from sim.outcomes.intervals import LEVEL
from sim.outcomes.intervals import half_width as student_half
from sim.outcomes.rows import FEWEST_BUYERS
from sim.outcomes.volume import source_of_volume
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.stores import few_purchases, storefronts
from sim.pictures.style import per_cent


class Estimate(NamedTuple):
    """Mean over replications with its interval."""

    mean: float
    low: float
    high: float


def refusal(comparison: Comparison, name: str) -> str:
    """Why the pictures of a scenario are not shown; empty if they are."""
    reason = few_purchases(comparison, name, storefronts(comparison, name))
    return f"{reason[0].upper()}{reason[1:]}." if reason else ""


def replications(comparison: Comparison) -> int:
    """Number of replications."""
    return int(comparison.outcomes.replication.nunique())


def interval_words(comparison: Comparison, marks: str = "Bands, lines") -> str:
    """What bands (or other marks) and brackets mean."""
    count = replications(comparison)
    if count < 2:
        return "One replication, so no interval can be given"
    return f"{marks} and brackets: {per_cent(LEVEL)} interval: noise of {count} runs, assumptions fixed"


def half_width(samples: pd.DataFrame) -> pd.Series:
    """Half an interval of the mean over columns; zero if there is one column."""
    count = samples.shape[1]
    if count < 2:
        return pd.Series(0.0, samples.index)
    return pd.Series(student_half(samples.std(axis=1), count - 1, LEVEL) / np.sqrt(count))


def estimates(samples: pd.DataFrame) -> pd.DataFrame:
    """Mean, low and high over replications, which are the columns."""
    mean, half = samples.mean(axis=1), half_width(samples)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})


def estimate(samples: pd.DataFrame) -> Estimate:
    """Mean, low and high of the sum over rows."""
    row = estimates(samples.sum().to_frame().T).iloc[0]
    return Estimate(float(row["mean"]), float(row.low), float(row.high))


def weekly_sales(
    comparison: Comparison, name: str, channels: Sequence[str], measure: str = "difference"
) -> pd.DataFrame:
    """Sales of some channels: weeks by replications."""
    return _by_week(comparison, comparison.weekly, name, "channel", channels, measure)


def weekly_people(comparison: Comparison, name: str, who: str) -> pd.DataFrame:
    """Difference in people who know a brand or channel: weeks by replications."""
    return _by_week(comparison, comparison.people, name, "name", [who], "difference")


def _by_week(
    comparison: Comparison, table: pd.DataFrame, name: str, key: str, members: Sequence[str], measure: str
) -> pd.DataFrame:
    rows = table[(table.scenario == name) & table[key].isin(list(members))]
    wide = rows.pivot_table(measure, "week", "replication", aggfunc="sum", observed=True)
    weeks = table[table.scenario == name].week
    return wide.reindex(
        index=range(int(weeks.min()), int(weeks.max()) + 1),
        columns=sorted(comparison.outcomes.replication.unique()),
    ).fillna(0.0)


def outcome(comparison: Comparison, name: str, what: str, party: str) -> Estimate:
    """Difference over the horizon of an outcome of a party, all tiers."""
    summary = comparison.summary()
    row = summary[
        (summary.scenario == name) & (summary.outcome == declared(what).name) & (summary.party == party)
        & (summary.tier == "all") & (summary.period == "horizon")
    ].iloc[0]  # fmt: skip
    mean = float(row.difference)
    return Estimate(mean, mean, mean) if pd.isna(row.low) else Estimate(mean, float(row.low), float(row.high))


# --- source of volume --------------------------------------------------------------------------


def sources(comparison: Comparison, name: str, tiers: Sequence[str] = ()) -> pd.DataFrame:
    """Shares of what came to the storefronts by choice in the baseline, pooled over replications.

    Where they lost more than came (see `gains`), shares of what they lost by choice in the scenario.

    Args:
        comparison: the comparison.
        name: a scenario with storefronts in question.
        tiers: only sales in these tiers; none named = all.

    Returns:
        Columns group, origin (empty in the row of a whole group), mean, low, high; groups and origins
        sorted. The interval is that of a ratio of two sums over replications.
    """
    spent = _spent(comparison, name, tiers)
    groups = _shares(spent.groupby("group").sum(), spent.sum()).assign(origin="")
    single = _shares(spent, spent.sum()).reset_index()
    both = pd.concat([groups.reset_index(), single], ignore_index=True)
    order = groups["mean"].rank(ascending=False, method="first")
    return (
        both.assign(order=both.group.map(order), whole=both.origin == "")
        .sort_values(["order", "whole", "mean"], ascending=[True, False, False])
        .drop(columns=["order", "whole"])
        .reset_index(drop=True)
    )


def gains(comparison: Comparison, about: Entry, name: str) -> bool:
    """Whether more was paid for what came to the storefronts than had been paid for what they lost."""
    flows = comparison.flows[comparison.flows.scenario == name]
    return bool(_came(flows, about).paid_after.sum() >= _came(_mirrored(flows), about).paid_after.sum())


def _came(flows: pd.DataFrame, about: Entry) -> pd.DataFrame:
    """Needs that the storefronts meet in the scenario and did not meet in the baseline."""
    stores = list(about.stores)
    return flows[flows.destination.isin(stores) & ~flows.origin.isin(stores)]


def _mirrored(flows: pd.DataFrame) -> pd.DataFrame:
    """The same flows from the scenario to the baseline."""
    sides = {"origin": "destination", "destination": "origin"}
    return flows.rename(columns=sides | {"paid_before": "paid_after", "paid_after": "paid_before"})


def _spent(comparison: Comparison, name: str, tiers: Sequence[str]) -> pd.DataFrame:
    """Payments at the storefronts by group and origin (rows) and replication (columns)."""
    about = entry(comparison, name)
    flows = comparison.flows[comparison.flows.scenario == name]
    flows = _came(flows if gains(comparison, about, name) else _mirrored(flows), about)
    if tiers:
        flows = flows[flows.tier.isin(list(tiers))]
    parts = [
        source_of_volume(part, [store], about.roles).assign(replication=number)
        for number, part in flows.groupby("replication")
        for store in about.stores
    ]
    wide = pd.concat(parts).pivot_table("paid_after", ["group", "origin"], "replication", aggfunc="sum")
    return wide.reindex(columns=sorted(comparison.outcomes.replication.unique())).fillna(0.0)


def _shares(part: pd.DataFrame, whole: pd.Series) -> pd.DataFrame:
    share = part.sum(axis=1) / whole.sum()
    residuals = (part - np.outer(share, whole)) / whole.mean()
    half = half_width(residuals)
    return pd.DataFrame({"mean": share, "low": (share - half).clip(0, 1), "high": (share + half).clip(0, 1)})


def tier_groups(comparison: Comparison, name: str) -> list[list[str]]:
    """Neighbouring tiers, put together until each group holds enough simulated purchases."""
    about, flows = entry(comparison, name), comparison.flows
    stores = list(about.stores)
    crossed = flows.destination.isin(stores) ^ flows.origin.isin(stores)
    bought = flows[(flows.scenario == name) & crossed].groupby("tier").simulated_buyers.sum()
    groups: list[list[str]] = [[]]
    for tier in about.scenario.tiers:
        if bought.reindex(groups[-1]).sum() >= FEWEST_BUYERS:
            groups.append([])
        groups[-1].append(tier)
    if len(groups) > 1 and bought.reindex(groups[-1]).sum() < FEWEST_BUYERS:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups
