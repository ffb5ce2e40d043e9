"""Forecasts that know nothing about markets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.validation.history.published import published
from sim.validation.history.rivals import bass, fit_bass, growing, rising, rivals


def test_the_bass_curve_solves_its_equation() -> None:
    """dN/dt = (p + q N / m) (m - N), N(0) = 0."""
    years, step = np.linspace(0, 6, 13), 1e-5
    p, q, m = 0.03, 1.4, 500.0
    n = bass(years, p, q, m)
    slope = (bass(years + step, p, q, m) - n) / step
    assert n[0] == 0
    assert slope == pytest.approx((p + q * n / m) * (m - n), rel=1e-3)


@pytest.mark.parametrize(("p", "q", "m"), [(0.01, 2.4, 450.0), (0.05, 1.0, 800.0)])
def test_a_bass_curve_is_found_again(p: float, q: float, m: float) -> None:
    years = np.arange(1.5, 4.0, 0.25)
    assert fit_bass(years, bass(years, p, q, m)) == pytest.approx((p, q, m), rel=1e-3)


@given(st.floats(-0.3, 0.8), st.floats(0.0, 2.0))
def test_steady_growth_is_extrapolated_exactly(growth: float, ahead: float) -> None:
    days = 365.25 * np.array([0.0, 0.3, 1.0, 1.5, 2.0])
    seen = 100 * (1 + growth) ** (days / 365.25)
    to = days[-1] + 365.25 * ahead
    assert growing(days, seen, to) == pytest.approx(100 * (1 + growth) ** (to / 365.25))


@given(st.floats(-50, 80), st.floats(0.0, 2.0))
def test_a_steady_increase_is_continued(increase: float, ahead: float) -> None:
    days = 365.25 * np.array([0.0, 1.0, 2.0])
    seen = 200 + increase * days / 365.25
    assert rising(days, seen, days[-1] + 365.25 * ahead) == pytest.approx(200 + increase * (2 + ahead))


def test_months_come_again_and_spend_is_sales_by_buyers() -> None:
    found = rivals(published())
    assert found.growth["all_month_2019_11"] == 1.357
    assert found.growth["all_month_2019_12"] == 1.164
    for quarter in ("2019q3", "2019q4"):
        by_hand = found.bass[f"pinduoduo_sales_{quarter}"] / found.bass[f"pinduoduo_buyers_{quarter}"]
        assert found.bass[f"pinduoduo_spend_{quarter}"] == by_hand


def test_less_than_a_year_tells_no_growth() -> None:
    with pytest.raises(ValueError, match="at least a year"):
        growing(np.array([0.0, 200.0]), np.array([1.0, 2.0]), 300.0)


def test_extrapolation_of_pinduoduos_sales_by_hand() -> None:
    """709.1 bn, 170.6 % above the year before: times 2.7055^(92/365.25) and ^(184/365.25)."""
    found = rivals(published()).growth
    assert found["pinduoduo_sales_2019q3"] == pytest.approx(
        709.1e9 * (709.1 / 262.1) ** (92 / 365.25), rel=1e-3
    )
    assert found["pinduoduo_sales_2019q4"] == pytest.approx(
        709.1e9 * (709.1 / 262.1) ** (184 / 365.25), rel=2e-3
    )


def test_rivals_see_nothing_that_is_held_out() -> None:
    facts = published()
    shifted = facts.copy()
    shifted.loc[shifted.role == "held out", "value"] *= 3
    assert rivals(shifted).equals(rivals(facts))
