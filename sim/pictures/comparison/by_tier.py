"""What a storefront sells, and what host and rivals lose or gain, week by week in every tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.outcomes.comparison import Comparison
from sim.outcomes.rows import FEWEST_BUYERS
from sim.pictures.comparison.effect import (
    Series,
    draw,
    frame,
    furthest,
    left_edge,
    name_window,
    refused,
    shown,
    store_series,
)
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.numbers import (
    Estimate,
    half_width,
    refusal,
    tier_groups,
    weekly_sales,
)
from sim.pictures.comparison.sized import headed
from sim.pictures.comparison.source import tiers_words
from sim.pictures.comparison.words import (
    against,
    amount,
    during,
    lost,
    money_with_interval,
    store_finding,
    window_words,
)
from sim.pictures.style import (
    DASHES,
    HARD,
    QUIET,
    SIZE,
    canvas,
    capital,
    colours,
    heading,
    panel,
    per_cent,
    readable,
    scale_for,
    text_width,
    value_axis,
)

WEEKS_BEFORE = 4
"""Weeks shown before opening."""
WEEKS_AFTER = 12
"""Weeks shown after closing."""
WIDE = 10.6
"""Width of the picture in inches."""
SAMPLE = 0.72
"""Room of a line in the key beside its name, in inches."""
KEY = 0.22
"""From one row of the key to the next, in inches."""
HIGH = 1.6
"""Height of a panel in inches."""
PITCH = 2.35
"""From one row of panels to the next, in inches."""


@dataclass(frozen=True)
class Group:
    """One panel: a tier, or neighbouring ones put together, and its lines, storefronts first."""

    title: str
    lines: Sequence[Series]


def tier_series(comparison: Comparison, name: str, about: Entry) -> list[Group]:
    """Sales of the storefronts, changes of hosts, their group and rivals (last), by `tier_groups`."""
    paint, found = colours(about.scenario), []
    for tiers in tier_groups(comparison, name):
        part = replace(comparison, weekly=comparison.weekly[comparison.weekly.tier.isin(tiers)])
        measure = "Sales" if about.new else "Change"
        lines = [store_series(part, name, about, f"{measure} of {about.store_title}").change]
        if about.hosts:
            hosts = weekly_sales(part, name, about.hosts)
            lines.append(Series(hosts, _merchants(about), paint[about.hosts[0]]))
        if about.group:
            group = weekly_sales(part, name, about.group)
            lines.append(Series(group, f"Change of {about.group_title}", paint[about.group[0]]))
        title = f"Change of all {about.others_title}"
        lines.append(Series(weekly_sales(part, name, about.others), title, QUIET))
        title = "All tiers" if len(tiers) == len(about.scenario.tiers) else tiers_words(tiers, about)
        found.append(Group(title, lines))
    return found


def _merchants(about: Entry) -> str:
    return f"Change of {about.host_title}'s own merchants"


def weekly_by_tier(comparison: Comparison, name: str) -> Figure:
    """Weekly sales of the storefronts and changes of host and rivals, one panel a tier, scales shared."""
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    groups = tier_series(comparison, name, about)
    rows = -(-len(groups) // _columns(groups))
    key = _key_rows(groups[0].lines)
    together = (
        f"Neighbouring tiers with fewer than {FEWEST_BUYERS} simulated purchases are put together. "
        if len(groups) < len(about.scenario.tiers)
        else ""
    )
    figure, top = headed(
        WIDE,
        KEY * (len(key) - 1) + PITCH * rows + 0.85,
        tier_title(comparison, name, groups, about),
        "Weekly sales (GMV: what consumers paid, tax included) by city tier. "
        f"{'Solid: sales. ' if about.new else ''}Dashed: sales less those of the baseline. "
        f"Shaded: storefront {window_words(about)}. {together}{against(comparison, 'Bands')}",
    )
    _panels(figure, groups, about, _key(figure, key, top - 0.2) - 0.1)
    return figure


def _columns(groups: Sequence[Group]) -> int:
    """Panels side by side: as many as leave no gap, three at most."""
    return 2 if len(groups) == 4 else min(3, len(groups))


# --- the finding -----------------------------------------------------------------------------------


def tier_title(comparison: Comparison, name: str, groups: Sequence[Group], about: Entry) -> str:
    """Which tiers together bought at least half, and what rivals lost meanwhile."""
    unit = about.scenario.currency.name
    sold = during(sum_over([group.lines[0].samples for group in groups]), about)
    rivals = lost(during(sum_over([group.lines[-1].samples for group in groups]), about), unit)
    if len(groups) == 1 or not about.new:
        return f"While {store_finding(comparison, name, about)}, {about.others_title} {rivals}"
    most, share = leading(groups, about)
    span = "" if share.low == share.high else f" [{100 * share.low:.0f},{HARD}{100 * share.high:.0f}]"
    return (
        f"{capital(listed(most))} brought {per_cent(share.mean)}{span} of the {amount(sold.mean, unit)} that "
        f"{about.store_title} sold; {about.others_title} {rivals} over all tiers meanwhile"
    )


def leading(groups: Sequence[Group], about: Entry) -> tuple[list[str], Estimate]:
    """The fewest tiers that together brought at least half of the storefronts' sales, and their share.

    Returns:
        Titles in the order of the panels; the ratio of sums over replications with its linearised interval.
    """
    weeks = slice(about.first, about.last)
    sold = pd.DataFrame([group.lines[0].samples.loc[weeks].sum() for group in groups])
    order = np.argsort(-sold.mean(axis=1).to_numpy(), kind="stable")
    reached = np.cumsum(sold.mean(axis=1).to_numpy()[order])
    chosen = sorted(order[: int(np.searchsorted(reached, reached[-1] / 2)) + 1])
    part, whole = sold.iloc[chosen].sum(), sold.sum()
    share = float(part.sum() / whole.sum())
    half = float(half_width(((part - share * whole) / whole.mean()).to_frame().T).iloc[0])
    return [groups[k].title for k in chosen], Estimate(share, max(share - half, 0.0), min(share + half, 1.0))


def sum_over(samples: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Weeks by replications, all tiers together."""
    return pd.concat(samples).groupby(level=0).sum()


def listed(titles: Sequence[str]) -> str:
    """Titles of tiers in a sentence, the word "tier" said once: "third and fourth tier"."""
    names = [title[:1].lower() + title[1:] for title in titles]
    if all(name.endswith(" tier") for name in names):
        names = [name.removesuffix(" tier") for name in names[:-1]] + [names[-1]]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


# --- drawing ---------------------------------------------------------------------------------------


def _key_rows(lines: Sequence[Series]) -> list[list[Series]]:
    """What the lines are beside each other if that fits, else below each other."""
    figure = canvas(WIDE, 1.0)
    wide = sum(SAMPLE + text_width(figure, line.title, SIZE, "bold") for line in lines)
    return [list(lines)] if wide <= WIDE else [[line] for line in lines]


def _key(figure: Figure, rows: Sequence[Sequence[Series]], top: float) -> float:
    """What the lines are, in their colours; returns where it ends, in inches."""
    across, high = figure.get_size_inches()
    for row, lines in enumerate(rows):
        x, y = 0.2, (top - row * KEY) / high
        for line in lines:
            drawn = Line2D([x / across, (x + 0.34) / across], [y, y], color=line.colour, linewidth=1.8)
            drawn.set_linestyle(DASHES if line.dashed else "-")
            figure.add_artist(drawn)
            figure.text(
                (x + 0.42) / across, y, line.title, size=SIZE, weight="bold", va="center",
                color=readable(line.colour), parse_math=False,
            )  # fmt: skip
            x += SAMPLE + text_width(figure, line.title, SIZE, "bold")
    return top - (len(rows) - 1) * KEY


def _panels(figure: Figure, groups: Sequence[Group], about: Entry, top: float) -> None:
    """Panels row by row; the lowest of every column names the months."""
    columns, unit = _columns(groups), about.scenario.currency.name
    edge = left_edge(about)
    room = (WIDE - edge - 0.05) / columns
    weeks = max(about.first - WEEKS_BEFORE, 0), min(about.last + WEEKS_AFTER, about.horizon - 1)
    lines = [line.samples.loc[weeks[0] : weeks[1]] for group in groups for line in group.lines]
    scale, share = scale_for([furthest(each, about) for each in lines], unit), None
    for k, group in enumerate(groups):
        row, column = divmod(k, columns)
        y = top - 0.6 - row * PITCH - HIGH
        axes = panel(figure, edge + column * room, y, room - 0.25, HIGH, share)
        frame(axes, about, *weeks, months=k + columns >= len(groups))
        value_axis(axes, f"{scale.unit} a week" if column == 0 else "", 4)
        axes.tick_params(labelleft=column == 0)
        for line in group.lines:
            draw(axes, about, line, scale, shown(line, about, *weeks))
        sold = during(group.lines[0].samples, about)
        words = money_with_interval(sold, unit, sign=not about.new)
        heading(axes, group.title, f"storefront: {words}")
        if share is None:
            name_window(axes, about)
        share = share or axes
