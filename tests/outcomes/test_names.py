"""Names of outcomes in the rooms above: what looks like one is one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from sim.outcomes.declared import OUTCOMES

ROOT = Path(__file__).parents[2]
ROOMS = ("decisions", "page", "pictures", "report", "validation")
TITLES = {"brand's GMV", " with run-off", ", cut at the horizon,"}
"""Columns and labels that only look like outcomes."""
WORDS = {"weeks open", "contribution", "entries", "exits", "extensions", "subsidies", "net revenue"}
"""Outcomes whose names are plain words."""


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """Whole string literals of a file, with their lines; parts of composed ones are no names."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            yield node.lineno, node.value


def misspelt(text: str) -> bool:
    """Whether a text is nearly the name of an outcome."""
    names = [name for name in OUTCOMES if name not in WORDS]
    return text not in {*OUTCOMES, *TITLES} and bool(get_close_matches(text, names, n=1, cutoff=0.87))


def test_texts_that_look_like_outcomes_are_declared() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for room in ROOMS
        for file in sorted((ROOT / "sim" / room).rglob("*.py"))
        for line, text in texts(file)
        if misspelt(text)
    ]
    assert found == []


def test_a_misspelt_one_is_found() -> None:
    for text in ("hosted GVM", "carry over GMV", "GMV of the other channels", "NPV, cut at horizon"):
        assert misspelt(text)
    for text in ("hosted GMV", "sales of the storefront"):
        assert not misspelt(text)
