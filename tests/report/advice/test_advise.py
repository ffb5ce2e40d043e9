"""The folder of an answer: tables, pictures, page and provenance; nothing of another question or size."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.decisions.question import Question
from sim.decisions.reading import load
from sim.decisions.studies import Scale, Studies
from sim.report.advice import advise as room
from sim.report.advice import pictures as drawn
from sim.report.advice.advise import PARTS, advise, made_words, missing, words, write_pages
from sim.report.advice.page import document
from sim.report.markdown import render
from tests.report.advice.answers import (
    elasticity,
    everything,
    game,
    left,
    rules,
    terms,
    words_of,
    worlds,
    write_question,
)
from tests.report.pages import check

TABLES: dict[str, Callable[[], dict[str, pd.DataFrame]]] = {
    "terms": lambda: terms() | {"elasticity": elasticity(True, False)},
    "worlds": lambda: worlds() | rules(), "game": lambda: game(("long", "much", "nothing")), "left": left,
}  # fmt: skip
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
    """Tables and pictures that take no runs."""

    def tables(part: str, studies: Studies) -> Iterator[tuple[str, pd.DataFrame]]:
        yield from TABLES[part]().items()

    def figures(part: str, *_: object) -> Iterator[tuple[str, Figure]]:
        yield from ((name, Figure(figsize=(1, 1))) for name in PICTURES[part])

    monkeypatch.setattr(room, "_tables", tables)
    monkeypatch.setattr(room, "_figures", figures)
    monkeypatch.setattr(drawn, "draws", lambda *_: {"options": lambda: Figure(figsize=(1, 1))})


def made(**more: Any) -> dict[str, Any]:
    settings = {"consumers": 3000, "worlds": 24} | more
    return {"worlds": {"settings": settings, "commit": "abc", "written": "2026-11-22T10:00:00"}}


def test_everything_is_written(question: Question, tmp_path: Path) -> None:
    said: list[str] = []
    files = advise(question, tmp_path / "out", "small", note=said.append)
    assert said == [f"{part}: done" for part in PARTS]
    wanted = {f"{name}.csv" for name in everything()} | {"advice.md", "advice.html", "provenance.json"}
    wanted |= {f"{name}.png" for names in PICTURES.values() for name in names}
    assert {file.name for file in files} == {file.name for file in (tmp_path / "out").iterdir()} == wanted
    about = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert list(about) == list(PARTS)
    assert all(part["settings"]["question"] == "tiny" for part in about.values())


def test_links_and_pictures_of_the_page_are_there(question: Question, tmp_path: Path) -> None:
    advise(question, tmp_path, "small")
    said = (tmp_path / "advice.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", said)
    assert {"options.csv", "unfiltered.csv", "options.png", "payoffs.png"} <= {*links, "unfiltered.csv"}
    assert all((tmp_path / link).is_file() for link in links), links


def test_the_page_from_files_is_that_from_tables(question: Question, tmp_path: Path) -> None:
    advise(question, tmp_path, "small")
    about = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))["parts"]
    pictures = {name: f"{name}.png" for names in PICTURES.values() for name in names}
    wanted = render(document(everything(), words(question), pictures, made_words(about, question)))
    assert (tmp_path / "advice.md").read_text(encoding="utf-8") == wanted
    page, html = write_pages(question, tmp_path, about)
    assert page.read_text(encoding="utf-8") == wanted
    assert html == tmp_path / "advice.html"


def test_names_come_from_the_scenario(question: Question) -> None:
    assert words(question) == words_of(question.spec)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_tells_of_nothing_else(question: Question, tmp_path: Path, part: str) -> None:
    files = advise(question, tmp_path, "small", [part])
    names = {f"{name}.csv" for name in TABLES[part]()} | {f"{name}.png" for name in PICTURES[part]}
    assert {file.name for file in files} == names | {"advice.md", "advice.html", "provenance.json"}
    said = (tmp_path / "advice.md").read_text(encoding="utf-8")
    assert ("## The answer" in said) == ("worlds.csv" in said) == (part == "worlds")
    assert ("## Terms" in said) == (part == "terms")


def test_parts_are_added_to_what_is_there(question: Question, tmp_path: Path) -> None:
    advise(question, tmp_path, "small", ["game"])
    advise(question, tmp_path, "small", ["terms"])
    said = (tmp_path / "advice.md").read_text(encoding="utf-8")
    assert said.index("## Terms") < said.index("## The game")
    assert "- **game**: " in said
    assert "- **terms**: " in said


def test_a_table_without_columns_is_not_written(
    question: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no check of prices in many questions; an empty file could not be read again."""
    monkeypatch.setitem(TABLES, "terms", lambda: terms() | {"elasticity": pd.DataFrame()})
    files = advise(question, tmp_path, "small", ["terms"])
    assert "elasticity.csv" not in {file.name for file in files}
    assert "elasticity" not in (tmp_path / "advice.md").read_text(encoding="utf-8")


def test_a_folder_holds_one_question_and_one_size(question: Question, tmp_path: Path) -> None:
    advise(question, tmp_path, "small", ["terms"])
    before = (tmp_path / "advice.md").read_bytes()
    with pytest.raises(ValueError, match="holds an answer to tiny of size small: choose another folder"):
        advise(question, tmp_path, "full", ["terms"])
    (tmp_path / "files").mkdir()
    other = load(write_question(tmp_path / "files", "other"))
    with pytest.raises(ValueError, match="holds an answer to tiny of size small: choose another folder"):
        advise(other, tmp_path, "small", ["game"])
    assert not (tmp_path / "game_payoffs.csv").exists()
    assert (tmp_path / "advice.md").read_bytes() == before


def test_an_unknown_part_is_refused_before_anything_is_written(question: Question, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown part 'gaem', expected terms, worlds, game, left"):
        advise(question, tmp_path / "out", "small", ["terms", "gaem"])
    assert not (tmp_path / "out").exists()


def test_the_scale_goes_with_the_size(
    question: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SCALES", {"small": Scale(300, 6, 2), "full": Scale(500, 7, 2)})
    advise(question, tmp_path, "full", ["left"])
    assert "- **left**: 500 simulated consumers a market; " in (tmp_path / "advice.md").read_text(
        encoding="utf-8"
    )


def test_how_it_was_made(question: Question) -> None:
    effort = {"runs": 1200, "options": 3, "markets": 4800, "processor_seconds": 90.0, "codes": ["aa", "bb"]}
    said = made_words(made(**effort), question)
    assert (
        "- **worlds**: 3,000 simulated consumers a market, 1,200 runs of 3 options and the baseline" in said
    )
    assert "(4,800 markets), 1.5 min of processor time" in said
    assert "made with the code aa and bb; written by commit abc, 2026-11-22." in said
    assert "(surviving.csv)" in said
    assert "`sim reproduce RUN_ID FOLDER/store/worlds`" in said
    without = made_words({"terms": made()["worlds"]}, question)
    assert "runs of" not in without
    assert "worlds.csv" not in without


def test_the_page_in_html_says_the_same(question: Question, tmp_path: Path) -> None:
    """One of the pictures is drawn anew, the others are those that lie there."""
    advise(question, tmp_path, "small")
    found = check((tmp_path / "advice.html").read_text(encoding="utf-8"))
    tables = [
        line for line in (tmp_path / "advice.md").read_text(encoding="utf-8").splitlines() if line[:2] == "| "
    ]
    cells = {cell.strip().strip("*") for line in tables for cell in line.strip("|").split(" | ")}
    shown = {cell for row in found.rows for cell in row}
    assert {cell for cell in cells if not re.fullmatch(":?-+:?", cell)} <= shown | {""}
    assert (found.tags.count("svg"), found.tags.count("img")) == (1, 3)
    assert "terms: setting: question" in found.text
    assert {"options.csv", "worlds.csv"} <= set(found.links)


def test_what_an_answer_lacks_is_named(question: Question, tmp_path: Path) -> None:
    advise(question, tmp_path, "small")
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
