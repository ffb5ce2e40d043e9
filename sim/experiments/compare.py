"""Scenarios against a baseline, person by person on the same draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pandas as pd

from sim.engine.parting import BASE
from sim.engine.replication import AS_WRITTEN, Replication, World, replications
from sim.engine.runner import History, Lockstep
from sim.engine.seeds import Vary
from sim.engine.start import MarketSettings, same_start
from sim.engine.watch import Watch
from sim.outcomes.comparison import Comparison
from sim.outcomes.pair import RECORD, Pair
from sim.outcomes.periods import npv_week
from sim.scenario.schema import Scenario

__all__ = ["DEFAULTS", "RECORD", "Comparison", "Settings", "check_comparable", "compare"]


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
    done: Callable[[], object] = lambda: None, worlds: Sequence[World] = (AS_WRITTEN,),
) -> Comparison:  # fmt: skip
    """Compare scenarios with a baseline on shared draws.

    Args:
        base: name and scenario of the baseline.
        others: scenarios by name.
        settings: replications, size, seeds.
        done: called after each replication.
        worlds: values of parameters laid over scenario and baseline alike, by replications in turn.

    Raises:
        ValueError: if the scenarios do not share horizon, tiers and categories, or begin in other states.
    """
    for name, scenario in others.items():
        check_comparable(base, name, scenario)
    runs = replications(settings.root_seed, settings.replications, settings.vary, worlds)

    def one(replication: Replication) -> list[Mapping[str, pd.DataFrame]]:
        tables = replicate(base[1], others, replication, settings)
        done()
        return tables

    with ThreadPoolExecutor(settings.workers) as pool:
        parts = [part for group in pool.map(one, runs) for part in group]
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


def replicate(
    base: Scenario, others: Mapping[str, Scenario], replication: Replication, settings: Settings, *,
    start: int | None = None, watch: Watch | None = None, history: History | None = None,
) -> list[Mapping[str, pd.DataFrame]]:  # fmt: skip
    """Run baseline and scenarios in lockstep on the draws of one replication.

    Args:
        base: the baseline.
        others: scenarios by name.
        replication: seeds and world.
        settings: size, run-off, and how values are discounted.
        start: week to which values are discounted; by default as the settings say.
        watch: deadline, stop and progress.
        history: kept states of the baseline on these draws.

    Returns:
        Outcomes, weekly sales, flows and people of every scenario, in their order.

    Raises:
        StoppedError: if the watch says so.
    """
    base = replication.scenario(base)
    others = {name: replication.scenario(one) for name, one in others.items()}
    run = MarketSettings(replication.seeds, settings.consumers, RECORD, settings.run_off)
    with Lockstep(base, others, run, Pair, watch=watch, history=history) as lockstep:
        lockstep.to_the_end()
        baseline = lockstep.branches[BASE].observer
        found = []
        for name, week in _starts(base, others, settings.common_date).items():
            pair = lockstep.branches[name].observer
            tables = pair.tables(baseline, week if start is None else start)
            found.append(_labelled(tables, name, replication.number))
        return found


def _starts(base: Scenario, others: Mapping[str, Scenario], common: bool) -> dict[str, int]:
    """Week to which the values of each scenario are discounted."""
    every = list(others.values())
    return {name: npv_week(base, every if common else [one]) for name, one in others.items()}


def _labelled(
    tables: Mapping[str, pd.DataFrame], scenario: str, replication: int
) -> Mapping[str, pd.DataFrame]:
    """Return tables with columns that say whose they are."""
    return {key: table.assign(scenario=scenario, replication=replication) for key, table in tables.items()}
