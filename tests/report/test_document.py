"""The content model: words of others stand as they are, pictures are drawn by name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from sim.report.document import Document, Heading, Picture, Provenance, literal


def shown(markdown: str) -> str:
    """Words of a line, without marks; anything but words is told."""
    (line,) = MarkdownIt("commonmark", {"html": True}).parseInline(markdown)
    kinds = {token.type for token in line.children or ()}
    assert kinds <= {"text", "text_special"}, kinds
    return "".join(token.content for token in line.children or ())


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))))
def test_words_of_others_mean_nothing(words: str) -> None:
    assert shown(literal(words)) == re.sub("[^\\S\u00a0]+", " ", words).strip(" ")


@pytest.mark.parametrize(
    "words", ["<script>", "*a*", "[a](b)", "![a](b)", "`x`", "&amp;", "a_b_c", "1. x", "# x"]
)
def test_marks_are_kept_as_they_are(words: str) -> None:
    assert shown(literal(words)) == words


def test_pictures_get_their_functions_by_name() -> None:
    kept, drawn = Picture("kept", "a", "kept.png"), Picture("drawn", "b", "drawn.png")
    told = Document("T", (), [Heading("H"), kept, drawn]).drawn({"drawn": Figure, "else": Figure})
    assert told.blocks == (Heading("H"), kept, Picture("drawn", "b", "drawn.png", Figure))


def test_facts_are_added_to_what_is_said() -> None:
    told = Document("T", provenance=Provenance("said")).made({"a": "b"}, {"c": "d"})
    assert told.provenance == Provenance("said", {"a": "b"}, {"c": "d"})
