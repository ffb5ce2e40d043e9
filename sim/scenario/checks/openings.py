"""Checks of what is open when: storefronts that somebody opens, moves that find what they move.

A calendar is followed act by act, by date, as far as dates alone tell what is open. Storefronts that
other policies may open or close are left out.
"""

from __future__ import annotations

from datetime import date

from sim.scenario.checks.days import Span, opening
from sim.scenario.checks.policies import (
    act_fields,
    decided,
    policy_days,
    policy_names,
    policy_sections,
    subject,
)
from sim.scenario.errors import Finding, Findings, sentence
from sim.scenario.schema import Act, Policy, Scenario, Storefront

CLOSED = Span(date.max, date.min)


def openings(s: Scenario) -> Findings:
    """A storefront opens by its dates or by a policy: not by both, and not by nobody."""
    never = set() if faulty(s) else unopened(s)
    for name, store in s.storefronts.items():
        path = f"storefronts.{name}.open"
        for field, day in (("from", store.open.from_), ("to", store.open.to)):
            if store.open.by_policy and day is not None:
                yield Finding(f"{path}.{field}", f"{day} beside by_policy, expected no day, or no by_policy")
        if name in never:
            what = f"no policy can open '{name}'"
            yield Finding(f"{path}.by_policy", sentence(what, "a policy that enters it or switches to it"))


def unopened(s: Scenario) -> set[str]:
    """Return the storefronts that wait for a policy although none can open them."""
    opened: set[str] = set().union(*map(openers, s.policies.values()))
    return {name for name, store in s.storefronts.items() if store.open.by_policy} - opened


def openers(policy: Policy) -> set[str]:
    """Return the storefronts that a policy can open."""
    if policy.rule == "calendar":
        acts = policy.acts.values()
        opened = {subject(act, policy) for act in acts if act.do == "enter"}
        return opened | {act.switch_to for act in acts if act.do == "switch" and act.switch_to}
    if policy.rule == "review":
        return {policy.review.switch_to} if policy.review and policy.review.switch_to else set()
    return {policy.storefront}


def faulty(s: Scenario) -> bool:
    """Tell whether policies are wrong in ways from which other findings would only follow."""
    return any(True for check in (policy_names, policy_sections, act_fields, policy_days) for _ in check(s))


def spans(s: Scenario) -> dict[str, Span]:
    """Return the days on which storefronts are open by their dates."""
    return {name: by_dates(store) for name, store in s.storefronts.items()}


def by_dates(store: Storefront) -> Span:
    """Return the days on which a storefront is open as long as no policy moves it."""
    return CLOSED if store.open.by_policy else opening(store)


def within(day: date, span: Span) -> bool:
    """Tell whether a day lies in a span."""
    return span.first <= day <= span.last


def touched(s: Scenario, but: str) -> set[str]:
    """Return the storefronts that other policies may open or close."""
    others = {name: policy for name, policy in s.policies.items() if name != but}
    names = {place[1] for name, policy in others.items() for place in decided(name, policy)}
    return names.union(*map(openers, others.values()))


def moves_with_effect(s: Scenario) -> Findings:
    """What is entered is closed, what is extended, left or reviewed is open, as far as dates tell."""
    if faulty(s):
        return
    for name, policy in s.policies.items():
        unsure, path = touched(s, name) | unopened(s), f"policies.{name}"
        if policy.rule == "calendar":
            yield from calendar(path, policy, spans(s), unsure)
        if policy.review is not None:
            yield from reviewed(path, policy, spans(s), unsure)


def calendar(path: str, policy: Policy, open_: dict[str, Span], unsure: set[str]) -> Findings:
    """Go through the acts of a policy by date; ``open_`` is moved along with them."""
    parted: set[str] = set()
    for key, act in sorted(policy.acts.items(), key=lambda item: item[1].on):
        storefront = subject(act, policy)
        back = act.do == "enter" and storefront in parted
        for name, right in {} if back else expected_open(act, storefront).items():
            if name not in unsure and within(act.on, open_[name]) != right:
                yield Finding(f"{path}.acts.{key}.on", misplaced(name, act.on, right))
        if act.do == "extend" and storefront not in unsure and within(act.on, open_[storefront]):
            yield from longer(f"{path}.acts.{key}.to", storefront, act.to, open_[storefront])
        move(act, storefront, open_)
        parted = {storefront} | parted if act.categories else parted - whole(act, storefront)


def expected_open(act: Act, storefront: str) -> dict[str, bool]:
    """Return which storefronts must be open (True) or closed (False) for an act to have an effect."""
    needed = {} if act.do == "change" else {storefront: act.do != "enter"}
    return needed | ({act.switch_to: False} if act.switch_to else {})


def misplaced(name: str, day: date, right: bool) -> str:
    """Say that a storefront is open where it should be closed, or the other way round."""
    states = ("closed", "open") if right else ("open", "closed")
    return sentence(f"'{name}' is {states[0]} on {day}", f"a day on which it is {states[1]}")


def longer(path: str, name: str, to: date | None, span: Span) -> Findings:
    """An extension ends later than what it extends."""
    if (to or date.max) <= span.last:
        until = "without end" if span.last == date.max else f"until {span.last}"
        yield Finding(path, f"'{name}' is open {until} anyway, expected a later day")


def move(act: Act, storefront: str, open_: dict[str, Span]) -> None:
    """Open and close what an act opens and closes; a part that leaves closes nothing."""
    until = act.to or date.max
    if act.do == "enter":
        open_[storefront] = Span(act.on, until)
    elif act.do == "extend":
        open_[storefront] = Span(open_[storefront].first, until)
    elif act.do == "switch" or (act.do == "exit" and not act.categories):
        open_[storefront] = CLOSED
    if act.switch_to:
        open_[act.switch_to] = Span(act.on, until)


def whole(act: Act, storefront: str) -> set[str]:
    """Return the storefronts of which, after an act, no part is missing: they sell everything or nothing."""
    return set() if act.do in ("change", "extend") else {storefront, act.switch_to or storefront}


def reviewed(path: str, policy: Policy, open_: dict[str, Span], unsure: set[str]) -> Findings:
    """A review comes while the storefront is open, can make it stay longer, and enters what is closed."""
    review, storefront = policy.review, policy.storefront
    if review is None:
        return
    if storefront not in unsure:
        if not within(review.on, open_[storefront]):
            yield Finding(f"{path}.review.on", misplaced(storefront, review.on, True))
        elif review.extend_to is not None:
            yield from longer(f"{path}.review.extend_to", storefront, review.extend_to, open_[storefront])
    switch_to = review.switch_to
    if switch_to and switch_to not in (storefront, *unsure) and within(review.on, open_[switch_to]):
        yield Finding(f"{path}.review.switch_to", misplaced(switch_to, review.on, False))
