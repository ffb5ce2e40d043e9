"""The content of a report, whatever it is written as: a title, blocks in their order, and how it was made.

Words are inline Markdown: emphasis, code, links; bullets are lines that begin with "- ". What somebody else
has written goes through `literal` first, so that it stands there as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from matplotlib.figure import Figure

Draw: TypeAlias = Callable[[], Figure]
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!~<>&])")
GAP = re.compile(r"[^\S\u00a0]+")
"""Space that may be broken, and breaks of lines."""
HIDDEN = "–"
"""Stands for a number that is not shown, or has no value."""
TOO_FEW = "too few buyers"
"""Stands for a number that would rest on too few effective buyers."""


@dataclass(frozen=True)
class Heading:
    """A heading; sections have level 2, parts of them 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph, or a list of bullets."""

    markdown: str


@dataclass(frozen=True)
class Table:
    """Words and numbers in rows.

    Attributes:
        head: names of the columns.
        cells: rows as long as the head.
        caption: what the table holds; it may stand without one right below a sentence that says so.
        units: units of the columns, below their names; none = the names say them.
        file: the full table, as a path from the folder of the result.
    """

    head: Sequence[str]
    cells: Sequence[Sequence[str]]
    caption: str = ""
    units: Sequence[str] = ()
    file: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture.

    Attributes:
        name: short name, the same in every report.
        alt: what it shows, for those who cannot see it.
        file: the picture as PNG, as a path from the folder of the result; empty if it was not kept.
        draw: draws it anew; none = only the file is there.
        caption: a sentence above it.
    """

    name: str
    alt: str
    file: str = ""
    draw: Draw | None = None
    caption: str = ""


@dataclass(frozen=True)
class KeyNumber:
    """One of the few numbers of an answer: what it is, the number with its unit, its interval in words."""

    label: str
    number: str
    note: str = ""


@dataclass(frozen=True)
class KeyNumbers:
    """The few numbers that matter most, side by side."""

    items: Sequence[KeyNumber]


Block: TypeAlias = Heading | Text | Table | Picture | KeyNumbers


@dataclass(frozen=True)
class Provenance:
    """How a report came about; all that follows the words is kept folded.

    Attributes:
        markdown: what every reader is told; empty if there is nothing beyond the facts.
        facts: command, settings, versions and the like, by name.
        texts: longer texts by title, as they are: resolved scenarios.
    """

    markdown: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes:
        title: its title, inline Markdown.
        lead: the question, and what to know before reading on; a paragraph each.
        blocks: all else, in order.
        provenance: how it was made.
    """

    title: str
    lead: Sequence[str] = ()
    blocks: Sequence[Block] = ()
    provenance: Provenance = Provenance()

    def drawn(self, draws: Mapping[str, Draw]) -> Document:
        """The same, with functions that draw its pictures anew, by name of the picture."""
        blocks = [
            replace(block, draw=draws.get(block.name, block.draw)) if isinstance(block, Picture) else block
            for block in self.blocks
        ]
        return replace(self, blocks=tuple(blocks))

    def made(self, facts: Mapping[str, str], texts: Mapping[str, str] | None = None) -> Document:
        """The same, with more about how it was made."""
        more = replace(self.provenance, facts=dict(facts), texts=dict(texts or {}))
        return replace(self, provenance=more)


def literal(words: str) -> str:
    """Words of somebody else, on one line, so that no sign in them means anything."""
    return SPECIAL.sub(r"\\\1", GAP.sub(" ", words).strip(" "))
