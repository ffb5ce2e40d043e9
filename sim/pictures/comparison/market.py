"""The baseline's market: sales by platform and tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.calendar import Calendar
from sim.outcomes.comparison import Comparison
from sim.outcomes.rows import FEWEST_BUYERS
from sim.pictures.comparison.numbers import replications
from sim.pictures.style import (
    INK,
    MONTHS,
    QUIET,
    SIZE,
    Scale,
    canvas,
    capital,
    colours,
    heading,
    headline,
    middles,
    month_axis,
    panel,
    per_cent,
    readable,
    scale_for,
    share_tick,
    short_title,
    text_width,
    value_axis,
)
from sim.scenario.schema import Scenario

YEAR = 52
THIN = "\N{THIN SPACE}"
LABELLED = 0.04
"""Smallest share that is labelled inside its bar; firms below it in every tier get a column."""


def gmv_by_platform_and_tier(comparison: Comparison, name: str) -> Figure:
    """Sales of the baseline by firm and tier in the first 52 weeks: by week at the left, shares at the right.

    The rows of scenario `name` are used; every scenario has the same baseline.
    """
    base = comparison.scenarios[comparison.base]
    calendar = Calendar(base.time.start, base.time.end)
    sales = _sales(comparison, name, base)
    weeks = sales.index.get_level_values("week")
    period = _period(calendar, int(weeks.min()), int(weeks.max()))
    shares = sales.groupby("tier", sort=False).sum()
    shares = shares.div(shares.sum(axis=1), axis=0).loc[list(base.tiers)]
    figure = canvas(11.0, 7.4)
    count = replications(comparison)
    enough = _enough(comparison, name, base)
    dashes = "" if all(enough.values()) else f" –: fewer than {FEWEST_BUYERS} simulated purchases."
    top = headline(
        figure,
        _title(shares, enough, base),
        f"Baseline: {base.title}. Weekly sales (GMV: what consumers paid, tax included) and shares of them, "
        f"{period}; mean over {count} replication{'s' if count > 1 else ''}.{dashes}",
    )
    order = list(shares.mean().sort_values(ascending=False).index)
    top = _key(figure, order, base, top - 0.12)
    _weekly_panels(figure, sales[order], base, calendar, top)
    _share_panel(figure, shares[order], enough, base, top)
    return figure


def _sales(comparison: Comparison, name: str, base: Scenario) -> pd.DataFrame:
    """Weekly sales by week and tier (rows) and firm (columns), mean over replications."""
    rows = comparison.weekly[comparison.weekly.scenario == name]
    rows = rows[rows.week < min(YEAR, Calendar(base.time.start, base.time.end).weeks)]
    rows = rows.assign(firm=rows.channel.map(_firms(base)))
    wide = rows.pivot_table("baseline", ["week", "tier"], "firm", aggfunc="sum", sort=False)
    return wide.fillna(0.0) / replications(comparison)


def _firms(base: Scenario) -> dict[str, str]:
    """Firm that a channel's sales count for: the host's platform, or the brand for its own site."""
    return {p: p for p in base.platforms} | {
        s: store.host or store.owner for s, store in base.storefronts.items()
    }


def _name(firm: str, base: Scenario) -> str:
    return short_title((base.platforms.get(firm) or base.brands[firm]).title)


def _period(calendar: Calendar, first: int, last: int) -> str:
    days = [calendar.monday(week) + timedelta(days=3) for week in (first, last)]
    if (days[0].year, days[0].month) == (days[1].year, days[1].month):
        return f"{MONTHS[days[0].month - 1]} {days[0].year}"
    start = MONTHS[days[0].month - 1] + ("" if days[0].year == days[1].year else f" {days[0].year}")
    return f"{start} to {MONTHS[days[1].month - 1]} {days[1].year}"


def _title(shares: pd.DataFrame, enough: Mapping[tuple[str, str], bool], base: Scenario) -> str:
    """The firms whose shares fall and rise most from the first to the last tier."""
    first, last = shares.index[0], shares.index[-1]
    firms = [f for f in shares.columns if enough.get((first, f)) and enough.get((last, f))]
    if not firms:
        return "Too few simulated purchases for shares by tier"
    change = (shares.loc[last] - shares.loc[first])[firms]
    words = [
        f"{_name(firm, base)}'s {'' if k else 'share '}{'falls' if change[firm] < 0 else 'rises'} from "
        f"{per_cent(shares[firm][first])} to {per_cent(shares[firm][last])}"
        for k, firm in enumerate(dict.fromkeys([change.idxmin(), change.idxmax()]))
    ]
    tiers = [base.tiers[tier].title or tier for tier in (first, last)]
    return f"From {tiers[0]} to {tiers[1]}, {', '.join(words)}"


def _key(figure: Figure, order: Sequence[str], base: Scenario, top: float) -> float:
    """Names of the firms in their colours in one line."""
    across, high = figure.get_size_inches()
    x, paint = 0.2, colours(base)
    for firm in order:
        square, word = (x / across, top / high), ((x + 0.18) / across, top / high)
        figure.text(*square, "■", size=SIZE + 2, color=paint[firm], va="center")
        colour = readable(paint[firm])
        figure.text(*word, _name(firm, base), size=SIZE, weight="bold", color=colour, va="center")
        x += 0.45 + text_width(figure, _name(firm, base), SIZE, "bold")
    return top - 0.12


def _weekly_panels(
    figure: Figure, sales: pd.DataFrame, base: Scenario, calendar: Calendar, top: float
) -> None:
    """Stacked sales by tier, three rows of two, one scale."""
    scale = scale_for([sales.sum(axis=1).max() / 2], f"{base.currency.name} a week")
    tiers, share = list(base.tiers), None
    rows = -(-len(tiers) // 2)
    step = (top - 0.3) / rows
    for k, tier in enumerate(tiers):
        row, column = divmod(k, 2)
        axes = panel(figure, 0.72 + 2.5 * column, top - (row + 1) * step + 0.3, 2.15, step - 0.65, share)
        share = share or axes
        part = sales.loc[sales.index.get_level_values("tier") == tier].droplevel("tier")
        _stack(axes, part, base, calendar, scale)
        axes.tick_params(labelbottom=row == rows - 1 or k + 2 >= len(tiers), labelleft=column == 0)
        value_axis(axes, scale.unit if column == 0 else "", 4)
        heading(axes, capital(base.tiers[tier].title or tier))
        axes.set_ylim(0, 1.05 * sales.sum(axis=1).max() / scale.factor)
        if k == 0:
            _name_peak(axes, part.sum(axis=1) / scale.factor, base, calendar)


def _stack(axes: Axes, part: pd.DataFrame, base: Scenario, calendar: Calendar, scale: Scale) -> None:
    weeks = [int(week) for week in part.index]
    paint = colours(base)
    days = middles([calendar.monday(week) for week in weeks])
    axes.stackplot(
        days, part.to_numpy().T / scale.factor, colors=[paint[firm] for firm in part.columns], linewidth=0
    )
    month_axis(axes, calendar.monday(weeks[0]), calendar.monday(weeks[-1]) + timedelta(days=6))


def _name_peak(axes: Axes, total: pd.Series, base: Scenario, calendar: Calendar) -> None:
    """Name the event in the week of the highest sales."""
    week = int(total.index[int(total.to_numpy().argmax())])
    days = calendar.days(week)
    for event in base.events.values():
        if event.title and any(w.from_ <= days[-1] and w.to >= days[0] for w in event.days.values()):
            at = (float(middles([days[0]])[0]), float(total.max()))
            late = week > total.index.to_numpy().mean()
            axes.annotate(
                event.title, at, (-6 if late else 6, 0), textcoords="offset points", parse_math=False,
                size=SIZE, color=QUIET, ha="right" if late else "left", va="top",
            )  # fmt: skip
            return


def _enough(comparison: Comparison, name: str, base: Scenario) -> Mapping[tuple[str, str], bool]:
    """Whether a firm's sales in a tier rest on enough simulated purchases in the baseline."""
    flows = comparison.flows[(comparison.flows.scenario == name) & (comparison.flows.week < YEAR)]
    flows = flows.assign(firm=flows.origin.map(_firms(base)))
    found = flows.groupby(["tier", "firm"]).simulated_buyers.sum()
    return {
        (str(key[0]), str(key[1])): bool(value >= FEWEST_BUYERS)
        for key, value in zip(found.index, found, strict=True)
    }


def _share_panel(
    figure: Figure, shares: pd.DataFrame, enough: Mapping[tuple[str, str], bool], base: Scenario, top: float
) -> None:
    """Stacked bars of shares; firms that are small everywhere get a column of numbers."""
    small = [firm for firm in shares.columns if shares[firm].max() < LABELLED]
    width = 4.95 - 0.68 * len(small)
    axes = panel(figure, 5.8, 0.55, width, top - 1.0)
    paint, left = colours(base), pd.Series(0.0, shares.index)
    for firm in shares.columns:
        axes.barh(
            range(len(shares)), shares[firm], 0.5, left, color=paint[firm], edgecolor="white", linewidth=0.6
        )
        for k, tier in enumerate(shares.index):
            share = float(shares[firm].iloc[k])
            if share >= LABELLED:
                dark = readable(paint[firm]) == paint[firm].lower()
                words = f"{100 * share:.0f}{THIN}%" if enough.get((tier, firm)) else "–"
                if text_width(figure, words) < share * width:
                    axes.text(
                        left.iloc[k] + share / 2,
                        k,
                        words,
                        size=SIZE,
                        ha="center",
                        va="center",
                        color="white" if dark else INK,
                    )
        left = left + shares[firm]
    for k, tier in enumerate(shares.index):
        axes.text(
            0,
            k - 0.3,
            capital(base.tiers[tier].title or tier),
            size=SIZE,
            va="bottom",
            weight="bold",
            color=INK,
        )
    _columns(axes, shares[small], enough, base, width)
    axes.set(xlim=(0, 1), ylim=(len(shares) - 0.6, -0.6), yticks=[])
    axes.xaxis.set_major_formatter(share_tick)
    axes.set_xlabel("share of sales", size=SIZE, color=QUIET)
    axes.spines["left"].set_visible(False)


def _columns(
    axes: Axes, shares: pd.DataFrame, enough: Mapping[tuple[str, str], bool], base: Scenario, width: float
) -> None:
    """Shares of small firms as numbers right of the bars; a dash where too few purchases stand behind one."""
    paint = colours(base)
    for c, firm in enumerate(shares.columns):
        x = 1 + (0.62 + 0.68 * c) / width
        axes.text(
            x,
            -0.62,
            _name(firm, base),
            size=SIZE,
            ha="right",
            va="bottom",
            weight="bold",
            color=readable(paint[firm]),
        )
        for k, tier in enumerate(shares.index):
            words = f"{100 * shares[firm].iloc[k]:.1f}{THIN}%" if enough.get((tier, firm)) else "–"
            axes.text(x, k, words, size=SIZE, ha="right", va="center", color=INK)
