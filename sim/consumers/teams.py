"""Team purchase: who leads a team, who is invited, who reconsiders, who joins, which teams fill.

Pass 1 is the ordinary choice of the week. Who takes the team option invites contacts; invited people
may get access and may choose again with the same draws and a higher utility of the inviting platform,
so a second pass can only move people to it. Teams then fill by joiners and strangers, or fail.

People find their invitations among the contacts they listen to (as with word of mouth), so every person
writes only on rows of their own and blocks may run in any order and thread. Joiners are few and
are counted in one pass in the order of rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.network import Contacts, contact
from sim.consumers.noticing import Desk, address, make_desk
from sim.consumers.population import Columns
from sim.consumers.scratch import F4, I4, U4, U8
from sim.kernel import kernel, loop

f4 = np.float32
I8 = npt.NDArray[np.int64]
I2 = npt.NDArray[np.int16]
Marks = npt.NDArray[np.uint8]

NO_LEAD = np.int16(-1)
SLOT_STEP = np.int16(64)
"""A lead is coded as slot x 64 + channel."""
AGAIN = np.uint8(1)
RESCUED = np.uint8(2)
"""Mark of who reconsiders; 2 + slot once the inviter's team has filled and carries the joiner's order."""


class Invitations(NamedTuple):
    """Invitations of a week. D contacts, H team platforms, Q pairs of a category with a team platform."""

    week: int
    chance: F4  # (H,) that a contact is invited
    access_gained: F4  # (H,)
    reconsider: F4  # (H,)
    contact_keys: U8  # (H, (D + 1) / 2): two contacts share a draw
    pair_platform: I4  # (Q,) index among the H
    pair_keys: U8  # (Q,) how invited people respond
    grant: U8  # (Q, 64) awareness bits that an invitation to a channel gives


class Options(NamedTuple):
    """The team option by diary code (+ 2, so that no need and nothing have a place too)."""

    worth: F4  # (7 A + 2,) what the option saves times belief; 0 where there is none
    hassle: F4
    channel: I2
    price: np.float32  # weight of price in utility


@loop
def takes_code(columns: Columns, o: Options, row: int, code: int) -> bool:
    """Is a diary code an order with the team option?"""
    return bool(o.price * columns.price[row] * o.worth[code + 2] > o.hassle[code + 2])


@loop
def mark_leads(
    codes: I2, slot: int, price: np.float32, own: F4, worth: F4, hassle: F4, channel: I2, lead: I2
) -> None:
    """Set the lead of whoever takes the team option in this slot. No branches."""
    first = np.int16(slot) * SLOT_STEP
    for k in range(lead.shape[0]):
        code = codes[k] + 2
        take = price * own[k] * worth[code] > hassle[code]
        lead[k] = first + channel[code] if take else lead[k]


@kernel
def find_leads(columns: Columns, o: Options, codes: I2, blocks: I8, lead: I2, leading: Marks) -> None:
    """First slot in which each person takes the team option; codes of shape (slots, N).

    `leading` is set for whoever leads a team, whatever the category.
    """
    for b in range(blocks.shape[0]):
        first, stop = blocks[b, 0], blocks[b, 1]
        mine = lead[first:stop]
        for k in range(stop - first):
            mine[k] = NO_LEAD
        for slot in range(codes.shape[0] - 1, -1, -1):
            mark_leads(
                codes[slot, first:stop], slot, o.price, columns.price[first:stop], o.worth, o.hassle,
                o.channel, mine,
            )  # fmt: skip
        for k in range(stop - first):
            leading[first + k] |= np.uint8(mine[k] >= 0)


@kernel
def drop_left(codes: I2, marked: I8, lead: I2) -> None:
    """Who moved the order of her team elsewhere in the second pass leads no team. `marked` reconsidered."""
    for k in range(marked.shape[0]):
        row = marked[k]
        if lead[row] >= 0 and codes[lead[row] // SLOT_STEP, row] // 7 != lead[row] % SLOT_STEP:
            lead[row] = NO_LEAD


@loop
def asked(v: Invitations, h: int, d: int, person: np.uint32) -> bool:
    """Would the d-th contact invite this person, if it led a team?"""
    key = v.contact_keys[h, d // 2]
    word = draws.first(key, person) if d % 2 == 0 else draws.second(key, person)
    return bool(numeric.uniform(word) < v.chance[h])


@loop
def pick_asked(
    limit: np.float32, even: bool, week_key: np.uint64, person: U4, online: I2, week: int, picked: I4
) -> int:
    """Places of those whom a contact would invite and who are online. Written always: no branch to guess."""
    count = 0
    for k in range(online.shape[0]):
        word = draws.first(week_key, person[k]) if even else draws.second(week_key, person[k])
        picked[count] = k
        count += (numeric.uniform(word) < limit) & (online[k] <= week)
    return count


@loop
def respond(
    v: Invitations, q: int, lead: np.int16, person: np.uint32, row: int, aware: U8, again: Marks
) -> None:
    """What an invitation does to the invited person."""
    h, key = v.pair_platform[q], v.pair_keys[q]
    if numeric.uniform(draws.first(key, person)) < v.access_gained[h]:
        aware[row] |= v.grant[q, lead % SLOT_STEP]
    if numeric.uniform(draws.second(key, person)) < v.reconsider[h]:
        again[q, row] = AGAIN


@loop
def invite_from(
    columns: Columns, v: Invitations, c: Contacts, h: int, d: int, first: int, n: int, stratum: int,
    leads: I2, leading: Marks, again: Marks, desk: Desk,
) -> int:  # fmt: skip
    """Invitations of the d-th contact of everybody in a block. Returns how many arrived."""
    online = columns.online_from[first : first + n]
    asked_here = pick_asked(
        v.chance[h], d % 2 == 0, v.contact_keys[h, d // 2], desk.person, online, v.week, desk.picked
    )
    count = 0
    for p in range(asked_here):
        k = desk.picked[p]
        i = contact(c, first + k, desk.person[k], stratum, d)
        # A contact drawn from everybody can be the person herself.
        if not leading[i] or i == first + k:
            continue
        for q in range(leads.shape[0]):
            if v.pair_platform[q] == h and leads[q, i] >= 0:
                respond(v, q, leads[q, i], desk.person[k], first + k, columns.aware, again)
                count += 1
    return count


@kernel
def invite(
    columns: Columns, v: Invitations, c: Contacts, blocks: I8, widest: int, leads: I2,
    leading: Marks, again: Marks,
) -> I8:  # fmt: skip
    """Everybody finds the week's invitations among their contacts.

    Returns how many arrived, by platform and stratum.
    """
    desk = make_desk(widest)
    arrived = np.zeros((v.chance.shape[0], c.start.shape[0] - 1), np.int64)
    for b in range(blocks.shape[0]):
        first, n, stratum = blocks[b, 0], blocks[b, 1] - blocks[b, 0], blocks[b, 2]
        address(columns, first, n, desk)
        again[:, first : first + n] = 0
        for h in range(v.chance.shape[0]):
            for d in range(c.kind_keys.shape[0]):
                arrived[h, stratum] += invite_from(
                    columns, v, c, h, d, first, n, stratum, leads, leading, again, desk
                )  # fmt: skip
    return arrived


class Rules(NamedTuple):
    """How teams of one category fill; A channels."""

    size: I4  # (A,) people in a full team
    short: F4  # (A, 7, n): chance that at most m strangers come, m = 0 ...
    pay_alone: F4  # (A,)
    stranger_keys: U8  # (slots,) of this week


@loop
def fills(rules: Rules, j: int, day: int, joiners: int, u: np.float32) -> bool:
    """Joiners and strangers fill the team; strangers by inverse CDF of one uniform."""
    missing = rules.size[j] - 1 - joiners
    return missing <= 0 or u >= rules.short[j, day, missing - 1]


@loop
def joins(
    columns: Columns, v: Invitations, c: Contacts, row: int, person: np.uint32, stratum: int, q: int, j: int,
    lead: I2,
) -> int:  # fmt: skip
    """Row of the first contact whose invitation to channel j the person followed, or -1."""
    h = v.pair_platform[q]
    for d in range(c.kind_keys.shape[0]):
        if asked(v, h, d, person):
            i = contact(c, row, person, stratum, d)
            if i != row and lead[i] >= 0 and lead[i] % SLOT_STEP == j:
                return i
    return -1


@loop
def host_of_joiner(
    columns: Columns, o: Options, v: Invitations, c: Contacts, row: int, stratum: int, q: int, codes: I2,
    lead: I2,
) -> tuple[int, int]:  # fmt: skip
    """First slot whose order follows an invitation, and the inviter's row; (-1, -1) if none does."""
    person = draws.person_hash(columns.id[row])
    for slot in range(codes.shape[0]):
        code = codes[slot, row]
        if takes_code(columns, o, row, code):
            i = joins(columns, v, c, row, person, stratum, q, code // 7, lead)
            if i >= 0:
                return slot, i
    return -1, -1


@kernel
def find_joiners(
    columns: Columns, o: Options, v: Invitations, c: Contacts, q: int, codes: I2, lead: I2, marked: I8,
    again: Marks, joiners: Marks,
) -> I8:  # fmt: skip
    """Count joiners by inviter into `joiners`; rows (person, slot, inviter), shape (joins, 3).

    `marked` are the rows of those who reconsidered, in order.
    """
    found = np.empty((marked.shape[0], 3), np.int64)
    count, s, joiners[:] = 0, 0, 0
    for k in range(marked.shape[0]):
        row = marked[k]
        while row >= c.start[s + 1]:
            s += 1
        if again[row]:
            slot, i = host_of_joiner(columns, o, v, c, row, s, q, codes, lead)
            if slot >= 0:
                joiners[i] = min(joiners[i] + 1, 255)
                found[count, 0], found[count, 1], found[count, 2] = row, slot, i
                count += 1
    return found[:count]


@kernel
def rescue(
    columns: Columns, rules: Rules, codes: I2, lead: I2, joins_: I8, joiners: Marks, again: Marks
) -> None:
    """Mark joiners whose inviter's team fills: their order is carried whatever their own team does."""
    for k in range(joins_.shape[0]):
        row, slot, i = joins_[k, 0], joins_[k, 1], joins_[k, 2]
        led = int(lead[i]) // int(SLOT_STEP)
        person = draws.person_hash(columns.id[i])
        u = numeric.uniform(draws.first(rules.stranger_keys[led], person))
        j = int(lead[i]) % int(SLOT_STEP)
        if fills(rules, j, codes[led, i] - 7 * j, joiners[i], u):
            again[row] = RESCUED + np.uint8(slot)
