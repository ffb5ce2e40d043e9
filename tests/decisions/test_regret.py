"""Regret: against loops, what does not change it, weights, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.decisions.regret import Options, regret_table

TABLE = np.array([[10.0, 4.0, 6.0], [0.0, 4.0, 3.0], [8.0, 4.0, 9.0]])
NAMES = ("a", "b", "c")


def test_regrets_of_a_small_table() -> None:
    table = regret_table(Options(NAMES, TABLE)).set_index("option")
    assert table["max"].to_dict() == {"a": 4.0, "b": 6.0, "c": 4.0}
    assert table["world"].to_dict() == {"a": 1, "b": 0, "c": 0}
    assert table["mean"].to_dict() == pytest.approx({"a": 5 / 3, "b": 11 / 3, "c": 5 / 3})
    assert table.loc["a", "low"] < 5 / 3 < table.loc["a", "high"]


@settings(deadline=None, max_examples=60)
@given(arrays(float, (6, 3), elements=st.floats(-100, 100)), st.floats(-50, 50))
def test_regrets_are_those_of_loops_and_ignore_what_worlds_have_in_common(
    values: object, shift: float
) -> None:
    assert isinstance(values, np.ndarray)
    options = Options(NAMES, values)
    looped = [[max(world) - value for value in world] for world in values.tolist()]
    assert options.regrets.tolist() == looped
    moved = Options(NAMES, values + shift * np.arange(6)[:, None])
    assert moved.regrets == pytest.approx(options.regrets, abs=1e-9)
    table = regret_table(options)
    best = options.mean.max()
    differences = table["mean"] - table["mean"].min()
    assert differences.tolist() == pytest.approx((best - options.mean).tolist(), abs=1e-9)
    assert table["quantile_95"].tolist() == table["max"].tolist()


def test_quantiles_and_weights() -> None:
    many = Options(("x", "y"), np.column_stack([np.zeros(100), np.arange(100.0)]))
    assert regret_table(many)["quantile_95"].tolist() == [94.0, 0.0]
    weighted = regret_table(Options(NAMES, TABLE, np.array([1.0, 0.0, 3.0]))).set_index("option")
    assert weighted["max"].to_dict() == {"a": 1.0, "b": 6.0, "c": 4.0}
    assert weighted.loc["a", "mean"] == pytest.approx(0.75)
    doubled = Options(NAMES, TABLE[[0, 2, 2, 2]])
    assert weighted["mean"].tolist() == pytest.approx(regret_table(doubled)["mean"].tolist())


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        Options(("a", "b"), TABLE)
    with pytest.raises(ValueError, match="different names"):
        Options(("a", "a", "b"), TABLE)
    with pytest.raises(ValueError, match="finite"):
        Options(NAMES, TABLE * np.nan)
    with pytest.raises(ValueError, match="weights"):
        Options(NAMES, TABLE, np.array([1.0, -1.0, 1.0]))
