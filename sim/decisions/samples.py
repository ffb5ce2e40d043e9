"""Numbers of options over draws: worlds or replications, the same for all options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.sweep.results import Results

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Samples:
    """What options lead to, less the baseline, run by run.

    Attributes:
        options: names of the options.
        table: a row a run, columns `option.measure`, factors, run_id, point, replication.
        weekly: weekly rows by run_id, option and week; empty if none were kept.
        results: the store.
        names: name under which an option was run, where it is another one.
    """

    options: tuple[str, ...]
    table: pd.DataFrame
    weekly: pd.DataFrame
    results: Results
    names: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(results: Results, options: Sequence[str]) -> Samples:
        """Samples of a finished study."""
        runs = results.runs()
        weekly = results.panel() if any(results.folder.panel.glob("*.parquet")) else pd.DataFrame()
        return Samples(tuple(options), runs.reset_index(drop=True), weekly, results)

    def renamed(self, runs: Mapping[str, str]) -> Samples:
        """The same with other names of options.

        Args:
            runs: name of the run of every option.
        """
        names = dict(self.names) | dict(runs)
        return replace(self, options=tuple(names), names=names)

    def only(self, draws: npt.NDArray[np.bool_]) -> Samples:
        """Some of the draws."""
        table = self.table[draws].reset_index(drop=True)
        weekly = self.weekly
        if len(weekly):
            weekly = weekly[weekly.run_id.isin(table.run_id)]
        return replace(self, table=table, weekly=weekly)

    def run_of(self, option: str) -> str:
        """Name under which an option was run."""
        return self.names.get(option, option)

    def __len__(self) -> int:
        """Number of draws."""
        return len(self.table)

    def of_option(self, option: str, measure: str) -> Floats:
        """One measure of an option, shape (draws,)."""
        return self.table[f"{self.run_of(option)}.{measure}"].to_numpy(np.float64)

    def measure(self, measure: str, options: Sequence[str] | None = None) -> Floats:
        """One measure of some options, shape (draws, options)."""
        chosen = self.options if options is None else options
        return np.column_stack([self.of_option(option, measure) for option in chosen])

    def value(self, firm: str, options: Sequence[str] | None = None) -> Floats:
        """Net present value to a firm, shape (draws, options)."""
        return self.measure(f"value_{firm}", options)
