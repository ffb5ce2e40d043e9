"""What moves an outcome: a bar a factor."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from sim.pictures.layout import BLUE, WIDTH, page
from sim.pictures.style import QUIET, RULE, SIZE, panel, plain, put, scale_for

MOST = 14
"""Most factors that are shown."""
ROW = 0.27


def moves(table: pd.DataFrame, unit: str, title: str, subtitle: str) -> Figure:
    """Swing of an outcome by factor: upper quarter of its values less lower quarter.

    Args:
        table: rows of one outcome with `title` and `swing`.
        unit: unit of the outcome.
        title: headline.
        subtitle: below it.
    """
    rows = table.sort_values("swing", key=np.abs, ascending=False).head(MOST)
    shown, names = scale_for(rows.swing, unit), 3.4
    figure, top = page(title, subtitle, 0.15 + ROW * len(rows) + 0.75)
    axes = panel(figure, names, top - 0.1 - ROW * len(rows), WIDTH - names - 0.7, ROW * len(rows))
    place = np.arange(len(rows))[::-1]
    values = rows.swing.to_numpy(np.float64) / shown.factor
    axes.barh(place, values, color=BLUE, height=0.65)
    axes.axvline(0, color=QUIET, linewidth=0.8)
    reach = float(np.abs(values).max()) or 1.0
    for y, value, words in zip(place, values, rows.title, strict=True):
        axes.annotate(
            str(words), (0, y), (-6, 0), ("axes fraction", "data"), "offset points", size=SIZE, ha="right",
            va="center", annotation_clip=False,
        )  # fmt: skip
        right = value < 0
        put(
            axes,
            value + (-0.02 if right else 0.02) * reach,
            y,
            plain(value, sign=True),
            right=right,
            va="center",
        )
    axes.set_xlim(-1.25 * reach if (values < 0).any() else 0, 1.25 * reach)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.yaxis.set_major_locator(FixedLocator([]))
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    axes.grid(axis="x", color=RULE, linewidth=0.5)
    axes.set_xlabel(f"{shown.unit}: upper quarter of its values less lower quarter", size=SIZE, color=QUIET)
    return figure
