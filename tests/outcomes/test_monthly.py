"""Sales by calendar month: weeks shared by days, nothing lost, thin numbers not shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendar import Calendar
from sim.experiments.compare import Comparison, Settings, compare
from sim.experiments.folders import clear, save_comparison
from sim.outcomes.monthly import COLUMNS, MEASURES, by_month, month_shares, monthly
from sim.scenario import load
from tests.markets import AUTUMN, CLOSED, SCENARIOS, autumn

STAY, POPUP = autumn("stay_out"), autumn("popup_on_pinduoduo_2019")
SHOP, SITE, HOST = "amazon_on_pinduoduo", "amazon_global", "pinduoduo"
CALENDAR = Calendar(date(2019, 10, 28), date(2020, 1, 5))
TIERS = ["T1", "T5"]


def test_a_week_is_shared_by_its_days() -> None:
    """28 October to 3 November 2019: four days and three; then whole weeks; 25 November: six and one."""
    shares = month_shares(CALENDAR, 6)
    assert shares.columns.tolist() == ["2019-10", "2019-11", "2019-12"]
    assert shares.loc[0].tolist() == pytest.approx([4 / 7, 3 / 7, 0.0])
    assert shares.loc[1].tolist() == pytest.approx([0.0, 1.0, 0.0])
    assert shares.loc[4].tolist() == pytest.approx([0.0, 6 / 7, 1 / 7])
    assert shares.sum(axis=1).tolist() == pytest.approx([1.0] * 6)


def by_week(values: list[float]) -> pd.DataFrame:
    """Two channels and tiers in some weeks of one replication."""
    keys = [
        (0, channel, tier, week) for channel in "ab" for tier in TIERS for week in range(len(values) // 4)
    ]
    names = ["replication", "channel", "tier", "week"]
    index = pd.MultiIndex.from_tuples(keys, names=names)
    return pd.DataFrame({"baseline": values[: len(index)]}, index)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.0, 1e9), min_size=4, max_size=80))
def test_months_add_up_to_weeks_and_tiers_to_all(values: list[float]) -> None:
    weeks = by_week(values)
    shares = month_shares(CALENDAR, len(values) // 4)
    found = by_month(weeks, shares, {"a": "firm", "b": "firm"}, TIERS).baseline
    each = found.groupby("tier").sum()
    expected = weeks.groupby("tier").baseline.sum()
    assert each[TIERS].to_numpy() == pytest.approx(expected[TIERS].to_numpy(), rel=1e-9)
    months = found.unstack("tier")
    assert months["all"].to_numpy() == pytest.approx(months[TIERS].sum(axis=1).to_numpy(), rel=1e-9)


def test_channels_without_the_party_do_not_count() -> None:
    found = by_month(by_week([1.0, 2.0, 4.0, 8.0]), month_shares(CALENDAR, 1), {"b": "firm"}, TIERS)
    assert found.baseline.groupby("tier").sum().to_dict() == pytest.approx(
        {"all": 12.0, "T1": 4.0, "T5": 8.0}
    )


def made_up(*rows: tuple[int, int, str, float, float], buyers: float = 100.0) -> Comparison:
    """Rows replication, week, channel, GMV before and after, all in T1; an order is 10 yuan."""
    weekly = pd.DataFrame(rows, columns=["replication", "week", "channel", "baseline", "with_scenario"])
    weekly = weekly.assign(
        category="imported", tier="T1", scenario="popup", difference=weekly.with_scenario - weekly.baseline,
        orders_baseline=weekly.baseline / 10, orders_with_scenario=weekly.with_scenario / 10,
    )  # fmt: skip
    flows = pd.DataFrame(
        dict(scenario="popup", replication=r, week=w, category="imported", tier="T1", origin=channel,
             destination=channel, needs=1e3, simulated_buyers=int(buyers), effective_buyers=buyers)
        for r, w, channel, _, _ in rows if w < 11
    )  # fmt: skip
    nothing = pd.DataFrame()
    return Comparison("stay", {"stay": STAY, "popup": POPUP}, nothing, weekly, flows, nothing)


def at(table: pd.DataFrame, outcome: str, party: str, month: str, tier: str = "T1") -> pd.Series:
    own = table[(table.outcome == outcome) & (table.party == party) & (table.month == month)]
    return own[own.tier == tier].iloc[0]


def test_means_and_intervals_by_hand() -> None:
    """Week 3 (25 November 2019 on): six days in November. Differences 7 and 21 of site and shop together."""
    found = monthly(
        made_up(
            (0, 3, SITE, 70.0, 63.0), (0, 3, SHOP, 0.0, 14.0), (1, 3, SITE, 70.0, 70.0), (1, 3, SHOP, 0, 21)
        )
    )
    assert tuple(found.columns) == COLUMNS
    brand = at(found, "brand GMV", "amazon", "2019-11")
    assert (brand.baseline, brand.with_scenario, brand.difference) == pytest.approx((60.0, 72.0, 12.0))
    assert brand.high - brand.difference == pytest.approx(
        6.3138 * np.std([6, 18], ddof=1) / np.sqrt(2), rel=1e-4
    )
    assert at(found, "brand GMV", "amazon", "2019-12").difference == pytest.approx(2.0)
    assert at(found, "host orders", HOST, "2019-11", "all").difference == pytest.approx(1.5)
    assert at(found, "brand GMV", "amazon", "2019-11").days == 27, "the scenario begins on the 4th"
    assert set(found[found.outcome.str.endswith("orders")].unit) == {"orders"}
    assert set(found[found.outcome.str.endswith("GMV")].unit) == {"yuan"}


def test_buyers_behind_a_month() -> None:
    """All weights alike: 6/7 of the purchases of each replication; too few are not shown."""
    shown = at(
        monthly(made_up((0, 3, SITE, 7.0, 7.0), (1, 3, SITE, 7.0, 7.0))), "channel GMV", SITE, "2019-11"
    )
    assert shown.effective_buyers == pytest.approx(2 * 100 * 6 / 7)
    few = monthly(made_up((0, 3, SITE, 7.0, 7.0), (1, 3, SITE, 7.0, 7.0), buyers=20.0))
    hidden = at(few, "channel GMV", SITE, "2019-11")
    assert np.isnan(hidden[["baseline", "with_scenario", "difference", "low"]].to_numpy(float)).all()


def test_nothing_sold_has_no_row_and_the_run_off_is_not_counted() -> None:
    """Of what happens after the horizon there are no flows: shown, without a count."""
    found = monthly(made_up((0, 3, SITE, 7.0, 7.0), (0, 3, SHOP, 0.0, 0.0), (0, 30, SITE, 5.0, 6.0)))
    assert SHOP not in set(found.party)
    late = at(found, "channel GMV", SITE, "2020-06")
    assert late.difference == pytest.approx(1.0)
    assert np.isnan(late.effective_buyers)


def test_a_comparison_without_orders_is_refused() -> None:
    old = made_up((0, 3, SITE, 1.0, 1.0))
    weekly = old.weekly.drop(columns="orders_baseline")
    with pytest.raises(ValueError, match="no orders_baseline; run the comparison again"):
        monthly(replace(old, weekly=weekly))


def test_months_of_a_real_pair(tmp_path: Path) -> None:
    """What is shown adds up to the weekly table; the file stands beside the summary and goes with it."""
    names = {"stay_out": "stay", "popup_on_pinduoduo_2019": "popup"}
    files = {short: load(SCENARIOS / f"{n}.yaml", sets=[*AUTUMN, *CLOSED]) for n, short in names.items()}
    how = Settings(replications=1, consumers=2_000, run_off=False)
    pair = compare(("stay", files["stay"].scenario), {"popup": files["popup"].scenario}, how)
    written = save_comparison(tmp_path, pair, files, how, ["sim"])
    assert tmp_path / "monthly.csv" in written
    found = pd.read_csv(tmp_path / "monthly.csv")
    big = found[(found.outcome == "channel GMV") & (found.party == "alibaba")]
    weekly = pair.weekly[pair.weekly.channel == "alibaba"]
    for column in MEASURES["GMV"]:
        sums = big.groupby("tier")[column].sum()
        assert sums["all"] == pytest.approx(weekly[column].sum(), rel=1e-5)
        for tier in STAY.tiers:
            assert sums[tier] == pytest.approx(weekly[weekly.tier == tier][column].sum(), rel=1e-5)
    clear(tmp_path)
    assert not (tmp_path / "monthly.csv").exists()
