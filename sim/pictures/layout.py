"""What pictures of sweeps share: words for outcomes and factors, numbers in units, rows, small multiples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from sim.pictures.style import (
    HEAD,
    INK,
    LINE,
    OKABE_ITO,
    POINTS,
    QUIET,
    RULE,
    SIZE,
    canvas,
    heading,
    headline,
    panel,
    put,
    readable,
    root,
    text_width,
    wrap,
)
from sim.pictures.words import Measure, factor_scale, number, value_words
from sim.sweep.factors import Factor, Value

Floats = npt.NDArray[np.float64]
Span = tuple[float, float]
"""Two ends."""
Beside = tuple[float, float, bool]
"""A text: place, width in inches and whether it stands left of the place."""
WIDTH = 8.0
"""Width of a picture, in inches: 1,200 pixels."""
NAMES = 2.3
"""Width of the column of factor names, in inches."""
LEFT = 0.95
"""Room for the vertical axis of small multiples, in inches."""
BLUE, ORANGE, GREEN, RED = OKABE_ITO[0], OKABE_ITO[1], OKABE_ITO[2], OKABE_ITO[3]
TALL = 20.0
"""Height of a picture before its own is known, in inches."""
TICKS = 5
"""Most ticks on the axis of a factor."""


# --- pages and panels ----------------------------------------------------------------------------


def page(title: str, subtitle: str, height: float, width: float = WIDTH) -> tuple[Figure, float]:
    """A picture with room of a height below title and subtitle; also where they end, in inches."""
    figure = canvas(width, TALL)
    high = TALL - headline(figure, title, subtitle) + height
    figure.set_size_inches(width, high)
    for text in figure.texts:  # their places are shares of the height, counted from below
        x, y = text.get_position()
        text.set_position((x, 1 - (1 - y) * TALL / high))
    return figure, height


def lines_of(texts: Iterable[str], width: float, size: float = SIZE, weight: str = "normal") -> int:
    """Lines of the text that needs most at a width."""
    trial = canvas(WIDTH, 1.0)
    return max((len(wrap(trial, text, width, size, weight)) for text in texts), default=1)


def small_multiples(
    titles: Sequence[str], notes: Sequence[str], title: str, subtitle: str, y_label: str
) -> tuple[Figure, list[Axes]]:
    """A panel for each title with a note below it, all with the same vertical axis.

    Args:
        titles: names of the panels.
        notes: what stands below each name, empty for nothing.
        title: headline.
        subtitle: below the headline.
        y_label: what the vertical axis is, with its unit.
    """
    columns = min(3, len(titles))
    rows = ceil(len(titles) / columns)
    wide = (WIDTH - LEFT - 0.35 * columns) / columns
    head = HEAD * LINE * lines_of(titles, wide + 0.25, HEAD, "bold")
    head += SIZE * LINE * (lines_of(notes, wide + 0.25) if any(notes) else 0)
    high, above, below = 1.75 if rows > 1 else 2.4, head / POINTS + 0.15, 0.5
    figure, top = page(title, subtitle, rows * (above + high + below) + 0.05)
    found: list[Axes] = []
    for k, (name, note) in enumerate(zip(titles, notes, strict=True)):
        row, column = divmod(k, columns)
        y = top - row * (above + high + below) - above - high
        axes = panel(figure, LEFT + column * (wide + 0.35), y, wide, high)
        if found:
            axes.sharey(found[0])
        axes.tick_params(labelleft=column == 0)
        heading(axes, name, note)
        if column == 0:
            axes.set_ylabel("\n".join(wrap(figure, y_label, high + 0.5)), size=SIZE, color=QUIET)
        found.append(axes)
    return figure, found


def amount_axis(axes: Axes, shown: Measure, vertical: bool = True) -> None:
    """Plain ticks of an outcome in its unit, and faint grid lines."""
    axis = axes.yaxis if vertical else axes.xaxis
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value / shown.factor, 9))))
    axes.grid(axis="y" if vertical else "x", color=RULE, linewidth=0.5)


def factor_axis(axes: Axes, factor: Factor, vertical: bool = False) -> None:
    """The axis of a factor over its whole range: logarithmic if its scale is, with names if it has names."""
    axis = axes.yaxis if vertical else axes.xaxis
    label, scale, limits = (
        (axes.set_ylabel, axes.set_yscale, axes.set_ylim)
        if vertical
        else (axes.set_xlabel, axes.set_xscale, axes.set_xlim)
    )
    low, high = ends(factor)
    if factor.scale == "log" and factor.numeric:
        scale("log")
        margin = (high / low) ** 0.04
        limits(low / margin, high * margin)
        axis.set_major_locator(FixedLocator(log_ticks(low, high)))
    else:
        margin = 0.04 * (high - low) if factor.numeric else 0.5
        limits(low - margin, high + margin)
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10], integer=factor.whole))
    axis.set_minor_locator(NullLocator())
    unit = factor_scale(factor)
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value / unit.factor, 12))))
    if not factor.numeric or len(factor.levels) in range(1, TICKS + 1):
        _name_levels(axes, factor, vertical)
    if unit.unit:
        label(unit.unit, size=SIZE, color=QUIET, labelpad=2)


def _name_levels(axes: Axes, factor: Factor, vertical: bool) -> None:
    """A tick at every level with its name, wrapped to the room there is; at numbers as far as they fit."""
    axis, figure = axes.yaxis if vertical else axes.xaxis, root(axes)
    wide = float(axes.get_position().width * figure.get_size_inches()[0])
    room = 0.9 if vertical else wide / len(factor.levels) - 0.08
    levels = sorted(factor.levels, key=float) if factor.numeric else list(factor.levels)
    names = ["\n".join(wrap(figure, value_words(factor, level), room)) for level in levels]
    places = along(factor, levels)
    if factor.numeric and not vertical:
        kept = _fitting(axes, places, [text_width(figure, name) + 0.08 for name in names])
        places, names = places[kept], [names[k] for k in kept]
    axis.set_major_locator(FixedLocator(list(places)))
    axis.set_major_formatter(FixedFormatter(names))


def _fitting(axes: Axes, places: Floats, widths: Sequence[float]) -> list[int]:
    """Which labels to keep, from the right, so that none touches the next."""
    inches = axes.transData.transform([(place, 0) for place in places])[:, 0] / root(axes).dpi
    kept = [len(places) - 1]
    for k in reversed(range(len(places) - 1)):
        if inches[kept[-1]] - inches[k] >= (widths[kept[-1]] + widths[k]) / 2:
            kept.append(k)
    return kept[::-1]


def along(factor: Factor, values: Iterable[Value]) -> Floats:
    """Places of values on the axis of a factor: numbers as they are, names by the number of their level."""
    if factor.numeric:
        return np.array([float(value) for value in values])
    return np.array([float(factor.levels.index(value)) for value in values])


def ends(factor: Factor) -> Span:
    """Both ends of the axis of a factor."""
    if factor.levels:
        places = along(factor, factor.levels)
        return float(places.min()), float(places.max())
    return float(factor.low or 0.0), float(factor.high or 0.0)


def log_ticks(low: float, high: float) -> list[float]:
    """A few round numbers between two ends on a logarithmic axis."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    for parts in ((1, 2, 5), (1, 3), (1,)):
        found = [part * 10.0**decade for decade in decades for part in parts]
        found = [tick for tick in found if low * 0.999 <= tick <= high * 1.001]
        if len(found) <= TICKS:
            break
    step = ceil(len(found) / TICKS)
    return found[::step] if len(found) > 1 else [low, high]


# --- rows ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """Numbers written right of the rows, under a heading in a colour."""

    title: str
    texts: Sequence[str]
    colour: str = INK

    def heading(self, figure: Figure) -> list[str]:
        """Lines of the heading."""
        return wrap(figure, self.title, 1.3, weight="bold")

    def width(self, figure: Figure) -> float:
        """Room of the widest text, in inches."""
        head = [text_width(figure, line, weight="bold") for line in self.heading(figure)]
        return max([*head, *(text_width(figure, text) for text in self.texts)]) + 0.15


def row_height(names: Sequence[str], notes: Sequence[str], least: float = 0.42) -> float:
    """Height of a row whose name may need several lines, in inches."""
    lines = [lines_of([name], NAMES) + bool(note) for name, note in zip(names, notes, strict=True)]
    return max(least, max(lines) * SIZE * LINE / POINTS + 0.1)


def row_panel(
    figure: Figure,
    y: float,
    pitch: float,
    names: Sequence[str],
    notes: Sequence[str] = (),
    columns: Sequence[Column] = (),
    wide: float | None = None,
) -> Axes:
    """Axes with a row a name, numbered from the top, the names left of it and columns of numbers right of it.

    Args:
        figure: the picture.
        y: lower edge of the rows, in inches.
        pitch: height of a row, in inches.
        names: what the rows are.
        notes: a quiet line below each name, empty for nothing.
        columns: numbers on the right.
        wide: width of the axes in inches; all the room there is by default.
    """
    widths = [column.width(figure) for column in columns]
    room = float(figure.get_size_inches()[0]) - 0.2 - NAMES - 0.15 - sum(widths) - 0.2
    wide = room if wide is None else wide
    axes = panel(figure, 0.2 + NAMES + 0.15, y, wide, pitch * len(names))
    axes.set(ylim=(len(names) - 0.5, -0.5), yticks=[])
    axes.spines["left"].set_visible(False)
    for k, name in enumerate(names):
        _row_name(axes, k, name, notes[k] if notes else "", pitch, -(NAMES + 0.15) / wide)
    at = 1 + 0.2 / wide
    for column, width in zip(columns, widths, strict=True):
        _column(axes, column, at)
        at += width / wide
    return axes


def _row_name(axes: Axes, k: int, name: str, note: str, pitch: float, x: float) -> None:
    lines = wrap(root(axes), name, NAMES)
    line = SIZE * LINE / POINTS / pitch
    top = k - (len(lines) + bool(note)) * line / 2
    put(axes, x, top, "\n".join(lines), va="top", across=True)
    if note:
        put(axes, x, top + len(lines) * line, note, QUIET, va="top", across=True)


def _column(axes: Axes, column: Column, x: float) -> None:
    for k, text in enumerate(column.texts):
        put(axes, x, k, text, va="center", across=True)
    lines = column.heading(root(axes))
    axes.annotate(
        "\n".join(lines), (x, 1), (0, 8 + (len(lines) - 1) * SIZE * LINE), "axes fraction", "offset points",
        size=SIZE, weight="bold", color=readable(column.colour), va="baseline", linespacing=1.2,
        annotation_clip=False,
    )  # fmt: skip


def spread(axes: Axes, spans: Iterable[Span], texts: Iterable[Beside]) -> None:
    """Limits of the horizontal axis that hold everything drawn and the text beside it.

    Args:
        axes: the axes, linear.
        spans: ends of what is drawn.
        texts: what is written beside.
    """
    wide = float(axes.get_position().width * root(axes).get_size_inches()[0])
    drawn, written = np.array(list(spans), float), list(texts)
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    low, high = (low, high) if high > low else (low - 1.0, high + 1.0)
    first, last = low, high
    for _ in range(30):  # wider limits make text wider in units of the axis
        inch = (last - first) / wide
        first = min([low - 0.03 * wide * inch, *(x - width * inch for x, width, left in written if left)])
        last = max([high + 0.03 * wide * inch, *(x + width * inch for x, width, left in written if not left)])
    axes.set_xlim(first, last)
