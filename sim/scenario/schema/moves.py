"""What a scenario says about moves: subsidies, reactions of platforms, policies of brands, starting states.

A move is data: dates, thresholds and names. Rules of a user's own are Python callables registered by
entry point and named here, never written here (see `sim.firms.plugins`).
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from sim.scenario.schema.units import Depth, Name, NotNegative, Part, Share, Window, number, share


class Subsidy(Part):
    """A platform's programme of price cuts out of its own pocket, until the budget of a round is spent.

    The cut comes on top of merchants' discounts: price = list (1 - discount) (1 - depth). In the week
    in which the rest of the budget would not cover last week's spending, the depth shrinks to what
    is left.
    """

    title: str = ""
    platform: Name = Field(description="platform that pays")
    depth: dict[Name, Depth] = number("share", "price cut by category, share of the price")
    rounds: dict[Name, SubsidyRound] = Field(description="rounds by any key")
    storefronts: bool = Field(False, description="also on storefronts that the platform hosts")


class SubsidyRound(Window):
    """Days of a round and what it may cost."""

    budget: float = number("currency", "most that the round may cost", gt=0)


class Reaction(Part):
    """How a platform answers a brand's storefronts on other platforms; no entry means: passively.

    Every `every` weeks the platform looks at the share of the storefronts of `brand` hosted elsewhere in
    each of its categories; above `trigger` it acts `lag` weeks later for `weeks` weeks.
    """

    title: str = ""
    platform: Name = Field(description="platform that reacts")
    brand: Name = Field(description="brand whose storefronts on other platforms it watches")
    rule: Literal["match", "exclusivity", "bertrand", "plugin"] = Field(
        description="match = cut prices by a share of the gap; exclusivity = bind merchants; "
        "bertrand = set prices anew against everybody's; plugin = a registered callable"
    )
    plugin: Name | None = Field(None, description="name of the registered callable")
    settings: dict[Name, float] = number("any", "what the registered callable is given", default={})
    trigger: float = share("share in a category's sales at which it acts", default=0.01)
    strength: float = share("share of the price gap matched, or of merchants bound", default=0.5)
    every: int = number("weeks", "time between two looks", default=4, ge=1, le=52)
    lag: int = number("weeks", "from the look to the act", default=2, ge=0, le=52)
    weeks: int = number("weeks", "how long the act lasts", default=8, ge=1, le=520)


class Act(Part):
    """A dated move of a brand. What is not given stays as it is."""

    on: date = Field(description="day; the week in which it lies is the first concerned")
    do: Literal["enter", "extend", "exit", "switch", "change"] = Field(
        description="enter, extend, exit; switch = exit and enter `switch_to`; change = its terms"
    )
    storefront: Name | None = Field(None, description="storefront; that of the policy if none is named")
    switch_to: Name | None = Field(None, description="storefront entered instead")
    to: date | None = Field(None, description="last day of an entry or extension; none = open end")
    categories: list[Name] = Field([], description="categories that leave (exit in part); none named = all")
    goods: float | None = number("factor", "products, times those of the scenario", default=None, gt=0)
    price: float | None = number("factor", "price index, times that of the scenario", default=None, gt=0)
    advertising: float | None = number("currency/week", "advertising of the brand", default=None, ge=0)
    commission: float | None = share("commission from now on", default=None)
    exposure: float | None = share("exposure from now on", default=None)


class Threshold(Part):
    """Two thresholds on the smoothed weekly contribution of a storefront (hysteresis).

    A threshold that is not given comes from Dixit (1989) with the running cost, set-up and exit cost of
    the storefront, the discount rate, and the drift and volatility below.
    """

    enter_above: float | None = number("currency/week", "contribution at which to enter", default=None)
    exit_below: float | None = number("currency/week", "contribution at which to leave", default=None)
    drift: float = number("1/year", "drift of the margin", default=0.0, gt=-0.5, lt=0.5)
    volatility: float = number("1/sqrt(year)", "volatility of the margin", default=0.3, gt=0, le=2)
    patience: int = number("weeks", "weeks below before leaving", default=4, ge=1, le=52)
    smoothing: float = share("weight of the newest week in the signal", default=0.2)
    prior: float = number("currency/week", "contribution expected before the first opening", default=0.0)
    weeks: int | None = number("weeks", "length of an entry; none = open end", default=None, ge=1)


class Review(Part):
    """A review on a day: extend if the targets are met, else leave or change the host."""

    on: date = Field(description="day of the review, before the storefront closes")
    weeks: int = number("weeks", "sales and customers of this many weeks count", default=4, ge=1, le=52)
    sales: NotNegative = number("currency/week", "least sales a week", default=0.0)
    cost_per_customer: NotNegative | None = number(
        "currency/person", "most loss and advertising for a new customer", default=None
    )
    repeat: Share = share("least share of buyers who had bought before", default=0.0)
    extend_to: date | None = Field(None, description="last day if the targets are met; none = open end")
    switch_to: Name | None = Field(None, description="storefront to enter if sales are met but not the cost")


class Oracle(Part):
    """Look ahead with the true model: what nobody owns, as an upper bound of what a rule can earn."""

    every: int = number("weeks", "weeks between two looks", default=4, ge=1, le=52)
    ahead: int = number("weeks", "weeks simulated for each option", default=13, ge=1, le=104)


class Policy(Part):
    """How a brand decides about one storefront, from what a firm can see (`sim.firms.observation`)."""

    title: str = ""
    brand: Name = Field(description="brand that decides")
    rule: Literal["calendar", "threshold", "review", "oracle", "plugin"]
    storefront: Name = Field(description="storefront it decides about")
    acts: dict[Name, Act] = Field({}, description="dated moves by any key (rule calendar)")
    threshold: Threshold | None = None
    review: Review | None = None
    oracle: Oracle | None = None
    plugin: Name | None = Field(None, description="name of the registered callable")
    settings: dict[Name, float] = number("any", "what the registered callable is given", default={})


class StartFrom(Part):
    """The state in which a scenario begins: another scenario, on a Monday of its horizon."""

    scenario: str = Field(description="scenario file, relative to this one")
    on: date = Field(description="first day of the first week that is simulated, a Monday")


Subsidy.model_rebuild()
