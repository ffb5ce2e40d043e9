"""What the surviving parameters say about quarters that the fit has not seen, beside what was published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sim.scenario.changes import Assignment
from sim.sweep.designs import design
from sim.sweep.experiment import Experiment
from sim.sweep.market_work import MarketWork
from sim.sweep.results import open_experiment
from sim.sweep.runs import Draws
from sim.sweep.store import plain
from sim.sweep.sweep import require_complete, run
from sim.validation.history.misses import misses, worst
from sim.validation.history.published import outcomes
from sim.validation.structures import Structure, changes

TO_THE_END = (
    Assignment("time.end", "2020-03-29"),
    Assignment("storefronts.amazon_marketplace.open.to", "2019-07-17"),
)
"""What the experiment of the fit takes away, so that it cannot see later quarters."""
CLOSE = 0.05
"""Share by which a prediction shall miss at most."""
BAND = (0.05, 0.95)
"""Quantiles over the surviving set that are shown as its interval."""


def told(experiment: Experiment, structure: Structure) -> Experiment:
    """The same experiment under another telling."""
    work = experiment.work
    assert isinstance(work, MarketWork)
    worlds = {name: world.with_fixed(changes(structure, world)) for name, world in work.worlds.items()}
    return replace(experiment, work=replace(work, worlds=worlds))


def to_the_end(
    experiment: Experiment, facts: pd.DataFrame, points: pd.DataFrame, consumers: int, replications: int
) -> Experiment:
    """Some points of the history run to March 2020, with all figures read that a run can read.

    Args:
        experiment: the history.
        facts: published figures.
        points: values of the factors, a row a point.
        consumers: simulated consumers.
        replications: pairs of seeds at every point; none of them is the one of the fit.
    """
    work = experiment.work
    assert isinstance(work, MarketWork)
    worlds = {name: world.with_fixed(TO_THE_END) for name, world in work.worlds.items()}
    specs = outcomes(facts)
    names = [factor.name for factor in experiment.factors]
    rows = [dict(zip(names, map(plain, row), strict=True)) for row in points[names].to_numpy(object)]
    return replace(
        experiment,
        work=replace(work, worlds=worlds, outcomes=specs, consumers=consumers),
        outcomes=tuple(specs),
        design=design("list", experiment.factors, rows=rows),
        kind="list",
        draws=Draws(replications, experiment.draws.root_seed + 1),
    )


def forecast(experiment: Experiment, folder: Path, executor: str = "local") -> pd.DataFrame:
    """Run what `to_the_end` made; means over replications, a row a point."""
    require_complete(run(experiment, folder, executor, extend=True))
    found = open_experiment(folder).points()
    return found[found.n == experiment.draws.replications].reset_index(drop=True)


def still_there(predicted: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Points that also at this size and on these draws miss no fitted figure by more than its tolerance."""
    return predicted[worst(misses(predicted, facts[facts.role == "fitted"])) <= 1.0]


def held_against(predicted: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Readings of the surviving set beside published figures, a row a figure.

    Columns: `published`, `median`, `low` and `high` (5th and 95th percentile over the set), `lowest`,
    `highest`, `miss` (median / published - 1), `covered` (published within low and high), `close` (the median
    misses by at most 5 %), `role`, `confidence`.
    """
    names = [name for name in facts.index if name in predicted.columns]
    readings, value = predicted[names].to_numpy(np.float64), facts.value[names].to_numpy()
    low, median, high = np.quantile(readings, [BAND[0], 0.5, BAND[1]], axis=0)
    miss = median / value - 1.0
    table = {
        "published": value, "median": median, "low": low, "high": high,
        "lowest": readings.min(axis=0), "highest": readings.max(axis=0), "miss": miss,
        "covered": (low <= value) & (value <= high), "close": np.abs(miss) <= CLOSE,
        "role": facts.role[names].to_numpy(), "confidence": facts.confidence[names].to_numpy(),
    }  # fmt: skip
    return pd.DataFrame(table, index=pd.Index(names, name="name"))


def beside_rivals(held: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """The held-out rows with the misses of rival forecasts, and whether the model beats those there are."""
    rows = held[held.role == "held out"].join(others)
    for name in others.columns:
        rows[f"miss_{name}"] = rows[name] / rows.published - 1.0
    rival = rows[[f"miss_{name}" for name in others.columns]].abs().min(axis=1)
    return rows.assign(beats=np.where(rival.isna(), np.nan, rows.miss.abs() < rival))
