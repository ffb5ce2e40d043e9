"""The layers of a scenario: parent, intercepts, file, overrides, ``--set``, in this order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sim.scenario.errors import SET, Origin, Problem, ScenarioError, closest, problem, sentence, unknown
from sim.scenario.reading.labels import label_fault
from sim.scenario.reading.merge import merge, nested, path_problems
from sim.scenario.reading.nodes import Node, dotted, nearest, plain
from sim.scenario.reading.parse import read_text
from sim.scenario.reading.quantity import unwrap
from sim.scenario.schema.fields import ROOT

MAX_BYTES = 2_000_000
META = ("extends", "patches", "overrides", "intercepts_from", "against", "case")
"""Keys of a file that are about files, not about the market."""
SOLVED = ("intercepts", "listing_costs")
"""What a file of solved numbers may hold."""
OVERRIDE = "--override"
START = ("start_from", "scenario")
"""Path of the text that names another scenario to start from."""


@dataclass(frozen=True)
class Layer:
    """What has been merged so far.

    Attributes:
        root: the merged tree, quantities unwrapped.
        patches: named patches, by name, dotted path and value.
        provenance: how the intercepts came about.
        against: the scenario to compare with that the top file names itself.
        case: the label that it gives itself.
    """

    root: Node
    patches: Mapping[str, Node] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    against: Path | None = None
    case: str = ""


def read_root(file: Path, asked: Origin) -> Node:
    """Read a file whose root is a mapping; ``asked`` is where the file is named."""
    name = file.as_posix()
    root = read_text(read_bytes(file, asked), name)
    if root is None:
        raise ScenarioError([Problem(name, 1, 1, "", "an empty file, expected a mapping")])
    if not isinstance(root.value, dict):
        raise ScenarioError([problem(root.at, "", "not a mapping, expected lines 'key: value'")])
    return root


def read_bytes(file: Path, asked: Origin) -> str:
    """Read the text of a file, refusing what cannot be a scenario."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise refusal(asked, f"'{file.as_posix()}' is larger than {MAX_BYTES // 1_000_000} MB")
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise refusal(asked, unreadable(file, error)) from None
    except UnicodeDecodeError as error:
        raise refusal(asked, f"'{file.as_posix()}' is not UTF-8 text (byte {error.start})") from None


def refusal(at: Origin, message: str, path: str = "") -> ScenarioError:
    """Build the error for a file that cannot be used."""
    return ScenarioError([problem(at, path, message)])


def unreadable(file: Path, error: OSError) -> str:
    """Say why a file cannot be read, and which one may be meant."""
    if not isinstance(error, FileNotFoundError):
        return f"cannot read '{file.as_posix()}': {error.strerror}"
    return missing(file)


def missing(file: Path) -> str:
    """Say that there is no such file, and which one may be meant."""
    beside = [other.name for other in file.parent.glob("*.y*ml")] if file.parent.is_dir() else []
    return sentence(f"no such file '{file.as_posix()}'", suggestion=closest(file.name, beside))


def circle(file: Path, chain: tuple[Path, ...]) -> str:
    """Say that a file leads back to itself through the files of a chain; empty if it does not."""
    known = [other.resolve() for other in chain]
    if file.resolve() not in known:
        return ""
    names = [*chain[known.index(file.resolve()) :], file]
    return "a cycle: " + " -> ".join(name.as_posix() for name in names)


class Layers:
    """Merges the layers of one scenario, collecting problems on the way."""

    def __init__(self, file: Path, asked: Origin | None = None, chain: tuple[Path, ...] = ()) -> None:
        """Start from the file to load; files it names must lie in its folder or one above.

        Args:
            file: the file.
            asked: where the file is named; none = by the caller.
            chain: the scenario files that start from each other and then from this one, as written.
        """
        self.file = file
        self.asked = asked or Origin(file.as_posix())
        self.chain = chain
        self.limit = file.resolve().parent.parent
        self.problems: list[Problem] = []

    def merged(self, overrides: Iterable[str], sets: Iterable[str]) -> Layer:
        """Merge everything; problems are left in ``self.problems``.

        A file that is changed from outside may start from itself as it is written.
        """
        overrides, sets = list(overrides), list(sets)
        self.chain += () if overrides or sets else (self.file,)
        layer = self.layer(self.file, self.asked, ())
        for name in overrides:
            layer = self.patched(layer, name, Origin(OVERRIDE))
        for name, patch in layer.patches.items():
            self.check_patch(name, patch)
        for assignment in sets:
            layer = self.assigned(layer, assignment)
        return replace(layer, root=self.started(layer.root))

    def layer(self, file: Path, asked: Origin, chain: tuple[Path, ...]) -> Layer:
        """Merge a file over its parent, with its intercepts and overrides."""
        self.check_cycle(file, asked, chain)
        root = read_root(file, asked)
        below = self.inherited(file, root, (*chain, file))
        below = self.with_intercepts(file, root, below)
        own = replace(root, value={k: n for k, n in root.entries.items() if k not in META})
        layer = replace(self.laid(below, own), patches={**below.patches, **self.patches(root)})
        for name in self.texts(root, "overrides"):
            layer = self.patched(layer, str(name.value), name.at)
        return layer if chain else replace(layer, against=self.baseline(file, root), case=self.case(root))

    def baseline(self, file: Path, root: Node) -> Path | None:
        """Return the scenario that a file is to be compared with; it must be there and another one."""
        node = root.entries.get("against")
        target = self.beside(file, "against", node)
        if node is None or target is None:
            return None
        if not target.is_file():
            self.refuse(node.at, "against", missing(target))
        elif target.resolve() == file.resolve():
            self.refuse(node.at, "against", sentence("the file itself", "the scenario to compare it with"))
        return target

    def case(self, root: Node) -> str:
        """Return the label that a file gives itself; empty if none."""
        node = root.entries.get("case")
        if node is None:
            return ""
        if message := label_fault(node.value):
            self.refuse(node.at, "case", message)
        return str(node.value)

    def check_cycle(self, file: Path, asked: Origin, chain: tuple[Path, ...]) -> None:
        """Refuse a file that extends itself through others."""
        if message := circle(file, chain):
            raise refusal(asked, message, "extends")

    def inherited(self, file: Path, root: Node, chain: tuple[Path, ...]) -> Layer:
        """Load the parent of a file, if it names one."""
        node = root.entries.get("extends")
        parent = self.beside(file, "extends", node)
        if node is None or parent is None:
            return Layer(replace(root, value={}))
        return self.layer(parent, node.at, chain)

    def with_intercepts(self, file: Path, root: Node, below: Layer) -> Layer:
        """Lay the file of solved intercepts over the parent."""
        node = root.entries.get("intercepts_from")
        source = self.beside(file, "intercepts_from", node)
        if node is None or source is None:
            return below
        solved = read_root(source, node.at)
        self.check_keys(solved, (*SOLVED, "provenance"))
        provenance = solved.entries.get("provenance")
        own = {key: child for key, child in solved.entries.items() if key in SOLVED}
        layer = self.laid(below, replace(solved, value=own))
        return replace(layer, provenance=plain(provenance)) if provenance else layer

    def started(self, root: Node) -> Node:
        """Write the scenario to start from, named relative to its file, as a path that opens from here."""
        node, found = nearest(root, START)
        if not found or not isinstance(node.value, str):
            return root
        file = self.file if node.at.file.startswith(SET) else Path(node.at.file)
        target = self.beside(file, dotted(START), node)
        if target is None:
            return root
        opened = replace(node, value=target.as_posix())
        return merge(root, nested(START, opened, node.key or node.at), self.problems)

    def check_keys(self, root: Node, allowed: tuple[str, ...]) -> None:
        """Refuse keys that a file of intercepts does not have."""
        for key, child in root.entries.items():
            if key not in allowed:
                self.refuse(child.key or child.at, key, unknown("key", key, allowed))

    def beside(self, file: Path, key: str, node: Node | None) -> Path | None:
        """Return the file that a file names relative to itself, inside the allowed folder."""
        if node is None:
            return None
        target = Path(os.path.normpath(file.parent / str(node.value)))
        if message := self.astray(key, node.value, target):
            self.refuse(node.at, key, message)
            return None
        return target

    def astray(self, key: str, value: Any, target: Path) -> str:
        """Say why a file may not be named; empty if it may."""
        if not isinstance(value, str) or not value:
            return sentence(f"'{key}' names no file", "the path of a file")
        if Path(value).is_absolute() or not target.resolve().is_relative_to(self.limit):
            where = "a relative path that stays in the folder of the scenario or one above"
            return sentence(f"'{value}' leads outside", where)
        return ""

    def refuse(self, at: Origin, path: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(problem(at, path, message))

    def laid(self, below: Layer, tree: Node) -> Layer:
        """Unwrap the quantities of a tree and lay it over a layer."""
        layer = unwrap(tree, ROOT, (), self.problems)
        return replace(below, root=merge(below.root, layer, self.problems))

    def patches(self, root: Node) -> dict[str, Node]:
        """Return the patches that a file defines."""
        node = root.entries.get("patches")
        if node is not None and not isinstance(node.value, dict):
            self.refuse(node.at, "patches", "not a mapping, expected patches by name")
        return dict(node.entries) if node is not None else {}

    def texts(self, root: Node, key: str) -> list[Node]:
        """Return a list of names that a file holds."""
        node = root.entries.get(key)
        items = node.value if node is not None else []
        if isinstance(items, list) and all(isinstance(item.value, str) for item in items):
            return items
        if node is not None:
            self.refuse(node.at, key, sentence("not a list of names", "names of patches, like [a, b]"))
        return []

    def patched(self, layer: Layer, name: str, at: Origin) -> Layer:
        """Apply a patch by name."""
        patch = layer.patches.get(name)
        if patch is None:
            self.refuse(at, "overrides", unknown("patch", name, list(layer.patches)))
            return layer
        for key, value in patch.entries.items():
            layer = self.placed(layer, key, value, value.key or value.at)
        return layer

    def check_patch(self, name: str, patch: Node) -> None:
        """Check the paths of a patch against the schema, applied or not."""
        if not isinstance(patch.value, dict):
            message = sentence("not a mapping", "dotted paths and their values")
            self.refuse(patch.at, dotted(("patches", name)), message)
        for key, value in patch.entries.items():
            self.problems.extend(path_problems(None, tuple(key.split(".")), value.key or value.at))

    def placed(self, layer: Layer, key: str, value: Node, at: Origin) -> Layer:
        """Set one dotted path."""
        path = tuple(key.split("."))
        found = list(path_problems(layer.root, path, at))
        self.problems.extend(found)
        return layer if found else self.laid(layer, nested(path, value, at))

    def assigned(self, layer: Layer, assignment: str) -> Layer:
        """Apply one ``a.b=c`` of the command line."""
        key, equals, text = assignment.partition("=")
        at = Origin(f"{SET} {assignment}")
        if not equals or not key.strip():
            self.refuse(at, "", sentence(f"'{assignment}' sets nothing", "a path and a value, like a.b=c"))
            return layer
        return self.placed(layer, key.strip(), self.value(key.strip(), text, at), at)

    def value(self, key: str, text: str, at: Origin) -> Node:
        """Parse the value of an assignment; an empty one is null."""
        try:
            node = read_text(text.strip(), at.file, positioned=False)
        except ScenarioError as error:
            raise ScenarioError(problem(at, key, p.message) for p in error.problems) from None
        return node or Node(None, at)
