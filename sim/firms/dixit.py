"""When to enter and when to leave: two thresholds on an uncertain margin (Dixit 1989).

A firm may run a storefront whose margin P (a flow, before the running cost) follows geometric Brownian
motion, dP = mu P dt + sigma P dz. Running it costs w a year, opening it costs k, closing it costs l,
and money is discounted at the rate rho > mu. With b1 > 1 and b2 < 0 the roots of
b (b - 1) sigma^2 / 2 + mu b - rho = 0, the firm is worth

    V0(P) = A P^b1                               while it stays out,
    V1(P) = B P^b2 + P / (rho - mu) - w / rho    while it is in,

and the thresholds solve V1 - V0 = k, V1' = V0' at P_H (enter) and V1 - V0 = -l, V1' = V0' at P_L
(leave). Dixit, A. (1989), "Entry and exit decisions under uncertainty", Journal of Political Economy
97, 620-638.

Units: flows (P, w) in money a year, one-off costs (k, l) in money, rates a year, volatility a square
root of a year. Thresholds are homogeneous of degree one in (w, k, l): with weekly flows, multiply them
by `WEEKS_PER_YEAR` on the way in and divide the thresholds by it on the way out.
"""

from __future__ import annotations

from math import exp, expm1, inf, isfinite, sqrt
from typing import NamedTuple

from scipy.optimize import brentq

WEEKS_PER_YEAR = 52.0
"""Turns a flow a week into a flow a year."""
_SMALLEST, _LARGEST = 1e-9, 700.0
"""Range of ln(P_H / P_L): below, it cannot be told from zero; above, its exponential overflows."""


class Thresholds(NamedTuple):
    """Margins at which to enter and to leave, money a year."""

    enter: float
    exit: float


class Venture(NamedTuple):
    """A business that can be opened and closed again; the arguments of `thresholds`, in its units."""

    running_cost: float
    entry_cost: float
    exit_cost: float
    drift: float
    volatility: float
    discount_rate: float

    @property
    def commitment(self) -> float:
        """What opening commits to: the running cost for ever and the entry cost, money."""
        return self.running_cost / self.discount_rate + self.entry_cost

    @property
    def release(self) -> float:
        """What closing saves: the running cost for ever less the exit cost, money."""
        return self.running_cost / self.discount_rate - self.exit_cost

    @property
    def yield_rate(self) -> float:
        """Rho - mu, a year: a margin P is worth P / (rho - mu) for ever."""
        return self.discount_rate - self.drift


class Roots(NamedTuple):
    """Roots of the characteristic equation; b1 - 1 by itself, because it may be tiny."""

    above: float  # b1 > 1
    below: float  # b2 < 0
    excess: float  # b1 - 1


def thresholds(
    running_cost: float,
    entry_cost: float,
    exit_cost: float,
    drift: float,
    volatility: float,
    discount_rate: float,
) -> Thresholds:
    """Margins at which it is best to enter and to leave.

    Args:
        running_cost: w, money a year, at least 0.
        entry_cost: k, money.
        exit_cost: l, money; negative if closing releases money, but k + l must not be negative.
        drift: mu, a year, below the discount rate.
        volatility: sigma, a square root of a year, above 0.
        discount_rate: rho, a year, above 0.

    Returns:
        Thresholds in money a year. `exit` is 0 where leaving never pays: the exit cost is at least the
        running cost for ever. Without entry and exit costs both are the running cost.

    Raises:
        ValueError: if a number makes no sense; the message says which.
    """
    venture = Venture(running_cost, entry_cost, exit_cost, drift, volatility, discount_rate)
    _check(venture)
    roots = characteristic_roots(drift, volatility, discount_rate)
    spread = _spread(venture, roots)
    if spread == 0.0:
        return Thresholds(running_cost, running_cost)
    enter = venture.yield_rate * _from_entry(venture, roots, spread)
    return Thresholds(enter, 0.0 if spread == inf else enter * exp(-spread))


def characteristic_roots(drift: float, volatility: float, discount_rate: float) -> Roots:
    """Roots of b (b - 1) sigma^2 / 2 + mu b - rho = 0, each without cancellation."""
    variance = volatility * volatility
    middle = drift / variance - 0.5
    product = 2.0 * discount_rate / variance  # -b1 b2
    larger = abs(middle) + sqrt(middle * middle + product)
    above, below = (product / larger, -larger) if middle >= 0.0 else (larger, -product / larger)
    # (b1 - 1)(1 - b2) = 2 (rho - mu) / sigma^2
    return Roots(above, below, 2.0 * (discount_rate - drift) / variance / (1.0 - below))


def values(margin: float, rule: Thresholds, venture: Venture) -> tuple[float, float]:
    """What the firm is worth outside and inside if it follows any rule of two thresholds, money.

    Solves value matching alone for A and B; only Dixit's thresholds also satisfy smooth pasting, and
    they give the largest values.

    Args:
        margin: today's P, money a year, above 0. Beyond a threshold the rule acts at once.
        rule: thresholds with ``0 <= exit < enter``.
        venture: costs and rates.

    Raises:
        ValueError: if the thresholds or the margin are not such, or the venture makes no sense.
    """
    _check(venture)
    if not 0.0 <= rule.exit < rule.enter or not margin > 0.0:
        raise ValueError(f"need 0 <= exit < enter and a margin above 0, not {rule} and {margin}")
    above, below, _ = characteristic_roots(venture.drift, venture.volatility, venture.discount_rate)
    high, low = rule
    at_high = high / venture.yield_rate - venture.commitment
    at_low = low / venture.yield_rate - venture.release
    # Unknowns A P_H^b1 and B P_L^b2: powers of ratios below one only, so nothing overflows.
    up, down = (low / high) ** above, (low / high) ** -below
    idle = (at_high - down * at_low) / (1.0 - up * down)
    option_to_leave = up * idle - at_low
    forever = margin / venture.yield_rate - venture.running_cost / venture.discount_rate
    if margin <= low:
        outside = idle * (margin / high) ** above
        return outside, outside - venture.exit_cost
    leaving = option_to_leave * (margin / low) ** below if low > 0.0 else 0.0
    inside = leaving + forever
    return (idle * (margin / high) ** above if margin < high else inside - venture.entry_cost), inside


def _check(venture: Venture) -> None:
    """Refuse what has no solution."""
    w, k, exit_cost, mu, sigma, rho = venture
    problems = [
        (not all(isfinite(x) for x in venture), "all numbers must be finite"),
        (not rho > 0.0, f"discount_rate must be above 0, not {rho}"),
        (not rho > mu, f"drift {mu} must be below discount_rate {rho}, else nobody would ever enter"),
        (not sigma > 0.0, f"volatility must be above 0, not {sigma}"),
        (not w >= 0.0, f"running_cost must not be negative, not {w}"),
        (
            k + exit_cost < 0.0,
            f"entry_cost {k} plus exit_cost {exit_cost} must not be negative",
        ),
        (w + rho * k <= 0.0, "running_cost and entry_cost must cost something together"),
    ]
    for wrong, message in problems:
        if wrong:
            raise ValueError(message)


def _from_entry(venture: Venture, roots: Roots, spread: float) -> float:
    """P_H / (rho - mu) at which B is the same at both thresholds, given ln(P_H / P_L)."""
    sunk = venture.entry_cost + venture.exit_cost
    scale = roots.above / roots.excess
    if spread == inf:
        return scale * venture.commitment
    gain = sunk - venture.release * expm1(roots.below * spread)
    return -scale * gain / expm1((roots.below - 1.0) * spread)


def _from_exit(venture: Venture, roots: Roots, spread: float) -> float:
    """P_H / (rho - mu) at which A is the same at both thresholds, given ln(P_H / P_L)."""
    sunk = venture.entry_cost + venture.exit_cost
    scale = roots.below / (1.0 - roots.below)
    kept = venture.release * exp(spread) * expm1(-roots.above * spread)
    return -scale * (kept + sunk * exp(-roots.excess * spread)) / expm1(-roots.excess * spread)


def _spread(venture: Venture, roots: Roots) -> float:
    """ln(P_H / P_L), the one unknown left.

    Value matching and smooth pasting at one threshold are linear in A P^b1 and B P^b2; equating A and B
    at the two thresholds gives P_H twice as a function of the ratio. One goes from -infinity
    up, the other from +infinity down to that of a firm that never leaves.
    """
    if venture.release <= 0.0:
        return inf
    if venture.entry_cost + venture.exit_cost == 0.0:
        return 0.0

    def gap(spread: float) -> float:
        return _from_exit(venture, roots, spread) - _from_entry(venture, roots, spread)

    low = high = 1.0
    while gap(low) > 0.0:
        low /= 2.0
        if low < _SMALLEST:
            return 0.0
    while gap(high) < 0.0:
        high = min(2.0 * high, _LARGEST)
        if high == _LARGEST and gap(high) < 0.0:
            return inf
    return float(brentq(gap, low, high, xtol=1e-15, rtol=1e-14))
