"""What a schema cannot say: names that must exist, days that must fit, terms that must agree.

Every check takes a scenario and yields findings. ``CHECKS`` and ``SOLVED`` are the whole list;
to add a rule, write a function and add it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.scenario.checks import days, merchants, moves, names, openings, policies, terms
from sim.scenario.errors import Findings, Problem, problem
from sim.scenario.reading.nodes import Node, place
from sim.scenario.schema import Scenario

CHECKS: tuple[Callable[[Scenario], Findings], ...] = (
    days.horizon,
    days.first_week,
    days.window_order,
    days.inside_horizon,
    days.promotions_inside_window,
    names.storefront_parties,
    names.storefront_categories,
    names.assortment_categories,
    names.event_names,
    names.platform_owners,
    names.intercept_names,
    names.channel_names,
    names.firm_names,
    names.appeals,
    names.appeal_cycles,
    names.tiers_named,
    days.dated_filled,
    terms.own_sites,
    terms.own_site_terms,
    terms.hosted_openings,
    terms.contract_modes,
    terms.wholesale_terms,
    terms.similarities,
    terms.exclusive_contracts,
    terms.sizes,
    terms.firm_colours,
    terms.team_discounts,
    terms.tied_capital,
    terms.loyal_customers,
    merchants.marketplaces,
    merchants.merchant_margins,
    merchants.exclusivity,
    merchants.listing_cost_names,
    moves.subsidy_names,
    moves.subsidy_contents,
    moves.reaction_names,
    moves.reaction_plugins,
    moves.reaction_bounds,
    policies.policy_names,
    policies.policy_sections,
    policies.act_fields,
    policies.act_terms,
    policies.policy_days,
    policies.thresholds,
    policies.reviews,
    policies.policies_apart,
    openings.openings,
    openings.moves_with_effect,
)
"""Checks of meaning, in the order in which a reader would go through a file."""
SOLVED = (names.levels, merchants.listing_costs)
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
