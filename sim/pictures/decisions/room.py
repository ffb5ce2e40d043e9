"""Where text has room: cells of a map that nothing covers yet, and names beside it that keep apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from scipy.ndimage import distance_transform_edt, minimum_filter

from sim.pictures.decisions.rows import wide_of
from sim.pictures.layout import Floats
from sim.pictures.style import INK, LINE, POINTS, SIZE, root, text_width

Mask = npt.NDArray[np.bool_]
CELLS = 60
"""Cells an inch."""


def apart(wanted: Sequence[float], heights: Sequence[float], floor: float = 0.0) -> list[float]:
    """Middles of texts of some heights, from a floor to 1, in the order wanted, none upon another."""
    order = np.argsort(wanted, kind="stable")
    middles = np.zeros(len(wanted))
    for k in order:
        middles[k] = max(wanted[k], floor + heights[k] / 2)
        floor = middles[k] + heights[k] / 2
    ceiling = 1.0
    for k in reversed(order):
        middles[k] = min(middles[k], ceiling - heights[k] / 2)
        ceiling = middles[k] - heights[k] / 2
    return [float(middle) for middle in middles]


class Board:
    """Which cells of a map are still free for text, and text written there.

    Attributes:
        axes: the map.
        free: shape (cells up, cells across).
    """

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        high = float(axes.get_position().height * root(axes).get_size_inches()[1])
        self.free: Mask = np.ones((round(high * CELLS), round(wide_of(axes) * CELLS)), np.bool_)

    def cell(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Columns and rows of places in the data, not rounded."""
        place = self.axes.transAxes.inverted().transform(
            self.axes.transData.transform(np.column_stack([x, y]))
        )
        up, across = self.free.shape
        return place[:, 0] * (across - 1), place[:, 1] * (up - 1)

    def take_line(self, x: Floats, y: Floats) -> None:
        """Cells that a line crosses."""
        columns, heights = self.cell(x, np.nan_to_num(y, nan=-1e9))
        known = np.isfinite(y)
        if known.sum() < 2:
            return
        along = np.linspace(columns[known][0], columns[known][-1], 4 * self.free.shape[1])
        self._take(along, np.interp(along, columns[known], heights[known]), 2)

    def take_around(self, x: float, y: float, inches: float) -> None:
        """Cells around a place."""
        self._take(*self.cell(np.array([x]), np.array([y])), round(inches * CELLS))

    def _take(self, columns: Floats, heights: Floats, reach: int) -> None:
        up, across = self.free.shape
        for column, height in zip(np.rint(columns).astype(int), np.rint(heights).astype(int), strict=True):
            if 0 <= column < across and 0 <= height < up:
                self.free[
                    max(height - reach, 0) : height + reach + 1, max(column - reach, 0) : column + reach + 1
                ] = False

    def write(self, text: str, inside: Mask | None, near: Mask | None = None, bold: bool = False) -> bool:
        """Write text where it covers nothing: in the middle of a part of the map, or on a line.

        Args:
            text: one line.
            inside: cells that it may cover; all if None.
            near: cells on one of which its middle must lie.
            bold: in strong type.

        Returns:
            Whether there was room.
        """
        width = text_width(root(self.axes), text, SIZE, "bold" if bold else "normal") + 0.1
        size = (round(SIZE * LINE / POINTS * CELLS) + 2, round(width * CELLS))
        open_cells = self.free if inside is None else self.free & inside
        fits = minimum_filter(open_cells, size, mode="constant", cval=False)
        fits = fits if near is None else fits & near
        if not fits.any():
            return False
        deep = np.where(fits, distance_transform_edt(np.pad(open_cells, 1))[1:-1, 1:-1], -1.0)
        row, column = np.unravel_index(int(deep.argmax()), deep.shape)
        self._put(text, int(row), int(column), size, bold)
        return True

    def write_near(self, text: str, x: float, y: float) -> bool:
        """Write text at the free place nearest to a place in the data."""
        width = text_width(root(self.axes), text) + 0.1
        size = (round(SIZE * LINE / POINTS * CELLS) + 2, round(width * CELLS))
        fits = minimum_filter(self.free, size, mode="constant", cval=False)
        if not fits.any():
            return False
        columns, heights = self.cell(np.array([x]), np.array([y]))
        rows, cols = np.nonzero(fits)
        # a text is wider than high, so that a step up or down is a longer way
        far = ((cols - columns[0]) / size[1]) ** 2 + ((rows - heights[0]) / size[0] / 2) ** 2
        k = int(far.argmin())
        self._put(text, int(rows[k]), int(cols[k]), size, False)
        return True

    def _put(self, text: str, row: int, column: int, size: tuple[int, int], bold: bool) -> None:
        up, across = self.free.shape
        self.axes.text(
            column / (across - 1), row / (up - 1), text, size=SIZE, ha="center", va="center", color=INK,
            weight="bold" if bold else "normal", transform=self.axes.transAxes, zorder=6, parse_math=False,
            bbox=None if bold else {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
        )  # fmt: skip
        half = (size[0] // 2 + 1, size[1] // 2 + 1)
        self.free[
            max(row - half[0], 0) : row + half[0] + 1, max(column - half[1], 0) : column + half[1] + 1
        ] = False
