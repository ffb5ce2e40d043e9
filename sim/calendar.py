"""Weeks, dates, and how needs spread over the days of a week and the months of a year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

DAYS = 7


class Calendar:
    """Weeks counted from the first day of a scenario, a Monday.

    Args:
        start: first day (a Monday).
        end: last day (a Sunday), included.
    """

    def __init__(self, start: date, end: date) -> None:
        self.start = start
        self.end = end
        self.weeks = ((end - start).days + 1) // DAYS
        self._days: dict[int, list[date]] = {}

    def monday(self, week: int) -> date:
        """First day of a week."""
        return self.start + timedelta(days=DAYS * week)

    def days(self, week: int) -> list[date]:
        """The seven days of a week."""
        if week not in self._days:
            self._days[week] = [self.monday(week) + timedelta(days=d) for d in range(DAYS)]
        return self._days[week]

    def week_of(self, day: date) -> int:
        """Week that holds a day (negative before the start)."""
        return (day - self.start).days // DAYS

    def within(self, first: date, last: date, week: int) -> npt.NDArray[np.bool_]:
        """Which days of a week lie in a window with both ends included, shape (7,)."""
        days = self.days(week)
        if last < days[0] or days[-1] < first:
            return np.zeros(DAYS, bool)
        if first <= days[0] and days[-1] <= last:
            return np.ones(DAYS, bool)
        return np.array([first <= day <= last for day in days])

    def month_share(self, week: int) -> Mapping[int, float]:
        """Share of a week's days that fall into each month."""
        months = [day.month for day in self.days(week)]
        return {month: months.count(month) / DAYS for month in set(months)}


def day_edges(traffic: Sequence[float] | npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Cumulative shares of the days of a week from their weights, shape (7,); the last is one."""
    weights = np.asarray(traffic, dtype=np.float64)
    edges = np.cumsum(weights / weights.sum())
    edges[-1] = 1.0
    return edges.astype(np.float32)
