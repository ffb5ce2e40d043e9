"""Factors: values at positions, positions of values, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.sweep.factors import Factor, from_unit_cube, positions, to_unit_cube

UNIT = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20)
ENDS = st.tuples(st.floats(0.01, 10.0), st.floats(11.0, 1000.0))
SCALES = st.sampled_from(["linear", "log"])


@given(UNIT, ENDS, SCALES)
def test_values_are_in_the_range_and_rise_with_positions(unit: list[float], ends: Any, scale: Any) -> None:
    factor = Factor("f", low=ends[0], high=ends[1], scale=scale)
    values = np.array(factor.at(np.sort(unit)), float)
    assert (values >= ends[0] * (1 - 1e-12)).all()
    assert (values <= ends[1] * (1 + 1e-12)).all()
    assert (np.diff(values) >= -1e-12 * ends[1]).all()


@given(UNIT, ENDS, SCALES)
def test_positions_are_the_inverse_of_values(unit: list[float], ends: Any, scale: Any) -> None:
    factor = Factor("f", low=ends[0], high=ends[1], scale=scale)
    np.testing.assert_allclose(positions(factor, factor.at(np.array(unit))), unit, atol=1e-9)


@given(st.integers(1, 12), st.integers(1, 20))
def test_levels_share_the_interval_equally(levels: int, each: int) -> None:
    factor = Factor("f", levels=tuple(range(levels)))
    cells = (np.arange(levels * each) + 0.5) / (levels * each)
    assert np.bincount(np.array(factor.at(cells), int)).tolist() == [each] * levels


def test_the_end_of_the_interval_belongs_to_the_last_level() -> None:
    assert Factor("f", levels=("a", "b", "c")).at(np.array([0.0, 1.0])) == ["a", "c"]


def test_positions_of_levels_are_the_middles_of_their_parts() -> None:
    factor = Factor("f", levels=("a", "b", "c", "d"))
    np.testing.assert_allclose(positions(factor, ["d", "a"]), [0.875, 0.125])
    assert factor.at(positions(factor, list(factor.levels))) == list(factor.levels)


def test_the_middle_of_a_log_scale_is_the_geometric_mean() -> None:
    factor = Factor("f", low=1.0, high=100.0, scale="log")
    assert factor.at(np.array([0.5]))[0] == pytest.approx(10.0)
    np.testing.assert_allclose(np.array(factor.steps(3), float), [1.0, 10.0, 100.0])


def test_steps_have_both_ends_to_the_last_bit() -> None:
    for scale in ("linear", "log"):
        steps = Factor("f", low=0.1, high=0.7, scale=scale).steps(7)
        assert (steps[0], steps[-1], len(steps)) == (0.1, 0.7, 7)


def test_steps_of_levels_are_the_levels() -> None:
    assert Factor("f", levels=("a", "b")).steps(7) == ["a", "b"]


def test_whole_numbers_are_whole_and_not_repeated_in_steps() -> None:
    factor = Factor("f", low=1, high=3, whole=True)
    assert factor.steps(9) == [1, 2, 3]
    assert {type(value) for value in factor.at(np.linspace(0, 1, 11))} == {int}


@pytest.mark.parametrize(
    ("levels", "numeric"),
    [((), True), ((1, 2.5), True), (("a", "b"), False), ((1, "b"), False), ((True, False), False)],
)
def test_numbers_can_be_ranked_and_names_cannot(levels: Any, numeric: bool) -> None:
    assert Factor("f", low=0.0, high=1.0, levels=levels).numeric == numeric


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (dict(low=1.0), "expected low and high, or levels"),
        (dict(low=2.0, high=1.0), "low 2 is not below high 1"),
        (dict(low=1.0, high=1.0), "low 1 is not below high 1"),
        (dict(low=0.0, high=1.0, scale="log"), "a log scale needs low above 0, found 0"),
    ],
)
def test_no_range_is_refused(changed: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Factor("f", **changed)


def test_a_value_that_is_no_level_has_no_position() -> None:
    with pytest.raises(ValueError, match="not in"):
        positions(Factor("f", levels=("a", "b")), ["c"])


def test_a_factor_is_called_by_its_title_or_its_name_in_words() -> None:
    assert Factor("share_exposed", low=0.0, high=1.0).words == "share exposed"
    assert Factor("s", low=0.0, high=1.0, title="exposure").words == "exposure"


def test_the_unit_cube_and_back() -> None:
    """A column a factor, in the order of the factors; other columns of the points are left out."""
    factors = (Factor("x", low=0.0, high=4.0), Factor("w", low=0.1, high=10, scale="log"))
    unit = np.random.default_rng(1).random((20, 2))
    points = from_unit_cube(unit, factors)
    assert list(points.columns) == ["x", "w"]
    assert to_unit_cube(points.assign(other=7.0)[["other", "w", "x"]], factors) == pytest.approx(unit)
