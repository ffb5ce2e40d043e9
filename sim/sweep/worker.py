"""What a worker does with a shard of runs: make them one by one, turn failures into rows, commit.

While it is at a run it keeps the run's number in a small file, so that the driver of a worker that was
killed knows which run it was at. All is committed in one go at the end of the shard.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import cloudpickle
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim import __version__
from sim.engine.watch import RunTimeoutError, Watch
from sim.sweep.panels import as_numbers, as_text
from sim.sweep.runs import Run
from sim.sweep.store import OUTCOME, PARAMETER, Columns, Folder, Status, commit
from sim.sweep.work import Found, Work

PASSING = (OSError, MemoryError)
"""Errors that may not come again; everything else is the model's and deterministic."""
LONGEST = 4000
"""Characters of an error or traceback that are kept; of a longer one its end."""


@dataclass(frozen=True)
class Job:
    """What all shards of an invocation have in common.

    Attributes:
        work: what a run does.
        folder: where rows go.
        columns: columns of the rows.
        invocation: name of the invocation.
        run_seconds: time that a run may take.
    """

    work: Work
    folder: Folder
    columns: Columns
    invocation: str
    run_seconds: float


@dataclass(frozen=True)
class Shard:
    """Some runs that are made one after another and committed together.

    Attributes:
        id: name of its files.
        runs: the runs.
        attempt: 1 = first.
        final: whether errors that may pass are kept; otherwise their runs are given back.
        alone: whether it is made while nothing else is.
    """

    id: str
    runs: tuple[Run, ...]
    attempt: int = 1
    final: bool = False
    alone: bool = False


@dataclass
class Summary:
    """What became of a shard: small, because it travels back.

    Attributes:
        statuses: runs by status.
        seconds: time of the runs together.
        again: runs with errors that may pass, not committed.
        left: runs not begun because somebody asked to stop.
        error: the last failure in words.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    again: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    error: str = ""


class Marker:
    """Says which run of a shard a worker is at."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def of(folder: Folder, invocation: str, shard: str) -> Marker:
        """The marker of a shard."""
        return Marker(folder.busy / f"{invocation}.{shard}")

    def __enter__(self) -> Marker:
        """Open the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.handle = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644)
        return self

    def at(self, number: int) -> None:
        """The worker begins the run of this number."""
        os.lseek(self.handle, 0, os.SEEK_SET)
        os.write(self.handle, f"{number:8d}".encode())

    def __exit__(self, *_: object) -> None:
        """Remove the file."""
        os.close(self.handle)
        self.path.unlink(missing_ok=True)

    def read(self) -> int | None:
        """Number of the run; None if none was begun."""
        try:
            return int(self.path.read_text())
        except (OSError, ValueError):
            return None


def run_shard(pickled: bytes, shard: Shard) -> Summary:
    """Make the runs of a shard and commit them."""
    job, summary = job_of(pickled), Summary()
    before = committed(job.folder, shard)
    if before is not None:  # a cluster repeats what it has lost
        return before
    made: list[tuple[dict[str, Any], Found]] = []
    stop = job.folder.stop_file(job.invocation)
    with Marker.of(job.folder, job.invocation, shard.id) as marker:
        for number, run in enumerate(shard.runs):
            if stop.exists():
                summary.left = [left.id for left in shard.runs[number:]]
                break
            marker.at(number)
            row, found, passing = attempt(job, run, shard)
            summary.seconds += row["wall_s"]
            if passing and not shard.final:
                summary.again.append(run.id)
                continue
            summary.error = row["error"] or summary.error
            made.append((row, found))
        if made:
            keep(job, shard, made, summary)
    return summary


def keep(job: Job, shard: Shard, made: Sequence[tuple[dict[str, Any], Found]], summary: Summary) -> None:
    """Commit rows, and count them.

    If that fails the runs are given back, to be made alone; one alone that cannot be written has failed.
    """
    rows = [row for row, _ in made]
    try:
        units = {name: unit for _, found in made for name, unit in found.units.items()}
        panel = panel_of(
            [
                found.panel.assign(run_id=row["run_id"], shard=shard.id)
                for row, found in made
                if found.panel is not None
            ]
        )
        commit(job.folder, shard.id, table_of(job.columns, rows, units), panel)
    except Exception as error:
        if not shard.final:
            summary.again.extend(row["run_id"] for row in rows)
            return
        failed = failure("failed", "writing", error)
        summary.error = failed["error"]
        gone = dict.fromkeys(OUTCOME + name for name in job.columns.outcomes)
        rows = [row | gone | failed for row in rows]
        commit(job.folder, shard.id, table_of(job.columns, rows, {}), None)
    summary.statuses.update(row["status"] for row in rows)


def committed(folder: Folder, shard: Shard) -> Summary | None:
    """What has been committed of a shard; None if nothing has."""
    try:
        rows = pq.read_table(folder.runs / f"{shard.id}.parquet", columns=["run_id", "status"]).to_pylist()
    except FileNotFoundError:
        return None
    made = {row["run_id"] for row in rows}
    left = [run.id for run in shard.runs if run.id not in made]
    return Summary(Counter(row["status"] for row in rows), left=left)


@lru_cache(maxsize=1)
def job_of(pickled: bytes) -> Job:
    """The job, unpacked once a process."""
    job: Job = cloudpickle.loads(pickled)
    return job


def attempt(job: Job, run: Run, shard: Shard) -> tuple[dict[str, Any], Found, bool]:
    """Make a run: its row, what was found, and whether its error may pass."""
    watch, found, passing = Watch(job.run_seconds), Found({}), False
    row = {**blank(run, shard, job.invocation, job.work.code), "started_utc": now()}
    clocks = time.perf_counter(), time.process_time()
    try:
        found = job.work.run(run, watch)
        row |= {"status": "ok", "stage": "done", **outcomes(job.columns, found)}
    except RunTimeoutError as error:
        row |= failure("timeout", watch.stage, error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit: no run ends a sweep
        row |= failure("failed", watch.stage, error)
        passing, found = isinstance(error, PASSING), Found({})
    wall, cpu = time.perf_counter() - clocks[0], time.process_time() - clocks[1]
    return row | {"wall_s": wall, "cpu_s": cpu, "peak_rss_mb": peak()}, found, passing


def outcomes(columns: Columns, found: Found) -> dict[str, float]:
    """Columns of the outcomes.

    Raises:
        KeyError: if the work did not give one.
        TypeError: if it gave something else.
    """
    if not isinstance(found.values, Mapping):
        raise TypeError(f"expected outcomes by name, found {type(found.values).__name__}")
    missing = [name for name in columns.outcomes if name not in found.values]
    if missing:
        raise KeyError(f"no outcome {', '.join(missing)}; there are {', '.join(found.values)}")
    return {OUTCOME + name: float(found.values[name]) for name in columns.outcomes}


def failure(status: Status, stage: str, error: BaseException) -> dict[str, str]:
    """Columns of a run that came to nothing."""
    try:
        words = str(error)
    except Exception:
        words = ""
    return {
        "status": status,
        "stage": stage,
        "error_type": type(error).__name__,
        "error": storable(words) or type(error).__name__,
        "traceback": storable("".join(traceback.format_exception(error))),
    }


def storable(text: str) -> str:
    """The end of a text, without the halves of characters that names of files may hold."""
    return text[-LONGEST:].encode("utf-8", "replace").decode("utf-8")


def blank(run: Run, shard: Shard, invocation: str, code: str) -> dict[str, Any]:
    """Columns that are known before a run is made."""
    return {
        "run_id": run.id,
        "point_id": run.point,
        "replication": run.replication,
        "error_type": "",
        "error": "",
        "traceback": "",
        "world_seed": str(run.seeds.world),
        "shock_seed": str(run.seeds.shock),
        "package": __version__,
        "code": code,
        "invocation": invocation,
        "started_utc": "",
        "wall_s": 0.0,
        "cpu_s": 0.0,
        "peak_rss_mb": 0.0,
        "attempt": shard.attempt,
        "shard": shard.id,
        **{PARAMETER + name: value for name, value in run.parameters.items()},
    }


def table_of(columns: Columns, rows: list[dict[str, Any]], units: Mapping[str, str]) -> pa.Table:
    """Rows as a table; outcomes that are not there are empty."""
    schema = columns.schema(units)
    words = [field.name for field in schema if field.name.startswith(PARAMETER) and field.type == pa.string()]
    text = [row | {name: str(row[name]) for name in words} for row in rows] if words else rows
    return pa.Table.from_pylist(text, schema=schema)


def panel_of(panels: list[pd.DataFrame]) -> pa.Table | None:
    """Weekly rows of several runs as one table."""
    if not panels:
        return None
    table = pa.Table.from_pandas(pd.concat(panels, ignore_index=True), preserve_index=False)
    return as_numbers(as_text(table))


def now() -> str:
    """This moment, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def peak() -> float:
    """Most memory that this process has had, in MB; zero where the system does not say."""
    if sys.platform == "win32":
        return 0.0
    import resource

    unit = 1024.0**2 if sys.platform == "darwin" else 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
