"""What is left of a storefront after it closed."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.outcomes.comparison import Comparison
from sim.pictures.comparison.effect import (
    WEEKS_BEFORE,
    Series,
    draw,
    frame,
    furthest,
    left_edge,
    name_window,
    refused,
)
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.numbers import estimate, refusal, weekly_people, weekly_sales
from sim.pictures.comparison.words import (
    after,
    after_words,
    against,
    during,
    money_with_interval,
    sold_more,
    window_words,
)
from sim.pictures.style import (
    HARD,
    INK,
    QUIET,
    SIZE,
    canvas,
    colours,
    day_words,
    heading,
    headline,
    middles,
    panel,
    plain,
    scale_for,
    value_axis,
)


def what_is_left(comparison: Comparison, name: str) -> Figure:
    """People who know brand and own site, and sales of the own site, less the baseline, through time."""
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    rows = _left_rows(comparison, name, about)
    figure = canvas(9.0, 1.8 + 2.0 * len(rows))
    last = int(rows[0][0].samples.index.max())
    tail = f" After {day_words(about.calendar.end)}: run-off." if last >= about.horizon else ""
    top = headline(
        figure,
        _left_title(rows, about),
        f"Scenario less baseline by week. Shaded: {about.store_title}, {window_words(about)}.{tail} "
        f"{against(comparison, 'Bands')}",
    )
    top, edge = top - 0.12, left_edge(about)
    step, first = (top - 0.3) / len(rows), max(about.first - WEEKS_BEFORE, 0)
    for row, (line, unit) in enumerate(rows):
        axes = panel(figure, edge, top - (row + 1) * step + 0.2, 8.7 - edge, step - 0.65)
        samples = line.samples.loc[first:]
        scale = scale_for([furthest(samples, about)], unit)
        draw(axes, about, line, scale, samples)
        frame(axes, about, first, last, row == len(rows) - 1)
        value_axis(axes, scale.unit + (" a week" if unit != "people" else ""), 4)
        note = _halved if unit == "people" else _gained
        heading(axes, line.title, note(line, about), line.colour)
        if row in (0, len(rows) - 1):
            low, high = axes.get_ylim()
            axes.set_ylim(low, high + 0.13 * (high - low))  # room for a word at the top
        if last >= about.horizon:
            _mark_run_off(axes, about, named=row == 0)
    name_window(axes, about)
    return figure


def _mark_run_off(axes: Axes, about: Entry, named: bool) -> None:
    x = float(middles([about.calendar.monday(about.horizon)])[0]) - 3.5
    axes.axvline(x, color=INK, linewidth=0.8)
    if named:
        axes.annotate(
            "run-off", (x, 0.97), (4, 0), axes.get_xaxis_transform(), "offset points",
            size=SIZE, color=QUIET, va="top",
        )  # fmt: skip


def _left_rows(comparison: Comparison, name: str, about: Entry) -> list[tuple[Series, str]]:
    """Lines with their units: knowledge of the brand, of the own sites, sales of the own sites."""
    colour, brand = colours(about.scenario)[about.brand], about.brand_title
    knows = [(about.brand, brand)] + [
        (site, f"{brand}'s own site" if len(about.own_sites) == 1 else about.scenario.storefronts[site].title)
        for site in about.own_sites
    ]
    change = "More" if about.new else "Change in"
    rows = [
        (Series(weekly_people(comparison, name, who), f"{change} people who know {words}", colour), "people")
        for who, words in knows
    ]
    if about.own_sites:
        sales = weekly_sales(comparison, name, about.own_sites)
        rows.append((Series(sales, f"Sales of {brand}'s own site", colour), about.scenario.currency.name))
    return rows


def _halved(line: Series, about: Entry) -> str:
    """After how many weeks the mean difference has fallen to half its peak since opening."""
    mean = line.samples.loc[about.first :].mean(axis=1)
    peak = int(mean.index[int(mean.to_numpy().argmax())])
    below = mean.loc[peak:][mean.loc[peak:] < mean.max() / 2]
    if mean.max() <= 0 or below.empty:
        return ""
    return f"half of the peak is gone {int(below.index[0]) - peak} weeks after it"


def _gained(line: Series, about: Entry) -> str:
    """Sales after closing, within the horizon and in the run-off."""
    unit, parts = about.scenario.currency.name, []
    if not about.new:
        parts.append(f"{money_with_interval(during(line.samples, about), unit)} {about.when}")
    if about.weeks_after:
        parts.append(
            f"{money_with_interval(after(line.samples, about), unit)} {after_words(about.weeks_after)}"
        )
    run_off = line.samples.loc[about.horizon :]
    if len(run_off):
        parts.append(f"{money_with_interval(estimate(run_off), unit)} in the run-off")
    return ", ".join(parts)


def _left_title(rows: Sequence[tuple[Series, str]], about: Entry) -> str:
    known = rows[0][0].samples
    at_close = float(known.loc[[about.last]].to_numpy().mean())
    if not about.new:
        return _changed_title(rows, about, at_close)
    title = f"When {about.store_title} closed, {_millions(at_close)} more people knew {about.brand_title}"
    later = min(about.last + 26, int(known.index.max()))
    if about.closed is None or later <= about.last:
        weeks = about.last - about.first + 1
        return f"After {weeks} weeks {_millions(at_close)} more people know {about.brand_title}"
    title += (
        f", {later - about.last} weeks later still {_millions(float(known.loc[[later]].to_numpy().mean()))}"
    )
    if rows[-1][1] != "people" and about.weeks_after:
        sales = after(rows[-1][0].samples, about)
        title += f"; its own site {sold_more(sales, rows[-1][1])} {after_words(about.weeks_after)}"
    return title


def _changed_title(rows: Sequence[tuple[Series, str]], about: Entry, people: float) -> str:
    """What a storefront that the baseline has too changed, up to the last week in which they differ."""
    more = "more" if people >= 0 else "fewer"
    title = (
        f"After {about.last - about.first + 1} weeks {about.when.removeprefix('while ')}, "
        f"{_millions(abs(people))} {more} people know {about.brand_title}"
    )
    samples, unit = rows[-1][0].samples, rows[-1][1]
    if unit == "people":
        return title
    if about.weeks_after:
        words = f"{sold_more(after(samples, about), unit)} {after_words(about.weeks_after)}"
    else:
        words = f"{sold_more(during(samples, about), unit)} in these weeks"
    return f"{title}; its own site {words}"


def _millions(people: float) -> str:
    return f"{plain(people / 1e6)}{HARD}m" if abs(people) >= 1e5 else f"{people:,.0f}"
