"""Who knows what: access to platforms, knowledge of brands and of their channels.

Awareness decides what is in the choice set (or, as a structural alternative, is a bonus in utility:
`Behaviour.awareness_as`); here it spreads and fades, whichever it is. Order within a week: people notice
storefronts while browsing before they shop (`sim.consumers.noticing`), so that a promotion in the opening
week finds customers; everything else (purchases seen, advertising, word of mouth, links, forgetting) happens
after the goods have arrived and counts from next week. Who is hit again does not forget.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.network import Contacts, share_aware
from sim.consumers.noticing import (
    NO_BIT,
    SEEN_SHIFT,
    Bytes,
    Desk,
    Exposure,
    Flags,
    address,
    bought_there,
    fill,
    make_desk,
    notice_at_purchase,
    teach,
)
from sim.consumers.population import SEEN_BIT, Columns
from sim.consumers.scratch import F4, I4, U4, U8
from sim.kernel import kernel, loop

f4 = np.float32
I8 = npt.NDArray[np.int64]
_FORGET_SEEN = np.uint64((1 << SEEN_BIT) - 1)


class Spread(NamedTuple):
    """Bits that spread: brands and platforms (Y of them)."""

    mask: U8  # (Y,) the bit
    protect: U8  # (Y,) bits of this week's purchases that keep it
    seen: U8  # (Y,) seen-bits that keep it
    hazard: F4  # (Y,) external, this week, advertising included
    word_of_mouth: F4  # (Y,)
    forgetting: F4  # (Y,)
    fresh_forgetting: F4  # (Y,) of what a storefront has taught and was not met again
    brand: I4  # (Y,) row of the brand; -1 = a platform
    everyone: npt.NDArray[np.float64]  # (Y,) share of people with the bit
    hit_keys: U8  # (Y,)
    forget_keys: U8  # (Y,)


class Links(NamedTuple):
    """Ways to a channel (Z of them): discovery of own sites, link after a purchase, forgetting."""

    mask: U8  # (Z,) the channel's bit
    protect: U8  # (Z,) purchase bits that keep it
    brand: U8  # (Z,) brand bit needed for discovery
    discovery: F4  # (Z,) weekly chance for own sites, 0 for storefronts
    forgetting: F4  # (Z,)
    source: U8  # (Z,) purchase bits of storefronts whose buyers may learn of it
    link: F4  # (Z,) chance of learning after such a purchase
    owner: I4  # (Z,) row of the brand
    owns: U8  # (Z,) bit of the brand
    teaching: F4  # (Z,) chance that a purchase here makes the brand known, 0 for own sites
    teach_keys: U8  # (Z,)
    find_keys: U8  # (Z,)
    forget_keys: U8  # (Z,)


@loop
def reached(
    s: Spread, y: int, c: Contacts, row: int, u: np.float32, person: np.uint32, stratum: int, before: U8
) -> bool:
    """Is the person reached by advertising or word of mouth this week?

    Called only when the draw `u` is low enough for the contacts to matter.
    """
    share = f4(0.0)
    if s.word_of_mouth[y] > f4(0.0):
        share = f4(share_aware(c, row, person, stratum, before, s.mask[y], s.everyone[y]))
    return bool(u < f4(1.0) - numeric.exp(-(s.hazard[y] + s.word_of_mouth[y] * share)))


@loop
def pick(u: F4, limit: np.float32, wanted: np.uint64, mask: np.uint64, before: U8, picked: I4) -> int:
    """Places with a draw below `limit` whose bit is as wanted. They are few: what follows may be slow."""
    count = 0
    for k in range(before.shape[0]):
        picked[count] = k
        count += (u[k] < limit) & (before[k] & mask == wanted)
    return count


@loop
def learn_bit(
    columns: Columns, s: Spread, y: int, c: Contacts, first: int, n: int, stratum: int, before: U8, desk: Desk
) -> None:  # fmt: skip
    """Who lacks the bit and is reached gets it."""
    most = f4(1.0) - numeric.exp(-(s.hazard[y] + s.word_of_mouth[y]))
    fill(s.hit_keys[y], n, desk.person, desk.first)
    for i in range(pick(desk.first, most, NO_BIT, s.mask[y], before[first : first + n], desk.picked)):
        k = desk.picked[i]
        if reached(s, y, c, first + k, desk.first[k], desk.person[k], stratum, before):
            columns.aware[first + k] |= s.mask[y]


@loop
def forget_bit(
    columns: Columns, s: Spread, y: int, c: Contacts, first: int, n: int, stratum: int,
    before: U8, bought: U8, desk: Desk,
) -> None:  # fmt: skip
    """Who has the bit, neither bought nor saw the firm and is not reached again may lose it."""
    mask, most = s.mask[y], f4(1.0) - numeric.exp(-(s.hazard[y] + s.word_of_mouth[y]))
    limit = max(s.forgetting[y], s.fresh_forgetting[y])
    fill(s.forget_keys[y], n, desk.person, desk.second)
    for i in range(pick(desk.second, limit, mask, mask, before[first : first + n], desk.picked)):
        k, row = desk.picked[i], first + desk.picked[i]
        fresh = s.brand[y] >= 0 and columns.fresh[s.brand[y], row] != 0
        if desk.second[k] >= (s.fresh_forgetting[y] if fresh else s.forgetting[y]):
            continue
        kept = bought[row] & s.protect[y] or columns.aware[row] & s.seen[y]
        again = desk.first[k] < most and reached(s, y, c, row, desk.first[k], desk.person[k], stratum, before)
        if not (kept or again):
            columns.aware[row] &= ~mask
            if fresh:
                columns.fresh[s.brand[y], row] = np.uint8(0)


@loop
def settle(mask: np.uint64, before: U8, bought: U8, fresh: Bytes) -> None:
    """A purchase by who knew the brand last week makes fresh knowledge firm."""
    for k in range(fresh.shape[0]):
        fresh[k] = np.uint8(0) if bought[k] & before[k] & mask != NO_BIT else fresh[k]


@loop
def spread(
    columns: Columns, s: Spread, y: int, c: Contacts, first: int, n: int, stratum: int,
    before: U8, bought: U8, desk: Desk,
) -> None:  # fmt: skip
    """Learn and forget one brand or platform; who is reached again does not forget."""
    learn_bit(columns, s, y, c, first, n, stratum, before, desk)
    if s.brand[y] >= 0:
        settle(s.mask[y], before[first : first + n], bought[first : first + n],
               columns.fresh[s.brand[y]][first : first + n])  # fmt: skip
    if max(s.forgetting[y], s.fresh_forgetting[y]) > f4(0.0):
        forget_bit(columns, s, y, c, first, n, stratum, before, bought, desk)


@loop
def find_channel(
    key: np.uint64,
    person: U4,
    brand: np.uint64,
    discovery: np.float32,
    source: np.uint64,
    chance: np.float32,
    before: U8,
    bought: U8,
    found: Flags,
) -> None:
    """Who finds the channel: by knowing the brand, or after a purchase at its storefront."""
    for k in range(before.shape[0]):
        discovered = (numeric.uniform(draws.first(key, person[k])) < discovery) & (
            before[k] & brand != NO_BIT
        )
        referred = (numeric.uniform(draws.second(key, person[k])) < chance) & (bought[k] & source != NO_BIT)
        found[k] = discovered | referred


@loop
def keep_channel(
    mask: np.uint64,
    protect: np.uint64,
    forgetting: np.float32,
    u: F4,
    found: Flags,
    before: U8,
    bought: U8,
    aware: U8,
) -> None:
    """Set the bit of who found the channel, clear that of who forgets it. No branches: it vectorises."""
    seen = mask << SEEN_SHIFT
    for k in range(aware.shape[0]):
        word = aware[k]
        kept = (bought[k] & protect != NO_BIT) | (word & seen != NO_BIT)
        lost = (u[k] < forgetting) & (before[k] & mask != NO_BIT) & (not kept)
        aware[k] = word | mask if found[k] else (word & ~mask if lost else word)


@loop
def link(
    columns: Columns, ways: Links, z: int, first: int, n: int, before: U8, bought: U8, desk: Desk
) -> None:
    """Learn one channel by discovery or from a purchase at a storefront; forget it otherwise."""
    then, basket, found = before[first : first + n], bought[first : first + n], desk.found
    find_channel(
        ways.find_keys[z],
        desk.person,
        ways.brand[z],
        ways.discovery[z],
        ways.source[z],
        ways.link[z],
        then,
        basket,
        found,
    )
    fill(ways.forget_keys[z], n, desk.person, desk.third)
    aware = columns.aware[first : first + n]
    keep_channel(ways.mask[z], ways.protect[z], ways.forgetting[z], desk.third, found, then, basket, aware)
    if ways.teaching[z] > f4(0.0):
        bought_there(ways.mask[z], basket, found)
        fresh = columns.fresh[ways.owner[z]][first : first + n]
        teach(found, ways.teach_keys[z], desk.person, ways.teaching[z], ways.owns[z], then, aware, fresh)


@loop
def end_week(aware: U8) -> None:
    """What was seen this week is no longer fresh."""
    for k in range(aware.shape[0]):
        aware[k] &= _FORGET_SEEN


@kernel
def learn(
    columns: Columns,
    e: Exposure,
    s: Spread,
    ways: Links,
    c: Contacts,
    blocks: I8,
    widest: int,
    before: U8,
    bought: U8,
) -> None:
    """After the goods have arrived: look, learn, forget. Others are read as they were last week."""
    desk = make_desk(widest)
    for b in range(blocks.shape[0]):
        first, n, stratum = blocks[b, 0], blocks[b, 1] - blocks[b, 0], blocks[b, 2]
        address(columns, first, n, desk)
        for x in range(e.host.shape[0]):
            notice_at_purchase(columns, e, x, first, n, before, bought, desk)
        for y in range(s.mask.shape[0]):
            spread(columns, s, y, c, first, n, stratum, before, bought, desk)
        for z in range(ways.mask.shape[0]):
            link(columns, ways, z, first, n, before, bought, desk)
        end_week(columns.aware[first : first + n])


@kernel
def count_aware(aware: U8, start: I8, mask: np.uint64) -> I8:
    """Consumers with all bits of a mask, by stratum."""
    out = np.zeros(start.shape[0] - 1, np.int64)
    for s in range(out.shape[0]):
        for row in range(start[s], start[s + 1]):
            out[s] += aware[row] & mask == mask
    return out
