"""Pictures of an answer: which table goes into which picture, and titles that state what it shows."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.analysis.discovery import Boxes
from sim.pictures.decisions import game as game_pictures
from sim.pictures.decisions import options as option_pictures
from sim.pictures.decisions import terms as term_pictures
from sim.pictures.style import per_cent
from sim.pictures.sweeps import discovery as discovery_pictures
from sim.report.advice.answer import pays
from sim.report.advice.numbers import Words, lower, m, one, rate, rows_of, text, top
from sim.report.document import Draw
from sim.sweep.responses import Responses

if TYPE_CHECKING:
    from sim.decisions.question import Question  # its runs are not needed to draw

Tables = Mapping[str, pd.DataFrame]
NEEDS = {
    "options": "options", "asked": "asked", "hosts": "partners", "rules": "rules",
    "information": "information", "box": "box_steps", "map": "map", "clauses": "clauses_central",
    "payoffs": "game_payoffs", "regret": "game_regret",
}  # fmt: skip
"""The table that each picture shows; without it, or if it is empty, there is no picture."""
OF_PART = {
    "terms": ("map", "clauses"), "worlds": ("options", "asked", "hosts", "rules", "information", "box"),
    "game": ("payoffs", "regret"), "left": (),
}  # fmt: skip
"""Pictures of every part, by name."""


def draws(tables: Tables, words: Words, question: Question) -> dict[str, Draw]:
    """Return functions that draw pictures from the tables that are there, by name."""
    found: dict[str, Draw] = {
        "options": lambda: _options(tables, words),
        "asked": lambda: _asked(tables, words),
        "hosts": lambda: _hosts(tables["partners"], words),
        "rules": lambda: _rules(tables, words),
        "information": lambda: _information(tables, words),
        "box": lambda: _box(tables, question),
        "map": lambda: _map(tables, words, question),
        "clauses": lambda: _clauses(tables["clauses_central"], words),
        "payoffs": lambda: _payoffs(tables, words),
        "regret": lambda: _regret(tables, words),
    }
    return {name: found[name] for name, need in NEEDS.items() if len(tables.get(need, ()))}


# --- worlds --------------------------------------------------------------------------------------


def _options(tables: Tables, words: Words) -> Figure:
    table = tables["options"][tables["options"].may_be_recommended]
    count, best = int(tables["worlds"].counts.sum()), one(table)
    chosen = table[table.recommended]
    title = f"{best['title']}: highest on average, {m(best['value'])} m {words.currency}"
    told = f"Value added to {words.entrant} against staying out, {count} worlds"
    name = str(chosen.option.iloc[0]) if len(chosen) else None
    return option_pictures.options(table, words.currency, title, told, name)


def _asked(tables: Tables, words: Words) -> Figure:
    table = tables["asked"]
    parts = table.groupby("part", sort=False)
    offered = [rows[rows.option.isin(words.spec.recommend)] for _, rows in parts]
    best = [top(rows, "value") for rows in offered if len(rows)]
    most = max(best, key=lambda row: float(row["difference"]))
    title = f"{most['part_title']} {most['title']}: {m(most['difference'], sign=True)} m {words.currency}"
    told = (
        "Each option less the first of its part, world by world on the same draws; 90 % intervals of the mean"
    )
    return option_pictures.asked(table, words.currency, title, told)


def _hosts(table: pd.DataFrame, words: Words) -> Figure:
    best = one(table)
    title = f"{best['title']}: most for {words.entrant} at its Nash rate, {rate(best['legal'])}"
    told = "Left: commissions that suit both on average. Right: value at the Nash rate, 90 % interval"
    ends = {"entrant_at_nash_low": "low", "entrant_at_nash_high": "high"}
    shown = table.assign(nash=table.legal).rename(columns=ends)
    return term_pictures.hosts(shown, words.currency, title, told, words.entrant)


def _rules(tables: Tables, words: Words) -> Figure:
    table = tables["rules"]
    best, naive = one(table), one(table, kind="fixed date")
    title = f"{best['rule']}: {m(best['value'] - naive['value'])} m {words.currency} above the fixed date"
    told = "Value over worlds, 90 % intervals; a false exit: the brand would have earned more by staying"
    return term_pictures.thresholds(
        table.rename(columns={"false_by_all": "false"}), words.currency, title, told
    )


def _information(tables: Tables, words: Words) -> Figure:
    table = tables["information"]
    rows = rows_of(table.iloc[1:])
    paying = [row for row in rows if row.get("test") == row.get("test") and pays(row)]
    first = rows[0]
    title = (
        f"{len(paying)} of {sum(isinstance(row.get('test'), str) for row in rows)} field tests bring more "
        "than cost and chance"
    )
    told = (
        f"Worth of knowing before deciding; most for: {lower(str(first['title']))} ({m(first['evppi'])} m "
        f"{words.currency}). 90 % intervals"
    )
    return option_pictures.information(table, words.currency, title, told)


def _box(tables: Tables, question: Question) -> Figure:
    return discovery_pictures.prim_box(boxes(tables, question), "a loss")


def boxes(tables: Tables, question: Question) -> Boxes:
    """Return the box of the worlds in which the recommendation loses, from tables.

    They keep the limits of the chosen box only: those of all other steps are empty here.
    """
    steps, worlds, names = tables["box_steps"], tables["worlds"], [factor.name for factor in question.deep]
    first, chosen = one(steps), int(steps.chosen.to_numpy().argmax())
    option, values = str(first["option"]), worlds[first["option"]].to_numpy(np.float64)[:, None]
    limits = tables["box"].assign(levels=[literal_eval(levels) for levels in tables["box"].levels])
    title, unit = question.title(option), text(first["unit"])
    return Boxes(
        Responses(title, unit, question.deep, worlds[names], values, shared=False),
        interest=values[:, 0] < question.spec.good_enough, trajectory=steps,
        steps=tuple(limits if k == chosen else limits.head(0) for k in range(len(steps))), chosen=chosen,
        found=bool(first["found"]), peel=first["peel"], least_mass=first["least_mass"],
    )  # fmt: skip


# --- terms and game ------------------------------------------------------------------------------


def _map(tables: Tables, words: Words, question: Question) -> Figure:
    table, lines = tables["map"], tables["lines"]
    host = one(tables["partners_central"], option=words.spec.terms.option)
    both = table[(table.entrant > 0) & (table.host > 0)]
    part = per_cent(len(both) / len(table))
    title = f"Both gain at {part} of the terms shown; Nash rate {rate(host['legal'])} as assumed"
    told = f"Value to {words.entrant}, m {words.currency}, most central market, unknowns at base values"
    now = (float(question.at(words.spec.terms.exposure)), question.commission)
    names = {"entrant": words.entrant, "host": "The host"}
    return term_pictures.map_of_terms(table, lines, words.currency, title, told, now, **names)


def _clauses(table: pd.DataFrame, words: Words) -> Figure:
    own = table[table.party == "entrant"]
    most = max(rows_of(own), key=lambda row: abs(float(row["worth"])))
    title = f"{most['title']}: weighs most for {words.entrant}, {m(most['worth'])} m {words.currency}"
    told = (
        "Worth of each clause to both parties at the same commission, 90 % intervals, the most central market"
    )
    return term_pictures.clauses(
        table.rename(columns={"worth_low": "low", "worth_high": "high"}), words.currency, title, told
    )


def _payoffs(tables: Tables, words: Words) -> Figure:
    table, firm = tables["game_payoffs"], tables["game_equilibria"]
    stable = firm[firm.equilibrium.astype(bool)]
    marks = [(row["entrant"], row["host"], row["rivals"]) for row in rows_of(stable)]
    title = f"{len(marks)} pure equilibri{'um' if len(marks) == 1 else 'a'} of entrant, host and rivals"
    told = f"{words.entrant} / host, m {words.currency}, mean of the draws; equilibria outlined"
    renamed = table.drop(columns=["entrant", "host", "rivals"]).assign(
        entrant=table.entrant, terms=table.host, terms_title=table.host_title, answer=table.rivals,
        answer_title=table.rivals_title, player=table.party,
    )  # fmt: skip
    return game_pictures.payoffs(renamed, title, told, marks)


def _regret(tables: Tables, words: Words) -> Figure:
    table, regret = tables["game_payoffs"], tables["game_regret"]
    names = dict(zip(table.entrant, table.entrant_title, strict=True))
    own = regret[regret.player == "entrant"]
    own = own.assign(strategy=own.action, worst=own["max"], title=own.action.map(names))
    least = min(rows_of(own), key=lambda row: float(row["mean"]))
    told = "What a strategy falls behind the best reply, over all terms of the host and answers of rivals"
    finding = f"{least['title']}: least regret, {m(least['mean'])} m {words.currency} on average"
    return game_pictures.regret(own, words.currency, finding, told)
