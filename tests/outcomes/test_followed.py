"""What is followed while a pair runs, and the outcomes by tier that come from it, on one small real pair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest

from sim.consumers.noticing import fill
from sim.consumers.population import CHANNEL_BIT, SEEN_BIT
from sim.draws import person_hash
from sim.market import Market
from sim.market.phases import Phase
from sim.outcomes.followed import NOT_HOSTED, Visitors, note_first
from sim.outcomes.pair import RECORD, Pair
from sim.outcomes.periods import Period
from sim.outcomes.repeats import NEVER
from sim.outcomes.rows import Row
from tests.markets import autumn

SITE, SHOP, HOST = "amazon_global", "amazon_on_pinduoduo", "pinduoduo"
STAY = autumn("stay_out")
LOUD = autumn(
    "popup_on_pinduoduo_2019", *(f"storefronts.{SHOP}.{text}" for text in ("exposure=1", "appeal=1"))
)


class Both(NamedTuple):
    """The baseline beside itself, and beside the scenario."""

    baseline: Pair
    scenario: Pair


Found = dict[tuple[str, str, str, str], Row]


def test_first_purchases_are_dated_once() -> None:
    """Channels 0 and 2 are on one platform, 1 on none, 3 on another.

    People: no need, nothing, channel 1, channel 2 on day 3, both channels, a later one.
    """
    first = np.full((2, 6), NEVER, np.int16)
    host = np.array([0, NOT_HOSTED, 0, 1])
    note_first(np.array([[-2, -1, 7, 17, 0, -2], [-2, -2, -2, -2, 14, -2]], np.int16), host, 4, first)
    assert first.tolist() == [[-1, -1, -1, 4, 4, -1], [-1] * 6]
    note_first(np.array([[0, -1, 8, 0, 21, 20]], np.int16), host, 5, first)
    assert first.tolist() == [[5, -1, -1, 4, 4, 5], [-1, -1, -1, -1, 5, -1]]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Both, list[set[int]]]]:
    """A pair after its horizon, and who bought imports on the host in each week of the scenario."""
    told = []
    with (
        Market(STAY, consumers=2_000, record=RECORD) as a,
        Market(LOUD, consumers=2_000, record=RECORD) as b,
    ):
        baseline, made = Pair(a, a), Pair(a, b)
        while a.week < a.horizon:
            a.step()
            b.step()
            baseline.record()
            made.record()
            here = [k for k, offer in enumerate(b.sales["imported"].offers) if offer.host == HOST]
            codes = b.demand.diaries["imported"].codes
            bought = np.isin(codes // 7, here) & (codes >= 0)
            told.append(set(np.flatnonzero(bought.any(axis=0)).tolist()))
        yield Both(baseline, made), told


@pytest.fixture(scope="module")
def rows(pair: tuple[Both, list[set[int]]]) -> Found:
    keys = ("outcome", "party", "tier", "period")
    found = pair[0].scenario.rows(pair[0].baseline, 3)
    return {tuple(str(one[key]) for key in keys): one for one in found}  # type: ignore[misc]


def value(rows: Found, *key: str, side: str = "with_scenario") -> float:
    return float(str(rows[key][side]))  # type: ignore[index]


def test_new_buyers_at_the_host_against_plain_loops(pair: tuple[Both, list[set[int]]], rows: Found) -> None:
    made, told = pair
    weight = made.scenario.followed.first["amazon"].weights
    new = set().union(*told[3:9]) - set().union(*told[:3])
    assert len(new) > 50
    one = rows["new buyers of the category at the host", HOST, "all", "window"]
    assert one["with_scenario"] == pytest.approx(weight[sorted(new)].sum())
    assert one["simulated_buyers"] == len(new)
    assert float(str(one["effective_buyers"])) <= len(new)


@pytest.mark.parametrize(
    ("outcome", "party", "period"),
    [
        ("new customers", "amazon", "window"),
        ("new customers", "amazon", "after"),
        ("customers ever", "amazon", "horizon"),
        ("new buyers of the category at the host", HOST, "window"),
        ("GMV of the host's own merchants", HOST, "window"),
    ],
)
@pytest.mark.parametrize("side", ["baseline", "with_scenario", "difference"])
def test_tiers_add_up_to_all(rows: Found, outcome: str, party: str, period: str, side: str) -> None:
    tiers = [value(rows, outcome, party, tier, period, side=side) for tier in STAY.tiers]
    assert sum(tiers) == pytest.approx(value(rows, outcome, party, "all", period, side=side), abs=1.0)


def test_mean_loyalty_and_trust_are_those_of_the_people(
    pair: tuple[Both, list[set[int]]], rows: Found
) -> None:
    """At the horizon, where the columns can still be looked at; people weigh as they stand for others."""
    for market, side in ((pair[0].scenario.base, "baseline"), (pair[0].scenario.other, "with_scenario")):
        strata, columns = market.consumers.strata, market.consumers.columns
        weight = np.repeat(strata.weight, strata.count)
        states = {
            ("loyalty kept", "amazon"): columns.loyalty[market.consumers.layout.brands.index("amazon")],
            ("trust in the host", HOST): columns.trust[market.consumers.layout.firms.index(HOST)],
        }
        for key, state in states.items():
            mean = np.average(state, weights=weight)
            assert value(rows, *key, "all", "horizon", side=side) == pytest.approx(mean, rel=1e-6)
            own = market.city_tiers["T2"].rows
            tier = np.average(state[own], weights=weight[own])
            assert value(rows, *key, "T2", "horizon", side=side) == pytest.approx(tier, rel=1e-6)
    assert value(rows, "loyalty kept", "amazon", "all", "window", side="difference") > 0.0


def test_own_merchants_and_storefront_are_what_the_host_sells(rows: Found) -> None:
    """Imports on the platform: own merchants and the shop; both outcomes from the same table."""
    own = value(rows, "GMV of the host's own merchants", HOST, "all", "horizon", side="difference")
    shop = value(rows, "hosted GMV", "amazon", "all", "horizon", side="difference")
    total = value(rows, "host GMV", HOST, "all", "horizon", side="difference")
    other = value(rows, "channel GMV", HOST, "all", "horizon", side="difference") - own
    assert own + shop + other == pytest.approx(total)
    assert own < 0.0 < shop


def test_levels_of_one_market() -> None:
    """A market beside itself: followed once, nothing differs."""
    with Market(STAY, consumers=1_000, record=RECORD) as market:
        made = Pair(market, market)
        while market.week < market.horizon:
            market.step()
            made.record()
        kinds = ("new customers", "loyalty kept", "net revenue")
        found = [one for one in made.rows(made, 0) if one["outcome"] in kinds]
    assert any(float(str(one["with_scenario"])) > 0.0 for one in found)
    assert all(one["difference"] == 0.0 for one in found)


# --- visitors ------------------------------------------------------------------------------------


def test_visitors_are_those_whom_browsing_and_purchases_show_the_storefront() -> None:
    """By browsing: who has seen it before anybody shops; by purchase: the same draw, person by person."""
    found: list[tuple[int, float]] = []
    with Market(LOUD, consumers=2_000, record=RECORD) as market:
        layout, columns = market.consumers.layout, market.consumers.columns
        seen = np.uint64(layout.bit(channel=SHOP) << (SEEN_BIT - CHANNEL_BIT))
        weight = np.repeat(market.consumers.strata.weight, market.consumers.strata.count)
        browsed = np.zeros(2_000, bool)

        def look(one: Market) -> None:
            browsed[:] = columns.aware & seen != 0

        market.phases = market.phases.insert_after("people notice storefronts", Phase("look", look))
        visitors = Visitors(market)
        while market.week < 7:
            market.step()
            visitors.record(market.week - 1)
            if len(market.exposure.host):
                e, u = market.exposure, np.empty(2_000, np.float32)
                people = np.array([person_hash(one) for one in columns.id], np.uint64)
                fill(e.see_keys[0], 2_000, people, u)
                known = market.demand.before & e.brand[0] != 0
                buyers = market.demand.bought & e.host[0] != 0
                shown = browsed | buyers & (u < np.where(known, e.chance_known[0], e.chance_new[0]))
                assert (shown & ~browsed).any()
                found.append((int(shown.sum()), float(weight[shown].sum())))
    assert len(found) == 4
    everybody = visitors.within(SHOP, Period("window", 0, 6))
    assert everybody.people == pytest.approx(sum(people for _, people in found))
    assert everybody.buyers.simulated == sum(count for count, _ in found)
    assert visitors.within(SHOP, Period("window", 0, 2)).people == 0.0


def test_sales_per_visitor(pair: tuple[Both, list[set[int]]], rows: Found) -> None:
    opened = Period("window", 3, 8)
    visited = pair[0].scenario.followed.visitors.within(SHOP, opened)
    one = rows["sales per visitor of the storefront", SHOP, "all", "window"]
    sold = value(rows, "channel GMV", SHOP, "all", "window")
    assert one["with_scenario"] == pytest.approx(sold / visited.people)
    assert (one["baseline"], one["weight"]) == (0.0, visited.people)
    assert pair[0].baseline.followed.visitors.within(SHOP, opened).people == 0.0


def test_visitors_are_kept_for_markets_that_go_on(pair: tuple[Both, list[set[int]]]) -> None:
    made, opened = pair[0].scenario, Period("window", 3, 8)
    again = Visitors(made.other, made.followed.kept().visitors)
    assert again.within(SHOP, opened) == made.followed.visitors.within(SHOP, opened)
