"""What is published: readings on tables whose sums are known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.consumers.demand import Record
from sim.market import Market
from sim.outcomes import readings
from sim.outcomes.readings import READINGS, Published, first_day, read
from sim.scenario import load

SPEC = load("scenarios/china_history.yaml").scenario
WEEKS = 120


def tables(gmv: float = 7.0, orders: float = 7.0, growth: float = 0.0, weeks: int = WEEKS) -> Published:
    """One channel in two tiers, each with half of the sales; by day they are worth gmv / 7."""
    factor = np.exp(growth * np.arange(weeks) * 7 / 365)
    rows = [
        {"week": w, "channel": c, "tier": t, "gmv": k * gmv / 2 * factor[w], "orders": k * orders / 2}
        for w in range(weeks)
        for c, k in (("alibaba", 1.0), ("jd", 3.0))
        for t in ("T1", "T5")
    ]
    people = pd.DataFrame({"week": range(weeks), "name": "jd", "buyers": np.arange(weeks) * 7.0})
    return Published(SPEC, pd.DataFrame(rows), people, weeks)


def test_sales_of_months_are_sums_over_days() -> None:
    seen = tables()
    assert read(seen, "sales of twelve months", "alibaba", date(2018, 12, 31)) == pytest.approx(365)
    assert read(seen, "sales of the quarter", "jd", date(2018, 3, 31)) == pytest.approx(3 * 90)
    assert read(seen, "sales of the month", "all", date(2018, 2, 28)) == pytest.approx(4 * 28)
    assert read(seen, "orders of twelve months", "jd", date(2018, 12, 31)) == pytest.approx(3 * 365)
    assert read(seen, "order value", "jd", date(2018, 12, 31)) == pytest.approx(1.0)


def test_the_sunday_before_the_first_monday_counts_like_the_other_days() -> None:
    assert read(tables(), "sales of twelve months", "alibaba", date(2017, 12, 31)) == pytest.approx(365)


@given(st.integers(0, 700), st.integers(0, 100))
def test_days_add_up(first: int, more: int) -> None:
    seen, start = tables(), SPEC.time.start
    series = np.arange(WEEKS) ** 2.0
    a, b, c = (start + timedelta(days=d) for d in (first, first + more, first + more + 1))
    end = start + timedelta(days=7 * WEEKS - 1)
    whole = seen.over_days(series, a, end)
    assert seen.over_days(series, a, b) + seen.over_days(series, c, end) == pytest.approx(whole)


@pytest.mark.parametrize("on", [date(2017, 11, 30), date(2019, 12, 31)])
def test_months_that_were_not_run_cannot_be_read(on: date) -> None:
    with pytest.raises(ValueError, match="not within the weeks"):
        read(tables(), "sales of twelve months", "jd", on)


def test_buyers_are_those_of_the_sunday_or_between_two() -> None:
    seen = tables()
    sunday = date(2017, 12, 31)
    assert read(seen, "yearly buyers", "jd", sunday) == 51 * 7
    assert read(seen, "yearly buyers", "jd", sunday + timedelta(days=3)) == 51 * 7 + 3
    assert read(seen, "spend per yearly buyer", "jd", sunday) == pytest.approx(3 * 365 / (51 * 7))


def test_share_of_the_upper_tiers() -> None:
    assert read(tables(), "share of the upper tiers", "jd", date(2018, 12, 31)) == pytest.approx(0.5)


@pytest.mark.parametrize("growth", [0.0, 0.1, 0.25])
def test_months_of_steady_growth_are_all_alike(growth: float) -> None:
    """Without a season the index is the month's length, whatever the growth."""
    seen = tables(growth=growth)
    for month in range(1, 13):
        on = (date(2018 + month // 12, month % 12 + 1, 1)) - timedelta(days=1)
        days = on.day / (365 / 12)
        assert read(seen, "month against the mean month", "all", on) == pytest.approx(days, rel=6e-3)


def test_wrong_names_and_days_are_refused() -> None:
    seen, on = tables(), date(2018, 12, 31)
    with pytest.raises(ValueError, match=r"unknown reading .sale of the month.*did you mean"):
        read(seen, "sale of the month", "jd", on)
    with pytest.raises(ValueError, match="unknown party 'jdd'"):
        read(seen, "sales of the month", "jdd", on)
    with pytest.raises(ValueError, match="unknown party 'others'"):
        read(seen, "yearly buyers", "others", on)
    with pytest.raises(ValueError, match="not the last day of a month"):
        first_day(date(2018, 12, 30), 12)


def test_readings_of_a_market_are_those_of_its_tables() -> None:
    with Market(SPEC, consumers=500, record=Record(expected=True, core=False)) as market:
        while market.week < 56:
            market.step()
        seen = Published.of(market)
        sales, people = market.sales_table(), market.people_table()
        yearly = market.yearly_buyers()["pinduoduo"]
    on = date(2018, 1, 28)  # a Sunday, the last day of week 55
    assert people[(people.week == 55) & (people.name == "pinduoduo")].buyers.sum() == yearly
    own = sales[(sales.channel == "pinduoduo") & (sales.week >= 4)]
    assert seen.over_days(seen.weekly("gmv", "pinduoduo"), on - timedelta(days=363), on) == pytest.approx(
        own.gmv.sum()
    )
    assert readings.yearly_buyers(seen, "pinduoduo", on) == pytest.approx(yearly, rel=1e-12)


def test_every_reading_has_a_unit() -> None:
    assert all(reading.unit for reading in READINGS.values())
