"""Who knows what: access to platforms, knowledge of brands and of their channels.

Awareness decides what is in the choice set, it is never a bonus in utility. Order within a week:
people notice storefronts while browsing before they shop, so that a promotion in the opening week
finds customers; everything else (purchases seen, advertising, word of mouth, links, forgetting)
happens after the goods have arrived and counts from next week. Who is hit again does not forget.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.choice import F4, U8
from sim.consumers.network import Contacts, share_aware
from sim.consumers.population import CHANNEL_BIT, SEEN_BIT, Columns
from sim.kernel import kernel

f4 = np.float32
I8 = npt.NDArray[np.int64]
_SHIFT = np.uint64(SEEN_BIT - CHANNEL_BIT)
_FORGET_SEEN = np.uint64((1 << SEEN_BIT) - 1)
_NONE = np.uint64(0)


class Exposure(NamedTuple):
    """Storefronts that can be noticed this week (X of them)."""

    host: U8  # (X,) access bit of the host
    brand: U8  # (X,) bit of the brand
    channel: U8  # (X,) bit of the channel
    browsing: F4  # (X,) weekly chance of visiting the host without buying
    chance_new: F4  # (X,) chance that a visit shows it to who does not know the brand
    chance_known: F4  # (X,)
    browse_keys: U8  # (X,) keyed by host: one visit shows all its storefronts
    see_keys: U8  # (X,)


class Spread(NamedTuple):
    """Bits that spread: brands and platforms (Y of them)."""

    mask: U8  # (Y,) the bit
    protect: U8  # (Y,) bits of this week's purchases that keep it
    seen: U8  # (Y,) seen-bits that keep it
    hazard: F4  # (Y,) external, this week, advertising included
    word_of_mouth: F4  # (Y,)
    forgetting: F4  # (Y,)
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
    find_keys: U8  # (Z,)
    forget_keys: U8  # (Z,)


class Desk(NamedTuple):
    """Scratch rows of one block: addresses in the draws and uniforms."""

    person: U8
    first: F4
    second: F4
    third: F4


@kernel
def make_desk(size: int) -> Desk:
    """Scratch rows for blocks of up to `size` consumers."""
    return Desk(
        np.empty(size, np.uint64),
        np.empty(size, np.float32),
        np.empty(size, np.float32),
        np.empty(size, np.float32),
    )


@kernel
def address(columns: Columns, first: int, n: int, desk: Desk) -> None:
    """Addresses of the block's persons."""
    ids = columns.id[first : first + n]
    for k in range(n):
        desk.person[k] = draws.person_hash(ids[k])


@kernel
def fill(key: np.uint64, n: int, person: U8, out: F4) -> None:
    """Uniforms of a stream (first half of the draw)."""
    for k in range(n):
        out[k] = numeric.uniform(draws.high(draws.bits_at(key, person[k])))


@kernel
def fill_second(key: np.uint64, n: int, person: U8, out: F4) -> None:
    """Uniforms of a stream (second half of the draw)."""
    for k in range(n):
        out[k] = numeric.uniform(draws.low(draws.bits_at(key, person[k])))


@kernel
def notice(
    bits: np.uint64, brand: np.uint64, shown: np.uint64, before: np.uint64, new: f4, known: f4
) -> np.uint64:
    """Bits that a visit adds: a storefront is noticed more often if the brand was known last week."""
    chance = known if before & brand else new
    return shown if numeric.uniform(draws.high(bits)) < chance else _NONE


@kernel
def browse_block(
    columns: Columns, e: Exposure, x: int, week: int, first: int, n: int, before: U8, desk: Desk
) -> None:
    """One storefront and one block: who visits the host without buying may notice it."""
    shown = e.brand[x] | e.channel[x] | (e.channel[x] << _SHIFT)
    host, brand, key, new, known = e.host[x], e.brand[x], e.see_keys[x], e.chance_new[x], e.chance_known[x]
    fill(e.browse_keys[x], n, desk.person, desk.first)
    for k in range(n):
        row = first + k
        if desk.first[k] < e.browsing[x] and before[row] & host and columns.online_from[row] <= week:
            bits = draws.bits_at(key, desk.person[k])
            columns.aware[row] |= notice(bits, brand, shown, before[row], new, known)


@kernel
def browse(columns: Columns, e: Exposure, week: int, blocks: I8, widest: int, before: U8) -> None:
    """Before shopping: people who visit a host without buying may notice its storefronts."""
    desk = make_desk(widest)
    for b in range(blocks.shape[0]):
        first, n = blocks[b, 0], blocks[b, 1] - blocks[b, 0]
        address(columns, first, n, desk)
        for x in range(e.host.shape[0]):
            browse_block(columns, e, x, week, first, n, before, desk)


@kernel
def notice_at_purchase(
    columns: Columns, e: Exposure, x: int, first: int, n: int, before: U8, bought: U8, desk: Desk
) -> None:
    """After shopping: who bought at the host visited it. Same draw: one look a week."""
    shown = e.brand[x] | e.channel[x] | (e.channel[x] << _SHIFT)
    host, brand, key, new, known = e.host[x], e.brand[x], e.see_keys[x], e.chance_new[x], e.chance_known[x]
    for k in range(n):
        row = first + k
        if bought[row] & host:
            bits = draws.bits_at(key, desk.person[k])
            columns.aware[row] |= notice(bits, brand, shown, before[row], new, known)


@kernel
def reached(
    s: Spread, y: int, c: Contacts, row: int, u: np.float32, person: np.uint64, stratum: int, before: U8
) -> bool:
    """Is the person reached by advertising or word of mouth this week?

    Called only when the draw `u` is low enough for the contacts to matter.
    """
    share = f4(0.0)
    if s.word_of_mouth[y] > f4(0.0):
        share = f4(share_aware(c, row, person, stratum, before, s.mask[y], s.everyone[y]))
    return bool(u < f4(1.0) - numeric.exp(-(s.hazard[y] + s.word_of_mouth[y] * share)))


@kernel
def spread(
    columns: Columns, s: Spread, y: int, c: Contacts, first: int, n: int, stratum: int,
    before: U8, bought: U8, desk: Desk,
) -> None:  # fmt: skip
    """Learn and forget one brand or platform; who is reached again does not forget."""
    mask = s.mask[y]
    most = f4(1.0) - numeric.exp(-(s.hazard[y] + s.word_of_mouth[y]))
    fill(s.hit_keys[y], n, desk.person, desk.first)
    for k in range(n):
        row = first + k
        listens = desk.first[k] < most and before[row] & mask == _NONE
        if listens and reached(s, y, c, row, desk.first[k], desk.person[k], stratum, before):
            columns.aware[row] |= mask
    if s.forgetting[y] == f4(0.0):
        return
    fill(s.forget_keys[y], n, desk.person, desk.second)
    for k in range(n):
        row = first + k
        if desk.second[k] < s.forgetting[y] and before[row] & mask:
            kept = bought[row] & s.protect[y] or columns.aware[row] & s.seen[y]
            again = desk.first[k] < most and reached(
                s, y, c, row, desk.first[k], desk.person[k], stratum, before
            )
            if not (kept or again):
                columns.aware[row] &= ~mask


@kernel
def link(
    columns: Columns, ways: Links, z: int, first: int, n: int, before: U8, bought: U8, desk: Desk
) -> None:
    """Learn one channel by discovery or from a purchase at a storefront; forget it otherwise."""
    mask, keep, seen = ways.mask[z], ways.protect[z], ways.mask[z] << _SHIFT
    brand, source = ways.brand[z], ways.source[z]
    discovery, chance, forgetting = ways.discovery[z], ways.link[z], ways.forgetting[z]
    fill(ways.find_keys[z], n, desk.person, desk.first)
    fill_second(ways.find_keys[z], n, desk.person, desk.second)
    fill(ways.forget_keys[z], n, desk.person, desk.third)
    for k in range(n):
        row = first + k
        discovered = desk.first[k] < discovery and before[row] & brand != _NONE
        referred = desk.second[k] < chance and bought[row] & source != _NONE
        fades = desk.third[k] < forgetting and before[row] & mask != _NONE
        if discovered or referred:
            columns.aware[row] |= mask
        elif fades and not (bought[row] & keep or columns.aware[row] & seen):
            columns.aware[row] &= ~mask


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
        for k in range(n):
            columns.aware[first + k] &= _FORGET_SEEN


@kernel
def count_aware(aware: U8, start: I8, mask: np.uint64) -> I8:
    """Consumers with all bits of a mask, by stratum."""
    out = np.zeros(start.shape[0] - 1, np.int64)
    for s in range(out.shape[0]):
        for row in range(start[s], start[s + 1]):
            out[s] += aware[row] & mask == mask
    return out
