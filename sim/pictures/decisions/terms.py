"""Terms between entrant and host: where both gain, what clauses, partners and rules for leaving are worth."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.pictures.decisions.map import map_of_terms
from sim.pictures.decisions.rows import (
    ACROSS,
    BELOW,
    BESIDE,
    LEFT,
    above,
    amounts,
    estimate,
    hard,
    head_of,
    interval,
    intervals,
    mean_words,
    pitch_of,
    records,
    rows,
    sentence,
    share,
    single,
    widths_of,
    zero_line,
)
from sim.pictures.layout import BLUE, GREEN, ORANGE, Column, Span, page
from sim.pictures.style import GROUP, HARD, INK, OKABE_ITO, QUIET, RULE, SIZE, panel
from sim.pictures.words import Measure, measure, number

__all__ = ["clauses", "hosts", "map_of_terms", "thresholds"]

PARTIES = (BLUE, ORANGE)
"""Colours of entrant and host."""
THE = {"entrant": "the entrant", "host": "the host"}
KINDS = {
    "fixed date": GROUP,
    "stay": INK,
    "threshold": BLUE,
    "Dixit": ORANGE,
    "review": GREEN,
}
"""Colours of rules by their kind; others are pink."""
OTHER = OKABE_ITO[4]
RATES: Span = (-0.5, 1.0)
"""Commissions beyond these are clipped: a host pays at most half of what is sold there, or keeps all."""
RATE = Measure(0.01, "%", 1)


# --- clauses -------------------------------------------------------------------------------------


def clauses(table: pd.DataFrame, unit: str, title: str, subtitle: str) -> Figure:
    """What each clause of a contract is worth to both parties, the best for the first party on top.

    Args:
        table: a row a clause and party with `clause`, `title`, `party` ("entrant" and "host", or names, the
            entrant's first), `worth` with `low` and `high` (90 % interval), in the unit.
        unit: of the worth.
        title: the finding.
        subtitle: the measure.

    Raises:
        ValueError: if there are more than two parties.
    """
    parties = sorted(dict.fromkeys(table.party), key=lambda party: party != "entrant")
    if len(parties) > len(PARTIES):
        raise ValueError(f"clauses are drawn for two parties, found {', '.join(map(str, parties))}")
    shown = measure(table[["worth", "low", "high"]].to_numpy(float).ravel(), unit)
    titles = table.drop_duplicates("clause").set_index("clause").title
    worths = {party: table[table.party == party].set_index("clause") for party in parties}
    first = worths[parties[0]].worth.sort_values(ascending=False, kind="stable")
    order = list(dict.fromkeys([*first.index, *titles.index]))
    found = [worths[party].reindex(order) for party in parties]
    names = [str(titles[clause]) for clause in order]
    columns = [
        Column(f"to {THE.get(party, party)}, {hard(shown)}", _worth_texts(own, shown), colour)
        for party, own, colour in zip(parties, found, PARTIES, strict=False)
    ]
    figure, axes = single(title, sentence(subtitle, mean_words(table)), names, [""] * len(names), columns)
    for own, colour, up in zip(found, PARTIES, (-0.16, 0.16), strict=False):
        for k, row in enumerate(records(own)):
            interval(axes, k + up, row.worth, row.low, row.high, colour)
    amounts(axes, shown, [(0.0, 0.0), *intervals(table, "worth")])
    axes.set_xlabel(f"worth of the clause, {shown.axis}", size=SIZE, color=QUIET)
    zero_line(axes, "without the clause")
    return figure


def _worth_texts(own: pd.DataFrame, shown: Measure) -> list[str]:
    return [estimate(shown, row.worth, row.low, row.high) for row in records(own)]


# --- hosts ---------------------------------------------------------------------------------------


def hosts(table: pd.DataFrame, unit: str, title: str, subtitle: str, entrant: str = "the entrant") -> Figure:
    """Which commissions suit both parties at each host, and what the entrant has of it at the Nash rate.

    Args:
        table: a row a host with `option`, `title`, `entrant_max` and `host_min` (commissions at which each
            breaks even), `nash` (the rate of Nash's bargaining solution), all shares, NaN where there is
            none; `entrant_at_nash` with `low` and `high` (90 % interval), in the unit.
        unit: of the entrant's value.
        title: the finding.
        subtitle: the measure.
        entrant: its name.
    """
    found = table.sort_values("entrant_at_nash", ascending=False, kind="stable", na_position="last")
    shown = measure(found[["entrant_at_nash", "low", "high"]].to_numpy(float).ravel(), unit)
    names = [str(name) for name in found.title]
    texts = [
        estimate(shown, r.entrant_at_nash, r.low, r.high) if isfinite(r.entrant_at_nash) else "no deal"
        for r in records(found)
    ]
    columns = [
        Column(
            "Nash rate", [_rate(r.nash) if r.host_min <= r.entrant_max else "none" for r in records(found)]
        ),
        Column(f"worth to {entrant}, {hard(shown)}", texts, BLUE),
    ]
    words = "Grey bar: rates that suit both, with a black tick at the Nash rate; crossed: no rate suits both"
    words = sentence(subtitle, words, mean_words(found))
    figure, zone, value = _two_panels(title, words, names, columns)
    for k, row in enumerate(records(found)):
        _zone(zone, k, row.host_min, row.entrant_max, row.nash)
        if isfinite(row.entrant_at_nash):
            interval(value, k, row.entrant_at_nash, row.low, row.high, BLUE)
    _rate_axis(zone, found[["host_min", "entrant_max", "nash"]].to_numpy(float))
    amounts(value, shown, [(0.0, 0.0), *intervals(found, "entrant_at_nash")])
    value.set_xlabel(f"at the Nash rate, {shown.axis}", size=SIZE, color=QUIET)
    zero_line(value)
    return figure


def _rate(value: float) -> str:
    """A commission in per cent, to a tenth."""
    return f"{RATE.of(value)}{HARD}%" if isfinite(value) else "none"


def _two_panels(
    title: str, subtitle: str, names: Sequence[str], columns: Sequence[Column]
) -> tuple[Figure, Axes, Axes]:
    """Rows with two panels of equal width side by side."""
    pitch, head, widths = pitch_of(names), head_of(columns), widths_of(columns)
    high = pitch * len(names)
    figure, top = page(title, subtitle, head + high + BELOW, ACROSS)
    gap = 0.3
    wide = (ACROSS - LEFT - sum(widths) - BESIDE - gap) / 2
    y = top - head - high
    left = rows(figure, y, pitch, names, columns, widths, wide=wide)
    right = panel(figure, LEFT + wide + gap, y, wide, high)
    right.set(ylim=left.get_ylim(), yticks=[])
    right.spines["left"].set_visible(False)
    above(left, 0, ["rates that suit both"])
    above(right, 0, ["value to the entrant"])
    return figure, left, right


def _zone(axes: Axes, k: int, least: float, most: float, nash: float) -> None:
    """The rates between both break-evens, crossed if the host needs more than the entrant can pay."""
    low, high = np.clip([min(least, most), max(least, most)], *RATES)
    if not isfinite(low + high):
        return
    suits = least <= most
    axes.add_patch(Rectangle(
        (low, k - 0.2), high - low, 0.4, facecolor=RULE if suits else "white", hatch=None if suits else "xxx",
        edgecolor=RULE if suits else GROUP, linewidth=0 if suits else 0.6, zorder=2,
    ))  # fmt: skip
    if isfinite(nash) and suits:
        axes.plot([np.clip(nash, *RATES)], [k], "|", color=INK, markersize=16, markeredgewidth=2.2, zorder=4)


def _rate_axis(axes: Axes, rates: npt.NDArray[np.float64]) -> None:
    """Commissions in per cent."""
    finite = np.clip(rates[np.isfinite(rates)], *RATES)
    amounts(axes, RATE, [(0.0, 0.0), *((rate, rate) for rate in finite)])
    axes.set_xlabel("commission, %", size=SIZE, color=QUIET)
    zero_line(axes)


# --- thresholds ----------------------------------------------------------------------------------


def thresholds(table: pd.DataFrame, unit: str, title: str, subtitle: str) -> Figure:
    """What rules for the time after the term are worth, the best on top.

    Args:
        table: a row a rule with `rule` (words), `kind` (fixed date, stay, threshold, Dixit, review or other),
            `threshold` (unit a week; NaN without), `value` with `low` and `high` (90 % interval), in the
            unit, `left` (share of worlds in which it left early) and `false` (share of these exits that were
            false; NaN without).
        unit: of the values.
        title: the finding.
        subtitle: the measure.
    """
    found = table.sort_values("value", ascending=False, kind="stable")
    shown = measure(found[["value", "low", "high"]].to_numpy(float).ravel(), unit)
    notes = [_kind_words(str(row.kind), row.threshold, unit) for row in records(found)]
    columns = [
        Column(f"value, {hard(shown)}", [estimate(shown, r.value, r.low, r.high) for r in records(found)]),
        Column("worlds in which it leaves early", [share(value) for value in found.left]),
        Column("exits that were false", [share(value) for value in found.false]),
    ]
    words = sentence(subtitle, mean_words(found), "Colours: kinds of rules")
    figure, axes = single(title, words, [str(name) for name in found.rule], notes, columns)
    for k, row in enumerate(records(found)):
        interval(axes, k, row.value, row.low, row.high, KINDS.get(row.kind, OTHER))
    amounts(axes, shown, intervals(found))
    axes.set_xlabel(f"value, {shown.axis}", size=SIZE, color=QUIET)
    zero_line(axes)
    return figure


def _kind_words(kind: str, threshold: float, unit: str) -> str:
    """The kind of a rule, and the amount a week at which it leaves, in millions as in the words of rules."""
    words = [] if kind == "other" else [kind]
    if isfinite(threshold):
        words.append(f"leaves at {number(threshold / 1e6)}{HARD}m{HARD}{unit} a{HARD}week")
    return ", ".join(words)
