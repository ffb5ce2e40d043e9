"""Rows of the table of outcomes, and their summary over replications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.outcomes.intervals import LEVEL, half_width

Floats = npt.NDArray[np.float64]
Row = dict[str, object]
Cell = tuple[str, str, str, tuple[float, float]]
"""Outcome, party, tier, values in baseline and scenario."""
FEWEST_BUYERS = 50
"""Numbers that rest on fewer buyers, effective ones where they are known, are not shown."""
VALUES = ["baseline", "with_scenario", "difference"]
KEYS = ["scenario", "outcome", "party", "tier", "period", "unit"]


class Buyers(NamedTuple):
    """Who stands behind a number; NaN = not counted.

    How many effective ones simulated ones are worth: see `sim.outcomes.effective`.
    """

    simulated: float = np.nan
    effective: float = np.nan


UNCOUNTED = Buyers()


def row(
    outcome: str, party: str, tier: str, period: str, unit: str, before: float, after: float,
    buyers: Buyers = UNCOUNTED,
) -> Row:  # fmt: skip
    """One outcome in both markets."""
    return dict(
        outcome=outcome, party=party, tier=tier, period=period, unit=unit,
        baseline=float(before), with_scenario=float(after), difference=float(after - before),
        weight=1.0, simulated_buyers=float(buyers.simulated), effective_buyers=float(buyers.effective),
    )  # fmt: skip


def ratio(outcome: str, party: str, period: str, unit: str, parts: tuple[float, float], buyers: float) -> Row:
    """An outcome of the pair: one difference per another one.

    The baseline against itself has no such number; it stands as zero. The mean over replications is that
    of the first parts over that of the second ones (see `summarise`), so each row weighs as much as its
    second part. Zero per zero says nothing and weighs nothing; anything else per zero has no value, and
    neither has the mean then.

    Args:
        outcome: name.
        party: whose.
        period: "window", "after" or "horizon".
        unit: unit of the ratio.
        parts: numerator and denominator.
        buyers: simulated consumers behind the number.
    """
    above, below = parts
    value = above / below if below != 0.0 else np.nan
    one = row(outcome, party, "all", period, unit, 0.0, value, buyers=Buyers(buyers))
    return one | {"weight": float(below if below != 0.0 or above == 0.0 else np.nan)}


def by_tier(outcome: str, name: str, tiers: Sequence[str], sums: Sequence[pd.Series]) -> Iterator[Cell]:
    """One outcome of one party from sums by party and tier: all tiers together, then each."""
    before, after = ([float(s.get((name, tier), 0.0)) for tier in tiers] for s in sums)
    yield outcome, name, "all", (sum(before), sum(after))
    for k, tier in enumerate(tiers):
        yield outcome, name, tier, (before[k], after[k])


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean difference with a Student interval, and how much shared draws save.

    Means are weighted: R = sum w r / sum w, with interval from the residuals w (r - R) / mean w. With equal
    weights this is the mean and its Student interval; where the weight of a ratio a / b is b, it is the
    ratio of means, sum a / sum b, and its linearised variance (Cochran 1977, ch. 6). An outcome without a
    value in some replication has none here, nor has one behind which fewer than `FEWEST_BUYERS` buyers
    stand in all replications together, where they are counted: `effective_buyers`, which are the effective
    ones if these are known and else the simulated ones (NaN = not counted).

    `variance_ratio` is the variance of the difference of two independent runs over that of the
    paired difference: (Var base + Var scenario) / Var difference.
    """
    place = table.groupby(KEYS, sort=False).ngroup().to_numpy()
    n = np.bincount(place)
    weight = table["weight"].to_numpy() if "weight" in table else np.ones(len(table))
    whole = np.bincount(place, weight)
    found = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name in VALUES:
            values = table[name].to_numpy()
            mean = np.bincount(place, _times(weight, values)) / whole
            residuals = _times(weight, values - mean[place]) / (whole / n)[place]
            found[name] = mean, np.bincount(place, residuals**2) / (n - 1)
        half = half_width(np.sqrt(found["difference"][1] / n), np.maximum(n - 1, 1), LEVEL)
        saved = (found["baseline"][1] + found["with_scenario"][1]) / found["difference"][1]
    means = {name: mean for name, (mean, _) in found.items()}
    ends = {"low": means["difference"] - half, "high": means["difference"] + half, "variance_ratio": saved}
    shown = pd.DataFrame(means | ends)
    behind = _behind(table, place)
    shown.loc[behind < FEWEST_BUYERS] = np.nan
    keys = table[KEYS].drop_duplicates().reset_index(drop=True)
    return pd.concat([keys, shown.assign(effective_buyers=behind)], axis=1)


def _times(weight: Floats, values: Floats) -> Floats:
    """Weighted values; what weighs nothing counts as zero, whatever its value."""
    return np.where(weight == 0.0, 0.0, weight * values)


def _behind(table: pd.DataFrame, place: npt.NDArray[Any]) -> Floats:
    """Buyers behind each outcome in all replications together; NaN where they are not counted."""
    buyers = np.full(len(table), np.nan)
    for name in ("simulated_buyers", "effective_buyers"):  # the latter is the better one
        if name in table:
            known = table[name].to_numpy(np.float64)
            buyers = np.where(np.isnan(known), buyers, known)
    counted = np.bincount(place, ~np.isnan(buyers)) > 0
    return np.where(counted, np.bincount(place, np.nan_to_num(buyers)), np.nan)
