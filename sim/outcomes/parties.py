"""Parties of a comparison: entrant, hosts, the hosts' owner groups, rivals and other brands.

This is the only place that decides who is who; outcomes, pictures, reports and the page ask here. All
functions read scenarios only: `base` is the baseline, `other` the scenario compared with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.scenario.schema import Policy, Scenario, Storefront
from sim.scenario.values import on_date

STORE, SITE, HOST, HOST_GROUP = "storefront", "own site", "host", "host's group"
RIVALS, PLATFORMS, BRANDS = "rivals", "platforms", "other brands"
"""Roles of channels, see `role_of_channel`."""


@dataclass(frozen=True)
class Parties:
    """Who is who in a comparison.

    Attributes:
        entrant: brand whose storefronts the comparison concerns; None if there is no brand.
        storefronts: these storefronts, see `in_question`.
        hosts: platforms on which they stand; none for own sites.
        group: other platforms of the same owners as the hosts.
        rivals: platforms that are neither; none without a host.
        other_brands: brands but for the entrant.
    """

    entrant: str | None
    storefronts: tuple[str, ...]
    hosts: tuple[str, ...]
    group: tuple[str, ...]
    rivals: tuple[str, ...]
    other_brands: tuple[str, ...]


def parties(base: Scenario, other: Scenario) -> Parties:
    """Return the parties of a comparison, seen from the first brand that it concerns."""
    brand, competing = entrant(base, [other]), rivals(base, other)
    at = hosts_of(base, other, brand) if brand is not None else []
    return Parties(
        entrant=brand,
        storefronts=tuple(in_question(base, other).get(brand, [])) if brand is not None else (),
        hosts=tuple(at),
        group=tuple(p for p in other.platforms if p not in (*at, *competing)) if at else (),
        rivals=tuple(competing),
        other_brands=tuple(name for name in base.brands | other.brands if name != brand),
    )


# --- storefronts in question ---------------------------------------------------------------------


def differing(base: Scenario, other: Scenario) -> list[str]:
    """Storefronts that two scenarios write differently, or about which their policies decide differently."""
    names = dict.fromkeys([*other.storefronts, *base.storefronts])
    moved = {name for name in names if base.storefronts.get(name) != other.storefronts.get(name)}
    return [name for name in names if name in moved | decided(base, other)]


def decided(base: Scenario, other: Scenario) -> set[str]:
    """Storefronts that are named in policies in which two scenarios differ."""
    found: set[str] = set()
    for key in {*base.policies, *other.policies}:
        if base.policies.get(key) != other.policies.get(key):
            both = (scenario.policies.get(key) for scenario in (base, other))
            found |= {name for policy in both if policy is not None for name in _named_in(policy)}
    return found


def _named_in(policy: Policy) -> Iterator[str]:
    """Storefronts that a policy names."""
    yield policy.storefront
    for act in policy.acts.values():
        yield from (name for name in (act.storefront, act.switch_to) if name is not None)
    if policy.review is not None and policy.review.switch_to is not None:
        yield policy.review.switch_to


def concerned(base: Scenario, other: Scenario) -> list[str]:
    """Storefronts `differing` between two scenarios.

    If there is none (a platform behaves differently), all hosted storefronts of the second scenario.
    """
    return differing(base, other) or [
        name for name, store in other.storefronts.items() if store.host is not None
    ]


def hosted(base: Scenario, other: Scenario) -> dict[str, list[str]]:
    """Those of the storefronts `concerned` that stand on a platform, by brand."""
    stores, found = storefronts(base, other), dict[str, list[str]]()
    for name in concerned(base, other):
        if stores[name].host is not None:
            found.setdefault(stores[name].owner, []).append(name)
    return found


def in_question(base: Scenario, other: Scenario) -> dict[str, list[str]]:
    """Storefronts that a comparison is about, by brand: those of `hosted`, else all of `concerned`."""
    stores, found = storefronts(base, other), hosted(base, other)
    if not found:
        for name in concerned(base, other):
            found.setdefault(stores[name].owner, []).append(name)
    return found


def storefronts(base: Scenario, other: Scenario) -> dict[str, Storefront]:
    """Storefronts of both scenarios by name, as the second one has them where both do."""
    return base.storefronts | other.storefronts


# --- brands --------------------------------------------------------------------------------------


def entrant(base: Scenario, others: Sequence[Scenario]) -> str | None:
    """Return the brand that scenarios are about; None if there is no brand.

    It is the first owner of a storefront in question on a platform, in the order of the scenarios; if there
    is none, of an own site in question; else the first brand of the baseline.
    """
    owners = [brand for other in others for brand in hosted(base, other)]
    owners += [brand for other in others for brand in in_question(base, other)]
    return next(iter([*owners, *base.brands, *(name for other in others for name in other.brands)]), None)


def other_channels(base: Scenario, other: Scenario, brand: str) -> list[str]:
    """Channels of a brand but for those of `hosted`."""
    moved = hosted(base, other).get(brand, [])
    return [name for name in channels_of(base, other, brand) if name not in moved]


def channels_of(base: Scenario, other: Scenario, brand: str) -> list[str]:
    """All channels of a brand."""
    return [name for name, store in storefronts(base, other).items() if store.owner == brand]


def brands_at(base: Scenario, other: Scenario, host: str) -> list[str]:
    """Brands with storefronts of `hosted` on a platform."""
    return [brand for brand in hosted(base, other) if host in hosts_of(base, other, brand)]


# --- platforms -----------------------------------------------------------------------------------


def hosts(base: Scenario, other: Scenario) -> list[str]:
    """Platforms on which the storefronts of `hosted` stand."""
    found = (host for brand in hosted(base, other) for host in hosts_of(base, other, brand))
    return list(dict.fromkeys(found))


def hosts_of(base: Scenario, other: Scenario, brand: str) -> list[str]:
    """Platforms on which those of one brand stand."""
    stores = storefronts(base, other)
    return list(dict.fromkeys(str(stores[name].host) for name in hosted(base, other).get(brand, [])))


def goods_of_hosts(base: Scenario, other: Scenario) -> dict[str, list[str]]:
    """Categories that the storefronts of `hosted` sell, by host."""
    stores, goods = storefronts(base, other), dict[str, dict[str, None]]()
    for names in hosted(base, other).values():
        for name in names:
            goods.setdefault(str(stores[name].host), {}).update(dict.fromkeys(stores[name].goods))
    return {host: list(categories) for host, categories in goods.items()}


def channels_at(base: Scenario, other: Scenario, platform: str) -> list[str]:
    """A platform's own assortment and all storefronts on it."""
    return [platform, *(name for name, store in storefronts(base, other).items() if store.host == platform)]


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


# --- channels and tiers --------------------------------------------------------------------------


def role_of_channel(base: Scenario, other: Scenario) -> dict[str, str]:
    """Return what each channel is to the entrant.

    A platform stands for its own merchants: `HOST`, `HOST_GROUP` or `RIVALS`; `PLATFORMS` where there is no
    host. A storefront in question is `STORE`, another channel of the entrant `SITE`, one of another brand
    `BRANDS`.
    """
    who = parties(base, other)
    found = dict.fromkeys(base.platforms | other.platforms, RIVALS if who.hosts else PLATFORMS)
    found |= dict.fromkeys(who.group, HOST_GROUP) | dict.fromkeys(who.hosts, HOST)
    owned = {name: store.owner == who.entrant for name, store in storefronts(base, other).items()}
    found |= {name: SITE if own else BRANDS for name, own in owned.items()}
    return found | dict.fromkeys(who.storefronts, STORE)


def party_of_channel(base: Scenario, other: Scenario) -> Mapping[str, Mapping[str, str]]:
    """Whose the sales of each channel are, by kind of party ("channel", "brand", "host") and channel."""
    stores, platforms = storefronts(base, other), base.platforms | other.platforms
    itself = {name: name for name in platforms}
    return {
        "channel": itself | {name: name for name in stores},
        "brand": {name: store.owner for name, store in stores.items()},
        "host": itself | {name: store.host for name, store in stores.items() if store.host is not None},
    }


def upper_tiers(scenario: Scenario) -> list[str]:
    """Tiers whose mean income is above that of all shoppers (income weighted by shoppers)."""
    tiers = scenario.tiers.values()
    mean = np.average([tier.income for tier in tiers], weights=[tier.shoppers for tier in tiers])
    return [name for name, tier in scenario.tiers.items() if tier.income > mean]
