"""Closed forms of spread and of entry, found anew by other means beside the model's.

Bass, F. M. (1969), "A new product growth for model consumer durables", Management Science 15, 215-227:
dF/dt = (p + q F)(1 - F), F(0) = 0, solved by F = (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t).
Dixit, A. (1989), "Entry and exit decisions under uncertainty", Journal of Political Economy 97, 620-638:
four equations of value matching and smooth pasting in A, B, P_H, P_L.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engine.loop import weeks
from sim.firms.dixit import Venture, thresholds
from sim.market import Market
from sim.market.phases import Phase, Phases
from sim.market.week import awareness_spreads, notice_storefronts
from sim.validation.outside.fair import BRAND, word_of_mouth
from sim.validation.outside.rows import Estimate, Row, consistent, exact

Floats = npt.NDArray[np.float64]

WEEKS = 52
INNOVATION, IMITATION = 0.03, 0.38
"""p and q of the average product, a year (Sultan, Farley and Lehmann 1990)."""
YEARS = (2, 4, 6, 8, 10, 12)
WEEKLY_STEPS = 0.003
"""Most that the curve in weekly steps stays behind the one in continuous time."""
VENTURES = {
    "sigma 0.1": Venture(1.0, 4.0, 0.0, 0.0, 0.1, 0.025),
    "sigma 0.2": Venture(1.0, 4.0, 0.0, 0.0, 0.2, 0.025),
    "sigma 0.02": Venture(1.0, 4.0, 0.0, 0.0, 0.02, 0.025),
    "exit cost": Venture(1.0, 4.0, 2.0, 0.0, 0.1, 0.025),
    "rising": Venture(1.0, 4.0, 0.0, 0.01, 0.15, 0.05),
    "falling, capital back": Venture(2.0, 10.0, -3.0, -0.03, 0.25, 0.08),
}
"""Running, entry and exit cost, drift, volatility, discount rate."""


# --- Bass ------------------------------------------------------------------------------------------


def bass_closed(p: float, q: float, years: Sequence[int]) -> Floats:
    """The closed form, shape (years,)."""
    fading = np.exp(-(p + q) * np.array(years, float))
    return np.asarray((1.0 - fading) / (1.0 + q / p * fading))


def bass_integrated(p: float, q: float, years: Sequence[int]) -> Floats:
    """The differential equation solved step by step, shape (years,)."""
    from scipy.integrate import solve_ivp

    def growth(_: float, share: Floats) -> Floats:
        return (p + q * share) * (1.0 - share)

    path = solve_ivp(growth, (0.0, max(years)), [0.0], t_eval=years, rtol=1e-10, atol=1e-12)
    return np.asarray(path.y[0])


def bass_weekly(p: float, q: float, years: Sequence[int]) -> Floats:
    """The same hazards acting once a week on everybody at once, shape (years,)."""
    path = [0.0]
    for _ in range(WEEKS * max(years)):
        path.append(path[-1] + (1.0 - path[-1]) * -np.expm1(-(p + q * path[-1]) / WEEKS))
    return np.array(path)[WEEKS * np.array(years)]


def bass_model(
    p: float, q: float, years: Sequence[int], consumers: int, seeds: Sequence[int]
) -> list[Estimate]:
    """Share who know the brand in the model, mean over seeds, by year."""
    scenario = word_of_mouth(p / WEEKS, q / WEEKS, max(years))
    shares = np.array([_aware(scenario, years, consumers, seed) for seed in seeds])
    errors = shares.std(axis=0, ddof=1) / np.sqrt(len(seeds))
    return [Estimate(float(m), float(e)) for m, e in zip(shares.mean(axis=0), errors, strict=True)]


def _aware(scenario: Any, years: Sequence[int], consumers: int, seed: int) -> list[float]:
    """One replication: only awareness moves, nobody shops."""
    out: dict[int, float] = {}
    with Market(scenario, consumers=consumers, world_seed=seed, shock_seed=seed) as market:
        market.phases = Phases(
            Phase("people notice storefronts", notice_storefronts),
            Phase("awareness spreads", awareness_spreads),
        )
        mask = market.consumers.layout.bit(brand=BRAND)
        people = market.consumers.strata.people.sum()
        for _ in weeks([market], WEEKS * max(years)):
            out[market.week] = float(market.demand.people_aware(mask).sum() / people)
    return [out[WEEKS * year] for year in years]


def bass_rows(consumers: int, seeds: Sequence[int]) -> list[Row]:
    """The model's curve against the closed form, its integral, and weekly steps."""
    p, q = INNOVATION, IMITATION
    found = bass_model(p, q, YEARS, consumers, seeds)
    curves = zip(
        YEARS, bass_closed(p, q, YEARS), bass_integrated(p, q, YEARS), bass_weekly(p, q, YEARS), found,
        strict=True,
    )  # fmt: skip
    out: list[Row] = []
    for year, closed, integrated, weekly, share in curves:
        name = f"share aware after {year} years"
        out += [
            exact("Bass, closed form by integration", name, integrated, closed, 1e-8),
            consistent("Bass, model against closed form", name, closed, share, WEEKLY_STEPS),
            consistent("Bass, model against weekly steps", name, weekly, share),
        ]
    return out


# --- Dixit -----------------------------------------------------------------------------------------


def conditions(v: Venture) -> Callable[[Floats], list[float]]:
    """The four equations, zero at (ln P_H, ln P_L, a, b) with a = A P_H^b1 and b = B P_L^b2."""
    variance = v.volatility**2
    b2, b1 = np.sort(np.roots([variance / 2.0, v.drift - variance / 2.0, -v.discount_rate]))
    perpetuity, idle = 1.0 / (v.discount_rate - v.drift), v.running_cost / v.discount_rate

    def gap(unknown: Floats) -> list[float]:
        high, low = np.exp(unknown[:2])
        a, b = unknown[2:]
        out: list[float] = []
        for margin, cost in ((high, v.entry_cost), (low, -v.exit_cost)):
            waiting, leaving = a * (margin / high) ** b1, b * (margin / low) ** b2
            out.append(leaving + perpetuity * margin - idle - waiting - cost)
            out.append(b2 * leaving + perpetuity * margin - b1 * waiting)
        return out

    return gap


def dixit_by_root(v: Venture) -> tuple[float, float]:
    """P_H and P_L from the four equations at once, money a year.

    Raises:
        ValueError: if the solver does not arrive, or nobody would ever leave.
    """
    from scipy.optimize import root

    high, low = (
        v.running_cost + v.discount_rate * v.entry_cost,
        v.running_cost - v.discount_rate * v.exit_cost,
    )
    if low <= 0.0:
        raise ValueError(f"no exit threshold: leaving {v} costs at least as much as staying")
    start = [np.log(1.2 * high), np.log(0.8 * low), v.entry_cost, v.entry_cost]
    found = root(conditions(v), start, method="lm", options={"xtol": 1e-14, "ftol": 1e-14, "maxiter": 5_000})
    high, low = np.exp(found.x[:2])
    if not (found.success and np.abs(found.fun).max() < 1e-8 and high > low):
        raise ValueError(f"no thresholds found for {v}: {found.message}")
    return float(high), float(low)


def dixit_rows() -> list[Row]:
    """Both thresholds of all ventures."""
    out: list[Row] = []
    for name, venture in VENTURES.items():
        ours, theirs = thresholds(*venture), dixit_by_root(venture)
        for which, found, truth in zip(("entry", "exit"), ours, theirs, strict=True):
            out.append(exact("Dixit thresholds", f"{which}, {name}", truth, found, 1e-7))
    return out
