"""What the factors of an experiment file mean in its scenarios: places, ranges, base values, options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.scenario import LoadedScenario
from sim.scenario.errors import sentence
from sim.scenario.fields import find, in_currency
from sim.sweep.factors import Factor, Role, Value
from sim.sweep.market_work import Target
from sim.sweep.schema import ExperimentFile, Vary
from sim.sweep.worlds import Assignment, World, as_node, stray

ROLES: Mapping[str, Role] = {"uncertainties": "uncertainty", "levers": "lever"}
NEUTRAL = {"multiply": 1.0, "add": 0.0}
"""Base value of a factor that changes what is there."""


class Targets:
    """Factors of a file, seen beside its scenarios.

    Args:
        spec: the file.
        loaded: its scenarios by the dotted path that names them.
    """

    def __init__(self, spec: ExperimentFile, loaded: Mapping[str, LoadedScenario | None]) -> None:
        self.spec = spec
        self.loaded = {path: scenario for path, scenario in loaded.items() if scenario is not None}
        self.where = {f"{group}.{name}": one for group in ROLES for name, one in getattr(spec, group).items()}

    @property
    def choosers(self) -> list[str]:
        """Factors whose options name scenario files."""
        return [
            where
            for where, one in self.where.items()
            if any(option.scenario for option in (one.options or {}).values())
        ]

    # --- what is wrong ---------------------------------------------------------------------------

    def faults(self) -> Iterator[tuple[str, str]]:
        """What does not fit, by dotted path of the file."""
        names = [where.split(".")[1] for where in self.where]
        for where, one in self.where.items():
            if names.count(where.split(".")[1]) > 1:
                yield where, "the same name is both an uncertainty and a lever"
            yield from self._form(where, one)
        for where in self.choosers[1:]:
            yield where, f"its options name scenario files, and so do those of {self.choosers[0]}"
        for where, path in self._paths():
            if message := self._stray(path):
                yield where, message
        if not self.where and self.spec.design.kind not in ("list", "csv"):
            yield "design", sentence("no factors", "uncertainties or levers")

    def _form(self, where: str, one: Vary) -> Iterator[tuple[str, str]]:
        """A factor is a path or several with a range or levels, or it has options."""
        if (one.path is None) == (one.options is None):
            yield where, sentence("neither or both of path and options", "one of them")
        elif one.options is not None:
            extra = one.model_fields_set - {"options", "title", "source"}
            for key in sorted(extra):
                yield f"{where}.{key}", f"'{key}' means nothing beside options"
        elif one.levels is None:
            yield from self._range(where, one)
        elif one.low is not None or one.high is not None:
            yield where, sentence("levels and a range", "one of them")
        elif not one.levels:
            yield f"{where}.levels", "no levels"

    def _range(self, where: str, one: Vary) -> Iterator[tuple[str, str]]:
        """A range has two ends in the right order, its own or those of the scenario."""
        low, high = self._ends(one)
        if low is None or high is None:
            path = ([one.path] if isinstance(one.path, str) else one.path or [""])[0]
            yield where, sentence(f"no range: {path} has none in the scenario", "low and high, or levels")
            return
        try:
            Factor(where, low=low, high=high, scale=one.scale)
        except ValueError as error:
            yield where, str(error).partition(": ")[2]

    def _stray(self, path: str) -> str:
        """Say why a path fits in none of the scenarios; empty if it fits in one."""
        messages = [stray(as_node(loaded.tree), path) for loaded in self.loaded.values()]
        return "" if "" in messages else next(iter(messages), "")

    def _paths(self) -> Iterator[tuple[str, str]]:
        """All dotted paths into scenarios, each with its place in the file."""
        yield from (("set", path) for path in self.spec.set)
        for where, one in self.where.items():
            single = isinstance(one.path, str)
            for number, path in enumerate([one.path] if isinstance(one.path, str) else one.path or []):
                yield (f"{where}.path" if single else f"{where}.path.{number}"), path
            for name, option in (one.options or {}).items():
                yield from ((f"{where}.options.{name}.set", path) for path in option.set)

    # --- what it means ---------------------------------------------------------------------------

    def worlds(self) -> tuple[dict[str, World], World | None, str]:
        """Scenarios by option, the baseline, and the factor that chooses among the scenarios."""
        paths = {path for _, path in self._paths()}
        found = {where: World.of(loaded, paths) for where, loaded in self.loaded.items()}
        base = found.get("against")
        if not self.choosers:
            return {"": found["scenario"]}, base, ""
        where = self.choosers[0]
        options = self.where[where].options or {}
        worlds = {
            name: found[f"{where}.options.{name}.scenario" if option.scenario else "scenario"]
            for name, option in options.items()
        }
        return worlds, base, where.split(".")[1]

    def by_name(self) -> dict[str, Target]:
        """What each factor changes."""
        return {where.split(".")[1]: target_of(one) for where, one in self.where.items()}

    def factors(self) -> tuple[Factor, ...]:
        """Factors in the order of the file."""
        return tuple(self._factor(where, one) for where, one in self.where.items())

    def _factor(self, where: str, one: Vary) -> Factor:
        group, name = where.split(".")
        role, title = ROLES[group], one.title
        if one.options is not None:
            names = tuple(one.options)
            return Factor(name, role, levels=names, base=names[0], title=title)
        base, unit = self._base(one)
        if one.levels is not None:
            return Factor(name, role, levels=tuple(one.levels), base=base, unit=unit, title=title)
        low, high = self._ends(one)
        whole = one.change == "set" and _whole(one)
        return Factor(name, role, low, high, one.scale, whole, base=base, unit=unit, title=title)

    def _base(self, one: Vary) -> tuple[Value | None, str]:
        """Value of a factor in the scenario as it is written, and its unit."""
        if one.change != "set":
            return NEUTRAL[one.change], "times" if one.change == "multiply" else self._unit(one)
        values = [found for path in _paths(one) for found in self._found(path)]
        single = [value for value in values if isinstance(value, int | float | str | bool)]
        return (single[0] if single else None), self._unit(one)

    def _found(self, path: str) -> Iterator[Any]:
        """What stands at a path: fixed by the experiment, or in its scenarios."""
        if path in self.spec.set:
            yield self.spec.set[path]
        for loaded in self.loaded.values():
            yield World.of(loaded, ()).at(path)

    def _unit(self, one: Vary) -> str:
        slot = find(_paths(one)[0].split("."))
        currency = self.loaded["scenario"].scenario.currency.name
        return in_currency(slot.unit if slot else None, currency) or ""

    def _ends(self, one: Vary) -> tuple[float | None, float | None]:
        """Range of a factor: its own ends, else those that the scenario gives with the number."""
        ranges = (
            loaded.quantities[path].range
            for path in _paths(one)
            for loaded in self.loaded.values()
            if path in loaded.quantities
        )
        low, high = (
            next((found for found in ranges if found), (None, None)) if one.change == "set" else (None, None)
        )
        return low if one.low is None else one.low, high if one.high is None else one.high


def target_of(one: Vary) -> Target:
    """What a factor changes."""
    if one.options is None:
        return Target(tuple(_paths(one)), one.change)
    sets = {name: option.set.items() for name, option in one.options.items()}
    return Target(options={name: tuple(Assignment(*item) for item in items) for name, items in sets.items()})


def _paths(one: Vary) -> list[str]:
    return [one.path] if isinstance(one.path, str) else list(one.path or [])


def _whole(one: Vary) -> bool:
    """Whether only whole numbers may stand at the places of a factor."""
    slots = [find(path.split(".")) for path in _paths(one)]
    return any(slot is not None and int in slot.members and float not in slot.members for slot in slots)
