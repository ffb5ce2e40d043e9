"""A marketplace: its own merchants' assortment, festivals, fees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mesa
import numpy as np

from sim.calendar import DAYS, Calendar
from sim.firms.contract import tax_share
from sim.firms.prices import festival
from sim.ledger import CONSUMERS, SERVICES, STATE, SUPPLIERS, Ledger
from sim.scenario import schema
from sim.scenario.schema import Event
from sim.scenario.values import by_tier
from sim.trade import ChannelSales, Floats, Offer


class Platform(mesa.Agent):
    """One platform.

    Args:
        model: the market.
        name: its key in the scenario.
        spec: what the scenario says about it.
        events: festivals.
        taxes: import tax by category.
        tiers: names of the tiers.
    """

    def __init__(
        self, model: mesa.Model, name: str, spec: schema.Platform, events: list[Event],
        taxes: dict[str, float], tiers: tuple[str, ...],
    ) -> None:  # fmt: skip
        super().__init__(model)
        self.name = name
        self.spec = spec
        self.events = events
        self.taxes = taxes
        self.delivery_days = {c: by_tier(a.delivery_days, tiers) for c, a in spec.assortments.items()}
        self.team_belief = 1.0 if spec.teams is None else spec.teams.belief
        """Share of teams that people believe to fill."""
        self.gmv = 0.0
        """What consumers paid its own merchants last week, in money."""

    @property
    def merchants(self) -> str:
        """Party in the books that stands for the platform's own merchants."""
        return f"merchants on {self.name}"

    def offers(self, calendar: Calendar, week: int) -> Iterator[Offer]:
        """Offers of the platform's own merchants in a week, one a category."""
        for category, assortment in self.spec.assortments.items():
            depth, pull = festival(self.events, self.name, category, calendar, week)
            price = assortment.price * (1.0 - depth)
            yield Offer(
                channel=self.name, category=category, host=self.name, brand=None, goods=assortment.goods,
                foreign=assortment.foreign, open=np.ones(DAYS, bool),
                list_price=np.full(DAYS, assortment.price), price=price,
                depth=depth, pull=pull, delivery_days=self.delivery_days[category],
                **self.team_terms(price, assortment.team_discount),
            )  # fmt: skip

    def team_terms(self, price: Floats, discount: float) -> dict[str, Any]:
        """Team option of an offer on this platform, as keywords of `Offer`."""
        if self.spec.teams is None or discount == 0.0:
            return {}
        return dict(
            team_price=price * (1.0 - discount),
            team_belief=self.team_belief,
            team_hassle=self.spec.teams.hassle,
        )

    def learn_team_success(self, filled: float, takes: float) -> None:
        """People believe in teams as they see them fill."""
        if self.spec.teams is not None and takes > 0.0:
            gain = self.spec.teams.belief_gain
            self.team_belief = (1.0 - gain) * self.team_belief + gain * filled / takes

    def settle(self, ledger: Ledger, week: int, sold: list[ChannelSales]) -> None:
        """Book the week's sales of the platform's own merchants."""
        fees = self.spec.fees
        self.gmv = float(sum(s.gmv.sum() for s in sold))
        for s in sold:
            tax = tax_share(self.taxes[s.offer.category])
            ledger.post(week, CONSUMERS, self.merchants, "sales", s.gmv)
            ledger.post(week, self.merchants, STATE, "import tax", tax * s.gmv)
            ledger.post(week, self.merchants, self.name, "commission and advertising", fees.take_rate * s.gmv)
            ledger.post(week, self.merchants, SUPPLIERS, "goods", (1.0 - fees.merchant_margin) * s.value)
            ledger.post(
                week, self.name, self.merchants, "discount support", self.spec.discounts_paid * s.discount
            )
            ledger.post(week, self.name, SERVICES, "service", fees.service_cost * s.orders)
