"""Drawings that stand inside a page."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from sim.report.svg import inline
from tests.report.pages import check

SHOWN = {"use", "path", "image", "rect", "polygon", "line", "circle"}


def drawing(text: str = "Sales") -> Figure:
    """A figure with letters, markers, a clipped band, dashes and a picture of dots."""
    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    axes.plot([0, 1, 2], [1, 3, 2], "o--")
    axes.fill_between([0, 1, 2], [0, 1, 1], [2, 4, 3], alpha=0.3)
    axes.imshow(np.eye(3), extent=(0, 1, 0, 1))
    figure.text(0.1, 0.95, text, parse_math=False)
    return figure


def test_the_same_figure_is_the_same_text() -> None:
    assert inline(drawing(), "p", "alt") == inline(drawing(), "p", "alt")


def test_two_drawings_share_no_name() -> None:
    both = inline(drawing(), "p", "a") + inline(drawing(), "p-2", "b")
    assert len(check(both).ids) == 2 * len(check(inline(drawing(), "p", "a")).ids) > 0


def test_nothing_comes_from_elsewhere_and_no_style_is_left() -> None:
    text = inline(drawing(), "p", "alt")
    assert "http" not in text.replace("data:image/png", "")
    assert not re.search(r"<(style|metadata|script|!--|\?xml)", text)
    assert not re.search(r"\bstyle=|\bfont", text)
    assert "<text" not in text, "letters are outlines"
    assert 'href="data:image/png;base64,' in text


def test_it_says_what_it_shows_and_scales() -> None:
    root = ElementTree.fromstring(inline(drawing(), "p", 'a < b & "c"'))
    assert root.attrib["aria-label"] == 'a < b & "c"' == root[0].text
    assert root[0].tag == "title"
    assert root.attrib["role"] == "img"
    assert root.attrib["viewBox"] == "0 0 288 216"
    assert root.attrib["width"] == "4.0in"
    assert "height" not in root.attrib


def test_everything_that_was_drawn_is_there() -> None:
    """As many marks as Matplotlib writes; styles have become attributes."""
    figure, file = drawing(), io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path"}):
        figure.savefig(file, format="svg")
    before = ElementTree.fromstring(file.getvalue())
    after = ElementTree.fromstring(inline(drawing(), "p", "alt"))

    def marks(root: ElementTree.Element) -> list[str]:
        return [name for one in root.iter() if (name := one.tag.partition("}")[2] or one.tag) in SHOWN]

    assert marks(after) == marks(before)
    assert after.find(".//path[@stroke-dasharray]") is not None
    assert after.find(".//*[@fill-opacity='0.3']") is not None


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b", '"'])
def test_letters_are_never_marks(text: str) -> None:
    assert "<script" not in inline(drawing(text), "p", text)
