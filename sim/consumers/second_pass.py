"""After the invitations: invited people choose again, and orders of teams are settled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers import teams
from sim.consumers.choice import NOTHING, Channels, Weights
from sim.consumers.nests import second_words
from sim.consumers.population import Columns
from sim.consumers.scratch import F4, I4, U8, Scratch, make_scratch
from sim.consumers.shopping import (
    NO_NEED,
    Needs,
    Options,
    Totals,
    days_of,
    decide,
    evaluate,
    fill_up,
    full_vectors,
    order_sizes,
    shock_keys,
)
from sim.consumers.teams import AGAIN, RESCUED, SLOT_STEP, Marks, Rules, fills
from sim.kernel import kernel, loop
from sim.trade import VALUE_SCALE

f4 = np.float32
I8 = npt.NDArray[np.int64]
I2 = npt.NDArray[np.int16]
_NO_NEED, _NOTHING = np.int16(NO_NEED), np.int16(NOTHING)


class Boost(NamedTuple):
    """What invitations add to utilities in one category: Q pairs of the category with a team platform."""

    pair: I4  # (Q,) row of the marks
    platform: I4  # (Q,)
    social: F4  # (Q,)


class Books(NamedTuple):
    """Where the results of a category go."""

    diary: I2  # (slots, N)
    payments: F4  # (slots, N) or (1, 0)
    gain: npt.NDArray[np.float64]  # (N,) or (0,)


@loop
def gather_again(columns: Columns, needs: Needs, slot: int, marked: I8, codes: I2, s: Scratch) -> int:
    """Rows among those who reconsider that had a need in this slot. Returns how many."""
    key, n = draws.at_week(needs.need_keys[slot], needs.week), 0
    for k in range(marked.shape[0]):
        row = marked[k]
        if codes[row] != _NO_NEED:
            s.row[n] = row
            s.person[n] = draws.person_hash(columns.id[row])
            n += 1
    second_words(key, s.person, n, s.words)
    days_of(s.words, needs.day_edges, n, s.day)
    return n


@loop
def add_social(ch: Channels, boost: Boost, again: Marks, width: int, s: Scratch) -> None:
    """Invited people like the channels of the inviting platform better; a friction, like habit."""
    for q in range(boost.pair.shape[0]):
        for j in range(ch.host.shape[0]):
            if ch.host[j] == boost.platform[q]:
                v, friction = s.utility[j], s.friction[j]
                for k in range(width):
                    more = boost.social[q] if again[boost.pair[q], s.row[k]] == AGAIN else f4(0.0)
                    v[k] += more
                    friction[k] += more


@kernel
def batches(marked: I8, blocks: I8, widest: int) -> tuple[I8, I8]:
    """Marked rows of some blocks, and batches (first, last + 1, stratum) of them that lie in one stratum.

    Few people of a block reconsider; batches over several blocks keep the loops long.
    """
    rows, out = np.empty(marked.shape[0], np.int64), np.empty((blocks.shape[0], 3), np.int64)
    n, count = 0, 0
    for b in range(blocks.shape[0]):
        begin, end = np.searchsorted(marked, blocks[b, 0]), np.searchsorted(marked, blocks[b, 1])
        if begin == end:
            continue
        here = end - begin
        if count == 0 or out[count - 1, 2] != blocks[b, 2] or n + here - out[count - 1, 0] > widest:
            out[count, 0], out[count, 2] = n, blocks[b, 2]
            count += 1
        rows[n : n + here] = marked[begin:end]
        n += here
        out[count - 1, 1] = n
    return rows[:n], out[:count]


@kernel
def reconsider(
    columns: Columns, then: Columns, needs: Needs, ch: Channels, weights: Weights, options: Options,
    boost: Boost, again: Marks, marked: I8, blocks: I8, widest: int, books: Books, undo: Totals,
    redo: Totals,
) -> None:  # fmt: skip
    """Everybody who reconsiders chooses again; `undo` collects what was recorded of the first choice.

    `then` are the columns with the awareness of the first choice, `marked` the rows of those who
    reconsider, in order.
    """
    s = make_scratch(full_vectors(widest), ch.host.shape[0], ch.similarity.shape[0])
    rows, batch = batches(marked, blocks, widest)
    for slot in range(needs.need_keys.shape[0]):
        keys, codes = shock_keys(needs, slot), books.diary[slot]
        paid = books.payments[slot] if options.payments else books.payments[0]
        for b in range(batch.shape[0]):
            stratum = batch[b, 2]
            n = gather_again(columns, needs, slot, rows[batch[b, 0] : batch[b, 1]], codes, s)
            if n == 0:
                continue
            width = evaluate(then, needs, ch, weights, slot, stratum // 2, n, s)
            decide(ch, options, keys, stratum, n, width, -1.0, s, codes, paid, books.gain, undo)
            if options.payments:
                for k in range(n):
                    paid[s.row[k]] = f4(0.0)
            width = evaluate(columns, needs, ch, weights, slot, stratum // 2, n, s)
            add_social(ch, boost, again, width, s)
            decide(ch, options, keys, stratum, n, width, 1.0, s, codes, paid, books.gain, redo)


@loop
def pack_takes(codes: I2, first: int, price: np.float32, own: F4, worth: F4, hassle: F4, row: I8) -> int:
    """Rows of a block whose choice in this slot takes the team option. Returns how many."""
    n = 0
    for k in range(codes.shape[0]):
        code = codes[k] + 2
        row[n] = first + k
        n += price * own[k] * worth[code] > hassle[code]
    return n


@loop
def gather_takes(columns: Columns, o: teams.Options, first: int, stop: int, codes: I2, s: Scratch) -> int:
    """`pack_takes`, with channel, day and address of each."""
    n = pack_takes(codes[first:stop], first, o.price, columns.price[first:stop], o.worth, o.hassle, s.row)
    for k in range(n):
        code = np.int32(codes[s.row[k]])
        s.choice[k] = code // 7
        s.day[k] = code - 7 * (code // 7)
    for k in range(n):
        s.person[k] = draws.person_hash(columns.id[s.row[k]])
    return n


class Settlement(NamedTuple):
    """How takes of one category are settled. Q all pairs, H platforms."""

    pair_of: I4  # (H,) row of leads, joiners and marks, or -1
    lead: I2  # (Q, N)
    joiners: Marks  # (Q, N)
    again: Marks  # (Q, N)
    team_over_single: F4  # (A, 7) price ratio


@loop
def settle_take(
    ch: Channels, options: Options, rules: Rules, m: Settlement, slot: int, key: np.uint64, stratum: int,
    k: int, s: Scratch, codes: I2, paid: F4, totals: Totals, spread: I8,
) -> None:  # fmt: skip
    """One order: the team price, the single price, or the money back. `spread` counts joiners."""
    row, j, day = s.row[k], s.choice[k], s.day[k]
    q, person = m.pair_of[ch.host[j]], s.person[k]
    leads = m.lead[q, row] == np.int16(slot) * SLOT_STEP + np.int16(j)
    joined = int(m.joiners[q, row]) if leads else 0
    carried = m.again[q, row] == RESCUED + np.uint8(slot)
    # A joiner whose inviter's team has filled needs no strangers.
    spread[q, rules.size[j] - 1 if carried else min(joined, rules.size[j] - 1), stratum] += 1
    value = np.int64(s.order[k] * VALUE_SCALE)
    if carried or fills(rules, j, day, joined, numeric.uniform(draws.first(key, person))):
        totals.filled[j, day, stratum] += 1
        totals.filled_value[j, day, stratum] += value
        if options.payments:
            paid[row] *= m.team_over_single[j, day]
    elif numeric.uniform(draws.second(key, person)) >= rules.pay_alone[j]:
        codes[row] = _NOTHING
        totals.refunded[j, day, stratum] += 1
        totals.orders[j, day, stratum] -= 1
        totals.value[j, day, stratum] -= value
        if options.payments:
            paid[row] = f4(0.0)


@kernel
def settle(
    columns: Columns, needs: Needs, ch: Channels, weights: Weights, options: Options, o: teams.Options,
    rules: Rules, m: Settlement, blocks: I8, widest: int, books: Books, totals: Totals, spread: I8,
) -> None:  # fmt: skip
    """All orders with the team option find out whether their team has filled."""
    s = make_scratch(full_vectors(widest), ch.host.shape[0], ch.similarity.shape[0])
    for slot in range(needs.need_keys.shape[0]):
        codes = books.diary[slot]
        paid = books.payments[slot] if options.payments else books.payments[0]
        for b in range(blocks.shape[0]):
            stratum = blocks[b, 2]
            n = gather_takes(columns, o, blocks[b, 0], blocks[b, 1], codes, s)
            if n == 0:
                continue
            order_sizes(columns, needs, weights, slot, stratum // 2, fill_up(n, s), s)
            for k in range(n):
                settle_take(
                    ch, options, rules, m, slot, rules.stranger_keys[slot], stratum, k, s, codes, paid,
                    totals, spread,
                )  # fmt: skip


@kernel
def count_gained(then: U8, now: U8, mask: np.uint64, start: I8) -> I8:
    """Consumers who have a bit now and did not then, by stratum."""
    out = np.zeros(start.shape[0] - 1, np.int64)
    for s in range(out.shape[0]):
        for row in range(start[s], start[s + 1]):
            out[s] += now[row] & ~then[row] & mask != 0
    return out
