"""Elementary effects: exact on linear functions, right in rank on others."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.analysis.morris import elementary_effects
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.responses import IncompleteError, Responses
from tests.analysis.functions import G_FACTORS, g_function, linear, noise, reordered, respond, without

PLAIN = (Factor("a", low=0.0, high=2.0), Factor("b", low=-1.0, high=4.0), Factor("c", low=0.0, high=1.0))


def effects(
    factors: Any, function: Any, trajectories: int = 20, grid: int = 4, **options: Any
) -> pd.DataFrame:
    made = design("morris", factors, trajectories=trajectories, steps=grid)
    return elementary_effects(respond(made, factors, function), **options).set_index("factor")


@pytest.mark.parametrize("steps", [2, 4, 8])
def test_of_a_linear_function_effects_are_slopes_times_ranges(steps: int) -> None:
    found = effects(PLAIN, linear(7.0, a=3.0, b=-2.0, c=0.0), grid=steps)
    np.testing.assert_allclose(found["mu"], [6.0, -10.0, 0.0], atol=1e-9)
    for column in ("mu_star", "mu_star_low", "mu_star_high"):
        np.testing.assert_allclose(found[column], [6.0, 10.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(found["sigma"], 0.0, atol=1e-9)


def test_on_a_log_scale_effects_are_per_range_of_the_logarithm() -> None:
    factors = (Factor("a", low=1.0, high=100.0, scale="log"), PLAIN[2])
    found = effects(factors, lambda points: 3.0 * np.log10(points["a"].to_numpy()))
    np.testing.assert_allclose(found["mu"], [6.0, 0.0], atol=1e-9)


def test_levels_count_as_equal_parts_of_a_range() -> None:
    factors = (Factor("mode", levels=("a", "b")), PLAIN[2])
    found = effects(factors, lambda points: (points["mode"] == "b").to_numpy(float))
    np.testing.assert_allclose(found["mu"], [1.5, 0.0], atol=1e-9)  # 1 for a step of 2/3


def test_interactions_show_in_sigma_and_not_in_the_sign() -> None:
    found = effects(PLAIN, lambda p: ((p["a"] - 1) * (p["b"] - 1.5)).to_numpy(), trajectories=200)
    assert (np.abs(found["mu"][:2]) < found["mu_star"][:2] / 3).all()
    assert (found["sigma"][:2] > found["mu_star"][:2] * 0.9).all()
    assert found.loc["c", "sigma"] == pytest.approx(0.0, abs=1e-9)


def test_the_g_function_is_ranked_by_its_weights() -> None:
    found = effects(G_FACTORS, g_function, trajectories=100, grid=8)
    assert found["mu_star"].sort_values(ascending=False).index.tolist() == ["g0", "g1", "g2", "g3"]
    assert (found["mu_star_low"] <= found["mu_star"]).all()
    assert (found["mu_star_high"] >= found["mu_star"]).all()
    assert (found["mu_star_low"] >= 0).all()


def test_intervals_are_symmetric_unless_cut_off_at_zero() -> None:
    found = effects(G_FACTORS, g_function, trajectories=20)
    up, down = found["mu_star_high"] - found["mu_star"], found["mu_star"] - found["mu_star_low"]
    np.testing.assert_allclose(up, down)
    assert (down > 0.01).all()
    # one run of twelve trajectories stands out
    rare = effects(PLAIN, lambda points: (np.arange(48) == 1).astype(float), trajectories=12)
    moved = rare[rare["mu_star"] > 0]
    assert len(moved) == 2
    assert (moved["mu_star_low"] == 0).all()
    assert (moved["mu_star_high"] > 2 * moved["mu_star"]).all()


def test_intervals_shrink_with_trajectories_and_depend_on_the_seed_alone() -> None:
    few, many = (effects(G_FACTORS, g_function, trajectories=n) for n in (20, 320))
    ratio = (few["mu_star_high"] - few["mu_star"]) / (many["mu_star_high"] - many["mu_star"])
    assert ratio.between(2.0, 8.0).all()  # 4 in the limit
    pd.testing.assert_frame_equal(few, effects(G_FACTORS, g_function))
    assert not few.equals(effects(G_FACTORS, g_function, seed=1))


def test_the_order_of_points_and_replications_does_not_matter() -> None:
    made = design("morris", G_FACTORS, trajectories=12, steps=4)
    responses = respond(made, G_FACTORS, g_function, noise(len(made.points), 3, 1.0, 0.1), 3)
    mixed = reordered(responses, np.random.default_rng(0).permutation(60), np.array([1, 2, 0]))
    pd.testing.assert_frame_equal(elementary_effects(mixed), elementary_effects(responses))


def test_shared_draws_cancel() -> None:
    made = design("morris", G_FACTORS, trajectories=12, steps=4)
    noisy = respond(made, G_FACTORS, g_function, noise(60, 3, draws=50.0, interaction=0.0), 3)
    plain = elementary_effects(respond(made, G_FACTORS, g_function))
    pd.testing.assert_frame_equal(elementary_effects(noisy), plain, atol=1e-9)


def test_an_outcome_that_never_varies_has_no_effects() -> None:
    found = effects(PLAIN, linear(1.0))
    np.testing.assert_allclose(found, 0.0, atol=1e-12)


def test_levels_alone_do_not_tell_the_step() -> None:
    factors = (Factor("mode", levels=("a", "b")), Factor("shops", low=1, high=5, whole=True))
    function = linear(shops=1.0)
    with pytest.raises(ValueError, match="the steps of the design must be told"):
        effects(factors, function)
    assert effects(factors, function, steps=4).index.tolist() == ["mode", "shops"]


def test_steps_other_than_the_designs_are_refused() -> None:
    made = design("morris", PLAIN, trajectories=4, steps=4)
    responses = respond(made, PLAIN, linear(a=1.0))
    pd.testing.assert_frame_equal(elementary_effects(responses, steps=4), elementary_effects(responses))
    with pytest.raises(ValueError, match="steps: expected 4, as the design has them, found 6"):
        elementary_effects(responses, steps=6)


def test_a_trajectory_that_lacks_a_point_is_refused_and_one_that_lacks_is_not() -> None:
    responses = respond(design("morris", PLAIN, trajectories=12, steps=4), PLAIN, linear(a=1.0))
    with pytest.raises(IncompleteError, match="lacks block 10 index 2; run the missing points first"):
        elementary_effects(without(responses, block="10", index=2))
    assert len(elementary_effects(without(responses, block="11"))) == 3


def test_one_trajectory_has_no_spread() -> None:
    responses = respond(design("morris", PLAIN, trajectories=2, steps=4), PLAIN, linear(a=1.0))
    with pytest.raises(ValueError, match="at least two trajectories, found 1"):
        elementary_effects(responses.of(block="0"))


def test_points_that_are_no_trajectory_are_refused() -> None:
    responses = respond(design("morris", PLAIN, trajectories=4, steps=4), PLAIN, linear(a=1.0))
    moved = responses.points.assign(a=np.roll(responses.points["a"], 1))
    with pytest.raises(ValueError, match="moves every factor once, found one that does not"):
        elementary_effects(Responses("y", "", PLAIN, moved, responses.values))


def test_other_designs_are_refused() -> None:
    with pytest.raises(ValueError, match="expected a design of kind morris, found lhs"):
        elementary_effects(respond(design("lhs", PLAIN, points=8), PLAIN, linear(a=1.0)))


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.analyze.morris", None)
    with pytest.raises(ModuleNotFoundError, match=r"install 'retail-entry-sim\[analysis\]"):
        effects(PLAIN, linear(a=1.0))
