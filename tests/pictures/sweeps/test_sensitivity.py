"""Pictures of what moves an outcome: they hold the numbers of the tables, in order, with units, legibly."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from sim.analysis.draws import variance_shares
from sim.analysis.morris import elementary_effects
from sim.analysis.ranks import prcc
from sim.analysis.sobol import first_and_total, second_order
from sim.analysis.switching import switching_values
from sim.analysis.switching import tornado as swings_of
from sim.pictures.style import canvas, panel, per_cent
from sim.pictures.sweeps import sensitivity as plots
from sim.pictures.sweeps.places import Place, label_dots
from sim.pictures.words import index, measure, value_words
from sim.sweep.designs import Kind, design
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses
from tests.analysis.functions import Function, noise, respond
from tests.pictures.checks import check, title, words

M = 1e6
FACTORS = (
    Factor("exposure", low=0.02, high=0.2, scale="log", base=0.06, unit="share",
           title="Share of visits to Pinduoduo that show the pop-up"),
    Factor("appeal", low=-0.5, high=1.5, base=0.4, unit="util",
           title="Appeal of the pop-up beside Amazon's own site"),
    Factor("transfer", low=0.0, high=0.6, base=0.2, unit="share", title="share of buyers who learn of it"),
    Factor("weeks", role="lever", low=3.0, high=12.0, base=5.0, unit="weeks"),
)  # fmt: skip
FORM = Factor("form", levels=("stay_out", "popup", "shop_in_shop"), base="popup", title="Form of entry")


def value(points: pd.DataFrame) -> np.ndarray:
    """Made up: from about -90 to 800 million, the share of visits matters most, the weeks least."""
    sales = 300 * points["exposure"] / 0.06 * np.exp(0.5 * points["appeal"])
    found = 0.4 * sales * (1 + points["transfer"]) - 120 - 2 * points["weeks"]
    if "form" in points:
        found = found * points["form"].map({"stay_out": 0.0, "popup": 1.0, "shop_in_shop": 3.0})
    return found.to_numpy(float) * M


def constant(points: pd.DataFrame) -> np.ndarray:
    return np.full(len(points), 5 * M)


@cache
def responses_of(
    kind: Kind,
    factors: tuple[Factor, ...] = FACTORS,
    function: Function = value,
    replications: int = 4,
    **options: object,
) -> Responses:
    points = design(kind, factors, **options)  # type: ignore[arg-type]
    shaken = noise(len(points.points), replications, 40 * M, 20 * M) if replications > 1 else 0.0
    found = respond(points, factors, function, shaken if function is value else 0.0, replications)
    return replace(found, outcome="Value to Amazon, run-off included", unit="yuan")


SALTELLI = {"points": 16, "second_order": True}
MORRIS = {"trajectories": 8, "steps": 4}


def tornado(**options: object) -> Figure:
    responses = responses_of("one_at_a_time", **options)  # type: ignore[arg-type]
    return plots.tornado(responses, swings_of(responses))


def curves(**options: object) -> Figure:
    responses = responses_of("one_at_a_time", **options)  # type: ignore[arg-type]
    return plots.one_at_a_time(responses, switching_values(responses, resamples=50))


def sobol(**options: object) -> Figure:
    responses = responses_of("saltelli", **SALTELLI, **options)  # type: ignore[arg-type]
    repeated = responses.values.shape[1] > 1
    draws = variance_shares(responses) if repeated else None
    return plots.sobol(responses, first_and_total(responses, resamples=50), draws)


def interactions(**options: object) -> Figure:
    responses = responses_of("saltelli", **SALTELLI, **options)  # type: ignore[arg-type]
    return plots.interactions(
        responses, second_order(responses, resamples=50), first_and_total(responses, resamples=50)
    )


def morris(**options: object) -> Figure:
    responses = responses_of("morris", **MORRIS, **options)  # type: ignore[arg-type]
    return plots.morris(responses, elementary_effects(responses, resamples=50))


def ranks(**options: object) -> Figure:
    responses = responses_of("lhs", points=40, **options)  # type: ignore[arg-type]
    return plots.ranks(responses, prcc(responses, resamples=50))


ALL = [tornado, curves, sobol, interactions, morris, ranks]


@cache
def drawn(picture: Callable[..., Figure]) -> Figure:
    """A picture as it is by default, drawn once."""
    return picture()


def dots(axes: Axes, colour: str | None = None) -> list[tuple[float, float]]:
    """Places of everything drawn as dots."""
    return [
        (float(x), float(y))
        for line in axes.lines
        if line.get_marker() == "o" and line.get_linestyle() == "None" and colour in (None, line.get_color())
        for x, y in zip(np.atleast_1d(line.get_xdata()), np.atleast_1d(line.get_ydata()), strict=True)
    ]


# --- all of them -----------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", ALL)
@pytest.mark.parametrize("options", [{}, {"replications": 1}, {"function": constant}])
def test_text_is_readable_whole_and_apart(picture: Callable[..., Figure], options: dict[str, object]) -> None:
    figure = picture(**options) if options else drawn(picture)
    check(figure)
    said = words(figure)
    assert title(figure).startswith("Value to Amazon, run-off included")
    assert "Share of visits to Pinduoduo that show the pop-up" in said
    assert ("replications" in said) != ("one replication" in said.lower())


@pytest.mark.parametrize("picture", [tornado, curves])
def test_names_are_drawn_too(picture: Callable[..., Figure]) -> None:
    figure = picture(factors=(*FACTORS, FORM))
    check(figure)
    assert "stay out" in words(figure)
    assert "shop in shop" in words(figure)


@pytest.mark.parametrize("picture", ALL)
def test_many_factors_are_drawn_too(picture: Callable[..., Figure]) -> None:
    factors = tuple(Factor(f"f{k}", low=0.0, high=1.0, base=0.5, title=f"Factor {k}") for k in range(14))

    def function(points: pd.DataFrame) -> np.ndarray:
        return sum(k**2 * points[f"f{k}"].to_numpy() for k in range(14)) * M  # type: ignore[return-value]

    check(picture(factors=factors, function=function))


@pytest.mark.parametrize(("picture", "unit"), [
    (tornado, "Value to Amazon, run-off included, m yuan"), (curves, "m yuan"), (morris, "(mu*), m yuan"),
    (sobol, "share of variance"), (ranks, "partial rank correlation"),
])  # fmt: skip
def test_axes_name_their_unit(picture: Callable[..., Figure], unit: str) -> None:
    assert unit in words(drawn(picture))


# --- tornado ---------------------------------------------------------------------------------------


def test_bars_of_a_tornado_are_the_table_in_order_of_swing() -> None:
    responses = responses_of("one_at_a_time")
    table = swings_of(responses)
    figure = plots.tornado(responses, table)
    axes = figure.axes[0]
    found = [
        (bar.get_x(), bar.get_width(), round(bar.get_y() + bar.get_height() / 2)) for bar in axes.patches
    ]
    expected = [(table.base[0], row.difference, k // 2) for k, row in enumerate(table.itertuples())]
    np.testing.assert_allclose(found, expected)
    assert list(table.swing) == sorted(table.swing, reverse=True)
    whiskers = [line.get_xdata() for line in axes.lines if len(set(np.atleast_1d(line.get_ydata()))) == 1]
    ends = table[["difference_low", "difference_high"]] + table.base[0]
    np.testing.assert_allclose(whiskers, ends)


def test_a_tornado_writes_the_value_of_the_factor_at_each_end_beside_its_bar() -> None:
    responses = responses_of("one_at_a_time")
    table = swings_of(responses)
    axes = plots.tornado(responses, table).axes[0]
    beside = {(text.get_text(), round(text.xy[1])): text.xy[0] for text in axes.texts if hasattr(text, "xy")}
    for k, row in enumerate(table.itertuples()):
        pair = table[table.factor == row.factor]
        if pair.difference.prod() > 0:  # each in its own half of the row
            pair = pair[pair.end == row.end]
        left = row.difference < 0
        outermost = min(pair.difference_low.min(), 0) if left else max(pair.difference_high.max(), 0)
        words_ = value_words(responses.factor(row.factor), row.value)
        assert beside[words_, k // 2] == pytest.approx(row.base + outermost)


def test_ends_on_the_same_side_of_the_base_share_the_row() -> None:
    peak = Factor("price", low=0.0, high=1.0, base=0.5)
    responses = responses_of("one_at_a_time", (peak,), lambda p: -((p["price"] - 0.5) ** 2).to_numpy() * M)
    axes = plots.tornado(responses, swings_of(responses)).axes[0]
    low, high = sorted(bar.get_y() for bar in axes.patches)
    assert high - low > max(bar.get_height() for bar in axes.patches)


def test_the_zero_line_is_there_if_it_is_in_sight() -> None:
    near = responses_of("one_at_a_time")
    far = replace(near, values=near.values + 1e10)
    for responses, seen in ((near, True), (far, False)):
        axes = plots.tornado(responses, swings_of(responses)).axes[0]
        upright = [line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]]
        assert (0 in upright) == seen


# --- curves ----------------------------------------------------------------------------------------


def test_curves_and_switching_values_are_where_the_tables_have_them() -> None:
    responses = responses_of("one_at_a_time", (*FACTORS, FORM))
    table = switching_values(responses, 10 * M, resamples=50)
    figure = plots.one_at_a_time(responses, table, 10 * M)
    for axes, factor in zip(figure.axes, responses.factors, strict=True):
        rows = table[(table.factor == factor.name) & table.value.notna()]
        marks = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
        np.testing.assert_allclose(marks, rows.value)
        assert axes.get_xscale() == ("log" if factor.scale == "log" else "linear")
        block = responses.of(block=factor.name)
        found = np.concatenate([np.atleast_1d(line.get_ydata()) for line in axes.lines[:1]])
        assert set(np.round(block.mean)) <= set(np.round(found))
    assert "crosses 10 m yuan at" in words(figure)
    assert f"crosses 10 m yuan along {table.factor[table.value.notna()].nunique()} of 5" in title(figure)


def test_bands_are_intervals_over_replications() -> None:
    low_high = plots_band(np.array([[1.0, 2.0, 3.0]]))
    assert low_high[0] == pytest.approx([2.0])
    assert low_high[2] - low_high[0] == pytest.approx([2.919986 / np.sqrt(3)], rel=1e-5)  # t(0.95, 2)


def plots_band(outcomes: np.ndarray) -> np.ndarray:
    from sim.pictures.sweeps.one_at_a_time import band

    return band(outcomes, 0.90)


# --- indices of Sobol' -----------------------------------------------------------------------------


def test_dots_of_indices_are_the_table_sorted_by_total() -> None:
    responses = responses_of("saltelli", **SALTELLI)
    table = first_and_total(responses, resamples=50)
    shares = variance_shares(responses)
    figure = plots.sobol(responses, table, shares)
    rows = table.sort_values("total", ascending=False)
    axes = figure.axes[0]
    for order, colour, column in (("first", plots.BLUE, 0), ("total", plots.RED, 1)):
        places = dots(axes, colour)
        np.testing.assert_allclose([x for x, _ in places], rows[order])
        assert [round(y) for _, y in places] == list(range(len(rows)))
        lines = [c for c in axes.collections if isinstance(c, LineCollection)][column]
        spans_ = [segment[:, 0] for segment in lines.get_segments()]
        np.testing.assert_allclose(spans_, rows[[f"{order}_low", f"{order}_high"]])
    bars = figure.axes[1].patches
    assert [bar.get_width() for bar in bars] == pytest.approx(list(shares.share))
    assert [bar.get_x() for bar in bars] == pytest.approx([0.0, *np.cumsum(shares.share)[:-1]])
    said = words(figure)
    for row in rows.itertuples():
        assert f"{index(row.total)} [{index(row.total_low)}, {index(row.total_high)}]" in said
    assert f"draws, all points alike {per_cent(shares.share[1])}".replace("\xa0", " ") in said


def test_the_title_names_the_factor_with_the_largest_total() -> None:
    responses = responses_of("saltelli", **SALTELLI)
    table = first_and_total(responses, resamples=50)
    best = table.sort_values("total").factor.iloc[-1]
    assert responses.factor(best).words in title(plots.sobol(responses, table))
    swapped = table.assign(total=-table.total, first=-table["first"])
    worst = table.sort_values("total").factor.iloc[0]
    assert responses.factor(worst).words in title(plots.sobol(responses, swapped))


def test_without_draws_there_is_no_row_of_them() -> None:
    responses = responses_of("saltelli", **SALTELLI)
    assert len(plots.sobol(responses, first_and_total(responses, resamples=50)).axes) == 1


def test_cells_hold_first_order_on_the_diagonal_and_pairs_below() -> None:
    responses = responses_of("saltelli", **SALTELLI)
    first, pairs = first_and_total(responses, resamples=50), second_order(responses, resamples=50)
    axes = plots.interactions(responses, pairs, first).axes[0]
    order = first.sort_values("total", ascending=False).factor.tolist()
    cells = {
        tuple(map(int, text.get_position()[::-1])): text.get_text().split("\n")[0]
        for text in axes.texts
        if re.fullmatch(r"−?\d\.\d\d(\n.*)?", text.get_text())
    }
    expected = {(k, k): index(float(first["first"][first.factor == name].iloc[0]))
                for k, name in enumerate(order)}  # fmt: skip
    for row in pairs.itertuples():
        i, j = sorted((order.index(row.factor), order.index(row.other)), reverse=True)
        expected[i, j] = index(row.value)
    assert cells == expected


# --- elementary effects and ranks ------------------------------------------------------------------


def test_dots_of_elementary_effects_are_the_table() -> None:
    responses = responses_of("morris", **MORRIS)
    table = elementary_effects(responses, resamples=50).sort_values("mu_star", ascending=False)
    figure = plots.morris(responses, table)
    np.testing.assert_allclose(dots(figure.axes[0]), table[["mu_star", "sigma"]])
    (spans,) = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    spans_ = [segment[:, 0] for segment in spans.get_segments()]
    np.testing.assert_allclose(spans_, table[["mu_star_low", "mu_star_high"]])
    shown = measure([*table.mu_star_high, *table.sigma], "yuan")
    first = table.iloc[0]
    assert f"mu* {shown.of(first.mu_star)} [" in words(figure)
    assert responses.factor(first.factor).words in title(figure)


def test_labels_of_dots_do_not_overlap_and_those_without_room_are_counted() -> None:
    def labelled(count: int, spread: float = 0.0) -> tuple[Figure, int]:
        figure = canvas(6, 4)
        axes = panel(figure, 1, 1, 4, 2)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        at = 0.5 + spread * np.random.default_rng(3).normal(size=(count, 2))
        places = [Place(x, y, str(100 + k), (x, x)) for k, (x, y) in enumerate(at)]
        left_out = label_dots(axes, places)
        assert len(axes.texts) + left_out == count
        return figure, left_out

    few, left_out = labelled(4)
    assert left_out == 0
    check(few)
    check(labelled(15, 0.08)[0])
    many, left_out = labelled(40)
    assert left_out > 0
    check(many)


def test_bars_of_ranks_are_the_table_from_the_strongest() -> None:
    responses = responses_of("lhs", points=40)
    table = prcc(responses, resamples=50)
    turned = table.assign(prcc=-table.prcc, low=-table.high, high=-table.low)
    for each in (table, turned):
        figure = plots.ranks(responses, each)
        bars = [bar.get_width() for bar in figure.axes[0].patches]
        np.testing.assert_allclose(bars, sorted(each.prcc, key=lambda r: -abs(r)))
        assert responses.factor(each.factor[each.prcc.abs().idxmax()]).words in title(figure)
