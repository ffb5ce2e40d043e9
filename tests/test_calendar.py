"""Weeks, dates and shares of days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendar import DAYS, Calendar, day_edges

CALENDAR = Calendar(date(2017, 1, 2), date(2020, 12, 27))
weeks = st.integers(-500, 500)


def test_number_of_weeks() -> None:
    """Expected: 2 January 2017 to 27 December 2020 are 1,456 days (one leap day), 208 weeks."""
    assert CALENDAR.weeks == 208
    assert Calendar(date(2018, 1, 1), date(2018, 1, 7)).weeks == 1


def test_dates_by_hand() -> None:
    """Expected: 11 November 2019 was a Monday; the next Tuesday, a leap day, lies in a later week."""
    week = CALENDAR.week_of(date(2019, 11, 11))
    assert CALENDAR.monday(week) == date(2019, 11, 11)
    assert week == 149
    assert CALENDAR.week_of(date(2019, 11, 10)) == week - 1
    assert date(2020, 2, 29) in CALENDAR.days(CALENDAR.week_of(date(2020, 2, 29)))


def test_weeks_before_the_start_are_negative() -> None:
    """Expected: the Sunday before the first Monday is in week -1, seven days earlier in week -2."""
    assert [CALENDAR.week_of(date(2017, 1, day)) for day in (1, 2, 8, 9)] == [-1, 0, 0, 1]
    assert CALENDAR.week_of(date(2016, 12, 25)) == -2
    assert CALENDAR.monday(-1) == date(2016, 12, 26)


@settings(deadline=None)
@given(weeks)
def test_weeks_and_days_agree(week: int) -> None:
    """Expected: each week has seven days in a row, a Monday first, and is the week of each of them."""
    days = CALENDAR.days(week)
    assert len(days) == DAYS
    assert days[0].isoweekday() == 1
    assert [day - days[0] for day in days] == [timedelta(days=d) for d in range(DAYS)]
    assert {CALENDAR.week_of(day) for day in days} == {week}
    assert CALENDAR.days(week + 1)[0] == days[-1] + timedelta(days=1)


def test_a_window_of_five_weeks_and_two_days() -> None:
    """Expected: Monday 25 November to Tuesday 31 December 2019, both included, by the calendar."""
    first, last = date(2019, 11, 25), date(2019, 12, 31)
    week = CALENDAR.week_of(first)
    open_days = [CALENDAR.within(first, last, w).sum() for w in range(week - 1, week + 7)]
    assert open_days == [0, 7, 7, 7, 7, 7, 2, 0]
    assert CALENDAR.within(first, last, week + 5).tolist() == [True, True, False, False, False, False, False]


@settings(deadline=None)
@given(weeks, st.integers(-20, 20), st.integers(0, 40))
def test_windows_cover_each_of_their_days_once(week: int, shift: int, length: int) -> None:
    """Expected: over all weeks a window has as many days as it is long; backwards it has none."""
    first = CALENDAR.monday(week) + timedelta(days=shift)
    last = first + timedelta(days=length)
    around = range(week - 10, week + 12)
    assert sum(int(CALENDAR.within(first, last, w).sum()) for w in around) == length + 1
    assert not any(CALENDAR.within(last + timedelta(days=1), first, w).any() for w in around)


def test_month_share() -> None:
    """Expected: counted by hand; 30 December 2019 to 5 January 2020 has two days in December."""
    assert CALENDAR.month_share(CALENDAR.week_of(date(2020, 1, 1))) == pytest.approx({12: 2 / 7, 1: 5 / 7})
    assert CALENDAR.month_share(0) == {1: 1.0}


@settings(deadline=None)
@given(weeks)
def test_month_shares_add_to_one(week: int) -> None:
    """Expected: each day lies in one month; a week touches at most two."""
    share = CALENDAR.month_share(week)
    assert sum(share.values()) == pytest.approx(1.0)
    assert len(share) <= 2


def test_day_edges() -> None:
    """Expected: cumulative shares of (1, 1, 3, 1, 1, 1, 2), ten in all."""
    edges = day_edges([1, 1, 3, 1, 1, 1, 2])
    assert edges == pytest.approx([0.1, 0.2, 0.5, 0.6, 0.7, 0.8, 1.0], abs=1e-7)
    assert edges.dtype == np.float32


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 100.0), min_size=7, max_size=7).filter(lambda w: sum(w) > 1e-3))
def test_day_edges_rise_to_one(traffic: list[float]) -> None:
    """Expected: a distribution function: each step is the share of its day, the end is exactly one."""
    edges = day_edges(traffic)
    assert edges[-1] == 1.0
    assert (np.diff(edges) >= -1e-7).all()
    share = np.diff(edges.astype(np.float64), prepend=0.0)
    assert share == pytest.approx(np.array(traffic) / sum(traffic), abs=2e-7)
