"""What is kept of an option in a run: present values, sales and people as differences from the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.ledger import present_value
from sim.market import Market
from sim.outcomes.money import brand_contribution
from sim.outcomes.people import new_customers

Floats = npt.NDArray[np.float64]
PEOPLE = "people"
PLAIN = ("cut", "volume", "sales", "own_sales", "new_customers", "surplus", "contribution", "weeks_open")


def names(firms: Sequence[str]) -> list[str]:
    """Measures of an option.

    - value_FIRM: net present value to each firm, run-off included, at the day of the decision;
    - cut: the same for the entrant, cut at the horizon;
    - volume: present value of the GMV of its hosted storefronts, on which a commission is paid;
    - sales: the same without discounting, within the horizon;
    - own_sales: GMV of its other channels within the horizon;
    - new_customers: people who bought from it for the first time within the horizon;
    - surplus: consumer surplus within the horizon, as people decide;
    - contribution: that of its hosted storefronts within the horizon;
    - weeks_open: weeks in which one of them was open.
    """
    return [*(f"value_{firm}" for firm in firms), *PLAIN]


@dataclass(frozen=True)
class Levels:
    """Levels of one market after its last week.

    Attributes:
        currency: name of the money.
        values: net present value by firm.
        plain: the other measures.
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
        rate, end = market.spec.finance.discount_rate, market.last_week
        firms = [*market.platforms, *market.brands]
        series = _series(market, entrant)
        later = {name: values[first:] for name, values in series.items()}
        plain = {
            "cut": market.ledger.npv(entrant, market.horizon, rate, first),
            "volume": present_value(series["hosted"], rate, first),
            "sales": float(later["hosted"].sum()),
            "own_sales": float(later["own"].sum()),
            "new_customers": float(new_customers(market, entrant)[first:].sum()),
            "surplus": float(_surplus(market, first)),
            "contribution": float(later["contribution"].sum()),
            "weeks_open": float(later["open"].sum()),
        }
        values = {firm: market.ledger.npv(firm, end, rate, first) for firm in firms}
        return Levels(market.spec.currency.name, values, plain, later, first)

    @property
    def units(self) -> dict[str, str]:
        """Units of the measures."""
        other = {"new_customers": PEOPLE, "weeks_open": "weeks"}
        return {name: other.get(name, self.currency) for name in names(list(self.values))}


def _series(market: Market, entrant: str) -> dict[str, Floats]:
    """Weekly series of the entrant within the horizon, shape (horizon,) each."""
    found = {name: np.zeros(market.horizon) for name in ("hosted", "own", "contribution", "open")}
    for store in market.storefronts.values():
        if store.spec.owner != entrant:
            continue
        sold = np.array(store.sales[: market.horizon])
        found["own" if store.spec.host is None else "hosted"][: len(sold)] += sold
        if store.spec.host is not None:
            found["contribution"][: len(sold)] += np.array(store.contribution[: market.horizon])
            opened = np.array(store.open_weeks[: market.horizon], float)
            found["open"][: len(sold)] = np.maximum(found["open"][: len(sold)], opened)
    found["all"] = brand_contribution(market, entrant)
    return found


def _surplus(market: Market, first: int) -> float:
    table = market.surplus_table()
    return float(table.decision[table.week.between(first, market.horizon - 1)].sum())


def differences(before: Levels, after: Levels) -> dict[str, float]:
    """Measures of an option: what it leads to less the baseline."""
    values = {f"value_{firm}": after.values[firm] - amount for firm, amount in before.values.items()}
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
