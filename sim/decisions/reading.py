"""Read a question file: all problems at once, each with its place, the nearest name where one is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from sim.decisions.question import STAY_OUT, Question, Settings
from sim.decisions.schema import Choice, Clause, QuestionFile
from sim.scenario import Origin, Problem, ScenarioError
from sim.scenario.changes import Assignment, ScenarioTree, UnsoundError, as_node, sound
from sim.scenario.errors import problem, unknown
from sim.scenario.reading.layers import missing, read_root
from sim.scenario.reading.nodes import Node, dotted, nearest, place
from sim.scenario.reading.nodes import Path as Keys
from sim.scenario.reading.translate import checked
from sim.scenario.schema.fields import Grammar
from sim.sweep.experiment import Experiment
from sim.sweep.file.needs import Fault
from sim.sweep.file.reading import load as load_experiment
from sim.sweep.file.settings import assignments, nowhere, setting_faults
from sim.sweep.file.trials import blamed
from sim.sweep.market_work import MarketWork

Assignments = tuple[Assignment, ...]
FIELDS = {"options": "options", "clauses": "terms.clauses", "terms": "game.terms", "answers": "game.answers"}
"""Where settings stand, by what they are."""


def load(path: Path | str) -> Question:
    """Load a question from a file.

    Args:
        path: the YAML file; the files that it names lie relative to it.

    Raises:
        ScenarioError: with all problems that were found.
    """
    return _Reader(Path(path)).question()


class _Reader:
    """Reads one file, collecting problems on the way."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.root = read_root(file, Origin(file.as_posix()))
        self.problems: list[Problem] = []

    def question(self) -> Question:
        """Everything, one step after another; a step that others rest on ends the reading if it fails."""
        spec, problems = checked(self.root, QuestionFile, Grammar(QuestionFile))
        self.problems += problems
        self.stop_at_problems()
        assert spec is not None
        self.refuse(_names(spec))
        unknowns = self.experiment("unknowns")
        parameters = self.experiment("markets.parameters")
        surviving, central = self.table("markets.surviving"), self.table("markets.central")
        self.stop_at_problems()
        self.refuse(_fits(unknowns, parameters, surviving, central))
        settings = {kind: self.settings(where, unknowns) for kind, where in FIELDS.items()}
        self.refuse(_like(spec))
        assert isinstance(unknowns.work, MarketWork)
        self.refuse(_places(spec, settings, unknowns.work.worlds[""]))
        self.stop_at_problems()
        names = [factor.name for factor in parameters.factors]
        first = {name: float(central[name].iloc[0]) for name in names}
        settings["options"] = {name: _laid(spec, name, settings["options"]) for name in spec.options}
        made = Question(self.file.stem, spec, unknowns, parameters, surviving, first, **settings)
        self.refuse(_trials(made))
        self.stop_at_problems()
        return made

    def stop_at_problems(self) -> None:
        """Leave with what has been found."""
        if self.problems:
            raise ScenarioError(self.problems)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Note problems by their places."""
        for path, message, at_key in faults:
            self.problems.append(problem(place(self.root, path, at_key), dotted(path), message))

    def named(self, where: str) -> Path | None:
        """The file that stands at a place; none if it is not there, which is noted."""
        node, _ = nearest(self.root, tuple(where.split(".")))
        target = self.file.parent / str(node.value)
        if target.is_file():
            return target
        self.problems.append(problem(node.at, where, missing(target)))
        return None

    def experiment(self, where: str) -> Experiment:
        """The experiment whose file stands at a place."""
        target = self.named(where)
        self.stop_at_problems()
        assert target is not None
        return load_experiment(target)

    def table(self, where: str) -> pd.DataFrame:
        """The table whose file stands at a place; empty if there is none."""
        target = self.named(where)
        return pd.DataFrame() if target is None else pd.read_csv(target)

    def settings(self, where: str, unknowns: Experiment) -> Settings:
        """What the entries at a place set, by name."""
        path = tuple(where.split("."))
        node, found = nearest(self.root, path)
        if not found:
            return {}
        assert isinstance(unknowns.work, MarketWork)
        world = unknowns.work.worlds[""]
        money = world.defaults["currency"]["name"]
        return {
            name: assignments(self.root, (*path, name, "set"), self.problems, money) for name in node.entries
        }


def _places(spec: QuestionFile, settings: Mapping[str, Settings], world: ScenarioTree) -> Iterator[Fault]:
    """Settings and places that lead nowhere; options rest on what they are like, the rest on the terms."""

    def root(below: Assignments) -> Node:
        return as_node(world.changed(below))

    deal = root(_laid(spec, spec.terms.option, settings["options"]))
    for kind, where in FIELDS.items():
        for name, own in settings[kind].items():
            below = _chain(spec, name)[:0:-1] if kind == "options" else []
            rests = tuple(one for each in below for one in settings["options"][each])
            roots = [root(rests) if kind == "options" else deal]
            yield from setting_faults(own, (*where.split("."), name, "set"), roots)
    for place_, path, below_root in _pointed(spec, settings, deal, root):
        message = nowhere(tuple(path.split(".")), [below_root])
        if message:
            yield Fault(place_, message)


def _pointed(
    spec: QuestionFile, settings: Mapping[str, Settings], deal: Node, root: Callable[[Assignments], Node]
) -> Iterator[tuple[Keys, str, Node]]:
    """Places of the scenario that the file points at: where it does, the path, the tree that must have it."""
    terms = spec.terms
    yield ("terms", "commission"), terms.commission, deal
    yield ("terms", "exposure"), terms.exposure, deal
    if terms.price_check is not None:
        yield ("terms", "price_check", "price"), terms.price_check.price, deal
    if spec.afterwards is not None:
        rule = root(_laid(spec, spec.afterwards.option, settings["options"]))
        yield ("afterwards", "exit_below"), spec.afterwards.exit_below, rule


# --- names ---------------------------------------------------------------------------------------


def _names(spec: QuestionFile) -> Iterator[Fault]:
    """Options and unknown names that are named but not there."""
    known = list(spec.options)
    for where, names in _mentioned(spec):
        for number, name in enumerate(names):
            if name not in known:
                path = (*where, str(number)) if len(names) > 1 or where[-1] in LISTS else where
                yield Fault(path, unknown("option", name, known))
    if STAY_OUT in known:
        yield Fault(("options", STAY_OUT), f"'{STAY_OUT}' is the name of the baseline", at_key=True)


LISTS = ("options", "recommend", "hosts", "entrant")


def _mentioned(spec: QuestionFile) -> Iterator[tuple[Keys, list[str]]]:
    yield from ((("asked", name, "options"), list(asked.options)) for name, asked in spec.asked.items())
    yield from (
        (("asked", name, "edges", edge), [edge]) for name, asked in spec.asked.items() for edge in asked.edges
    )
    yield ("recommend",), list(spec.recommend)
    yield ("terms", "hosts"), list(spec.terms.hosts)
    yield ("terms", "option"), [spec.terms.option]
    if spec.afterwards is not None:
        for key in ("option", "dixit", "naive", "stay"):
            yield ("afterwards", key), [getattr(spec.afterwards, key)]
    if spec.game is not None:
        yield ("game", "entrant"), list(spec.game.entrant)


def _like(spec: QuestionFile) -> Iterator[Fault]:
    """Options that are like one that there is not, or like themselves in the end."""
    for name, option in spec.options.items():
        if option.like is not None and option.like not in spec.options:
            yield Fault(("options", name, "like"), unknown("option", option.like, list(spec.options)))
        elif name in _chain(spec, name)[1:]:
            yield Fault(("options", name, "like"), "leads back to the option itself")


def _chain(spec: QuestionFile, name: str) -> list[str]:
    """An option and those that it is like, up to one that is like none or has been met."""
    found = [name]
    while (below := spec.options[found[-1]].like) is not None and below in spec.options:
        found.append(below)
        if below in found[:-1]:
            break
    return found


def _laid(spec: QuestionFile, name: str, settings: Settings) -> Assignments:
    """Settings of an option over those of the ones that it is like."""
    return tuple(one for each in reversed(_chain(spec, name)) for one in settings[each])


# --- what goes together --------------------------------------------------------------------------


def _fits(
    unknowns: Experiment, parameters: Experiment, surviving: pd.DataFrame, central: pd.DataFrame
) -> Iterator[Fault]:
    """Experiments and tables that do not go together."""
    if not isinstance(unknowns.work, MarketWork) or unknowns.work.base is None or unknowns.work.chooser:
        yield Fault(("unknowns",), "an experiment with `scenario` and `against` is needed, one of each")
    names = [factor.name for factor in parameters.factors]
    for key, table in (("surviving", surviving), ("central", central)):
        lost = [name for name in names if name not in table]
        if lost or not len(table):
            yield Fault(("markets", key), f"no column {lost[0]}" if lost else "no rows")
    twice = {factor.name for factor in unknowns.factors} & set(names)
    for name in sorted(twice):
        yield Fault(("unknowns",), f"'{name}' is also a parameter of the markets")


def _trials(question: Question) -> Iterator[Fault]:
    """Options, clauses, terms and answers that make no sense in the central market."""
    spec, option = question.spec, question.options[question.spec.terms.option]
    tried: list[tuple[Keys, Choice | Clause, Assignments, Assignments]] = [
        (("options", name), spec.options[name], (), made) for name, made in question.options.items()
    ]
    tried += [
        (("terms", "clauses", name), spec.terms.clauses[name], option, made)
        for name, made in question.clauses.items()
    ]
    if spec.game is not None:
        for kind, settings in (("terms", question.terms), ("answers", question.answers)):
            actions: Mapping[str, Choice] = getattr(spec.game, kind)
            tried += [(("game", kind, name), actions[name], option, made) for name, made in settings.items()]
    for where, _, below, made in tried:
        yield from _trial(question, where, below, made)


def _trial(question: Question, where: Keys, below: Assignments, made: Assignments) -> Iterator[Fault]:
    try:
        work = question.work({"tried": (*below, *made)}, 100)
        sound(work.world.changed([*work.options["tried"]]), where[-1])
    except UnsoundError as error:
        yield Fault(_blamed(question.spec, error, where, made), f"{error.path}: {error.what}")


def _blamed(spec: QuestionFile, error: UnsoundError, where: Keys, made: Assignments) -> Keys:
    """The place of the setting that an error is about; that of an option may stand in one that it is like."""
    if where[0] != "options":
        return blamed(error, (*where, "set"), made) or where
    for name in _chain(spec, where[-1]):
        own = [Assignment(path, None) for path in spec.options[name].set]
        if (at := blamed(error, ("options", name, "set"), own)) is not None:
            return at
    return where
