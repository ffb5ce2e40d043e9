"""One row per quantity that an outside method finds beside the model's or the true one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import pandas as pd

STANDARD_ERRORS = 2.5
"""How far a consistent estimate may be from the truth, in standard errors."""
PLAIN_BIAS = 5.0
"""How far from the truth, in standard errors, an estimate must be to count as biased."""


class Estimate(NamedTuple):
    """A number and its standard error; nan where the number is not uncertain."""

    value: float
    error: float = float("nan")


@dataclass(frozen=True)
class Row:
    """A quantity under comparison.

    Attributes:
        check: what is compared.
        quantity: its name.
        truth: the true value, or the outside one where nothing is estimated.
        estimate: the estimate, or the model's value where nothing is estimated.
        standard_error: of the estimate; nan where it is not uncertain.
        z: (estimate - truth) / standard error; nan likewise.
        tolerance: largest distance accepted, in the units of the quantity. In a check of a bias, the
            signed distance that must be exceeded.
        passed: whether that is so.
    """

    check: str
    quantity: str
    truth: float
    estimate: float
    standard_error: float
    z: float
    tolerance: float
    passed: bool


def exact(check: str, quantity: str, truth: float, estimate: float, tolerance: float) -> Row:
    """A number that another method must find as well."""
    nan = float("nan")
    near = bool(abs(estimate - truth) <= tolerance)
    return Row(check, quantity, float(truth), float(estimate), nan, nan, tolerance, near)


def consistent(check: str, quantity: str, truth: float, estimate: Estimate, slack: float = 0.0) -> Row:
    """An estimate that must be near the truth: within `STANDARD_ERRORS` and what is known to be missing.

    Args:
        check: what is compared.
        quantity: its name.
        truth: the true value.
        estimate: the estimate.
        slack: a known difference between the two beside chance, in the units of the quantity.
    """
    tolerance = slack + STANDARD_ERRORS * estimate.error
    return _uncertain(check, quantity, truth, estimate, tolerance, abs(estimate.value - truth) <= tolerance)


def biased(check: str, quantity: str, truth: float, estimate: Estimate, sign: int) -> Row:
    """An estimate that must be off by more than `PLAIN_BIAS` standard errors in a known direction."""
    least = sign * PLAIN_BIAS * estimate.error
    return _uncertain(check, quantity, truth, estimate, least, (estimate.value - truth) / least > 1.0)


def _uncertain(
    check: str, quantity: str, truth: float, estimate: Estimate, tolerance: float, passed: bool
) -> Row:
    z = (estimate.value - truth) / estimate.error
    return Row(
        check,
        quantity,
        float(truth),
        estimate.value,
        estimate.error,
        float(z),
        float(tolerance),
        bool(passed),
    )


@dataclass
class Table:
    """Rows as they come in, with the outside package and the processor time that each check took."""

    records: list[dict[str, object]] = field(default_factory=list)

    @contextmanager
    def by(self, package: str) -> Iterator[list[Row]]:
        """A list for rows of one check made with an outside package."""
        rows: list[Row] = []
        begin = time.process_time()
        yield rows
        about = {
            "package": package,
            "package_version": version(package),
            "seconds": round(time.process_time() - begin, 2),
        }
        self.records += [asdict(row) | about for row in rows]

    def frame(self) -> pd.DataFrame:
        """All rows: columns as in `Row`, then package, package_version and processor seconds of the check."""
        return pd.DataFrame(self.records)


def compare(check: str, truth: Mapping[str, float], found: Mapping[str, Estimate]) -> list[Row]:
    """`consistent` for all true values.

    Raises:
        ValueError: if an estimate has no standard error: the data do not identify it.
    """
    lost = [name for name in truth if not np.isfinite(found[name].error)]
    if lost:
        raise ValueError(f"{check}: no standard error of {', '.join(lost)}")
    return [consistent(check, name, value, found[name]) for name, value in truth.items()]
