"""All cases side by side: a line a case, mean differences with their intervals, as Markdown and as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from sim.calendar import Calendar
from sim.experiments.stored import Case, read_case
from sim.files import write_text
from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import declared
from sim.outcomes.hosted import moved
from sim.outcomes.parties import groups, hosts_of, in_question
from sim.outcomes.periods import npv_week
from sim.outcomes.rows import FEWEST_BUYERS
from sim.pictures.comparison.stores import value_outcome
from sim.report.document import HIDDEN, TOO_FEW, Block, Document, Heading, Table
from sim.report.markdown import render
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    from sim.experiments.compare import Settings

VALUE = "NPV"
"""Stands for the present value with run-off if it was run, else cut at the horizon."""


class Measure(NamedTuple):
    """An outcome as a column: whose, over which period, divided by what."""

    column: str
    outcome: str
    party: str
    period: str
    scale: float = 1e6
    suffix: str = ""


SALES = (
    Measure("hosted GMV", "hosted GMV", "brand", "horizon"),
    Measure("brand's GMV", "brand GMV", "brand", "horizon"),
    Measure("carry-over GMV", "carry-over GMV", "brand", "after"),
    Measure("host's GMV in upper tiers", "host GMV, upper tiers", "host", "window"),
    Measure("consumers' surplus", "consumer surplus, decision", "consumers", "horizon"),
)
VALUES = (Measure("brand", VALUE, "brand", "horizon"), Measure("host", VALUE, "host", "horizon"))
VOLUMES = (
    Measure("new customers, thousand", "new customers", "brand", "horizon", 1e3),
    Measure("cost of one, {money}", "cost per incremental new customer", "brand", "horizon", 1.0),
    Measure("cannibalisation", "cannibalisation of other channels", "brand", "window", 0.01, " %"),
    Measure("taken directly", "taken directly from other channels", "brand", "window", 0.01, " %"),
    Measure("carry-over / hosted", "carry-over per hosted GMV", "brand", "after", 0.01, " %"),
    Measure("awareness gap halves after, weeks", "half-life of the awareness gap", "brand", "after", 1.0),
    Measure(
        "host's yearly buyers in upper tiers, thousand", "yearly buyers, upper tiers", "host", "window", 1e3
    ),
)
BLOCKS = {
    "Sales and surplus, m {money}": SALES,
    "Present values, m {money}": VALUES,
    "Customers, and where sales come from": VOLUMES,
}
NOTES = """Differences of each scenario from its baseline: mean over {replications} replications and 90 %
interval (noise of the simulation, assumptions fixed). {hidden} stands where fewer than {fewest} simulated
purchases moved to or from the storefronts in question, and for numbers without a value (an awareness gap
that is not halved before the end); "{too_few}" where, in both markets, fewer than {fewest} buyers stand
behind the number, counted as if all stood for equally many people. Empty: the case has no such thing.
Present values{runoff} are those at the day in their second column: the first week in which a case differs
from its baseline by its dates. Upper tiers have an income above the average. What each number is:
`docs/outcomes.md`."""


@dataclass(frozen=True)
class Figure:
    """Mean difference and interval of a measure of one party; NaN is not shown.

    `buyers` are those behind it, effective ones where they are known; NaN = not counted.
    """

    measure: Measure
    party: str
    tier: str
    unit: str
    mean: float
    low: float
    high: float
    buyers: float = nan


@dataclass(frozen=True)
class Line:
    """One case, for one brand.

    Attributes:
        case: the case.
        brand: its title.
        valued_on: day to which values are discounted.
        purchases: simulated purchases behind the figures, all replications together.
        figures: figures by column.
    """

    case: Case
    brand: str
    valued_on: str
    purchases: float
    figures: Mapping[str, list[Figure]]


def save(cases: Sequence[Case], settings: Settings, folder: Path) -> list[Path]:
    """Write cases.csv and cases.md from the results of the cases."""
    found = [line for case in cases for line in lines(case, read_case(case, folder))]
    text = markdown(found, settings.replications, run_off=settings.run_off)
    rows = table(found).to_csv(index=False, float_format="%.6g")
    return [write_text(folder / "cases.csv", rows), write_text(folder / "cases.md", text)]


# --- from results to figures ---------------------------------------------------------------------


def lines(case: Case, comparison: Comparison) -> Iterator[Line]:
    """Figures of a case, a line for each brand that it concerns."""
    base, other = case.base.scenario, case.scenario.scenario
    day = Calendar(base.time.start, base.time.end).monday(npv_week(base, [other]))
    summary, value = comparison.summary(), value_outcome(comparison)
    for brand, stores in brands(base, other).items():
        bought, found = purchases(comparison, stores), {}
        for measure, parties in columns(base, other, brand):
            named = measure._replace(outcome=measure.outcome.replace(VALUE, value))
            found[measure.column] = [
                figure if bought >= FEWEST_BUYERS else without_value(figure)
                for party in parties
                for figure in figures(summary, named, party)
            ]
        yield Line(case, (base.brands | other.brands)[brand].title, str(day), bought, found)


def brands(base: Scenario, other: Scenario) -> dict[str, list[str]]:
    """Brands that a case concerns, with their storefronts in question.

    A case without storefronts in question concerns all brands.
    """
    return in_question(base, other) or {name: [] for name in other.brands}


def purchases(comparison: Comparison, stores: Sequence[str]) -> float:
    """Simulated purchases that moved to or from some storefronts; if none is named, that moved at all."""
    flows = comparison.flows
    changed = flows.simulated_buyers[flows.origin != flows.destination]
    return moved(flows, stores) if stores else float(changed.sum())


def columns(base: Scenario, other: Scenario, brand: str) -> Iterator[tuple[Measure, list[str]]]:
    """Measures and whose they are: brand, its hosts, consumers, platforms by owner but for a lone host."""
    at = hosts_of(base, other, brand)
    parties = {"brand": [brand], "host": at, "consumers": ["consumers"]}
    for block in BLOCKS.values():
        yield from ((measure, parties[measure.party]) for measure in block)
    for owner, members in groups(other).items():
        title, several = other.platforms[owner].title or owner, len(members) > 1
        if members != at:
            outcome = f"{VALUE}, with its platforms" if several else VALUE
            column = f"{title} with its platforms" if several else title
            yield Measure(column, outcome, "platforms", "horizon"), [owner]


def figures(summary: pd.DataFrame, measure: Measure, party: str) -> Iterator[Figure]:
    """The figure of a measure and party, if the results have it: of all tiers, or of the upper ones."""
    outcome = declared(measure.outcome)
    own = summary[(summary.outcome == outcome.name) & (summary.party == party)]
    rows = own[own.period == measure.period]
    if outcome.tiers != "upper":
        rows = rows[rows.tier == "all"]
    for row in rows.to_dict("records"):
        numbers = (row[key] for key in ("difference", "low", "high", "effective_buyers"))
        yield Figure(measure, party, row["tier"], row["unit"], *numbers)


def without_value(figure: Figure) -> Figure:
    """The same, not shown."""
    return Figure(figure.measure, figure.party, figure.tier, figure.unit, nan, nan, nan)


# --- as rows -------------------------------------------------------------------------------------


def table(found: Sequence[Line]) -> pd.DataFrame:
    """A row for each figure of each case, in the unit of the outcome."""
    return pd.DataFrame(
        dict(
            case=line.case.label, scenario=line.case.name, against=line.case.against,
            title=line.case.scenario.scenario.title, brand=line.brand, valued_on=line.valued_on,
            simulated_purchases=line.purchases, outcome=figure.measure.outcome, party=figure.party,
            tier=figure.tier, period=figure.measure.period, unit=figure.unit,
            mean=figure.mean, low=figure.low, high=figure.high,
        )
        for line in found for several in line.figures.values() for figure in several
    )  # fmt: skip


# --- as Markdown ---------------------------------------------------------------------------------


def markdown(found: Sequence[Line], replications: int, *, run_off: bool) -> str:
    """The page of all cases as Markdown."""
    return render(document(found, replications, run_off=run_off))


def document(found: Sequence[Line], replications: int, *, run_off: bool) -> Document:
    """Three tables with a line a case each, and what to know about them."""
    notes = NOTES.format(
        replications=replications, hidden=HIDDEN, too_few=TOO_FEW, fewest=FEWEST_BUYERS,
        runoff=" with run-off" if run_off else ", cut at the horizon,",
    )  # fmt: skip
    money = "/".join(dict.fromkeys(line.case.base.scenario.currency.name for line in found))
    blocks: list[Block] = [listing(found)]
    for title, block in BLOCKS.items():
        names = [measure.column for measure in block]
        if block is VALUES:
            known = {measure.column for measures in BLOCKS.values() for measure in measures}
            names += dict.fromkeys(name for line in found for name in line.figures if name not in known)
        blocks += [Heading(title.format(money=money)), grid(found, names, money, dated=block is VALUES)]
    return Document("Cases", [notes], blocks)


def listing(found: Sequence[Line]) -> Table:
    """What the cases are."""
    cells = [
        [
            line.case.label,
            line.case.scenario.scenario.title,
            line.case.base.scenario.title,
            f"{line.purchases:,.0f}",
        ]
        for line in found
    ]
    return Table(["case", "scenario", "against", "simulated purchases"], cells)


def grid(found: Sequence[Line], names: Sequence[str], money: str, *, dated: bool) -> Table:
    """One table: a line a case, a column a measure."""
    several = {line.case.label for line in found if sum(one.case is line.case for one in found) > 1}
    cells = [
        [f"{line.case.label}, {line.brand}" if line.case.label in several else line.case.label]
        + ([line.valued_on] if dated else [])
        + [cell(line, name) for name in names]
        for line in found
    ]
    head = ["case", *(["valued on"] if dated else []), *(name.format(money=money) for name in names)]
    return Table(head, cells)


def cell(line: Line, column: str) -> str:
    """The figures of one column; empty if the case has none. Several hosts are named."""
    own = line.figures.get(column, [])
    platforms = line.case.scenario.scenario.platforms
    names = [f"{platforms[one.party].title} " if len(own) > 1 else "" for one in own]
    return "; ".join(name + words(one) for name, one in zip(names, own, strict=True))


def words(figure: Figure) -> str:
    """A number and its interval: "123 [110, 135]"; one replication has no interval."""
    scaled = [value / figure.measure.scale for value in (figure.mean, figure.low, figure.high)]
    if isnan(scaled[0]):
        return TOO_FEW if figure.buyers < FEWEST_BUYERS else HIDDEN
    size = max(abs(value) for value in scaled if not isnan(value))
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    mean, low, high = (f"{round(value, digits) + 0.0:,.{digits}f}" for value in scaled)
    suffix = figure.measure.suffix
    return f"{mean}{suffix}" if isnan(scaled[1]) else f"{mean} [{low}, {high}]{suffix}"
