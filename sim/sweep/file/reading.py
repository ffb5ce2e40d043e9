"""Read an experiment file: the same technique as scenarios, all problems at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.scenario import LoadedScenario, Origin, Problem, ScenarioError
from sim.scenario import load as load_scenario
from sim.scenario.changes import Assignment, ScenarioTree, UnsoundError, as_node, content, sound, started
from sim.scenario.errors import listed, problem, sentence
from sim.scenario.reading.layers import Layers, missing, read_root
from sim.scenario.reading.loader import read
from sim.scenario.reading.nodes import Path as Keys
from sim.scenario.reading.nodes import dotted, nearest, place
from sim.scenario.reading.translate import checked
from sim.scenario.schema import Scenario
from sim.scenario.schema.fields import Grammar
from sim.sweep.designs import Design, design
from sim.sweep.experiment import Experiment
from sim.sweep.factors import Factor, Value
from sim.sweep.file import checks, needs
from sim.sweep.file.needs import Fault
from sim.sweep.file.rows import read_table, row_faults
from sim.sweep.file.settings import assignments, setting_faults
from sim.sweep.file.targets import Settings, Targets, options_of
from sim.sweep.file.trials import Trials, blamed
from sim.sweep.market_work import MarketWork
from sim.sweep.runs import Draws
from sim.sweep.schema import DesignSpec, ExperimentFile

SET = ("set",)


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
        self.starts: dict[str, Scenario] = {}

    def experiment(self) -> Experiment:
        """Everything, one step after another; a step that others rest on ends the reading if it fails."""
        spec, problems = checked(self.root, ExperimentFile, Grammar(ExperimentFile))
        self.problems += problems
        self.stop_at_problems()
        assert spec is not None
        self.refuse(needs.faults(spec))
        loaded = self.scenarios(spec)
        self.stop_at_problems()
        targets = self.targets(spec, loaded)
        self.refuse(checks.faults(targets))
        self.stop_at_problems()
        factors, work = targets.factors(), _work(spec, targets)
        points = self.points(spec.design, factors)
        self.refuse(Trials(work, points.points, self.starts).faults(targets))
        self.stop_at_problems()
        return _experiment(self.file, spec, factors, points, work)

    def stop_at_problems(self) -> None:
        """Leave with what has been found."""
        found = [*self.problems, *self.layers.problems]
        if found:
            raise ScenarioError(found)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Note problems by their places."""
        for path, message, at_key in faults:
            self.problems.append(problem(place(self.root, path, at_key), dotted(path), message))

    # --- scenarios -------------------------------------------------------------------------------

    def scenarios(self, spec: ExperimentFile) -> dict[Keys, LoadedScenario]:
        """The sound ones of the scenario files, by the place that names them."""
        named: list[Keys] = [("scenario",), *([("against",)] if spec.against is not None else [])]
        named += [(*where, "scenario") for where, option in _options(spec) if option.scenario is not None]
        found = {path: self.scenario(path) for path in named}
        return {path: scenario for path, scenario in found.items() if scenario is not None}

    def scenario(self, path: Keys) -> LoadedScenario | None:
        """The scenario that stands at a place; none if it is not sound."""
        node, _ = nearest(self.root, path)
        target = self.layers.beside(self.file, dotted(path), node)
        if target is None:
            return None
        if not target.is_file():
            self.problems.append(problem(node.at, dotted(path), missing(target)))
        elif target.resolve() == self.file.resolve():
            self.problems.append(
                problem(node.at, dotted(path), sentence("the file itself", "a scenario file"))
            )
        else:
            try:
                return read(Layers(target, node.at))
            except ScenarioError as error:
                self.problems += error.problems
        return None

    def targets(self, spec: ExperimentFile, loaded: Mapping[Keys, LoadedScenario]) -> Targets:
        """The factors beside the scenarios, with what is set in all runs."""
        money = loaded["scenario",].scenario.currency.name
        fixed = assignments(self.root, SET, self.problems, money)
        self.refuse(setting_faults(fixed, SET, [as_node(one.tree) for one in loaded.values()]))
        settings: Settings = {
            (*where[:2], where[3]): assignments(self.root, (*where, "set"), self.problems, money)
            for where, _ in _options(spec)
        }
        self.stop_at_problems()
        return Targets(spec, loaded, self.worlds(loaded, fixed), settings)

    def worlds(
        self, loaded: Mapping[Keys, LoadedScenario], fixed: tuple[Assignment, ...]
    ) -> dict[Keys, ScenarioTree]:
        """The scenarios with what is set in all runs; what is wrong then is told once for all of them."""
        found, wrong = {}, dict[Fault, list[str]]()
        for path, one in loaded.items():
            try:
                found[path] = ScenarioTree.of(one, fixed, self.start(one))
            except UnsoundError as error:
                fault = Fault(blamed(error, SET, fixed) or SET, f"{error.path}: {error.what}")
                wrong.setdefault(fault, []).append(one.path.stem)
        for fault, names in wrong.items():
            self.refuse(
                [fault._replace(message=f"in {listed(dict.fromkeys(names), 'and')}: {fault.message}")]
            )
        self.stop_at_problems()
        return found

    def start(self, loaded: LoadedScenario) -> dict[str, Any] | None:
        """All that the scenario says from whose state another one starts; none if it starts by itself."""
        if loaded.scenario.start_from is None:
            return None
        file = loaded.scenario.start_from.scenario
        other = load_scenario(file)
        self.starts[file] = other.scenario
        return started(other.scenario, self.start(other))

    # --- points ----------------------------------------------------------------------------------

    def points(self, spec: DesignSpec, factors: tuple[Factor, ...]) -> Design:
        """The points of the design."""
        rows = self.rows(spec, factors)
        self.stop_at_problems()
        options = {"points": spec.points, "trajectories": spec.trajectories, "steps": spec.steps}
        kind = "list" if spec.kind == "csv" else spec.kind
        try:
            return design(
                kind, factors, **options, seed=spec.seed or 0, second_order=bool(spec.second_order), rows=rows
            )
        except ValueError as error:
            self.refuse([_of_design(str(error))])
            raise ScenarioError(self.problems) from None

    def rows(self, spec: DesignSpec, factors: tuple[Factor, ...]) -> list[dict[str, Value]] | None:
        """Points that are written down, here or in a table; none if they are to be placed."""
        known = {factor.name for factor in factors}
        for number, name, message in row_faults(spec.rows or (), factors):
            path = ("design", "rows", str(number), *([name] if name else []))
            self.refuse([Fault(path, message, at_key=name not in known)])
        if spec.file is None:
            return spec.rows
        node, _ = nearest(self.root, ("design", "file"))
        target = self.layers.beside(self.file, "design.file", node)
        self.stop_at_problems()
        assert target is not None
        return read_table(target, factors, node.at, "design.file")


def _options(spec: ExperimentFile) -> Iterator[tuple[Keys, Any]]:
    """Options of all factors, by their places."""
    yield from (((*where[:2], "options", where[2]), option) for where, option in options_of(spec))


def _of_design(message: str) -> Fault:
    """The place of what a design says: it begins with the key, if it is about one."""
    key, _, rest = message.partition(": ")
    return Fault(("design", key), rest) if key in DesignSpec.model_fields else Fault(("design",), message)


def _work(spec: ExperimentFile, targets: Targets) -> MarketWork:
    """What a run does."""
    return MarketWork(
        targets.by_option, targets.targets(), spec.outcomes, targets.against, targets.chooser, spec.panel,
        spec.consumers, spec.run_off,
    )  # fmt: skip


def _experiment(
    file: Path, spec: ExperimentFile, factors: tuple[Factor, ...], points: Design, work: MarketWork
) -> Experiment:
    about = content(spec)
    about.pop("budget")
    sides: Mapping[str, ScenarioTree] = {**work.worlds, "against": work.base} if work.base else work.worlds
    about["scenarios"] = {
        name or "scenario": content(sound(world.tree, world.name)) for name, world in sides.items()
    }
    titles = {name: one.title for name, one in spec.outcomes.items() if one.title}
    draws = Draws(spec.replications, spec.root_seed, spec.vary, spec.independent)
    return Experiment(
        file.stem, factors, points, work, tuple(spec.outcomes), draws, spec.budget, spec.design.kind, about,
        spec.title, spec.question, titles,
    )  # fmt: skip
