"""Weekly tables of a market, by week and tier; kept as arrays until a data frame is asked for."""

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
        keys: names of the columns that tell the rows apart.
        measures: names of the columns with numbers by tier.
    """

    def __init__(self, tiers: Sequence[str], keys: Sequence[str], measures: Sequence[str]) -> None:
        self.tiers = tuple(tiers)
        self.keys = tuple(keys)
        self.measures = tuple(measures)
        self._keys: list[tuple[object, ...]] = []
        self._numbers: list[Floats] = []

    def append(self, key_values: Sequence[object], numbers: Sequence[Floats]) -> None:
        """Add one row per tier: values of the keys, and one array by tier for each measure."""
        self._keys.append(tuple(key_values))
        self._numbers.append(np.array(numbers, np.float64))

    def key_rows(self) -> list[tuple[object, ...]]:
        """Return the values of the keys, one tuple an append."""
        return list(self._keys)

    def numbers(self) -> Floats:
        """Return the measures by append and tier, shape (appends, measures, tiers)."""
        shape = len(self._keys), len(self.measures), len(self.tiers)
        return np.array(self._numbers, np.float64).reshape(shape)

    def restore(self, key_rows: Iterable[Sequence[object]], numbers: Floats) -> None:
        """Replace the contents by what `key_rows` and `numbers` returned before."""
        self._keys = [tuple(row) for row in key_rows]
        self._numbers = list(np.array(numbers, np.float64))

    def arrange(self, rows: Iterable[Sequence[object]], absent: Sequence[Floats]) -> None:
        """Keep these rows in this order; those that are not there yet get the numbers `absent`."""
        known = dict(zip(self._keys, self._numbers, strict=True))
        nothing = np.array(absent, np.float64)
        self._keys = [tuple(row) for row in rows]
        self._numbers = [known.get(row, nothing) for row in self._keys]

    def frame(self) -> pd.DataFrame:
        """Return everything so far; columns are the keys, the tier, the measures."""
        repeats, numbers = len(self.tiers), self.numbers()
        columns: Mapping[str, npt.NDArray[np.generic]] = {
            key: np.repeat(np.array([row[k] for row in self._keys]), repeats)
            for k, key in enumerate(self.keys)
        }
        tiers = np.tile(np.array(self.tiers), len(self._keys))
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
        """Return the panels by name."""
        return {"sales": self.sales, "surplus": self.surplus, "people": self.people, "teams": self.teams}

    def add_sales(self, week: int, sales: Iterable[Sales], weight: Floats, *, expected: bool) -> None:
        """Add the sales and surplus of a week; `expected` says whether the books are on expected sales."""
        for in_category in sales:
            booked = in_category.by_channel(weight, expected=expected)
            realised = in_category.by_channel(weight, expected=False)
            for b, r in zip(booked, realised, strict=True):
                offer = b.offer
                keys = (week, offer.channel, offer.host or "", offer.brand or "", offer.category)
                self.sales.append(keys, (b.orders, b.gmv, b.value, b.discount, b.subsidy, r.orders, r.gmv))
            self.surplus.append((week, in_category.category), list(in_category.surplus_by_tier(weight)))

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
        """Add the people who know a firm or channel, and its buyers of the last 52 weeks, by tier."""
        self.people.append((week, name), (aware, self.unknown if buyers is None else buyers))


def _before(panel: Panel, weeks: range) -> list[tuple[object, ...]]:
    """Rows of a panel that lie before some weeks."""
    return [row for row in panel.key_rows() if int(str(row[0])) < weeks.start]
