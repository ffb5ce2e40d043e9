"""A short market in which everything happens that a state must carry, and how two markets are compared."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sim.consumers.demand import Record
from sim.firms.merchants import MerchantGroup
from sim.firms.platform import Platform
from sim.firms.storefront import Storefront
from sim.market import CityTier, Market
from sim.market.checkpoint.snapshot import State, take
from sim.scenario import Scenario
from tests.markets import autumn, market

CATEGORIES = ("everyday", "fashion", "electronics", "imported")
POPUP = "storefronts.amazon_on_pinduoduo"
SHOWN = (f"{POPUP}.exposure=1", f"{POPUP}.appeal=0.5")
SELLERS = "{potential: 20000, active: 0.5, cost_spread: 0.6, adjustment: 0.5}"
EVENTFUL = (
    *SHOWN,
    "time.end=2020-01-12", "finance.runoff_weeks=2",
    "platforms.pinduoduo.teams={size: 3, invites: 0.3, access_gained: 0.4, reconsider: 0.4, "
    "strangers: 0.7, full_density: 0.0001}",
    *(f"platforms.pinduoduo.assortments.{c}.team_discount=0.2" for c in CATEGORIES),
    f"{POPUP}.price.imported.team_discount=0.15",
    *(f"platforms.{p}.assortments.imported.merchants={SELLERS}" for p in ("pinduoduo", "jd")),
    "listing_costs={pinduoduo: {imported: 900}, jd: {imported: 4000}}",
    "subsidies.cuts={platform: pinduoduo, depth: {imported: 0.1, fashion: 0.05}, rounds: {all: "
    "{from: 2019-11-11, to: 2019-12-29, budget: 1.5e9}}}",
    "reactions.cheaper={platform: alibaba, brand: amazon, rule: match, trigger: 0.000001, every: 2, lag: 2, "
    "weeks: 3, strength: 0.9}",
    "reactions.binding={platform: jd, brand: amazon, rule: exclusivity, trigger: 0.000001, every: 4, lag: 1}",
    "reactions.anew={platform: kaola, brand: amazon, rule: bertrand, trigger: 0.000001, every: 4, lag: 0, "
    "weeks: 4}",
    "brands.amazon.advertising={spend: 2e6, effect: 0.02, carry_over: 0.9}",
    "policies.terms={brand: amazon, rule: calendar, storefront: amazon_on_pinduoduo, acts: {"
    "better: {on: 2019-12-02, do: change, price: 0.9, goods: 2, commission: 0.02, exposure: 0.7, "
    "advertising: 9e6}, longer: {on: 2019-12-23, do: extend, to: 2020-01-05}}}",
    "storefronts.amazon_on_pinduoduo.contract={deposit: 3e6, guarantee: 9e9, commission: 0.03}",
)  # fmt: skip
"""Teams, merchants, a subsidy, reactions, a policy, a deposit; ten weeks, two of run-off."""
WEEKS = 12
EVERYTHING = Record(payments=True, winners=True)
AGENTS = (Platform, Storefront, CityTier, MerchantGroup)


def eventful(*sets: str) -> Scenario:
    """The pop-up of 2019 with all that firms and people can do."""
    return autumn("popup_on_pinduoduo_2019", *EVENTFUL, *sets)


def opened(scenario: Scenario, consumers: int = 2_000, **settings: object) -> Market:
    """A market that records everything, with run-off."""
    return market(scenario, consumers, **{"record": EVERYTHING, "run_off": True, **settings})


def run(m: Market, to: int) -> Market:
    """Run up to a week; returns the market."""
    while m.week < to:
        m.step()
    return m


def tables(m: Market) -> dict[str, pd.DataFrame]:
    """All tables of a market, also Mesa's."""
    found = {
        "sales": m.sales_table(), "surplus": m.surplus_table(), "people": m.people_table(),
        "teams": m.teams_table(), "merchants": m.merchants_table(), "books": m.ledger.table(),
        "model": m.datacollector.get_model_vars_dataframe(),
    }  # fmt: skip
    return found | {a.__name__: m.datacollector.get_agenttype_vars_dataframe(a) for a in AGENTS}


def unlike(a: Market, b: Market) -> list[str]:
    """What differs between two markets in any bit: tables, columns, firms and the rest of a state."""
    one, two = tables(a), tables(b)
    different = [f"table {name}" for name in one if not one[name].equals(two[name])]
    return different + list(different_parts(take(a), take(b)))


def different_parts(a: State, b: State) -> Iterator[str]:
    """Names of the parts of two states that differ in any bit."""
    yield from (f"plain {name}" for name in a.plain if a.plain[name] != b.plain[name])
    for name, array in a.arrays.items():
        other = b.arrays[name]
        if array.dtype != other.dtype or array.shape != other.shape or array.tobytes() != other.tobytes():
            yield f"array {name}"
    yield from (f"about {name}" for name in a.about if a.about[name] != b.about[name] and name != "block")


def spoil(m: Market) -> None:
    """Fill everything that lives within a week only with rubbish."""
    rng = np.random.default_rng(1)
    demand, stage = m.demand, m.demand.team_stage
    for diary in demand.diaries.values():
        diary.codes[...] = rng.integers(-2, 50, diary.codes.shape)
        diary.payments[...] = 17.0
    for words in (demand.bought, demand.before, stage.then):
        words[...] = rng.integers(0, 2**63, words.shape, np.uint64)
    stage.leads[...] = rng.integers(-1, 50, stage.leads.shape)
    for flags in (stage.joiners, stage.again):
        flags[...] = rng.integers(0, 2, flags.shape)
