"""What a market writes down every week: tables by week and tier, and what puts them into a file and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sim.panel import Panel
from sim.trade import Sales

Floats = npt.NDArray[np.float64]
SALES = ("orders", "gmv", "value", "discount", "subsidy", "orders_realised", "gmv_realised")
TEAMS = ("takes", "filled", "refunded", "invitations", "joins", "gained")


class Records:
    """Weekly tables of one market.

    Args:
        tiers: names of the tiers.
    """

    def __init__(self, tiers: Sequence[str]) -> None:
        self.unknown = np.full(len(tiers), np.nan)
        self.sales = Panel(tiers, ("week", "channel", "host", "brand", "category"), SALES)
        self.surplus = Panel(tiers, ("week", "category"), ("decision", "core", "pathwise"))
        self.people = Panel(tiers, ("week", "name"), ("aware", "buyers"))
        self.teams = Panel(tiers, ("week", "platform"), TEAMS)
        self.merchants: list[tuple[int, str, str, float]] = []
        """Week, channel, category, active share of the merchants who could list."""

    def panels(self) -> Mapping[str, Panel]:
        """Panels by name."""
        return {"sales": self.sales, "surplus": self.surplus, "people": self.people, "teams": self.teams}

    def add_sales(self, week: int, sales: Iterable[Sales], weight: Floats, *, expected: bool) -> None:
        """Sales of a week; `expected` says on which basis the books are kept."""
        for one in sales:
            booked = one.by_channel(weight, expected=expected)
            realised = one.by_channel(weight, expected=False)
            for e, r in zip(booked, realised, strict=True):
                about = (week, e.offer.channel, e.offer.host or "", e.offer.brand or "", one.category)
                self.sales.append(about, (e.orders, e.gmv, e.value, e.discount, e.subsidy, r.orders, r.gmv))
            self.surplus.append((week, one.category), list(one.surplus_by_tier(weight)))

    def add_people(self, week: int, name: str, aware: Floats, buyers: Floats | None = None) -> None:
        """People who know a firm or channel, and buyers of the last 52 weeks, by tier."""
        self.people.append((week, name), (aware, self.unknown if buyers is None else buyers))
