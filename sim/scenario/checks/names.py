"""Checks of names: owners, hosts, categories, channels and tiers must exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.scenario.errors import Finding, Findings, keys_named, listed, named, sentence
from sim.scenario.schema import ByTier, Scenario

PARTIES = ("consumers", "state", "suppliers", "carriers")
"""Names of other parties in the books (see `sim.ledger`)."""


def storefront_parties(s: Scenario) -> Findings:
    """A brand owns a storefront, a platform hosts it."""
    for name, store in s.storefronts.items():
        yield from named(f"storefronts.{name}.owner", "brand", store.owner, s.brands)
        if store.host is not None:
            yield from named(f"storefronts.{name}.host", "platform", store.host, s.platforms)


def storefront_categories(s: Scenario) -> Findings:
    """Storefronts sell known categories, and price what they sell."""
    for name, store in s.storefronts.items():
        path = f"storefronts.{name}"
        yield from keys_named(f"{path}.goods", "category", store.goods, s.categories)
        for key in store.price:
            yield from goods_named(s, name, f"{path}.price.{key}", key)


def goods_named(s: Scenario, name: str, path: str, category: str) -> Findings:
    """A key must be a category that a storefront sells."""
    goods = s.storefronts[name].goods
    if category in s.categories and category not in goods:
        message = sentence(f"'{name}' does not sell '{category}'", listed(goods))
        yield Finding(path, message, True)
    else:
        yield from named(path, "category", category, goods, True)


def assortment_categories(s: Scenario) -> Findings:
    """Platforms sell known categories."""
    for name, platform in s.platforms.items():
        yield from keys_named(f"platforms.{name}.assortments", "category", platform.assortments, s.categories)


def event_names(s: Scenario) -> Findings:
    """Events concern known categories, and pull and discount on known platforms."""
    for name, event in s.events.items():
        for index, category in enumerate(event.categories):
            yield from named(f"events.{name}.categories.{index}", "category", category, s.categories)
        yield from keys_named(f"events.{name}.pull", "platform", event.pull, s.platforms)
        yield from keys_named(f"events.{name}.depth", "platform", event.depth, s.platforms)


def platform_owners(s: Scenario) -> Findings:
    """A platform belongs to another platform or to nobody."""
    for name, platform in s.platforms.items():
        others = [other for other in s.platforms if other != name]
        for path, owner in stepped(f"platforms.{name}.owner", platform.owner):
            yield from named(path, "platform", str(owner), others)


def stepped(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values of a constant or stepped field with their paths."""
    if isinstance(value, Mapping):
        yield from ((f"{path}.{key}", part) for key, part in value.items() if part is not None)
    elif value is not None:
        yield path, value


def intercept_names(s: Scenario) -> Findings:
    """Intercepts belong to known channels and categories."""
    channels = [*s.platforms, *s.storefronts]
    yield from keys_named("intercepts", "channel", s.intercepts, channels)
    for channel, categories in s.intercepts.items():
        yield from keys_named(f"intercepts.{channel}", "category", categories, s.categories)


def channel_names(s: Scenario) -> Findings:
    """Platforms and storefronts share one space of names: both are channels."""
    for name in s.storefronts:
        if name in s.platforms:
            message = sentence(f"'{name}' is also a platform", "a name of its own for the storefront")
            yield Finding(f"storefronts.{name}", message, True)


def firm_names(s: Scenario) -> Findings:
    """Platforms and brands share one space of names, beside the other parties in the books."""
    for kind, firms in (("platforms", s.platforms), ("brands", s.brands)):
        for name in firms:
            if name in PARTIES:
                message = sentence(f"'{name}' is a party of the books", "another name for the firm")
                yield Finding(f"{kind}.{name}", message, True)
    for name in s.brands:
        if name in s.platforms:
            message = sentence(f"'{name}' is also a platform", "a name of its own for the brand")
            yield Finding(f"brands.{name}", message, True)


def levels(s: Scenario) -> Findings:
    """Once intercepts are solved, every channel has one, of its own or by appeal_from, where it sells."""
    if not s.intercepts or any(True for check in (intercept_names, appeals, appeal_cycles) for _ in check(s)):
        return
    for name, platform in s.platforms.items():
        for category in set(platform.assortments) & set(s.categories):
            if category not in s.intercepts.get(name, {}):
                message = sentence(f"no intercept for {category}", f"intercepts.{name}.{category}")
                yield Finding(f"platforms.{name}.assortments.{category}", message, True)
    for name, store in s.storefronts.items():
        for category in set(store.goods) & set(s.categories):
            if not any(category in s.intercepts.get(link, {}) for link in appeal_chain(s, name)):
                message = sentence(f"no intercept for {category}", "an appeal_from that sells it")
                yield Finding(f"storefronts.{name}.goods.{category}", message, True)


def appeals(s: Scenario) -> Findings:
    """Appeal starts from a channel with intercepts (any platform before they are solved)."""
    solved = s.intercepts or s.platforms
    for name, store in s.storefronts.items():
        if store.appeal_from is not None:
            known = list(dict.fromkeys([*solved, *s.storefronts]))
            yield from named(f"storefronts.{name}.appeal_from", "channel", store.appeal_from, known)


def appeal_cycles(s: Scenario) -> Findings:
    """Appeal must not start from itself through others."""
    for name in s.storefronts:
        circle = appeal_chain(s, name)
        if len(circle) > 1 and circle[-1] == name == min(circle):
            yield Finding(f"storefronts.{name}.appeal_from", "a cycle: " + " -> ".join(circle))


def appeal_chain(s: Scenario, name: str) -> list[str]:
    """Follow ``appeal_from`` until it ends or repeats."""
    chain = [name]
    while (store := s.storefronts.get(chain[-1])) and store.appeal_from:
        chain.append(store.appeal_from)
        if store.appeal_from in chain[:-1]:
            break
    return chain


def by_tier(s: Scenario) -> Iterator[tuple[str, ByTier]]:
    """Yield all numbers that may differ between tiers."""
    for name, platform in s.platforms.items():
        yield f"platforms.{name}.access.initial", platform.access.initial
        for category, goods in platform.assortments.items():
            yield f"platforms.{name}.assortments.{category}.delivery_days", goods.delivery_days
    for name, store in s.storefronts.items():
        yield f"storefronts.{name}.delivery_days", store.delivery_days
    for channel, categories in s.intercepts.items():
        yield from ((f"intercepts.{channel}.{category}", value) for category, value in categories.items())


def tiers_named(s: Scenario) -> Findings:
    """A number given per tier names exactly the tiers."""
    for path, value in by_tier(s):
        if not isinstance(value, dict):
            continue
        missing = [tier for tier in s.tiers if tier not in value]
        if set(value) <= set(s.tiers) and missing:
            yield Finding(path, sentence(f"no number for {listed(missing, 'and')}", "one for each tier"))
        yield from keys_named(path, "tier", value, s.tiers)
