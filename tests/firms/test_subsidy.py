"""Subsidy programmes: days, depth, and a budget that runs out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendar import DAYS, Calendar
from sim.firms.subsidy import SubsidyProgramme
from sim.scenario import schema

CALENDAR = Calendar(date(2019, 6, 3), date(2019, 12, 29))
DEPTH = 0.2
BRANDED, EVERYDAY = "electronics", "everyday"
Round = tuple[str, str, float]
SUMMER: Round = ("2019-06-03", "2019-08-11", 1000.0)
"""Ten whole weeks, 0 to 9."""


def programme(*rounds: Round, depth: float = DEPTH) -> SubsidyProgramme:
    spec = schema.Subsidy.model_validate({
        "platform": "groupbuy", "depth": {BRANDED: depth},
        "rounds": {f"r{k}": {"from": a, "to": b, "budget": c} for k, (a, b, c) in enumerate(rounds)},
    })  # fmt: skip
    return SubsidyProgramme(mesa.Model(), "ten_billion", spec)


def depth(subsidy: SubsidyProgramme, week: int, category: str = BRANDED) -> list[float]:
    return subsidy.cut(CALENDAR, week, category).tolist()


def run(
    subsidy: SubsidyProgramme, sales: Callable[[int, float], float], weeks: int = 10
) -> tuple[list[float], list[float]]:
    """Mean depth and spending by week when a day's sales in a week depend on the day's depth."""
    depths, spent = [], []
    for week in range(weeks):
        days = subsidy.cut(CALENDAR, week, BRANDED)
        amount = float(sum(d * sales(week, d) for d in days))
        subsidy.spend(week, amount)
        depths.append(float(days.mean()))
        spent.append(amount)
    return depths, spent


def steady(cost: float) -> Callable[[int, float], float]:
    """Sales that cost so much a week at the full depth of `DEPTH`, and in proportion below."""
    return lambda week, depth: cost / DAYS / DEPTH


# --- days --------------------------------------------------------------------------------------------


def test_cuts_by_the_day() -> None:
    """Expected: Wednesday of week 1 to Tuesday of week 2; other categories and weeks pay the price."""
    subsidy = programme(("2019-06-12", "2019-06-18", 1e9))
    assert depth(subsidy, 0) == [0.0] * DAYS
    assert depth(subsidy, 1) == [0.0, 0.0, DEPTH, DEPTH, DEPTH, DEPTH, DEPTH]
    assert depth(subsidy, 2) == [DEPTH, DEPTH, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert depth(subsidy, 3) == [0.0] * DAYS
    assert depth(subsidy, 1, EVERYDAY) == [0.0] * DAYS


def test_rounds_may_not_share_a_day() -> None:
    with pytest.raises(ValueError, match="share a day"):
        programme(("2019-07-01", "2019-07-31", 1.0), ("2019-06-03", "2019-07-01", 1.0))


# --- budget ------------------------------------------------------------------------------------------


def test_the_last_week_is_scaled_to_what_is_left() -> None:
    """Expected: 300 a week out of 1,000 are three weeks, a third of the depth, and nothing."""
    subsidy = programme(SUMMER)
    depths, spent = run(subsidy, steady(300.0))
    assert spent == pytest.approx([300.0, 300.0, 300.0, 100.0] + 6 * [0.0], abs=1e-9)
    assert depths == pytest.approx([DEPTH, DEPTH, DEPTH, DEPTH / 3.0] + 6 * [0.0], abs=1e-12)
    assert subsidy.left(CALENDAR, 2) == pytest.approx(100.0)
    assert subsidy.left(CALENDAR, 9) == pytest.approx(0.0, abs=1e-9)
    assert subsidy.overspent(CALENDAR, 9) == pytest.approx(0.0, abs=1e-9)


def test_a_scaled_week_is_read_as_one_at_full_depth() -> None:
    """Expected: 600 of 1,000, so 400 / 600 of the depth. That week costs 200, 300 at full depth, and 200
    are left: again 2 / 3. It costs 150, 225 at full depth: 50 / 225.
    """
    subsidy = programme(SUMMER)
    for week, (scale, amount) in enumerate([(1.0, 600.0), (2 / 3, 200.0), (2 / 3, 150.0), (2 / 9, 0.0)]):
        assert depth(subsidy, week) == pytest.approx([DEPTH * scale] * DAYS)
        subsidy.spend(week, amount)


def test_the_first_week_may_overspend() -> None:
    """Expected: nothing is known before it, so it runs at full depth, and the round is over."""
    subsidy = programme(SUMMER)
    depths, spent = run(subsidy, steady(2500.0))
    assert depths == pytest.approx([DEPTH] + 9 * [0.0])
    assert sum(spent) == pytest.approx(2500.0)
    assert subsidy.overspent(CALENDAR, 0) == pytest.approx(1500.0)
    assert subsidy.left(CALENDAR, 0) == 0.0


def test_a_short_first_week_is_read_by_the_day() -> None:
    """Expected: Saturday and Sunday cost 200, so seven days would cost 700; of 550 left 55 / 70."""
    subsidy = programme(("2019-06-08", "2019-07-07", 750.0))
    assert depth(subsidy, 0) == [0.0] * 5 + [DEPTH] * 2
    subsidy.spend(0, 200.0)
    assert depth(subsidy, 1) == pytest.approx([DEPTH * 55 / 70] * DAYS)


def test_a_short_last_week_needs_less() -> None:
    """Expected: 700 a week are 200 for the last two days; 250 are left, so the depth is full."""
    subsidy = programme(("2019-06-03", "2019-06-11", 950.0))
    subsidy.spend(0, 700.0)
    assert depth(subsidy, 1) == pytest.approx([DEPTH] * 2 + [0.0] * 5)


weekly = st.lists(st.floats(0.0, 600.0), min_size=10, max_size=10)


@settings(deadline=None, max_examples=60)
@given(weekly, st.floats(0.0, 5.0), st.floats(50.0, 3000.0))
def test_a_round_overspends_by_the_cut_on_additional_sales_only(
    base: list[float], pull: float, budget: float
) -> None:
    """Expected: within the budget up to the last week that pays; beyond it by at most depth times the
    growth of sales over the week before (in the first week: over what the budget buys at full depth).
    """
    subsidy = programme((SUMMER[0], SUMMER[1], budget))
    depths, spent = run(subsidy, lambda week, depth: base[week] * np.exp(pull * depth))
    last = max((week for week, amount in enumerate(spent) if amount > 0.0), default=0)
    before = spent[last - 1] / depths[last - 1] if last else budget / DEPTH
    growth = max(0.0, spent[last] - depths[last] * before)
    assert sum(spent[:last]) < budget
    assert sum(spent) <= budget + growth + 1e-6
    assert subsidy.overspent(CALENDAR, 9) == pytest.approx(max(0.0, sum(spent) - budget), abs=1e-6)
    assert subsidy.left(CALENDAR, 9) == pytest.approx(max(0.0, budget - sum(spent)), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.01, 0.45), st.floats(0.01, 0.45), st.floats(0.0, 4.0), st.floats(50.0, 5000.0))
def test_deeper_cuts_cost_more_until_the_budget_binds(a: float, b: float, pull: float, budget: float) -> None:
    """Expected: sales rise with the cut, so each week's cost does, as long as the budget suffices."""
    shallow, deep = (programme((SUMMER[0], SUMMER[1], budget), depth=d) for d in sorted((a, b)))
    (_, less), (_, more) = (run(s, lambda week, d: 100.0 * np.exp(pull * d)) for s in (shallow, deep))
    assert 0.0 < less[0] <= more[0]
    if 10.0 * more[0] < budget:
        assert all(x <= y for x, y in zip(less, more, strict=True))


@given(st.floats(0.01, 0.9), st.floats(0.01, 0.9))
def test_steady_sales_meet_the_budget_exactly(a: float, b: float) -> None:
    """Expected: whatever the depth, the budget is spent and no more; the deeper cut has spent more by
    any week.
    """
    paths = []
    for d in sorted((a, b)):
        _, spent = run(programme((SUMMER[0], SUMMER[1], 300.0), depth=d), lambda week, d: 50.0)
        assert sum(spent) == pytest.approx(min(max(300.0, spent[0]), 10 * DAYS * 50.0 * d))
        paths.append(np.cumsum(spent))
    assert (paths[0] <= paths[1] + 1e-9).all()


@given(st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_the_cut_is_in_proportion_to_the_depth_of_the_scenario(a: float, b: float) -> None:
    subsidies = [programme(SUMMER, depth=d) for d in (a, b)]
    for subsidy in subsidies:
        subsidy.spend(0, 800.0)
    assert np.array(depth(subsidies[0], 1)) * b == pytest.approx(np.array(depth(subsidies[1], 1)) * a)


# --- rounds ------------------------------------------------------------------------------------------


def test_rounds_are_separate() -> None:
    """Expected: the second has its own budget and knows nothing of the first, wherever they stand."""
    rounds: list[Round] = [("2019-07-01", "2019-07-14", 500.0), ("2019-06-03", "2019-06-16", 100.0)]
    subsidy = programme(*rounds)
    subsidy.spend(0, 170.0)
    assert depth(subsidy, 1) == [0.0] * DAYS
    assert subsidy.overspent(CALENDAR, 1) == pytest.approx(70.0)
    assert subsidy.left(CALENDAR, 2) == 0.0
    assert depth(subsidy, 4) == [DEPTH] * DAYS
    assert subsidy.left(CALENDAR, 4) == 500.0
    assert subsidy.overspent(CALENDAR, 4) == 0.0


def test_a_week_between_two_rounds_is_split_by_days_times_scale() -> None:
    """Expected: the first ends on Tuesday with 50 of the 200 that two days need, the second has five
    days at full depth: weights 2 x 1/4 and 5, so 110 are split into 10 and 100.
    """
    subsidy = programme(("2019-06-03", "2019-06-11", 750.0), ("2019-06-12", "2019-06-30", 400.0))
    subsidy.spend(0, 700.0)
    assert depth(subsidy, 1) == pytest.approx([DEPTH / 4] * 2 + [DEPTH] * 5)
    subsidy.spend(1, 110.0)
    assert subsidy.left(CALENDAR, 0) == pytest.approx(50.0)
    assert subsidy.left(CALENDAR, 1) == pytest.approx(40.0 + 300.0)
    assert subsidy.left(CALENDAR, 2) == pytest.approx(300.0)


def test_a_round_that_is_over_has_no_part_in_the_week_of_the_next() -> None:
    """Expected: Monday and Tuesday at the price, five days cut; all of the week's cost is the second's."""
    subsidy = programme(("2019-06-03", "2019-06-11", 600.0), ("2019-06-12", "2019-06-30", 400.0))
    subsidy.spend(0, 700.0)
    assert depth(subsidy, 1) == [0.0] * 2 + [DEPTH] * 5
    subsidy.spend(1, 100.0)
    assert subsidy.left(CALENDAR, 2) == pytest.approx(300.0)


# --- books -------------------------------------------------------------------------------------------


def test_the_cut_of_a_week_does_not_look_at_that_week() -> None:
    """Expected: bit-equal before and after booking, whatever was asked in between."""
    subsidy = programme(SUMMER)
    subsidy.spend(0, 700.0)
    before = depth(subsidy, 1)
    subsidy.spend(1, 200.0)
    subsidy.spend(1, 60.0)
    assert subsidy.left(CALENDAR, 1) == pytest.approx(40.0)
    assert depth(subsidy, 2) != before
    assert depth(subsidy, 1) == before == pytest.approx([DEPTH * 3 / 7] * DAYS)


def test_a_late_booking_counts() -> None:
    """Expected: the same cut as if it had been booked in time."""
    late, in_time = programme(SUMMER), programme(SUMMER)
    depth(late, 5)
    for subsidy in (late, in_time):
        subsidy.spend(0, 900.0)
    assert depth(late, 1) == depth(in_time, 1) == pytest.approx([DEPTH / 9] * DAYS)


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_strange_amounts_are_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="cannot spend"):
        programme(SUMMER).spend(0, amount)


def test_spending_without_a_cut_is_refused() -> None:
    """Expected: weeks outside the rounds and rounds that are over cost nothing; else the caller erred."""
    subsidy = programme(("2019-06-10", "2019-06-23", 100.0))
    subsidy.spend(0, 0.0)
    assert depth(subsidy, 1) == [DEPTH] * DAYS
    subsidy.spend(0, 5.0)
    with pytest.raises(ValueError, match="cut no price"):
        subsidy.cut(CALENDAR, 1, BRANDED)


def test_a_saved_programme_goes_on_bit_for_bit() -> None:
    """Expected: written as JSON after two weeks, it ends where the other ends."""
    first, second = programme(SUMMER), programme(SUMMER)
    for week, amount in enumerate((100.0 / 3.0, 700.0)):
        first.spend(week, amount)
    second.spend(0, 999.0)
    depth(second, 1)
    second.restore(json.loads(json.dumps(first.state())))
    assert depth(first, 2) == depth(second, 2) != [DEPTH] * DAYS
    assert first.left(CALENDAR, 2) == second.left(CALENDAR, 2)
    assert first.state() == second.state()
