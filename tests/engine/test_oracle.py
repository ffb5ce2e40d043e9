"""The oracle tries its options on copies and takes the best; nothing of that touches the market itself."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.oracle import best, options, value
from sim.engine.start import open_market
from sim.market import Market
from sim.market.checkpoint.snapshot import take
from sim.scenario import Scenario
from tests.markets import autumn

STORE = "amazon_on_pinduoduo"


def looking(*sets: str) -> Scenario:
    """The pop-up with a look ahead in its first week."""
    rule = f"{{brand: amazon, storefront: {STORE}, rule: oracle, oracle: {{every: 4, ahead: 4}}}}"
    return autumn("popup_on_pinduoduo_2019", f"policies={{look: {rule}}}", *sets)


def acts(scenario: Scenario) -> list[tuple[int, str]]:
    with open_market(scenario, consumers=1_500, folder=None) as market:
        while market.week < market.horizon:
            market.step()
        return [(week, act.do) for week, _, act in market.supply.acts]


def test_a_dear_storefront_is_left_and_a_cheap_one_is_kept() -> None:
    """Running costs far above any margin: leave at the first look; a fat margin: stay as long as one can."""
    dear = acts(looking(f"storefronts.{STORE}.costs.fixed=1e9"))
    assert dear[0] == (4, "exit")
    fat = ("costs.fixed=0", "costs.goods=0.3", "exposure=1")
    cheap = acts(looking(*(f"storefronts.{STORE}.{term}" for term in fat)))
    assert "exit" not in [do for _, do in cheap]
    assert (8, "extend") in cheap  # its last week: the end is near enough to matter


def test_the_best_option_has_the_highest_value_and_looking_changes_nothing() -> None:
    scenario = looking(f"storefronts.{STORE}.exposure=1")
    without = scenario.model_copy(update={"policies": {}})
    market = Market(without, consumers=1_500)
    for _ in range(8):
        market.step()
    policy, before = scenario.policies["look"], market.consumers.columns.aware.copy()
    chosen = best(market, policy, 4)
    state = take(market)
    worth = {
        None if act is None else act.do: value(state, without, policy, act, 4)
        for act in options(market, policy)
    }
    assert worth[None if chosen is None else chosen.do] == max(worth.values())
    assert len(set(worth.values())) > 1
    np.testing.assert_array_equal(market.consumers.columns.aware, before)
    assert market.week == 8


def test_a_plain_market_does_not_ignore_an_oracle() -> None:
    with Market(looking(), consumers=500) as market, pytest.raises(ValueError, match="look looks ahead"):
        market.step()
