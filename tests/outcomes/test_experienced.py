"""Surplus as experienced: against payments, closed forms of trust, and tables made by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from sim.consumers.demand import Record
from sim.market import Market
from sim.market.phases import Phase, Phases
from sim.outcomes.experienced import (
    PHASE,
    Experience,
    experience,
    experienced_rows,
    observe,
    surprise,
    winner_rows,
)
from sim.outcomes.people import customer_rows
from sim.outcomes.periods import Period
from sim.outcomes.sides import Sides, Tables
from sim.scenario import load

TOY = Path(__file__).parents[1] / "scenario" / "toy.yaml"
SHORT = [
    "time.start=2018-12-31", "time.end=2019-02-03", "time.warm_up_weeks=1",
    "storefronts.faraway_on_bazaar.open={from: 2018-12-31, to: 2019-02-03}",
    "storefronts.faraway_on_bazaar.price.imported.promotions.spring=null",
]  # fmt: skip
RECORD = Record(expected=True, core=False, payments=True, winners=True)
Floats = npt.NDArray[np.float64]


def toy(*sets: str, consumers: int = 3_000, run_off: bool = False) -> Market:
    scenario = load(TOY, sets=[*SHORT, *sets]).scenario
    return Market(scenario, consumers=consumers, record=RECORD, run_off=run_off)


def shopped(market: Market) -> Market:
    """A market that has shopped its first week, goods not yet there."""
    market.phases = Phases(*list(market.phases)[:8])
    market.step()
    market.week -= 1
    return market


def worth_of_orders(market: Market, share: Floats | float = 1.0) -> Floats:
    """Sum of share x order value / price coefficient of imports by stratum, from what was paid."""
    basket = market.demand.baskets["imported"]
    codes, paid = basket.books.diary.astype(np.int64), basket.books.payments.astype(np.float64)
    channel, day = np.where(codes >= 0, codes, 0) // 7, np.where(codes >= 0, codes, 0) % 7
    price = basket.channels.quantity[channel, day] * (1.0 + basket.channels.price[channel, day])
    alpha = float(basket.weights.price) * market.consumers.columns.price
    worth = np.where(codes >= 0, paid / price / alpha * share, 0.0).sum(axis=0)
    return np.add.reduceat(worth, market.consumers.strata.start[:-1])


def truth(market: Market) -> float:
    (same,) = {firm.authenticity for firm in [*market.spec.platforms.values(), *market.spec.brands.values()]}
    return same


ALIKE = [
    *(f"platforms.{name}.authenticity=0.8" for name in ("bazaar", "depot")),
    "brands.faraway.authenticity=0.8",
]


def test_whoever_knows_the_truth_is_not_surprised() -> None:
    with shopped(toy(*ALIKE)) as market:
        market.consumers.columns.trust[:] = truth(market)
        worth = worth_of_orders(market).sum()
        assert worth > 0.0
        found = surprise(market, market.demand.baskets["imported"])
    assert np.abs(found).sum() < 1e-6 * worth


def test_surprise_is_the_gap_in_belief_times_weight_and_worth_of_orders() -> None:
    """Everybody believes 0.3 too little: 1.5 x 0.3 x sum of B / alpha, in every stratum."""
    with shopped(toy(*ALIKE)) as market:
        market.consumers.columns.trust[:] = truth(market) - 0.3
        found = surprise(market, market.demand.baskets["imported"])
        np.testing.assert_allclose(found, 1.5 * 0.3 * worth_of_orders(market), rtol=1e-4)


def test_host_and_brand_are_believed_by_their_shares() -> None:
    """Trust 0.1 in platforms, 0.6 in the brand, another belief for each person's own rows."""
    with shopped(toy("storefronts.faraway_on_bazaar.exposure=1")) as market:
        layout, columns = market.consumers.layout, market.consumers.columns
        rows = np.linspace(0.0, 0.2, len(market.consumers), dtype=np.float32)
        columns.trust[: len(layout.platforms)] = 0.1 + rows
        columns.trust[len(layout.platforms) :] = 0.6 + rows
        basket = market.demand.baskets["imported"]
        codes, offers = basket.books.diary, basket.offers
        gap = np.zeros(codes.shape)
        for k, offer in enumerate(offers):
            spec = market.spec
            real = (
                spec.platforms[str(offer.host)].authenticity
                if offer.brand is None
                else spec.brands[offer.brand].authenticity
            )
            belief = 0.1 * offer.host_trust_weight + 0.6 * (1.0 - offer.host_trust_weight) + rows
            gap = np.where(codes // 7 == k, 1.5 * (real - belief), gap)
        assert {offer.host_trust_weight for offer in offers} >= {0.0, 1.0}
        expected = worth_of_orders(market, gap)
        found = surprise(market, basket)
    assert np.abs(expected).sum() > 0.0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_the_belief_is_read_after_the_choice_and_before_the_goods() -> None:
    with toy() as market:
        observe(market)
        observe(market)
        names = [phase.name for phase in market.phases]
        assert names.count(PHASE) == 1
        assert names.index("teams settle") < names.index(PHASE) < names.index("goods arrive")


def test_weeks_of_the_horizon_are_kept_and_nothing_is_changed() -> None:
    with (
        toy("finance.runoff_weeks=3", run_off=True) as market,
        toy("finance.runoff_weeks=3", run_off=True) as plain,
    ):
        observe(market)
        market.run()
        kept = experience(market)
        pd.testing.assert_frame_equal(market.sales_table(), plain.run().sales_table())
    assert kept is not None
    table = kept.table()
    assert sorted(set(table.week)) == list(range(market.horizon))
    assert set(table.category) == {"imported"}
    assert (table.surprise != 0.0).any()


# --- rows ----------------------------------------------------------------------------------------

TIERS = ("T1", "T5")


def observed(*surprises: tuple[int, float, float]) -> Any:
    """A market whose people were surprised by so much: week, T1, T5."""
    kept = Experience(TIERS)
    for week, *by_tier in surprises:
        kept.panel.append((week, "imported"), [np.array(by_tier)])
    spec = SimpleNamespace(currency=SimpleNamespace(name="yuan"))
    return SimpleNamespace(spec=spec, tiers=TIERS, phases=Phases(Phase(PHASE, kept)))


def decided(*rows: tuple[int, str, str, float]) -> Any:
    none: Any = None
    surplus = pd.DataFrame(rows, columns=["week", "category", "tier", "decision"])
    return Tables(none, none, none, surplus)


def test_experienced_surplus_by_hand() -> None:
    """Decision 10 + 1 and 20 in week 4; surprises -3 and 2 there; week 9 lies outside the window."""
    before = decided((4, "imported", "T1", 10.0), (4, "daily", "T1", 1.0), (4, "imported", "T5", 20.0))
    after = decided((4, "imported", "T1", 12.0), (4, "imported", "T5", 20.0), (9, "imported", "T5", 7.0))
    periods = [Period("window", 3, 8), Period("horizon", 0, 10)]
    both = Sides(
        observed((4, -3.0, 2.0)), observed((5, 1.0, 4.0), (9, 0.0, -1.0)), before, after, periods,
        pd.DataFrame(),
    )  # fmt: skip
    found = {(one["period"], one["tier"]): one for one in experienced_rows(both)}
    assert found["window", "T1"]["baseline"] == 11.0 - 3.0
    assert found["window", "T5"]["baseline"] == 20.0 + 2.0
    assert found["window", "T1"]["with_scenario"] == 12.0 + 1.0
    assert found["window", "all"]["difference"] == (13.0 + 24.0) - (8.0 + 22.0)
    assert found["horizon", "T5"]["with_scenario"] == 20.0 + 7.0 + 4.0 - 1.0
    assert {one["outcome"] for one in found.values()} == {"consumer surplus, experienced"}


def test_periods_that_began_before_anybody_looked_are_left_out() -> None:
    late = observed((4, 1.0, 1.0))
    experience(late).since = 3  # type: ignore[union-attr]
    known = decided((4, "imported", "T1", 1.0), (4, "imported", "T5", 1.0))
    periods = [Period("window", 3, 8), Period("horizon", 0, 10)]
    both = Sides(observed((4, 1.0, 1.0)), late, known, known, periods, pd.DataFrame())
    assert {one["period"] for one in experienced_rows(both)} == {"window"}


def test_without_an_observer_nothing_is_claimed() -> None:
    silent: Any = SimpleNamespace(phases=Phases())
    both = Sides(silent, observed(), decided(), decided(), [Period("window", 0, 1)], pd.DataFrame())
    assert list(experienced_rows(both)) == []


def test_winners_and_losers_of_the_tiers_are_those_of_all() -> None:
    with toy(consumers=600) as base, toy(consumers=600) as other:
        rng = np.random.default_rng(4)
        other.demand.gain[:] = rng.choice([-1.0, 0.0, 0.001, 2.0], len(other.consumers))
        whole = {one["outcome"]: one["difference"] for one in customer_rows(base, other)}
        found = pd.DataFrame(winner_rows(base, other))
        first = base.consumers.strata.start[2]
    assert set(found.tier) == set(TIERS)
    for outcome, people in found.groupby("outcome").difference.sum().items():
        assert people == pytest.approx(whole[str(outcome)])
    better = found[(found.outcome == "people better off") & (found.tier == "T1")].iloc[0]
    assert better.simulated_buyers == (other.demand.gain[:first] == 2.0).sum()
    assert 0.0 < better.effective_buyers < better.simulated_buyers
