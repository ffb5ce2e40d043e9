"""A week of shopping in one category: who needs what, on which day, and what they choose.

Consumers read only the states of last week, so blocks are independent and may run in any order and
thread. What is summed over consumers is summed in fixed point, so the totals are exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.chances import channel_chance, inclusive_values, remove_frictions
from sim.consumers.choice import (
    NOTHING,
    Channels,
    ShockKeys,
    Weights,
    channel_utility,
    choose,
    on_day,
    outside_utility,
)
from sim.consumers.nests import first_words, second_words
from sim.consumers.population import Columns
from sim.consumers.scratch import F4, I4, U4, U8, Scratch, make_scratch
from sim.kernel import kernel, loop
from sim.trade import CHANCE_SCALE, VALUE_SCALE

f4 = np.float32
I8 = npt.NDArray[np.int64]

NO_NEED = -2
"""Diary code of a slot without a need."""
_NO_NEED, _NOTHING = np.int16(NO_NEED), np.int16(NOTHING)
DECISION, CORE, PATHWISE = 0, 1, 2
LANES = 16
"""Persons in the widest vector register."""


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
    team_orders: I8  # expected, of those who would take the team option
    team_value: I8
    takes: I8  # realised choices with the team option
    filled: I8
    filled_value: I8
    refunded: I8
    surplus: I8  # (3, S)


def make_totals(channels: int, strata: int) -> Totals:
    """Totals at zero."""
    tables = np.zeros((len(Totals._fields) - 1, channels, 7, strata), np.int64)
    return Totals(
        tables[0], tables[1], tables[2], tables[3], tables[4], tables[5], tables[6], tables[7], tables[8],
        tables[9], np.zeros((3, strata), np.int64),
    )  # fmt: skip


class Options(NamedTuple):
    """What to compute beside the realised choice."""

    expected: bool
    core: bool
    payments: bool  # write each payment into the diary
    winners: bool  # add up pathwise surplus by person


@loop
def addresses(ids: I4, person: U4) -> None:
    """Address of every row of a block."""
    for k in range(ids.shape[0]):
        person[k] = draws.person_hash(ids[k])


@loop
def mark_needs(
    key: np.uint64, person: U4, means: F4, online: npt.NDArray[np.int16], chance: np.float32, week: int,
    flag: I4,
) -> None:  # fmt: skip
    """1 for who is online and has a need, else 0."""
    for k in range(means.shape[0]):
        need = numeric.uniform(draws.first(key, person[k])) < chance * means[k]
        flag[k] = need & (online[k] <= week)


@loop
def pack_rows(flag: I4, width: int, first: int, person: U4, s_row: I8, s_person: U4) -> int:
    """Rows and addresses of the marked rows. Returns how many."""
    n = 0
    for k in range(width):
        # Written always, kept if marked: no branch that the processor could guess wrong.
        s_row[n] = first + k
        s_person[n] = person[k]
        n += flag[k]
    return n


@loop
def days_of(words: U4, day_edges: F4, n: int, day: I4) -> None:
    """Day of each need by inverse CDF."""
    for k in range(n):
        u = numeric.uniform(words[k])
        d = np.int32(0)
        for e in range(6):
            d += np.int32(u >= day_edges[e])
        day[k] = d


@loop
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
    key, means = draws.at_week(needs.need_keys[slot], needs.week), columns.means[first:stop]
    codes[first:stop] = _NO_NEED
    addresses(columns.id[first:stop], s.all_persons)
    online = columns.online_from[first:stop]
    mark_needs(key, s.all_persons, means, online, needs.chance[tier], needs.week, s.choice)
    n = pack_rows(s.choice, stop - first, first, s.all_persons, s.row, s.person)
    second_words(key, s.person, n, s.words)
    days_of(s.words, needs.day_edges, n, s.day)
    return n


@loop
def full_vectors(n: int) -> int:
    """`n` rounded up to whole vector registers."""
    return (n + LANES - 1) // LANES * LANES


@loop
def fill_up(n: int, s: Scratch) -> int:
    """Repeat the last person up to a full vector, so that no loop ends in single steps. Returns the width.

    What is computed of the repeated person is never recorded.
    """
    width = full_vectors(n)
    for k in range(n, width):
        s.row[k] = s.row[n - 1]
        s.person[k] = s.person[n - 1]
        s.day[k] = s.day[n - 1]
    return width


@loop
def order_sizes(
    columns: Columns, needs: Needs, weights: Weights, slot: int, tier: int, n: int, s: Scratch
) -> None:
    """Order value (lognormal around the person's mean), its log deviation, and the price coefficient."""
    key = draws.at_week(needs.size_keys[slot], needs.week)
    shift = f4(0.5) * needs.spread * needs.spread
    first_words(key, s.person, n, s.words)
    for k in range(n):
        s.size[k] = needs.spread * numeric.normal(s.words[k])
    mean = needs.order[tier]
    for k in range(n):
        s.order[k] = mean * columns.means[s.row[k]]
    for k in range(n):
        s.order[k] *= numeric.exp(s.size[k] - shift)
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


@loop
def record_choices(
    ch: Channels, stratum: int, n: int, s: Scratch, codes: npt.NDArray[np.int16], totals: Totals
) -> None:
    """Write the diary and add orders and values of the realised choices."""
    for k in range(n):
        j, day = s.choice[k], s.day[k]
        codes[s.row[k]] = _NOTHING if j < 0 else np.int16(j * 7 + day)
        if j >= 0:
            totals.orders[j, day, stratum] += 1
            totals.takes[j, day, stratum] += s.alpha[k] * ch.worth[j, day] > ch.hassle[j]
            totals.value[j, day, stratum] += np.int64(s.order[k] * VALUE_SCALE)


@loop
def record_payments(ch: Channels, n: int, s: Scratch, payments: F4) -> None:
    """Write what each person paid."""
    for k in range(n):
        j, day = s.choice[k], s.day[k]
        if j >= 0:
            payments[s.row[k]] = s.order[k] * ch.quantity[j, day] * (ch.price[j, day] + f4(1.0))


@loop
def add_by_day(fixed: I8, day: I4, n: int, sums: I8) -> None:
    """Add fixed-point numbers of `n` persons to sums by day; seven masked passes beat scattered additions."""
    for d in range(7):
        total = np.int64(0)
        for k in range(n):
            total += fixed[k] if day[k] == d else np.int64(0)
        sums[d] += total


@loop
def add_expected(
    chance: F4, order: F4, day: I4, n: int, width: int, fixed: I8, orders: I8, value: I8
) -> None:
    """Add one channel's probabilities and expected values by day, shape (7,)."""
    for k in range(width):
        fixed[k] = np.int64(chance[k] * CHANCE_SCALE)
    add_by_day(fixed, day, n, orders)
    for k in range(width):
        fixed[k] = np.int64(chance[k] * order[k] * VALUE_SCALE)
    add_by_day(fixed, day, n, value)


@loop
def keep_takers(worth: F4, hassle: np.float32, width: int, s: Scratch) -> None:
    """Chances of those who would take the team option, zero for the others."""
    on_day(worth, s.day, width, s.spare)
    for k in range(width):
        s.chance[k] = s.chance[k] if s.alpha[k] * s.spare[k] > hassle else f4(0.0)


@loop
def record_expected(ch: Channels, stratum: int, n: int, width: int, s: Scratch, totals: Totals) -> None:
    """Add choice probabilities and expected values of the first `n` of `width` persons."""
    inclusive_values(ch, width, s)
    for j in range(ch.host.shape[0]):
        channel_chance(ch, j, width, s)
        orders, value = totals.expected_orders[j, :, stratum], totals.expected_value[j, :, stratum]
        add_expected(s.chance, s.order, s.day, n, width, s.fixed, orders, value)
        if ch.team[j]:
            keep_takers(ch.worth[j], ch.hassle[j], width, s)
            orders, value = totals.team_orders[j, :, stratum], totals.team_value[j, :, stratum]
            add_expected(s.chance, s.order, s.day, n, width, s.fixed, orders, value)


@loop
def record_surplus(kind: int, value: F4, stratum: int, n: int, s: Scratch, totals: Totals) -> None:
    """Add surplus in money: order value / price coefficient x utility (Small and Rosen 1981)."""
    for k in range(n):
        totals.surplus[kind, stratum] += np.int64(s.order[k] / s.alpha[k] * value[k] * VALUE_SCALE)


@loop
def record_winners(sign: float, n: int, s: Scratch, gain: npt.NDArray[np.float64]) -> None:
    """Add each person's pathwise surplus to their account, or take it back (sign -1)."""
    for k in range(n):
        gain[s.row[k]] += sign * (s.order[k] / s.alpha[k] * s.best[k])


@loop
def evaluate(
    columns: Columns, needs: Needs, ch: Channels, weights: Weights, slot: int, tier: int, n: int, s: Scratch
) -> int:
    """Order sizes and utilities of the `n` persons in the scratch rows. Returns the width."""
    width = fill_up(n, s)
    order_sizes(columns, needs, weights, slot, tier, width, s)
    outside_utility(columns, needs.category, weights, width, s)
    for j in range(ch.host.shape[0]):
        channel_utility(columns, ch, weights, j, tier, width, s)
    return width


@loop
def decide(
    ch: Channels, options: Options, keys: ShockKeys, stratum: int, n: int, width: int, sign: float,
    s: Scratch, diary: npt.NDArray[np.int16], payments: F4, gain: npt.NDArray[np.float64], totals: Totals,
) -> None:  # fmt: skip
    """The choice of the `n` persons evaluated before, and what is recorded of it."""
    choose(ch, keys, width, s)
    record_choices(ch, stratum, n, s, diary, totals)
    if options.payments:
        record_payments(ch, n, s, payments)
    if options.winners:
        record_winners(sign, n, s, gain)
    record_surplus(PATHWISE, s.best, stratum, n, s, totals)
    if options.expected:
        record_expected(ch, stratum, n, width, s, totals)
        record_surplus(DECISION, s.logsum, stratum, n, s, totals)
    if options.core:
        remove_frictions(ch, width, s)
        inclusive_values(ch, width, s)
        record_surplus(CORE, s.logsum, stratum, n, s, totals)


@loop
def shop_block(
    columns: Columns, needs: Needs, ch: Channels, weights: Weights, options: Options, slot: int,
    keys: ShockKeys, block: I8, s: Scratch, diary: npt.NDArray[np.int16], payments: F4,
    gain: npt.NDArray[np.float64], totals: Totals,
) -> None:  # fmt: skip
    """One block, one slot: needs, utilities, the choice."""
    first, stop, stratum = block[0], block[1], block[2]
    if needs.interested_only and stratum % 2 == 0:
        diary[first:stop] = _NO_NEED
        return
    n = find_needs(columns, needs, slot, first, stop, stratum // 2, s, diary)
    width = evaluate(columns, needs, ch, weights, slot, stratum // 2, n, s)
    if options.payments:
        payments[first:stop] = f4(0.0)
    decide(ch, options, keys, stratum, n, width, 1.0, s, diary, payments, gain, totals)


@kernel
def shop(
    columns: Columns, needs: Needs, ch: Channels, weights: Weights, options: Options, blocks: I8, widest: int,
    diary: npt.NDArray[np.int16], payments: F4, gain: npt.NDArray[np.float64], totals: Totals,
) -> None:  # fmt: skip
    """All slots of one category for some blocks. `diary` and `payments` have shape (slots, N)."""
    scratch = make_scratch(full_vectors(widest), ch.host.shape[0], ch.similarity.shape[0])
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
