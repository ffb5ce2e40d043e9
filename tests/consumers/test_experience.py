"""Stock, habit, loyalty, trust: closed forms and balances (evidence 21 to 24)."""

from __future__ import annotations

import numpy as np
import pytest

from sim.consumers.demand import Record
from sim.consumers.experience import Deliveries, Memory, fade, learn_loyalty, learn_trust
from sim.market import Market
from sim.scenario import Scenario
from sim.scenario.schema import Season
from tests.markets import autumn, market

f4 = np.float32


def deliveries(m: Market, category: str) -> Deliveries:
    offers = m.offers[category]
    return m.demand.need_tables[category].deliveries(
        m.week, offers, m.demand.channel_tables[category].channels(offers)
    )


def test_everything_bought_is_used_or_stocked() -> None:
    """Evidence 21: with chi = 1 and eta = 0, purchases in weeks of use = use + change of stock, exactly."""
    sets = ("categories.everyday.storable_share=1", "categories.everyday.quantity_elasticity=0")
    m = market(autumn("stay_out", *sets), consumers=1_000)
    m.step()
    columns, d = m.consumers.columns, deliveries(m, "everyday")
    before = columns.stock[0].astype(np.float64).copy()
    m.demand.receive(m.week, m.offers)
    codes = m.demand.diaries["everyday"].codes.astype(int)
    tier = np.repeat(m.consumers.strata.tier, m.consumers.strata.count)
    supply = np.where(codes >= 0, d.supply[codes // 7, codes % 7], 0.0).sum(axis=0)
    bought = supply / (d.appetite[tier] * columns.means)
    used = np.minimum(before + bought, 1.0)
    assert bought.sum() > 100
    np.testing.assert_allclose(before + bought - used, columns.stock[0], atol=2e-6)


def test_half_of_the_extra_is_stored() -> None:
    """The storable share acts on the extra quantity only: supply = weeks (1 + chi (q - 1))."""
    m = market(autumn("stay_out", "categories.everyday.storable_share=0.5"), consumers=1_000)
    while m.week < 2:  # the week of Singles' Day
        m.step()
    d = deliveries(m, "everyday")
    quantity = m.demand.channel_tables["everyday"].channels(m.offers["everyday"]).quantity
    weeks = m.spec.categories["everyday"].weeks_per_order
    assert quantity.max() > 1.5
    np.testing.assert_allclose(d.supply, weeks * (1.0 + 0.5 * (quantity - 1.0)), rtol=1e-6)


def test_habit_fades_as_a_power() -> None:
    """Evidence 23: one purchase leaves (1 - d) d^t after t weeks."""
    m = market(autumn("stay_out"), consumers=200)
    columns, memory = m.consumers.columns, Memory(f4(0.92), f4(0.8), f4(0.1))
    bought = np.zeros(200, np.uint64)
    bought[7] = 1  # the first platform
    fade(columns, memory, 0, 0, 200, bought)
    bought[:] = 0
    for week in range(1, 11):
        fade(columns, memory, week, 0, 200, bought)
    assert columns.habit[0, 7] == pytest.approx(0.08 * 0.92**10, rel=1e-6)
    assert columns.last_order[0, 7] == 0
    assert columns.habit.sum() == columns.habit[0, 7]


def test_loyalty_moves_with_purchases_only() -> None:
    """Guadagni and Little: S = 1 - d^k after k purchases of the brand, d^k S after k of others."""
    m = market(autumn("stay_out"), consumers=200)
    m.step()
    columns, d, memory = m.consumers.columns, deliveries(m, "imported"), Memory(f4(0.9), f4(0.8), f4(0.1))
    columns.loyalty[:] = 0
    own = [o.channel for o in m.offers["imported"]].index("amazon_global")
    for _ in range(3):
        learn_loyalty(columns, d, memory, 5, own)
    assert columns.loyalty[0, 5] == pytest.approx(1 - 0.8**3, rel=1e-6)
    learn_loyalty(columns, d, memory, 5, 0)
    assert columns.loyalty[0, 5] == pytest.approx(0.8 * (1 - 0.8**3), rel=1e-6)
    fade(columns, memory, 1, 0, 200, np.zeros(200, np.uint64))
    assert columns.loyalty[0, 5] == pytest.approx(0.8 * (1 - 0.8**3), rel=1e-6)


def test_trust_learns_the_truth() -> None:
    """Evidence 24: with many purchases mean trust is the true authenticity (constant gain), to 1e-2."""
    m = market(autumn("stay_out"), consumers=2_000)
    m.step()
    columns, d, memory = m.consumers.columns, deliveries(m, "imported"), Memory(f4(0.9), f4(0.8), f4(0.05))
    row_keys = d.outcome_keys.copy()
    for purchase in range(150):
        key = np.uint64(int(row_keys[0]) ^ (purchase * 2_654_435_761))
        for row in range(2_000):
            learn_trust(columns, d, memory, row, 0, key)
    truth = m.spec.platforms["alibaba"].authenticity
    assert columns.trust[0].mean() == pytest.approx(truth, abs=1e-2)
    assert columns.trust[1].mean() == pytest.approx(m.spec.platforms["jd"].trust, abs=0.02)


def test_storefront_experience_is_shared() -> None:
    """A purchase at a storefront moves trust in host and brand by their shares of the gain."""
    m = market(autumn("popup_on_pinduoduo_2019"), consumers=200)
    m.step()
    columns, d, memory = m.consumers.columns, deliveries(m, "imported"), Memory(f4(0.9), f4(0.8), f4(0.1))
    shop = [o.channel for o in m.offers["imported"]].index("amazon_on_pinduoduo")
    host, brand = m.consumers.layout.firms.index("pinduoduo"), m.consumers.layout.firms.index("amazon")
    sure = d._replace(authentic=np.ones_like(d.authentic))
    columns.trust[:] = 0.5
    learn_trust(columns, sure, memory, 3, shop, np.uint64(1))
    assert columns.trust[host, 3] == pytest.approx(0.5 + 0.1 * 0.4 * 0.5, rel=1e-6)
    assert columns.trust[brand, 3] == pytest.approx(0.5 + 0.1 * 0.6 * 0.5, rel=1e-6)


def test_purchases_reach_the_right_firms() -> None:
    """The week's word holds the host, the brand and the channel of each purchase."""
    m = market(
        autumn("popup_on_pinduoduo_2019", "storefronts.amazon_on_pinduoduo.exposure=1"), consumers=3_000
    )
    while m.week < 5:
        m.step()
    layout = m.consumers.layout
    shop = [o.channel for o in m.offers["imported"]].index("amazon_on_pinduoduo")
    codes = m.demand.diaries["imported"].codes
    rows = np.flatnonzero(((codes >= 0) & (codes // 7 == shop)).any(axis=0))
    mask = np.uint64(layout.bit(platform="pinduoduo", brand="amazon", channel="amazon_on_pinduoduo"))
    assert len(rows) > 0
    assert ((m.demand.bought[rows] & mask) == mask).all()


@pytest.mark.parametrize(("chi", "expected"), [(0.2, 0.17), (0.35, 0.30), (0.5, 0.39)])
def test_part_of_an_event_is_borrowed_from_later(chi: float, expected: float) -> None:
    """Evidence 22: share of the bump of Singles' Day missing afterwards, +-.05.

    The prototype had .17, .30 and .45; at .5 this model has .39 (40,000 consumers; .38 to .41 by seed).

    As in the prototype everybody chooses every week, a normal order covers 1.15 weeks, and stock
    presses with 1.35 utils a week. The bump is measured against the same weeks without the event.
    """
    with_event, without = (everyday(chi, event) for event in (True, False))
    bump = with_event[1] - without[1]
    missing = (without - with_event)[2:].sum()
    assert missing / bump == pytest.approx(expected, abs=0.05)


def weekly_choosers(chi: float, event: bool) -> Scenario:
    """Everybody needs everyday goods in nearly every week; Singles' Day or no event at all."""
    sets = (
        "categories.everyday.needs_per_week=0.98", "categories.everyday.slots_per_week=1",
        "categories.everyday.weeks_per_order=1.15", "categories.everyday.stock_pressure=1.35",
        f"categories.everyday.storable_share={chi}", "behaviour.habit_weight=0", "population.income_spread=0",
        "time.warm_up_weeks=30",
        *(f"tiers.{t}.spend_per_shopper=10_000" for t in ("T1", "T1new", "T2", "T3", "T4", "T5")),
    )  # fmt: skip
    scenario = autumn("stay_out", *sets)
    events = {"singles_day": scenario.events["singles_day"]} if event else {}
    return scenario.model_copy(update={"season": Season(), "events": events})


def everyday(chi: float, event: bool) -> np.ndarray:
    """Goods sold by week at reference price, everyday, expected."""
    m = market(weekly_choosers(chi, event), consumers=10_000, record=Record(core=False), threads=2)
    while m.week < m.horizon:
        m.step()
    table = m.sales_table()
    return table[table.category == "everyday"].groupby("week").value.sum().to_numpy()
