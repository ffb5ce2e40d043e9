"""Where the sales of a storefront come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.outcomes.comparison import Comparison
from sim.outcomes.volume import NOTHING_ONLINE
from sim.pictures.comparison.effect import refused
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.numbers import gains, interval_words, refusal, sources, tier_groups
from sim.pictures.comparison.stores import purchases_moved
from sim.pictures.comparison.words import group_words, source_words, whole_words, window_words
from sim.pictures.style import (
    GROUP,
    INK,
    NOTHING,
    QUIET,
    RULE,
    SIZE,
    canvas,
    capital,
    colours,
    heading,
    headline,
    panel,
    per_cent,
    put,
    root,
    share_tick,
    short_title,
    text_width,
)

PITCH = 0.42
"""Height of a bar with its label, in inches."""


@dataclass(frozen=True)
class Bar:
    """A bar with its label: share, interval, colour; a part of a group is thinner."""

    label: str
    mean: float
    low: float
    high: float
    colour: str
    part: bool = False
    short: str = ""


def source_bars(shares: pd.DataFrame, about: Entry, parts: bool = True) -> list[Bar]:
    """Bars of groups; a group of several origins is followed by its parts."""
    paint = colours(about.scenario)
    bars = []
    for group, rows in shares.groupby("group", sort=False):
        single = rows[rows.origin != ""]
        for row in rows.to_dict("records"):
            if row["origin"] and (len(single) == 1 or not parts):
                continue
            whole = not row["origin"]
            colour = GROUP
            if len(single) == 1 or not whole:
                colour = _colour(str(single.origin.iloc[0] if whole else row["origin"]), paint)
            label = group_words(str(group), about) if whole else _origin_words(row["origin"], about)
            short = capital(str(group))
            bars.append(Bar(label, row["mean"], row["low"], row["high"], colour, not whole, short))
    return bars


def _colour(origin: str, paint: Mapping[str, str]) -> str:
    return NOTHING if origin == NOTHING_ONLINE else paint.get(origin, QUIET)


def _origin_words(origin: str, about: Entry) -> str:
    if origin in about.scenario.platforms:
        return short_title(about.scenario.platforms[origin].title)
    store = about.scenario.storefronts.get(origin)
    return store.title if store else origin


def labelled_bars(axes: Axes, bars: Sequence[Bar], right: float) -> None:
    """Bars with label and per cent above each, parts indented and thinner; the axis ends at `right`."""
    at, before = 0.0, False
    for bar in bars:
        at += 0.18 if before and not bar.part else 0.0
        height = 0.26 if bar.part else 0.36
        axes.barh(at, bar.mean, height, color=bar.colour, edgecolor=RULE, linewidth=0.5)
        axes.plot([bar.low, bar.high], [at, at], color=INK, linewidth=1.2, solid_capstyle="butt")
        _bar_words(axes, bar, at - height / 2 - 0.04, right)
        at, before = at + (0.86 if bar.part else 1.0), bar.part
    axes.set(xlim=(0, right), ylim=(at - 0.65, -0.72), yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(share_tick)


def _bar_words(axes: Axes, bar: Bar, y: float, right: float) -> None:
    """Label and number above the bar; the short label where the long one is too wide."""
    figure = root(axes)
    number = per_cent(bar.mean) + (
        "" if bar.low == bar.high else f" [{100 * bar.low:.0f}, {100 * bar.high:.0f}]"
    )
    weight = "normal" if bar.part else "bold"
    room = axes.get_position().width * float(figure.get_size_inches()[0]) - text_width(figure, number) - 0.1
    label = bar.label if text_width(figure, bar.label, SIZE, weight) <= room else bar.short
    put(axes, 0.05 * right if bar.part else 0.0, y, label, QUIET if bar.part else INK, bold=not bar.part)
    put(axes, right, y, number, right=True)


def axis_end(bars: Sequence[Bar]) -> float:
    """A little more than the longest bar or interval."""
    return min(1.0, max(bar.high for bar in bars)) * 1.02


def source_of_volume(comparison: Comparison, name: str) -> Figure:
    """Where the sales of the storefront came from: by origin for all tiers, by group for groups of tiers."""
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    groups = tier_groups(comparison, name)
    columns = 1 if len(groups) <= 3 else 2
    rows = -(-len(groups) // columns)
    figure = canvas(9.0 if columns == 1 else 10.6, 1.6 + max(4.4, (0.45 + PITCH * 5) * rows))
    shares, gained = sources(comparison, name), gains(comparison, about, name)
    spent = "spent" if about.new else "spent on top" if gained else "no longer spent"
    its = whole_words(comparison, name, about)
    found = purchases_moved(comparison, name, about.stores)
    top = headline(
        figure,
        f"Of what was {spent} at {about.store_title}, {source_words(comparison, name, about, 2)}",
        f"Shares of {its} ({window_words(about)}) by what the same person chose for the same need in the "
        f"{'baseline' if gained else 'scenario'}: direct switching only. {found:,.0f} simulated purchases. "
        f"{interval_words(comparison, 'Lines')}.",
    )
    bars, order = source_bars(shares, about), list(dict.fromkeys(shares.group))
    parts = [_group_bars(comparison, name, tiers, order) for tiers in groups]
    right = max(axis_end(each) for each in [bars, *parts])
    height = min(top - 1.0, 1.3 * PITCH * len(bars))
    axes = panel(figure, 0.25, top - 0.6 - height, 3.9, height)
    labelled_bars(axes, bars, right)
    heading(axes, "All tiers", f"per cent of {'sales' if about.new else its}{interval_mark(comparison)}")
    step, width = (top - 0.1) / rows, 4.1 if columns == 1 else 2.75
    for k, (each, tiers) in enumerate(zip(parts, groups, strict=True)):
        row, column = divmod(k, columns)
        height = min(step - 0.7, PITCH * (len(each) + 0.4))
        axes = panel(figure, 4.6 + (width + 0.3) * column, top - row * step - 0.4 - height, width, height)
        labelled_bars(axes, each, right)
        heading(axes, tiers_words(tiers, about))
    return figure


def interval_mark(comparison: Comparison) -> str:
    """What stands in square brackets; nothing for one replication."""
    return "" if comparison.outcomes.replication.nunique() < 2 else " [interval]"


def _group_bars(comparison: Comparison, name: str, tiers: Sequence[str], order: Sequence[str]) -> list[Bar]:
    """Bars of the groups in some tiers, in the order of all tiers."""
    about = entry(comparison, name)
    shares = sources(comparison, name, tiers)
    found = {bar.label: bar for bar in source_bars(shares, about, parts=False)}
    labels = [group_words(group, about) for group in order]
    return [found.get(label, Bar(label, 0.0, 0.0, 0.0, QUIET)) for label in labels]


def tiers_words(tiers: Sequence[str], about: Entry) -> str:
    """A group of neighbouring tiers in words."""
    titles = [about.scenario.tiers[tier].title or tier for tier in tiers]
    if len(tiers) == len(about.scenario.tiers):
        return "Too few purchases to split by tier"
    return capital(
        titles[0] if len(titles) == 1 else f"{titles[0]} {'and' if len(titles) == 2 else 'to'} {titles[-1]}"
    )
