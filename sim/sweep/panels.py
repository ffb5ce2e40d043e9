"""Weekly rows of many runs: read, put beside their runs, turned into arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sim.extras import optional
from sim.scenario.errors import unknown
from sim.sweep.store import of_files

if TYPE_CHECKING:
    import xarray as xr

KEYS = ("run_id", "option", "week", "channel", "category", "tier")
"""What rows are told apart by, as far as a panel has it."""
EMPTY = pa.schema([("run_id", pa.string()), ("shard", pa.string())])
"""Columns of a panel without rows."""


def keys_of(panel: pd.DataFrame) -> list[str]:
    """Columns by which the rows of a panel are told apart."""
    return [name for name in KEYS if name in panel]


def read(folder: Path, runs: pa.Table, where: Mapping[str, Any] | None = None) -> pa.Table:
    """Weekly rows of some runs, with their columns beside.

    Args:
        folder: files of weekly rows.
        runs: run_id and shard of the runs that count, and what is to stand beside. Rows of the same run in
            other shards do not count.
        where: values, or lists of values, by column of the panel.
    """
    rows = of_files(folder, lambda files: stored(files, where))
    place = pc.index_in(rows["run_id"], value_set=runs["run_id"].combine_chunks())
    rows, beside = rows.filter(place.is_valid()), runs.take(place.drop_null())
    counts = pc.equal(rows["shard"], beside["shard"])
    for name in beside.column_names:
        if name not in ("run_id", "shard"):
            rows = rows.append_column(name, beside[name])
    return rows.filter(counts).drop_columns(["shard"])


def stored(files: Sequence[str], where: Mapping[str, Any] | None = None) -> pa.Table:
    """Weekly rows of some files, words as words, columns that a file does not have being empty.

    The rows of a shard are taken from one file only: while files are merged they stand in two.

    Raises:
        KeyError: if a condition is on a column that there is not.
    """
    schemas = [words(pq.read_schema(file)) for file in files]
    schema = pa.unify_schemas([EMPTY, *schemas], promote_options="permissive")
    for name in where or {}:
        if files and name not in schema.names:
            raise KeyError(unknown("column", name, schema.names))
    if not files:
        return schema.empty_table()
    owner: dict[str, str] = {}
    batches = []
    rows = ds.dataset(list(files), schema=schema, format="parquet").scanner(filter=condition(where))
    for found in rows.scan_batches():
        batch, path = found.record_batch, found.fragment.path
        shards = batch["shard"].unique()
        first = pa.array([owner.setdefault(shard.as_py(), path) == path for shard in shards], pa.bool_())
        batches.append(batch.filter(pc.is_in(batch["shard"], shards.filter(first))))
    return pa.Table.from_batches(batches, schema)


def words(schema: pa.Schema) -> pa.Schema:
    """A schema in which words that are stored as numbers of a list are words."""
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in schema.types]
    text = [pa.string() if pa.types.is_large_string(kind) else kind for kind in kinds]
    return pa.schema(zip(schema.names, text, strict=True))


def as_text(rows: pa.Table) -> pa.Table:
    """Words that are stored as numbers of a list as words."""
    return rows.cast(words(rows.schema))


def as_numbers(rows: pa.Table) -> pa.Table:
    """Words as numbers of a list, which takes less space."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            rows = rows.set_column(place, field.name, rows[field.name].dictionary_encode())
    return rows


def condition(where: Mapping[str, Any] | None) -> pc.Expression | None:
    """A condition on columns of the panel."""
    found: pc.Expression | None = None
    for name, value in (where or {}).items():
        one = ds.field(name).isin(list(value) if isinstance(value, list | tuple | set) else [value])
        found = one if found is None else found & one
    return found


def to_xarray(panel: pd.DataFrame, metric: str, factors: Sequence[str]) -> xr.DataArray:
    """One metric as an array by run, week, channel, ...; replication and factors are coordinates of the run.

    Raises:
        ModuleNotFoundError: if xarray is not installed.
        KeyError: if the panel has no such metric.
    """
    optional("xarray", "analysis")
    beside = ["replication", *factors]
    keys = keys_of(panel)
    if metric not in panel or metric in (*keys, *beside):
        metrics = [name for name in panel if name not in (*keys, *beside)]
        raise KeyError(unknown("metric", metric, [str(name) for name in metrics]))
    array = panel.set_index(keys)[metric].to_xarray()
    runs = panel.drop_duplicates("run_id").set_index("run_id").loc[array.run_id.to_numpy()]
    coordinates: dict[str, Any] = {name: ("run_id", runs[name].to_numpy()) for name in beside}
    return array.assign_coords(coordinates).rename(run_id="run")
