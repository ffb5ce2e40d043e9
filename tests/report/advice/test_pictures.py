"""The box of losing worlds as a picture, made from tables alone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.discovery import Boxes
from sim.decisions import losing
from sim.decisions.advice import Answer, world_table
from sim.decisions.question import Question
from sim.pictures.sweeps.discovery import prim_box
from sim.report.advice import pictures
from sim.report.advice.pictures import boxes
from tests.decisions import tiny
from tests.pictures.checks import title
from tests.report.advice.answers import words_of

COUNT = 160
RNG = np.random.default_rng(3)
EXPOSURE = 0.1 + 0.8 * (RNG.permutation(COUNT) + 0.5) / COUNT
KNOWN = 0.2 + 0.7 * (RNG.permutation(COUNT) + 0.5) / COUNT
LOSES = {
    "one unknown": EXPOSURE < 0.4, "two unknowns": (EXPOSURE < 0.5) & (KNOWN > 0.5),
    "no unknown": RNG.random(COUNT) < 0.15,
}  # fmt: skip


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Question:
    return tiny.question(tmp_path_factory.mktemp("question"))


def answer(question: Question, loses: tiny.Column) -> Answer:
    """An answer in which the recommended option is worth 9, but loses in some worlds."""
    options: dict[str, dict[str, tiny.Column]] = {
        "short": {"value_faraway": np.where(loses, -1.0, 9.0), "sales": 2.0, "own_sales": 1.0},
        "long": {"value_faraway": -90.0}, "on_south": {"value_faraway": -99.0},
    }  # fmt: skip
    return Answer.of(question, tiny.samples(options, COUNT, exposure=EXPOSURE, known=KNOWN))


def read_again(made: Answer) -> dict[str, pd.DataFrame]:
    """The tables of worlds and box, as they are read from files."""
    found = {}
    for name, table in {"worlds": world_table(made), **dict(losing.tables(made))}.items():
        file = BytesIO(table.to_csv(index=False, float_format="%.8g").encode())
        found[name] = pd.read_csv(file)
    return found


def texts(found: Boxes) -> list[str]:
    return [text.get_text() for text in prim_box(found, "a loss").findobj() if hasattr(text, "get_text")]


@pytest.mark.parametrize("kind", LOSES)
def test_the_box_from_tables_is_that_of_the_runs(question: Question, kind: str) -> None:
    made = answer(question, LOSES[kind])
    wanted, found = losing.box(made), boxes(read_again(made), question)
    assert wanted is not None
    assert wanted.box.empty == (kind == "no unknown")
    np.testing.assert_array_equal(found.interest, wanted.interest)
    np.testing.assert_array_equal(found.inside(), wanted.inside())
    numbers = ["coverage", "density", "mass", "points", "interest", "restricted"]
    np.testing.assert_allclose(found.trajectory[numbers], wanted.trajectory[numbers], rtol=1e-7)
    for name in ("chosen", "found", "peel", "least_mass"):
        assert getattr(found, name) == getattr(wanted, name), name
    assert texts(found) == texts(wanted)


def test_a_box_is_drawn_only_if_there_is_one(question: Question, tmp_path: Path) -> None:
    some, none = (read_again(answer(question, loses)) for loses in (LOSES["one unknown"], False))
    words = words_of(question.spec)
    assert title(pictures.draws(some, words, question)["box"]()).startswith("Four weeks on North is a loss")
    assert "box" not in pictures.draws(none, words, question)
