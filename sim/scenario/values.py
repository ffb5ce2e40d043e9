"""Turn the short forms of a scenario (per tier, dated) into arrays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from sim.scenario.schema import ByTier, Dated, Drift

Floats = npt.NDArray[np.float64]
T = TypeVar("T")


def by_tier(value: ByTier, tiers: Iterable[str]) -> Floats:
    """One number per tier, shape (tiers,)."""
    names = list(tiers)
    if isinstance(value, dict):
        return np.array([value[name] for name in names], dtype=np.float64)
    return np.full(len(names), float(value))


def at_date(value: Dated, day: date) -> float:
    """Dated value on a day: linear between the given dates, constant outside."""
    if not isinstance(value, dict):
        return float(value)
    days = sorted(value)
    return float(np.interp(day.toordinal(), [d.toordinal() for d in days], [value[d] for d in days]))


def on_date(value: dict[date, T] | T, day: date, before: T) -> T:
    """Stepped value on a day: the last one given at or before it, else `before`."""
    if not isinstance(value, dict):
        return value
    past = [d for d in value if d <= day]
    return value[max(past)] if past else before


DAYS_PER_YEAR = 365.25


def drifted(value: float | Drift, day: date) -> float:
    """A utility on a day: a number, or a level with a steady drift."""
    if not isinstance(value, Drift):
        return float(value)
    last = day if value.until is None else min(day, value.until)
    return value.level + value.per_year * (last - value.on).days / DAYS_PER_YEAR
