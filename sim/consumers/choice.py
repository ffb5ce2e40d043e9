"""The choice of one block of consumers: utilities, shocks, the choice made and its probabilities.

All functions work on a block of `n` persons who have a need in one category, gathered into scratch
rows that stay in cache; one array is written per loop, so that loops vectorise. The block lies in
one tier. Channels keep the order of the scenario; ties go to the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.nests import draw_factor
from sim.consumers.population import TASTE_STEP, Columns
from sim.kernel import kernel

f4 = np.float32
F4 = npt.NDArray[np.float32]
I4 = npt.NDArray[np.int32]
U8 = npt.NDArray[np.uint64]

NOTHING = -1
"""Choice code of buying nothing online."""
_NEVER = numeric.NEVER
_STEP = f4(TASTE_STEP)
_ZERO, _ONE, _TINY = f4(0.0), f4(1.0), f4(1e-30)


class Channels(NamedTuple):
    """The channels of one category in one week. A channels, T tiers, M nests (platforms, brands)."""

    base: F4  # (T, A, 7) intercept, assortment, event pull; NEVER when closed
    pull: F4  # (A, 7) the event pull inside `base`
    price: F4  # (A, 7) price minus one
    quantity: F4  # (A, 7) response of order size to the day's price
    delivery: F4  # (A, T) days beyond the normal
    known: U8  # (A,) awareness bits a consumer needs
    host: I4  # (A,) platform index or -1
    seller: I4  # (A,) firm index of the brand (platforms come first) or -1
    foreign: F4  # (A,) 1 where foreign affinity applies
    large: F4  # (A,) appeal per log order size
    host_trust: F4  # (A,) authenticity weight times share of the host in trust
    brand_trust: F4  # (A,)
    reference_trust: np.float32  # authenticity weight times normal trust
    log_host: F4  # (A,) ln of the weight on the host's nest
    log_brand: F4  # (A,)
    similarity: F4  # (M,) lam
    polynomial: F4  # (M, DEGREE + 1) smooth part of ln S
    used: npt.NDArray[np.bool_]  # (M,) nests with at least one channel here


class Weights(NamedTuple):
    """Weights in utility that all categories share, and of the category."""

    price: np.float32
    stock: np.float32
    habit: np.float32
    loyalty: np.float32


class ShockKeys(NamedTuple):
    """Keys of one need slot in one week."""

    channels: U8  # (A,)
    nests: U8  # (M,)
    nothing: np.uint64


class Scratch(NamedTuple):
    """Rows of one block, B persons wide."""

    row: npt.NDArray[np.int64]  # row in the columns
    person: U8  # address in the draws
    day: I4
    size: F4  # log order size relative to the category's mean
    order: F4  # order value at reference price, money
    alpha: F4  # price coefficient
    outside: F4  # utility of buying nothing
    utility: F4  # (A, B)
    friction: F4  # (A, B) habit, loyalty and event pull inside utility
    factor: F4  # (M, B) ln S
    best: F4
    choice: I4
    shock: F4
    top: F4  # (M, B) largest scaled utility of a nest
    mass: F4  # (M, B) sum of exponentials
    inclusive: F4  # (M, B) ln G
    logsum: F4
    chance: F4


@kernel
def make_scratch(size: int, channels: int, nests: int) -> Scratch:
    """Scratch rows for blocks of up to `size` persons."""
    return Scratch(
        np.empty(size, np.int64), np.empty(size, np.uint64), np.empty(size, np.int32), np.empty(size, np.float32),
        np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32),
        np.empty((channels, size), np.float32), np.empty((channels, size), np.float32),
        np.empty((nests, size), np.float32), np.empty(size, np.float32), np.empty(size, np.int32),
        np.empty(size, np.float32), np.empty((nests, size), np.float32), np.empty((nests, size), np.float32),
        np.empty((nests, size), np.float32), np.empty(size, np.float32), np.empty(size, np.float32),
    )  # fmt: skip


@kernel
def outside_utility(columns: Columns, category: int, weights: Weights, n: int, s: Scratch) -> None:
    """V_0 = stock pressure x weeks of stock: the fuller the shelf, the less need."""
    stock = columns.stock[category]
    for k in range(n):
        s.outside[k] = weights.stock * stock[s.row[k]]


@kernel
def common_utility(columns: Columns, ch: Channels, j: int, tier: int, n: int, s: Scratch) -> None:
    """Terms that do not depend on the past: intercept, assortment, event, price, delivery, order size."""
    base, price, v = ch.base[tier, j], ch.price[j], s.utility[j]
    days, large, foreign = ch.delivery[j, tier], ch.large[j], ch.foreign[j]
    for k in range(n):
        v[k] = base[s.day[k]] - s.alpha[k] * price[s.day[k]] + large * s.size[k]
    for k in range(n):
        v[k] += foreign * columns.affinity[s.row[k]] - days * columns.delivery[s.row[k]]


@kernel
def host_utility(columns: Columns, ch: Channels, weights: Weights, j: int, n: int, s: Scratch) -> None:
    """Persistent taste, habit and trust of the host platform."""
    host = ch.host[j]
    v, friction = s.utility[j], s.friction[j]
    taste, habit, trust = columns.taste[host], columns.habit[host], columns.trust[host]
    for k in range(n):
        friction[k] += weights.habit * habit[s.row[k]]
    for k in range(n):
        v[k] += _STEP * f4(taste[s.row[k]])
    if ch.host_trust[j] != _ZERO:
        for k in range(n):
            v[k] += ch.host_trust[j] * trust[s.row[k]]


@kernel
def brand_utility(columns: Columns, ch: Channels, weights: Weights, j: int, n: int, s: Scratch) -> None:
    """Persistent taste, loyalty and trust of the brand that sells."""
    seller = ch.seller[j]
    v, friction = s.utility[j], s.friction[j]
    taste, trust = columns.taste[seller], columns.trust[seller]
    loyalty = columns.loyalty[seller - columns.habit.shape[0]]
    for k in range(n):
        friction[k] += weights.loyalty * loyalty[s.row[k]]
    for k in range(n):
        v[k] += _STEP * f4(taste[s.row[k]])
    if ch.brand_trust[j] != _ZERO:
        for k in range(n):
            v[k] += ch.brand_trust[j] * trust[s.row[k]]


@kernel
def channel_utility(
    columns: Columns, ch: Channels, weights: Weights, j: int, tier: int, n: int, s: Scratch
) -> None:
    """V_j of the first `n` persons; NEVER where the channel is not in the consideration set."""
    v, friction, pull = s.utility[j], s.friction[j], ch.pull[j]
    common_utility(columns, ch, j, tier, n, s)
    for k in range(n):
        friction[k] = pull[s.day[k]]
    if ch.host[j] >= 0:
        host_utility(columns, ch, weights, j, n, s)
    if ch.seller[j] >= 0:
        brand_utility(columns, ch, weights, j, n, s)
    # `base` already holds the event pull, so only the rest of the frictions is added.
    for k in range(n):
        v[k] += friction[k] - pull[s.day[k]] - ch.reference_trust
    known = ch.known[j]
    for k in range(n):
        if columns.aware[s.row[k]] & known != known or v[k] < f4(-1e20):
            v[k] = _NEVER


@kernel
def nest_shock(
    key: np.uint64, second: bool, lam: np.float32, log_a: np.float32, factor: F4, n: int, s: Scratch
) -> None:
    """Raise the shock of a channel to that of one of its nests: ln a + lam (g + ln S)."""
    shock = s.shock
    if second:
        for k in range(n):
            bits = draws.low(draws.bits_at(key, s.person[k]))
            shock[k] = max(shock[k], log_a + lam * (numeric.gumbel(bits) + factor[k]))
    else:
        for k in range(n):
            bits = draws.high(draws.bits_at(key, s.person[k]))
            shock[k] = max(shock[k], log_a + lam * (numeric.gumbel(bits) + factor[k]))


@kernel
def channel_shock(ch: Channels, key: np.uint64, j: int, n: int, s: Scratch) -> None:
    """eps_j = max over the nests of channel j; host and brand take the two halves of one draw."""
    host, seller = ch.host[j], ch.seller[j]
    for k in range(n):
        s.shock[k] = _NEVER
    if host >= 0:
        nest_shock(key, False, ch.similarity[host], ch.log_host[j], s.factor[host], n, s)
    if seller >= 0:
        nest_shock(key, True, ch.similarity[seller], ch.log_brand[j], s.factor[seller], n, s)


@kernel
def draw_factors(ch: Channels, keys: ShockKeys, n: int, s: Scratch) -> None:
    """ln S of every nest that has a channel here."""
    for m in range(ch.similarity.shape[0]):
        if ch.used[m]:
            draw_factor(keys.nests[m], ch.similarity[m], ch.polynomial[m], s.person, n, s.factor[m])


@kernel
def choose(ch: Channels, keys: ShockKeys, n: int, s: Scratch) -> None:
    """The realised choice: argmax of V + eps, into `choice` and `best`."""
    draw_factors(ch, keys, n, s)
    for k in range(n):
        bits = draws.high(draws.bits_at(keys.nothing, s.person[k]))
        s.best[k] = s.outside[k] + numeric.gumbel(bits)
    for k in range(n):
        s.choice[k] = np.int32(NOTHING)
    for j in range(ch.host.shape[0]):
        channel_shock(ch, keys.channels[j], j, n, s)
        v, shock = s.utility[j], s.shock
        for k in range(n):
            shock[k] = v[k] + shock[k]
        for k in range(n):
            if shock[k] > s.best[k]:
                s.choice[k] = np.int32(j)
        for k in range(n):
            s.best[k] = max(s.best[k], shock[k])


@kernel
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
        if ch.host[j] >= 0:
            _raise_top(s.utility[j], ch.log_host[j], ch.similarity[ch.host[j]], n, s.top[ch.host[j]])
        if ch.seller[j] >= 0:
            _raise_top(s.utility[j], ch.log_brand[j], ch.similarity[ch.seller[j]], n, s.top[ch.seller[j]])
    for j in range(ch.host.shape[0]):
        if ch.host[j] >= 0:
            _add_mass(
                s.utility[j],
                ch.log_host[j],
                ch.similarity[ch.host[j]],
                n,
                s.top[ch.host[j]],
                s.mass[ch.host[j]],
            )
        if ch.seller[j] >= 0:
            _add_mass(
                s.utility[j],
                ch.log_brand[j],
                ch.similarity[ch.seller[j]],
                n,
                s.top[ch.seller[j]],
                s.mass[ch.seller[j]],
            )
    _sum_nests(ch, n, s)


@kernel
def _raise_top(v: F4, log_a: np.float32, lam: np.float32, n: int, top: F4) -> None:
    inverse = _ONE / lam
    for k in range(n):
        top[k] = max(top[k], (log_a + v[k]) * inverse)


@kernel
def _add_mass(v: F4, log_a: np.float32, lam: np.float32, n: int, top: F4, mass: F4) -> None:
    inverse = _ONE / lam
    for k in range(n):
        mass[k] += numeric.exp((log_a + v[k]) * inverse - top[k])


@kernel
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
            best[k] = max(best[k], inclusive[k])
    for k in range(n):
        s.logsum[k] = numeric.exp(s.outside[k] - best[k])
    for m in range(ch.similarity.shape[0]):
        if ch.used[m]:
            inclusive = s.inclusive[m]
            for k in range(n):
                s.logsum[k] += numeric.exp(inclusive[k] - best[k])
    for k in range(n):
        s.logsum[k] = best[k] + numeric.log(s.logsum[k])


@kernel
def channel_chance(ch: Channels, j: int, n: int, s: Scratch) -> None:
    """P_j = sum over nests of Q_m R_j|m into `chance`; needs `inclusive_values`."""
    chance = s.chance
    for k in range(n):
        chance[k] = _ZERO
    if ch.host[j] >= 0:
        _add_chance(s.utility[j], ch.log_host[j], ch.similarity[ch.host[j]], ch.host[j], n, s)
    if ch.seller[j] >= 0:
        _add_chance(s.utility[j], ch.log_brand[j], ch.similarity[ch.seller[j]], ch.seller[j], n, s)


@kernel
def _add_chance(v: F4, log_a: np.float32, lam: np.float32, m: int, n: int, s: Scratch) -> None:
    inverse = _ONE / lam
    top, mass, inclusive = s.top[m], s.mass[m], s.inclusive[m]
    for k in range(n):
        within = (log_a + v[k]) * inverse - top[k]
        s.chance[k] += numeric.exp(within + inclusive[k] - s.logsum[k]) / max(mass[k], _TINY)


@kernel
def remove_frictions(ch: Channels, n: int, s: Scratch) -> None:
    """Take habit, loyalty and event pull out of the utilities: what is left is product value."""
    for j in range(ch.host.shape[0]):
        v, friction = s.utility[j], s.friction[j]
        for k in range(n):
            if v[k] != _NEVER:
                v[k] -= friction[k]
