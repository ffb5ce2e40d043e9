"""Checks of merchants: they sell what the channel sells, earn something, have a solved cost of listing."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.checks.names import goods_named
from sim.scenario.errors import Finding, Findings, keys_named, listed, sentence
from sim.scenario.schema import Marketplace, PlatformFees, Scenario


def merchants(s: Scenario) -> Iterator[tuple[str, str, str]]:
    """Yield path, channel and category of all merchants who react."""
    for name, platform in s.platforms.items():
        for key, goods in platform.assortments.items():
            if goods.merchants is not None:
                yield f"platforms.{name}.assortments.{key}.merchants", name, key
    for name, store in s.storefronts.items():
        for key in store.marketplace.merchants if store.marketplace else ():
            yield f"storefronts.{name}.marketplace.merchants.{key}", name, key


def merchant_categories(s: Scenario) -> dict[str, list[str]]:
    """Return the categories in which channels have merchants who react; none for other channels."""
    found: dict[str, list[str]] = {name: [] for name in (*s.platforms, *s.storefronts)}
    for _, channel, category in merchants(s):
        found[channel].append(category)
    return found


def marketplaces(s: Scenario) -> Findings:
    """A marketplace is an own site, and its merchants sell what it sells."""
    for name, store in s.storefronts.items():
        path = f"storefronts.{name}.marketplace"
        if store.marketplace is None:
            continue
        if store.host is not None:
            yield Finding(path, sentence(f"a marketplace on '{store.host}'", "an own site, without a host"))
        if "goods" in store.costs.model_fields_set:
            what = sentence("merchants pay for the goods of a marketplace", "no cost of goods there")
            yield Finding(f"storefronts.{name}.costs.goods", what, True)
        for key in store.marketplace.merchants:
            yield from goods_named(s, name, f"{path}.merchants.{key}", key)


def merchant_margins(s: Scenario) -> Findings:
    """Merchants who look at their profit have something left after the fees."""
    sellers = {channel for _, channel, _ in merchants(s)}
    for name, platform in s.platforms.items():
        if name in sellers:
            yield from margin(f"platforms.{name}.fees", platform.fees)
    for name, store in s.storefronts.items():
        if name in sellers and store.marketplace is not None:
            yield from margin(f"storefronts.{name}.marketplace", store.marketplace)


def margin(path: str, fees: PlatformFees | Marketplace) -> Findings:
    """The margin before fees exceeds the fees."""
    if fees.merchant_margin <= fees.take_rate:
        what = f"{fees.merchant_margin:g} leaves merchants nothing after fees"
        expected = f"a number above the take_rate, {fees.take_rate:g}"
        yield Finding(f"{path}.merchant_margin", sentence(what, expected))


def listing_cost_names(s: Scenario) -> Findings:
    """Listing costs belong to known channels and categories that have merchants."""
    sellers = merchant_categories(s)
    yield from keys_named("listing_costs", "channel", s.listing_costs, sellers)
    for channel, categories in s.listing_costs.items():
        yield from keys_named(f"listing_costs.{channel}", "category", categories, s.categories)
        for category in set(categories) & set(s.categories):
            if channel in sellers and category not in sellers[channel]:
                what = f"'{channel}' has no merchants in '{category}'"
                message = sentence(what, listed(sellers[channel]) or "no listing cost")
                yield Finding(f"listing_costs.{channel}.{category}", message, True)


def listing_costs(s: Scenario) -> Findings:
    """Merchants who react have a solved listing cost."""
    if any(True for check in (marketplaces, listing_cost_names) for _ in check(s)):
        return
    for path, channel, category in merchants(s):
        if category in s.categories and category not in s.listing_costs.get(channel, {}):
            expected = f"listing_costs.{channel}.{category}; run `sim calibrate intercepts`"
            yield Finding(path, sentence("no listing cost", expected), True)


def exclusivity(s: Scenario) -> Findings:
    """Exclusivity needs merchants who are bound, and a channel where they could list as well."""
    sellers = merchant_categories(s)
    for name, platform in s.platforms.items():
        value, path = platform.exclusivity, f"platforms.{name}.exclusivity"
        if not any(value.values() if isinstance(value, dict) else [value]):
            continue
        elsewhere = {key for other, keys in sellers.items() if other != name for key in keys}
        if not sellers[name]:
            expected = "merchants in an assortment, or 0"
            yield Finding(path, sentence(f"'{name}' has no merchants to bind", expected))
        elif elsewhere.isdisjoint(sellers[name]):
            what = f"nobody else has merchants in {listed(sellers[name])}"
            yield Finding(path, sentence(what, "merchants elsewhere, or 0"))
