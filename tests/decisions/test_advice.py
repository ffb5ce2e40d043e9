"""The answer as tables, from made-up worlds: which count, what is recommended, what knowing is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import t

from sim.decisions import advice
from sim.decisions.advice import FEWEST_WORLDS, Answer, against_staying_out, choices, plausible
from sim.decisions.information import Information
from sim.decisions.question import STAY_OUT, Question
from sim.decisions.samples import Samples
from sim.decisions.studies import Scale, Studies
from tests.decisions import tiny

Floats = npt.NDArray[np.float64]
WORLDS = 40
PLACE = (np.arange(WORLDS) + 0.5) / WORLDS
SHUFFLED = np.random.default_rng(4).permutation(WORLDS)
FITS = {"sales": 10.0, "own_sales": 3.0}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question: `short`, `long` and `on_south` may be recommended."""
    return tiny.question(tmp_path_factory.mktemp("question"))


def worlds(
    short: tiny.Column,
    long: tiny.Column,
    on_south: tiny.Column = -50.0,
    count: int = WORLDS,
    **fits: tiny.Column,
) -> Samples:
    """Worlds with values of options to the entrant; exposures rise from world to world."""
    options: dict[str, dict[str, tiny.Column]] = {
        "short": {"value_faraway": short, "value_north": 1.0, "volume": 100.0, **FITS, **fits},
        "long": {"value_faraway": long, "value_north": 2.0, "volume": 100.0, "weeks_open": 8.0},
        "on_south": {"value_faraway": on_south, "value_south": 3.0, "volume": 100.0},
    }
    unknowns = {"exposure": 0.1 + 0.8 * PLACE[:count], "known": 0.2 + 0.7 * PLACE[SHUFFLED][:count]}
    return tiny.samples(options, count, **unknowns).renamed(
        {"short": "short", "again": "short", "long": "long", "on_south": "on_south"}
    )


def answer(asked: Question, *values: tiny.Column, **fits: tiny.Column) -> Answer:
    return Answer.of(asked, worlds(*values, **fits))


# --- worlds that count ---------------------------------------------------------------------------


def test_plausible_is_a_carry_over_above_zero_and_below_the_hosted_sales(asked: Question) -> None:
    """Judged by the option whose terms are bargained over alone."""
    made = worlds(1.0, 2.0, count=6, own_sales=[-1.0, 0.0, 0.1, 9.9, 10.0, 12.0])
    assert plausible(asked, made).tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("passing", "counting"), [(FEWEST_WORLDS, FEWEST_WORLDS), (FEWEST_WORLDS - 1, WORLDS), (0, WORLDS)]
)
def test_with_too_few_plausible_worlds_all_count(passing: int, counting: int, asked: Question) -> None:
    own = np.where(np.arange(WORLDS) < passing, 3.0, -3.0)
    made = answer(asked, 1.0, 2.0, own_sales=own)
    assert len(made.worlds) == counting
    assert len(made.every) == WORLDS
    table = advice.world_table(made)
    assert table.counts.sum() == counting
    assert len(table) == WORLDS


def test_only_worlds_that_count_decide(asked: Question) -> None:
    """Long is best over all worlds, short over the first half, which alone is plausible."""
    first = np.arange(WORLDS) < 20
    long = np.where(first, 0.5, 99.0)
    assert answer(asked, 1.0, long).option == "long"
    made = answer(asked, 1.0, long, own_sales=np.where(first, 3.0, -3.0))
    assert made.option == "short"
    table = advice.unfiltered(made).set_index("option")
    assert table.expected["long"] == pytest.approx(long.mean())
    assert set(zip(table.worlds, table.passed, table.counted, strict=True)) == {(40, 20, 20)}
    options = advice.option_table(made).set_index("option")
    assert options.value["long"] == pytest.approx(0.5)


# --- the recommendation --------------------------------------------------------------------------


def test_the_highest_mean_is_recommended(asked: Question) -> None:
    """Not what is best most often, and not what has the best worst case."""
    rare = np.where(np.arange(WORLDS) < 4, 100.0, -1.0)
    assert answer(asked, 5.0, rare).option == "long"
    assert answer(asked, 9.5, rare).option == "short"
    assert answer(asked, 1.0, 2.0, 3.0).option == "on_south"
    assert answer(asked, -1.0, -2.0).option == STAY_OUT


def test_what_may_not_be_recommended_is_not(tmp_path: Path) -> None:
    asked = tiny.question(tmp_path, ("recommend: [short, long, on_south]", "recommend: [short]"))
    made = answer(asked, 1.0, 2.0, 3.0)
    assert made.option == "short"
    table = advice.option_table(made).set_index("option")
    assert table.may_be_recommended.to_dict() == {
        "on_south": False,
        "long": False,
        "short": True,
        "again": False,
    }
    assert table.recommended.to_dict() == {"on_south": False, "long": False, "short": True, "again": False}


def test_staying_out_is_worth_nothing_in_every_world(asked: Question) -> None:
    options = choices(asked, worlds(1.0, 2.0, 3.0))
    assert options.names == (STAY_OUT, "short", "long", "on_south")
    np.testing.assert_array_equal(options.values, np.tile([0.0, 1.0, 2.0, 3.0], (WORLDS, 1)))


@pytest.mark.parametrize(
    ("values", "beside"),
    [
        ((1.0, 2.0, 0.5), "long"),
        ((3.0, 2.0, 0.5), "short"),
        ((-3.0, -2.0, -9.0), "long"),
        ((-3.0, -2.0, -1.0), "on_south"),
    ],
)
def test_staying_out_is_compared_with_the_recommended_or_the_best_of_the_others(
    values: tuple[float, float, float], beside: str, asked: Question
) -> None:
    made = answer(asked, *values)
    pair = against_staying_out(made, choices(asked, made.worlds))
    assert pair.names == (STAY_OUT, beside)
    assert (pair.values[:, 0] == 0.0).all()
    assert (pair.values[:, 1] == values[["short", "long", "on_south"].index(beside)]).all()


# --- tables --------------------------------------------------------------------------------------


def test_options_stand_in_the_order_of_their_value_with_their_spread(asked: Question) -> None:
    values = np.arange(WORLDS) - 10.0
    table = advice.option_table(answer(asked, values, 30.0, -1.0))
    assert table.option.tolist() == ["long", "short", "again", "on_south"]
    row = table.set_index("option").loc["short"]
    half = t.ppf(0.95, WORLDS - 1) * values.std(ddof=1) / WORLDS**0.5
    assert [row.value, row.low, row.high] == pytest.approx([9.5, 9.5 - half, 9.5 + half])
    assert [row.q05, row["median"], row.q95] == pytest.approx([-8.05, 9.5, 27.05])
    assert row.above == 29 / 40, "the eleventh world is worth nothing, which is not above nothing"
    hosts = {"long": 2.0, "short": 1.0, "again": 1.0, "on_south": 3.0}
    assert table.set_index("option").host.to_dict() == pytest.approx(hosts)
    assert table.set_index("option").weeks_open["long"] == 8.0


def test_good_enough_is_what_the_file_says(tmp_path: Path) -> None:
    asked = tiny.question(tmp_path, ("good_enough: 0", "good_enough: 20"))
    made = answer(asked, np.arange(WORLDS) - 10.0, 30.0)
    table = advice.option_table(made).set_index("option")
    assert (table.above["short"], table.above["long"]) == (9 / 40, 1.0)
    rows = advice.asked_table(asked, made.worlds).set_index(["part", "option"])
    assert rows.above["length", "short"] == 9 / 40


def test_parts_are_compared_world_by_world(asked: Question) -> None:
    """Long is 2 + noise better than a short that differs by thousands: the noise alone makes the interval."""
    common, noise = 1e4 * np.sin(np.arange(WORLDS)), np.tile([-1.0, 5.0], WORLDS // 2)
    made = answer(asked, common, common + noise)
    table = advice.asked_table(asked, made.worlds).set_index(["part", "option"])
    pairs = {"length": ["short", "long"], "place": ["short", "on_south", "again"]}
    assert list(table.index) == [(part, name) for part, names in pairs.items() for name in names]
    row = table.loc["length", "long"]
    half = t.ppf(0.95, WORLDS - 1) * noise.std(ddof=1) / WORLDS**0.5
    assert [row.difference, row.low, row.high] == pytest.approx([2.0, 2.0 - half, 2.0 + half])
    assert row.better == 0.5
    assert row.value == pytest.approx((common + noise).mean())
    assert row.title == "Eight weeks on North"
    assert row.part_title == "For how long?"
    first = table.loc["place", "short"]
    assert [first.difference, first.low, first.high] == [0.0, 0.0, 0.0]
    assert np.isnan(first.better)
    assert table.difference["place", "again"] == 0.0, "the same run under another name"
    assert table.better["place", "again"] == 0.0


def test_a_row_a_world_with_all_that_was_tried(asked: Question) -> None:
    table = advice.world_table(answer(asked, np.arange(WORLDS, dtype=float), 30.0))
    assert list(table.columns) == [
        "run_id", "world_seed", "shock_seed", "exposure", "known", "counts", "short", "again", "long",
        "on_south",
    ]  # fmt: skip
    np.testing.assert_array_equal(table.short, np.arange(WORLDS))
    np.testing.assert_array_equal(table.again, table.short)


def test_tables_of_the_worlds(asked: Question) -> None:
    made = dict(advice.of_worlds(answer(asked, 1.0, 2.0)))
    assert list(made) == ["worlds", "options", "asked", "partners", "stays", "deal"]
    assert made["deal"].option.tolist() == ["long"]
    assert sorted(made["partners"].option) == ["on_south", "short"]
    out = dict(advice.of_worlds(answer(asked, -1.0, -2.0)))
    assert "deal" not in out, "nobody bargains over staying out"


# --- what knowing is worth -----------------------------------------------------------------------


def crossing() -> tuple[Floats, float]:
    """A value that rises with the exposure from -10 to 10, and whether it is worth to know."""
    return 20 * PLACE - 10 + 1e-6, -10.0


def test_unknowns_stand_in_the_order_of_what_they_are_worth(asked: Question) -> None:
    """Half of the worlds lose: perfect knowledge of the exposure saves 2.5, of the other nothing."""
    made = answer(asked, *crossing())
    options = choices(asked, made.worlds)
    table = advice.information(asked, made.worlds, options)
    assert table.unknown.tolist() == ["", "exposure", "known"]
    best = np.maximum(crossing()[0], 0.0).mean() - max(crossing()[0].mean(), 0.0)
    assert table.evppi[0] == pytest.approx(best)
    assert table.evppi[1] == pytest.approx(2.5, rel=0.05)
    assert table.evppi[2] - table.noise[2] < 0.5, "what chance makes of it in 40 worlds"
    assert table.title.tolist() == ["Everything", "Share that sees it", "Share that knows the brand"]
    turned = worlds(*crossing())
    turned.table[["exposure", "known"]] = turned.table[["known", "exposure"]].to_numpy()
    again = advice.information(asked, turned, choices(asked, turned))
    assert again.unknown.tolist() == ["", "known", "exposure"]


def test_a_test_is_worth_no_more_than_knowing(asked: Question, tmp_path: Path) -> None:
    made = answer(asked, *crossing())
    (row,) = advice.information(asked, made.worlds, choices(asked, made.worlds)).iloc[[1]].to_dict("records")
    assert (row["test"], row["cost"]) == ("A count of who sees it", 1000.0)
    assert 0.5 * row["evppi"] < row["evsi"] <= row["evppi"]
    blunt = tiny.question(tmp_path, ("error: 0.1", "error: 10"))
    dull = advice.information(blunt, made.worlds, choices(blunt, made.worlds)).iloc[1]
    assert dull.evsi < 0.5 * row["evsi"]
    table = advice.information(asked, made.worlds, choices(asked, made.worlds))
    assert table.evsi.isna().tolist() == [True, False, True]


def test_a_question_without_tests_has_the_same_columns(asked: Question) -> None:
    none = replace(asked, spec=asked.spec.model_copy(update={"tests": {}}))
    made = answer(none, *crossing())
    table = advice.information(none, made.worlds, choices(none, made.worlds))
    assert table.columns.tolist() == advice.LEARNT
    assert table[["test", "cost", "evsi"]].isna().all(axis=None)
    assert table.evppi[1] == pytest.approx(2.5, rel=0.05)


def test_an_estimate_of_a_test_above_that_of_knowing_is_cut(
    asked: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are estimates; a test cannot bring more than what it measures."""
    brought = Information(9.0, 8.0, 10.0, noise=0.5)
    monkeypatch.setattr(advice, "evsi", lambda *_: brought)
    made = answer(asked, *crossing())
    row = advice.information(asked, made.worlds, choices(asked, made.worlds)).iloc[1]
    assert row.evsi == row.evppi < 9.0
    assert (row.evsi_low, row.evsi_high, row.evsi_noise) == (8.0, 10.0, 0.5)


def test_places_of_unknowns_are_within_their_range(asked: Question) -> None:
    made = worlds(1.0, 2.0)
    exposure = next(factor for factor in asked.deep if factor.name == "exposure")
    np.testing.assert_allclose(advice.at(made, exposure), PLACE)


def test_robustness_finds_where_the_choice_turns(asked: Question) -> None:
    """Half of the worlds above the middle exposure, 0.5, gain."""
    made = answer(asked, *crossing())
    tables = dict(advice.of_robustness(made))
    assert list(tables) == ["criteria", "unfiltered", "picks", "dominance", "switching", "information"]
    switch = tables["switching"].set_index("unknown").loc["exposure"]
    assert switch.value == pytest.approx(0.5, abs=0.03)
    assert (switch.below, switch.above) == (STAY_OUT, made.option)
    picks = tables["picks"].set_index("criterion").option
    assert picks["expected value"] == made.option == "short"
    assert picks["maximin"] == STAY_OUT


# --- from runs -----------------------------------------------------------------------------------


def test_terms_and_game_from_runs(asked: Question, tmp_path: Path) -> None:
    """All tables come out, on the same runs, and the game is played at the Nash rate of the terms."""
    studies = Studies(asked, tmp_path / "s", Scale(consumers=300, worlds=2), "serial")
    terms = dict(advice.of_terms(asked, studies.terms()))
    assert list(terms) == [
        "map",
        "lines",
        "straight",
        "partners_central",
        "clauses_central",
        "elasticity",
        "central",
    ]
    game = dict(advice.of_game(studies))
    assert len(game) == 7
    assert all(name.startswith("game_") for name in game)
    row = terms["partners_central"].set_index("option").loc["short"]
    assert game["game_payoffs"].nash.unique().tolist() == [round(row.legal, 4)]
    title = game["game_payoffs"].set_index("entrant").entrant_title
    assert title["on_south"].iloc[0] == "The same on South"
    rules = dict(advice.of_rules(asked, studies.worlds()))
    assert list(rules) == ["rules", "dixit"]
    assert len(rules["rules"]) == 5
