"""When two scenarios differ and whom that concerns: weeks, periods, storefronts, hosts, rivals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from sim.calendar import Calendar
from sim.market import Market
from sim.scenario.schema import Policy, Scenario
from sim.scenario.values import on_date


class Period(NamedTuple):
    """Weeks of an outcome, both ends included."""

    name: str
    """Either "window", "after" or "horizon"."""
    first: int
    last: int

    @property
    def weeks(self) -> slice:
        """The weeks as a slice of a series by week."""
        return slice(self.first, self.last + 1)


def open_weeks(scenario: Scenario, name: str) -> set[int]:
    """Weeks of the horizon in which a storefront is open on some day; none if there is no such storefront."""
    store, calendar = scenario.storefronts.get(name), Calendar(scenario.time.start, scenario.time.end)
    if store is None:
        return set()
    first = calendar.week_of(store.open.from_) if store.open.from_ else 0
    last = calendar.week_of(store.open.to) if store.open.to else calendar.weeks - 1
    return set(range(max(first, 0), min(last, calendar.weeks - 1) + 1))


def window(base: Scenario, other: Scenario) -> tuple[int, int]:
    """First and last week in which some storefront is open in one scenario only, as the files are written.

    If there is none (the terms differ, not the dates), the weeks in which a hosted storefront is open;
    if there is none either, the whole horizon.
    """
    names = [*base.storefronts, *other.storefronts]
    weeks = set().union(*(open_weeks(base, name) ^ open_weeks(other, name) for name in names))
    if not weeks:
        hosted = [name for name, store in other.storefronts.items() if store.host is not None]
        weeks = set().union(*(open_weeks(other, name) for name in hosted))
    last = Calendar(base.time.start, base.time.end).weeks - 1
    return (min(weeks), max(weeks)) if weeks else (0, last)


def npv_week(base: Scenario, others: Iterable[Scenario]) -> int:
    """Week to which all values of a comparison are discounted: the first in which anything differs."""
    return min(window(base, other)[0] for other in others)


def was_open(market: Market, name: str) -> set[int]:
    """Weeks of the horizon in which a storefront was open on some day, whoever decided it."""
    store = market.storefronts.get(name)
    weeks = [] if store is None else store.open_weeks[: market.horizon]
    return {week for week, opened in enumerate(weeks) if opened}


def seen_window(base: Market, other: Market) -> tuple[int, int]:
    """`window` as it came out in two markets that have been run: policies may open and close storefronts.

    If no storefront was open in one market only, what the files say.
    """
    names = [*base.storefronts, *other.storefronts]
    weeks = set().union(*(was_open(base, name) ^ was_open(other, name) for name in names))
    return (min(weeks), max(weeks)) if weeks else window(base.spec, other.spec)


def periods(base: Market, other: Market) -> list[Period]:
    """The window, what comes after it within the horizon (if anything), and the horizon."""
    first, last = seen_window(base, other)
    found = [
        Period("window", first, last),
        Period("after", last + 1, base.horizon - 1),
        Period("horizon", 0, base.horizon - 1),
    ]
    return [period for period in found if period.first <= period.last]


# --- whom it concerns ----------------------------------------------------------------------------


def concerned(base: Scenario, other: Scenario) -> list[str]:
    """Storefronts that two scenarios write differently, or about which their policies decide differently.

    If there is none (a platform behaves differently), all hosted storefronts of the second scenario.
    """
    names = dict.fromkeys([*other.storefronts, *base.storefronts])
    moved = {name for name in names if base.storefronts.get(name) != other.storefronts.get(name)}
    for key in {*base.policies, *other.policies}:
        if base.policies.get(key) != other.policies.get(key):
            both = (scenario.policies.get(key) for scenario in (base, other))
            moved |= {name for policy in both if policy is not None for name in _moved_by(policy)}
    if not moved:
        return [name for name, store in other.storefronts.items() if store.host is not None]
    return [name for name in names if name in moved]


def _moved_by(policy: Policy) -> Iterator[str]:
    """Storefronts that a policy names."""
    yield policy.storefront
    for act in policy.acts.values():
        yield from (name for name in (act.storefront, act.switch_to) if name is not None)
    if policy.review is not None and policy.review.switch_to is not None:
        yield policy.review.switch_to


def hosted(base: Scenario, other: Scenario) -> dict[str, list[str]]:
    """Those of the storefronts `concerned` that stand on a platform, by brand."""
    stores = base.storefronts | other.storefronts
    found: dict[str, list[str]] = {}
    for name in concerned(base, other):
        if stores[name].host is not None:
            found.setdefault(stores[name].owner, []).append(name)
    return found


def other_channels(base: Scenario, other: Scenario, brand: str) -> list[str]:
    """Channels of a brand but for those of `hosted`."""
    stores, moved = base.storefronts | other.storefronts, hosted(base, other).get(brand, [])
    return [name for name, store in stores.items() if store.owner == brand and name not in moved]


def hosts(base: Scenario, other: Scenario) -> list[str]:
    """Platforms on which the storefronts of `hosted` stand."""
    stores = base.storefronts | other.storefronts
    names = [name for moved in hosted(base, other).values() for name in moved]
    return list(dict.fromkeys(str(stores[name].host) for name in names))


def group_of(scenario: Scenario, platform: str) -> str:
    """Who owns a platform on the last day of a scenario: another platform, or nobody but itself."""
    owner = scenario.platforms[platform].owner
    if isinstance(owner, dict):
        owner = on_date(owner, scenario.time.end, "")
    return owner or platform


def groups(scenario: Scenario) -> dict[str, list[str]]:
    """Platforms of one owner on the last day, by the owner's name."""
    found: dict[str, list[str]] = {}
    for platform in scenario.platforms:
        found.setdefault(group_of(scenario, platform), []).append(platform)
    return found


def rivals(base: Scenario, other: Scenario) -> list[str]:
    """Platforms that neither host a storefront of `hosted` nor belong with one that does.

    Without such a storefront nobody is a rival.
    """
    involved = {group_of(other, host) for host in hosts(base, other) if host in other.platforms}
    members = [name for name in other.platforms if group_of(other, name) not in involved]
    return members if involved else []


def upper_tiers(scenario: Scenario) -> list[str]:
    """Tiers whose mean income is above that of all shoppers (income weighted by shoppers)."""
    tiers = scenario.tiers.values()
    mean = np.average([tier.income for tier in tiers], weights=[tier.shoppers for tier in tiers])
    return [name for name, tier in scenario.tiers.items() if tier.income > mean]
