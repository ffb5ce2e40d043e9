"""Policies that look ahead with the true model: an upper bound of what a rule can earn, never a forecast.

A firm does not own the true model nor next year's draws. The oracle does: on a copy of the market it
tries each option for some weeks on the same draws and takes the one that earns most. The gap between it and
a rule that sees only what a firm sees is what knowledge would be worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sim.engine.loop import advance
from sim.ledger import present_value
from sim.market import Market
from sim.market.checkpoint.snapshot import State, take
from sim.scenario.schema import Act, Oracle, Policy, Scenario


def oracles(scenario: Scenario) -> dict[str, Policy]:
    """Policies of a scenario that look ahead, by name."""
    return {name: policy for name, policy in scenario.policies.items() if policy.rule == "oracle"}


def with_oracle(market: Market) -> Market:
    """The market with its oracles at work; as it is if it has none."""
    if oracles(market.spec):
        market.phases = market.phases.replace("firms decide", decide)
    return market


def decide(market: Market) -> None:
    """Oracles decide on copies of the market as the week finds it; then everybody else does."""
    for name, policy in oracles(market.spec).items():
        look = policy.oracle or Oracle()
        if 0 < market.week < market.horizon and market.week % look.every == 0:
            act = best(market, policy, look.ahead)
            if act is not None:
                market.supply.do(act)
                market.supply.acts.append((market.week, name, act))
    if market.week < market.horizon:
        market.supply.decide(market.week, market.yearly_buyers())


def options(market: Market, policy: Policy) -> Iterator[Act | None]:
    """What can be done: nothing first, then leave if open, or enter or stay to the end of the horizon."""
    yield None
    store, today = market.storefronts[policy.storefront], market.calendar.monday(market.week)
    last: date | None = market.calendar.end if store.spec.host is not None else None
    if store.open_days(market.calendar, market.week)[0]:
        yield Act(on=today, do="exit", storefront=policy.storefront)
        if store.plan.last is not None and store.plan.last != last:
            yield Act(on=today, do="extend", storefront=policy.storefront, to=last)
    else:
        yield Act(on=today, do="enter", storefront=policy.storefront, to=last)


def best(market: Market, policy: Policy, ahead: int) -> Act | None:
    """The option that earns the brand most in the weeks ahead; none if doing nothing is as good."""
    state, without = take(market), _without(market.spec)
    values = {k: value(state, without, policy, act, ahead) for k, act in enumerate(options(market, policy))}
    winner = max(values, key=lambda k: (values[k], -k))
    return list(options(market, policy))[winner]


def _without(scenario: Scenario) -> Scenario:
    """The scenario without its oracles, so that no copy looks ahead itself."""
    kept = {n: p for n, p in scenario.policies.items() if p.rule != "oracle"}
    return scenario.model_copy(update={"policies": kept})


def value(state: State, scenario: Scenario, policy: Policy, act: Act | None, ahead: int) -> float:
    """Present value of the brand's flows in the weeks ahead if it acts now, in money of that week."""
    with state.market(scenario) as copy:
        if act is not None:
            copy.supply.do(act)
        begin, end = copy.week, min(copy.week + ahead, copy.last_week)
        advance(copy, end)
        flows = copy.ledger.flows(policy.brand, end)[begin:]
        return present_value(flows, scenario.finance.discount_rate)
