"""Factors of an experiment: what varies, between which ends or over which levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Value = float | int | str | bool
Role = Literal["uncertainty", "lever"]
Scale = Literal["linear", "log"]


@dataclass(frozen=True)
class Factor:
    """Something that varies over the points of a design.

    Either a range from `low` to `high` or a list of `levels`, which may be numbers or names.

    Attributes:
        name: its short name, the column of tables.
        role: an uncertainty is nature's, a lever is the decision maker's.
        low: lower end of a range.
        high: upper end of a range.
        scale: whether equal steps are equal differences or equal ratios.
        whole: whether only whole numbers make sense.
        levels: the values of a factor without a range.
        base: value in the base case, if there is one.
        unit: unit of the values.
        title: the factor in words, for pictures.
    """

    name: str
    role: Role = "uncertainty"
    low: float | None = None
    high: float | None = None
    scale: Scale = "linear"
    whole: bool = False
    levels: tuple[Value, ...] = ()
    base: Value | None = None
    unit: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        """Refuse what has neither a range nor levels, or a range that is none.

        Raises:
            ValueError: if it is so.
        """
        if self.levels:
            self._check_levels()
            return
        if self.low is None or self.high is None:
            raise ValueError(f"factor {self.name}: expected low and high, or levels")
        if not self.low < self.high:
            raise ValueError(f"factor {self.name}: low {self.low:g} is not below high {self.high:g}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"factor {self.name}: a log scale needs low above 0, found {self.low:g}")

        if self.whole and (self.low % 1 or self.high % 1):
            raise ValueError(f"factor {self.name}: whole numbers from {self.low:g} to {self.high:g}")

    def _check_levels(self) -> None:
        if len(set(map(str, self.levels))) < len(self.levels):
            raise ValueError(f"factor {self.name}: a level stands there twice")

    @property
    def numeric(self) -> bool:
        """Whether its values are numbers, so that they can be ranked and correlated."""
        return not self.levels or all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in self.levels
        )

    @property
    def words(self) -> str:
        """Its title, or its name in words."""
        return self.title or self.name.replace("_", " ")

    def at(self, unit: Floats) -> list[Value]:
        """Values at positions of the unit interval: quantiles of the uniform (or log-uniform) distribution.

        Levels share the interval equally, in their order, and so do the whole numbers of a linear scale.
        """
        place = np.clip(np.asarray(unit, float), 0.0, 1.0)
        if self.levels:
            return [self.levels[k] for k in _cells(place, len(self.levels))]
        if self.whole and self.scale == "linear":
            low, high = round(self.low or 0), round(self.high or 0)
            return [low + k for k in _cells(place, high - low + 1)]
        values = self._between(place)
        return [round(v) for v in values] if self.whole else [float(v) for v in values]

    def steps(self, count: int) -> list[Value]:
        """Values of a grid: the levels, or `count` equal steps including both ends."""
        if self.levels:
            return list(self.levels)
        values = self._between(np.linspace(0.0, 1.0, count))
        return list(dict.fromkeys(round(v) for v in values)) if self.whole else [float(v) for v in values]

    def _between(self, place: Floats) -> Floats:
        low, high = self.low or 0.0, self.high or 0.0
        if self.scale == "log":
            inside = np.exp(np.log(low) + place * (np.log(high) - np.log(low)))
        else:
            inside = low + place * (high - low)
        inside = np.clip(inside, low, high)
        return np.where(place == 0.0, low, np.where(place == 1.0, high, inside))  # ends to the last bit


def _cells(place: Floats, count: int) -> list[int]:
    """Which of `count` equal parts of the unit interval positions lie in; its end belongs to the last."""
    return np.minimum((place * count).astype(int), count - 1).tolist()


def positions(factor: Factor, values: Sequence[Value]) -> Floats:
    """Positions of values in the unit interval, the inverse of `Factor.at`; of parts their middle.

    Raises:
        ValueError: if a value is none of the levels.
    """
    if factor.levels:
        return np.array([(factor.levels.index(v) + 0.5) / len(factor.levels) for v in values])
    x, low, high = np.asarray(values, float), float(factor.low or 0.0), float(factor.high or 0.0)
    if factor.whole and factor.scale == "linear":
        return (x - low + 0.5) / (high - low + 1)
    if factor.scale == "log":
        return (np.log(x) - np.log(low)) / (np.log(high) - np.log(low))
    return (x - low) / (high - low)


def to_unit_cube(points: pd.DataFrame, factors: Sequence[Factor]) -> Floats:
    """Return the positions of points in the unit cube, shape (points, factors).

    Args:
        points: a row a point, a column a factor with its values; other columns are left out.
        factors: the sides of the cube, in this order.
    """
    return np.column_stack([positions(f, list(points[f.name])) for f in factors])


def from_unit_cube(unit: Floats, factors: Sequence[Factor]) -> pd.DataFrame:
    """Return points of the unit cube as values of the factors; the inverse of `to_unit_cube`."""
    return pd.DataFrame({f.name: f.at(unit[:, k]) for k, f in enumerate(factors)})
