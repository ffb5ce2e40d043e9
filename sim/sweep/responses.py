"""One outcome over the points of a design: what every analysis starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.sweep.factors import Factor

Floats = npt.NDArray[np.float64]


class IncompleteError(ValueError):
    """A design that has not been run in full; the message lists what is missing and how to fill it."""


@dataclass(frozen=True)
class Responses:
    """One outcome of a sweep.

    Attributes:
        outcome: name of the outcome.
        unit: its unit.
        factors: what varied.
        points: one row a point of the design, in its order; a column a factor, and `block` and `index`, the
            place of the point in a structured design (see `sim.sweep.designs`).
        values: the outcome, shape (points, replications).
        shared: whether replication k has the same draws at every point.
    """

    outcome: str
    unit: str
    factors: tuple[Factor, ...]
    points: pd.DataFrame
    values: Floats
    shared: bool = True

    def __post_init__(self) -> None:
        """Refuse values that are not there: indices would silently come out as zero.

        Raises:
            IncompleteError: if a value is missing or infinite.
        """
        bad = np.argwhere(~np.isfinite(self.values))
        if len(bad):
            places = ", ".join(f"point {p} replication {r}" for p, r in bad[:5])
            more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
            raise IncompleteError(f"{self.outcome} has no value at {places}{more}")

    def need_shared_draws(self) -> None:
        """Called by what compares single replications of points.

        Raises:
            ValueError: if they have different draws.
        """
        if not self.shared:
            raise ValueError(
                f"{self.outcome}: every point has draws of its own (`independent: true`), so replications of "
                "points cannot be compared one by one"
            )

    @property
    def names(self) -> list[str]:
        """Names of the factors."""
        return [factor.name for factor in self.factors]

    @property
    def mean(self) -> Floats:
        """Mean over replications, shape (points,)."""
        return self.values.mean(axis=1)

    def factor(self, name: str) -> Factor:
        """The factor of a name.

        Raises:
            KeyError: if there is none.
        """
        return {factor.name: factor for factor in self.factors}[name]

    def of(self, **layout: Any) -> Responses:
        """The points of one block (and index) of a structured design."""
        keep = np.ones(len(self.points), bool)
        for column, value in layout.items():
            keep &= (self.points[column] == value).to_numpy()
        chosen = self.points[keep].reset_index(drop=True)
        return Responses(self.outcome, self.unit, self.factors, chosen, self.values[keep], self.shared)
