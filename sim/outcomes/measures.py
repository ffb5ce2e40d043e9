"""What is kept of an option in a run: declared outcomes of one market, as differences from the baseline.

Names, units and columns stand in `sim.outcomes.declared`; values of firms, new customers and contributions
are read by the same functions as in a comparison. GMV and surplus are not: here they are sums of what
storefronts and weeks have, there of the tables by tier, so that they agree up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.ledger import present_value
from sim.market import Market
from sim.outcomes.declared import FIRM_VALUE, declared
from sim.outcomes.money import added_up, brand_contribution, firm_value, stores_of
from sim.outcomes.people import new_customers

Floats = npt.NDArray[np.float64]
PEOPLE = "people"


@dataclass(frozen=True)
class Decided:
    """One market after its last week, as a question looks at it.

    Attributes:
        market: the market.
        entrant: brand that decides.
        first: week of the decision, to which values are discounted.
    """

    market: Market
    entrant: str
    first: int

    @cached_property
    def series(self) -> Mapping[str, Floats]:
        """Weekly series of the entrant within the horizon, shape (horizon,) each; see `by_week`."""
        market, hosted = self.market, stores_of(self.market, self.entrant, hosted=True)
        own = stores_of(market, self.entrant, hosted=False)
        opened = np.zeros(market.horizon)
        for store in hosted:
            weeks = np.array(store.open_weeks[: market.horizon], float)
            opened[: len(weeks)] = np.maximum(opened[: len(weeks)], weeks)
        return {
            "hosted": added_up(market, (store.sales for store in hosted)),
            "own": added_up(market, (store.sales for store in own)),
            "contribution": added_up(market, (store.contribution for store in hosted)),
            "open": opened,
            "all": brand_contribution(market, self.entrant),
        }

    def later(self, series: Floats) -> float:
        """Sum of a weekly series from the day of the decision to the horizon."""
        return float(series[self.first :].sum())

    def surplus(self) -> float:
        """Consumer surplus of the decision in the same weeks, in money."""
        table = self.market.surplus_table()
        return float(table.decision[table.week.between(self.first, self.market.horizon - 1)].sum())


def _discounted_sales(one: Decided) -> float:
    return present_value(one.series["hosted"], one.market.spec.finance.discount_rate, one.first)


READERS: Mapping[str, Callable[[Decided], float]] = {
    "NPV, cut at the horizon": lambda one: firm_value(one.market, one.entrant, one.market.horizon, one.first),
    "hosted GMV, present value": _discounted_sales,
    "hosted GMV": lambda one: one.later(one.series["hosted"]),
    "GMV of other channels": lambda one: one.later(one.series["own"]),
    "new customers": lambda one: one.later(new_customers(one.market, one.entrant)),
    "consumer surplus, decision": Decided.surplus,
    "contribution of hosted storefronts": lambda one: one.later(one.series["contribution"]),
    "weeks open": lambda one: one.later(one.series["open"]),
}
"""Readers of the entrant's outcomes of period "decision" by declared name, in the order of stored columns."""
PLAIN = tuple(declared(name).column_of() for name in READERS)
"""Columns of the entrant's outcomes."""


def names(firms: Sequence[str]) -> list[str]:
    """Columns of an option: values of firms, then `PLAIN`; see the columns of `sim.outcomes.declared`."""
    return [*(declared(FIRM_VALUE).column_of(firm) for firm in firms), *PLAIN]


@dataclass(frozen=True)
class Levels:
    """Levels of one market after its last week.

    Attributes:
        currency: name of the money.
        values: net present value by firm.
        plain: the entrant's outcomes by column.
        weekly: weekly series of the entrant from the day of the decision to the horizon, shape (weeks,) each.
        first: week of the decision.
    """

    currency: str
    values: Mapping[str, float]
    plain: Mapping[str, float]
    weekly: Mapping[str, Floats]
    first: int

    @staticmethod
    def of(market: Market, entrant: str, first: int) -> Levels:
        """Levels of a market that has been run to its end.

        Args:
            market: the market.
            entrant: brand that decides.
            first: week of the decision, to which values are discounted.
        """
        one, firms = Decided(market, entrant, first), [*market.platforms, *market.brands]
        plain = {declared(name).column_of(): read(one) for name, read in READERS.items()}
        values = {firm: firm_value(market, firm, market.last_week, first) for firm in firms}
        later = {name: series[first:] for name, series in one.series.items()}
        return Levels(market.spec.currency.name, values, plain, later, first)

    @property
    def units(self) -> dict[str, str]:
        """Units by column."""
        money = declared(FIRM_VALUE).unit_in(self.currency)
        units = {declared(FIRM_VALUE).column_of(firm): money for firm in self.values}
        plain = map(declared, READERS)
        return units | {one.column_of(): one.unit_in(self.currency) for one in plain}


def differences(before: Levels, after: Levels) -> dict[str, float]:
    """Outcomes of an option by column: what it leads to less the baseline."""
    column = declared(FIRM_VALUE).column_of
    values = {column(firm): after.values[firm] - amount for firm, amount in before.values.items()}
    return values | {name: after.plain[name] - before.plain[name] for name in PLAIN}


def by_week(before: Levels, after: Levels) -> pd.DataFrame:
    """Weekly rows of an option, from the day of the decision to the horizon.

    Columns: week; hosted, GMV of the entrant's hosted storefronts; own, that of its other channels less the
    baseline; contribution, of the hosted storefronts; all, of all its channels less the baseline; open.
    """
    gain = {name: after.weekly[name] - before.weekly[name] for name in ("own", "all")}
    same = {name: after.weekly[name] for name in ("hosted", "contribution", "open")}
    weeks = np.arange(before.first, before.first + len(gain["own"]))
    return pd.DataFrame({"week": weeks, **same, **gain})
