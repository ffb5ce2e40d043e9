"""Which storefronts a comparison is about, and whether enough purchases stand behind its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sim.experiments.compare import Comparison
from sim.outcomes.table import FEWEST_BUYERS


def own_storefronts(comparison: Comparison, name: str) -> list[str]:
    """Hosted storefronts that the scenario has and the baseline has not."""
    base, other = comparison.scenarios[comparison.base], comparison.scenarios[name]
    return [
        s for s, store in other.storefronts.items() if s not in base.storefronts and store.host is not None
    ]


def hosted_buyers(comparison: Comparison, name: str, stores: Sequence[str] = ()) -> float:
    """Simulated purchases at the new storefronts (or at some of them), all replications together."""
    flows = comparison.flows[comparison.flows.scenario == name]
    wanted = list(stores) or own_storefronts(comparison, name)
    return float(flows[flows.destination.isin(wanted)].simulated_buyers.sum())


def value_outcome(comparison: Comparison) -> str:
    """The outcome that tells a party's value: with run-off if it was run."""
    found = set(comparison.outcomes.outcome)
    return "NPV with run-off" if "NPV with run-off" in found else "NPV, cut at the horizon"


def too_few(comparison: Comparison, name: str) -> str:
    """Why the numbers of a scenario are not shown, and what to do; empty if they are."""
    for store in own_storefronts(comparison, name):
        found = hosted_buyers(comparison, name, [store])
        if found < FEWEST_BUYERS:
            title = comparison.scenarios[name].storefronts[store].title
            return (
                f"not shown: the numbers would rest on {found:,.0f} simulated purchases at {title} in all "
                f"replications; at least {FEWEST_BUYERS} are needed. Simulate more consumers or replications"
            )
    return ""
