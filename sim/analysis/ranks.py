"""Partial rank correlation: the strength and sign of monotone effects, from any sample of the factors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from sim.analysis.structure import require
from sim.outcomes.intervals import percentiles
from sim.sweep.designs import kind_of
from sim.sweep.responses import Responses

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int_]
EXHAUSTED = 1e-10
"""Share of the variance of ranks below which nothing is left to correlate."""


def prcc(responses: Responses, resamples: int = 1000, level: float = 0.90, seed: int = 0) -> pd.DataFrame:
    """Partial rank correlation of each factor with the mean outcome over replications.

    The correlation of what the ranks of the other factors leave, by least squares, of the ranks of a factor
    and of the outcome (Marino et al. 2008, doi:10.1016/j.jtbi.2008.04.011, section 2.3.1). Intervals resample
    the points and hold the draws fixed. Of a saltelli design the blocks A and B are used, whose points are
    independent of each other.

    Args:
        responses: outcome over an lhs, sobol, saltelli, grid or list design.
        resamples: bootstrap resamples of points.
        level: coverage of the intervals.
        seed: seed of the resamples.

    Returns:
        One row a factor: factor, prcc, low, high; NaN where a factor or the outcome has nothing left.

    Raises:
        ValueError: if factors have no order, if the points are too few or if the design moves one factor at a
            time, so that its points are no sample of the factor space.
    """
    require(responses, "lhs", "sobol", "saltelli", "grid", "list")
    if named := [factor.name for factor in responses.factors if not factor.numeric]:
        raise ValueError(f"ranks need numbers; the levels are names in the factors {', '.join(named)}")
    columns = _columns(responses)
    count, d = len(columns), len(responses.names)
    if count < d + 2:
        raise ValueError(f"{d} factors need at least {d + 2} points, found {count}")
    rng = np.random.default_rng(seed)
    resampled = [_covariance(columns[rng.integers(count, size=count)]) for _ in range(resamples)]
    low, high = percentiles(_partial(np.array(resampled)), level)
    value = _partial(_covariance(columns))
    return pd.DataFrame(dict(factor=responses.names, prcc=value, low=low, high=high))


def _columns(responses: Responses) -> Floats:
    """Factors and, last, the mean outcome at independent points, shape (points, d + 1)."""
    independent = np.ones(len(responses.points), bool)
    if kind_of(responses.points) == "saltelli":
        independent = responses.points["block"].isin(["A", "B"]).to_numpy()
    factors = responses.points[responses.names].to_numpy(float)
    return np.column_stack([factors, responses.mean])[independent]


def _covariance(columns: Floats) -> Floats:
    """Covariance of the ranks of columns, shape (d + 1, d + 1)."""
    return np.cov(rankdata(columns, axis=0), rowvar=False)


def _partial(covariance: Floats) -> Floats:
    """Correlation of each column with the last in what the others leave of both, shape (..., d).

    The covariance of residuals of least squares is the Schur complement of the covariance of the others.

    Args:
        covariance: of d factors and the outcome, shape (..., d + 1, d + 1).
    """
    d = covariance.shape[-1] - 1
    others = np.array([[k for k in range(d) if k != j] for j in range(d)], int)  # (d, d - 1)
    pairs = np.array([[j, d] for j in range(d)])
    cross = _part(covariance, others, pairs)
    inverse = np.linalg.pinv(_part(covariance, others, others), hermitian=True)
    own = _part(covariance, pairs, pairs)
    left = own - np.swapaxes(cross, -1, -2) @ inverse @ cross  # (..., d, 2, 2)
    kept, before = (np.diagonal(square, axis1=-2, axis2=-1) for square in (left, own))
    something = (kept > EXHAUSTED * before).all(axis=-1)
    size = np.sqrt(np.where(something, kept.prod(axis=-1), np.nan))
    return np.clip(left[..., 0, 1] / size, -1.0, 1.0)


def _part(covariance: Floats, rows: Places, columns: Places) -> Floats:
    """The rows and columns that belong to each factor, shape (..., d, rows, columns)."""
    return covariance[..., rows[:, :, None], columns[:, None, :]]
