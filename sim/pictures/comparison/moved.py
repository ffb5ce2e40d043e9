"""The numbers behind the picture of who switched: needs that ended elsewhere than in the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sim.outcomes.comparison import Comparison
from sim.outcomes.parties import BRANDS, HOST, HOST_GROUP, PLATFORMS, RIVALS, SITE, STORE
from sim.outcomes.rows import FEWEST_BUYERS
from sim.outcomes.volume import NOTHING_ONLINE, changed
from sim.pictures.comparison.entry import Entry
from sim.pictures.comparison.numbers import Estimate, half_width
from sim.pictures.comparison.words import after_words
from sim.pictures.style import capital

NOBODY = "nothing online"
ORDER = (STORE, SITE, HOST, HOST_GROUP, RIVALS, PLATFORMS, BRANDS, NOBODY)
"""Ends of a flow, from top to bottom."""


def switching(comparison: Comparison, name: str, about: Entry) -> pd.DataFrame:
    """Needs that ended elsewhere than in the baseline, within the horizon.

    Returns:
        Columns week, tier, replication, origin and destination (`ORDER`), needs (people), simulated_buyers.
        The ends of needs that went from one channel of a group to another one of it are the same.
    """
    flows = changed(comparison.flows[comparison.flows.scenario == name])
    ends = ends_of(about)
    return pd.DataFrame(
        {
            "week": flows.week, "tier": flows.tier, "replication": flows.replication,
            "origin": flows.origin.map(ends),
            "destination": flows.destination.map(ends),
            "needs": flows.needs, "simulated_buyers": flows.simulated_buyers,
        }
    )  # fmt: skip


def ends_of(about: Entry) -> Mapping[str, str]:
    """The end of a flow that a channel belongs to: its role, or nothing online."""
    return {**about.roles, NOTHING_ONLINE: NOBODY}


@dataclass(frozen=True)
class Moved:
    """What switched in a period: flows, their title, and the replications, some of which may have none."""

    flows: pd.DataFrame
    title: str
    replications: Sequence[int]

    @property
    def simulated(self) -> float:
        """Simulated purchases behind it."""
        return float(self.flows.simulated_buyers.sum())

    @property
    def enough(self) -> bool:
        """Whether its numbers are shown."""
        return self.simulated >= FEWEST_BUYERS

    def samples(self, keys: str | Sequence[str]) -> pd.DataFrame:
        """Needs by some columns (rows) and replication (columns)."""
        wide = self.flows.pivot_table("needs", keys, "replication", aggfunc="sum", observed=True)
        return wide.reindex(columns=list(self.replications)).fillna(0.0)

    @property
    def total(self) -> pd.Series:
        """Needs by replication."""
        return self.flows.groupby("replication").needs.sum().reindex(list(self.replications), fill_value=0.0)

    def by_tier(self, tiers: Sequence[str]) -> pd.Series:
        """Needs in some tiers by replication."""
        return self.samples("tier").reindex(list(tiers)).fillna(0.0).sum()

    def share(self, part: pd.Series) -> Estimate:
        """A part of all that switched: the ratio of sums over replications with its linearised interval."""
        whole = self.total
        share = float(part.sum() / whole.sum())
        half = float(half_width(((part - share * whole) / whole.mean()).to_frame().T).iloc[0])
        return Estimate(share, max(share - half, 0.0), min(share + half, 1.0))


def periods(comparison: Comparison, name: str, about: Entry) -> list[Moved]:
    """What switched while the storefronts were open and, if there is such a time, after."""
    flows = switching(comparison, name, about)
    numbers = sorted(comparison.outcomes.replication.unique())
    title = "While it was open" if about.new else capital(about.when)
    found = [Moved(flows[flows.week.between(about.first, about.last)], title, numbers)]
    if about.weeks_after:
        later = flows[flows.week.between(about.last + 1, about.horizon - 1)]
        words = f"{capital(after_words(about.weeks_after))}{' it closed' if about.new else ''}"
        found.append(Moved(later, words, numbers))
    return found
