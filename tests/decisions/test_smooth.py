"""Smooth lines: what they reproduce, how the basis is chosen, weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sim.decisions.smooth import choose, coefficients

Floats = npt.NDArray[np.float64]
PLACES = np.random.default_rng(0).uniform(1.0, 5.0, (60, 1))
EVEN = np.full(60, 1 / 60)


def fit(places: Floats, values: Floats, weights: Floats, at: Floats) -> Floats:
    smoother = choose(places, values, weights)
    return smoother.columns(at) @ coefficients(smoother.columns(places), values, weights)


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_polynomials_come_back_exactly_between_the_worlds(degree: int) -> None:
    at = np.linspace(PLACES.min(), PLACES.max(), 17)[:, None]
    assert fit(PLACES, (PLACES - 2) ** degree, EVEN, at) == pytest.approx((at - 2) ** degree, abs=1e-8)


def test_noise_around_a_line_gives_a_line_and_a_wave_needs_knots() -> None:
    rng = np.random.default_rng(3)
    noisy = [PLACES + 0.5 * rng.standard_normal((60, 1)) for _ in range(20)]
    assert np.mean([choose(PLACES, values, EVEN).form == "line" for values in noisy]) > 0.5
    wave = np.sin(3 * PLACES)
    assert "knots" in choose(PLACES, wave, EVEN).form
    inside = np.linspace(1.3, 4.7, 30)[:, None]
    assert fit(PLACES, wave, EVEN, inside) == pytest.approx(np.sin(3 * inside), abs=0.1)


def test_products_of_two_unknowns() -> None:
    places = np.random.default_rng(1).normal(size=(80, 2))
    product = places.prod(axis=1, keepdims=True)
    assert fit(places, product, np.full(80, 1 / 80), places) == pytest.approx(product, abs=1e-8)


def test_least_leave_one_out_error_is_that_of_loops() -> None:
    rng = np.random.default_rng(4)
    values = np.exp(PLACES / 2) + rng.standard_normal((60, 1))
    scaled = 2 * (PLACES[:, 0] - PLACES.min()) / np.ptp(PLACES) - 1
    errors = {}
    for degree in (1, 2, 3, 4):
        left = []
        for k in range(60):
            kept = np.arange(60) != k
            line = np.polynomial.Polynomial.fit(scaled[kept], values[kept, 0], degree)
            left.append(values[k, 0] - line(scaled[k]))
        errors[degree] = np.sum(np.square(left))
    chosen = choose(PLACES, values, EVEN)
    assert chosen.knots.size == 0
    assert chosen.degree == min(errors, key=lambda degree: errors[degree])


def test_fits_keep_the_weighted_mean_and_weights_are_repeats() -> None:
    rng = np.random.default_rng(5)
    values = rng.standard_normal((60, 2))
    counts = rng.integers(0, 3, 60)
    columns = choose(PLACES, values, EVEN).columns(PLACES)
    weights = counts / counts.sum()
    found = coefficients(columns, values, weights)
    assert weights @ (columns @ found) == pytest.approx(weights @ values)
    repeated = np.repeat(columns, counts, axis=0), np.repeat(values, counts, axis=0)
    assert found == pytest.approx(np.linalg.lstsq(*repeated)[0])


def test_an_unknown_that_never_varies_or_has_two_values_is_no_trouble() -> None:
    values = np.random.default_rng(6).standard_normal((60, 1))
    still = np.ones((60, 1))
    assert fit(still, values, EVEN, still) == pytest.approx(np.full((60, 1), values.mean()))
    two = (PLACES > 3).astype(float)
    expected = np.where(two == 1, values[two == 1].mean(), values[two == 0].mean())
    assert fit(two, values, EVEN, two) == pytest.approx(expected)
