"""The pop-up over the surviving set: who meets whom, and what moves its value, on outcomes that are known."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.consumers.tables import tier_scale
from sim.sweep.designs import Design, design
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.factors import Factor
from sim.sweep.file.reading import load
from sim.sweep.market_work import MarketWork
from sim.sweep.results import Results
from sim.validation import popup
from tests.validation.history.toy import stored, whole

ALONG = Factor("along", low=0, high=2, title="Along")
AGAINST = Factor("against", low=0, high=1)
MARKET = Factor("market", low=1, high=100, scale="log", title="The market")
IDLE = Factor("idle", low=0, high=1)
FACTORS = (ALONG, AGAINST, MARKET, IDLE)
DEEP = (ALONG, AGAINST)


def worth(seeds: Any, along: float, against: float, market: float, idle: float) -> dict[str, float]:
    """On the unit interval of the ranges: 4 along - 2 against + 3 log market."""
    place = float(np.log(market) / np.log(100.0))
    return {"value": 2 * along - 2 * against + 3 * place, "flat": 7.0 + 0 * idle}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Six markets, evenly along the log scale, each at the same twenty points of the unknowns."""
    turn = np.repeat(np.arange(6), 20)
    drawn = design("lhs", DEEP, points=20, seed=3).points.iloc[np.arange(120) % 20].reset_index(drop=True)
    markets = {"market": 100.0 ** (turn / 5), "idle": (7 * turn % 6) / 5, "index": np.arange(120)}
    points = Design(drawn.assign(**markets))
    made = of_function(worth, FACTORS, points, ["value", "flat"], kind="lhs")
    folder = tmp_path_factory.mktemp("popup") / "store"
    found = popup.over_surviving(made, folder, "serial")
    before = stored(folder)
    popup.over_surviving(made, folder, "serial")
    pd.testing.assert_frame_equal(stored(folder), before)
    return found


# --- who meets whom ------------------------------------------------------------------------------


past = whole


@cache
def both(points: int = 7, sets: int = 3) -> Experiment:
    surviving = past().design.points.iloc[10 : 10 + sets].set_index(pd.Index(range(50, 50 + sets)))
    return popup.joined(past(), surviving, points, 900)


def names(made: Experiment) -> list[str]:
    return [factor.name for factor in made.factors]


def test_surviving_sets_take_turns() -> None:
    """Seven points in three markets: 0, 1, 2, 0, 1, 2, 0, each with all its parameters."""
    found, sets = both().design.points[names(past())], past().design.points[names(past())].iloc[10:13]
    np.testing.assert_array_equal(found, sets.iloc[[0, 1, 2, 0, 1, 2, 0]])


def test_unknowns_are_spread_over_their_ranges() -> None:
    """A Latin hypercube: one point in every seventh of every range, whatever the markets."""
    deep = load(popup.EXPERIMENT)
    drawn = design("lhs", deep.factors, points=7, seed=1).points
    found = both().design.points
    np.testing.assert_array_equal(found[names(deep)], drawn[names(deep)])
    np.testing.assert_array_equal(found[["block", "index"]], drawn[["block", "index"]])
    assert names(both()) == names(deep) + names(past())
    assert not set(names(deep)) & set(names(past()))
    assert both().outcomes == deep.outcomes


def test_factors_of_both_move_scenario_and_baseline_alike() -> None:
    work = both().work
    assert isinstance(work, MarketWork)
    assert work.consumers == 900
    point = next(both().parameters())
    shop, stay = work.scenarios(point)
    assert shop.storefronts["amazon_on_pinduoduo"].exposure == pytest.approx(point["exposure"])
    assert "amazon_on_pinduoduo" not in stay.storefronts
    for side in (shop, stay):
        appeal = side.platforms["pinduoduo"].appeal
        assert appeal.level == pytest.approx(point["pdd_level"])  # type: ignore[union-attr]
        assert side.season.growth_per_year == pytest.approx(point["growth"])
        assert side.behaviour.loyalty_weight == pytest.approx(point["loyalty"])


def test_needs_of_2020_find_room_at_the_fastest_growth() -> None:
    """The largest chance of a need in a week, at the end of all ranges in the last winter, is below one."""
    work = both().work
    assert isinstance(work, MarketWork)
    for scenario in work.scenarios({factor.name: factor.high or 0.0 for factor in both().factors}):
        weeks = (scenario.time.end - scenario.time.start).days / 7
        season = max(scenario.season.months.values()) * (1 + scenario.season.growth_per_year) ** (weeks / 52)
        for category in scenario.categories.values():
            chance = category.needs_per_week / category.slots_per_week * season * tier_scale(scenario).max()
            assert chance < 1.0


# --- what moves it -------------------------------------------------------------------------------


def test_what_moves_it_comes_first_with_its_sign(results: Results) -> None:
    turned = popup.moves(results, ["value"], DEEP[::-1]).set_index("factor")
    assert list(turned.index) == ["along", "against"], "by size of the correlation, not by sign or place"
    assert turned.prcc["along"] > 0.7
    assert turned.prcc["against"] < -0.4
    assert list(turned.title) == ["Along", "against"]
    assert (turned.prcc_low < turned.prcc).all()
    assert (turned.prcc < turned.prcc_high).all()


def test_swings_are_slopes_between_the_middles_of_the_quarters(results: Results) -> None:
    """Even on the unit interval these are 3/4 apart: 3 and -1.5, whatever the market."""
    swings = popup.moves(results, ["value"], DEEP).set_index("factor").swing
    assert swings.to_dict() == pytest.approx({"along": 3.0, "against": -1.5}, abs=0.15)


def test_several_outcomes_stand_below_each_other(results: Results) -> None:
    found = popup.moves(results, ["value", "value"], DEEP)
    assert list(found.index) == list(range(4))
    assert found.factor[0] == found.factor[2] == "along"


def test_swings_hold_the_other_factors() -> None:
    """Two factors that go together: 5 of the one and nothing of the other, though both seem to move it."""
    rng = np.random.default_rng(1)
    one = rng.permutation((np.arange(400) + 0.5) / 400)
    other = 0.7 * one + 0.3 * rng.random(400)
    turn = rng.permutation(400)
    unit = np.column_stack([one, other])
    found = popup.swings(unit, 1e9 + 5 * one)
    assert found == pytest.approx([5 * 0.75, 0.0], abs=1e-5)
    assert popup.swings(unit[turn], 5 * one[turn]) == pytest.approx(found, abs=1e-5)
    assert popup.swings(unit, -5 * one) == pytest.approx(-found, abs=1e-5)


def test_levels_are_those_of_the_points(results: Results) -> None:
    table = popup.levels(results, ["value", "flat"])
    values = results.points().value
    row = table.loc["value"]
    assert row["mean"] == pytest.approx(values.mean())
    assert list(row[["q05", "median", "q95"]]) == pytest.approx(list(values.quantile([0.05, 0.5, 0.95])))
    assert row.above_zero == pytest.approx(np.mean(values > 0))
    assert 0.6 < row.above_zero < 1.0
    assert list(table.loc["flat", ["mean", "q05", "above_zero", "points"]]) == [7, 7, 1, 120]
    assert table.index.name == "outcome", "the column of the table that is written"


def test_shares_of_variance_are_those_of_the_terms(results: Results) -> None:
    """Variances of the terms: 16/12 and 4/12 of the unknowns, 9 x 0.14 of the markets."""
    whole_ = results.points().value.var()
    found = popup.explained(results, "value", DEEP)
    assert found["unknowns"] == pytest.approx(20 / 12 / whole_, abs=0.06)
    assert found["market"] == pytest.approx(9 * 0.14 / whole_, abs=0.06)


def test_without_points_that_share_a_market_none_is_told(tmp_path: Path) -> None:
    made = of_function(worth, FACTORS, design("lhs", FACTORS, points=30, seed=3), ["value"])
    found = popup.explained(popup.over_surviving(made, tmp_path / "s", "serial"), "value", DEEP)
    assert found["market"] == 0.0


def test_variance_between_groups_by_hand() -> None:
    """1, 3 and 5, 7: squares 16 among and 2 within, two a group: 7. Groups that are alike have none."""
    values, group = np.array([1.0, 5.0, 3.0, 7.0]), np.array([0, 1, 0, 1])
    assert popup.between(values, group) == pytest.approx(7.0)
    assert popup.between(values, np.array([0, 0, 1, 1])) == 0.0
    assert popup.between(values, np.zeros(4, int)) == 0.0


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=8), st.floats(-10, 10))
def test_groups_without_a_spread_have_their_own_variance(means: list[float], shift: float) -> None:
    """Nothing within: what is between is the variance of the means, wherever they lie."""
    values, group = np.repeat(means, 3) + shift, np.repeat(np.arange(len(means)), 3)
    assert popup.between(values, group) == pytest.approx(np.var(means, ddof=1), abs=1e-9)


def test_a_missing_run_is_said(tmp_path: Path) -> None:
    def broken(seeds: Any, along: float, against: float, market: float, idle: float) -> dict[str, float]:
        if along > 1:
            raise ValueError("no such market")
        return {"value": 1.0}

    points = design("lhs", FACTORS, points=6, seed=3)
    made = of_function(broken, FACTORS, points, ["value"])
    with pytest.raises(ValueError, match=r"3 .*runs"):
        popup.moves(popup.over_surviving(made, tmp_path / "s", "serial"), ["value"], DEEP)
