"""Merchants: log-logistic entry, its resting points against a solver, exclusivity as a cap."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import exp

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim.firms.merchants import (
    FLOOR,
    MerchantGroup,
    adjusted,
    cap,
    desired_share,
    profit_per_merchant,
    steady_listing_cost,
)
from sim.scenario import schema

TAKE_RATE, MARGIN, POTENTIAL = 0.04, 0.2, 5e5
MARKET = 2e9
"""Sales of the category in all channels, yuan a week."""
DEFAULT_THETA = 0.08

shares = st.floats(0.0, 1.0)
inner = st.floats(0.02, 0.98)
spreads = st.floats(0.2, 3.0)
money = st.floats(1e-3, 1e6)


def group(
    active: float, listing_cost: float, *, spread: float = 1.0, speed: float = 0.15, channel: str = "bazaar"
) -> MerchantGroup:
    spec = schema.Merchants(potential=POTENTIAL, active=active, cost_spread=spread, adjustment=speed)
    return MerchantGroup(mesa.Model(), channel, "imported", spec, TAKE_RATE, MARGIN, listing_cost)


def profit(gmv: float, active: float) -> float:
    return profit_per_merchant(gmv, TAKE_RATE, MARGIN, POTENTIAL * active)


def logit_share(active: float, theta: float, at: tuple[float, float]) -> float:
    """Share of K^theta against rivals that stay as they are, `at` = (active share, market share there)."""
    weight = (active / at[0]) ** theta * at[1] / (1.0 - at[1])
    return weight / (1.0 + weight)


def wish(theta: float, spread: float, at: tuple[float, float]) -> Callable[[float], float]:
    """Desired share as a function of the active share, with the fixed point `at`."""
    cost = steady_listing_cost(at[0], profit(MARKET * at[1], at[0]), spread)

    def desired(active: float) -> float:
        return desired_share(profit(MARKET * logit_share(active, theta, at), active), cost, spread)

    return desired


def settle(merchants: MerchantGroup, theta: float, at: tuple[float, float], steps: int = 600) -> float:
    """Active share after many adjustments to four weeks of sales each."""
    for _ in range(steps):
        for _ in range(4):
            merchants.observe(MARKET * logit_share(merchants.active, theta, at), 1.0)
        merchants.adjust(1.0)
    return merchants.active


# --- closed forms ------------------------------------------------------------------------------------


def test_profit_of_a_merchant() -> None:
    """Expected: 1,000 yuan at a margin of 20 % less 4 % fees leave 160, shared by eight."""
    assert profit_per_merchant(1000.0, 0.04, 0.2, 8.0) == pytest.approx(20.0)
    assert profit_per_merchant(1000.0, 0.25, 0.2, 8.0) < 0.0


def test_desired_share_in_closed_form() -> None:
    """Expected: half at R = F; R = 4 F gives 1 / (1 + 1/4) at spread 1, 1 / (1 + 1/2) at spread 2."""
    assert desired_share(7.0, 7.0, 0.4) == 0.5
    assert desired_share(8.0, 2.0, 1.0) == pytest.approx(0.8, rel=1e-14)
    assert desired_share(8.0, 2.0, 2.0) == pytest.approx(2.0 / 3.0, rel=1e-14)


@pytest.mark.parametrize("earned", [0.0, -5.0])
def test_nobody_lists_at_a_loss(earned: float) -> None:
    assert desired_share(earned, 1.0, 1.0) == 0.0


def test_free_listing_and_extremes() -> None:
    """Expected: the limits of the formula, without overflow."""
    assert desired_share(1e-9, 0.0, 1.0) == 1.0
    assert desired_share(1e-300, 1e300, 0.01) == 0.0
    assert desired_share(1e300, 1e-300, 0.01) == 1.0


@given(money, money, money, spreads)
def test_desired_share_rises_with_profit_and_falls_with_cost(
    earned: float, more: float, cost: float, spread: float
) -> None:
    share = desired_share(earned, cost, spread)
    assert 0.0 <= share <= 1.0
    assert desired_share(earned + more, cost, spread) >= share >= desired_share(earned, cost + more, spread)


@given(inner, money, spreads)
def test_steady_listing_cost_holds_the_share(active: float, earned: float, spread: float) -> None:
    """Expected: at that cost the desired share is the active one, to rounding."""
    cost = steady_listing_cost(active, earned, spread)
    assert desired_share(earned, cost, spread) == pytest.approx(active, rel=1e-12)


@pytest.mark.parametrize(("active", "earned"), [(0.4, 0.0), (0.4, -1.0), (0.0, 1.0), (1.0, 1.0)])
def test_no_cost_can_hold_merchants_who_lose(active: float, earned: float) -> None:
    with pytest.raises(ValueError, match="no listing cost"):
        steady_listing_cost(active, earned, 1.0)


def test_adjustment_closes_a_share_of_the_gap() -> None:
    """Expected: 0.4 + 0.25 (0.8 - 0.4) = 0.5; with the cap at 0.6 only 0.45."""
    assert adjusted(0.4, 0.8, 1.0, 0.25) == pytest.approx(0.5)
    assert adjusted(0.4, 0.8, 0.6, 0.25) == pytest.approx(0.45)
    assert adjusted(0.4, 0.2, 0.6, 0.25) == pytest.approx(0.35)
    assert adjusted(0.4, 0.0, 1.0, 1.0) == FLOOR


@given(st.floats(1e-12, 1.0), shares, shares, shares, shares)
def test_adjustment_is_bounded_neutral_and_rises_with_the_cap(
    active: float, desired: float, low: float, high: float, speed: float
) -> None:
    """Expected: in (0, 1]; speed 0 changes no bit, even below the floor; a cap of 1 is no cap."""
    low, high = min(low, high), max(low, high)
    assert 0.0 < adjusted(active, desired, low, speed) <= adjusted(active, desired, high, speed) <= 1.0
    assert adjusted(active, desired, low, 0.0) == active
    moved = active + speed * (desired - active)
    assert adjusted(active, desired, 1.0, speed) == pytest.approx(max(moved, min(active, FLOOR)), abs=1e-15)


# --- the group ---------------------------------------------------------------------------------------


def test_a_group_starts_where_the_scenario_says() -> None:
    merchants = group(0.37, 10.0)
    assert merchants.name == "bazaar, imported"
    assert (merchants.channel, merchants.category, merchants.active) == ("bazaar", "imported", 0.37)
    assert merchants.assortment_factor == 1.0


def test_a_group_stays_at_its_steady_listing_cost_in_every_season() -> None:
    """Expected: sales that follow the season say nothing about profit; their ratio to it is constant."""
    sales = 3e8
    merchants = group(0.37, steady_listing_cost(0.37, profit(sales, 0.37), 1.0))
    for week in range(40):
        season = 1.0 + 0.5 * np.sin(week)
        merchants.observe(sales * season, season)
        if week % 4 == 3:
            merchants.adjust(1.0)
    assert merchants.active == pytest.approx(0.37, rel=1e-12)


def test_adjustment_uses_the_mean_of_the_weeks_and_forgets_them() -> None:
    """Expected: by hand from the mean of 1, 2, 3 and 6; the second call has nothing to go by."""
    merchants = group(0.4, 50.0, speed=0.3)
    for sales in (1e8, 2e8, 3e8, 6e8):
        merchants.observe(sales, 1.0)
    merchants.adjust(1.0)
    desired = 1.0 / (1.0 + 50.0 / (0.16 * 3e8 / (POTENTIAL * 0.4)))
    expected = 0.4 + 0.3 * (desired - 0.4)
    assert merchants.active == pytest.approx(expected, rel=1e-12)
    assert merchants.assortment_factor == pytest.approx(expected / 0.4, rel=1e-12)
    merchants.adjust(0.0)
    assert merchants.active == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30)
@given(inner, money, st.floats(0.0, 1e9), shares)
def test_a_group_that_does_not_adjust_keeps_every_bit(
    active: float, cost: float, sales: float, bound: float
) -> None:
    merchants = group(active, cost, speed=0.0)
    for _ in range(3):
        merchants.observe(sales, 1.3)
        merchants.adjust(bound)
    assert merchants.active == active
    assert merchants.assortment_factor == 1.0


def test_a_saved_group_goes_on_bit_for_bit() -> None:
    """Expected: saved amid the four weeks and written as JSON, it ends where the other ends."""
    first, second = group(0.4, 50.0), group(0.4, 50.0)
    first.observe(1e8 / 3.0, 1.0)
    first.adjust(0.9)
    first.observe(2e8 / 3.0, 1.1)
    second.restore(json.loads(json.dumps(first.state())))
    for merchants in (first, second):
        merchants.observe(5e8, 1.0)
        merchants.adjust(0.9)
    assert first.active == second.active != 0.4
    assert first.state() == second.state()


# --- resting points (evidence row 28) ----------------------------------------------------------------


@settings(max_examples=60)
@given(st.floats(0.0, 4.0), spreads, inner, st.floats(0.02, 0.9))
def test_slope_of_the_desired_share(theta: float, spread: float, active: float, share: float) -> None:
    """Expected: (theta (1 - s) - 1) (1 - n) / sigma at the fixed point, by central difference."""
    desired = wish(theta, spread, (active, share))
    assert desired(active) == pytest.approx(active, rel=1e-10)
    step = 1e-5 * active
    slope = (desired(active + step) - desired(active - step)) / (2.0 * step)
    assert slope == pytest.approx((theta * (1.0 - share) - 1.0) * (1.0 - active) / spread, abs=1e-5)


@pytest.mark.parametrize("theta", [0.0, DEFAULT_THETA, 1.0])
@pytest.mark.parametrize("start", [0.05, 0.3, 0.9])
def test_crowding_leads_to_one_resting_point(theta: float, start: float) -> None:
    """Expected: from anywhere the root that a solver finds, here the calibrated share, to 1e-3."""
    at, spread = (0.45, 0.3), 1.0
    desired = wish(theta, spread, at)
    root = brentq(lambda n: desired(n) - n, 1e-3, 1.0 - 1e-9)
    assert root == pytest.approx(at[0], abs=1e-9)
    cost = steady_listing_cost(at[0], profit(MARKET * at[1], at[0]), spread)
    assert settle(group(start, cost, spread=spread), theta, at) == pytest.approx(root, abs=1e-3)


def test_a_strong_pull_of_assortment_makes_two_basins() -> None:
    """Expected: 4 (1 - 0.2) = 3.2 > 1 + 0.5 / (1 - 0.3) = 1.71, so 0.3 divides the ways.

    Above it merchants go to the upper root of the solver; below it, since n* falls as n^6 near zero, to
    the floor. With rivals frozen a low point above the floor cannot exist.
    """
    theta, spread, at = 4.0, 0.5, (0.3, 0.2)
    assert theta * (1.0 - at[1]) > 1.0 + spread / (1.0 - at[0])
    desired = wish(theta, spread, at)
    middle = brentq(lambda n: desired(n) - n, 0.2, 0.4)
    upper = brentq(lambda n: desired(n) - n, 0.4, 1.0 - 1e-9)
    assert middle == pytest.approx(0.3, abs=1e-9)
    assert upper > 0.6
    cost = steady_listing_cost(at[0], profit(MARKET * at[1], at[0]), spread)
    for start, end in ((0.29, FLOOR), (0.05, FLOOR), (0.31, upper), (0.99, upper)):
        assert settle(group(start, cost, spread=spread), theta, at) == pytest.approx(end, abs=1e-3)


@pytest.mark.parametrize("above", [False, True])
def test_tipping_begins_at_the_condition(above: bool) -> None:
    """Expected: just below theta (1 - s) = 1 + sigma / (1 - n) a small step dies out, just above it grows."""
    spread, at = 1.0, (0.4, 0.25)
    theta = (1.0 + spread / (1.0 - at[0])) / (1.0 - at[1]) * (1.1 if above else 0.9)
    cost = steady_listing_cost(at[0], profit(MARKET * at[1], at[0]), spread)
    end = settle(group(at[0] * 1.001, cost, spread=spread), theta, at, steps=80)
    assert (abs(end - at[0]) > 0.001 * at[0]) == above


# --- exclusivity (evidence row 29) -------------------------------------------------------------------


def test_the_strictest_rival_sets_the_cap() -> None:
    """Expected: 1 - 0.5 x 0.6 = 0.7, not 1 - 0.3 - 0.08."""
    assert cap([(0.5, 0.6), (0.1, 0.8)]) == pytest.approx(0.7)
    assert cap([]) == 1.0


@given(st.lists(st.tuples(shares, shares), max_size=4), shares)
def test_the_cap_is_a_share_and_one_without_exclusivity(rivals: list[tuple[float, float]], x: float) -> None:
    assert cap([(0.0, active) for _, active in rivals]) == 1.0
    assert 0.0 <= cap(rivals) <= 1.0
    assert cap([*rivals, (x, 0.7)]) <= cap(rivals)


def duopoly(exclusivity: float, theta: float, starts: tuple[float, float], *, capped: bool) -> list[float]:
    """Path of the active share of the rival of a platform that binds a share of its merchants.

    Plain logit with an outside option of 1 for both; each platform starts at its steady point.
    """

    def sales() -> tuple[float, float]:
        weights = [exp(theta * np.log(g.assortment_factor)) for g in (binder, rival)]
        return MARKET * weights[0] / (1.0 + sum(weights)), MARKET * weights[1] / (1.0 + sum(weights))

    costs = [steady_listing_cost(n, profit(MARKET / 3.0, n), 1.0) for n in starts]
    binder, rival = (group(n, cost) for n, cost in zip(starts, costs, strict=True))
    path = []
    for _ in range(30):
        for merchants, gmv in zip((binder, rival), sales(), strict=True):
            merchants.observe(gmv, 1.0)
        free = cap([(exclusivity, binder.active)]) if capped else 1.0
        binder.adjust(1.0)
        rival.adjust(free)
        path.append(rival.active)
    return path


starts = st.tuples(st.floats(0.2, 0.9), st.floats(0.2, 0.9))


@settings(max_examples=30, deadline=None)
@given(starts, st.floats(0.0, 1.0), shares, shares)
def test_exclusivity_never_helps_the_rival(
    start: tuple[float, float], theta: float, x: float, y: float
) -> None:
    """Expected: with theta <= 1 more merchants bound leave the rival with weakly fewer, in every period."""
    some, more = min(x, y), max(x, y)
    loose, strict = (duopoly(e, theta, start, capped=True) for e in (some, more))
    assert all(b <= a + 1e-12 for a, b in zip(loose, strict, strict=True))


def test_exclusivity_bites_and_without_it_nothing_changes() -> None:
    """Expected: bit-equal at 0; at 0.8 the rival falls to the cap, 1 - 0.8 x 0.6 or below."""
    start = (0.6, 0.6)
    assert duopoly(0.0, 0.5, start, capped=True) == duopoly(0.0, 0.5, start, capped=False)
    assert duopoly(0.8, 0.5, start, capped=True)[-1] < 0.53
