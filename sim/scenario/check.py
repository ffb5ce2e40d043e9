"""What a schema cannot say: names that must exist, days that must fit, terms that must agree.

Every check takes a scenario and yields findings. ``CHECKS`` and ``SOLVED`` are the whole list;
to add a rule, write a function and add it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.scenario import (
    check_days,
    check_merchants,
    check_moves,
    check_names,
    check_openings,
    check_policies,
    check_terms,
)
from sim.scenario.errors import Findings, Problem, problem
from sim.scenario.nodes import Node, place
from sim.scenario.schema import Scenario

CHECKS: tuple[Callable[[Scenario], Findings], ...] = (
    check_days.horizon,
    check_days.first_week,
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
    check_terms.team_discounts,
    check_terms.tied_capital,
    check_terms.loyal_customers,
    check_merchants.marketplaces,
    check_merchants.merchant_margins,
    check_merchants.exclusivity,
    check_merchants.listing_cost_names,
    check_moves.subsidy_names,
    check_moves.subsidy_contents,
    check_moves.reaction_names,
    check_moves.reaction_plugins,
    check_moves.reaction_bounds,
    check_policies.policy_names,
    check_policies.policy_sections,
    check_policies.act_fields,
    check_policies.act_terms,
    check_policies.policy_days,
    check_policies.thresholds,
    check_policies.reviews,
    check_policies.policies_apart,
    check_openings.openings,
    check_openings.moves_with_effect,
)
"""Checks of meaning, in the order in which a reader would go through a file."""
SOLVED = (check_names.levels, check_merchants.listing_costs)
"""Checks that solved numbers are there; whoever solves them comes before that."""


def check(scenario: Scenario, root: Node, solved: bool = True) -> Iterator[Problem]:
    """Yield the problems of meaning of a scenario, with the places of its tree.

    Args:
        scenario: the scenario.
        root: the tree from which it was read.
        solved: whether its intercepts and listing costs must be there.
    """
    yield from placed(findings(scenario, solved), root)


def placed(found: Findings, root: Node) -> Iterator[Problem]:
    """Turn findings into problems with the places of a tree."""
    for path, message, at_key in found:
        yield problem(place(root, path.split("."), at_key), path, message)


def findings(scenario: Scenario, solved: bool = True) -> Findings:
    """Yield what all checks find."""
    for one in (*CHECKS, *(SOLVED if solved else ())):
        yield from one(scenario)
