"""Make a stored run again, from nothing but its folder, and compare bit for bit."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sim.engine.seeds import Seeds
from sim.engine.watch import Watch
from sim.sweep.market_work import MarketWork
from sim.sweep.options_work import OptionsWork
from sim.sweep.panels import keys_of
from sim.sweep.results import Results
from sim.sweep.runs import Run
from sim.sweep.store import plain
from sim.sweep.work import Found, Work

SHORTEST = 6
"""Fewest digits by which a run can be named."""


@dataclass(frozen=True)
class Reproduction:
    """A run beside its stored result.

    Attributes:
        run: the run.
        outcomes: stored and new value of every outcome, and whether they agree in every bit.
        panel: whether the weekly rows agree in every bit; None if there are none.
        same_code: whether the code is that of the stored run.
    """

    run: Run
    outcomes: pd.DataFrame
    panel: bool | None
    same_code: bool

    @property
    def same(self) -> bool:
        """Whether everything agrees."""
        return bool(self.outcomes.same.all()) and self.panel is not False


def reproduce(results: Results, name: str, work: Work | None = None) -> Reproduction:
    """Make a stored run again.

    Args:
        results: where it is stored.
        name: its run_id, or the first digits of it.
        work: what a run does; by default what the folder says, which it can for markets, not for functions.

    Raises:
        LookupError: if there is no such ok run, or more than one.
        ValueError: if the folder does not say what a run does.
    """
    row = _row(results, name)
    work = work or _work(results)
    parameters = {factor.name: plain(row[factor.name]) for factor in results.factors}
    seeds = Seeds(int(row["world_seed"]), int(row["shock_seed"]))
    run = Run(row["run_id"], row["point_id"], int(row["replication"]), seeds, parameters)
    found = work.run(run, Watch())
    pairs = [(name, float(row[name]), float(found.values[name])) for name in results.outcomes]
    table = pd.DataFrame(pairs, columns=["outcome", "stored", "now"])
    same = [_bits(a) == _bits(b) for _, a, b in pairs]
    return Reproduction(
        run, table.assign(same=same), _same_panel(results, run, found), row["code"] == work.code
    )


def _row(results: Results, name: str) -> dict[str, Any]:
    if len(name) < SHORTEST:
        raise LookupError(f"run '{name}': expected at least {SHORTEST} digits of a run_id")
    runs = results.runs()
    found = runs[runs.run_id.str.startswith(name)]
    if len(found) != 1:
        raise LookupError(f"run '{name}': {len(found) or 'no'} ok runs in {results.folder.path} begin so")
    return {str(key): value for key, value in found.iloc[0].items()}


def _work(results: Results) -> Work:
    described = results.note.get("work")
    if described is None:
        raise ValueError(f"{results.folder.path} holds runs of a Python function: give it as `work`")
    kind = OptionsWork if described.get("kind") == "options" else MarketWork
    return kind.restored(described)


def _same_panel(results: Results, run: Run, found: Found) -> bool | None:
    if found.panel is None:
        return None
    new = found.panel.sort_values(keys_of(found.panel)).reset_index(drop=True)
    stored = results.panel(where={"run_id": run.id}, columns=list(new.columns)).drop(columns="run_id")
    return list(_rows(new)) == list(_rows(stored))


def _rows(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    for row in table.itertuples(index=False):
        yield tuple(_bits(value) if isinstance(value, float) else value for value in row)


def _bits(value: float) -> bytes:
    return struct.pack("<d", value)
