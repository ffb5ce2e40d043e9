"""Choice probabilities and logsums of one block: the expected mode beside the realised choice.

The formulas are those of `sim.consumers.nests.probabilities` and `logsum`, in single precision over
the scratch rows of a block.
"""

from __future__ import annotations

import numpy as np

from sim import numeric
from sim.consumers.choice import Channels
from sim.consumers.scratch import F4, Scratch
from sim.kernel import loop

f4 = np.float32
_NEVER = numeric.NEVER
_ZERO, _ONE, _TINY = f4(0.0), f4(1.0), f4(1e-30)


@loop
def inclusive_values(ch: Channels, n: int, s: Scratch) -> None:
    """ln G_m of every nest and ln sum_m G_m, into `inclusive` and `logsum`."""
    nests = ch.similarity.shape[0]
    for m in range(nests):
        top, mass = s.top[m], s.mass[m]
        for k in range(n):
            top[k] = _NEVER
        for k in range(n):
            mass[k] = _ZERO
    for j in range(ch.host.shape[0]):
        v, host, seller = s.utility[j], ch.host[j], ch.seller[j]
        if host >= 0:
            _raise_top(v, ch.log_host[j], ch.similarity[host], n, s.top[host])
        if seller >= 0:
            _raise_top(v, ch.log_brand[j], ch.similarity[seller], n, s.top[seller])
    for j in range(ch.host.shape[0]):
        v, host, seller = s.utility[j], ch.host[j], ch.seller[j]
        if host >= 0:
            _add_mass(v, ch.log_host[j], ch.similarity[host], n, s.top[host], s.mass[host])
        if seller >= 0:
            _add_mass(v, ch.log_brand[j], ch.similarity[seller], n, s.top[seller], s.mass[seller])
    _sum_nests(ch, n, s)


@loop
def _raise_top(v: F4, log_a: np.float32, lam: np.float32, n: int, top: F4) -> None:
    inverse = _ONE / lam
    for k in range(n):
        top[k] = numeric.larger(top[k], (log_a + v[k]) * inverse)


@loop
def _add_mass(v: F4, log_a: np.float32, lam: np.float32, n: int, top: F4, mass: F4) -> None:
    inverse = _ONE / lam
    for k in range(n):
        mass[k] += numeric.exp((log_a + v[k]) * inverse - top[k])


@loop
def _sum_nests(ch: Channels, n: int, s: Scratch) -> None:
    """ln G_m = lam (top + ln mass), and the logsum over nests and the outside option."""
    best = s.shock
    for k in range(n):
        best[k] = s.outside[k]
    for m in range(ch.similarity.shape[0]):
        if not ch.used[m]:
            continue
        lam, top, mass, inclusive = ch.similarity[m], s.top[m], s.mass[m], s.inclusive[m]
        for k in range(n):
            inclusive[k] = lam * (top[k] + numeric.log(mass[k]))
        for k in range(n):
            best[k] = numeric.larger(best[k], inclusive[k])
    for k in range(n):
        s.logsum[k] = numeric.exp(s.outside[k] - best[k])
    for m in range(ch.similarity.shape[0]):
        if ch.used[m]:
            inclusive = s.inclusive[m]
            for k in range(n):
                s.logsum[k] += numeric.exp(inclusive[k] - best[k])
    for k in range(n):
        s.logsum[k] = best[k] + numeric.log(s.logsum[k])


@loop
def channel_chance(ch: Channels, j: int, n: int, s: Scratch) -> None:
    """P_j = sum over nests of Q_m R_j|m into `chance`; needs `inclusive_values`."""
    chance, v, host, seller = s.chance, s.utility[j], ch.host[j], ch.seller[j]
    for k in range(n):
        chance[k] = _ZERO
    if host >= 0:
        lam = ch.similarity[host]
        _add_chance(v, ch.log_host[j], lam, n, s.top[host], s.mass[host], s.inclusive[host], s.logsum, chance)
    if seller >= 0:
        lam = ch.similarity[seller]
        _add_chance(
            v, ch.log_brand[j], lam, n, s.top[seller], s.mass[seller], s.inclusive[seller], s.logsum, chance
        )


@loop
def _add_chance(
    v: F4,
    log_a: np.float32,
    lam: np.float32,
    n: int,
    top: F4,
    mass: F4,
    inclusive: F4,
    logsum: F4,
    chance: F4,
) -> None:
    inverse = _ONE / lam
    for k in range(n):
        within = (log_a + v[k]) * inverse - top[k]
        chance[k] += numeric.exp(within + inclusive[k] - logsum[k]) / max(mass[k], _TINY)


@loop
def remove_frictions(ch: Channels, n: int, s: Scratch) -> None:
    """Take habit, loyalty and event pull out of the utilities: what is left is product value."""
    for j in range(ch.host.shape[0]):
        v, friction = s.utility[j], s.friction[j]
        for k in range(n):
            if v[k] != _NEVER:
                v[k] -= friction[k]
