"""What the pop-up is worth in markets that history does not rule out, and what moves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.ranks import prcc
from sim.sweep.designs import lhs_with_sets
from sim.sweep.experiment import Experiment
from sim.sweep.factors import Factor, to_unit_cube
from sim.sweep.file.reading import load
from sim.sweep.market_work import MarketWork
from sim.sweep.results import Results, open_experiment
from sim.sweep.sweep import require_complete, run

Floats = npt.NDArray[np.float64]
EXPERIMENT = Path("scenarios/experiments/popup_surviving.yaml")


def joined(
    history: Experiment, surviving: pd.DataFrame, points: int, consumers: int, path: Path | str = EXPERIMENT
) -> Experiment:
    """The unknowns of the pop-up over their ranges, each point in a market of the surviving set.

    Surviving sets take turns, so each of them meets as many points as any other, up to one.

    Args:
        history: the experiment of the history, whose factors the surviving set gives.
        surviving: the surviving set, a column a factor.
        points: points of the Latin hypercube over the unknowns.
        consumers: simulated consumers.
        path: the experiment file of the unknowns.
    """
    deep = load(path)
    assert isinstance(deep.work, MarketWork)
    assert isinstance(history.work, MarketWork)
    targets = {**deep.work.targets, **history.work.targets}
    return replace(
        deep,
        factors=(*deep.factors, *history.factors),
        design=lhs_with_sets(deep.factors, history.factors, surviving, points),
        work=replace(deep.work, targets=targets, consumers=consumers),
    )


def over_surviving(experiment: Experiment, folder: Path, executor: str = "local") -> Results:
    """Make the runs that are not there yet; the results."""
    require_complete(run(experiment, folder, executor))
    return open_experiment(folder)


def moves(results: Results, outcomes: Sequence[str], deep: Sequence[Factor]) -> pd.DataFrame:
    """What moves the outcomes: a row an unknown of the pop-up and outcome, those that move it most first.

    Columns: outcome, factor, title, `prcc` with `prcc_low` and `prcc_high` (partial rank correlation, 90 %),
    and `swing`: what the outcome changes from the lower to the upper quarter of the unknown's values, see
    `swings`, in the outcome's unit. The parameters of the market are not among them: within the surviving set
    they are tied, and each set stands at several points, so that no interval of theirs would hold.
    """
    tables = []
    for name in outcomes:
        own = replace(results.responses(name), factors=tuple(deep))
        ranks = prcc(own).set_index("factor")
        moved = swings(to_unit_cube(own.points, deep), own.mean)
        rows = {
            "outcome": name, "factor": own.names, "title": [f.words for f in deep],
            "prcc": ranks.prcc[own.names].to_numpy(), "prcc_low": ranks.low[own.names].to_numpy(),
            "prcc_high": ranks.high[own.names].to_numpy(), "swing": moved,
        }  # fmt: skip
        tables.append(pd.DataFrame(rows).sort_values("prcc", key=np.abs, ascending=False, kind="stable"))
    return pd.concat(tables, ignore_index=True)


def swings(unit: Floats, outcome: Floats) -> Floats:
    """Change of an outcome from the mean place of a factor's lower quarter to that of its upper quarter.

    The other factors are held by a linear fit.

    Args:
        unit: places of the points in the unit cube, shape (points, factors).
        outcome: shape (points,).

    Returns:
        Shape (factors,).
    """
    slope = np.linalg.lstsq(np.column_stack([np.ones(len(unit)), unit]), outcome, rcond=None)[0][1:]
    low, high = np.quantile(unit, [0.25, 0.75], axis=0)
    upper = [column[column >= h].mean() for column, h in zip(unit.T, high, strict=True)]
    lower = [column[column <= q].mean() for column, q in zip(unit.T, low, strict=True)]
    return np.asarray(slope * (np.array(upper) - np.array(lower)))


def levels(results: Results, outcomes: Sequence[str]) -> pd.DataFrame:
    """Outcomes over all points: mean, 5th, 50th and 95th percentile, share above zero; a row an outcome."""
    table = results.points()[list(outcomes)]
    low, median, high = np.quantile(table.to_numpy(np.float64), [0.05, 0.5, 0.95], axis=0)
    found = {
        "mean": table.mean().to_numpy(), "q05": low, "median": median, "q95": high,
        "above_zero": (table > 0).mean().to_numpy(), "points": len(table),
    }  # fmt: skip
    return pd.DataFrame(found, index=pd.Index(list(outcomes), name="outcome"))


def explained(results: Results, outcome: str, deep: Sequence[Factor]) -> dict[str, float]:
    """Shares of the variance of an outcome: by the unknowns (a linear fit), and by the market beside it.

    The second is the variance between markets of what the fit leaves, an analysis of variance by surviving
    set (Searle, Casella and McCulloch 1992, ch. 3), not below zero. The rest is interactions, bends and
    draws, which a few points a market cannot tell apart.
    """
    table = results.points()
    y, unit = table[outcome].to_numpy(np.float64), to_unit_cube(table, deep)
    design_ = np.column_stack([np.ones(len(y)), unit])
    slope, _, rank, _ = np.linalg.lstsq(design_, y, rcond=None)
    rest, whole_ = y - design_ @ slope, float(y.var(ddof=1))
    own = [factor.name for factor in results.factors if factor not in deep]
    market = table.groupby(own, sort=False).ngroup().to_numpy()
    linear = 1.0 - float(rest @ rest) / (len(y) - int(rank)) / whole_
    return {"unknowns": linear, "market": between(rest, market) / whole_}


def between(values: Floats, group: npt.NDArray[Any]) -> float:
    """Variance between groups by analysis of variance, not below zero; zero if nothing can be told.

    Args:
        values: shape (n,).
        group: number of the group of each, from zero, shape (n,).
    """
    size = np.bincount(group)
    groups, n = len(size), len(values)
    if groups < 2 or n == groups:
        return 0.0
    means = np.bincount(group, values) / size
    among = float((size * (means - values.mean()) ** 2).sum()) / (groups - 1)
    within = float(((values - means[group]) ** 2).sum()) / (n - groups)
    typical = (n - float((size**2).sum()) / n) / (groups - 1)
    return max(0.0, (among - within) / typical)
