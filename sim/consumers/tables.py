"""From offers to the arrays that the kernels read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import is_
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws
from sim.consumers.choice import Channels, Weights
from sim.consumers.experience import Deliveries
from sim.consumers.nests import stable_polynomial
from sim.consumers.population import TASTE_STEP, Layout
from sim.consumers.shopping import Needs
from sim.numeric import NEVER
from sim.scenario.schema import Brand, Category, Platform, Scenario
from sim.trade import Offer, OfferTable

f4 = np.float32
Floats = npt.NDArray[np.float64]
Intercept = Callable[[str, str], Floats]
"""Utility of (channel, category) by tier, shape (tiers,)."""


def tier_scale(scenario: Scenario) -> Floats:
    """Square root of relative spend per shopper by tier: on need frequency and on order value alike."""
    spend = np.array([tier.spend_per_shopper for tier in scenario.tiers.values()])
    shoppers = np.array([tier.shoppers for tier in scenario.tiers.values()])
    return np.asarray(np.sqrt(spend / np.average(spend, weights=shoppers)))


def quantity_response(table: OfferTable, category: Category, reference_depth: float) -> Floats:
    """Order size relative to normal: (list / price)^eta e^(s depth / reference), shape (A, 7)."""
    cheaper = (table.list_price / table.price) ** category.quantity_elasticity
    return np.asarray(cheaper * np.exp(category.festival_stock_up * table.depth / reference_depth))


@lru_cache(maxsize=64)
def _polynomial(similarity: float) -> npt.NDArray[np.float32]:
    """`stable_polynomial`, which takes long and is asked for by every category of every market."""
    polynomial = stable_polynomial(similarity)
    polynomial.flags.writeable = False
    return polynomial


class Seller(NamedTuple):
    """What no firm changes in its offers of a category."""

    channel: str
    host: str | None
    brand: str | None
    foreign: bool
    host_weight: float
    host_trust_weight: float

    @staticmethod
    def of(offer: Offer) -> Seller:
        """The seller behind an offer."""
        return Seller(*(getattr(offer, name) for name in Seller._fields))


class ChannelTables:
    """Builds `Channels` for one category; parts that do not change from week to week are kept.

    Args:
        scenario: the market.
        layout: names behind the indices.
        category: name of the category.
        intercept: solved utilities.
    """

    def __init__(self, scenario: Scenario, layout: Layout, category: str, intercept: Intercept) -> None:
        self.scenario = scenario
        self.layout = layout
        self.name = category
        self.spec: Category = scenario.categories[category]
        self.intercept = intercept
        firms: list[Platform | Brand] = [*scenario.platforms.values(), *scenario.brands.values()]
        self.firms = firms
        self.similarity = np.array([firm.similarity for firm in firms], np.float32)
        self.polynomial = np.stack([_polynomial(firm.similarity) for firm in firms])
        self._kept: tuple[Sequence[Seller], Floats, dict[str, Any]] | None = None
        self._last: tuple[Sequence[Offer], Channels] | None = None

    def channels(self, offers: Sequence[Offer]) -> Channels:
        """Tables of some offers; the last ones again for the very same offers."""
        if self._last is None or not _same(self._last[0], offers):
            self._last = (tuple(offers), self._build(offers))
        return self._last[1]

    def _build(self, offers: Sequence[Offer]) -> Channels:
        sellers, table = [Seller.of(offer) for offer in offers], OfferTable.of(offers)
        if self._kept is None or self._kept[0] != sellers:
            self._kept = (sellers, self._level(sellers), self._of_sellers(sellers))
        _, level, kept = self._kept
        spec = self.spec
        quantity = quantity_response(table, spec, self.scenario.behaviour.reference_depth)
        return Channels(
            base=self._base(level, table),
            pull=table.pull.astype(f4),
            price=(table.price - 1.0).astype(f4),
            quantity=quantity.astype(f4),
            delivery=self._delivery(offers),
            team=np.asarray(table.single_over_team.any(axis=1)),
            worth=(table.team_belief[:, None] * table.single_over_team).astype(f4),
            hassle=table.team_hassle.astype(f4),
            **kept,
        )

    def _needed(self, seller: Seller) -> int:
        """Awareness bits that a consumer needs to consider a seller; see `Behaviour.hosted_consideration`."""
        needed = _bits(self.layout, seller)
        if seller.host is not None and self.scenario.behaviour.hosted_consideration == "storefront":
            needed &= ~self.layout.bit(brand=seller.brand)
        return needed

    def _level(self, sellers: Sequence[Seller]) -> Floats:
        """Intercepts, shape (T, A)."""
        by_channel = [self.intercept(seller.channel, self.name) for seller in sellers]
        return np.array(by_channel).reshape(-1, len(self.layout.tiers)).T.copy()

    def _base(self, level: Floats, table: OfferTable) -> npt.NDArray[np.float32]:
        """Intercept + appeal + theta ln(K / K0) + event pull, NEVER on closed days, shape (T, A, 7)."""
        size = self.spec.assortment_weight * np.log(table.goods / self.spec.reference_assortment)
        base = (level + table.appeal + size)[:, :, None] + table.pull
        return np.where(table.open, base, float(NEVER)).astype(f4)

    def _delivery(self, offers: Sequence[Offer]) -> npt.NDArray[np.float32]:
        """Days beyond the normal, shape (A, T)."""
        beyond = [offer.delivery_days - self.spec.reference_delivery for offer in offers]
        return np.array(beyond, f4).reshape(-1, len(self.layout.tiers))

    def _of_sellers(self, sellers: Sequence[Seller]) -> dict[str, Any]:
        """Those fields of `Channels` that follow from the sellers alone."""
        weight, platforms = self.spec.authenticity_weight, self.layout.platforms
        hosts = [-1 if s.host is None else platforms.index(s.host) for s in sellers]
        brands = [-1 if s.brand is None else self.layout.firms.index(s.brand) for s in sellers]
        on_host = np.array([s.host_weight for s in sellers])
        trust = np.array([s.host_trust_weight for s in sellers])
        with np.errstate(divide="ignore"):
            log_host, log_brand = np.log(on_host), np.log(1.0 - on_host)
        return dict(
            known=np.array([self._needed(s) for s in sellers], np.uint64),
            host=np.array(hosts, np.int32),
            seller=np.array(brands, np.int32),
            foreign=np.array([s.foreign for s in sellers], f4),
            large=np.array([self._large(s) for s in sellers], f4),
            host_taste=np.array([TASTE_STEP * self._of_host(s) for s in sellers], f4),
            host_trust=(weight * trust).astype(f4),
            brand_trust=(weight * (1.0 - trust)).astype(f4),
            reference_trust=f4(weight * self.spec.reference_trust),
            log_host=np.maximum(log_host, float(NEVER)).astype(f4),
            log_brand=np.maximum(log_brand, float(NEVER)).astype(f4),
            similarity=self.similarity,
            polynomial=self.polynomial,
            used=np.isin(np.arange(len(self.firms)), [*hosts, *brands]),
        )

    def _of_host(self, seller: Seller) -> float:
        """Share of the taste for the host that a seller takes."""
        return seller.host_weight if self._shares_taste(seller) else 1.0

    def _shares_taste(self, seller: Seller) -> bool:
        """Whether a seller is a storefront that takes its share of what people feel for the host."""
        return seller.brand is not None and self.scenario.behaviour.hosted_taste == "share"

    def _large(self, seller: Seller) -> float:
        if seller.host is None or self._shares_taste(seller):
            return 0.0
        return self.scenario.platforms[seller.host].large_order_appeal


def _same(some: Sequence[Offer], others: Sequence[Offer]) -> bool:
    """Whether two lists hold the same objects: offers are never changed, only made anew."""
    return len(some) == len(others) and all(map(is_, some, others))


def _bits(layout: Layout, seller: Seller) -> int:
    """Awareness bits of a seller: access to the host; the brand and the channel if it is a brand's."""
    channel = seller.channel if seller.brand is not None else None
    return layout.bit(platform=seller.host, brand=seller.brand, channel=channel)


class CategoryKeys:
    """Keys of a category's draws. Channels and firms keep their names, so absent ones change nothing."""

    def __init__(self, seed: int, category: str, slots: int) -> None:
        self.seed = seed
        self.category = category
        self.slots = [str(slot) for slot in range(slots)]
        self._named: dict[tuple[str, tuple[str, ...]], npt.NDArray[np.uint64]] = {}

    def of(self, stream: str) -> npt.NDArray[np.uint64]:
        """Keys by slot, shape (slots,)."""
        return draws.stream_keys(self.seed, stream, self.category, names=self.slots)

    def named(self, stream: str, names: tuple[str, ...]) -> npt.NDArray[np.uint64]:
        """Keys by slot and name, shape (slots, names)."""
        if (stream, names) not in self._named:
            rows = [
                draws.stream_keys(self.seed, stream, self.category, slot, names=list(names))
                for slot in self.slots
            ]
            self._named[stream, names] = np.array(rows, np.uint64).reshape(len(self.slots), len(names))
        return self._named[stream, names]


class NeedTables:
    """Builds `Needs`, `Weights` and `Deliveries` for one category."""

    def __init__(self, scenario: Scenario, layout: Layout, category: str, seed: int) -> None:
        self.scenario = scenario
        self.layout = layout
        self.name = category
        self.index = layout.categories.index(category)
        self.spec: Category = scenario.categories[category]
        self.keys = CategoryKeys(seed, category, self.spec.slots_per_week)
        self.scale = tier_scale(scenario)
        self.fixed = {name: self.keys.of(name) for name in ("need", "size", "nothing", "authentic")}

    @property
    def weights(self) -> Weights:
        """Weights in utility."""
        behaviour = self.scenario.behaviour
        return Weights(
            f4(self.spec.price_coefficient),
            f4(self.spec.stock_pressure),
            f4(behaviour.habit_weight),
            f4(behaviour.loyalty_weight),
            f4(-behaviour.awareness_bonus) if behaviour.awareness_as == "bonus" else NEVER,
        )

    def needs(
        self, week: int, season: float, day_edges: npt.NDArray[np.float32], offers: Sequence[Offer]
    ) -> Needs:
        """Needs of a week. `season` multiplies their frequency.

        Raises:
            ValueError: if a need would be more than certain: the category needs more slots.
        """
        chance = self.spec.needs_per_week / self.spec.slots_per_week * self.scale * season
        if chance.max() > 1.0:
            raise ValueError(
                f"category {self.name}: {chance.max():.2f} needs a slot in week {week}; raise slots_per_week"
            )
        return Needs(
            category=self.index,
            week=week,
            chance=chance.astype(np.float32),
            order=(self.spec.order_value * self.scale).astype(np.float32),
            spread=f4(self.spec.order_spread),
            day_edges=day_edges,
            interested_only=self.spec.buyers == "interested",
            need_keys=self.fixed["need"],
            size_keys=self.fixed["size"],
            nothing_keys=self.fixed["nothing"],
            channel_keys=self.keys.named("shock", tuple(o.channel for o in offers)),
            nest_keys=self.keys.named("nest", self.layout.firms),
        )

    def deliveries(self, week: int, offers: Sequence[Offer], ch: Channels) -> Deliveries:
        """How the week's purchases act on people."""
        spec = self.spec
        response = 1.0 + spec.storable_share * (ch.quantity.astype(np.float64) - 1.0)
        return Deliveries(
            category=self.index,
            week=week,
            host=ch.host,
            seller=ch.seller,
            bought=np.array([_bits(self.layout, Seller.of(offer)) for offer in offers], np.uint64),
            supply=(spec.weeks_per_order * response).astype(np.float32),
            appetite=self.scale.astype(np.float32),
            learns_loyalty=spec.seller_loyalty,
            learns_trust=spec.authenticity_weight > 0.0,
            authentic=np.array([self._authentic(o) for o in offers], np.float32),
            host_share=np.array([o.host_trust_weight for o in offers], np.float32),
            outcome_keys=self.fixed["authentic"],
        )

    def _authentic(self, offer: Offer) -> float:
        if offer.brand is not None:
            return self.scenario.brands[offer.brand].authenticity
        return self.scenario.platforms[str(offer.host)].authenticity
