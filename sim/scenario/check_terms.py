"""Checks of terms and sizes: contracts that agree with the market, no more firms than fit."""

from __future__ import annotations

from collections.abc import Sized
from itertools import combinations

from sim.scenario.check_days import opening
from sim.scenario.errors import sentence
from sim.scenario.findings import Finding, Findings
from sim.scenario.schema import Scenario, Storefront

LIMITS = {"platforms": 16, "brands": 8, "storefronts": 20}


def own_sites(s: Scenario) -> Findings:
    """Only a host's visitors can be shown a storefront."""
    for name, store in s.storefronts.items():
        if store.host is None and store.exposure > 0:
            message = sentence(f"exposure {store.exposure} without a host", "0, or a host")
            yield Finding(f"storefronts.{name}.exposure", message)


def own_site_terms(s: Scenario) -> Findings:
    """An own site has no contract: nobody is there to pay or be paid."""
    for name, store in s.storefronts.items():
        written = store.contract.model_dump(exclude_defaults=True)
        for term in written if store.host is None else ():
            message = sentence(f"{written[term]} without a host", "no contract on an own site, or a host")
            yield Finding(f"storefronts.{name}.contract.{term}", message)


def hosted_openings(s: Scenario) -> Findings:
    """A storefront on a host has a first day: set-up and deposit fall on it, nobody knows it before."""
    for name, store in s.storefronts.items():
        if store.host is not None and store.open.from_ is None:
            message = sentence(f"no first day on '{store.host}'", "open: {from: ...}")
            yield Finding(f"storefronts.{name}.host", message)


def contract_modes(s: Scenario) -> Findings:
    """The wholesale price belongs to wholesale contracts, and to no others."""
    for name, store in s.storefronts.items():
        terms = store.contract
        path = f"storefronts.{name}.contract.wholesale_price"
        if terms.mode == "wholesale" and terms.wholesale_price <= 0:
            yield Finding(path, sentence("a wholesale contract without a price", "a wholesale_price above 0"))
        if terms.mode == "agency" and terms.wholesale_price > 0:
            yield Finding(path, "a wholesale price in an agency contract, expected 0 or mode: wholesale")


def wholesale_terms(s: Scenario) -> Findings:
    """Commission, guarantee and discount sharing belong to agency contracts."""
    for name, store in s.storefronts.items():
        for term in ("commission", "guarantee", "discounts_paid_by_host"):
            value = getattr(store.contract, term)
            if store.contract.mode == "wholesale" and value > 0:
                message = f"{value:g} in a wholesale contract, expected 0 or mode: agency"
                yield Finding(f"storefronts.{name}.contract.{term}", message)


def similarities(s: Scenario) -> Findings:
    """The shared factor of a nest is drawn exactly for 0.1 to 0.95, and not needed at 1."""
    groups = {f"platforms.{n}": p.similarity for n, p in s.platforms.items()}
    groups |= {f"brands.{n}": b.similarity for n, b in s.brands.items()}
    for path, value in groups.items():
        if 0.95 < value < 1:
            yield Finding(f"{path}.similarity", f"{value:g}, expected 0.1 to 0.95, or exactly 1")


def exclusive_contracts(s: Scenario) -> Findings:
    """An exclusive contract allows no storefront of the brand on another host meanwhile."""
    for first, second in combinations(s.storefronts, 2):
        if clash(s.storefronts[first], s.storefronts[second]):
            bound = first if s.storefronts[first].contract.exclusive else second
            other = second if bound == first else first
            message = f"exclusive, but '{other}' is open on '{s.storefronts[other].host}' at the same time"
            yield Finding(f"storefronts.{bound}.contract.exclusive", message)


def clash(a: Storefront, b: Storefront) -> bool:
    """Tell whether two storefronts break an exclusive contract of one of them."""
    hosts = None not in (a.host, b.host) and a.host != b.host
    exclusive = a.contract.exclusive or b.contract.exclusive
    return a.owner == b.owner and hosts and exclusive and overlap(a, b)


def overlap(a: Storefront, b: Storefront) -> bool:
    """Tell whether two storefronts are open on the same day."""
    one, two = opening(a), opening(b)
    return one.first <= two.last and two.first <= one.last


def sizes(s: Scenario) -> Findings:
    """A market has people, goods and platforms, and no more firms than the kernels allow."""
    groups: dict[str, Sized] = {name: getattr(s, name) for name in ("tiers", "categories", *LIMITS)}
    for name, group in groups.items():
        if name in ("tiers", "categories", "platforms") and not group:
            yield Finding(name, f"no {name}, expected at least one")
        if len(group) > LIMITS.get(name, len(group)):
            yield Finding(name, f"{len(group)} {name}, expected at most {LIMITS[name]}")


def firm_colours(s: Scenario) -> Findings:
    """Colours are written #rrggbb."""
    colours = [(f"platforms.{name}", platform.colour) for name, platform in s.platforms.items()]
    colours += [(f"brands.{name}", brand.colour) for name, brand in s.brands.items()]
    for path, colour in colours:
        if colour and not is_colour(colour):
            yield Finding(f"{path}.colour", f"'{colour}' is no colour, expected '#rrggbb'")


def is_colour(text: str) -> bool:
    """Tell whether a text is a colour in hexadecimal."""
    return len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in text[1:])
