"""A week of shopping in one category: who needs what, on which day, and what they choose.

Consumers read only the states of last week, so blocks are independent and may run in any order and
thread. What is summed over consumers is summed in fixed point, so the totals are exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.choice import (
    F4,
    NOTHING,
    U8,
    Channels,
    Scratch,
    ShockKeys,
    Weights,
    channel_chance,
    channel_utility,
    choose,
    inclusive_values,
    make_scratch,
    outside_utility,
    remove_frictions,
)
from sim.consumers.population import Columns
from sim.kernel import kernel
from sim.trade import CHANCE_SCALE, VALUE_SCALE

f4 = np.float32
I8 = npt.NDArray[np.int64]

NO_NEED = -2
"""Diary code of a slot without a need."""
_NO_NEED, _NOTHING = np.int16(NO_NEED), np.int16(NOTHING)
DECISION, CORE, PATHWISE = 0, 1, 2


class Needs(NamedTuple):
    """Needs of one category in one week."""

    category: int
    week: int
    chance: F4  # (T,) chance of a need per slot for mean income within the tier
    order: F4  # (T,) order value of mean income within the tier, money
    spread: np.float32  # s.d. of log order value
    day_edges: F4  # (7,) cumulative shares of days
    interested_only: bool
    need_keys: U8  # (slots,)
    size_keys: U8  # (slots,)
    nothing_keys: U8  # (slots,)
    channel_keys: U8  # (slots, A)
    nest_keys: U8  # (slots, M)


class Totals(NamedTuple):
    """Fixed-point sums of a week, per thread: channels x days x strata, and surplus by stratum."""

    orders: I8  # (A, 7, S)
    value: I8
    expected_orders: I8
    expected_value: I8
    surplus: I8  # (3, S)


def make_totals(channels: int, strata: int) -> Totals:
    """Totals at zero."""
    orders, value, expected_orders, expected_value = np.zeros((4, channels, 7, strata), np.int64)
    return Totals(orders, value, expected_orders, expected_value, np.zeros((3, strata), np.int64))


class Options(NamedTuple):
    """What to compute beside the realised choice."""

    expected: bool
    core: bool
    payments: bool  # write each payment into the diary
    winners: bool  # add up pathwise surplus by person


@kernel
def find_needs(
    columns: Columns,
    needs: Needs,
    slot: int,
    first: int,
    stop: int,
    tier: int,
    s: Scratch,
    codes: npt.NDArray[np.int16],
) -> int:
    """Rows of a block with a need in this slot; their day goes to `s.day`. Returns how many."""
    key = draws.at_week(needs.need_keys[slot], needs.week)
    chance = needs.chance[tier]
    n = 0
    for row in range(first, stop):
        codes[row] = _NO_NEED
    for row in range(first, stop):
        person = draws.person_hash(columns.id[row])
        bits = draws.bits_at(key, person)
        if (
            numeric.uniform(draws.high(bits)) < chance * columns.means[row]
            and columns.online_from[row] <= needs.week
        ):
            s.row[n] = row
            s.person[n] = person
            u = numeric.uniform(draws.low(bits))
            day = 0
            for d in range(6):
                day += u >= needs.day_edges[d]
            s.day[n] = day
            n += 1
    return n


@kernel
def order_sizes(
    columns: Columns, needs: Needs, weights: Weights, slot: int, tier: int, n: int, s: Scratch
) -> None:
    """Order value (lognormal around the person's mean), its log deviation, and the price coefficient."""
    key = draws.at_week(needs.size_keys[slot], needs.week)
    shift = f4(0.5) * needs.spread * needs.spread
    for k in range(n):
        s.size[k] = needs.spread * numeric.normal(draws.high(draws.bits_at(key, s.person[k])))
    mean = needs.order[tier]
    for k in range(n):
        s.order[k] = mean * columns.means[s.row[k]] * numeric.exp(s.size[k] - shift)
    for k in range(n):
        s.alpha[k] = weights.price * columns.price[s.row[k]]


@kernel
def shock_keys(needs: Needs, slot: int) -> ShockKeys:
    """Keys of this slot's shocks in this week."""
    channels = np.empty(needs.channel_keys.shape[1], np.uint64)
    for j in range(channels.shape[0]):
        channels[j] = draws.at_week(needs.channel_keys[slot, j], needs.week)
    nests = np.empty(needs.nest_keys.shape[1], np.uint64)
    for m in range(nests.shape[0]):
        nests[m] = draws.at_week(needs.nest_keys[slot, m], needs.week)
    return ShockKeys(channels, nests, draws.at_week(needs.nothing_keys[slot], needs.week))


@kernel
def record_choices(
    ch: Channels, stratum: int, n: int, s: Scratch, codes: npt.NDArray[np.int16], totals: Totals
) -> None:
    """Write the diary and add orders and values of the realised choices."""
    for k in range(n):
        j, day = s.choice[k], s.day[k]
        codes[s.row[k]] = _NOTHING if j < 0 else np.int16(j * 7 + day)
        if j >= 0:
            totals.orders[j, day, stratum] += 1
            totals.value[j, day, stratum] += np.int64(s.order[k] * VALUE_SCALE)


@kernel
def record_payments(ch: Channels, n: int, s: Scratch, payments: F4) -> None:
    """Write what each person paid."""
    for k in range(n):
        j, day = s.choice[k], s.day[k]
        if j >= 0:
            payments[s.row[k]] = s.order[k] * ch.quantity[j, day] * (ch.price[j, day] + f4(1.0))


@kernel
def record_expected(ch: Channels, stratum: int, n: int, s: Scratch, totals: Totals) -> None:
    """Add choice probabilities and expected values."""
    inclusive_values(ch, n, s)
    for j in range(ch.host.shape[0]):
        channel_chance(ch, j, n, s)
        for k in range(n):
            p = s.chance[k]
            totals.expected_orders[j, s.day[k], stratum] += np.int64(p * CHANCE_SCALE)
            totals.expected_value[j, s.day[k], stratum] += np.int64(p * s.order[k] * VALUE_SCALE)


@kernel
def record_surplus(kind: int, value: F4, stratum: int, n: int, s: Scratch, totals: Totals) -> None:
    """Add surplus in money: order value / price coefficient x utility (Small and Rosen 1981)."""
    for k in range(n):
        totals.surplus[kind, stratum] += np.int64(s.order[k] / s.alpha[k] * value[k] * VALUE_SCALE)


@kernel
def record_winners(n: int, s: Scratch, gain: npt.NDArray[np.float64]) -> None:
    """Add each person's pathwise surplus to their account."""
    for k in range(n):
        gain[s.row[k]] += s.order[k] / s.alpha[k] * s.best[k]


@kernel
def shop_block(
    columns: Columns, needs: Needs, ch: Channels, weights: Weights, options: Options, slot: int,
    keys: ShockKeys, block: I8, s: Scratch, diary: npt.NDArray[np.int16], payments: F4,
    gain: npt.NDArray[np.float64], totals: Totals,
) -> None:  # fmt: skip
    """One block, one slot: needs, utilities, the choice, and what is recorded of it."""
    first, stop, stratum = block[0], block[1], block[2]
    tier = stratum // 2
    if needs.interested_only and stratum % 2 == 0:
        diary[first:stop] = _NO_NEED
        return
    n = find_needs(columns, needs, slot, first, stop, tier, s, diary)
    order_sizes(columns, needs, weights, slot, tier, n, s)
    outside_utility(columns, needs.category, weights, n, s)
    for j in range(ch.host.shape[0]):
        channel_utility(columns, ch, weights, j, tier, n, s)
    choose(ch, keys, n, s)
    record_choices(ch, stratum, n, s, diary, totals)
    if options.payments:
        payments[first:stop] = f4(0.0)
        record_payments(ch, n, s, payments)
    if options.winners:
        record_winners(n, s, gain)
    record_surplus(PATHWISE, s.best, stratum, n, s, totals)
    if options.expected:
        record_expected(ch, stratum, n, s, totals)
        record_surplus(DECISION, s.logsum, stratum, n, s, totals)
    if options.core:
        remove_frictions(ch, n, s)
        inclusive_values(ch, n, s)
        record_surplus(CORE, s.logsum, stratum, n, s, totals)


@kernel
def shop(
    columns: Columns, needs: Needs, ch: Channels, weights: Weights, options: Options, blocks: I8, widest: int,
    diary: npt.NDArray[np.int16], payments: F4, gain: npt.NDArray[np.float64], totals: Totals,
) -> None:  # fmt: skip
    """All slots of one category for some blocks. `diary` and `payments` have shape (slots, N)."""
    scratch = make_scratch(widest, ch.host.shape[0], ch.similarity.shape[0])
    for slot in range(needs.need_keys.shape[0]):
        keys = shock_keys(needs, slot)
        paid = payments[slot] if options.payments else payments[0]
        for b in range(blocks.shape[0]):
            shop_block(
                columns,
                needs,
                ch,
                weights,
                options,
                slot,
                keys,
                blocks[b],
                scratch,
                diary[slot],
                paid,
                gain,
                totals,
            )
