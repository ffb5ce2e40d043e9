"""Read YAML 1.2 into nodes with positions.

Works on the parser's events instead of constructed objects: nothing is evaluated, no tag is
followed, and the place of every key and value is at hand. Scalars follow the YAML 1.2 core
schema, with ``_`` allowed between digits (``5_000_000``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from sim.scenario.errors import Origin, Problem, ScenarioError, problem
from sim.scenario.reading.nodes import Node
from sim.scenario.reading.scalars import number, scalar

MAX_DEPTH = 40
MAX_NODES = 200_000
MAX_ALIASES = 300


class Reader:
    """Builds the nodes of one text from the parser's events, collecting problems on the way."""

    def __init__(self, file: str, events: Iterator[Any], positioned: bool = True) -> None:
        """Start reading; ``positioned`` is False for values from the command line."""
        self.file = file
        self.events = events
        self.positioned = positioned
        self.problems: list[Problem] = []
        self.anchors: dict[str, Node | None] = {}
        self.sizes: dict[int, int] = {}
        self.aliases = 0
        self.nodes = 0

    def origin(self, mark: Any) -> Origin:
        """Translate a parser's mark, which counts from 0."""
        return Origin(self.file, mark.line + 1, mark.column + 1) if self.positioned else Origin(self.file)

    def refuse(self, event: Any, message: str) -> None:
        """Note a problem and read on."""
        self.problems.append(problem(self.origin(event.start_mark), "", message))

    def stop(self, event: Any, message: str) -> ScenarioError:
        """Note a problem after which reading on makes no sense."""
        self.refuse(event, message)
        return ScenarioError(self.problems)

    def document(self) -> Node | None:
        """Read the only document; None if the text is empty."""
        root: Node | None = None
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                self.start(event, root)
            elif not isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
                root = self.node(event, 0)
        return root

    def start(self, event: Any, before: Node | None) -> None:
        """Refuse directives, which could change the rules of reading, and second documents."""
        if before is not None:
            raise self.stop(event, "a second document (---) in one file, expected one mapping")
        if event.version or event.tags:
            raise self.stop(event, "a directive (%), which scenario files do not use")

    def node(self, event: Any, depth: int) -> Node:
        """Build the node that starts with this event."""
        self.count(event, depth)
        if isinstance(event, AliasEvent):
            return self.alias(event)
        if event.ctag is not None:
            self.refuse(event, f"a tag ({event.tag}), expected a plain value: nothing is evaluated")
        return self.anchored(event, depth)

    def count(self, event: Any, depth: int) -> None:
        """Keep what is read within bounds."""
        self.nodes += 1
        if depth > MAX_DEPTH:
            raise self.stop(event, f"nested more than {MAX_DEPTH} deep")
        if self.nodes > MAX_NODES:
            raise self.stop(event, f"more than {MAX_NODES} values")

    def anchored(self, event: Any, depth: int) -> Node:
        """Build a node and remember it under its anchor, if it has one."""
        before = self.nodes
        if event.anchor:
            self.anchors[event.anchor] = None
        node = self.build(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
            self.sizes[id(node)] = self.nodes - before + 1
        return node

    def build(self, event: Any, depth: int) -> Node:
        """Build a scalar, mapping or list."""
        at = self.origin(event.start_mark)
        if isinstance(event, MappingStartEvent):
            return Node(self.mapping(depth), at)
        if isinstance(event, SequenceStartEvent):
            return Node([self.node(item, depth + 1) for item in self.until(SequenceEndEvent)], at)
        return Node(scalar(event.value) if event.implicit[0] else event.value, at)

    def alias(self, event: Any) -> Node:
        """Repeat an anchored node; every repetition counts with all that is in it."""
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self.stop(event, f"alias *{event.anchor} without an anchor &{event.anchor} before it")
        self.aliases += 1
        self.nodes += self.sizes[id(node)]
        if self.aliases > MAX_ALIASES or self.nodes > MAX_NODES:
            raise self.stop(event, f"too many aliases, expected at most {MAX_ALIASES}")
        return replace(node, at=self.origin(event.start_mark))

    def until(self, end: type[Any]) -> Iterator[Any]:
        """Yield the events that start the parts of a mapping or list."""
        for event in self.events:
            if isinstance(event, end):
                return
            yield event

    def mapping(self, depth: int) -> dict[str, Node]:
        """Read the entries of a mapping."""
        entries: dict[str, Node] = {}
        for event in self.until(MappingEndEvent):
            name = self.key(event, depth)
            node = replace(self.node(next(self.events), depth + 1), key=self.origin(event.start_mark))
            if name is not None and name not in entries:
                entries[name] = node
            elif name is not None:
                self.duplicate(event, name, entries[name])
        return entries

    def key(self, event: Any, depth: int) -> str | None:
        """Read a key as text; merge keys and keys that are no scalars are refused."""
        if isinstance(event, ScalarEvent) and event.value != "<<":
            return key_text(event)
        self.refuse(event, MERGE_KEY if isinstance(event, ScalarEvent) else COMPLEX_KEY)
        if not isinstance(event, ScalarEvent):
            self.node(event, depth + 1)
        return None

    def duplicate(self, event: Any, name: str, first: Node) -> None:
        """Refuse a second entry under one name."""
        line = first.key.line if first.key else 0
        self.refuse(event, f"key '{name}' for the second time" + (f", first in line {line}" if line else ""))


MERGE_KEY = "a merge key (<<), expected plain keys; use extends to share values"
COMPLEX_KEY = "a key that is a mapping, a list or an alias, expected plain text"


def key_text(event: Any) -> str:
    """Return a key as text; whole numbers in their plain form, so that 01 and 1 are one key."""
    value = number(event.value) if event.implicit[0] else event.value
    return str(value) if isinstance(value, int) else str(event.value)


def read_text(text: str, file: str, positioned: bool = True) -> Node | None:
    """Parse one YAML document.

    Args:
        text: the document.
        file: the name that origins and problems carry.
        positioned: whether lines and columns mean something to the reader.

    Returns:
        The tree, or None for an empty document.

    Raises:
        ScenarioError: bad syntax, duplicate keys, tags, too many aliases.
    """
    reader = Reader(file, iter(YAML(typ="rt", pure=True).parse(text)), positioned)
    try:
        root = reader.document()
    except YAMLError as error:
        raise ScenarioError([*reader.problems, syntax(reader, error)]) from None
    if reader.problems:
        raise ScenarioError(reader.problems)
    return root


def syntax(reader: Reader, error: YAMLError) -> Problem:
    """Translate the parser's complaint."""
    message = words(error)
    mark = getattr(error, "problem_mark", None)
    if isinstance(error, MarkedYAMLError) and UNCLOSED.search(error.problem or ""):
        mark = error.context_mark or mark  # where it was opened says more than the end of the file
    return problem(reader.origin(mark) if mark else Origin(reader.file, 1, 1), "", message)


def words(error: YAMLError) -> str:
    """Say in plain words what the parser did not understand."""
    text = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    return next((said for part, said in COMPLAINTS if part in text), f"not YAML: {text}")


UNCLOSED = re.compile("expected ','|<stream end>|end of stream|could not find")
OPEN_BRACKET = "a bracket that is never closed, or a missing comma"
COMPLAINTS = (
    ("'\\t'", "a tab, expected spaces"),
    (
        "mapping values are not allowed",
        "a ':' or an indent that does not fit, expected one 'key: value' a line",
    ),
    ("expected <block end>", "a line that does not fit the lines above: indent, quotes or brackets"),
    ("could not find expected ':'", "a line without ':', expected 'key: value'"),
    ("end of stream", "a quote that is never closed"),
    ("node content, but found '<stream end>'", OPEN_BRACKET),
    ("expected ','", OPEN_BRACKET),
    ("special characters", "a control character, expected plain text"),
)
