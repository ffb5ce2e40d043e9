"""Runs of small markets that are compared: choices and tables of a few weeks, and the fair of `fair.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.demand import Record
from sim.market import Market
from sim.market.phases import Phase
from sim.scenario import Scenario, load
from tests.markets import differences, market, named_choices, weekly_codes

FAIR = Path(__file__).parent / "fair.yaml"
BOOKED = Record(core=False)
Names = Mapping[str, npt.NDArray[np.str_]]


class Run(NamedTuple):
    """What came out of some weeks."""

    choices: list[Names]
    """By week and category, shape (slots, consumers) by identity."""
    sales: pd.DataFrame
    books: pd.DataFrame
    teams: pd.DataFrame
    merchants: pd.DataFrame
    surplus: pd.DataFrame


def run(scenario: Scenario, weeks: int, consumers: int = 2_000, **settings: object) -> Run:
    """Run a market for some weeks, with expected sales and books."""
    with market(scenario, consumers, **{"record": Record(), **settings}) as m:
        choices = weekly_codes(m, weeks)
        return Run(
            choices, m.sales_table(), m.ledger.table(), m.teams_table(), m.merchants_table(),
            m.surplus_table(),
        )  # fmt: skip


def unlike(a: Run, b: Run, *but: str) -> list[str]:
    """What differs in any bit: choices, columns of sales other than those named, and the books."""
    found = [f"{differences(a.choices, b.choices)} choices"] if differences(a.choices, b.choices) else []
    found += [f"sales: {c}" for c in a.sales if c not in but and not a.sales[c].equals(b.sales[c])]
    return found + ([] if a.books.equals(b.books) or "books" in but else ["books"])


def total(table: pd.DataFrame, measure: str, **keys: str) -> float:
    """Sum of a measure over the rows with given keys."""
    for key, value in keys.items():
        table = table[table[key] == value]
    return float(table[measure].sum())


def weights(m: Market) -> npt.NDArray[np.float64]:
    """People per consumer, in the order of rows."""
    return np.repeat(m.consumers.strata.weight, m.consumers.strata.count)


class BeforeTeams:
    """Choices of the week as they were before teams settled.

    Args:
        m: the market; a phase is put into its week.
    """

    def __init__(self, m: Market) -> None:
        self.codes: dict[str, npt.NDArray[np.int16]] = {}
        self.names: dict[str, npt.NDArray[np.str_]] = {}
        m.phases = m.phases.insert_after("people shop", Phase("look before teams settle", self._look))

    def _look(self, m: Market) -> None:
        self.codes = {c: diary.codes.copy() for c, diary in m.demand.diaries.items()}
        self.names = {c: named_choices(m, c) for c in m.demand.diaries}


def fair(*sets: str) -> Scenario:
    """The fair: everybody is alike and knows everything."""
    return load(FAIR, sets=sets).scenario


def open_fair(
    scenario: Scenario, consumers: int = 2_000, look: Callable[[Market], object] | None = None,
    **settings: object,
) -> Market:  # fmt: skip
    """A market of the fair in which everybody knows all storefronts."""
    m = market(scenario, consumers, **{"record": BOOKED, **settings})
    layout = m.consumers.layout
    m.consumers.columns.aware[:] |= np.uint64(sum(layout.bit(channel=c) for c in layout.channels))
    if look is not None:
        look(m)
    return m


def first_week(scenario: Scenario) -> pd.Series:
    """Expected orders by channel in the first week of the fair."""
    with open_fair(scenario) as m:
        m.step()
        return m.sales_table().groupby("channel", sort=False).orders.sum()
