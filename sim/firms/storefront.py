"""A channel of a brand: its own site or a shop on a platform, open on certain days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import mesa
import numpy as np

from sim.calendar import DAYS, Calendar
from sim.firms.contract import Terms
from sim.firms.platform import Platform
from sim.firms.prices import festival, promotion_depth
from sim.ledger import Ledger
from sim.scenario import schema
from sim.scenario.schema import StorePrice
from sim.scenario.values import by_tier
from sim.trade import ChannelSales, Offer

WITHOUT_PRICE = StorePrice()


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
        self.terms = Terms(spec, taxes, 0.0 if host is None else host.spec.fees.service_cost)
        self.delivery_days = by_tier(spec.delivery_days, tiers)
        self.gmv = 0.0
        """What consumers paid last week, in money."""

    @property
    def kind(self) -> str:
        """Either "own site" or "storefront"."""
        return "own site" if self.spec.host is None else "storefront"

    def open_days(self, calendar: Calendar, week: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Days of the week on which it sells, shape (7,)."""
        return calendar.within(self.spec.open.from_ or date.min, self.closes(calendar) or date.max, week)

    def closes(self, calendar: Calendar) -> date | None:
        """Last day. Contracts with hosts end with the horizon: the run-off has the own channels only."""
        return self.spec.open.to or (calendar.end if self.spec.host is not None else None)

    def offers(self, calendar: Calendar, week: int) -> Iterator[Offer]:
        """Offers of a week, one a category; closed all week they are still made, with no open day."""
        open_days = self.open_days(calendar, week)
        for category, goods in self.spec.goods.items():
            price = self.spec.price.get(category, WITHOUT_PRICE)
            depth = promotion_depth(price.promotions.values(), calendar, week)
            # Visitors come to the host's festival; discounts are the storefront's own.
            pull = festival(self.events, str(self.spec.host), category, calendar, week)[1]
            cut = price.index * (1.0 - depth)
            team = {} if self.host is None else self.host.team_terms(cut, price.team_discount)
            yield Offer(
                channel=self.name, category=category, host=self.spec.host, brand=self.spec.owner, goods=goods,
                foreign=self.brand.foreign, open=open_days, list_price=np.full(DAYS, price.index),
                price=cut, depth=depth, pull=pull,
                delivery_days=self.delivery_days,
                host_weight=0.0 if self.spec.host is None else self.spec.host_weight,
                host_trust_weight=0.0 if self.spec.host is None else self.spec.host_trust_weight,
                **team,
            )  # fmt: skip

    def settle(self, ledger: Ledger, week: int, sold: list[ChannelSales]) -> None:
        """Book the week's sales."""
        self.gmv = float(sum(s.gmv.sum() for s in sold))
        for s in sold:
            self.terms.settle(ledger, week, s)

    def keep_open(self, ledger: Ledger, calendar: Calendar, week: int) -> None:
        """Book opening, running and closing costs of the week."""
        if not self.open_days(calendar, week).any():
            return
        first, last = self.spec.open.from_, self.closes(calendar)
        if first is not None and calendar.week_of(first) == week:
            self.terms.at_opening(ledger, week)
        self.terms.while_open(ledger, week)
        if last is not None and calendar.week_of(last) == week:
            self.terms.at_closing(ledger, week)
