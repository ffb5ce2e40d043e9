"""Advertising of a brand or a platform: a stock with carry-over and a concave effect on awareness."""

from __future__ import annotations

from math import log

from sim.calendar import DAYS, Calendar
from sim.ledger import SERVICES, Ledger
from sim.scenario.schema import Advertising
from sim.scenario.values import on_date


class AdvertisingStock:
    """AD <- d AD + spend; hazard k ln(1 + AD / x0).

    Args:
        plan: what the scenario says.
    """

    def __init__(self, plan: Advertising) -> None:
        self.plan = plan
        self.level = 0.0
        """Stock, in money."""
        self.spending: float | None = None
        """Spend a week that a policy has set; none = as planned in the scenario."""

    def spend(self, ledger: Ledger, payer: str, calendar: Calendar, week: int) -> float:
        """Spend the week's advertising, book it, and return it."""
        planned = on_date(self.plan.spend, calendar.days(week)[DAYS - 1], 0.0)
        spend = planned if self.spending is None else self.spending
        self.level = self.plan.carry_over * self.level + spend
        ledger.post(week, payer, SERVICES, "advertising", spend)
        return spend

    @property
    def hazard(self) -> float:
        """Weekly hazard of learning from advertising."""
        return self.plan.effect * log(1.0 + self.level / self.plan.scale)

    def state(self) -> dict[str, float | None]:
        """Everything that changes."""
        return {"level": self.level, "spending": self.spending}

    def restore(self, state: dict[str, float | None]) -> None:
        """Go back to a state."""
        self.level, self.spending = float(state["level"] or 0.0), state["spending"]
