"""What was published: the rows that the history is fitted to, and those that are held out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from sim.outcomes.readings import READINGS
from sim.sweep.schema import OutcomeSpec

FITTED_UNTIL = date(2019, 6, 30)
"""Last day whose figures the fit may see."""
FACTS = Path("scenarios/facts/history.csv")
Role = Literal["fitted", "derived", "held out"]
COLUMNS = ["name", "party", "reading", "on", "value", "unit", "tolerance", "role", "confidence", "source"]


def published(path: Path | str = FACTS) -> pd.DataFrame:
    """Published figures, one row each, by name.

    Columns: party, reading (of `sim.outcomes.readings`), on, value in the unit of the reading, tolerance
    (share by which a model may miss it), role, confidence (grade of the source), source. "derived" rows
    follow from fitted ones, such as spend per buyer, and are shown but not counted twice.

    Args:
        path: the CSV file.

    Raises:
        ValueError: if a row makes no sense, or a figure of a later day is fitted.
    """
    table = pd.read_csv(path, dtype={"name": str, "value": float, "tolerance": float})
    if list(table.columns) != COLUMNS:
        raise ValueError(f"{path}: expected columns {', '.join(COLUMNS)}, found {', '.join(table.columns)}")
    table["on"] = pd.to_datetime(table["on"], format="%Y-%m-%d").dt.date
    for line, row in enumerate(table.to_dict("records"), start=2):
        _check(f"{path}:{line}", row)
    if twice := sorted(table.name[table.name.duplicated()]):
        raise ValueError(f"{path}: {', '.join(twice)} stands there twice")
    return table.set_index("name")


def _check(place: str, row: Mapping[Hashable, object]) -> None:
    """Refuse a row that makes no sense.

    Raises:
        ValueError: if it does not.
    """
    if row["reading"] not in READINGS:
        raise ValueError(f"{place}: unknown reading '{row['reading']}', expected {', '.join(READINGS)}")
    if READINGS[str(row["reading"])].unit != row["unit"]:
        raise ValueError(f"{place}: expected unit {READINGS[str(row['reading'])].unit}, found {row['unit']}")
    if row["role"] not in get_args(Role):
        raise ValueError(f"{place}: expected role {', '.join(get_args(Role))}, found '{row['role']}'")
    if not float(str(row["value"])) > 0.0 or not float(str(row["tolerance"])) > 0.0:
        raise ValueError(f"{place}: expected value and tolerance above zero")
    late = date.fromisoformat(str(row["on"])) > FITTED_UNTIL
    if late != (row["role"] == "held out"):
        raise ValueError(f"{place}: a figure is held out if it is later than {FITTED_UNTIL}, and only then")


def outcomes(facts: pd.DataFrame) -> dict[str, OutcomeSpec]:
    """What a run of the history must read to be held against some figures, by their names."""
    return {
        str(name): OutcomeSpec(outcome=row["reading"], party=row["party"], on=row["on"])
        for name, row in facts.iterrows()
    }


def series_of(names: Iterable[str]) -> list[str]:
    """Series of some figures: names without their quarter or month (`pinduoduo_sales_2018q4`)."""
    return ["_".join(part for part in name.split("_") if not part[0].isdigit()) for name in names]
