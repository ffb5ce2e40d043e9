"""The answer of a comparison: a sentence and the three numbers that matter most."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import Any

import pandas as pd

from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import declared
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.stores import storefronts, value_outcome
from sim.pictures.comparison.words import summary_title, window_words
from sim.pictures.style import day_words
from sim.report.comparison.words import INTERVAL, outcome_words, parties, scale_of, shown
from sim.report.document import Block, KeyNumber, KeyNumbers, Text, literal

Row = dict[str, Any]


def answer(comparison: Comparison, name: str) -> Iterator[Block]:
    """The finding in a sentence, and three numbers with their intervals."""
    yield Text(f"**{literal(finding(comparison, name))}.**")
    yield KeyNumbers(tuple(key_numbers(comparison, name)))


def finding(comparison: Comparison, name: str) -> str:
    """The finding in a sentence without its full stop."""
    if storefronts(comparison, name):
        return summary_title(comparison, name, entry(comparison, name))
    numbers = "; ".join(f"{one.label}: {one.number}" for one in key_numbers(comparison, name))
    return f"In the model, against the baseline, {numbers}"


def key_numbers(comparison: Comparison, name: str) -> Iterator[KeyNumber]:
    """Three numbers: of a storefront its sales, what is left, its value; else sales, value, surplus."""
    summary = comparison.summary()
    rows = summary[(summary.scenario == name) & (summary.tier == "all")]
    about = entry(comparison, name) if storefronts(comparison, name) else None
    if about is not None and about.hosts:
        yield from _of_storefront(comparison, about, rows)
        return
    who = parties(comparison, name)
    brand = next(key for key in who if key in comparison.scenarios[name].brands)
    title, money = who[brand].title, comparison.scenarios[name].currency.name
    for outcome, party, words in (
        ("brand GMV", brand, f"{title}: {outcome_words('brand GMV')}"),
        (value_outcome(comparison), brand, f"{title}: value"),
        ("consumer surplus, decision", "consumers", "consumers' surplus"),
    ):
        yield _number(literal(words), _row(rows, outcome, party, "horizon"), money)


def _of_storefront(comparison: Comparison, about: Entry, rows: pd.DataFrame) -> Iterator[KeyNumber]:
    money, brand = about.scenario.currency.name, about.brand
    sold = _row(rows, "hosted GMV", brand, "window")
    sales = "sales while" if about.new else "difference in sales,"
    label = f"{literal(about.store_title)}, {sales} {window_words(about)}"
    yield _number(label, sold, money, sign=not about.new)
    left = _row(rows, "carry-over GMV", brand, "after")
    if left:
        what, when = ("What is left: ", "after closing") if about.new else ("", "afterwards")
        label = f"{what}{literal(about.brand_title)}'s other channels {when}"
        yield _number(f"{label}, to {day_words(about.calendar.end)}", left, money)
    else:
        other = _row(rows, "GMV of other channels", brand, "window")
        yield _number(f"{literal(about.brand_title)}'s other channels meanwhile", other, money)
    run_off = " with run-off" if "run-off" in value_outcome(comparison) else ", cut at the end"
    value = _row(rows, value_outcome(comparison), brand, "horizon")
    yield _number(f"Value to {literal(about.brand_title)}, net present value{run_off}", value, money)


def _row(rows: pd.DataFrame, outcome: str, party: str, period: str) -> Row:
    """The row of an outcome; nothing if there is none."""
    name = declared(outcome).name
    found = rows[(rows.outcome == name) & (rows.party == party) & (rows.period == period)]
    return {str(key): value for key, value in found.iloc[0].items()} if len(found) else {}


def _number(label: str, row: Row, money: str, *, sign: bool = True) -> KeyNumber:
    """A difference with its unit and interval in words; what was not counted or run is said to be missing."""
    if not row or isnan(row["difference"]):
        return KeyNumber(label, "not known", "too few buyers, or not in this comparison")
    scale = scale_of(str(row["unit"]), money, row["difference"])
    number = f"{shown(row['difference'], scale, sign)} {scale.unit}"
    if isnan(row["low"]):
        return KeyNumber(label, number, "one replication: no interval")
    return KeyNumber(label, number, f"{INTERVAL} {shown(row['low'], scale)} to {shown(row['high'], scale)}")
