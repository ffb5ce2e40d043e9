"""The summary of outcomes over replications, against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.outcomes.rows import FEWEST_BUYERS, ratio, row, summarise


def replicated(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([one | {"scenario": "s", "replication": k} for k, one in enumerate(rows)])


def a_ratio(above: float, below: float, buyers: float = 1e3) -> dict[str, object]:
    return ratio("r", "p", "window", "share", (above, below), buyers)


def test_mean_of_ratios_is_the_ratio_of_means() -> None:
    """1/10, 2/10 and 6/40: 9/60 = 0.15; residuals a - 0.15 b are -0.5, 0.5, 0, their mean b is 20."""
    found = summarise(replicated(a_ratio(1, 10), a_ratio(2, 10), a_ratio(6, 40))).iloc[0]
    assert found.difference == pytest.approx(0.15)
    spread = np.sqrt((0.5**2 + 0.5**2) / 2) / 20.0
    assert found.high - found.difference == pytest.approx(2.91999 * spread / np.sqrt(3), rel=1e-5)


def test_zero_per_zero_weighs_nothing_and_one_per_zero_has_no_value() -> None:
    found = summarise(replicated(a_ratio(1, 10), a_ratio(0, 0), a_ratio(2, 10))).iloc[0]
    assert found.difference == pytest.approx(0.15)
    assert np.isfinite(found.high)
    assert np.isnan(summarise(replicated(a_ratio(1, 10), a_ratio(1, 0))).difference.item())
    assert np.isnan(summarise(replicated(a_ratio(0, 0), a_ratio(0, 0))).difference.item())


def test_a_value_missing_in_one_replication_is_missing_in_the_mean() -> None:
    gone = [row("half-life", "p", "all", "after", "weeks", 0.0, value) for value in (3.0, float("nan"))]
    other = [row("GMV", "p", "all", "after", "yuan", 1.0, value) for value in (3.0, 5.0)]
    found = summarise(pd.concat([replicated(*gone), replicated(*other)])).set_index("outcome")
    assert np.isnan(found.difference["half-life"])
    assert found.difference["GMV"] == pytest.approx(3.0)


def test_numbers_behind_which_few_stand_are_not_given() -> None:
    half = FEWEST_BUYERS / 2
    shown = summarise(replicated(a_ratio(1, 10, half), a_ratio(2, 10, half)))
    hidden = summarise(replicated(a_ratio(1, 10, half), a_ratio(2, 10, half - 1)))
    assert shown.difference.item() == pytest.approx(0.15)
    assert hidden[["baseline", "with_scenario", "difference", "low", "high"]].isna().all(axis=None)
    assert hidden.outcome.item() == "r"
