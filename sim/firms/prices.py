"""Prices of a week by day: list price, promotions, festival discounts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from sim.calendar import DAYS, Calendar
from sim.scenario.schema import Event, Promotion

Floats = npt.NDArray[np.float64]


def promotion_depth(promotions: Iterable[Promotion], calendar: Calendar, week: int) -> Floats:
    """Deepest promotion of each day, share of the list price, shape (7,)."""
    depth = np.zeros(DAYS)
    for promotion in promotions:
        inside = calendar.within(promotion.from_, promotion.to, week)
        depth = np.maximum(depth, np.where(inside, promotion.depth, 0.0))
    return depth


def event_days(event: Event, calendar: Calendar, week: int) -> npt.NDArray[np.bool_]:
    """Days of the week on which an event takes place, shape (7,)."""
    inside = np.zeros(DAYS, bool)
    for window in event.days.values():
        inside |= calendar.within(window.from_, window.to, week)
    return inside


def in_week(events: Iterable[Event], calendar: Calendar, week: int) -> list[Event]:
    """Those of some events that take place in a week."""
    monday, *_, sunday = calendar.days(week)
    return [
        event
        for event in events
        if any(window.from_ <= sunday and monday <= window.to for window in event.days.values())
    ]


def concerns(event: Event, category: str) -> bool:
    """Is the event about this category?"""
    return not event.categories or category in event.categories


def festival(
    events: Iterable[Event], platform: str, category: str, calendar: Calendar, week: int
) -> tuple[Floats, Floats]:
    """Discount depth and event pull of a platform in a category by day, each of shape (7,).

    Depths of events that coincide do not add (the deepest counts); pulls do not add either.
    """
    depth, pull = np.zeros(DAYS), np.zeros(DAYS)
    for event in (e for e in in_week(events, calendar, week) if concerns(e, category)):
        inside = event_days(event, calendar, week)
        depth = np.maximum(depth, np.where(inside, event.depth.get(platform, 0.0), 0.0))
        pull = np.maximum(pull, np.where(inside, event.pull.get(platform, 0.0), 0.0))
    return depth, pull


def traffic(events: Iterable[Event], category: str, calendar: Calendar, week: int) -> Floats:
    """Weights of the days of a week in a category: event days carry more needs, shape (7,)."""
    weight = np.ones(DAYS)
    for event in (e for e in in_week(events, calendar, week) if concerns(e, category)):
        weight = np.maximum(weight, np.where(event_days(event, calendar, week), event.traffic, 1.0))
    return weight
