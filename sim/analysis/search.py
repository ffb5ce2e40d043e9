"""Optimisation and calibration: a sampler asks for points, somebody runs them and tells what came out.

What has been run lies in the store of the sweep, the search itself keeps nothing. One that was killed goes
on by being run again: it asks the same points in the same order, and runs those that are not in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.analysis.asking import Answer, Asker, Direction, Point, Sampler, importance
from sim.sweep.factors import Factor

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Evaluate = Callable[[pd.DataFrame], pd.DataFrame]
"""Points (a column a factor) to outcomes (a column an outcome, same order, NaN where a point failed)."""
Told = tuple[pd.DataFrame, pd.DataFrame]
"""Points and their outcomes, row by row."""
Known = dict[Point, Floats]
"""Outcomes of the goals by point, in the order of `Search.outcomes`."""


@dataclass(frozen=True)
class Goal:
    """What is wanted of an outcome; exactly one of an aim (sense or target) and a bound.

    Attributes:
        outcome: its name.
        sense: minimise or maximise it.
        target: or: bring it here; the distance |outcome - target| is minimised. Squares would order points
            in the same way, which is all that the samplers look at.
        at_most: or: a point counts only if the outcome is not above this.
        at_least: or (or as well): not below this.
    """

    outcome: str
    sense: Literal["minimise", "maximise"] | None = None
    target: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    def __post_init__(self) -> None:
        """Refuse a goal that is none or several.

        Raises:
            ValueError: if it is so.
        """
        if (self.sense is not None) + (self.target is not None) + self.bound != 1:
            raise ValueError(
                f"goal {self.outcome}: expected exactly one of a sense, a target, and bounds "
                "(at_most, at_least)"
            )

    @property
    def bound(self) -> bool:
        """Whether it is a constraint rather than an aim."""
        return self.at_most is not None or self.at_least is not None

    @property
    def direction(self) -> Direction:
        """Which way the distance shall go."""
        return "maximize" if self.sense == "maximise" else "minimize"

    def distance(self, outcome: Floats) -> Floats:
        """What is minimised (or maximised, if that is the sense), in the unit of the outcome."""
        return outcome if self.target is None else np.abs(outcome - self.target)

    def excess(self, outcome: Floats) -> Floats:
        """By how much a bound is broken, in the unit of the outcome; not above zero where it is kept."""
        most = np.inf if self.at_most is None else self.at_most
        least = -np.inf if self.at_least is None else self.at_least
        return np.maximum(outcome - most, least - outcome)


@dataclass(frozen=True)
class Search:
    """A search through the space of factors.

    Attributes:
        factors: what may vary; log scales, whole numbers and levels are respected.
        goals: what is wanted.
        sampler: covariance matrix adaptation for one aim and numbers (`cmaes`; Hansen and Ostermeier 2001),
            non-dominated sorting for several aims (`nsga2`; Deb et al. 2002; `nsga3` from four aims on; Deb
            and Jain 2014), tree-structured Parzen estimators for few and dear points (`tpe`; Bergstra et al.
            2011), or no learning at all (`random`, `sobol`).
        batch: points that are asked for, and run, together; also the population of cmaes, nsga2 and nsga3.
        seed: of the sampler's draws.
    """

    factors: tuple[Factor, ...]
    goals: tuple[Goal, ...]
    sampler: Sampler
    batch: int
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be searched.

        Raises:
            ValueError: if it is so.
        """
        names, aims = [f.name for f in self.factors], [g.outcome for g in self.aims]
        if not names or not aims:
            raise ValueError("expected at least one factor, and a goal with a sense or a target")
        for word, all_of in (("factor", names), ("aim", aims)):
            if twice := sorted({name for name in all_of if all_of.count(name) > 1}):
                raise ValueError(f"{word} {', '.join(twice)} is given more than once")
        if both := sorted(set(names) & set(self.outcomes)):
            raise ValueError(f"{', '.join(both)} is the name of a factor and of an outcome")
        if self.sampler not in get_args(Sampler):
            raise ValueError(f"sampler: expected one of {', '.join(get_args(Sampler))}, found {self.sampler}")
        least = 4 if self.sampler in ("cmaes", "nsga2", "nsga3") else 1
        if self.batch < least:
            raise ValueError(f"batch: expected at least {least} for {self.sampler}, found {self.batch}")
        if self.sampler == "cmaes":
            self._check_cmaes()

    def _check_cmaes(self) -> None:
        """What the method cannot do, the library would do by drawing at random, or pass over."""
        if len(self.aims) > 1 or len(self.aims) < len(self.goals):
            raise ValueError("cmaes takes one aim and no bounds: use nsga2 or tpe")
        if named := [f.name for f in self.factors if not f.numeric]:
            raise ValueError(f"cmaes takes numbers only, not {', '.join(named)}: use nsga2 or tpe")

    @property
    def aims(self) -> tuple[Goal, ...]:
        """The goals that are no bounds."""
        return tuple(goal for goal in self.goals if not goal.bound)

    @property
    def bounds(self) -> tuple[Goal, ...]:
        """The goals that are bounds."""
        return tuple(goal for goal in self.goals if goal.bound)

    @property
    def outcomes(self) -> list[str]:
        """Names of the outcomes that the goals need."""
        return list(dict.fromkeys(goal.outcome for goal in self.goals))


@dataclass(frozen=True)
class Found:
    """What a search has asked and been told.

    Attributes:
        search: what was searched for.
        points: a row a point in the order of asking, a column a factor.
        outcomes: a row a point, the outcomes of the goals; NaN where the point failed.
    """

    search: Search
    points: pd.DataFrame
    outcomes: pd.DataFrame

    @property
    def failed(self) -> Mask:
        """Which points lack an outcome, shape (points,)."""
        return ~np.isfinite(self.outcomes.to_numpy(float)).all(axis=1)

    @property
    def feasible(self) -> Mask:
        """Which points have all outcomes and keep all bounds, shape (points,)."""
        kept = ~self.failed
        for goal in self.search.bounds:
            kept &= goal.excess(self.outcomes[goal.outcome].to_numpy(float)) <= 0.0
        return kept

    @property
    def distances(self) -> pd.DataFrame:
        """What is minimised or maximised, a column an aim; NaN where a point is not feasible."""
        aims = {g.outcome: g.distance(self.outcomes[g.outcome].to_numpy(float)) for g in self.search.aims}
        return pd.DataFrame(aims).where(pd.Series(self.feasible), np.nan)

    @property
    def best(self) -> pd.Series:
        """Factors and outcomes of the best point (the first of several), for a search with one aim.

        Raises:
            ValueError: if there are several aims, or no point is feasible.
        """
        if len(self.search.aims) > 1:
            raise ValueError("with several aims there is no best point: see front")
        costs = self._costs()[:, 0]
        if np.isnan(costs).all():
            raise ValueError(
                f"none of {len(costs)} points is feasible ({self.failed.sum()} failed, others break bounds)"
            )
        return self._table().iloc[int(np.nanargmin(costs))]

    @property
    def front(self) -> pd.DataFrame:
        """Factors and outcomes of the feasible points that no other one dominates, each point once.

        A point dominates another one if it is better in one aim and worse in none.
        """
        costs = self._costs()
        kept = [bool(np.isfinite(c).all()) and not _dominated(c, costs) for c in costs]
        chosen = self.points.index[kept].intersection(self.points.drop_duplicates().index)
        return self._table().loc[chosen]

    @property
    def history(self) -> pd.DataFrame:
        """A row a batch: points and failures so far, and by aim the best of `distances` so far."""
        best = {}
        for goal in self.search.aims:
            values = self.distances[goal.outcome]
            best[goal.outcome] = (values.cummax() if goal.sense == "maximise" else values.cummin()).ffill()
        size = self.search.batch
        table = pd.DataFrame({"points": np.arange(1, len(self.points) + 1), "failed": np.cumsum(self.failed)})
        last = pd.concat([table, pd.DataFrame(best)], axis=1).iloc[size - 1 :: size]
        return last.reset_index(drop=True).rename_axis("batch").reset_index()

    def importance(self) -> pd.DataFrame:
        """How much each factor matters for reaching the best tenth of an aim, by PED-ANOVA.

        It compares where the best tenth of the points lies with where all points lie (Watanabe, Bansal and
        Hutter 2023, PED-ANOVA, IJCAI), so it tells about the region that was searched.

        Returns:
            Columns `aim`, `factor` and `importance`, which adds up to one over factors.

        Raises:
            ValueError: if fewer than 20 points have outcomes.
        """
        done = ~self.failed
        if done.sum() < 20:
            raise ValueError(f"importance takes at least 20 points with outcomes, found {done.sum()}")
        points = _points_of(self.search, self.points[done])
        tables = []
        for goal in self.search.aims:
            values = goal.distance(self.outcomes[goal.outcome].to_numpy(float)[done]).tolist()
            shares = pd.Series(importance(self.search.factors, points, values, goal.direction))
            tables.append(shares.rename("importance").rename_axis("factor").reset_index())
            tables[-1].insert(0, "aim", goal.outcome)
        return pd.concat(tables, ignore_index=True)

    def _costs(self) -> Floats:
        """Distances such that less is better, shape (points, aims)."""
        signs = [-1.0 if goal.sense == "maximise" else 1.0 for goal in self.search.aims]
        return self.distances.to_numpy(float) * signs

    def _table(self) -> pd.DataFrame:
        return pd.concat([self.points, self.outcomes], axis=1)


def search(
    spec: Search,
    evaluate: Evaluate,
    batches: int,
    told: Told | None = None,
    progress: Callable[[str], object] = lambda note: None,
) -> Found:
    """Ask the sampler, run what has not been run, tell it, and again.

    Every batch is asked anew from the same seed, so a search that was cut off, told what was run, asks the
    same points and goes on where it was; so does one that shall go on for more batches. A point that failed
    is told as failed: samplers pass over it. A point that is asked twice is run once.

    Args:
        spec: where to search, for what and how.
        evaluate: runs points; is given only those that are in neither `told` nor an earlier batch.
        batches: how many batches, those already told included.
        told: points and outcomes from the store; of equal points the last one counts, and points that the
            search does not ask are passed over, since a sampler that knew them would ask others.
        progress: called after every batch with the best so far.

    Raises:
        ValueError: if the tables that are told do not fit the search.
        ModuleNotFoundError: if the sampler is not installed.
    """
    if batches < 1:
        raise ValueError(f"batches: expected at least 1, found {batches}")
    known = {} if told is None else _known(spec, *told)
    asker = Asker(spec.factors, [g.direction for g in spec.aims], spec.sampler, spec.batch, spec.seed)
    asked: list[Point] = []
    for _ in range(batches):
        batch = asker.ask()
        new = list(dict.fromkeys(point for point in batch if point not in known))
        if new:
            points = _table_of(spec, new)
            known |= _known(spec, points, evaluate(points.copy()))
        asker.tell([_answer(spec, known[point]) for point in batch])
        asked += batch
        progress(_note(_found(spec, asked, known)))
    return _found(spec, asked, known)


def _known(spec: Search, points: pd.DataFrame, outcomes: pd.DataFrame) -> Known:
    """Outcomes by point.

    Raises:
        ValueError: if a column is missing or the tables differ in length.
    """
    for what, table, needed in (
        ("points", points, [f.name for f in spec.factors]),
        ("outcomes", outcomes, spec.outcomes),
    ):
        if missing := [name for name in needed if name not in table.columns]:
            raise ValueError(f"{what}: no column {', '.join(missing)}")
    if len(points) != len(outcomes):
        raise ValueError(f"expected outcomes of {len(points)} points, found {len(outcomes)}")
    values = outcomes[spec.outcomes].to_numpy(float)
    return dict(zip(_points_of(spec, points), values, strict=True))


def _points_of(spec: Search, table: pd.DataFrame) -> list[Point]:
    """Rows of a table of points as plain values: a number read back from a file finds itself again."""
    return list(zip(*(table[factor.name].tolist() for factor in spec.factors), strict=True))


def _table_of(spec: Search, points: Iterable[Point]) -> pd.DataFrame:
    """Points as a table, a column a factor."""
    return pd.DataFrame(list(points), columns=[factor.name for factor in spec.factors])


def _found(spec: Search, asked: list[Point], known: Known) -> Found:
    rows = np.array([known[point] for point in asked]).reshape(len(asked), len(spec.outcomes))
    return Found(spec, _table_of(spec, asked), pd.DataFrame(rows, columns=spec.outcomes))


def _answer(spec: Search, outcomes: Floats) -> Answer | None:
    """What the sampler is told of a point; nothing if an outcome is missing."""
    if not np.isfinite(outcomes).all():
        return None
    by_name = dict(zip(spec.outcomes, outcomes, strict=True))
    return Answer(
        tuple(float(goal.distance(by_name[goal.outcome])) for goal in spec.aims),
        tuple(float(goal.excess(by_name[goal.outcome])) for goal in spec.bounds),
    )


def _note(found: Found) -> str:
    """The best so far, in words."""
    last = found.history.iloc[-1]
    return ", ".join(f"{goal.outcome} {last[goal.outcome]:.4g}" for goal in found.search.aims)


def _dominated(cost: Floats, costs: Floats) -> bool:
    """Whether one of several rows is better in one aim and worse in none; rows with NaN are neither."""
    return bool(((costs <= cost).all(axis=1) & (costs < cost).any(axis=1)).any())
