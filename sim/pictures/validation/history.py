"""Pictures of the history: fit, prediction and truth; what the figures tell about the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import date2num as untyped_date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator

from sim.pictures.layout import BLUE, GREEN, LEFT, ORANGE, WIDTH, page
from sim.pictures.style import INK, LINE, POINTS, QUIET, RULE, SHADE, SIZE, heading, panel, put, text_width
from sim.sweep.factors import Factor, positions

Floats = npt.NDArray[np.float64]
HIGH, ABOVE, BELOW, GAP = 1.75, 0.5, 0.35, 0.55
"""Height of a panel, room above and below it, and between two, in inches."""


@dataclass(frozen=True)
class Series:
    """One panel: names of its figures are `<key>_<quarter>`."""

    key: str
    title: str
    unit: str
    factor: float


SHOWN = (
    Series("pinduoduo_sales", "Pinduoduo: sales of twelve months", "bn yuan", 1e9),
    Series("pinduoduo_buyers", "Pinduoduo: buyers of the year", "m people", 1e6),
    Series("pinduoduo_spend", "Pinduoduo: spend per buyer", "yuan", 1.0),
    Series("alibaba_buyers", "Alibaba: buyers of the year", "m people", 1e6),
    Series("jd_buyers", "JD: buyers of the year", "m people", 1e6),
    Series("jd_sales", "JD: sales of twelve months", "bn yuan", 1e9),
)


def date2num(day: date) -> float:
    """Days since 1970, as Matplotlib counts."""
    return float(untyped_date2num(day))  # type: ignore[no-untyped-call]


def history(
    held: pd.DataFrame, days: Mapping[str, date], rivals: pd.DataFrame, until: date, title: str, subtitle: str
) -> Figure:
    """Fit, prediction and truth, a panel a series.

    Args:
        held: a row a figure: published, median, low, high, role.
        days: day of every figure by name.
        rivals: forecasts of others by name of the figure: bass, growth.
        until: last day that the fit has seen.
        title: headline.
        subtitle: below it.
    """
    shown = [s for s in SHOWN if any(_of(s, str(name)) for name in held.index)]
    columns, rows = 2, (len(shown) + 1) // 2
    wide = (WIDTH - LEFT - GAP - 0.25) / columns
    legend = 0.7
    figure, top = page(title, subtitle, legend + rows * (ABOVE + HIGH + BELOW))
    _legend(figure, top - 0.1)
    for k, series in enumerate(shown):
        row, column = divmod(k, columns)
        x, y = LEFT + column * (wide + GAP) - 0.25, top - legend - row * (ABOVE + HIGH + BELOW) - ABOVE - HIGH
        axes = panel(figure, x, y, wide, HIGH)
        heading(axes, series.title, series.unit)
        names = [str(name) for name in held.index if _of(series, str(name))]
        _draw(axes, series, held.loc[names], [days[name] for name in names], rivals, until)
    return figure


def _of(series: Series, name: str) -> bool:
    return name.rpartition("_")[0] == series.key


def _draw(
    axes: Axes, series: Series, rows: pd.DataFrame, days: Sequence[date], rivals: pd.DataFrame, until: date
) -> None:
    """One panel."""
    order = np.argsort([day.toordinal() for day in days])
    x = np.array([date2num(days[k]) for k in order], np.float64)
    rows = rows.iloc[order]
    amount = {
        name: rows[name].to_numpy(np.float64) / series.factor
        for name in ("published", "median", "low", "high")
    }
    seen = (rows.role != "held out").to_numpy()
    axes.axvspan(date2num(until), x[-1] + 25, color=SHADE, linewidth=0, zorder=0)
    axes.fill_between(x, amount["low"], amount["high"], color=BLUE, alpha=0.25, linewidth=0)
    axes.plot(x, amount["median"], color=BLUE, linewidth=1.5)
    last = int(np.flatnonzero(seen)[-1])
    for name, colour, style in (("bass", ORANGE, ":"), ("growth", GREEN, "--")):
        there = rivals[name].reindex(rows.index).to_numpy(np.float64) / series.factor
        if np.isfinite(there).any():
            ahead = np.isfinite(there)
            line = np.concatenate([[amount["published"][last]], there[ahead]])
            axes.plot(
                np.concatenate([[x[last]], x[ahead]]), line, color=colour, linewidth=1.3, linestyle=style
            )
    axes.plot(x[seen], amount["published"][seen], "o", color=INK, markersize=4)
    axes.plot(x[~seen], amount["published"][~seen], "o", color=INK, markersize=5, markerfacecolor="white")
    axes.set_xlim(x[0] - 25, x[-1] + 25)
    axes.set_ylim(bottom=0)
    ticks = [date(year, 12, 31) for year in (2017, 2018, 2019)]
    axes.xaxis.set_major_locator(FixedLocator([float(date2num(day)) for day in ticks]))
    axes.xaxis.set_major_formatter(FixedFormatter([f"Dec {day.year}" for day in ticks]))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="y", color=RULE, linewidth=0.5)


def _legend(figure: Figure, top: float) -> None:
    """What dots, lines and band mean, in three rows."""
    across, high = (float(v) for v in figure.get_size_inches())
    entries = [
        [("dot", INK, "published, seen by the fit"), ("ring", INK, "published later"),
         ("shade", SHADE, "not seen by the fit")],
        [("line", BLUE, "model: median of the surviving set"), ("band", BLUE, "its 5th to 95th percentile")],
        [("dash", GREEN, "growth of the last year goes on"), ("dots", ORANGE, "Bass curve")],
    ]  # fmt: skip
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0, across)
    axes.set_ylim(0, high)
    for row, line in enumerate(entries):
        x, y = 0.2, top - row * SIZE * LINE / POINTS * 1.35
        for kind, colour, words in line:
            _mark(axes, kind, colour, x, y)
            put(axes, x + 0.38, y, words, va="center")
            x += 0.38 + text_width(figure, words) + 0.25


def _mark(axes: Axes, kind: str, colour: str, x: float, y: float) -> None:
    """A sample of a mark, 0.3 inches wide."""
    if kind in ("dot", "ring"):
        face = colour if kind == "dot" else "white"
        axes.plot([x + 0.2], [y], "o", color=colour, markersize=5, markerfacecolor=face)
    elif kind in ("band", "shade"):
        alpha = 0.25 if kind == "band" else 1.0
        axes.fill_between([x, x + 0.3], y - 0.06, y + 0.06, color=colour, alpha=alpha, linewidth=0)
    else:
        style = {"line": "-", "dash": "--", "dots": ":"}[kind]
        axes.plot([x, x + 0.3], [y, y], color=colour, linewidth=1.5, linestyle=style)


def identified(
    surviving: pd.DataFrame, factors: Sequence[Factor], table: pd.DataFrame, title: str, subtitle: str
) -> Figure:
    """Where the surviving parameters lie within their prior ranges: a row a parameter, a dot a survivor.

    Args:
        surviving: the surviving set.
        factors: parameters with their prior ranges.
        table: of `sim.validation.history.identified.identified`, in the order in which rows are shown.
        title: headline.
        subtitle: below it.
    """
    rows = list(table.index)
    names, high = 3.15, 0.24
    figure, top = page(title, subtitle, 0.25 + high * len(rows) + 0.5)
    axes = panel(figure, names, top - 0.25 - high * len(rows), WIDTH - names - 0.75, high * len(rows))
    by_name = {factor.name: factor for factor in factors}
    for k, name in enumerate(rows):
        factor, y = by_name[name], len(rows) - 1 - k
        place = positions(factor, list(surviving[name]))
        low, median, top_ = np.quantile(place, [0.05, 0.5, 0.95])
        axes.plot([0, 1], [y, y], color=RULE, linewidth=6, solid_capstyle="butt", zorder=1)
        axes.plot([low, top_], [y, y], color=BLUE, linewidth=6, alpha=0.6, solid_capstyle="butt", zorder=2)
        axes.plot([median], [y], "|", color=INK, markersize=9, zorder=3)
        put(axes, -0.02, y, factor.words, right=True, va="center")
        put(axes, 1.02, y, f"{table.kept[name]:.0%}", QUIET, va="center")
    put(axes, 1.02, len(rows) - 0.4, "of range", QUIET, va="center")
    axes.set_ylim(-0.6, len(rows) - 0.2)
    axes.set_xlim(0, 1)
    axes.spines["left"].set_visible(False)
    axes.yaxis.set_major_locator(FixedLocator([]))
    axes.xaxis.set_major_locator(FixedLocator([0.0, 1.0]))
    axes.xaxis.set_major_formatter(FixedFormatter(["lowest of the prior range", "highest"]))
    first, last = axes.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    return figure
