"""An outcome along one factor at a time, all others at their base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.analysis.structure import refuse_missing, require
from sim.sweep.factors import Factor, Value
from sim.sweep.responses import IncompleteError, Responses

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """An outcome along a factor.

    Attributes:
        factor: the factor.
        values: its values, the base among them, rising if they are numbers.
        outcomes: the outcome at each, shape (values, replications).
    """

    factor: Factor
    values: list[Value]
    outcomes: Floats

    @property
    def mean(self) -> Floats:
        """Mean over replications, shape (values,)."""
        return self.outcomes.mean(axis=1)

    @property
    def axis(self) -> Floats:
        """The values, or their logarithms if the scale is log, shape (values,)."""
        values = np.array(self.values, float)
        return np.log(values) if self.factor.scale == "log" else values

    def value(self, place: Floats | float) -> Floats:
        """Values of the factor at places of the axis."""
        return np.exp(place) if self.factor.scale == "log" else np.asarray(place, float)


def curves(responses: Responses) -> list[Curve]:
    """The curves of all factors.

    Args:
        responses: outcome over a one_at_a_time design.

    Returns:
        A curve for each factor, in their order.

    Raises:
        ValueError: if the design is of another kind.
        IncompleteError: if points are missing.
    """
    require(responses, "one_at_a_time")
    sizes = responses.points["block"].value_counts()
    names = responses.names
    expected = [(name, k) for name in names for k in range(int(sizes.get(name, 1)))]
    refuse_missing(responses, [("base", 0), *expected])
    return [_curve(responses, factor) for factor in responses.factors]


def _curve(responses: Responses, factor: Factor) -> Curve:
    base, along = responses.of(block="base"), responses.of(block=factor.name)
    _refuse_without_ends(responses.outcome, factor, along.points[factor.name].tolist())
    found: dict[Value, Floats] = {}
    for part in (base, along):
        found |= dict(zip(part.points[factor.name].tolist(), part.values, strict=True))
    values = sorted(found, key=float) if factor.numeric else list(factor.levels)
    return Curve(factor, values, np.array([found[value] for value in values]))


def _refuse_without_ends(outcome: str, factor: Factor, values: list[Value]) -> None:
    """Refuse a block that stops short: how many values it was to have is not known, but where it ends is."""
    if factor.levels:
        missing = [str(value) for value in factor.levels if value not in values]
    else:
        ends = {"its low end": factor.low, "its high end": factor.high}
        missing = [end for end, value in ends.items() if value not in values]
    if missing:
        raise IncompleteError(
            f"{outcome}: the design lacks {factor.name} at {', '.join(missing)}; run the missing points first"
        )
