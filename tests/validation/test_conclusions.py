"""Conclusions: closed forms on made-up tables, and the outcomes of a real comparison."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiments.compare import Comparison, Settings, compare
from sim.outcomes.intervals import LEVEL
from sim.scenario import load
from sim.validation import conclusions as room
from sim.validation.conclusions import CONCLUSIONS, Facts, answer, conclude, facts, verdict
from tests.markets import AUTUMN, CLOSED, SCENARIOS

STAY = load(SCENARIOS / "stay_out.yaml").scenario
POPUP = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml").scenario
SHOP = "amazon_on_pinduoduo"
ANSWERS = ["yes", "no", "open"]


def made_up(
    changes: dict[tuple[str, str, str, str], float] | None = None, *,
    flows: pd.DataFrame | None = None, people: list[float] | None = None, last: int = 3,
) -> Facts:  # fmt: skip
    """The pop-up pair with invented tables; the shop sells up to week `last`, `people` is the gap by week."""
    gaps = pd.DataFrame({"week": range(len(people or [])), "name": "amazon", "difference": people or []})
    weeks = range(last + 3)
    sales = pd.DataFrame({"week": weeks, "channel": SHOP, "baseline": 0.0, "with_scenario": 0.0})
    sales.loc[sales.week <= last, "with_scenario"] = 5.0
    moved = pd.DataFrame({"origin": [], "destination": [], "paid_after": []}) if flows is None else flows
    return Facts(STAY, POPUP, "amazon", changes or {}, moved, sales, gaps)


# --- closed forms ----------------------------------------------------------------------------------------


def test_who_is_meant() -> None:
    f = made_up()
    assert f.stores == [SHOP]
    assert f.hosts == ["pinduoduo"]
    assert f.goods == ["imported"]


def test_carry_over_against_half_of_what_was_sold() -> None:
    f = made_up(
        {("carry-over GMV", "amazon", "all", "after"): 30.0, ("hosted GMV", "amazon", "all", "window"): 50.0}
    )
    assert room.carry_over(f) == 5.0


def test_volume_from_outside_the_host() -> None:
    """Own site, rivals and nothing online are outside; what the shop sold anyway does not count."""
    origin = ["pinduoduo", "pinduoduo", "jd", "nothing online", "amazon_global", SHOP, "jd"]
    destination = [SHOP, "jd", SHOP, SHOP, SHOP, SHOP, "amazon_global"]
    paid = [10.0, 1000.0, 4.0, 3.0, 2.0, 500.0, 900.0]
    flows = pd.DataFrame({"origin": origin, "destination": destination, "paid_after": paid})
    assert room.from_outside(made_up(flows=flows)) == (4.0 + 3.0 + 2.0) - 10.0


def test_lower_tiers_against_upper_ones() -> None:
    """Upper are those richer than the mean shopper: T1, T1new and T2."""
    gmv = {"T1": 1.0, "T1new": 2.0, "T2": 4.0, "T3": 8.0, "T4": 16.0, "T5": 32.0}
    f = made_up({("channel GMV", SHOP, tier, "window"): value for tier, value in gmv.items()})
    assert room.lower_tiers(f) == 56.0 - 7.0


@pytest.mark.parametrize(("left", "expected"), [(20.0, 10.0), (10.0, 0.0), (0.0, -10.0)])
def test_awareness_after_a_year(left: float, expected: float) -> None:
    """The shop last sells in week 3; the largest gap is 100; the year ends in week 55."""
    people = [0.0, 60.0, 100.0, 90.0, *([50.0] * 51), left, 99.0]
    assert room.awareness_lasts(made_up(people=people)) == expected


def test_a_year_that_was_not_run_says_nothing() -> None:
    assert isnan(room.awareness_lasts(made_up(people=[0.0, 5.0, 5.0])))


def test_what_is_missing_is_no_number() -> None:
    assert isnan(made_up().change("NPV with run-off", ["amazon"], "horizon"))


def test_a_deal_counts_both_sides() -> None:
    npv = {
        ("NPV with run-off", firm, "all", "horizon"): v for firm, v in (("amazon", 7.0), ("pinduoduo", -3.0))
    }
    assert room.deal(made_up(npv)) == 4.0


# --- answers ---------------------------------------------------------------------------------------------


@given(st.floats(-10, 10), st.floats(0, 10))
def test_an_answer_is_the_side_of_zero(middle: float, half: float) -> None:
    low, high = middle - half, middle + half
    found = answer(low, high)
    assert (found == "open") == (low <= 0.0 <= high)
    assert answer(-high, -low) == {"yes": "no", "no": "yes", "open": "open"}[found]


def test_no_interval_leaves_it_open() -> None:
    assert answer(nan, nan) == "open"


def test_verdicts() -> None:
    """Rows: what the model says; columns: what the alternative says (yes, no, open)."""
    table = [[verdict(before, now) for now in ANSWERS] for before in ANSWERS]
    assert table == [
        ["holds", "flips", "open"],
        ["flips", "holds", "open"],
        ["settled", "settled", "open"],
    ]


# --- a real comparison -----------------------------------------------------------------------------------

SETS = [*AUTUMN, *CLOSED]
SHOWN = [f"storefronts.{SHOP}.exposure=1", f"storefronts.{SHOP}.appeal=1"]
DIRECT = {
    "the brand gains, run-off included": ("NPV with run-off", "amazon", "horizon", 1.0),
    "the brand has gained by the horizon": ("NPV, cut at the horizon", "amazon", "horizon", 1.0),
    "the host gains, run-off included": ("NPV with run-off", "pinduoduo", "horizon", 1.0),
    "the brand's other channels gain while it is open": ("GMV of other channels", "amazon", "window", 1.0),
    "the host's own merchants lose while it is open": ("channel GMV", "pinduoduo", "window", -1.0),
    "the host's own merchants gain afterwards": ("channel GMV", "pinduoduo", "after", 1.0),
    "rivals lose": ("contribution", "rivals", "horizon", -1.0),
    "what it sells becomes less concentrated": ("concentration (HHI)", "imported", "window", -1.0),
    "more of what it sells is bought online": ("category GMV", "imported", "horizon", 1.0),
    "consumers gain, frictions left out": ("consumer surplus, core", "consumers", "horizon", 1.0),
}
"""Conclusions that are an outcome by themselves, and its sign."""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    stay = load(SCENARIOS / "stay_out.yaml", sets=SETS).scenario
    popup = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=[*SETS, *SHOWN]).scenario
    return compare(("stay", stay), {"popup": popup}, Settings(replications=3, consumers=2_000, workers=1))


def test_outcomes_and_intervals_are_those_of_the_summary(comparison: Comparison) -> None:
    found = conclude(comparison).set_index("conclusion")
    summary = comparison.summary()
    summary = summary[summary.tier == "all"].set_index(["outcome", "party", "period"])
    for sentence, (outcome, party, period, sign) in DIRECT.items():
        expected = summary.loc[(outcome, party, period)]
        ends = sorted([sign * expected.low, sign * expected.high])
        assert found.value[sentence] == pytest.approx(sign * expected.difference)
        assert [found.low[sentence], found.high[sentence]] == pytest.approx(ends)
        assert found.unit[sentence] == expected.unit


def test_every_conclusion_has_a_number(comparison: Comparison) -> None:
    found = conclude(comparison)
    assert found.conclusion.tolist() == [one.sentence for one in CONCLUSIONS]
    assert not found.isna().any().any()
    assert set(found.answer) <= set(ANSWERS)
    assert LEVEL == 0.90


def test_volume_is_all_that_the_shop_sold(comparison: Comparison) -> None:
    """Inside and outside of the host add up to what flows brought; lower and upper tiers to hosted sales."""
    for replication, f in facts(comparison):
        came = comparison.flows[
            (comparison.flows.replication == replication) & (comparison.flows.destination == SHOP)
        ]
        inside = came.paid_after[came.origin == "pinduoduo"].sum()
        assert room.from_outside(f) == pytest.approx(came.paid_after.sum() - 2.0 * inside)
        upper = sum(f.change("channel GMV", [SHOP], "window", tier) for tier in ("T1", "T1new", "T2"))
        assert room.lower_tiers(f) == pytest.approx(f.sold - 2.0 * upper)
        assert f.sold > 0.0


def test_awareness_is_that_of_the_people_table(comparison: Comparison) -> None:
    """Week 8 is the last of the shop; the run-off reaches week 60."""
    for replication, f in facts(comparison):
        table = comparison.people[
            (comparison.people.replication == replication) & (comparison.people.name == "amazon")
        ]
        gap = table.groupby("week").difference.sum().to_numpy()
        assert room.awareness_lasts(f) == pytest.approx(gap[8 + 52] - 0.1 * gap.max())
        assert np.argmax(gap) < 12


def test_order_of_replications_does_not_matter(comparison: Comparison) -> None:
    turned = replace(comparison, outcomes=comparison.outcomes.iloc[::-1].reset_index(drop=True))
    pd.testing.assert_frame_equal(conclude(turned), conclude(comparison))


def test_a_comparison_without_one_hosted_brand_is_refused(comparison: Comparison) -> None:
    stay = comparison.scenarios["stay"]
    with pytest.raises(ValueError, match="0 brands have hosted storefronts"):
        conclude(replace(comparison, scenarios={"stay": stay, "popup": stay}))
    with pytest.raises(ValueError, match="2 scenarios beside the baseline"):
        conclude(replace(comparison, scenarios={**comparison.scenarios, "third": stay}))
