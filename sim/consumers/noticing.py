"""People notice storefronts while they visit a host, and may learn the brand by it.

Seeing is not knowing: a look at a storefront makes the storefront known, and its brand with a chance; so does
a purchase there. What a storefront has taught is fresh until the brand is met again in a later week, and may
be forgotten faster. One look a week, whatever the reason for the visit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.population import CHANNEL_BIT, SEEN_BIT, Columns
from sim.consumers.scratch import F4, I4, U4, U8
from sim.kernel import kernel, loop

I8 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
SEEN_SHIFT = np.uint64(SEEN_BIT - CHANNEL_BIT)
"""From the bit of a channel to the bit that it was seen this week."""
NO_BIT = np.uint64(0)


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
    owner: I4  # (X,) row of the brand
    learning: F4  # (X,) chance that a look makes the brand known


class Desk(NamedTuple):
    """Scratch rows of one block: addresses in the draws and uniforms."""

    person: U4
    first: F4
    second: F4
    third: F4
    found: Flags
    picked: I4


@kernel
def make_desk(size: int) -> Desk:
    """Scratch rows for blocks of up to `size` consumers."""
    return Desk(
        np.empty(size, np.uint32), np.empty(size, np.float32), np.empty(size, np.float32),
        np.empty(size, np.float32), np.empty(size, np.bool_), np.empty(size, np.int32),
    )  # fmt: skip


@loop
def address(columns: Columns, first: int, n: int, desk: Desk) -> None:
    """Addresses of the block's persons."""
    ids, person = columns.id[first : first + n], desk.person
    for k in range(n):
        person[k] = draws.person_hash(ids[k])


@loop
def fill(key: np.uint64, n: int, person: U4, out: F4) -> None:
    """Uniforms of a stream (first word of the draw)."""
    for k in range(n):
        out[k] = numeric.uniform(draws.first(key, person[k]))


@loop
def visits(
    online: npt.NDArray[np.int16],
    week: int,
    host: np.uint64,
    browsing: np.float32,
    u: F4,
    before: U8,
    visit: Flags,
) -> None:
    """Who has access, is online and visits the host this week."""
    for k in range(before.shape[0]):
        visit[k] = (u[k] < browsing) & (online[k] <= week) & (before[k] & host != NO_BIT)


@loop
def bought_there(host: np.uint64, bought: U8, visit: Flags) -> None:
    """Who bought at the host visited it."""
    for k in range(bought.shape[0]):
        visit[k] = bought[k] & host != NO_BIT


@loop
def show(
    visit: Flags,
    brand: np.uint64,
    shown: np.uint64,
    new: np.float32,
    known: np.float32,
    u: F4,
    before: U8,
    aware: U8,
) -> None:
    """A visit shows the storefront, more often if the brand was known last week; keeps who has noticed it."""
    for k in range(aware.shape[0]):
        chance = known if before[k] & brand != NO_BIT else new
        visit[k] = visit[k] & (u[k] < chance)
    for k in range(aware.shape[0]):
        aware[k] |= shown if visit[k] else NO_BIT


@loop
def teach(
    met: Flags, key: np.uint64, person: U4, chance: np.float32, brand: np.uint64, before: U8, aware: U8,
    fresh: Bytes,
) -> None:  # fmt: skip
    """Who has met the brand may learn it: fresh if it was not known last week, firm if it was.

    The second word of the draw decides; a chance of 1 is certain.
    """
    for k in range(aware.shape[0]):
        met[k] = met[k] & (numeric.uniform(draws.second(key, person[k])) <= chance)
    for k in range(aware.shape[0]):
        aware[k] |= brand if met[k] else NO_BIT
    for k in range(aware.shape[0]):
        fresh[k] = np.uint8(before[k] & brand == NO_BIT) if met[k] else fresh[k]


@loop
def notice(columns: Columns, e: Exposure, x: int, first: int, n: int, before: U8, desk: Desk) -> None:
    """Visitors may notice one storefront; one look a week, whatever the reason for the visit."""
    shown = e.channel[x] | (e.channel[x] << SEEN_SHIFT)
    then, aware = before[first : first + n], columns.aware[first : first + n]
    fresh = columns.fresh[e.owner[x]][first : first + n]
    fill(e.see_keys[x], n, desk.person, desk.second)
    show(desk.found, e.brand[x], shown, e.chance_new[x], e.chance_known[x], desk.second, then, aware)
    teach(desk.found, e.see_keys[x], desk.person, e.learning[x], e.brand[x], then, aware, fresh)


@loop
def browse_block(
    columns: Columns, e: Exposure, x: int, week: int, first: int, n: int, before: U8, desk: Desk
) -> None:
    """One storefront and one block: who visits the host without buying may notice it."""
    fill(e.browse_keys[x], n, desk.person, desk.first)
    online, then = columns.online_from[first : first + n], before[first : first + n]
    visits(online, week, e.host[x], e.browsing[x], desk.first, then, desk.found)
    notice(columns, e, x, first, n, before, desk)


@kernel
def browse(columns: Columns, e: Exposure, week: int, blocks: I8, widest: int, before: U8) -> None:
    """Before shopping: people who visit a host without buying may notice its storefronts."""
    desk = make_desk(widest)
    for b in range(blocks.shape[0]):
        first, n = blocks[b, 0], blocks[b, 1] - blocks[b, 0]
        address(columns, first, n, desk)
        for x in range(e.host.shape[0]):
            browse_block(columns, e, x, week, first, n, before, desk)


@loop
def notice_at_purchase(
    columns: Columns, e: Exposure, x: int, first: int, n: int, before: U8, bought: U8, desk: Desk
) -> None:
    """After shopping: who bought at the host visited it. Same draw: one look a week."""
    bought_there(e.host[x], bought[first : first + n], desk.found)
    notice(columns, e, x, first, n, before, desk)
