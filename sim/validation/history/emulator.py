"""What a run would read, without running it: quadratic response surfaces through the runs there are.

The logarithm of a reading is fitted by a ridge regression on all factors, their squares and products (Box
and Wilson 1951; as emulators in history matching: Vernon, Goldstein and Bower 2010, doi:10.1214/10-BA524).
What it cannot tell is its leave-one-out error. Runs of a study share their draws: what other draws would
change is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.extras import optional

Floats = npt.NDArray[np.float64]
PENALTIES = tuple(np.logspace(-4, 3, 15))


@dataclass(frozen=True)
class Emulator:
    """Response surfaces of several readings.

    Attributes:
        names: readings, R of them.
        error: leave-one-out error of ln reading, standard deviation, shape (R,).
        explained: share of the variance of ln reading that is predicted when left out, shape (R,).
    """

    names: tuple[str, ...]
    error: Floats
    explained: Floats
    _model: Any

    def __call__(self, unit: Floats) -> Floats:
        """ln reading at points of the unit cube, shape (points, R)."""
        return np.asarray(self._model.predict(unit))


def emulate(unit: Floats, readings: pd.DataFrame) -> Emulator:
    """Fit the surfaces.

    Args:
        unit: points that were run, in the unit cube, shape (points, factors).
        readings: what they read, all above zero, a row a point.

    Raises:
        ValueError: if there are fewer points than twice the factors, or a reading is not above zero.
        ModuleNotFoundError: if scikit-learn is not installed.
    """
    if len(unit) < 2 * unit.shape[1]:
        raise ValueError(f"expected at least {2 * unit.shape[1]} points, found {len(unit)}")
    table = readings.to_numpy(np.float64)
    if not (table > 0.0).all():
        raise ValueError("expected readings above zero")
    log = np.log(table)
    ridge = optional("sklearn.linear_model", "validation").RidgeCV(
        PENALTIES, alpha_per_target=True, store_cv_results=True
    )
    pre = optional("sklearn.preprocessing", "validation")
    pipeline = optional("sklearn.pipeline", "validation").make_pipeline
    model = pipeline(pre.PolynomialFeatures(2, include_bias=False), pre.StandardScaler(), ridge)
    model.fit(unit, log)
    squared = ridge.cv_results_.mean(axis=0).min(axis=1)
    spread = log.var(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.where(spread > 0.0, 1.0 - squared / spread, 1.0)
    return Emulator(tuple(readings.columns), np.sqrt(squared), explained, model)
