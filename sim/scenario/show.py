"""Write a resolved scenario as YAML, with the place of every value, and compare two."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sim.scenario.reading.loader import LoadedScenario
from sim.scenario.reading.nodes import Path, dotted
from sim.scenario.reading.quantity import Quantity
from sim.scenario.reading.scalars import scalar
from sim.scenario.schema import Scenario

WIDEST = 60
"""Column of the origins; longer lines push them to the right."""
PLAIN = re.compile(r"[A-Za-z_][\w .()/-]*")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
ABSENT = "(absent)"


class Row(NamedTuple):
    """One line of the text; only leaves have a path."""

    text: str
    path: str = ""


def show(loaded: LoadedScenario, origins: bool = False) -> str:
    """Write the resolved scenario, defaults included, as YAML that loads to the same scenario.

    Args:
        loaded: the scenario.
        origins: whether each line ends with the place of its value, or ``default``.

    Returns:
        The text.
    """
    rows = list(mapping_rows(full(loaded.scenario), (), 0, loaded.quantities))
    width = min(WIDEST, max((len(row.text) for row in rows if row.path), default=0))
    return "".join(f"{line(row, loaded, width) if origins else row.text}\n" for row in rows)


def full(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain data, defaults included, under the names that files use.

    The cost of goods of a marketplace is left out: its merchants pay for them, so files may not name one.
    """
    data: dict[str, Any] = json.loads(scenario.model_dump_json(by_alias=True))
    for store in data["storefronts"].values():
        if store["marketplace"] is not None:
            del store["costs"]["goods"]
    return data


def line(row: Row, loaded: LoadedScenario, width: int) -> str:
    """Add its origin to a row."""
    origin = loaded.origins.get(row.path, "default")
    return f"{row.text:<{width}}  # {origin}" if row.path else row.text


def mapping_rows(
    value: dict[str, Any], path: Path, depth: int, quantities: dict[str, Quantity]
) -> Iterator[Row]:
    """Write the entries of a mapping."""
    for key, child in value.items():
        yield from entry_rows(key, child, (*path, key), depth, quantities)


def entry_rows(
    key: str, value: Any, path: Path, depth: int, quantities: dict[str, Quantity]
) -> Iterator[Row]:
    """Write one entry: a leaf in one line, a mapping under its key."""
    indent, quantity = "  " * depth, quantities.get(dotted(path))
    if not isinstance(value, dict) or not value:
        yield Row(f"{indent}{key}: {leaf(value, quantity)}", dotted(path))
        return
    yield Row(f"{indent}{key}:")
    if quantity is None:
        yield from mapping_rows(value, path, depth + 1, quantities)
        return
    yield Row(f"{indent}  value:")
    yield from mapping_rows(value, path, depth + 2, quantities)
    for name, extra in extras(quantity).items():
        yield Row(f"{indent}  {name}: {text(extra)}", dotted(path))


def leaf(value: Any, quantity: Quantity | None) -> str:
    """Write a scalar, with what is known about it."""
    return text(value) if quantity is None else text({"value": value, **extras(quantity)})


def extras(quantity: Quantity) -> dict[str, Any]:
    """Return what a quantity says besides its value."""
    found = {name: getattr(quantity, name) for name in ("range", "unit", "source", "note")}
    return {name: value for name, value in found.items() if value is not None}


def text(value: Any) -> str:
    """Write a value in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {text(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(text, value)) + "]"
    if isinstance(value, str):
        return value if is_plain(value) else quoted(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value)


def is_plain(value: str) -> bool:
    """Tell whether a text needs no quotes, wherever it stands."""
    word = PLAIN.fullmatch(value) and value == value.strip() and value.isprintable()
    return isinstance(scalar(value), str) and bool(word or DATE.fullmatch(value))


def quoted(value: str) -> str:
    """Write a text in double quotes."""
    return '"' + "".join(map(escaped, value)) + '"'


def escaped(c: str) -> str:
    """Write one character of a quoted text."""
    return ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08X}")


def diff(a: LoadedScenario, b: LoadedScenario) -> str:
    """Write the values in which two resolved scenarios differ, one ``path: a -> b`` a line."""
    left, right = dict(leaves(full(a.scenario))), dict(leaves(full(b.scenario)))
    paths = list(dict.fromkeys([*left, *right]))
    pairs = ((path, left.get(path, ABSENT), right.get(path, ABSENT)) for path in paths)
    return "".join(f"{path}: {old} -> {new}\n" for path, old, new in pairs if old != new)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[str, str]]:
    """Yield the leaves of plain data with their dotted paths."""
    if not isinstance(value, dict):
        yield dotted(path), text(value)
        return
    for key, child in value.items():
        yield from leaves(child, (*path, key))
