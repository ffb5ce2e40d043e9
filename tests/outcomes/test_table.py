"""What outcomes are, on tables made by hand: every number can be worked out on paper."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.experiments.compare import Settings, compare
from sim.ledger import SERVICES, STATE, Ledger
from sim.market import Market
from sim.outcomes.hosted import hosted_rows, moved, taken_directly
from sim.outcomes.money import (
    ONCE,
    brand_contribution,
    contribution_rows,
    customer_cost,
    flow_rows,
    paid,
)
from sim.outcomes.people import buyer_rows, gap, half_life, new_customers, team_rows, team_shares
from sim.outcomes.periods import Period
from sim.outcomes.sales import concentration, sales_rows
from sim.outcomes.sides import Sides, Tables
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import AUTUMN, CLOSED, SCENARIOS

SETS = [*AUTUMN, *CLOSED]
STAY = load(SCENARIOS / "stay_out.yaml", sets=SETS).scenario
POPUP_FILE, SHOP = SCENARIOS / "popup_on_pinduoduo_2019.yaml", "amazon_on_pinduoduo"
POPUP = load(POPUP_FILE, sets=SETS).scenario
TIERS = tuple(STAY.tiers)
UPPER = "T1, T1new, T2"
PERIODS = [Period("window", 3, 8), Period("after", 9, 10), Period("horizon", 0, 10)]
Found = dict[tuple[Any, ...], Any]


def sales(*rows: tuple[int, str, str, str, str, float]) -> pd.DataFrame:
    """Rows week, channel, host, brand, tier, GMV; everything imported; an order is 100."""
    table = pd.DataFrame(rows, columns=["week", "channel", "host", "brand", "tier", "gmv"])
    return table.assign(category="imported", orders=table.gmv / 100.0)


def people(*rows: tuple[int, str, str, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["week", "name", "tier", "aware", "buyers"])


def tables(sold: pd.DataFrame | None = None, known: pd.DataFrame | None = None) -> Tables:
    surplus = pd.DataFrame(
        {"week": 4, "category": "imported", "tier": TIERS, "decision": 1.0, "core": 2.0, "pathwise": 4.0}
    )
    teams = pd.DataFrame(columns=["week", "platform", "tier", "takes", "filled", "invitations", "gained"])
    return Tables(sales() if sold is None else sold, people() if known is None else known, teams, surplus)


def flows(*rows: tuple[int, str, str, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["week", "origin", "destination", "paid_after", "simulated_buyers"])


def market(scenario: Scenario, **more: Any) -> Any:
    firms = {"platforms": scenario.platforms, "brands": scenario.brands, "storefronts": scenario.storefronts}
    return SimpleNamespace(spec=scenario, tiers=TIERS, horizon=11, week=11, **{**firms, **more})


def sides(before: Tables, after: Tables, found: pd.DataFrame | None = None) -> Sides:
    return Sides(market(STAY), market(POPUP), before, after, PERIODS, flows() if found is None else found)


def keyed(rows: Any, *keys: str) -> Found:
    return {tuple(one[key] for key in keys): one for one in rows}


# --- hosted storefronts --------------------------------------------------------------------------


@pytest.fixture
def shop() -> Found:
    """The own site falls from 100 to 70 while the shop sells 120, then rises from 50 to 80."""
    before = sales(
        (4, "amazon_global", "", "amazon", "T1", 100.0), (9, "amazon_global", "", "amazon", "T1", 50.0)
    )
    after = sales(
        (2, "amazon_global", "", "amazon", "T1", 5.0),
        (4, "amazon_global", "", "amazon", "T1", 70.0),
        (5, SHOP, "pinduoduo", "amazon", "T2", 120.0),
        (9, "amazon_global", "", "amazon", "T1", 80.0),
    )
    went = flows(
        (5, "amazon_global", SHOP, 30.0, 20),
        (5, "jd", SHOP, 50.0, 40),
        (6, "amazon_global", "jd", 99.0, 7),
        (9, "amazon_global", SHOP, 1e6, 999),
    )
    return keyed(hosted_rows(sides(tables(before), tables(after), went)), "outcome", "period")


def test_hosted_and_other_channels_by_hand(shop: Found) -> None:
    assert shop["hosted GMV", "window"]["difference"] == 120.0
    assert shop["hosted GMV", "after"]["difference"] == 0.0
    assert shop["GMV of other channels", "window"]["difference"] == -30.0
    assert shop["GMV of other channels", "horizon"]["difference"] == 5.0 - 30.0 + 30.0
    assert shop["carry-over GMV", "after"]["difference"] == 30.0
    assert {key[0] for key in shop if shop[key]["party"] != "amazon"} == set()


def test_ratios_to_hosted_sales_by_hand(shop: Found) -> None:
    assert shop["cannibalisation of other channels", "window"]["difference"] == pytest.approx(30 / 120)
    assert shop["incremental share of hosted GMV", "window"]["difference"] == pytest.approx(90 / 120)
    assert shop["taken directly from other channels", "window"]["difference"] == pytest.approx(30 / 80)
    assert shop["carry-over per hosted GMV", "after"]["difference"] == pytest.approx(30 / 120)


def test_weights_and_buyers_of_ratios(shop: Found) -> None:
    """Each ratio weighs what it is divided by; purchases that moved while open stand behind it."""
    assert shop["cannibalisation of other channels", "window"]["weight"] == 120.0
    assert shop["taken directly from other channels", "window"]["weight"] == 80.0
    assert shop["carry-over per hosted GMV", "after"]["weight"] == 120.0
    assert shop["cannibalisation of other channels", "window"]["simulated_buyers"] == 60


def test_purchases_that_came_and_that_moved() -> None:
    """Needs that the shop met in both do not count; needs that left it have moved, but have not come."""
    went = flows(
        (1, "site", "shop", 10.0, 1), (1, "shop", "shop", 500.0, 2), (1, "shop", "jd", 700.0, 4),
        (1, "nothing online", "shop", 30.0, 8), (1, "site", "jd", 900.0, 16),
    )  # fmt: skip
    assert taken_directly(went, ["shop"], ["site"]) == (10.0, 40.0)
    assert moved(went, ["shop"]) == 1 + 4 + 8


# --- sales ---------------------------------------------------------------------------------------


def test_sales_of_brands_hosts_and_upper_tiers_by_hand() -> None:
    before = sales(
        (4, "pinduoduo", "pinduoduo", "", "T1", 1000.0), (4, "pinduoduo", "pinduoduo", "", "T5", 10.0)
    )
    after = sales(
        (4, "pinduoduo", "pinduoduo", "", "T1", 900.0),
        (4, "pinduoduo", "pinduoduo", "", "T5", 30.0),
        (4, SHOP, "pinduoduo", "amazon", "T2", 300.0),
        (4, SHOP, "pinduoduo", "amazon", "T4", 50.0),
        (9, SHOP, "pinduoduo", "amazon", "T4", 1e6),
    )
    found = keyed(sales_rows(sides(tables(before), tables(after)), PERIODS[0]), "outcome", "party", "tier")
    assert found["host GMV", "pinduoduo", "all"]["difference"] == 270.0
    assert found["host GMV, upper tiers", "pinduoduo", UPPER]["difference"] == 200.0
    assert found["host orders", "pinduoduo", "all"]["difference"] == pytest.approx(2.7)
    assert found["brand GMV", "amazon", "T4"]["difference"] == 50.0
    assert found["brand orders", "amazon", "all"]["with_scenario"] == pytest.approx(3.5)
    assert found["brand orders", "amazon", "all"]["unit"] == "orders"
    assert found["channel GMV", SHOP, "all"]["difference"] == 350.0
    assert found["consumer surplus, pathwise", "consumers", "all"]["baseline"] == 4.0 * len(TIERS)


def test_concentration_by_hand() -> None:
    """Host with its shop 60 of 100, brand's own site 30, another platform 10: 3600 + 900 + 100."""
    sold = sales(
        (1, "host", "host", "", "T1", 40.0), (1, "shop", "host", "brand", "T1", 20.0),
        (1, "site", "", "brand", "T1", 30.0), (1, "other", "other", "", "T1", 10.0),
    )  # fmt: skip
    assert concentration(sold, "imported") == pytest.approx(4600.0)
    assert concentration(sold[:1], "imported") == pytest.approx(10_000.0)
    assert np.isnan(concentration(sold, "everyday"))


# --- people --------------------------------------------------------------------------------------


def test_half_life_by_hand() -> None:
    """Closed in week 2 with a gap of 8; 4 or less is first seen three weeks later."""
    series = np.array([0.0, 5.0, 8.0, 7.0, 4.5, 4.0, 1.0])
    assert half_life(series, 2) == 3.0
    assert half_life(series, 5) == 1.0
    assert np.isnan(half_life(series, 6)), "the end comes first"
    assert np.isnan(half_life(series[:5], 2)), "not halved"
    assert np.isnan(half_life(-series, 2)), "no gap"


def test_awareness_gap_adds_tiers_and_counts_absent_as_nobody() -> None:
    before = people((0, "amazon", "T1", 1.0, 0.0), (1, "amazon", "T1", 2.0, 0.0), (1, "jd", "T1", 9.0, 0.0))
    after = people(
        (0, "amazon", "T1", 1.0, 0.0), (1, "amazon", "T1", 3.0, 0.0), (1, "amazon", "T2", 4.0, 0.0)
    )
    both = sides(tables(known=before), tables(known=after))
    assert gap(both, "amazon").tolist() == [0.0, 5.0]
    assert gap(both, "jd").tolist() == [0.0, -9.0]


def test_yearly_buyers_are_those_at_the_end_of_the_period() -> None:
    before = people(
        *((week, "pinduoduo", tier, 0.0, 10.0 * week) for week in (7, 8) for tier in ("T1", "T5"))
    )
    after = people(*((week, "pinduoduo", tier, 0.0, 11.0 * week) for week in (7, 8) for tier in ("T1", "T5")))
    rows = buyer_rows(sides(tables(known=before), tables(known=after)), PERIODS[0])
    found = keyed(rows, "outcome", "party", "tier")
    assert found["yearly buyers", "pinduoduo", "all"]["baseline"] == 160.0
    assert found["yearly buyers", "pinduoduo", "all"]["difference"] == pytest.approx(16.0)
    assert found["yearly buyers, upper tiers", "pinduoduo", UPPER]["difference"] == pytest.approx(8.0)
    assert ("yearly buyers, upper tiers", "amazon", UPPER) not in found


def teams(*rows: tuple[int, float, float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["week", "takes", "filled", "invitations", "gained"])
    return table.assign(platform="pinduoduo", tier="T1")


def test_team_metrics_by_hand() -> None:
    """Weeks 1 and 2: 30 of 40 filled, 60 invitations, 8 of 20 new people by invitation."""
    known = people(
        *((week, "pinduoduo", "T1", aware, 0.0) for week, aware in enumerate((100, 110, 120, 500)))
    )
    went = teams((0, 100, 1, 1000, 50), (1, 10, 6, 20, 5), (2, 30, 24, 40, 3), (3, 100, 1, 1000, 90))
    found = team_shares(went, known, "pinduoduo", Period("window", 1, 2))
    assert found["share of team orders that filled"] == pytest.approx(30 / 40)
    assert found["invitations per team order"] == pytest.approx(60 / 40)
    assert found["share of new access by invitation"] == pytest.approx(8 / 20)
    early = team_shares(went, known, "pinduoduo", Period("horizon", 0, 2))
    assert early["share of new access by invitation"] == pytest.approx(8 / 20), "the first week has no before"
    assert early["share of team orders that filled"] == pytest.approx(31 / 140)
    assert all(np.isnan(list(team_shares(went, known, "jd", PERIODS[0]).values())))


def test_teams_of_platforms_that_sell_to_them_only() -> None:
    known = people((2, "pinduoduo", "T1", 100.0, 0.0), (8, "pinduoduo", "T1", 110.0, 0.0))
    side = tables(known=known)
    some = Tables(side.sales, side.people, teams((4, 10, 5, 20, 2)), side.surplus)
    found = keyed(team_rows(sides(some, some), PERIODS[0]), "outcome", "party")
    assert {party for _, party in found} == {"pinduoduo"}
    assert found["share of new access by invitation", "pinduoduo"]["baseline"] == pytest.approx(0.2)


def test_new_customers_are_those_of_the_weeks() -> None:
    brand = SimpleNamespace(
        new_customers=(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 9e9)
    )
    m = market(STAY, brands={"amazon": brand})
    series = {"amazon": [new_customers(m, "amazon"), 2.0 * new_customers(m, "amazon")]}
    found = keyed(flow_rows("new customers", series, PERIODS, "people"), "period")
    assert found["window",]["baseline"] == 8 + 16 + 32 + 64 + 128 + 256
    assert found["after",]["difference"] == 512 + 1024
    assert found["horizon",]["with_scenario"] == 2 * 2047
    assert not new_customers(m, "nobody").any()


# --- money ---------------------------------------------------------------------------------------


def books(*postings: tuple[int, str, str, str, float]) -> Ledger:
    ledger = Ledger(TIERS)
    for posting in postings:
        ledger.post(*posting)
    return ledger


def store(owner: str, *weeks: float) -> Any:
    return SimpleNamespace(spec=SimpleNamespace(owner=owner), contribution=list(weeks))


def test_contribution_of_brands_platforms_and_rivals_by_hand() -> None:
    """Rivals: everybody but the host; Kaola belongs to Alibaba, which does not host."""
    sites = {"amazon_global": store("amazon", *[1.0] * 12), "else": store("other", *[50.0] * 12)}
    flow = [(4, STATE, name, "x", 10.0 * k) for k, name in enumerate(STAY.platforms, 1)]
    lost = [(5, "alibaba", STATE, "x", 4.0), (6, "pinduoduo", STATE, "x", 2.0)]
    more = sites | {SHOP: store("amazon", 0.0, 0.0, 0.0, 0.0, -7.0, 3.0)}
    before = market(STAY, storefronts=sites, ledger=books(*flow), brands={"amazon": None})
    after = market(POPUP, storefronts=more, ledger=books(*flow, *lost), brands={"amazon": None})
    both = Sides(before, after, tables(), tables(), PERIODS, flows())
    found = keyed(contribution_rows(both), "party", "period")
    assert found["amazon", "window"]["baseline"] == 6.0
    assert found["amazon", "window"]["difference"] == -4.0
    assert found["amazon", "horizon"]["baseline"] == 11.0
    assert found["alibaba", "window"]["difference"] == pytest.approx(-4.0)
    assert found["pinduoduo", "after"]["difference"] == 0.0
    others = sum(10.0 * k for k, name in enumerate(STAY.platforms, 1) if name != "pinduoduo")
    assert found["rivals", "window"]["baseline"] == pytest.approx(others)
    assert found["rivals", "window"]["difference"] == pytest.approx(-4.0)


def test_cost_of_a_customer_by_hand() -> None:
    """Set-up 100, exit 20, 30 more advertising, a loss of 50 over the horizon, for 40 customers."""
    spent = [(1, "amazon", SERVICES, "advertising", 70.0)]
    new = [
        (1, "amazon", SERVICES, "advertising", 100.0), (3, "amazon", SERVICES, "set-up", 100.0),
        (3, "amazon", "pinduoduo", "deposit", 1e6), (8, "amazon", SERVICES, "exit", 20.0),
        (8, "amazon", SERVICES, "running cost", 1e6), (11, "amazon", SERVICES, "advertising", 1e6),
    ]  # fmt: skip
    before = market(STAY, ledger=books(*spent), storefronts={"amazon_global": store("amazon", 10.0)})
    loss = {"amazon_global": store("amazon", 10.0), SHOP: store("amazon", *[-10.0] * 5)}
    after = market(POPUP, ledger=books(*new), storefronts=loss)
    one = customer_cost(before, after, "amazon", 40.0, 99.0)
    assert one["difference"] == pytest.approx((100 + 20 + 30 + 50) / 40)
    assert (one["weight"], one["simulated_buyers"], one["unit"]) == (40.0, 99.0, "yuan/person")
    gain = market(POPUP, ledger=books(*new), storefronts={SHOP: store("amazon", 9e9)})
    assert customer_cost(before, gain, "amazon", 40.0, 99.0)["difference"] == pytest.approx(150 / 40)
    assert np.isnan(customer_cost(before, after, "amazon", -40.0, 99.0)["difference"])
    assert brand_contribution(after, "amazon").tolist() == [0.0, -10.0, -10.0, -10.0, -10.0, *[0.0] * 6]


# --- on a real pair ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Found:
    """Differences of one replication by outcome, party and period; a pop-up that many see."""
    seen = [*SETS, f"storefronts.{SHOP}.exposure=1", f"storefronts.{SHOP}.appeal=0.5"]
    loud = load(POPUP_FILE, sets=seen).scenario
    settings = Settings(replications=1, consumers=3_000, run_off=False)
    found = compare(("stay", STAY), {"popup": loud}, settings).outcomes
    together = found[(found.tier == "all") | found.outcome.str.endswith("upper tiers")]
    return {
        (one["outcome"], one["party"], one["period"]): one["difference"]
        for one in together.to_dict("records")
    }


def test_parts_of_a_real_pair_add_up(real: Found) -> None:
    for period in ("window", "horizon"):
        parts = real["hosted GMV", "amazon", period] + real["GMV of other channels", "amazon", period]
        assert parts == pytest.approx(real["brand GMV", "amazon", period])
        assert real["hosted GMV", "amazon", period] > 0.0
    carried = real["carry-over GMV", "amazon", "after"]
    assert carried == pytest.approx(real["channel GMV", "amazon_global", "after"])
    assert carried > 0.0
    taken = real["cannibalisation of other channels", "amazon", "window"]
    assert real["incremental share of hosted GMV", "amazon", "window"] == pytest.approx(1.0 - taken)
    assert 0.0 <= real["taken directly from other channels", "amazon", "window"] <= 1.0


def test_people_of_a_real_pair_add_up(real: Found) -> None:
    """Who has become a customer is new; with a horizon below a year all customers bought in the last year."""
    new = [real["new customers", "amazon", period] for period in ("window", "after", "horizon")]
    assert new[0] + new[1] == pytest.approx(new[2])
    assert new[2] == pytest.approx(real["customers ever", "amazon", "horizon"])
    assert new[2] == pytest.approx(real["yearly buyers", "amazon", "horizon"])
    assert ("yearly buyers", "amazon", "after") not in real, "the same as at the horizon"
    assert (
        real["yearly buyers", "pinduoduo", "window"]
        >= real["yearly buyers, upper tiers", "pinduoduo", "window"]
    )


def test_contribution_and_what_is_paid_once_are_the_books() -> None:
    """Contribution less advertising, set-up and exit is the brand's net flow; the pop-up has no deposit."""
    with Market(POPUP, consumers=1_000) as one:
        one.run()
    spent = paid(one, "amazon", (*ONCE, "advertising"))
    assert paid(one, "amazon", ONCE) == 6_000_000.0
    flow = one.ledger.flows("amazon", one.horizon).sum()
    assert brand_contribution(one, "amazon").sum() - spent == pytest.approx(flow)
