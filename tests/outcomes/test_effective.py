"""How many buyers stand behind a number: closed forms, and flows against the diaries that they come from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.consumers.demand import Record
from sim.experiments.compare import Comparison
from sim.market import Market
from sim.outcomes.effective import Purchases, behind, counted, diagnostics, kish
from sim.outcomes.flows import FlowRecorder
from sim.outcomes.periods import Period
from sim.outcomes.rows import FEWEST_BUYERS, Buyers, row, summarise
from sim.outcomes.sides import Sides
from sim.outcomes.volume import NOTHING_ONLINE
from tests.markets import autumn, named_choices

SHOP, SITE = "amazon_on_pinduoduo", "amazon_global"
STAY, POPUP = autumn("stay_out"), autumn("popup_on_pinduoduo_2019")
PERIODS = [Period("window", 3, 8), Period("horizon", 0, 10)]
WEIGHTS = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=20)


def test_kish_by_hand() -> None:
    assert kish([]) == 0.0
    assert kish([7.0] * 12) == pytest.approx(12.0)
    assert kish([1.0, 3.0]) == pytest.approx(16 / 10)


@given(WEIGHTS, st.floats(0.1, 10.0))
def test_effective_buyers_are_at_most_as_many_and_have_no_unit(weights: list[float], unit: float) -> None:
    assert 1.0 - 1e-9 <= kish(weights) <= len(weights) * (1.0 + 1e-9)
    assert kish(np.array(weights) * unit) == pytest.approx(kish(weights))


def flows(*rows: tuple[int, str, str, str, str, list[float]]) -> pd.DataFrame:
    """Rows week, category, tier, origin, destination, weights of the buyers."""
    return pd.DataFrame(
        dict(week=week, category=category, tier=tier, origin=origin, destination=destination,
             needs=sum(w), simulated_buyers=len(w), effective_buyers=kish(w))
        for week, category, tier, origin, destination, w in rows
    )  # fmt: skip


def sides(found: pd.DataFrame) -> Sides:
    def market(scenario: Any) -> Any:
        firms = {"platforms": scenario.platforms, "storefronts": scenario.storefronts}
        return SimpleNamespace(spec=scenario, tiers=tuple(STAY.tiers), **firms)

    none: Any = None
    return Sides(market(STAY), market(POPUP), none, none, PERIODS, found)


MOVED = flows(
    (4, "imported", "T1", SITE, SHOP, [1.0, 1.0]),
    (5, "imported", "T1", "jd", SHOP, [3.0]),
    (5, "imported", "T2", NOTHING_ONLINE, SHOP, [2.0] * 4),
    (5, "everyday", "T1", "pinduoduo", NOTHING_ONLINE, [5.0] * 3),
    (9, "imported", "T1", "jd", SHOP, [1.0] * 99),
)


def test_weeks_add_up_to_what_all_weights_together_would_give() -> None:
    bought = Purchases(sides(MOVED))
    sums = bought.sums(PERIODS[0])[:, :, bought.channels[SHOP], bought.categories["imported"], 0]
    assert sums[:, 1].tolist() == [3.0, 5.0, 11.0]
    assert sums[:, 0].tolist() == [0.0, 0.0, 0.0], "nobody buys there in the baseline"
    assert behind(sums) == Buyers(3.0, pytest.approx(kish([1.0, 1.0, 3.0])))


@pytest.mark.parametrize(
    ("outcome", "party", "tier", "weights"),
    [
        ("channel GMV", SHOP, "T1", [1.0, 1.0, 3.0]),
        ("channel GMV", SHOP, "all", [1.0, 1.0, 3.0, *[2.0] * 4]),
        ("host GMV, upper tiers", "pinduoduo", "T1, T2", [1.0, 1.0, 3.0, *[2.0] * 4]),
        ("channel GMV", "pinduoduo", "T1", [5.0] * 3),
        ("category GMV", "everyday", "all", [5.0] * 3),
        ("category GMV", "imported", "T2", [2.0] * 4),
        ("brand orders", "amazon", "T1", [1.0, 1.0, 3.0]),
        ("hosted GMV", "amazon", "T2", [2.0] * 4),
        ("GMV of other channels", "amazon", "all", [1.0, 1.0]),
    ],
)
def test_sales_carry_the_buyers_of_the_market_that_has_more(
    outcome: str, party: str, tier: str, weights: list[float]
) -> None:
    made = row(outcome, party, tier, "window", "yuan", 1.0, 2.0)
    (one,) = counted([made], sides(MOVED))
    assert one["simulated_buyers"] == len(weights)
    assert one["effective_buyers"] == pytest.approx(kish(weights))
    assert {key: one[key] for key in made if "buyers" not in key} == {
        key: made[key] for key in made if "buyers" not in key
    }


def test_what_is_not_sales_or_zero_in_both_is_not_counted() -> None:
    rows = [
        row("channel GMV", SHOP, "T1", "window", "yuan", 0.0, 0.0),
        row("NPV", "amazon", "all", "horizon", "yuan", 0.0, 5.0),
        row("concentration (HHI)", "imported", "all", "window", "points", 1.0, 5.0),
    ]
    assert all(np.isnan(float(str(one["effective_buyers"]))) for one in counted(rows, sides(MOVED)))
    (nobody,) = counted([row("channel GMV", "kaola", "T1", "window", "yuan", 0.0, 1.0)], sides(MOVED))
    assert nobody["effective_buyers"] == 0.0


def replicated(*buyers: Buyers) -> pd.DataFrame:
    rows = [
        row("channel GMV", SHOP, "T1", "window", "yuan", 0.0, 2.0 * k, one) for k, one in enumerate(buyers)
    ]
    return pd.DataFrame([one | {"scenario": "s", "replication": k} for k, one in enumerate(rows)])


def test_numbers_with_few_effective_buyers_are_not_given_however_many_simulated_ones_there_are() -> None:
    enough = summarise(replicated(Buyers(500, 20.0), Buyers(500, FEWEST_BUYERS - 20.0))).iloc[0]
    few = summarise(replicated(Buyers(500, 20.0), Buyers(500, FEWEST_BUYERS - 20.1))).iloc[0]
    assert (enough.difference, enough.effective_buyers) == (1.0, FEWEST_BUYERS)
    assert np.isnan([few.baseline, few.with_scenario, few.difference, few.low, few.high]).all()
    assert few.effective_buyers == pytest.approx(FEWEST_BUYERS - 0.1)
    uncounted = summarise(replicated(Buyers(), Buyers())).iloc[0]
    assert uncounted.difference == 1.0
    assert np.isnan(uncounted.effective_buyers)
    assert np.isnan(summarise(replicated(Buyers(10), Buyers(39))).difference.item()), "simulated ones count"


def test_diagnostics_by_hand() -> None:
    """Differences 0, 2, 4: standard error 2 / sqrt(3)."""
    table = replicated(Buyers(30, 10.0), Buyers(40, 20.0), Buyers(50, 19.0))
    silent = replicated(Buyers(), Buyers(), Buyers()).assign(party="kaola")
    other = table.assign(outcome="brand GMV")
    kept = pd.concat([table, silent, other], ignore_index=True)
    none = pd.DataFrame()
    (one,) = diagnostics(Comparison("b", {}, kept, none, none, none)).to_dict("records")
    assert one == {
        "scenario": "s", "channel": SHOP, "tier": "T1", "period": "window", "simulated_buyers": 120.0,
        "effective_buyers": 49.0, "monte_carlo_error": pytest.approx(2.0 / np.sqrt(3.0)), "enough": False,
    }  # fmt: skip
    old = kept.drop(columns="effective_buyers")
    with pytest.raises(ValueError, match="run it again"):
        diagnostics(Comparison("b", {}, old, none, none, none))


def test_flows_hold_the_effective_size_of_the_diaries() -> None:
    """Kish of the weights of everybody who bought, person by person: two weights a tier."""
    record = Record(expected=False, core=False, payments=True)
    with Market(STAY, consumers=3_000, record=record) as market:
        recorder = FlowRecorder(market, market)
        market.step()
        recorder.record()
        chosen = named_choices(market, "everyday")
        strata, order = market.consumers.strata, np.argsort(market.consumers.columns.id)
        weight, tier = (np.repeat(of, strata.count)[order] for of in (strata.weight, strata.tier))
        names = market.tiers
    found = recorder.table()
    found = found[(found.category == "everyday") & (found.destination != NOTHING_ONLINE)]
    assert (found.effective_buyers < 0.9 * found.simulated_buyers).any()
    for one in found.itertuples():
        who = (chosen == one.destination) & (tier == names.index(str(one.tier)))
        weights = np.concatenate([weight[slot] for slot in who])
        assert one.simulated_buyers == len(weights)
        assert one.effective_buyers == pytest.approx(kish(weights))
