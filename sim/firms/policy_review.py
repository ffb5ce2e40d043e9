"""A review on a day: extend if the targets are met, else leave or change the host."""

from __future__ import annotations

from datetime import date, timedelta
from math import inf
from typing import Literal, NamedTuple

from sim.firms.observation import Observation, ObservedChannel
from sim.scenario.schema import Act, Policy, Review, Storefront


class Figures(NamedTuple):
    """What a review looks at."""

    sales: float
    """Mean sales of the storefront, money a week."""
    cost_per_customer: float
    """Advertising of the brand and losses of the storefront for a new customer of the brand, money."""
    repeat: float
    """Share of the brand's buyers, added up over weeks, who had bought from it before."""


def review(policy: Policy, store: Storefront, observation: Observation, return_elsewhere: float) -> list[Act]:
    """The outcome of the review in the week that holds its day; a closed storefront is not reviewed.

    Raises:
        ValueError: if the section `review` is missing.
    """
    spec = policy.review
    if spec is None:
        raise ValueError(f"the policy on {policy.storefront!r} has rule review, but no section review")
    channel = observation.channels[policy.storefront]
    if not observation.holds(spec.on) or not channel.is_open:
        return []
    found = figures(channel, observation, spec.weeks)
    return [_act(outcome(*targets_met(spec, found), spec.switch_to is not None), spec, channel)]


def figures(channel: ObservedChannel, observation: Observation, weeks: int) -> Figures:
    """Sales and customers of the last open weeks (at most `weeks`).

    Without a new customer the cost of one is infinite; without a buyer nobody has come back.
    New customers and advertising are the brand's: a firm sees who is new, not what brought them.
    """
    counted = channel.last_open(weeks)
    if not counted:
        return Figures(0.0, inf, 0.0)
    contribution = sum(channel.contribution[week] for week in counted)
    spent = sum(observation.advertising[week] for week in counted) + max(0.0, -contribution)
    new = sum(observation.new_customers[week] for week in counted)
    buyers = sum(observation.buyers[week] for week in counted)
    return Figures(
        sales=sum(channel.sales[week] for week in counted) / len(counted),
        cost_per_customer=spent / new if new > 0.0 else inf,
        repeat=1.0 - new / buyers if buyers > 0.0 else 0.0,
    )


def targets_met(spec: Review, found: Figures) -> tuple[bool, bool, bool]:
    """Whether sales, cost for a new customer and repeat share are as wanted; a target not given is met."""
    return (
        found.sales >= spec.sales,
        spec.cost_per_customer is None or found.cost_per_customer <= spec.cost_per_customer,
        found.repeat >= spec.repeat,
    )


def outcome(sales: bool, cost: bool, repeat: bool, other_host: bool) -> Literal["extend", "switch", "exit"]:
    """What follows from the targets met.

    | sales | cost | repeat | other host | outcome |
    |-------|------|--------|------------|---------|
    | yes   | yes  | yes    | any        | extend  |
    | yes   | no   | any    | yes        | switch  |
    | else  |      |        |            | exit    |
    """
    if sales and cost and repeat:
        return "extend"
    return "switch" if sales and not cost and other_host else "exit"


def _act(do: Literal["extend", "switch", "exit"], spec: Review, channel: ObservedChannel) -> Act:
    """The outcome as a move; whoever enters instead gets the term that an extension would have had."""
    if do == "exit":
        return Act(on=_first_closed_day(spec, channel), do="exit")
    return Act(on=spec.on, do=do, to=spec.extend_to, switch_to=spec.switch_to if do == "switch" else None)


def _first_closed_day(spec: Review, channel: ObservedChannel) -> date:
    """The day after the planned last one (the term runs out); without one the day of the review."""
    return spec.on if channel.closes is None else channel.closes + timedelta(days=1)
