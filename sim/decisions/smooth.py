"""Smooth lines through values of options over worlds: least squares, its basis cross-validated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt
from scipy.interpolate import BSpline

Floats = npt.NDArray[np.float64]
DEGREES = (1, 2, 3, 4)
"""Degrees of polynomials that are tried: at least a line, as a constant claims that nothing is learnt."""
INNER_KNOTS = (1, 2, 4, 8)
"""Numbers of inner knots of cubic splines that are tried for one unknown."""
RANK = 1e-12
"""Eigenvalues of the products of columns below this share of the largest count as zero."""
FREE = 1e-9
"""One less the leverage of a world, below which the line goes through it and predicts nothing."""


@dataclass(frozen=True)
class Smoother:
    """A basis of functions of unknowns, reduced to full rank on the worlds it was chosen on.

    Attributes:
        form: the basis in words.
        low: least value of each unknown, shape (unknowns,).
        high: greatest value of each unknown.
        degree: of polynomials in all unknowns together, or 3 for a spline.
        knots: inner knots of a spline, on the scale where low is -1 and high 1; empty for polynomials.
        reduction: from the raw basis to independent columns, shape (raw, columns).
    """

    form: str
    low: Floats
    high: Floats
    degree: int
    knots: Floats
    reduction: Floats

    def columns(self, unknowns: Floats) -> Floats:
        """The basis at some values of the unknowns, not outside of low and high.

        Args:
            unknowns: shape (places, unknowns).

        Returns:
            Shape (places, columns).
        """
        return _raw(_scaled(unknowns, self.low, self.high), self.degree, self.knots) @ self.reduction


def choose(unknowns: Floats, values: Floats, weights: Floats) -> Smoother:
    """The basis with the least squared error of leave-one-out predictions, all options together.

    Polynomials in all unknowns up to a total degree; for one unknown also cubic splines with inner knots at
    quantiles. Bases with more than a third as many columns as worlds are left out, but for the line.

    Args:
        unknowns: shape (worlds, unknowns).
        values: of options, shape (worlds, options).
        weights: of worlds, shape (worlds,).
    """
    low, high = unknowns.min(axis=0), unknowns.max(axis=0)
    scaled = _scaled(unknowns, low, high)
    best, least = None, np.inf
    for form, degree, knots in _forms(scaled):
        raw = _raw(scaled, degree, knots)
        if best is not None and raw.shape[1] > len(unknowns) // 3:
            continue
        reduction, error = _reduced(raw, values, weights)
        if best is None or error < least:
            best, least = Smoother(form, low, high, degree, knots, reduction), error
    assert best is not None  # the line is always tried
    return best


def coefficients(columns: Floats, values: Floats, weights: Floats) -> Floats:
    """Weighted least squares.

    Args:
        columns: of a basis, shape (worlds, columns).
        values: shape (worlds, options).
        weights: of worlds, shape (worlds,).

    Returns:
        Shape (columns, options).
    """
    weighted = columns.T * weights
    return np.linalg.lstsq(weighted @ columns, weighted @ values)[0].astype(np.float64)


def _forms(scaled: Floats) -> Iterator[tuple[str, int, Floats]]:
    for degree in DEGREES:
        yield ("line" if degree == 1 else f"polynomial of degree {degree}"), degree, np.empty(0)
    if scaled.shape[1] > 1:
        return
    for count in INNER_KNOTS:
        places = np.quantile(scaled, np.linspace(0, 1, count + 2)[1:-1])
        knots = np.unique(places[np.abs(places) < 1.0])
        if len(knots) == count:
            yield f"cubic spline with {count} inner knot{'s' * (count > 1)}", 3, knots


def _scaled(unknowns: Floats, low: Floats, high: Floats) -> Floats:
    """Unknowns from -1 to 1; one that never varies at -1."""
    return np.clip(2 * (unknowns - low) / np.where(high > low, high - low, 1.0) - 1, -1.0, 1.0)


def _raw(scaled: Floats, degree: int, knots: Floats) -> Floats:
    """All products of unknowns up to a degree, or B-splines of one unknown, shape (places, functions)."""
    if knots.size:
        grid = np.concatenate([np.full(4, -1.0), knots, np.full(4, 1.0)])
        return BSpline.design_matrix(scaled[:, 0], grid, 3).toarray()
    powers = [
        scaled[:, list(factors)].prod(axis=1)
        for total in range(degree + 1)
        for factors in combinations_with_replacement(range(scaled.shape[1]), total)
    ]
    return np.column_stack(powers)


def _reduced(raw: Floats, values: Floats, weights: Floats) -> tuple[Floats, float]:
    """Reduction of a basis to independent columns, and its squared error of leave-one-out predictions.

    The error of a world left out is its residual over one less its leverage (Allen 1974,
    doi:10.1080/00401706.1974.10489157).
    """
    root = np.sqrt(weights)[:, None]
    weighted = root * raw
    sizes, axes = np.linalg.eigh(weighted.T @ weighted)
    kept = sizes > RANK * sizes[-1]
    reduction = axes[:, kept] / np.sqrt(sizes[kept])
    left = weighted @ reduction
    residuals = root * values - left @ (left.T @ (root * values))
    free = 1 - (left**2).sum(axis=1)
    error = np.full_like(residuals, np.inf) if (free < FREE).any() else residuals / free[:, None]
    return reduction, float((error**2).sum())
