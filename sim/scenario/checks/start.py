"""Checks of a scenario against the one whose state it starts from: same people, same weeks, no missed day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sim.scenario.errors import Finding, Findings, listed, sentence
from sim.scenario.schema import Scenario, StartFrom
from sim.scenario.schema.units import Part

ALWAYS = date.min
"""First day of a storefront that is open already."""


def agreement(s: Scenario, start: Scenario) -> Findings:
    """Yield what keeps a scenario from starting in a state of another one.

    Args:
        s: the scenario, with a `start_from`.
        start: the scenario that `start_from` names.
    """
    if s.start_from is not None:
        yield from begun(start, s.start_from)
        yield from differences(s, start, s.start_from)
        yield from missed(s, start, s.start_from)


def begun(start: Scenario, state: StartFrom) -> Findings:
    """A scenario has states only from where it starts itself."""
    first = start.start_from
    if first is not None and state.on <= first.on:
        what = f"{state.on} comes before any week of '{state.scenario}'"
        yield Finding("start_from.on", sentence(what, f"a Monday after {first.on}"))


def differences(s: Scenario, start: Scenario, state: StartFrom) -> Findings:
    """A state fits the same weeks, people, tiers, contacts and needs only."""
    there = dict(shared(start, s))
    for path, value in shared(s, start):
        if value != there[path]:
            what = (
                f"{words(value)}, but {words(there[path])} in '{state.scenario}', where this one starts from"
            )
            yield Finding(path, sentence(what, "the same in both"))


def shared(s: Scenario, other: Scenario) -> Iterator[tuple[str, Any]]:
    """Yield what two scenarios must share, by path: names with their order, tiers of both by value."""
    yield from (("time.start", s.time.start), ("time.end", s.time.end))
    yield from (("tiers", list(s.tiers)), ("categories", list(s.categories)))
    sections: dict[str, Part] = {"population": s.population, "network": s.network}
    sections |= {f"tiers.{name}": tier for name, tier in s.tiers.items() if name in other.tiers}
    for path, section in sections.items():
        values = section.model_dump(exclude={"title"})
        yield from ((f"{path}.{name}", value) for name, value in values.items())


def words(value: Any) -> str:
    """Write a value shortly."""
    if isinstance(value, list):
        return listed(value, "and")
    if isinstance(value, dict):
        return ", ".join(f"{key}: {words(part)}" for key, part in value.items())
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def missed(s: Scenario, start: Scenario, state: StartFrom) -> Findings:
    """Days before the first week pass in the other scenario: here they must be the same or later."""
    there = dict(days(start))
    for path, day in days(s):
        if day < state.on and there.get(path) != day:
            what = "already open" if day == ALWAYS else str(day)
            expected = (
                f"a day from {state.on} on, where this scenario starts, or the same in '{state.scenario}'"
            )
            yield Finding(path, sentence(what, expected))


def days(s: Scenario) -> Iterator[tuple[str, date]]:
    """Yield the days on which a brand does something, by path."""
    for name, store in s.storefronts.items():
        if not store.open.by_policy:
            yield f"storefronts.{name}.open.from", store.open.from_ or ALWAYS
        if store.open.to is not None:
            yield f"storefronts.{name}.open.to", store.open.to
    for name, policy in s.policies.items():
        yield from ((f"policies.{name}.acts.{key}.on", act.on) for key, act in policy.acts.items())
        if policy.review is not None:
            yield f"policies.{name}.review.on", policy.review.on
