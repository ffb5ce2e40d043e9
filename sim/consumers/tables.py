"""From offers to the arrays that the kernels read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sim import draws
from sim.calendar import DAYS
from sim.consumers.choice import Channels, Weights
from sim.consumers.experience import Deliveries
from sim.consumers.nests import stable_polynomial
from sim.consumers.population import Layout
from sim.consumers.shopping import Needs
from sim.numeric import NEVER
from sim.scenario.schema import Brand, Category, Platform, Scenario
from sim.trade import Offer

f4 = np.float32
Floats = npt.NDArray[np.float64]
Intercept = Callable[[str, str], Floats]
"""Utility of (channel, category) by tier, shape (tiers,)."""


def tier_scale(scenario: Scenario) -> Floats:
    """Square root of relative spend per shopper by tier: on need frequency and on order value alike."""
    spend = np.array([tier.spend_per_shopper for tier in scenario.tiers.values()])
    shoppers = np.array([tier.shoppers for tier in scenario.tiers.values()])
    return np.asarray(np.sqrt(spend / np.average(spend, weights=shoppers)))


def quantity_response(offer: Offer, category: Category, reference_depth: float) -> Floats:
    """Order size relative to normal by day: (list / price)^eta e^(s depth / reference), shape (7,)."""
    cheaper = (offer.list_price / offer.price) ** category.quantity_elasticity
    return np.asarray(cheaper * np.exp(category.festival_stock_up * offer.depth / reference_depth))


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
        self.polynomial = np.stack([stable_polynomial(firm.similarity) for firm in firms])
        self._last: tuple[object, Channels] | None = None

    def channels(self, offers: Sequence[Offer]) -> Channels:
        """Tables of the week's offers; the last ones again if nothing changed."""
        state = tuple(_what_changes(offer) for offer in offers)
        if self._last is None or self._last[0] != state:
            self._last = (state, self._build(offers))
        return self._last[1]

    def _build(self, offers: Sequence[Offer]) -> Channels:
        weight, trust = self.spec.authenticity_weight, [o.host_trust_weight for o in offers]
        hosts = np.array(
            [-1 if o.host is None else self.layout.platforms.index(o.host) for o in offers], np.int32
        )
        sellers = np.array(
            [-1 if o.brand is None else self.layout.firms.index(o.brand) for o in offers], np.int32
        )
        used = np.isin(np.arange(len(self.firms)), np.concatenate([hosts, sellers]))
        with np.errstate(divide="ignore"):
            log_host = np.log([o.host_weight for o in offers])
            log_brand = np.log([1.0 - o.host_weight for o in offers])
        return Channels(
            base=self._base(offers),
            pull=_rows([o.pull for o in offers], DAYS),
            price=_rows([o.price - 1.0 for o in offers], DAYS),
            quantity=_rows([self.quantity(o) for o in offers], DAYS),
            delivery=_rows(
                [o.delivery_days - self.spec.reference_delivery for o in offers], len(self.layout.tiers)
            ),
            known=np.array([self._known(o) for o in offers], np.uint64),
            host=hosts,
            seller=sellers,
            foreign=np.array([float(o.foreign) for o in offers], np.float32),
            large=np.array([self._large(o) for o in offers], np.float32),
            host_trust=np.array([weight * share for share in trust], np.float32),
            brand_trust=np.array([weight * (1.0 - share) for share in trust], np.float32),
            reference_trust=f4(weight * self.spec.reference_trust),
            log_host=np.maximum(log_host, float(NEVER)).astype(np.float32),
            log_brand=np.maximum(log_brand, float(NEVER)).astype(np.float32),
            team=np.array([bool(o.single_over_team.any()) for o in offers]),
            worth=_rows([o.team_belief * o.single_over_team for o in offers], DAYS),
            hassle=np.array([o.team_hassle for o in offers], np.float32),
            similarity=self.similarity,
            polynomial=self.polynomial,
            used=used,
        )

    def quantity(self, offer: Offer) -> Floats:
        """Response of order size to the day's price, shape (7,)."""
        return quantity_response(offer, self.spec, self.scenario.behaviour.reference_depth)

    def _base(self, offers: Sequence[Offer]) -> npt.NDArray[np.float32]:
        """Intercept + theta ln(K / K0) + event pull, NEVER on closed days, shape (T, A, 7)."""
        base = np.zeros((len(self.layout.tiers), len(offers), DAYS))
        for j, offer in enumerate(offers):
            size = self.spec.assortment_weight * np.log(offer.goods / self.spec.reference_assortment)
            level = self.intercept(offer.channel, self.name) + size
            base[:, j, :] = np.where(offer.open, level[:, None] + offer.pull, float(NEVER))
        return base.astype(np.float32)

    def _known(self, offer: Offer) -> int:
        """Awareness bits needed: access to the host; the brand and the channel if it is a brand's."""
        channel = offer.channel if offer.brand is not None else None
        return self.layout.bit(platform=offer.host, brand=offer.brand, channel=channel)

    def _large(self, offer: Offer) -> float:
        return 0.0 if offer.host is None else self.scenario.platforms[offer.host].large_order_appeal


def _what_changes(offer: Offer) -> tuple[object, ...]:
    """Everything in an offer that a firm may change from week to week."""
    arrays = (offer.open, offer.price, offer.list_price, offer.depth, offer.pull, offer.delivery_days)
    team = (offer.single_over_team.tobytes(), offer.team_belief, offer.team_hassle)
    return offer.channel, offer.goods, offer.foreign, offer.host_weight, team, *(a.tobytes() for a in arrays)


def _rows(rows: Sequence[Floats], width: int) -> npt.NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(len(rows), width)


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
            bought=np.array([self._bought(o) for o in offers], np.uint64),
            supply=(spec.weeks_per_order * response).astype(np.float32),
            appetite=self.scale.astype(np.float32),
            learns_loyalty=spec.seller_loyalty,
            learns_trust=spec.authenticity_weight > 0.0,
            authentic=np.array([self._authentic(o) for o in offers], np.float32),
            host_share=np.array([o.host_trust_weight for o in offers], np.float32),
            outcome_keys=self.fixed["authentic"],
        )

    def _bought(self, offer: Offer) -> int:
        channel = offer.channel if offer.brand is not None else None
        return self.layout.bit(platform=offer.host, brand=offer.brand, channel=channel)

    def _authentic(self, offer: Offer) -> float:
        if offer.brand is not None:
            return self.scenario.brands[offer.brand].authenticity
        return self.scenario.platforms[str(offer.host)].authenticity
