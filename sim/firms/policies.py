"""How a brand decides about a storefront: dated moves from what the firm can see, and nothing else.

A rule is a pure function of the scenario and of an `Observation`, which holds the whole history. A rule
therefore keeps nothing between weeks: it works everything out again, and a run that starts from a saved
state decides as the run that went through.

| rule | where |
|---|---|
| calendar | here |
| threshold | `sim.firms.policy_threshold` |
| review | `sim.firms.policy_review` |
| plugin | `sim.firms.policy_plugin` |
| oracle | not here: whoever holds the market tries the options out in copies of it |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sim.firms.observation import Observation
from sim.firms.policy_plugin import registered
from sim.firms.policy_review import review
from sim.firms.policy_threshold import threshold
from sim.scenario.schema import Act, Policy, Storefront

__all__ = ["RULES", "Observation", "Rule", "calendar", "decide"]

Rule = Callable[[Policy, Storefront, Observation, float], list[Act]]
"""Policy, its storefront, what the firm sees, what capital earns elsewhere (per year)."""


def decide(
    policy: Policy, store: Storefront, observation: Observation, return_elsewhere: float = 0.0
) -> list[Act]:
    """Moves that a policy decides on for the coming week, by date, each with its storefront filled in.

    Args:
        policy: what the scenario says about the rule.
        store: what the scenario says about the storefront it decides about.
        observation: what the brand sees on the Monday of the coming week.
        return_elsewhere: what capital tied in the storefront would earn elsewhere, per year.

    Returns:
        Acts; none from the rule "oracle", which needs the market and is the business of its owner.

    Raises:
        ValueError: if the policy is another brand's, lacks the section of its rule, or its thresholds are
            not apart.
        LookupError: if the storefront is not among the brand's channels, or a plug-in is not registered.
        TypeError: if a plug-in returns something else than acts.
    """
    if policy.brand != observation.brand:
        raise ValueError(f"a policy of brand {policy.brand!r} was shown what {observation.brand!r} sees")
    if policy.storefront not in observation.channels:
        raise LookupError(
            f"brand {observation.brand!r} has no storefront {policy.storefront!r} to decide about"
        )
    if policy.rule == "oracle":
        return []
    acts = RULES[policy.rule](policy, store, observation, return_elsewhere)
    return sorted((_named(act, policy) for act in acts), key=lambda act: act.on)


def calendar(
    policy: Policy, store: Storefront, observation: Observation, return_elsewhere: float
) -> list[Act]:
    """Moves with a date in the coming week, as written; those of one day in their written order."""
    return [act for act in policy.acts.values() if observation.holds(act.on)]


def _named(act: Act, policy: Policy) -> Act:
    """The act with the policy's storefront if it names none."""
    return act if act.storefront is not None else act.model_copy(update={"storefront": policy.storefront})


RULES: Mapping[str, Rule] = MappingProxyType(
    {"calendar": calendar, "threshold": threshold, "review": review, "plugin": registered}
)
"""Rules by the name that a scenario writes."""
