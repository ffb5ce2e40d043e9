"""Worlds in which the recommendation loses: boxes in made-up worlds whose losers are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.decisions.advice import Answer
from sim.decisions.losing import DENSITY, STEPS, box, box_table, responses, simpler, step_table, tables
from sim.decisions.question import STAY_OUT, Question
from tests.decisions import tiny

COUNT = 160
RNG = np.random.default_rng(8)
EXPOSURE = 0.1 + 0.8 * (RNG.permutation(COUNT) + 0.5) / COUNT
KNOWN = 0.2 + 0.7 * (RNG.permutation(COUNT) + 0.5) / COUNT
LOSES = EXPOSURE < 0.4


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question."""
    return tiny.question(tmp_path_factory.mktemp("question"))


def answer(asked: Question, short: tiny.Column, long: tiny.Column = -90.0, **fits: tiny.Column) -> Answer:
    """An answer from worlds with values of two options."""
    options: dict[str, dict[str, tiny.Column]] = {
        "short": {"value_faraway": short, "sales": 2.0, "own_sales": 1.0, **fits},
        "long": {"value_faraway": long}, "on_south": {"value_faraway": -99.0},
    }  # fmt: skip
    return Answer.of(asked, tiny.samples(options, COUNT, exposure=EXPOSURE, known=KNOWN))


@pytest.fixture(scope="module")
def known(asked: Question) -> Answer:
    """The shop loses where less than 40 % see it."""
    return answer(asked, np.where(LOSES, -1.0, 2.0))


def test_what_the_recommended_option_gains_over_staying_out(asked: Question, known: Answer) -> None:
    found = responses(known)
    np.testing.assert_array_equal(found.mean, np.where(LOSES, -1.0, 2.0))
    assert found.outcome == "Four weeks on North"
    assert found.names == ["exposure", "known"]
    assert not found.shared
    beside = answer(asked, -3.0, -2.0)
    assert beside.option == STAY_OUT
    assert responses(beside).outcome == "Eight weeks on North", "the best beside staying out"
    assert set(responses(beside).mean) == {-2.0}


def test_worlds_that_do_not_pass_are_looked_at_too(asked: Question) -> None:
    made = answer(asked, np.where(LOSES, -1.0, 2.0), own_sales=np.where(EXPOSURE < 0.5, -1.0, 1.0))
    assert len(made.worlds) == 80
    assert len(responses(made).points) == COUNT


def test_the_box_is_that_of_the_losers(known: Answer) -> None:
    """Exposure below 0.4 and nothing else; all of the losers and hardly anybody else."""
    table = box_table(box(known))
    assert table.factor.tolist() == ["exposure"]
    (row,) = table.to_dict("records")
    assert row["high"] == pytest.approx(0.4, abs=0.02)
    assert row["title"] == "Share that sees it"
    assert (row["losing"], row["worlds"]) == (LOSES.sum(), COUNT)
    assert row["coverage"] > 0.9
    assert row["density"] > 0.9
    assert row["mass"] == pytest.approx(LOSES.mean(), abs=0.03)
    assert row["found"]
    assert row["stable"] == 1.0


def test_a_box_of_two_unknowns(asked: Question) -> None:
    loses = (EXPOSURE < 0.5) & (KNOWN > 0.5)
    table = box_table(box(answer(asked, np.where(loses, -1.0, 9.0)))).set_index("factor")
    assert set(table.index) == {"exposure", "known"}
    assert table.high["exposure"] == pytest.approx(0.5, abs=0.04)
    assert table.low["known"] == pytest.approx(0.5, abs=0.04)


def test_too_few_losers_or_nobody_else_have_no_box(asked: Question) -> None:
    few = np.where(np.arange(COUNT) < 9, -1.0, 2.0)
    assert box(answer(asked, few)) is None
    assert box(answer(asked, -1.0)) is None
    assert box(answer(asked, 1.0)) is None
    table = box_table(None)
    assert table.empty
    assert list(table.columns) == ["factor", "title", "low", "high"]


def test_the_steps_to_the_box(known: Answer) -> None:
    found, table = box(known), dict(tables(known))["box_steps"]
    assert found is not None
    assert list(table.columns) == list(STEPS)
    assert table.step.tolist() == list(range(len(found.steps)))
    assert table.chosen.tolist() == [k == found.chosen for k in table.step]
    np.testing.assert_array_equal(table.density, found.trajectory.density)
    assert set(table.option) == {"short"}
    assert table.interest[0] == LOSES.sum()
    assert table.points[0] == COUNT


def test_no_box_has_no_steps(asked: Question) -> None:
    """The table is written all the same, so that one of an earlier run does not stay."""
    table = dict(tables(answer(asked, 1.0)))["box_steps"]
    assert table.empty
    assert list(table.columns) == list(STEPS)
    pd.testing.assert_frame_equal(step_table(None, "short"), table)


def test_good_enough_is_what_the_file_says(tmp_path: Path) -> None:
    """At least 5 is asked for, which no world below 0.6 brings."""
    asked = tiny.question(tmp_path, ("good_enough: 0", "good_enough: 5"))
    table = box_table(box(answer(asked, np.where(EXPOSURE < 0.6, 4.0, 6.0))))
    assert table.losing[0] == (EXPOSURE < 0.6).sum()
    assert table.high[0] == pytest.approx(0.6, abs=0.02)


def test_limits_that_chance_explains_are_left_out(known: Answer) -> None:
    """A limit of a quasi-p-value of 0.5 goes, and the box is counted anew without it."""
    found = box(known)
    assert found is not None
    limit = {"factor": "known", "low": 0.25, "high": 0.9, "levels": (), "quasi_p_low": 0.5}
    nan = {"quasi_p_high": np.nan, "quasi_p_levels": np.nan}
    own = found.box[["factor", "low", "high", "levels", "quasi_p_low", "quasi_p_high", "quasi_p_levels"]]
    both = own.copy()
    both.loc[len(both)] = {**limit, **nan}
    wide = replace(found, steps=(*found.steps[: found.chosen], both, *found.steps[found.chosen + 1 :]))
    assert wide.inside().sum() < found.inside().sum()
    less = simpler(wide)
    assert less.box.factor.tolist() == ["exposure"]
    edge = float(found.box.high.iloc[0])
    inside = edge >= EXPOSURE
    step = less.trajectory.iloc[less.chosen]
    assert step.points == inside.sum()
    assert step.coverage == pytest.approx((inside & LOSES).sum() / LOSES.sum())
    assert step.density == pytest.approx((inside & LOSES).sum() / inside.sum())
    assert step["mass"] == pytest.approx(inside.mean())
    assert less.found == (step.density >= DENSITY)
    assert simpler(less) is less, "nothing more to leave out"
