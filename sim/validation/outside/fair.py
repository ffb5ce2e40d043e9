"""Made-up markets with known tastes, in which the model makes choices that estimators then read.

One city of people who are alike except where a question asks for a difference, one category, one need a
week, prices that change from week to week. Everything that is not asked for is off: assortments, delivery
and trust are at their reference, nothing is stored, nobody hears of anything from others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]

CATEGORY, BRAND, SITE = "goods", "faraway", "faraway_site"
MONDAY = date(2021, 1, 4)
_PRODUCTS, _DAYS = 1e8, 3.0


@dataclass(frozen=True)
class People:
    """How people choose, and what they know.

    Attributes:
        price: mean price coefficient, util per unit of price index.
        price_spread: s.d. of its logarithm between people.
        habit: weight of app habit.
        retention: habit kept from week to week.
        taste: s.d. of the persistent taste for each platform.
        access: share who have a platform in mind.
        known: share who know the brand and its site.
    """

    price: float = 3.0
    price_spread: float = 0.0
    habit: float = 0.0
    retention: float = 0.8
    taste: float = 0.0
    access: float = 1.0
    known: float = 1.0

    @property
    def log_price(self) -> float:
        """Mean of the log price coefficient: the model's multiplier has mean one."""
        return float(np.log(self.price) - self.price_spread**2 / 2.0)


@dataclass(frozen=True)
class Fair:
    """A market.

    Attributes:
        weeks: its length.
        people: who shops there.
        intercepts: utility of each channel at reference price: platforms, then the site, then storefronts.
        storefronts: hosts of the brand's storefronts; they are seen in time by those who visit the host.
        host_similarity: lam of the platforms' nests.
        brand_similarity: lam of the brand's nest.
        host_weight: weight of a storefront on the nest of its host (om).
        list_price: undiscounted price index of every channel.
        warm_up: weeks at list prices before the first recorded one, in which habits form.
        seed: of the prices.
    """

    weeks: int
    people: People
    intercepts: Mapping[str, float]
    storefronts: Sequence[str] = ()
    host_similarity: float = 1.0
    brand_similarity: float = 1.0
    host_weight: float = 0.5
    list_price: float = 1.3
    warm_up: int = 0
    seed: int = 1

    @property
    def platforms(self) -> list[str]:
        """Names of the platforms."""
        return [name for name in self.intercepts if not name.startswith(BRAND)]

    @property
    def channels(self) -> list[str]:
        """Names of all channels in the order of the scenario."""
        return list(self.intercepts)

    def scenario(self) -> Scenario:
        """The market as a scenario."""
        depths = np.random.default_rng(self.seed).uniform(0.0, 0.5, (self.weeks, len(self.channels)))
        cuts = dict(zip(self.channels, depths.T.round(2).tolist(), strict=True))
        last = MONDAY + timedelta(weeks=self.weeks, days=-1)
        return Scenario.model_validate(
            _town(self.people, last, self.warm_up)
            | {
                "platforms": {name: self._platform(name) for name in self.platforms},
                "brands": {BRAND: _brand(self.people.known, self.brand_similarity)},
                "storefronts": self._stores(cuts),
                "events": self._sales(cuts),
                "intercepts": {name: {CATEGORY: value} for name, value in self.intercepts.items()},
            }
        )

    def _platform(self, name: str) -> dict[str, Any]:
        goods = {"goods": _PRODUCTS, "price": self.list_price, "delivery_days": _DAYS}
        return {
            "title": name,
            "similarity": self.host_similarity,
            "taste_spread": self.people.taste,
            "access": {"initial": self.people.access},
            "assortments": {CATEGORY: goods},
            "fees": {"take_rate": 0.03},
        }

    def _stores(self, cuts: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """The brand's site, and its storefronts, open from the first day."""
        stores: dict[str, Any] = {SITE: self._store(SITE, cuts)}
        for host in self.storefronts:
            name = storefront(host)
            stores[name] = self._store(name, cuts) | {
                "host": host,
                "open": {"from": MONDAY},
                "host_weight": self.host_weight,
                "exposure": 1.0,
            }
        return stores

    def _store(self, name: str, cuts: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        promotions = {
            f"week_{week}": {"from": monday, "to": sunday, "depth": cuts[name][week]}
            for week, (monday, sunday) in enumerate(_weeks(self.weeks))
        }
        return {
            "title": name,
            "owner": BRAND,
            "goods": {CATEGORY: _PRODUCTS},
            "price": {CATEGORY: {"index": self.list_price, "promotions": promotions}},
            "delivery_days": _DAYS,
        }

    def _sales(self, cuts: Mapping[str, Sequence[float]]) -> dict[str, Any]:
        """Price cuts of the platforms: one event a week, without pull or traffic."""
        return {
            f"week_{week}": {
                "days": {"only": {"from": monday, "to": sunday}},
                "depth": {name: cuts[name][week] for name in self.platforms},
            }
            for week, (monday, sunday) in enumerate(_weeks(self.weeks))
        }


def storefront(host: str) -> str:
    """Name of the brand's storefront on a platform."""
    return f"{BRAND}_on_{host}"


def word_of_mouth(hazard: float, imitation: float, years: int) -> Scenario:
    """A market in which everybody hears of a brand from everybody, and nobody forgets.

    Args:
        hazard: external hazard, a week.
        imitation: hazard when everybody else knows the brand, a week.
        years: its length, of 52 weeks.
    """
    fair = Fair(1, People(), {"north": 0.0, SITE: 0.0})
    town = _town(fair.people, MONDAY + timedelta(weeks=52 * years, days=-1))
    awareness = _awareness(0.0) | {"hazard": hazard, "word_of_mouth": imitation}
    return Scenario.model_validate(
        town
        | {
            "platforms": {"north": fair._platform("north")},
            "brands": {BRAND: _brand(0.0, 1.0) | {"awareness": awareness}},
            "network": {"kind": "everyone"},
            "intercepts": {"north": {CATEGORY: 0.0}},
        }
    )


def _weeks(weeks: int) -> list[tuple[date, date]]:
    """First and last day of each week."""
    return [(MONDAY + timedelta(weeks=k), MONDAY + timedelta(weeks=k, days=6)) for k in range(weeks)]


def _town(people: People, last: date, warm_up: int = 0) -> dict[str, Any]:
    """One city and one category; without warm-up, habits start at zero with the first recorded choice."""
    return {
        "schema": 1,
        "title": "A fair",
        "time": {"start": MONDAY, "end": last, "warm_up_weeks": warm_up},
        "population": {
            "consumers": 1_000,
            "online_shoppers": 1e8,
            "interested": 0.0,
            "income_spread": 0.0,
            "price_spread": people.price_spread,
            "price_income_exponent": 0.0,
            "affinity_spread": 0.0,
            "delivery_dislike": 0.0,
        },
        "tiers": {
            "city": {"shoppers": 1.0, "interested": 1.0, "income": 40_000.0, "spend_per_shopper": 10_000.0}
        },
        "categories": {
            CATEGORY: {
                "needs_per_week": 1.0,
                "order_value": 100.0,
                "order_spread": 0.0,
                "price_coefficient": people.price,
                "assortment_weight": 0.0,
                "reference_assortment": _PRODUCTS,
                "reference_delivery": _DAYS,
                "quantity_elasticity": 0.0,
                "festival_stock_up": 0.0,
            }
        },
        "behaviour": {
            "habit_weight": people.habit,
            "habit_retention": people.retention,
            "loyalty_weight": 0.0,
            "trust_gain": 0.0,
        },
        "network": {"contacts": 2},
    }


def _brand(known: float, similarity: float) -> dict[str, Any]:
    return {
        "title": "Faraway",
        "foreign": False,
        "similarity": similarity,
        "taste_spread": 0.0,
        "awareness": _awareness(known),
    }


def _awareness(known: float) -> dict[str, Any]:
    """What is known at the start stays known, and nobody else hears of it."""
    return {
        "initial": known,
        "site_known": 1.0,
        "steady": False,
        "word_of_mouth": 0.0,
        "forgetting": 0.0,
        "channel_forgetting": 0.0,
    }
