"""The threshold rule: the signal, hysteresis, patience, and Dixit's thresholds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.firms.policies import decide
from sim.firms.policy_threshold import beliefs, limits
from sim.scenario import schema
from tests.firms.views import (
    HIGH,
    HOST,
    LOW,
    STORE,
    acts,
    channel,
    hysteresis,
    monday,
    observation,
    policy,
    store,
)

# --- the signal --------------------------------------------------------------------------------------


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(0.05, 1.0), st.integers(0, 20))
def test_signal_after_a_step(before: float, after: float, smoothing: float, weeks: int) -> None:
    """Expected: after + (before - after)(1 - a)^n, the response of exponential smoothing to a step."""
    found = beliefs(channel([before] + [after] * weeks), [1.0] * (weeks + 1), smoothing, 0.0)
    assert found[-1] == pytest.approx(after + (before - after) * (1 - smoothing) ** weeks, abs=1e-9)


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.booleans()), max_size=12))
def test_closed_weeks_of_an_own_site_do_not_count(history: list[tuple[float, bool]]) -> None:
    """Expected: the signal of the open weeks alone, whatever stands in the others."""
    site = channel([x for x, _ in history], [is_open for _, is_open in history], host=None)
    opened = [x for x, is_open in history if is_open]
    alone = beliefs(channel(opened, host=None), None, 0.3, 7.0)
    assert [
        x for x, is_open in zip(beliefs(site, None, 0.3, 7.0), site.open_weeks, strict=True) if is_open
    ] == alone


def test_signal_while_closed_moves_with_the_host() -> None:
    """Expected by hand: margin 8 = -2 + 10; host at 1, 2, 2, 2, 2, so 8 x (1.25, 1.5, 1.75, 2) - 10.

    Only its last four open weeks count, not the 50 before; the mean of the host's last four weeks takes
    four weeks to double. Open again, the signal goes on from there: 6 + 0.5 (20 - 6) = 13.
    """
    shop = channel([-2.0] * 5 + [99.0] * 4 + [20.0], [True] * 5 + [False] * 4 + [True])
    found = beliefs(shop, [50.0] + [1.0] * 4 + [2.0] * 5, 0.5, 10.0)
    assert found == pytest.approx([-2.0] * 5 + [0.0, 2.0, 4.0, 6.0, 13.0])
    assert beliefs(shop, [0.0] * 10, 0.5, 10.0)[5:9] == [-2.0] * 4  # a host that sold nothing tells nothing


def test_no_signal_before_the_first_opening() -> None:
    """Expected: none while it was never open, then the first open week's contribution."""
    assert beliefs(channel([9.0, 9.0, 5.0], [False, False, True]), [1.0, 2.0, 3.0], 0.2, 1.0) == [
        None,
        None,
        5.0,
    ]


# --- entering and leaving ----------------------------------------------------------------------------

inside = st.lists(st.tuples(st.floats(LOW + 0.01, HIGH - 0.01), st.booleans()), min_size=1, max_size=15)


@given(
    inside, st.booleans(), st.floats(0.01, 1.0), st.floats(LOW, HIGH - 0.01), st.sampled_from([None, HOST])
)
def test_between_the_thresholds_nothing_changes(
    history: list[tuple[float, bool]], is_open: bool, smoothing: float, prior: float, host: str | None
) -> None:
    """Expected: no act, open or closed, from whichever side the signal came (the band of inaction)."""
    shop = channel([x for x, _ in history], [o for _, o in history], is_open=is_open, host=host)
    assert acts(hysteresis(smoothing=smoothing, prior=prior), observation(shop)) == []


@given(st.floats(-500, 500), st.booleans())
def test_one_week_decides_without_smoothing_and_patience(x: float, is_open: bool) -> None:
    """Expected: enter from the upper threshold up if closed, leave from the lower one down if open."""
    found = [do for do, _ in acts(hysteresis(), observation(channel([x], is_open=is_open)))]
    assert found == (["exit"] if is_open and x <= LOW else ["enter"] if not is_open and x >= HIGH else [])


def test_thresholds_themselves_count() -> None:
    """Expected: at the upper one enter, at the lower one leave, on Monday."""
    assert acts(hysteresis(), observation(channel([HIGH], is_open=False))) == [("enter", monday(1))]
    assert acts(hysteresis(), observation(channel([LOW]))) == [("exit", monday(1))]


def test_the_same_signal_finds_it_open_or_closed() -> None:
    """Expected: on the way up open from the upper threshold on, on the way down until the lower one."""
    rule, is_open, states = hysteresis(), False, []
    path = [0.0, 60.0, 120.0, 60.0, 0.0, -60.0, 0.0, 60.0, 120.0]
    for x in path:  # the last open week is what the firm knows, so each level is shown as such
        for do, _ in acts(rule, observation(channel([x], is_open=is_open))):
            is_open = do == "enter"
        states.append(is_open)
    assert states == [False, False, True, True, True, False, False, False, True]


@pytest.mark.parametrize(
    ("history", "opened", "leaves"),
    [
        ([0, 0, LOW, LOW, LOW], "ooooo", True),
        ([0, 0, 0, LOW, LOW], "ooooo", False),  # two weeks are not three
        ([LOW, LOW, 0, LOW, LOW], "ooooo", False),  # interrupted
        ([LOW, LOW], "oo", False),  # not open long enough
        ([LOW, LOW, LOW, LOW, LOW], "ooo-o", False),  # counts anew since it opened again
        ([LOW, LOW, LOW, LOW, LOW], "o-ooo", True),
    ],
)
def test_patience(history: list[float], opened: str, leaves: bool) -> None:
    """Expected: three open weeks in a row at or below the threshold, up to now, and no fewer."""
    shop = channel(history, [mark == "o" for mark in opened])
    assert acts(hysteresis(patience=3), observation(shop)) == (
        [("exit", monday(len(history)))] if leaves else []
    )


@pytest.mark.parametrize(("prior", "enters"), [(HIGH, True), (HIGH - 1, False)])
def test_the_first_entry_goes_by_what_is_expected(prior: float, enters: bool) -> None:
    """Expected: the prior alone decides; three weeks from a Monday end on a Sunday."""
    view = observation(channel([500.0] * 2, [False] * 2, is_open=False))
    found = decide(hysteresis(prior=prior, weeks=3), store(), view)
    assert [(a.do, a.on, a.to) for a in found] == [
        ("enter", monday(2), monday(5) - timedelta(days=1))
    ] * enters
    assert [a.to for a in decide(hysteresis(prior=prior), store(), view)] == [None] * enters


@pytest.mark.parametrize(("growth", "enters"), [(1.9, False), (2.0, True), (3.0, True)])
def test_a_growing_host_calls_a_brand_back(growth: float, enters: bool) -> None:
    """Expected: left at -30 with 60 of running cost; margin 30 x growth - 60 reaches 0 at twice the host.

    Scaling the contribution itself would never bring it back: a loss stays a loss.
    """
    shop = channel([-30.0] * 8, [True] * 4 + [False] * 4, is_open=False)
    view = observation(shop, [1.0] * 4 + [growth] * 4)
    assert bool(acts(hysteresis(enter_above=0.0), view, store(fixed=60.0))) is enters
    own = replace(shop, host=None)
    assert (
        acts(hysteresis(enter_above=0.0), observation(own, [1.0] * 4 + [growth] * 4), store(None, fixed=60.0))
        == []
    )


@pytest.mark.parametrize(("weeks", "last"), [(2, monday(6) - timedelta(days=1)), (None, None)])
def test_a_term_is_renewed_in_its_last_week(weeks: int | None, last: date | None) -> None:
    """Expected: at the upper threshold, when the last day comes, for as long again; else not."""
    closes = monday(4) - timedelta(days=1)
    rule = hysteresis(weeks=weeks)
    found = decide(rule, store(), observation(channel([HIGH] * 3, closes=closes)))
    assert [(a.do, a.on, a.to) for a in found] == [("extend", monday(3), last)]
    assert acts(rule, observation(channel([HIGH] * 2, closes=closes))) == []
    assert acts(rule, observation(channel([HIGH - 1] * 3, closes=closes))) == []
    assert acts(rule, observation(channel([HIGH] * 3))) == []


def test_what_is_planned_or_new_is_left_alone() -> None:
    """Expected: no entry before a planned opening; no exit before an open week is over."""
    planned = channel([HIGH], is_open=False, opens=monday(5))
    assert acts(hysteresis(), observation(planned)) == []
    assert acts(hysteresis(prior=LOW), observation(channel([]))) == []
    assert acts(hysteresis(prior=LOW), observation(channel([LOW], [False]))) == []
    assert acts(hysteresis(prior=HIGH), observation(channel([], closes=monday(0)))) == []


# --- Dixit -------------------------------------------------------------------------------------------

YEAR = 52.0
EVIDENCE = [(0.1, 1.4667, 0.7657), (0.2, 1.7831, 0.6550), (0.02, 1.1917, 0.9239)]
"""Volatility, P_H and P_L for w = 1, k = 4, l = 0, mu = 0, rho = 0.025 (Dixit 1989)."""


@pytest.mark.parametrize(("volatility", "enter", "leave"), EVIDENCE)
def test_thresholds_that_are_not_given_are_dixits(volatility: float, enter: float, leave: float) -> None:
    """Expected: the table's margins a year, less the running cost, a week."""
    spec = schema.Threshold(volatility=volatility)
    high, low = limits(spec, store(fixed=1 / YEAR, setup=4.0), 0.025, 0.0)
    assert (high * YEAR + 1.0, low * YEAR + 1.0) == pytest.approx((enter, leave), abs=1e-4)
    shop = store(fixed=1 / YEAR, setup=4.0)
    assert limits(schema.Threshold(volatility=volatility, exit_below=-1.0), shop, 0.025, 0.0) == (high, -1.0)
    assert limits(schema.Threshold(volatility=volatility, enter_above=1.0), shop, 0.025, 0.0) == (1.0, low)


positive = st.floats(0.01, 1e6)


@given(positive, positive, st.floats(0.0, 1e6), st.floats(0.02, 1.0), st.floats(0.01, 0.3))
def test_dixits_thresholds_are_apart(
    fixed: float, setup: float, leave: float, sigma: float, rho: float
) -> None:
    """Expected without drift: P_H > w + rho k and P_L < w - rho l (wider than Marshall's)."""
    high, low = limits(
        schema.Threshold(volatility=sigma), store(fixed=fixed, setup=setup, exit=leave), rho, 0.0
    )
    assert high > rho * setup / YEAR * (1 - 1e-9)
    assert low < max(-rho * leave / YEAR, -fixed) + 1e-9 * fixed
    assert low >= -fixed


def test_a_deposit_costs_its_interest() -> None:
    """Expected: paid at opening and returned at closing it moves margins like rho D a year of running cost.

    Exact: with V1 less D in the place of V1, the equations are those of running cost w + rho D. The
    interest is no part of the contribution, so the thresholds themselves lie rho D higher.
    """
    spec, costs = schema.Threshold(), dict(fixed=100.0, setup=4000.0, exit=500.0)
    held = np.array(limits(spec, store(deposit=3000.0, **costs), 0.1, 0.0))
    fee = np.array(limits(spec, store(annual_fee=300.0, **costs), 0.1, 0.0))
    assert held == pytest.approx(fee + 300.0 / YEAR, rel=1e-9)


def test_capital_is_charged_like_an_annual_fee() -> None:
    """Expected: 5 % on 6,000 is a running cost of 300 a year; an own site has no host to pay a fee."""
    spec, costs = schema.Threshold(), dict(fixed=100.0, setup=4000.0)
    tied = limits(spec, store(capital=6000.0, **costs), 0.1, 0.05)
    assert tied == pytest.approx(limits(spec, store(annual_fee=300.0, **costs), 0.1, 0.0))
    assert tied != pytest.approx(limits(spec, store(**costs), 0.1, 0.05))
    assert limits(spec, store(None, annual_fee=300.0, **costs), 0.1, 0.0) == limits(
        spec, store(**costs), 0.1, 0.0
    )


def test_thresholds_must_be_apart() -> None:
    """Expected: equal or crossed thresholds are refused, and so is Dixit's without anything sunk."""
    for low in (HIGH, HIGH + 1):
        with pytest.raises(ValueError, match=f"'{STORE}' enters above 100 and leaves below {low:g}"):
            acts(hysteresis(exit_below=low), observation(channel([0.0])))
    rule = policy("threshold", threshold={})
    with pytest.raises(ValueError, match="enters above 0 and leaves below 0"):
        acts(rule, observation(channel([0.0])), store(fixed=10.0))
    with pytest.raises(ValueError, match="cost something") as caught:
        acts(rule, observation(channel([0.0])))
    assert STORE in caught.value.__notes__[0]
