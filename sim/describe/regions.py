"""Parts of a Markdown file that are written by a program: found by their marks, replaced, compared.

<!-- begin parameters -->
...
<!-- end parameters -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

MARKS = re.compile(r"<!-- begin (?P<name>[\w ]+) -->\n(?P<text>.*?)<!-- end (?P=name) -->", re.DOTALL)
Writer = Callable[[], str]


def written(page: str) -> dict[str, str]:
    """Regions of a page as they stand, by name."""
    return {found["name"]: found["text"] for found in MARKS.finditer(page)}


def rewritten(page: str, writers: Mapping[str, Writer]) -> str:
    """The page with every region written anew.

    Raises:
        ValueError: if the page has not exactly one region for each writer.
    """
    names = [found["name"] for found in MARKS.finditer(page)]
    if sorted(names) != sorted(writers):
        raise ValueError(f"regions are {sorted(names)}, expected {sorted(writers)}, each once")

    def anew(found: re.Match[str]) -> str:
        name = found["name"]
        return f"<!-- begin {name} -->\n{writers[name]().strip()}\n<!-- end {name} -->"

    return MARKS.sub(anew, page)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; bars and line breaks in cells are taken care of."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines)


def cell(text: str) -> str:
    """Text that can stand in a cell."""
    return " ".join(text.split()).replace("|", "\\|")
