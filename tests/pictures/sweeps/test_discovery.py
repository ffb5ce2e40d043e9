"""Pictures of the points and of the box that PRIM finds: what is drawn is what the tables say, legibly."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.patches import Rectangle

from sim.analysis.discovery import Boxes, prim
from sim.pictures.sweeps import discovery as plots
from sim.pictures.sweeps.points import FEW, cells, independent, running_mean, window_of
from sim.pictures.words import measure, value_words
from sim.sweep.designs import Kind, design
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses
from tests.analysis.functions import Function, respond
from tests.pictures.checks import check, title, words

M = 1e6
EXPOSURE = Factor("exposure", low=0.02, high=0.2, scale="log", unit="share",
                  title="Share of visits to Pinduoduo that show the pop-up")  # fmt: skip
APPEAL = Factor("appeal", low=-0.5, high=1.5, unit="util", title="Appeal of the pop-up")
FORM = Factor("form", levels=("stay_out", "popup", "shop_in_shop"), title="Form of entry")
WEEKS = Factor("weeks", levels=(12, 3, 5), unit="weeks", title="Weeks of opening")


def value(points: pd.DataFrame) -> np.ndarray:
    """Made up: millions, negative where few see the pop-up, or where there is none."""
    found = 2000 * points["exposure"].to_numpy(float) - 120
    if "appeal" in points:
        found = found + 30 * points["appeal"].to_numpy(float)
    if "form" in points:
        found = np.where(points["form"] == "stay_out", -20.0, found)
    return found * M


def responses_of(
    kind: Kind, factors: tuple[Factor, ...], function: Function = value, **options: object
) -> Responses:
    found = respond(design(kind, factors, **options), factors, function, replications=2)  # type: ignore[arg-type]
    return replace(found, outcome="Value to Amazon", unit="yuan")


@cache
def scattered() -> Responses:
    return responses_of("lhs", (EXPOSURE, APPEAL, FORM), points=150, seed=1)


@cache
def boxes() -> Boxes:
    """A box in which the outcome is above 100 million: many see it, and there is one."""
    return prim(scattered(), above=100 * M)


# --- heat maps -------------------------------------------------------------------------------------


def grid() -> Responses:
    exposure = Factor("exposure", levels=(0.02, 0.06, 0.2), unit="share")
    return responses_of("grid", (exposure, WEEKS, FORM))


def test_cells_are_means_over_the_other_factors() -> None:
    responses = grid()
    found = cells(responses, "exposure", "form")
    points = responses.points.assign(mean=responses.mean)
    expected = points.groupby(["form", "exposure"])["mean"].mean().unstack()
    np.testing.assert_allclose(found.mean, expected.loc[list(FORM.levels)])
    assert (found.count == 3).all()


def test_a_heat_map_draws_the_cells_with_numbers_and_levels_in_order() -> None:
    responses = grid()
    figure = plots.heat_map(responses, "weeks", "form")
    check(figure)
    axes = figure.axes[0]
    (mesh,) = [c for c in axes.collections if isinstance(c, QuadMesh)]
    found = cells(responses, "weeks", "form").mean
    np.testing.assert_allclose(np.asarray(mesh.get_array()).reshape(found.shape), found)
    shown = measure(found.ravel(), "yuan")
    texts = {text.get_position(): text.get_text() for text in axes.texts}
    assert texts == {(j + 0.5, i + 0.5): shown.of(found[i, j]) for i, j in np.ndindex(found.shape)}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3", "5", "12"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["stay out", "popup", "shop in shop"]
    assert "m yuan" in words(figure)


def test_the_border_lies_between_cells_on_either_side_of_the_threshold() -> None:
    exposure, form = (
        Factor("exposure", levels=(0.02, 0.06, 0.2)),
        Factor("form", levels=("stay_out", "popup")),
    )
    responses = responses_of("grid", (exposure, form))  # popup: -80, 0, 280; without: -20 throughout
    axes = plots.heat_map(responses, "exposure", "form", -10 * M).axes[0]
    (border,) = [c for c in axes.collections if isinstance(c, LineCollection)]
    segments = {tuple(map(tuple, segment.astype(int))) for segment in border.get_segments()}
    assert segments == {((1, 1), (1, 2)), ((1, 1), (2, 1)), ((2, 1), (3, 1))}


def test_scattered_points_are_put_into_parts_and_empty_cells_shown_as_empty() -> None:
    responses = responses_of("lhs", (EXPOSURE, APPEAL), points=25, seed=3)
    figure = plots.heat_map(responses, "exposure", "appeal")
    check(figure)
    found = cells(responses, "exposure", "appeal")
    assert found.count.sum() == 25
    empty = int((found.count == 0).sum())
    assert empty > 0
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == empty
    assert "Hatched: no point" in words(figure)
    low, high = (responses.points["exposure"] < np.geomspace(0.02, 0.2, 7)[k] for k in (1, 2))
    first, both = found.count[:, 0].sum(), found.count[:, :2].sum()
    assert (first, both) == (low.sum(), high.sum())


def test_of_a_saltelli_design_only_independent_points_are_shown() -> None:
    responses = responses_of("saltelli", (EXPOSURE, APPEAL), points=16)
    assert len(independent(responses).points) == 32
    assert cells(independent(responses), "exposure", "appeal").count.sum() == 32
    assert "at 32 points" in title(plots.scatter(responses))


def test_an_outcome_that_is_the_same_everywhere_is_drawn() -> None:
    same = responses_of("lhs", (EXPOSURE, APPEAL), lambda p: np.full(len(p), 3 * M), points=20)
    check(plots.heat_map(same, "exposure", "appeal"))
    check(plots.scatter(same))


# --- scatter ---------------------------------------------------------------------------------------


def test_dots_are_the_points_and_bars_the_means_of_levels() -> None:
    responses = scattered()
    figure = plots.scatter(responses)
    check(figure)
    mean = responses.mean
    for axes, factor in zip(figure.axes, responses.factors, strict=True):
        points = axes.lines[0]
        np.testing.assert_allclose(points.get_ydata(), mean)
        if factor.numeric:
            np.testing.assert_allclose(points.get_xdata(), responses.points[factor.name])
    (bars,) = [c for c in figure.axes[2].collections if isinstance(c, LineCollection)]
    levels = [mean[responses.points["form"] == level].mean() for level in FORM.levels]
    assert [segment[0, 1] for segment in bars.get_segments()] == pytest.approx(levels)
    assert f"below 0 at {(mean < 0).sum()}" in title(figure)
    assert figure.axes[0].get_xscale() == "log"


def test_few_values_of_a_number_have_bars_too() -> None:
    responses = responses_of("grid", (EXPOSURE, APPEAL), steps=4)
    figure = plots.scatter(responses)
    assert len(figure.axes[0].lines) == 2  # the points and the zero line, no running mean
    assert "running mean" not in words(figure)
    assert FEW >= 4


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(-9, 9)), min_size=1, max_size=60, unique_by=lambda p: p[0])
)
def test_a_running_mean_is_the_mean_of_neighbours(points: list[tuple[float, float]]) -> None:
    places, outcomes = np.array(points).T
    window = window_of(len(points))
    found = running_mean(places, outcomes, window)
    ordered = sorted(points)
    expected = [np.mean(ordered[k : k + window], axis=0) for k in range(len(points) - window + 1)]
    np.testing.assert_allclose(found.T, expected, atol=1e-9)


# --- the box ---------------------------------------------------------------------------------------


def test_a_box_is_drawn_with_its_limits_and_quasi_p_values() -> None:
    found = boxes()
    figure = plots.prim_box(found, "above 100 m yuan")
    check(figure)
    said = words(figure)
    trajectory, axes = figure.axes
    rows = found.box.to_dict("records")
    numbers = [row for row in rows if not row["levels"]]
    assert [row["factor"] for row in numbers] == ["exposure"]
    (bar,) = axes.patches
    low, high = (np.log(numbers[0][end] / 0.02) / np.log(10) for end in ("low", "high"))
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == (pytest.approx(low), pytest.approx(high))
    assert f"from {value_words(EXPOSURE, numbers[0]['low'])}" in said
    assert "< 0.001" in said
    row = found.trajectory.iloc[found.chosen]
    path, chosen = trajectory.lines
    np.testing.assert_allclose(path.get_xydata(), found.trajectory[["coverage", "density"]])
    np.testing.assert_allclose(chosen.get_xydata(), [[row.coverage, row.density]])
    assert f"{100 * row.density:.0f} % of the points in a box" in title(figure)
    assert f"holds {100 * row.coverage:.0f} % of all such points" in title(figure)


def test_levels_in_the_box_are_filled_and_named() -> None:
    found = prim(scattered(), below=0)
    assert ("stay_out",) in found.box.levels.tolist()
    figure = plots.prim_box(found, "below 0")
    check(figure)
    k = found.box.levels.tolist().index(("stay_out",))
    marks = [line for line in figure.axes[1].lines if line.get_marker() == "o" and line.get_ydata()[0] == k]
    assert [line.get_markerfacecolor() for line in marks] == [plots.BLUE, "white", "white"]
    assert "stay out" in words(figure)


def test_a_box_that_was_not_found_is_not_claimed() -> None:
    found = prim(scattered(), above=0, step=0)
    figure = plots.prim_box(found, "above 0")
    check(figure)
    assert "no box is as dense as asked for" in title(figure)
    assert "No factor is restricted" in words(figure)


def test_points_of_interest_are_filled_and_the_frame_is_the_box() -> None:
    found = boxes()
    figure = plots.prim_scatter(found, "exposure", "appeal", "above 100 m yuan")
    check(figure)
    axes = figure.axes[0]
    clouds = [c for c in axes.collections if isinstance(c, PathCollection)]
    filled = sum(len(c.get_offsets()) for c in clouds if len(c.get_facecolors()))
    assert filled == found.interest.sum()
    assert sum(len(c.get_offsets()) for c in clouds) == len(found.interest)
    (frame,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    row = found.box.set_index("factor").loc["exposure"]
    assert (frame.get_x(), frame.get_x() + frame.get_width()) == (
        pytest.approx(row.low),
        pytest.approx(row.high),
    )
    assert (frame.get_y(), frame.get_y() + frame.get_height()) == (-0.5, 1.5)


def test_every_level_in_the_box_has_a_frame() -> None:
    found = prim(scattered(), below=0)
    axes = plots.prim_scatter(found, "exposure", "form", "below 0").axes[0]
    frames = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [(f.get_y(), f.get_height()) for f in frames] == [(-0.45, pytest.approx(0.9))]
