"""Outcomes, parties and numbers of a comparison in a strategist's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import OUTCOMES
from sim.outcomes.outcome import COUNTED
from sim.outcomes.parties import parties as parties_of
from sim.pictures.comparison.stores import opens, storefronts
from sim.pictures.style import HARD, Scale, plain, scale_for, short_title
from sim.report.document import HIDDEN

INTERVAL = "90 % interval"


@dataclass(frozen=True)
class Party:
    """Somebody whom a number concerns: name on the page and the group of tables in which it stands."""

    title: str
    group: str


def outcome_words(outcome: str) -> str:
    """An outcome in words; one that is not declared (of an older result) under its own name."""
    return OUTCOMES[outcome].in_words if outcome in OUTCOMES else outcome


def period_words(comparison: Comparison, name: str) -> Mapping[str, str]:
    """Periods of outcomes in words."""
    own = opens(comparison, name)
    window, after = ("while open", "after closing") if own else ("while they differ", "afterwards")
    found = {"window": window, "after": after, "horizon": "whole time"}
    return {period: words.replace(" ", HARD) for period, words in found.items()}


def parties(comparison: Comparison, name: str) -> dict[str, Party]:
    """Everybody whom outcomes of a scenario may concern, by name in tables; the nearest first."""
    base, other = comparison.scenarios[comparison.base], comparison.scenarios[name]
    stores = base.storefronts | other.storefronts
    own, who = storefronts(comparison, name), parties_of(base, other)
    owners = dict.fromkeys(stores[store].owner for store in own) or dict.fromkeys(other.brands)
    hosts = who.hosts if own else ()
    brands, platforms = base.brands | other.brands, base.platforms | other.platforms
    found = {brand: _firm(brands[brand].title, " (entrant)" if own else "") for brand in owners}
    found |= {store: Party(stores[store].title, stores[store].title) for store in own}
    found |= {host: _firm(platforms[host].title, " (host)") for host in hosts if host in platforms}
    if group := who.group if own else ():
        members = [short_title(platforms[name].title) for name in group]
        together = f"{' and '.join(members)} (host's group)"
        found |= {name: Party(title, together) for name, title in zip(group, members, strict=True)}
    rest = "Other channels"
    found |= {key: Party(one.title, rest) for key, one in stores.items() if key not in found}
    found |= {
        key: Party(short_title(one.title), "Other brands") for key, one in brands.items() if key not in found
    }
    rivals = "Rival platforms" if hosts else "Platforms"
    found |= {
        key: Party(short_title(one.title), rivals) for key, one in platforms.items() if key not in found
    }
    found["rivals"] = Party("All rivals together", rivals)
    found["consumers"] = Party("All consumers", "Consumers")
    titles = {key: one.title or key for key, one in (base.categories | other.categories).items()}
    return found | {key: Party(title, "Categories") for key, title in titles.items() if key not in found}


def _firm(title: str, role: str) -> Party:
    return Party(short_title(title), short_title(title) + role)


def scale_of(unit: str, money: str, *values: float) -> Scale:
    """The unit in which values of an outcome are shown: m yuan, thousand people, per cent."""
    if unit == "share":
        return Scale(0.01, "%")
    if unit == money or unit in COUNTED:
        return scale_for([value for value in values if isfinite(value)], unit)
    return Scale(1.0, unit)


def shown(value: float, scale: Scale, sign: bool = False) -> str:
    """A number in its unit; a dash if there is none."""
    return plain(value / scale.factor, sign) if isfinite(value) else HIDDEN
