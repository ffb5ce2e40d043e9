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
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]


def number(unit: str, description: str, **bounds: Any) -> Any:
    """Declare a numeric field with its unit, description and pydantic bounds (ge, gt, le, lt)."""
    default = bounds.pop("default", ...)
    return Field(default, description=description, json_schema_extra={"unit": unit}, **bounds)


def share(description: str, **extra: Any) -> Any:
    """Declare a share between 0 and 1."""
    return number("share", description, ge=0, le=1, **extra)


def utility(description: str, **extra: Any) -> Any:
    """Declare a utility in logit units."""
    return number("util", description, **extra)


class Part(BaseModel):
    """Base of every section: unknown keys, NaN and later mutation are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Share = Annotated[float, Field(ge=0, le=1)]
Depth = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
ByTier = float | dict[Name, float]
"""A number for all tiers, or one per tier (every tier must then be named)."""
ShareByTier = Share | dict[Name, Share]
"""A share for all tiers, or one per tier."""
NotNegativeByTier = NotNegative | dict[Name, NotNegative]
"""A number of at least zero for all tiers, or one per tier."""
Dated = NotNegative | dict[date, NotNegative]
"""A constant, or values at dates, linear in between and constant outside."""
Stepped = NotNegative | dict[date, NotNegative]
"""A constant, or values that hold from their date on (steps)."""


class Window(Part):
    """A span of days, both ends included."""

    from_: date = Field(alias="from", description="first day")
    to: date = Field(description="last day, included")


class Opening(Part):
    """Days on which a storefront sells; without a first (last) day it is open from before (beyond)."""

    from_: date | None = Field(None, alias="from", description="first day; none = already open")
    to: date | None = Field(None, description="last day, included; none = stays open")


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


class Population(Part):
    """How many people shop online, and how many consumers of the model stand for them."""

    consumers: int = number("consumers", "simulated consumers", default=20_000, ge=100, le=50_000_000)
    online_shoppers: Dated = number("people", "online shoppers in the statistics, dated")
    people_per_shopper: float = number(
        "people", "accounts are not people: model people per counted shopper", default=1.0, gt=0, le=3
    )
    interested: float = share("share of people who buy in categories for the interested")
    interested_sample: float = number(
        "share", "share of consumers drawn from the interested (over-sampling)", default=0.5, gt=0, lt=1
    )
    income_spread: float = number("log points", "s.d. of log income within a tier", default=0.35, ge=0)
    price_spread: float = number("log points", "s.d. of log price coefficient", default=0.3, ge=0)
    price_income_exponent: float = number(
        "exponent", "price coefficient ~ income to this power, 1 at the median", default=-0.35
    )
    affinity_spread: float = utility("s.d. of the taste for foreign sellers", default=0.6, ge=0)
    delivery_dislike: float = number("util/day", "mean disutility of a delivery day", default=0.03, ge=0)
    delivery_spread: float = number("log points", "s.d. of log delivery dislike", default=0.3, ge=0)


class Tier(Part):
    """A group of cities."""

    title: str = ""
    shoppers: float = number("weight", "relative number of online shoppers", gt=0)
    interested: float = number("weight", "relative number of interested shoppers", gt=0)
    income: float = number("currency/year", "mean disposable income per head", gt=0)
    spend_per_shopper: float = number("currency/year", "online spend per shopper (only ratios matter)", gt=0)
    foreign_affinity: float = utility("shift of the taste for foreign sellers", default=0.0)


class Category(Part):
    """A kind of goods, and how people need it.

    ``needs_per_week`` are occasions on which a mean consumer considers buying; each is a choice
    between the channels and buying nothing online. ``order_value`` is the mean basket at reference
    price. Stock, in weeks of use, leaks one week a week and makes the outside option better.
    """

    title: str = ""
    buyers: Literal["everyone", "interested"] = "everyone"
    needs_per_week: float = number("1/week", "choice occasions of a mean consumer", ge=0)
    slots_per_week: int = number("occasions", "most occasions in a week", default=1, ge=1, le=8)
    order_value: float = number("currency", "mean order at reference price", gt=0)
    order_spread: float = number(
        "log points", "s.d. of log order value within the category", default=0.7, ge=0
    )
    price_coefficient: float = utility("utility lost per unit of price index", gt=0)
    assortment_weight: float = number("util per log product", "size term", default=0.08, ge=0)
    reference_assortment: float = number("products", "assortment of the category's leader", default=1e8, gt=0)
    reference_delivery: float = number("days", "delivery time that counts as normal", default=3.0, ge=0)
    stock_pressure: float = number(
        "util/week of stock", "appeal of not buying when stocked", default=0.0, ge=0
    )
    weeks_per_order: float = number("weeks", "weeks of use in a normal order", default=1.0, gt=0)
    storable_share: float = share("share of promotion-driven extra quantity that is stored", default=0.35)
    quantity_elasticity: float = number("elasticity", "order quantity to price", default=1.0, ge=0)
    festival_stock_up: float = number(
        "log points", "extra quantity at the reference depth", default=0.7, ge=0
    )
    authenticity_weight: float = utility("weight of perceived authenticity", default=0.0, ge=0)
    reference_trust: float = share("perceived authenticity that counts as normal", default=0.75)
    seller_loyalty: bool = Field(False, description="purchases here move loyalty to brands")
    import_tax: float = share("import tax as a share of the untaxed price; prices include it", default=0.0)


class Assortment(Part):
    """What a platform's own merchants sell in one category."""

    goods: float = number("products", "products on offer", gt=0)
    price: float = number("price index", "list price relative to the reference", default=1.0, gt=0)
    delivery_days: NotNegativeByTier = number("days", "delivery time")
    foreign: bool = Field(False, description="foreign sellers (foreign affinity applies)")


class Access(Part):
    """Who has the platform in mind, and how that spreads (weekly hazards)."""

    initial: ShareByTier = number("share", "share of people with access at the start")
    hazard: float = number("1/week", "external hazard of gaining access", default=0.0, ge=0)
    word_of_mouth: float = number("1/week", "hazard when all contacts have access", default=0.0, ge=0)


class PlatformFees(Part):
    """What a platform earns from and spends on its own merchants' sales."""

    take_rate: float = share("commission and advertising, share of GMV")
    service_cost: float = number("currency/order", "platform's cost of an order", default=0.0, ge=0)
    merchant_margin: float = share("merchants' margin before fees", default=0.2)


class Platform(Part):
    """A marketplace that people visit; it can host storefronts of brands."""

    title: str
    colour: str = Field("", description="colour of the firm in pictures, #rrggbb")
    owner: Name | dict[date, Name] | None = Field(None, description="owning platform, if any, from a date on")
    similarity: float = number(
        "nest parameter", "1 = channels inside are no closer than any others", default=0.65, ge=0.1, le=1
    )
    taste_spread: float = utility("s.d. of the persistent taste for the platform", default=0.8, ge=0)
    large_order_appeal: float = number("util per log order size", "appeal for large orders", default=0.0)
    browsing: float = share("weekly probability of visiting without a purchase", default=0.35)
    trust: float = share("believed authenticity at the start", default=0.75)
    authenticity: float = share("true authenticity", default=0.9)
    access: Access
    assortments: dict[Name, Assortment]
    fees: PlatformFees
    discounts_paid: float = share("share of promotion discounts paid by the platform", default=0.0)


class Advertising(Part):
    """Brand advertising: stock with carry-over, concave effect on awareness."""

    spend: Stepped = number("currency/week", "spend", default=0.0)
    effect: float = number("1/week", "hazard per unit of log advertising stock", default=0.0, ge=0)
    carry_over: float = share("stock kept from week to week", default=0.75)
    scale: float = number("currency", "stock at which the effect starts to flatten", default=1e6, gt=0)


class Awareness(Part):
    """How a brand becomes known and forgotten; base advertising is solved to hold the start steady."""

    initial: float = share("share of people who know the brand at the start")
    site_known: float = share("share of people who know an own site at the start", default=0.0)
    word_of_mouth: float = number("1/week", "hazard when all contacts know the brand", default=0.0075, ge=0)
    forgetting: float = share("weekly probability of forgetting the brand", default=0.03)
    channel_forgetting: float = share("weekly probability of forgetting a channel", default=0.05)
    steady: bool = Field(True, description="solve base hazards so that awareness is stationary without entry")
    hazard: float = number("1/week", "external hazard when not steady", default=0.0, ge=0)
    site_discovery: float = number("1/week", "own-site discovery when not steady", default=0.0, ge=0)


class Brand(Part):
    """A seller that may own sites and storefronts on platforms (the entrant)."""

    title: str
    colour: str = Field("", description="colour of the firm in pictures, #rrggbb")
    foreign: bool = Field(True, description="foreign affinity applies")
    similarity: float = number(
        "nest parameter", "closeness of the brand's channels", default=0.55, ge=0.1, le=1
    )
    taste_spread: float = utility("s.d. of the persistent taste for the brand", default=0.5, ge=0)
    trust: float = share("believed authenticity at the start", default=0.9)
    authenticity: float = share("true authenticity", default=0.99)
    awareness: Awareness
    advertising: Advertising = Advertising()


class Promotion(Part):
    """A price cut of a storefront on certain days."""

    from_: date = Field(alias="from", description="first day")
    to: date = Field(description="last day, included")
    depth: float = number("share", "price cut as a share of the list price", ge=0, lt=1)


class StorePrice(Part):
    """List price in one category and its promotions."""

    index: float = number(
        "price index", "list price relative to the reference, tax included", default=1.0, gt=0
    )
    promotions: dict[Name, Promotion] = {}


class Costs(Part):
    """What goods cost the owner, as shares of their value at reference price."""

    goods: float = share("cost of goods", default=0.70)
    shipping: float = share("shipping", default=0.08)
    returns: float = share("returns", default=0.03)
    payment_fee: float = share("payment fee, share of GMV", default=0.01)
    fixed: float = number("currency/week", "running cost while open", default=0.0, ge=0)
    setup: float = number("currency", "one-off cost of opening", default=0.0, ge=0)
    exit: float = number("currency", "one-off cost of closing", default=0.0, ge=0)


class Contract(Part):
    """Terms between the owner of a storefront and its host."""

    mode: Literal["agency", "wholesale"] = "agency"
    commission: float = share("host's share of GMV (agency)", default=0.0)
    wholesale_price: float = number(
        "price index", "price the host pays per unit at reference price (wholesale)", default=0.0, ge=0
    )
    annual_fee: float = number("currency/year", "fee to the host", default=0.0, ge=0)
    deposit: float = number("currency", "paid at opening, returned at closing", default=0.0, ge=0)
    guarantee: float = number(
        "currency", "least commission over the term, paid by the owner", default=0.0, ge=0
    )
    discounts_paid_by_host: float = share("share of promotion discounts paid by the host", default=0.0)
    site_link: float = share("data clause: chance that a buyer learns of the brand's own site", default=0.0)
    exclusive: bool = Field(False, description="the brand may not open on another host meanwhile")


class Storefront(Part):
    """A channel of a brand: its own site (no host) or a shop on a platform."""

    title: str
    owner: Name = Field(description="brand")
    host: Name | None = Field(None, description="platform; none for an own site")
    open: Opening = Field(Opening(), description="days on which it sells")
    goods: dict[Name, Positive] = number("products", "products on offer by category")
    price: dict[Name, StorePrice] = {}
    delivery_days: NotNegativeByTier = number("days", "delivery time")
    appeal: float = utility("intercept relative to the solved one of `appeal_from`", default=0.0)
    appeal_from: Name | None = Field(None, description="channel whose intercept this one starts from")
    host_weight: float = share("weight on the host's nest; the rest is on the brand's", default=0.5)
    host_trust_weight: float = share("host's share in the trust of the storefront", default=0.4)
    exposure: float = share(
        "a visit to the host shows the storefront with chance 1 - exp(-this)", default=0.0
    )
    known_brand_boost: float = number(
        "factor", "exposure is (1 + this) times as likely if known", default=1.5, ge=0
    )
    costs: Costs = Costs()
    contract: Contract = Contract()


class Event(Part):
    """Festival days on which platforms pull and discount."""

    title: str = ""
    days: dict[Name, Window] = Field(description="one window a year, any key")
    categories: list[Name] = Field([], description="categories concerned; none named = all")
    traffic: float = number("factor", "weight of such a day among the days of its week", default=1.0, gt=0)
    pull: dict[Name, float] = number("util", "event pull by platform", default={})
    depth: dict[Name, Depth] = number("share", "price cut by platform, share of the list price", default={})


class Behaviour(Part):
    """Weights and memory of habit, loyalty and trust."""

    habit_weight: float = utility("app habit", default=1.2, ge=0)
    habit_retention: float = share("habit kept per week", default=0.92)
    loyalty_weight: float = utility("loyalty to a brand", default=1.0, ge=0)
    loyalty_retention: float = share("loyalty kept per purchase", default=0.8)
    trust_gain: float = share("weight of a new experience in trust (constant gain)", default=0.1)
    reference_depth: float = number(
        "share", "depth at which the festival stock-up is measured", default=0.22, gt=0, lt=1
    )


class Network(Part):
    """Contacts, computed from the draws."""

    kind: Literal["small_world", "everyone"] = "small_world"
    contacts: int = number("people", "contacts of a person", default=8, ge=2, le=64)
    rewired: float = share("share of contacts drawn from anywhere", default=0.1)
    homophily: float = share(
        "preference for contacts with the same interest, 0 none, 1 only those", default=0.5
    )
    tilt: float = number("exponent", "1 = all equally heard; larger = a few widely heard", default=2.0, ge=1)


class Season(Part):
    """Need frequency by month, 1 = mean."""

    months: dict[Annotated[int, Field(ge=1, le=12)], Positive] = number("factor", "by month", default={})
    growth_per_year: float = number("1/year", "growth of need frequency", default=0.0, gt=-0.5, lt=1)


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
    brands: dict[Name, Brand] = {}
    storefronts: dict[Name, Storefront] = {}
    events: dict[Name, Event] = {}
    season: Season = Season()
    behaviour: Behaviour = Behaviour()
    network: Network = Network()
    finance: Finance = Finance()
    intercepts: dict[Name, dict[Name, ByTier]] = number(
        "util", "solved utility of channel, category and tier (`sim calibrate intercepts`)", default={}
    )
