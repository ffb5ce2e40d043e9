"""The draws as a factor: known components of variance are recovered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.draws import standard_errors, variance_shares
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.responses import IncompleteError, Responses
from tests.analysis.functions import G_FACTORS, G_VARIANCE, g_function, linear, noise, reordered, respond

DRAWS, INTERACTION = 0.5, 0.3


def stochastic_g(points: int = 512, replications: int = 60, seed: int = 0) -> Responses:
    made = design("sobol", G_FACTORS, points=points, seed=seed)
    own = noise(points, replications, DRAWS, INTERACTION, seed)
    return respond(made, G_FACTORS, g_function, own, replications)


def table(values: list[list[float]]) -> Responses:
    factor = Factor("x", levels=tuple(range(len(values))))
    return Responses("y", "", (factor,), design("grid", [factor]).points, np.array(values, float))


def test_shares_of_a_stochastic_function_with_known_ones() -> None:
    found = variance_shares(stochastic_g()).set_index("source")
    exact = {"factors": G_VARIANCE, "draws": DRAWS**2, "interaction": INTERACTION**2}
    total = sum(exact.values())
    for source, variance in exact.items():
        assert found.loc[source, "share"] == pytest.approx(variance / total, abs=0.06)
        assert found.loc[source, "variance"] == pytest.approx(variance, rel=0.3)
    assert found.loc["interaction", "variance"] == pytest.approx(INTERACTION**2, rel=0.03)
    assert found["share"].sum() == pytest.approx(1.0)


def test_components_are_unbiased_over_many_small_designs() -> None:
    names = [factor.name for factor in G_FACTORS]
    found = []
    for seed in range(400):  # points at random, as those of a sequence are spread more evenly than that
        places = np.random.default_rng(1000 + seed).random((8, 4))
        made = design("list", G_FACTORS, rows=[dict(zip(names, place, strict=True)) for place in places])
        responses = respond(made, G_FACTORS, g_function, noise(8, 3, DRAWS, INTERACTION, seed), 3)
        found.append(variance_shares(responses)["variance"].to_numpy())
    mean = dict(zip(["factors", "draws", "interaction"], np.mean(found, axis=0), strict=True))
    assert mean["draws"] == pytest.approx(DRAWS**2, rel=0.2)
    assert mean["interaction"] == pytest.approx(INTERACTION**2, rel=0.1)
    assert mean["factors"] == pytest.approx(G_VARIANCE, rel=0.1)


def test_a_table_worked_by_hand() -> None:
    found = variance_shares(table([[1, 2, 3], [5, 7, 9]]))
    # means of points 2 and 7, of replications 3, 4.5, 6; rest +-0.5, 0, -+0.5
    assert found["degrees"].tolist() == [1, 2, 2]
    np.testing.assert_allclose(found["mean_square"], [37.5, 4.5, 0.5])
    np.testing.assert_allclose(found["variance"], [37 / 3, 2.0, 0.5])
    np.testing.assert_allclose(found["share"], np.array([37 / 3, 2.0, 0.5]) / (37 / 3 + 2.5))


def test_pure_factors_pure_draws_and_pure_chance() -> None:
    assert variance_shares(table([[1, 1], [2, 2]]))["share"].tolist() == [1, 0, 0]
    assert variance_shares(table([[1, 2], [1, 2]]))["share"].tolist() == [0, 1, 0]
    crossed = variance_shares(table([[1, -1], [-1, 1]]))
    assert crossed["share"].tolist() == [0, 0, 1]
    assert (crossed["variance"] < 0).tolist() == [True, True, False]
    assert crossed["note"].tolist() == ["estimate below 0, counted as 0"] * 2 + [""]


def test_without_any_variance_there_are_no_shares() -> None:
    assert variance_shares(table([[3, 3], [3, 3]]))["share"].isna().all()


def test_shares_do_not_depend_on_units_or_order() -> None:
    responses = stochastic_g(64, 5)
    rng = np.random.default_rng(0)
    plain = variance_shares(responses)
    mixed = variance_shares(reordered(responses, rng.permutation(64), rng.permutation(5)))
    pd.testing.assert_frame_equal(mixed, plain)
    scaled = Responses("y", "", G_FACTORS, responses.points, 100.0 - 7.0 * responses.values)
    np.testing.assert_allclose(variance_shares(scaled)["share"], plain["share"])


def test_standard_errors_worked_by_hand() -> None:
    found = standard_errors(table([[1, 2, 3], [5, 7, 9]]))
    assert found["mean"].tolist() == [2, 7]
    np.testing.assert_allclose(found["standard_error"], np.array([1.0, 2.0]) / np.sqrt(3))
    assert found[["block", "index"]].to_numpy().tolist() == [["grid", 0], ["grid", 1]]


def test_standard_errors_cover_the_truth_as_often_as_normal_ones() -> None:
    responses = stochastic_g(512, 40, seed=3)
    own = respond(design("sobol", G_FACTORS, points=512, seed=3), G_FACTORS, g_function)
    values = responses.values - responses.values.mean(axis=0)  # leave what each run draws for itself
    errors = standard_errors(Responses("y", "", G_FACTORS, responses.points, values))
    truth = own.mean - own.mean.mean()
    covered = (np.abs(errors["mean"] - truth) < 1.96 * errors["standard_error"]).mean()
    assert 0.90 < covered < 0.98


@pytest.mark.parametrize("analysis", [variance_shares, standard_errors])
def test_one_replication_says_nothing_about_draws(analysis: object) -> None:
    made = design("lhs", G_FACTORS, points=4)
    with pytest.raises(IncompleteError, match="two replications or more, found 1"):
        analysis(respond(made, G_FACTORS, g_function))  # type: ignore[operator]


def test_one_point_says_nothing_about_factors() -> None:
    factor = Factor("x", low=0.0, high=1.0, base=0.5)
    made = design("list", [factor], rows=[{}])
    with pytest.raises(IncompleteError, match="two points or more, found 1"):
        variance_shares(respond(made, [factor], linear(x=1.0), replications=2))
