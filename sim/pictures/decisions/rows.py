"""Rows of dots and lines with their names on the left and numbers on the right, in one or several panels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.pictures.layout import Column, Span, amount_axis, page, spread
from sim.pictures.style import (
    HARD,
    INK,
    LINE,
    POINTS,
    QUIET,
    SIZE,
    canvas,
    panel,
    per_cent,
    put,
    readable,
    root,
    text_width,
    wrap,
)
from sim.pictures.words import NOTHING, Measure, number

ACROSS = 9.0
"""Width of a picture of rows, in inches: 900 pixels show its smallest type at 12 to 13 pixels."""
TITLES = 2.7
"""Width of the column of names, in inches."""
EDGE = 0.2
"""Margin of a picture, in inches."""
LEFT = EDGE + TITLES + 0.15
"""Where rows begin, in inches."""
BELOW = 0.6
"""Room for the ticks and the name of the axis below rows, in inches."""
BESIDE = 0.2
"""Between rows and the first column of numbers, in inches."""


# --- room ----------------------------------------------------------------------------------------


def pitch_of(names: Sequence[str], notes: Sequence[str] = (), least: float = 0.34) -> float:
    """Height of a row that holds the longest name with its note, in inches."""
    trial = canvas(ACROSS, 1.0)
    every = notes or [""] * len(names)
    most = max(sum(map(len, _wrapped(trial, *pair))) for pair in zip(names, every, strict=True))
    return max(least, most * SIZE * LINE / POINTS + 0.1)


def widths_of(*panels: Sequence[Column]) -> list[float]:
    """Width of each column, in inches, that suits it in all panels."""
    trial = canvas(ACROSS, 1.0)
    return [max(column.width(trial) for column in same) for same in zip(*panels, strict=True)]


def head_of(columns: Sequence[Column]) -> float:
    """Height of the headings of columns, in inches."""
    trial = canvas(ACROSS, 1.0)
    return max(len(column.heading(trial)) for column in columns) * SIZE * LINE / POINTS + 0.2


def _wrapped(figure: Figure, name: str, note: str) -> tuple[list[str], list[str]]:
    return wrap(figure, name, TITLES), wrap(figure, note, TITLES) if note else []


# --- rows ----------------------------------------------------------------------------------------


def rows(
    figure: Figure, y: float, pitch: float, names: Sequence[str], columns: Sequence[Column],
    widths: Sequence[float], notes: Sequence[str] = (), wide: float | None = None,
) -> Axes:  # fmt: skip
    """Axes with a row a name, numbered from the top, and columns of numbers at the right edge of the picture.

    Args:
        figure: the picture.
        y: lower edge of the rows, in inches.
        pitch: height of a row, in inches.
        names: what the rows are.
        columns: numbers on the right.
        widths: of the columns, in inches.
        notes: quiet words below each name, empty for nothing.
        wide: width of the axes in inches; all the room there is by default.
    """
    across = float(figure.get_size_inches()[0])
    room = across - LEFT - sum(widths) - BESIDE
    axes = panel(figure, LEFT, y, room if wide is None else wide, pitch * len(names))
    axes.set(ylim=(len(names) - 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    every = notes or [""] * len(names)
    for k, (name, note) in enumerate(zip(names, every, strict=True)):
        _name(axes, k, name, note)
    at = room + BESIDE
    for column, width in zip(columns, widths, strict=True):
        _numbers(axes, column, at)
        at += width
    return axes


def single(
    title: str, subtitle: str, names: Sequence[str], notes: Sequence[str], columns: Sequence[Column]
) -> tuple[Figure, Axes]:
    """A page with one panel of rows."""
    pitch, head = pitch_of(names, notes), head_of(columns)
    figure, top = page(title, subtitle, head + pitch * len(names) + BELOW, ACROSS)
    y = top - head - pitch * len(names)
    return figure, rows(figure, y, pitch, names, columns, widths_of(columns), notes)


def wide_of(axes: Axes) -> float:
    """Width of axes, in inches."""
    return float(axes.get_position().width * root(axes).get_size_inches()[0])


def _name(axes: Axes, k: int, name: str, note: str) -> None:
    figure, x = root(axes), -(LEFT - EDGE) / wide_of(axes)
    tall = float(axes.get_position().height * figure.get_size_inches()[1])
    pitch = tall / abs(float(axes.get_ylim()[0]) + 0.5)
    words, quiet = _wrapped(figure, name, note)
    line = SIZE * LINE / POINTS / pitch
    top = k - (len(words) + len(quiet)) * line / 2
    put(axes, x, top, "\n".join(words), va="top", across=True)
    if quiet:
        put(axes, x, top + len(words) * line, "\n".join(quiet), QUIET, va="top", across=True)


def _numbers(axes: Axes, column: Column, inches: float) -> None:
    """A column of texts that starts some inches right of the left end of the axes."""
    x = inches / wide_of(axes)
    for k, text in enumerate(column.texts):
        put(axes, x, k, text, va="center_baseline", across=True)
    above(axes, x, column.heading(root(axes)), readable(column.colour))


def above(axes: Axes, x: float, lines: Sequence[str], colour: str = INK) -> None:
    """Lines in bold above the rows, from a share of the width on; last lines of headings are level."""
    axes.annotate(
        "\n".join(lines), (x, 1), (0, 8), "axes fraction", "offset points", size=SIZE, weight="bold",
        color=colour, va="baseline", linespacing=1.2, annotation_clip=False, parse_math=False,
    )  # fmt: skip


# --- what stands in rows -------------------------------------------------------------------------


def records(table: pd.DataFrame) -> Iterator[Any]:
    """Rows of a table with an attribute a column."""
    return iter(table.itertuples())


def intervals(table: pd.DataFrame, value: str = "value") -> list[Span]:
    """Ends of intervals `low` and `high`, and the values between."""
    return [*zip(table.low, table.high, strict=True), *zip(table[value], table[value], strict=True)]


def amounts(axes: Axes, shown: Measure, spans: Sequence[Span]) -> None:
    """Limits that hold all spans, and as many ticks in the unit as have room."""
    spread(axes, spans, [])
    amount_axis(axes, shown, vertical=False)
    widest = max(text_width(root(axes), number(end / shown.factor)) for end in axes.get_xlim())
    count = int(np.clip(wide_of(axes) / (widest + 0.1), 2, 5))
    axes.xaxis.set_major_locator(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]))


def interval(
    axes: Axes, y: float, mean: float, low: float, high: float, colour: str, marker: str = "o"
) -> None:
    """A mean with the line of its interval; no line where there is none."""
    if isfinite(low + high):
        axes.plot([low, high], [y, y], color=colour, linewidth=3.6, solid_capstyle="butt", zorder=3)
    axes.plot([mean], [y], marker, color=colour, markersize=6.5, markeredgecolor="white", zorder=4)


def zero_line(axes: Axes, name: str = "") -> None:
    """A line at zero, named above the rows, if it is in sight."""
    low, high = axes.get_xlim()
    if not low <= 0 <= high:
        return
    axes.axvline(0, color=QUIET, linewidth=1.0, zorder=1.5)
    half = text_width(root(axes), name) / 2 / wide_of(axes)
    place = min(-low / (high - low), 1.0 - half)  # keeps away from the headings of columns
    axes.annotate(
        name, (place, 1), (0, 8), "axes fraction", "offset points", size=SIZE, color=QUIET, ha="center",
        va="baseline", annotation_clip=False,
    )  # fmt: skip


def signed(shown: Measure, value: float) -> str:
    """An amount with its sign, without the unit."""
    text = shown.of(value)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def estimate(shown: Measure, value: float, low: float, high: float) -> str:
    """A signed amount with its interval, without the unit; a dash where there is none."""
    return f"{signed(shown, value)} {shown.interval(low, high)}".strip() if isfinite(value) else NOTHING


def hard(shown: Measure) -> str:
    """The unit, kept on one line."""
    return shown.axis.replace(" ", HARD)


def share(value: float) -> str:
    """A share as per cent; a dash where there is none."""
    return per_cent(value) if isfinite(value) else NOTHING


def of_worlds(value: float) -> str:
    """A share of worlds as words."""
    return f"{share(value)} of{HARD}worlds" if isfinite(value) else NOTHING


def mean_words(table: pd.DataFrame, line: str = "line") -> str:
    """What dots and the lines of their intervals mean, as far as any of `low` and `high` is known."""
    if not (table.low + table.high).notna().any():
        return "Dot: mean; no interval can be given"
    return f"Dot and {line}: mean and its 90{HARD}% interval, also in brackets"


def sentence(*parts: str) -> str:
    """Words that follow one another with a full stop after each."""
    kept = [part.strip() for part in parts if part.strip()]
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in kept)
