"""Tables in words for the terminal."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from math import isnan
from typing import Any

import pandas as pd

from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import declared, upper_only
from sim.outcomes.parties import role_of_channel
from sim.outcomes.rows import FEWEST_BUYERS
from sim.outcomes.volume import source_of_volume
from sim.pictures.comparison.entry import entry
from sim.pictures.comparison.numbers import gains
from sim.pictures.comparison.stores import few_purchases, opens, purchases_moved, storefronts, too_few
from sim.pictures.comparison.words import source_list
from sim.report.words import money
from sim.scenario.schema import Scenario

SURPLUS = {
    "decision": "as they decide",
    "core": "without habit, loyalty and event pull",
    "pathwise": "person by person",
}
"""Kinds of surplus in words; a logit values a new channel's own shock in all of them."""
CANNIBALISED = "cannibalisation of other channels"
ENOUGH = 8
"""Replications from which a ratio of variances means something."""


def sales_by_channel(sales: pd.DataFrame, scenario: Scenario) -> str:
    """GMV by channel and category, mean over replications."""
    replications = sales.replication.nunique()
    table = sales.groupby(["channel", "category"], sort=False).gmv.sum() / replications
    wide = table.unstack().map(lambda v: "" if pd.isna(v) else money(v, scenario.currency.name))
    return wide.to_string()


def rising(row: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
    """A fall as a rise below zero, as all other lines are."""
    return {**row, "difference": -row["difference"], "low": -row["high"], "high": -row["low"]}


def interval(row: Mapping[Hashable, Any]) -> str:
    """Mean and interval of a difference in words."""
    mean, low, high, unit = (row[key] for key in ("difference", "low", "high", "unit"))
    if unit == "people":
        words, ends = f"{mean / 1e6:+.2f} m people", f"  [{low / 1e6:+.2f}, {high / 1e6:+.2f}]"
    elif unit == "share":
        words, ends = f"{mean:+.0%}", f"  [{low:+.0%}, {high:+.0%}]"
    else:
        words = f"{'+' if mean >= 0 else ''}{money(mean, unit)}"
        ends = f"  [{money(low, unit)}, {money(high, unit)}]"
    return words if isnan(low) else words + ends  # one replication has no interval


def shared_draws(ratio: float) -> str:
    """How much variance shared draws save; large factors are not known exactly."""
    if not ratio > 1.5:
        return ""
    return "  (over 1,000 x)" if ratio > 1_000 else f"  ({ratio:,.0f} x)"


def answer(comparison: Comparison, name: str) -> str:
    """What a scenario changes, in a screen."""
    return "\n".join(_answer(comparison, name))


def _answer(comparison: Comparison, name: str) -> Iterator[str]:
    scenario = comparison.scenarios[name]
    summary = comparison.summary()
    whole = (summary.tier == "all") | summary.outcome.isin(upper_only())
    rows = summary[(summary.scenario == name) & whole]
    replications = comparison.outcomes.replication.nunique()
    yield f"\n{scenario.title}, against: {comparison.scenarios[comparison.base].title}"
    yield f"differences in the model; 90 % intervals: noise of {replications} replications, assumptions fixed"
    if replications >= ENOUGH:
        yield "(12 x): with seeds of their own, scenario and baseline would need 12 times as many runs"
    stores = storefronts(comparison, name)
    if reason := too_few(comparison, name):
        yield f"  {reason}"
        return
    for title, outcome, party, period in _questions(scenario, stores, opens(comparison, name)):
        name_of = declared(outcome).name
        found = rows[(rows.outcome == name_of) & (rows.party == party) & (rows.period == period)]
        few = found.difference.isna() & (found.effective_buyers < FEWEST_BUYERS)
        for row in found[found.difference.notna() | few].to_dict("records"):
            if isnan(row["difference"]):
                yield f"  {title:<52} too few buyers ({row['effective_buyers']:,.0f} effective ones)"
                continue
            row = rising(row) if outcome == CANNIBALISED else row
            ratio = row["variance_ratio"]
            saved = shared_draws(ratio) if replications >= ENOUGH else ""
            yield f"  {title:<52} {interval(row)}{saved}"
    yield from _sources(comparison, name, stores)


def _questions(scenario: Scenario, stores: list[str], new: bool) -> Iterator[tuple[str, str, str, str]]:
    plain = new or not stores
    window, after = ("while open", "after closing") if plain else ("while they differ", "afterwards")
    owners = dict.fromkeys(scenario.storefronts[s].owner for s in stores) or scenario.brands
    for store in stores:
        yield f"sales of the storefront {window}", "channel GMV", store, "window"
    for brand in owners:
        title = scenario.brands[brand].title
        yield f"{title}: sales on all channels {window}", "brand GMV", brand, "window"
        yield f"{title}: sales {after}", "brand GMV", brand, "after"
        yield f"{title}: the same by sales of the storefront", "carry-over per hosted GMV", brand, "after"
        yield (
            f"{title}: other channels, by sales of the storefront",
            CANNIBALISED,
            brand,
            "window",
        )
        yield f"{title}: new customers", "customers ever", brand, "horizon"
        yield f"{title}: value, cut at the horizon", "NPV, cut at the horizon", brand, "horizon"
        yield f"{title}: value with run-off", "NPV with run-off", brand, "horizon"
    for host in dict.fromkeys(scenario.storefronts[s].host for s in stores):
        if host is None:
            continue
        title = scenario.platforms[host].title
        yield f"{title}: sales on the platform {window}", "host GMV", host, "window"
        yield f"{title}: the same in tiers with high incomes", "host GMV, upper tiers", host, "window"
        yield f"{title}: value with run-off", "NPV with run-off", host, "horizon"
        yield f"{title}: value with its platforms", "NPV with run-off, with its platforms", host, "horizon"
    for category in {c: None for s in stores for c in scenario.storefronts[s].goods}:
        yield (
            f"all sales of {scenario.categories[category].title or category}",
            "category GMV",
            category,
            "horizon",
        )
    for kind, words in SURPLUS.items():
        yield f"consumers' surplus, {words}", f"consumer surplus, {kind}", "consumers", "horizon"


def _sources(comparison: Comparison, name: str, stores: list[str]) -> Iterator[str]:
    scenario = comparison.scenarios[name]
    if stores and not opens(comparison, name):
        yield from _sources_of_change(comparison, name)
        return
    flows = comparison.flows[comparison.flows.scenario == name]
    roles = role_of_channel(comparison.scenarios[comparison.base], scenario)
    for store in stores:
        spec = scenario.storefronts[store]
        source = source_of_volume(flows, [store], roles)
        groups = source.groupby("group").share.sum().sort_values(ascending=False)
        words = ", ".join(f"{group} {share:.0%}" for group, share in groups.items())
        yield f"  where the sales of {spec.title} come from: {words}"
        bought = purchases_moved(comparison, name, [store])
        yield f"  (direct switching in the same need; {bought:,.0f} simulated purchases)"


def _sources_of_change(comparison: Comparison, name: str) -> Iterator[str]:
    """Where storefronts that the baseline has too gained from, or where what they lost went."""
    about = entry(comparison, name)
    if few_purchases(comparison, name, about.stores):
        return
    came = "what it gained came from" if gains(comparison, about, name) else "what it lost went to"
    yield f"  {about.store_title}, {came}: {source_list(comparison, name, about)}"
    moved = purchases_moved(comparison, name, about.stores)
    yield f"  (direct switching in the same need; {moved:,.0f} simulated purchases)"
