"""A channel of a brand: its own site or a shop on a platform, open on certain days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import mesa
import numpy as np
import numpy.typing as npt

from sim.calendar import DAYS, Calendar
from sim.firms.contract import Terms
from sim.firms.merchants import MerchantGroup, assortment_factor
from sim.firms.opening import Plan
from sim.firms.platform import Platform
from sim.firms.prices import festival, in_week, promotion_depth
from sim.ledger import Ledger
from sim.scenario import schema
from sim.scenario.schema import Act, StorePrice
from sim.scenario.values import by_tier
from sim.trade import ChannelSales, Floats, Offer

WITHOUT_PRICE = StorePrice()
Days = npt.NDArray[np.bool_]


class Storefront(mesa.Agent):
    """One storefront or own site.

    Args:
        model: the market.
        name: its key in the scenario.
        spec: what the scenario says about it.
        brand: what the scenario says about its owner.
        events: festivals, of which the host's pull reaches the storefront.
        host: the platform it stands on, if any.
        taxes: import tax by category.
        tiers: names of the tiers.

    Attributes:
        plan: when it is open, and what has changed since the scenario was written.
        sales: what consumers paid, by recorded week; `orders` and `contribution` likewise.
        open_weeks: whether it was open on some day, by recorded week.
    """

    def __init__(
        self, model: mesa.Model, name: str, spec: schema.Storefront, brand: schema.Brand,
        events: list[schema.Event], host: Platform | None, taxes: dict[str, float], tiers: tuple[str, ...],
    ) -> None:  # fmt: skip
        super().__init__(model)
        self.name = name
        self.spec = spec
        self.brand = brand
        self.events = events
        self.host = host
        self.plan = Plan.of(spec)
        service_cost = 0.0 if host is None else host.spec.fees.service_cost
        self.terms = Terms(spec, taxes, service_cost, name=name, return_elsewhere=brand.return_elsewhere)
        self.delivery_days = by_tier(spec.delivery_days, tiers)
        self.merchant_groups: dict[str, MerchantGroup] = {}
        self.stands = spec.open.from_ is None and not spec.open.by_policy
        """Open so far, its closing not yet booked."""
        self.sales: list[float] = []
        self.orders: list[float] = []
        self.contribution: list[float] = []
        self.open_weeks: list[bool] = []

    @property
    def kind(self) -> str:
        """Either "own site" or "storefront"."""
        return "own site" if self.spec.host is None else "storefront"

    @property
    def gmv(self) -> float:
        """What consumers paid last week, in money."""
        return self.sales[-1] if self.sales else 0.0

    def open_days(self, calendar: Calendar, week: int) -> Days:
        """Days of the week on which it sells, shape (7,)."""
        if self.plan.closed:
            return np.zeros(DAYS, bool)
        return calendar.within(self.plan.first or date.min, self.closes(calendar) or date.max, week)

    def closes(self, calendar: Calendar) -> date | None:
        """Last day. Contracts with hosts end with the horizon: the run-off has the own channels only."""
        if self.spec.host is None:
            return self.plan.last
        return calendar.end if self.plan.last is None else min(self.plan.last, calendar.end)

    def act(self, act: Act) -> None:
        """Do what a policy has decided."""
        {"enter": self.plan.enter, "extend": self.plan.extend, "exit": self.plan.leave}.get(
            act.do, self.plan.change
        )(act)
        self.terms.commission = self.plan.commission

    # --- offers --------------------------------------------------------------------------------

    def offers(self, calendar: Calendar, week: int) -> Iterator[Offer]:
        """Offers of a week, one a category; closed all week they are still made, with no open day."""
        open_days = self.open_days(calendar, week)
        hosted = self.spec.host is not None
        events = in_week(self.events, calendar, week)
        for category, goods in self.spec.goods.items():
            price = self.spec.price.get(category, WITHOUT_PRICE)
            depth = promotion_depth(price.promotions.values(), calendar, week)
            # Visitors come to the host's festival; discounts are the storefront's own.
            pull = festival(events, str(self.spec.host), category, calendar, week)[1]
            list_price = np.full(DAYS, price.index * self.plan.price)
            yield Offer(
                channel=self.name, category=category, host=self.spec.host, brand=self.spec.owner,
                goods=goods * self.plan.goods * self.assortment_factor(category),
                foreign=self.brand.foreign, open=open_days & (category not in self.plan.gone),
                list_price=list_price, depth=depth, pull=pull, delivery_days=self.delivery_days,
                host_weight=self.spec.host_weight if hosted else 0.0,
                host_trust_weight=self.spec.host_trust_weight if hosted else 0.0,
                **self._price_terms(list_price * (1.0 - depth), price, calendar, week, category),
            )  # fmt: skip

    def _price_terms(
        self, price: Floats, spec: StorePrice, calendar: Calendar, week: int, category: str
    ) -> dict[str, Any]:
        """Price, what the host adds to it, and the team option, as keywords of `Offer`."""
        if self.host is None:
            return {"price": price}
        price, subsidy = self.host.subsidised(price, calendar, week, category, hosted=True)
        return {"price": price, "subsidy": subsidy, **self.host.team_terms(price, spec.team_discount)}

    def assortment_factor(self, category: str) -> float:
        """Products on offer relative to the scenario's: its merchants come and go."""
        return assortment_factor(self.merchant_groups, category)

    # --- books ---------------------------------------------------------------------------------

    def settle(self, ledger: Ledger, calendar: Calendar, week: int, sold: list[ChannelSales]) -> None:
        """Book the week's sales, and what opening, running and closing cost."""
        begin, opened = len(ledger.postings), bool(self.open_days(calendar, week).any())
        for s in sold:
            self.terms.settle(ledger, week, s)
            if self.host is not None:
                self.host.pay_subsidy(ledger, calendar, week, self.terms.retailer, s)
        if opened:
            self.terms.while_open(ledger, week)
        self.sales.append(float(sum(s.total_gmv for s in sold)))
        self.orders.append(float(sum(s.orders.sum() for s in sold)))
        self.contribution.append(ledger.net(self.spec.owner, begin))
        self.open_weeks.append(opened)
        self._open_or_close(ledger, calendar, week, opened)

    def _open_or_close(self, ledger: Ledger, calendar: Calendar, week: int, opened: bool) -> None:
        """Book what is due once when it opens or closes."""
        if opened and not self.stands:
            self.terms.at_opening(ledger, week)
            self.stands = True
        last = self.closes(calendar)
        if self.stands and last is not None and calendar.week_of(last) <= week:
            self.terms.at_closing(ledger, week)
            self.stands = False

    def state(self) -> dict[str, Any]:
        """Everything that changes, but for merchants, who keep their own."""
        return {
            "plan": self.plan.state(), "terms": self.terms.state(), "stands": self.stands,
            "sales": self.sales, "orders": self.orders, "contribution": self.contribution,
            "open_weeks": self.open_weeks,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.plan.restore(state["plan"])
        self.terms.restore(state["terms"])
        self.terms.commission, self.stands = self.plan.commission, state["stands"]
        self.sales, self.orders = list(state["sales"]), list(state["orders"])
        self.contribution, self.open_weeks = list(state["contribution"]), list(state["open_weeks"])
