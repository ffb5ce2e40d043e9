"""What a storefront brings its owner and its host: both parties' books, from sales to value."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.outcomes.comparison import Comparison
from sim.pictures.comparison.accounts import Part, Reader, earned_words, entrant_parts, host_parts
from sim.pictures.comparison.effect import refused
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.numbers import Estimate, refusal
from sim.pictures.comparison.sized import headed
from sim.pictures.comparison.words import (
    against,
    amount,
    clear,
    money_with_interval,
    window_words,
    with_interval,
)
from sim.pictures.style import (
    INK,
    QUIET,
    Scale,
    colours,
    heading,
    panel,
    plain_tick,
    put,
    readable,
    scale_for,
)

PITCH = 0.42
"""Height of a row in inches: a line of words and its bar."""
WIDE = 11.0
"""Width of the picture in inches."""
BAR = 0.68
"""Middle of a bar within its row."""
NO_HOST = "The storefront stands on nobody's platform, so no host has books. "
MORE, LESS = "#9a9a9a", "#d4d4d4"
"""Colours of what adds and of what takes away."""


def books(comparison: Comparison, name: str) -> Figure:
    """Entrant's and host's books as waterfalls that end in the value to each.

    The entrant's begin with what is left after goods and delivery, whose own waterfall from sales stands
    below on its own scale: sales are often a hundred times the value, which could not be seen beside them.
    """
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    read = Reader(comparison, name, about)
    entrant, host = entrant_parts(read), host_parts(read) if about.hosts else []
    at = next(k for k, part in enumerate(entrant) if part.total)
    trade, value = entrant[: at + 1], entrant[at:]
    longest = max(len(value), len(host))
    figure, top = headed(
        WIDE,
        PITCH * (longest + len(trade)) + 2.1,
        books_title(about, entrant, host),
        "Money earned or paid, less that of the baseline. Every bar begins where the one above ends; "
        f"coloured bars are sums. Each panel has its own scale. Storefront {window_words(about)}. "
        f"{'' if about.hosts else NO_HOST}{against(comparison, 'Lines')}",
    )
    half, names = (WIDE - 0.9) / 2, (about.brand_title, about.host_title)
    wide = half if host else WIDE - 0.5
    _place(figure, (0.25, top - 0.6, wide), value, about, (about.brand, f"{names[0]}'s books"))
    if host:
        _place(figure, (0.65 + half, top - 0.6, half), host, about, (about.hosts[0], f"{names[1]}'s books"))
    below = top - 0.6 - PITCH * longest - 1.05
    when = "while the storefront is open" if about.fixed else "over the whole time"
    words = f"Where {names[0]}'s first bar comes from: {trade[-1].label.lower()}, {when}"
    _place(figure, (0.25, below, WIDE - 0.5), trade, about, (about.brand, words))
    return figure


def _place(
    figure: Figure,
    place: tuple[float, float, float],
    parts: Sequence[Part],
    about: Entry,
    who: tuple[str, str],
) -> None:
    """Draw the waterfall of a firm, with its title, at a left edge, upper edge and width in inches."""
    (x, top, wide), (firm, title) = place, who
    axes = panel(figure, x, top - PITCH * len(parts), wide, PITCH * len(parts))
    colour = colours(about.scenario)[firm]
    heading(axes, title, waterfall(axes, parts, about, colour).unit, colour)


# --- words and drawing -----------------------------------------------------------------------------


def books_title(about: Entry, entrant: Sequence[Part], host: Sequence[Part]) -> str:
    """What the entrant earned while open, and what both end with."""
    unit = about.scenario.currency.name
    open_ = next(part for part in entrant if part.label == earned_words(about)).found
    earned = _earned(open_, unit) if clear(open_) else "neither clearly earned nor lost"
    more = "" if about.new or not clear(open_) else f" {'more' if open_.mean > 0 else 'less'}"
    if more:
        earned = f"earned {amount(open_.mean, unit)}{more}"
    fixed = about.fixed and about.weeks_after
    when = "While the storefront was open" if fixed else "To the end of the horizon"
    to = f" and {_worth(host[-1].found, unit)} to {about.host_title}" if host else ""
    return (
        f"{when}, {about.brand_title} {earned}; in the end it is worth {_worth(entrant[-1].found, unit)} to "
        f"{about.brand_title}{to}"
    )


def _earned(found: Estimate, unit: str) -> str:
    return f"{'earned' if found.mean > 0 else 'lost'} {amount(found.mean, unit)}"


def _worth(found: Estimate, unit: str) -> str:
    return money_with_interval(found, unit) if clear(found) else "nothing that is clear"


def waterfall(axes: Axes, parts: Sequence[Part], about: Entry, colour: str) -> Scale:
    """Bars that begin where the one above ends; totals begin at zero, in the party's colour."""
    ends = _ends(parts)
    scale = scale_for([end for pair in ends for end in pair], about.scenario.currency.name)
    for k, (part, pair) in enumerate(zip(parts, ends, strict=True)):
        start, end = (money / scale.factor for money in pair)
        _bar(axes, part, k + BAR, (start, end), colour if part.total else LESS if end < start else MORE)
        line = [end + side / scale.factor for side in _sides(part)]
        axes.plot(line, [k + BAR] * 2, color=INK, linewidth=1.4, solid_capstyle="butt")
        if k + 1 < len(parts):
            axes.plot([end, end], [k + BAR, k + 1 + BAR], color=QUIET, linewidth=0.6, zorder=1)
        _words(axes, part, k + BAR - 0.24, scale, readable(colour) if part.total else INK)
    reach = [end + side for part, (_, end) in zip(parts, ends, strict=True) for side in _sides(part)]
    _axis(axes, [at / scale.factor for at in [*reach, *(start for start, _ in ends)]], len(parts))
    return scale


def _sides(part: Part) -> tuple[float, float]:
    """How far the interval of a part reaches to either side of it, in money."""
    return part.found.low - part.found.mean, part.found.high - part.found.mean


def _bar(axes: Axes, part: Part, y: float, ends: tuple[float, float], colour: str) -> None:
    height = 0.42 if part.total else 0.34
    axes.barh(y, ends[1] - ends[0], height, ends[0], color=colour, edgecolor=QUIET, linewidth=0.5)


def _words(axes: Axes, part: Part, y: float, scale: Scale, colour: str) -> None:
    """Name and number above a bar; a number too small for the unit of the axis has its own."""
    number = with_interval(part.found, scale)
    if number.split(" ")[0] == "0" and part.found.mean:
        number = money_with_interval(part.found, scale.unit.split(" ")[-1])
    put(axes, 0.0, y, part.label, colour, bold=part.total, across=True, box=True)
    put(axes, 1.0, y, number, colour, bold=part.total, right=True, across=True, box=True)


def _ends(parts: Sequence[Part]) -> list[tuple[float, float]]:
    """Where every bar begins and ends, in money."""
    at, found = 0.0, []
    for part in parts:
        start = 0.0 if part.total else at
        at = start + part.found.mean
        found.append((start, at))
    return found


def _axis(axes: Axes, ends: Sequence[float], rows: int) -> None:
    low, high = min(0.0, *ends), max(0.0, *ends)
    margin = 0.03 * (high - low or 1.0)
    axes.set(xlim=(low - margin, high + margin), ylim=(rows, 0), yticks=[])
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(plain_tick)
    axes.spines["left"].set_visible(False)
