"""Who owes what: profit by contract in closed form, conservation, limits, and the commission zone."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import mesa
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendar import DAYS, Calendar
from sim.firms.contract import Terms, tax_share
from sim.firms.storefront import Storefront
from sim.ledger import CARRIERS, CONSUMERS, PAYMENT, SERVICES, STATE, SUPPLIERS, Ledger
from sim.scenario import schema
from sim.trade import ChannelSales, Offer

Floats = npt.NDArray[np.float64]

BRAND, HOST, GOODS, TAX = "faraway", "bazaar", "imported", 0.1
TIERS = ("T1", "T2")
OUTSIDERS = (STATE, PAYMENT, CARRIERS, SERVICES, SUPPLIERS)
FREE = {"goods": 0.0, "shipping": 0.0, "returns": 0.0, "payment_fee": 0.0}
RATE = 0.1


def store(
    host: str | None = HOST, costs: dict[str, float] | None = None, **contract: Any
) -> schema.Storefront:
    """A storefront with the given costs and contract."""
    return schema.Storefront(
        title="a store", owner=BRAND, host=host, goods={GOODS: 100}, delivery_days=3,
        costs=schema.Costs(**(costs or {})), contract=schema.Contract(**contract),
    )  # fmt: skip


def terms(*args: Any, tax: float = TAX, **contract: Any) -> Terms:
    return Terms(store(*args, **contract), {GOODS: tax})


def sold(gmv: Floats, value: Floats, discount: Floats | None = None) -> ChannelSales:
    """Sales of one category in one week by tier."""
    week = np.ones(DAYS)
    offer = Offer(
        channel="store", category=GOODS, host=HOST, brand=BRAND, goods=100.0, foreign=True,
        open=np.ones(DAYS, bool), list_price=week, price=week, depth=0 * week, pull=0 * week,
        delivery_days=np.ones(len(TIERS)),
    )  # fmt: skip
    nothing = np.zeros(len(TIERS))
    return ChannelSales(offer, value / 100.0, value, gmv, nothing if discount is None else discount, nothing)


class Books(NamedTuple):
    """Net flow of each side from one settlement."""

    brand: float
    host: float
    consumers: float
    state: float
    outsiders: float


def settle(deal: Terms, *weeks: ChannelSales) -> tuple[Ledger, Books]:
    ledger = Ledger(TIERS)
    for week, sales in enumerate(weeks):
        deal.settle(ledger, week, sales)
    flow = {p: float(ledger.flows(p, len(weeks)).sum()) for p in (BRAND, HOST, CONSUMERS, *OUTSIDERS)}
    outside = sum(flow[p] for p in OUTSIDERS)
    return ledger, Books(flow[BRAND], flow[HOST], flow[CONSUMERS], flow[STATE], outside)


shares = st.floats(0.0, 0.5)
by_tier = st.lists(st.floats(0.0, 1e7), min_size=2, max_size=2).map(np.array)
cost_sheets = st.fixed_dictionaries(dict.fromkeys(FREE, shares))


# --- one week of sales -------------------------------------------------------------------------------


def test_tax_share() -> None:
    """Expected: at 10 % tax a price of 110 holds 10 of tax."""
    assert tax_share(0.1) == pytest.approx(10.0 / 110.0, rel=1e-15)
    assert tax_share(0.0) == 0.0


@settings(deadline=None, max_examples=60)
@given(by_tier, by_tier, by_tier, shares, shares, shares, cost_sheets)
def test_profit_under_agency(
    gmv: Floats, value: Floats, discount: Floats, f: float, g: float, tax: float, costs: dict[str, float]
) -> None:
    """Expected: brand GMV (1 - f - pf - tx) + g disc - (goods + ship + ret) Q; host f GMV - g disc."""
    deal = terms(costs=costs, commission=f, discounts_paid_by_host=g, tax=tax)
    _, books = settle(deal, sold(gmv, value, discount))
    tx, unit = tax / (1.0 + tax), costs["goods"] + costs["shipping"] + costs["returns"]
    brand = gmv.sum() * (1 - f - costs["payment_fee"] - tx) + g * discount.sum() - unit * value.sum()
    assert books.brand == pytest.approx(brand, rel=1e-9, abs=1e-6)
    assert books.host == pytest.approx(f * gmv.sum() - g * discount.sum(), rel=1e-9, abs=1e-6)
    assert deal.commission_paid == pytest.approx(f * gmv.sum())


@settings(deadline=None, max_examples=60)
@given(by_tier, by_tier, st.floats(0.0, 2.0), shares, cost_sheets)
def test_profit_under_wholesale(
    gmv: Floats, value: Floats, wp: float, tax: float, costs: dict[str, float]
) -> None:
    """Expected: brand (wp - goods) Q; host GMV (1 - pf - tx) - (wp + shipping + returns) Q."""
    deal = terms(costs=costs, mode="wholesale", wholesale_price=wp, commission=0.3, tax=tax)
    _, books = settle(deal, sold(gmv, value))
    unit = wp + costs["shipping"] + costs["returns"]
    host = gmv.sum() * (1 - costs["payment_fee"] - tax / (1 + tax)) - unit * value.sum()
    assert deal.retailer == HOST
    assert books.brand == pytest.approx((wp - costs["goods"]) * value.sum(), rel=1e-9, abs=1e-6)
    assert books.host == pytest.approx(host, rel=1e-9, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(by_tier, by_tier, cost_sheets)
def test_profit_of_the_own_site(gmv: Floats, value: Floats, costs: dict[str, float]) -> None:
    """Expected: GMV (1 - pf - tx) - (goods + shipping + returns) Q; contract terms have nobody to bind."""
    deal = terms(None, costs, commission=0.3, annual_fee=1e6, deposit=1e6, guarantee=1e6)
    ledger, books = settle(deal, sold(gmv, value))
    unit = costs["goods"] + costs["shipping"] + costs["returns"]
    brand = gmv.sum() * (1 - costs["payment_fee"] - tax_share(TAX)) - unit * value.sum()
    assert books.brand == pytest.approx(brand, rel=1e-9, abs=1e-6)
    deal.at_opening(ledger, 0)
    deal.while_open(ledger, 0)
    deal.at_closing(ledger, 0)
    assert ledger.flows(BRAND, 1).sum() == pytest.approx(brand, rel=1e-9, abs=1e-6)
    assert HOST not in ledger.parties()


@settings(deadline=None, max_examples=60)
@given(
    by_tier, by_tier, by_tier, shares, shares, cost_sheets, st.sampled_from(["agency", "wholesale", "site"])
)
def test_accounting_identity(
    gmv: Floats, value: Floats, discount: Floats, f: float, g: float, costs: dict[str, float], mode: str
) -> None:
    """Expected: what consumers paid is what everybody else received, to 1e-9; the tax is t / (1 + t)."""
    host = None if mode == "site" else HOST
    kind = "wholesale" if mode == "wholesale" else "agency"
    deal = terms(host, costs, mode=kind, wholesale_price=1 - f, commission=f, discounts_paid_by_host=g)
    _, books = settle(deal, sold(gmv, value, discount))
    paid = gmv.sum()
    assert books.consumers == pytest.approx(-paid, rel=1e-9)
    assert books.brand + books.host + books.outsiders == pytest.approx(paid, rel=1e-9, abs=1e-6)
    assert books.state == pytest.approx(TAX / (1 + TAX) * paid, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(by_tier, st.floats(0.2, 2.0), shares, shares)
def test_wholesale_is_agency_at_the_right_price(value: Floats, price: float, f: float, goods: float) -> None:
    """Expected: with wp = (1 - f) p and no other fees the profits are the same, to 1e-9."""
    costs = {**FREE, "goods": goods}
    sales = sold(price * value, value)
    _, agency = settle(terms(costs=costs, commission=f, tax=0.0), sales)
    wholesale_price = (1 - f) * price
    wholesale = terms(costs=costs, mode="wholesale", wholesale_price=wholesale_price, tax=0.0)
    _, other = settle(wholesale, sales)
    assert other.brand == pytest.approx(agency.brand, rel=1e-9, abs=1e-6)
    assert other.host == pytest.approx(agency.host, rel=1e-9, abs=1e-6)


def test_settlement_keeps_tiers_apart() -> None:
    """Expected: each tier's commission is its own share of GMV."""
    ledger, _ = settle(terms(commission=0.2), sold(np.array([100.0, 10.0]), np.array([90.0, 9.0])))
    table = ledger.table()
    commission = table[table.account == "commission"].set_index("tier").amount
    assert commission.to_dict() == pytest.approx({"T1": 20.0, "T2": 2.0})


# --- the commission over time ------------------------------------------------------------------------

TERM = [sold(np.array([100.0 + w, 40.0]), np.array([95.0, 42.0]), np.array([3.0, w])) for w in range(60)]


def values(f: float) -> tuple[float, float]:
    """NPV of brand and host over a term at a commission, one-off and yearly payments included."""
    deal = terms(
        costs={"fixed": 5.0, "setup": 200.0, "exit": 20.0},
        commission=f, annual_fee=500.0, deposit=100.0, discounts_paid_by_host=0.4,
    )  # fmt: skip
    ledger = Ledger(TIERS)
    deal.at_opening(ledger, 0)
    for week, sales in enumerate(TERM):
        deal.settle(ledger, week, sales)
        deal.while_open(ledger, week)
    deal.at_closing(ledger, len(TERM) - 1)
    return ledger.npv(BRAND, len(TERM), RATE), ledger.npv(HOST, len(TERM), RATE)


def discounted_gmv() -> float:
    return float(sum(s.gmv.sum() * (1 + RATE) ** (-w / 52.0) for w, s in enumerate(TERM)))


def test_value_is_linear_in_the_commission() -> None:
    """Expected: NPV_E = a_E - f G and NPV_h = a_h + f G, G discounted GMV; three points on a line to 1e-9."""
    (brand0, host0), gmv = values(0.0), discounted_gmv()
    for f in (0.1, 0.25, 0.4):
        brand, host = values(f)
        assert brand == pytest.approx(brand0 - f * gmv, rel=1e-9)
        assert host == pytest.approx(host0 + f * gmv, rel=1e-9)


def test_zone_of_agreement() -> None:
    """Expected: the host gains nothing at -a_h / G, the brand nothing at a_E / G; halfway they share."""
    (brand0, host0), gmv = values(0.0), discounted_gmv()
    low, high = -host0 / gmv, brand0 / gmv
    assert 0.0 < low < high < 1.0
    assert values(low)[1] == pytest.approx(0.0, abs=1e-7)
    assert values(high)[0] == pytest.approx(0.0, abs=1e-7)
    brand, host = values((low + high) / 2.0)
    assert brand == pytest.approx((brand0 + host0) / 2.0, rel=1e-9)
    assert host == pytest.approx((brand0 + host0) / 2.0, rel=1e-9)


# --- one-off payments --------------------------------------------------------------------------------


def test_deposit_returns() -> None:
    """Expected: nothing is left of it without discounting; over a year at 10 % its interest is."""
    deal, ledger = terms(deposit=1000.0), Ledger(TIERS)
    deal.at_opening(ledger, 0)
    assert ledger.flows(HOST, 1) == pytest.approx([1000.0])
    deal.at_closing(ledger, 52)
    assert ledger.flows(HOST, 53).sum() == 0.0
    assert ledger.npv(BRAND, 53, RATE) == pytest.approx(-1000.0 * (1 - 1 / 1.1))


@pytest.mark.parametrize(("guarantee", "top_up"), [(0.0, 0.0), (60.0, 0.0), (75.0, 0.0), (100.0, 25.0)])
def test_guarantee_tops_up_the_commission(guarantee: float, top_up: float) -> None:
    """Expected: 25 % of 100 and of 200 are 75 over the term; only what is missing is paid at the end."""
    deal = terms(commission=0.25, guarantee=guarantee)
    value = np.array([50.0, 50.0])
    ledger, before = settle(deal, sold(value, value), sold(2 * value, 2 * value))
    deal.at_closing(ledger, 2)
    assert ledger.flows(HOST, 3).sum() == pytest.approx(max(75.0, guarantee))
    assert ledger.flows(BRAND, 3).sum() == pytest.approx(before.brand - top_up)


def test_fees_while_open_and_one_off_costs() -> None:
    """Expected: 52 weeks make the annual fee; set-up and exit go to services, once."""
    deal, ledger = terms(costs={"fixed": 3.0, "setup": 70.0, "exit": 11.0}, annual_fee=520.0), Ledger(TIERS)
    deal.at_opening(ledger, 0)
    for week in range(52):
        deal.while_open(ledger, week)
    deal.at_closing(ledger, 51)
    assert ledger.flows(HOST, 52).sum() == pytest.approx(520.0)
    assert ledger.flows(SERVICES, 52).sum() == pytest.approx(52 * 3.0 + 70.0 + 11.0)
    assert ledger.flows(BRAND, 52)[[0, 1, 51]] == pytest.approx([-83.0, -13.0, -24.0])


def test_an_own_site_cannot_be_wholesale() -> None:
    """Expected: without a host the owner sells."""
    assert terms(None, mode="wholesale", wholesale_price=0.5).retailer == BRAND
    assert terms(mode="agency").retailer == BRAND


@pytest.fixture
def short_lived() -> Storefront:
    """Open from Wednesday of week 1 to Tuesday of week 3."""
    window = schema.Opening.model_validate({"from": "2019-01-09", "to": "2019-01-22"})
    spec = store(costs={"fixed": 1.0, "setup": 10.0}, deposit=100.0).model_copy(update={"open": window})
    brand = schema.Brand(title="Faraway", awareness=schema.Awareness(initial=0.3))
    return Storefront(mesa.Model(), "store", spec, brand, [], None, {GOODS: TAX}, TIERS)


def test_a_storefront_pays_in_the_weeks_in_which_it_is_open(short_lived: Storefront) -> None:
    """Expected: set-up and deposit in the first week, running cost in all three, deposit back in the last."""
    calendar, ledger = Calendar(date(2018, 12, 31), date(2019, 2, 10)), Ledger(TIERS)
    for week in range(calendar.weeks):
        short_lived.settle(ledger, calendar, week, [])
    assert ledger.flows(BRAND, 6) == pytest.approx([0.0, -111.0, -1.0, 99.0, 0.0, 0.0])
    assert ledger.flows(HOST, 6) == pytest.approx([0.0, 100.0, 0.0, -100.0, 0.0, 0.0])
    open_days = [int(short_lived.open_days(calendar, week).sum()) for week in range(calendar.weeks)]
    assert open_days == [0, 5, 7, 2, 0, 0]
