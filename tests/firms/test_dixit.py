"""Entry and exit thresholds: golden rows 33 to 35, limits, and the conditions that define them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.firms.dixit import Thresholds, Venture, characteristic_roots, thresholds, values

Floats = npt.NDArray[np.float64]

GOLDEN = Venture(1.0, 4.0, 0.0, 0.0, 0.1, 0.025)
"""Rows 33 to 35: w = 1, k = 4, l = 0, mu = 0, rho = .025."""


@st.composite
def ventures(draw: st.DrawFn) -> Venture:
    """Ventures with a threshold on either side; closing may also release part of the entry cost."""
    rho = draw(st.floats(0.01, 0.2))
    w, k = draw(st.floats(0.05, 3.0)), draw(st.floats(0.01, 30.0))
    share = draw(st.floats(-0.9, 0.95))
    exit_cost = share * k if share < 0.0 else share * w / rho
    return Venture(w, k, exit_cost, rho * draw(st.floats(-2.0, 0.9)), draw(st.floats(0.01, 1.0)), rho)


def marshall(running_cost: float, entry_cost: float, exit_cost: float, discount_rate: float) -> Thresholds:
    """Thresholds of somebody who believes that today's margin lasts for ever: w + rho k and w - rho l.

    Units as in `thresholds`; 0 where leaving never pays. They are the limit of Dixit's without drift as
    the volatility goes to zero.
    """
    leave = running_cost - discount_rate * exit_cost
    return Thresholds(running_cost + discount_rate * entry_cost, max(leave, 0.0))


# --- golden numbers and limits -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sigma", "enter", "leave"),
    [
        (0.1, 1.4667, 0.7657), (0.2, 1.7831, 0.6550), (0.02, 1.1917, 0.9239),
        (0.01, 1.1487, 0.9578), (0.001, 1.1049, 0.9955),
    ],
)  # fmt: skip
def test_golden_thresholds(sigma: float, enter: float, leave: float) -> None:
    """Expected: rows 33 and 35 of the evidence, computed independently, to 1e-4."""
    assert thresholds(*GOLDEN._replace(volatility=sigma)) == pytest.approx((enter, leave), abs=1e-4)


def test_without_risk_marshall_is_right() -> None:
    """Expected (row 35): w + rho k = 1.1 and w - rho l as sigma goes to 0; the gap shrinks with sigma."""
    assert marshall(1.0, 4.0, 0.0, 0.025) == pytest.approx((1.1, 1.0), abs=1e-15)
    assert marshall(1.0, 4.0, 2.0, 0.025) == pytest.approx((1.1, 0.95), abs=1e-15)
    assert thresholds(1.0, 4.0, 2.0, 0.0, 1e-5, 0.025) == pytest.approx((1.1, 0.95), abs=1e-4)
    gaps = [thresholds(*GOLDEN._replace(volatility=s)).enter - 1.1 for s in (1e-3, 1e-4, 1e-5)]
    assert gaps == pytest.approx([4.93e-3, 4.92e-4, 4.92e-5], rel=5e-3)


def test_without_sunk_cost_there_is_no_hysteresis() -> None:
    """Expected: both at w; near that, ln(P_H / P_L) = (12 sigma^2 (k + l) / (2 w))^(1/3).

    Dixit (1991, "Analytical approximations in models of hysteresis", Review of Economic Studies 58):
    the band opens with the cube root of the cost, so a small cost keeps firms waiting for long.
    """
    assert thresholds(1.0, 0.0, 0.0, 0.0, 0.1, 0.025) == (1.0, 1.0)
    for cost in (1e-4, 1e-7, 1e-10):
        enter, leave = thresholds(1.0, cost / 2.0, cost / 2.0, 0.0, 0.1, 0.025)
        assert np.log(enter / leave) == pytest.approx((6.0 * 0.1**2 * cost) ** (1 / 3), rel=2e-3)


def test_who_cannot_gain_by_leaving_never_leaves() -> None:
    """Expected: exit at 0, and McDonald and Siegel's entry b1 / (b1 - 1) (rho - mu)(k + w / rho)."""
    b1 = 0.5 + np.sqrt(0.25 + 2.0 * 0.025 / 0.1**2)
    alone = b1 / (b1 - 1.0) * (1.0 + 0.025 * 4.0)
    assert thresholds(1.0, 4.0, 40.0, 0.0, 0.1, 0.025) == pytest.approx((alone, 0.0), rel=1e-12)
    assert thresholds(1.0, 4.0, 400.0, 0.0, 0.1, 0.025).exit == 0.0
    free_to_run = thresholds(0.0, 4.0, 0.0, 0.0, 0.1, 0.025)
    assert free_to_run == pytest.approx((b1 / (b1 - 1.0) * 0.1, 0.0), rel=1e-12)
    nearly = thresholds(1.0, 4.0, 40.0 - 1e-7, 0.0, 0.1, 0.025)
    assert nearly.enter == pytest.approx(alone, rel=1e-6)
    assert 0.0 < nearly.exit < 1e-6
    assert marshall(1.0, 4.0, 41.0, 0.025).exit == 0.0


# --- what defines the thresholds ---------------------------------------------------------------------


@settings(deadline=None, max_examples=200)
@given(ventures())
def test_roots(venture: Venture) -> None:
    """Expected: b (b - 1) sigma^2 / 2 + mu b = rho, b1 > 1, b2 < 0."""
    roots = characteristic_roots(venture.drift, venture.volatility, venture.discount_rate)
    assert roots.above >= 1.0
    assert roots.below < 0.0
    assert roots.excess == pytest.approx(roots.above - 1.0, rel=1e-6, abs=1e-12)
    for b, less in ((roots.above, roots.excess), (roots.below, roots.below - 1.0)):
        terms = [b * less * venture.volatility**2 / 2.0, venture.drift * b, -venture.discount_rate]
        assert sum(terms) == pytest.approx(0.0, abs=1e-12 * max(abs(t) for t in terms))


def conditions(venture: Venture, rule: Thresholds) -> Floats:
    """How far value matching and smooth pasting at both thresholds are from holding for one (A, B).

    In units of P_H / (rho - mu). Four linear equations in A P_H^b1 and B P_L^b2, by least squares;
    slopes are taken times P.
    """
    b1, b2, _ = characteristic_roots(venture.drift, venture.volatility, venture.discount_rate)
    high, low = np.array(rule) / (venture.discount_rate - venture.drift)
    up, down = (rule.exit / rule.enter) ** b1, (rule.exit / rule.enter) ** -b2
    forever = venture.running_cost / venture.discount_rate
    matrix = np.array([[-1.0, down], [-b1, b2 * down], [-up, 1.0], [-b1 * up, b2]])
    wanted = np.array([venture.entry_cost + forever - high, -high, -venture.exit_cost + forever - low, -low])
    unknowns = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
    return np.asarray((matrix @ unknowns - wanted) / high)


@settings(deadline=None, max_examples=300)
@given(ventures())
def test_value_matching_and_smooth_pasting(venture: Venture) -> None:
    """Expected: four equations, two unknown constants, no residual; and the band holds Marshall's."""
    rule = thresholds(*venture)
    assert 0.0 < rule.exit < rule.enter
    assert conditions(venture, rule) == pytest.approx(np.zeros(4), abs=1e-11)
    if venture.drift == 0.0:
        still = marshall(venture.running_cost, venture.entry_cost, venture.exit_cost, venture.discount_rate)
        assert rule.exit < still.exit < still.enter < rule.enter


def test_the_conditions_notice_a_wrong_rule() -> None:
    """Expected: one per cent off either threshold leaves a residual far above the tolerance."""
    enter, leave = thresholds(*GOLDEN)
    for wrong in (Thresholds(1.01 * enter, leave), Thresholds(enter, 0.99 * leave)):
        assert np.abs(conditions(GOLDEN, wrong)).max() > 1e-6


@settings(deadline=None, max_examples=200)
@given(ventures(), st.floats(1.05, 3.0))
def test_more_risk_means_more_waiting(venture: Venture, factor: float) -> None:
    """Expected: enter later and leave later the larger sigma (Dixit 1989, section III)."""
    calm = thresholds(*venture)
    wild = thresholds(*venture._replace(volatility=factor * venture.volatility))
    assert wild.enter > calm.enter
    assert wild.exit < calm.exit


@settings(deadline=None, max_examples=200)
@given(ventures(), st.floats(1e-3, 1e9))
def test_money_may_be_counted_in_anything(venture: Venture, unit: float) -> None:
    """Expected: thresholds are homogeneous of degree one in (w, k, l)."""
    w, k, exit_cost, *rates = venture
    scaled = thresholds(unit * w, unit * k, unit * exit_cost, *rates)
    assert scaled == pytest.approx([unit * t for t in thresholds(*venture)], rel=1e-9)


@settings(deadline=None, max_examples=200)
@given(ventures(), st.floats(2.0, 365.0))
def test_time_may_be_counted_in_anything(venture: Venture, parts: float) -> None:
    """Expected: flows and rates of a shorter period, sigma by its square root, give flows of that period."""
    w, k, exit_cost, mu, sigma, rho = venture
    short = thresholds(w / parts, k, exit_cost, mu / parts, sigma / np.sqrt(parts), rho / parts)
    assert short == pytest.approx([t / parts for t in thresholds(*venture)], rel=1e-8)


@settings(deadline=None, max_examples=200)
@given(ventures(), st.floats(0.9, 1.1), st.floats(0.9, 1.1))
def test_no_other_rule_is_worth_more(venture: Venture, enter: float, leave: float) -> None:
    """Expected: at no margin, outside or inside, has another pair of thresholds a larger value."""
    best = thresholds(*venture)
    other = Thresholds(best.enter * enter, best.exit * leave)
    if other.exit >= other.enter:
        return
    tolerance = 1e-9 * best.enter / (venture.discount_rate - venture.drift)
    for margin in (0.9 * best.exit, best.exit, np.sqrt(best.exit * best.enter), best.enter, 1.1 * best.enter):
        worth = zip(values(margin, other, venture), values(margin, best, venture), strict=True)
        assert all(theirs <= ours + tolerance for theirs, ours in worth)


def test_beyond_a_threshold_the_rule_acts() -> None:
    """Expected: outside and above it enters and pays k, inside and below it leaves and pays l."""
    venture = GOLDEN._replace(exit_cost=2.0)
    rule = thresholds(*venture)
    for margin in (rule.enter, 1.7 * rule.enter):
        outside, inside = values(margin, rule, venture)
        assert inside - outside == pytest.approx(4.0, abs=1e-12)
    for margin in (rule.exit, 0.4 * rule.exit):
        outside, inside = values(margin, rule, venture)
        assert inside - outside == pytest.approx(-2.0, abs=1e-12)
    below, above = (np.array(values(rule.enter * f, rule, venture)) for f in (1.0 - 1e-9, 1.0 + 1e-9))
    assert below == pytest.approx(above, abs=1e-6)
    calm = venture._replace(volatility=1e-3)
    assert np.isfinite(values(50.0, thresholds(*calm), calm)).all()
    assert np.isfinite(values(1e-4, thresholds(*calm), calm)).all()


def test_senseless_input_is_refused() -> None:
    """Expected: an error that names the number."""
    wrong = {
        "discount_rate": -0.01, "drift": 0.025, "volatility": 0.0, "running_cost": -1.0, "exit_cost": -4.5,
    }  # fmt: skip
    for name, value in wrong.items():
        with pytest.raises(ValueError, match=name):
            thresholds(*GOLDEN._replace(**{name: value}))
    with pytest.raises(ValueError, match="finite"):
        thresholds(*GOLDEN._replace(entry_cost=float("nan")))
    with pytest.raises(ValueError, match="cost something"):
        thresholds(0.0, 0.0, 1.0, 0.0, 0.1, 0.025)
    with pytest.raises(ValueError, match="exit < enter"):
        values(1.0, Thresholds(1.0, 1.0), GOLDEN)


# --- row 34: the value of waiting in a simulation ----------------------------------------------------

YEARS, MONTHS, PATHS = 200, 12, 10_000


class Followed(NamedTuple):
    """Mean discounted profit of a rule and its standard error."""

    mean: float
    error: float


def follow(rules: list[Thresholds], seed: int) -> list[Followed]:
    """Rules on the same paths: from P = 1, outside, 200 years of months at sigma = .1.

    The discounted sum of P - 1 has mean zero and goes along with profits: a control variate.
    """
    generator, step, golden = np.random.default_rng(seed), 1.0 / MONTHS, GOLDEN
    log_margin, control = np.zeros(PATHS), np.zeros(PATHS)
    active, profit = np.zeros((len(rules), PATHS), bool), np.zeros((len(rules), PATHS))
    high, low = np.array(rules).T[:, :, None]
    for month in range(YEARS * MONTHS):
        discount, margin = np.exp(-golden.discount_rate * month * step), np.exp(log_margin)
        enters = ~active & (margin >= high)
        active = (active | enters) & (margin > low)
        flow = active * (margin - golden.running_cost) * step
        profit += discount * (flow - golden.entry_cost * enters)
        control += discount * (margin - 1.0) * step
        noise = generator.standard_normal(PATHS)
        log_margin += golden.volatility * (np.sqrt(step) * noise - golden.volatility * step / 2.0)
    slope = np.array([np.cov(p, control)[0, 1] for p in profit]) / control.var()
    rest = profit - slope[:, None] * control
    return [Followed(float(r.mean()), float(r.std() / np.sqrt(PATHS))) for r in rest]


def test_value_of_waiting_in_a_simulation() -> None:
    """Expected (row 34): 6.15 by Dixit's thresholds and 2.01 by Marshall's, monthly, +-.3; theory 6.364.

    The row does not say where P starts and when it ends: outside at P = w = 1 gives 6.364 exactly, and
    200 years leave out 0.7 % of a perpetuity. In continuous time Marshall's rule is worth nothing here:
    it enters when the value of staying is k and leaves when it is 0. What it earns in months it
    owes to margins that have run past the threshold by the time it looks.
    """
    dixit, still = thresholds(*GOLDEN), marshall(1.0, 4.0, 0.0, 0.025)
    assert values(1.0, dixit, GOLDEN)[0] == pytest.approx(6.364, abs=5e-4)
    assert values(1.0, still, GOLDEN)[0] == pytest.approx(0.0, abs=1e-9)
    with_dixit, with_still = follow([dixit, still], seed=34)
    assert max(with_dixit.error, with_still.error) < 0.09
    assert with_dixit.mean == pytest.approx(6.15, abs=0.3)
    assert with_dixit.mean == pytest.approx(6.364, abs=0.3)
    assert with_still.mean == pytest.approx(2.01, abs=0.3)
