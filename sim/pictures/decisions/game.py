"""Payoffs of entrant, host and rivals, and what the entrant's strategies may regret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import FuncNorm, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.pictures.decisions.rows import (
    ACROSS,
    BESIDE,
    EDGE,
    LEFT,
    TITLES,
    above,
    head_of,
    interval,
    pitch_of,
    rows,
    sentence,
    wide_of,
    widths_of,
    zero_line,
)
from sim.pictures.layout import BLUE, ORANGE, Column, Floats, amount_axis, lines_of, page, spread
from sim.pictures.style import GROUP, HARD, INK, LINE, POINTS, QUIET, SIZE, canvas, plain, root, wrap
from sim.pictures.words import NOTHING, Measure, measure

Profile = tuple[str, str, str]
"""Names of what entrant, host and rivals do."""
Row = Mapping[str, Any]
Payoffs = Mapping[Profile, Mapping[str, Row]]
"""The rows of a profile, by player."""
MILLION = 1e6
FIRST, SECOND = "entrant", "host"
"""Whose payoffs stand in a cell, in this order."""
UNSURE = "?"
"""After a number whose interval holds zero."""
SHADES = LinearSegmentedColormap.from_list("pale loss to gain", ["#f2b48a", "#f7f7f7", "#8fc1e3"])
"""Pale enough for dark type on every shade."""
NAMED = 3
"""Equilibria that are named below the title."""
GAP = 0.25
"""Between a matrix and the next one, in inches."""
TEXT = SIZE * LINE / POINTS
"""Height of a line, in inches."""


# --- payoffs -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Matrices:
    """What the matrices hold: names of actions with their titles, payoffs, profiles that are outlined."""

    entrant: Mapping[str, str]
    terms: Mapping[str, str]
    answers: Mapping[str, str]
    payoffs: Payoffs
    marks: Sequence[Profile]

    @property
    def wide(self) -> float:
        """Width of a cell, in inches."""
        return (ACROSS - LEFT - BESIDE) / len(self.terms)

    def text(self, figure: Figure, profile: Profile) -> str:
        """What stands in the cell of a profile, in two lines if one is too narrow."""
        text = _cell(self.payoffs.get(profile, {}))
        weight = "bold" if profile in self.marks else "normal"
        return "\n".join(wrap(figure, text, self.wide - 0.1, weight=weight))

    def title(self, profile: Profile) -> str:
        """A profile in words."""
        entrant, terms, answer = profile
        return "; ".join((self.entrant[entrant], self.terms[terms], self.answers[answer]))


def payoffs(table: pd.DataFrame, title: str, subtitle: str, marks: Sequence[Profile]) -> Figure:
    """A matrix an answer of the rivals: the entrant's options by the host's terms, both payoffs in a cell.

    Args:
        table: a row a profile and player with `entrant`, `terms` and `answer` (names), `entrant_title`,
            `terms_title` and `answer_title` (words), `player` ("entrant", "host" or "rivals"), `mean`, `low`
            and `high` (90 % interval; NaN without), in money; shown in millions.
        title: the finding.
        subtitle: whose payoffs they are, and their unit.
        marks: profiles that are outlined: equilibria.

    Raises:
        ValueError: if a profile that is to be outlined has no payoffs.
    """
    found = _matrices(table, marks)
    pitch, head = _room(found)
    high = pitch * len(found.entrant)
    below = len(found.answers) * (head + high + GAP)
    figure, y = page(title, sentence(subtitle, *_words(found)), below, ACROSS)
    scale = _scale(found)
    for answer in found.answers:
        y -= head + high
        axes = rows(figure, y, pitch, list(found.entrant.values()), [], [])
        _headings(axes, found, answer)
        _shades(axes, found, answer, scale)
        _numbers(axes, found, answer)
        y -= GAP
    return figure


def _matrices(table: pd.DataFrame, marks: Sequence[Profile]) -> _Matrices:
    """The table by profile and player; actions in the order in which they first stand in it."""
    titles: list[dict[str, str]] = [{}, {}, {}]
    found: dict[Profile, dict[str, Row]] = {}
    for row in _rows(table):
        profile = (str(row["entrant"]), str(row["terms"]), str(row["answer"]))
        for known, name, column in zip(titles, profile, ("entrant", "terms", "answer"), strict=True):
            known.setdefault(name, str(row[f"{column}_title"]))
        found.setdefault(profile, {})[str(row["player"])] = row
    for mark in marks:
        if mark not in found:
            raise ValueError(f"no payoffs of the profile {', '.join(mark)}")
    entrant, terms, answers = titles
    return _Matrices(entrant, terms, answers, found, marks)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _cell(players: Mapping[str, Row]) -> str:
    """Both payoffs in millions."""
    first, second = (_amount(players.get(player)) for player in (FIRST, SECOND))
    return f"{first}{HARD}/ {second}"


def _amount(row: Row | None) -> str:
    if row is None or not isfinite(row["mean"]):
        return NOTHING
    return plain(row["mean"] / MILLION) + (UNSURE if row["low"] < 0 < row["high"] else "")


def _room(found: _Matrices) -> tuple[float, float]:
    """Height of a row and of what stands above a matrix, in inches."""
    trial = canvas(ACROSS, 1.0)
    lines = max(found.text(trial, profile).count("\n") + 1 for profile in found.payoffs)
    pitch = max(pitch_of(list(found.entrant.values())), lines * TEXT + 0.1)
    above_cells = lines_of(found.terms.values(), found.wide - 0.1)
    beside = lines_of(found.answers.values(), TITLES, weight="bold")
    return pitch, max(above_cells, beside) * TEXT + 0.15


def _scale(found: _Matrices) -> FuncNorm:
    """From a loss to a gain of the same size, along the root: small ones can be told from zero."""
    means = [players[FIRST]["mean"] for players in found.payoffs.values() if FIRST in players]
    most = max((abs(mean) for mean in means if isfinite(mean)), default=0.0) or 1.0
    return FuncNorm((_root, _square), vmin=-most, vmax=most)


def _root(values: Floats) -> Floats:
    return np.sign(values) * np.sqrt(np.abs(values))


def _square(values: Floats) -> Floats:
    return np.sign(values) * np.square(values)


def _words(found: _Matrices) -> list[str]:
    """What shades, signs and outlines mean, as far as there are any."""
    known = ["Shade: the first number, blue above zero, orange below, the stronger the larger"]
    halves = [_widest(found, player) for player in (FIRST, SECOND)]
    if all(isfinite(half) for half in halves):
        first, second = (plain(half / MILLION) for half in halves)
        known.append(
            f"90{HARD}% intervals: at most ±{first}{HARD}m around the first number and ±{second}{HARD}m "
            f'around the second; "{UNSURE}" stands where one holds zero'
        )
    if found.marks:
        more = len(found.marks) - NAMED
        named = [found.title(mark) for mark in found.marks[:NAMED]]
        known.append(f"Outlined: {' | '.join(named)}" + (f" | {more} more" if more > 0 else ""))
    return known


def _widest(found: _Matrices, player: str) -> float:
    """Half of a player's widest interval; NaN if there is none."""
    every = (players[player] for players in found.payoffs.values() if player in players)
    halves = [(row["high"] - row["low"]) / 2 for row in every]
    return max((half for half in halves if isfinite(half)), default=float("nan"))


def _headings(axes: Axes, found: _Matrices, answer: str) -> None:
    """The rivals' answer above the options, the host's terms above their columns."""
    figure, count = root(axes), len(found.terms)
    above(axes, -(LEFT - EDGE) / wide_of(axes), wrap(figure, found.answers[answer], TITLES, weight="bold"))
    for j, title in enumerate(found.terms.values()):
        axes.annotate(
            "\n".join(wrap(figure, title, found.wide - 0.1)), ((j + 0.5) / count, 1), (0, 7), "axes fraction",
            "offset points", size=SIZE, color=INK, ha="center", va="bottom", linespacing=1.2,
            annotation_clip=False, parse_math=False,
        )  # fmt: skip
    axes.set(xlim=(-0.5, count - 0.5), xticks=[])
    axes.spines["bottom"].set_visible(False)


def _shades(axes: Axes, found: _Matrices, answer: str, scale: Normalize) -> None:
    """Cells by the entrant's payoff; those without one stay white."""
    nothing = {"mean": np.nan}
    means = [
        [found.payoffs.get((name, terms, answer), {}).get(FIRST, nothing)["mean"] for terms in found.terms]
        for name in found.entrant
    ]
    shown = np.ma.masked_invalid(np.array(means, float))
    axes.pcolormesh(
        np.arange(len(found.terms)), np.arange(len(found.entrant)), shown, cmap=SHADES, norm=scale,
        edgecolors="white", linewidth=1.5, shading="nearest", zorder=1,
    )  # fmt: skip
    axes.set(xlim=(-0.5, len(found.terms) - 0.5), ylim=(len(found.entrant) - 0.5, -0.5))


def _numbers(axes: Axes, found: _Matrices, answer: str) -> None:
    """Both payoffs in each cell; equilibria in bold and outlined."""
    for i, entrant in enumerate(found.entrant):
        for j, terms in enumerate(found.terms):
            profile = (entrant, terms, answer)
            marked = profile in found.marks
            axes.text(
                j, i, found.text(root(axes), profile), size=SIZE, color=INK, ha="center", va="center",
                weight="bold" if marked else "normal", linespacing=1.2, zorder=4, parse_math=False,
            )  # fmt: skip
            if marked:
                _outline(axes, i, j)


def _outline(axes: Axes, i: int, j: int) -> None:
    """A frame just inside a cell, so that those of neighbours stay apart."""
    inset = 0.03
    frame = Rectangle((j - 0.5 + inset, i - 0.5 + inset), 1 - 2 * inset, 1 - 2 * inset, fill=False,
                      edgecolor=INK, linewidth=2.0, zorder=3)  # fmt: skip
    axes.add_patch(frame)


# --- regret --------------------------------------------------------------------------------------


def regret(table: pd.DataFrame, unit: str, title: str, subtitle: str) -> Figure:
    """What each strategy falls behind the best reply over the others' profiles, the least mean on top.

    Args:
        table: a row a strategy with `strategy`, `title`, `mean` with `mean_low` and `mean_high` (90 %
            interval; NaN without) and `worst`, the greatest regret, in the unit.
        unit: of the regrets.
        title: the finding.
        subtitle: the measure.
    """
    found = _rows(table.sort_values(["mean", "worst"], kind="stable"))
    shown = _in_millions([row[name] for row in found for name in ("mean", "worst")], unit)
    columns = [
        Column(f"mean, {shown.axis}", [_mean(shown, row) for row in found], BLUE),
        Column(f"greatest, {shown.axis}", [shown.of(row["worst"]) for row in found], ORANGE),
    ]
    names = [str(row["title"]) for row in found]
    pitch, head = pitch_of(names), head_of(columns)
    said = sentence(subtitle, _regret_words(found))
    figure, top = page(title, said, head + pitch * len(names) + 0.6, ACROSS)
    axes = rows(figure, top - head - pitch * len(names), pitch, names, columns, widths_of(columns))
    for k, row in enumerate(found):
        _regretted(axes, k, row)
    every = ("mean", "mean_low", "mean_high", "worst")
    spread(axes, [(0.0, 0.0), *((row[name], row[name]) for row in found for name in every)], [])
    amount_axis(axes, shown, vertical=False)
    axes.set_xlabel(f"regret: best reply less the strategy, {shown.axis}", size=SIZE, color=QUIET)
    zero_line(axes, "best reply")
    return figure


def _in_millions(amounts: Sequence[float], unit: str) -> Measure:
    """Never billions: the least regret is often a hundredth of the greatest."""
    shown = measure(amounts, unit)
    return shown if shown.factor <= MILLION else Measure(MILLION, f"m {unit}", 0)


def _mean(shown: Measure, row: Row) -> str:
    return f"{shown.of(row['mean'])} {shown.interval(row['mean_low'], row['mean_high'])}".strip()


def _regret_words(found: Sequence[Row]) -> str:
    """What marks and lines mean."""
    if any(isfinite(row["mean_low"] + row["mean_high"]) for row in found):
        mean = f"Dot and line: mean over what the others do and its 90{HARD}% interval, also in brackets"
    else:
        mean = "Dot: mean over what the others do"
    return f"{mean}; diamond: greatest"


def _regretted(axes: Axes, k: int, row: Row) -> None:
    """Mean and greatest regret of a strategy, joined."""
    axes.plot([row["mean"], row["worst"]], [k, k], color=GROUP, linewidth=1.1, zorder=2)
    interval(axes, k, row["mean"], row["mean_low"], row["mean_high"], BLUE)
    axes.plot([row["worst"]], [k], "D", color=ORANGE, markersize=7.0, markeredgecolor="white", zorder=2.5)
