"""Every block as Markdown."""

from __future__ import annotations

from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from sim.report.document import (
    TOO_FEW,
    Block,
    Document,
    Heading,
    KeyNumber,
    KeyNumbers,
    Picture,
    Provenance,
    Table,
    Text,
)
from sim.report.markdown import grid, render

BLOCKS: list[tuple[Block, str]] = [
    (Heading("Answer"), "## Answer"),
    (Heading("Part", 3), "### Part"),
    (Text("- one\n- two"), "- one\n- two"),
    (Table(["n"], [["1"]]), "|  n |\n| -: |\n|  1 |"),
    (Picture("p", "what it shows", "p.png"), "![what it shows](p.png)"),
    (Picture("p", "alt", "p.png", caption="Look."), "Look.\n\n![alt](p.png)"),
    (KeyNumbers([KeyNumber("sold", "3 m", "2 to 4"), KeyNumber("left", "1")]),
     "- sold: **3 m** 2 to 4\n- left: **1**"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "wanted"), BLOCKS)
def test_a_block(block: Block, wanted: str) -> None:
    assert render(Document("T", (), [block])) == f"# T\n\n{wanted}\n"


def test_a_document_in_its_order() -> None:
    told = Document(
        "T", ["*Why?*", "", "Because."], [Heading("H"), Text("x")], Provenance("by hand", {"a": "b"})
    )
    assert render(told) == "# T\n\n*Why?*\n\nBecause.\n\n## H\n\nx\n\n## How this was made\n\nby hand\n"


def test_a_picture_without_a_file_is_left_out() -> None:
    assert render(Document("T", (), [Picture("p", "alt", draw=Figure, caption="Look.")])) == "# T\n"


def test_a_table_with_caption_units_and_file() -> None:
    table = Table(["who", "sales"], [["a", "1"]], "Sales", ["", "m crowns"], "sales.csv")
    assert render(Document("T", (), [table])).split("\n\n")[1:] == [
        "Sales",
        "| who | sales, m crowns |\n| :-- | --------------: |\n| a   |               1 |",
        "All of it: [sales.csv](sales.csv)\n",
    ]


def test_words_stand_left_and_numbers_right() -> None:
    table = Table(
        ["case", "who", "n", "m"], [["S1", "a|b", "1,234 [1, 2]", "-3 %"], ["S2", "c", "–", TOO_FEW]]
    )
    assert grid(table).splitlines() == [
        "| case | who  |            n |              m |",
        "| :--- | :--- | -----------: | -------------: |",
        "| S1   | a\\|b | 1,234 [1, 2] |           -3 % |",
        "| S2   | c    |            – | too few buyers |",
    ]


def test_a_reader_of_markdown_finds_the_cells_again() -> None:
    cells = [["a|b", "*x*", ""], ["", "`y`", "3"]]
    tokens = MarkdownIt("commonmark").enable("table").parse(grid(Table(["k", "l", "m"], cells)))
    pairs = pairwise(tokens)
    found = [cell.content for before, cell in pairs if before.type == "td_open"]
    assert found == [text for row in cells for text in row]


def test_rows_that_are_too_short_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        grid(Table(["a", "b"], [["1"]]))
