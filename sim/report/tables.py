"""Tables in words for the terminal."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from sim.experiments.compare import FEWEST_BUYERS, Comparison
from sim.experiments.flows import source_of_volume
from sim.report.words import money
from sim.scenario.schema import Scenario


def sales_by_channel(sales: pd.DataFrame, scenario: Scenario) -> str:
    """GMV by channel and category, mean over replications."""
    replications = sales.replication.nunique()
    table = sales.groupby(["channel", "category"], sort=False).gmv.sum() / replications
    wide = table.unstack().map(lambda v: "" if pd.isna(v) else money(v, scenario.currency.name))
    return wide.to_string()


def interval(row: Mapping[Hashable, Any]) -> str:
    """Mean and interval of a difference in words."""
    mean, low, high, unit = (row[key] for key in ("difference", "low", "high", "unit"))
    if unit == "people":
        return f"{mean / 1e6:+.2f} m people  [{low / 1e6:+.2f}, {high / 1e6:+.2f}]"
    return f"{'+' if mean >= 0 else ''}{money(mean, unit)}  [{money(low, unit)}, {money(high, unit)}]"


def own_storefronts(comparison: Comparison, name: str) -> list[str]:
    """Hosted storefronts that the scenario has and the baseline has not."""
    base, other = comparison.scenarios[comparison.base], comparison.scenarios[name]
    return [
        s for s, store in other.storefronts.items() if s not in base.storefronts and store.host is not None
    ]


def hosted_buyers(comparison: Comparison, name: str) -> float:
    """Simulated purchases at the new storefronts per replication."""
    flows = comparison.flows[comparison.flows.scenario == name]
    hosted = flows[flows.destination.isin(own_storefronts(comparison, name))]
    return float(hosted.simulated_buyers.sum() / flows.replication.nunique())


def answer(comparison: Comparison, name: str) -> str:
    """What a scenario changes, in a screen."""
    return "\n".join(_answer(comparison, name))


def _answer(comparison: Comparison, name: str) -> Iterator[str]:
    scenario = comparison.scenarios[name]
    summary = comparison.summary()
    rows = summary[(summary.scenario == name) & (summary.tier == "all")]
    replications = comparison.outcomes.replication.nunique()
    yield f"\n{scenario.title}, against: {comparison.scenarios[comparison.base].title}"
    yield f"differences with 90 % intervals over {replications} replications"
    yield "[n x]: variance against independent seeds"
    stores = own_storefronts(comparison, name)
    if stores and hosted_buyers(comparison, name) < FEWEST_BUYERS:
        yield f"fewer than {FEWEST_BUYERS} simulated purchases there: use more consumers; nothing is shown"
        return
    for title, outcome, party, period in _questions(scenario, stores):
        found = rows[(rows.outcome == outcome) & (rows.party == party) & (rows.period == period)]
        for row in found.to_dict("records"):
            ratio = row["variance_ratio"]
            saved = f"  [{ratio:,.0f} x]" if 1.5 < ratio < 1e12 else ""
            yield f"  {title:<52} {interval(row)}{saved}"
    yield from _sources(comparison, name, stores)


def _questions(scenario: Scenario, stores: list[str]) -> Iterator[tuple[str, str, str, str]]:
    owners = dict.fromkeys(scenario.storefronts[s].owner for s in stores) or scenario.brands
    for store in stores:
        yield "sales of the storefront while open", "channel GMV", store, "window"
    for brand in owners:
        title = scenario.brands[brand].title
        yield f"{title}: sales on all channels while open", "brand GMV", brand, "window"
        yield f"{title}: sales after closing", "brand GMV", brand, "after"
        yield f"{title}: new customers", "customers ever", brand, "horizon"
        yield f"{title}: value, cut at the horizon", "NPV, cut at the horizon", brand, "horizon"
        yield f"{title}: value with run-off", "NPV with run-off", brand, "horizon"
    for host in dict.fromkeys(str(scenario.storefronts[s].host) for s in stores):
        title = scenario.platforms[host].title
        yield f"{title}: sales on the platform while open", "host GMV", host, "window"
        yield f"{title}: value with run-off", "NPV with run-off", host, "horizon"
    for category in {c: None for s in stores for c in scenario.storefronts[s].goods}:
        yield (
            f"all sales of {scenario.categories[category].title or category}",
            "category GMV",
            category,
            "horizon",
        )
    for kind in ("decision", "core", "pathwise"):
        yield f"consumer surplus, {kind}", f"consumer surplus, {kind}", "consumers", "horizon"


def _sources(comparison: Comparison, name: str, stores: list[str]) -> Iterator[str]:
    scenario = comparison.scenarios[name]
    flows = comparison.flows[comparison.flows.scenario == name]
    for store in stores:
        spec = scenario.storefronts[store]
        family = [
            s for s, other in scenario.storefronts.items() if other.owner == spec.owner and s not in stores
        ]
        source = source_of_volume(flows, [store], family, str(spec.host))
        groups = source.groupby("group").share.sum().sort_values(ascending=False)
        words = ", ".join(f"{group} {share:.0%}" for group, share in groups.items())
        yield f"  where the sales of {spec.title} come from: {words}"
        yield f"  (simulated purchases there: {hosted_buyers(comparison, name):,.0f} a replication)"
