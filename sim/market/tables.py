"""What a market writes down every week: tables by week and tier, kept as arrays until they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.trade import Sales

Floats = npt.NDArray[np.float64]
SALES = ("orders", "gmv", "value", "discount", "subsidy", "orders_realised", "gmv_realised")
TEAMS = ("takes", "filled", "refunded", "invitations", "joins", "gained")


class Panel:
    """A long table that grows by one row per tier at a time.

    Args:
        tiers: names of the tiers; every append adds one row for each.
        keys: names of the columns that say what the rows are about.
        measures: names of the columns with numbers by tier.
    """

    def __init__(self, tiers: Sequence[str], keys: Sequence[str], measures: Sequence[str]) -> None:
        self.tiers = tuple(tiers)
        self.keys = tuple(keys)
        self.measures = tuple(measures)
        self._about: list[tuple[object, ...]] = []
        self._numbers: list[Floats] = []

    def append(self, about: Sequence[object], numbers: Sequence[Floats]) -> None:
        """Add one row per tier: values of the keys, and one array by tier for each measure."""
        self._about.append(tuple(about))
        self._numbers.append(np.array(numbers, np.float64))

    def about(self) -> list[tuple[object, ...]]:
        """Values of the keys, one tuple an append."""
        return list(self._about)

    def numbers(self) -> Floats:
        """Measures by append and tier, shape (appends, measures, tiers)."""
        shape = len(self._about), len(self.measures), len(self.tiers)
        return np.array(self._numbers, np.float64).reshape(shape)

    def restore(self, about: Iterable[Sequence[object]], numbers: Floats) -> None:
        """Go back to what `about` and `numbers` gave."""
        self._about = [tuple(row) for row in about]
        self._numbers = list(np.array(numbers, np.float64))

    def arrange(self, rows: Iterable[Sequence[object]], absent: Sequence[Floats]) -> None:
        """Keep these rows in this order; those that are not there yet get the numbers `absent`."""
        known = dict(zip(self._about, self._numbers, strict=True))
        nothing = np.array(absent, np.float64)
        self._about = [tuple(row) for row in rows]
        self._numbers = [known.get(row, nothing) for row in self._about]

    def frame(self) -> pd.DataFrame:
        """Everything so far; columns are the keys, the tier, the measures."""
        repeats, numbers = len(self.tiers), self.numbers()
        columns: Mapping[str, npt.NDArray[np.generic]] = {
            key: np.repeat(np.array([row[k] for row in self._about]), repeats)
            for k, key in enumerate(self.keys)
        }
        tiers = np.tile(np.array(self.tiers), len(self._about))
        return pd.DataFrame(
            {**columns, "tier": tiers, **{m: numbers[:, k].ravel() for k, m in enumerate(self.measures)}}
        )


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

    def complete(
        self, sold: Mapping[str, Sequence[tuple[str, str, str]]], names: Sequence[str], weeks: range
    ) -> None:
        """Arrange past weeks as a market writes them that had the same channels from the first of them on.

        A channel that did not exist yet gets rows in which it sold nothing and nobody knew it.

        Args:
            sold: by category, the channels that sell it with their host and brand, in the order of offers.
            names: firms and channels in the order of the people table.
            weeks: the weeks, up to the one that comes next; rows of earlier ones stay.
        """
        nothing = np.zeros_like(self.unknown)
        sales = [(w, *channel, category) for w in weeks for category in sold for channel in sold[category]]
        people = [(w, name) for w in weeks for name in names]
        self.sales.arrange([*_before(self.sales, weeks), *sales], [nothing] * len(SALES))
        self.people.arrange([*_before(self.people, weeks), *people], [nothing, self.unknown])

    def add_people(self, week: int, name: str, aware: Floats, buyers: Floats | None = None) -> None:
        """People who know a firm or channel, and buyers of the last 52 weeks, by tier."""
        self.people.append((week, name), (aware, self.unknown if buyers is None else buyers))


def _before(panel: Panel, weeks: range) -> list[tuple[object, ...]]:
    """Rows of a panel that lie before some weeks."""
    return [row for row in panel.about() if int(str(row[0])) < weeks.start]
