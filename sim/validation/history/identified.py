"""What the published figures tell about the parameters, and what they cannot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from sim.sweep.factors import Factor, to_unit_cube

Floats = npt.NDArray[np.float64]
NARROW = 0.5
"""A parameter counts as identified if the survivors keep less than this share of its prior range."""


def identified(surviving: pd.DataFrame, factors: Sequence[Factor]) -> pd.DataFrame:
    """How far the survivors narrow the prior ranges, a row a parameter, the narrowest first.

    Columns: `title`, prior `low` and `high`, survivors' `q05`, `median`, `q95`, `kept` (the distance of the
    outer two by that of the same quantiles of the prior, on the factor's scale), `identified`, and the
    parameter with which it is most strongly tied (`tied_to`) with the rank correlation over the set
    (`correlation`): two that are tied can only be told together.
    """
    unit = to_unit_cube(surviving, factors)
    low, median, high = np.quantile(unit, [0.05, 0.5, 0.95], axis=0)
    ties = np.corrcoef(np.apply_along_axis(rankdata, 0, unit), rowvar=False)
    np.fill_diagonal(ties, 0.0)
    partner = np.abs(ties).argmax(axis=1)
    rows = {
        f.name: {
            "title": f.words, "low": f.low, "high": f.high,
            "q05": f.at(low[k : k + 1])[0], "median": f.at(median[k : k + 1])[0],
            "q95": f.at(high[k : k + 1])[0], "kept": (high[k] - low[k]) / 0.9,
            "identified": bool((high[k] - low[k]) / 0.9 < NARROW),
            "tied_to": factors[partner[k]].name, "correlation": ties[k, partner[k]],
        }
        for k, f in enumerate(factors)
    }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")
    return table.sort_values("kept", kind="stable")


def priors(factors: Sequence[Factor]) -> pd.DataFrame:
    """Return the prior range of every parameter, a row a parameter: name, title, low, high, scale, whole.

    Raises:
        ValueError: if a parameter has no range.
    """
    if levels := [f.name for f in factors if f.levels]:
        raise ValueError(f"{', '.join(levels)}: expected ranges, found levels")
    return pd.DataFrame([
        {"name": f.name, "title": f.words, "low": f.low, "high": f.high, "scale": f.scale, "whole": f.whole}
        for f in factors
    ])  # fmt: skip


def combinations(surviving: pd.DataFrame, factors: Sequence[Factor]) -> pd.DataFrame:
    """How many independent combinations of parameters the figures fix: principal components of the set.

    Places are divided by the spread of an even prior (1 / sqrt 12), so that a component of one is as wide as
    the prior and one near zero is fixed. Rows are components, the narrowest first: `width` and the weight of
    every parameter.
    """
    unit = (to_unit_cube(surviving, factors) - 0.5) * 12**0.5
    variance, weights = np.linalg.eigh(np.cov(unit, rowvar=False))
    table = pd.DataFrame(weights.T, columns=[f.name for f in factors])
    table.insert(0, "width", np.sqrt(np.maximum(variance, 0.0)))
    return table


def central(surviving: pd.DataFrame, factors: Sequence[Factor]) -> pd.DataFrame:
    """The most central of the surviving sets, nearest to all others in the unit cube of the prior; one row.

    It stands for the set where one market is wanted; nothing makes it likelier than another one.
    """
    unit = to_unit_cube(surviving, factors)
    far = np.linalg.norm(unit[:, None, :] - unit[None, :, :], axis=2).sum(axis=1)
    return surviving.iloc[[int(far.argmin())]][[f.name for f in factors]]
