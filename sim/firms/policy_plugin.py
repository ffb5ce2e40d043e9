"""A rule of a user's own: a registered callable that gets what the firm sees and returns moves.

    def leave_in_summer(observation: Observation, settings: Mapping[str, float]) -> Iterable[Act]:
        if observation.today.month == settings["month"]:
            yield Act(on=observation.today, do="exit")

It is called every Monday. It must not keep anything between calls, because the observation holds the whole
history, and it can change nothing: mappings are read-only. How to register it: `sim.firms.plugins`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from sim.firms import plugins
from sim.firms.observation import Observation
from sim.scenario.schema import Act, Policy, Storefront

GROUP = "sim.policies"
"""Group of entry points in which policies are registered."""


def registered(
    policy: Policy, store: Storefront, observation: Observation, return_elsewhere: float
) -> list[Act]:
    """What the registered callable decides, checked.

    Raises:
        ValueError: if no plug-in is named, or an act lies in the past.
        LookupError: if the plug-in is not registered, or an act concerns somebody else's storefront.
        TypeError: if it returns something else than acts.
        Exception: whatever the plug-in raises, with a note that names it.
    """
    name = policy.plugin
    if name is None:
        raise ValueError(f"the policy on {policy.storefront!r} has rule plugin, but names no plug-in")
    rule = plugins.find(GROUP, name)
    try:
        returned = rule(sealed(observation), MappingProxyType(dict(policy.settings)))
        acts = list(returned) if isinstance(returned, Iterable) else None
    except Exception as error:
        error.add_note(f"raised by policy plug-in {name!r} on {observation.today}")
        raise
    if acts is None:
        raise TypeError(
            f"policy plug-in {name!r} returned {returned!r}, expected acts (an empty list for none)"
        )
    for act in acts:
        _check(act, name, observation)
    return acts


def sealed(observation: Observation) -> Observation:
    """The same with read-only mappings."""
    channels = {
        name: replace(channel, prices=MappingProxyType(dict(channel.prices)))
        for name, channel in observation.channels.items()
    }
    hosts = MappingProxyType(dict(observation.hosts))
    return replace(observation, channels=MappingProxyType(channels), hosts=hosts)


def _check(act: object, name: str, observation: Observation) -> None:
    """Refuse what is no move of this brand from today on."""
    if not isinstance(act, Act):
        raise TypeError(f"policy plug-in {name!r} returned {act!r} among its acts, expected an Act")
    if act.on < observation.today:
        raise ValueError(f"policy plug-in {name!r} acts on {act.on}, before today, {observation.today}")
    for store in (act.storefront, act.switch_to):
        if store is not None and store not in observation.channels:
            known = f"{observation.brand!r}; it has: {', '.join(observation.channels)}"
            raise LookupError(f"policy plug-in {name!r} acts on {store!r}, no storefront of {known}")
