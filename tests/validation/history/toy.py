"""A history that takes no time: three made-up figures of a market with three unknowns."""

from __future__ import annotations

from datetime import date
from functools import cache
from math import exp
from pathlib import Path
from typing import Any

import pandas as pd

from sim.sweep.designs import design
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.factors import Factor
from sim.sweep.results import open_experiment
from sim.sweep.runs import Draws
from sim.validation.history.study import history

FACTORS = tuple(
    Factor(name, low=low, high=high) for name, low, high in (("x", 0, 2), ("y", -1, 1), ("z", 0, 1))
)
NAMES = ("one_2018q1", "one_2018q2", "two_2018q2")
TRUE = {"x": 1.0, "y": 0.0}


@cache
def whole() -> Experiment:
    """The history that is really fitted, read once."""
    return history()


def market(seeds: Any, x: float, y: float, z: float) -> dict[str, float]:
    """Readings that pin down x and x + y; nothing tells z."""
    return {"one_2018q1": exp(0.7 * x), "one_2018q2": exp(0.9 * x), "two_2018q2": exp(x + y + 0.3 * x * y)}


def failing(seeds: Any, x: float, y: float, z: float) -> dict[str, float]:
    """The same, but where z is small nothing comes out."""
    if z < 0.2:
        raise ValueError("no such market")
    return {"one_2018q1": exp(0.7 * x), "one_2018q2": exp(0.9 * x), "two_2018q2": exp(x + y + 0.3 * x * y)}


def facts(tolerance: float = 0.1) -> pd.DataFrame:
    """Figures of the true point x = 1, y = 0, and two that are held out."""
    values = [*market(None, **TRUE, z=0.5).values(), 4.0, 5.0]
    return pd.DataFrame(
        {
            "party": "a",
            "reading": "yearly buyers",
            "on": [date(2018, 3, 31), date(2018, 6, 30), date(2018, 6, 30), *[date(2019, 9, 30)] * 2],
            "value": values,
            "unit": "people",
            "tolerance": tolerance,
            "role": ["fitted"] * 3 + ["held out"] * 2,
            "confidence": ["A", "A", "B", "A", "C"],
        },
        index=pd.Index([*NAMES, "one_2019q3", "two_2019q3"], name="name"),
    )


def experiment(function: Any = market, replications: int = 1) -> Experiment:
    points = design("list", FACTORS, rows=[{"x": 1.0, "y": 0.0, "z": 0.5}])
    return of_function(function, FACTORS, points, NAMES, draws=Draws(replications))


def stored(folder: Path) -> pd.DataFrame:
    """Which runs there are, and when each was begun."""
    return open_experiment(folder).runs(None)[["run_id", "started_utc"]].reset_index(drop=True)
