"""What a scenario says about firms: platforms, brands, storefronts, contracts, festivals."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from sim.scenario.schema.units import (
    Depth,
    Name,
    NotNegativeByTier,
    Opening,
    Part,
    Positive,
    Share,
    ShareByTier,
    Stepped,
    Window,
    number,
    share,
    utility,
)


class Merchants(Part):
    """Sellers who could list a category in a marketplace; each looks at its own profit there.

    The listing cost at which `active` is steady is solved with the intercepts (`listing_costs`).
    """

    potential: float = number("sellers", "sellers who could list", gt=0)
    active: float = number("share", "share of them who list at the start", gt=0, lt=1)
    cost_spread: float = number("log points", "spread of log listing cost (log-logistic)", default=1.0, gt=0)
    adjustment: float = share("share of the gap to desired participation closed every 4 weeks", default=0.15)


class Assortment(Part):
    """What a platform's own merchants sell in one category."""

    goods: float = number("products", "products on offer", gt=0)
    price: float = number("price index", "list price relative to the reference", default=1.0, gt=0)
    team_discount: Depth = number("share", "price cut for teams, share of the price", default=0.0)
    delivery_days: NotNegativeByTier = number("days", "delivery time")
    foreign: bool = Field(False, description="foreign sellers (foreign affinity applies)")
    merchants: Merchants | None = Field(None, description="none = the assortment does not react")


class Advertising(Part):
    """Brand advertising: stock with carry-over, concave effect on awareness."""

    spend: Stepped = number("currency/week", "spend", default=0.0)
    effect: float = number("1/week", "hazard per unit of log advertising stock", default=0.0, ge=0)
    carry_over: float = share("stock kept from week to week", default=0.75)
    scale: float = number("currency", "stock at which the effect starts to flatten", default=1e6, gt=0)


class Teams(Part):
    """Team purchase: a lower price for a group, invitations to contacts, strangers who fill up.

    A buyer who takes the team option invites each contact that listens to it; an invited person may get
    access to the platform and may reconsider the week's needs in the category.
    """

    size: int = number("people", "size at which a team is full", default=2, ge=1, le=10)
    hassle: float = utility("cost of buying in a team", default=0.05, ge=0)
    belief: float = share("share of teams believed to fill, at the start", default=0.95)
    belief_gain: float = share("weight of last week's share in the belief", default=0.2)
    invites: float = share("chance that a contact is invited", default=0.10)
    access_gained: float = share("chance that an invited person gets access", default=0.3)
    reconsider: float = share("chance that an invited person reconsiders", default=0.15)
    social: float = utility("appeal of the platform to whoever reconsiders", default=0.6, ge=0)
    strangers: float = number("people", "mean strangers in a team at full density", default=2.5, ge=0)
    full_density: float = number(
        "orders", "team orders a product and day at which strangers are as many as that", default=0.5, gt=0
    )
    pay_alone: float = share("chance of paying the single price if the team fails", default=0.3)


class Access(Part):
    """Who has the platform in mind, and how that spreads (weekly hazards)."""

    initial: ShareByTier = number("share", "share of people with access at the start")
    hazard: float = number("1/week", "external hazard of gaining access", default=0.0, ge=0)
    word_of_mouth: float = number("1/week", "hazard when all contacts have access", default=0.0, ge=0)
    advertising: Advertising = Advertising()


class Drift(Part):
    """A utility that moves steadily: `level` on the day `on`, more by `per_year` each year, until `until`."""

    on: date = Field(description="day on which it is `level`")
    level: float = utility("utility on that day", default=0.0)
    per_year: float = number("util/year", "change, also backwards from that day", default=0.0)
    until: date | None = Field(None, description="last day on which it moves; none = it goes on")


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
    appeal: float | Drift = utility(
        "of its own merchants' goods on top of the solved utility; a number or a steady drift", default=0.0
    )
    large_order_appeal: float = number("util per log order size", "appeal for large orders", default=0.0)
    browsing: float = share("weekly probability of visiting without a purchase", default=0.35)
    trust: float = share("believed authenticity at the start", default=0.75)
    authenticity: float = share("true authenticity", default=0.9)
    access: Access
    assortments: dict[Name, Assortment]
    fees: PlatformFees
    discounts_paid: float = share("share of promotion discounts paid by the platform", default=0.0)
    teams: Teams | None = Field(None, description="none = no team purchase")
    exclusivity: Share | dict[date, Share] = number(
        "share", "share of its merchants who may not list elsewhere, from a date on", default=0.0
    )


class Awareness(Part):
    """How a brand becomes known and forgotten; base advertising is solved to hold the start steady."""

    initial: float = share("share of people who know the brand at the start")
    site_known: float = share("share of people who know an own site at the start", default=0.0)
    word_of_mouth: float = number("1/week", "hazard when all contacts know the brand", default=0.0075, ge=0)
    forgetting: float = share("weekly probability of forgetting the brand", default=0.03)
    channel_forgetting: float = share("weekly probability of forgetting a channel", default=0.05)
    learning_by_seeing: float = share(
        "chance that a look at a storefront on a platform makes its brand known", default=1.0
    )
    learning_by_buying: float = share(
        "chance that a purchase at a storefront on a platform makes its brand known", default=1.0
    )
    fresh_forgetting: float | None = share(
        "weekly probability of forgetting a brand that a storefront has taught and that was not met again "
        "since; none = as any other",
        default=None,
    )
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
    loyal: float = share("share of those who know it at the start who are customers already", default=0.0)
    return_elsewhere: float = number(
        "1/year",
        "what capital tied in storefronts would earn elsewhere",
        default=0.0,
        ge=0,
        lt=1,
    )


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
    promotions: dict[Name, Promotion] = Field({})
    team_discount: Depth = number("share", "price cut for teams, share of the price", default=0.0)


class Costs(Part):
    """What goods cost the owner, as shares of their value at reference price."""

    goods: float = share("cost of goods", default=0.70)
    shipping: float = share("shipping", default=0.08)
    returns: float = share("returns", default=0.03)
    payment_fee: float = share("payment fee, share of GMV", default=0.01)
    fixed: float = number("currency/week", "running cost while open", default=0.0, ge=0)
    setup: float = number("currency", "one-off cost of opening", default=0.0, ge=0)
    exit: float = number("currency", "one-off cost of closing", default=0.0, ge=0)
    capital: float = number("currency", "capital tied while open, released on exit", default=0.0, ge=0)


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


class Marketplace(Part):
    """An own site on which merchants sell: the brand earns fees, the merchants sell and pay for the goods."""

    take_rate: float = share("commission and advertising, share of GMV")
    merchant_margin: float = share("merchants' margin before fees", default=0.2)
    merchants: dict[Name, Merchants] = Field({}, description="by category; none = the same goods for ever")


class Storefront(Part):
    """A channel of a brand: its own site (no host) or a shop on a platform."""

    title: str
    owner: Name = Field(description="brand")
    host: Name | None = Field(None, description="platform; none for an own site")
    open: Opening = Field(Opening(), description="days on which it sells")
    goods: dict[Name, Positive] = number("products", "products on offer by category")
    price: dict[Name, StorePrice] = Field({})
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
    marketplace: Marketplace | None = Field(None, description="own sites of merchants; none = own goods")


class Event(Part):
    """Festival days on which platforms pull and discount."""

    title: str = ""
    days: dict[Name, Window] = Field(description="one window a year, any key")
    categories: list[Name] = Field([], description="categories concerned; none named = all")
    traffic: float = number("factor", "weight of such a day among the days of its week", default=1.0, gt=0)
    pull: dict[Name, float] = number("util", "event pull by platform", default={})
    depth: dict[Name, Depth] = number("share", "price cut by platform, share of the list price", default={})
