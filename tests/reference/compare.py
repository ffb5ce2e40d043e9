"""Runs of the fast model kept for comparison, and what a run of the reference model does differently."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.consumers.demand import Record
from sim.consumers.population import NEVER_ORDERED, TASTE_STEP, Columns, Layout
from sim.market import Market
from sim.scenario.schema import Scenario
from tests.reference.compare_teams import TeamsOfWeek, TeamsSeen, belief_off, differing_teams
from tests.reference.consumer import Entry, ReferenceConsumer
from tests.reference.model import ReferenceMarket

NEAR_TIE = 1e-4
"""The fast model counts in single precision: closer utilities than this may be ordered either way."""
NO_NEED = -2
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Week:
    """What everybody did in a week and knew after it, rows in the order of the columns."""

    codes: dict[str, npt.NDArray[np.int16]]
    payments: dict[str, Numbers]
    aware: list[int]
    teams: TeamsOfWeek


@dataclass(frozen=True)
class FastRun:
    """All weeks of the fast model and its columns at the end."""

    spec: Scenario
    seeds: tuple[int, int]
    identities: list[int]
    layout: Layout
    weeks: list[Week]
    columns: Columns


def run_fast(spec: Scenario, consumers: int, seeds: tuple[int, int] = (1, 1)) -> FastRun:
    """Run the fast model to the end and keep every week."""
    record = Record(expected=False, core=False, payments=True)
    market = Market(spec, world_seed=seeds[0], shock_seed=seeds[1], consumers=consumers, record=record)
    seen, weeks = TeamsSeen(market), []
    while market.week < market.horizon:
        market.step()
        diaries = market.demand.diaries
        weeks.append(
            Week(
                {c: d.codes.copy() for c, d in diaries.items()},
                {c: d.payments.astype(np.float64) for c, d in diaries.items()},
                market.consumers.columns.aware.tolist(),
                seen.of_week(market),
            )
        )
    columns = market.consumers.columns
    market.close()
    return FastRun(spec, seeds, columns.id.tolist(), market.consumers.layout, weeks, columns)


@dataclass
class Differences:
    """What differs between the two models. People set aside at a near tie are followed no further."""

    occasions: int = 0
    purchases: int = 0
    near_ties: int = 0
    set_aside: set[int] = field(default_factory=set)
    choices: list[str] = field(default_factory=list)
    aware: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    invited_in: int = 0
    """How often somebody gained access to a platform by an invitation."""
    belief: float = 0.0
    """Largest difference of a belief in teams."""
    payment: float = 0.0
    """Largest relative difference of a payment."""
    states: dict[str, float] = field(default_factory=dict)
    """Largest difference by state or trait."""

    @property
    def agree(self) -> bool:
        """Same choices, payments, teams, awareness and states?"""
        numbers = (self.payment, self.belief, *self.states.values())
        return not self.choices and not self.aware and not self.teams and max(numbers) < 1e-4

    def noticed(self, kind: str) -> bool:
        """Are there more than chance differences in "choices", "aware", "teams", "payment" or "belief"?"""
        value = getattr(self, kind)
        return value > 1e-2 if isinstance(value, float) else len(value) > 2


def assert_agree(found: Differences) -> None:
    """Same choices up to at most one near tie, payments, teams, awareness and states."""
    assert not found.choices, found.choices[:5]
    assert not found.teams, found.teams[:5]
    assert not found.aware, found.aware[:5]
    assert found.agree, (found.payment, found.belief, found.states)
    assert found.near_ties <= 1


def follow(fast: FastRun, spec: Scenario | None = None, until: str | None = None) -> Differences:
    """Run the reference model beside a fast run and collect what differs.

    Args:
        fast: the fast run.
        spec: scenario of the reference model; that of the fast run by default.
        until: stop after the week in which differences of this kind are noticed, without a look at states.
    """
    world, shock = fast.seeds
    size = len(fast.identities)
    reference = ReferenceMarket(spec or fast.spec, world_seed=world, shock_seed=shock, consumers=size)
    assert [person.identity for person in reference.consumers] == fast.identities
    found = Differences()
    for number, week in enumerate(fast.weeks):
        reference.step()
        for row, person in enumerate(reference.consumers):
            if row not in found.set_aside:
                _compare_diary(found, number, week, row, person)
                _compare_awareness(found, number, week, row, person, fast.layout)
        _compare_teams(found, number, week, reference)
        if until is not None and found.noticed(until):
            break
    else:
        _compare_states(found, fast, reference)
    reference.close()
    return found


def code(person: ReferenceConsumer, category: str, slot: int) -> int:
    """Code of the fast model's diary for a line of the person's."""
    entry = person.diary[category, slot]
    if entry is None:
        return NO_NEED
    return -1 if entry.deal is None else 7 * entry.best.position + entry.day


def _second(entry: Entry) -> int:
    """Code of the second best."""
    return -1 if entry.best.second < 0 else 7 * entry.best.second + entry.day


def _compare_diary(found: Differences, number: int, week: Week, row: int, person: ReferenceConsumer) -> None:
    for (category, slot), entry in person.diary.items():
        theirs, ours = int(week.codes[category][slot, row]), code(person, category, slot)
        found.occasions += ours != NO_NEED
        found.purchases += ours >= 0
        if theirs == ours:
            if ours >= 0:
                paid = week.payments[category][slot, row]
                found.payment = max(found.payment, abs(paid / entry.payment - 1.0))
        elif entry is not None and entry.best.margin < NEAR_TIE and theirs == _second(entry):
            found.near_ties += 1
            found.set_aside.add(row)
        else:
            found.choices.append(
                f"week {number}, consumer {person.identity}, {category} {slot}: {theirs}, reference {ours}"
            )


def aware_bits(person: ReferenceConsumer, layout: Layout) -> int:
    """The person's knowledge as the fast model's word."""
    word = 0
    for name in layout.platforms:
        word |= layout.bit(platform=name) * (name in person.knows.firms)
    for name in layout.brands:
        word |= layout.bit(brand=name) * (name in person.knows.firms)
    for name in layout.channels:
        word |= layout.bit(channel=name) * (name in person.knows.channels)
    return word


def _compare_awareness(
    found: Differences, number: int, week: Week, row: int, person: ReferenceConsumer, layout: Layout
) -> None:
    theirs, ours = week.aware[row], aware_bits(person, layout)
    if theirs != ours and row not in found.set_aside:
        found.aware.append(f"week {number}, consumer {person.identity}: {theirs:b}, reference {ours:b}")


def _compare_teams(found: Differences, number: int, week: Week, reference: ReferenceMarket) -> None:
    """Totals say nothing once somebody has been set aside."""
    found.invited_in += reference.settled.invited_in
    if not found.set_aside:
        found.teams += [f"week {number}, {what}" for what in differing_teams(week.teams, reference)]
        found.belief = max(found.belief, belief_off(week.teams, reference))


def _compare_states(found: Differences, fast: FastRun, reference: ReferenceMarket) -> None:
    """Largest differences of traits and of states at the end, relative to values above one."""
    rows = [row for row in range(len(reference.consumers)) if row not in found.set_aside]
    people = [reference.consumers[row] for row in rows]
    c, layout = fast.columns, fast.layout
    pairs: dict[str, tuple[Numbers, list[list[float]]]] = {
        "means": (c.means[None, rows], [[p.means for p in people]]),
        "price multiplier": (c.price[None, rows], [[p.price_multiplier for p in people]]),
        "affinity": (c.affinity[None, rows], [[p.affinity for p in people]]),
        "delivery dislike": (c.delivery[None, rows], [[p.delivery_dislike for p in people]]),
        "habit": (c.habit[:, rows], [[p.habit[f] for p in people] for f in layout.platforms]),
        "loyalty": (c.loyalty[:, rows], [[p.loyalty[b] for p in people] for b in layout.brands]),
        "trust": (c.trust[:, rows], [[p.trust[f] for p in people] for f in layout.firms]),
        "stock": (c.stock[:, rows], [[p.stock[k] for p in people] for k in layout.categories]),
        "last order": (
            c.last_order[:, rows],
            [[_dated(p.last_order[f]) for p in people] for f in layout.firms],
        ),
    }
    for name, (theirs, ours) in pairs.items():
        expected = np.array(ours, np.float64).reshape(theirs.shape)
        away = np.abs(theirs - expected) / np.maximum(np.abs(expected), 1.0)
        found.states[name] = float(np.max(away, initial=0.0))
    found.states["taste"] = _taste_off(c.taste[:, rows], [[p.taste[f] for p in people] for f in layout.firms])


def _dated(week: int | None) -> int:
    return NEVER_ORDERED if week is None else week


def _taste_off(steps: npt.NDArray[np.int16], tastes: list[list[float]]) -> float:
    """Share of tastes that are rounded to the next step; infinite if any is further away."""
    away = np.abs(steps * TASTE_STEP - np.array(tastes)) / TASTE_STEP
    return float("inf") if away.max() > 1.5 else float(np.mean(away > 0.5)) * NEAR_TIE
