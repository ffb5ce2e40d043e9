"""Weeks in which two scenarios differ."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sim.outcomes.periods import Period, periods, seen_window
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import AUTUMN, CLOSED, SCENARIOS

SHOP = "amazon_on_pinduoduo"
POPUP = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=[*AUTUMN, *CLOSED]).scenario


def market(scenario: Scenario, **stores: Any) -> Any:
    return SimpleNamespace(spec=scenario, horizon=11, storefronts=stores)


def opened(*weeks: int) -> Any:
    return SimpleNamespace(open_weeks=[week in weeks for week in range(14)])


def test_window_as_it_came_out() -> None:
    """A policy kept the shop open two weeks longer; the run-off does not count; else what the files say."""
    before = market(POPUP, **{SHOP: opened(3, 4, 5)})
    after = market(POPUP, **{SHOP: opened(3, 4, 5, 6, 7, 12, 13)})
    assert seen_window(before, after) == (6, 7)
    assert seen_window(before, before) == (3, 8)
    assert periods(before, after) == [
        Period("window", 6, 7),
        Period("after", 8, 10),
        Period("horizon", 0, 10),
    ]
    to_the_end = market(POPUP, **{SHOP: opened(3, 4, 5, 10)})
    assert [period.name for period in periods(before, to_the_end)] == ["window", "horizon"]
