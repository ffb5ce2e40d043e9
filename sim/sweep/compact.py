"""Merge the many small files of a sweep into few, while others may read or even write."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from sim.sweep.panels import as_numbers, stored
from sim.sweep.results import Results
from sim.sweep.store import commit

SETTLED = 60.0
"""Seconds after which a half-written file has no writer any more."""


@dataclass(frozen=True)
class Compacted:
    """What was merged.

    Attributes:
        files: files before.
        rows: rows that were kept.
        dropped: rows of runs that stood there more than once.
        orphans: half-written files of killed processes that were removed.
    """

    files: int
    rows: int
    dropped: int
    orphans: int


def compact(results: Results) -> Compacted:
    """Merge all files that are there now into one of runs and one of weekly rows.

    The merged files appear before the old ones go, so a reader sees every run at any moment, some of them
    twice; of these it takes one.
    """
    folder = results.folder
    old = sorted(folder.runs.glob("[!.]*.parquet"))
    named = {file.name for file in old}  # a panel whose runs are not committed yet is somebody's work
    panels = sorted(file for file in folder.panel.glob("[!.]*.parquet") if file.name in named)
    every = pa.concat_tables([_table([file]) for file in old], promote_options="permissive") if old else None
    kept = results.table()
    if len(old) > 1 and every is not None:
        kept = kept.cast(results.columns.schema(results.units()))
        commit(folder, uuid.uuid4().hex, kept, _panel(panels, kept))
        _remove([*panels, *old])
    orphans = [file for file in folder.temporary() if time.time() - file.stat().st_mtime > SETTLED]
    _remove(orphans)
    rows = 0 if every is None else every.num_rows
    return Compacted(len(old) + len(panels), kept.num_rows, rows - kept.num_rows, len(orphans))


def _table(files: Iterable[Path]) -> pa.Table:
    return ds.dataset([file.as_posix() for file in files], format="parquet").to_table()


def _panel(files: list[Path], runs: pa.Table) -> pa.Table | None:
    """Weekly rows of the rows of runs that are kept, sorted by run and week."""
    if not files:
        return None
    rows = stored([file.as_posix() for file in files])
    kept = rows.filter(pc.is_in(rows["shard"], runs["shard"].unique()))
    return as_numbers(kept.sort_by([("run_id", "ascending"), ("week", "ascending")]))


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
