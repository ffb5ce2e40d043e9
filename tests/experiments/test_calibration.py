"""Solved intercepts: the iteration converges, and the committed solution is what it says."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sim.experiments.calibration import SolveSettings, gaps, simulated, size, solve
from sim.experiments.targets import fit_margins, read_targets, table
from sim.scenario import load
from tests.markets import SCENARIOS

TARGETS = SCENARIOS / "targets" / "china_2019.yaml"


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(float, (4, 3), elements=st.floats(0.1, 10)), hnp.arrays(float, 4, elements=st.floats(1, 5)))
def test_margins_are_met(seed: np.ndarray, rows: np.ndarray) -> None:
    """Iterative proportional fitting: both margins, and cross ratios of the seed are kept."""
    columns = np.array([0.2, 0.3, 0.5])
    fitted = fit_margins(seed, rows, columns)
    np.testing.assert_allclose(fitted.sum(axis=1), rows, rtol=1e-6)
    np.testing.assert_allclose(fitted.sum(axis=0), columns * rows.sum(), rtol=1e-6)
    cross = fitted[0, 0] * fitted[1, 1] / (fitted[0, 1] * fitted[1, 0])
    assert cross == pytest.approx(seed[0, 0] * seed[1, 1] / (seed[0, 1] * seed[1, 0]), rel=1e-6)


def test_committed_intercepts_reproduce_the_targets() -> None:
    """At another seed and a quarter of the size: the big platforms within 6 % (three standard errors)."""
    file = read_targets(TARGETS)
    scenario = load(SCENARIOS / "china_2019.yaml").scenario
    sales = simulated(scenario, file, SolveSettings(consumers=10_000, seed=77))
    tiers = list(scenario.tiers)
    targets = table(file, {name: tier.spend_per_shopper for name, tier in scenario.tiers.items()})
    assert size(gaps(sales, targets, tiers)) < 0.15
    total = sales.groupby("channel").sum()
    for row in ("alibaba", "jd", "pinduoduo"):
        expected = sum(t.gmv for t in file.sales.values() if t.channel == row)
        assert total[row] == pytest.approx(expected, rel=0.06)


def test_iteration_converges_from_zero(tmp_path: Path) -> None:
    """The gap falls at every step and below a tenth of where it starts (small market, few weeks)."""
    scenario = (SCENARIOS / "china_2019.yaml").read_text(encoding="utf-8")
    scenario = scenario.replace("intercepts_from: solved/china_2019.yaml\n", "")
    scenario = scenario.replace("end: 2020-06-28, warm_up_weeks: 40", "end: 2019-09-01, warm_up_weeks: 4")
    (tmp_path / "market.yaml").write_text(scenario, encoding="utf-8")
    targets = TARGETS.read_text(encoding="utf-8").replace("../china_2019.yaml", "market.yaml")
    targets = targets.replace("{from: 2018-12-31, to: 2019-12-29}", "{from: 2019-01-28, to: 2019-02-24}")
    # Four weeks sell about a fifteenth of a year.
    lines = [_scaled(line) for line in targets.splitlines()]
    (tmp_path / "targets.yaml").write_text("\n".join(lines), encoding="utf-8")
    errors: list[float] = []
    solve(
        tmp_path / "targets.yaml",
        SolveSettings(consumers=4_000, iterations=8),
        lambda _, gap: errors.append(gap),
    )
    assert errors[-1] < errors[0] / 10
    assert all(after < before for before, after in pairwise(errors[:6]))


def _scaled(line: str) -> str:
    if line.strip().startswith("gmv:"):
        amount = float(line.split(":")[1].replace("_", ""))
        return f"    gmv: {amount / 15:.1f}"
    return line


def test_broken_targets_are_told(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("scenario: x.yaml\n", encoding="utf-8")
    with pytest.raises(ValueError, match="window"):
        read_targets(tmp_path / "t.yaml")
