"""When a storefront is open, and what changed since the scenario was written: the part policies move."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sim.scenario.schema import Act, Storefront

DAY = timedelta(days=1)


@dataclass
class Plan:
    """Current plan of a storefront.

    Attributes:
        first: first day; none = open since before the start.
        last: last day, included; none = stays open.
        closed: waits for a policy to open it.
        gone: categories that have left.
        goods: products relative to the scenario's.
        price: price index relative to the scenario's.
        commission: share of GMV for the host.
        exposure: as in the scenario, unless changed.
        goods_sold: categories that the scenario sells there.
    """

    first: date | None
    last: date | None
    closed: bool
    commission: float
    exposure: float
    goods_sold: frozenset[str] = frozenset()
    goods: float = 1.0
    price: float = 1.0
    gone: set[str] = field(default_factory=set)

    @staticmethod
    def of(store: Storefront) -> Plan:
        """The plan that the scenario wrote."""
        return Plan(
            store.open.from_, store.open.to, store.open.by_policy, store.contract.commission, store.exposure,
            frozenset(store.goods),
        )  # fmt: skip

    def enter(self, act: Act) -> None:
        """Open from a day on, with everything that had left; an open storefront keeps its first day."""
        over = self.last is not None and self.last < act.on
        not_yet = self.first is not None and self.first > act.on
        if self.closed or over or not_yet:
            self.first = self._free_from(act.on)
        self.last, self.closed = act.to, False
        self.gone.clear()

    def _free_from(self, day: date) -> date:
        """First day on which it can open again: not in the week it closed (books know one opening)."""
        monday = day - day.weekday() * DAY
        closed_this_week = self.last is not None and not self.closed and monday <= self.last < day
        return monday + 7 * DAY if closed_this_week else day

    def extend(self, act: Act) -> None:
        """Stay open longer."""
        self.last = act.to

    def leave(self, act: Act) -> None:
        """Close from a day on, wholly or some categories at once."""
        if act.categories and not self.goods_sold <= self.gone | set(act.categories):
            self.gone |= set(act.categories)
        elif not self.closed:
            self.last = act.on - DAY if self.last is None else min(self.last, act.on - DAY)

    def change(self, act: Act) -> None:
        """Change goods, price, commission or exposure; what is not given stays."""
        self.goods = self.goods if act.goods is None else act.goods
        self.price = self.price if act.price is None else act.price
        self.commission = self.commission if act.commission is None else act.commission
        self.exposure = self.exposure if act.exposure is None else act.exposure

    def state(self) -> dict[str, Any]:
        """Plain values."""
        days = {"first": self.first, "last": self.last}
        return {k: None if day is None else day.isoformat() for k, day in days.items()} | {
            "closed": self.closed, "commission": self.commission, "exposure": self.exposure,
            "goods": self.goods, "price": self.price, "gone": sorted(self.gone),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.first, self.last = (
            None if state[k] is None else date.fromisoformat(state[k]) for k in ("first", "last")
        )
        self.closed, self.gone = state["closed"], set(state["gone"])
        self.commission, self.exposure = state["commission"], state["exposure"]
        self.goods, self.price = state["goods"], state["price"]
