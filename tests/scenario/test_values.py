"""Values that depend on the day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.schema import Drift
from sim.scenario.values import drifted

ON = date(2018, 7, 2)


def test_a_drift_is_its_level_on_its_day_and_moves_by_its_rate() -> None:
    drift = Drift(on=ON, level=0.5, per_year=0.8)
    assert drifted(drift, ON) == 0.5
    assert drifted(drift, date(2022, 7, 2)) == pytest.approx(0.5 + 4 * 0.8)
    assert drifted(drift, date(2014, 7, 2)) == pytest.approx(0.5 - 4 * 0.8)


def test_a_drift_that_ends_stays_where_it_was() -> None:
    drift = Drift(on=ON, per_year=1.0, until=date(2019, 7, 2))
    assert drifted(drift, date(2019, 7, 2)) == drifted(drift, date(2030, 1, 1)) == pytest.approx(365 / 365.25)
    assert drifted(drift, ON) == 0.0


@given(st.floats(-2, 2), st.dates(date(2010, 1, 1), date(2030, 1, 1)))
def test_a_number_does_not_drift(level: float, day: date) -> None:
    assert drifted(level, day) == drifted(Drift(on=ON, level=level), day) == level
