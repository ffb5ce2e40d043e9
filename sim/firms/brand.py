"""The owner of sites and storefronts: advertises and is remembered."""

from __future__ import annotations

from math import log

import mesa

from sim.calendar import DAYS, Calendar
from sim.ledger import SERVICES, Ledger
from sim.scenario import schema
from sim.scenario.values import on_date


class Brand(mesa.Agent):
    """One brand.

    Args:
        model: the market.
        name: its key in the scenario.
        spec: what the scenario says about it.
    """

    def __init__(self, model: mesa.Model, name: str, spec: schema.Brand) -> None:
        super().__init__(model)
        self.name = name
        self.spec = spec
        self.advertising_stock = 0.0

    def advertise(self, ledger: Ledger, calendar: Calendar, week: int) -> None:
        """Spend the week's advertising: AD <- d AD + spend."""
        plan = self.spec.advertising
        spend = on_date(plan.spend, calendar.days(week)[DAYS - 1], 0.0)
        self.advertising_stock = plan.carry_over * self.advertising_stock + spend
        ledger.post(week, self.name, SERVICES, "advertising", spend)

    @property
    def advertising_hazard(self) -> float:
        """Weekly hazard of learning the brand from advertising, k ln(1 + AD / x0)."""
        plan = self.spec.advertising
        return plan.effect * log(1.0 + self.advertising_stock / plan.scale)
