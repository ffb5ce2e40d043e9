"""Partial rank correlation: signs, sizes, what it does not depend on, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, rankdata, spearmanr

from sim.analysis.ranks import prcc
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses
from tests.analysis.functions import linear, noise, reordered, respond

FACTORS = tuple(Factor(name, low=0.0, high=1.0) for name in ("up", "down", "idle"))


def monotone(points: pd.DataFrame) -> npt.NDArray[np.float64]:
    return np.exp(3 * points["up"].to_numpy()) - 4 * np.sqrt(points["down"].to_numpy())


def responses(points: int = 200, spread: float = 2.0, seed: int = 0) -> Responses:
    places = np.random.default_rng(1000 + seed).random((points, len(FACTORS)))
    rows = [dict(zip(("up", "down", "idle"), place, strict=True)) for place in places]
    made = design("list", FACTORS, rows=rows)
    return respond(made, FACTORS, monotone, noise(points, 1, 0.0, spread, seed))


def coefficients(found: Responses, **options: Any) -> pd.DataFrame:
    return prcc(found, **{"resamples": 200, **options}).set_index("factor")


def test_signs_and_sizes_on_a_monotone_function() -> None:
    found = coefficients(responses())
    assert list(found) == ["prcc", "low", "high"]
    assert found.loc["up", "low"] > 0.8
    assert found.loc["down", "high"] < -0.1
    assert found.loc["idle", "low"] < 0 < found.loc["idle", "high"]
    assert (found["low"] < found["prcc"]).all()
    assert (found["prcc"] < found["high"]).all()


def test_it_is_the_correlation_of_what_the_other_ranks_leave() -> None:
    sample = responses(60)
    columns = [sample.points[name] for name in sample.names] + [sample.mean]
    ranks = np.column_stack([rankdata(column) for column in columns])
    for j, name in enumerate(sample.names):
        others = np.column_stack([np.ones(60), np.delete(ranks[:, :3], j, axis=1)])
        left = [y - others @ np.linalg.lstsq(others, y)[0] for y in (ranks[:, j], ranks[:, 3])]
        expected = pearsonr(*left).statistic
        assert coefficients(sample).loc[name, "prcc"] == pytest.approx(expected)


def test_of_one_factor_it_is_the_rank_correlation() -> None:
    one = FACTORS[:1]
    made = design("lhs", one, points=50)
    sample = respond(made, one, linear(up=1.0), noise(50, 1, 0.0, 0.3))
    expected = spearmanr(made.points["up"], sample.mean).statistic
    assert coefficients(sample).loc["up", "prcc"] == pytest.approx(expected)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.1, 5.0), st.booleans())
def test_monotone_transformations_change_signs_only(power: float, falling: bool) -> None:
    sample, sign = responses(50), -1 if falling else 1
    values = sign * (sample.values - sample.values.min() + 1) ** power
    changed = Responses("y", "", FACTORS, sample.points, values)
    plain = coefficients(sample, resamples=5)["prcc"]
    np.testing.assert_allclose(coefficients(changed, resamples=5)["prcc"], sign * plain)


def test_the_order_of_points_and_replications_does_not_matter() -> None:
    made = design("sobol", FACTORS, points=64)
    sample = respond(made, FACTORS, monotone, noise(64, 3, 1.0, 1.0), 3)
    rng = np.random.default_rng(0)
    mixed = reordered(sample, rng.permutation(64), rng.permutation(3))
    np.testing.assert_allclose(coefficients(mixed)["prcc"], coefficients(sample)["prcc"])


def test_intervals_cover_the_value_of_a_large_sample() -> None:
    truth = coefficients(responses(2000, seed=99), resamples=2)["prcc"]
    inside = []
    for seed in range(20):
        found = coefficients(responses(100, seed=seed), resamples=100)
        inside.append((found["low"] < truth) & (truth < found["high"]))
    assert np.mean(inside) > 0.8  # 0.9 asked for


def test_the_seed_decides_the_interval_and_nothing_else() -> None:
    sample = responses(40)
    one, same, other = (coefficients(sample, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert (one["prcc"] == other["prcc"]).all()
    assert (one["low"] != other["low"]).all()


def test_of_a_saltelli_design_the_independent_points_count() -> None:
    made = design("saltelli", FACTORS, points=64)
    sample = respond(made, FACTORS, monotone)
    chosen = np.flatnonzero(sample.points["block"].isin(["A", "B"]))
    table = sample.points.iloc[chosen].assign(block="list", index=np.arange(len(chosen)))
    alone = Responses("y", "", FACTORS, table.reset_index(drop=True), sample.values[chosen])
    pd.testing.assert_frame_equal(coefficients(sample), coefficients(alone))


def test_what_one_factor_explains_in_full_leaves_nothing_for_others() -> None:
    made = design("lhs", FACTORS, points=30)
    found = coefficients(respond(made, FACTORS, linear(up=1.0)))
    assert found.loc["up", "prcc"] == pytest.approx(1.0)
    assert found.loc[["down", "idle"], "prcc"].isna().all()


def test_a_constant_outcome_or_factor_has_no_coefficient() -> None:
    made = design("lhs", FACTORS, points=30)
    assert coefficients(respond(made, FACTORS, linear(1.0)))["prcc"].isna().all()
    rows = [{"up": u, "down": 0.5, "idle": i} for u, i in np.random.default_rng(0).random((20, 2))]
    made = design("list", FACTORS, rows=rows)
    sample = respond(made, FACTORS, lambda points: (points["up"] * points["idle"]).to_numpy())
    found = coefficients(sample)["prcc"]
    assert found.isna().tolist() == [False, True, False]


def test_names_have_no_ranks() -> None:
    factors = (*FACTORS, Factor("mode", levels=("a", "b")), Factor("own", levels=(True, False)))
    with pytest.raises(ValueError, match="the levels are names in the factors mode, own"):
        prcc(respond(design("lhs", factors, points=20), factors, linear(up=1.0)))


def test_numbers_as_levels_have_ranks() -> None:
    factors = (*FACTORS, Factor("shops", levels=(1, 2, 5)))
    made = design("lhs", factors, points=60)
    found = coefficients(respond(made, factors, linear(up=1.0, shops=1.0)))
    assert found.loc["shops", "low"] > 0.9


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="3 factors need at least 5 points, found 4"):
        prcc(responses(4))
    assert len(prcc(responses(5), resamples=20)) == 3


def test_points_along_lines_are_no_sample() -> None:
    made = design("morris", FACTORS, trajectories=4, steps=4)
    with pytest.raises(ValueError, match=r"kind lhs or sobol or .*, found morris"):
        prcc(respond(made, FACTORS, monotone))
