"""Sales by channel and tier against the same sums written out, term by term."""

from __future__ import annotations

import numpy as np
import pytest

from sim.trade import CHANCE_SCALE, VALUE_SCALE, ChannelSales, Offer, Sales, TeamSales

A, DAYS, S = 3, 7, 6
MEASURES = ("orders", "value", "gmv", "discount", "subsidy")


def offers(rng: np.random.Generator) -> tuple[Offer, ...]:
    """A channel without, and two with the team option; all with promotions, one with a subsidy."""
    found = []
    for j in range(A):
        price = rng.uniform(0.5, 1.0, DAYS)
        subsidy = rng.uniform(0.0, 0.1, DAYS) * (j == 1)
        list_price = price + subsidy + rng.uniform(0.0, 0.2, DAYS)
        found.append(
            Offer(
                channel=f"c{j}", category="goods", host=None, brand=None, goods=1.0, foreign=False,
                open=np.ones(DAYS, bool), list_price=list_price, price=price, depth=np.zeros(DAYS),
                pull=np.zeros(DAYS), delivery_days=np.ones(S // 2), subsidy=subsidy,
                team_price=price * rng.uniform(0.7, 1.0) if j else None,
            )
        )  # fmt: skip
    return tuple(found)


def sales(rng: np.random.Generator, *, teams: bool) -> Sales:
    def counts(scale: float) -> np.ndarray:
        return (rng.uniform(0.0, 50.0, (A, DAYS, S)) * scale).astype(np.int64)

    in_teams = TeamSales(
        counts(1.0), counts(0.2), counts(0.2 * VALUE_SCALE), counts(0.3 * CHANCE_SCALE),
        counts(0.3 * VALUE_SCALE), rng.uniform(0.2, 1.0, (A, DAYS)), rng.uniform(0.0, 1.0, A),
    )  # fmt: skip
    return Sales(
        "goods", offers(rng), rng.uniform(0.8, 1.4, (A, DAYS)), counts(1.0), counts(VALUE_SCALE),
        counts(CHANCE_SCALE), counts(VALUE_SCALE), np.zeros((3, S), np.int64), in_teams if teams else None,
    )  # fmt: skip


def by_hand(s: Sales, j: int, d: int, k: int, expected: bool) -> dict[str, float]:
    """What consumers of one stratum bought in one channel on one day."""
    offer, quantity, t = s.offers[j], s.quantity[j, d], s.teams
    fill, lost, orders, value, filled = 1.0, 0.0, s.orders[j, d, k], s.value[j, d, k] / VALUE_SCALE, 0.0
    if t is not None:
        fill = t.fill[j, d]
        lost = (1.0 - fill) * (1.0 - t.pay_alone[j])
        filled = t.filled_value[j, d, k] / VALUE_SCALE
    if expected:
        orders, value = s.expected_orders[j, d, k] / CHANCE_SCALE, s.expected_value[j, d, k] / VALUE_SCALE
        if t is not None:
            orders -= lost * t.expected_orders[j, d, k] / CHANCE_SCALE
            value -= lost * t.expected_value[j, d, k] / VALUE_SCALE
            filled = fill * t.expected_value[j, d, k] / VALUE_SCALE
    price, subsidy = offer.price[d], offer.subsidy[d]
    team = price if offer.team_price is None else offer.team_price[d]
    alone, shrunk = (value - filled) * quantity, filled * quantity * team / price
    cut = offer.list_price[d] - price - subsidy
    return {
        "orders": orders, "value": value * quantity, "gmv": price * (alone + shrunk),
        "discount": cut * (alone + shrunk), "subsidy": subsidy * (alone + shrunk),
    }  # fmt: skip


@pytest.mark.parametrize("expected", [True, False])
@pytest.mark.parametrize("teams", [True, False])
def test_sales_by_channel_are_the_sums_by_hand(teams: bool, expected: bool) -> None:
    """Expected: each measure of each channel and tier, for the stratum's weight; no team, no team price."""
    rng = np.random.default_rng(7)
    week, weight = sales(rng, teams=teams), rng.uniform(1.0, 9.0, S)
    found = week.by_channel(weight, expected=expected)
    assert [one.offer for one in found] == list(week.offers)
    for j, one in enumerate(found):
        for tier in range(S // 2):
            cells = [
                (weight[k], by_hand(week, j, d, k, expected))
                for d in range(DAYS)
                for k in (2 * tier, 2 * tier + 1)
            ]
            for measure in MEASURES:
                total = sum(people * cell[measure] for people, cell in cells)
                assert getattr(one, measure)[tier] == pytest.approx(total, rel=1e-12, abs=1e-12), measure


def test_asking_twice_or_with_another_weight() -> None:
    """Expected: the same again, on either basis in either order; twice the people buy twice as much."""
    rng = np.random.default_rng(11)
    week, weight = sales(rng, teams=True), rng.uniform(1.0, 9.0, S)

    def numbers(weight: np.ndarray, expected: bool) -> np.ndarray:
        return np.array(
            [[getattr(s, m) for m in MEASURES] for s in week.by_channel(weight, expected=expected)]
        )

    first = numbers(weight, True), numbers(weight, False)
    assert not np.array_equal(*first)
    assert np.array_equal(numbers(2.0 * weight, False), 2.0 * first[1])
    assert np.array_equal(numbers(weight, True), first[0])


def test_nobody_sells() -> None:
    """Expected: a category without offers has no sales, not an error."""
    none, empty = np.zeros((0, DAYS, S), np.int64), np.zeros((0, DAYS))
    week = Sales("goods", (), empty, none, none, none, none, np.zeros((3, S), np.int64))
    assert week.by_channel(np.ones(S), expected=True) == week.by_channel(np.ones(S), expected=False) == []


def test_total_gmv() -> None:
    """Expected: the sum over tiers."""
    tiers = np.array([1.0, 2.5, 4.0])
    assert (
        ChannelSales(offers(np.random.default_rng(1))[0], tiers, tiers, 2.0 * tiers, tiers, tiers).total_gmv
        == 15.0
    )
