"""Read an experiment file: the same technique as scenarios, all problems at once, each with its place."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.scenario import LoadedScenario, Origin, Problem, ScenarioError
from sim.scenario.errors import problem, sentence
from sim.scenario.fields import Grammar
from sim.scenario.layers import Layers, read_root, unreadable
from sim.scenario.loader import read
from sim.scenario.nodes import nearest, place
from sim.scenario.scalars import scalar
from sim.scenario.translate import checked
from sim.sweep.designs import Design, design
from sim.sweep.experiment import Experiment
from sim.sweep.factors import Factor
from sim.sweep.market_work import MarketWork
from sim.sweep.needs import design_faults
from sim.sweep.runs import Draws
from sim.sweep.schema import DesignSpec, ExperimentFile
from sim.sweep.targets import Targets
from sim.sweep.worlds import Assignment, UnsoundError, World

FactorValues = dict[str, Any]


def load(path: Path | str) -> Experiment:
    """Load an experiment from a file.

    Args:
        path: the YAML file; scenario files are named relative to it and lie in its folder or one above.

    Raises:
        ScenarioError: with all problems that were found.
    """
    return _Reader(Path(path)).experiment()


class _Reader:
    """Reads one file, collecting problems on the way."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.root = read_root(file, Origin(file.as_posix()))
        self.layers = Layers(file)
        self.problems: list[Problem] = []

    def experiment(self) -> Experiment:
        """Everything, one step after another; a step that others rest on ends the reading if it fails."""
        spec, faults = checked(self.root, ExperimentFile, Grammar(ExperimentFile))
        self.problems += faults
        self.stop_at_problems()
        assert spec is not None
        self.refuse(design_faults(spec.design))
        loaded = self.scenarios(spec)
        self.stop_at_problems()
        targets = Targets(spec, loaded)
        self.refuse(targets.faults())
        self.stop_at_problems()
        work = self.work(spec, targets)
        factors = targets.factors()
        points = self.points(spec.design, factors)
        self.refuse(_trials(work, factors, points))
        self.stop_at_problems()
        assert points is not None
        return _experiment(self.file, spec, factors, points, work)

    def stop_at_problems(self) -> None:
        """Leave with what has been found."""
        found = [*self.problems, *self.layers.problems]
        if found:
            raise ScenarioError(found)

    def refuse(self, faults: Iterable[tuple[str, str]]) -> None:
        """Note problems by dotted path."""
        self.problems += [problem(self.at(path), path, message) for path, message in faults]

    def at(self, path: str) -> Origin:
        """Where a path stands in the file."""
        return place(self.root, path.split("."))

    # --- scenarios -------------------------------------------------------------------------------

    def scenarios(self, spec: ExperimentFile) -> dict[str, LoadedScenario | None]:
        """The scenario files by the dotted path that names them."""
        named = {"scenario": spec.scenario}
        if spec.against is not None:
            named["against"] = spec.against
        for group in ("uncertainties", "levers"):
            for name, factor in getattr(spec, group).items():
                for option, what in (factor.options or {}).items():
                    if what.scenario is not None:
                        named[f"{group}.{name}.options.{option}.scenario"] = what.scenario
        return {path: self.scenario(path) for path in named}

    def scenario(self, path: str) -> LoadedScenario | None:
        """The scenario that stands at a path; none if it is not sound."""
        node, _ = nearest(self.root, path.split("."))
        target = self.layers.beside(self.file, path, node)
        if target is None:
            return None
        try:
            return read(Layers(target, node.at))
        except ScenarioError as error:
            self.problems += error.problems
            return None

    # --- points ----------------------------------------------------------------------------------

    def points(self, spec: DesignSpec, factors: tuple[Factor, ...]) -> Design | None:
        """The points of the design."""
        rows = spec.rows if spec.kind == "list" else None
        if spec.kind == "csv":
            rows = self.table(spec, factors)
        if self.problems:
            return None
        options = {"points": spec.points, "trajectories": spec.trajectories, "steps": spec.steps}
        kind = "list" if spec.kind == "csv" else spec.kind
        try:
            return design(
                kind, factors, **options, seed=spec.seed or 0, second_order=bool(spec.second_order), rows=rows
            )
        except ValueError as error:
            self.refuse([("design", str(error))])
            return None

    def table(self, spec: DesignSpec, factors: tuple[Factor, ...]) -> list[FactorValues]:
        """Rows of a CSV file, a column a factor."""
        node, _ = nearest(self.root, ("design", "file"))
        target = self.layers.beside(self.file, "design.file", node)
        if target is None:
            return []
        try:
            with target.open(encoding="utf-8-sig", newline="") as file:
                lines = list(csv.DictReader(file))
        except OSError as error:
            self.refuse([("design.file", unreadable(target, error))])
            return []
        known = {factor.name for factor in factors}
        for name in set().union(*lines) - known:
            self.problems.append(
                Problem(target.as_posix(), 1, 1, str(name), sentence("no factor", f"one of {sorted(known)}"))
            )
        return [{name: scalar(text) for name, text in line.items()} for line in lines]

    def work(self, spec: ExperimentFile, targets: Targets) -> MarketWork:
        """What a run does."""
        worlds, base, chooser = targets.worlds()
        fixed = tuple(Assignment(path, value) for path, value in spec.set.items())
        return MarketWork(
            worlds,
            targets.by_name(),
            spec.outcomes,
            base,
            chooser,
            fixed,
            spec.panel,
            spec.consumers,
            spec.run_off,
        )


def _trials(
    work: MarketWork, factors: tuple[Factor, ...], design: Design | None
) -> Iterator[tuple[str, str]]:
    """Ends and levels of every factor at which no scenario comes out, the others as in the first point."""
    if design is None or not len(design.points):
        return
    first = {factor.name: design.points[factor.name].iloc[0] for factor in factors}
    for factor in factors:
        where = f"{'levers' if factor.role == 'lever' else 'uncertainties'}.{factor.name}"
        for value in factor.steps(2):
            try:
                work.scenarios({**first, factor.name: value})
            except (UnsoundError, ValueError) as error:
                yield where, f"at {value}: {str(error).splitlines()[0]}"
                break


def _experiment(
    file: Path, spec: ExperimentFile, factors: tuple[Factor, ...], points: Design, work: MarketWork
) -> Experiment:
    about = spec.model_dump(by_alias=True, mode="json", exclude={"title", "question", "budget"})
    sides: Mapping[str, World] = {**work.worlds, "against": work.base} if work.base else work.worlds
    about["scenarios"] = {name or "scenario": world.defaults for name, world in sides.items()}
    titles = {name: one.title for name, one in spec.outcomes.items() if one.title}
    draws = Draws(spec.replications, spec.root_seed, spec.vary, spec.independent)
    return Experiment(
        file.stem, factors, points, work, tuple(spec.outcomes), draws, spec.budget, spec.design.kind, about,
        spec.title, spec.question, titles,
    )  # fmt: skip
