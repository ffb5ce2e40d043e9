"""Surfaces, walkers and waves on functions whose sets are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from sim.sweep.designs import design
from sim.sweep.factors import Factor, to_unit_cube
from sim.validation.history.emulator import Emulator, emulate
from sim.validation.history.waves import Limits, next_points, prior_share, survivors, walk

Floats = npt.NDArray[np.float64]
FACTORS = tuple(
    Factor(name, low=low, high=high) for name, low, high in (("x", 0, 2), ("y", -1, 1), ("z", 0, 1))
)


def readings(points: pd.DataFrame) -> pd.DataFrame:
    """Two readings that pin down x and x + y, and say nothing about z."""
    a = np.exp(0.7 * points.x)
    b = np.exp(points.x + points.y + 0.3 * points.x * points.y)
    return pd.DataFrame({"one_2018q1": a, "other_2018q1": b})


def facts(tolerance: float = 0.1) -> pd.DataFrame:
    """Figures of the true point x = 1, y = 0."""
    rows = {"value": [np.exp(0.7), np.exp(1.0)], "tolerance": [tolerance] * 2, "role": ["fitted"] * 2}
    return pd.DataFrame(rows, index=["one_2018q1", "other_2018q1"])


def runs(count: int = 60, seed: int = 1) -> pd.DataFrame:
    points = design("lhs", FACTORS, points=count, seed=seed).points[["x", "y", "z"]]
    return points.join(readings(points))


def test_surfaces_of_a_quadratic_are_exact() -> None:
    table = runs()
    found = emulate(to_unit_cube(table, FACTORS), table[list(facts().index)])
    fresh = runs(40, seed=2)
    assert found(to_unit_cube(fresh, FACTORS)) == pytest.approx(
        np.log(fresh[list(facts().index)].to_numpy()), abs=2e-3
    )
    assert (found.explained > 0.9999).all()


def test_the_error_of_a_surface_is_that_of_the_noise() -> None:
    """Leave-one-out error of noise with s.d. 0.05, a little above it since coefficients are estimated."""
    rng = np.random.default_rng(3)
    table = runs(400)
    noisy = table[["one_2018q1"]] * np.exp(rng.normal(0, 0.05, (400, 1)))
    assert emulate(to_unit_cube(table, FACTORS), noisy).error[0] == pytest.approx(0.05, rel=0.12)


def test_too_few_runs_or_readings_of_nothing_are_refused() -> None:
    table = runs(5)
    with pytest.raises(ValueError, match="at least 6 points"):
        emulate(to_unit_cube(table, FACTORS), table[["one_2018q1"]])
    with pytest.raises(ValueError, match="above zero"):
        emulate(to_unit_cube(runs(), FACTORS), runs()[["one_2018q1"]] * 0)


def exact() -> Emulator:
    """Surfaces that are the truth: ln readings are linear in the place."""

    class Truth:
        def predict(self, unit: Floats) -> Floats:
            return np.column_stack([unit[:, 0], unit[:, 0] + unit[:, 1]])

    return Emulator(("a", "b"), np.zeros(2), np.ones(2), Truth())


BOX = Limits(("a", "b"), np.array([0.5, 1.0]), np.array([0.1, 0.2]))


def test_walkers_fill_the_set_evenly() -> None:
    """|u - 1/2| <= 0.1 and |u + v - 1| <= 0.2, a parallelogram; w is free: known means and variances."""
    found = walk(BOX, exact(), np.random.default_rng(5).random((100, 3)), 2000, seed=1, steps=60)
    assert (BOX.excess(exact(), found) <= 0).all()
    u, total, free = found[:, 0], found[:, 0] + found[:, 1], found[:, 2]
    for column, low, high in ((u, 0.4, 0.6), (total, 0.8, 1.2), (free, 0.0, 1.0)):
        width = high - low
        assert column.mean() == pytest.approx((low + high) / 2, abs=0.05 * width)
        assert column.std() == pytest.approx(width / 12**0.5, rel=0.07)
    assert abs(np.corrcoef(u, free)[0, 1]) < 0.1


def test_walkers_do_not_draw_together() -> None:
    """In a free cube of 18 dimensions they keep the spread of an even distribution, 1 / sqrt 12."""

    class Nothing:
        def predict(self, unit: Floats) -> Floats:
            return np.zeros((len(unit), 1))

    free = Limits(("a",), np.zeros(1), np.ones(1))
    surfaces = Emulator(("a",), np.zeros(1), np.ones(1), Nothing())
    found = walk(free, surfaces, np.random.default_rng(5).random((72, 18)), 720, seed=1)
    assert found.std(axis=0).mean() * 12**0.5 == pytest.approx(1.0, abs=0.025)


def test_the_share_of_the_prior_is_the_volume() -> None:
    """0.2 wide in u, 0.4 in u + v, all of w; the parallelogram lies within the cube."""
    assert prior_share(BOX, exact(), 3, draws=100_000) == pytest.approx(0.08, rel=0.05)


def test_where_everything_is_ruled_out_the_least_ruled_out_is_tried() -> None:
    """|u - 3| <= 0.1 lies outside the cube: u = 1 is nearest, and v = 0 goes with it."""
    nowhere = Limits(("a", "b"), np.array([3.0, 1.0]), np.array([0.1, 0.2]))
    found = walk(nowhere, exact(), np.random.default_rng(5).random((20, 3)), 50, seed=1, steps=60)
    assert len(np.unique(found, axis=0)) == 50, "neighbours make up the number"
    assert found[:, 0].min() > 0.9
    with pytest.raises(ValueError, match="at least 4 walkers"):
        walk(BOX, exact(), np.zeros((3, 3)), 5, seed=1)


def test_a_wave_finds_the_set_that_few_prior_draws_hit() -> None:
    table, figures = runs(), facts(0.02)
    assert len(survivors(table, figures)) <= 1
    points, _ = next_points(table, FACTORS, figures, 50, seed=1)
    second = points.join(readings(points))
    assert len(survivors(second, figures)) > 40
    assert second.x.mean() == pytest.approx(1.0, abs=0.02)
    assert second.z.std() == pytest.approx(12**-0.5, rel=0.25), "what no reading tells stays free"
