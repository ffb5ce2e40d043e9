"""Indices of Sobol': exact ones are recovered, what is incomplete is refused."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import sobol_indices

from sim.analysis.sobol import first_and_total, second_order
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.responses import IncompleteError, Responses
from tests.analysis.functions import (
    G_FACTORS,
    G_FIRST,
    G_PARTS,
    G_TOTAL,
    G_VARIANCE,
    ISHIGAMI,
    ISHIGAMI_FIRST,
    ISHIGAMI_PAIRS,
    ISHIGAMI_TOTAL,
    g_function,
    ishigami,
    linear,
    noise,
    reordered,
    respond,
    without,
)


def ishigami_responses(points: int = 1024, second: bool = False, seed: int = 1) -> Responses:
    made = design("saltelli", ISHIGAMI, points=points, second_order=second, seed=seed)
    return respond(made, ISHIGAMI, ishigami)


def g_responses(points: int = 1024, second: bool = False) -> Responses:
    return respond(design("saltelli", G_FACTORS, points=points, second_order=second), G_FACTORS, g_function)


@pytest.mark.parametrize(
    ("responses", "first", "total"),
    [(ishigami_responses(), ISHIGAMI_FIRST, ISHIGAMI_TOTAL), (g_responses(), G_FIRST, G_TOTAL)],
    ids=["ishigami", "g"],
)
def test_exact_indices_are_within_the_intervals(responses: Responses, first: Any, total: Any) -> None:
    found = first_and_total(responses, resamples=300)
    assert list(found) == ["factor", "first", "first_low", "first_high", "total", "total_low", "total_high"]
    assert found["factor"].tolist() == responses.names
    for order, exact in (("first", first), ("total", total)):
        assert (found[f"{order}_low"] <= exact + 1e-4).all()
        assert (found[f"{order}_high"] >= exact - 1e-4).all()
        np.testing.assert_allclose(found[order], exact, atol=0.03)
        assert (found[f"{order}_high"] - found[f"{order}_low"]).between(0.001, 0.2).all()


def test_point_estimates_are_the_librarys_on_its_own_layout() -> None:
    responses = ishigami_responses(64)
    blocks = {name: responses.of(block=name).mean for name in ("A", "B", "AB:x1", "AB:x2", "AB:x3")}
    mixed = np.stack([blocks[f"AB:x{k}"] for k in (1, 2, 3)])[:, None]
    expected = sobol_indices(func={"f_A": blocks["A"], "f_B": blocks["B"], "f_AB": mixed}, n=64)
    found = first_and_total(responses, resamples=10)
    np.testing.assert_allclose(found["first"], expected.first_order)
    np.testing.assert_allclose(found["total"], expected.total_order)


def test_intervals_shrink_with_the_root_of_the_points() -> None:
    few, many = (first_and_total(g_responses(n), resamples=300) for n in (256, 4096))
    ratio = (few["total_high"] - few["total_low"]) / (many["total_high"] - many["total_low"])
    assert ratio.between(2.5, 6.5).all()  # 4 in the limit


def test_a_higher_level_makes_wider_intervals() -> None:
    narrow, wide = (first_and_total(g_responses(256), resamples=200, level=level) for level in (0.5, 0.95))
    assert (narrow["first_low"] > wide["first_low"]).all()
    assert (narrow["first_high"] < wide["first_high"]).all()


def test_of_an_additive_function_first_order_and_total_are_shares_of_squared_slopes() -> None:
    factors = tuple(Factor(name, low=0.0, high=1.0) for name in "ab")
    made = design("saltelli", factors, points=1024)
    found = first_and_total(respond(made, factors, linear(5.0, a=1.0, b=3.0)), resamples=20)
    np.testing.assert_allclose(found["first"], [0.1, 0.9], atol=0.01)
    np.testing.assert_allclose(found["total"], [0.1, 0.9], atol=0.01)


def test_a_single_factor_accounts_for_everything() -> None:
    factors = (Factor("a", low=0.0, high=1.0),)
    responses = respond(design("saltelli", factors, points=256), factors, linear(a=2.0))
    found = first_and_total(responses, resamples=20)
    np.testing.assert_allclose(found[["first", "total"]], [[1.0, 1.0]], atol=0.02)


def test_levels_that_are_names_are_factors_like_others() -> None:
    factors = (Factor("mode", levels=("a", "b")), Factor("x", low=0.0, high=1.0))
    made = design("saltelli", factors, points=512)
    mode = (made.points["mode"] == "b").to_numpy(float)
    values = (mode + made.points["x"].to_numpy())[:, None]  # variances 1/4 and 1/12
    found = first_and_total(Responses("y", "", factors, made.points, values), resamples=20)
    np.testing.assert_allclose(found["total"], [0.75, 0.25], atol=0.02)


def test_shared_draws_leave_the_indices_as_they_are_and_own_draws_raise_the_totals() -> None:
    made = design("saltelli", G_FACTORS, points=1024)
    count = len(made.points)
    plain = first_and_total(respond(made, G_FACTORS, g_function), resamples=2)
    shared = respond(made, G_FACTORS, g_function, noise(count, 4, draws=5.0, interaction=0.0), 4)
    np.testing.assert_allclose(first_and_total(shared, resamples=2)["total"], plain["total"])
    own = respond(made, G_FACTORS, g_function, noise(count, 4, draws=0.0, interaction=1.0), 4)
    left = 1 / 4  # variance of the mean of four own draws
    expected = (G_TOTAL * G_VARIANCE + left) / (G_VARIANCE + left)
    np.testing.assert_allclose(first_and_total(own, resamples=2)["total"], expected, atol=0.05)


def test_the_order_of_points_and_replications_does_not_matter() -> None:
    made = design("saltelli", G_FACTORS, points=128, second_order=True)
    responses = respond(made, G_FACTORS, g_function, noise(len(made.points), 3, 1.0, 1.0), 3)
    rng = np.random.default_rng(0)
    mixed = reordered(responses, rng.permutation(len(made.points)), np.array([2, 0, 1]))
    for analysis in (first_and_total, second_order):
        pd.testing.assert_frame_equal(analysis(mixed, resamples=50), analysis(responses, resamples=50))


@pytest.mark.parametrize("analysis", [first_and_total, second_order])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_intervals(analysis: Any, seed: int) -> None:
    responses = ishigami_responses(64, second=True)
    one, same, other = (analysis(responses, resamples=50, seed=s) for s in (seed, seed, seed + 1))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_pairs_of_the_ishigami_function() -> None:
    found = second_order(ishigami_responses(2048, second=True), resamples=200)
    assert list(found) == ["factor", "other", "value", "low", "high"]
    for (one, other), exact in ISHIGAMI_PAIRS.items():
        row = found[(found["factor"] == one) & (found["other"] == other)].iloc[0]
        assert row["low"] <= exact <= row["high"]
        assert row["value"] == pytest.approx(exact, abs=0.05)


def test_pairs_of_the_g_function() -> None:
    found = second_order(g_responses(4096, second=True), resamples=100).set_index(["factor", "other"])
    for i, j in ((0, 1), (0, 2), (1, 2), (2, 3)):
        exact = G_PARTS[i] * G_PARTS[j] / G_VARIANCE
        assert found.loc[(f"g{i}", f"g{j}"), "value"] == pytest.approx(exact, abs=0.03)


def test_an_outcome_that_never_varies_has_no_indices() -> None:
    made = design("saltelli", G_FACTORS, points=16, second_order=True)
    constant = respond(made, G_FACTORS, linear(0.1), replications=3)
    assert first_and_total(constant, resamples=20).drop(columns="factor").isna().all(axis=None)
    assert second_order(constant, resamples=20)[["value", "low", "high"]].isna().all(axis=None)


def test_resamples_in_which_nothing_varies_do_not_count_as_zero() -> None:
    made = design("saltelli", G_FACTORS, points=8)
    values = np.zeros((len(made.points), 1))
    values[(made.points["index"] == 3) & (made.points["block"] == "A")] = 1.0
    found = first_and_total(Responses("rare", "", G_FACTORS, made.points, values), resamples=400)
    assert (found["total_low"] > 0).all()


def test_a_point_that_is_missing_is_named() -> None:
    responses = ishigami_responses(32)
    with pytest.raises(IncompleteError, match=r"lacks block AB:x2 index 5; run the missing points first"):
        first_and_total(without(responses, block="AB:x2", index=5))
    with pytest.raises(IncompleteError, match="block B index 31"):
        first_and_total(without(responses, index=31))
    with pytest.raises(IncompleteError, match="block AB:x3 index 4 and 27 more"):
        first_and_total(without(responses, block="AB:x3"))


def test_a_design_that_was_cut_short_is_incomplete() -> None:
    responses = ishigami_responses(64)
    early = reordered(responses, np.flatnonzero(responses.points["index"] < 48))
    with pytest.raises(IncompleteError, match="block A index 48, block A index 49"):
        first_and_total(early)
    half = reordered(responses, np.flatnonzero(responses.points["index"] < 32))
    pd.testing.assert_frame_equal(
        first_and_total(half, resamples=5), first_and_total(ishigami_responses(32), resamples=5)
    )


def test_a_point_that_is_there_twice_is_refused() -> None:
    responses = ishigami_responses(8)
    twice = np.append(np.arange(len(responses.points)), 0)
    with pytest.raises(ValueError, match="the same ones twice"):
        first_and_total(reordered(responses, twice))


def test_a_value_that_is_missing_is_refused() -> None:
    responses = ishigami_responses(8)
    values = responses.values.copy()
    values[3, 0] = np.nan
    with pytest.raises(IncompleteError, match="no value at point 3 replication 0"):
        Responses("y", "", ISHIGAMI, responses.points, values)


@pytest.mark.parametrize("analysis", [first_and_total, second_order])
def test_other_designs_are_refused(analysis: Any) -> None:
    responses = respond(design("sobol", ISHIGAMI, points=16), ISHIGAMI, ishigami)
    with pytest.raises(ValueError, match="expected a design of kind saltelli, found sobol"):
        analysis(responses)


def test_pairs_need_the_blocks_of_second_order_and_two_factors() -> None:
    with pytest.raises(ValueError, match="expected a saltelli design with second order, found one without"):
        second_order(ishigami_responses(8))
    one = (Factor("a", low=0.0, high=1.0),)
    with pytest.raises(ValueError, match="at least two factors, found 1"):
        second_order(respond(design("saltelli", one, points=8, second_order=True), one, linear(a=1.0)))


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    with pytest.raises(ModuleNotFoundError, match=r"install 'retail-entry-sim\[analysis\]"):
        second_order(ishigami_responses(8, second=True))
