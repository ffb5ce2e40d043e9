"""Who learns and forgets what: closed forms of the weekly hazards (evidence 17 and the steady start)."""

from __future__ import annotations

import numpy as np
import pytest

from sim.market import Market
from sim.scenario import Scenario
from tests.markets import NO_FEEDBACK, autumn, market

AWARENESS = "brands.amazon.awareness"
POPUP = "storefronts.amazon_on_pinduoduo"


def unknown_brand(*sets: str) -> Scenario:
    """Nobody knows the brand at the start; nobody buys from it, so only hazards act."""
    zero = ("initial=0", "site_known=0", "steady=false", "word_of_mouth=0")
    return autumn("stay_out", *(f"{AWARENESS}.{s}" for s in zero), *NO_FEEDBACK, *sets)


def share_aware(m: Market) -> float:
    mask = np.uint64(m.consumers.layout.bit(brand="amazon"))
    return float(((m.consumers.columns.aware & mask) != 0).mean())


def run(scenario: Scenario, weeks: int, consumers: int = 20_000) -> Market:
    m = market(scenario, consumers)
    for _ in range(weeks):
        m.step()
    return m


def test_external_hazard_alone() -> None:
    """Evidence 17: without word of mouth and forgetting F = 1 - exp(-p t)."""
    m = run(unknown_brand(f"{AWARENESS}.hazard=0.05", f"{AWARENESS}.forgetting=0"), 10)
    expected = 1 - np.exp(-0.05 * 10)
    assert share_aware(m) == pytest.approx(expected, abs=3.5 * np.sqrt(expected * (1 - expected) / 20_000))


def test_steady_state_with_forgetting() -> None:
    """Evidence 17: forgetting only when not hit again in the week: F = h / (h + f (1 - h))."""
    m = market(
        unknown_brand(f"{AWARENESS}.hazard=0.3", f"{AWARENESS}.forgetting=0.4", "time.end=2020-03-29"), 20_000
    )
    shares = []
    while m.week < 20:
        m.step()
        shares.append(share_aware(m))
    h = 1 - np.exp(-0.3)
    assert np.mean(shares[10:]) == pytest.approx(h / (h + 0.4 * (1 - h)), abs=4e-3)


def test_advertising_adds_to_the_hazard() -> None:
    """hz = 1 - exp(-k ln(1 + AD / x0)), AD = d AD + spend; closed form over weeks."""
    plan = "brands.amazon.advertising"
    sets = (f"{plan}.spend=1e6", f"{plan}.effect=0.1", f"{plan}.carry_over=0.5", f"{plan}.scale=1e6")
    m = run(unknown_brand(f"{AWARENESS}.forgetting=0", *sets), 6)
    stocks = [2 * (1 - 0.5**t) for t in range(1, 7)]
    expected = 1 - np.exp(-0.1 * np.log1p(stocks).sum())
    assert share_aware(m) == pytest.approx(expected, abs=3.5 * np.sqrt(expected * (1 - expected) / 20_000))
    assert m.ledger.accounts("amazon")["advertising"].sum() == pytest.approx(-6e6)


def test_word_of_mouth_of_everyone() -> None:
    """All are contacts: F next = F + (1 - F)(1 - exp(-q F)), the discrete Bass process without p."""
    sets = (
        f"{AWARENESS}.initial=0.1",
        f"{AWARENESS}.word_of_mouth=0.5",
        f"{AWARENESS}.forgetting=0",
        "network.kind=everyone",
    )
    m = run(unknown_brand(*sets), 8)
    share = 0.1
    for _ in range(8):
        share += (1 - share) * (1 - np.exp(-0.5 * share))
    assert share_aware(m) == pytest.approx(share, abs=0.02)


BASS = {2: 0.0847, 4: 0.2320, 6: 0.4372, 8: 0.6497, 10: 0.8113, 12: 0.9079}
"""Evidence 15: share aware after so many years at p = 0.03, q = 0.38 a year (independent code)."""


def test_bass_curve() -> None:
    """Evidence 15: everyone is a contact, nobody forgets: the Bass curve over twelve years."""
    p, q = 0.03 / 52, 0.38 / 52
    hazards = (f"{AWARENESS}.hazard={p}", f"{AWARENESS}.word_of_mouth={q}", f"{AWARENESS}.forgetting=0")
    m = market(unknown_brand(*hazards, "network.kind=everyone"), 40_000)
    share = 0.0
    for week in range(12 * 52):
        exposure = m.demand.exposure(week, {})
        m.demand.notice(week, exposure)
        m.demand.learn(week, exposure, {})
        share += (1 - share) * (1 - np.exp(-(p + q * share)))
        year, rest = divmod(week + 1, 52)
        if rest == 0 and year in BASS:
            assert share == pytest.approx(BASS[year], abs=1e-4)
            assert share_aware(m) == pytest.approx(BASS[year], abs=0.012)


def test_contacts_slow_it_down() -> None:
    """Fibich and Gibori: the ring spreads slower than everyone with everyone."""
    sets = (f"{AWARENESS}.initial=0.02", f"{AWARENESS}.word_of_mouth=1", f"{AWARENESS}.forgetting=0")
    ring = run(unknown_brand(*sets, "network.rewired=0"), 8)
    world = run(unknown_brand(*sets, "network.rewired=0.3"), 8)
    everyone = run(unknown_brand(*sets, "network.kind=everyone"), 8)
    assert share_aware(ring) < share_aware(world) < share_aware(everyone)


def test_base_awareness_is_steady() -> None:
    """The solved base keeps brand and own site where they start: within 5 % over the year (no entry)."""
    from sim.scenario import load
    from tests.markets import SCENARIOS

    scenario = load(SCENARIOS / "stay_out.yaml", sets=["time.warm_up_weeks=2"]).scenario
    m = market(scenario, 10_000, threads=2)
    m.step()
    brand, site = (
        m.consumers.layout.bit(**name) for name in ({"brand": "amazon"}, {"channel": "amazon_global"})
    )
    start = [m.demand.people_aware(mask).sum() for mask in (brand, site)]
    while m.week < 52:
        m.step()
    end = [m.demand.people_aware(mask).sum() for mask in (brand, site)]
    assert end == pytest.approx(start, rel=0.05)


def test_browsing_visits_show_the_storefront() -> None:
    """Seen in the opening week, before shopping: access x browsing x (1 - exp(-eps (1 + zeta known)))."""
    m = market(
        autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=0.5", f"{POPUP}.known_brand_boost=2"), 40_000
    )
    while m.week < 3:
        m.step()
    word = m.consumers.columns.aware.copy()
    layout = m.consumers.layout
    m.demand.notice(m.week, m.demand.exposure(m.week, {"amazon_on_pinduoduo": 0.5}))
    seen = (m.consumers.columns.aware & np.uint64(layout.bit(channel="amazon_on_pinduoduo"))) != 0
    access = ((word & np.uint64(layout.bit(platform="pinduoduo"))) != 0) & (
        m.consumers.columns.online_from <= m.week
    )
    known = (word & np.uint64(layout.bit(brand="amazon"))) != 0
    browsing = m.spec.platforms["pinduoduo"].browsing
    assert not seen[~access].any()
    assert seen[access & known].mean() == pytest.approx(browsing * (1 - np.exp(-1.5)), abs=0.015)
    assert seen[access & ~known].mean() == pytest.approx(browsing * (1 - np.exp(-0.5)), abs=0.015)


def test_partly_open_week_shows_less() -> None:
    """Exposure is in proportion to the open days of the week."""
    m = market(autumn("popup_on_pinduoduo_2019"), 500)
    whole, part = (m.demand.exposure(3, {"amazon_on_pinduoduo": 0.06 * days / 7}) for days in (7, 2))
    assert np.log1p(-part.chance_new[0]) == pytest.approx(np.log1p(-whole.chance_new[0]) * 2 / 7, rel=1e-5)
    assert len(m.demand.exposure(3, {}).host) == 0


def test_data_clause_links_buyers_to_the_own_site() -> None:
    """With site_link = 1 every buyer of the storefront knows the own site next week."""
    m = market(
        autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=1", f"{POPUP}.contract.site_link=1"), 5_000
    )
    while m.week < 6:
        m.step()
    layout = m.consumers.layout
    buyers = (m.demand.bought & np.uint64(layout.bit(channel="amazon_on_pinduoduo"))) != 0
    knows = (m.consumers.columns.aware & np.uint64(layout.bit(channel="amazon_global"))) != 0
    assert buyers.sum() > 3
    assert knows[buyers].all()


def test_order_of_storefronts_does_not_matter() -> None:
    """Names, never positions: two storefronts of a brand, declared in either order."""
    popup = autumn("popup_on_pinduoduo_2019", f"{POPUP}.exposure=1")
    first = popup.storefronts["amazon_on_pinduoduo"]
    second = first.model_copy(update={"host": "alibaba"})
    words = []
    for names in (("amazon_on_pinduoduo", "second"), ("second", "amazon_on_pinduoduo")):
        stores = {"amazon_on_pinduoduo": first, "second": second}
        both = {"amazon_global": popup.storefronts["amazon_global"], **{n: stores[n] for n in names}}
        m = run(popup.model_copy(update={"storefronts": both}), 5, 2_000)
        layout = m.consumers.layout
        words.append([m.demand.people_aware(layout.bit(channel=n)).sum() for n in sorted(stores)])
    assert words[0] == words[1]
