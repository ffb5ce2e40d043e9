"""Scenarios against a baseline, person by person on the same draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.demand import Record
from sim.engine.seeds import Seeds, Vary, replication_seeds
from sim.engine.start import open_market, same_start
from sim.market import Market
from sim.outcomes.comparison import Comparison
from sim.outcomes.experienced import observe, winner_rows
from sim.outcomes.flows import FlowRecorder
from sim.outcomes.followed import Followed
from sim.outcomes.rows import Row
from sim.outcomes.table import customer_rows, npv_week, outcomes
from sim.scenario.schema import Scenario

__all__ = ["DEFAULTS", "RECORD", "Comparison", "Pair", "Settings", "check_comparable", "compare", "weekly"]
Floats = npt.NDArray[np.float64]
RECORD = Record(expected=True, core=True, payments=True, winners=True)


@dataclass(frozen=True)
class Settings:
    """How a comparison is run.

    With `common_date`, values of all scenarios are discounted to one week, the first in which any of them
    differs from the baseline, so that they can be ranked; without, each to its own, as if it were alone.
    """

    replications: int = 10
    consumers: int | None = None
    root_seed: int = 1
    vary: Vary = "both"
    run_off: bool = True
    workers: int = 2
    common_date: bool = True


DEFAULTS = Settings()


def compare(
    base: tuple[str, Scenario], others: Mapping[str, Scenario], settings: Settings = DEFAULTS,
    done: Callable[[], object] = lambda: None,
) -> Comparison:  # fmt: skip
    """Compare scenarios with a baseline on shared draws.

    Args:
        base: name and scenario of the baseline.
        others: scenarios by name.
        settings: replications, size, seeds.
        done: called after each replication.

    Raises:
        ValueError: if the scenarios do not share horizon, tiers and categories, or begin in other states.
    """
    for name, scenario in others.items():
        check_comparable(base, name, scenario)
    seeds = replication_seeds(settings.root_seed, settings.replications, settings.vary)

    def one(replication: int) -> list[dict[str, pd.DataFrame]]:
        tables = _replicate(base[1], others, seeds[replication], replication, settings)
        done()
        return tables

    with ThreadPoolExecutor(settings.workers) as pool:
        parts = [part for group in pool.map(one, range(settings.replications)) for part in group]
    joined = {key: pd.concat([part[key] for part in parts], ignore_index=True) for key in parts[0]}
    return Comparison(base[0], {base[0]: base[1], **others}, **joined)


def check_comparable(base: tuple[str, Scenario], name: str, scenario: Scenario) -> None:
    """Refuse a scenario that has not the people, weeks and needs of the baseline.

    Raises:
        ValueError: if it has not.
    """
    for part in ("time", "tiers", "categories", "population", "finance", "currency"):
        if getattr(base[1], part) != getattr(scenario, part):
            raise ValueError(
                f"{name} and {base[0]} differ in {part}: their people cannot be compared one by one"
            )
    if not same_start([base[1], scenario]):
        raise ValueError(
            f"{name} starts from {_start(scenario)}, but {base[0]} from {_start(base[1])}: "
            "give both the same `start_from`"
        )


def _start(scenario: Scenario) -> str:
    start = scenario.start_from
    return "its own start" if start is None else f"{start.scenario} on {start.on}"


def _replicate(
    base: Scenario, others: Mapping[str, Scenario], seeds: Seeds, replication: int, settings: Settings
) -> list[dict[str, pd.DataFrame]]:
    """Run baseline and scenarios in lockstep; tables by scenario."""
    with ExitStack() as stack:

        def market(scenario: Scenario) -> Market:
            made = open_market(
                scenario, world_seed=seeds.world, shock_seed=seeds.shock, consumers=settings.consumers,
                record=RECORD, run_off=settings.run_off,
            )  # fmt: skip
            return stack.enter_context(made)

        reference = market(base)
        every = list(others.values())
        pairs = {
            name: Pair(reference, market(one), npv_week(base, every if settings.common_date else [one]))
            for name, one in others.items()
        }
        while reference.week < reference.last_week:
            reference.step()
            for pair in pairs.values():
                pair.step()
        return [pair.tables(name, replication) for name, pair in pairs.items()]


class Pair:
    """A baseline and a scenario in lockstep, on the same seeds.

    Args:
        base: market of the baseline, stepped by the caller before each `step`.
        other: market of the scenario; the same market = nothing to compare with, which gives its levels.
        start: week to which values are discounted.
    """

    def __init__(self, base: Market, other: Market, start: int) -> None:
        self.base = base
        self.other = other
        self.start = start
        self.recorder = FlowRecorder(base, other)
        self.followed = [Followed(market, (base, other)) for market in dict.fromkeys((base, other))]
        self.at_horizon: list[Row] = []
        observe(base)
        observe(other)

    def step(self) -> None:
        """One week; flows, people and customers are taken down within the horizon only."""
        if self.other is not self.base:
            self.other.step()
        if self.base.week <= self.base.horizon:
            self.recorder.record()
            for followed in self.followed:
                followed.record()
        if self.base.week == self.base.horizon:
            self.at_horizon = list(customer_rows(self.base, self.other))
            self.at_horizon += winner_rows(self.base, self.other)

    def flows(self) -> pd.DataFrame:
        """Who switched, by week."""
        flows = self.recorder.table()
        flows["week"] -= 1  # the recorder looks after the week has been counted
        return flows

    def rows(self, flows: pd.DataFrame | None = None) -> Iterator[Row]:
        """Outcomes of the pair, after its last week."""
        flows = self.flows() if flows is None else flows
        yield from outcomes(self.base, self.other, self.start, flows, (self.followed[0], self.followed[-1]))
        yield from self.at_horizon

    def tables(self, scenario: str, replication: int) -> dict[str, pd.DataFrame]:
        """Outcomes, weekly sales, flows and people of the pair."""
        flows = self.flows()
        tables = {
            "outcomes": pd.DataFrame(self.rows(flows)),
            "weekly": weekly(self.base, self.other),
            "flows": flows,
            "people": people(self.base, self.other),
        }
        return {
            key: table.assign(scenario=scenario, replication=replication) for key, table in tables.items()
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
