"""Indices of Sobol': shares of the variance of an outcome that factors, and pairs of them, account for."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import sobol_indices

from sim.analysis.structure import by_index, require
from sim.outcomes.intervals import percentiles
from sim.sweep.designs import salib
from sim.sweep.responses import Responses

Floats = npt.NDArray[np.float64]
BATCH = 64
"""Resamples worked on at a time, so that memory stays small."""


def first_and_total(
    responses: Responses, resamples: int = 1000, level: float = 0.90, seed: int = 0
) -> pd.DataFrame:
    """First-order and total indices of the mean over replications, from a saltelli design.

    A first-order index is the share of the variance over the factor space that would go if the factor were
    known, a total index the share that would stay if all others were known; estimators of Saltelli et al.
    (2010, doi:10.1016/j.cpc.2009.09.018). Estimates can fall below 0 or above 1. Intervals resample the index
    of the design and hold the draws fixed: they tell how well the indices of this mean are known, not how
    other replications would change it.

    Args:
        responses: outcome at all points of a saltelli design.
        resamples: bootstrap resamples.
        level: coverage of the intervals.
        seed: seed of the resamples.

    Returns:
        One row a factor: factor, first, first_low, first_high, total, total_low, total_high; NaN if the
        outcome is the same everywhere, as there is no variance to share out.

    Raises:
        ValueError: if the design is of another kind.
        IncompleteError: if points are missing.
    """
    names = responses.names
    table = _evaluations(responses, ["A", "B", *(f"AB:{name}" for name in names)])
    values = table.to_numpy().T  # (2 + d, N)
    resampled = np.random.default_rng(seed).integers(len(table), size=(resamples, len(table)))
    rows = np.vstack([np.arange(len(table)), resampled])  # the design itself first
    batches = np.array_split(rows, max(1, resamples // BATCH))
    found = np.concatenate([_indices(values[:, batch]) for batch in batches], axis=1)
    columns: dict[str, object] = {"factor": names}
    for order, indices in zip(("first", "total"), found, strict=True):
        low, high = percentiles(indices[1:], level)
        columns |= {order: indices[0], f"{order}_low": low, f"{order}_high": high}
    return pd.DataFrame(columns)


def second_order(
    responses: Responses, resamples: int = 1000, level: float = 0.90, seed: int = 0
) -> pd.DataFrame:
    """Second-order indices of the mean over replications, from a saltelli design with second order.

    The share of the variance that two factors account for together beyond what each does alone (Saltelli
    2002, doi:10.1016/S0010-4655(02)00280-1), with symmetric intervals of the normal approximation.

    Args:
        responses: outcome at all points of a saltelli design with the blocks "BA:<factor>".
        resamples: bootstrap resamples.
        level: coverage of the intervals.
        seed: seed of the resamples.

    Returns:
        One row a pair: factor, other, value, low, high; NaN if the outcome is the same everywhere.

    Raises:
        ValueError: if the design is of another kind or has one factor only.
        IncompleteError: if points are missing.
        ModuleNotFoundError: if SALib is not installed.
    """
    names = responses.names
    if len(names) < 2:
        raise ValueError(f"second order: expected at least two factors, found {len(names)}")
    require(responses, "saltelli")
    if not responses.points["block"].str.startswith("BA:").any():
        raise ValueError("expected a saltelli design with second order, found one without")
    mixed = [f"{side}:{name}" for side in ("AB", "BA") for name in names]
    values = _evaluations(responses, ["A", *mixed, "B"]).to_numpy()  # the order that SALib expects
    value = half = np.full((len(names), len(names)), np.nan)
    if np.ptp(values) > 0:
        found = salib("analyze.sobol").analyze(
            {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}, values.ravel(),
            num_resamples=resamples, conf_level=level, seed=_nonzero(seed),
        )  # fmt: skip
        value, half = found["S2"], found["S2_conf"]
    pairs = [
        dict(factor=names[j], other=names[k], value=value[j, k],
             low=value[j, k] - half[j, k], high=value[j, k] + half[j, k])
        for j, k in combinations(range(len(names)), 2)
    ]  # fmt: skip
    return pd.DataFrame(pairs)


def _evaluations(responses: Responses, blocks: list[str]) -> pd.DataFrame:
    require(responses, "saltelli")
    responses.need_shared_draws()  # other draws at every point would look like interactions
    largest = int(responses.points["index"].max())
    count = max(2, 1 << largest.bit_length())  # a run that was cut short still tells the size it was to have
    return by_index(responses, blocks, count)


def _indices(values: Floats) -> Floats:
    """Indices, first and total, shape (2, samples, d), of blocks A, B, AB, shape (2 + d, samples, N)."""
    d, samples, count = values.shape[0] - 2, values.shape[1], values.shape[2]
    found = sobol_indices(func={"f_A": values[0], "f_B": values[1], "f_AB": values[2:]}, n=count)
    both = np.stack([found.first_order.reshape(samples, d), found.total_order.reshape(samples, d)])
    both[:, np.ptp(values[:2], axis=(0, 2)) == 0] = np.nan  # the library says 0 where nothing varies
    return both


def _nonzero(seed: int) -> int:
    """A seed other than 0, which SALib takes for none."""
    return int(np.random.default_rng(seed).integers(1, 2**31))
