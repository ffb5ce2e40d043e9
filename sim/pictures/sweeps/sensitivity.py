"""What moves an outcome: tornado, curves, indices of Sobol', interactions, elementary effects, ranks.

Functions of an outcome over a design and of the table that an analysis of it gave; they return a figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.outcomes.intervals import LEVEL
from sim.pictures.layout import (
    BLUE,
    NAMES,
    ORANGE,
    RED,
    WIDTH,
    Column,
    Floats,
    amount_axis,
    lines_of,
    page,
    row_height,
    row_panel,
)
from sim.pictures.style import (
    INK,
    LINE,
    NOTHING,
    POINTS,
    QUIET,
    RULE,
    SIZE,
    panel,
    per_cent,
    put,
    readable,
    root,
    text_width,
    wrap,
    write,
)
from sim.pictures.sweeps.one_at_a_time import one_at_a_time, tornado
from sim.pictures.sweeps.places import Place, label_dots
from sim.pictures.words import (
    Measure,
    count_words,
    factor_words,
    index,
    index_interval,
    interval_words,
    measure,
    number,
    outcome_words,
    replications_words,
    share_words,
)
from sim.sweep.responses import Responses

__all__ = ["interactions", "morris", "one_at_a_time", "ranks", "sobol", "tornado"]

KEY = 2.7
"""Width of the names and numbers beside a picture, in inches."""
CELL = 0.48
"""Least width of a cell with a number, in inches."""
PAPER = LinearSegmentedColormap.from_list("shares", ["#ffffff", "#9ecae1", BLUE])
SOURCES = {
    "factors": ("factors", BLUE),
    "draws": ("draws, all points alike", ORANGE),
    "interaction": ("draws, point by point", NOTHING),
}


# --- indices of Sobol' ---------------------------------------------------------------------------


def sobol(
    responses: Responses, indices: pd.DataFrame, draws: pd.DataFrame | None = None, level: float = LEVEL
) -> Figure:
    """First and total order of each factor, the largest total on top, and below them the share of the draws.

    Args:
        responses: the outcome over a saltelli design.
        indices: `sim.analysis.sobol.first_and_total` of it.
        draws: `sim.analysis.draws.variance_shares` of it, if there are replications.
        level: coverage of the intervals.
    """
    table = indices.sort_values("total", ascending=False, ignore_index=True)
    labels = [factor_words(responses.factor(name)) for name in table.factor]
    pitch, below = row_height(labels, [""] * len(labels)), 0.0 if draws is None else 0.85
    words = (
        f"Shares of the variance of the outcome ({replications_words(responses)}) over the factors. Alone: "
        "what would go if the factor were known (first order). With interactions: what would stay if all "
        f"others were known (total). {interval_words(level, 'resampling the design, draws fixed')}."
    )
    figure, top = page(_sobol_title(responses, table), words, pitch * len(labels) + 1.05 + below)
    columns = [
        Column("alone", _index_texts(table, "first", "first_low", "first_high"), BLUE),
        Column("with interactions", _index_texts(table, "total", "total_low", "total_high"), RED),
    ]
    axes = row_panel(figure, top - 0.45 - pitch * len(labels), pitch, labels, columns=columns)
    for order, colour, shift in (("first", BLUE, -0.13), ("total", RED, 0.13)):
        _dots(axes, table, order, colour, shift)
    _share_axis(axes, table.drop(columns="factor"), (0.0, 1.0))
    axes.set_xlabel("share of variance", size=SIZE, color=QUIET)
    if draws is not None:
        _draws_row(figure, draws)
    return figure


def _sobol_title(responses: Responses, table: pd.DataFrame) -> str:
    row = table.iloc[0]
    if not np.isfinite(row.total):
        return f"{outcome_words(responses)} is the same at all points"
    most = f", the most of {len(table)} factors" if len(table) > 1 else ""
    return (
        f"{outcome_words(responses)}: {responses.factor(row.factor).words} accounts for "
        f"{share_words(row['first'])} of the variance alone and {share_words(row.total)} with interactions"
        f"{most}"
    )


def _index_texts(table: pd.DataFrame, name: str, low: str, high: str) -> list[str]:
    rows = table[[name, low, high]].to_numpy(float)
    return [f"{index(value)} {index_interval(*ends)}".strip() for value, *ends in rows]


def _dots(axes: Axes, table: pd.DataFrame, name: str, colour: str, shift: float) -> None:
    rows = np.arange(len(table)) + shift
    axes.hlines(rows, table[f"{name}_low"], table[f"{name}_high"], color=colour, linewidth=2.0)
    axes.plot(table[name], rows, "o", color=colour, markersize=7, markeredgecolor="white", zorder=3)


def _share_axis(axes: Axes, shown: pd.DataFrame, at_least: tuple[float, float]) -> None:
    """Axis of shares or correlations: from 0 to 1 or -1 to 1, further if an estimate lies outside."""
    values = shown.to_numpy(float)
    known = np.append(values[np.isfinite(values)], at_least)
    low, high = float(known.min()), float(known.max())
    margin = 0.02 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value, 9))))
    axes.grid(axis="x", color=RULE, linewidth=0.5)
    if low <= 0:
        axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)


def _draws_row(figure: Figure, draws: pd.DataFrame) -> None:
    """A bar across the page: what single runs owe to factors, draws, and both together."""
    shares = draws.set_index("source").share
    if not np.isfinite(shares).all():
        return
    wide = WIDTH - NAMES - 0.55
    axes = panel(figure, 0.2 + NAMES + 0.15, 0.45, wide, 0.28)
    axes.set(xlim=(0, 1), ylim=(0, 1), yticks=[], xticks=[])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    starts = np.cumsum([0.0, *(shares[source] for source in SOURCES)])[:-1]
    texts = [f"{words} {per_cent(shares[source])}" for source, (words, _) in SOURCES.items()]
    widths = [text_width(figure, text) / wide + 0.02 for text in texts]
    places = _apart(list(starts), widths)
    for k, (source, (_, colour)) in enumerate(SOURCES.items()):
        axes.barh(0.5, shares[source], 1.0, left=starts[k], color=colour, edgecolor="white", linewidth=1)
        put(axes, places[k], -0.75, texts[k], readable(colour), va="baseline")
    name = "Variance of single runs, and how much of it is chance"
    put(axes, -(NAMES + 0.15) / wide, 0.5, "\n".join(wrap(figure, name, NAMES)), va="center", across=True)


def _apart(places: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Places moved as little as keeps texts of these widths one after the other and within 0 and 1."""
    found = list(places)
    for k in range(1, len(found)):
        found[k] = max(found[k], found[k - 1] + widths[k - 1])
    limit = 1.0
    for k in reversed(range(len(found))):
        found[k] = min(found[k], limit - widths[k])
        limit = found[k]
    return found


# --- interactions --------------------------------------------------------------------------------


def interactions(
    responses: Responses, pairs: pd.DataFrame, indices: pd.DataFrame, level: float = LEVEL
) -> Figure:
    """First order on the diagonal and second order below it, factor by factor.

    Args:
        responses: the outcome over a saltelli design with second order.
        pairs: `sim.analysis.sobol.second_order` of it.
        indices: `sim.analysis.sobol.first_and_total` of it.
        level: coverage of the intervals.
    """
    order = indices.sort_values("total", ascending=False).factor.tolist()
    cells = _cells(pairs, indices, order)
    words = (
        f"Shares of the variance of the outcome ({replications_words(responses)}): on the diagonal what each "
        "factor does alone (first order), below it what two do together beyond that (second order). "
        f"{interval_words(level, 'resampling the design, draws fixed', 'Brackets')}; bold: it leaves out 0."
    )
    count = len(order)
    wide = max(WIDTH - 0.55 - NAMES, CELL * count)
    labels = [f"{k + 1}  {factor_words(responses.factor(name))}" for k, name in enumerate(order)]
    pitch = row_height(labels, [""] * count, 0.5)
    figure, top = page(_pair_title(responses, pairs), words, pitch * count + 0.5, wide + 0.55 + NAMES)
    axes = row_panel(figure, top - 0.15 - pitch * count, pitch, labels)
    axes.set_xlim(-0.5, count - 0.5)
    largest = max(0.01, float(np.nanmax(cells[0], initial=0.0)))
    shown = np.ma.masked_invalid(np.clip(cells[0], 0, largest))
    axes.pcolormesh(np.arange(count + 1) - 0.5, np.arange(count + 1) - 0.5, shown, cmap=PAPER, vmin=0,
                    vmax=1.6 * largest, edgecolor="white", linewidth=2)  # fmt: skip
    _write_cells(axes, cells, wide / count)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks(range(count), [str(k + 1) for k in range(count)])
    axes.tick_params(length=0)
    return figure


def _pair_title(responses: Responses, pairs: pd.DataFrame) -> str:
    known = pairs[pairs.value.notna()]
    if known.empty:
        return f"{outcome_words(responses)} is the same at all points"
    row = known.sort_values("value").iloc[-1]
    one, other = responses.factor(row.factor).words, responses.factor(row.other).words
    return (
        f"{outcome_words(responses)}: the largest second-order index is that of “{one}” with “{other}”, "
        f"{index(row.value)} {index_interval(row.low, row.high)}"
    )


def _cells(pairs: pd.DataFrame, indices: pd.DataFrame, order: list[str]) -> Floats:
    """Value, low and high of each cell, shape (3, factors, factors); NaN above the diagonal."""
    cells = np.full((3, len(order), len(order)), np.nan)
    for row in indices.to_dict("records"):
        k = order.index(row["factor"])
        cells[:, k, k] = row["first"], row["first_low"], row["first_high"]
    for row in pairs.to_dict("records"):
        i, j = sorted((order.index(row["factor"]), order.index(row["other"])), reverse=True)
        cells[:, i, j] = row["value"], row["low"], row["high"]
    return cells


def _write_cells(axes: Axes, cells: Floats, width: float) -> None:
    """The value of each cell, and below it the interval if there is room."""
    for i, j in np.argwhere(np.isfinite(cells[0])):
        value, low, high = cells[:, i, j]
        interval = index_interval(low, high)
        room = text_width(root(axes), interval) < width - 0.06
        text = f"{index(value)}\n{interval}" if room else index(value)
        weight = "bold" if low > 0 or high < 0 else "normal"
        axes.text(j, i, text, size=SIZE, ha="center", va="center", color=INK, weight=weight, linespacing=1.2)


# --- elementary effects --------------------------------------------------------------------------


def morris(responses: Responses, effects: pd.DataFrame, level: float = LEVEL) -> Figure:
    """Size of the elementary effects of each factor against how much they differ.

    Args:
        responses: the outcome over a morris design.
        effects: `sim.analysis.morris.elementary_effects` of it.
        level: coverage of the intervals.
    """
    table = effects.sort_values("mu_star", ascending=False, ignore_index=True)
    shown = measure([*table.mu_star_high, *table.sigma], responses.unit)
    labels = [factor_words(responses.factor(name)) for name in table.factor]
    high = 0.2 + sum((lines_of([label], KEY - 0.3) + 1) * SIZE * LINE / POINTS + 0.1 for label in labels)
    figure, top = page(
        _morris_title(responses, table, shown), _morris_words(responses, level), max(high, 4.4)
    )
    axes = panel(figure, 0.85, 0.55, WIDTH - KEY - 1.35, top - 0.75)
    _effects(axes, table, shown)
    places = [
        Place(row["mu_star"], row["sigma"], str(k + 1), (row["mu_star_low"], row["mu_star_high"]))
        for k, row in enumerate(table.to_dict("records"))
    ]
    if left_out := label_dots(axes, places):
        note = f"no room for the numbers of {count_words(left_out, 'dot')}"
        put(axes, 1.0, axes.get_ylim()[1], note, QUIET, right=True, across=True)
    _key(figure, top, labels, table, shown)
    return figure


def _key(figure: Figure, top: float, labels: Sequence[str], table: pd.DataFrame, shown: Measure) -> None:
    """Number, name, and numbers in words of every dot, on the right."""
    left = WIDTH - KEY - 0.2
    for k, row in enumerate(table.to_dict("records")):
        write(figure, left, top - 0.1, str(k + 1), 0.3, weight="bold")
        top = write(figure, left + 0.3, top - 0.1, labels[k], KEY - 0.3)
        mean = f"{shown.of(row['mu_star'])} {shown.interval(row['mu_star_low'], row['mu_star_high'])}"
        words = f"mu* {mean}, sigma {shown.of(row['sigma'])}"
        top = write(figure, left + 0.3, top, words, KEY - 0.3, colour=QUIET)


def _morris_title(responses: Responses, table: pd.DataFrame, shown: Measure) -> str:
    first = table.iloc[0]
    return (
        f"{outcome_words(responses)}: {responses.factor(first.factor).words} has the largest elementary "
        f"effects, {shown.words(first.mu_star)} {shown.interval(first.mu_star_low, first.mu_star_high)} "
        "on average"
    )


def _morris_words(responses: Responses, level: float) -> str:
    return (
        "An elementary effect is the change of the outcome when one factor moves, per whole range of the "
        "factor. Right: large effects (mu*). Up: effects that differ with the other factors or along the "
        "range (sigma). Dashed: both are equal. "
        f"{interval_words(level, 'resampling trajectories')}. Outcome: {replications_words(responses)}."
    )


def _effects(axes: Axes, table: pd.DataFrame, shown: Measure) -> None:
    """Dots with intervals, both axes from 0, and the diagonal."""
    right = float(np.nanmax([*table.mu_star_high, *table.mu_star])) or shown.factor
    up = float(np.nanmax(table.sigma)) or right
    axes.set(xlim=(0, 1.06 * right), ylim=(0, 1.12 * up))
    axes.plot(
        [0, min(right, up)], [0, min(right, up)], color=QUIET, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1
    )
    axes.hlines(table.sigma, table.mu_star_low, table.mu_star_high, color=BLUE, linewidth=2.0, alpha=0.6)
    axes.plot(
        table.mu_star, table.sigma, "o", color=BLUE, markersize=8, markeredgecolor="white", clip_on=False
    )
    amount_axis(axes, shown)
    amount_axis(axes, shown, vertical=False)
    axes.set_xlabel(f"mean absolute elementary effect (mu*), {shown.axis}", size=SIZE, color=QUIET)
    axes.set_ylabel(f"their standard deviation (sigma), {shown.axis}", size=SIZE, color=QUIET)


# --- ranks ---------------------------------------------------------------------------------------


def ranks(responses: Responses, correlations: pd.DataFrame, level: float = LEVEL) -> Figure:
    """Partial rank correlations as bars, the strongest on top.

    Args:
        responses: the outcome over a sample of the factors.
        correlations: `sim.analysis.ranks.prcc` of it.
        level: coverage of the intervals.
    """
    order = correlations.prcc.abs().sort_values(ascending=False, kind="stable").index
    table = correlations.loc[order].reset_index(drop=True)
    labels = [factor_words(responses.factor(name)) for name in table.factor]
    pitch, first = row_height(labels, [""] * len(labels)), table.iloc[0]
    title = f"{outcome_words(responses)} has no rank correlation: it is the same at all points"
    if np.isfinite(first.prcc):
        title = (
            f"{outcome_words(responses)}: {responses.factor(first.factor).words} has the strongest partial "
            f"rank correlation, {index(first.prcc)} {index_interval(first.low, first.high)}"
        )
    words = (
        "1 or −1: the outcome always rises or falls with the factor once the others are accounted for; 0: no "
        f"monotone relation. {interval_words(level, 'resampling points')}. "
        f"Outcome: {replications_words(responses)}, {count_words(_independent(responses), 'point')}."
    )
    figure, top = page(title, words, pitch * len(labels) + 1.05)
    column = Column("correlation", _index_texts(table, "prcc", "low", "high"))
    axes = row_panel(figure, top - 0.45 - pitch * len(labels), pitch, labels, columns=[column])
    rows = np.arange(len(table))
    colours = np.where(table.prcc > 0, BLUE, RED)
    axes.barh(rows, table.prcc.fillna(0.0), 0.5, color=colours, linewidth=0)
    axes.hlines(rows, table.low, table.high, color=INK, linewidth=1.2)
    _share_axis(axes, table[["prcc", "low", "high"]], (-1.0, 1.0))
    axes.set_xlabel("partial rank correlation with the outcome", size=SIZE, color=QUIET)
    return figure


def _independent(responses: Responses) -> int:
    """Points that a rank correlation uses: of a saltelli design those of blocks A and B."""
    own = responses.points["block"].isin(["A", "B"])
    return int(own.sum()) if own.any() else len(own)
