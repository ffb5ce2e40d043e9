"""Under which circumstances is the outcome of interest: scatters, heat maps, the box that PRIM finds.

Functions of an outcome over a design, or of the boxes found in it; they return a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from sim.analysis.discovery import Boxes
from sim.pictures.layout import (
    BLUE,
    NAMES,
    RED,
    WIDTH,
    Column,
    along,
    ends,
    factor_axis,
    page,
    row_height,
    row_panel,
)
from sim.pictures.style import (
    GROUP,
    INK,
    QUIET,
    RULE,
    SIZE,
    heading,
    panel,
    per_cent,
    share_tick,
    write,
)
from sim.pictures.sweeps.points import heat_map, jitter, scatter
from sim.pictures.words import (
    axis_words,
    count_words,
    factor_scale,
    factor_words,
    outcome_words,
    replications_words,
    value_words,
)
from sim.sweep.factors import Factor

__all__ = ["heat_map", "prim_box", "prim_scatter", "scatter"]

Row = Mapping[Any, Any]
Mask = npt.NDArray[np.bool_]
ACROSS = 9.0
"""Width of the picture of a box, in inches."""
BESIDE = 2.1
"""Width of the peeling trajectory, in inches."""


# --- the box -------------------------------------------------------------------------------------


def prim_box(boxes: Boxes, interest: str = "of interest") -> Figure:
    """The chosen box, factor by factor, and the way to it.

    Args:
        boxes: `sim.analysis.discovery.prim` of an outcome.
        interest: what makes a point a case of interest, as it follows its outcome: "below 0 yuan".
    """
    rows = boxes.box.to_dict("records")
    factors = [boxes.responses.factor(row["factor"]) for row in rows]
    labels = [factor_words(factor) for factor in factors]
    notes = [factor_scale(factor).unit for factor in factors]
    pitch = row_height(labels, notes, 0.55) if rows else 0.55
    high = max(pitch * len(rows) + 0.8, 3.4)
    figure, top = page(box_title(boxes, interest), _box_words(boxes), high, ACROSS)
    _trajectory(panel(figure, ACROSS - BESIDE - 0.25, top - 0.65 - BESIDE, BESIDE, BESIDE), boxes)
    if not rows:
        write(figure, 0.2, top - 0.2, "No factor is restricted.", NAMES)
        return figure
    texts = [limits_words(row, factor) for row, factor in zip(rows, factors, strict=True)]
    chances = ["\n".join(chances_words(row)) for row in rows]
    columns = [Column("box", texts, BLUE), Column("quasi-p", chances)]
    wide = ACROSS - BESIDE - 1.0 - NAMES - 0.55 - sum(column.width(figure) for column in columns)
    axes = row_panel(figure, top - 0.4 - pitch * len(rows), pitch, labels, notes, columns, wide)
    axes.set(xlim=(-0.03, 1.03), xticks=[])
    axes.spines["bottom"].set_visible(False)
    for k, (row, factor) in enumerate(zip(rows, factors, strict=True)):
        _range(axes, k, row, factor)
    return figure


def box_title(boxes: Boxes, interest: str) -> str:
    """What the box holds, in a sentence."""
    row, total = boxes.trajectory.iloc[boxes.chosen], len(boxes.interest)
    name, count = outcome_words(boxes.responses), int(boxes.interest.sum())
    if boxes.box.empty:
        return f"{name} is {interest} at {count:,} of {total:,} points; no box is as dense as asked for"
    return (
        f"{name} is {interest} at {per_cent(row.density)} of the points in a box, which holds "
        f"{per_cent(row.coverage)} of all such points"
    )


def _box_words(boxes: Boxes) -> str:
    row, total = boxes.trajectory.iloc[boxes.chosen], len(boxes.interest)
    return (
        f"The box holds {int(row.points):,} of {total:,} points, {int(row.interest):,} of them of interest; "
        f"of all points {int(boxes.interest.sum()):,} are. Grey: range of the factor; blue: box. Quasi-p: "
        "chance of such a density if the restriction did nothing, ignoring the search that led to it. "
        f"Outcome: {replications_words(boxes.responses)}."
    )


def limits_words(row: Row, factor: Factor, unit: bool = False) -> str:
    """The limits of a box along a factor: where it cuts, or the levels that are left."""
    if row["levels"]:
        return ", ".join(value_words(factor, level) for level in row["levels"])
    low, high = (value_words(factor, row[end], unit) for end in ("low", "high"))
    if not np.isfinite(row["quasi_p_high"]):
        return f"from {low}"
    return f"{low} to {high}" if np.isfinite(row["quasi_p_low"]) else f"up to {high}"


def chances_words(row: Row) -> list[str]:
    """Quasi-p-values of the restrictions of a factor, one for each end that is cut."""
    found = [row[f"quasi_p_{side}"] for side in ("low", "high", "levels")]
    return ["< 0.001" if p < 0.001 else f"{p:.3f}" for p in found if np.isfinite(p)]


def _range(axes: Axes, k: int, row: Row, factor: Factor) -> None:
    """The whole range of a factor as a grey line and the box as a bar on it; a dot for each of its levels."""
    if row["levels"]:
        for number, level in enumerate(factor.levels):
            inside = level in row["levels"]
            axes.plot((number + 0.5) / len(factor.levels), k, "o", color=BLUE if inside else "white",
                      markersize=9, markeredgecolor=BLUE if inside else GROUP)  # fmt: skip
        return
    low, high = (_position(factor, row[end]) for end in ("low", "high"))
    axes.plot([0, 1], [k, k], color=RULE, linewidth=3, solid_capstyle="butt", zorder=1)
    axes.barh(k, high - low, 0.26, left=low, color=BLUE, linewidth=0, zorder=2)
    for place, end, side in ((0.0, ends(factor)[0], "left"), (1.0, ends(factor)[1], "right")):
        axes.annotate(value_words(factor, end), (place, k), (0, -7), textcoords="offset points", size=SIZE,
                      color=QUIET, ha=side, va="top")  # fmt: skip


def _position(factor: Factor, value: float) -> float:
    """Place of a number between the ends of its factor, along the logarithm if the scale is log."""
    low, high = ends(factor)
    if factor.scale == "log":
        return float(np.log(value / low) / np.log(high / low))
    return float((value - low) / (high - low))


def _trajectory(axes: Axes, boxes: Boxes) -> None:
    """Coverage and density of every step, the chosen one marked."""
    table, chosen = boxes.trajectory, boxes.trajectory.iloc[boxes.chosen]
    axes.plot(table.coverage, table.density, "o-", color=GROUP, linewidth=0.8, markersize=4)
    axes.plot(chosen.coverage, chosen.density, "o", color=BLUE, markersize=9, markeredgecolor="white")
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.08))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks([0, 0.25, 0.5, 0.75, 1])
        axis.set_major_formatter(FuncFormatter(share_tick))
    axes.grid(color=RULE, linewidth=0.5)
    axes.set_xlabel("coverage: points of interest\nthat are in the box", size=SIZE, color=QUIET)
    axes.set_ylabel("density: points in the box\nthat are of interest", size=SIZE, color=QUIET)
    note = f"chosen: step {boxes.chosen}, {count_words(int(chosen.restricted), 'factor')}"
    heading(axes, "Peeling, step by step", note, BLUE)


# --- two factors ---------------------------------------------------------------------------------


def prim_scatter(boxes: Boxes, x: str, y: str, interest: str = "of interest") -> Figure:
    """Points of interest and others over two factors, with the box.

    Args:
        boxes: `sim.analysis.discovery.prim` of an outcome.
        x: name of the factor that runs to the right.
        y: name of the factor that runs up.
        interest: what makes a point a case of interest, as it follows its outcome: "below 0 yuan".
    """
    points = boxes.responses.points
    factors = [boxes.responses.factor(name) for name in (x, y)]
    others = [name for name in boxes.box.factor if name not in (x, y)]
    words = f"Filled: {interest}; open: not. Frame: the box over these two factors."
    if others:
        names = ", ".join(boxes.responses.factor(name).words for name in others)
        words += f" It also restricts {names}; points outside those limits are pale."
    words += f" Outcome: {replications_words(boxes.responses)}."
    figure, top = page(box_title(boxes, interest), words, 4.8)
    axes = panel(figure, 1.3, 0.75, WIDTH - 1.7, top - 0.95)
    places = [_spread(factor, points[factor.name].tolist()) for factor in factors]
    _clouds(axes, places, boxes.interest, _within(boxes, others))
    _frame(axes, boxes, factors)
    for factor, vertical in zip(factors, (False, True), strict=True):
        factor_axis(axes, factor, vertical)
        (axes.set_ylabel if vertical else axes.set_xlabel)(axis_words(factor), size=SIZE, color=QUIET)
    return figure


def _spread(factor: Factor, values: list[Any]) -> npt.NDArray[np.float64]:
    """Places on the axis of a factor; those of names are moved apart, the same way every time."""
    places = along(factor, values)
    return places if factor.numeric else places + jitter(len(places))


def _within(boxes: Boxes, names: list[str]) -> Mask:
    """Which points keep the limits of the box in some factors."""
    mask = np.ones(len(boxes.interest), bool)
    for row in boxes.box[boxes.box.factor.isin(names)].to_dict("records"):
        values = boxes.responses.points[row["factor"]]
        if row["levels"]:
            mask &= values.isin(row["levels"]).to_numpy()
        else:
            mask &= values.between(row["low"], row["high"]).to_numpy()
    return mask


def _clouds(axes: Axes, places: list[npt.NDArray[np.float64]], interest: Mask, within: Mask) -> None:
    for shown, filled in ((~interest, False), (interest, True)):
        for strong in (False, True):
            chosen, colour = shown & (within == strong), RED if filled else BLUE
            axes.scatter(
                places[0][chosen], places[1][chosen], s=26, facecolors=colour if filled else "none",
                edgecolors=colour, alpha=0.85 if strong else 0.25, linewidths=0.9, zorder=3 if strong else 2,
            )  # fmt: skip


def _frame(axes: Axes, boxes: Boxes, factors: list[Factor]) -> None:
    """The box over two factors, the whole range where it does not cut; one frame for each level in it."""
    spans = [_spans(boxes, factor) for factor in factors]
    for left, right in spans[0]:
        for low, high in spans[1]:
            axes.add_patch(
                Rectangle((left, low), right - left, high - low, fill=False, edgecolor=INK, linewidth=2.0,
                          zorder=4)
            )  # fmt: skip


def _spans(boxes: Boxes, factor: Factor) -> list[tuple[float, float]]:
    rows = boxes.box[boxes.box.factor == factor.name].to_dict("records")
    if rows and rows[0]["levels"]:
        return [(at - 0.45, at + 0.45) for at in along(factor, rows[0]["levels"])]
    if rows:
        return [(float(rows[0]["low"]), float(rows[0]["high"]))]
    low, high = ends(factor)
    return [(low, high) if factor.numeric else (low - 0.45, high + 0.45)]
