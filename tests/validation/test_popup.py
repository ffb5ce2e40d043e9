"""The pop-up over the surviving set: who meets whom, and what moves its value, on outcomes that are known."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.consumers.tables import tier_scale
from sim.sweep.designs import design
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.factors import Factor
from sim.sweep.file.reading import load
from sim.sweep.market_work import MarketWork
from sim.sweep.results import Results
from sim.validation import popup
from sim.validation.history.study import history
from tests.validation.history.toy import stored

ALONG = Factor("along", low=0, high=2, title="Along")
AGAINST = Factor("against", low=0, high=1)
MARKET = Factor("market", low=1, high=100, scale="log", title="The market")
IDLE = Factor("idle", low=0, high=1)
FACTORS = (ALONG, AGAINST, MARKET, IDLE)
DEEP = (ALONG, AGAINST)


def worth(seeds: Any, along: float, against: float, market: float, idle: float) -> dict[str, float]:
    """On the unit interval of the ranges: 4 along - 2 against + 1 log market."""
    place = float(np.log(market) / np.log(100.0))
    return {"value": 2 * along - 2 * against + place, "flat": 7.0 + 0 * idle}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    points = design("lhs", FACTORS, points=120, seed=3)
    made = of_function(worth, FACTORS, points, ["value", "flat"], kind="lhs")
    folder = tmp_path_factory.mktemp("popup") / "store"
    found = popup.over_surviving(made, folder, "serial")
    before = stored(folder)
    popup.over_surviving(made, folder, "serial")
    pd.testing.assert_frame_equal(stored(folder), before)
    return found


# --- who meets whom ------------------------------------------------------------------------------


@cache
def past() -> Experiment:
    return history()


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
    table = popup.moves(results, ["value"], DEEP).set_index("factor")
    assert list(table.index[:3]) == ["along", "against", "market"], "by size of the correlation, not by sign"
    assert table.prcc["along"] > 0.95
    assert table.prcc["against"] < -0.9
    assert abs(table.prcc["idle"]) < 0.3
    assert list(table.kind) == ["unknown", "unknown", "calibrated", "calibrated"]
    assert list(table.title[:3]) == ["Along", "against", "The market"]
    assert (table.prcc_low <= table.prcc).all()
    assert (table.prcc <= table.prcc_high).all()


def test_swings_are_differences_of_quarters(results: Results) -> None:
    """Even on the unit interval, upper less lower quarter is 3/4 of the effect: 3, -1.5, 0.75 and none."""
    swings = popup.moves(results, ["value"], DEEP).set_index("factor").swing
    expected = {"along": 3.0, "against": -1.5, "market": 0.75, "idle": 0.0}
    assert swings.to_dict() == pytest.approx(expected, abs=0.45)


def test_several_outcomes_stand_below_each_other(results: Results) -> None:
    found = popup.moves(results, ["value", "value"], DEEP)
    assert list(found.index) == list(range(8))
    assert found.factor[0] == found.factor[4] == "along"


def test_a_swing_by_hand() -> None:
    """Quarters of 0 to 8: 0, 1, 2 below and 6, 7, 8 above; the order of rows does not matter."""
    values, outcome = np.arange(9.0), np.array([1, 2, 3, 50, 60, 70, 10, 20, 30.0])
    assert popup.swing(values, outcome) == pytest.approx(18.0)
    turn = np.random.default_rng(1).permutation(9)
    assert popup.swing(values[turn], outcome[turn]) == pytest.approx(18.0)
    assert popup.swing(-values, outcome) == pytest.approx(-18.0)


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
    """Variances of the terms are as 16 to 4 to 1: the unknowns explain 20/21, all parameters everything."""
    found = popup.explained(results, "value", DEEP)
    assert found["all"] == pytest.approx(1.0)
    assert found["unknowns"] == pytest.approx(20 / 21, abs=0.02)
    one = popup.explained(results, "value", (AGAINST,))
    assert one["unknowns"] == pytest.approx(4 / 21, abs=0.12)
    assert popup.explained(results, "value", (IDLE,))["unknowns"] == pytest.approx(0.0, abs=0.05)


def test_a_missing_run_is_said(tmp_path: Path) -> None:
    def broken(seeds: Any, along: float, against: float, market: float, idle: float) -> dict[str, float]:
        if along > 1:
            raise ValueError("no such market")
        return {"value": 1.0}

    points = design("lhs", FACTORS, points=6, seed=3)
    found = popup.over_surviving(of_function(broken, FACTORS, points, ["value"]), tmp_path / "s", "serial")
    with pytest.raises(ValueError, match="of 6 runs have no result"):
        popup.moves(found, ["value"], DEEP)
