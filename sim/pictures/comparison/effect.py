"""What a storefront changes week by week, and what is left after it closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.experiments.compare import Comparison
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.numbers import estimates, refusal, weekly_sales
from sim.pictures.comparison.words import (
    after,
    against,
    during,
    effect_title,
    money_with_interval,
    window_words,
)
from sim.pictures.style import (
    DASHES,
    QUIET,
    SIZE,
    Scale,
    canvas,
    colours,
    day_words,
    heading,
    headline,
    middles,
    month_axis,
    panel,
    plain,
    readable,
    scale_for,
    shade,
    value_axis,
    write,
)

WEEKS_BEFORE = 5
"""Weeks shown before opening."""


@dataclass(frozen=True)
class Series:
    """A line of a picture: weeks by replications, its name, its colour."""

    samples: pd.DataFrame
    title: str
    colour: str
    dashed: bool = True


def refused(about: Entry, reason: str) -> Figure:
    """A picture that says why there is none."""
    figure = canvas(9.0, 1.9)
    below = headline(figure, f"{about.store_title}: too few simulated purchases", about.scenario.title)
    write(figure, 0.2, below - 0.12, reason, 8.6)
    axes = figure.add_axes((0, 0, 1, 1), xticks=[], yticks=[])  # notebooks show no picture without axes
    axes.set_axis_off()
    return figure


def draw(axes: Axes, about: Entry, line: Series, scale: Scale, sample: pd.DataFrame) -> pd.DataFrame:
    """A line with its band; returns what was drawn, in the unit of the axis."""
    shown = estimates(sample) / scale.factor
    if not line.dashed:
        shown["low"] = shown.low.clip(lower=0)  # sales are never negative
    days = middles([about.calendar.monday(int(week)) for week in shown.index])
    axes.fill_between(days, shown.low, shown.high, color=line.colour, alpha=0.25, linewidth=0)
    axes.plot(days, shown["mean"], color=line.colour, linewidth=1.8, linestyle=DASHES if line.dashed else "-")
    return shown


def frame(axes: Axes, about: Entry, first: int, last: int, months: bool = True) -> None:
    """Shaded window, zero line and months, named or not, from week `first` to week `last`."""
    end = about.calendar.monday(last) + timedelta(days=6)
    shade(axes, about.opened, min(about.closed or end, end))
    axes.axhline(0, color=QUIET, linewidth=0.8)
    month_axis(axes, about.calendar.monday(first), end)
    axes.tick_params(labelbottom=months)


def effect_series(comparison: Comparison, name: str, about: Entry) -> list[Series]:
    """Storefront, own site, host's own merchants, the host's group, rivals."""
    paint = colours(about.scenario)
    stores = weekly_sales(comparison, name, about.stores, "with_scenario")
    found = [Series(stores, about.store_title, paint[about.brand], dashed=False)]
    if about.own_sites:
        site = f"{about.brand_title}'s own site"
        found.append(Series(weekly_sales(comparison, name, about.own_sites), site, paint[about.brand]))
    host = f"{about.host_title}'s own merchants"
    found.append(Series(weekly_sales(comparison, name, about.hosts), host, paint[about.hosts[0]]))
    if about.group:
        group = weekly_sales(comparison, name, about.group)
        found.append(Series(group, about.group_title, paint[about.group[0]]))
    found.append(Series(weekly_sales(comparison, name, about.rivals), "All rival platforms", QUIET))
    return found


def weekly_effect(comparison: Comparison, name: str) -> Figure:
    """Sales of the storefront; differences of own site, host's merchants and rivals: weekly and cumulated."""
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    lines = effect_series(comparison, name, about)
    figure = canvas(9.6, 2.0 + 1.8 * len(lines))
    top = headline(
        figure,
        effect_title(comparison, name, about),
        "Solid: sales. Dashed: sales less those of the baseline. "
        f"Shaded: storefront {window_words(about)}. {_afterwards(about)}{against(comparison, 'Bands')}",
    )
    _effect_rows(figure, about, lines, top - 0.12)
    return figure


def _afterwards(about: Entry) -> str:
    """What "afterwards" means."""
    if not about.weeks_after:
        return ""
    weeks = f"{about.weeks_after} weeks" if about.weeks_after > 1 else "week"
    return f"Afterwards: the {weeks} to {day_words(about.calendar.end)}. "


def _effect_rows(figure: Figure, about: Entry, lines: Sequence[Series], top: float) -> None:
    """One row a line: weekly at the left, cumulated since opening at the right; scales shared by column."""
    first, last, unit = max(about.first - WEEKS_BEFORE, 0), about.horizon - 1, about.scenario.currency.name
    weekly = [line.samples.loc[first:last] for line in lines]
    sums = [line.samples.loc[about.first : last].cumsum() for line in lines]
    scales = [
        scale_for([estimates(s)["mean"].abs().max() for s in column], unit) for column in (weekly, sums)
    ]
    step = (top - 0.3) / len(lines)
    left = right = None
    for row, line in enumerate(lines):
        y, height, bottom = top - (row + 1) * step + 0.2, step - 0.65, row == len(lines) - 1
        left = panel(figure, 0.75, y, 5.35, height, left)
        draw(left, about, line, scales[0], weekly[row] if line.dashed else while_open(line, about))
        frame(left, about, first, last, bottom)
        value_axis(left, f"{scales[0].unit} a week", 4)
        heading(left, line.title, _effect_note(line, about), line.colour)
        right = panel(figure, 7.1, y, 1.85, height, right)
        end = draw(right, about, line, scales[1], sums[row])["mean"].iloc[-1]
        frame(right, about, about.first, last, bottom)
        value_axis(right, scales[1].unit, 4)
        right.annotate(
            plain(end, sign=line.dashed), (1, end), (3, 0), ("axes fraction", "data"), "offset points",
            size=SIZE, color=readable(line.colour), va="center", annotation_clip=False,
        )  # fmt: skip
        if row == 0:
            heading(right, "Cumulated since opening")
    if left is not None:
        name_window(left, about)


def while_open(line: Series, about: Entry) -> pd.DataFrame:
    """The weeks of opening and one on either side."""
    return line.samples.loc[about.first - 1 : min(about.last + 1, about.horizon - 1)]


def name_window(axes: Axes, about: Entry) -> None:
    """Write "open" at the top of the shaded window."""
    x = float(middles([about.opened])[0]) - 2
    axes.text(x, 0.97, "open", transform=axes.get_xaxis_transform(), size=SIZE, color=QUIET, va="top")


def _effect_note(line: Series, about: Entry) -> str:
    """What was sold, or the difference, while the storefront was open and after."""
    unit = about.scenario.currency.name
    words = f"{money_with_interval(during(line.samples, about), unit, line.dashed)} while open"
    if not line.dashed or not about.weeks_after:
        return words
    return f"{words}, {money_with_interval(after(line.samples, about), unit)} afterwards"
