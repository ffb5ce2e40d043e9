"""What a set tells about its parameters, on sets whose shape is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.sweep.factors import Factor
from sim.validation.history.identified import central, combinations, identified

FACTORS = (
    Factor("a", low=0, high=10),
    Factor("b", low=1, high=100, scale="log"),
    Factor("c", low=-1, high=1),
)


def made(count: int = 4000) -> pd.DataFrame:
    """a lies within a tenth of its range, b and c anywhere, c = 1 - 2 u where b is at place u."""
    rng = np.random.default_rng(2)
    u, v = rng.random((2, count))
    return pd.DataFrame({"a": 4 + v, "b": 100.0**u, "c": 1 - 2 * u})


def test_widths_are_shares_of_the_prior() -> None:
    table = identified(made(), FACTORS)
    assert table.index[0] == "a"
    assert table.kept["a"] == pytest.approx(0.1, rel=0.03)
    assert list(table.kept[["b", "c"]]) == pytest.approx([1, 1], rel=0.03)
    assert list(table.identified[["a", "b", "c"]]) == [True, False, False]
    assert table["median"]["a"] == pytest.approx(4.5, abs=0.03)
    assert table["median"]["b"] == pytest.approx(10, rel=0.1), "the middle of a log range"


def test_parameters_that_are_tied_are_named() -> None:
    table = identified(made(), FACTORS)
    assert table.tied_to["b"] == "c"
    assert table.correlation["b"] == pytest.approx(-1)
    assert abs(table.correlation["a"]) < 0.1


def test_combinations_are_fixed_or_free() -> None:
    """b and c together are fixed (they are one line), along it they are as wide as sqrt 2 priors."""
    found = combinations(made(), FACTORS)
    assert list(found.width) == pytest.approx([0.0, 0.1, 2**0.5], rel=0.05, abs=1e-6)
    assert abs(found.a[1]) == pytest.approx(1, abs=0.01)


def test_the_central_set_is_in_the_middle() -> None:
    one = central(made(400), FACTORS)
    assert len(one) == 1
    assert one.a.iloc[0] == pytest.approx(4.5, abs=0.3)
    assert one.c.iloc[0] == pytest.approx(0, abs=0.2)
