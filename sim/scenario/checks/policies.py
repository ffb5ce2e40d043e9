"""Checks of policies: firms that exist, sections of their rule, acts that are complete, days, levels.

What policies can open and close is checked in :mod:`sim.scenario.checks.openings`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sim.scenario.checks.moves import plugin_fields
from sim.scenario.errors import Finding, Findings, listed, named, sentence
from sim.scenario.schema import Act, Policy, Scenario, Threshold

SECTIONS = {"calendar": "acts", "threshold": "threshold", "review": "review", "oracle": "oracle"}
"""The section of a policy that belongs to a rule (callables: see `plugin_fields`)."""
TERMS = ("goods", "price", "advertising", "commission", "exposure")
"""What a change may change."""
BELONGING = {
    "enter": ("to", "advertising"),
    "extend": ("to", "advertising"),
    "exit": ("categories", "advertising"),
    "switch": ("switch_to", "to"),
    "change": TERMS,
}
"""Fields that have an effect, beside day and storefront, by what an act does."""


def policy_names(s: Scenario) -> Findings:
    """A brand decides about storefronts of its own, and about what they sell."""
    for name, policy in s.policies.items():
        path = f"policies.{name}"
        yield from named(f"{path}.brand", "brand", policy.brand, s.brands)
        for place, storefront in storefronts_named(path, policy):
            yield from named(place, "storefront", storefront, s.storefronts)
            yield from owned(s, place, storefront, policy.brand)
        for key, act in policy.acts.items():
            yield from sold(s, f"{path}.acts.{key}", act, subject(act, policy))


def storefronts_named(path: str, policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield the storefronts that a policy names, with their paths."""
    places = {f"{path}.storefront": policy.storefront}
    for key, act in policy.acts.items():
        places[f"{path}.acts.{key}.storefront"] = act.storefront or ""
        places[f"{path}.acts.{key}.switch_to"] = act.switch_to or ""
    if policy.review is not None:
        places[f"{path}.review.switch_to"] = policy.review.switch_to or ""
    yield from ((place, storefront) for place, storefront in places.items() if storefront)


def owned(s: Scenario, path: str, storefront: str, brand: str) -> Findings:
    """A brand decides about its own storefronts only."""
    store = s.storefronts.get(storefront)
    if store is None or brand not in s.brands or store.owner not in s.brands or store.owner == brand:
        return
    own = [name for name, other in s.storefronts.items() if other.owner == brand]
    expected = listed(own) or f"a storefront of '{brand}'"
    yield Finding(path, sentence(f"'{storefront}' belongs to '{store.owner}'", expected))


def subject(act: Act, policy: Policy) -> str:
    """Return the storefront that an act concerns."""
    return act.storefront or policy.storefront


def sold(s: Scenario, path: str, act: Act, storefront: str) -> Findings:
    """Categories leave where they are sold."""
    goods = s.storefronts[storefront].goods if storefront in s.storefronts else s.categories
    for index, category in enumerate(act.categories):
        place = f"{path}.categories.{index}"
        if category in s.categories and category not in goods:
            yield Finding(place, sentence(f"'{storefront}' does not sell '{category}'", listed(goods)))
        else:
            yield from named(place, "category", category, goods)


def policy_sections(s: Scenario) -> Findings:
    """A policy has the section of its rule, and of no other."""
    for name, policy in s.policies.items():
        path = f"policies.{name}"
        for rule, section in SECTIONS.items():
            given = getattr(policy, section) not in (None, {})
            if rule == policy.rule and not given:
                what = f"rule {rule} without '{section}'"
                yield Finding(f"{path}.{section}", sentence(what, f"{section}: {{...}}"), True)
            if rule != policy.rule and given:
                message = f"'{section}' beside rule {policy.rule}, expected rule: {rule}"
                yield Finding(f"{path}.{section}", message)
        yield from plugin_fields(path, policy.rule, policy.plugin, policy.settings)


def acts(s: Scenario) -> Iterator[tuple[str, Act, Policy]]:
    """Yield the dated moves of all policies with their paths."""
    for name, policy in s.policies.items():
        yield from ((f"policies.{name}.acts.{key}", act, policy) for key, act in policy.acts.items())


def act_fields(s: Scenario) -> Findings:
    """An act says what belongs to what it does, and enough of it."""
    for path, act, policy in acts(s):
        given = act.model_dump(exclude_defaults=True).keys() - {"on", "do", "storefront"}
        for field in [f for f in Act.model_fields if f in given and f not in BELONGING[act.do]]:
            right = [do for do, fields in BELONGING.items() if field in fields]
            yield Finding(f"{path}.{field}", f"'{field}' beside do: {act.do}, expected do: {listed(right)}")
        if act.do == "change" and given.isdisjoint(TERMS):
            yield Finding(f"{path}.do", sentence("change without a change", listed(TERMS)))
        if act.do == "switch" and act.switch_to is None:
            message = sentence("switch without 'switch_to'", "the storefront entered instead")
            yield Finding(f"{path}.switch_to", message)
        if act.do == "switch" and act.switch_to == subject(act, policy):
            yield Finding(f"{path}.switch_to", itself(act.switch_to))


def itself(storefront: str) -> str:
    """Say that a storefront cannot take its own place."""
    return sentence(f"'{storefront}' in the place of itself", "another storefront")


def act_terms(s: Scenario) -> Findings:
    """Commission and exposure belong to a host, commission to an agency contract."""
    for path, act, policy in acts(s):
        store = s.storefronts.get(subject(act, policy))
        for term in ("commission", "exposure"):
            value = getattr(act, term)
            if value is None or store is None or act.do != "change":
                continue
            if store.host is None:
                message = f"{value:g} without a host, expected a storefront on a platform"
                yield Finding(f"{path}.{term}", message)
            elif term == "commission" and store.contract.mode == "wholesale":
                message = f"{value:g} in a wholesale contract, expected mode: agency"
                yield Finding(f"{path}.{term}", message)


def policy_days(s: Scenario) -> Findings:
    """Acts and reviews happen within the horizon; what they open closes after them and within it."""
    for path, act, _ in acts(s):
        yield from days(s, path, act.on, "to", act.to)
    for name, policy in s.policies.items():
        if policy.review is not None:
            path = f"policies.{name}.review"
            yield from days(s, path, policy.review.on, "extend_to", policy.review.extend_to)


def days(s: Scenario, path: str, on: date, field: str, last: date | None) -> Findings:
    """A move lies within the horizon; a last day comes after it, within the horizon as well."""
    if last is not None and last <= on:
        yield Finding(f"{path}.{field}", f"{last} is not after {on}, expected a later day")
        return
    for key, day in (("on", on), (field, last)):
        if day is not None and s.time.start < s.time.end and not s.time.start <= day <= s.time.end:
            expected = f"a day from {s.time.start} to {s.time.end}"
            yield Finding(f"{path}.{key}", sentence(f"{day} is outside the horizon", expected))


def thresholds(s: Scenario) -> Findings:
    """A storefront leaves below the level at which it enters; levels not given must follow from costs."""
    for name, policy in s.policies.items():
        path, rule = f"policies.{name}.threshold", policy.threshold
        if rule is None or policy.rule != "threshold":
            continue
        if rule.enter_above is None or rule.exit_below is None:
            yield from dixit(s, path, policy, rule)
            continue
        for field in {"drift", "volatility"} & rule.model_fields_set:
            message = f"'{field}' beside both levels, expected levels by hand or Dixit's terms"
            yield Finding(f"{path}.{field}", message)
        if rule.exit_below >= rule.enter_above:
            what = f"{rule.exit_below:g} is not below enter_above"
            yield Finding(f"{path}.exit_below", sentence(what, f"a number below {rule.enter_above:g}"))


def dixit(s: Scenario, path: str, policy: Policy, rule: Threshold) -> Findings:
    """Dixit's levels exist if money grows faster than the margin and something is at stake.

    Without costs of opening and running the level of entry is zero; without costs of opening and
    closing both levels are the same.
    """
    rate, store, brand = (
        s.finance.discount_rate,
        s.storefronts.get(policy.storefront),
        s.brands.get(policy.brand),
    )
    both = "enter_above and exit_below"
    if rule.drift >= rate:
        what = f"a drift of {rule.drift:g} a year at a discount rate of {rate:g}"
        yield Finding(f"{path}.drift", sentence(what, f"a drift below the discount rate, or {both}"))
    elif store is not None and brand is not None:
        costs, contract = store.costs, store.contract
        tied = costs.capital * brand.return_elsewhere
        if not any((costs.fixed, contract.annual_fee, tied, costs.setup, contract.deposit)):
            what = f"'{policy.storefront}' costs nothing to open and to run, so no levels follow"
            yield Finding(path, sentence(what, f"costs of the storefront, or {both}"))
        elif rule.enter_above is rule.exit_below is None and not costs.setup + costs.exit:
            what = f"'{policy.storefront}' costs nothing to open and to close, so both levels are the same"
            yield Finding(path, sentence(what, f"costs.setup or costs.exit above 0, or {both}"))


def reviews(s: Scenario) -> Findings:
    """Another storefront takes over if the cost target alone is missed: it must be there and another one."""
    for name, policy in s.policies.items():
        review, path = policy.review, f"policies.{name}.review.switch_to"
        if review is None or review.switch_to is None:
            continue
        if review.switch_to == policy.storefront:
            yield Finding(path, itself(review.switch_to))
        elif review.cost_per_customer is None:
            what = f"'{review.switch_to}' is entered only if a cost target is missed"
            yield Finding(path, sentence(what, "a cost_per_customer"))


def policies_apart(s: Scenario) -> Findings:
    """One policy decides about a storefront."""
    first: dict[str, str] = {}
    for name, policy in s.policies.items():
        for path, storefront in decided(f"policies.{name}", policy):
            store = s.storefronts.get(storefront)
            if store is None or store.owner != policy.brand:
                continue
            other = first.setdefault(storefront, name)
            if other != name:
                what = f"policy '{other}' decides about '{storefront}' already"
                yield Finding(path, sentence(what, "one policy for a storefront"))


def decided(path: str, policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield the storefronts about which a policy decides, with their paths; not those to switch to."""
    named_here = storefronts_named(path, policy)
    yield from ((place, name) for place, name in named_here if not place.endswith(".switch_to"))
