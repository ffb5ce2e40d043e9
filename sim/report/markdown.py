"""A document as Markdown: pictures as links to their files, tables with even columns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sim.report.document import HIDDEN, TOO_FEW, Block, Document, Heading, KeyNumbers, Picture, Table, Text

MADE = "How this was made"
"""Heading of what is said about how a document was made."""
NUMBER = re.compile(rf"$|{HIDDEN}|{TOO_FEW}|-?[0-9][0-9,.]*($| [\[%])")
"""What stands right in a column, if all of its cells are such."""


def render(document: Document) -> str:
    """The document as Markdown, with a line break at the end.

    A picture without a file is left out; so are the facts and texts of the provenance, which lie beside the
    page as files.
    """
    parts = [f"# {document.title}", *document.lead]
    parts += [text for block in document.blocks for text in _block(block)]
    if document.provenance.markdown:
        parts += [f"## {MADE}", document.provenance.markdown]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield f"{'#' * block.level} {block.text}"
        case Text():
            yield block.markdown
        case Table():
            yield from _table(block)
        case Picture():
            if block.file:
                yield block.caption
                yield f"![{block.alt}]({block.file})"
        case KeyNumbers():
            lines = [f"- {one.label}: **{one.number}** {one.note}".rstrip() for one in block.items]
            yield "\n".join(lines)


def _table(block: Table) -> Iterator[str]:
    if block.caption:
        yield block.caption
    units = block.units or [""] * len(block.head)
    head = [f"{name}, {unit}" if unit else name for name, unit in zip(block.head, units, strict=True)]
    yield grid(Table(head, block.cells))
    if block.file:
        yield f"All of it: [{block.file}]({block.file})"


def grid(table: Table) -> str:
    """Head and cells with even columns: words stand left, numbers right."""
    rows = zip(table.head, *table.cells, strict=True)
    columns = [[text.replace("|", "\\|") for text in column] for column in rows]
    for column in columns:
        width, number = max(2, *map(len, column)), all(NUMBER.match(text) for text in column[1:])
        column[:] = [text.rjust(width) if number else text.ljust(width) for text in column]
        column.insert(1, "-" * (width - 1) + ":" if number else ":" + "-" * (width - 1))
    return "\n".join(f"| {' | '.join(row)} |" for row in zip(*columns, strict=True))
