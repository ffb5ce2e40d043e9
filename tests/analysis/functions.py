"""Published test functions of sensitivity analysis with their exact indices, and outcomes made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.sweep.designs import Design
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses

Floats = npt.NDArray[np.float64]
Function = Callable[[pd.DataFrame], Floats]

ISHIGAMI = tuple(Factor(name, low=-np.pi, high=np.pi) for name in ("x1", "x2", "x3"))
ISHIGAMI_FIRST = np.array([0.3139, 0.4424, 0.0])
ISHIGAMI_TOTAL = np.array([0.5576, 0.4424, 0.2437])
ISHIGAMI_PAIRS = {("x1", "x2"): 0.0, ("x1", "x3"): 0.2437, ("x2", "x3"): 0.0}
"""Exact to four digits; Saltelli et al. (2008), Global Sensitivity Analysis: The Primer, section 4.5."""

G_WEIGHTS = np.array([0.0, 1.0, 4.5, 9.0])
G_FACTORS = tuple(Factor(f"g{k}", low=0.0, high=1.0) for k in range(len(G_WEIGHTS)))
G_PARTS = 1 / (3 * (1 + G_WEIGHTS) ** 2)
G_VARIANCE = float(np.prod(1 + G_PARTS) - 1)
G_FIRST = G_PARTS / G_VARIANCE
G_TOTAL = G_PARTS * np.prod(1 + G_PARTS) / (1 + G_PARTS) / G_VARIANCE
"""Saltelli and Sobol' (1995), Reliability Engineering and System Safety 50(3), 225-239."""


def ishigami(points: pd.DataFrame) -> Floats:
    """Ishigami and Homma (1990) with a = 7 and b = 0.1; factors uniform from -pi to pi."""
    x1, x2, x3 = (points[factor.name].to_numpy(float) for factor in ISHIGAMI)
    return np.sin(x1) + 7 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


def g_function(points: pd.DataFrame) -> Floats:
    """The g-function of Sobol': the product of (|4x - 2| + a) / (1 + a); factors uniform from 0 to 1."""
    x = points[[factor.name for factor in G_FACTORS]].to_numpy(float)
    return np.prod((np.abs(4 * x - 2) + G_WEIGHTS) / (1 + G_WEIGHTS), axis=1)


def linear(constant: float = 0.0, **slopes: float) -> Function:
    def function(points: pd.DataFrame) -> Floats:
        terms = [slope * points[name].to_numpy(float) for name, slope in slopes.items()]
        return constant + np.sum(terms, axis=0) + np.zeros(len(points))

    return function


def respond(
    design: Design,
    factors: Sequence[Factor],
    function: Function,
    noise: Floats | float = 0.0,
    replications: int = 1,
) -> Responses:
    """A function's outcome over a design, plus noise that broadcasts to (points, replications)."""
    values = np.repeat(function(design.points)[:, None], replications, axis=1) + noise
    return Responses("outcome", "units", tuple(factors), design.points, values)


def noise(points: int, replications: int, draws: float, interaction: float, seed: int = 0) -> Floats:
    """Normal noise of known standard deviations, shape (points, replications).

    One part is shared by all points of a replication, the other is each run's own. With them the g-function
    is stochastic, with known shares of variance: G_VARIANCE, draws squared, interaction squared.
    """
    rng = np.random.default_rng(seed)
    return draws * rng.normal(size=replications) + interaction * rng.normal(size=(points, replications))


def reordered(
    responses: Responses,
    points: npt.NDArray[np.intp] | None = None,
    replications: npt.NDArray[np.intp] | None = None,
) -> Responses:
    """The same outcome with points or replications in another order."""
    rows = np.arange(len(responses.points)) if points is None else points
    columns = np.arange(responses.values.shape[1]) if replications is None else replications
    table = responses.points.iloc[rows].reset_index(drop=True)
    values = responses.values[rows][:, columns]
    return Responses(responses.outcome, responses.unit, responses.factors, table, values)


def without(responses: Responses, **point: object) -> Responses:
    """The outcome less the points that match."""
    gone = np.logical_and.reduce([(responses.points[key] == value) for key, value in point.items()])
    return reordered(responses, np.flatnonzero(~gone))
