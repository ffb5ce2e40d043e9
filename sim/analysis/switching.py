"""One factor at a time: where an outcome changes sides, and how far each factor moves it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.curves import Curve, curves
from sim.outcomes.intervals import half_width, percentiles, stretch
from sim.sweep.responses import Responses

Floats = npt.NDArray[np.float64]
Row = dict[str, object]
Crossing = tuple[float, bool]
"""Where a curve crosses, on the axis of the factor, and whether upwards."""
NAN = float("nan")


def switching_values(
    responses: Responses, threshold: float = 0.0, resamples: int = 1000, level: float = 0.90, seed: int = 0
) -> pd.DataFrame:
    """Values of each factor, all others at base, at which the mean outcome crosses a threshold.

    Between neighbouring values of the design, the base among them, the outcome is taken as linear in the
    factor, or in its logarithm if its scale is log. Touching the threshold is no crossing. Intervals resample
    replications, the same ones at all points, and stretch their deviations to the width of Student's interval
    of the mean, as percentiles of few replications are too narrow (Hesterberg 2015, sec. 3.3,
    doi:10.1080/00031305.2015.1089789); a resample counts for a crossing if it has one in the same
    direction, and the nearest one if it has several.

    Args:
        responses: outcome over a one_at_a_time design.
        threshold: level of the outcome, in its unit.
        resamples: bootstrap resamples of replications.
        level: coverage of the intervals.
        seed: seed of the resamples.

    Returns:
        One row a crossing, and one for each factor without any: factor, value (NaN if none), low, high,
        direction ("up" or "down" as the factor rises, or ""), share (of resamples with such a crossing, or
        without any) and note (what the outcome does where there is no crossing, or ""). `low` and `high` come
        from the resamples that have the crossing, so that they understate what is not known if the share is
        below 1. They and the share are NaN with fewer than three replications.

    Raises:
        ValueError: if the design is of another kind, or points have draws of their own.
        IncompleteError: if points are missing.
    """
    responses.need_shared_draws()
    count = responses.values.shape[1]
    rng = np.random.default_rng(seed)
    chosen = rng.integers(count, size=(resamples if count > 2 else 0, count))
    wider = stretch(count, level)
    rows: list[Row] = []
    for curve in curves(responses):
        if not curve.factor.numeric:
            rows.append(_none(curve, NAN, _named_sides(curve, threshold)))
            continue
        mean = curve.outcomes.mean(axis=1)
        means = mean + wider * (curve.outcomes[:, chosen].mean(axis=2).T - mean)  # (resamples, values)
        resampled = [_crossings(curve.axis, mean - threshold) for mean in means]
        rows += _switches(curve, threshold, resampled, level)
    return pd.DataFrame(rows)


def tornado(responses: Responses, level: float = 0.90) -> pd.DataFrame:
    """How far the ends of each factor, all others at base, move the mean outcome.

    Intervals are Student's, of the differences from the base case replication by replication, on the same
    draws. The picture and its limits: Eschenbach (1992, doi:10.1287/inte.22.6.40).

    Args:
        responses: outcome over a one_at_a_time design.
        level: coverage of the intervals.

    Returns:
        Two rows a factor, those that swing most first: factor, end ("low", "high"), value, outcome, base,
        difference, difference_low, difference_high, swing. Outcomes are means over replications; difference
        is outcome minus base. Of a factor whose levels are names, the ends are the levels with the least and
        the greatest outcome. The swing is the greatest less the least outcome at any value of the factor, so
        that a factor with its peak inside is not overlooked. Intervals are NaN with one replication.

    Raises:
        ValueError: if the design is of another kind.
        IncompleteError: if points are missing.
    """
    responses.need_shared_draws()
    along = curves(responses)
    base = responses.of(block="base").values[0]
    table = pd.DataFrame([row for curve in along for row in _ends(curve, base, level)])
    return table.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def _crossings(axis: Floats, above: Floats) -> list[Crossing]:
    """Changes of sign of what an outcome is above a threshold, shape (values,), by linear interpolation."""
    found: list[Crossing] = []
    for i, j in pairwise(np.flatnonzero(above)):
        if (above[i] > 0) == (above[j] > 0):
            continue
        if j == i + 1:
            place = axis[i] + (axis[j] - axis[i]) * above[i] / (above[i] - above[j])
        else:  # on the threshold in between: the middle of that stretch
            place = (axis[i + 1] + axis[j - 1]) / 2
        found.append((float(place), bool(above[j] > 0)))
    return found


def _switches(curve: Curve, threshold: float, resampled: list[list[Crossing]], level: float) -> list[Row]:
    above = curve.mean - threshold
    found = _crossings(curve.axis, above)
    if found:
        return [_one(curve, crossing, resampled, level) for crossing in found]
    share = float(np.mean([not crossings for crossings in resampled])) if resampled else NAN
    return [_none(curve, share, f"none in the range: {_side(above)}")]


def _one(curve: Curve, crossing: Crossing, resampled: list[list[Crossing]], level: float) -> Row:
    place, up = crossing
    alike = [[at for at, rising in crossings if rising == up] for crossings in resampled]
    nearest = [min(places, key=lambda at: abs(at - place)) for places in alike if places]
    low, high = percentiles(np.array(nearest, float).reshape(-1, 1), level)
    return dict(
        factor=curve.factor.name, value=float(curve.value(place)), low=float(curve.value(low)[0]),
        high=float(curve.value(high)[0]), direction="up" if up else "down",
        share=len(nearest) / len(resampled) if resampled else NAN, note="",
    )  # fmt: skip


def _none(curve: Curve, share: float, note: str) -> Row:
    name = curve.factor.name
    return dict(factor=name, value=NAN, low=NAN, high=NAN, direction="", share=share, note=note)


def _side(above: Floats) -> str:
    sides = [word for word, there in (("above", (above > 0).any()), ("below", (above < 0).any())) if there]
    words = sides + (["at"] if (above == 0).any() else [])
    return f"{' or '.join(words)} the threshold throughout"


def _named_sides(curve: Curve, threshold: float) -> str:
    above = curve.mean - threshold
    sides = {"above": above > 0, "at": above == 0, "below": above < 0}
    values = np.array([str(value) for value in curve.values])
    parts = [f"{side} the threshold at {', '.join(values[on])}" for side, on in sides.items() if on.any()]
    return f"levels are names: {'; '.join(parts)}"


def _ends(curve: Curve, base: Floats, level: float) -> list[Row]:
    mean = curve.mean
    first, last = (0, -1) if curve.factor.numeric else (int(mean.argmin()), int(mean.argmax()))
    rows: list[Row] = []
    for end, k in (("low", first), ("high", last)):
        difference, low, high = _paired(curve.outcomes[k] - base, level)
        rows.append(dict(
            factor=curve.factor.name, end=end, value=curve.values[k], outcome=float(mean[k]),
            base=float(base.mean()), difference=difference, difference_low=low, difference_high=high,
            swing=float(np.ptp(mean)),
        ))  # fmt: skip
    return rows


def _paired(differences: Floats, level: float) -> tuple[float, float, float]:
    """Mean of differences, shape (replications,), and its Student interval."""
    count, mean = len(differences), float(differences.mean())
    if count < 2:
        return mean, NAN, NAN
    half = half_width(differences.std(ddof=1), count - 1, level) / np.sqrt(count)
    return mean, mean - float(half), mean + float(half)
