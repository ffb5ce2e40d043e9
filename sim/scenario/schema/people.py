"""What a scenario says about people: who they are, what they need, how they remember."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sim.scenario.schema.units import (
    Dated,
    Part,
    Positive,
    number,
    share,
    utility,
)


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


class Behaviour(Part):
    """Weights and memory of habit, loyalty and trust, and what awareness does to a choice."""

    habit_weight: float = utility("app habit", default=1.2, ge=0)
    habit_retention: float = share("habit kept per week", default=0.92)
    loyalty_weight: float = utility("loyalty to a brand", default=1.0, ge=0)
    loyalty_retention: float = share("loyalty kept per purchase", default=0.8)
    trust_gain: float = share("weight of a new experience in trust (constant gain)", default=0.1)
    awareness_as: Literal["choice_set", "bonus"] = Field(
        "choice_set",
        description="people choose among what they know, or among all and like more what they know",
    )
    awareness_bonus: float = utility(
        "as a bonus: appeal of a channel to whoever knows it and has access to its host", default=4.0, ge=0
    )
    hosted_consideration: Literal["brand", "storefront"] = Field(
        "brand",
        description="what one must know to consider a storefront on a platform: its brand too, or it alone",
    )
    hosted_taste: Literal["whole", "share"] = Field(
        "whole",
        description="what a storefront takes of the taste for its host: all, with the appeal of large orders "
        "there, or its share by host_weight and no appeal of large orders",
    )
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
