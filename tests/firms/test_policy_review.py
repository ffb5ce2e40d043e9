"""The review rule: figures, targets, outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from math import inf
from typing import Any

import pytest

from sim.firms.observation import Observation
from sim.firms.policies import decide
from sim.firms.policy_review import Figures, figures, outcome, targets_met
from sim.scenario import schema
from sim.scenario.schema import Act
from tests.firms.views import (
    OTHER,
    START,
    STORE,
    acts,
    channel,
    monday,
    observation,
    policy,
    store,
)

EXTENDED = {(True, True, True, True), (True, True, True, False)}
SWITCHED = {(True, False, True, True), (True, False, False, True)}


@pytest.mark.parametrize("case", list(product([True, False], repeat=4)))
def test_outcome_of_a_review(case: tuple[bool, bool, bool, bool]) -> None:
    """Expected: the table of the specification, row by row (sales, cost, repeat, other host)."""
    assert outcome(*case) == ("extend" if case in EXTENDED else "switch" if case in SWITCHED else "exit")


def counted(**parts: Any) -> Observation:
    """Six weeks, the fourth closed; the last three open ones are the third, fifth and sixth."""
    series: dict[str, Any] = dict(
        buyers=(99.0, 99.0, 10.0, 99.0, 20.0, 10.0), new_customers=(9.0, 9.0, 4.0, 9.0, 5.0, 1.0),
        advertising=(9.0, 9.0, 30.0, 9.0, 40.0, 50.0),
    )  # fmt: skip
    shop = channel(
        [7, 7, -100, 7, 50, -30], [True, True, True, False, True, True], sales=[7, 7, 100, 7, 200, 600],
        closes=monday(7) + timedelta(days=1),
    )  # fmt: skip
    return observation(shop, **(series | parts))


def test_figures_of_a_review() -> None:
    """Expected by hand: sales 900 / 3; cost (120 + 80) / 10; repeat 1 - 10 / 40; open weeks alone count."""
    view = counted()
    assert figures(view.channels[STORE], view, 3) == pytest.approx(Figures(300.0, 20.0, 0.75))
    profit = replace(view.channels[STORE], contribution=(0.0, 0.0, 90.0, 0.0, 0.0, 0.0))
    assert figures(profit, view, 3).cost_per_customer == pytest.approx(
        12.0
    )  # a profit pays for no advertising
    assert figures(view.channels[STORE], view, 52).sales == pytest.approx((7 + 7 + 900) / 5)
    nobody = counted(buyers=(0.0,) * 6, new_customers=(0.0,) * 6)
    assert figures(nobody.channels[STORE], nobody, 3) == Figures(300.0, inf, 0.0)
    assert figures(channel([1.0], [False]), observation(channel([1.0])), 3) == Figures(0.0, inf, 0.0)


@pytest.mark.parametrize(
    ("targets", "met"),
    [
        ({}, (True, True, True)),
        ({"sales": 300.0, "cost_per_customer": 20.0, "repeat": 0.75}, (True, True, True)),
        ({"sales": 301.0}, (False, True, True)),
        ({"cost_per_customer": 19.0}, (True, False, True)),
        ({"repeat": 0.76}, (True, True, False)),
    ],
)
def test_targets(targets: dict[str, float], met: tuple[bool, bool, bool]) -> None:
    """Expected: a target is met when just reached; each is judged by itself; one not given is met."""
    assert targets_met(schema.Review(on=START, **targets), Figures(300.0, 20.0, 0.75)) == met


@pytest.mark.parametrize(
    ("targets", "do", "on", "to", "switch_to"),
    [
        ({"sales": 300.0}, "extend", 1, monday(20), None),
        ({"cost_per_customer": 19.0}, "switch", 1, monday(20), OTHER),
        ({"sales": 301.0}, "exit", 9, None, None),  # the term runs out: closed from the day after the last
        ({"repeat": 0.8}, "exit", 9, None, None),
    ],
)
def test_a_review_acts(
    targets: dict[str, float], do: str, on: int, to: date | None, switch_to: str | None
) -> None:
    """Expected: on the day of the review (Tuesday of week 6), or the day after the planned last one."""
    day = monday(6) + timedelta(days=1)
    rule = policy(
        "review", review={"on": day, "weeks": 3, "extend_to": monday(20), "switch_to": OTHER} | targets
    )
    found = decide(rule, store(), counted())
    assert found == [
        Act(on=monday(6) + timedelta(days=on), do=do, to=to, switch_to=switch_to, storefront=STORE)
    ]


def test_a_review_happens_once_and_only_while_open() -> None:
    """Expected: nothing in other weeks or if closed; open-ended, it closes on the day of the review."""
    day = monday(2) + timedelta(days=6)
    rule = policy("review", review={"on": day, "sales": 1e9})
    dear = policy("review", review={"on": day, "cost_per_customer": 0.0})  # and no other host is named
    assert acts(dear, observation(channel([-1.0] * 2))) == [("exit", day)]
    found = [acts(rule, observation(channel([1.0] * week))) for week in range(5)]
    assert found == [[], [], [("exit", day)], [], []]
    assert acts(rule, observation(channel([1.0] * 2, is_open=False))) == []
