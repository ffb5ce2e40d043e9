"""A comparison as it lies in its folder, with what the scenario files said about their numbers.

Scenarios are read as they were resolved and not checked again: they ran, so a rule that has become stricter
since must not make their results unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.experiments.results import RESOLVED, SEE_UNIT
from sim.outcomes.comparison import Comparison
from sim.scenario import LoadedScenario, ScenarioError
from sim.scenario.reading.layers import Layers
from sim.scenario.reading.loader import currency_name
from sim.scenario.reading.nodes import plain
from sim.scenario.reading.quantity import quantities
from sim.scenario.reading.translate import validate

TABLES = {"outcomes": SEE_UNIT, "weekly": "money", "flows": SEE_UNIT, "people": "people"}
"""Tables of a comparison, and what their two sides are measured in."""


@dataclass(frozen=True)
class Stored:
    """What a folder holds.

    Attributes:
        comparison: tables and scenarios.
        loaded: the scenarios with ranges and sources of their numbers, by name, the baseline among them.
        about: how it was made.
        folder: where it lies.
    """

    comparison: Comparison
    loaded: Mapping[str, LoadedScenario]
    about: Mapping[str, Any]
    folder: Path

    @property
    def names(self) -> list[str]:
        """Scenarios that are compared with the baseline."""
        return list(dict.fromkeys(map(str, self.comparison.outcomes.scenario)))


def open_comparison(folder: Path) -> Stored:
    """Read a comparison.

    Raises:
        FileNotFoundError: if something is missing.
        ScenarioError: if a scenario does not fit this version of the schema.
    """
    note = folder / "provenance.json"
    missing = [f"{name}.parquet" for name in TABLES if not (folder / f"{name}.parquet").is_file()]
    if not note.is_file() or missing:
        lost = ", ".join(missing or [note.name])
        raise FileNotFoundError(f"{folder} holds no complete comparison (no {lost}): make it again")
    about = json.loads(note.read_text(encoding="utf-8"))
    files = sorted((folder / "scenarios").glob(f"*{RESOLVED}"))
    loaded = {file.name.removesuffix(RESOLVED): _resolved(file) for file in files}
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    base = about["settings"]["baseline"]
    wanted = [base, *dict.fromkeys(map(str, tables["outcomes"].scenario))]
    if lost := ", ".join(f"scenarios/{name}{RESOLVED}" for name in wanted if name not in loaded):
        raise FileNotFoundError(f"{folder} holds no complete comparison (no {lost}): make it again")
    scenarios = {name: one.scenario for name, one in loaded.items()}
    return Stored(Comparison(base, scenarios, **tables), loaded, about, folder)


def _resolved(file: Path) -> LoadedScenario:
    """A resolved scenario with its quantities."""
    layers = Layers(file)
    layer = layers.merged((), ())
    currency = currency_name(layer.root)
    scenario, faults = validate(layer.root, currency)
    if scenario is None or faults:
        raise ScenarioError(list(faults))
    found = quantities(layer.root, currency)
    return LoadedScenario(scenario, file, plain(layer.root), {}, found, layer.provenance)


# --- cases ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A scenario and the baseline that it names."""

    scenario: LoadedScenario
    base: LoadedScenario

    @property
    def label(self) -> str:
        """Its label, or the name of its file."""
        return self.scenario.case or self.name

    @property
    def name(self) -> str:
        """Name of the scenario in tables."""
        return self.scenario.path.stem

    @property
    def against(self) -> str:
        """Name of the baseline in tables."""
        return self.base.path.stem

    @property
    def loaded(self) -> dict[str, LoadedScenario]:
        """Both scenarios by name, the baseline first."""
        return {self.against: self.base, self.name: self.scenario}


def read_case(case: Case, folder: Path) -> Comparison:
    """Results of a case.

    Raises:
        FileNotFoundError: if they are not there.
    """
    tables = {name: pd.read_parquet(folder / case.label / f"{name}.parquet") for name in TABLES}
    return Comparison(case.against, {name: one.scenario for name, one in case.loaded.items()}, **tables)
