"""The schema of a scenario: everything a user may write, with unit, bound and default.

A scenario is data. Entities (tiers, categories, platforms, brands, storefronts, events) are
mappings keyed by name; nothing in the code knows a name of them. A number may be written plainly
or as ``{value, range, unit, source}``; the loader unwraps the latter and keeps range and source
beside the scenario (see :mod:`sim.scenario.loader`).

Conventions: money in the scenario's currency (yuan in the China files), prices relative to the
category's reference price, utilities in logit units, rates per week unless the name says otherwise.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from sim.scenario.schema_firms import (
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
from sim.scenario.schema_moves import (
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
from sim.scenario.schema_people import (
    Behaviour,
    Category,
    Network,
    Population,
    Season,
    Tier,
)
from sim.scenario.units import (
    ByTier,
    Dated,
    Name,
    Opening,
    Part,
    Positive,
    Share,
    Stepped,
    Window,
    number,
)

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


class Time(Part):
    """When the scenario runs. Weeks start on the weekday of ``start`` (a Monday)."""

    start: date = Field(description="first day, a Monday")
    end: date = Field(description="last day of the last week, a Sunday")
    warm_up_weeks: int = number(
        "weeks",
        "weeks before the start in which habits and stocks settle, unrecorded",
        default=20,
        ge=0,
        le=520,
    )


class Currency(Part):
    """The money of the scenario."""

    name: str = "yuan"


class Finance(Part):
    """How flows are valued."""

    discount_rate: float = number("1/year", "discount rate", default=0.10, ge=0, lt=1)
    runoff_weeks: int = number("weeks", "run-off after the horizon", default=52, ge=0, le=520)


class Scenario(Part):
    """One market and one strategy, complete."""

    schema_: Literal[1] = Field(alias="schema", description="version of this format")
    title: str
    question: str = ""
    time: Time
    currency: Currency = Currency()
    population: Population
    tiers: dict[Name, Tier]
    categories: dict[Name, Category]
    platforms: dict[Name, Platform]
    brands: dict[Name, Brand] = Field({})
    storefronts: dict[Name, Storefront] = Field({})
    events: dict[Name, Event] = Field({})
    season: Season = Season()
    behaviour: Behaviour = Behaviour()
    network: Network = Network()
    finance: Finance = Finance()
    subsidies: dict[Name, Subsidy] = Field({})
    reactions: dict[Name, Reaction] = Field({})
    policies: dict[Name, Policy] = Field({})
    start_from: StartFrom | None = Field(None, description="state to begin in; none = its own start")
    listing_costs: dict[Name, dict[Name, Positive]] = number(
        "currency/week", "solved listing cost of a merchant by channel and category", default={}
    )
    intercepts: dict[Name, dict[Name, ByTier]] = number(
        "util", "solved utility of channel, category and tier (`sim calibrate intercepts`)", default={}
    )
