"""The outcome at the points of a design: against each factor, and over two of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator

from sim.pictures.layout import (
    BLUE,
    RED,
    WIDTH,
    Floats,
    along,
    amount_axis,
    ends,
    factor_axis,
    page,
    small_multiples,
)
from sim.pictures.style import INK, QUIET, RULE, SIZE, panel, root, text_width, wrap
from sim.pictures.words import (
    Measure,
    axis_words,
    count_words,
    factor_words,
    measure,
    number,
    outcome_words,
    replications_words,
    value_words,
)
from sim.sweep.designs import kind_of
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses

BINS = 6
"""Parts into which the range of a factor is divided where points are scattered."""
FEW = 12
"""With no more values than this a factor is shown value by value."""
WINDOWS = 8
"""A running mean is over this part of the points."""
LOSS_GAIN = LinearSegmentedColormap.from_list("loss to gain", [RED, "#f7f7f7", BLUE])
LITTLE_MUCH = LinearSegmentedColormap.from_list("little to much", ["#f7fbff", "#6baed6", "#08306b"])


def independent(responses: Responses) -> Responses:
    """The points that sample the factors independently: of a saltelli design the blocks A and B, else all."""
    if kind_of(responses.points) != "saltelli":
        return responses
    keep = responses.points["block"].isin(["A", "B"]).to_numpy()
    points = responses.points[keep].reset_index(drop=True)
    return Responses(
        responses.outcome, responses.unit, responses.factors, points, responses.values[keep], responses.shared
    )


# --- scatter -------------------------------------------------------------------------------------


def scatter(responses: Responses, threshold: float = 0.0) -> Figure:
    """The outcome against each factor, with a running mean.

    Args:
        responses: the outcome over any design; of a saltelli design the blocks A and B are shown.
        threshold: level of the outcome at which a line is drawn if it is in sight, in its unit.
    """
    chosen = independent(responses)
    mean = chosen.mean
    shown = measure(mean, responses.unit)
    title = (
        f"{outcome_words(responses)} at {count_words(len(mean), 'point')}: from {shown.of(mean.min())} to "
        f"{shown.words(mean.max())}, below {shown.of(threshold)} at {int((mean < threshold).sum()):,}"
    )
    words = _scatter_words(chosen)
    label = f"{outcome_words(responses)}, {shown.axis}"
    names = [factor_words(factor) for factor in responses.factors]
    figure, panels = small_multiples(names, [""] * len(names), title, words, label)
    for axes, factor in zip(panels, responses.factors, strict=True):
        _dots(axes, factor, chosen)
        if mean.min() <= threshold <= mean.max():
            axes.axhline(threshold, color=RED, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1)
        factor_axis(axes, factor)
        amount_axis(axes, shown)
    return figure


def _scatter_words(chosen: Responses) -> str:
    """What dots, lines and bars are, as far as there are any."""
    words = f"Dots: points of the design ({replications_words(chosen)})."
    many = [chosen.points[name].nunique() > FEW for name in chosen.names]
    if any(many):
        words += f" Line: running mean of {window_of(len(chosen.points)):,} neighbours along the factor."
    return words if all(many) else f"{words} Bar: mean at a value."


def window_of(count: int) -> int:
    """Points in a running mean."""
    return max(min(count, 5), count // WINDOWS)


def running_mean(places: Floats, outcomes: Floats, window: int) -> Floats:
    """Means over neighbours of places and outcomes, shape (2, points - window + 1)."""
    order = np.argsort(places, kind="stable")
    weights = np.full(window, 1 / window)
    return np.array([np.convolve(values[order], weights, "valid") for values in (places, outcomes)])


def _dots(axes: Axes, factor: Factor, chosen: Responses) -> None:
    """The points, moved apart if the factor has names, and a bar at each value or a running mean."""
    places = along(factor, chosen.points[factor.name].tolist())
    shift = np.zeros(len(places)) if factor.numeric else jitter(len(places))
    size = 4.0 if len(places) <= 300 else 2.5
    axes.plot(places + shift, chosen.mean, "o", color=BLUE, markersize=size, alpha=0.45, markeredgewidth=0)
    log = factor.numeric and factor.scale == "log"
    on = np.log(places) if log else places
    values = np.unique(on)
    if len(values) > FEW:
        middle, mean = running_mean(on, chosen.mean, window_of(len(places)))
        axes.plot(np.exp(middle) if log else middle, mean, color=INK, linewidth=2.0)
        return
    means = [chosen.mean[on == value].mean() for value in values]
    half = _half(factor, values)
    sides = (np.exp(values - half), np.exp(values + half)) if log else (values - half, values + half)
    axes.hlines(means, *sides, color=INK, linewidth=2.0, zorder=3)


def jitter(count: int) -> Floats:
    """Shifts between -0.3 and 0.3 that spread evenly and are the same every time."""
    return np.asarray(0.6 * ((np.arange(count) * 0.6180339887) % 1.0 - 0.5), np.float64)


def _half(factor: Factor, values: Floats) -> float:
    """Half the length of a bar at a value, along the axis or its logarithm."""
    if not factor.numeric or len(values) < 2:
        return 0.38 if not factor.numeric else 0.0
    return float(min(0.4 * np.diff(values).min(), 0.035 * np.ptp(values)))


# --- heat map ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cells:
    """Means of an outcome over parts of two factors.

    Attributes:
        mean: shape (parts of y, parts of x); NaN where there is no point.
        count: points in each.
    """

    mean: Floats
    count: npt.NDArray[np.int_]


def cells(responses: Responses, x: str, y: str) -> Cells:
    """Mean outcome by values of two factors, or by parts of their ranges where points are scattered."""
    parts = [_parts(responses.factor(name), responses.points[name]) for name in (y, x)]
    shape = tuple(len(labels) for labels, _ in parts)
    place = np.ravel_multi_index((parts[0][1], parts[1][1]), shape)
    count = np.bincount(place, minlength=shape[0] * shape[1])
    total = np.bincount(place, responses.mean, minlength=shape[0] * shape[1])
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return Cells(mean.reshape(shape), count.reshape(shape))


def heat_map(responses: Responses, x: str, y: str, threshold: float = 0.0) -> Figure:
    """The mean outcome over two factors, with the border at which it crosses a threshold.

    Args:
        responses: the outcome over any design; of a saltelli design the blocks A and B are shown.
        x: name of the factor that runs to the right.
        y: name of the factor that runs up.
        threshold: level of the outcome at which the border is drawn, in its unit.
    """
    chosen = independent(responses)
    factors, found = (responses.factor(x), responses.factor(y)), cells(chosen, x, y)
    shown = measure(found.mean.ravel(), responses.unit)
    title = (
        f"{outcome_words(responses)} over two factors: means from {shown.of(np.nanmin(found.mean))} to "
        f"{shown.words(np.nanmax(found.mean))}"
    )
    figure, top = page(title, _heat_words(chosen, found, shown, threshold), 4.6)
    axes = panel(figure, 1.6, 0.75, WIDTH - 1.6 - 1.35, top - 0.95)
    colours = _colours(found.mean, threshold)
    means, limits = np.ma.masked_invalid(found.mean), colours.get_clim()
    axes.pcolormesh(means, cmap=colours.cmap, clim=limits, edgecolor="white", linewidth=1)
    _empty(axes, found)
    _write_means(axes, found, shown, colours)
    _border(axes, found.mean, threshold)
    _part_axis(axes, factors[0], chosen.points[x], vertical=False)
    _part_axis(axes, factors[1], chosen.points[y], vertical=True)
    _colour_bar(figure, axes, colours, shown)
    return figure


def _heat_words(chosen: Responses, found: Cells, shown: Measure, threshold: float) -> str:
    least, most = int(found.count[found.count > 0].min()), int(found.count.max())
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    others = len(chosen.factors) - 2
    words = f"Mean of the points in each cell ({each} a cell, {replications_words(chosen)})"
    words += f", over {count_words(others, 'other factor')}." if others else "."
    if np.nanmin(found.mean) < threshold <= np.nanmax(found.mean):
        words += f" Black line: between cells below {shown.of(threshold)} and others."
    return words + (" Hatched: no point." if (found.count == 0).any() else "")


def _parts(factor: Factor, values: pd.Series) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Labels of the parts of a factor, and the part of each value.

    A factor with few values has a part for each, labelled in its middle; the range of another is divided into
    equal parts (of its logarithm if the scale is log), labelled at the edges.
    """
    few = _few(factor, values)
    if few is not None:
        order = {value: k for k, value in enumerate(few)}
        return [value_words(factor, value) for value in few], np.array([order[v] for v in values.tolist()])
    return [""] * BINS, np.digitize(values.to_numpy(float), _edges(factor)[1:-1])


def _few(factor: Factor, values: pd.Series) -> list[float | int | str | bool] | None:
    """The values of a factor in order if they are few, the levels if it has any."""
    if factor.levels:
        return sorted(factor.levels, key=float) if factor.numeric else list(factor.levels)
    different = sorted(set(values.tolist()))
    return different if len(different) <= FEW else None


def _part_axis(axes: Axes, factor: Factor, values: pd.Series, vertical: bool) -> None:
    """Ticks in the middles of cells that stand for a value, at the edges of those that stand for a part."""
    axis, figure = axes.yaxis if vertical else axes.xaxis, root(axes)
    labels, _ = _parts(factor, values)
    size = axes.get_position().size * figure.get_size_inches()
    places = np.arange(len(labels)) + 0.5
    room = 0.85 if vertical else float(size[0]) / len(labels) - 0.08
    if _few(factor, values) is None:
        labels, places = [value_words(factor, edge) for edge in _edges(factor)], np.arange(BINS + 1.0)
    labels = ["\n".join(wrap(figure, text, room)) for text in labels]
    step = 1 if vertical else ceil(max(text_width(figure, text) for text in labels) / (room + 0.08))
    axis.set_major_locator(FixedLocator(list(places[::step])))
    axis.set_major_formatter(FixedFormatter(labels[::step]))
    axes.tick_params(length=0, pad=6)
    label = axes.set_ylabel if vertical else axes.set_xlabel
    label("\n".join(wrap(figure, axis_words(factor), float(size[int(vertical)]))), size=SIZE, color=QUIET)


def _edges(factor: Factor) -> list[float]:
    """Edges of the equal parts of a range."""
    low, high = ends(factor)
    if factor.scale == "log":
        return [float(edge) for edge in np.geomspace(low, high, BINS + 1)]
    return [float(edge) for edge in np.linspace(low, high, BINS + 1)]


def _colours(means: Floats, threshold: float) -> ScalarMappable:
    """Two colours that part at the threshold if it is in sight, else one from little to much."""
    low, high = float(np.nanmin(means)), float(np.nanmax(means))
    if low < threshold < high:
        far = max(high - threshold, threshold - low)
        return ScalarMappable(Normalize(threshold - far, threshold + far), LOSS_GAIN)
    return ScalarMappable(Normalize(low, high if high > low else low + 1.0), LITTLE_MUCH)


def _empty(axes: Axes, found: Cells) -> None:
    """Hatch cells without a point."""
    for row, column in np.argwhere(found.count == 0):
        hatched = Rectangle((column, row), 1, 1, facecolor="white", edgecolor=RULE, hatch="///", linewidth=0)
        axes.add_patch(hatched)


def _write_means(axes: Axes, found: Cells, shown: Measure, colours: ScalarMappable) -> None:
    """The mean in each cell, if the cells are wide enough."""
    rows, columns = found.mean.shape
    room = axes.get_position().size * root(axes).get_size_inches() / np.array([columns, rows])
    texts = {(i, j): shown.of(found.mean[i, j]) for i, j in np.argwhere(found.count > 0)}
    if max(text_width(root(axes), text) for text in texts.values()) > room[0] - 0.06 or room[1] < 0.2:
        return
    for (i, j), text in texts.items():
        dark = np.dot(colours.to_rgba(found.mean[i, j])[:3], (0.299, 0.587, 0.114)) < 0.55
        axes.text(j + 0.5, i + 0.5, text, size=SIZE, ha="center", va="center", color="white" if dark else INK)


def _border(axes: Axes, means: Floats, threshold: float) -> None:
    """The edges between neighbouring cells of which one is below the threshold and the other is not."""
    below, known = means < threshold, np.isfinite(means)
    across = (below[:, 1:] != below[:, :-1]) & known[:, 1:] & known[:, :-1]
    up = (below[1:] != below[:-1]) & known[1:] & known[:-1]
    edges = [[(j + 1, i), (j + 1, i + 1)] for i, j in np.argwhere(across)]
    edges += [[(j, i + 1), (j + 1, i + 1)] for i, j in np.argwhere(up)]
    axes.add_collection(LineCollection(edges, colors=INK, linewidths=2.4, capstyle="projecting"))


def _colour_bar(figure: Figure, axes: Axes, colours: ScalarMappable, shown: Measure) -> None:
    place = axes.get_position()
    bar = figure.add_axes((place.x1 + 0.15 / WIDTH, place.y0, 0.16 / WIDTH, place.height))
    figure.colorbar(colours, cax=bar).outline.set_edgecolor(RULE)
    bar.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    bar.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value / shown.factor, 9))))
    bar.tick_params(labelsize=SIZE, length=3, color=RULE)
    bar.set_ylabel(shown.axis, size=SIZE, color=QUIET)
