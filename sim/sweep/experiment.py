"""An experiment: factors, design, draws, outcomes and the work that answers; and its plan, a list of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from sim.sweep.designs import Design
from sim.sweep.factors import Factor, Value
from sim.sweep.runs import Draws, Run, runs_of
from sim.sweep.schema import Budget
from sim.sweep.store import plain
from sim.sweep.work import Function, FunctionWork, Work

ONCE, FREE = Draws(), Budget()


@dataclass(frozen=True)
class Experiment:
    """What is to be run; `sim.sweep.file.reading.load` makes one from a file, `of_function` from a function.

    Attributes:
        name: short name, the folder of its results.
        factors: what varies.
        design: the points.
        work: what a run does.
        outcomes: names of the numbers to keep.
        draws: which seeds.
        budget: what it may cost.
        kind: kind of the design.
        about: everything in plain data, for the record and for telling two experiments apart.
        title: one line.
        question: what it is to answer.
        titles: outcomes in words, as far as they have any.
    """

    name: str
    factors: tuple[Factor, ...]
    design: Design
    work: Work
    outcomes: tuple[str, ...]
    draws: Draws = ONCE
    budget: Budget = FREE
    kind: str = "list"
    about: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    question: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> Iterator[dict[str, Value]]:
        """Values of the factors at the points of the design, in its order."""
        columns = [list(self.design.points[factor.name]) for factor in self.factors]
        names = [factor.name for factor in self.factors]
        for values in zip(*columns, strict=True) if columns else ():
            yield {name: plain(value) for name, value in zip(names, values, strict=True)}

    def plan(self) -> Plan:
        """All runs, a row of the design after the other, the replications of a point together."""
        found = [runs_of(self._subject(point), point, self.draws) for point in self.parameters()]
        return Plan(self.design.points, found)

    def _subject(self, parameters: Mapping[str, Value]) -> Any:
        """What a point stands for; one that makes no sense is told apart by its parameters and fails."""
        try:
            return self.work.subject(parameters)
        except ValueError as error:
            return {"unsound": str(error), "parameters": dict(parameters)}


@dataclass(frozen=True)
class Plan:
    """The runs of an experiment.

    Attributes:
        points: the points of the design.
        by_point: runs by point; points that say the same have the same runs.
    """

    points: pd.DataFrame
    by_point: Sequence[Sequence[Run]]

    @property
    def runs(self) -> list[Run]:
        """Every run once, in the order of the design."""
        return list({run.id: run for group in self.by_point for run in group}.values())

    def table(self) -> pd.DataFrame:
        """One row a planned run: its place in the design, its identity, its seeds."""
        rows = [
            (number, run.replication, run.id, run.point, str(run.seeds.world), str(run.seeds.shock))
            for number, group in enumerate(self.by_point)
            for run in group
        ]
        names = ["point", "replication", "run_id", "point_id", "world_seed", "shock_seed"]
        places = pd.DataFrame(rows, columns=names)
        return places.join(self.points.reset_index(drop=True), on="point")


def of_function(
    function: Function, factors: Sequence[Factor], design: Design, outcomes: Sequence[str], *,
    name: str = "", kind: str = "list", draws: Draws = ONCE, budget: Budget = FREE,
    preload: tuple[str, ...] = (),
) -> Experiment:  # fmt: skip
    """An experiment with a Python function.

    Args:
        function: function(seeds, **parameters) -> outcomes by name; see `sim.sweep.work.FunctionWork`.
        factors: what varies.
        design: the points.
        outcomes: names of the numbers to keep.
        name: short name; the function's by default.
        kind: kind of the design, which analyses look at.
        draws: which seeds.
        budget: what it may cost.
        preload: modules that take long to import.
    """
    work = FunctionWork(function, preload)
    about = {
        "function": work.name,
        "factors": {factor.name: asdict(factor) for factor in factors},
        "design": {"kind": kind, "points": len(design.points)},
        "draws": asdict(draws),
        "outcomes": list(outcomes),
    }
    return Experiment(
        name or work.name, tuple(factors), design, work, tuple(outcomes), draws, budget, kind, about
    )
