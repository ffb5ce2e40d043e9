"""Lay one tree over another: mappings deep, scalars and lists whole, null removes an entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sim.scenario.errors import Origin, Problem, problem, sentence, unknown
from sim.scenario.reading.nodes import Node, Path, dotted
from sim.scenario.schema.fields import ROOT, Slot, names, step


def merge(old: Node, new: Node, problems: list[Problem]) -> Node:
    """Lay a layer over what was inherited.

    Args:
        old: the inherited tree.
        new: the layer, quantities unwrapped.
        problems: receives removals that find nothing to remove.

    Returns:
        The merged tree. A mapping keeps the place where it was first written, a value has the
        place of the layer that set it last, and a quantity that is replaced loses its range.
    """
    return over(old, new, ROOT, (), problems)


def over(old: Node | None, new: Node, slot: Slot | None, path: Path, problems: list[Problem]) -> Node:
    """Lay ``new`` over ``old`` at one place of the schema."""
    if not isinstance(new.value, dict):
        return new
    base = old if old is not None and isinstance(old.value, dict) else replace(new, value={})
    entries = dict(base.entries)
    for key, child in new.value.items():
        place = step(slot, key) if slot is not None else None
        if child.value is None and removes(place):
            remove(entries, key, child, (*path, key), problems)
        else:
            entries[key] = over(entries.get(key), child, place, (*path, key), problems)
    return replace(base, value=entries, extra=new.extra or base.extra)


def removes(slot: Slot | None) -> bool:
    """Tell whether null removes here: an entry of a mapping, unless null is one of its values."""
    return slot is not None and slot.entry and not slot.nullable


def remove(entries: dict[str, Node], key: str, child: Node, path: Path, problems: list[Problem]) -> None:
    """Remove an inherited entry; there must be one."""
    if key in entries:
        del entries[key]
    else:
        message = sentence(f"null removes what is inherited, but there is no '{key}'")
        near = unknown("name", key, list(entries)).removeprefix(f"unknown name '{key}'")
        problems.append(problem(child.key or child.at, dotted(path), message + near))


def nested(path: Sequence[str], value: Node, at: Origin) -> Node:
    """Build the tree that sets one dotted path."""
    node = replace(value, key=at)
    for key in reversed(path):
        node = Node({key: node}, at, at)
    return node


def path_problems(root: Node | None, path: Path, at: Origin) -> Iterator[Problem]:
    """Check that a dotted path leads to a place of the schema, and through entities of ``root`` if given."""
    slot, node = ROOT, root
    for index, key in enumerate(path):
        if message := stray(slot, key, node, last=index == len(path) - 1):
            yield problem(at, dotted(path), message)
            return
        slot = step(slot, key) or slot
        node = node and node.entries.get(key, Node({}, at))


def stray(slot: Slot, key: str, node: Node | None, last: bool) -> str:
    """Say why a key leads nowhere; empty if it leads somewhere."""
    place = step(slot, key)
    if place is None:
        candidates = names(slot)
        return unknown("key", key, candidates) if candidates else f"a value has no '{key}' below it"
    if node and place.entry and place.model and not last and key not in node.entries:
        return unknown("name", key, list(node.entries))
    return ""
