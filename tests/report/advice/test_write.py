"""Pictures and pages of an answer, written from the tables in its folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.decisions import advise as run
from sim.decisions.advise import PARTS
from sim.decisions.question import Question
from sim.decisions.reading import load
from sim.decisions.studies import Studies
from sim.report.advice import pictures as drawn
from sim.report.advice.page import document
from sim.report.advice.write import missing, provenance_words, words, write_answer, write_pages
from sim.report.document import Draw
from sim.report.markdown import render
from tests.report.advice.answers import BY_PART, everything, words_of, write_question
from tests.report.pages import check

PICTURES: dict[str, list[str]] = {
    "terms": ["map", "clauses"],
    "worlds": ["options"],
    "game": ["payoffs"],
    "left": [],
}


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Question:
    return load(write_question(tmp_path_factory.mktemp("question")))


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that take no runs, and small pictures of them."""

    def tables(part: str, studies: Studies) -> Iterator[tuple[str, pd.DataFrame]]:
        yield from BY_PART[part]().items()

    def draws(tables: Mapping[str, pd.DataFrame], *_: object) -> dict[str, Draw]:
        of = {"map": "straight", "clauses": "straight", "options": "options", "payoffs": "game_payoffs"}
        return {name: tiny_picture for name, table in of.items() if table in tables}

    monkeypatch.setattr(run, "_tables", tables)
    monkeypatch.setattr(drawn, "draws", draws)


def tiny_picture() -> Figure:
    return Figure(figsize=(1, 1))


def answer(question: Question, folder: Path, parts: Sequence[str] = PARTS) -> list[Path]:
    """Run some parts of an answer and write its page."""
    run.advise(question, folder, "small", parts)
    return write_answer(question, folder, parts)


def made(**more: Any) -> dict[str, Any]:
    settings = {"consumers": 3000, "worlds": 24} | more
    return {"worlds": {"settings": settings, "commit": "abc", "written": "2026-11-22T10:00:00"}}


def test_pictures_and_pages_beside_the_tables(question: Question, tmp_path: Path) -> None:
    files = answer(question, tmp_path / "out")
    wanted = {f"{name}.png" for names in PICTURES.values() for name in names} | {"advice.md", "advice.html"}
    assert {file.name for file in files} == wanted
    tables = {f"{name}.csv" for name in everything()} | {"provenance.json"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == wanted | tables


def test_pictures_of_other_parts_are_drawn_only_if_they_are_not_there(
    question: Question, tmp_path: Path
) -> None:
    answer(question, tmp_path)
    (tmp_path / "map.png").write_bytes(b"as it was")
    (tmp_path / "clauses.png").unlink()
    files = answer(question, tmp_path, ["worlds"])
    assert {file.name for file in files} == {"options.png", "clauses.png", "advice.md", "advice.html"}
    assert (tmp_path / "map.png").read_bytes() == b"as it was"


def test_every_picture_belongs_to_one_part() -> None:
    named = [name for names in drawn.OF_PART.values() for name in names]
    assert list(drawn.OF_PART) == list(PARTS)
    assert len(named) == len(set(named))
    assert set(named) == set(drawn.NEEDS)


def test_links_and_pictures_of_the_page_are_there(question: Question, tmp_path: Path) -> None:
    answer(question, tmp_path)
    said = (tmp_path / "advice.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", said)
    assert {"options.csv", "unfiltered.csv", "options.png", "payoffs.png"} <= {*links, "unfiltered.csv"}
    assert all((tmp_path / link).is_file() for link in links), links


def test_the_page_from_files_is_that_from_tables(question: Question, tmp_path: Path) -> None:
    answer(question, tmp_path)
    about = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))["parts"]
    pictures = {name: f"{name}.png" for names in PICTURES.values() for name in names}
    wanted = render(document(everything(), words(question), pictures, provenance_words(about, question)))
    assert (tmp_path / "advice.md").read_text(encoding="utf-8") == wanted
    page, html = write_pages(question, tmp_path, about)
    assert page.read_text(encoding="utf-8") == wanted
    assert html == tmp_path / "advice.html"


def test_names_come_from_the_scenario(question: Question) -> None:
    assert words(question) == words_of(question.spec)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_tells_of_nothing_else(question: Question, tmp_path: Path, part: str) -> None:
    files = answer(question, tmp_path, [part])
    names = {f"{name}.png" for name in PICTURES[part]}
    assert {file.name for file in files} == names | {"advice.md", "advice.html"}
    said = (tmp_path / "advice.md").read_text(encoding="utf-8")
    assert ("## The answer" in said) == ("worlds.csv" in said) == (part == "worlds")
    assert ("## Terms" in said) == (part == "terms")


def test_parts_are_added_to_what_is_there(question: Question, tmp_path: Path) -> None:
    answer(question, tmp_path, ["game"])
    answer(question, tmp_path, ["terms"])
    said = (tmp_path / "advice.md").read_text(encoding="utf-8")
    assert said.index("## Terms") < said.index("## The game")
    assert "- **game**: " in said
    assert "- **terms**: " in said


def test_how_it_was_made(question: Question) -> None:
    effort = {"runs": 1200, "options": 3, "markets": 4800, "processor_seconds": 90.0, "codes": ["aa", "bb"]}
    said = provenance_words(made(**effort), question)
    assert (
        "- **worlds**: 3,000 simulated consumers a market, 1,200 runs of 3 options and the baseline" in said
    )
    assert "(4,800 markets), 1.5 min of processor time" in said
    assert "made with the code aa and bb; written by commit abc, 2026-11-22." in said
    assert "(surviving.csv)" in said
    assert "`sim reproduce RUN_ID FOLDER/store/worlds`" in said
    without = provenance_words({"terms": made()["worlds"]}, question)
    assert "runs of" not in without
    assert "worlds.csv" not in without


def test_the_page_in_html_says_the_same(question: Question, tmp_path: Path) -> None:
    """Pictures are drawn anew; one that cannot be drawn is that which lies there."""
    tiny_picture().savefig(tmp_path / "box.png")
    answer(question, tmp_path)
    found = check((tmp_path / "advice.html").read_text(encoding="utf-8"))
    tables = [
        line for line in (tmp_path / "advice.md").read_text(encoding="utf-8").splitlines() if line[:2] == "| "
    ]
    cells = {cell.strip().strip("*") for line in tables for cell in line.strip("|").split(" | ")}
    shown = {cell for row in found.rows for cell in row}
    assert {cell for cell in cells if not re.fullmatch(":?-+:?", cell)} <= shown | {""}
    assert (found.tags.count("svg"), found.tags.count("img")) == (4, 1)
    assert "terms: setting: question" in found.text
    assert {"options.csv", "worlds.csv"} <= set(found.links)


def test_what_an_answer_lacks_is_named(question: Question, tmp_path: Path) -> None:
    answer(question, tmp_path)
    about = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert missing(question, tmp_path, about) == []
    (tmp_path / "options.csv").unlink()
    assert missing(question, tmp_path, about) == ["options.csv"]
    assert missing(question, tmp_path, {"terms": about["terms"]}) == []


# --- the record ----------------------------------------------------------------------------------


RECORD = Path("results/advice/popup_2019")


def test_the_committed_answer_follows_from_its_tables(tmp_path: Path) -> None:
    """Whoever changes a sentence or a table writes the record anew: `sim advise` of its question."""
    folder = tmp_path / "popup_2019"
    shutil.copytree(RECORD, folder, ignore=shutil.ignore_patterns("store", "small"))
    made = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["parts"]
    said = (folder / "advice.md").read_text(encoding="utf-8")
    question = load("scenarios/questions/popup_2019.yaml")
    assert write_pages(question, folder, made)[0].read_text(encoding="utf-8") == said
    assert set(made) == {"terms", "worlds", "game", "left"}
