"""What the page shows: two strategies against one baseline, their numbers and the difference between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import pandas as pd

from sim.outcomes import parties
from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import declared
from sim.outcomes.intervals import LEVEL
from sim.outcomes.rows import FEWEST_BUYERS, KEYS, summarise
from sim.pictures.comparison.stores import value_outcome
from sim.pictures.style import per_cent, short_title
from sim.report.words import money
from sim.scenario.schema import Scenario

SIDES = ("strategy 1", "strategy 2")
BASE = "the baseline"
TABLES = ("outcomes", "weekly", "flows", "people")
Tables = Mapping[str, pd.DataFrame]


def together(
    base: Scenario, others: Mapping[str, Scenario], found: Mapping[str, Sequence[Tables]]
) -> Comparison:
    """One comparison of the replications that all strategies have."""
    count = min(len(tables) for tables in found.values())
    parts = [tables for side in found.values() for tables in side[:count]]
    joined = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in TABLES}
    return Comparison(BASE, {BASE: base, **others}, **joined)


@dataclass(frozen=True)
class Number:
    """A mean over replications with its interval; NaN where there is none.

    Attributes:
        shown: why it is not shown, or empty.
    """

    mean: float
    low: float
    high: float
    unit: str
    shown: str = ""

    @property
    def words(self) -> str:
        """The mean in words."""
        return self.shown or amount(self.mean, self.unit)

    @property
    def interval(self) -> str:
        """The interval in words; empty if there is none."""
        if self.shown or isnan(self.low):
            return ""
        return span(self.low, self.high, self.unit)


NONE = Number(float("nan"), float("nan"), float("nan"), "", "–")


@dataclass(frozen=True)
class Line:
    """One measure: of each strategy against the baseline, and of the second against the first."""

    title: str
    sides: tuple[Number, Number]
    difference: Number


def amount(value: float, unit: str) -> str:
    """An amount in words, with a sign and a true minus; what rounds to nothing has none."""
    size = money(abs(value), unit) if unit != "people" else _people(abs(value))
    return size if size == f"0 {unit}" else f"{'−' if value < 0 else '+'}{size}"


def span(low: float, high: float, unit: str) -> str:
    """Two amounts in words, the unit once if it is the same: −7.2 to +9.1 m yuan."""
    ends = [amount(value, unit) for value in (low, high)]
    number, _, words = ends[0].partition(" ")
    return f"{number} to {ends[1]}" if words == ends[1].partition(" ")[2] else " to ".join(ends)


def _people(count: float) -> str:
    return f"{count / 1e6:,.2f} m people" if count >= 1e5 else f"{count:,.0f} people"


def lines(comparison: Comparison) -> list[Line]:
    """The numbers above the pictures: value, sales, new customers, value to the host."""
    return [line for line in _lines(comparison) if line is not None]


def _lines(comparison: Comparison) -> Iterator[Line | None]:
    brand, value = entrant(comparison), value_outcome(comparison)
    if brand is None:
        return
    title = short_title(comparison.scenarios[comparison.base].brands[brand].title)
    yield _line(comparison, f"Value to {title}", value, (brand, brand), "horizon")
    stores = [store_of(comparison, side) for side in SIDES]
    yield _line(comparison, "Sales of the storefront while open", "channel GMV", stores, "window")
    yield _line(comparison, f"New customers of {title}", "customers ever", (brand, brand), "horizon")
    hosts = [host_of(comparison, side) for side in SIDES]
    yield _line(comparison, "Value to the host", value, hosts, "horizon", same=hosts[0] == hosts[1])


def entrant(comparison: Comparison) -> str | None:
    """Return the brand whose strategies are compared; None if there is no brand."""
    base, *sides = (comparison.scenarios[name] for name in (comparison.base, *SIDES))
    return parties.entrant(base, sides)


def store_of(comparison: Comparison, side: str) -> str | None:
    """Return the first storefront of the entrant that a strategy concerns; None if there is none."""
    return next(iter(_parties(comparison, side).storefronts), None)


def host_of(comparison: Comparison, side: str) -> str | None:
    """Return the platform on which it stands; None if there is none."""
    return next(iter(_parties(comparison, side).hosts), None)


def _parties(comparison: Comparison, side: str) -> parties.Parties:
    return parties.parties(comparison.scenarios[comparison.base], comparison.scenarios[side])


def _line(
    comparison: Comparison, title: str, outcome: str, whose: object, period: str, same: bool = True
) -> Line | None:  # fmt: skip
    """A measure, from the rows of each strategy's party."""
    assert isinstance(whose, list | tuple)
    rows = [_rows(comparison, side, outcome, party, period)
            for side, party in zip(SIDES, whose, strict=True)]  # fmt: skip
    if all(table.empty for table in rows):
        return None
    sides = (_number(rows[0]), _number(rows[1]))
    apart = _apart(rows[0], rows[1]) if same and not sides[0].shown and not sides[1].shown else NONE
    return Line(title, sides, apart)


def _rows(comparison: Comparison, side: str, outcome: str, party: str | None, period: str) -> pd.DataFrame:
    table = comparison.outcomes
    wanted = {
        "scenario": side,
        "outcome": declared(outcome).name,
        "party": party,
        "period": period,
        "tier": "all",
    }
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def _number(rows: pd.DataFrame) -> Number:
    """Mean and interval over replications."""
    if rows.empty:
        return NONE
    found = summarise(rows).iloc[0]
    unit = str(found["unit"])
    if isnan(found["difference"]):
        few = f"too few buyers ({found['effective_buyers']:,.0f} of {FEWEST_BUYERS})"
        return Number(float("nan"), float("nan"), float("nan"), unit, few)
    return Number(float(found["difference"]), float(found["low"]), float(found["high"]), unit)


def _apart(one: pd.DataFrame, two: pd.DataFrame) -> Number:
    """Second strategy minus first, replication by replication on the same draws."""
    first = one.set_index("replication").difference
    rows = two.assign(baseline=two.replication.map(first), with_scenario=two.difference, party="apart")
    rows = rows.assign(difference=rows.with_scenario - rows.baseline)
    return _number(rows[[*KEYS, "replication", "baseline", "with_scenario", "difference"]])


# --- in a sentence -------------------------------------------------------------------------------


def sentence(comparison: Comparison, found: Sequence[Line]) -> str:
    """Which strategy is worth more by its `lines`, and how sure that is."""
    brand = entrant(comparison)
    if brand is None or not found:
        return "No brand is in these markets: there is nothing to compare."
    title = short_title(comparison.scenarios[comparison.base].brands[brand].title)
    apart, count = found[0].difference, comparison.outcomes.replication.nunique()
    runs = f"{count} {'run' if count == 1 else 'runs'}"
    if isnan(apart.mean):
        return f"What the strategies are worth to {title} cannot be compared."
    if apart.mean == 0.0:
        each = found[0].sides[0]
        worth = "as much as the baseline" if each.mean == 0.0 else f"{each.words} against the baseline"
        return f"Both strategies are worth the same to {title}: {worth} ({runs} on the same draws)."
    better, size = (2, apart) if apart.mean > 0 else (1, apart)
    more = f"{money(abs(size.mean), size.unit)} more to {title} than strategy {3 - better}"
    if isnan(size.low):
        return f"In the first run strategy {better} is worth {more}; one run has no interval."
    if size.low <= 0 <= size.high:
        return (
            f"The strategies cannot be told apart yet: strategy {better} is worth {more} in the mean of "
            f"{runs}, but the {per_cent(LEVEL)} interval of the difference goes from {size.interval}."
        )
    ends = sorted((abs(size.low), abs(size.high)))
    between = span(ends[0], ends[1], size.unit).replace("+", "")
    return (
        f"Strategy {better} is worth {more} ({per_cent(LEVEL)} interval {between}; {runs} on the same draws)."
    )
