"""The owner of sites and storefronts: advertises, is remembered, and keeps its own records."""

from __future__ import annotations

from typing import Any

import mesa

from sim.calendar import Calendar
from sim.firms.advertising import AdvertisingStock
from sim.ledger import Ledger
from sim.scenario import schema


class Brand(mesa.Agent):
    """One brand.

    Args:
        model: the market.
        name: its key in the scenario.
        spec: what the scenario says about it.

    Attributes:
        buyers: people who bought from it, by recorded week.
        ever: people who had ever bought from it at the end of each recorded week.
        spending: advertising by recorded week, in money.
    """

    def __init__(self, model: mesa.Model, name: str, spec: schema.Brand) -> None:
        super().__init__(model)
        self.name = name
        self.spec = spec
        self.advertising = AdvertisingStock(spec.advertising)
        self.buyers: list[float] = []
        self.ever: list[float] = []
        self.customers_at_start = 0.0
        """People who were customers before the first recorded week."""
        self.spending: list[float] = []

    def advertise(self, ledger: Ledger, calendar: Calendar, week: int) -> None:
        """Spend the week's advertising."""
        self.spending.append(self.advertising.spend(ledger, self.name, calendar, week))

    def count(self, buyers: float, ever: float) -> None:
        """Write down the week's customers, in people."""
        self.buyers.append(buyers)
        self.ever.append(ever)

    @property
    def new_customers(self) -> tuple[float, ...]:
        """People who bought for the first time, by recorded week."""
        before = [self.customers_at_start, *self.ever][:-1]
        return tuple(now - then for now, then in zip(self.ever, before, strict=True))

    def state(self) -> dict[str, Any]:
        """Everything that changes."""
        return {
            "advertising": self.advertising.state(),
            "buyers": self.buyers,
            "ever": self.ever,
            "at_start": self.customers_at_start,
            "spending": self.spending,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.advertising.restore(state["advertising"])
        self.buyers, self.ever = list(state["buyers"]), list(state["ever"])
        self.customers_at_start, self.spending = state["at_start"], list(state["spending"])
