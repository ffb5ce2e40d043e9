"""Tables of the team stage: strangers who fill up, and the team option by diary code."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from sim.calendar import DAYS
from sim.consumers.team_tables import Basket, TeamTables
from sim.market import Market
from tests.markets import autumn, market


@pytest.fixture(scope="module")
def shopped() -> Market:
    m = market(autumn("popup_on_pinduoduo_2019", "platforms.pinduoduo.teams.size=4"), consumers=500)
    m.step()
    return m


def both(m: Market) -> tuple[TeamTables, Basket]:
    return m.demand.team_stage.tables, m.demand.baskets["imported"]


def test_strangers_are_poisson(shopped: Market) -> None:
    """Expected: P(at most m come), mean growing with takes a product up to full density; none elsewhere."""
    tables, basket = both(shopped)
    rule = shopped.spec.platforms["pinduoduo"].teams
    assert rule is not None
    goods = np.array([offer.goods for offer in basket.offers])[:, None]
    share = np.array([0.0, 0.1, 0.5, 0.9, 1.0, 1.1, 20.0])
    found = tables.short(basket, share * rule.full_density * goods)
    assert found.shape == (len(basket.offers), DAYS, 3)
    for j, offer in enumerate(basket.offers):
        mean = rule.strangers * np.minimum(share, 1.0) * (offer.host == "pinduoduo")
        for m in range(3):
            assert found[j, :, m] == pytest.approx(poisson.cdf(m, mean), rel=1e-12), offer.channel


def test_option_by_code(shopped: Market) -> None:
    """Expected: code + 2 finds channel and day; only what is sold on the platform is worth anything."""
    tables, basket = both(shopped)
    option = tables.option(basket, ["pinduoduo"])
    assert option.worth[:2].tolist() == option.hassle[:2].tolist() == [0.0, 0.0]
    for j, offer in enumerate(basket.offers):
        for day in range(DAYS):
            code = 2 + 7 * j + day
            worth = basket.channels.worth[j, day] if offer.host == "pinduoduo" else 0.0
            assert (option.channel[code], option.worth[code]) == (j, worth)
            assert option.hassle[code] == basket.channels.hassle[j]
    assert option.worth.any()
    assert not tables.option(basket, ["jd"]).worth.any()
