"""Pairs from kept histories find what a comparison from the first week finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from sim.engine.history import LOOK_BACK, Histories, StoppedError, parting
from sim.experiments.compare import Settings, compare
from sim.outcomes.rows import KEYS, VALUES
from sim.outcomes.table import npv_week
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import CLOSED

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SHORT = ("time.start=2019-10-07", "time.end=2020-02-02", "time.warm_up_weeks=2", "finance.runoff_weeks=3")
POPUP, STORE = "popup_on_pinduoduo_2019", "storefronts.amazon_on_pinduoduo"
CONSUMERS = 600
NUMBERS = [*KEYS, *VALUES, "weight"]


def scenario(name: str, *sets: str) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml", sets=[*SHORT, *CLOSED, *sets]).scenario


@pytest.fixture(scope="module")
def base() -> Scenario:
    return scenario("stay_out")


def test_parting_is_the_week_of_opening(base: Scenario) -> None:
    assert parting(base, scenario(POPUP)) == 7  # Monday 25 November is seven weeks after 7 October
    assert parting(base, scenario(POPUP, f"{STORE}.open.from=2019-11-20")) == 6


def test_advertising_parts_them_when_it_begins(base: Scenario) -> None:
    earlier = "brands.amazon.advertising.spend={2019-10-28: 1_000_000, 2019-12-02: 0}"
    assert parting(base, scenario(POPUP, earlier)) == 3
    assert parting(base, scenario(POPUP, "brands.amazon.advertising.spend=5")) == 0
    carried = "brands.amazon.advertising.carry_over=0.5"
    assert parting(base, scenario(POPUP, carried)) == 7, "how it works matters once somebody advertises"
    assert parting(base, scenario(POPUP, carried, earlier)) == 3


@pytest.mark.parametrize("name", ["jd_matches_2019", "choose_one_of_two_2019", "stay_out"])
def test_nothing_in_common_where_more_differs(base: Scenario, name: str) -> None:
    """A reaction, a policy; and what does not differ needs no history."""
    assert parting(base, scenario(name)) == 0


@pytest.mark.parametrize("sets", [(), (f"{STORE}.exposure=0.2", f"{STORE}.contract.commission=0.01")])
def test_same_tables_as_a_comparison(base: Scenario, sets: tuple[str, ...]) -> None:
    other, histories = scenario(POPUP, *sets), Histories(base, CONSUMERS)
    start = npv_week(base, [other])
    whole = compare(("base", base), {"popup": other}, Settings(replications=2, consumers=CONSUMERS))
    for replication in (1, 0, 1):  # in any order, and once more from the kept state
        found = histories.tables("popup", other, start, replication)
        for name in ("weekly", "flows", "people"):
            of_weeks = getattr(whole, name)
            expected = of_weeks[(of_weeks.replication == replication) & (of_weeks.week >= 7)]
            of_pair = found[name][found[name].week >= 7].reset_index(drop=True)
            pd.testing.assert_frame_equal(of_pair, expected.reset_index(drop=True), check_exact=True)
        rows = whole.outcomes[whole.outcomes.replication == replication]
        there = pd.MultiIndex.from_frame(rows[KEYS]).isin(pd.MultiIndex.from_frame(found["outcomes"][KEYS]))
        assert set(rows[~there].outcome) == set(LOOK_BACK)
        expected = rows[there].reset_index(drop=True)
        pd.testing.assert_frame_equal(found["outcomes"][NUMBERS], expected[NUMBERS], rtol=1e-13)
        fewer = found["outcomes"].simulated_buyers <= expected.simulated_buyers
        assert (fewer | expected.simulated_buyers.isna()).all()


def test_a_later_state_goes_on_from_an_earlier_one(base: Scenario) -> None:
    later = (f"{STORE}.open.from=2019-12-09", f"{STORE}.price.imported.promotions.black_friday=null")
    early, late = scenario(POPUP), scenario(POPUP, *later)
    histories, alone = Histories(base, CONSUMERS), Histories(base, CONSUMERS)
    histories.tables("popup", early, 7, 0)
    found, expected = (each.tables("popup", late, 7, 0) for each in (histories, alone))
    assert sorted(histories.kept) == [(0, 7), (0, 9)]
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, expected[name], check_exact=True)


def test_no_more_states_are_kept_than_a_page_can_hold(base: Scenario) -> None:
    histories = Histories(base, 200)
    for day in (25, 18, 11, 4):
        dates = (f"{STORE}.open.from=2019-11-{day:02}", f"{STORE}.open.to=2019-12-31")
        histories.begin(scenario(POPUP, *dates), 0)
    histories.begin(scenario(POPUP, f"{STORE}.open.from=2019-10-28"), 0)
    assert sorted(week for _, week in histories.kept) == [3, 4, 5, 7]


def test_scenarios_without_a_common_history_run_from_the_start(base: Scenario) -> None:
    other = scenario("jd_matches_2019")
    whole = compare(("base", base), {"jd": other}, Settings(replications=1, consumers=CONSUMERS))
    found = Histories(base, CONSUMERS).tables("jd", other, npv_week(base, [other]), 0)
    pd.testing.assert_frame_equal(found["outcomes"], whole.outcomes, check_exact=True)


def test_it_stops_when_nobody_waits(base: Scenario) -> None:
    histories = Histories(base, CONSUMERS)
    with pytest.raises(StoppedError):
        histories.tables("popup", scenario(POPUP), 7, 0, stop=lambda: True)
    assert not histories.kept, "a history that was given up is not kept"
    assert date.fromisoformat("2019-11-25") == scenario(POPUP).storefronts["amazon_on_pinduoduo"].open.from_
