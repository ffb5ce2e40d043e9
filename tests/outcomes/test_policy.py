"""What policies did: acts made by hand, closed forms, and one policy in a small market."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.calendar import Calendar
from sim.ledger import STATE, Ledger
from sim.market import Market
from sim.outcomes.periods import Period
from sim.outcomes.policy import (
    Move,
    false_exits,
    first,
    judge,
    moves,
    option_value,
    policy_rows,
    policy_value,
)
from sim.outcomes.sides import Sides
from sim.scenario import Scenario
from sim.scenario.schema import Act
from tests.markets import autumn

SHOP = "amazon_on_pinduoduo"
CALENDAR = Calendar(date(2019, 11, 4), date(2020, 1, 19))
ACTS = "acts: {away: {on: 2019-12-11, do: exit}}"
RULE = f"policies={{dates: {{brand: amazon, storefront: {SHOP}, rule: calendar, {ACTS}}}}}"
STAY, LEAVE = autumn("popup_on_pinduoduo_2019"), autumn("popup_on_pinduoduo_2019", RULE)
Done = list[tuple[int, str, Act]]


def act(do: Any, on: date = date(2019, 12, 11), **more: Any) -> Act:
    return Act(on=on, do=do, storefront=SHOP, **more)


def leave(week: int) -> Move:
    return Move(week, week, "rule", "exit", SHOP)


def test_a_switch_is_an_exit_and_an_entry_and_leaving_in_part_is_none() -> None:
    done: Done = [(4, "p", act("switch", switch_to="other")), (6, "p", act("exit", categories=["imported"]))]
    assert moves(done, CALENDAR) == [
        Move(4, 5, "p", "exit", SHOP),
        Move(4, 5, "p", "enter", "other"),
        Move(6, 5, "p", "change", SHOP),
    ]


# --- rows ----------------------------------------------------------------------------------------


def market(scenario: Scenario, acts: Done, earned: list[float] | None = None, opened: int = 11) -> Any:
    weeks = [week < opened for week in range(11)]
    store = SimpleNamespace(contribution=earned or [1.0] * 11, open_weeks=weeks)
    return SimpleNamespace(
        spec=scenario, calendar=CALENDAR, horizon=11, supply=SimpleNamespace(acts=acts),
        storefronts={SHOP: store},
    )  # fmt: skip


def found(base: Any, other: Any) -> dict[str, Any]:
    none: Any = None
    sides = Sides(base, other, none, none, [Period("horizon", 0, 10)], pd.DataFrame())
    rows = list(policy_rows(sides))
    assert {(one["party"], one["period"], one["tier"]) for one in rows} <= {(SHOP, "horizon", "all")}
    return {str(one["outcome"]): one for one in rows}


def test_first_acts_and_how_many_by_hand() -> None:
    done: Done = [
        (3, "p", act("change")), (5, "p", act("extend")), (5, "p", act("extend")), (7, "p", act("exit")),
        (9, "p", act("enter")), (10, "p", act("exit")), (11, "p", act("exit")),
    ]  # fmt: skip
    rows = found(market(STAY, []), market(LEAVE, done))
    weeks = {name: one["with_scenario"] for name, one in rows.items() if one["unit"] == "weeks"}
    assert weeks == {
        "weeks until the policy acts": 3, "weeks until a policy enters": 9,
        "weeks until a policy extends": 5, "weeks until a policy leaves": 7,
    }  # fmt: skip
    assert {one["baseline"] for one in rows.values() if one["unit"] == "weeks"} == {11.0}
    counts = {name: one["difference"] for name, one in rows.items() if one["unit"] == "acts"}
    assert counts == {"entries": 1, "extensions": 2, "exits": 2, "false exits": 2}


def test_without_policies_there_is_nothing_to_say() -> None:
    assert found(market(STAY, []), market(STAY, [])) == {}


def test_a_baseline_that_was_closed_does_not_say_whether_an_exit_was_false() -> None:
    done: Done = [(5, "p", act("exit"))]
    assert found(market(STAY, []), market(LEAVE, done))["false exits"]["difference"] == 1.0
    closed = market(STAY, [], opened=8)
    assert np.isnan(found(closed, market(LEAVE, done))["false exits"]["difference"])
    assert found(closed, market(LEAVE, []))["false exits"]["difference"] == 0.0


@given(st.lists(st.integers(0, 99)), st.integers(0, 60))
def test_the_first_act_never_comes_after_the_horizon(weeks: list[int], horizon: int) -> None:
    within = [leave(week) for week in weeks if week < horizon]
    assert first(within, horizon) == min([one.week for one in within] + [horizon])


# --- exits that were mistakes --------------------------------------------------------------------


def test_an_exit_is_false_if_the_half_year_after_it_would_have_earned_something() -> None:
    """-1 a week for 26 weeks from the exit on, then +100: only the later exit was false."""
    earned = np.array([5.0] * 10 + [-1.0] * 26 + [100.0] * 10)
    early, later = false_exits([leave(10), Move(11, 11, "p", "extend", SHOP), leave(11)], earned)
    assert (early.week, early.earned, early.false) == (10, -26.0, False)
    assert (later.week, later.earned, later.false) == (11, -25.0 + 100.0, True)


def test_the_horizon_ends_what_is_counted_and_nothing_earned_is_not_false() -> None:
    earned = np.array([0.0, 0.0, 3.0, 4.0])
    assert [one.earned for one in false_exits([leave(3), leave(4), leave(9)], earned)] == [4.0, 0.0, 0.0]
    assert [one.false for one in false_exits([leave(0), leave(0)], earned[:2])] == [False, False]
    assert false_exits([leave(1)], earned, weeks=2)[0].earned == 3.0
    with pytest.raises(ValueError, match="by 0 weeks"):
        false_exits([leave(1)], earned, weeks=0)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=60), st.integers(0, 59))
def test_a_storefront_that_would_have_lost_its_gains_is_never_left_falsely(
    earned: list[float], week: int
) -> None:
    series = np.array(earned)
    one, other = false_exits([leave(week)], series)[0], false_exits([leave(week)], -series)[0]
    assert not (one.false and other.false)
    assert false_exits([leave(week)], -np.abs(series))[0].false is False


# --- what a rule is worth ------------------------------------------------------------------------


def test_option_value_closed_form() -> None:
    """Gains 1, 2, 3: mean 2, Student interval 2 +- 2.92 / sqrt(3)."""
    rule, naive = np.array([11.0, 22.0, 33.0]), np.array([10.0, 20.0, 30.0])
    worth, back = option_value(rule, naive), option_value(naive, rule)
    assert worth.mean == pytest.approx(2.0)
    assert worth.high - worth.mean == pytest.approx(2.91999 / np.sqrt(3), rel=1e-5)
    assert back == pytest.approx((-worth.mean, -worth.high, -worth.low))
    assert option_value(rule + 1e3, naive + 1e3) == pytest.approx(worth), "what both share does not count"
    assert option_value(rule, rule) == (0.0, 0.0, 0.0)


def test_option_value_needs_pairs() -> None:
    alone = option_value(np.array([3.0]), np.array([1.0]))
    assert alone.mean == 2.0
    assert np.isnan([alone.low, alone.high]).all()
    for rule, naive in ((np.ones(2), np.ones(3)), (np.ones(0), np.ones(0))):
        with pytest.raises(ValueError, match="expected pairs"):
            option_value(rule, naive)


def test_a_rule_against_staying_and_against_dates_by_hand() -> None:
    """NPVs at week 1: 110 a year later is 100; the storefront that stays earns 9 a week from the exit on."""
    markets = []
    for name, paid in (("rule", 110.0), ("stay", 1e9), ("naive", 55.0)):
        one = market(LEAVE, [(5, "p", act("exit"))] if name == "rule" else [], [-9.0] * 5 + [9.0] * 6)
        one.ledger, one.horizon = Ledger(tuple(STAY.tiers)), 60
        one.ledger.post(53, STATE, "amazon", "x", paid)
        markets.append(one)
    rate = 1.0 + STAY.finance.discount_rate
    rule, stay, naive = markets
    worth = policy_value((rule, stay, naive), SHOP, 1)
    assert worth.rule == pytest.approx(110.0 / rate)
    assert worth.naive == pytest.approx(55.0 / rate)
    assert [(one.week, one.earned, one.false) for one in worth.exits] == [(5, 54.0, True)]


def test_a_policy_that_leaves_a_storefront_in_a_small_market() -> None:
    """It decides and leaves in week 5; what staying brought is the baseline's contribution from there on."""
    with Market(STAY, consumers=1_000) as stay, Market(LEAVE, consumers=1_000) as rule:
        for one in (stay, rule):
            one.run()
        (judged,) = judge(rule, stay, SHOP, weeks=3)
        series = stay.storefronts[SHOP].contribution
        rows = found(stay, rule)
        assert not any(rule.storefronts[SHOP].open_weeks[6:])
    assert judged.week == 5
    assert judged.known
    assert judged.earned == pytest.approx(sum(series[5:8]))
    assert judged.false == (sum(series[5:8]) > 0.0)
    assert (rows["exits"]["baseline"], rows["exits"]["with_scenario"]) == (0.0, 1.0)
    assert rows["weeks until a policy leaves"]["with_scenario"] == 5.0
    assert np.isnan(rows["false exits"]["difference"]), "the pop-up closes by itself before the horizon"
