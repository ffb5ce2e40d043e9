"""Checks of subsidies and reactions: firms that exist, rounds that follow each other, acts with effect."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from sim.scenario.checks.merchants import merchant_categories
from sim.scenario.errors import Finding, Findings, keys_named, listed, named, sentence
from sim.scenario.schema import Scenario, Subsidy


def subsidy_names(s: Scenario) -> Findings:
    """A platform pays a subsidy, on categories in which it sells."""
    for name, subsidy in s.subsidies.items():
        path = f"subsidies.{name}"
        yield from named(f"{path}.platform", "platform", subsidy.platform, s.platforms)
        yield from keys_named(f"{path}.depth", "category", subsidy.depth, s.categories)
        yield from unsold(s, path, subsidy)


def unsold(s: Scenario, path: str, subsidy: Subsidy) -> Findings:
    """A cut needs something that is sold: by the platform itself unless storefronts are cut too."""
    platform = s.platforms.get(subsidy.platform)
    if platform is None or subsidy.storefronts:
        return
    for category in subsidy.depth:
        if category in s.categories and category not in platform.assortments:
            what = f"'{subsidy.platform}' does not sell '{category}'"
            expected = listed(platform.assortments) or "storefronts: true"
            yield Finding(f"{path}.depth.{category}", sentence(what, expected), True)


def subsidy_contents(s: Scenario) -> Findings:
    """A subsidy cuts something, sometime, and one round at a time spends its budget."""
    for name, subsidy in s.subsidies.items():
        path = f"subsidies.{name}"
        if not subsidy.depth:
            yield Finding(f"{path}.depth", "no categories, expected price cuts by category")
        if not subsidy.rounds:
            yield Finding(f"{path}.rounds", "no rounds, expected days and a budget by any key")
        for (first, one), (second, two) in combinations(subsidy.rounds.items(), 2):
            if one.from_ <= two.to and two.from_ <= one.to:
                what = f"overlaps with round '{first}' ({one.from_} to {one.to})"
                yield Finding(f"{path}.rounds.{second}", sentence(what, "rounds one after another"), True)


def reaction_names(s: Scenario) -> Findings:
    """A platform watches a brand."""
    for name, reaction in s.reactions.items():
        yield from named(f"reactions.{name}.platform", "platform", reaction.platform, s.platforms)
        yield from named(f"reactions.{name}.brand", "brand", reaction.brand, s.brands)


def reaction_plugins(s: Scenario) -> Findings:
    """Callables and their settings belong to reactions of rule plugin."""
    for name, reaction in s.reactions.items():
        yield from plugin_fields(f"reactions.{name}", reaction.rule, reaction.plugin, reaction.settings)


def plugin_fields(path: str, rule: str, plugin: str | None, settings: Mapping[str, Any]) -> Findings:
    """The rule plugin names a callable; no other rule does, or gives it settings."""
    if rule == "plugin" and plugin is None:
        message = sentence("rule plugin without 'plugin'", "the name of a registered callable")
        yield Finding(f"{path}.plugin", message)
    for field, given in (("plugin", plugin is not None), ("settings", bool(settings))):
        if given and rule != "plugin":
            yield Finding(f"{path}.{field}", f"'{field}' beside rule {rule}, expected rule: plugin")


def reaction_bounds(s: Scenario) -> Findings:
    """Exclusivity binds merchants: the platform needs some. Prices of a competition have no strength."""
    merchants = merchant_categories(s)
    for name, reaction in s.reactions.items():
        if reaction.rule in ("bertrand", "plugin") and "strength" in reaction.model_fields_set:
            message = f"'strength' beside rule {reaction.rule}, expected rule: match or exclusivity"
            yield Finding(f"reactions.{name}.strength", message)
        known = reaction.platform in s.platforms
        if reaction.rule == "exclusivity" and known and not merchants.get(reaction.platform):
            what = f"rule exclusivity, but '{reaction.platform}' has no merchants to bind"
            expected = f"merchants in an assortment of '{reaction.platform}', or another rule"
            yield Finding(f"reactions.{name}.rule", sentence(what, expected))
