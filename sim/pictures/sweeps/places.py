"""Short labels beside dots: each where it covers nothing, with a line to its dot if that is far away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from sim.pictures.style import INK, POINTS, QUIET, SIZE, root, text_width

DOT = 0.06
"""Half the room of a dot, in inches."""
FAR = (0.02, 0.1, 0.2, 0.32, 0.46, 0.62, 0.8)
"""Distances between dot and label that are tried, in inches."""


@dataclass(frozen=True)
class Place:
    """A dot with its label, and the ends of its interval along the axis."""

    x: float
    y: float
    label: str
    span: tuple[float, float]


def label_dots(axes: Axes, places: Sequence[Place]) -> int:
    """Write the labels, in the order given, each at the nearest place where it covers nothing.

    Returns:
        How many found no such place near their dot, and are left out.
    """
    figure = root(axes)
    size = axes.get_position().size * figure.get_size_inches()
    inside = Bbox.from_extents(0.03, 0.03, float(size[0]), float(size[1]))
    dots = [_inches(axes, place.x, place.y) for place in places]
    drawn = [_around(x, y) for x, y in dots] + [_span(axes, place) for place in places]
    written: list[Bbox] = []
    for place, (x, y) in zip(places, dots, strict=True):
        width = text_width(figure, place.label, SIZE, "bold") + 0.03
        found = _candidates(x, y, width, SIZE / POINTS)
        free = (box for box in found if _inside(box, inside) and _clear(box, x, y, drawn, written))
        box = next(free, None)
        if box is None:
            continue
        written.append(box)
        _write(axes, box, place.label)
        _lead(axes, box, x, y)
    return len(places) - len(written)


def _inches(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """A place in the data, in inches from the lower left corner of the axes."""
    at = (axes.transData.transform((x, y)) - axes.bbox.p0) / root(axes).dpi
    return float(at[0]), float(at[1])


def _around(x: float, y: float) -> Bbox:
    return Bbox.from_extents(x - DOT, y - DOT, x + DOT, y + DOT)


def _span(axes: Axes, place: Place) -> Bbox:
    """The room of an interval; that of the dot if it has none."""
    if not np.isfinite(place.span).all():
        return _around(*_inches(axes, place.x, place.y))
    (low, y), (high, _) = (_inches(axes, end, place.y) for end in place.span)
    return Bbox.from_extents(low, y - 0.02, high, y + 0.02)


def _inside(box: Bbox, limits: Bbox) -> bool:
    across, up = limits.x0 <= box.x0 and box.x1 <= limits.x1, limits.y0 <= box.y0 and box.y1 <= limits.y1
    return across and up


def _clear(box: Bbox, x: float, y: float, drawn: Sequence[Bbox], written: Sequence[Bbox]) -> bool:
    """Whether a label covers nothing, and the way to its dot no other label."""
    if any(box.overlaps(other) for other in (*drawn, *written)):
        return False
    end = _nearest(box, x, y)
    way = [(x + part * (end[0] - x), y + part * (end[1] - y)) for part in np.linspace(0, 1, 9)]
    return not any(other.contains(*at) for other in written for at in way)


def _nearest(box: Bbox, x: float, y: float) -> tuple[float, float]:
    """The point of a box that is nearest to a dot."""
    return float(np.clip(x, box.x0, box.x1)), float(np.clip(y, box.y0, box.y1))


def _candidates(x: float, y: float, width: float, height: float) -> Iterator[Bbox]:
    """Places around a dot, ever further away: above, right, left, below, and on the slant."""
    for far in FAR:
        gap = DOT + far
        for up, across in product((1, 0, -1), (0, 1, -1)):
            if up or across:
                left = x + gap if across > 0 else x - gap - width if across < 0 else x - width / 2
                low = y + gap if up > 0 else y - gap - height if up < 0 else y - height / 2
                yield Bbox.from_bounds(left, low, width, height)


def _write(axes: Axes, box: Bbox, text: str) -> None:
    axes.annotate(
        text, (0, 0), ((box.x0 + box.x1) / 2 * POINTS, (box.y0 + box.y1) / 2 * POINTS), "axes fraction",
        "offset points", size=SIZE, weight="bold", color=INK, ha="center", va="center",
        annotation_clip=False, zorder=4,
    )  # fmt: skip


def _lead(axes: Axes, box: Bbox, x: float, y: float) -> None:
    """A thin line from a dot to its label, if the label is not beside it."""
    to = _nearest(box, x, y)
    if np.hypot(to[0] - x, to[1] - y) < 2 * DOT:
        return
    size = axes.get_position().size * root(axes).get_size_inches()
    axes.plot([x / size[0], to[0] / size[0]], [y / size[1], to[1] / size[1]], color=QUIET, linewidth=0.7,
              transform=axes.transAxes, zorder=1.5)  # fmt: skip
