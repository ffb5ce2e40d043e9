"""Bass and Dixit found by other means."""

from __future__ import annotations

import numpy as np
import pytest

from sim.validation.outside import limits
from sim.validation.outside.limits import (
    IMITATION,
    INNOVATION,
    VENTURES,
    YEARS,
    bass_closed,
    bass_integrated,
    bass_rows,
    bass_weekly,
    conditions,
    dixit_by_root,
    dixit_rows,
)


def test_golden_bass_curves() -> None:
    """Expected (evidence 15): in continuous time and in weekly steps."""
    continuous = [0.0851, 0.2332, 0.4392, 0.6517, 0.8128, 0.9087]
    weekly = [0.0847, 0.2320, 0.4372, 0.6497, 0.8113, 0.9079]
    assert bass_closed(INNOVATION, IMITATION, YEARS) == pytest.approx(continuous, abs=1e-4)
    assert bass_integrated(INNOVATION, IMITATION, YEARS) == pytest.approx(continuous, abs=1e-4)
    assert bass_weekly(INNOVATION, IMITATION, YEARS) == pytest.approx(weekly, abs=1e-4)


def test_the_model_follows_bass() -> None:
    found = bass_rows(5_000, range(1, 13))
    assert len(found) == 3 * len(YEARS)
    assert [row for row in found if not row.passed] == []
    assert max(row.standard_error for row in found if row.standard_error == row.standard_error) < 0.01


def test_another_imitation_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected: the model at a tenth more imitation fails against the curve of the right one."""
    right = limits.word_of_mouth
    monkeypatch.setattr(limits, "word_of_mouth", lambda p, q, years: right(p, 1.1 * q, years))
    assert not all(row.passed for row in bass_rows(5_000, range(1, 13)))


def test_thresholds_agree() -> None:
    """Expected: both thresholds of all ventures, to 1e-7."""
    found = dixit_rows()
    assert len(found) == 2 * len(VENTURES)
    assert [row for row in found if not row.passed] == []


@pytest.mark.parametrize(
    ("name", "thresholds"),
    [("sigma 0.1", (1.4667, 0.7657)), ("sigma 0.2", (1.7831, 0.6550)), ("sigma 0.02", (1.1917, 0.9239))],
)
def test_golden_thresholds(name: str, thresholds: tuple[float, float]) -> None:
    """Expected (evidence 33)."""
    assert dixit_by_root(VENTURES[name]) == pytest.approx(thresholds, abs=1e-4)


def test_the_four_equations_have_no_other_zero_nearby() -> None:
    """Expected: at thresholds a thousandth off, some equation is plainly violated whatever A and B."""
    venture = VENTURES["sigma 0.1"]
    high, low = dixit_by_root(venture)
    gap = conditions(venture)
    for up, down in ((1.001, 1.0), (1.0, 0.999)):
        point = np.array([np.log(high * up), np.log(low * down), 0.0, 0.0])
        # Linear in a and b: what is left after the best choice of both.
        base = np.array(gap(point))
        slopes = np.array([np.array(gap(point + np.eye(4)[k])) - base for k in (2, 3)]).T
        rest = base - slopes @ np.linalg.lstsq(slopes, base, rcond=None)[0]
        assert np.abs(rest).max() > 1e-4


def test_without_exit_there_is_no_exit_threshold() -> None:
    """Expected: an error where leaving costs more than the running cost for ever."""
    with pytest.raises(ValueError, match="no exit threshold"):
        dixit_by_root(VENTURES["sigma 0.1"]._replace(exit_cost=60.0))
