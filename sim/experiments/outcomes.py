"""Outcomes of a baseline and a scenario as tidy rows, and their summary over replications.

What each outcome is stands where it is made: sales and surplus in `outcomes_sales`, hosted storefronts in
`outcomes_hosted`, money in `outcomes_money`, people in `outcomes_people`. Periods and who takes part are
in `windows`, rows and their summary in `rows`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sim.experiments.outcomes_hosted import hosted_rows
from sim.experiments.outcomes_money import contribution_rows, npv_rows
from sim.experiments.outcomes_people import customer_rows, people_rows
from sim.experiments.outcomes_sales import sales_rows
from sim.experiments.rows import FEWEST_BUYERS, LEVEL, Row, summarise
from sim.experiments.tables import Sides
from sim.experiments.windows import npv_week, window
from sim.market import Market

__all__ = ["FEWEST_BUYERS", "LEVEL", "customer_rows", "npv_week", "outcomes", "summarise", "window"]


def outcomes(base: Market, other: Market, start: int, flows: pd.DataFrame) -> Iterator[Row]:
    """Outcomes of two markets on the same draws, after their last week.

    Args:
        base: market of the baseline.
        other: market of the scenario.
        start: week to which present values are discounted.
        flows: table of `sim.experiments.flows.FlowRecorder`, weeks counted as in the markets.
    """
    sides = Sides.of(base, other, flows)
    for period in sides.periods:
        yield from sales_rows(sides, period)
    yield from hosted_rows(sides)
    yield from contribution_rows(sides)
    yield from people_rows(sides)
    yield from npv_rows(sides, start)
