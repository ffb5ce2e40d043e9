"""Regions of a page are found by their marks and nothing else is touched."""

from __future__ import annotations

import pytest

from sim.describe.regions import cell, rewritten, table, written

PAGE = """# Title

<!-- begin one -->
old
<!-- end one -->

between

<!-- begin two -->
<!-- end two -->
end
"""


def test_regions_are_read_by_name() -> None:
    assert written(PAGE) == {"one": "old\n", "two": ""}


def test_only_regions_change() -> None:
    page = rewritten(PAGE, {"one": lambda: "new\nlines", "two": lambda: "\\1 stays as it is"})
    assert written(page) == {"one": "new\nlines\n", "two": "\\1 stays as it is\n"}
    assert page.replace("new\nlines", "old").replace("\\1 stays as it is\n", "") == PAGE


def test_writing_twice_changes_nothing_more() -> None:
    writers = {"one": lambda: "new", "two": lambda: "more"}
    assert rewritten(rewritten(PAGE, writers), writers) == rewritten(PAGE, writers)


@pytest.mark.parametrize("names", [("one",), ("one", "two", "three"), ("one", "three")])
def test_regions_and_writers_must_agree(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        rewritten(PAGE, {name: lambda: "" for name in names})


def test_a_region_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="each once"):
        rewritten(PAGE + PAGE, {"one": lambda: "", "two": lambda: ""})


def test_a_table_has_a_row_a_line_and_keeps_bars_in_cells() -> None:
    lines = table(["a", "b"], [["1", "x | y"], ["2", "two\n lines"]]).splitlines()
    assert lines == ["| a | b |", "| --- | --- |", "| 1 | x \\| y |", "| 2 | two lines |"]
    assert cell("  as   it is ") == "as it is"
