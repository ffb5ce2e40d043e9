"""The draws as a factor: how much of what single runs say is chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.sweep.responses import IncompleteError, Responses

Floats = npt.NDArray[np.float64]
SOURCES = ("factors", "draws", "interaction")


def variance_shares(responses: Responses) -> pd.DataFrame:
    """Shares of the variance of single runs due to factors, draws and their interaction.

    A two-way analysis of variance of points by replications with one run in each cell. Draws are the main
    effect of a replication, which shifts all points alike, as replication k has the same draws everywhere;
    the interaction is what draws do differently at different points. With mean squares MS of P points and R
    replications, the components are (MS_points - MS_rest) / R, (MS_replications - MS_rest) / P and MS_rest,
    unbiased if points are a random sample (Searle, Casella and McCulloch 1992, Variance Components, ch. 4).
    In a design that is none, like one factor at a time, the share of factors is that of its points.

    Args:
        responses: outcome over any design, at two points and in two replications at least.

    Returns:
        One row a source ("factors", "draws", "interaction"): source, degrees (of freedom), mean_square,
        variance, share, note. The variance is the unbiased estimate and can come out negative; it then counts
        as 0 in the shares, which add up to 1, and the note says so. Shares are NaN if all runs agree.

    Raises:
        IncompleteError: if there is one replication or one point only.
    """
    responses.need_shared_draws()
    points, replications = _shape(responses)
    if points < 2:
        raise IncompleteError(f"{responses.outcome}: expected two points or more, found {points}")
    squares = _mean_squares(responses.values)
    rest = squares[2]
    variance = np.array([(squares[0] - rest) / replications, (squares[1] - rest) / points, rest])
    counted = np.maximum(variance, 0.0)
    total = counted.sum()
    return pd.DataFrame({
        "source": SOURCES,
        "degrees": [points - 1, replications - 1, (points - 1) * (replications - 1)],
        "mean_square": squares,
        "variance": variance,
        "share": counted / total if total > 0 else np.full(3, np.nan),
        "note": ["estimate below 0, counted as 0" if value < 0 else "" for value in variance],
    })  # fmt: skip


def standard_errors(responses: Responses) -> pd.DataFrame:
    """Mean over replications at each point and its standard error.

    Of a difference between two points the error is smaller than these suggest, as shared draws cancel.

    Args:
        responses: outcome over any design, in two replications at least.

    Returns:
        One row a point, in the order of the design: block, index, mean, standard_error.

    Raises:
        IncompleteError: if there is one replication only.
    """
    _, replications = _shape(responses)
    error = responses.values.std(axis=1, ddof=1) / np.sqrt(replications)
    return responses.points[["block", "index"]].assign(mean=responses.mean, standard_error=error)


def _shape(responses: Responses) -> tuple[int, int]:
    points, replications = responses.values.shape
    if replications < 2:
        raise IncompleteError(f"{responses.outcome}: expected two replications or more, found {replications}")
    return points, replications


def _mean_squares(values: Floats) -> Floats:
    """Mean squares of points, replications and the rest, of values of shape (points, replications)."""
    points, replications = values.shape
    grand = values.mean()
    by_point = values.mean(axis=1, keepdims=True) - grand
    by_draw = values.mean(axis=0, keepdims=True) - grand
    rest = values - grand - by_point - by_draw
    degrees = [points - 1, replications - 1, (points - 1) * (replications - 1)]
    squares = [replications * (by_point**2).sum(), points * (by_draw**2).sum(), (rest**2).sum()]
    return np.array(squares) / np.array(degrees)
