"""What an experiment will take, before anything is run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.sweep.experiment import Experiment, Plan
from sim.sweep.runs import Run
from sim.sweep.store import NOTE, Columns, Folder
from sim.sweep.sweep import done_runs
from sim.sweep.worker import Job, Shard, attempt, panel_of, table_of

ROWS_A_SHARD = 20
"""Runs whose rows are compressed together, to guess the space that they take."""


class OverBudgetError(ValueError):
    """A plan that is expected to cost more than the experiment allows."""


@dataclass(frozen=True)
class Cost:
    """What an experiment will take.

    Attributes:
        points: points of the design.
        runs: runs, each counted once.
        stored: those that have a row already.
        seconds: time of one run.
        bytes: space of one run.
        source: where the two are from, in words.
        error: what went wrong with the run that was tried; empty if nothing did or none was.
    """

    points: int
    runs: int
    stored: int
    seconds: float
    bytes: float
    source: str
    error: str = ""

    @property
    def todo(self) -> int:
        """Runs to make."""
        return self.runs - self.stored

    def hours(self, workers: int) -> float:
        """Time by the clock."""
        return self.todo * self.seconds / workers / 3600

    @property
    def gigabytes(self) -> float:
        """Space to be written."""
        return self.todo * self.bytes / 1e9


def cost(experiment: Experiment, plan: Plan, path: Path, *, trial: bool = True) -> Cost:
    """What the rest of an experiment will take: as the stored runs did, or as one that is tried now.

    Args:
        experiment: what is asked.
        plan: its runs.
        path: folder of its results, which need not be there.
        trial: whether a run may be tried if none is stored.
    """
    folder, runs = Folder(path), plan.runs
    done = done_runs(folder) & {run.id for run in runs} if (path / NOTE).exists() else set()
    found = _stored(folder) if done else None
    error = ""
    if found is None and trial and runs:
        found, error = _tried(experiment, runs[0], folder)
    seconds, size, source = found or (float("nan"), float("nan"), "not known before a run is made")
    return Cost(len(plan.by_point), len(runs), len(done), seconds, size, source, error)


def rest(experiment: Experiment, path: Path, todo: int) -> Cost:
    """What some of the runs of an experiment will take: those of a slice, or those that are made again."""
    plan = experiment.plan()
    return replace(cost(experiment, plan, path), runs=todo, stored=0)


def _stored(folder: Folder) -> tuple[float, float, str] | None:
    """Mean time and space of the ok runs that are there."""
    table = folder.found(("run_id", "status", "wall_s"))
    ok = table.filter(pc.equal(table["status"], "ok"))
    if not ok.num_rows:
        return None
    size = sum(
        file.stat().st_size for place in (folder.runs, folder.panel) for file in place.glob("*.parquet")
    )
    return pc.mean(ok["wall_s"]).as_py(), size / table.num_rows, f"as {ok.num_rows:,} stored runs"


def _tried(experiment: Experiment, run: Run, folder: Folder) -> tuple[tuple[float, float, str], str]:
    """Time and space of one run that is made now and thrown away, the second time it is made."""
    columns = Columns(experiment.factors, experiment.outcomes)
    job = Job(experiment.work, folder, columns, "trial", experiment.budget.run_seconds)
    attempt(job, run, Shard("trial", (run,)))  # kernels may have to be compiled
    start = time.perf_counter()
    row, found, _ = attempt(job, run, Shard("trial", (run,)))
    taken = time.perf_counter() - start
    size = _size(table_of(columns, [row] * ROWS_A_SHARD, found.units))
    if found.panel is not None:
        panel = panel_of([found.panel.assign(run_id=run.id, shard="trial")])
        size += ROWS_A_SHARD * _size(panel) if panel is not None else 0
    return (taken, size / ROWS_A_SHARD, "one run tried"), row["error"]


def _size(table: pa.Table) -> int:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return int(sink.getvalue().size)


def within_budget(experiment: Experiment, found: Cost, workers: int) -> Iterator[str]:
    """What is over the budget, in words."""
    limits = experiment.budget
    if limits.hours is not None and found.hours(workers) > limits.hours:
        yield f"it will take about {found.hours(workers):.1f} h, the budget is {limits.hours:g} h"
    if limits.gigabytes is not None and found.gigabytes > limits.gigabytes:
        yield f"it will write about {found.gigabytes:.1f} GB, the budget is {limits.gigabytes:g} GB"


def refuse_over_budget(experiment: Experiment, found: Cost, workers: int) -> None:
    """Refuse a plan that costs more than the experiment allows.

    Raises:
        OverBudgetError: if it does.
    """
    over = list(within_budget(experiment, found, workers))
    if over:
        raise OverBudgetError("; ".join(over) + ": make the design smaller or raise the budget in the file")
