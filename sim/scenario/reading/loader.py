"""Load a scenario: read its layers, merge them, validate, check, and remember where values stand.

Order of the layers, later ones win: parent (``extends``), solved intercepts
(``intercepts_from``), the file, its ``overrides`` in order, overrides of the caller, ``--set``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenario.checks.check import check, placed
from sim.scenario.checks.start import agreement
from sim.scenario.errors import Origin, Problem, ScenarioError, problem
from sim.scenario.reading.layers import START, Layer, Layers, circle
from sim.scenario.reading.nodes import Node, dotted, nearest, plain, walk
from sim.scenario.reading.quantity import Quantity, check_quantities, quantities
from sim.scenario.reading.translate import validate
from sim.scenario.schema import Scenario


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario and what the files say about it.

    Attributes:
        scenario: the validated scenario, defaults filled in.
        path: the file that was loaded.
        tree: merged plain data as written, quantities unwrapped, without defaults; JSON types
            only, keys and dates as text. The file of `start_from` can be opened from here.
        origins: where each written value stands, by dotted path.
        quantities: numbers with a range or source, by dotted path.
        provenance: how the solved intercepts came about, if they were read from a file.
        against: the scenario to compare it with, as a path that opens from here; only if the file says so
            itself, not one that it extends.
        case: the label that the file gives itself; empty if none.
    """

    scenario: Scenario
    path: Path
    tree: dict[str, Any]
    origins: dict[str, Origin]
    quantities: dict[str, Quantity]
    provenance: Mapping[str, Any]
    against: Path | None = None
    case: str = ""


def load(
    path: str | os.PathLike[str], overrides: Iterable[str] = (), sets: Iterable[str] = (),
    *, solved: bool = True,
) -> LoadedScenario:  # fmt: skip
    """Load a scenario from a file.

    Args:
        path: the YAML file.
        overrides: names of patches to apply after those that the file applies itself.
        sets: assignments ``a.b=c``, applied last; the value is YAML.
        solved: whether intercepts and listing costs must be there; whoever solves them comes before.

    Returns:
        The scenario with origins and quantities.

    Raises:
        ScenarioError: with all problems that were found.
    """
    return read(Layers(Path(path)), overrides, sets, solved=solved)


def read(
    layers: Layers, overrides: Iterable[str] = (), sets: Iterable[str] = (), *, solved: bool = True
) -> LoadedScenario:
    """Merge, validate and check the layers of a scenario."""
    try:
        layer = layers.merged(overrides, sets)
    except ScenarioError as error:
        raise ScenarioError([*layers.problems, *error.problems]) from None
    return finished(layers, layer, solved=solved)


def finished(layers: Layers, layer: Layer, *, solved: bool = True) -> LoadedScenario:
    """Validate and check a merged tree and put the result together."""
    if any(found.path in ("extends", "intercepts_from") for found in layers.problems):
        raise ScenarioError(layers.problems)  # what is missing would only follow from that
    currency = currency_name(layer.root)
    problems = [*layers.problems, *check_quantities(layer.root, currency)]
    scenario, faults = validate(layer.root, currency)
    meaning = list(check(scenario, layer.root, solved)) if scenario else []
    problems += [*faults, *unrelated(meaning, faults)]
    if scenario and dotted(START) not in {found.path for found in problems}:
        problems += starting(scenario, layers, layer.root, agree=not problems, solved=solved)
    if problems or scenario is None:
        raise ScenarioError(problems)
    origins = {dotted(path): node.head for path, node in walk(layer.root) if path}
    found = quantities(layer.root, currency)
    return LoadedScenario(
        scenario, layers.file, plain(layer.root), origins, found, layer.provenance, layer.against, layer.case
    )


def starting(
    scenario: Scenario, layers: Layers, root: Node, *, agree: bool, solved: bool
) -> list[Problem]:  # fmt: skip
    """Return the problems of the scenario to start from, or of what must agree with it.

    Args:
        scenario: the scenario that may start from another.
        layers: where it was read from.
        root: its tree.
        agree: whether it is sound by itself, so that the two can be compared.
        solved: whether intercepts and listing costs must be there, also in the other.
    """
    if scenario.start_from is None:
        return []
    asked, file = nearest(root, START)[0].at, Path(scenario.start_from.scenario)
    if message := circle(file, layers.chain):
        return [problem(asked, dotted(START), message)]
    try:
        start = read(Layers(file, asked, layers.chain), solved=solved).scenario
    except ScenarioError as error:
        return list(error.problems)
    return list(placed(agreement(scenario, start), root)) if agree else []


def currency_name(root: Node) -> str | None:
    """Return the name of the money if the scenario says one."""
    node, found = nearest(root, ("currency", "name"))
    return node.value if found and isinstance(node.value, str) else None


def unrelated(meaning: Iterable[Problem], faults: Iterable[Problem]) -> Iterator[Problem]:
    """Yield problems of meaning of entities whose own values are sound."""
    faulty = {entity(fault) for fault in faults}
    yield from (finding for finding in meaning if entity(finding) not in faulty)


def entity(found: Problem) -> tuple[str, ...]:
    """Return the entity or section of a problem: the first two parts of its path."""
    return tuple(found.path.split(".")[:2])
