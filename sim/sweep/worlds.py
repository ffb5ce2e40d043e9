"""Scenarios as trees that factors change: where a path fits, what stands there, what comes out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from sim.scenario import LoadedScenario
from sim.scenario.check import findings
from sim.scenario.errors import Origin, problem
from sim.scenario.fields import find
from sim.scenario.loader import unrelated
from sim.scenario.merge import path_problems, removes
from sim.scenario.nodes import Node
from sim.scenario.schema import Scenario
from sim.scenario.show import full
from sim.scenario.translate import build, validate

Json = dict[str, Any]
Change = Literal["set", "multiply", "add"]


@dataclass(frozen=True)
class Assignment:
    """A value for a place of the scenario."""

    path: str
    value: Any
    change: Change = "set"


class UnsoundError(ValueError):
    """A point at which a scenario makes no sense; the message holds a line for each problem."""


@dataclass(frozen=True)
class World:
    """A scenario that can be changed.

    Attributes:
        name: name of its file.
        tree: what the files say, without defaults.
        defaults: the same with defaults, in which values are looked up.
        fits: the paths of the experiment that lead somewhere in it.
    """

    name: str
    tree: Json
    defaults: Json
    fits: frozenset[str]

    @staticmethod
    def of(loaded: LoadedScenario, paths: Iterable[str]) -> World:
        """The world of a scenario file, which looks at those of some paths that it has."""
        root = as_node(loaded.tree)
        fits = frozenset(path for path in paths if not stray(root, path))
        return World(loaded.path.stem, loaded.tree, full(loaded.scenario), fits)

    def at(self, path: str) -> Any:
        """What stands at a path; None if nothing."""
        place: Any = self.defaults
        for key in path.split("."):
            place = place.get(key) if isinstance(place, dict) else None
        return place

    def changed(self, assignments: Iterable[Assignment]) -> Json:
        """The tree with assignments made one after another; those that do not fit are left out.

        Raises:
            UnsoundError: if a number is to be multiplied or added to where there is none.
        """
        tree = self.tree
        for one in assignments:
            if one.path in self.fits:
                tree = placed(tree, one.path.split("."), self._value(one), one.path)
        return tree

    def _value(self, one: Assignment) -> Any:
        if one.change == "set":
            return one.value
        return moved(self.at(one.path), one)


def as_node(value: Any) -> Node:
    """Plain data as a tree of nodes without places."""
    if isinstance(value, dict):
        return Node({key: as_node(child) for key, child in value.items()}, Origin(""))
    return Node([as_node(child) for child in value] if isinstance(value, list) else value, Origin(""))


def stray(root: Node, path: str) -> str:
    """Say why a path leads nowhere in a tree; empty if it leads somewhere."""
    problems = path_problems(root, tuple(path.split(".")), Origin(""))
    return next((found.message for found in problems), "")


def placed(tree: Json, path: list[str], value: Any, whole: str) -> Json:
    """A copy of a tree with a value at a path; only what lies on the path is copied."""
    key, *rest = path
    copy = dict(tree)
    if rest:
        below = copy.get(key)
        copy[key] = placed(below if isinstance(below, dict) else {}, rest, value, whole)
    elif value is None and removes(find(whole.split("."))):
        copy.pop(key, None)
    else:
        copy[key] = value
    return copy


def moved(old: Any, one: Assignment) -> Any:
    """A number, or the numbers of a mapping, multiplied by a value or with it added.

    Raises:
        UnsoundError: if there is no number.
    """
    if isinstance(old, dict):
        return {key: moved(child, one) for key, child in old.items()}
    if not isinstance(old, int | float) or isinstance(old, bool):
        raise UnsoundError(f"{one.path}: found {json.dumps(old)}, expected a number to {one.change}")
    return old * one.value if one.change == "multiply" else old + one.value


def sound(tree: Json) -> Scenario:
    """Build a scenario from a tree.

    Raises:
        UnsoundError: with everything that is wrong.
    """
    try:
        scenario = build(tree, Scenario)
    except ValidationError:
        raise UnsoundError(_worded(tree)) from None
    if any(True for _ in findings(scenario)):
        raise UnsoundError(_worded(tree))
    return scenario


def _worded(tree: Json) -> str:
    """A line for everything that is wrong with a tree."""
    currency = tree.get("currency")
    scenario, faults = validate(as_node(tree), currency.get("name") if isinstance(currency, dict) else None)
    found = (
        [] if scenario is None else [problem(Origin(""), path, said) for path, said, _ in findings(scenario)]
    )
    every = [*faults, *unrelated(found, faults)]
    return "\n".join(dict.fromkeys(f"{one.path}: {one.message}" for one in every))


WORDS = ("title", "question", "source", "note")
"""Keys that only people read."""


def without_words(tree: Any) -> Any:
    """A tree without titles and the like, which change nothing."""
    if isinstance(tree, Mapping):
        return {key: without_words(child) for key, child in tree.items() if key not in WORDS}
    return [without_words(child) for child in tree] if isinstance(tree, list) else tree
