"""What the site makes of docstrings and of links that leave it."""

from __future__ import annotations

from pathlib import Path

from sim.describe.docstrings import blocks, escaped, restructured
from sim.describe.links import downloads

DOCSTRING = """One line with a * star.

With roots b the firm is worth

    V0 = A P^b1
    V1 = B P^b2

where `a*b` stays.

| member | what |
|---|---|
| x | |gap| |

Args:
    one: first |p - c|,
            which goes on.

    two: second.
Returns:
    Something.
""".splitlines()


def test_equations_are_literal_and_tables_are_lists() -> None:
    text = "\n".join(restructured(DOCSTRING))
    assert "::\n\n    V0 = A P^b1\n    V1 = B P^b2\n" in text
    assert "   * - member\n     - what\n" in text
    assert "One line with a \\* star." in text
    assert "where `a*b` stays." in text


def test_sections_stay_sections() -> None:
    text = "\n".join(restructured(DOCSTRING))
    assert "Args:\n    one: first \\|p - c\\|,\n        which goes on.\n\n    two: second.\n" in text
    assert "\nReturns:\n    Something.\n" in text
    assert text.count("::\n") == 2  # one equation, one table


def test_blocks_lose_no_line() -> None:
    lines = [line for block in blocks(DOCSTRING) for line in block if line]
    assert lines == [line for line in DOCSTRING if line]


def test_lists_keep_their_indentation() -> None:
    lines = ["- one:", "  more", "- two"]
    assert restructured(lines) == [*lines, ""]
    assert escaped("``*`` *") == "``*`` \\*"


def page_with(tmp_path: Path, text: str) -> str:
    site = tmp_path / "docs"
    (site / "api").mkdir(parents=True)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "record.md").touch()
    return downloads(text, site / "page.md", site)


def test_links_out_of_the_site_are_downloads(tmp_path: Path) -> None:
    text = (
        "[record](../results/record.md#part), [folder](../results), [page](api/index.md), [x](https://a.org)"
    )
    expected = "[record](path:../results/record.md), folder, [page](api/index.md), [x](https://a.org)"
    assert page_with(tmp_path, text) == expected


def test_pictures_and_links_inside_stay(tmp_path: Path) -> None:
    text = "![record](../results/record.png) [same](../docs/other.md)"
    assert page_with(tmp_path, text) == text
