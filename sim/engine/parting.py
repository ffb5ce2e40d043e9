"""Who parts from whom, and the first week in which scenarios can differ, from what they say and its dates.

| what differs | felt from |
|---|---|
| titles, questions, sources, colours | never |
| a storefront on a platform that only one has | its first day |
| a storefront on a platform that both have | the first day of the one that opens earlier |
| only the last day of a storefront or own site | the earlier last day |
| what a brand spends on advertising | the first day on which it spends otherwise, or a policy may decide |
| a policy by calendar or review | its first date |
| a reaction that matches prices or binds merchants | the first day of a storefront that it watches |
| anything else | the start, warm-up included |

Whatever is not understood counts from the start, so a scenario that says something new is simulated in full.
Policies that decide by what they see, not by dates, may use any difference of storefronts: then these count
from the start as well. An oracle looks ahead, and a scenario that starts from the state of another one has a
history of its own: beside these, everything counts from the start. What differs only after the horizon counts
from its last week, whose end is written down. Tests run scenarios both ways, from the start and from where
they part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sim.calendar import Calendar
from sim.scenario.changes import content
from sim.scenario.schema import Advertising, Brand, Policy, Reaction, Scenario, Storefront
from sim.scenario.values import on_date

BASE = ""
"""Name of the baseline among scenarios that run together."""
ALWAYS = date.min
"""Day of what counts from the start."""
NO_WEEK = 2**31
"""Week of scenarios that say the same."""
DATED_RULES = ("calendar", "review")
"""Rules of policies that act on days which the scenario names."""
ANSWERS = ("match", "exclusivity")
"""Rules of reactions that do nothing before they see sales of a storefront."""


def first_difference(one: Scenario, two: Scenario) -> int:
    """Return the first week in which two scenarios may differ.

    Args:
        one: a scenario.
        two: another one of the same weeks and people.

    Returns:
        The week, counted as in a market; 0 if they have no history in common, `NO_WEEK` if nothing differs.
    """
    first = min(_days(one, two), default=None)
    if first is None:
        return NO_WEEK
    if any(scenario.start_from is not None or _looks_ahead(scenario) for scenario in (one, two)):
        return 0
    calendar = Calendar(one.time.start, one.time.end)
    return max(min(calendar.week_of(first), calendar.weeks - 1), 0)


def _looks_ahead(scenario: Scenario) -> bool:
    """Whether an oracle decides by weeks that are still to come."""
    return any(policy.rule == "oracle" for policy in scenario.policies.values())


@dataclass(frozen=True)
class Fork:
    """Where a scenario leaves the one with which it shares its history.

    Attributes:
        name: the scenario.
        parent: the scenario that it parts from.
        week: the week that is the first one of its own.
    """

    name: str
    parent: str
    week: int


def forks(
    base: Scenario, others: Mapping[str, Scenario], not_before: int = 0, at_latest: int | None = None
) -> list[Fork]:
    """Return from which earlier scenario each one parts, and when: from that with the longest common history.

    Args:
        base: the baseline, from which all others part in the end.
        others: scenarios by name.
        not_before: week up to which all share the baseline's history, whatever they say.
        at_latest: week in which each has a market of its own.
    """
    before, found = {BASE: base}, dict[str, Fork]()
    for name, scenario in others.items():
        shared = {earlier: first_difference(one, scenario) for earlier, one in before.items()}
        parent = max(shared, key=lambda earlier: shared[earlier])
        week = max(shared[parent], not_before)
        week = week if at_latest is None else min(week, at_latest)
        while parent != BASE and week <= found[parent].week:  # until then it is the parent's parent itself
            parent = found[parent].parent
        found[name] = Fork(name, parent, week)
        before[name] = scenario
    return list(found.values())


def _days(one: Scenario, two: Scenario) -> Iterator[date]:
    """Yield the day from which each difference may be felt."""
    before, after = content(one), content(two)
    for section in before:
        if before[section] != after[section]:
            yield from SECTIONS.get(section, _not_understood)(one, two)


def _not_understood(one: Scenario, two: Scenario) -> Iterator[date]:
    yield ALWAYS


def _reordered(one: Mapping[str, object], two: Mapping[str, object]) -> Iterator[date]:
    """The start, if what both have stands in another order: sums and acts run in that of the scenario."""
    if [name for name in one if name in two] != [name for name in two if name in one]:
        yield ALWAYS


# --- storefronts ---------------------------------------------------------------------------------


def _storefronts(one: Scenario, two: Scenario) -> Iterator[date]:
    """Storefronts: those of one scenario only, and those that the two describe differently."""
    yield from _reordered(one.storefronts, two.storefronts)
    yield _decides(one)
    yield _decides(two)
    for name in dict.fromkeys([*one.storefronts, *two.storefronts]):
        day = _storefront(one.storefronts.get(name), two.storefronts.get(name))
        yield day
        if day != date.max:
            yield from (day for scenario in (one, two) for day in _as_good_as(name, scenario))


def _as_good_as(name: str, scenario: Scenario) -> Iterator[date]:
    """First days of storefronts whose appeal follows that of a storefront."""
    for store in scenario.storefronts.values():
        model = store.appeal_from
        while model in scenario.storefronts and model != name:
            model = scenario.storefronts[model].appeal_from
        if model == name:
            yield _opens(store)


def _storefront(one: Storefront | None, two: Storefront | None) -> date:
    """Day from which a difference in a storefront may be felt."""
    if one is not None and two is not None:
        if content(one) == content(two):
            return date.max
        if (one.host, one.owner) != (two.host, two.owner):
            return ALWAYS
        same = one.model_copy(update={"open": two.open})
        if content(same) == content(two) and one.open.model_copy(update={"to": two.open.to}) == two.open:
            return min(one.open.to or date.max, two.open.to or date.max)
    return min(_opens(store) for store in (one, two) if store is not None)


def _opens(store: Storefront) -> date:
    """First day of a storefront on a platform. Own sites are known by some before they open."""
    if store.host is None or store.marketplace is not None or store.open.by_policy:
        return ALWAYS
    return store.open.from_ or ALWAYS


# --- brands --------------------------------------------------------------------------------------


def _brands(one: Scenario, two: Scenario) -> Iterator[date]:
    """Brands: only how they advertise is understood."""
    if list(one.brands) != list(two.brands):
        yield ALWAYS
        return
    for name, brand in one.brands.items():
        if content(_silent(brand)) != content(_silent(two.brands[name])):
            yield ALWAYS
        if content(brand.advertising) != content(two.brands[name].advertising):
            yield _decides(one)
            yield _decides(two)
            yield from _advertising(one.time.start, brand.advertising, two.brands[name].advertising)


def _silent(brand: Brand) -> Brand:
    """The brand without advertising."""
    return brand.model_copy(update={"advertising": Advertising()})


def _advertising(start: date, one: Advertising, two: Advertising) -> Iterator[date]:
    """Days on which spending differs; how advertising works matters once somebody spends."""
    alike = one.model_copy(update={"spend": 0.0}) == two.model_copy(update={"spend": 0.0})
    dated = [spend for spend in (one.spend, two.spend) if isinstance(spend, dict)]
    for day in {start, *(day for spend in dated for day in spend)}:
        spent = [on_date(spend, day, 0.0) for spend in (one.spend, two.spend)]
        if spent[0] != spent[1] or (spent[0] > 0 and not alike):
            yield day


# --- moves ---------------------------------------------------------------------------------------


def _policies(one: Scenario, two: Scenario) -> Iterator[date]:
    """Policies that only one scenario has, or that the two write differently."""
    yield from _reordered(one.policies, two.policies)
    for name in dict.fromkeys([*one.policies, *two.policies]):
        both = one.policies.get(name), two.policies.get(name)
        if _said(both[0]) != _said(both[1]):
            yield from (_first_act(policy) for policy in both if policy is not None)


def _said(policy: Policy | None) -> object:
    return None if policy is None else content(policy)


def _first_act(policy: Policy) -> date:
    """First day on which a policy may do something."""
    if policy.rule not in DATED_RULES:
        return ALWAYS
    days = [act.on for act in policy.acts.values()] if policy.rule == "calendar" else []
    return min([*days, *([policy.review.on] if policy.review is not None else [])], default=date.max)


def _decides(scenario: Scenario) -> date:
    """First day on which a policy of a scenario may do something that a storefront's words change."""
    return min((_first_act(policy) for policy in scenario.policies.values()), default=date.max)


def _reactions(one: Scenario, two: Scenario) -> Iterator[date]:
    """Reactions that only one scenario has, or that the two write differently."""
    yield from _reordered(one.reactions, two.reactions)
    for name in dict.fromkeys([*one.reactions, *two.reactions]):
        both = [(of, of.reactions[name]) for of in (one, two) if name in of.reactions]
        if len(both) < 2 or content(both[0][1]) != content(both[1][1]):
            yield from (_first_look(scenario, reaction) for scenario, reaction in both)


def _first_look(scenario: Scenario, reaction: Reaction) -> date:
    """First day on which a reaction may see sales of a storefront that it watches."""
    if reaction.rule not in ANSWERS:
        return ALWAYS
    stores = [store for store in scenario.storefronts.values() if store.owner == reaction.brand]
    days = [_opens(store) for store in stores if store.host not in (None, reaction.platform)]
    return min([*days, _decides(scenario)], default=date.max)


SECTIONS: Mapping[str, Callable[[Scenario, Scenario], Iterator[date]]] = {
    "storefronts": _storefronts,
    "brands": _brands,
    "policies": _policies,
    "reactions": _reactions,
}
"""Sections of a scenario in which differences are understood."""
