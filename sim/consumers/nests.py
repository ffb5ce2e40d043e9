"""Cross-nested logit: closed forms, and the exact factor that the channels of a nest share.

Utility of channel j is V_j + eps_j with

    eps_j = max over its nests m of  ln a_jm + lam_m (g_jm + ln S_m),

g_jm standard Gumbel and S_m positive stable with index lam_m. Given S_m the shocks of a nest are
independent; averaged over S_m their joint law is the GEV law of the nest (Cardell 1997), and the
maximum over nests multiplies the laws, which is the cross-nested logit (Vovsha 1997; Bierlaire
2006). S_m is drawn whatever the membership of the nest, so that adding a channel leaves every other
shock untouched.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.scratch import F4, U4
from sim.kernel import loop
from sim.linear import product

Floats = npt.NDArray[np.float64]
f4 = np.float32

DEGREE = 18
"""Degree of the polynomial in `stable_polynomial`."""


def log_stable(lam: float, angle: Floats, exponential: Floats) -> Floats:
    """ln S of a positive-stable variable with Laplace transform exp(-s^lam) (Kanter 1975).

    Args:
        lam: index in (0, 1].
        angle: uniform on (0, pi).
        exponential: standard exponential.
    """
    if lam == 1.0:
        return np.zeros(np.broadcast_shapes(angle.shape, exponential.shape))
    rest = (1.0 - lam) / lam
    zolotarev = (
        np.log(np.sin(lam * angle)) - np.log(np.sin(angle)) / lam + rest * np.log(np.sin((1.0 - lam) * angle))
    )
    return np.asarray(zolotarev - rest * np.log(exponential))


def stable_polynomial(lam: float) -> npt.NDArray[np.float32]:
    """Coefficients, highest power first, of the smooth part of `log_stable`.

    With v = 1 - angle/pi, ln S = p(2v - 1) - ln(v)/lam - (1 - lam)/lam ln X where p is analytic on
    [-1, 1]; p is interpolated at Chebyshev nodes. The error in ln S is below 1e-4 for lam in
    [0.1, 0.95] (tested). Shape ``(DEGREE + 1,)``.
    """
    if lam == 1.0:
        return np.zeros(DEGREE + 1, np.float32)

    def smooth(x: Floats) -> Floats:
        v = (x + 1.0) / 2.0
        return log_stable(lam, np.pi * (1.0 - v), np.ones(v.shape)) + np.log(v) / lam

    fit = np.polynomial.chebyshev.Chebyshev.interpolate(smooth, DEGREE)
    return np.asarray(fit.convert(kind=np.polynomial.Polynomial).coef[::-1], dtype=np.float32)


@loop
def first_words(key: np.uint64, person: U4, n: int, out: U4) -> None:
    """First words of the draws of the first `n` persons."""
    for k in range(n):
        out[k] = draws.first(key, person[k])


@loop
def second_words(key: np.uint64, person: U4, n: int, out: U4) -> None:
    """Second words of the draws of the first `n` persons."""
    for k in range(n):
        out[k] = draws.second(key, person[k])


@loop
def exponentials(words: U4, n: int, out: F4) -> None:
    """Standard exponentials of `n` words."""
    for k in range(n):
        out[k] = numeric.exponential(words[k])


@loop
def stable_factor(
    lam: np.float32, polynomial: F4, key: np.uint64, person: U4, n: int, words: U4, spare: F4, out: F4
) -> None:
    """Write ln S_m into `out`; several short loops, so that the processor overlaps their chains."""
    inverse = f4(1.0) / lam
    rest = inverse - f4(1.0)
    first_words(key, person, n, words)
    for k in range(n):
        x = numeric.upper_uniform(words[k]) - numeric.uniform(words[k])
        p = polynomial[0]
        for c in range(1, DEGREE + 1):
            p = p * x + polynomial[c]
        out[k] = p
    for k in range(n):
        out[k] += numeric.exponential(words[k]) * inverse
    second_words(key, person, n, words)
    exponentials(words, n, spare)
    for k in range(n):
        out[k] -= rest * numeric.log(spare[k])


class Nesting(NamedTuple):
    """Which channel belongs to which nest, with which weight.

    `allocation` has shape (channels, nests) with rows adding to one; `similarity` (lam) has shape
    (nests,).
    """

    allocation: Floats
    similarity: Floats


def _within(utility: Floats, nesting: Nesting) -> tuple[Floats, Floats]:
    """ln G_m, shape (nests,), and R_j|m, shape (channels, nests)."""
    with np.errstate(divide="ignore"):
        scaled = (np.log(nesting.allocation) + utility[:, None]) / nesting.similarity
    top = scaled.max(axis=0)
    top = np.where(np.isfinite(top), top, 0.0)
    weight = np.exp(scaled - top)
    total = weight.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return nesting.similarity * (top + np.log(total)), np.where(total > 0, weight / total, 0.0)


def logsum(utility: Floats, nesting: Nesting) -> float:
    """Expected maximum utility less Euler's constant, ln sum_m G_m. `utility` has shape (channels,)."""
    return float(np.logaddexp.reduce(_within(utility, nesting)[0]))


def probabilities(utility: Floats, nesting: Nesting) -> Floats:
    """Choice probabilities P_j = sum_m Q_m R_j|m, shape (channels,)."""
    log_g, within = _within(utility, nesting)
    return np.asarray(product(within, np.exp(log_g - np.logaddexp.reduce(log_g))))


def derivatives(utility: Floats, nesting: Nesting) -> Floats:
    """dP_j/dV_k, shape (channels, channels)."""
    log_g, within = _within(utility, nesting)
    between = np.exp(log_g - np.logaddexp.reduce(log_g))
    p = product(within, between)
    same = np.diag(product(within, between / nesting.similarity))
    cross = product(within * (between * (1.0 - 1.0 / nesting.similarity)), within.T)
    return np.asarray(same + cross - np.outer(p, p))
