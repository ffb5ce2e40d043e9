"""Outcomes of a baseline and a scenario as tidy rows, and their summary over replications.

What each outcome is stands in the module of this folder that makes it: `sales`, `hosted`, `money`, `people`,
`experienced`, `policy`, `customers`, `repeats`, `host`, `revenue` and `timing`. Months are in `monthly`,
weeks and periods in `periods`, who is who in `parties`, rows and their summary in `rows`, and how many buyers
stand behind a number in `effective`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import pandas as pd

from sim.market import Market
from sim.outcomes.customers import loyalty_rows, tier_mix_rows
from sim.outcomes.effective import counted
from sim.outcomes.experienced import experienced_rows
from sim.outcomes.followed import Followed
from sim.outcomes.host import host_rows
from sim.outcomes.hosted import hosted_rows
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
from sim.outcomes.timing import pull_forward_rows

__all__ = ["FEWEST_BUYERS", "LEVEL", "customer_rows", "npv_week", "outcomes", "summarise", "window"]


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
    sides = Sides.of(base, other, flows)
    sold = (one for period in sides.periods for one in sales_rows(sides, period))
    yield from counted(chain(sold, hosted_rows(sides)), sides)
    yield from experienced_rows(sides)
    yield from policy_rows(sides)
    yield from contribution_rows(sides)
    yield from people_rows(sides)
    yield from npv_rows(sides, start)
    yield from _followed(sides, followed)


def _followed(sides: Sides, followed: Sequence[Followed]) -> Iterator[Row]:
    """Outcomes from what was followed while the markets ran, and from their books."""
    books = [Books.of(market) for market in (sides.base, sides.other)]
    yield from tier_mix_rows(sides, followed)
    yield from loyalty_rows(sides, followed)
    yield from repeat_rows(sides, followed[0].first, followed[-1].first)
    yield from pull_forward_rows(sides)
    yield from revenue_rows(sides, books)
    yield from host_rows(sides, followed, books)
