"""Tables of a comparison: all scenarios side by side, outcomes by party, sales by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any

import pandas as pd

from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import upper_only
from sim.outcomes.monthly import monthly
from sim.outcomes.outcome import COUNTED
from sim.outcomes.rows import FEWEST_BUYERS
from sim.pictures.comparison.entry import entry
from sim.pictures.comparison.stores import storefronts, too_few
from sim.pictures.style import HARD, MONTHS, Scale
from sim.report.comparison.answer import key_numbers
from sim.report.comparison.words import (
    INTERVAL,
    Party,
    outcome_words,
    parties,
    period_words,
    scale_of,
    shown,
)
from sim.report.document import HIDDEN, TOO_FEW, Block, Heading, Table, Text, literal

HEAD = ("number", "when", "unit", "baseline", "scenario", "difference", "from", "to", "effective buyers")
VALUES, LEVELS = ("difference", "low", "high"), ("baseline", "with_scenario")
UNITS = ("", "", "", "", "", "scenario less baseline", INTERVAL, INTERVAL, "")
MONTHLY = "monthly.csv"
SUMMARY = "summary.csv"


# --- side by side --------------------------------------------------------------------------------


def side_by_side(comparison: Comparison, names: Sequence[str]) -> Table:
    """A line a scenario with its three numbers."""
    cells = []
    for name in names:
        title = literal(comparison.scenarios[name].title)
        if reason := too_few(comparison, name):
            cells.append([title, literal(reason), "", ""])
            continue
        for one in key_numbers(comparison, name):
            cells.append([title, one.label, one.number, one.note])
            title = ""
    return Table(("scenario", "what", "number", "how sure"), cells)


# --- outcomes ------------------------------------------------------------------------------------


def outcomes(comparison: Comparison, name: str) -> Iterator[Block]:
    """A table for every group of parties: the entrant, its storefronts, its hosts, all others."""
    summary = comparison.summary()
    whole = (summary.tier == "all") | summary.outcome.isin(upper_only())
    rows = summary[(summary.scenario == name) & whole]
    who = parties(comparison, name)
    known = {party: who.get(party, Party(party, "Others")) for party in dict.fromkeys(rows.party)}
    groups = dict.fromkeys(one.group for one in (*who.values(), *known.values()))
    when, money = period_words(comparison, name), comparison.scenarios[name].currency.name
    for group in groups:
        members = {party: one for party, one in known.items() if one.group == group}
        own = _together(rows[rows.party.isin(list(members))])
        cells = [
            _outcome(row, members if len(members) > 1 else {}, when, money) for row in own.to_dict("records")
        ]
        if cells:
            yield Table(HEAD, cells, literal(group), UNITS)


def _together(rows: pd.DataFrame) -> pd.DataFrame:
    """The periods of an outcome below one another; without what is zero in both markets."""
    idle = (rows.baseline == 0.0) & (rows.with_scenario == 0.0)
    place = rows.groupby(["party", "outcome"], sort=False).ngroup()
    return rows.loc[place[~idle].sort_values(kind="stable").index]


def _outcome(
    row: Mapping[Any, Any], members: Mapping[str, Party], when: Mapping[str, str], money: str
) -> list[str]:
    """One outcome; the party is named where a table has several."""
    changes, levels = ([float(row[key]) for key in keys] for keys in (VALUES, LEVELS))
    scale = scale_of(str(row["unit"]), money, *(changes if any(changes) else levels))
    words = outcome_words(str(row["outcome"]))
    named = f"{members[row['party']].title}: {words}" if members else words
    buyers = float(row["effective_buyers"])
    return [
        literal(named), when.get(str(row["period"]), str(row["period"])),
        literal(scale.unit.replace(" ", HARD)), *_numbers(row, scale, str(row["unit"]) in (money, *COUNTED)),
        "" if isnan(buyers) else f"{buyers:,.0f}",
    ]  # fmt: skip


def _numbers(row: Mapping[Any, Any], scale: Scale, summed: bool = True) -> list[str]:
    """Baseline, scenario, difference and its interval; a ratio that only the pair has is no level."""
    mean, low, high = (float(row[key]) for key in ("difference", "low", "high"))
    levels = [shown(float(row[key]), scale) for key in ("baseline", "with_scenario")]
    if not summed and row["baseline"] == 0.0:
        levels = ["", ""]
    if isnan(mean):
        few = float(row["effective_buyers"]) < FEWEST_BUYERS
        return [HIDDEN, HIDDEN, TOO_FEW if few else HIDDEN, "", ""]
    ends = ["", ""] if isnan(low) else [shown(low, scale), shown(high, scale)]
    return [*levels, shown(mean, scale, sign=True), *ends]


# --- months --------------------------------------------------------------------------------------


def months(comparison: Comparison, name: str, file: str = "") -> Iterator[Block]:
    """Sales of storefront, brand and host by calendar month from opening on.

    Args:
        comparison: the comparison.
        name: the scenario.
        file: the full table in the folder of the result, if it is there.
    """
    yield Heading("Month by month", 3)
    try:
        table = monthly(comparison)
    except ValueError as error:
        yield Text(literal(f"Not shown: {error}."))
        return
    rows = table[(table.scenario == name) & (table.tier == "all")]
    columns = list(_columns(comparison, name))
    first = _first_month(comparison, name)
    for title, outcome, party, solid in columns:
        own = rows[(rows.outcome == outcome) & (rows.party == party) & (rows.month >= first)]
        own = own[own.difference != 0.0] if solid else own
        if len(own):
            yield _by_month(own, title, comparison.scenarios[name].currency.name, file)
            file = ""


def _columns(comparison: Comparison, name: str) -> Iterator[tuple[str, str, str, bool]]:
    """Title, outcome and party; whether only months count in which anything was sold."""
    who, other = parties(comparison, name), comparison.scenarios[name]
    for store in storefronts(comparison, name):
        yield f"{who[store].title}: sales", "channel GMV", store, True
    for key, one in who.items():
        if key in other.brands and one.group != "Other brands":
            yield f"{one.title}: sales on all its channels", "brand GMV", key, False
        elif one.group.endswith(" (host)"):
            yield f"{one.title}: all sales on the platform", "host GMV", key, False


def _first_month(comparison: Comparison, name: str) -> str:
    """The month of opening; the first one if nothing opens."""
    if not storefronts(comparison, name):
        return ""
    return f"{entry(comparison, name).opened:%Y-%m}"


def _by_month(rows: pd.DataFrame, title: str, money: str, file: str) -> Table:
    scale = scale_of(money, money, *rows.difference.abs())
    cells = []
    for row in rows.to_dict("records"):
        year, month = str(row["month"]).split("-")
        buyers = float(row["effective_buyers"])
        behind = "" if isnan(buyers) else f"{buyers:,.0f}"
        words = f"{MONTHS[int(month) - 1]} {year}"
        cells.append([words, str(int(row["days"])), *_numbers(row, scale), behind])
    head = ("month", "days run", *HEAD[3:])
    units = ("", "", scale.unit, scale.unit, f"{scale.unit}, scenario less baseline", *UNITS[6:])
    return Table(head, cells, literal(title), [literal(unit) for unit in units], file)
