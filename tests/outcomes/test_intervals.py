"""Intervals over draws and worlds: Student's, weights, resamples."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sim.outcomes.intervals import LEVEL, around, effective, half_width, reweighted, stretch, student


def test_students_interval_of_each_column() -> None:
    values = np.random.default_rng(0).normal(size=(7, 3))
    mean, low, high = student(values, level=0.8)
    for k in range(3):
        expected = stats.ttest_1samp(values[:, k], 0.0).confidence_interval(0.8)
        assert (low[k], high[k]) == pytest.approx((expected.low, expected.high))
    assert mean.tolist() == pytest.approx(values.mean(axis=0))
    assert np.isnan(student(values[:1])[1]).all()


def test_worlds_of_weight_zero_do_not_count() -> None:
    values = np.array([[1.0], [2.0], [4.0], [99.0]])
    weighted = student(values, np.array([1, 1, 1, 0]) / 3)
    assert [float(end[0]) for end in weighted] == pytest.approx([float(e[0]) for e in student(values[:3])])
    assert effective(np.array([1, 1, 1, 0]) / 3) == pytest.approx(3)


def test_resamples_add_up_and_keep_the_weights_on_average() -> None:
    weights = np.array([0.5, 0.3, 0.2])
    drawn = np.array(list(reweighted(weights, 4000, 0)))
    assert drawn.sum(axis=1) == pytest.approx(np.ones(4000))
    alike = np.array(list(reweighted(np.full(4, 0.25), 4000, 1)))
    assert alike.mean(axis=0) == pytest.approx(np.full(4, 0.25), abs=0.01)
    assert (alike * 4 % 1 == 0).all()


def test_the_stretch_gives_students_width() -> None:
    values = np.random.default_rng(1).normal(size=6)
    means = np.array([[w @ values] for w in reweighted(np.full(6, 1 / 6), 20_000, 2)])
    low, high = around(np.array([values.mean()]), means, 6)
    _, student_low, student_high = student(values)
    assert high[0] - low[0] == pytest.approx(float(student_high - student_low), rel=0.06)
    assert around(np.array([0.1]), means, 6, floor=0.0)[0][0] == 0.0
    assert np.isnan(around(np.array([0.1]), means, 1)[0]).all()


def test_students_quantile_is_written_once() -> None:
    """All other modules call `half_width` or `stretch`, so that no copy can drift away."""
    house = Path(__file__).resolve().parents[2] / "sim"
    found = [file for file in house.rglob("*.py") if re.search(r"\bt\.ppf\(", file.read_text("utf-8"))]
    assert [file.relative_to(house).as_posix() for file in found] == ["outcomes/intervals.py"]


def test_half_an_interval_of_columns_and_of_single_means() -> None:
    values = np.random.default_rng(3).normal(size=(5, 2))
    _, low, high = student(values)
    errors = values.std(axis=0, ddof=1) / np.sqrt(5)
    assert half_width(errors, 4, LEVEL) == pytest.approx((high - low) / 2)
    assert half_width(errors[0], 4, LEVEL) == pytest.approx(float(high[0] - low[0]) / 2)


def test_one_draw_is_not_stretched_and_many_hardly() -> None:
    assert stretch(1) == 1.0
    assert 1.0 < stretch(10_000) < 1.001 < stretch(10) < stretch(3)
