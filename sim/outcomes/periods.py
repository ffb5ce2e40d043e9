"""Weeks in which two scenarios differ, and the periods over which outcomes are added up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from sim.calendar import Calendar
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from sim.market import Market


class Period(NamedTuple):
    """Weeks of an outcome, both ends included."""

    name: str
    """Either "window", "after" or "horizon"."""
    first: int
    last: int

    @property
    def weeks(self) -> slice:
        """The weeks as a slice of a series by week."""
        return slice(self.first, self.last + 1)


def open_weeks(scenario: Scenario, name: str) -> set[int]:
    """Weeks of the horizon in which a storefront is open on some day; none if there is no such storefront."""
    store, calendar = scenario.storefronts.get(name), Calendar(scenario.time.start, scenario.time.end)
    if store is None:
        return set()
    first = calendar.week_of(store.open.from_) if store.open.from_ else 0
    last = calendar.week_of(store.open.to) if store.open.to else calendar.weeks - 1
    return set(range(max(first, 0), min(last, calendar.weeks - 1) + 1))


def window(base: Scenario, other: Scenario) -> tuple[int, int]:
    """First and last week in which some storefront is open in one scenario only, as the files are written.

    If there is none (the terms differ, not the dates), the weeks in which a hosted storefront is open;
    if there is none either, the whole horizon.
    """
    names = [*base.storefronts, *other.storefronts]
    weeks = set().union(*(open_weeks(base, name) ^ open_weeks(other, name) for name in names))
    if not weeks:
        hosted = [name for name, store in other.storefronts.items() if store.host is not None]
        weeks = set().union(*(open_weeks(other, name) for name in hosted))
    last = Calendar(base.time.start, base.time.end).weeks - 1
    return (min(weeks), max(weeks)) if weeks else (0, last)


def npv_week(base: Scenario, others: Iterable[Scenario]) -> int:
    """Week to which all values of a comparison are discounted: the first in which anything differs."""
    return min(window(base, other)[0] for other in others)


def was_open(market: Market, name: str) -> set[int]:
    """Weeks of the horizon in which a storefront was open on some day, whoever decided it."""
    store = market.storefronts.get(name)
    weeks = [] if store is None else store.open_weeks[: market.horizon]
    return {week for week, opened in enumerate(weeks) if opened}


def seen_window(base: Market, other: Market) -> tuple[int, int]:
    """`window` as it came out in two markets that have been run: policies may open and close storefronts.

    If no storefront was open in one market only, what the files say.
    """
    names = [*base.storefronts, *other.storefronts]
    weeks = set().union(*(was_open(base, name) ^ was_open(other, name) for name in names))
    return (min(weeks), max(weeks)) if weeks else window(base.spec, other.spec)


def periods(base: Market, other: Market) -> list[Period]:
    """The window, what comes after it within the horizon (if anything), and the horizon."""
    first, last = seen_window(base, other)
    found = [
        Period("window", first, last),
        Period("after", last + 1, base.horizon - 1),
        Period("horizon", 0, base.horizon - 1),
    ]
    return [period for period in found if period.first <= period.last]
