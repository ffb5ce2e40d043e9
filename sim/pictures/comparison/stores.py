"""Which storefronts a comparison is about, and whether enough purchases stand behind its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sim.outcomes.comparison import Comparison
from sim.outcomes.hosted import moved
from sim.outcomes.parties import differing, parties
from sim.outcomes.rows import FEWEST_BUYERS


def storefronts(comparison: Comparison, name: str) -> list[str]:
    """Storefronts in question that the scenario has, of one brand; see `sim.outcomes.parties.in_question`."""
    base, other = comparison.scenarios[comparison.base], comparison.scenarios[name]
    return [store for store in parties(base, other).storefronts if store in other.storefronts]


def opens(comparison: Comparison, name: str) -> bool:
    """Whether a scenario has storefronts in question and the baseline has none of them."""
    base, found = comparison.scenarios[comparison.base], storefronts(comparison, name)
    return bool(found) and not set(found) & set(base.storefronts)


def purchases_moved(comparison: Comparison, name: str, stores: Sequence[str]) -> float:
    """Simulated purchases made at some storefronts in one of the two scenarios only, all replications."""
    return moved(comparison.flows[comparison.flows.scenario == name], stores)


def value_outcome(comparison: Comparison) -> str:
    """The outcome that tells a party's value: with run-off if it was run."""
    found = set(comparison.outcomes.outcome)
    return "NPV with run-off" if "NPV with run-off" in found else "NPV, cut at the horizon"


def too_few(comparison: Comparison, name: str) -> str:
    """Why the numbers of a scenario are not shown, and what to do; empty if they are.

    Where no storefront is written or decided differently (a platform behaves differently), numbers do not
    rest on purchases at storefronts.
    """
    written = differing(comparison.scenarios[comparison.base], comparison.scenarios[name])
    return few_purchases(comparison, name, [s for s in storefronts(comparison, name) if s in written])


def few_purchases(comparison: Comparison, name: str, stores: Sequence[str]) -> str:
    """Why numbers about some storefronts are not shown, and what to do; empty if they are."""
    base, other = comparison.scenarios[comparison.base], comparison.scenarios[name]
    for store in stores:
        found, title = purchases_moved(comparison, name, [store]), other.storefronts[store].title
        if not found and store in base.storefronts:
            return f"not shown: every purchase at {title} is the same in both scenarios"
        if found < FEWEST_BUYERS:
            to = "" if store not in base.storefronts else "moved to or from "
            return (
                f"not shown: the numbers would rest on {found:,.0f} simulated purchases {to or 'at '}{title} "
                f"in all replications; at least {FEWEST_BUYERS} are needed. Simulate more consumers or "
                "replications"
            )
    return ""
