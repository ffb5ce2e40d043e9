"""A strategy on the page: a scenario file and what has been moved; written as a file that reproduces it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sim.files import write_text
from sim.page.levers import ADVERTISING, Lever, Value, hosted, last_day, levers
from sim.scenario import LoadedScenario, Scenario, ScenarioError, load
from sim.scenario.schema import Storefront
from sim.scenario.show import text as as_yaml
from sim.scenario.values import on_date

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
"""What a saved scenario may be called."""
DAY = timedelta(days=1)
Assigned = dict[str, Any]
"""Dotted paths and what they are set to; None = taken away."""


@dataclass(frozen=True)
class Strategy:
    """A scenario file with some levers moved.

    Attributes:
        original: the scenario as its file says.
        store: the storefront whose levers are moved; empty if the scenario has none.
        moved: values of levers by key, as shown; only what differs from the file.
    """

    original: LoadedScenario
    store: str = ""
    moved: Mapping[str, Value] = field(default_factory=dict)

    @staticmethod
    def of(file: Path) -> Strategy:
        """A scenario as its file says.

        Raises:
            ScenarioError: if the file is wrong.
        """
        original = load(file)
        return Strategy(original, next(iter(hosted(original.scenario)), ""))

    @property
    def title(self) -> str:
        """What the strategy is called; one on another platform is named for it."""
        scenario, host = self.original.scenario, str(self.moved.get("host", ""))
        moved = f", moved to {scenario.platforms[host].title}" if host else ""
        return scenario.title + moved + (", changed" if set(self.moved) - {"host"} else "")

    def levers(self) -> list[Lever]:
        """What can be moved; nothing without a hosted storefront."""
        return levers(self.original, self.store) if self.store else []

    def assigned(self) -> Assigned:
        """What is set in the scenario, by dotted path."""
        if not self.moved:
            return {}
        found = dict(changes(self.original.scenario, self.store, self.levers(), self.moved))
        return {"title": self.title, **found}

    def loaded(self) -> LoadedScenario:
        """The scenario with everything that has been moved.

        Raises:
            ScenarioError: if it makes no sense.
        """
        if not self.moved:
            return self.original
        sets = [f"{path}={as_yaml(value)}" for path, value in self.assigned().items()]
        return load(self.original.path, sets=sets)


def changes(
    scenario: Scenario, store: str, found: list[Lever], moved: Mapping[str, Value]
) -> Iterator[tuple[str, Any]]:  # fmt: skip
    """What moved levers set, by dotted path."""
    spec, by_key = scenario.storefronts[store], {lever.key: lever for lever in found}
    first, last = _days(spec, scenario, moved)
    for key, value in moved.items():
        lever = by_key[key]
        if lever.kind == "choice":
            yield lever.path, str(value)
        elif lever.kind == "steps":
            yield lever.path, float(str(value))
        elif lever.kind == "number" and key not in ("days", ADVERTISING):
            yield lever.path, lever.written(float(str(value)))
    if {"opens", "days"} & set(moved):
        yield f"storefronts.{store}.open", {"from": str(first), "to": str(last)}
        yield from _promotions(store, spec, first, last)
    if ADVERTISING in moved:
        spend = by_key[ADVERTISING].written(float(str(moved[ADVERTISING])))
        yield by_key[ADVERTISING].path, _advertised(scenario, spec, (first, last), spend)
    if "host" in moved:
        yield from _moved_in(scenario, store, spec, str(moved["host"]))


def _days(spec: Storefront, scenario: Scenario, moved: Mapping[str, Value]) -> tuple[date, date]:
    """First and last day."""
    assert spec.open.from_ is not None
    first, end = spec.open.from_, spec.open.to or scenario.time.end
    days = float(str(moved.get("days", (end - first).days + 1)))
    opens = moved.get("opens", first)
    assert isinstance(opens, date)
    return opens, min(last_day(opens, days), scenario.time.end)


def _promotions(store: str, spec: Storefront, first: date, last: date) -> Iterator[tuple[str, str | None]]:
    """Promotions of days on which it is no longer open are dropped, those of a part of them cut."""
    for category, price in spec.price.items():
        for name, promotion in price.promotions.items():
            path = f"storefronts.{store}.price.{category}.promotions.{name}"
            if promotion.to < first or promotion.from_ > last:
                yield path, None
                continue
            if promotion.from_ < first:
                yield f"{path}.from", str(first)
            if promotion.to > last:
                yield f"{path}.to", str(last)


def _advertised(
    scenario: Scenario, spec: Storefront, days: tuple[date, date], spend: float
) -> dict[str, float]:  # fmt: skip
    """The brand's plan with another spending while the storefront is open; before and after as it was."""
    plan, (first, last) = scenario.brands[spec.owner].advertising.spend, days
    steps = plan if isinstance(plan, dict) else {scenario.time.start: plan} if plan else {}
    kept = {day: spend if first <= day <= last else old for day, old in steps.items()}
    new = {**kept, first: spend, last + DAY: on_date(plan, last + DAY, 0.0)}
    return {str(day): new[day] for day in sorted(new)}


def _moved_in(scenario: Scenario, store: str, spec: Storefront, host: str) -> Iterator[tuple[str, Any]]:
    """A storefront on another platform: its name, and no price for teams where there are none."""
    brand, platform = scenario.brands[spec.owner], scenario.platforms[host]
    yield f"storefronts.{store}.title", f"{brand.title} on {platform.title}"
    if platform.teams is None:
        for category, price in spec.price.items():
            if price.team_discount:
                yield f"storefronts.{store}.price.{category}.team_discount", 0.0


# --- as a file -----------------------------------------------------------------------------------


class NotSavedError(ValueError):
    """Why a strategy was not saved."""


def save(strategy: Strategy, base: Path, folder: Path, name: str) -> Path:
    """Write a strategy as a scenario file that extends its own; loaded again it is the same scenario.

    Args:
        strategy: the strategy.
        base: the baseline it is compared with.
        folder: where the file goes.
        name: of the file, without ending.

    Raises:
        NotSavedError: if the name is no name or taken, or the file would say something else.
        ScenarioError: if the strategy makes no sense.
    """
    if not name:
        raise NotSavedError("give the file a name first")
    if not NAME.fullmatch(name):
        raise NotSavedError(f"'{name}': expected a letter followed by letters, digits or _")
    file = folder / f"{name}.yaml"
    if file.exists():
        raise NotSavedError(f"{file} is there already: choose another name")
    wanted = strategy.loaded().scenario
    folder.mkdir(parents=True, exist_ok=True)
    write_text(file, written(strategy, base, folder, name))
    if why := _unlike(file, wanted):
        file.unlink()
        raise NotSavedError(f"{file} would not reproduce the strategy, nothing was written: {why}")
    return file


def _unlike(file: Path, wanted: Scenario) -> str:
    """Why a file is not the scenario wanted; empty if it is, under its own title."""
    try:
        found = load(file).scenario
    except ScenarioError as error:
        return str(error)
    return "" if found == wanted.model_copy(update={"title": found.title}) else "it says something else"


def written(strategy: Strategy, base: Path, folder: Path, name: str) -> str:
    """The text of the file."""
    tree: dict[str, Any] = {
        "schema": 1,
        "title": name.replace("_", " "),
        "extends": _relative(strategy.original.path, folder),
        "against": _relative(base, folder),
    }
    for path, value in strategy.assigned().items():
        if path != "title":
            _put(tree, path.split("."), value)
    yaml, stream = YAML(), StringIO()
    yaml.width = 110
    yaml.dump(_natural(tree), stream)
    return stream.getvalue()


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def _put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a value at a place, with the sections on the way."""
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _natural(tree: Any) -> Any:
    """Days as days, not as quoted text; whole numbers without a point."""
    if isinstance(tree, dict):
        return {_plain(key): _natural(value) for key, value in tree.items()}
    return _plain(tree)


def _plain(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
