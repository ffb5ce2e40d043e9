"""Numbers of options over draws: worlds or replications, the same for all options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.outcomes.declared import FIRM_VALUE, declared
from sim.sweep.results import Results

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Samples:
    """What options lead to, less the baseline, run by run.

    Attributes:
        options: names of the options.
        table: a row a run, columns `option.column` (see `Outcome.column`), factors, run_id, point,
            replication.
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

    def of_option(self, option: str, outcome: str, firm: str = "") -> Floats:
        """One outcome of an option, shape (draws,).

        Args:
            option: the option.
            outcome: declared name of an outcome that questions keep, see `sim.outcomes.declared`.
            firm: whose, where several firms have one.

        Raises:
            ValueError: if questions keep no such outcome.
        """
        column = declared(outcome).column_of(firm)
        return self.table[f"{self.run_of(option)}.{column}"].to_numpy(np.float64)

    def value(self, firm: str, options: Sequence[str] | None = None) -> Floats:
        """Net present value to a firm, shape (draws, options)."""
        chosen = self.options if options is None else options
        return np.column_stack([self.value_of(option, firm) for option in chosen])

    def value_of(self, option: str, firm: str) -> Floats:
        """Net present value of an option to a firm, shape (draws,)."""
        return self.of_option(option, FIRM_VALUE, firm)
