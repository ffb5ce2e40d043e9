"""What a storefront changes week by week, and what is left after it closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.outcomes.comparison import Comparison
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
    DOTS,
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
    """A line of a picture: weeks by replications, its name, its colour.

    Attributes:
        samples: sales, or (`dashed`) sales less those of the baseline.
        before: sales in the baseline, if the line is of sales there too.
    """

    samples: pd.DataFrame
    title: str
    colour: str
    dashed: bool = True
    before: pd.DataFrame | None = None

    @property
    def change(self) -> Series:
        """The line less that of the baseline; itself where the baseline has none."""
        if self.before is None:
            return self
        return replace(self, samples=self.samples - self.before, dashed=True, before=None)


def refused(about: Entry, reason: str) -> Figure:
    """A picture that says why there is none."""
    figure = canvas(9.0, 1.9)
    why = "nothing differs" if "the same in both" in reason else "too few simulated purchases"
    below = headline(figure, f"{about.store_title}: {why}", about.scenario.title)
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
    if line.before is not None:
        before = line.before.reindex(sample.index).mean(axis=1) / scale.factor
        axes.plot(days, before, color=QUIET, linewidth=1.4, linestyle=DOTS)
    return shown


def left_edge(about: Entry) -> float:
    """Room for the unit and the numbers left of panels, in inches: those of changes have a minus."""
    return 0.8 if about.new else 0.9


def furthest(samples: pd.DataFrame, about: Entry) -> float:
    """The largest amount that chooses the unit: of means; of changes, whose bands are wide, of bands too."""
    reach = estimates(samples).abs().max()
    return float(reach["mean"] if about.new else reach.max())


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
    found = [store_series(comparison, name, about, about.store_title)]
    if about.own_sites:
        site = f"{about.brand_title}'s own site"
        found.append(Series(weekly_sales(comparison, name, about.own_sites), site, paint[about.brand]))
    if about.hosts:
        host = f"{about.host_title}'s own merchants"
        found.append(Series(weekly_sales(comparison, name, about.hosts), host, paint[about.hosts[0]]))
    if about.group:
        group = weekly_sales(comparison, name, about.group)
        found.append(Series(group, about.group_title, paint[about.group[0]]))
    title = f"All {about.others_title}"
    found.append(Series(weekly_sales(comparison, name, about.others), title, QUIET))
    return found


def store_series(comparison: Comparison, name: str, about: Entry, title: str) -> Series:
    """Sales of the storefronts; with those in the baseline if it has them."""
    sales = weekly_sales(comparison, name, about.stores, "with_scenario")
    before = None if about.new else weekly_sales(comparison, name, about.stores, "baseline")
    return Series(sales, title, colours(about.scenario)[about.brand], dashed=False, before=before)


def line_words(about: Entry) -> str:
    """What solid, dotted and dashed lines are."""
    dotted = "" if about.new else " Dotted: the same in the baseline."
    return f"Solid: sales.{dotted} Dashed: sales less those of the baseline."


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
        f"{line_words(about)} "
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
    sums = [line.change.samples.loc[about.first : last].cumsum() for line in lines]
    scales = [scale_for([furthest(samples, about) for samples in column], unit) for column in (weekly, sums)]
    step = (top - 0.3) / len(lines)
    left = right = None
    for row, line in enumerate(lines):
        y, height, bottom = top - (row + 1) * step + 0.2, step - 0.65, row == len(lines) - 1
        edge = left_edge(about)
        left = panel(figure, edge, y, 6.1 - edge, height, left)
        draw(left, about, line, scales[0], shown(line, about, first, last))
        frame(left, about, first, last, bottom)
        value_axis(left, f"{scales[0].unit} a week", 4)
        heading(left, line.title, _effect_note(line, about), line.colour)
        right = panel(figure, 7.1, y, 1.85, height, right)
        end = draw(right, about, line.change, scales[1], sums[row])["mean"].iloc[-1]
        frame(right, about, about.first, last, bottom)
        value_axis(right, scales[1].unit, 4)
        right.annotate(
            plain(end, sign=line.change.dashed), (1, end), (3, 0), ("axes fraction", "data"), "offset points",
            size=SIZE, color=readable(line.colour), va="center", annotation_clip=False,
        )  # fmt: skip
        if row == 0:
            heading(right, "Cumulated since opening" if about.new else "Differences, cumulated")
    if left is not None:
        name_window(left, about)


def shown(line: Series, about: Entry, first: int, last: int) -> pd.DataFrame:
    """The weeks of a line that are drawn: of a new storefront those of opening and one on either side."""
    if line.dashed or line.before is not None:
        return line.samples.loc[first:last]
    return line.samples.loc[about.first - 1 : min(about.last + 1, about.horizon - 1)]


def name_window(axes: Axes, about: Entry) -> None:
    """Write what the storefront is at the top of the shaded weeks, such as "open"."""
    x, words = float(middles([about.opened])[0]) - 2, about.when.removeprefix("while ")
    axes.text(x, 0.97, words, transform=axes.get_xaxis_transform(), size=SIZE, color=QUIET, va="top")


def _effect_note(line: Series, about: Entry) -> str:
    """What was sold, or the difference, while the storefront was open and after."""
    unit, line = about.scenario.currency.name, line.change
    words = f"{money_with_interval(during(line.samples, about), unit, line.dashed)} {about.when}"
    if not line.dashed or not about.weeks_after:
        return words
    return f"{words}, {money_with_interval(after(line.samples, about), unit)} afterwards"
