"""Scenario discovery: under which circumstances is an outcome what nobody wants, or everybody?

The patient rule induction method peels away thin slices of the space of factors until what remains is a box
in which the cases of interest are dense (Friedman and Fisher 1999, Bump hunting in high-dimensional data,
Statistics and Computing 9). Bryant and Lempert (2010, Thinking inside the box, Technological Forecasting and
Social Change 77) read the box as a scenario and test it by quasi-p-values and by resampling. The peeling
itself is that of the exploratory modelling workbench, `ema_workbench` 2.5 or 3.0.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.extras import optional
from sim.sweep.factors import Factor
from sim.sweep.responses import Floats, Responses

Mask = npt.NDArray[np.bool_]

FEWEST = 10
"""With fewer cases of interest a peel of 5 per cent takes away less than half of one on average."""


def cases(
    responses: Responses,
    condition: Callable[[Floats], Mask] | None = None,
    *,
    below: float | None = None,
    above: float | None = None,
) -> Mask:
    """Which points are cases of interest, by the mean outcome over replications.

    Args:
        responses: the outcome at the points.
        condition: what makes a case of interest; takes and returns an array of shape (points,).
        below: or: means below this value, in the unit of the outcome.
        above: or: means above it.

    Raises:
        ValueError: unless exactly one of the three is given and answers for every point.
    """
    if sum(given is not None for given in (condition, below, above)) != 1:
        raise ValueError("expected exactly one of condition, below and above")
    mean = responses.mean
    if below is not None:
        return mean < below
    if above is not None:
        return mean > above
    assert condition is not None
    mask = np.asarray(condition(mean))
    if mask.shape != mean.shape or mask.dtype != np.bool_:
        raise ValueError(
            f"expected true or false for each of {len(mean)} points, found {mask.dtype} {mask.shape}"
        )
    return mask


@dataclass(frozen=True)
class Boxes:
    """The boxes that peeling and pasting went through, from all points to the last one.

    Attributes:
        responses: the outcome at the points.
        interest: which points are cases of interest, shape (points,).
        trajectory: a row a step. `coverage` is the share of the cases of interest that lies in the box,
            `density` the share of cases of interest among the points in it, `mass` the share of points in it;
            `points` and `interest` are counts, `restricted` is the number of restricted factors and `factors`
            names them.
        steps: the box of every step, see `at`.
        chosen: the step that was asked for, or the one of highest coverage x density among those that are
            dense enough, or 0 if none is.
        found: whether the chosen box restricts anything and is dense enough.
        peel: share of points that a peel takes away.
        least_mass: share of points that a box holds at least.
    """

    responses: Responses
    interest: Mask
    trajectory: pd.DataFrame
    steps: tuple[pd.DataFrame, ...]
    chosen: int
    found: bool
    peel: float
    least_mass: float

    @property
    def box(self) -> pd.DataFrame:
        """The chosen box, see `at`."""
        return self.at(self.chosen)

    def at(self, step: int) -> pd.DataFrame:
        """The box of a step, one row a restricted factor; empty if it holds all points.

        Columns: `factor`; `low` and `high`, for factors that are numbers, in the unit of the factor (the end
        of its range where the box does not cut); `levels` left, for those that are not; `quasi_p_low`,
        `quasi_p_high` and `quasi_p_levels`, NaN where the box does not cut. A quasi-p-value is the chance,
        by a one-sided binomial test, of a box as dense as this one if the restriction did nothing. It knows
        nothing of the search that led to the box, so it flatters: compare `resampling`.
        """
        return self.steps[step]

    def inside(self, step: int | None = None) -> Mask:
        """Which points lie in the box of a step (the chosen one), shape (points,)."""
        box = self.at(self.chosen if step is None else step)
        mask = np.ones(len(self.responses.points), bool)
        for row in box.to_dict("records"):
            values = self.responses.points[row["factor"]]
            if row["levels"]:
                mask &= values.isin(row["levels"]).to_numpy()
            if not np.isnan(row["quasi_p_low"]):
                mask &= values.to_numpy(float) >= row["low"]
            if not np.isnan(row["quasi_p_high"]):
                mask &= values.to_numpy(float) <= row["high"]
        return mask


def prim(
    responses: Responses,
    condition: Callable[[Floats], Mask] | None = None,
    *,
    below: float | None = None,
    above: float | None = None,
    peel: float = 0.05,
    least_mass: float = 0.05,
    density: float = 0.8,
    step: int | None = None,
) -> Boxes:
    """The circumstances in which cases of interest are dense, by the patient rule induction method.

    Factors with numbers are peeled at both ends, others level by level.

    Args:
        responses: the outcome at points that fill the space of factors (not one at a time).
        condition: what a case of interest is, or `below` or `above`: see `cases`.
        below: as in `cases`.
        above: as in `cases`.
        peel: share of points that a peel takes away, and a paste adds.
        least_mass: share of points that a box holds at least.
        density: how dense a box must be to count as found.
        step: take the box of this step of the trajectory, whatever its density.

    Raises:
        ValueError: if there are too few cases of interest, or nothing else, or no such step.
        ModuleNotFoundError: if the workbench is not installed.
    """
    interest = cases(responses, condition, below=below, above=above)
    _enough(responses, interest)
    path = _path(_columns(responses), interest, peel, least_mass)
    steps = tuple(
        _table(responses.factors, limits, path.quasi_p[k], path.limits[0])
        for k, limits in enumerate(path.limits)
    )
    trajectory = _trajectory(path.counts, steps)
    if step is not None and not 0 <= step < len(steps):
        raise ValueError(f"expected a step from 0 to {len(steps) - 1}, found {step}")
    chosen = _best(trajectory, density) if step is None else step
    found = bool(trajectory.restricted[chosen] > 0 and trajectory.density[chosen] >= density)
    return Boxes(responses, interest, trajectory, steps, chosen, found, peel, least_mass)


def resampling(boxes: Boxes, count: int = 20, share: float = 0.5, seed: int = 0) -> pd.DataFrame:
    """How often each factor is restricted when the method sees only a part of the points.

    Of every resample the step is taken that comes closest to the chosen box, once in coverage and once in
    density (Bryant and Lempert 2010). A factor that is restricted in few resamples is in the box by chance.

    Args:
        boxes: what was found with all points.
        count: number of resamples.
        share: part of the points in each, drawn without replacement, cases of interest and others apart.
        seed: of the draws.

    Returns:
        Columns `factor`, `restricted` (in the chosen box), and `coverage` and `density`, the shares of
        resamples in which it is restricted at the step closest in the one or the other.
    """
    rng = np.random.default_rng(seed)
    columns = _columns(boxes.responses)
    aims = {
        measure: float(boxes.trajectory[measure].iloc[boxes.chosen]) for measure in ("coverage", "density")
    }
    hits = {measure: np.zeros(len(columns.columns)) for measure in aims}
    for _ in range(count):
        rows = _part(rng, boxes.interest, share)
        sample = columns.iloc[rows].reset_index(drop=True)
        path = _path(sample, boxes.interest[rows], boxes.peel, boxes.least_mass)
        for measure, hit in hits.items():
            restrictions = path.quasi_p[_closest(path.counts, measure, aims[measure])]
            hit += [column in restrictions for column in columns]
    names = boxes.responses.names
    restricted = [name in set(boxes.box.factor) for name in names]
    shares = {measure: hit / count for measure, hit in hits.items()}
    return pd.DataFrame({"factor": names, "restricted": restricted, **shares})


def to_ema(outcomes: Mapping[str, Responses]) -> tuple[pd.DataFrame, dict[str, Floats]]:
    """Experiments and outcomes as the functions of the exploratory modelling workbench take them.

    Args:
        outcomes: outcomes of one design, by the name they shall have there.

    Returns:
        Experiments, a row a point and a column a factor (numbers as floats, since with whole numbers
        the workbench stops on a limit of 3.5; others as categories), and means over replications by
        outcome, each of shape (points,).

    Raises:
        ValueError: if there is no outcome, or they stem from different points.
    """
    if not outcomes:
        raise ValueError("expected at least one outcome")
    first = next(iter(outcomes.values()))
    for name, responses in outcomes.items():
        if not first.points[first.names].equals(responses.points[responses.names]):
            raise ValueError(f"outcome {name} stems from other points than the first one")
    experiments = pd.DataFrame(
        {f.name: first.points[f.name].astype(float if f.numeric else "category") for f in first.factors}
    )
    return experiments, {name: responses.mean for name, responses in outcomes.items()}


@dataclass(frozen=True)
class _Path:
    """What the library found: by step, statistics, limits, and quasi-p-values of the restricted columns."""

    counts: pd.DataFrame
    limits: list[pd.DataFrame]
    quasi_p: list[dict[str, list[float]]]


def _workbench() -> ModuleType:
    """The library's module; on import it warns of optional parts that are not needed here.

    Raises:
        ModuleNotFoundError: if it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optional("ema_workbench.analysis.prim", "discovery")


def _enough(responses: Responses, interest: Mask) -> None:
    """Refuse where there is nothing to learn."""
    count, total = int(interest.sum()), len(interest)
    if count < FEWEST:
        raise ValueError(
            f"{responses.outcome}: {count} of {total} points are cases of interest, "
            f"at least {FEWEST} are needed: move the threshold or add points"
        )
    if count == total:
        raise ValueError(f"{responses.outcome}: all {total} points are cases of interest")


def _columns(responses: Responses) -> pd.DataFrame:
    """Points as the library wants them: floats are peeled at the ends, objects level by level.

    Whole numbers are floats too, with limits between them. Levels go by their number: the library walks
    through sets of levels, whose order would change from one process to the next if they were text. Columns
    are x0, x1 ..., because the library drops one that is called scenario.
    """
    out = {}
    for k, factor in enumerate(responses.factors):
        values = responses.points[factor.name].tolist()
        if factor.numeric:
            out[f"x{k}"] = pd.Series(values, dtype=float)
        else:
            out[f"x{k}"] = pd.Series([factor.levels.index(v) for v in values], dtype=object)
    return pd.DataFrame(out)


def _path(columns: pd.DataFrame, interest: Mask, peel: float, least_mass: float) -> _Path:
    """Peel and paste. Version 2.5 drops a path that ends below a threshold, version 3.0 has none.

    Both call pandas in ways that pandas 3.1 calls deprecated, which is nothing to the caller.
    """
    method = _workbench().Prim
    anything = {"threshold": 1e-9} if "threshold" in inspect.signature(method).parameters else {}
    settings = {"peel_alpha": peel, "paste_alpha": peel, "mass_min": least_mass, **anything}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        box = method(columns, interest.astype(int), **settings).find_box()
    quasi_p = box.p_values if hasattr(box, "p_values") else box.qp
    return _Path(box.peeling_trajectory, box.box_lims, quasi_p)


def _trajectory(counts: pd.DataFrame, steps: tuple[pd.DataFrame, ...]) -> pd.DataFrame:
    """Statistics by step under our names."""
    out = counts[["coverage", "density", "mass", "n", "k"]].rename(columns={"n": "points", "k": "interest"})
    out = out.astype({"points": int, "interest": int})
    out["restricted"] = [len(step) for step in steps]
    out["factors"] = [", ".join(step.factor) for step in steps]
    return out.rename_axis("step")


def _closest(counts: pd.DataFrame, measure: str, value: float) -> int:
    """The step closest in coverage or density; of several the best in the other of the two.

    Without the second criterion a coverage of one would lead back to the first step, which restricts nothing.
    """
    other = "density" if measure == "coverage" else "coverage"
    gap = np.abs(counts[measure].to_numpy(float) - value)
    return int(np.lexsort((-counts[other].to_numpy(float), gap))[0])


def _best(trajectory: pd.DataFrame, density: float) -> int:
    """The step of highest coverage x density among those that are dense enough; 0 if none is."""
    score = (trajectory.coverage * trajectory.density).where(trajectory.density >= density)
    return 0 if score.isna().all() else int(np.nanargmax(score.to_numpy(float)))


def _table(
    factors: tuple[Factor, ...], limits: pd.DataFrame, quasi_p: dict[str, list[float]], start: pd.DataFrame
) -> pd.DataFrame:
    """One box as a table, see `Boxes.at`."""
    columns = ["factor", "low", "high", "levels", "quasi_p_low", "quasi_p_high", "quasi_p_levels"]
    rows: list[dict[str, Any]] = []
    for k, factor in enumerate(factors):
        column = f"x{k}"
        if column not in quasi_p:
            continue
        low_p, high_p = (np.nan if p < 0 else float(p) for p in quasi_p[column])
        if factor.numeric:
            low, high = _inward(factor, limits[column], [not np.isnan(low_p), not np.isnan(high_p)])
            rows.append(dict(low=low, high=high, levels=(), quasi_p_low=low_p, quasi_p_high=high_p))
        else:
            left = tuple(factor.levels[code] for code in sorted(limits[column][0]))
            rows.append(dict(low=np.nan, high=np.nan, levels=left, quasi_p_levels=low_p))
        rows[-1]["factor"] = factor.name
    return pd.DataFrame(rows, columns=columns)


def _inward(factor: Factor, limits: pd.Series, cut: list[bool]) -> tuple[float, float]:
    """Limits as values that the factor can take; the end of its range where the box does not cut."""
    low, high = float(limits[0]), float(limits[1])
    if factor.levels:
        levels = sorted(float(v) for v in factor.levels)
        low, high = min(v for v in levels if v >= low), max(v for v in levels if v <= high)
        ends = levels[0], levels[-1]
    else:
        low, high = (float(np.ceil(low)), float(np.floor(high))) if factor.whole else (low, high)
        ends = float(factor.low or 0.0), float(factor.high or 0.0)
    return low if cut[0] else ends[0], high if cut[1] else ends[1]


def _part(rng: np.random.Generator, interest: Mask, share: float) -> npt.NDArray[np.intp]:
    """Rows of a part of the points, in order; as large a part of the cases of interest as of the others."""
    groups = [np.flatnonzero(interest), np.flatnonzero(~interest)]
    chosen = [rng.choice(group, max(1, round(share * len(group))), replace=False) for group in groups]
    return np.sort(np.concatenate(chosen))
