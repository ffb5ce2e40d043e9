"""What was published, and what the fit may see of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.validation.history.misses import distance, misses, worst
from sim.validation.history.published import FACTS, FITTED_UNTIL, outcomes, published, series_of
from sim.validation.history.study import history


def test_no_fitted_figure_is_later_than_june_2019() -> None:
    facts = published()
    assert max(facts.on[facts.role == "fitted"]) <= FITTED_UNTIL == date(2019, 6, 30)
    assert min(facts.on[facts.role == "held out"]) > FITTED_UNTIL


def test_the_fit_ends_in_june_2019() -> None:
    """The market of the fit has no later week, so nothing of them can be looked at."""
    experiment = history()
    (scenario,) = experiment.work.scenarios({})  # type: ignore[attr-defined]
    assert scenario.time.end == FITTED_UNTIL


def test_held_out_figures_are_those_of_the_design() -> None:
    facts = published()
    values = facts.value[
        [f"pinduoduo_{what}_2019q{q}" for what in ("sales", "buyers", "spend") for q in (3, 4)]
    ]
    assert list(values) == [840.2e9, 1006.6e9, 536.3e6, 585.2e6, 1566.7, 1720.1]


def test_figures_are_those_of_the_fact_files() -> None:
    facts, gmv, buyers = (
        published(),
        pd.read_csv("scenarios/facts/gmv.csv"),
        pd.read_csv("scenarios/facts/buyers.csv"),
    )
    names = {"pinduoduo": "Pinduoduo", "jd": "JD", "alibaba": "Alibaba_China_retail"}
    checked = 0
    for _, row in facts.iterrows():
        company, on = names.get(row.party), str(row.on)
        if row.reading == "sales of twelve months":
            found = gmv[(gmv.company == company) & (gmv.period_end == on) & (gmv.months == 12)]
            assert np.isclose(row.value, found.value_bn_cny * 1e9).any()
            checked += 1
        if row.reading == "yearly buyers":
            found = buyers[
                (buyers.company == company) & (buyers.date == on) & (buyers.metric == "annual_active_buyers")
            ]
            assert row.value == pytest.approx(float(found.value.iloc[0]) * 1e6)
            checked += 1
    assert checked > 40


WRONG = [
    ("2019-09-30,536300000,people,0.1,held out", "2019-09-30,536300000,people,0.1,fitted", "held out if"),
    ("sales of twelve months,2017-12-31", "sale of twelve months,2017-12-31", "unknown reading"),
    ("141200000000,currency", "141200000000,people", "expected unit currency"),
    ("141200000000,currency,0.1", "141200000000,currency,0", "above zero"),
    ("currency,0.1,fitted", "currency,0.1,fited", "expected role"),
    ("pinduoduo_sales_2018q1", "pinduoduo_sales_2017q4", "stands there twice"),
]


@pytest.mark.parametrize(("old", "new", "says"), WRONG)
def test_a_wrong_row_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = FACTS.read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "facts.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        published(tmp_path / "facts.csv")


def test_a_miss_of_the_tolerance_is_one() -> None:
    facts = published()
    exact = pd.DataFrame(
        [facts.value, facts.value * (1 + facts.tolerance), facts.value / (1 + facts.tolerance)]
    )
    missed = misses(exact.reset_index(drop=True), facts)
    assert np.allclose(missed.loc[0], 0)
    assert np.allclose(missed.loc[1], 1)
    assert np.allclose(missed.loc[2], -1)
    assert list(worst(missed).round(9)) == [0, 1, 1]
    assert list(distance(missed).round(9)) == [0, 1, 1]


def test_every_series_counts_once_in_the_distance() -> None:
    facts = published()
    fitted = facts[facts.role == "fitted"]
    series = pd.Series(series_of(str(name) for name in fitted.index))
    for name in ("pinduoduo_sales", "all_month"):
        off = np.where(series == name, 1 + fitted.tolerance, 1.0)
        missed = misses(pd.DataFrame([fitted.value * off], columns=fitted.index), facts)
        assert distance(missed).iloc[0] == pytest.approx(series.nunique() ** -0.5)


def test_a_failed_run_has_no_distance() -> None:
    facts = published()
    row = facts.value.copy()
    row["jd_sales_2018q4"] = np.nan
    missed = misses(pd.DataFrame([row]), facts)
    assert distance(missed).isna().all()
    assert worst(missed).isna().all()


def test_figures_become_readings() -> None:
    facts = published()
    found = outcomes(facts)
    assert list(found) == list(facts.index)
    assert found["jd_buyers_2018q1"].on == date(2018, 3, 31)
    assert found["jd_buyers_2018q1"].party == "jd"
