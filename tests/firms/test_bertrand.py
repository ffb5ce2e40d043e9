"""Bertrand-Nash prices: golden prices, Hotelling, mergers, and conditions that define an equilibrium."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from sim.consumers.nests import Nesting
from sim.consumers.response import PriceResponse, price_response
from sim.firms.bertrand import (
    NoEquilibriumError,
    Search,
    equilibrium,
    marginal_costs,
    ownership,
    profit_slopes,
    zeta,
)
from tests.markets import autumn, market

Floats = npt.NDArray[np.float64]

GOLDEN_COSTS, GOLDEN_OWNERS = np.array([0.6, 0.6, 0.5, 0.7]), [0, 0, 1, 2]
GOLDEN_PRICES = [1.06224288, 1.06224288, 0.87532576, 1.04740198]


class Answer(NamedTuple):
    """Shares, own answers, Jacobian."""

    shares: Floats
    own: Floats
    jacobian: Floats


def logit(appeal: Floats, alpha: float) -> Callable[[Floats], Answer]:
    """Plain logit with an outside option of appeal 0."""

    def demand(prices: Floats) -> Answer:
        weight = np.exp(appeal - alpha * prices)
        s = weight / (1.0 + weight.sum())
        return Answer(s, -alpha * s, -alpha * (np.diag(s) - np.outer(s, s)))

    return demand


GOLDEN = logit(np.array([2.0, 1.5, 1.0, 0.5]), 3.0)


def crowd(seed: int = 4, people: int = 60) -> PriceResponse:
    """Mixed cross-nested logit: four hosts, and a brand with a site and a shop on the first host."""
    generator = np.random.default_rng(seed)
    allocation = np.zeros((6, 5))
    allocation[range(4), range(4)] = 1.0
    allocation[4, 4], allocation[5, [0, 4]] = 1.0, 0.5
    appeal = np.array([2.0, 1.6, 1.0, 1.5, 0.3, 0.6])
    return PriceResponse(
        channels=("bazaar", "depot", "group", "koala", "site", "site@bazaar"),
        prices=np.zeros(6),
        utility=appeal + generator.normal(0.0, 0.7, (people, 6)),
        outside=np.zeros(people),
        alpha=generator.lognormal(np.log(3.0), 0.3, people),
        weight=generator.uniform(0.5, 1.5, people),
        nesting=Nesting(allocation, np.array([0.65, 0.65, 0.65, 0.65, 0.55])),
    )


COSTS = np.array([0.5, 0.6, 0.4, 0.55, 0.6, 0.5])
OWNERS = ["bazaar", "depot", "group", "koala", "brand", "brand"]


# --- golden numbers and closed forms -----------------------------------------------------------------


@pytest.mark.parametrize("step", [1.0, 0.4])
def test_golden_prices(step: float) -> None:
    """Expected (row 13): the prices that pyblp 1.3.0 finds for this plain logit, to 1e-7."""
    found = equilibrium(GOLDEN, GOLDEN_COSTS, GOLDEN_OWNERS, search=Search(step=step))
    assert found.prices == pytest.approx(GOLDEN_PRICES, abs=1e-7)
    assert found.gap <= 1e-10
    assert found.curvature < 0.0


def test_markups_of_the_plain_logit() -> None:
    """Expected: every channel of an owner has the markup 1 / (alpha (1 - sum of the owner's shares))."""
    found = equilibrium(GOLDEN, GOLDEN_COSTS, GOLDEN_OWNERS).prices
    shares = GOLDEN(found).shares
    together = ownership(GOLDEN_OWNERS) @ shares
    assert found - GOLDEN_COSTS == pytest.approx(1.0 / (3.0 * (1.0 - together)), rel=1e-9)


def test_monopoly() -> None:
    """Expected: one owner of everything does what maximises total profit, found by Nelder and Mead."""
    found = equilibrium(GOLDEN, GOLDEN_COSTS, ["one"] * 4).prices

    def loss(prices: Floats) -> float:
        return -float((prices - GOLDEN_COSTS) @ GOLDEN(prices).shares)

    best = minimize(loss, GOLDEN_COSTS + 0.5, method="Nelder-Mead", options=dict(xatol=1e-9, fatol=1e-15))
    assert found == pytest.approx(best.x, abs=1e-5)
    assert (found > GOLDEN_PRICES).all()


TRANSPORT = 0.8


def line(prices: Floats) -> Answer:
    """Two shops at the ends of a line, people spread evenly over it, everybody buys (Hotelling)."""
    x = np.clip(0.5 + (prices[1] - prices[0]) / (2.0 * TRANSPORT), 0.0, 1.0)
    slope = 0.5 / TRANSPORT
    return Answer(np.array([x, 1.0 - x]), np.full(2, -slope), slope * np.array([[-1.0, 1.0], [1.0, -1.0]]))


@pytest.mark.parametrize(("left", "right"), [(0.5, 0.5), (0.3, 0.9), (0.7, 0.2)])
def test_hotelling(left: float, right: float) -> None:
    """Expected (row 10): p = c + t, and with unequal costs t + (2 c_own + c_other) / 3.

    Full steps diverge here (the map has the root -2), so the search must damp itself.
    """
    start = np.array([1.9, 1.1])
    found = equilibrium(line, np.array([left, right]), ["left", "right"], start=start)
    costs = np.array([left, right])
    assert found.prices == pytest.approx(TRANSPORT + (2.0 * costs + costs[::-1]) / 3.0, abs=1e-9)
    assert found.rounds < 100


def test_linear_demand() -> None:
    """Expected: for s = a - B p the conditions are linear, p = (B + O * B')^-1 (a + (O * B') c).

    B is not symmetric, unlike the slopes of logits: the derivative of j's sales by k's price is not that
    of k's sales by j's price, and an owner must count the former when it sets price k.
    """
    size, slopes = (
        np.array([4.0, 3.0, 5.0]),
        np.array([[3.0, -1.2, -0.3], [-0.2, 2.0, -0.4], [-0.6, -0.1, 4.0]]),
    )
    costs, owners = np.array([0.2, 0.3, 0.1]), ["a", "a", "b"]

    def demand(prices: Floats) -> Answer:
        return Answer(size - slopes @ prices, -np.diag(slopes), -slopes)

    mine = ownership(owners) * slopes.T
    by_hand = np.linalg.solve(slopes + mine, size + mine @ costs)
    found = equilibrium(demand, costs, owners)
    assert found.prices == pytest.approx(by_hand, abs=1e-9)
    assert marginal_costs(found.prices, demand(found.prices), owners) == pytest.approx(costs, abs=1e-9)
    block = -(slopes[:2, :2] + slopes[:2, :2].T) / np.sqrt(np.outer([3.0, 2.0], [3.0, 2.0]))
    assert found.curvature == pytest.approx(max(np.linalg.eigvalsh(block).max(), -2.0), abs=1e-6)


# --- what defines an equilibrium ---------------------------------------------------------------------


def profit_of(demand: PriceResponse, prices: Floats, costs: Floats, mine: Floats) -> float:
    return float((mine * (prices - costs)) @ demand.at(prices).shares)


def assert_best_answers(demand: PriceResponse, prices: Floats, costs: Floats, owners: list[str]) -> None:
    """No owner gains by another price of any one channel, by a small change or a large one."""
    for j, mine in enumerate(ownership(owners)):
        here = profit_of(demand, prices, costs, mine)
        for change in (-0.3, -0.1, -0.01, 0.01, 0.1, 0.3, 1.0):
            other = prices + change * np.eye(len(costs))[j]
            assert profit_of(demand, other, costs, mine) < here


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cross_nested_equilibrium(seed: int) -> None:
    """Expected: first-order conditions from the Jacobian alone, and nobody gains by deviating."""
    demand = crowd(seed)
    found = equilibrium(demand.at, COSTS, OWNERS)
    slopes = profit_slopes(found.prices, COSTS, demand.at(found.prices), ownership(OWNERS))
    assert slopes == pytest.approx(np.zeros(6), abs=1e-9 * demand.market)
    assert found.curvature < 0.0
    assert_best_answers(demand, found.prices, COSTS, OWNERS)


def test_any_start_ends_in_the_same_place() -> None:
    """Expected: one equilibrium, from low and high prices and with small steps, to 1e-8."""
    demand, first = crowd(), equilibrium(crowd().at, COSTS, OWNERS)
    for start, step in ((COSTS + 2.0, 1.0), (0.2 * COSTS, 1.0), (COSTS, 0.3)):
        again = equilibrium(demand.at, COSTS, OWNERS, start=start, search=Search(step=step))
        assert again.prices == pytest.approx(first.prices, abs=1e-8)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([OWNERS, list("abcadd"), list("abcdef"), list("aabbcc")]))
def test_costs_to_prices_and_back(seed: int, owners: list[str]) -> None:
    """Expected: `marginal_costs` at equilibrium prices gives the costs, whoever owns what."""
    demand, costs = crowd(seed, people=12), COSTS + 0.1 * np.random.default_rng(seed).random(6)
    prices = equilibrium(demand.at, costs, owners).prices
    assert marginal_costs(prices, demand.at(prices), owners) == pytest.approx(costs, abs=1e-8)


def test_zeta_is_the_markup_of_a_single_channel_owner() -> None:
    """Expected: 1 / alpha + s (p - c) in the plain logit (Morrow and Skerlos 2011, equation for logit)."""
    prices = np.array([1.0, 1.1, 0.9, 1.3])
    answer = GOLDEN(prices)
    markup = zeta(prices, GOLDEN_COSTS, answer, np.eye(4))
    assert markup == pytest.approx(1.0 / 3.0 + answer.shares * (prices - GOLDEN_COSTS), rel=1e-12)


def test_prices_that_stay() -> None:
    """Expected: fixed prices stay; the free ones are best answers, counting what fixed channels gain."""
    demand, start = crowd(), np.full(6, 1.2)
    free = np.array([True, False, False, False, True, False])
    found = equilibrium(demand.at, COSTS, OWNERS, start=start, free=free)
    assert np.array_equal(found.prices[~free], start[~free])
    slopes = profit_slopes(found.prices, COSTS, demand.at(found.prices), ownership(OWNERS))
    assert slopes[free] == pytest.approx([0.0, 0.0], abs=1e-8)
    alone = equilibrium(demand.at, COSTS, list("abcdef"), start=start, free=free)
    assert found.prices[4] > alone.prices[4] + 1e-3
    nobody = equilibrium(demand.at, COSTS, OWNERS, start=start, free=np.zeros(6, bool))
    assert np.array_equal(nobody.prices, start)


# --- mergers (row 14) --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_merger_raises_prices(seed: int) -> None:
    """Expected (row 14): both merging hosts become dearer, the others follow with less."""
    demand = crowd(seed)
    before = equilibrium(demand.at, COSTS, OWNERS).prices
    after = equilibrium(demand.at, COSTS, ["bazaar", *OWNERS[1:3], "bazaar", *OWNERS[4:]]).prices
    rise = after - before
    assert (rise > 0.0).all()
    assert min(rise[[0, 3]]) > 3.0 * max(rise[[1, 2, 4, 5]])


def test_alibaba_and_kaola() -> None:
    """Expected (row 14) in the market of 2019, at costs that explain its prices: both rise, others follow."""
    m = market(autumn("stay_out"), 2_000)
    m.step()
    offers = m.offers["imported"]
    demand = price_response(m.demand, "imported", offers, m.week_needs("imported"))
    apart = [str(offer.brand or offer.host) for offer in offers]
    merged = ["alibaba" if owner == "kaola" else owner for owner in apart]
    costs = marginal_costs(demand.prices, demand.at(demand.prices), apart)
    before = equilibrium(demand.at, costs, apart, start=demand.prices + 0.2).prices
    assert before == pytest.approx(demand.prices, abs=1e-8)
    rise = equilibrium(demand.at, costs, merged, start=demand.prices).prices - before
    together = np.isin(apart, ["alibaba", "kaola"])
    assert min(rise[together]) > 0.01
    assert (rise[~together] > 0.0).all()
    assert max(rise[~together]) < min(rise[together])


# --- what cannot be solved ---------------------------------------------------------------------------


def test_no_convergence_is_an_error() -> None:
    """Expected: an error with the number of rounds, never unfinished prices."""
    with pytest.raises(NoEquilibriumError, match="after 3 rounds"):
        equilibrium(GOLDEN, GOLDEN_COSTS, GOLDEN_OWNERS, search=Search(rounds=3))


def test_a_minimum_is_no_equilibrium() -> None:
    """Expected: refused. With s = (p - 2)^2 + 1 and no cost, profit is flat at 1 (top) and 5/3 (bottom)."""

    def strange(prices: Floats) -> Answer:
        p = prices[0]
        return Answer(np.array([(p - 2.0) ** 2 + 1.0]), np.array([-2.0]), np.array([[2.0 * (p - 2.0)]]))

    with pytest.raises(NoEquilibriumError, match="not at a maximum"):
        equilibrium(strange, np.zeros(1), ["one"], start=np.array([5.0 / 3.0]))


def test_a_channel_that_sells_nothing() -> None:
    """Expected: an error that names it when it should set a price; no matter while its price stays."""
    known = crowd()
    utility = known.utility.copy()
    utility[:, 2] = -np.inf
    demand = replace(known, utility=utility)
    with pytest.raises(ValueError, match=r"channels \[2\]"):
        equilibrium(demand.at, COSTS, OWNERS)
    with pytest.raises(ValueError, match="does every channel sell"):
        marginal_costs(np.ones(6), demand.at(np.ones(6)), OWNERS)
    found = equilibrium(demand.at, COSTS, OWNERS, free=np.arange(6) != 2)
    assert found.prices[2] == COSTS[2]


def test_ownership() -> None:
    """Expected: labels give a matrix of 0 and 1; what puts channels into no groups is refused."""
    assert ownership(["a", "b", "a"]).tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert ownership(np.eye(2)).tolist() == [[1, 0], [0, 1]]
    assert ownership(np.array(["x", "x"])).tolist() == [[1, 1], [1, 1]]
    wrong = ([[1, 1], [0, 1]], [[0, 0], [0, 1]], [[1, 0.5], [0.5, 1]], [[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    for matrix in wrong:
        with pytest.raises(ValueError, match="ownership matrix"):
            ownership(np.array(matrix))
