"""What a purchase leaves behind: stock, habit, loyalty, trust.

Habit follows the calendar: every week without a purchase it fades. Loyalty follows purchases
(Guadagni and Little 1983): it moves only when the person buys in the category. Trust is one number
per person and firm with constant-gain learning, the limit of Beta counts with forgetting.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.population import BRAND_BIT, PLATFORM_BIT, Columns
from sim.consumers.scratch import F4, I4, U8
from sim.kernel import kernel, loop

f4 = np.float32
I8 = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int16]
_ZERO, _ONE = f4(0.0), f4(1.0)
_BIT = np.uint64(1)


class Deliveries(NamedTuple):
    """How purchases of one category act, by channel (A channels)."""

    category: int
    week: int
    host: I4  # (A,) platform index or -1
    seller: I4  # (A,) firm index of the brand or -1
    bought: U8  # (A,) bits set in the week's word
    supply: F4  # (A, 7) weeks of use that an order adds to the stock of a mean consumer
    appetite: F4  # (T,) needs relative to the mean: who needs more uses up an order sooner
    learns_loyalty: bool
    learns_trust: bool
    authentic: F4  # (A,) chance that goods are authentic
    host_share: F4  # (A,) share of the experience credited to the host
    outcome_keys: U8  # (slots,)


class Memory(NamedTuple):
    """How states fade and learn."""

    habit_retention: np.float32
    loyalty_retention: np.float32
    trust_gain: np.float32


@loop
def _credit(trust: F4, row: int, gain: np.float32, outcome: np.float32) -> None:
    trust[row] += gain * (outcome - trust[row])


@loop
def learn_trust(columns: Columns, d: Deliveries, memory: Memory, row: int, j: int, key: np.uint64) -> None:
    """Authentic or not: credit host and brand by their shares."""
    person = draws.person_hash(columns.id[row])
    u = numeric.uniform(draws.first(key, person))
    outcome = _ONE if u < d.authentic[j] else _ZERO
    if d.host[j] >= 0:
        _credit(columns.trust[d.host[j]], row, memory.trust_gain * d.host_share[j], outcome)
    if d.seller[j] >= 0:
        _credit(columns.trust[d.seller[j]], row, memory.trust_gain * (_ONE - d.host_share[j]), outcome)


@loop
def learn_loyalty(columns: Columns, d: Deliveries, memory: Memory, row: int, j: int) -> None:
    """S <- d S + (1 - d) 1(the brand sold it), at every purchase in the category."""
    platforms, keep = columns.habit.shape[0], memory.loyalty_retention
    for b in range(columns.loyalty.shape[0]):
        bought = _ONE if d.seller[j] == platforms + b else _ZERO
        columns.loyalty[b, row] = keep * columns.loyalty[b, row] + (_ONE - keep) * bought


@loop
def buyers(codes: Codes, picked: I4) -> int:
    """Places of a block's purchases; written always, so that there is no branch to guess wrong."""
    count = 0
    for k in range(codes.shape[0]):
        picked[count] = k
        count += codes[k] >= 0
    return count


@loop
def stock_up(
    codes: Codes,
    picked: I4,
    count: int,
    supply: F4,
    bits: U8,
    appetite: np.float32,
    means: F4,
    stock: F4,
    bought: U8,
) -> None:
    """Stock grows by the orders; the week's words learn where they came from."""
    for i in range(count):
        k = picked[i]
        j = codes[k] // 7
        stock[k] += supply[j, codes[k] - 7 * j] / (appetite * means[k])
        bought[k] |= bits[j]


@loop
def arrive_block(
    columns: Columns, d: Deliveries, memory: Memory, codes: Codes, key: np.uint64,
    first: int, stop: int, tier: int, bought: U8, picked: I4,
) -> None:  # fmt: skip
    """Goods of one slot arrive for rows first..stop."""
    count = buyers(codes[first:stop], picked)
    stock_up(
        codes[first:stop], picked, count, d.supply, d.bought, d.appetite[tier],
        columns.means[first:stop], columns.stock[d.category, first:stop], bought[first:stop],
    )  # fmt: skip
    if d.learns_loyalty:
        for i in range(count):
            learn_loyalty(columns, d, memory, first + picked[i], codes[first + picked[i]] // 7)
    if d.learns_trust:
        for i in range(count):
            learn_trust(columns, d, memory, first + picked[i], codes[first + picked[i]] // 7, key)


@loop
def leak(stock: F4) -> None:
    """A week of use is used up."""
    for k in range(stock.shape[0]):
        stock[k] = max(stock[k] - _ONE, _ZERO)


@kernel
def arrive(
    columns: Columns, d: Deliveries, memory: Memory, diary: npt.NDArray[np.int16], blocks: I8, bought: U8
) -> None:
    """Goods of one category arrive: stock grows by the orders and leaks a week."""
    picked = np.empty(np.max(blocks[:, 1] - blocks[:, 0]), np.int32)
    for slot in range(diary.shape[0]):
        key = draws.at_week(d.outcome_keys[slot], d.week)
        for b in range(blocks.shape[0]):
            first, stop, tier = blocks[b, 0], blocks[b, 1], blocks[b, 2] // 2
            arrive_block(columns, d, memory, diary[slot], key, first, stop, tier, bought, picked)
    for b in range(blocks.shape[0]):
        leak(columns.stock[d.category, blocks[b, 0] : blocks[b, 1]])


@loop
def date(week: int, mask: np.uint64, bought: U8, last: npt.NDArray[np.int16]) -> None:
    """Date the last order."""
    for k in range(last.shape[0]):
        last[k] = np.int16(week) if bought[k] & mask else last[k]


@loop
def move_habit(keep: np.float32, mask: np.uint64, bought: U8, habit: F4) -> None:
    """Habit moves towards one with a purchase, towards zero without."""
    gain = _ONE - keep
    for k in range(habit.shape[0]):
        habit[k] = keep * habit[k] + (gain if bought[k] & mask else _ZERO)


@loop
def fade(columns: Columns, memory: Memory, week: int, first: int, stop: int, bought: U8) -> None:
    """Habit moves towards this week's purchases; last orders are dated."""
    platforms, words = columns.habit.shape[0], bought[first:stop]
    for f in range(columns.last_order.shape[0]):
        bit = PLATFORM_BIT + f if f < platforms else BRAND_BIT + f - platforms
        mask = _BIT << np.uint64(bit)
        date(week, mask, words, columns.last_order[f, first:stop])
        if f < platforms:
            move_habit(memory.habit_retention, mask, words, columns.habit[f, first:stop])


@loop
def fade_all(columns: Columns, memory: Memory, week: int, blocks: I8, bought: U8) -> None:
    """`fade` for some blocks."""
    for b in range(blocks.shape[0]):
        fade(columns, memory, week, blocks[b, 0], blocks[b, 1], bought)


@loop
def clear(blocks: I8, bought: U8) -> None:
    """Forget last week's purchases."""
    for b in range(blocks.shape[0]):
        for row in range(blocks[b, 0], blocks[b, 1]):
            bought[row] = 0
