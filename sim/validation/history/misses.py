"""How far a run of the history is from what was published."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.validation.history.published import series_of


def misses(outcomes: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """ln(model / published) in units of the tolerance ln(1 + tolerance), a row a run, a column a figure.

    Args:
        outcomes: readings of the runs, a column a figure.
        facts: figures, as `published` gives them; only those of `outcomes` are taken.

    Raises:
        KeyError: if no figure is among the outcomes.
    """
    names = [name for name in facts.index if name in outcomes.columns]
    if not names:
        raise KeyError("none of the published figures is among the outcomes")
    value, tolerance = facts.value[names].to_numpy(), facts.tolerance[names].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(outcomes[names].to_numpy(np.float64) / value)
    return pd.DataFrame(ratio / np.log1p(tolerance), index=outcomes.index, columns=names)


def distance(missed: pd.DataFrame) -> pd.Series:
    """Root mean square miss; every series counts once, however many days it has. NaN where a run failed."""
    squared = missed.to_numpy() ** 2
    series = np.array(series_of(missed.columns))
    means = [squared[:, series == name].mean(axis=1) for name in dict.fromkeys(series)]
    return pd.Series(np.sqrt(np.mean(means, axis=0)), index=missed.index, name="distance")


def worst(missed: pd.DataFrame) -> pd.Series:
    """Largest miss of a run in units of the tolerance: at most 1 if it is within all of them."""
    return missed.abs().max(axis=1, skipna=False)
