"""Answers of demand to prices: closed forms, finite differences, and the market's own sales."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from sim.consumers import nests
from sim.consumers.demand import Record
from sim.consumers.nests import Nesting
from sim.consumers.population import Columns
from sim.consumers.response import PriceResponse, normal_day, price_response
from sim.market import Market
from sim.market.week import make_offers
from sim.trade import VALUE_SCALE, Offer
from tests.consumers.test_nests import CASE3, SHARES3, V3, nesting
from tests.markets import autumn, market

Floats = npt.NDArray[np.float64]

CHANNELS, PEOPLE = len(CASE3.name), 40
CALM = ("time.start=2019-09-02", "time.end=2019-09-29")
"""Four weeks without a festival: all days are alike."""


def without_nothing(both: Nesting) -> Nesting:
    """The nests of the channels: `nesting` of the other test lists buying nothing first."""
    return Nesting(both.allocation[1:, 1:], both.similarity[1:])


def crowd(similarity: tuple[float, ...] = (0.6, 0.6, 0.6, 0.5), people: int = PEOPLE) -> PriceResponse:
    """People around the utilities of case 3 who differ in everything; some do not know all channels."""
    generator = np.random.default_rng(5)
    utility = V3[1:] + generator.normal(0.0, 0.8, (people, CHANNELS))
    utility[generator.random((people, CHANNELS)) < 0.2] = -np.inf
    utility[0] = -np.inf
    return PriceResponse(
        channels=CASE3.name,
        prices=np.linspace(0.8, 1.1, CHANNELS),
        utility=utility,
        outside=generator.normal(0.0, 0.3, people),
        alpha=generator.uniform(1.0, 4.0, people),
        weight=generator.uniform(10.0, 300.0, people),
        nesting=without_nothing(nesting(CASE3.with_similarity(*similarity))),
    )


def everybody(response: PriceResponse, prices: Floats) -> tuple[Floats, Nesting]:
    """Utilities with buying nothing first, shape (people, channels + 1), and all nests."""
    change = response.alpha[:, None] * (prices - response.prices)
    allocation, similarity = response.nesting
    complete = np.pad(allocation, ((1, 0), (1, 0)))
    complete[0, 0] = 1.0
    utility = np.column_stack([response.outside, response.utility - change])
    return utility, Nesting(complete, np.append(1.0, similarity))


# --- against the closed forms of one person ----------------------------------------------------------


@pytest.mark.parametrize("similarity", [(0.6, 0.6, 0.6, 0.5), (1, 1, 1, 1), (0.1, 0.3, 0.9, 0.2)])
def test_sums_of_the_closed_forms(similarity: tuple[float, ...]) -> None:
    """Expected: weighted sums of `nests.probabilities` and -alpha `nests.derivatives`, at other prices."""
    response = crowd(similarity)
    prices = response.prices + np.linspace(-0.3, 0.4, CHANNELS)
    found = response.at(prices)
    utility, everything = everybody(response, prices)
    shares, jacobian = np.zeros(CHANNELS), np.zeros((CHANNELS, CHANNELS))
    with np.errstate(invalid="ignore"):
        for v, alpha, weight in zip(utility, response.alpha, response.weight, strict=True):
            v = np.where(np.isfinite(v), v, -1e3)
            shares += weight * nests.probabilities(v, everything)[1:]
            jacobian -= weight * alpha * nests.derivatives(v, everything)[1:, 1:]
    assert found.shares == pytest.approx(shares, rel=1e-12)
    assert found.jacobian == pytest.approx(jacobian, rel=1e-11, abs=1e-11 * response.market)


def test_golden_shares() -> None:
    """Expected (row 3): the shares of case 3, when everybody is alike and nothing is hidden."""
    alike = replace(
        crowd(),
        utility=np.tile(V3[1:], (PEOPLE, 1)),
        outside=np.zeros(PEOPLE),
    )
    assert alike.at(alike.prices).shares / alike.market == pytest.approx(SHARES3[1:], abs=1e-6)


@pytest.mark.parametrize("similarity", [(0.6, 0.6, 0.6, 0.5), (0.2, 0.9, 0.5, 0.3)])
def test_finite_differences(similarity: tuple[float, ...]) -> None:
    """Expected: the Jacobian is what shares at nearby prices say, to 1e-8 of the market."""
    response, step = crowd(similarity), 1e-4
    prices = response.prices * 1.05
    for k in range(CHANNELS):
        nudge = step * np.eye(CHANNELS)[k]
        change = response.at(prices + nudge).shares - response.at(prices - nudge).shares
        slope = response.at(prices).jacobian[:, k]
        assert change / (2.0 * step) == pytest.approx(slope, abs=1e-7 * response.market)


def test_own_answer_with_the_rest_held_still() -> None:
    """Expected: the own derivative less what comes in because the denominators of nest and market move.

    With H_jm = exp((ln a_jm + V_j) / lam_m) person i's P_j is sum_m H_jm D_m; Lambda is -alpha times the
    derivative in V_j of that sum with D_m held.
    """
    response = crowd()
    utility, everything = everybody(response, response.prices)
    allocation, similarity = everything
    own, step = np.zeros(CHANNELS), 1e-5
    for v, alpha, weight in zip(utility, response.alpha, response.weight, strict=True):
        mass = (allocation * np.exp(v)[:, None]) ** (1.0 / similarity)
        total = mass.sum(axis=0)
        with np.errstate(divide="ignore"):
            held = np.where(total > 0.0, total ** (similarity - 1.0), 0.0) / (total**similarity).sum()
        for j in range(CHANNELS):
            bump = [
                ((allocation[j + 1] * np.exp(v[j + 1] + e)) ** (1.0 / similarity)) @ held
                for e in (step, -step)
            ]
            own[j] -= weight * alpha * (bump[0] - bump[1]) / (2.0 * step)
    assert response.at(response.prices).own == pytest.approx(own, rel=1e-7)


def test_plain_logit_elasticities() -> None:
    """Expected (row 11): own elasticity -alpha p (1 - s), cross alpha p s, Lambda -alpha s, to 1e-6."""
    plain = crowd(similarity=(1.0, 1.0, 1.0, 1.0), people=1)
    alpha = 3.0
    plain = replace(plain, utility=V3[None, 1:], alpha=np.array([alpha]), weight=np.ones(1))
    found, p = plain.at(plain.prices), plain.prices
    s = found.shares
    elasticity = found.jacobian * p[None, :] / s[:, None]
    cross = np.tile(alpha * p * s, (CHANNELS, 1))
    np.fill_diagonal(cross, -alpha * p * (1.0 - s))
    assert elasticity == pytest.approx(cross, abs=1e-6)
    assert found.own == pytest.approx(-alpha * s, rel=1e-12)


def test_shares_are_shares() -> None:
    """Expected: at most the market; nothing for who knows nothing; all sold when prices pay for it."""
    response = crowd()
    sold = response.at(response.prices).shares
    assert (sold > 0.0).all()
    assert sold.sum() < response.market - response.weight[0]
    gift = response.at(response.prices - 50.0).shares
    assert gift.sum() == pytest.approx(response.weight[1:].sum(), rel=1e-9)
    dear = response.at(response.prices + 500.0)
    assert dear.shares.sum() < 1e-9
    assert np.isfinite(dear.jacobian).all()


def test_a_closed_channel_answers_nothing() -> None:
    """Expected: zeros in its row and column; the others as if it did not exist."""
    open_, shut = crowd(), crowd().utility.copy()
    shut[:, 2] = -np.inf
    response = replace(open_, utility=shut)
    found = response.at(response.prices)
    assert found.shares[2] == found.own[2] == 0.0
    assert not found.jacobian[2].any()
    assert not found.jacobian[:, 2].any()
    rest = [0, 1, 3, 4, 5]
    less = replace(
        response,
        prices=response.prices[rest],
        utility=shut[:, rest],
        nesting=Nesting(response.nesting.allocation[rest], response.nesting.similarity),
    )
    assert less.at(less.prices).shares == pytest.approx(found.shares[rest], rel=1e-12)


# --- in a market -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def calm() -> Market:
    """A market after its first calm week; offers of the next are the same."""
    m = market(autumn("stay_out", *CALM), 20_000, record=Record(core=False))
    m.step()
    return m


def of(m: Market, category: str, **settings: int) -> PriceResponse:
    return price_response(m.demand, category, m.offers[category], m.week_needs(category), **settings)


def at_price(o: Offer, factor: float) -> Offer:
    """The offer at another price; a team saves the same share."""
    team = None if o.team_price is None else factor * o.team_price
    return replace(o, price=factor * o.price, team_price=team)


def test_prices_move_the_kernels_utilities_as_they_move_ours(calm: Market) -> None:
    """Expected: at changed prices the utilities of the kernels, looked at again, to single precision."""
    offers = calm.offers["imported"]
    here = of(calm, "imported", most=2_000)
    factor = np.linspace(0.8, 1.3, len(offers))
    dearer = [at_price(o, f) for o, f in zip(offers, factor, strict=True)]
    again = price_response(calm.demand, "imported", dearer, calm.week_needs("imported"), most=2_000)
    assert again.prices == pytest.approx(here.prices * factor, rel=1e-12)
    moved = here.utility - here.alpha[:, None] * (again.prices - here.prices)
    known = np.isfinite(here.utility)
    assert 0.0 < known.mean() < 1.0
    assert np.array_equal(known, np.isfinite(again.utility))
    assert again.utility[known] == pytest.approx(moved[known], abs=5e-6)
    assert again.at(again.prices).shares == pytest.approx(here.at(again.prices).shares, rel=1e-5)


def test_teams_expect_to_pay_less(calm: Market) -> None:
    """Expected: with d off for teams, believed with b, everybody answers p (1 - b d), as the kernels do.

    The discount is large enough for everybody to take it in spite of the hassle.
    """
    offers, needs = list(calm.offers["imported"]), calm.week_needs("imported")
    o = offers[2]
    offers[2] = replace(o, price=1.1 * o.price, team_price=0.8 * o.price, team_belief=0.9, team_hassle=0.05)
    here = price_response(calm.demand, "imported", offers, needs, most=2_000)
    assert (here.alpha * 0.9 * 0.3 * o.price[0] > 0.05).all()
    assert here.prices[2] == pytest.approx((1.1 - 0.9 * 0.3) * o.price[0], rel=1e-12)
    offers[2] = at_price(offers[2], 1.2)
    again = price_response(calm.demand, "imported", offers, needs, most=2_000)
    assert again.prices[2] == pytest.approx(1.2 * here.prices[2], rel=1e-12)
    assert again.at(again.prices).shares == pytest.approx(here.at(again.prices).shares, rel=1e-5)
    known = np.isfinite(here.utility[:, 2])
    lower = here.utility[known, 2] - again.utility[known, 2]
    assert lower == pytest.approx(0.2 * here.prices[2] * here.alpha[known], abs=5e-6)


def test_rows_may_lie_in_any_order(calm: Market) -> None:
    """Expected: the same bits when people of a stratum change places; the first identities are looked at."""
    before = of(calm, "everyday", most=1_000)
    consumers, start = calm.demand.consumers, calm.demand.consumers.strata.start
    generator = np.random.default_rng(1)
    parts = [generator.permutation(np.arange(a, b)) for a, b in pairwise(start)]
    order, columns = np.concatenate(parts), consumers.columns
    assert before.weight.shape[0] <= 1_000
    try:
        consumers.columns = Columns(*(np.ascontiguousarray(column[..., order]) for column in columns))
        after = of(calm, "everyday", most=1_000)
    finally:
        consumers.columns = columns
    assert np.array_equal(before.utility, after.utility)
    assert np.array_equal(before.weight, after.weight)
    assert np.array_equal(before.at(before.prices).jacobian, after.at(before.prices).jacobian)


def test_each_person_has_her_own_price_coefficient(calm: Market) -> None:
    """Expected: the category's times the person's, by stratum and identity."""
    columns, most = calm.demand.consumers.columns, 3_000
    rows = np.flatnonzero((columns.id < most) & (columns.online_from <= calm.week))
    coefficient = calm.spec.categories["fashion"].price_coefficient
    found = of(calm, "fashion", most=most)
    assert found.alpha == pytest.approx(coefficient * columns.price[rows].astype(np.float64), rel=1e-6)
    assert found.alpha.std() > 0.1


def test_who_is_not_online_yet_buys_nothing(calm: Market) -> None:
    """Expected: the others of the sample, and their part of the market."""
    columns, before = calm.demand.consumers.columns, of(calm, "fashion", most=2_000)
    kept = columns.online_from.copy()
    late = (columns.id % 3 == 0) & (columns.id < 2_000) & (kept <= calm.week)
    try:
        columns.online_from[late] = calm.week + 1
        after = of(calm, "fashion", most=2_000)
    finally:
        columns.online_from[:] = kept
    assert len(before.weight) - len(after.weight) == late.sum()
    assert after.market == pytest.approx(before.market * 2.0 / 3.0, rel=0.03)


def test_the_day_decides_pull_and_price(calm: Market) -> None:
    """Expected: on Thursday 1.5 utils more and a lower price for one channel, nothing else."""
    offers, thursday = list(calm.offers["fashion"]), np.eye(7)[3]
    offers[1] = replace(offers[1], pull=1.5 * thursday, price=offers[1].price * (1.0 - 0.2 * thursday))
    needs = calm.week_needs("fashion")
    monday, festive = (
        price_response(calm.demand, "fashion", offers, needs, day=d, most=1_000) for d in (0, 3)
    )
    assert festive.prices / monday.prices == pytest.approx([1.0, 0.8, 1.0, 1.0])
    known = np.isfinite(monday.utility[:, 1])
    gain = festive.utility[known, 1] - monday.utility[known, 1]
    assert gain == pytest.approx(1.5 + 0.2 * monday.prices[1] * monday.alpha[known], abs=5e-6)
    assert np.array_equal(np.delete(festive.utility, 1, axis=1), np.delete(monday.utility, 1, axis=1))
    assert of(calm, "fashion", most=1_000).prices[1] == monday.prices[1]


def test_storefronts_lie_in_two_nests() -> None:
    """Expected: the pop-up half with its host and half with its brand, at the similarity of each."""
    m = market(autumn("popup_on_pinduoduo_2019"), 2_000)
    m.week = 4
    make_offers(m)
    response = of(m, "imported")
    platforms, brand = m.spec.platforms, m.spec.brands["amazon"]
    hosts = [o.host for o in m.offers["imported"] if o.brand is None]
    names = [*(name for name in platforms if name in hosts), "amazon"]
    expected = {(o.channel, str(o.brand or o.host)): 1.0 for o in m.offers["imported"]}
    expected |= {("amazon_on_pinduoduo", "amazon"): 0.5, ("amazon_on_pinduoduo", "pinduoduo"): 0.5}
    by_hand = [[expected.get((channel, name), 0.0) for name in names] for channel in response.channels]
    assert response.nesting.allocation == pytest.approx(np.array(by_hand), abs=1e-7)
    similarity = [*(platforms[name].similarity for name in names[:-1]), brand.similarity]
    assert response.nesting.similarity == pytest.approx(similarity, abs=1e-7)


def test_a_larger_sample_stands_for_the_same_people(calm: Market) -> None:
    """Expected: needs are worth the same to 3 %; only who is interested counts where only they buy."""
    for category in ("everyday", "imported"):
        few, all_ = of(calm, category, most=4_000), of(calm, category, most=20_000)
        assert few.market == pytest.approx(all_.market, rel=0.03)
        assert len(few.weight) < len(all_.weight)
    keen = np.diff(calm.consumers.strata.start)[1::2].sum()
    assert len(of(calm, "imported", most=20_000).weight) <= keen


def test_expected_sales_are_the_markets(calm: Market) -> None:
    """Expected: what the market sells on average, whatever the size of orders that a platform draws.

    A week of 20,000 consumers has a standard error of about 2 %, of JD's fashion 4 % (who has a need, how
    large an order);
    orders of one mean size for all would give Pinduoduo 40 % too much.
    """
    m, answers = calm, {c: of(calm, c, most=20_000) for c in ("everyday", "fashion")}
    m.step()
    for category, response in answers.items():
        by_stratum = m.sales[category].expected_value.sum(axis=1) / VALUE_SCALE
        sold = by_stratum @ m.consumers.strata.weight
        assert response.at(response.prices).shares == pytest.approx(sold, rel=0.10)


def offer(**parts: object) -> Offer:
    plain: dict[str, object] = dict(
        channel="shop", category="daily", host="bazaar", brand=None, goods=1.0, foreign=False,
        open=np.ones(7, bool), list_price=np.ones(7), price=np.ones(7), depth=np.zeros(7),
        pull=np.zeros(7), delivery_days=np.zeros(1),
    )  # fmt: skip
    return Offer(**(plain | parts))  # type: ignore[arg-type]


def test_a_normal_day_is_a_day_without_events() -> None:
    """Expected: all open counts first, then the least pull and discount, then the first day."""
    assert normal_day([offer(), offer()]) == 0
    assert normal_day([offer(pull=np.eye(7)[0]), offer(depth=0.3 * np.eye(7)[1])]) == 2
    opens_on_saturday = np.arange(7) >= 5
    festival = offer(pull=np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.8, 0.3]))
    assert normal_day([festival, offer(open=opens_on_saturday)]) == 6


def test_too_few_and_nobody(calm: Market) -> None:
    """Expected: errors that say so."""
    with pytest.raises(ValueError, match="sample is too small"):
        of(calm, "everyday", most=3)
    with pytest.raises(ValueError, match="nobody offers"):
        price_response(calm.demand, "everyday", [], calm.week_needs("everyday"))
