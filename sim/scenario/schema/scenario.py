"""The scenario as a whole: time, currency, finance, and everybody in the market."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from sim.scenario.schema.firms import Brand, Event, Platform, Storefront
from sim.scenario.schema.moves import Policy, Reaction, StartFrom, Subsidy
from sim.scenario.schema.people import Behaviour, Category, Network, Population, Season, Tier
from sim.scenario.schema.units import ByTier, Name, Part, Positive, number


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
