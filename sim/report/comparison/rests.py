"""What a comparison rests on: where the scenarios differ, and which numbers have a range or no source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.pictures.style import capital
from sim.report.document import Block, Heading, Table, Text, literal
from sim.scenario import LoadedScenario
from sim.scenario.reading.quantity import Quantity
from sim.scenario.schema.fields import find, in_currency
from sim.scenario.show import diff

NAMES = ("title", "question")
"""What two scenarios call themselves: no difference between their markets."""
EMPTY = ("null", "[]", "{}", '""')
ABSENT = "(absent)"
ASSUMED = "assum"
"""In the source of a number that nobody has measured."""


def rests_on(base: LoadedScenario, other: LoadedScenario) -> Iterator[Block]:
    """Values in which the scenarios differ, then all numbers of the scenario that have a range."""
    yield Heading("What this rests on", 3)
    yield Text(
        "The two scenarios differ in these values and in nothing else; what the baseline does not have is "
        "empty there. Every other number is the same in both, and so are all people and all draws."
    )
    yield differences(base, other)
    ranged = {path: one for path, one in other.quantities.items() if one.range is not None}
    if ranged:
        assumed = sum(ASSUMED in (one.source or "") for one in ranged.values())
        yield Text(
            f"{len(ranged)} numbers of the scenario are known only within a range, {assumed} of them by "
            "assumption alone (they come first). The intervals of this report hold each at its value; `sim "
            "sweep` tries them over their ranges."
        )
        yield assumptions(ranged, other.scenario.currency.name)


def differences(base: LoadedScenario, other: LoadedScenario) -> Table:
    """A line a value in which they differ."""
    cells, money = [], other.scenario.currency.name
    for line in diff(base, other).splitlines():
        path, _, change = line.partition(": ")
        old, _, new = change.rpartition(" -> ") if change.startswith(ABSENT) else change.partition(" -> ")
        if path in NAMES or (old == ABSENT and new in EMPTY):
            continue
        one = other.quantities.get(path) or base.quantities.get(path) or Quantity(None)
        was, now = ("" if value == ABSENT else _value(_read(value)) for value in (old, new))
        cells.append([_words(path), _code(path), was, now, *_known(path, one, money)])
    head = ("what", "place in the file", "baseline", "scenario", "unit", "range", "source")
    return Table(head, cells, "Where the scenarios differ")


def assumptions(ranged: Mapping[str, Quantity], money: str) -> Table:
    """A line a number with a range, those without a public source first."""
    order = sorted(ranged, key=lambda path: (ASSUMED not in (ranged[path].source or ""), path))
    cells = [
        [_words(path), _code(path), _value(ranged[path].value), *_known(path, ranged[path], money)]
        for path in order
    ]
    head = ("what", "place in the file", "value", "unit", "range", "source")
    return Table(head, cells, "Numbers with a range")


def _known(path: str, one: Quantity, money: str) -> list[str]:
    """Unit, range and source of a number."""
    slot = find(tuple(path.split(".")))
    unit = one.unit or in_currency(slot.unit if slot else None, money) or ""
    span = "" if one.range is None else " to ".join(map(_figure, one.range))
    return [literal(unit), literal(span), literal(one.source or "")]


def _words(path: str) -> str:
    """What the schema says about a value; its last name if it says nothing."""
    keys = tuple(path.split("."))
    slot = find(keys)
    if slot is None or not slot.description:
        return literal(capital(keys[-1].replace("_", " ")))
    return literal(capital(slot.description) + (f": {keys[-1]}" if slot.entry else ""))


def _value(value: Any) -> str:
    """A number, or numbers by name."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{literal(str(key))} {_value(one)}" for key, one in value.items())
    return literal(_figure(value) if isinstance(value, float | int) else str(value))


def _figure(value: float) -> str:
    """All digits that a file has, never in scientific notation."""
    return f"{value:,.10f}".rstrip("0").rstrip(".").replace("-", "−")


def _read(text: str) -> Any:
    """A value that was written on a line: a number if it is one."""
    try:
        return float(text)
    except ValueError:
        return {"true": True, "false": False}.get(text, text.strip('"'))


def _code(path: str) -> str:
    return f"`{path}`"
