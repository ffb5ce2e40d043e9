"""One factor at a time: switching values and swings of functions with known ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, t, ttest_1samp

from sim.analysis.switching import switching_values, tornado
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.responses import IncompleteError, Responses
from tests.analysis.functions import linear, noise, reordered, respond, without

A = Factor("a", low=0.0, high=10.0, base=4.0)
B = Factor("b", low=-1.0, high=1.0, base=0.5)
LOG = Factor("share", low=0.01, high=1.0, scale="log", base=0.1)
MODE = Factor("mode", levels=("shelf", "feed", "both"), base="feed")


def respond_to(factors: Any, function: Any, steps: int = 5, **options: Any) -> Responses:
    return respond(design("one_at_a_time", factors, steps=steps), factors, function, **options)


def only(table: pd.DataFrame, factor: str) -> pd.Series:
    rows = table[table["factor"] == factor]
    assert len(rows) == 1
    return rows.iloc[0]


def test_switching_values_of_a_linear_function_are_exact() -> None:
    found = switching_values(respond_to((A, B), linear(-3.0, a=1.0, b=-4.0)), threshold=0.5)
    assert list(found) == ["factor", "value", "low", "high", "direction", "share", "note"]
    a, b = only(found, "a"), only(found, "b")
    assert (a["value"], a["direction"]) == (pytest.approx(5.5), "up")  # a - 3 - 4 (1/2) = 1/2
    assert (b["value"], b["direction"]) == (pytest.approx(0.125), "down")  # 4 - 3 - 4 b = 1/2
    assert found["note"].tolist() == ["", ""]


@given(st.floats(0.05, 9.95), st.floats(0.1, 5.0), st.booleans(), st.integers(2, 9))
def test_any_linear_function_switches_where_it_does(place: float, slope: float, up: bool, steps: int) -> None:
    slope = slope if up else -slope
    row = only(switching_values(respond_to((A,), linear(-slope * place, a=slope), steps)), "a")
    assert row["value"] == pytest.approx(place, abs=1e-9)
    assert row["direction"] == ("up" if up else "down")


def test_on_a_log_scale_interpolation_is_in_the_logarithm() -> None:
    found = switching_values(respond_to((LOG,), lambda p: np.log10(p["share"].to_numpy()) + 1.3, steps=2))
    assert only(found, "share")["value"] == pytest.approx(10**-1.3)


def test_the_base_is_a_point_of_the_curve() -> None:
    factor = Factor("a", low=0.0, high=10.0, base=1.0)
    found = switching_values(respond_to((factor,), lambda p: np.minimum(p["a"], 1.0).to_numpy() - 0.5, 2))
    assert only(found, "a")["value"] == pytest.approx(0.5)


def test_all_crossings_are_found_and_none_is_said() -> None:
    wave = respond_to((A, B), lambda p: np.cos(np.pi * p["a"].to_numpy() / 5), steps=11)
    found = switching_values(wave)
    np.testing.assert_allclose(found.loc[found["factor"] == "a", "value"], [2.5, 7.5], atol=1e-9)
    assert found.loc[found["factor"] == "a", "direction"].tolist() == ["down", "up"]
    none = only(found, "b")
    assert np.isnan(none["value"])
    assert none["direction"] == ""
    assert none["note"] == "none in the range: below the threshold throughout"


@pytest.mark.parametrize(
    ("outcomes", "values", "note"),
    [
        ([1, 0, 1], [], "none in the range: above or at the threshold throughout"),
        ([0, 1, 2], [], "none in the range: above or at the threshold throughout"),
        ([-1, 0, -1], [], "none in the range: below or at the threshold throughout"),
        ([0, 0, 0], [], "none in the range: at the threshold throughout"),
        ([2, 1, 1], [], "none in the range: above the threshold throughout"),
        ([-1, 0, 1], [5.0], ""),
        ([-1, 0, 0], [], "none in the range: below or at the threshold throughout"),
        ([-1, 1, -1], [2.5, 7.5], ""),
    ],
)
def test_touching_is_no_crossing(outcomes: list[float], values: list[float], note: str) -> None:
    factor = Factor("a", low=0.0, high=10.0, base=5.0)
    made = design("one_at_a_time", [factor], steps=3)
    along = np.array([outcomes[1], *outcomes], float)[:, None]
    found = switching_values(Responses("y", "", (factor,), made.points, along))
    assert found["value"].dropna().tolist() == values
    assert set(found["note"]) == {note}


def test_a_stretch_on_the_threshold_is_crossed_in_its_middle() -> None:
    factor = Factor("a", low=0.0, high=8.0, base=4.0)
    made = design("one_at_a_time", [factor], steps=5)
    along = np.array([0.0, -1, 0, 0, 0, 1])[:, None]
    found = switching_values(Responses("y", "", (factor,), made.points, along))
    assert found["value"].tolist() == [4.0]


def test_shared_draws_shift_the_switching_value_one_for_one() -> None:
    shifts = np.random.default_rng(0).normal(size=40)
    found = only(switching_values(respond_to((A,), linear(-5.0, a=1.0), noise=shifts, replications=40)), "a")
    half = 1.645 * shifts.std() / np.sqrt(40)  # the value is 5 less the mean shift
    assert found["value"] == pytest.approx(5.0 - shifts.mean())
    assert found["high"] - found["value"] == pytest.approx(half, rel=0.15)
    assert found["value"] - found["low"] == pytest.approx(half, rel=0.15)
    assert found["share"] == 1.0


def test_draws_that_act_alike_at_all_points_of_a_ratio_leave_no_interval() -> None:
    scales = np.random.default_rng(0).uniform(1, 2, size=10)
    responses = respond_to((A,), linear(-5.0, a=1.0))
    scaled = Responses("y", "", (A,), responses.points, responses.values * scales)
    found = only(switching_values(scaled), "a")
    np.testing.assert_allclose([found["low"], found["high"]], 5.0)


def test_a_crossing_that_some_draws_lack_has_its_share() -> None:
    shifts = np.array([-3.0, 0.0, 0.0, 1.0])
    near_end = respond_to((A,), linear(-9.5, a=1.0), noise=shifts, replications=4)
    found = only(switching_values(near_end, resamples=2000), "a")
    assert np.isnan(found["value"])  # mean shift -0.5: reaches 0 at 10, the end
    resampled = np.random.default_rng(1).choice(shifts, (20_000, 4)).mean(axis=1)
    assert found["share"] == pytest.approx((resampled <= -0.5).mean(), abs=0.03)
    lower = only(switching_values(near_end, threshold=-0.25, resamples=2000), "a")
    assert lower["value"] == pytest.approx(9.75)
    assert lower["share"] == pytest.approx((resampled > -0.75).mean(), abs=0.03)
    assert lower["high"] <= 10.0


def test_each_of_several_crossings_has_its_own_interval() -> None:
    shifts = np.random.default_rng(0).normal(0.0, 0.1, size=20)
    factor = Factor("a", low=0.0, high=9.0, base=0.0)
    made = design("one_at_a_time", [factor], steps=10)
    wave = -np.cos(np.pi * made.points["a"].to_numpy() / 3)
    found = switching_values(Responses("y", "", (factor,), made.points, wave[:, None] + shifts))
    np.testing.assert_allclose(found["value"], [1.5, 4.5, 7.5], atol=0.1)
    assert found["direction"].tolist() == ["up", "down", "up"]
    assert (found["high"] - found["low"]).between(0.01, 0.3).all()
    assert (found["low"] < found["value"]).all()
    assert (found["value"] < found["high"]).all()


def test_a_crossing_the_other_way_does_not_stand_in_for_one_that_is_lost() -> None:
    factor = Factor("a", low=0.0, high=10.0, base=5.0)
    made = design("one_at_a_time", [factor], steps=3)
    stretch = np.sqrt(3 / 2) * t.ppf(0.95, 2) / norm.ppf(0.95)  # what three replications are stretched by
    along = np.array([1.0, -1.0, 1.0, -0.1])[:, None] + np.array([0.5, -0.5, 0.0]) / stretch
    found = switching_values(Responses("y", "", (factor,), made.points, along))
    assert found["direction"].tolist() == ["up", "down"]
    assert found["share"].iloc[0] == 1.0
    assert found["share"].iloc[1] == pytest.approx(17 / 27, abs=0.05)  # draws of three that sum to 0 or less


def test_intervals_on_a_log_scale_are_values_of_the_factor() -> None:
    shifts = np.random.default_rng(0).normal(0.0, 0.2, size=30)

    def function(points: pd.DataFrame) -> Any:
        return np.log10(points["share"].to_numpy()) + 1.0

    row = only(switching_values(respond_to((LOG,), function, noise=shifts, replications=30)), "share")
    assert row["value"] == pytest.approx(10 ** (-1 - shifts.mean()))
    half = 1.645 * shifts.std() / np.sqrt(30) * np.array([-1, 1])
    np.testing.assert_allclose(np.log10([row["low"], row["high"]]), -1 - shifts.mean() + half, atol=0.015)


def test_intervals_of_few_replications_cover_what_they_say() -> None:
    """The crossing of a line with noise: percentiles of four replications alone cover 75 % (nominal 90 %)."""
    rng, inside = np.random.default_rng(5), 0
    for _ in range(300):
        shifts = rng.normal(0.0, 0.3, size=4)
        found = switching_values(
            respond_to((A,), linear(-5.0, a=1.0), noise=shifts, replications=4), resamples=200
        )
        row = only(found, "a")
        inside += bool(row["low"] <= 5.0 <= row["high"])
    assert 0.84 < inside / 300 < 0.96


def test_with_one_replication_there_are_no_intervals() -> None:
    responses = respond_to((A,), linear(-5.0, a=1.0))
    assert only(switching_values(responses), "a")[["low", "high", "share"]].isna().all()
    assert tornado(responses)[["difference_low", "difference_high"]].isna().all(axis=None)


def test_names_have_sides_and_no_switching_value() -> None:
    responses = respond_to((MODE, A), lambda p: (p["mode"] == "feed").to_numpy(float) - 0.5)
    row = only(switching_values(responses), "mode")
    assert np.isnan(row["value"])
    assert row["note"] == "levels are names: above the threshold at feed; below the threshold at shelf, both"


def test_levels_that_are_numbers_are_taken_in_their_order_of_size() -> None:
    factor = Factor("shops", levels=(5, 1, 3), base=1)
    row = only(switching_values(respond_to((factor,), linear(-4.0, shops=1.0))), "shops")
    assert (row["value"], row["direction"]) == (pytest.approx(4.0), "up")


def test_the_tornado_of_a_linear_function() -> None:
    found = tornado(respond_to((B, A), linear(1.0, a=2.0, b=-3.0)))
    assert found["factor"].tolist() == ["a", "a", "b", "b"]  # swings 20 and 6
    assert found["end"].tolist() == ["low", "high"] * 2
    assert found["value"].tolist() == [0.0, 10.0, -1.0, 1.0]
    np.testing.assert_allclose(found["base"], 7.5)
    np.testing.assert_allclose(found["difference"], [-8.0, 12.0, 4.5, -1.5])
    np.testing.assert_allclose(found["outcome"], found["base"] + found["difference"])
    np.testing.assert_allclose(found["swing"], [20.0, 20.0, 6.0, 6.0])


def test_shared_draws_cancel_in_differences_from_base() -> None:
    plain = tornado(respond_to((A, B), linear(a=2.0, b=-3.0)))
    noisy = tornado(respond_to((A, B), linear(a=2.0, b=-3.0), noise=noise(11, 8, 100.0, 0.0), replications=8))
    np.testing.assert_allclose(noisy["difference"], plain["difference"])
    np.testing.assert_allclose(noisy["difference_low"], plain["difference"], atol=1e-9)


def test_intervals_of_differences_are_students() -> None:
    responses = respond_to((A,), linear(a=1.0), noise=noise(6, 12, 5.0, 1.0), replications=12)
    base, high = responses.of(block="base").values[0], responses.of(block="a", index=4).values[0]
    expected = ttest_1samp(high - base, 0.0).confidence_interval(0.8)
    row = tornado(responses, level=0.8).iloc[1]
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((expected.low, expected.high))


def test_a_peak_inside_the_range_swings() -> None:
    peak = respond_to((A, B), lambda points: (points["b"] - (points["a"] - 5) ** 2).to_numpy())
    found = tornado(peak)
    assert found["factor"].tolist() == ["a", "a", "b", "b"]
    assert found["swing"].iloc[0] == pytest.approx(25.0)
    assert found["outcome"].iloc[0] == pytest.approx(found["outcome"].iloc[1])


def test_ends_of_names_are_the_least_and_the_greatest_outcome() -> None:
    scores = {"shelf": 2.0, "feed": 3.0, "both": -1.0}
    found = tornado(respond_to((MODE,), lambda p: p["mode"].map(scores).to_numpy(float)))
    assert found["value"].tolist() == ["both", "feed"]
    assert found["difference"].tolist() == [-4.0, 0.0]


def test_the_order_of_points_and_replications_does_not_matter() -> None:
    function, own = linear(-3.0, a=1.0, b=2.0), noise(14, 6, 1.0, 1.0)
    responses = respond_to((A, B, MODE), function, noise=own, replications=6)
    rng = np.random.default_rng(0)
    points = reordered(responses, rng.permutation(14))
    pd.testing.assert_frame_equal(tornado(points), tornado(responses))
    pd.testing.assert_frame_equal(switching_values(points), switching_values(responses))
    draws = reordered(responses, None, rng.permutation(6))
    pd.testing.assert_frame_equal(tornado(draws), tornado(responses))
    found, expected = switching_values(draws), switching_values(responses)
    np.testing.assert_allclose(found["value"], expected["value"])
    np.testing.assert_allclose(found["low"], expected["low"], atol=0.2)


@pytest.mark.parametrize("analysis", [switching_values, tornado])
@pytest.mark.parametrize(
    ("point", "message"),
    [
        (dict(block="base"), "lacks block base index 0"),
        (dict(block="a", index=2), "lacks block a index 2"),
        (dict(block="a", index=4), "lacks a at its high end; run the missing points first"),
        (dict(block="share", index=0), "lacks block share index 0"),
        (dict(block="share"), "lacks block share index 0"),
        (dict(block="mode", index=2), "lacks mode at both"),
    ],
)
def test_a_missing_point_is_named(analysis: Any, point: Any, message: str) -> None:
    factors = (A, LOG, MODE)
    whole = respond_to(factors, linear(a=1.0))
    kept = without(whole, **point)
    if point == dict(block="base"):
        with pytest.raises(ValueError, match="expected a design of kind one_at_a_time, found unknown"):
            analysis(kept)
        return
    with pytest.raises(IncompleteError, match=message):
        analysis(kept)


def test_other_designs_are_refused() -> None:
    responses = respond(design("lhs", (A, B), points=8), (A, B), linear(a=1.0))
    for analysis in (switching_values, tornado):
        with pytest.raises(ValueError, match="expected a design of kind one_at_a_time, found lhs"):
            analysis(responses)


def test_whole_numbers_have_ends_too() -> None:
    weeks = Factor("weeks", low=1, high=9, whole=True, base=5)
    points = design("one_at_a_time", (weeks,), steps=3).points
    values = points.weeks.to_numpy(float)[:, None] - 4.0 + np.zeros((1, 3))
    found = tornado(Responses("y", "", (weeks,), points, values))
    assert found.set_index("end").difference.to_dict() == {"low": -4.0, "high": 4.0}
