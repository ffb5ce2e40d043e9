"""One scenario, many replications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from sim.consumers.demand import Record
from sim.engine.loop import advance
from sim.engine.replication import AS_WRITTEN, Replication, World, replications
from sim.engine.start import MarketSettings
from sim.experiments.compare import DEFAULTS, Settings
from sim.experiments.folders import clear
from sim.experiments.results import provenance, write_provenance, write_table
from sim.scenario import LoadedScenario
from sim.scenario.schema import Scenario

TABLES = ("sales", "surplus", "people", "books", "teams", "merchants")


def run(
    scenario: Scenario, settings: Settings = DEFAULTS, done: Callable[[], object] = lambda: None,
    worlds: Sequence[World] = (AS_WRITTEN,),
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Run the replications of a scenario; tables sales, surplus, people and books.

    Args:
        scenario: the scenario.
        settings: replications, size, seeds.
        done: called after each replication.
        worlds: values of parameters laid over the scenario, by replications in turn.
    """
    runs = replications(settings.root_seed, settings.replications, settings.vary, worlds)

    def one(replication: Replication) -> dict[str, pd.DataFrame]:
        tables = _tables(scenario, replication, settings)
        done()
        return {name: table.assign(replication=replication.number) for name, table in tables.items()}

    with ThreadPoolExecutor(settings.workers) as pool:
        parts = list(pool.map(one, runs))
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in TABLES}


def _tables(scenario: Scenario, replication: Replication, settings: Settings) -> dict[str, pd.DataFrame]:
    run = MarketSettings(replication.seeds, settings.consumers, Record(), settings.run_off)
    with run.open(replication.scenario(scenario)) as market:
        advance(market)
        return {
            "sales": market.sales_table(), "surplus": market.surplus_table(),
            "people": market.people_table(), "books": market.ledger.table(),
            "teams": market.teams_table(), "merchants": market.merchants_table(),
        }  # fmt: skip


def save_run(
    folder: Path,
    tables: dict[str, pd.DataFrame],
    loaded: LoadedScenario,
    settings: Settings,
    command: Sequence[str],
) -> list[Path]:
    """Write the tables of a run, its scenario and provenance.json (last)."""
    clear(folder)
    about = provenance("run", command, {"scenario": loaded.path.stem, **asdict(settings)})
    money = loaded.scenario.currency.name
    written = [
        write_table(folder / f"{name}.parquet", table, money, about)
        for name, table in tables.items()
        if len(table)
    ]
    write_provenance(folder, about, {loaded.path.stem: loaded})
    return written
