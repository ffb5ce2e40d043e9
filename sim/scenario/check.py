"""What a schema cannot say: names that must exist, days that must fit, terms that must agree.

Every check takes a scenario and yields findings. ``CHECKS`` is the whole list; to add a rule,
write a function and add it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.scenario import check_days, check_names, check_terms
from sim.scenario.errors import Problem, problem
from sim.scenario.findings import Findings
from sim.scenario.nodes import Node, place
from sim.scenario.schema import Scenario

CHECKS: tuple[Callable[[Scenario], Findings], ...] = (
    check_days.horizon,
    check_days.window_order,
    check_days.inside_horizon,
    check_days.promotions_inside_window,
    check_names.storefront_parties,
    check_names.storefront_categories,
    check_names.assortment_categories,
    check_names.event_names,
    check_names.platform_owners,
    check_names.intercept_names,
    check_names.channel_names,
    check_names.firm_names,
    check_names.levels,
    check_names.appeals,
    check_names.appeal_cycles,
    check_names.tiers_named,
    check_days.dated_filled,
    check_terms.own_sites,
    check_terms.own_site_terms,
    check_terms.hosted_openings,
    check_terms.contract_modes,
    check_terms.wholesale_terms,
    check_terms.similarities,
    check_terms.exclusive_contracts,
    check_terms.sizes,
    check_terms.firm_colours,
)
"""All checks of meaning, in the order in which a reader would go through a file."""


def check(scenario: Scenario, root: Node) -> Iterator[Problem]:
    """Yield the problems of meaning of a scenario, with the places of its tree."""
    for path, message, at_key in findings(scenario):
        yield problem(place(root, path.split("."), at_key), path, message)


def findings(scenario: Scenario) -> Findings:
    """Yield what all checks find."""
    for one in CHECKS:
        yield from one(scenario)
