"""The answer in one picture: weekly effect, source of volume, value to every party."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from sim.outcomes.comparison import Comparison
from sim.pictures.comparison.effect import Series, draw, effect_series, frame, refused, shown
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.numbers import Estimate, gains, outcome, refusal, sources
from sim.pictures.comparison.source import axis_end, interval_mark, labelled_bars, source_bars
from sim.pictures.comparison.stores import value_outcome
from sim.pictures.comparison.words import (
    after,
    after_words,
    against,
    during,
    money_with_interval,
    source_list,
    summary_title,
    whole_words,
    window_words,
    with_interval,
)
from sim.pictures.style import (
    LINE,
    MONTHS,
    POINTS,
    QUIET,
    RULE,
    SIZE,
    Scale,
    canvas,
    colours,
    heading,
    headline,
    middles,
    panel,
    plain_tick,
    put,
    readable,
    root,
    scale_for,
    short_title,
    value_axis,
    wrap,
)
from sim.scenario.schema import Brand, Platform

Place = tuple[float, float, float, float]
"""Lower left corner, width and height in inches."""
Row = tuple[str, Estimate, str]
"""Name, number, colour."""
WEEKS_BEFORE = 3


def summary(comparison: Comparison, name: str) -> Figure:
    """The answer in one picture: weekly effect, source of volume, value to every party."""
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    figure = canvas(11.0, 6.2)
    top = headline(
        figure,
        summary_title(comparison, name, about),
        f"{_source_heading(comparison, name, about)}: {source_list(comparison, name, about)}.\n"
        f"{against(comparison)}",
    )
    height = top - 1.2
    _sales_panel(figure, about, effect_series(comparison, name, about), (0.6, 0.6, 3.6, height))
    bars = source_bars(sources(comparison, name), about)
    axes = panel(figure, 4.6, 0.6, 2.95, height)
    labelled_bars(axes, bars, axis_end(bars))
    title = "Where its sales came from" if about.new else _source_heading(comparison, name, about)
    heading(axes, title, f"per cent of {whole_words(comparison, name, about)}{interval_mark(comparison)}")
    _value_panels(figure, comparison, name, about, (7.95, 0.6, 2.85, height))
    return figure


def _source_heading(comparison: Comparison, name: str, about: Entry) -> str:
    """What the shares are of."""
    if about.new:
        return "Sources of its sales"
    return "Where its gain came from" if gains(comparison, about, name) else "Where its lost sales went"


def _shaded(about: Entry) -> str:
    """What the shaded weeks are."""
    words = about.when.removeprefix("while ")
    return words if about.weeks.kind == "moved" else f"storefront {words}"


# --- left: sales -------------------------------------------------------------------------------


def _sales_panel(figure: Figure, about: Entry, series: list[Series], place: Place) -> None:
    """Storefront and own site week by week, both labelled at the line."""
    axes = panel(figure, *place)
    first, last = max(about.first - WEEKS_BEFORE, 0), about.horizon - 1
    lines = series[: 2 if about.own_sites else 1]
    scale = scale_for([line.samples.mean(axis=1).max() for line in lines], about.scenario.currency.name)
    drawn = [draw(axes, about, line, scale, shown(line, about, first, last)) for line in lines]
    frame(axes, about, first, last)
    value_axis(axes, "")
    heading(axes, "What it sold, week by week", f"{scale.unit} a week, shaded: {_shaded(about)}")
    _label_lines(axes, about, drawn, [_line_words(line, about) for line in lines], readable(lines[0].colour))


def _line_words(line: Series, about: Entry) -> str:
    unit = about.scenario.currency.name
    open_ = during(line.change.samples, about)
    if line.before is not None:
        change = money_with_interval(open_, unit)
        return f"{line.title} (dotted: in the baseline), {window_words(about)}: {change}"
    if not line.dashed:
        return f"{line.title}, {window_words(about)}: {money_with_interval(open_, unit, False)}"
    words = f"{line.title} less the baseline (dashed): "
    if about.weeks_after:
        return (
            f"{words}{money_with_interval(after(line.samples, about), unit)} {after_words(about.weeks_after)}"
        )
    return f"{words}{money_with_interval(open_, unit)}"


def _label_lines(axes: Axes, about: Entry, shown: list[pd.DataFrame], texts: list[str], colour: str) -> None:
    """Write the labels right of the window, above what is drawn there; the axis is made high enough."""
    width, height = axes.get_position().size * root(axes).get_size_inches()
    begin, end = axes.get_xlim()
    beside = float(middles([about.until])[0]) - 2.5 + 0.02 * (end - begin)
    left = beside if (end - beside) / (end - begin) > 0.45 else begin + 0.02 * (end - begin)
    lines = [wrap(root(axes), text, width * (end - left) / (end - begin)) for text in texts]
    heights = [(len(each) * SIZE * LINE / POINTS + 0.1) / height for each in lines]
    below = max(0.0, *(_highest(each, about, left) for each in shown))
    floor = min(0.0, *(float(each.low.min()) for each in shown))
    tallest = max(float(each.high.max()) for each in shown)
    span = max(1.03 * (tallest - floor), (below - floor) / max(0.2, 0.97 - sum(heights)))
    axes.set_ylim(floor - 0.02 * span, floor + span)
    if left != beside:  # labels above everything: no grid lines there
        steps = axes.yaxis.get_major_locator().tick_values(floor, tallest)
        axes.yaxis.set_major_locator(FixedLocator([step for step in steps if step <= below]))
    at = floor + 0.985 * span
    for text, room in zip(lines, heights, strict=True):
        put(axes, left, at, "\n".join(text), colour, va="top", box=left == beside)
        at -= room * span


def _highest(shown: pd.DataFrame, about: Entry, left: float) -> float:
    """Top of the bands right of a place on the date axis."""
    days = middles([about.calendar.monday(int(week)) for week in shown.index])
    return float(np.max(shown.high.to_numpy()[days >= left - 4], initial=0.0))


# --- right: value ------------------------------------------------------------------------------


def _value_panels(figure: Figure, comparison: Comparison, name: str, about: Entry, place: Place) -> None:
    """Net present value of every firm as dots, and consumers' surplus on its own scale below."""
    x, y, width, height = place
    unit, end = about.scenario.currency.name, about.calendar.end
    until = f"{MONTHS[end.month - 1]} {end.year}"
    what = "NPV with run-off" if "run-off" in value_outcome(comparison) else f"NPV to {until}"
    rows = _firm_rows(comparison, name, about)
    axes = panel(figure, x, y + 1.45, width, height - 1.45)
    scale = scale_for([found.mean for _, found, _ in rows], unit)
    dots(axes, rows, scale)
    heading(axes, "What it is worth to whom", f"{what} less the baseline's, {scale.unit}")
    surplus = outcome(comparison, name, "consumer surplus, core", "consumers")
    scale = scale_for([surplus.mean], unit)
    axes = panel(figure, x, y, width, 0.5)
    dots(axes, [("All consumers", surplus, QUIET)], scale)
    heading(axes, "Consumers' surplus", f"core, to {until}, {scale.unit}; its own scale")


def _firm_rows(comparison: Comparison, name: str, about: Entry) -> list[Row]:
    """Entrant, host, the host's group, then rivals from the largest gain to the largest loss."""
    paint = colours(about.scenario)
    firms: dict[str, Brand | Platform] = {**about.scenario.brands, **about.scenario.platforms}

    def row(firm: str, role: str = "") -> Row:
        found = outcome(comparison, name, value_outcome(comparison), firm)
        return short_title(firms[firm].title) + role, found, paint[firm]

    rivals = sorted((row(firm) for firm in about.others), key=lambda each: -each[1].mean)
    near = [row(host, " (host)") for host in about.hosts]
    near += [row(member, " (host's group)") for member in about.group]
    return [row(about.brand, " (entrant)"), *near, *rivals]


def dots(axes: Axes, rows: list[Row], scale: Scale) -> None:
    """Differences as dots with intervals, name and number above each."""
    lows = [min(found.low, 0.0) / scale.factor for _, found, _ in rows]
    highs = [max(found.high, 0.0) / scale.factor for _, found, _ in rows]
    margin = 0.06 * (max(highs) - min(lows) or 1.0)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    for k, (label, found, colour) in enumerate(rows):
        mean, low, high = (value / scale.factor for value in found)
        axes.plot([0, mean], [k, k], color=RULE, linewidth=1.2, zorder=1.5)
        axes.plot([low, high], [k, k], color=colour, linewidth=2.2, zorder=2)
        axes.plot([mean], [k], "o", color=colour, markersize=7, markeredgecolor="white", zorder=3)
        put(axes, 0, k - 0.2, label, box=True, across=True)
        put(axes, 1, k - 0.2, with_interval(found, scale), right=True, box=True, across=True)
    axes.set(xlim=(min(lows) - margin, max(highs) + margin), ylim=(len(rows) - 0.6, -0.85), yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(plain_tick)
    axes.spines["left"].set_visible(False)
