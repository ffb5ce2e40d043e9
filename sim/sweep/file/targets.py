"""What the factors of an experiment file mean in its scenarios: places, ranges, base values, options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sim.scenario import LoadedScenario
from sim.scenario.changes import Assignment, ScenarioTree, stray, whole
from sim.scenario.reading.nodes import Path
from sim.scenario.schema.fields import find, in_currency
from sim.sweep.factors import Factor, Role, Value
from sim.sweep.file.needs import GROUPS
from sim.sweep.market_work import Target
from sim.sweep.schema import ExperimentFile, Option, Vary

ROLES: Mapping[str, Role] = {"uncertainties": "uncertainty", "levers": "lever"}
NEUTRAL = {"multiply": 1.0, "add": 0.0}
"""Base value of a factor that changes what is there."""
Settings = Mapping[Path, tuple[Assignment, ...]]
"""What options set, by group, factor and option."""


@dataclass(frozen=True)
class Targets:
    """Factors of a file, seen beside its scenarios.

    Attributes:
        spec: the file.
        loaded: its scenarios as files say them, by the place that names them.
        worlds: the same with what the experiment sets in all runs.
        settings: what its options set.
    """

    spec: ExperimentFile
    loaded: Mapping[Path, LoadedScenario]
    worlds: Mapping[Path, ScenarioTree]
    settings: Settings

    @property
    def varied(self) -> dict[Path, Vary]:
        """Factors in the order of the file, by group and name."""
        return varied(self.spec)

    @property
    def choosers(self) -> list[Path]:
        """Factors whose options name scenario files."""
        return [
            where
            for where, one in self.varied.items()
            if any(option.scenario is not None for option in (one.options or {}).values())
        ]

    @cached_property
    def by_option(self) -> dict[str, ScenarioTree]:
        """Scenarios by option of the factor that chooses among them; under "" if none does."""
        if not self.choosers:
            return {"": self.worlds["scenario",]}
        where = self.choosers[0]
        options = self.varied[where].options or {}
        return {name: self.worlds[_named_by(where, name, option)] for name, option in options.items()}

    @property
    def chooser(self) -> str:
        """Name of that factor; empty if there is none."""
        return self.choosers[0][1] if self.choosers else ""

    @property
    def against(self) -> ScenarioTree | None:
        """The baseline, if there is one."""
        return self.worlds.get(("against",))

    def targets(self) -> dict[str, Target]:
        """What each factor changes, by name."""
        return {where[1]: self._target(where, one) for where, one in self.varied.items()}

    def _target(self, where: Path, one: Vary) -> Target:
        if one.options is None:
            return Target(tuple(paths_of(one)), one.change)
        return Target(options={name: self.settings[*where, name] for name in one.options})

    def factors(self) -> tuple[Factor, ...]:
        """Factors in the order of the file."""
        return tuple(self.factor(where, one) for where, one in self.varied.items())

    def factor(self, where: Path, one: Vary) -> Factor:
        """One factor.

        Raises:
            ValueError: if its range or its levels make no sense.
        """
        (group, name), title = where, one.title
        role = ROLES[group]
        if one.options is not None:
            names = tuple(one.options)
            return Factor(name, role, levels=names, base=names[0], title=title)
        base, unit = self._base(one), self._unit(one)
        if one.levels is not None:
            return Factor(name, role, levels=tuple(one.levels), base=base, unit=unit, title=title)
        low, high = self.ends(one)
        return Factor(name, role, low, high, one.scale, is_whole(one), base=base, unit=unit, title=title)

    def _base(self, one: Vary) -> Value | None:
        """Value of a factor at which scenario and baseline are as they are written; none if several."""
        if one.change != "set":
            return NEUTRAL[one.change]
        first = next(iter(self.by_option.values()))
        sides = [first] if self.against is None else [first, self.against]
        values = _values(one, sides) or _values(one, list(self.worlds.values()))
        value = values[0] if values else None
        single = isinstance(value, int | float | str) and all(other == value for other in values)
        return value if single else None

    def _unit(self, one: Vary) -> str:
        if one.change == "multiply":
            return "times"
        slot = find(paths_of(one)[0].split("."))
        currency = self.loaded["scenario",].scenario.currency.name
        return in_currency(slot.unit if slot else None, currency) or ""

    def ends(self, one: Vary) -> tuple[float | None, float | None]:
        """Range of a factor: its own ends, else those that the scenario gives with the number."""
        found = (loaded.quantities.get(path) for path in paths_of(one) for loaded in self.loaded.values())
        ranges = (quantity.range for quantity in found if quantity is not None and quantity.range)
        low, high = next(ranges, (None, None)) if one.change == "set" else (None, None)
        return low if one.low is None else one.low, high if one.high is None else one.high


def varied(spec: ExperimentFile) -> dict[Path, Vary]:
    """Factors in the order of the file, by group and name."""
    return {(group, name): one for group in GROUPS for name, one in getattr(spec, group).items()}


def options_of(spec: ExperimentFile) -> Iterator[tuple[Path, Option]]:
    """Options of all factors, by group, factor and name."""
    for where, one in varied(spec).items():
        yield from (((*where, name), option) for name, option in (one.options or {}).items())


def paths_of(one: Vary) -> list[str]:
    """Places of a factor."""
    return [one.path] if isinstance(one.path, str) else list(one.path or [])


def _named_by(where: Path, name: str, option: Option) -> Path:
    """The place that names the scenario of an option."""
    return ("scenario",) if option.scenario is None else (*where, "options", name, "scenario")


def _values(one: Vary, worlds: Iterable[ScenarioTree]) -> list[Any]:
    """What stands at the places of a factor in the scenarios that have them."""
    every = [(world, path) for path in paths_of(one) for world in worlds]
    return [world.at(path) for world, path in every if not stray(world.root, tuple(path.split(".")))]


def is_whole(one: Vary) -> bool:
    """Whether only whole numbers make sense: as values of a place, or added to them."""
    return one.change != "multiply" and any(whole(find(path.split("."))) for path in paths_of(one))
