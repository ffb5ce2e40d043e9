"""The choice of one block of consumers: utilities, shocks and the choice made.

All functions work on a block of `n` persons who have a need in one category, gathered into scratch
rows that stay in cache; one array is written per loop, so that loops vectorise. The block lies in
one tier. Channels keep the order of the scenario; ties go to the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import numeric
from sim.consumers.nests import exponentials, first_words, second_words, stable_factor
from sim.consumers.population import TASTE_STEP, Columns
from sim.consumers.scratch import F4, I4, I8, U4, U8, Scratch
from sim.kernel import loop

f4 = np.float32
I2 = npt.NDArray[np.int16]

NOTHING = -1
"""Choice code of buying nothing online."""
_NEVER = numeric.NEVER
_STEP = f4(TASTE_STEP)
_ZERO, _ONE = f4(0.0), f4(1.0)


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
    host_taste: F4  # (A,) share of the taste for the host, in util a step
    host_trust: F4  # (A,) authenticity weight times share of the host in trust
    brand_trust: F4  # (A,)
    reference_trust: np.float32  # authenticity weight times normal trust
    log_host: F4  # (A,) ln of the weight on the host's nest
    log_brand: F4  # (A,)
    team: npt.NDArray[np.bool_]  # (A,) sold to teams
    worth: F4  # (A, 7) what the team option saves, in index points, times the belief that teams fill
    hassle: F4  # (A,) utility that buying in a team costs
    similarity: F4  # (M,) lam
    polynomial: F4  # (M, DEGREE + 1) smooth part of ln S
    used: npt.NDArray[np.bool_]  # (M,) nests with at least one channel here


class Weights(NamedTuple):
    """Weights in utility that all categories share, and of the category."""

    price: np.float32
    stock: np.float32
    habit: np.float32
    loyalty: np.float32
    unknown: np.float32  # added where one does not know the firm or channel; NEVER where that decides


class ShockKeys(NamedTuple):
    """Keys of one need slot in one week."""

    channels: U8  # (A,)
    nests: U8  # (M,)
    nothing: np.uint64


@loop
def gather_traits(columns: Columns, n: int, s: Scratch) -> None:
    """Traits that every channel reads, gathered once."""
    for k in range(n):
        s.affinity[k] = columns.affinity[s.row[k]]
    for k in range(n):
        s.delivery[k] = columns.delivery[s.row[k]]
    for k in range(n):
        s.aware[k] = columns.aware[s.row[k]]


@loop
def outside_utility(columns: Columns, category: int, weights: Weights, n: int, s: Scratch) -> None:
    """V_0 = stock pressure x weeks of stock: the fuller the shelf, the less need.

    Comes before the channels' utilities: it also gathers the traits that they share.
    """
    gather_traits(columns, n, s)
    stock = columns.stock[category]
    for k in range(n):
        s.outside[k] = weights.stock * stock[s.row[k]]


@loop
def on_day(table: F4, day: I4, n: int, out: F4) -> None:
    """Each person's day in a table of seven; a plain fill in the many weeks when all days are alike."""
    same = True
    for d in range(1, 7):
        same &= table[d] == table[0]
    if same:
        for k in range(n):
            out[k] = table[0]
    else:
        for k in range(n):
            out[k] = table[day[k]]


@loop
def common_utility(ch: Channels, j: int, tier: int, n: int, s: Scratch) -> None:
    """Terms that do not depend on the past: intercept, assortment, event, price, delivery, order size."""
    v, price = s.utility[j], s.spare
    days, large, foreign = ch.delivery[j, tier], ch.large[j], ch.foreign[j]
    on_day(ch.base[tier, j], s.day, n, v)
    on_day(ch.price[j], s.day, n, price)
    for k in range(n):
        v[k] = v[k] - s.alpha[k] * price[k] + large * s.size[k]
    for k in range(n):
        v[k] += foreign * s.affinity[k] - days * s.delivery[k]
    if ch.team[j]:
        team_utility(ch.worth[j], ch.hassle[j], n, s, v)


@loop
def team_utility(worth: F4, hassle: np.float32, n: int, s: Scratch, v: F4) -> None:
    """Value of the team option, [alpha belief (p - p_team) - hassle]_+."""
    on_day(worth, s.day, n, s.spare)
    for k in range(n):
        v[k] += max(s.alpha[k] * s.spare[k] - hassle, _ZERO)


@loop
def firm_utility(
    row: I8,
    n: int,
    weight: np.float32,
    state: F4,
    step: np.float32,
    taste: I2,
    trust_weight: np.float32,
    trust: F4,
    v: F4,
    friction: F4,
) -> None:
    """Habit or loyalty, persistent taste and trust of a platform or brand."""
    for k in range(n):
        friction[k] += weight * state[row[k]]
    for k in range(n):
        v[k] += step * f4(taste[row[k]])
    if trust_weight != _ZERO:
        for k in range(n):
            v[k] += trust_weight * trust[row[k]]


@loop
def consider(known: np.uint64, unknown: np.float32, n: int, aware: U8, v: F4) -> None:
    """Lower V_j, once, for whoever lacks some of the awareness bits that the channel needs.

    NEVER is so low that V + NEVER = NEVER in single precision: lowered by it, the channel is out of the
    consideration set. A closed channel, at NEVER already, stays there.
    """
    for k in range(n):
        lowered = v[k] + unknown if aware[k] & known != known else v[k]
        v[k] = numeric.larger(lowered, _NEVER)


@loop
def channel_utility(
    columns: Columns, ch: Channels, weights: Weights, j: int, tier: int, n: int, s: Scratch
) -> None:
    """V_j of the first `n` persons; NEVER where the channel is closed or not in the consideration set."""
    v, friction, pull = s.utility[j], s.friction[j], s.spare
    host, seller = ch.host[j], ch.seller[j]
    common_utility(ch, j, tier, n, s)
    on_day(ch.pull[j], s.day, n, friction)
    if host >= 0:
        firm_utility(
            s.row,
            n,
            weights.habit,
            columns.habit[host],
            ch.host_taste[j],
            columns.taste[host],
            ch.host_trust[j],
            columns.trust[host],
            v,
            friction,
        )
    if seller >= 0:
        loyalty = columns.loyalty[seller - columns.habit.shape[0]]
        firm_utility(
            s.row,
            n,
            weights.loyalty,
            loyalty,
            _STEP,
            columns.taste[seller],
            ch.brand_trust[j],
            columns.trust[seller],
            v,
            friction,
        )
    # `base` already holds the event pull, so only the rest of the frictions is added.
    on_day(ch.pull[j], s.day, n, pull)
    for k in range(n):
        v[k] += friction[k] - pull[k] - ch.reference_trust
    consider(ch.known[j], weights.unknown, n, s.aware, v)


@loop
def raise_shock(
    lam: np.float32, log_a: np.float32, factor: F4, words: U4, n: int, spare: F4, shock: F4
) -> None:
    """Raise the shock of a channel to that of one of its nests: ln a + lam (g + ln S)."""
    exponentials(words, n, spare)
    for k in range(n):
        shock[k] = numeric.larger(shock[k], log_a + lam * (-numeric.log(spare[k]) + factor[k]))


@loop
def channel_shock(ch: Channels, key: np.uint64, j: int, n: int, s: Scratch) -> None:
    """eps_j = max over the nests of channel j; host and brand take the two words of one draw."""
    host, seller, shock = ch.host[j], ch.seller[j], s.shock
    for k in range(n):
        shock[k] = _NEVER
    if host >= 0:
        first_words(key, s.person, n, s.words)
        raise_shock(ch.similarity[host], ch.log_host[j], s.factor[host], s.words, n, s.spare, shock)
    if seller >= 0:
        second_words(key, s.person, n, s.words)
        raise_shock(ch.similarity[seller], ch.log_brand[j], s.factor[seller], s.words, n, s.spare, shock)


@loop
def draw_factors(ch: Channels, keys: ShockKeys, n: int, s: Scratch) -> None:
    """ln S of every nest that has a channel here; 0 without correlation."""
    for m in range(ch.similarity.shape[0]):
        factor = s.factor[m]
        if ch.used[m] and ch.similarity[m] != _ONE:
            stable_factor(
                ch.similarity[m], ch.polynomial[m], keys.nests[m], s.person, n, s.words, s.spare, factor
            )
        else:
            for k in range(n):
                factor[k] = _ZERO


@loop
def nothing_shock(key: np.uint64, n: int, s: Scratch) -> None:
    """Start the choice with buying nothing online: V_0 + g."""
    best, spare, choice = s.best, s.spare, s.choice
    first_words(key, s.person, n, s.words)
    exponentials(s.words, n, spare)
    for k in range(n):
        best[k] = s.outside[k] - numeric.log(spare[k])
    for k in range(n):
        choice[k] = np.int32(NOTHING)


@loop
def choose(ch: Channels, keys: ShockKeys, n: int, s: Scratch) -> None:
    """The realised choice: argmax of V + eps, into `choice` and `best`."""
    draw_factors(ch, keys, n, s)
    nothing_shock(keys.nothing, n, s)
    shock, best, choice = s.shock, s.best, s.choice
    for j in range(ch.host.shape[0]):
        channel_shock(ch, keys.channels[j], j, n, s)
        v = s.utility[j]
        for k in range(n):
            shock[k] = v[k] + shock[k]
        for k in range(n):
            # Channels come in order, so a better one is the larger; a maximum needs no store under a mask.
            choice[k] = max(choice[k], np.int32(j if shock[k] > best[k] else NOTHING))
        for k in range(n):
            best[k] = numeric.larger(best[k], shock[k])
