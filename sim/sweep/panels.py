"""Weekly rows of many runs: read, put beside their runs, turned into arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from sim.extras import optional
from sim.scenario.errors import unknown

if TYPE_CHECKING:
    import xarray as xr

KEYS = ("run_id", "week", "channel", "category", "tier")
"""What rows are told apart by, as far as a panel has it."""


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
    files = sorted(file.as_posix() for file in folder.glob("[!.]*.parquet"))
    if not files:
        return runs.slice(0, 0).drop_columns(["shard"])
    rows = as_text(ds.dataset(files, format="parquet").to_table(filter=condition(where)))
    return rows.join(runs, keys=["run_id", "shard"], join_type="inner").drop_columns(["shard"])


def as_text(rows: pa.Table) -> pa.Table:
    """Words that are stored as numbers of a list as words."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_dictionary(field.type):
            rows = rows.set_column(place, field.name, rows[field.name].cast(pa.string()))
    return rows


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
