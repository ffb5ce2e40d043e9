"""Scenarios as trees that factors change: where a path fits, what stands there, what comes out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from sim.scenario import LoadedScenario
from sim.scenario.checks.check import findings
from sim.scenario.errors import Origin, Problem, problem, sentence
from sim.scenario.reading.loader import unrelated
from sim.scenario.reading.merge import merge, nested, path_problems
from sim.scenario.reading.nodes import Node, Path, nearest, plain
from sim.scenario.reading.translate import build, found, validate
from sim.scenario.schema import Scenario
from sim.scenario.schema.fields import Slot, fields_of, find, of_field, step
from sim.scenario.show import full

Json = dict[str, Any]
Change = Literal["set", "multiply", "add"]
NOWHERE = Origin("")
"""Place of what stands in no file."""


@dataclass(frozen=True)
class Assignment:
    """A value for a place of the scenario, laid over what is there as a layer of a scenario file is."""

    path: str
    value: Any
    change: Change = "set"

    @property
    def keys(self) -> tuple[str, ...]:
        """The path, key by key."""
        return tuple(self.path.split("."))


class UnsoundError(ValueError):
    """A point at which a scenario makes no sense; the message holds a line for each problem.

    Attributes:
        path: place of the first problem in the scenario.
        what: what is wrong there.
    """

    path, what = "", ""

    @staticmethod
    def of(name: str, faults: Iterable[tuple[str, str]]) -> UnsoundError:
        """The error for a scenario with some problems, path and message of each."""
        every = list(dict.fromkeys(faults))
        error = UnsoundError("\n".join(f"{name}: {path}: {message}" for path, message in every))
        error.path, error.what = every[0]
        return error


@dataclass(frozen=True)
class ScenarioTree:
    """A scenario that can be changed.

    Attributes:
        name: name of its file.
        tree: what the files and the experiment say, without defaults.
        defaults: the same with defaults, in which values are looked up.
        start: all that the scenario says from whose state it starts, if it does.
    """

    name: str
    tree: Json
    defaults: Json
    start: Json | None = None

    @staticmethod
    def of(
        loaded: LoadedScenario, fixed: Iterable[Assignment] = (), start: Json | None = None
    ) -> ScenarioTree:
        """The tree of a scenario file with some places set for good.

        Raises:
            UnsoundError: if the scenario makes no sense then.
        """
        return ScenarioTree(loaded.path.stem, loaded.tree, full(loaded.scenario), start).with_fixed(fixed)

    def with_fixed(self, fixed: Iterable[Assignment]) -> ScenarioTree:
        """The same world with some places set for good.

        Raises:
            UnsoundError: if the scenario makes no sense then.
        """
        tree = self.changed(fixed)
        return ScenarioTree(self.name, tree, full(sound(tree, self.name)), self.start)

    def __getstate__(self) -> Json:
        """The attributes: what follows from them does not travel."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def root(self) -> Node:
        """The tree as nodes without places."""
        return as_node(self.tree)

    def at(self, path: str) -> Any:
        """What stands at a path, also by default; None if nothing."""
        return _at(self.defaults, path.split("."))

    def changed(self, assignments: Iterable[Assignment]) -> Json:
        """The tree with assignments made one after another; those that lead nowhere by then are left out.

        Raises:
            UnsoundError: if a number is to be multiplied or added to where there is none.
        """
        root = self.root
        for one in assignments:
            if not stray(root, one.keys):
                root = laid(root, one.keys, self._value(root, one))
        tree: Json = plain(root)
        return tree

    def _value(self, root: Node, one: Assignment) -> Any:
        slot = find(one.keys)
        if one.change == "set":
            exact = isinstance(one.value, float) and one.value.is_integer()
            return fitted(one.value, slot) if exact else one.value
        node, written = nearest(root, one.keys)
        old = plain(node) if written else self.at(one.path)
        try:
            return moved(old, one, slot)
        except ValueError as error:
            raise UnsoundError.of(self.name, [(one.path, str(error))]) from None


def as_node(value: Any) -> Node:
    """Plain data as a tree of nodes without places."""
    if isinstance(value, dict):
        return Node({key: as_node(child) for key, child in value.items()}, NOWHERE)
    return Node([as_node(child) for child in value] if isinstance(value, list) else value, NOWHERE)


def stray(root: Node, keys: Path) -> str:
    """Say why a path leads nowhere in a tree; empty if it leads somewhere."""
    return next((found.message for found in path_problems(root, keys, NOWHERE)), "")


def laid(root: Node, keys: Path, value: Any) -> Node:
    """A tree with a value laid over a place; null removes an entry if it is there."""
    return merge(root, nested(keys, as_node(value), NOWHERE), [])


def _at(tree: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def with_values(scenario: Scenario, values: Iterable[Assignment]) -> Scenario:
    """Return a scenario with values laid over some of its places.

    Args:
        scenario: the scenario.
        values: places and what is set, multiplied or added there, one after another.

    Raises:
        UnsoundError: if the scenario makes no sense then.
    """
    tree = full(scenario)
    return sound(ScenarioTree(scenario.title, tree, tree).changed(values), scenario.title)


# --- numbers -------------------------------------------------------------------------------------


def moved(old: Any, one: Assignment, slot: Slot | None) -> Any:
    """A number, or the numbers of a mapping by tier, date or name, multiplied by a value or with it added.

    Raises:
        ValueError: if there is no number, or a section of several different ones.
    """
    if isinstance(old, dict) and slot is not None and slot.model is None:
        return {key: moved(child, one, step(slot, key)) for key, child in old.items()}
    if isinstance(old, dict | list | str | bool) or old is None:
        raise ValueError(sentence(found(old), f"a number to {_words(one)}"))
    return fitted(old * one.value if one.change == "multiply" else old + one.value, slot)


def _words(one: Assignment) -> str:
    return "multiply" if one.change == "multiply" else "add to"


def fitted(value: float, slot: Slot | None) -> float | int:
    """A number as it may stand at a place: the nearest whole one after a change where only those may."""
    if not whole(slot) or not math.isfinite(value):
        return value
    return round(value)


def whole(slot: Slot | None) -> bool:
    """Whether only whole numbers may stand at a place."""
    return slot is not None and int in slot.members and float not in slot.members


# --- soundness -----------------------------------------------------------------------------------


def sound(tree: Json, name: str) -> Scenario:
    """Build a scenario from a tree.

    Args:
        tree: what it says.
        name: its name in messages.

    Raises:
        UnsoundError: with everything that is wrong.
    """
    try:
        scenario = build(tree, Scenario)
    except ValidationError:
        raise UnsoundError.of(name, _wrong(tree)) from None
    if any(True for _ in findings(scenario)):
        raise UnsoundError.of(name, _wrong(tree))
    return scenario


def _wrong(tree: Json) -> Iterator[tuple[str, str]]:
    """Path and message of everything that is wrong with a tree."""
    scenario, faults = validate(as_node(tree), _at(tree, ("currency", "name")))
    meaning: list[Problem] = []
    if scenario is not None:
        meaning = [problem(NOWHERE, path, said) for path, said, _ in findings(scenario)]
    yield from ((one.path, one.message) for one in [*faults, *unrelated(meaning, faults)])


# --- identity ------------------------------------------------------------------------------------

WORDS = ("title", "question", "source", "note", "colour")
"""Keys of sections that only people see."""


def content(said: BaseModel) -> Json:
    """What a section says, defaults filled in, without words and colours, which change nothing; plain data.

    Mappings of sections (platforms by name) become lists of pairs: their order is an order of columns and
    of events, and results differ with it, if only in the last bits.
    """
    return _content(said.model_dump(by_alias=True, mode="json"), type(said))


def _content(tree: Json, model: type[BaseModel]) -> Json:
    found = {key: child for key, child in tree.items() if key not in WORDS}
    for key, section, many in _sections(model):
        below = found[key]
        if isinstance(below, dict):  # a section may be left out, or a plain number stand in its place
            pairs = [[name, _content(child, section)] for name, child in below.items()] if many else []
            found[key] = pairs if many else _content(below, section)
    return found


@cache
def _sections(model: type[BaseModel]) -> tuple[tuple[str, type[BaseModel], bool], ...]:
    """Sections inside a section: key, their schema, and whether it is a mapping of them."""
    found = []
    for key, field in fields_of(model).items():
        slot = of_field(field)
        entry = step(slot, "name") if slot.mapping is not None else None
        if slot.model is not None:
            found.append((key, slot.model, False))
        elif entry is not None and entry.model is not None:
            found.append((key, entry.model, True))
    return tuple(found)


def started(scenario: Scenario, start: Json | None) -> Json:
    """What a scenario says, and the one from whose state it starts in the place of the name of its file."""
    found = content(scenario)
    if scenario.start_from is not None:
        found["start_from"]["scenario"] = start
    return found
