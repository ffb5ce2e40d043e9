"""The tree between YAML and the schema: plain values that know where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sim.scenario.errors import Origin

Scalar = str | int | float | bool | None
Path = tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A value with the place of itself and of its key.

    Attributes:
        value: a scalar, a mapping of nodes or a list of nodes.
        at: where the value starts.
        key: where its key starts, if it has one.
        extra: range, unit, source and note of a quantity.
    """

    value: Scalar | dict[str, Node] | list[Node]
    at: Origin
    key: Origin | None = None
    extra: dict[str, Node] = field(default_factory=dict)

    @property
    def entries(self) -> dict[str, Node]:
        """The entries of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def child(self, key: str) -> Node | None:
        """The entry under a key, or the item at an index."""
        if isinstance(self.value, list):
            return self.value[int(key)] if key.isdecimal() and int(key) < len(self.value) else None
        return self.entries.get(key)

    @property
    def head(self) -> Origin:
        """Where a reader would look for it: the key of a mapping or list, the value of a scalar."""
        nested = isinstance(self.value, dict | list)
        return self.key or self.at if nested else self.at


def dotted(path: Sequence[str]) -> str:
    """Write a path with dots."""
    return ".".join(path)


def plain(node: Node) -> Any:
    """Strip the places: mappings, lists and scalars only."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every node of a tree with its path, the root first; list items are not entered."""
    yield path, node
    for key, child in node.entries.items():
        yield from walk(child, (*path, key))


def nearest(root: Node, path: Sequence[str]) -> tuple[Node, bool]:
    """Return the node at a path and True, or its nearest ancestor that is written, and False."""
    node = root
    for key in path:
        child = node.child(key)
        if child is None:
            return node, False
        node = child
    return node, True


def place(root: Node, path: Sequence[str], at_key: bool = False) -> Origin:
    """Return where a path stands: the key, the value, or the nearest mapping around it."""
    node, found = nearest(root, path)
    return node.key if found and at_key and node.key else node.head
