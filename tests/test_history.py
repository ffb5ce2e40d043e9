"""The history-friendly scenarios: Amazon buys Joyo in 2004, and opens a shop on Tmall in 2015.

Directions are tested, not levels: `docs/history_friendly.md` tells what came out and what it is worth.
"""

from collections.abc import Sequence
from functools import cache

import pandas as pd
import pytest

from sim.experiments.compare import Comparison, Settings, compare
from sim.experiments.targets import read_targets
from sim.market import Market
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import SCENARIOS, market

B2C = ("amazon_site", "amazon_marketplace", "tmall", "jd", "dangdang", "others")
"""Shops of firms; on Taobao people sell to people, and the tables of B2C leave it out."""
WITHOUT_MARKETPLACE = ("storefronts.amazon_marketplace=null", "listing_costs.amazon_marketplace=null")
SHOP = "storefronts.amazon_on_tmall"


def scenario(name: str, *sets: str, patches: Sequence[str] = ()) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml", overrides=patches, sets=sets).scenario


def sales_by_year(m: Market) -> pd.DataFrame:
    """Expected sales, years in rows and channels in columns."""
    table = m.sales_table()
    years = table.week.map(lambda week: m.calendar.monday(week).year).rename("year")
    return table.groupby([years, "channel"], observed=True).gmv.sum().unstack(fill_value=0.0)


@cache
def shares(*patches: str) -> pd.DataFrame:
    """Shares of B2C by year in the acquisition, with some patches."""
    with Market(scenario("acquisition_2004", patches=patches), consumers=2_000) as m:
        sales = sales_by_year(m.run())[list(B2C)]
    table = sales.div(sales.sum(axis=1), axis=0)
    return table.assign(amazon=table.amazon_site + table.amazon_marketplace)


def fall(*patches: str) -> float:
    """How many times smaller Amazon's share of B2C is in 2018 than in 2005, its first whole year."""
    amazon = shares(*patches).amazon
    return float(amazon[2005] / amazon[2018])


# --- 2004 ----------------------------------------------------------------------------------------


def test_amazons_share_of_b2c_falls_from_its_first_year_on() -> None:
    amazon = shares().amazon
    assert amazon.idxmax() <= 2006
    assert list(amazon[[2005, 2008, 2011, 2014, 2018]].sort_values(ascending=False).index) == [
        2005, 2008, 2011, 2014, 2018,
    ]  # fmt: skip
    assert amazon[2005] > 0.08
    assert amazon[2018] < 0.015


def test_it_falls_less_when_nobodys_merchants_react() -> None:
    assert fall("merchants_frozen") < 0.85 * fall()


def test_it_does_not_fall_when_no_platform_becomes_better_known() -> None:
    assert fall("access_frozen") < 1.0 < 5.0 < fall()


def test_tmall_comes_in_april_2008_and_takes_half_of_b2c() -> None:
    tmall = shares().tmall
    assert tmall[2007] < 0.07 < 0.20 < tmall[2009]
    assert 0.45 < tmall[2013] < 0.75


def test_rivals_levels_are_those_they_were_set_to() -> None:
    """B2C in 2018: Tmall 61.5 %, JD 24.2 % (facts/market_share.csv); in 2007: Dangdang 18 %.

    With 2,000 consumers Dangdang's share has a standard error of 4 %.
    """
    table = shares()
    assert table.tmall[2018] == pytest.approx(0.615, abs=0.10)
    assert table.jd[2018] == pytest.approx(0.242, abs=0.12)
    assert table.dangdang[2007] == pytest.approx(0.18, abs=0.08)


def first_year(*sets: str) -> Market:
    spec = scenario("acquisition_2004", "time.end=2005-08-14", *WITHOUT_MARKETPLACE, *sets)
    with Market(spec, consumers=4_000) as m:
        return m.run()


def test_the_price_of_joyo_is_paid_once_and_its_customers_buy() -> None:
    bought, without = first_year(), first_year("brands.amazon.loyal=0")
    books = bought.ledger.table()
    price = books[(books.payer == "amazon") & (books.account == "set-up")]
    assert list(price.week) == [0]
    assert price.amount.sum() == pytest.approx(600e6)
    sales = [sales_by_year(m).amazon_site[2004] for m in (bought, without)]
    assert sales[0] > 1.05 * sales[1]


def test_the_baseline_has_the_same_market_without_amazon() -> None:
    base, other = scenario("no_acquisition_2004"), scenario("acquisition_2004")
    assert base.brands == {}
    assert base.storefronts == {}
    assert base.platforms == other.platforms
    assert base.population == other.population
    assert base.time == other.time


# --- 2015 ----------------------------------------------------------------------------------------


def test_the_market_of_2015_sells_what_it_was_solved_to() -> None:
    spec = scenario("china_2015", "time.end=2015-12-27")
    with Market(spec, consumers=6_000) as m:
        sales = m.run().sales_table().groupby("channel", observed=True).gmv.sum()
    rows = read_targets(SCENARIOS / "targets" / "china_2015.yaml").sales.values()
    target = pd.Series([row.gmv for row in rows], index=[row.channel for row in rows])
    target = target.groupby(level=0).sum()
    assert set(sales.index) == set(target.index)
    assert (sales / target).to_dict() == {name: pytest.approx(1.0, abs=0.12) for name in target.index}


def test_the_shop_opens_on_6_march_2015_and_sells_to_the_horizon() -> None:
    spec = scenario("storefront_on_tmall_2015", "time.end=2015-05-31", "finance.runoff_weeks=2")
    with market(spec, 2_000, run_off=True) as m:
        m.run()
        weeks = m.storefronts["amazon_on_tmall"].open_weeks
        first = m.calendar.monday(weeks.index(True))
        assert (str(first), weeks.count(True)) == ("2015-03-02", m.horizon - weeks.index(True))
        assert weeks[-2:] == [False, False]


KNOWN = (
    "time.end=2015-04-26",
    "time.warm_up_weeks=2",
    "population.interested_sample=0.9",
    "brands.amazon.awareness.initial=0.9",
    "brands.amazon.awareness.site_known=0.8",
    "brands.amazon.awareness.word_of_mouth=0",
)
"""Two months in which nearly everybody knows both of Amazon's shops, so that they compete."""


def compared(*sets: str, shop: Sequence[str] = ()) -> Comparison:
    base = scenario("china_2015", *sets)
    other = scenario("storefront_on_tmall_2015", *sets, *shop)
    settings = Settings(replications=2, consumers=4_000, workers=1, run_off=False)
    return compare(("china_2015", base), {"shop": other}, settings)


def taken_from(flows: pd.DataFrame, origin: str) -> float:
    """Share of the shop's sales that would have gone to a channel."""
    there = flows[flows.destination == "amazon_on_tmall"]
    return float(there[there.origin == origin].needs.sum() / there.needs.sum())


def test_the_own_site_loses_more_the_less_the_shop_belongs_to_its_host() -> None:
    flows = {
        weight: compared(
            *KNOWN, shop=(f"{SHOP}.host_weight={weight}", f"{SHOP}.exposure=1", f"{SHOP}.appeal=0")
        ).flows
        for weight in (0.1, 0.5, 0.9)
    }
    own = [taken_from(table, "amazon_global") for table in flows.values()]
    host = [taken_from(table, "alibaba") for table in flows.values()]
    assert own[0] > 1.1 * own[1] > 1.1 * own[2] > 0.0
    assert host[0] < host[1] < host[2]


def test_reach_exceeds_cannibalisation_when_many_see_the_shop() -> None:
    """The shop takes sales from the own site, but makes more people know it."""
    result = compared(
        "time.end=2015-12-27", "population.interested_sample=0.9", shop=(f"{SHOP}.exposure=0.06",)
    )
    assert taken_from(result.flows, "amazon_global") > 0.01
    weekly = result.weekly[result.weekly.channel == "amazon_global"]
    late = weekly[weekly.week >= 26]
    assert late.with_scenario.sum() > 1.1 * late.baseline.sum()
