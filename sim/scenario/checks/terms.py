"""Checks of terms and sizes: contracts that agree with the market, no more firms than fit."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from itertools import combinations

from sim.scenario.checks.days import opening
from sim.scenario.errors import Finding, Findings, sentence
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
        if store.host is not None and store.open.from_ is None and not store.open.by_policy:
            message = sentence(f"no first day on '{store.host}'", "open: {from: ...} or {by_policy: true}")
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
    """Tell whether two storefronts are open on the same day by their dates; policies decide on the way."""
    one, two = opening(a), opening(b)
    if a.open.by_policy or b.open.by_policy:
        return False
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


def team_discounts(s: Scenario) -> Findings:
    """A team price needs a platform with teams, and teams need a team price."""
    used = set()
    for path, host, discount in team_prices(s):
        if discount > 0 and host is None:
            yield Finding(path, f"{discount:g} on an own site, expected 0, or a host with teams")
        elif discount > 0 and host in s.platforms and s.platforms[host].teams is None:
            yield Finding(
                path, f"{discount:g}, but '{host}' has no teams, expected 0, or platforms.{host}.teams"
            )
        used |= {host} if discount > 0 else set()
    for name, platform in s.platforms.items():
        if platform.teams is not None and name not in used:
            what = f"teams, but nothing on '{name}' is cheaper for a team"
            expected = "a team_discount of an assortment or a storefront"
            yield Finding(f"platforms.{name}.teams", sentence(what, expected))


def team_prices(s: Scenario) -> Iterator[tuple[str, str | None, float]]:
    """Yield path, platform (None: an own site) and discount of all team prices."""
    for name, platform in s.platforms.items():
        for key, goods in platform.assortments.items():
            yield f"platforms.{name}.assortments.{key}.team_discount", name, goods.team_discount
    for name, store in s.storefronts.items():
        for key, price in store.price.items():
            yield f"storefronts.{name}.price.{key}.team_discount", store.host, price.team_discount


def tied_capital(s: Scenario) -> Findings:
    """Tied capital costs what it would earn elsewhere: without such a return it has no effect."""
    for name, store in s.storefronts.items():
        brand = s.brands.get(store.owner)
        if store.costs.capital > 0 and brand is not None and brand.return_elsewhere == 0:
            what = f"{store.costs.capital:g} costs nothing while '{store.owner}' earns nothing elsewhere"
            expected = f"0, or a brands.{store.owner}.return_elsewhere above 0"
            yield Finding(f"storefronts.{name}.costs.capital", sentence(what, expected))


def loyal_customers(s: Scenario) -> Findings:
    """Loyalty at the start needs a category in which purchases move loyalty."""
    moved = any(category.seller_loyalty for category in s.categories.values())
    for name, brand in s.brands.items():
        if brand.loyal > 0 and not moved:
            what = f"{brand.loyal:g}, but no category has seller_loyalty"
            yield Finding(
                f"brands.{name}.loyal", sentence(what, "0, or a category with seller_loyalty: true")
            )
