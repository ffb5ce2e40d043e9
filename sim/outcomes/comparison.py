"""What a comparison leaves: tables of scenarios against a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sim.outcomes.rows import summarise
from sim.scenario.schema import Scenario


@dataclass(frozen=True)
class Comparison:
    """Tables of a comparison; see `sim.experiments.results.COLUMNS` for columns and units."""

    base: str
    scenarios: Mapping[str, Scenario]
    outcomes: pd.DataFrame
    weekly: pd.DataFrame
    flows: pd.DataFrame
    people: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Mean difference, interval and variance ratio of every outcome over replications."""
        return summarise(self.outcomes)

    def only(self, name: str) -> Comparison:
        """One of the scenarios with the baseline."""
        tables = {key: getattr(self, key) for key in ("outcomes", "weekly", "flows", "people")}
        kept = {key: table[table.scenario == name].reset_index(drop=True) for key, table in tables.items()}
        return Comparison(self.base, {key: self.scenarios[key] for key in (self.base, name)}, **kept)
