"""Choices that the model makes, written down as the long table that estimators read.

A phase of the market looks on: after people have shopped and before anything else changes, it writes
down what each person with a need could choose from, at which price, with which habit, and what they chose.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.choice import NOTHING
from sim.consumers.demand import Record
from sim.consumers.shopping import NO_NEED
from sim.engine.loop import advance
from sim.market import Market
from sim.market.phases import Phase
from sim.scenario import Scenario
from sim.trade import Offer

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

OUTSIDE = "nothing"
"""Name of buying nothing online, always the first alternative."""


class Recorder:
    """A phase that writes down a category's choices of a week.

    What people consider is read from the bits of their awareness by name, not from the tables of the
    choice kernel.

    Args:
        category: name of the category.
    """

    def __init__(self, category: str) -> None:
        self.category = category
        self.weeks: list[pd.DataFrame] = []

    def __call__(self, market: Market) -> None:
        """Look at the choices just made.

        Raises:
            ValueError: if a price or an opening differs between the days of the week (who bought nothing
                leaves no day), or somebody chose what they do not consider.
        """
        offers = market.offers[self.category]
        _check_all_days_alike(offers)
        for codes in market.demand.diaries[self.category].codes:
            rows = np.flatnonzero(codes != NO_NEED)
            self.weeks.append(_long(market, offers, rows, codes[rows].astype(np.int64)))

    def table(self) -> pd.DataFrame:
        """All choices, ordered by person and occasion.

        Columns: person (identity), occasion (number of the choice), alternative (name), available,
        price (index), habit, chosen. The alternatives of every occasion come in the same order, with
        `OUTSIDE` first.
        """
        table = pd.concat(self.weeks, ignore_index=True)
        table = table.sort_values(["person", "week", "position"], kind="stable", ignore_index=True)
        size = int(table["position"].max()) + 1
        table.insert(1, "occasion", np.arange(len(table)) // size)
        return table.drop(columns="position")


def _check_all_days_alike(offers: Sequence[Offer]) -> None:
    for offer in offers:
        if np.ptp(offer.price) > 0.0 or offer.open.any() != offer.open.all():
            raise ValueError(f"{offer.channel}: price or opening changes within the week")


def _long(
    market: Market, offers: Sequence[Offer], rows: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """Occasions of a week: people in `rows`, diary codes of their choices."""
    position = np.where(codes == NOTHING, 0, codes // 7 + 1)
    available, habit = _seen(market, offers, rows), _habit(market, offers, rows)
    if not available[np.arange(len(rows)), position].all():
        raise ValueError("somebody chose what they do not consider")
    size, n = len(offers) + 1, len(rows)
    names = np.array([OUTSIDE, *(offer.channel for offer in offers)])
    price = np.array([1.0, *(offer.price[0] for offer in offers)])
    return pd.DataFrame(
        {
            "person": np.repeat(market.consumers.columns.id[rows], size),
            "week": market.week,
            "position": np.tile(np.arange(size), n),
            "alternative": pd.Categorical(np.tile(names, n), categories=names),
            "available": available.ravel(),
            "price": np.tile(price, n),
            "habit": habit.ravel(),
            "chosen": (np.arange(size) == position[:, None]).ravel(),
        }
    )


def _seen(market: Market, offers: Sequence[Offer], rows: npt.NDArray[np.int64]) -> Flags:
    """Who considers what, shape (rows, 1 + channels): they know the host, the brand and its channel."""
    word, layout = market.consumers.columns.aware[rows], market.consumers.layout
    out = np.ones((len(rows), len(offers) + 1), bool)
    for j, offer in enumerate(offers, start=1):
        own = offer.channel if offer.brand is not None else None
        mask = np.uint64(layout.bit(platform=offer.host, brand=offer.brand, channel=own))
        out[:, j] = ((word & mask) == mask) & offer.open.all()
    return out


def _habit(market: Market, offers: Sequence[Offer], rows: npt.NDArray[np.int64]) -> Floats:
    """Habit of the app that a channel stands in, 0 for others, shape (rows, 1 + channels)."""
    columns, platforms = market.consumers.columns, market.consumers.layout.platforms
    out = np.zeros((len(rows), len(offers) + 1))
    for j, offer in enumerate(offers, start=1):
        if offer.host is not None:
            out[:, j] = columns.habit[platforms.index(offer.host), rows]
    return out


def record_choices(scenario: Scenario, category: str, *, consumers: int, seed: int) -> pd.DataFrame:
    """Run a market to its end and return what people chose in a category; see `Recorder.table`.

    Args:
        scenario: the market, without warm-up if habits are to start at zero.
        category: name of the category.
        consumers: how many.
        seed: of the people and of the weeks.
    """
    recorder, record = Recorder(category), Record(expected=False, core=False)
    with Market(scenario, consumers=consumers, world_seed=seed, shock_seed=seed, record=record) as market:
        market.phases = market.phases.insert_after("people shop", Phase("choices are recorded", recorder))
        advance(market)
    return recorder.table()
