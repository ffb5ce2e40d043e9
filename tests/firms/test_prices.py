"""Prices by the day: promotions, festivals, and who they concern."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.calendar import DAYS, Calendar
from sim.firms.prices import concerns, event_days, festival, in_week, promotion_depth, traffic
from sim.scenario.schema import Event, Promotion

CALENDAR = Calendar(date(2019, 10, 28), date(2019, 12, 29))
SINGLES_WEEK = 2
"""Week of Monday 11 November 2019."""


def window(first: str, last: str) -> dict[str, str]:
    return {"from": first, "to": last}


def promotion(first: str, last: str, depth: float) -> Promotion:
    return Promotion.model_validate({**window(first, last), "depth": depth})


def event(*windows: tuple[str, str], **parts: object) -> Event:
    return Event.model_validate({"days": {f"w{k}": window(*w) for k, w in enumerate(windows)}, **parts})


ELEVENTH = event(
    ("2019-11-10", "2019-11-12"), traffic=4.0, pull={"bazaar": 0.8, "depot": 0.5}, depth={"bazaar": 0.25}
)
IMPORTS = event(
    ("2019-11-12", "2019-11-14"), categories=["imported"], traffic=6.0, pull={"bazaar": 0.3},
    depth={"bazaar": 0.4, "depot": 0.1},
)  # fmt: skip


def test_a_promotion_runs_by_the_day() -> None:
    """Expected: Wednesday to Friday by the calendar, both included; nothing in the next week."""
    sale = promotion("2019-11-13", "2019-11-15", 0.3)
    assert promotion_depth([sale], CALENDAR, SINGLES_WEEK).tolist() == [0, 0, 0.3, 0.3, 0.3, 0, 0]
    assert promotion_depth([sale], CALENDAR, SINGLES_WEEK + 1).tolist() == [0] * DAYS
    assert promotion_depth([], CALENDAR, SINGLES_WEEK).tolist() == [0] * DAYS


def test_a_promotion_over_two_weeks() -> None:
    """Expected: Sunday of the first week and Monday of the second."""
    sale = promotion("2019-11-17", "2019-11-18", 0.2)
    depths = [promotion_depth([sale], CALENDAR, SINGLES_WEEK + k).tolist() for k in (0, 1)]
    assert depths == [[0, 0, 0, 0, 0, 0, 0.2], [0.2, 0, 0, 0, 0, 0, 0]]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 12), st.integers(0, 9), st.floats(0.0, 0.99)), max_size=5))
def test_the_deepest_promotion_counts(parts: list[tuple[int, int, float]]) -> None:
    """Expected: day by day the largest depth of those that run, never a sum."""
    monday = CALENDAR.monday(SINGLES_WEEK)
    spans = [(monday + timedelta(days=a), monday + timedelta(days=a + n), d) for a, n, d in parts]
    sales = [promotion(first.isoformat(), last.isoformat(), depth) for first, last, depth in spans]
    depth = promotion_depth(sales, CALENDAR, SINGLES_WEEK)
    by_hand = [
        max([d for first, last, d in spans if first <= day <= last], default=0.0)
        for day in CALENDAR.days(SINGLES_WEEK)
    ]
    assert depth.tolist() == by_hand


def test_days_of_an_event() -> None:
    """Expected: all windows together, a week at a time; the festival begins on a Sunday."""
    twice = event(("2019-11-10", "2019-11-12"), ("2019-11-16", "2019-11-16"))
    assert np.flatnonzero(event_days(twice, CALENDAR, SINGLES_WEEK - 1)).tolist() == [6]
    assert np.flatnonzero(event_days(twice, CALENDAR, SINGLES_WEEK)).tolist() == [0, 1, 5]
    assert not event_days(event(), CALENDAR, SINGLES_WEEK).any()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 16), st.integers(0, 9)), max_size=3), st.integers(0, 4))
def test_events_of_a_week_are_those_with_days_in_it(parts: list[tuple[int, int]], week: int) -> None:
    """Expected: an event is in the week exactly if one of its days is, whatever its windows."""
    days = [CALENDAR.monday(SINGLES_WEEK) + timedelta(days=a) for a, _ in parts]
    windows = [
        (d.isoformat(), (d + timedelta(days=n)).isoformat()) for d, (_, n) in zip(days, parts, strict=True)
    ]
    one = event(*windows)
    assert in_week([one], CALENDAR, week) == [one] * bool(event_days(one, CALENDAR, week).any())


def test_depths_and_pulls_of_events_do_not_add() -> None:
    """Expected: on Tuesday, when both run, the deeper cut and the stronger pull, each by itself."""
    depth, pull = festival([ELEVENTH, IMPORTS], "bazaar", "imported", CALENDAR, SINGLES_WEEK)
    assert depth.tolist() == [0.25, 0.4, 0.4, 0.4, 0, 0, 0]
    assert pull.tolist() == [0.8, 0.8, 0.3, 0.3, 0, 0, 0]
    turned = festival([IMPORTS, ELEVENTH], "bazaar", "imported", CALENDAR, SINGLES_WEEK)
    assert np.array_equal(turned, [depth, pull])


def test_an_event_of_some_categories_leaves_others_alone() -> None:
    """Expected: everyday goods see only the festival of all categories."""
    depth, pull = festival([ELEVENTH, IMPORTS], "bazaar", "daily", CALENDAR, SINGLES_WEEK)
    assert depth.tolist() == [0.25, 0.25, 0, 0, 0, 0, 0]
    assert pull.tolist() == [0.8, 0.8, 0, 0, 0, 0, 0]
    weights = [
        traffic([ELEVENTH, IMPORTS], c, CALENDAR, SINGLES_WEEK).tolist() for c in ("daily", "imported")
    ]
    assert weights == [[4, 4, 1, 1, 1, 1, 1], [4, 6, 6, 6, 1, 1, 1]]
    assert [concerns(e, c) for e in (ELEVENTH, IMPORTS) for c in ("daily", "imported")] == [
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("platform", "depth", "pull"),
    [("depot", [0, 0.1, 0.1, 0.1], [0.5, 0.5, 0, 0]), ("group", [0, 0, 0, 0], [0, 0, 0, 0])],
)
def test_platforms_take_part_as_they_say(platform: str, depth: list[float], pull: list[float]) -> None:
    """Expected: a platform that is not named neither discounts nor pulls."""
    found = festival([ELEVENTH, IMPORTS], platform, "imported", CALENDAR, SINGLES_WEEK)
    assert found[0].tolist() == [*depth, 0, 0, 0]
    assert found[1].tolist() == [*pull, 0, 0, 0]


def test_no_event_no_effect() -> None:
    """Expected: even days, no cut, no pull in a week without events."""
    week = SINGLES_WEEK + 3
    assert traffic([ELEVENTH, IMPORTS], "imported", CALENDAR, week).tolist() == [1] * DAYS
    assert not np.any(festival([ELEVENTH, IMPORTS], "bazaar", "imported", CALENDAR, week))
