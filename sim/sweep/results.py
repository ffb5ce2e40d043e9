"""Results of a sweep, readable at any time, also while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.extras import optional
from sim.scenario.errors import unknown
from sim.sweep import panels
from sim.sweep.claim import factors_of
from sim.sweep.factors import Factor, Value
from sim.sweep.responses import IncompleteError, Responses
from sim.sweep.store import (
    OUTCOME,
    PARAMETER,
    PLAN,
    STATUSES,
    Columns,
    Folder,
    StoreError,
    of_files,
    read_files,
)

if TYPE_CHECKING:
    import xarray as xr

LISTED = 5
"""Most missing points written out in one message."""


def open_experiment(path: Path | str) -> Results:
    """The results in a folder.

    Raises:
        StoreError: if it is no folder of an experiment, or of one that has not begun.
    """
    folder = Folder(Path(path))
    note = folder.read_note()
    if not (folder.path / PLAN).exists():
        raise StoreError(f"{path} has no {PLAN}: its sweep is just beginning, or ended there; start it again")
    return Results(folder, note)


@dataclass(frozen=True)
class Results:
    """Results of a sweep; every call reads what is there at that moment.

    Attributes:
        folder: where they are.
        note: what was asked (experiment.json).
    """

    folder: Folder
    note: Mapping[str, Any]

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """What varied."""
        return factors_of(self.note)

    @property
    def outcomes(self) -> list[str]:
        """Names of the numbers that were kept."""
        return list(self.note["outcomes"])

    @property
    def columns(self) -> Columns:
        """Columns of the runs."""
        return Columns(self.factors, self.outcomes)

    # --- tables ----------------------------------------------------------------------------------

    def plan(self) -> pd.DataFrame:
        """One row a planned run: point, replication, run_id, seeds, factors, place in the design."""
        return pq.read_table(self.folder.path / PLAN).to_pandas()

    def table(self) -> pa.Table:
        """One row a run that has been made, as it is stored; of several rows the one that counts.

        An ok row counts before a failed one, a later attempt before an earlier one, then the first.
        """
        rows = read_files(self.folder.runs, self.columns.schema())
        order = pa.table(
            {
                "run_id": rows["run_id"],
                "bad": pc.not_equal(rows["status"], "ok"),
                "attempt": pc.negate(rows["attempt"]),
                "started": rows["started_utc"],
                "shard": rows["shard"],
                "place": np.arange(rows.num_rows),
            }
        ).sort_by([(key, "ascending") for key in ("run_id", "bad", "attempt", "started", "shard")])
        names = order["run_id"].to_numpy()
        first = np.ones(len(names), bool)
        first[1:] = names[1:] != names[:-1]
        return rows.take(order["place"].to_numpy()[first])

    def runs(self, status: str | Sequence[str] | None = "ok") -> pd.DataFrame:
        """One row a planned run that has been made, in the order of the plan.

        Factors and outcomes stand under their names, the rest as `sim.sweep.store.ROW` describes it.

        Args:
            status: which rows; none = all.
        """
        found = self.table().to_pandas()
        found.columns = [name.removeprefix(PARAMETER).removeprefix(OUTCOME) for name in found.columns]
        if status is not None:
            found = found[found.status.isin([status] if isinstance(status, str) else list(status))]
        plan = self.plan()
        keys = [name for name in plan.columns if name not in found.columns or name == "run_id"]
        rows = plan[keys].drop_duplicates("run_id").merge(found, on="run_id")
        return rows[[*keys, *(name for name in found.columns if name not in keys)]]

    def points(self) -> pd.DataFrame:
        """One row a point: factors, means of the outcomes over ok replications, their standard errors.

        An outcome that is no number in one of these replications has no mean.
        """
        names = [factor.name for factor in self.factors]
        plan = self.plan()  # a run that stands at several points counts at each
        runs = plan.merge(self.runs()[["run_id", *self.outcomes]], on="run_id")
        grouped = runs.groupby("point", sort=True)
        size = grouped.size().rename("n")
        there = grouped[self.outcomes].count().eq(size, axis=0)
        mean = grouped[self.outcomes].mean().where(there)
        error = grouped[self.outcomes].sem().where(there).add_suffix("_se")
        place = [name for name in ("block", "index") if name in runs]
        return pd.concat([grouped[[*names, *place]].first(), size, mean, error], axis=1)

    def failures(self) -> pd.DataFrame:
        """Runs that came to nothing: where, what, at which parameters."""
        rows = self.runs([status for status in STATUSES if status != "ok"])
        names = [factor.name for factor in self.factors]
        return rows[["run_id", "point", "replication", "status", "stage", "error_type", "error", *names]]

    def status(self) -> pd.Series:
        """Runs by status; "missing" are those not made yet."""
        planned = self.plan().run_id.nunique()
        found = self.runs(None).status.value_counts().reindex(STATUSES, fill_value=0)
        counts = [planned, *found, planned - found.sum()]
        return pd.Series(counts, ["planned", *STATUSES, "missing"], dtype=int, name="runs")

    def units(self) -> dict[str, str]:
        """Units of factors and outcomes, from the first file that knows them."""
        found: dict[str, str] = {factor.name: factor.unit for factor in self.factors}
        of_files(self.folder.runs, lambda files: self._units(files, found))
        return found

    def _units(self, files: Sequence[str], found: dict[str, str]) -> None:
        for file in files:
            for field in pq.read_schema(file):
                name = field.name.removeprefix(OUTCOME)
                if field.name.startswith(OUTCOME) and not found.get(name):
                    found[name] = (field.metadata or {}).get(b"unit", b"").decode()
            if all(found.get(name) for name in self.outcomes):
                return

    # --- the panel -------------------------------------------------------------------------------

    def panel(
        self, where: Mapping[str, Any] | None = None, columns: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Weekly rows of ok runs in order, with factors and replication beside them.

        Args:
            where: values, or lists of values, by column of the panel.
            columns: columns to keep beside `run_id`; all by default.
        """
        rows = self._panel(where).to_pandas()
        rows = rows.sort_values(panels.keys_of(rows), kind="stable", ignore_index=True)
        return rows if columns is None else rows[["run_id", *columns]]

    def _panel(self, where: Mapping[str, Any] | None = None) -> pa.Table:
        runs = self.table()
        runs = runs.filter(pc.equal(runs["status"], "ok"))
        names = [PARAMETER + factor.name for factor in self.factors]
        table = panels.read(self.folder.panel, runs.select(["run_id", "shard", "replication", *names]), where)
        return table.rename_columns([self._short(name, table) for name in table.column_names])

    def _short(self, name: str, panel: pa.Table) -> str:
        """Name of a column without the beginning that tells factors apart, unless the panel needs it."""
        short = name.removeprefix(PARAMETER)
        return name if short in panel.column_names else short

    def to_xarray(self, metric: str) -> xr.DataArray:
        """One metric of the panel as an array: run by week by channel ...; what is not there is NaN.

        Raises:
            ModuleNotFoundError: if xarray is not installed (extra `analysis`).
            KeyError: if the panel has no such metric.
        """
        panel = self.panel()
        names = [factor.name for factor in self.factors]
        beside = [PARAMETER + name if PARAMETER + name in panel else name for name in names]
        return panels.to_xarray(panel, metric, beside)

    def sql(self, query: str) -> pd.DataFrame:
        """Ask in SQL; there are the tables `runs`, `plan` and `panel`.

        Raises:
            ModuleNotFoundError: if duckdb is not installed (extra `analysis`).
        """
        duckdb = optional("duckdb", "analysis")
        with duckdb.connect(":memory:") as database:
            database.register("runs", self.runs(None))
            database.register("plan", self.plan())
            database.register("panel", self._panel())
            found: pd.DataFrame = database.execute(query).df()
        return found

    # --- comparisons -----------------------------------------------------------------------------

    def paired(self, factor: str, a: Value, b: Value) -> pd.DataFrame:
        """Outcomes at one value of a factor minus those at another, on the same draws, all else equal.

        Raises:
            KeyError: if there is no such factor.
            ValueError: if no pair has the same draws.
        """
        names = [one.name for one in self.factors]
        if factor not in names:
            raise KeyError(unknown("factor", factor, names))
        keys = [*(name for name in names if name != factor), "replication", "world_seed", "shock_seed"]
        runs = self.runs()
        sides = [runs[runs[factor] == value].set_index(keys)[self.outcomes] for value in (a, b)]
        shared = sides[0].join(sides[1].add_suffix("_other"), how="inner")
        if not len(shared):
            raise ValueError(f"no runs at {factor} = {a} and at {b} that share draws and the other factors")
        differences = {name: shared[name] - shared[f"{name}_other"] for name in self.outcomes}
        return pd.DataFrame(differences).reset_index()

    def missing(self) -> pd.DataFrame:
        """Planned runs without an ok row."""
        plan = self.plan()
        return plan[~plan.run_id.isin(self.runs().run_id)]

    def responses(self, outcome: str) -> Responses:
        """One outcome at all points and replications, for the analyses.

        Raises:
            KeyError: if there is no such outcome.
            IncompleteError: if a run is missing or has failed; the message says which and what to do.
        """
        if outcome not in self.outcomes:
            raise KeyError(unknown("outcome", outcome, self.outcomes))
        plan, table = self.plan(), self.runs().set_index("run_id")
        if not len(plan):
            raise IncompleteError(f"{self.folder.path} has no points")
        values = table[outcome].reindex(plan.run_id).to_numpy()
        self._refuse_gaps(plan, plan.run_id.isin(table.index).to_numpy())
        names = [factor.name for factor in self.factors]
        points = plan[plan.replication == 0].reset_index(drop=True)
        shape = (len(points), int(plan.replication.max()) + 1)
        place = [name for name in ("block", "index") if name in points]
        unit = self.units().get(outcome, "")
        shared = not self.note.get("independent", False)
        table = points[[*names, *place]]
        return Responses(outcome, unit, self.factors, table, values.reshape(shape), shared)

    def _refuse_gaps(self, plan: pd.DataFrame, there: np.ndarray) -> None:
        gaps = plan[~there]
        if not len(gaps):
            return
        listed = [
            f"point {row.point} replication {row.replication}" for row in gaps.head(LISTED).itertuples()
        ]
        more = f" and {len(gaps) - LISTED} more" if len(gaps) > LISTED else ""
        failed = sum(self.status()[status] for status in STATUSES if status != "ok")
        how = "sim sweep retry" if failed == len(gaps) else "sim sweep run"
        raise IncompleteError(
            f"{len(gaps)} of {len(plan)} runs have no result ({failed} failed): {', '.join(listed)}{more}; "
            f"fill them with `{how}` into {self.folder.path}"
        )
