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
_CHANNELS = np.uint64(((1 << (SEEN_BIT - CHANNEL_BIT)) - 1) << CHANNEL_BIT)
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


@kernel
def _notice(columns: Columns, e: Exposure, x: int, row: int, person: np.uint64) -> None:
    """A visit shows the storefront with a chance that is higher if the brand is known."""
    u = numeric.uniform(draws.high(draws.bits_at(e.see_keys[x], person)))
    word = columns.aware[row]
    chance = e.chance_known[x] if word & e.brand[x] else e.chance_new[x]
    if u < chance:
        columns.aware[row] = word | e.brand[x] | e.channel[x] | (e.channel[x] << _SHIFT)


@kernel
def browse(columns: Columns, e: Exposure, week: int, first: int, stop: int) -> None:
    """Before shopping: who visits a host without buying may notice its storefronts."""
    for x in range(e.host.shape[0]):
        for row in range(first, stop):
            if columns.aware[row] & e.host[x] and columns.online_from[row] <= week:
                person = draws.person_hash(columns.id[row])
                if numeric.uniform(draws.high(draws.bits_at(e.browse_keys[x], person))) < e.browsing[x]:
                    _notice(columns, e, x, row, person)


@kernel
def notice_at_purchase(columns: Columns, e: Exposure, first: int, stop: int, bought: U8) -> None:
    """After shopping: who bought at the host visited it. Same draw: one look a week."""
    for x in range(e.host.shape[0]):
        for row in range(first, stop):
            if bought[row] & e.host[x]:
                _notice(columns, e, x, row, draws.person_hash(columns.id[row]))


@kernel
def hit(s: Spread, y: int, c: Contacts, row: int, person: np.uint64, stratum: int, before: U8) -> bool:
    """Is the person reached by advertising or word of mouth this week?

    The contacts are looked at only when the draw is low enough for them to matter.
    """
    u = numeric.uniform(draws.high(draws.bits_at(s.hit_keys[y], person)))
    if u >= f4(1.0) - numeric.exp(-(s.hazard[y] + s.word_of_mouth[y])):
        return False
    share = f4(0.0)
    if s.word_of_mouth[y] > f4(0.0):
        share = f4(share_aware(c, row, person, stratum, before, s.mask[y], s.everyone[y]))
    return bool(u < f4(1.0) - numeric.exp(-(s.hazard[y] + s.word_of_mouth[y] * share)))


@kernel
def spread(columns: Columns, s: Spread, c: Contacts, first: int, stop: int, stratum: int, before: U8, bought: U8) -> None:
    """Learn and forget brands and platforms."""
    for y in range(s.mask.shape[0]):
        mask = s.mask[y]
        for row in range(first, stop):
            person = draws.person_hash(columns.id[row])
            if before[row] & mask == _NONE:
                if hit(s, y, c, row, person, stratum, before):
                    columns.aware[row] |= mask
            elif s.forgetting[y] > f4(0.0) and not (bought[row] & s.protect[y] or columns.aware[row] & s.seen[y]):
                u = numeric.uniform(draws.high(draws.bits_at(s.forget_keys[y], person)))
                if u < s.forgetting[y] and not hit(s, y, c, row, person, stratum, before):
                    columns.aware[row] &= ~mask


@kernel
def link(columns: Columns, k: Links, first: int, stop: int, before: U8, bought: U8) -> None:
    """Learn and forget channels of brands."""
    for z in range(k.mask.shape[0]):
        mask, seen = k.mask[z], k.mask[z] << _SHIFT
        for row in range(first, stop):
            person = draws.person_hash(columns.id[row])
            bits = draws.bits_at(k.find_keys[z], person)
            found = before[row] & k.brand[z] != _NONE and numeric.uniform(draws.high(bits)) < k.discovery[z]
            if bought[row] & k.source[z] and numeric.uniform(draws.low(bits)) < k.link[z]:
                found = True
            if found:
                columns.aware[row] |= mask
            elif before[row] & mask and not (bought[row] & k.protect[z] or columns.aware[row] & seen):
                if numeric.uniform(draws.high(draws.bits_at(k.forget_keys[z], person))) < k.forgetting[z]:
                    columns.aware[row] &= ~mask


@kernel
def end_week(columns: Columns, first: int, stop: int) -> None:
    """What was seen this week is no longer fresh."""
    for row in range(first, stop):
        columns.aware[row] &= _FORGET_SEEN


@kernel
def count_aware(aware: U8, start: I8, mask: np.uint64) -> I8:
    """Consumers with all bits of a mask, by stratum."""
    out = np.zeros(start.shape[0] - 1, np.int64)
    for s in range(out.shape[0]):
        for row in range(start[s], start[s + 1]):
            out[s] += aware[row] & mask == mask
    return out
