"""The numbers behind the pictures: sums by week with intervals, sources of volume, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from sim.calendar import Calendar
from sim.experiments.compare import Comparison
from sim.outcomes.declared import declared
from sim.outcomes.flows import source_of_volume
from sim.outcomes.table import FEWEST_BUYERS, LEVEL
from sim.pictures.comparison.stores import own_storefronts, too_few
from sim.pictures.style import per_cent, short_title
from sim.scenario.schema import Scenario


class Estimate(NamedTuple):
    """Mean over replications with its interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Entry:
    """New hosted storefronts of a scenario, and the firms concerned.

    Attributes:
        stores: the storefronts, all of one brand.
        own_sites: own sites of the brand that are open while the storefronts are or later.
        first: first week in which they are open.
        last: last week in which they are open.
        horizon: number of weeks of the comparison without run-off.
        closed: last day of opening; none if they stay open.
    """

    scenario: Scenario
    stores: tuple[str, ...]
    brand: str
    hosts: tuple[str, ...]
    own_sites: tuple[str, ...]
    calendar: Calendar
    opened: date
    closed: date | None

    @property
    def first(self) -> int:  # noqa: D102
        return max(self.calendar.week_of(self.opened), 0)

    @property
    def last(self) -> int:  # noqa: D102
        return min(self.calendar.week_of(self.until), self.horizon - 1)

    @property
    def horizon(self) -> int:  # noqa: D102
        return self.calendar.weeks

    @property
    def until(self) -> date:
        """Last day of opening within the horizon."""
        return min(self.closed or self.calendar.end, self.calendar.end)

    @property
    def weeks_after(self) -> int:
        """Weeks between closing and the end of the horizon."""
        return self.horizon - 1 - self.last

    @property
    def rivals(self) -> tuple[str, ...]:
        """Platforms that do not host the storefronts."""
        return tuple(name for name in self.scenario.platforms if name not in self.hosts)

    @property
    def store_title(self) -> str:
        """The storefronts in words."""
        return " and ".join(self.scenario.storefronts[name].title for name in self.stores)

    @property
    def brand_title(self) -> str:
        """The entrant in words."""
        return short_title(self.scenario.brands[self.brand].title)

    @property
    def host_title(self) -> str:
        """The host in words."""
        return " and ".join(short_title(self.scenario.platforms[name].title) for name in self.hosts)


def entry(comparison: Comparison, name: str) -> Entry:
    """The new hosted storefronts of a scenario.

    Raises:
        ValueError: if the scenario opens none.
    """
    scenario = comparison.scenarios[name]
    names = own_storefronts(comparison, name)
    if not names:
        raise ValueError(f"{name} opens no hosted storefront that {comparison.base} has not")
    brand = scenario.storefronts[names[0]].owner
    stores = tuple(s for s in names if scenario.storefronts[s].owner == brand)
    calendar = Calendar(scenario.time.start, scenario.time.end)
    windows = [scenario.storefronts[s].open for s in stores]
    ends = [w.to for w in windows]
    opened = min(w.from_ or calendar.start for w in windows)
    return Entry(
        scenario, stores, brand,
        hosts=tuple(dict.fromkeys(str(scenario.storefronts[s].host) for s in stores)),
        own_sites=tuple(
            s for s, store in scenario.storefronts.items()
            if store.owner == brand and store.host is None and (store.open.to or calendar.end) >= opened
        ),
        calendar=calendar, opened=opened,
        closed=None if None in ends else max(day for day in ends if day is not None),
    )  # fmt: skip


def refusal(comparison: Comparison, name: str) -> str:
    """Why the numbers of a scenario are not shown; empty if they are."""
    reason = too_few(comparison, name)
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
    return stats.t.ppf(0.5 + LEVEL / 2, count - 1) * samples.std(axis=1) / np.sqrt(count)


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
    """Shares of the storefronts' sales by choice in the baseline, pooled over replications.

    Args:
        comparison: the comparison.
        name: a scenario that opens a hosted storefront.
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


def _spent(comparison: Comparison, name: str, tiers: Sequence[str]) -> pd.DataFrame:
    """Payments at the storefronts by group and origin (rows) and replication (columns)."""
    about = entry(comparison, name)
    family = [
        s
        for s, store in about.scenario.storefronts.items()
        if store.owner == about.brand and s not in about.stores
    ]
    flows = comparison.flows[comparison.flows.scenario == name]
    if tiers:
        flows = flows[flows.tier.isin(list(tiers))]
    parts = [
        source_of_volume(part, [store], family, str(about.scenario.storefronts[store].host)).assign(
            replication=number
        )
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
    hosted = flows[(flows.scenario == name) & flows.destination.isin(about.stores)]
    bought = hosted.groupby("tier").simulated_buyers.sum()
    groups: list[list[str]] = [[]]
    for tier in about.scenario.tiers:
        if bought.reindex(groups[-1]).sum() >= FEWEST_BUYERS:
            groups.append([])
        groups[-1].append(tier)
    if len(groups) > 1 and bought.reindex(groups[-1]).sum() < FEWEST_BUYERS:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups
