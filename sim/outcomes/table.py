"""Outcomes of a baseline and a scenario as tidy rows: which reader makes the rows of which theme.

What each outcome is stands in `sim.outcomes.declared`; how it is read stands in the module of its theme. To
add an outcome, declare it and let the reader of its theme yield its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import pandas as pd

from sim.market import Market
from sim.outcomes.customers import loyalty_rows, tier_mix_rows
from sim.outcomes.effective import counted
from sim.outcomes.experienced import experienced_rows, winner_rows
from sim.outcomes.followed import Followed
from sim.outcomes.host import host_rows
from sim.outcomes.hosted import hosted_rows, pull_forward_rows
from sim.outcomes.intervals import LEVEL
from sim.outcomes.money import contribution_rows, npv_rows
from sim.outcomes.people import customer_rows, people_rows
from sim.outcomes.periods import npv_week, window
from sim.outcomes.policy import policy_rows
from sim.outcomes.repeats import repeat_rows
from sim.outcomes.revenue import Books, revenue_rows
from sim.outcomes.rows import FEWEST_BUYERS, Row, summarise
from sim.outcomes.sales import sales_rows
from sim.outcomes.sides import Sides

__all__ = ["FEWEST_BUYERS", "LEVEL", "at_horizon", "npv_week", "outcomes", "summarise", "window"]


@dataclass(frozen=True)
class Measured:
    """All that outcomes of a pair are read from, after its last week.

    Attributes:
        sides: tables and periods of baseline and scenario, and what was followed in them.
        start: week to which present values are discounted.
        books: postings of baseline and scenario.
    """

    sides: Sides
    start: int
    books: Sequence[Books]


def _sales(pair: Measured) -> Iterator[Row]:
    rows = (sales_rows(pair.sides, period) for period in pair.sides.periods)
    return counted(chain.from_iterable(rows), pair.sides)


def _customers(pair: Measured) -> Iterator[Row]:
    """Customers by tier (all tiers together: see people, and at the horizon) and loyalty."""
    yield from tier_mix_rows(pair.sides, pair.sides.followed)
    yield from loyalty_rows(pair.sides, pair.sides.followed)


READERS: Mapping[str, Callable[[Measured], Iterator[Row]]] = {
    "sales": _sales,
    "hosted storefronts": lambda pair: counted(hosted_rows(pair.sides), pair.sides),
    "surplus as experienced": lambda pair: experienced_rows(pair.sides),
    "policies": lambda pair: policy_rows(pair.sides),
    "contribution": lambda pair: contribution_rows(pair.sides),
    "people": lambda pair: people_rows(pair.sides),
    "present values": lambda pair: npv_rows(pair.sides, pair.start),
    "customers and loyalty": _customers,
    "repeat purchases": lambda pair: repeat_rows(pair.sides, *(one.first for one in pair.sides.followed)),
    "timing": lambda pair: pull_forward_rows(pair.sides),
    "net revenue": lambda pair: revenue_rows(pair.sides, pair.books),
    "hosts": lambda pair: host_rows(pair.sides, pair.sides.followed, pair.books),
}
"""Readers of the rows of a theme of `sim.outcomes.declared`, in the order of the table.

Theme "at the horizon" is read earlier, see `at_horizon`; theme "questions" by `sim.outcomes.measures`.
"""


def outcomes(
    base: Market, other: Market, start: int, flows: pd.DataFrame, followed: Sequence[Followed]
) -> Iterator[Row]:
    """Outcomes of two markets on the same draws, after their last week.

    Args:
        base: market of the baseline.
        other: market of the scenario.
        start: week to which present values are discounted.
        flows: table of `sim.outcomes.flows.FlowRecorder`, weeks counted as in the markets.
        followed: what was followed in baseline and scenario.
    """
    books = [Books.of(market) for market in (base, other)]
    pair = Measured(Sides.of(base, other, flows, followed), start, books)
    for rows in READERS.values():
        yield from rows(pair)


def at_horizon(base: Market, other: Market) -> list[Row]:
    """Rows of what only the state of consumers at the horizon tells; the horizon is the current week."""
    return [*customer_rows(base, other), *winner_rows(base, other)]
