"""The schema of a scenario: everything a user may write, with unit, bound and default.

A scenario is data. Entities (tiers, categories, platforms, brands, storefronts, events) are
mappings keyed by name; nothing in the code knows a name of them. A number may be written plainly
or as ``{value, range, unit, source}``; the loader unwraps the latter and keeps range and source
beside the scenario (see :mod:`sim.scenario.reading.loader`).

Conventions: money in the scenario's currency (yuan in the China files), prices relative to the
category's reference price, utilities in logit units, rates per week unless the name says otherwise.
"""

from sim.scenario.schema.firms import (
    Access,
    Advertising,
    Assortment,
    Awareness,
    Brand,
    Contract,
    Costs,
    Drift,
    Event,
    Marketplace,
    Merchants,
    Platform,
    PlatformFees,
    Promotion,
    Storefront,
    StorePrice,
    Teams,
)
from sim.scenario.schema.moves import (
    Act,
    Oracle,
    Policy,
    Reaction,
    Review,
    StartFrom,
    Subsidy,
    SubsidyRound,
    Threshold,
)
from sim.scenario.schema.people import Behaviour, Category, Network, Population, Season, Tier
from sim.scenario.schema.scenario import Currency, Finance, Scenario, Time
from sim.scenario.schema.units import ByTier, Dated, Name, Opening, Part, Share, Stepped, Window

__all__ = [
    "Access",
    "Act",
    "Advertising",
    "Assortment",
    "Awareness",
    "Behaviour",
    "Brand",
    "ByTier",
    "Category",
    "Contract",
    "Costs",
    "Currency",
    "Dated",
    "Drift",
    "Event",
    "Finance",
    "Marketplace",
    "Merchants",
    "Name",
    "Network",
    "Opening",
    "Oracle",
    "Part",
    "Platform",
    "PlatformFees",
    "Policy",
    "Population",
    "Promotion",
    "Reaction",
    "Review",
    "Scenario",
    "Season",
    "Share",
    "StartFrom",
    "Stepped",
    "StorePrice",
    "Storefront",
    "Subsidy",
    "SubsidyRound",
    "Teams",
    "Threshold",
    "Tier",
    "Time",
    "Window",
]
