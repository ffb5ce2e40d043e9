"""A baseline and a scenario in lockstep: what is taken down of both, and the outcomes in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.consumers.demand import Record
from sim.market import Market
from sim.outcomes.experienced import KeptExperience, experience, observe
from sim.outcomes.flows import FlowRecorder
from sim.outcomes.followed import Followed, KeptFollowed
from sim.outcomes.rows import Row
from sim.outcomes.table import at_horizon, outcomes

RECORD = Record(expected=True, core=True, payments=True, winners=True)
"""What markets record so that pairs of them can be compared."""


@dataclass(frozen=True)
class KeptPair:
    """Copies of all that a pair has taken down.

    Attributes:
        flows: rows of the flows.
        followed: what was followed in the market of the scenario.
        experience: what its people have experienced.
    """

    flows: Sequence[dict[str, Any]]
    followed: KeptFollowed
    experience: KeptExperience


class Pair:
    """What is taken down of a baseline and a scenario on the same draws (an observer of `sim.engine.runner`).

    Args:
        base: market of the baseline.
        other: market of the scenario; the same market = nothing to compare with, which gives its levels.
        kept: what another pair has taken down up to the state from which `other` goes on; none at the start.
    """

    def __init__(self, base: Market, other: Market, kept: KeptPair | None = None) -> None:
        self.base = base
        self.other = other
        self.recorder = FlowRecorder(base, other, () if kept is None else kept.flows)
        self.followed = Followed(other, None if kept is None else kept.followed)
        self.at_horizon: list[Row] = []
        observe(other, None if kept is None else kept.experience)

    def kept(self) -> KeptPair:
        """Return copies of all that was taken down."""
        lived = experience(self.other)
        assert lived is not None
        return KeptPair(tuple(self.recorder.rows), self.followed.kept(), lived.kept())

    def record(self) -> None:
        """Take down the week that both have just run, within the horizon only."""
        if self.base.week <= self.base.horizon:
            self.recorder.record()
            self.followed.record()
        if self.base.week == self.base.horizon:
            self.at_horizon = at_horizon(self.base, self.other)

    def flows(self) -> pd.DataFrame:
        """Return who switched, by week."""
        flows = self.recorder.table()
        flows["week"] -= 1  # the recorder looks after the week has been counted
        return flows

    def rows(self, baseline: Pair, start: int, flows: pd.DataFrame | None = None) -> Iterator[Row]:
        """Yield outcomes of the pair, after its last week.

        Args:
            baseline: the baseline beside itself.
            start: week to which values are discounted.
            flows: the flows, if they are there already.
        """
        flows = self.flows() if flows is None else flows
        yield from outcomes(self.base, self.other, start, flows, (baseline.followed, self.followed))
        yield from self.at_horizon

    def tables(self, baseline: Pair, start: int) -> Mapping[str, pd.DataFrame]:
        """Return outcomes, weekly sales, flows and people of the pair; arguments as in `rows`."""
        flows = self.flows()
        return {
            "outcomes": pd.DataFrame(self.rows(baseline, start, flows)),
            "weekly": weekly(self.base, self.other),
            "flows": flows,
            "people": people(self.base, self.other),
        }


def weekly(base: Market, other: Market) -> pd.DataFrame:
    """GMV and orders by week, channel, category and tier in both markets."""
    keys = ["week", "channel", "category", "tier"]
    return side_by_side(base.sales_table(), other.sales_table(), keys, "gmv", ["orders"])


def people(base: Market, other: Market) -> pd.DataFrame:
    """People aware by week, name and tier in both markets."""
    return side_by_side(base.people_table(), other.people_table(), ["week", "name", "tier"], "aware")


def side_by_side(
    before: pd.DataFrame, after: pd.DataFrame, keys: list[str], measure: str, more: Sequence[str] = ()
) -> pd.DataFrame:
    """One measure of two tables by the same keys; what is absent in one counts as zero there.

    Further measures stand in columns `<measure>_baseline` and `<measure>_with_scenario`.
    """
    sides = {"baseline": before.set_index(keys), "with_scenario": after.set_index(keys)}
    columns = {side: table[measure] for side, table in sides.items()}
    columns |= {f"{name}_{side}": table[name] for name in more for side, table in sides.items()}
    both = pd.concat(columns, axis=1).fillna(0.0)
    return both.assign(difference=both.with_scenario - both.baseline).reset_index()
