"""Docstrings for the site: what is plain text or Markdown in them, in reStructuredText.

Docstrings here are written to be read in an editor. Sphinx reads them as reStructuredText, in which an
indented equation is a quotation, a star emphasises and a bar substitutes. This is undone before the sections
of Google style are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Yields|Example|Examples|Note):")
SPECIAL = re.compile(r"([*|])")
CODE = re.compile(r"(``.*?``|`.*?`)")


def restructured(lines: Sequence[str]) -> list[str]:
    """Lines of a docstring, without common indentation, as reStructuredText."""
    return [text for block in blocks(lines) for text in (*_block(block), "")]


def blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Blocks between empty lines; a section is one block up to the next line that is not indented."""
    block: list[str] = []
    for line in lines:
        inside = bool(block) and SECTION.fullmatch(block[0]) is not None
        ends = (not line.startswith(" ") and line != "") if inside else line.strip() == ""
        if ends and block:
            yield block
            block = []
        if line.strip() or inside:
            block.append(line)
    if block:
        yield block


def _block(block: Sequence[str]) -> Iterator[str]:
    if all(line.startswith("|") for line in block):
        yield from _table(block)
    elif all(line.startswith("    ") for line in block):
        yield from ("::", "", *block)
    else:
        yield from map(escaped, _aligned(block))


def _aligned(block: Sequence[str]) -> Iterator[str]:
    """Lines without accidental indentation: a paragraph at the margin, entries of a section 4 or 8 in."""
    if any(line.lstrip().startswith("- ") for line in block):
        yield from block
        return
    deepest = 8 if SECTION.fullmatch(block[0]) else 0
    for line in block:
        text = line.lstrip()
        yield " " * min(len(line) - len(text), deepest) + text


def _table(block: Sequence[str]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "")
    for line in block:
        if not set(line) <= set("|-: "):
            first, *others = (escaped(text.strip()) for text in line.strip("|").split("|"))
            yield f"   * - {first}"
            yield from (f"     - {text}" for text in others)


def escaped(line: str) -> str:
    """A line whose stars and bars stand for themselves; code stays as it is."""
    parts = CODE.split(line)  # every second one is code
    return "".join(part if k % 2 else SPECIAL.sub(r"\\\1", part) for k, part in enumerate(parts))
