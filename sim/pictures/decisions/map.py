"""The map of terms: exposure and commission at which both parties, one or none of them gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from scipy.interpolate import RegularGridInterpolator

from sim.pictures.decisions.room import CELLS, Board, Mask, apart
from sim.pictures.decisions.rows import ACROSS, sentence, wide_of
from sim.pictures.layout import BLUE, ORANGE, Floats, log_ticks, page
from sim.pictures.style import (
    HARD,
    INK,
    LINE,
    POINTS,
    QUIET,
    SIZE,
    capital,
    panel,
    readable,
    root,
    wrap,
)
from sim.pictures.words import Measure, measure, number

ZONES = ("#efefef", "#cfe6f5", "#fbe3b8", "#bfe3d2")
"""Colours of zones by their number: 1 if the entrant gains and 2 more if the host does."""
MARGIN = 1.85
"""Room for the names of lines on the right, in inches."""
START = 0.75
"""Where the map begins, in inches from the left."""
HIGH = 4.0
"""Height of the map, in inches."""
KEY = 0.42
"""Height of an entry of the key of zones, in inches."""
LEVELS = 8
"""About as many iso-lines of the entrant's value."""


@dataclass(frozen=True)
class Line:
    """A commission along exposures, with its name and look."""

    name: str
    rates: Floats
    colour: str
    style: str = "-"


def map_of_terms(
    table: pd.DataFrame, lines: pd.DataFrame, unit: str, title: str, subtitle: str,
    now: tuple[float, float], entrant: str = "the entrant", host: str = "the host",
) -> Figure:  # fmt: skip
    """Zones of exposure and commission in which both parties gain, one of them or none.

    Values between the points of the table are interpolated, linearly in the commission and the logarithm of
    the exposure; lines are straight between theirs, so both should be close to one another.

    Args:
        table: every commission at every exposure with `exposure` and `commission` (shares) and the values
            `entrant` and `host` relative to no deal, in the unit.
        lines: rows along `exposure` with the commissions `entrant_max` and `host_min` at which each breaks
            even and `nash`, that of Nash's bargaining solution, as shares; NaN where there is none. It is
            drawn where some rate suits both.
        unit: of the values.
        title: the finding.
        subtitle: the measure.
        now: exposure and commission that are assumed.
        entrant: its name.
        host: its name.

    Raises:
        ValueError: if a commission is missing at an exposure.
    """
    fine = _fine(table)
    shown = measure(table.entrant.to_numpy(float), unit)
    words = f"Thin lines: value to {entrant}, {shown.axis}. Diamond: as assumed, {_now_words(now)}"
    figure, top = page(title, sentence(subtitle, f"{words}{'' if fine.holds(now) else ', outside the map'}"),
                       HIGH + 0.8, ACROSS)  # fmt: skip
    axes = panel(figure, START, top - 0.15 - HIGH, ACROSS - START - MARGIN, HIGH)
    _scales(axes, fine)
    board = Board(axes)
    _zones(axes, fine)
    exposures, drawn = _lines(axes, board, lines, (entrant, host))
    if fine.holds(now):
        axes.plot(*now, "D", color=INK, markersize=8, markeredgecolor="white", zorder=5)
        board.take_around(*now, 0.1)
        board.write_near("as assumed", *now)
    iso = _iso_lines(axes, fine, shown)
    left = _name_zones(board, fine, (entrant, host), _crossed(iso))
    for level, along in iso.items():
        board.write(f"{'+' if level > 0 else ''}{number(level)}", None, near=along)
    _key(axes, left)
    _name_lines(axes, exposures, drawn, KEY * len(left) / HIGH)
    return figure


def _now_words(now: tuple[float, float]) -> str:
    return f"{number(100 * now[0])}{HARD}% of visits at a commission of {number(100 * now[1])}{HARD}%"


# --- values between the points -------------------------------------------------------------------


@dataclass(frozen=True)
class Fine:
    """Values on a fine grid, shape (commissions, exposures), even in the logarithm of the exposure."""

    exposures: Floats
    commissions: Floats
    entrant: Floats
    host: Floats

    @property
    def zones(self) -> npt.NDArray[np.int_]:
        """Number of the zone of every point."""
        return (self.entrant > 0).astype(int) + 2 * (self.host > 0)

    def holds(self, place: tuple[float, float]) -> bool:
        """Whether a place lies on the map."""
        ends = ((self.exposures[0], self.exposures[-1]), (self.commissions[0], self.commissions[-1]))
        return all(
            low * (1 - 1e-9) <= at <= high * (1 + 1e-9) for at, (low, high) in zip(place, ends, strict=True)
        )


def _fine(table: pd.DataFrame) -> Fine:
    grids = [
        table.pivot(index="commission", columns="exposure", values=party) for party in ("entrant", "host")
    ]
    if any(grid.isna().to_numpy().any() for grid in grids):
        raise ValueError("a map of terms needs every commission at every exposure")
    rates, seen = grids[0].index.to_numpy(float), grids[0].columns.to_numpy(float)
    across, up = round((ACROSS - START - MARGIN) * CELLS), round(HIGH * CELLS)
    exposures, commissions = np.geomspace(seen[0], seen[-1], across), np.linspace(rates[0], rates[-1], up)
    where = np.stack(np.meshgrid(commissions, np.log(exposures), indexing="ij"), axis=-1)
    where = np.clip(where, (rates[0], np.log(seen[0])), (rates[-1], np.log(seen[-1])))  # rounding of ends
    values = [RegularGridInterpolator((rates, np.log(seen)), grid.to_numpy(float))(where) for grid in grids]
    return Fine(exposures, commissions, *values)


def _scales(axes: Axes, fine: Fine) -> None:
    """Exposure on a logarithmic axis and commission, both in per cent."""
    low, high = float(fine.exposures[0]), float(fine.exposures[-1])
    axes.set_xscale("log")
    axes.set(xlim=(low, high), ylim=(fine.commissions[0], fine.commissions[-1]))
    axes.xaxis.set_major_locator(FixedLocator(log_ticks(low, high)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(round(100 * value, 9))))
    axes.set_xlabel("exposure, share of visits in %", size=SIZE, color=QUIET)
    axes.set_ylabel("commission, %", size=SIZE, color=QUIET)


# --- what is drawn -------------------------------------------------------------------------------


def _zones(axes: Axes, fine: Fine) -> None:
    axes.pcolormesh(
        fine.exposures, fine.commissions, fine.zones, cmap=ListedColormap(ZONES),
        norm=BoundaryNorm(np.arange(-0.5, 4), 4), shading="nearest", rasterized=True, zorder=0,
    )  # fmt: skip


def _name_zones(
    board: Board, fine: Fine, parties: tuple[str, str], crossed: Mask
) -> list[tuple[str, str]]:  # fmt: skip
    """Write what each zone is where it has room, off iso-lines if it can; colours and names of the others."""
    alone = [f"{capital(party)} alone gains" for party in parties]
    left = []
    for zone, name in enumerate(("neither gains", *alone, "both gain")):
        inside = fine.zones == zone
        if not inside.any():
            continue
        if not board.write(name, inside & ~crossed, bold=True) and not board.write(name, inside, bold=True):
            left.append((ZONES[zone], name))
    return left


def _key(axes: Axes, entries: Sequence[tuple[str, str]]) -> None:
    """Colours of zones without room for their name, right of the map at the bottom."""
    for k, (colour, name) in enumerate(reversed(entries)):
        lines = wrap(root(axes), name, MARGIN - 0.55)
        up = KEY * k * POINTS
        axes.annotate(
            "\n".join(lines), (1, 0), (28, up), "axes fraction", "offset points", size=SIZE, va="bottom",
            annotation_clip=False,
        )  # fmt: skip
        axes.annotate(
            " ", (1, 0), (14, up), "axes fraction", "offset points", size=SIZE, va="bottom",
            annotation_clip=False, bbox={"facecolor": colour, "edgecolor": INK, "pad": 2.0, "linewidth": 0.5},
        )  # fmt: skip


def _iso_lines(axes: Axes, fine: Fine, shown: Measure) -> dict[float, Mask]:
    """Draw lines of equal value to the entrant; the cells that each crosses, by its amount in the unit."""
    values = fine.entrant / shown.factor
    found = MaxNLocator(LEVELS, steps=[1, 2, 2.5, 5, 10]).tick_values(values.min(), values.max())
    levels = [float(level) for level in found if values.min() < level < values.max() and level]
    if levels:
        axes.contour(
            fine.exposures, fine.commissions, values, levels, colors=QUIET, linewidths=0.7, linestyles="-",
            zorder=2,
        )  # fmt: skip
    return {level: _border(values > level) for level in levels}


def _border(over: Mask) -> Mask:
    """Cells beyond which a line runs."""
    found = np.zeros_like(over)
    found[:, 1:] |= over[:, 1:] != over[:, :-1]
    found[1:] |= over[1:] != over[:-1]
    return found


def _crossed(iso: Mapping[float, Mask]) -> Mask:
    """Cells that any of the lines crosses."""
    return np.logical_or.reduce(list(iso.values())) if iso else np.zeros((1, 1), np.bool_)


def _lines(
    axes: Axes, board: Board, table: pd.DataFrame, parties: tuple[str, str]
) -> tuple[Floats, list[Line]]:  # fmt: skip
    """Draw both break-evens and, where some rate suits both, the Nash rate; their exposures and the lines."""
    exposures, most, least, nash = (
        table.sort_values("exposure")[name].to_numpy(float)
        for name in ("exposure", "entrant_max", "host_min", "nash")
    )
    drawn = [
        Line(f"{capital(parties[0])} breaks even", most, BLUE),
        Line(f"{capital(parties[1])} breaks even", least, ORANGE),
        Line("Nash rate", np.where(most >= least, nash, np.nan), INK, ":"),
    ]
    for line in drawn:
        axes.plot(exposures, line.rates, line.style, color=line.colour, linewidth=2.6, zorder=3)
        board.take_line(exposures, line.rates)
    return exposures, drawn


def _name_lines(axes: Axes, exposures: Floats, lines: Sequence[Line], floor: float) -> None:
    """Names right of the map above a floor, each with a thin line to where its line is last seen."""
    figure, (low, high) = root(axes), axes.get_ylim()
    ends = [_last_seen(exposures, line.rates, (low, high)) for line in lines]
    names = [
        line.name if end else f"{line.name}: not on the map" for line, end in zip(lines, ends, strict=True)
    ]
    texts = [wrap(figure, name, MARGIN - 0.45, weight="bold") for name in names]
    wanted = [(end[1] - low) / (high - low) if end else 0.5 for end in ends]
    heights = [(len(text) * SIZE * LINE / POINTS + 0.04) / HIGH for text in texts]
    right, side = 1.0 + 0.3 / wide_of(axes), 1.0 + 0.27 / wide_of(axes)
    for line, text, end, place in zip(lines, texts, ends, apart(wanted, heights, floor), strict=True):
        axes.text(
            right, place, "\n".join(text), size=SIZE, color=readable(line.colour), weight="bold", va="center",
            transform=axes.transAxes, linespacing=1.2,
        )  # fmt: skip
        if end:
            lead = {"arrowstyle": "-", "color": line.colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
            axes.annotate(
                "", (side, place), end, "axes fraction", "data", annotation_clip=False, arrowprops=lead
            )  # fmt: skip


def _last_seen(exposures: Floats, rates: Floats, ends: tuple[float, float]) -> tuple[float, float] | None:
    """The place furthest to the right at which a line is on the map; None if it never is."""
    known = np.isfinite(rates)
    if not known.any():
        return None
    log = np.log(exposures[known])
    fine = np.linspace(log[0], log[-1], 400)
    at = np.interp(fine, log, rates[known])
    seen = np.flatnonzero((at >= ends[0]) & (at <= ends[1]))
    return (float(np.exp(fine[seen[-1]])), float(at[seen[-1]])) if seen.size else None
