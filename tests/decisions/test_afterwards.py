"""What decides after the term: false exits on courses by hand, drift of known paths, rules side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from sim.decisions import afterwards
from sim.decisions.afterwards import Course, drift_and_volatility, false_exits, margins
from sim.decisions.question import Question
from sim.firms.dixit import thresholds
from tests.decisions import tiny

Floats = npt.NDArray[np.float64]
FIXED = 100_000.0
"""Running cost of the shop, money a week."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question."""
    return tiny.question(tmp_path_factory.mktemp("question"))


def course(opened: str, own: Sequence[float], all_: Sequence[float] | None = None) -> Course:
    """One world: weeks open as letters, what the books show, what all channels earn."""
    flags = np.array([[letter == "o" for letter in opened]])
    return Course(flags, np.array([own], float), np.array([own if all_ is None else all_], float))


# --- false exits ---------------------------------------------------------------------------------


def test_the_last_open_week() -> None:
    rows = np.array(
        [[0, 1, 1, 0, 0], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]], bool
    )
    nothing = np.zeros(rows.shape)
    assert Course(rows, nothing, nothing).last_open.tolist() == [2, 3, -1, 4, 0]


def test_who_leaves_early_gives_up_what_staying_earns_in_the_weeks_after() -> None:
    """Weeks 3 to 5 of staying count: 5 - 2 + 4 in the books, and 1 + 1 + 1 in all channels."""
    stay = course(".oooooo.", [0, 1, 1, 5, -2, 4, 90, 90], [2, 2, 2, 2, 2, 2, 2, 2])
    rule = course(".oo.....", [0, 1, 1, 0, 0, 0, 0, 0], [2, 2, 2, 1, 1, 1, 1, 1])
    (row,) = false_exits(rule, stay, weeks=3).to_dict("records")
    assert row == {
        "left": True, "after": 3, "own": 7.0, "all": 3.0, "false_by_books": True, "false_by_all": True,
    }  # fmt: skip


def test_books_and_channels_may_say_different_things() -> None:
    stay = course(".ooo", [0, 1, 5, 5], [0, 0, 1, 1])
    rule = course(".o..", [0, 1, 0, 0], [0, 0, 3, 3])
    (row,) = false_exits(rule, stay).to_dict("records")
    assert (row["own"], row["all"]) == (10.0, -4.0)
    assert (row["false_by_books"], row["false_by_all"]) == (True, False)


def test_an_exit_that_saves_money_is_not_false() -> None:
    stay = course(".ooo", [0, 1, -5, 5])
    (row,) = false_exits(course(".o..", [0, 1, 0, 0]), stay).to_dict("records")
    assert row["own"] == 0.0
    assert row["left"]
    assert not row["false_by_books"]


@pytest.mark.parametrize("opened", [".ooo", "....", "..oo", "oooo"])
def test_who_stays_or_never_opens_does_not_leave(opened: str) -> None:
    stay = course(".ooo", [0, 9, 9, 9])
    (row,) = false_exits(course(opened, [0, 0, 0, 0]), stay).to_dict("records")
    assert (row["left"], row["after"], row["false_by_books"], row["false_by_all"]) == (False, 0, False, False)


@pytest.mark.parametrize(
    ("stays", "after", "own"),
    [("o" * 40, 26, 26.0), ("o" * 20 + "." * 20, 17, 17.0), ("o" * 29 + "." * 11, 26, 26.0)],
)
def test_half_a_year_counts_as_far_as_staying_lasts(stays: str, after: int, own: float) -> None:
    """The rule leaves after the third week; of 40 weeks 26 follow, if the other one stays as long."""
    rule = course("ooo" + "." * 37, [1.0] * 3 + [0.0] * 37)
    (row,) = false_exits(rule, course(stays, [1.0] * 40)).to_dict("records")
    assert (row["after"], row["own"]) == (after, own)


def test_the_horizon_cuts_the_weeks_after() -> None:
    rule, stay = course("o" * 9 + ".", [0.0] * 10), course("o" * 10, [7.0] * 10)
    (row,) = false_exits(rule, stay).to_dict("records")
    assert (row["after"], row["own"]) == (1, 7.0)


@given(st.integers(0, 9), st.integers(0, 9), st.lists(st.floats(-5, 5), min_size=10, max_size=10))
def test_false_exits_are_those_of_a_loop(last: int, end: int, own: list[float]) -> None:
    rule = course("o" * (last + 1) + "." * (9 - last), [0.0] * 10)
    stay = course("o" * (end + 1) + "." * (9 - end), own)
    (row,) = false_exits(rule, stay, weeks=4).to_dict("records")
    lost = sum(own[week] for week in range(last + 1, min(last + 4, end) + 1))
    assert row["left"] == (last < end)
    assert row["own"] == pytest.approx(lost)
    assert row["false_by_books"] == (last < end and row["own"] > 0)


# --- drift and volatility ------------------------------------------------------------------------


def test_drift_and_volatility_of_a_path_by_hand() -> None:
    """Log steps of 0.03 and -0.01 in turn: mean 0.01, and a variance of 0.0004 n / (n - 1)."""
    logs = np.concatenate([[0.0], np.cumsum([0.03, -0.01] * 10)])
    variance = 0.0004 * 20 / 19 * 52
    found = drift_and_volatility(np.exp(logs)[None, :] * 1e6)
    assert found == pytest.approx((0.01 * 52 + variance / 2, variance**0.5, 1.0))


def test_drift_and_volatility_of_geometric_brownian_motion() -> None:
    """Drift 0.3 and volatility 0.5 a year in 400 worlds of 104 weeks, within four standard errors."""
    rng = np.random.default_rng(2)
    steps = (0.3 - 0.125) / 52 + 0.5 / 52**0.5 * rng.standard_normal((400, 104))
    drift, volatility, positive = drift_and_volatility(5e5 * np.exp(steps.cumsum(axis=1)))
    assert drift == pytest.approx(0.3, abs=4 * 0.5 / (400 * 2) ** 0.5)
    assert volatility == pytest.approx(0.5, rel=4 / (2 * 400 * 103) ** 0.5)
    assert positive == 1.0


def test_steps_from_or_to_a_loss_and_between_worlds_are_none() -> None:
    """Two worlds with steps of ln 2 and ln 2, ln 4; what lies beside a gap or a loss is left out."""
    nan = np.nan
    margin = np.array([[nan, 1.0, 2.0, -1.0, 8.0, nan], [2.0, 4.0, 16.0, nan, 1.0, nan]])
    steps = np.log([2, 2, 4])
    variance = steps.var(ddof=1) * 52
    found = drift_and_volatility(margin)
    assert found == pytest.approx((steps.mean() * 52 + variance / 2, variance**0.5, 7 / 8))


def test_too_few_steps_tell_nothing() -> None:
    drift, volatility, positive = drift_and_volatility(np.array([[1.0, 2.0, -1.0, -1.0]]))
    assert np.isnan([drift, volatility]).all()
    assert positive == 0.5
    assert np.isnan(drift_and_volatility(np.full((2, 3), np.nan))).all()


def test_margins_are_before_the_running_cost_in_open_weeks_but_for_the_first_six() -> None:
    one = course("..oooooooo.o", list(range(12)))
    found = margins(one, 100.0)[0]
    assert np.flatnonzero(np.isfinite(found)).tolist() == [8, 9, 11]
    assert found[[8, 9, 11]].tolist() == [108.0, 109.0, 111.0]
    assert np.isnan(margins(course("....", [1, 1, 1, 1]), 5.0)).all(), "never open"


# --- rules ---------------------------------------------------------------------------------------

WEEKS = 12
STAYS, LEAVES, NEVER = "." + "o" * 10 + ".", "." + "o" * 4 + "." * 7, "." * 12


def weekly(courses: Mapping[str, Sequence[str]], own: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Rows of options in worlds: open as letters; the books show a number in open weeks."""
    rows = []
    for option, worlds in courses.items():
        earned = (own or {}).get(option, 1.0)
        for world, letters in enumerate(worlds):
            for week, letter in enumerate(letters):
                there = letter == "o"
                money = earned * there
                rows.append((f"{world:032x}", option, week + 2, float(there), money, money, money))
    return pd.DataFrame(rows, columns=["run_id", "option", "week", "open", "contribution", "all", "hosted"])


VALUES: dict[str, list[float]] = {
    "short": [1.0, 2.0], "long": [4.0, 0.0], "dixit": [0.0, 0.0], "leaves_at_0": [4.0, 2.5],
    "leaves_at_1": [1.0, 0.5],
}  # fmt: skip
COURSES = {
    "short": [LEAVES, LEAVES], "long": [STAYS, STAYS], "dixit": [NEVER, NEVER],
    "leaves_at_0": [STAYS, LEAVES], "leaves_at_1": [LEAVES, LEAVES],
}  # fmt: skip


def judged(asked: Question, own: float = 1.0) -> pd.DataFrame:
    """The table of made-up rules; what the shop that stays earns a week."""
    measures = {name: {"value_faraway": values, "weeks_open": 5.0} for name, values in VALUES.items()}
    made = tiny.samples(measures, 2, weekly(COURSES, {"long": own}))
    return afterwards.rules(asked, made)


def test_rules_stand_in_the_order_of_their_value(asked: Question) -> None:
    table = judged(asked)
    assert table.option.tolist() == ["leaves_at_0", "long", "short", "leaves_at_1", "dixit"]
    assert table.value.tolist() == [3.25, 2.0, 1.5, 0.75, 0.0]
    kinds = table.set_index("option").kind.to_dict()
    assert kinds == {
        "short": "fixed date", "long": "stay", "dixit": "Dixit", "leaves_at_0": "threshold",
        "leaves_at_1": "threshold",
    }  # fmt: skip
    limits = table.set_index("option").threshold
    assert (limits["leaves_at_0"], limits["leaves_at_1"]) == (-1e12, 1e11)
    assert limits[["short", "long", "dixit"]].isna().all()
    assert (table.weeks == 5.0).all()


def test_the_option_value_is_what_a_rule_is_worth_more_than_the_fixed_date(asked: Question) -> None:
    """World by world: 3 and 0.5 of a rule, 0 and -1.5 of another, nothing of the fixed date itself."""
    table = judged(asked).set_index("option")
    assert table.option_value.to_dict() == {
        "short": 0.0, "long": 0.5, "dixit": -1.5, "leaves_at_0": 1.75, "leaves_at_1": -0.75,
    }  # fmt: skip
    half = t.ppf(0.95, 1) * np.std([3.0, 0.5], ddof=1) / 2**0.5
    row = table.loc["leaves_at_0"]
    assert [row.option_value_low, row.option_value_high] == pytest.approx([1.75 - half, 1.75 + half])
    assert (table.loc["short", ["option_value_low", "option_value_high"]] == 0.0).all()


def test_shares_that_leave_and_that_leave_too_early(asked: Question) -> None:
    table = judged(asked).set_index("option")
    assert table.left.to_dict() == {
        "short": 1.0, "long": 0.0, "dixit": 0.0, "leaves_at_0": 0.5, "leaves_at_1": 1.0,
    }  # fmt: skip
    assert table.false_by_books[["short", "leaves_at_0", "leaves_at_1"]].tolist() == [1.0, 1.0, 1.0]
    assert table.false_by_books[["long", "dixit"]].isna().all(), "nobody left"
    losing = judged(asked, own=-1.0).set_index("option")
    assert losing.false_by_books[["short", "leaves_at_0", "leaves_at_1"]].tolist() == [0.0, 0.0, 0.0]


def test_a_threshold_that_is_an_option_of_the_question_stands_there_once(asked: Question) -> None:
    """Run under the name of the threshold, shown under that of the option."""
    measures = {name: {"value_faraway": values} for name, values in VALUES.items() if name != "dixit"}
    made = tiny.samples(measures, 2, weekly({k: v for k, v in COURSES.items() if k != "dixit"}))
    named = made.renamed({**{name: name for name in measures}, "dixit": "leaves_at_0"})
    table = afterwards.rules(asked, named)
    assert sorted(table.option) == ["dixit", "leaves_at_1", "long", "short"]
    assert table.set_index("option").value["dixit"] == 3.25


def test_courses_follow_the_order_of_the_worlds_not_of_the_rows() -> None:
    made = tiny.samples(
        {"long": {}}, 3, weekly({"long": [STAYS, LEAVES, NEVER]}).sample(frac=1, random_state=1)
    )
    assert Course.of(made, "long").last_open.tolist() == [10, 4, -1]
    turned = replace(made, table=made.table.iloc[::-1])
    assert Course.of(turned, "long").last_open.tolist() == [-1, 4, 10]
    assert Course.of(made.renamed({"again": "long"}), "again").last_open.tolist() == [10, 4, -1]


def test_without_a_rule_there_is_nothing(tmp_path: Path) -> None:
    text = tiny.FILES["tiny.yaml"]
    part = text[text.index("afterwards:\n") : text.index("game:\n")]
    asked = tiny.question(tmp_path, (part, ""))
    assert afterwards.rules(asked, tiny.samples({}, 2)).empty
    assert afterwards.dixit(asked, tiny.samples({}, 2)).empty


# --- Dixit ---------------------------------------------------------------------------------------


def path(asked: Question, margin: Floats) -> pd.Series:
    """Dixit's row if the shop that stays has some margins in one world after its first six weeks."""
    weeks = len(margin) + 6
    contribution = np.concatenate([np.full(6, 7.0), margin - FIXED])
    rows = pd.DataFrame({
        "run_id": f"{0:032x}", "option": "long", "week": np.arange(weeks), "open": 1.0,
        "contribution": contribution, "all": 0.0,
    })  # fmt: skip
    values = {"leaves_at_0": {"value_faraway": 1.0}, "leaves_at_1": {"value_faraway": 3.0}, "long": {}}
    return afterwards.dixit(asked, tiny.samples(values, 1, rows)).iloc[0]


def steps(drift: float, swing: float, weeks: int = 20) -> Floats:
    """Margins with log steps of a drift plus and minus a swing in turn."""
    logs = np.cumsum(drift + swing * np.tile([1.0, -1.0], weeks // 2))
    return np.asarray(3e5 * np.exp(np.concatenate([[0.0], logs])))


def test_thresholds_are_dixits_with_drift_and_volatility_of_the_runs(asked: Question) -> None:
    """Costs of the file: 100,000 a week, 1 m to open, 0.2 m to close; discounted at 20 %."""
    row = path(asked, steps(-0.001, 0.02))
    variance = 0.0004 * 20 / 19 * 52
    assert (row.drift, row.volatility) == (pytest.approx(-0.052 + variance / 2), pytest.approx(variance**0.5))
    known = thresholds(FIXED * 52, 1e6, 2e5, row.drift, row.volatility, 0.2)
    assert row.enter == pytest.approx(known.enter / 52 - FIXED)
    assert row.leave == pytest.approx(known.exit / 52 - FIXED)
    assert row.leave < 0 < row.enter
    assert row.note == ""
    assert (row.best, row.gap) == (1e11, pytest.approx(row.leave - 1e11))
    used = thresholds(FIXED * 52, 1e6, 2e5, 0.0, 0.4, 0.2)
    assert row.used == pytest.approx(used.exit / 52 - FIXED), "what the option follows is from its file"


def test_where_margins_grow_faster_than_money_the_theory_has_no_answer(asked: Question) -> None:
    row = path(asked, steps(0.02, 0.02))
    assert row.drift > 0.2
    assert np.isnan([row.enter, row.leave, row.gap]).all()
    assert row.note == "a margin that grows faster than the discount rate is worth any price"
    assert row.best == 1e11


def test_where_margins_are_losses_the_theory_has_no_answer_and_says_so(asked: Question) -> None:
    row = path(asked, np.full(10, -5.0))
    assert row.positive == 0.0
    assert np.isnan([row.drift, row.enter, row.leave]).all()
    assert "finite" in row.note
    assert path(asked, steps(0.0, 0.0)).note.startswith("volatility"), "no risk at all"


def test_an_option_without_a_threshold_policy_uses_none(tmp_path: Path) -> None:
    asked = tiny.question(tmp_path, ("dixit: dixit", "dixit: long"))
    assert np.isnan(path(asked, steps(-0.001, 0.02)).used)
