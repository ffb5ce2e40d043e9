"""Both parties' books: parts add up, and are the accounts of the ledger that a comparison does not keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.engine.seeds import replication_seeds
from sim.engine.start import open_market
from sim.experiments.compare import RECORD, Settings, compare
from sim.market import Market
from sim.outcomes.comparison import Comparison
from sim.pictures.comparison.accounts import Part, Reader, entrant_parts, host_parts, kept
from sim.pictures.comparison.books import books
from sim.pictures.comparison.entry import entry
from sim.scenario.schema import Scenario
from tests.pictures.checks import check, title, words
from tests.pictures.comparison.test_comparison import (
    BUSY,
    NO_MARKETPLACE,
    POPUP,
    comparison,
    few_buyers,
    first,
    scenario,
)

__all__ = ["comparison"]

STORE = "storefronts.amazon_on_pinduoduo"
TERMS = {
    "guarantee": (f"{STORE}.contract.guarantee=120_000_000", f"{STORE}.contract.annual_fee=2_000_000"),
    "small guarantee": (f"{STORE}.contract.guarantee=1_000",),
    "wholesale": (
        f"{STORE}.contract.mode=wholesale",
        f"{STORE}.contract.wholesale_price=0.8",
        f"{STORE}.contract.commission=0",
        f"{STORE}.contract.discounts_paid_by_host=0",
    ),
    "stays open": (f"{STORE}.open.to=null",),
}
SETTINGS = Settings(replications=1, consumers=2_000)


def reader(comparison: Comparison) -> Reader:
    return Reader(comparison, POPUP, entry(comparison, POPUP))


def both(terms: str) -> tuple[Scenario, Scenario]:
    """The baseline, and a storefront on other terms."""
    busy = tuple(f"{STORE}.{text}" for text in BUSY)
    return scenario("stay_out", NO_MARKETPLACE), scenario(POPUP, (*NO_MARKETPLACE, *busy, *TERMS[terms]))


@pytest.fixture(scope="module", params=list(TERMS))
def other_terms(request: pytest.FixtureRequest) -> tuple[str, Comparison]:
    """A storefront on other terms against staying out, once."""
    base, other = both(request.param)
    return request.param, compare(("stay_out", base), {POPUP: other}, SETTINGS)


@pytest.fixture(scope="module")
def markets() -> Iterator[tuple[Market, Market]]:
    """Both markets of the first replication of the storefront with a guarantee, run to the end."""
    seeds = replication_seeds(SETTINGS.root_seed, 1, SETTINGS.vary)[0]
    with ExitStack() as stack:
        found = []
        for one in both("guarantee"):
            market = open_market(
                one, world_seed=seeds.world, shock_seed=seeds.shock, consumers=SETTINGS.consumers,
                record=RECORD, run_off=True,
            )  # fmt: skip
            found.append(stack.enter_context(market))
            found[-1].run()
        yield found[0], found[1]


def booked(markets: tuple[Market, Market], account: str, who: str, weeks: range) -> float:
    """What somebody earned less paid on an account in some weeks: scenario less baseline."""
    sums = []
    for market in markets:
        table = market.ledger.table()
        table = table[(table.account == account) & table.week.isin(weeks)]
        sums.append(table.amount[table.payee == who].sum() - table.amount[table.payer == who].sum())
    return float(sums[1] - sums[0])


# --- parts add up ----------------------------------------------------------------------------------


def adds_up(parts: list[Part]) -> None:
    """Every total is the sum of all parts above it, replication by replication."""
    at = 0.0 * parts[0].money
    for part in parts:
        if part.total:
            np.testing.assert_allclose(part.money, at, rtol=1e-9, atol=1e-2)
        else:
            at = at + part.money


def test_parts_add_up_to_the_value(comparison: Comparison) -> None:
    read = reader(comparison)
    for parts, firm in ((entrant_parts(read), "amazon"), (host_parts(read), "pinduoduo")):
        adds_up(parts)
        value = read.outcome("NPV with run-off", [firm], "horizon")
        assert parts[-1].total
        np.testing.assert_allclose(parts[-1].money, value)
        assert value.abs().min() > 1e5


def test_parts_add_up_on_any_terms(other_terms: tuple[str, Comparison]) -> None:
    _, found = other_terms
    adds_up(entrant_parts(reader(found)))
    adds_up(host_parts(reader(found)))
    check(books(found, POPUP))


def test_the_rest_is_small(comparison: Comparison) -> None:
    """On a year nothing but discounting is left: less than the rate takes off the largest sum."""
    for parts in (entrant_parts(reader(comparison)), host_parts(reader(comparison))):
        other = next(part for part in parts if part.label == "Discounting and other")
        largest = max(part.money.abs().max() for part in parts if part.total)
        assert other.money.abs().max() < 0.05 * largest


# --- parts are accounts ----------------------------------------------------------------------------


def parts_by_name(parts: list[Part]) -> dict[str, float]:
    return {part.label: float(part.money.iloc[0]) for part in parts}


def test_parts_are_the_accounts_of_the_ledger(markets: tuple[Market, Market]) -> None:
    base, other = both("guarantee")
    found = compare(("stay_out", base), {POPUP: other}, SETTINGS)
    about, read = entry(found, POPUP), reader(found)
    mine, theirs = parts_by_name(entrant_parts(read)), parts_by_name(host_parts(read))
    open_, all_ = range(about.first, about.last + 1), range(about.horizon)

    def amazon(*accounts: str) -> float:
        return sum(booked(markets, account, "amazon", open_) for account in accounts)

    def pinduoduo(*accounts: str) -> float:
        return sum(booked(markets, account, "pinduoduo", all_) for account in accounts)

    sales = (
        mine["Sales at the storefront, without import tax"] + mine["Own site: sales meanwhile, without tax"]
    )
    assert sales == pytest.approx(amazon("sales", "import tax"))
    assert mine["Goods"] == pytest.approx(amazon("goods"))
    assert mine["Shipping, returns, payment services"] == pytest.approx(
        amazon("shipping", "returns", "payment fee")
    )
    assert mine["Running the storefront"] == pytest.approx(amazon("running cost"))
    assert mine["Commission and fees to Pinduoduo"] == pytest.approx(amazon("commission", "annual fee"))
    assert mine["Pinduoduo's part of its discounts"] == pytest.approx(amazon("discount support"))
    assert mine["Set-up and closing of the storefront"] == pytest.approx(amazon("set-up", "exit"))
    assert mine["Guarantee to the host"] == pytest.approx(amazon("guarantee"))
    assert mine["Guarantee to the host"] < -1e6
    assert theirs["Commission and fees from the storefront"] == pytest.approx(
        pinduoduo("commission", "annual fee", "guarantee")
    )
    own = sum(amount for label, amount in theirs.items() if label.startswith("Own merchants"))
    assert own == pytest.approx(pinduoduo("commission and advertising"), rel=1e-6, abs=1.0)


def test_who_buys_the_goods_pays_for_them_under_wholesale(other_terms: tuple[str, Comparison]) -> None:
    terms, found = other_terms
    mine = parts_by_name(entrant_parts(reader(found)))
    assert ("Paid by the host for goods" in mine) == (terms == "wholesale")
    assert ("Sales at the storefront, without import tax" in mine) == (terms != "wholesale")
    assert ("Guarantee to the host" in mine) == (terms == "guarantee")


def test_a_storefront_that_stays_has_no_time_after(other_terms: tuple[str, Comparison]) -> None:
    terms, found = other_terms
    said = words(books(found, POPUP))
    assert ("Earned to the end of the horizon" in said) == (terms == "stays open")
    assert ("afterwards" in said) == (terms != "stays open")


def test_two_hosts_are_one_side_of_the_books(comparison: Comparison) -> None:
    """Whose books they are follows the storefronts: a second one brings its host in."""
    about = comparison.scenarios[POPUP]
    store = about.storefronts["amazon_on_pinduoduo"]
    second = store.model_copy(update={"host": "jd", "title": "Amazon on JD"})
    two = about.model_copy(update={"storefronts": {**about.storefronts, "amazon_on_jd": second}})
    found = replace(comparison, scenarios={**comparison.scenarios, POPUP: two})
    read = reader(found)
    parts = host_parts(read)
    adds_up(parts)
    alone = [read.outcome("NPV with run-off", [host], "horizon") for host in ("pinduoduo", "jd")]
    np.testing.assert_allclose(parts[-1].money, alone[0] + alone[1])
    assert parts[-1].label == "Value to Pinduoduo and JD (NPV)"


# --- the picture -----------------------------------------------------------------------------------


def test_the_picture_can_be_read_and_says_the_value(comparison: Comparison) -> None:
    figure = books(comparison, POPUP)
    check(figure)
    value = host_parts(reader(comparison))[-1].found.mean
    assert f" {value / 1e6:+.0f} m yuan [" in title(figure).replace("−", "-")
    assert "m yuan" in words(figure)


def test_one_replication_has_no_interval_and_too_few_purchases_no_picture(comparison: Comparison) -> None:
    figure = books(first(comparison, 1), POPUP)
    check(figure)
    assert "[" not in words(figure)
    assert "too few" in title(books(few_buyers(comparison), POPUP))


def test_bars_begin_where_the_one_above_ends(comparison: Comparison) -> None:
    parts = host_parts(reader(comparison))
    bars = [bar for bar in books(comparison, POPUP).axes[1].patches if bar.get_height() < 1]  # type: ignore[attr-defined]
    assert len(bars) == len(parts)
    at = 0.0
    for bar, part in zip(bars, parts, strict=True):
        start = 0.0 if part.total else at
        assert bar.get_x() == pytest.approx(start)  # type: ignore[attr-defined]
        at = start + bar.get_width()  # type: ignore[attr-defined]
        assert bar.get_width() * 1e6 == pytest.approx(part.money.mean())  # type: ignore[attr-defined]


def test_parts_that_are_nothing_are_left_out() -> None:
    parts = [
        Part("a", pd.Series([5.0, 6.0])),
        Part("b", pd.Series([1e-9, 0.0])),
        Part("c", pd.Series([0.0, 2.0])),
    ]
    assert [part.label for part in kept([*parts, Part("d", pd.Series([0.0, 0.0]), total=True)])] == [
        "a",
        "c",
        "d",
    ]


def test_a_week_without_a_simulated_sale_is_a_week_open(comparison: Comparison) -> None:
    """It costs as much to run as any other."""
    full = reader(comparison)
    store = full.about.stores[0]
    weekly = comparison.weekly
    sold = weekly[(weekly.channel == store) & (weekly.with_scenario > 0.0)]
    dull = weekly.with_scenario.where((weekly.channel != store) | (weekly.week != sold.week.min()), 0.0)
    thin = reader(replace(comparison, weekly=weekly.assign(with_scenario=dull)))
    assert full.weeks_open(store).nunique() == 1
    assert (thin.weeks_open(store) == full.weeks_open(store)).all()
    assert (full.weeks_open(store) == sold.week.nunique()).all()
