"""One table of all comparisons."""

from __future__ import annotations

import sys
from typing import cast

import pandas as pd
import pytest

from sim.validation.outside import mixed_logit, outside, table
from sim.validation.outside.bertrand import PLAIN, their_prices
from sim.validation.outside.choices import record_choices
from sim.validation.outside.fair import CATEGORY, Fair, People
from sim.validation.outside.mixed_logit import estimate
from sim.validation.outside.rows import Row, exact
from sim.validation.outside.table import Bass, Effort


def test_all_checks_are_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected: prices, thresholds, spread, both logits; each with package and version."""

    def one(size: mixed_logit.Size, seed: int) -> list[Row]:
        return [exact("mixed", "q", float(seed), float(seed), size.draws)]

    monkeypatch.setitem(table.BASS, "small", Bass(500, 3))
    monkeypatch.setattr(table.mixed_logit, "CHECKS", (one,))
    found = outside("small", 4)
    words = {check.split(",")[0] for check in found["check"]}
    assert words == {"Bertrand prices", "Dixit thresholds", "Bass", "cross-nested logit", "mixed"}
    assert set(found["package"]) == {"pyblp", "scipy", "xlogit"}
    assert found["truth"].iloc[-1] == 4.0
    assert found["passed"].dtype == bool
    again = outside("small", 4)
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), found.drop(columns="seconds"), rtol=1e-12)


def test_no_other_size() -> None:
    with pytest.raises(ValueError, match="small or full"):
        outside(cast(Effort, "huge"))


@pytest.mark.parametrize("package", ["pyblp", "xlogit"])
def test_a_missing_package_names_the_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    choices = record_choices(
        Fair(1, People(), {"north": 0.0, "faraway_site": 0.0}).scenario(), CATEGORY, consumers=100, seed=1
    )
    with pytest.raises(ModuleNotFoundError, match=r"retail-entry-sim\[validation\]"):
        their_prices(PLAIN) if package == "pyblp" else estimate(choices, draws=1)
