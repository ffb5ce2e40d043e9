"""Numbers with a range and a source: ``{value, range, unit, source, note}``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sim.scenario.errors import Problem, closest, problem, sentence, unknown
from sim.scenario.reading.nodes import Node, Path, dotted, plain, walk
from sim.scenario.schema.fields import Slot, bound_words, find, in_currency, number_words, step

KEYS = ("value", "range", "unit", "source", "note")


@dataclass(frozen=True)
class Quantity:
    """What a scenario says about a number besides its value.

    Attributes:
        value: the number, or a mapping of numbers per tier or date.
        range: lowest and highest plausible value.
        unit: unit as written, else the schema's in the scenario's currency.
        source: where the number comes from.
        note: anything else.
    """

    value: Any
    range: tuple[float, float] | None = None
    unit: str | None = None
    source: str | None = None
    note: str | None = None


def unwrap(node: Node, slot: Slot | None, path: Path, problems: list[Problem]) -> Node:
    """Replace every quantity of a tree by its value, which keeps the rest as ``extra``."""
    if slot is None:
        return node
    if slot.numeric and not node.entries.keys().isdisjoint(KEYS):
        return unwrap(inner(node, slot, path, problems), slot, path, problems)
    if not isinstance(node.value, dict):
        return node
    children = {k: unwrap(n, step(slot, k), (*path, k), problems) for k, n in node.value.items()}
    return replace(node, value=children)


def inner(node: Node, slot: Slot, path: Path, problems: list[Problem]) -> Node:
    """Take the value out of one quantity; without one, go on with a number that does no harm."""
    strange = [key for key in node.entries if key not in KEYS]
    for key in strange:
        at = node.entries[key].key or node.at
        problems.append(problem(at, dotted((*path, key)), unknown("key of a quantity", key, KEYS)))
    if "value" not in node.entries and not closest("value", strange):
        message = sentence("a quantity without 'value'", f"{{value: ...}} with {number_words(slot, float)}")
        problems.append(problem(node.at, dotted(path), message))
    value = node.entries.get("value", Node(slot.sound, node.at))
    extra = {key: child for key, child in node.entries.items() if key in KEYS[1:] and "value" in node.entries}
    return replace(value, key=node.key, extra=extra)


def quantities(root: Node, currency: str | None) -> dict[str, Quantity]:
    """Collect the quantities of a checked tree by dotted path."""
    return {dotted(path): quantity(path, node, currency) for path, node in walk(root) if node.extra}


def quantity(path: Path, node: Node, currency: str | None) -> Quantity:
    """Build the quantity at a path."""
    extra = {key: plain(child) for key, child in node.extra.items()}
    slot = find(path)
    unit = extra.pop("unit", None) or in_currency(slot.unit if slot else None, currency)
    span = extra.pop("range", None)
    return Quantity(plain(node), (float(span[0]), float(span[1])) if span else None, unit, **extra)


def check_quantities(root: Node, currency: str | None) -> Iterator[Problem]:
    """Check range, unit, source and note of every quantity of a merged tree."""
    for path, node in walk(root):
        slot = find(path)
        for key, child in node.extra.items():
            if slot and (message := CHECKS[key](child, node, slot, currency)):
                yield problem(child.at, dotted((*path, key)), message)


def range_problem(span: Node, node: Node, slot: Slot, currency: str | None) -> str:
    """Say what is wrong with a range."""
    ends = plain(span)
    if ends is None:
        return ""
    if not isinstance(ends, list) or len(ends) != 2 or not all(map(is_number, ends)):
        return sentence(f"range {shown(ends)}", "[low, high]")
    if not ends[0] <= ends[1]:
        return sentence(f"range {shown(ends)} runs backwards", f"[{ends[1]}, {ends[0]}]")
    return outside(ends, node, slot)


def outside(ends: list[float], node: Node, slot: Slot) -> str:
    """Say whether a range leaves the bounds of the schema or misses its own value."""
    if not all(within(end, slot.bounds) for end in ends):
        return sentence(f"range {shown(ends)} leaves the bounds", f"numbers {bound_words(slot.bounds)}")
    if is_number(node.value) and not ends[0] <= node.value <= ends[1]:  # type: ignore[operator]
        return sentence(f"range {shown(ends)} without the value {node.value}", "a range that contains it")
    return ""


def within(number: float, bounds: dict[str, float]) -> bool:
    """Tell whether a number keeps to bounds."""
    infinity = float("inf")
    low = bounds.get("ge", -infinity) <= number and not number <= bounds.get("gt", -infinity)
    return low and number <= bounds.get("le", infinity) and not number >= bounds.get("lt", infinity)


def unit_problem(unit: Node, node: Node, slot: Slot, currency: str | None) -> str:
    """Say whether a written unit is not the schema's."""
    right, written = in_currency(slot.unit, currency), plain(unit)
    if written is not None and not isinstance(written, str):
        return sentence(f"unit {shown(written)}", f"'{right}'" if right else "text")
    return "" if None in (written, right) or written in (right, slot.unit) else wrong_unit(written, right)


def wrong_unit(written: str | None, right: str | None) -> str:
    """Say which unit is right."""
    return sentence(f"unit '{written}'", f"'{right}'")


def text_problem(text: Node, node: Node, slot: Slot, currency: str | None) -> str:
    """Say whether a source or note is not text."""
    return "" if text.value is None or isinstance(text.value, str) else sentence("not text", "text in quotes")


CHECKS = {"range": range_problem, "unit": unit_problem, "source": text_problem, "note": text_problem}


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number (true and false are none)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def shown(value: Any) -> str:
    """Write a found value shortly."""
    return f"'{value}'" if isinstance(value, str) else str(value)
