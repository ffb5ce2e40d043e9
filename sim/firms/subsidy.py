"""Programmes of price cuts that a platform pays out of its own pocket until a round's budget is spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from typing import Any

import mesa
import numpy as np
import numpy.typing as npt

from sim.calendar import DAYS, Calendar
from sim.scenario import schema

Floats = npt.NDArray[np.float64]


@dataclass
class Account:
    """What a round has cost so far, in money."""

    budget: float
    spent: float = 0.0
    full_day: float = 0.0
    """What a day would have cost at full depth and the sales of the latest week that sold; 0 before."""

    @property
    def left(self) -> float:
        """Rest of the budget, never below zero."""
        return max(0.0, self.budget - self.spent)

    @property
    def overspent(self) -> float:
        """Spending above the budget."""
        return max(0.0, self.spent - self.budget)

    def scale(self, days: int) -> float:
        """Share of the full depth that the rest of the budget is expected to pay for on so many days."""
        expected = self.full_day * days
        return min(1.0, self.left / expected) if expected > 0.0 else 1.0

    def book(self, amount: float, days: int, scale: float) -> None:
        """Add a week's spending; the same sales at full depth would have cost amount / scale."""
        self.spent += amount
        self.full_day = amount / (scale * days)


class SubsidyProgramme(mesa.Agent):
    """One programme: rounds of price cuts, each with its own days and its own budget.

    The platform knows what last week sold, not what this week will. If the rest of the budget would not
    pay for this week's days of the round at last week's sales a day and full depth, the depth is scaled
    down to what is left. Hence:

    - the first week of a round has no last week and runs at full depth, whatever it costs: if that is
      more than the whole budget, the rest is overspent (`overspent`) and the round ends after one week;
    - a later week overspends only if it sells more a day than the week before (a festival; or a cut that
      became deeper again), by the cut on these additional sales and no more; the round then ends;
    - with sales that do not change, the budget is met to the last yuan.

    Rounds are separate: nothing that is left or known passes from one to the next. In a week that holds
    days of two rounds, spending is split by days times scale, because it is booked by the week.

    Args:
        model: the market.
        name: its key in the scenario.
        spec: what the scenario says about it.

    Raises:
        ValueError: if two rounds share a day.
    """

    def __init__(self, model: mesa.Model, name: str, spec: schema.Subsidy) -> None:
        super().__init__(model)
        self.name = name
        self.spec = spec
        in_order = sorted(spec.rounds.items(), key=lambda item: item[1].from_)
        for (first, earlier), (second, later) in pairwise(in_order):
            if later.from_ <= earlier.to:
                raise ValueError(f"rounds '{first}' and '{second}' of subsidy '{name}' share a day")
        self._booked: dict[int, float] = {}
        self._start_again()

    def cut(self, calendar: Calendar, week: int, category: str) -> Floats:
        """Price cut of a category by day, share of the price, shape (7,); 0 outside rounds.

        It follows from the spending of earlier weeks only, so it is the same before and after the
        week's own spending is booked.
        """
        return self.spec.depth.get(category, 0.0) * self.scale(calendar, week)

    def scale(self, calendar: Calendar, week: int) -> Floats:
        """Share of the full depth that is paid, by day, shape (7,)."""
        scale = np.zeros(DAYS)
        accounts = self._accounts_before(calendar, week)
        for key, inside in self._running(calendar, week).items():
            scale[inside] = accounts[key].scale(int(inside.sum()))
        return scale

    def spend(self, week: int, amount: float) -> None:
        """Book what the cuts of a week have cost, in money; amounts of the same week add up.

        Raises:
            ValueError: if the amount is negative or not finite.
        """
        if not (isfinite(amount) and amount >= 0.0):
            raise ValueError(f"subsidy '{self.name}' cannot spend {amount} in week {week}")
        if amount:
            self._booked[week] = self._booked.get(week, 0.0) + float(amount)
        if week < self._settled_to:
            self._start_again()

    def left(self, calendar: Calendar, week: int) -> float:
        """Budget left in the rounds of a week, all spending up to and in that week booked; 0 outside."""
        accounts = self._accounts_before(calendar, week + 1)
        return sum((accounts[key].left for key in self._running(calendar, week)), 0.0)

    def overspent(self, calendar: Calendar, week: int) -> float:
        """Spending above the budget in the rounds of a week, that week included; 0 outside."""
        accounts = self._accounts_before(calendar, week + 1)
        return sum((accounts[key].overspent for key in self._running(calendar, week)), 0.0)

    def state(self) -> dict[str, Any]:
        """Everything that changes: weeks with spending, and how much (two lists of one length)."""
        weeks = sorted(self._booked)
        return {"weeks": weeks, "spent": [self._booked[week] for week in weeks]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        self._booked = dict(zip(state["weeks"], state["spent"], strict=True))
        self._start_again()

    def _running(self, calendar: Calendar, week: int) -> dict[str, npt.NDArray[np.bool_]]:
        """Rounds that have days in a week, with these days, shape (7,)."""
        days = {key: calendar.within(r.from_, r.to, week) for key, r in self.spec.rounds.items()}
        return {key: inside for key, inside in days.items() if inside.any()}

    def _start_again(self) -> None:
        """Forget the accounts; they are added up again from what was booked."""
        self._account = {key: Account(r.budget) for key, r in self.spec.rounds.items()}
        self._settled_to: float = -inf

    def _accounts_before(self, calendar: Calendar, week: int) -> dict[str, Account]:
        """Accounts with all weeks before the given one; each booked week is added once, in order."""
        if week < self._settled_to:
            self._start_again()
        if week > self._settled_to:
            for earlier in sorted(w for w in self._booked if self._settled_to <= w < week):
                self._settle(calendar, earlier)
            self._settled_to = week
        return self._account

    def _settle(self, calendar: Calendar, week: int) -> None:
        """Split a week's spending over its rounds by days times scale."""
        days = {key: int(inside.sum()) for key, inside in self._running(calendar, week).items()}
        scale = {key: self._account[key].scale(n) for key, n in days.items()}
        total = sum(days[key] * scale[key] for key in days)
        if not total:
            raise ValueError(f"subsidy '{self.name}' was charged in week {week}, in which it cut no price")
        for key in (key for key in days if scale[key] > 0.0):
            part = days[key] * scale[key] / total
            self._account[key].book(part * self._booked[week], days[key], scale[key])
