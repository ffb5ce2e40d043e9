"""Structural alternatives as changes of scenarios: the model built otherwise, on the same market.

    plain_logit: {set: {platforms.*.similarity: 1, brands.*.similarity: 1}}

A star stands for every name at its place, so that one file of alternatives serves any scenario.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field
from ruamel.yaml import YAML

from sim.experiments.calibration import SolveSettings, solve
from sim.experiments.targets import read_targets
from sim.files import write_text
from sim.scenario import LoadedScenario, load
from sim.scenario.changes import Assignment, Json, ScenarioTree, sound
from sim.scenario.errors import sentence
from sim.scenario.reading.nodes import dotted
from sim.scenario.schema import Scenario
from sim.scenario.schema.fields import find
from sim.scenario.schema.units import Name, Part

STAR = "*"
Keys = tuple[str, ...]
Changes = tuple[Assignment, ...]


class Structure(Part):
    """A structural alternative: numbers that are cut, then places that are set."""

    title: str
    why: str = ""
    cut: dict[str, str] = Field(
        {}, description="place of a number, and the share beside it that is taken off"
    )
    set: dict[str, Any] = Field({}, description="places and their values")


class _File(Part):
    alternatives: dict[Name, Structure] = Field(min_length=1)


def read_structures(path: Path) -> dict[str, Structure]:
    """Read a file of structural alternatives.

    Raises:
        ValueError: with the reasons, if it is not one or names a place that no scenario has.
    """
    found = _File.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    for name, structure in found.alternatives.items():
        for pattern in (*structure.cut, *structure.set):
            if find(pattern.split(".")) is None:
                message = sentence(f"'{pattern}' is no place of a scenario", "dotted keys, * for any name")
                raise ValueError(f"{path.as_posix()}: {name}: {message}")
    return found.alternatives


# --- what it changes -----------------------------------------------------------------------------


def changes(structure: Structure, world: ScenarioTree) -> Changes:
    """What a structure changes in a scenario: only what would be another value than the one there."""
    cuts = (
        Assignment(dotted(keys), _cut(world, keys, share))
        for pattern, share in structure.cut.items()
        for keys in places(world.defaults, tuple(pattern.split(".")))
    )
    sets = (
        Assignment(dotted(keys), value)
        for pattern, value in structure.set.items()
        for keys in places(world.defaults, tuple(pattern.split(".")))
    )
    return tuple(one for one in (*cuts, *sets) if one.value != world.at(one.path))


def places(tree: Any, pattern: Keys, above: Keys = ()) -> Iterator[Keys]:
    """Places of a tree with defaults that a pattern means; none below what is not there."""
    if not isinstance(tree, dict) or not pattern:
        return
    first, *rest = pattern
    for key in tree if first == STAR else [key for key in tree if key == first]:
        if not rest:
            yield (*above, key)
        else:
            yield from places(tree[key], tuple(rest), (*above, key))


def _cut(world: ScenarioTree, keys: Keys, share: str) -> float:
    """A number times one less the share beside it."""
    return float(world.at(dotted(keys)) * (1.0 - world.at(dotted((*keys[:-1], share)))))


# --- the scenarios it makes ----------------------------------------------------------------------


@dataclass(frozen=True)
class Builder:
    """Makes scenarios of other structure.

    Attributes:
        folder: an existing folder in which scenarios can be written down while they are needed.
        targets: what intercepts are solved to again for each structure; none = they stay.
        settings: size and patience of that solution.
    """

    folder: Path
    targets: Path | None = None
    settings: SolveSettings = field(default_factory=SolveSettings)

    def made(self, structure: Structure, some: Sequence[LoadedScenario]) -> list[Scenario]:
        """Some scenarios under a structure, with those that they start from; none if it changes nothing.

        Raises:
            ValueError: if a scenario makes no sense then, or starts from one that itself starts elsewhere.
        """
        starts = _starts(some)
        if not any(changes(structure, ScenarioTree.of(one)) for one in (*some, *starts.values())):
            return []
        solved = self._solved(structure)
        files = {
            file: self._write(f"start_{k}", self._tree(structure, solved, ScenarioTree.of(start)))
            for k, (file, start) in enumerate(starts.items())
        }
        worlds = [ScenarioTree.of(one) for one in some]
        made = [sound(self._tree(structure, solved, world), world.name) for world in worlds]
        return [_started(scenario, files) for scenario in made]

    def _tree(
        self, structure: Structure, solved: Mapping[str, Mapping[str, Any]], world: ScenarioTree
    ) -> Json:
        """What a scenario says under a structure, with solved numbers for the channels that have numbers."""
        numbers = (
            Assignment(f"{section}.{channel}", value)
            for section, by_channel in solved.items()
            for channel, value in by_channel.items()
            if channel in world.defaults[section]
        )
        return world.changed([*changes(structure, world), *numbers])

    def _solved(self, structure: Structure) -> dict[str, Mapping[str, Any]]:
        """Intercepts and listing costs with which the targets' scenario sells as before under a structure."""
        if self.targets is None:
            return {}
        file = read_targets(self.targets)
        base = load(self.targets.parent / file.scenario)
        scenario = self._write("solved", self._tree(structure, {}, ScenarioTree.of(base)))
        target = file.model_copy(update={"scenario": scenario.name})
        path = write_text(self.folder / "targets.yaml", target.model_dump_json(by_alias=True))
        found = solve(path, self.settings, lambda iteration, gap: None)
        return {"intercepts": found.intercepts, "listing_costs": found.listing_costs}

    def _write(self, name: str, tree: Json) -> Path:
        """Write down what a scenario says, as a file of its own; JSON is YAML as well."""
        return write_text(self.folder / f"{name}.yaml", json.dumps(tree))


def _starts(some: Sequence[LoadedScenario]) -> dict[str, LoadedScenario]:
    """Scenarios from whose state some scenarios start, by file as written."""
    files = [one.scenario.start_from.scenario for one in some if one.scenario.start_from is not None]
    found = {file: load(file) for file in dict.fromkeys(files)}
    for file, start in found.items():
        if start.scenario.start_from is not None:
            raise ValueError(f"{file} starts from another scenario itself: start from its own start")
    return found


def _started(scenario: Scenario, starts: Mapping[str, Path]) -> Scenario:
    """A scenario that starts from the files of the same structure."""
    if scenario.start_from is None:
        return scenario
    start = scenario.start_from.model_copy(
        update={"scenario": starts[scenario.start_from.scenario].as_posix()}
    )
    return scenario.model_copy(update={"start_from": start})
