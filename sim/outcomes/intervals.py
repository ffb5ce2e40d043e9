"""Intervals over replications or worlds: Student's of means, percentiles of resamples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from sim.linear import weighted_sum

Floats = npt.NDArray[np.float64]
LEVEL = 0.90
"""Confidence level of intervals."""
NAN = float("nan")


@dataclass(frozen=True)
class Estimate:
    """A number and its interval.

    Attributes:
        value: point estimate; NaN where the sample leaves it undefined.
        low: lower end; NaN with one draw.
        high: upper end; NaN with one draw.
        share: share of the resamples that define the number; NaN if there are none.
    """

    value: float
    low: float
    high: float
    share: float = 1.0


# --- Student's ---------------------------------------------------------------------------------------


def half_width(error: Any, freedom: Any, level: float = LEVEL) -> Any:
    """Return half of Student's interval of a mean: its standard error times the quantile.

    Where the standard deviation s of n observations is at hand, `half_width(s, n - 1) / sqrt(n)` is the same
    but for the last bit.

    Args:
        error: standard errors, a number, an array or a column.
        freedom: degrees of freedom of each, the observations less one; 1 or more where it means anything.
        level: coverage.
    """
    return t.ppf(0.5 + level / 2, freedom) * error


def student(values: Floats, weights: Floats | None = None, level: float = LEVEL) -> tuple[Floats, ...]:
    """Means and Student's intervals over the first axis.

    With weights, the number of observations is the effective one, 1 / sum of squared weights (Kish 1965,
    Survey Sampling).

    Args:
        values: observations, shape (observations, ...).
        weights: of observations, adding up to 1, shape (observations,); None if all weigh the same.
        level: coverage.

    Returns:
        Means, lower ends and upper ends, each of shape (...); the ends are NaN with one observation.
    """
    shares = np.full(len(values), 1 / len(values)) if weights is None else weights
    count = effective(shares)
    mean = weighted_sum(shares, values)
    if count <= 1.0 + 1e-9:
        return mean, np.full_like(mean, NAN), np.full_like(mean, NAN)
    variance = weighted_sum(shares, (values - mean) ** 2) * count / (count - 1)
    half = half_width(np.sqrt(variance / count), count - 1, level)
    return mean, mean - half, mean + half


def effective(weights: Floats) -> float:
    """Effective number of observations of weights that add up to 1."""
    return float(1 / (weights**2).sum())


# --- bootstrap ---------------------------------------------------------------------------------------


def reweighted(weights: Floats, resamples: int, seed: int) -> Iterator[Floats]:
    """Bootstrap resamples as weights: each observation times the number of times it is drawn.

    Args:
        weights: of observations, adding up to 1, shape (observations,).
        resamples: how many.
        seed: of the resamples.

    Yields:
        Weights that add up to 1, shape (observations,).
    """
    count = len(weights)
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = weights * np.bincount(rng.integers(count, size=count), minlength=count)
        yield drawn / drawn.sum()


def around(
    estimate: Floats, resampled: Floats, count: float, level: float = LEVEL, floor: float = -np.inf
) -> tuple[Floats, Floats]:
    """Percentile intervals of resamples, stretched to the width of Student's interval of a mean.

    Percentiles of few draws are too narrow (Hesterberg 2015, sec. 3.3, doi:10.1080/00031305.2015.1089789).

    Args:
        estimate: of the sample, shape (statistics,).
        resampled: of the resamples, shape (resamples, statistics); NaN where undefined.
        count: draws behind the estimate, effective ones if weighted.
        level: coverage.
        floor: least value the statistics can take.

    Returns:
        Lower and upper ends, shape (statistics,); NaN with one draw.
    """
    if count <= 1.0 + 1e-9:
        return np.full(len(estimate), NAN), np.full(len(estimate), NAN)
    low, high = percentiles(estimate + stretch(count, level) * (resampled - estimate), level)
    return np.maximum(low, floor), np.maximum(high, floor)


def stretch(count: float, level: float = LEVEL) -> float:
    """How much wider Student's interval of a mean is than percentiles of its resamples; 1 for one draw."""
    if count <= 1.0 + 1e-9:
        return 1.0
    tail = 0.5 + level / 2
    return float(np.sqrt(count / (count - 1)) * t.ppf(tail, count - 1) / norm.ppf(tail))


def percentiles(resampled: Floats, level: float) -> tuple[Floats, Floats]:
    """Percentile interval over resamples.

    Reference: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.

    Args:
        resampled: statistics, shape (resamples, statistics); NaN where a resample leaves one undefined.
        level: coverage, between 0 and 1.

    Returns:
        Lower and upper ends, shape (statistics,); NaN for a statistic that no resample defines.
    """
    ends = np.full((2, resampled.shape[1]), np.nan)
    defined = np.isfinite(resampled).any(axis=0)
    ends[:, defined] = np.nanquantile(resampled[:, defined], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends[0], ends[1]
