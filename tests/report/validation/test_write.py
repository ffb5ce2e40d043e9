"""Pictures and page of a validation, written from the tables in its folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from sim.report.folder import read_tables
from sim.report.validation import pictures
from sim.report.validation.write import missing, write_validation
from sim.validation.parts import PARTS
from tests.pictures.checks import title
from tests.report.validation.record import SECTIONS, write_record
from tests.validation.made_up import FACTORS, MADE_UP

PICTURES = {"history": {"history.png", "history_identified.png"}, "popup": {"popup_moves.png"}}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_record(tmp_path_factory.mktemp("record"))


def csv(*parts: str) -> set[str]:
    return {f"{name}.csv" for part in parts for name, _ in MADE_UP[part]()}


def headings(folder: Path) -> list[str]:
    return re.findall("^## (.*)", (folder / "validation.md").read_text(encoding="utf-8"), re.M)


# --- files ---------------------------------------------------------------------------------------


def test_pictures_and_page_beside_the_tables(record: Path) -> None:
    wanted = csv(*PARTS) | {"provenance.json", "validation.md"}
    assert {file.name for file in record.iterdir()} == wanted.union(*PICTURES.values())


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_has_its_own_pictures_and_sections(tmp_path: Path, part: str) -> None:
    folder = write_record(tmp_path, [part])
    wanted = csv(part) | {"provenance.json", "validation.md"} | PICTURES.get(part, set())
    assert {file.name for file in folder.iterdir()} == wanted
    assert headings(folder) == [name for name, one in SECTIONS.items() if one == part]


def test_a_page_tells_of_all_tables_that_lie_there(tmp_path: Path) -> None:
    write_record(tmp_path, ["structures"])
    write_record(tmp_path, ["patterns"])
    assert headings(tmp_path) == ["Patterns", "Other structures"], "in the order of the page"
    text = (tmp_path / "validation.md").read_text(encoding="utf-8")
    made = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert "structures (small, " in text
    assert f"{made['patterns']['written'][:10]})" in text


def test_pictures_of_other_parts_are_drawn_only_if_they_are_not_there(tmp_path: Path) -> None:
    write_record(tmp_path, ["history", "popup"])
    (tmp_path / "history.png").write_bytes(b"as it was")
    (tmp_path / "history_identified.png").unlink()
    files = write_validation(tmp_path, ["popup"])
    assert {file.name for file in files} == {"history_identified.png", "popup_moves.png", "validation.md"}
    assert (tmp_path / "history.png").read_bytes() == b"as it was"


def test_a_picture_whose_tables_are_not_all_there_is_left_as_it_is(tmp_path: Path) -> None:
    """A validation that was made before prior ranges were kept has none of them."""
    write_record(tmp_path, ["history"])
    (tmp_path / "history_priors.csv").unlink()
    assert {file.name for file in write_validation(tmp_path, ["history"])} == {"history.png", "validation.md"}
    assert (tmp_path / "history_identified.png").is_file()


def test_what_a_validation_lacks_is_named(tmp_path: Path) -> None:
    write_record(tmp_path, ["patterns", "outside"])
    assert missing(tmp_path, ["patterns", "outside"]) == []
    (tmp_path / "patterns.csv").unlink()
    assert missing(tmp_path, ["patterns", "outside"]) == ["patterns.csv"]
    assert missing(tmp_path, ["outside"]) == []


# --- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["history", "history_identified", "popup_moves"])
def test_pictures_show_something(record: Path, name: str) -> None:
    pixels = imread(record / f"{name}.png")
    high, wide = pixels.shape[:2]
    assert wide == 1200, "eight inches at 150 dots"
    assert high > 200
    assert 0.01 < np.mean(pixels[..., :3].min(axis=2) < 0.8) < 0.6, "neither blank nor black"


def test_every_picture_belongs_to_one_part() -> None:
    named = [name for names in pictures.OF_PART.values() for name in names]
    assert list(pictures.OF_PART) == list(PARTS)
    assert sorted(named) == sorted(pictures.NEEDS)


def test_parameters_come_back_with_their_prior_ranges(record: Path) -> None:
    assert tuple(pictures.priors(read_tables(record))) == FACTORS


def test_titles_say_what_the_tables_say(record: Path) -> None:
    """Pinduoduo is missed by 3 %; one of two ranges is narrowed; JD's share moves most."""
    found = {name: draw() for name, draw in pictures.draws(read_tables(record)).items()}
    assert "4 of Pinduoduo's next 4 figures within 5 %" in title(found["history"])
    assert "narrow 1 of 2 parameters" in title(found["history_identified"])
    assert title(found["popup_moves"]).endswith("to Amazon: JD's share first")
    said = " ".join(text.get_text() for text in found["popup_moves"].texts)
    told = " ".join(said.split())
    assert "worth −53 to 64 m yuan" in told
    assert "explain 61% of the variance" in told
    assert "the market beside it 13%" in told
