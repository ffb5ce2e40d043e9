"""The tables of the description are those that the code would write today."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.describe import odd, states
from sim.describe.__main__ import app
from sim.describe.regions import written

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "odd.md"
PAGES = [ROOT / "docs" / name for name in odd.PAGES]


def copy(tmp_path: Path) -> Path:
    """The page in a repository of its own that shares the scenarios."""
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    page = tmp_path / "docs" / "odd.md"
    page.parent.mkdir()
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    return page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_is_as_the_code_says(page: Path) -> None:
    here, there = written(page.read_text(encoding="utf-8")), written(odd.described(page))
    stale = [name for name in there if here.get(name) != there[name]]
    assert stale == [], f"run: python -m sim.describe docs/{page.name}"


def test_a_page_that_nobody_writes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown page 'outcome.md', did you mean 'outcomes.md'"):
        odd.described(ROOT / "docs" / "outcome.md")


def test_a_changed_word_or_value_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGE.read_text(encoding="utf-8")
    people = dict(states.PEOPLE) | {"habit": states.PEOPLE["habit"]._replace(unit="cubits")}
    monkeypatch.setattr(states, "PEOPLE", people)
    assert written(odd.described(PAGE))["people"] != written(page)["people"]
    monkeypatch.setattr(odd, "BASE", Path("scenarios") / "china_history.yaml")
    assert written(odd.described(PAGE))["parameters"] != written(page)["parameters"]


def test_the_command_mends_a_page(tmp_path: Path) -> None:
    page = copy(tmp_path)
    page.write_text(
        page.read_text(encoding="utf-8").replace("| goods arrive |", "| goods leave |"), encoding="utf-8"
    )
    first, second = (CliRunner().invoke(app, [str(page)]) for _ in range(2))
    assert first.output == f"{page}: written\n"
    assert second.output == f"{page}: as it was\n"
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_the_command_wants_something_to_do() -> None:
    assert CliRunner().invoke(app, []).exit_code == 2
