"""The value of information against closed forms of two options and one normal unknown."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from sim.decisions.information import evpi, evppi, evsi
from sim.decisions.regret import Options

SIGMA, MU, NOISE = 2.0, 0.5, 1.5


def closed(mean: float, spread: float) -> float:
    """E max(0, X) - max(0, mean) of a normal X."""
    return float(spread * norm.pdf(mean / spread) - abs(mean) * norm.cdf(-abs(mean) / spread))


def normal_worlds(count: int, seed: int = 0) -> tuple[Options, np.ndarray, np.ndarray]:
    """Options: nothing, and an unknown plus noise that is never learnt; a useless unknown as third."""
    rng = np.random.default_rng(seed)
    quantiles = (rng.permutation(count) + 0.5) / count
    unknown = MU + SIGMA * norm.ppf(quantiles)
    noise, idle = NOISE * rng.standard_normal(count), rng.standard_normal(count)
    noise -= noise.mean()
    return Options(("out", "in"), np.column_stack([np.zeros(count), unknown + noise])), unknown, idle


def test_perfect_information_is_the_closed_form() -> None:
    options, _, _ = normal_worlds(4000)
    found = evpi(options, resamples=200)
    expected = closed(MU, np.hypot(SIGMA, NOISE))
    assert found.value == pytest.approx(expected, rel=0.03)
    assert found.low < expected < found.high


def test_partial_information_is_the_closed_form_and_noise_is_none() -> None:
    options, unknown, idle = normal_worlds(2000)
    found = evppi(options, unknown, resamples=100)
    assert found.value == pytest.approx(closed(MU, SIGMA), rel=0.05)
    assert found.low < closed(MU, SIGMA) < found.high
    assert found.noise < 0.05 * found.value
    useless = evppi(options, idle, resamples=100)
    assert useless.value < 0.02
    assert useless.low == 0.0


def test_a_group_is_worth_what_both_tell_together() -> None:
    rng = np.random.default_rng(5)
    known = rng.standard_normal((2000, 2)) * [1.0, 2.0]
    values = np.column_stack([np.zeros(2000), 0.3 + known.sum(axis=1) + rng.standard_normal(2000)])
    options = Options(("out", "in"), values)
    found = evppi(options, known, resamples=20)
    assert found.value == pytest.approx(closed(0.3, np.sqrt(5)), rel=0.08)
    single = evppi(options, known[:, 0], resamples=20).value
    assert single == pytest.approx(closed(0.3, 1.0), rel=0.25)
    assert single < found.value


def test_a_bend_in_the_values_is_followed() -> None:
    """Learning where |x| is large matters though x and the value are not correlated."""
    x = norm.ppf((np.random.default_rng(2).permutation(1000) + 0.5) / 1000)
    gain = np.abs(x) - 1.0
    found = evppi(Options(("out", "in"), np.column_stack([np.zeros(1000), gain])), x, resamples=20)
    assert found.value == pytest.approx(np.maximum(gain, 0).mean() - max(gain.mean(), 0.0), rel=0.05)
    assert "spline" in found.form


@pytest.mark.parametrize("spread", [0.5, 2.0, 6.0])
def test_sample_information_is_the_closed_form_of_the_preposterior_spread(spread: float) -> None:
    options, unknown, _ = normal_worlds(2000)
    found = evsi(options, unknown, spread, resamples=30)
    expected = closed(MU, SIGMA**2 / np.hypot(SIGMA, spread))
    assert found.value == pytest.approx(expected, rel=0.08)
    assert found.low < expected < found.high


def test_a_test_without_error_tells_the_unknown_and_a_hopeless_one_nothing() -> None:
    options, unknown, _ = normal_worlds(500)
    partial = evppi(options, unknown, resamples=10).value
    assert evsi(options, unknown, 0.0, resamples=10, measurements=2).value == pytest.approx(partial)
    assert evsi(options, unknown, 1e4, resamples=10).value < 0.1 * partial


def test_a_lognormal_error_is_a_normal_one_of_the_logarithm() -> None:
    options, unknown, _ = normal_worlds(800)
    plain = evsi(options, unknown, 1.0, resamples=10)
    other = evsi(options, np.exp(unknown), 1.0, "lognormal", resamples=10)
    assert [other.value, other.low, other.high] == pytest.approx([plain.value, plain.low, plain.high])
    assert other.form == plain.form


def test_what_worlds_have_in_common_and_the_unit_do_not_matter() -> None:
    options, unknown, idle = normal_worlds(400)
    moved = Options(options.names, 1e6 * (options.values + 40 * idle[:, None]))
    pairs = (
        (evpi(options, 50), evpi(moved, 50)),
        (evppi(options, unknown, 50), evppi(moved, unknown, 50)),
        (evsi(options, unknown, 1.0, resamples=20), evsi(moved, unknown, 1.0, resamples=20)),
    )
    for one, other in pairs:
        scaled = [1e-6 * end for end in (other.value, other.low, other.high)]
        assert scaled == pytest.approx([one.value, one.low, one.high], rel=1e-6)


def test_information_that_changes_no_choice_is_worth_nothing() -> None:
    rng = np.random.default_rng(0)
    sure = Options(("out", "in"), np.column_stack([np.zeros(300), rng.uniform(1, 2, 300)]))
    assert evpi(sure, 50).value == pytest.approx(0.0, abs=1e-12)
    assert evppi(sure, rng.random(300), 50).value == pytest.approx(0.0, abs=1e-12)


def test_unknowns_that_do_not_fit_are_refused() -> None:
    options, unknown, _ = normal_worlds(50)
    with pytest.raises(ValueError, match="50 worlds"):
        evppi(options, unknown[:20])
    with pytest.raises(ValueError, match="above 0"):
        evsi(options, unknown, 1.0, "lognormal")
    with pytest.raises(ValueError, match="one unknown"):
        evsi(options, np.column_stack([unknown, unknown]), 1.0)
