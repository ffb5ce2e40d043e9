"""Outcomes, factors and their numbers in words, as pictures and pages about sweeps have them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isfinite, log10

import numpy as np

from sim.pictures.style import HARD, Scale, capital, per_cent, scale_for
from sim.sweep.factors import Factor, Value
from sim.sweep.responses import Responses

NOTHING = "–"
"""Stands where there is no number."""
COUNTED = {"bn": "billion", "m": "million", "thousand": "thousand", "": ""}
"""Units of what has none: m alone would be read as metres."""


def outcome_words(responses: Responses) -> str:
    """The outcome in words, with a capital."""
    return capital(responses.outcome.replace("_", " "))


def factor_words(factor: Factor) -> str:
    """The factor in words, with a capital."""
    return capital(factor.words)


def number(value: float) -> str:
    """Three significant digits and no idle zeros, never in scientific notation, with a true minus sign."""
    if not isfinite(value):
        return NOTHING
    digits = max(0, 2 - floor(log10(abs(value)))) if value else 0
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def index(value: float) -> str:
    """A share of variance or a correlation, with two digits."""
    if not isfinite(value):
        return NOTHING
    text = f"{value:.2f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def index_interval(low: float, high: float) -> str:
    """The interval of such a number in square brackets; empty if there is none."""
    return f"[{index(low)},{HARD}{index(high)}]" if isfinite(low + high) else ""


def share_words(share: float) -> str:
    """A share of variance as per cent; estimates may lie below 0 or above 1."""
    return f"−{per_cent(-share)}" if share <= -0.005 else per_cent(max(share, 0.0))


def factor_scale(factor: Factor) -> Scale:
    """Unit of the values of a factor: money in millions if they are that large."""
    if not factor.unit or not factor.numeric:
        return Scale(1.0, factor.unit)
    ends = factor.levels or (factor.low or 0.0, factor.high or 0.0)
    return scale_for([abs(float(end)) for end in ends], factor.unit)


def axis_words(factor: Factor) -> str:
    """The factor with its unit, as the label of an axis."""
    unit = factor_scale(factor).unit
    return factor_words(factor) + (f", {unit}" if unit else "")


def value_words(factor: Factor, value: Value, unit: bool = False) -> str:
    """A value of a factor: a number, with its unit if asked for, or a name."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.replace("_", " ")
    scale = factor_scale(factor)
    text = number(_rounded(factor, float(value)) / scale.factor)
    if not unit or not scale.unit:
        return text
    return f"×{HARD}{text}" if scale.unit == "times" else f"{text}{HARD}{scale.unit.replace(' ', HARD)}"


def _rounded(factor: Factor, value: float) -> float:
    """A value between the ends of a linear range to three digits of the range: more would be idle."""
    if factor.levels or factor.scale == "log":
        return value
    span = float(factor.high or 0.0) - float(factor.low or 0.0)
    return round(value, 2 - floor(log10(span)))


def count_words(count: int, noun: str) -> str:
    """A count with its noun: 1 replication, 3 replications."""
    return f"{count:,}{HARD}{noun}{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class Measure:
    """How amounts of an outcome are written: divided by `factor`, in `unit`, with as many `digits` each."""

    factor: float
    unit: str
    digits: int

    def of(self, value: float) -> str:
        """The number alone."""
        if not isfinite(value):
            return NOTHING
        text = f"{value / self.factor:,.{self.digits}f}"
        return text.lstrip("-") if not text.strip("-0.,") else text.replace("-", "−")

    def words(self, value: float) -> str:
        """The number with its unit."""
        return self.of(value) + (f"{HARD}{self.unit.replace(' ', HARD)}" if self.unit else "")

    def interval(self, low: float, high: float) -> str:
        """An interval in square brackets, without the unit; empty if there is none."""
        return f"[{self.of(low)},{HARD}{self.of(high)}]" if isfinite(low + high) else ""

    @property
    def axis(self) -> str:
        """The unit as the label of an axis."""
        return self.unit or "no unit"


def measure(amounts: Iterable[float], unit: str) -> Measure:
    """The unit in which the largest of some amounts has few digits, and three significant ones of that.

    Shares are written as per cent.
    """
    sizes = [abs(float(amount)) for amount in amounts if isfinite(amount)]
    scale = Scale(0.01, "%") if unit == "share" else scale_for(sizes, unit)
    largest = max(sizes, default=0.0) / scale.factor
    digits = max(0, 2 - floor(log10(largest))) if largest else 0
    return Measure(scale.factor, scale.unit if unit else COUNTED[scale.unit.strip()], digits)


def interval_words(level: float, how: str, marks: str = "Lines and brackets") -> str:
    """What lines and brackets mean."""
    return f"{marks}: {per_cent(level)} interval, {how}"


def replications_words(responses: Responses) -> str:
    """How many replications the mean is over."""
    count = responses.values.shape[1]
    return f"mean over {count_words(count, 'replication')}" if count > 1 else "one replication"
