"""The host's side, net revenue and purchases moved in time, on tables and books made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.ledger import CONSUMERS, SERVICES, STATE, Ledger
from sim.outcomes.host import merchant_rows, money_rows, own_merchants
from sim.outcomes.hosted import pull_forward_rows
from sim.outcomes.periods import Period
from sim.outcomes.revenue import Books, net_revenue, revenue_rows
from sim.outcomes.sides import Sides, Tables
from tests.markets import autumn

STAY, POPUP = autumn("stay_out"), autumn("popup_on_pinduoduo_2019")
SITE, SHOP, HOST = "amazon_global", "amazon_on_pinduoduo", "pinduoduo"
TIERS = tuple(STAY.tiers)
PERIODS = [Period("window", 3, 8), Period("after", 9, 10), Period("horizon", 0, 10)]
MERCHANTS = f"merchants on {HOST}"
POSTINGS = [
    (3, CONSUMERS, "amazon", "sales", 1000.0), (3, "amazon", STATE, "import tax", 90.0),
    (3, "amazon", HOST, "commission", 30.0), (3, "amazon", HOST, "annual fee", 2.0),
    (3, "amazon", HOST, "deposit", 500.0), (9, HOST, "amazon", "deposit", 500.0),
    (4, HOST, "amazon", "discount support", 12.0), (4, HOST, MERCHANTS, "discount support", 7.0),
    (4, HOST, MERCHANTS, "subsidy", 40.0), (4, HOST, "amazon", "subsidy", 5.0),
    (4, MERCHANTS, HOST, "commission and advertising", 200.0), (4, CONSUMERS, MERCHANTS, "sales", 4000.0),
    (9, "amazon", HOST, "guarantee", 8.0), (9, "amazon", SERVICES, "exit", 100.0),
    (11, "amazon", HOST, "commission", 1e6), (11, CONSUMERS, "amazon", "sales", 1e6),
]  # fmt: skip


def market(scenario: Any, *postings: tuple[int, str, str, str, float], **more: Any) -> Any:
    ledger = Ledger(TIERS)
    for posting in postings:
        ledger.post(*posting)
    firms = {"platforms": scenario.platforms, "brands": scenario.brands, "storefronts": scenario.storefronts}
    return SimpleNamespace(spec=scenario, tiers=TIERS, horizon=11, ledger=ledger, **{**firms, **more})


def sales(*rows: tuple[int, str, str, str, float]) -> Tables:
    """Rows week, channel, category, tier, GMV."""
    table = pd.DataFrame(rows, columns=["week", "channel", "category", "tier", "gmv"])
    return Tables(table, pd.DataFrame(), pd.DataFrame(), pd.DataFrame())


def sides(before: Tables, after: Tables, flows: pd.DataFrame, *, other: Any = None) -> Sides:
    return Sides(market(STAY), other or market(POPUP), before, after, PERIODS, flows)


def flows(*rows: tuple[int, str, str, str, str, float, int, float]) -> pd.DataFrame:
    names = [
        "week",
        "category",
        "tier",
        "origin",
        "destination",
        "needs",
        "simulated_buyers",
        "effective_buyers",
    ]
    return pd.DataFrame(rows, columns=names)


def keyed(rows: Any, *keys: str) -> dict[Any, Any]:
    return {tuple(one[key] for key in keys): one for one in rows}


# --- money ---------------------------------------------------------------------------------------


def test_net_revenue_by_hand() -> None:
    """Sales and support less tax for the brand; fees less all support for the host; deposits never."""
    books = Books.of(market(POPUP, *POSTINGS))
    amazon, host = net_revenue(books, "amazon"), net_revenue(books, HOST)
    assert amazon.tolist() == pytest.approx([0, 0, 0, 1000.0 - 90.0, 12.0 + 5.0, 0, 0, 0, 0, 0, 0])
    paid = 12.0 + 7.0 + 40.0 + 5.0
    assert host.tolist() == pytest.approx([0, 0, 0, 32.0, 200.0 - paid, 0, 0, 0, 0, 8.0, 0])
    assert not net_revenue(books, "nobody").any()


def test_net_revenue_of_a_wholesaler() -> None:
    """The host sells what it bought: its revenue is what consumers pay, the brand's what the host pays."""
    books = Books.of(
        market(POPUP, (0, CONSUMERS, HOST, "sales", 100.0), (0, HOST, "amazon", "wholesale", 60.0))
    )
    assert (net_revenue(books, HOST)[0], net_revenue(books, "amazon")[0]) == pytest.approx((100.0, 60.0))


def test_books_without_postings() -> None:
    assert Books.of(market(STAY)).paid(["sales"]).tolist() == [0.0] * 11


def test_money_of_a_pair_by_period() -> None:
    pair = sides(sales(), sales(), flows(), other=market(POPUP, *POSTINGS))
    books = [Books.of(pair.base), Books.of(pair.other)]
    found = keyed(revenue_rows(pair, books), "party", "period")
    assert found["amazon", "horizon"]["difference"] == pytest.approx(1000.0 - 90.0 + 17.0)
    assert found[HOST, "after"]["difference"] == pytest.approx(8.0)
    assert found["jd", "horizon"]["difference"] == 0.0
    host = keyed(money_rows(pair, HOST, books), "outcome", "period")
    assert host["commission and fees received from the brand", "window"]["difference"] == pytest.approx(32.0)
    assert host["commission and fees received from the brand", "horizon"]["difference"] == pytest.approx(40.0)
    assert host["discounts paid for the storefront", "horizon"]["difference"] == pytest.approx(12.0)
    assert host["subsidies", "window"]["difference"] == pytest.approx(45.0)
    assert {one["party"] for one in host.values()} == {HOST}


# --- own merchants -------------------------------------------------------------------------------


def test_own_merchants_by_hand() -> None:
    """Only the platform's own imports in the window; behind them the market with more effective buyers."""
    before = sales((4, HOST, "imported", "T1", 100.0), (4, HOST, "fashion", "T1", 1e6))
    after = sales(
        (4, HOST, "imported", "T1", 70.0), (5, HOST, "imported", "T5", 4.0), (4, SHOP, "imported", "T1", 1e6),
        (9, HOST, "imported", "T1", 1e6),
    )  # fmt: skip
    went = flows(
        (4, "imported", "T1", HOST, HOST, 700.0, 70, 60.0),
        (4, "imported", "T1", HOST, SHOP, 300.0, 30, 20.0),
        (4, "fashion", "T1", HOST, HOST, 1e6, 10**6, 1e6),
        (9, "imported", "T1", HOST, HOST, 1e6, 10**6, 1e6),
    )
    found = keyed(own_merchants(sides(before, after, went), HOST, ["imported"], PERIODS[0]), "tier")
    assert found["all",]["difference"] == pytest.approx(-26.0)
    assert found["T5",]["with_scenario"] == pytest.approx(4.0)
    squares = 700.0**2 / 60.0 + 300.0**2 / 20.0
    assert found["T1",]["effective_buyers"] == pytest.approx(1000.0**2 / squares)
    assert found["T1",]["simulated_buyers"] == 100
    assert found["T5",]["effective_buyers"] == 0.0, "sold by chance only, nobody really bought"
    assert np.isnan(found["T2",]["effective_buyers"]), "nothing sold in either market"


def test_merchants_who_list() -> None:
    def listed(*shares: tuple[int, str, float]) -> Any:
        table = pd.DataFrame(
            [(week, HOST, kind, share) for week, kind, share in shares],
            columns=["week", "channel", "category", "active"],
        )
        return lambda: table

    pair = sides(sales(), sales(), flows())
    pair.base.merchants_table = listed((8, "imported", 0.5), (10, "imported", 0.6), (8, "fashion", 0.0))  # type: ignore[method-assign]
    pair.other.merchants_table = listed((8, "imported", 0.4), (10, "imported", 0.7), (8, "fashion", 0.0))  # type: ignore[method-assign]
    found = keyed(merchant_rows(pair, HOST, ["imported"]), "period")
    assert found["window",]["difference"] == pytest.approx(-0.1)
    assert found["horizon",]["difference"] == pytest.approx(0.1)
    assert ("after",) not in found
    assert list(merchant_rows(pair, "jd", ["imported"])) == []


# --- moved in time -------------------------------------------------------------------------------


def moved_in_time(later: float) -> dict[str, Any]:
    """The shop sells 200 in the window; imports after it fall from 100 by what is left."""
    before = sales((4, HOST, "imported", "T1", 500.0), (9, "jd", "imported", "T1", 100.0))
    after = sales(
        (4, SHOP, "imported", "T1", 200.0), (9, SITE, "imported", "T1", later / 2),
        (10, "jd", "imported", "T1", later / 2), (10, "jd", "fashion", "T1", 1e6),
    )  # fmt: skip
    went = flows(
        (4, "imported", "T1", HOST, SHOP, 1.0, 60, 60.0), (9, "imported", "T1", "jd", SITE, 1.0, 9, 9.0)
    )
    [one] = pull_forward_rows(sides(before, after, went))
    return one


def test_pull_forward_by_hand() -> None:
    one = moved_in_time(70.0)
    assert one["difference"] == pytest.approx(30.0 / 200.0)
    assert (one["party"], one["period"], one["weight"], one["simulated_buyers"]) == (
        "amazon",
        "after",
        200.0,
        60,
    )
    assert moved_in_time(100.0)["difference"] == pytest.approx(0.0)
    assert moved_in_time(140.0)["difference"] == pytest.approx(-0.2), "more was bought afterwards"


def test_nothing_is_moved_where_nothing_comes_after() -> None:
    pair = sides(sales(), sales(), flows())
    only = Sides(pair.base, pair.other, pair.before, pair.after, [PERIODS[0], PERIODS[2]], pair.flows)
    assert list(pull_forward_rows(only)) == []
