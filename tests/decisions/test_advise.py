"""The run of an answer: tables and provenance in a folder; nothing of another question or size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from sim.decisions import advise as room
from sim.decisions.advise import PARTS, advise
from sim.decisions.question import Question
from sim.decisions.reading import load
from sim.decisions.studies import Scale, Studies
from sim.experiments.results import read_parts
from tests.report.advice.answers import BY_PART, everything, terms, write_question


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Question:
    return load(write_question(tmp_path_factory.mktemp("question")))


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[], dict[str, pd.DataFrame]]]:
    """Made-up tables by part; they take no runs."""
    found = dict(BY_PART)

    def made_up(part: str, studies: Studies) -> Iterator[tuple[str, pd.DataFrame]]:
        yield from found[part]().items()

    monkeypatch.setattr(room, "_tables", made_up)
    return found


pytestmark = pytest.mark.usefixtures("tables")


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_tables_and_provenance_and_nothing_else(question: Question, tmp_path: Path) -> None:
    said: list[str] = []
    files = advise(question, tmp_path / "out", "small", note=said.append)
    assert said == [f"{part}: done" for part in PARTS]
    wanted = {f"{name}.csv" for name in everything()} | {"provenance.json"}
    assert {file.name for file in files} == names(tmp_path / "out") == wanted
    about = read_parts(tmp_path / "out")
    assert list(about) == list(PARTS)
    assert all(part["settings"]["question"] == "tiny" for part in about.values())


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_writes_its_own_tables(question: Question, tmp_path: Path, part: str) -> None:
    files = advise(question, tmp_path, "small", [part])
    assert {file.name for file in files} == {f"{name}.csv" for name in BY_PART[part]()} | {"provenance.json"}


def test_parts_are_added_to_what_is_there(question: Question, tmp_path: Path) -> None:
    advise(question, tmp_path, "small", ["game"])
    advise(question, tmp_path, "small", ["terms"])
    assert list(read_parts(tmp_path)) == ["game", "terms"]


def test_a_table_without_columns_is_not_written(
    question: Question, tmp_path: Path, tables: dict[str, Callable[[], dict[str, pd.DataFrame]]]
) -> None:
    """There is no check of prices in many questions; an empty file could not be read again."""
    tables["terms"] = lambda: terms() | {"elasticity": pd.DataFrame()}
    files = advise(question, tmp_path, "small", ["terms"])
    assert "elasticity.csv" not in {file.name for file in files}


def test_a_part_without_tables_was_not_asked(
    question: Question, tmp_path: Path, tables: dict[str, Callable[[], dict[str, pd.DataFrame]]]
) -> None:
    tables["game"] = dict
    said: list[str] = []
    advise(question, tmp_path, "small", ["game"], note=said.append)
    assert said == ["game: not asked"]


def test_a_folder_holds_one_question_and_one_size(question: Question, tmp_path: Path) -> None:
    advise(question, tmp_path, "small", ["terms"])
    before = (tmp_path / "provenance.json").read_bytes()
    with pytest.raises(ValueError, match="holds an answer to tiny of size small: choose another folder"):
        advise(question, tmp_path, "full", ["terms"])
    (tmp_path / "files").mkdir()
    other = load(write_question(tmp_path / "files", "other"))
    with pytest.raises(ValueError, match="holds an answer to tiny of size small: choose another folder"):
        advise(other, tmp_path, "small", ["game"])
    assert not (tmp_path / "game_payoffs.csv").exists()
    assert (tmp_path / "provenance.json").read_bytes() == before


def test_an_unknown_part_is_refused_before_anything_is_written(question: Question, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown part 'gaem', expected terms, worlds, game, left"):
        advise(question, tmp_path / "out", "small", ["terms", "gaem"])
    assert not (tmp_path / "out").exists()


def test_the_scale_goes_with_the_size(
    question: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SCALES", {"small": Scale(300, 6, 2), "full": Scale(500, 7, 2)})
    advise(question, tmp_path, "full", ["left"])
    assert read_parts(tmp_path)["left"]["settings"]["consumers"] == 500
