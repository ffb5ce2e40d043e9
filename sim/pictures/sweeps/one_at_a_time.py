"""One factor at a time: how far the ends of each move an outcome, and the outcome along each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.curves import Curve, curves
from sim.outcomes.intervals import LEVEL, half_width
from sim.pictures.layout import (
    BLUE,
    ORANGE,
    RED,
    Column,
    Floats,
    along,
    amount_axis,
    factor_axis,
    page,
    row_height,
    row_panel,
    small_multiples,
    spread,
)
from sim.pictures.style import HARD, INK, QUIET, SIZE, readable, root, text_width
from sim.pictures.words import (
    Measure,
    factor_words,
    interval_words,
    measure,
    outcome_words,
    replications_words,
    value_words,
)
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses

COLOURS = {"low": BLUE, "high": ORANGE}
"""Of bars to either end of a factor."""


# --- tornado -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _End:
    """A bar from the base to where an end of a factor brings the outcome.

    Attributes:
        outcome: where the bar ends.
        low: lower end of its interval; NaN without one.
        high: upper end.
        text: the value of the factor.
        colour: of the bar.
        left: whether it goes to the left.
        edge: where the text stands: beyond everything drawn on its side.
        at: the middle of the bar, in rows.
        line: where its interval is drawn, in rows.
        height: of the bar, in rows.
    """

    outcome: float
    low: float
    high: float
    text: str
    colour: str
    left: bool
    edge: float
    at: float
    line: float
    height: float


def tornado(responses: Responses, swings: pd.DataFrame, level: float = LEVEL) -> Figure:
    """How far the ends of each factor move the outcome, the factor that swings it most on top.

    Args:
        responses: the outcome over a one_at_a_time design.
        swings: `sim.analysis.switching.tornado` of it.
        level: coverage of the intervals there.
    """
    names = list(dict.fromkeys(swings.factor))
    factors = [responses.factor(name) for name in names]
    shown = measure([*swings.outcome, *swings.base], responses.unit)
    swing = swings.drop_duplicates("factor").swing
    first = f"{outcome_words(responses)}: {factors[0].words} swings it by {shown.words(swing.iloc[0])}"
    first += f", the most of {len(names)} factors" if len(names) > 1 else ""
    labels = [factor_words(factor) for factor in factors]
    notes = [_base_words(factor) for factor in factors]
    pitch = row_height(labels, notes, 0.5)
    figure, top = page(first, _tornado_words(responses, level), pitch * len(names) + 1.05)
    column = Column(f"swing, {shown.axis}", [shown.of(value) for value in swing])
    axes = row_panel(figure, top - 0.45 - pitch * len(names), pitch, labels, notes, [column])
    base = float(swings.base.iloc[0])
    rows = [
        _ends(responses.factor(name), swings[swings.factor == name], base, k) for k, name in enumerate(names)
    ]
    _draw_bars(axes, [end for pair in rows for end in pair], base)
    amount_axis(axes, shown, vertical=False)
    axes.set_xlabel(f"{outcome_words(responses)}, {shown.axis}", size=SIZE, color=QUIET)
    _reference_lines(axes, base, shown)
    return figure


def _tornado_words(responses: Responses, level: float) -> str:
    words = (
        f"Outcome ({replications_words(responses)}) with one factor at its low end (blue) or high end "
        "(orange) and all others at base; beside the bars, the values of the factor. Swing: greatest less "
        "least outcome at any value tried."
    )
    if responses.values.shape[1] < 2:
        return f"{words} One replication, so no interval can be given."
    return f"{words} {interval_words(level, 'of the difference from base on the same draws', 'Lines')}."


def _base_words(factor: Factor) -> str:
    return "" if factor.base is None else f"base {value_words(factor, factor.base, unit=True)}"


def _ends(factor: Factor, rows: pd.DataFrame, base: float, k: int) -> list[_End]:
    """Both bars of a factor, in row k; on the same side of the base they share the height of the row."""
    by_end = rows.set_index("end")
    low, high = (float(by_end.difference[end]) for end in ("low", "high"))
    apart = low * high <= 0
    lefts = {"low": low < 0 or (low == 0 and high >= 0), "high": high < 0 or (high == 0 and low > 0)}
    found = []
    for end, up in (("low", -1), ("high", 1)):
        row = dict(by_end.loc[end])
        seen = by_end if apart else by_end.loc[[end]]
        drawn = seen[["difference", "difference_low", "difference_high"]].to_numpy(float)
        edge = min(np.nanmin(drawn), 0.0) if lefts[end] else max(np.nanmax(drawn), 0.0)
        found.append(_End(
            row["outcome"], base + row["difference_low"], base + row["difference_high"],
            value_words(factor, row["value"]), COLOURS[end], lefts[end], base + edge,
            *((k, k + 0.1 * up, 0.56) if apart else (k + 0.2 * up, k + 0.2 * up, 0.36)),
        ))  # fmt: skip
    return found


def _draw_bars(axes: Axes, bars: list[_End], base: float) -> None:
    figure = root(axes)
    texts = [(end.edge, text_width(figure, end.text, SIZE) + 0.12, end.left) for end in bars]
    spread(axes, [span for end in bars for span in ((end.edge, base), (end.low, end.high))], texts)
    for end in bars:
        axes.barh(end.at, end.outcome - base, end.height, left=base, color=end.colour, linewidth=0)
        if np.isfinite(end.low):
            axes.plot([end.low, end.high], [end.line] * 2, color=INK, linewidth=1.2, solid_capstyle="butt")
        axes.annotate(
            end.text, (end.edge, end.at), (-4 if end.left else 4, 0), "data", "offset points", size=SIZE,
            color=readable(end.colour), ha="right" if end.left else "left", va="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip


def _reference_lines(axes: Axes, base: float, shown: Measure) -> None:
    """The base case, and zero if it is in sight."""
    low, high = axes.get_xlim()
    axes.axvline(base, color=INK, linewidth=1.0)
    axes.annotate(
        f"base {shown.of(base)}", (base, 1), (0, 4), ("data", "axes fraction"), "offset points", size=SIZE,
        ha="center", va="bottom",
    )  # fmt: skip
    if low < 0 < high:
        axes.axvline(0, color=RED, linewidth=1.0, linestyle=(0, (4, 2)))
        width = float(axes.get_position().width * root(axes).get_size_inches()[0])
        if abs(base) / (high - low) * width > 0.6:
            axes.annotate(
                "0", (0, 1), (0, 4), ("data", "axes fraction"), "offset points", size=SIZE,
                color=readable(RED), ha="center", va="bottom",
            )  # fmt: skip


# --- curves --------------------------------------------------------------------------------------


def one_at_a_time(
    responses: Responses, switching: pd.DataFrame, threshold: float = 0.0, level: float = LEVEL
) -> Figure:
    """The outcome along each factor, with the values at which it crosses a threshold.

    Args:
        responses: the outcome over a one_at_a_time design.
        switching: `sim.analysis.switching.switching_values` of it at that threshold.
        threshold: level of the outcome, in its unit.
        level: coverage of the intervals there, and of the bands.
    """
    found = curves(responses)
    bands = [band(curve.outcomes, level) for curve in found]
    shown = measure(np.concatenate([np.abs(each).max(axis=0) for each in bands]), responses.unit)
    at = shown.words(threshold) if threshold else "0"
    notes = [_switch_words(switching[switching.factor == c.factor.name], c.factor, at) for c in found]
    crossing = int(switching[switching.value.notna()].factor.nunique())
    name = outcome_words(responses)
    title = f"{name} along one factor at a time: crosses {at} along {crossing or 'none'} of {len(found)}"
    label = f"{name}, {shown.axis}"
    words = _curve_words(responses, level)
    figure, panels = small_multiples([factor_words(c.factor) for c in found], notes, title, words, label)
    everything = np.concatenate([each.ravel() for each in bands])
    low, high = float(np.min(everything)), float(np.max(everything))
    for axes, curve, limits in zip(panels, found, bands, strict=True):
        _draw_curve(axes, curve, limits)
        if low <= threshold <= high:
            axes.axhline(threshold, color=RED, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
        _mark(axes, switching[switching.factor == curve.factor.name], threshold)
        factor_axis(axes, curve.factor)
        amount_axis(axes, shown)
    return figure


def band(outcomes: Floats, level: float) -> Floats:
    """Mean and Student interval over replications at each value, shape (3, values)."""
    count, mean = outcomes.shape[1], outcomes.mean(axis=1)
    if count < 2:
        return np.array([mean, mean, mean])
    half = half_width(outcomes.std(axis=1, ddof=1), count - 1, level) / np.sqrt(count)
    return np.array([mean, mean - half, mean + half])


def _curve_words(responses: Responses, level: float) -> str:
    words = f"All other factors at base; open circle: base case. Outcome: {replications_words(responses)}."
    if responses.values.shape[1] < 2:
        return f"{words} No interval can be given."
    return f"{words} {interval_words(level, 'noise of the replications', 'Bands and brackets')}."


def _switch_words(rows: pd.DataFrame, factor: Factor, at: str) -> str:
    """Where the outcome crosses the threshold, or where it stays."""
    crossings = [row for row in rows.to_dict("records") if np.isfinite(row["value"])]
    if not crossings:
        note = str(rows.note.iloc[0]).removeprefix("none in the range: ").removeprefix("levels are names: ")
        return note.replace("the threshold", at).replace("_", " ")
    return f"crosses {at} at " + " and ".join(_crossing(row, factor) for row in crossings)


def _crossing(row: Mapping[Any, Any], factor: Factor) -> str:
    words = value_words(factor, row["value"])
    if np.isfinite(row["low"]):
        words += f" [{value_words(factor, row['low'])},{HARD}{value_words(factor, row['high'])}]"
    return words + (f" (in {100 * row['share']:.0f}{HARD}% of resamples)" if row["share"] < 0.995 else "")


def _draw_curve(axes: Axes, curve: Curve, limits: Floats) -> None:
    places, (mean, low, high) = along(curve.factor, curve.values), limits
    if curve.factor.numeric:
        axes.fill_between(places, low, high, color=BLUE, alpha=0.25, linewidth=0)
        axes.plot(places, mean, "o-", color=BLUE, linewidth=1.6, markersize=3.5)
    else:
        axes.vlines(places, low, high, color=BLUE, linewidth=2.2, alpha=0.5)
        axes.plot(places, mean, "o", color=BLUE, markersize=6)
    if curve.factor.base in curve.values:
        base = curve.values.index(curve.factor.base)
        axes.plot(places[base], mean[base], "o", markersize=8, markerfacecolor="none", markeredgecolor=INK)


def _mark(axes: Axes, rows: pd.DataFrame, threshold: float) -> None:
    """A diamond at every crossing and a line over its interval."""
    for row in rows[rows.value.notna()].to_dict("records"):
        if np.isfinite(row["low"]):
            axes.plot([row["low"], row["high"]], [threshold] * 2, color=RED, linewidth=3, alpha=0.6)
        axes.plot(row["value"], threshold, "D", color=RED, markersize=6, markeredgecolor="white", zorder=4)
