"""Elementary effects: which factors matter at all, from few runs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.structure import refuse_missing, require
from sim.sweep.designs import salib
from sim.sweep.factors import Factor, positions
from sim.sweep.responses import Responses

Floats = npt.NDArray[np.float64]
LEAST_MOVE = 1e-9
"""Share of the range below which a factor counts as unmoved."""


def elementary_effects(
    responses: Responses, steps: int | None = None, resamples: int = 1000, level: float = 0.90, seed: int = 0
) -> pd.DataFrame:
    """Mean and spread of the elementary effects of the mean over replications, from a morris design.

    An elementary effect is the change of the outcome when one factor moves by a step of the design, divided
    by the step as a share of the factor's range (Morris 1991, doi:10.1080/00401706.1991.10484804): the slope
    per range, in units of the outcome; along the logarithm if the scale is log, and in the order of the
    levels if there are levels. `mu_star` is the mean of absolute effects (Campolongo, Cariboni and Saltelli
    2007, doi:10.1016/j.envsoft.2006.10.004); a `sigma` as large as it means curvature or interactions.

    Args:
        responses: outcome at all points of a morris design.
        steps: levels of the design's grid; only needed if every factor has levels or whole numbers.
        resamples: bootstrap resamples of trajectories.
        level: coverage of the intervals.
        seed: seed of the resamples.

    Returns:
        One row a factor: factor, mu, mu_star, mu_star_low, mu_star_high, sigma; the interval is that of the
        normal approximation, cut off at 0, below which `mu_star` cannot be.

    Raises:
        ValueError: if the design is of another kind, has one trajectory or is not made of moves of one
            factor, or if its levels are unknown or not those given.
        IncompleteError: if a trajectory lacks points.
        ModuleNotFoundError: if SALib is not installed.
    """
    require(responses, "morris")
    responses.need_shared_draws()  # other draws at every point would look like effects
    names, d = responses.names, len(responses.names)
    units, values = _trajectories(responses)
    found = salib("analyze.morris").analyze(
        {"num_vars": d, "names": names, "bounds": [[0.0, 1.0]] * d}, units.reshape(-1, d), values.ravel(),
        num_resamples=resamples, conf_level=level, num_levels=_levels(responses.factors, units, steps),
        seed=np.random.default_rng(seed),
    )  # fmt: skip
    columns = {key: np.asarray(found[key], float) for key in ("mu", "mu_star", "mu_star_conf", "sigma")}
    half = columns.pop("mu_star_conf")
    table = pd.DataFrame({"factor": names, **columns})
    table.insert(3, "mu_star_low", np.maximum(table["mu_star"] - half, 0.0))
    table.insert(4, "mu_star_high", table["mu_star"] + half)
    return table


def _trajectories(responses: Responses) -> tuple[Floats, Floats]:
    """Positions, shape (trajectories, d + 1, d), and mean outcomes, shape (trajectories, d + 1)."""
    points, d = responses.points, len(responses.names)
    number = points["block"].astype(int)
    trajectories = sorted(set(number))
    if len(trajectories) < 2:
        raise ValueError(f"expected at least two trajectories, found {len(trajectories)}")
    refuse_missing(responses, [(str(t), k) for t in trajectories for k in range(d + 1)])
    order = np.lexsort((points["index"], number))
    units = np.column_stack([positions(f, points[f.name].tolist()) for f in responses.factors])
    units = units[order].reshape(len(trajectories), d + 1, d)
    moved = np.abs(np.diff(units, axis=1)) > LEAST_MOVE
    if not ((moved.sum(axis=1) == 1).all() and (moved.sum(axis=2) == 1).all()):
        raise ValueError("a trajectory of a morris design moves every factor once, found one that does not")
    return units, responses.mean[order].reshape(len(trajectories), d + 1)


def _levels(factors: tuple[Factor, ...], units: Floats, steps: int | None) -> int:
    """Levels p of the grid, told by the step p / (2 (p - 1)) of a factor that takes any number."""
    exact = [j for j, factor in enumerate(factors) if not factor.levels and not factor.whole]
    if not exact:
        if steps is None:
            raise ValueError("every factor has levels or whole numbers: the steps of the design must be told")
        return steps
    step = float(np.abs(np.diff(units[..., exact[0]], axis=1)).max())
    found = round(2 * step / (2 * step - 1))
    if steps not in (None, found):
        raise ValueError(f"steps: expected {found}, as the design has them, found {steps}")
    return found
