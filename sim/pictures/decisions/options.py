"""What the options of a decision are worth, what was asked about them, and what it would be worth to know."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.pictures.decisions.rows import (
    ACROSS,
    BELOW,
    EDGE,
    LEFT,
    above,
    amounts,
    estimate,
    hard,
    head_of,
    interval,
    intervals,
    mean_words,
    of_worlds,
    pitch_of,
    records,
    rows,
    sentence,
    single,
    wide_of,
    widths_of,
    zero_line,
)
from sim.pictures.layout import BLUE, ORANGE, Column, Span, page
from sim.pictures.style import GROUP, HEAD, INK, LINE, OKABE_ITO, POINTS, QUIET, SIZE, wrap
from sim.pictures.words import Measure, measure

SKY = OKABE_ITO[5]


# --- options -------------------------------------------------------------------------------------


def options(
    table: pd.DataFrame, unit: str, title: str, subtitle: str, recommended: str | None = None
) -> Figure:
    """What each option is worth over worlds, the best mean on top.

    Args:
        table: a row an option with `option`, `title`, `value` (mean), `low` and `high` (90 % interval of the
            mean), `q05`, `median` and `q95` over worlds, in the unit, and `above`, the share of worlds in
            which it is worth more than zero.
        unit: of the values.
        title: the finding.
        subtitle: the measure.
        recommended: the option in the strong colour.
    """
    found = table.sort_values("value", ascending=False, kind="stable")
    shown = measure(found[["q05", "q95", "value"]].to_numpy(float).ravel(), unit)
    names = [str(name) for name in found.title]
    columns = [
        Column(f"mean, {hard(shown)}", [estimate(shown, r.value, r.low, r.high) for r in records(found)]),
        Column("worth it in", [of_worlds(value) for value in found.above]),
    ]
    strong = "Blue: recommended" if recommended in set(found.option) else ""
    thin = "Thin line: from 5 to 95 % of worlds, with a tick at their median"
    words = sentence(subtitle, mean_words(found, "thick line"), thin, strong)
    figure, axes = single(title, words, names, [""] * len(names), columns)
    for k, row in enumerate(records(found)):
        colour = BLUE if row.option == recommended else GROUP
        axes.plot([row.q05, row.q95], [k, k], color=colour, linewidth=1.1, zorder=2)
        axes.plot([row.median], [k], "|", color=colour, markersize=14, markeredgewidth=1.4, zorder=2.5)
        interval(axes, k, row.value, row.low, row.high, colour)
    amounts(axes, shown, [(0.0, 0.0), *zip(found.q05, found.q95, strict=True), *intervals(found)])
    axes.set_xlabel(f"value over staying out, {shown.axis}", size=SIZE, color=QUIET)
    zero_line(axes, "staying out")
    return figure


# --- parts of a question -------------------------------------------------------------------------


def asked(table: pd.DataFrame, unit: str, title: str, subtitle: str) -> Figure:
    """A panel a part of the question: the options against the first of the part, on one scale.

    Args:
        table: a row an option of a part with `part`, `part_title`, `option`, `title`, `difference` to the
            first option of the part with `low` and `high` (90 % interval), in the unit, and `better`, the
            share of worlds in which it is better; numbers of the first options are not read.
        unit: of the differences.
        title: the finding.
        subtitle: the measure.
    """
    parts = [part for _, part in table.groupby("part", sort=False)]
    others = pd.concat([part.iloc[1:] for part in parts])
    shown = measure(others[["difference", "low", "high"]].to_numpy(float).ravel(), unit)
    sure = "Blue: the interval leaves out zero"
    circle = "Open circle: the option with which the others of the part are compared"
    words = sentence(subtitle, mean_words(others), sure, circle)
    figure, panels = _stacked(parts, [_asked_columns(part, shown) for part in parts], title, words)
    for axes, part in zip(panels, parts, strict=True):
        _differences(axes, part)
        amounts(axes, shown, [(0.0, 0.0), *intervals(others, "difference")])
        axes.tick_params(labelbottom=axes is panels[-1])
    panels[-1].set_xlabel(f"difference, {shown.axis}", size=SIZE, color=QUIET)
    return figure


def _stacked(
    parts: Sequence[pd.DataFrame], columns: Sequence[Sequence[Column]], title: str, subtitle: str
) -> tuple[Figure, list[Axes]]:
    """A named panel of rows a part, below one another; only the first has headings of columns."""
    pitch = pitch_of([str(name) for part in parts for name in part.title])
    widths, head = widths_of(*columns), HEAD * LINE / POINTS + 0.25
    extra = max(0.0, head_of(columns[0]) - head)
    high = extra + sum(head + pitch * len(part) for part in parts) + BELOW
    figure, y = page(title, subtitle, high, ACROSS)
    y -= extra
    found = []
    for k, part in enumerate(parts):
        y -= head + pitch * len(part)
        heads = columns[k] if k == 0 else [Column("", column.texts) for column in columns[k]]
        axes = rows(figure, y, pitch, [str(name) for name in part.title], heads, widths)
        start = -(LEFT - EDGE) / wide_of(axes)
        above(axes, start, wrap(figure, str(part.part_title.iloc[0]), 5.5, weight="bold"))
        found.append(axes)
    return figure, found


def _asked_columns(part: pd.DataFrame, shown: Measure) -> list[Column]:
    rest = list(records(part.iloc[1:]))
    means = [estimate(shown, row.difference, row.low, row.high) for row in rest]
    return [
        Column(f"difference, {hard(shown)}", ["compared with", *means]),
        Column("better in", ["", *(of_worlds(row.better) for row in rest)]),
    ]


def _differences(axes: Axes, part: pd.DataFrame) -> None:
    """The first option as the line at zero, the others as dots with intervals."""
    axes.axvline(0, color=QUIET, linewidth=1.0, zorder=1.5)
    axes.plot([0], [0], "o", color=QUIET, markersize=7.5, markerfacecolor="white", zorder=4)
    for k, row in enumerate(records(part.iloc[1:]), start=1):
        sure = row.low > 0 or row.high < 0
        interval(axes, k, row.difference, row.low, row.high, BLUE if sure else GROUP)


# --- information ---------------------------------------------------------------------------------


def information(table: pd.DataFrame, unit: str, title: str, subtitle: str) -> Figure:
    """What it would be worth to know each unknown, and what a field test of it would bring and cost.

    Args:
        table: a row an unknown with `unknown`, `title`, `evppi` (expected value of partial perfect
            information) with `low` and `high` (90 % interval), `test` (words; empty or NaN without), `evsi`
            (expected value of the test's information) and `cost` of the test, all in the unit; NaN without.
        unit: of the values.
        title: the finding.
        subtitle: the measure.
    """
    found = table.sort_values("evppi", ascending=False, kind="stable")
    shown = measure(found[["evppi", "evsi", "cost"]].to_numpy(float).ravel(), unit)
    notes = [f"test: {words}" if isinstance(words, str) and words else "" for words in found.test]
    know = [f"{shown.of(r.evppi)} {shown.interval(r.low, r.high)}".strip() for r in records(found)]
    columns = [
        Column(f"perfect knowledge, {hard(shown)}", know, BLUE),
        Column(f"the test brings, {hard(shown)}", [shown.of(value) for value in found.evsi], ORANGE),
        Column(f"the test costs, {hard(shown)}", [shown.of(value) for value in found.cost], INK),
    ]
    known = found.low.notna().any()
    line = ", with the line of its 90 % interval, also in brackets" if known else ", without an interval"
    marks = "Dot: what a field test would bring; black tick: what the test costs"
    words = sentence(subtitle, f"Bar: value of perfect knowledge{line}", marks)
    figure, axes = single(title, words, [str(name) for name in found.title], notes, columns)
    for k, row in enumerate(records(found)):
        _known(axes, k, row.evppi, (row.low, row.high), row.evsi, row.cost)
    amounts(axes, shown, [(0.0, 0.0), *intervals(found, "evppi"), *_intervals_of(found, "evsi", "cost")])
    axes.set_xlabel(f"expected gain, {shown.axis}", size=SIZE, color=QUIET)
    zero_line(axes)
    return figure


def _intervals_of(table: pd.DataFrame, *columns: str) -> list[Span]:
    return [(value, value) for column in columns for value in table[column]]


def _known(axes: Axes, k: int, value: float, ends: Span, evsi: float, cost: float) -> None:
    """Bar, interval, dot and tick of an unknown."""
    axes.barh(k, value, 0.5, color=SKY, linewidth=0, zorder=1)
    if isfinite(sum(ends)):
        axes.plot(ends, [k - 0.12] * 2, color=BLUE, linewidth=1.6, solid_capstyle="butt", zorder=2)
    axes.plot([evsi], [k + 0.12], "o", color=ORANGE, markersize=7.5, markeredgecolor="white", zorder=4)
    axes.plot([cost], [k + 0.12], "|", color=INK, markersize=14, markeredgewidth=2.0, zorder=3)
