"""Pictures of the history: what is drawn is what the tables say, legibly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.pictures.layout import BLUE, GREEN, ORANGE
from sim.pictures.validation import history as plots
from sim.sweep.factors import Factor
from sim.validation.history.identified import identified
from sim.validation.history.published import FITTED_UNTIL, published
from sim.validation.history.rivals import rivals
from tests.pictures.checks import check, title, words

FACTS = published()


@cache
def held(parties: tuple[str, ...] = ("pinduoduo", "alibaba", "jd")) -> pd.DataFrame:
    """As if the model said 5 % more than was published, ten per cent up or down."""
    rows = FACTS[FACTS.party.isin(list(parties))]
    return pd.DataFrame(
        {
            "published": rows.value, "median": 1.05 * rows.value, "low": 0.95 * rows.value,
            "high": 1.15 * rows.value, "role": rows.role,
        }
    )  # fmt: skip


@cache
def picture() -> Figure:
    return plots.history(held(), dict(FACTS.on), rivals(FACTS), FITTED_UNTIL, "A title", "What is shown")


def legible(figure: Figure) -> None:
    """As `check`, where axes that are switched off have no ticks to be read."""
    for axes in figure.axes:
        if not axes.axison:
            axes.set_xticks([])
            axes.set_yticks([])
    check(figure)


def panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.axison]


def lines(axes: Axes, **wanted: object) -> list[Line2D]:
    return [one for one in axes.lines if all(getattr(one, f"get_{k}")() == v for k, v in wanted.items())]


def day(*numbers: int) -> float:
    return float(date2num(date(*numbers)))  # type: ignore[no-untyped-call]


def test_a_panel_a_series_with_its_unit() -> None:
    figure = picture()
    legible(figure)
    assert title(figure) == "A title"
    assert len(panels(figure)) == len(plots.SHOWN) == 6
    said = words(figure)
    for series in plots.SHOWN:
        assert series.title in said
        assert series.unit in said
    for mark in (
        "published, seen by the fit",
        "published later",
        "median of the surviving set",
        "Bass curve",
    ):
        assert mark in said


def test_series_that_nobody_published_have_no_panel() -> None:
    one = plots.history(held(("jd",)), dict(FACTS.on), rivals(FACTS), FITTED_UNTIL, "A title", "x")
    legible(one)
    assert len(panels(one)) == 2


def test_seen_figures_are_dots_and_later_ones_are_rings() -> None:
    """Pinduoduo's sales in billions: seven seen, two held out, at the ends of their quarters."""
    axes = panels(picture())[0]
    dots, rings = sorted(lines(axes, marker="o"), key=lambda one: -len(one.get_xdata()))
    assert list(dots.get_ydata()) == pytest.approx([141.2, 198.7, 262.1, 344.8, 471.6, 557.4, 709.1])
    assert list(rings.get_ydata()) == pytest.approx([840.2, 1006.6])
    assert list(rings.get_xdata()) == [day(2019, 9, 30), day(2019, 12, 31)]
    assert rings.get_markerfacecolor() == "white"
    assert dots.get_markerfacecolor() != "white"
    assert axes.get_ylim()[0] == 0


def test_the_model_is_a_line_in_a_band() -> None:
    axes = panels(picture())[0]
    (median,) = lines(axes, color=BLUE)
    assert list(median.get_ydata()) == pytest.approx(list(1.05 * held().published[:9] / 1e9))
    (band,) = [one for one in axes.collections if isinstance(one, PolyCollection)]
    corners = band.get_paths()[0].vertices
    high = corners[corners[:, 0] == day(2019, 12, 31), 1]
    assert (high.min(), high.max()) == pytest.approx((0.95 * 1006.6, 1.15 * 1006.6))


def test_rivals_start_at_the_last_figure_that_they_have_seen() -> None:
    found = rivals(FACTS)
    axes = panels(picture())[0]
    for colour, name in ((ORANGE, "bass"), (GREEN, "growth")):
        (line,) = lines(axes, color=colour)
        ahead = found[name][["pinduoduo_sales_2019q3", "pinduoduo_sales_2019q4"]] / 1e9
        assert list(line.get_ydata()) == pytest.approx([709.1, *ahead])
        assert line.get_xdata()[0] == day(2019, 6, 30)
    others = panels(picture())[3]
    assert lines(others, color=ORANGE) == [], "a Bass curve is for Pinduoduo's rise only"
    assert len(lines(others, color=GREEN)) == 1


def test_what_the_fit_has_not_seen_is_shaded() -> None:
    for axes in panels(picture()):
        (shade,) = axes.patches
        left, right = shade.get_extents().transformed(axes.transData.inverted()).intervalx
        assert left == pytest.approx(day(2019, 6, 30))
        assert right == pytest.approx(axes.get_xlim()[1])


# --- what the figures tell -----------------------------------------------------------------------

FACTORS = (
    Factor("narrow", low=0, high=10, title="Narrow one"),
    Factor("wide", low=1, high=100, scale="log", title="Wide one on a log scale"),
    Factor("upper", low=-1, high=1, title="Upper half"),
)


@cache
def surviving() -> pd.DataFrame:
    """Places in the unit interval: 0.4 to 0.5, all, and 0.5 to 1; evenly, in different orders."""
    even, rng = np.linspace(0, 1, 401), np.random.default_rng(1)
    u, v, w = (rng.permutation(even) for _ in range(3))
    return pd.DataFrame({"narrow": 4 + u, "wide": 100.0**v, "upper": w})


@cache
def told() -> Figure:
    table = identified(surviving(), FACTORS)
    return plots.identified(surviving(), FACTORS, table, "Two of three", "x")


def test_many_rows_are_legible() -> None:
    """As many as the history has, with words as long."""
    many = [replace(f, name=f"{f.name}{k}", title=f"Pinduoduo, access in 20{k:02d} against the base")
            for k in range(6) for f in FACTORS]  # fmt: skip
    sets = pd.DataFrame({factor.name: surviving()[factor.name.rstrip("012345")] for factor in many})
    figure = plots.identified(sets, many, identified(sets, many), "Six of eighteen", "What is shown")
    check(figure)
    assert len(lines(panels(figure)[0], color=BLUE)) == 18


def test_bars_are_where_nine_tenths_of_the_survivors_lie() -> None:
    (axes,) = panels(told())
    bars = {line.get_ydata()[0]: list(line.get_xdata()) for line in lines(axes, color=BLUE)}
    assert bars[2] == pytest.approx([0.405, 0.495])
    assert bars[1] == pytest.approx([0.525, 0.975])
    assert bars[0] == pytest.approx([0.05, 0.95])
    medians = {line.get_ydata()[0]: line.get_xdata()[0] for line in lines(axes, marker="|")}
    assert medians == pytest.approx({2: 0.45, 1: 0.75, 0: 0.5})


def test_rows_are_named_in_the_order_of_the_table() -> None:
    (axes,) = panels(told())
    rows = {text.get_text(): text.get_position() for text in axes.texts}
    assert [rows[factor.title][1] for factor in FACTORS] == [2, 0, 1]
    assert {text: place[1] for text, place in rows.items() if "%" in text} == {"10%": 2, "50%": 1, "100%": 0}
    assert "of range" in words(told())
