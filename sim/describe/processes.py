"""The week as the code runs it: phases in their order, what each does, reads and writes.

Order, names and first sentences come from `sim.market.week.default_phases`. What a phase reads and
writes stands here; `tests/describe` lets an eventful market run and compares the columns that really change.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import getdoc
from typing import NamedTuple

from sim.describe.regions import table
from sim.describe.states import PEOPLE


class Flow(NamedTuple):
    """What a phase reads, and what it writes beside people's columns, which are told by `PEOPLE`."""

    reads: str
    writes: str


FLOWS: Mapping[str, Flow] = {
    "firms decide": Flow(
        "what each firm can see: own sales, customers and books; published figures of hosts; the calendar",
        "plans of storefronts, terms, advertising; responses of platforms",
    ),
    "merchants list": Flow("sales and subsidies of the last four weeks", "active share of merchants"),
    "firms set prices": Flow(
        "plans, assortments, programmes and the rest of their budgets, responses, beliefs in teams, calendar",
        "the week's offers",
    ),
    "prices compete": Flow(
        "offers, a sample of people's tastes, states and awareness",
        "price factors of platforms that answer; offers",
    ),
    "firms advertise": Flow("spending of brands and platforms", "advertising stocks, books"),
    "people notice storefronts": Flow(
        "awareness at the start of the week, who browses which host, exposure of open storefronts",
        "",
    ),
    "people shop": Flow(
        "offers, needs of the week, traits, habit, loyalty, trust, stock, awareness",
        "diaries: the choice of every need; sums of sales and surplus",
    ),
    "teams settle": Flow(
        "diaries, contacts, rules of teams, density of team orders",
        "diaries of who reconsiders or is refunded; sums of sales; beliefs in teams",
    ),
    "goods arrive": Flow("diaries", ""),
    "awareness spreads": Flow(
        "purchases of the week, awareness of contacts at its start, advertising stocks, data clauses",
        "",
    ),
    "books close": Flow(
        "sums of sales, contracts, fees, programmes, what opens or closes",
        "books, spending of programmes, the firms' own records of sales and customers",
    ),
    "record": Flow("all of it", "weekly tables, Mesa's data collector"),
}


def processes_table() -> str:
    """The week as Markdown."""
    from sim.market.week import default_phases

    rows = [
        [str(n), phase.name, _first_sentence(phase.run), FLOWS[phase.name].reads, _writes(phase.name)]
        for n, phase in enumerate(default_phases(), 1)
    ]
    return table(["", "phase", "what it does", "reads", "writes"], rows)


def _first_sentence(function: object) -> str:
    return (getdoc(function) or "").split("\n")[0]


def _writes(phase: str) -> str:
    columns = ", ".join(f"`{name}`" for name, column in PEOPLE.items() if phase in column.moves)
    return "; ".join(part for part in (columns, FLOWS[phase].writes) if part)
