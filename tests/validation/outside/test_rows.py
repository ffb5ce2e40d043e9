"""When a quantity passes: near the truth, or plainly off in the right direction."""

from __future__ import annotations

import math

import pytest

from sim.validation.outside.rows import Estimate, Row, Table, biased, compare, consistent, exact


def test_exact_needs_the_same_number() -> None:
    assert exact("c", "q", 1.0, 1.0 + 1e-8, 1e-7).passed
    assert not exact("c", "q", 1.0, 1.0 + 1e-6, 1e-7).passed
    assert not exact("c", "q", 1.0, math.nan, 1e-7).passed


@pytest.mark.parametrize(("value", "passed"), [(1.49, True), (0.51, True), (1.51, False), (0.49, False)])
def test_consistent_allows_two_and_a_half_standard_errors(value: float, passed: bool) -> None:
    row = consistent("c", "q", 1.0, Estimate(value, 0.2))
    assert row.passed is passed
    assert row.z == pytest.approx((value - 1.0) / 0.2)
    assert row.tolerance == pytest.approx(0.5)


def test_slack_widens_the_tolerance() -> None:
    estimate = Estimate(1.6, 0.2)
    assert not consistent("c", "q", 1.0, estimate, 0.05).passed
    assert consistent("c", "q", 1.0, estimate, 0.15).passed


@pytest.mark.parametrize(
    ("value", "sign", "passed"),
    [(2.1, 1, True), (1.9, 1, False), (-0.1, -1, True), (0.1, -1, False), (2.1, -1, False), (-0.1, 1, False)],
)
def test_a_bias_must_be_plain_and_in_its_direction(value: float, sign: int, passed: bool) -> None:
    assert biased("c", "q", 1.0, Estimate(value, 0.2), sign).passed is passed


def test_parameters_that_data_do_not_identify_are_refused() -> None:
    with pytest.raises(ValueError, match="no standard error of slope"):
        compare("c", {"level": 1.0, "slope": 1.0}, {"level": Estimate(1.0, 0.1), "slope": Estimate(1.0)})


def test_table_names_package_and_version() -> None:
    table = Table()
    with table.by("scipy") as rows:
        rows.append(exact("c", "q", 1.0, 1.0, 0.0))
    frame = table.frame()
    assert list(frame.columns) == [*Row.__dataclass_fields__, "package", "package_version", "seconds"]
    assert frame["package"].tolist() == ["scipy"]
    assert frame["package_version"].str.match(r"\d+\.\d+").all()
