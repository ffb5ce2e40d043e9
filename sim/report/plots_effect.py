"""What a storefront changes week by week, and what is left after it closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.experiments.compare import Comparison
from sim.report.plots_numbers import (
    Entry,
    entry,
    estimate,
    estimates,
    refusal,
    weekly_people,
    weekly_sales,
)
from sim.report.plots_words import (
    after,
    after_words,
    against,
    during,
    effect_title,
    money_with_interval,
    sold_more,
    window_words,
)
from sim.report.style import (
    DASHES,
    HARD,
    INK,
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
    shade(axes, about.opened, about.until)
    axes.axhline(0, color=QUIET, linewidth=0.8)
    month_axis(axes, about.calendar.monday(first), about.calendar.monday(last) + timedelta(days=6))
    axes.tick_params(labelbottom=months)


def effect_series(comparison: Comparison, name: str, about: Entry) -> list[Series]:
    """Storefront, own site, host's own merchants, rivals."""
    paint = colours(about.scenario)
    found = [
        Series(
            weekly_sales(comparison, name, about.stores, "with_scenario"),
            about.store_title,
            paint[about.brand],
            False,
        )
    ]
    if about.own_sites:
        site = f"{about.brand_title}'s own site"
        found.append(Series(weekly_sales(comparison, name, about.own_sites), site, paint[about.brand]))
    host = f"{about.host_title}'s own merchants"
    found.append(Series(weekly_sales(comparison, name, about.hosts), host, paint[about.hosts[0]]))
    found.append(Series(weekly_sales(comparison, name, about.rivals), "All rival platforms", QUIET))
    return found


def weekly_effect(comparison: Comparison, name: str) -> Figure:
    """Sales of the storefront, and differences of own site, host's merchants and rivals, week by week and cumulated."""
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    lines = effect_series(comparison, name, about)
    figure = canvas(9.0, 2.0 + 1.75 * len(lines))
    top = headline(
        figure, effect_title(comparison, name, about),
        f"Solid: sales. Dashed: sales less those of the baseline. Shaded: storefront {window_words(about)}. {against(comparison)}",
    )  # fmt: skip
    _effect_rows(figure, about, lines, top)
    return figure


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
        y, height, bottom = top - (row + 1) * step + 0.2, step - 0.55, row == len(lines) - 1
        left = panel(figure, 0.75, y, 4.9, height, left)
        draw(left, about, line, scales[0], weekly[row] if line.dashed else while_open(line, about))
        frame(left, about, first, last, bottom)
        value_axis(left, f"{scales[0].unit} a week", 4)
        heading(left, _effect_heading(line, about), colour=line.colour)
        right = panel(figure, 6.55, y, 1.85, height, right)
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
    return line.samples.loc[about.first - 1 : about.last + 1]


def name_window(axes: Axes, about: Entry) -> None:
    """Write "open" at the top of the shaded window."""
    x = float(middles([about.opened])[0]) - 2
    axes.text(x, 0.97, "open", transform=axes.get_xaxis_transform(), size=SIZE, color=QUIET, va="top")


def _effect_heading(line: Series, about: Entry) -> str:
    unit = about.scenario.currency.name
    words = f"{line.title}: {money_with_interval(during(line.samples, about), unit, line.dashed)} while open"
    if not line.dashed or not about.weeks_after:
        return words
    return (
        f"{words},\n{money_with_interval(after(line.samples, about), unit)} {after_words(about.weeks_after)}"
    )


# --- what is left ------------------------------------------------------------------------------


def what_is_left(comparison: Comparison, name: str) -> Figure:
    """People who know the brand and the own site, and sales of the own site, against the baseline, through time."""
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    rows = _left_rows(comparison, name, about)
    figure = canvas(9.0, 1.8 + 2.0 * len(rows))
    last = int(rows[0][0].samples.index.max())
    tail = f" After {day_words(about.calendar.end)}: run-off." if last >= about.horizon else ""
    top = headline(
        figure, _left_title(rows, about),
        f"Scenario less baseline by week. Shaded: {about.store_title}, {window_words(about)}.{tail} {against(comparison)}",
    )  # fmt: skip
    step, first = (top - 0.3) / len(rows), max(about.first - WEEKS_BEFORE, 0)
    for row, (line, unit) in enumerate(rows):
        axes = panel(figure, 0.75, top - (row + 1) * step + 0.2, 7.95, step - 0.6)
        samples = line.samples.loc[first:]
        scale = scale_for([estimates(samples)["mean"].abs().max()], unit)
        draw(axes, about, line, scale, samples)
        frame(axes, about, first, last, row == len(rows) - 1)
        value_axis(axes, scale.unit + (" a week" if unit != "people" else ""), 4)
        heading(
            axes,
            line.title + (_halved(line, about) if unit == "people" else _gained(line, about)),
            colour=line.colour,
        )
        if last >= about.horizon:
            _mark_run_off(axes, about, named=row == 0)
    name_window(axes, about)
    return figure


def _mark_run_off(axes: Axes, about: Entry, named: bool) -> None:
    x = float(middles([about.calendar.monday(about.horizon)])[0]) - 3.5
    axes.axvline(x, color=INK, linewidth=0.8)
    if not named:
        return
    axes.annotate(
        "run-off",
        (x, 0.97),
        (4, 0),
        axes.get_xaxis_transform(),
        "offset points",
        size=SIZE,
        color=QUIET,
        va="top",
    )


def _left_rows(comparison: Comparison, name: str, about: Entry) -> list[tuple[Series, str]]:
    """Lines with their units: knowledge of the brand, of the own sites, sales of the own sites."""
    colour, brand = colours(about.scenario)[about.brand], about.brand_title
    rows = [
        (
            Series(weekly_people(comparison, name, about.brand), f"More people who know {brand}", colour),
            "people",
        )
    ]
    for site in about.own_sites:
        words = f"{brand}'s own site" if len(about.own_sites) == 1 else about.scenario.storefronts[site].title
        rows.append(
            (Series(weekly_people(comparison, name, site), f"More people who know {words}", colour), "people")
        )
    if about.own_sites:
        sales = Series(
            weekly_sales(comparison, name, about.own_sites), f"Sales of {brand}'s own site", colour
        )
        rows.append((sales, about.scenario.currency.name))
    return rows


def _halved(line: Series, about: Entry) -> str:
    """After how many weeks the mean difference has fallen to half its peak since opening."""
    mean = line.samples.loc[about.first :].mean(axis=1)
    peak = int(mean.idxmax())
    below = mean.loc[peak:][mean.loc[peak:] < mean.max() / 2]
    if mean.max() <= 0 or below.empty:
        return ""
    return f": peak halved after {int(below.index[0]) - peak} weeks"


def _gained(line: Series, about: Entry) -> str:
    """Sales after closing, within the horizon and in the run-off."""
    unit, parts = about.scenario.currency.name, []
    if about.weeks_after:
        parts.append(
            f"{money_with_interval(after(line.samples, about), unit)} {after_words(about.weeks_after)}"
        )
    run_off = line.samples.loc[about.horizon :]
    if len(run_off):
        parts.append(f"{money_with_interval(estimate(run_off), unit)} in the run-off")
    return ": " + ", ".join(parts) if parts else ""


def _left_title(rows: Sequence[tuple[Series, str]], about: Entry) -> str:
    known = rows[0][0].samples
    at_close = known.loc[about.last].mean()
    title = f"When {about.store_title} closed, {_millions(at_close)} more people knew {about.brand_title}"
    later = min(about.last + 26, int(known.index.max()))
    if about.closed is None or later <= about.last:
        return f"At the end {_millions(at_close)} more people know {about.brand_title}"
    title += f", {later - about.last} weeks later still {_millions(known.loc[later].mean())}"
    if rows[-1][1] != "people" and about.weeks_after:
        sales = after(rows[-1][0].samples, about)
        title += f"; its own site {sold_more(sales, rows[-1][1])} {after_words(about.weeks_after)}"
    return title


def _millions(people: float) -> str:
    return f"{plain(people / 1e6)}{HARD}m" if abs(people) >= 1e5 else f"{people:,.0f}"
