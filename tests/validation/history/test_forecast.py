"""Predictions of the surviving set: what is run to the end, and how it is held against what was published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.scenario.changes import UnsoundError
from sim.sweep.designs import design
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.market_work import MarketWork
from sim.sweep.sweep import Interrupted
from sim.validation.history.forecast import (
    beside_rivals,
    forecast,
    held_against,
    still_there,
    to_the_end,
    told,
)
from sim.validation.history.published import FITTED_UNTIL, outcomes, published
from sim.validation.structures import Structure, read_structures
from tests.markets import SCENARIOS
from tests.validation.history.toy import FACTORS, NAMES, experiment, facts, failing, stored, whole

TELLINGS = read_structures(SCENARIOS / "validation" / "history.yaml")


@pytest.fixture(scope="module")
def fit() -> Experiment:
    return whole()


def work(made: Experiment) -> MarketWork:
    assert isinstance(made.work, MarketWork)
    return made.work


# --- what is run ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ahead(fit: Experiment) -> Experiment:
    points = fit.design.points.iloc[[4, 9]]
    return to_the_end(fit, published(), points, 1_500, 3)


def test_the_market_goes_on_to_march_2020(fit: Experiment, ahead: Experiment) -> None:
    """Expected: the last day, and the day on which Amazon's marketplace closed; nothing else differs."""
    (before,), (after,) = (work(made).scenarios({}) for made in (fit, ahead))
    assert (before.time.end, after.time.end) == (FITTED_UNTIL, date(2020, 3, 29))
    closes = [one.storefronts["amazon_marketplace"].open.to for one in (before, after)]
    assert closes == [None, date(2019, 7, 17)]
    time = after.time.model_copy(update={"end": before.time.end})
    store = after.storefronts["amazon_marketplace"]
    window = store.open.model_copy(update={"to": None})
    stores = {**after.storefronts, "amazon_marketplace": store.model_copy(update={"open": window})}
    assert after.model_copy(update={"time": time, "storefronts": stores}) == before


def test_all_figures_are_read_that_a_run_can_read(ahead: Experiment) -> None:
    facts = published()
    assert dict(work(ahead).outcomes) == outcomes(facts)
    assert list(ahead.outcomes) == list(work(ahead).outcomes)
    assert {"pinduoduo_sales_2019q4", "pinduoduo_spend_2018q1"} < set(ahead.outcomes)
    assert "pinduoduo_sales_2017q3" not in ahead.outcomes


def test_points_are_those_of_the_set_on_draws_that_the_fit_never_saw(
    fit: Experiment, ahead: Experiment
) -> None:
    names = [factor.name for factor in fit.factors]
    np.testing.assert_array_equal(ahead.design.points[names], fit.design.points[names].iloc[[4, 9]])
    assert work(ahead).consumers == 1_500
    assert ahead.factors == fit.factors
    assert ahead.draws.replications == 3
    seeds = {(s.world, s.shock) for s in ahead.draws.seeds("")}
    assert len(seeds) == 3
    assert not seeds & {(s.world, s.shock) for s in fit.draws.seeds("")}


def test_another_telling_changes_what_it_says_and_nothing_else(fit: Experiment) -> None:
    (before,), (after,) = (work(made).scenarios({}) for made in (fit, told(fit, TELLINGS["ends"])))
    one, other = before.platforms["pinduoduo"], after.platforms["pinduoduo"]
    assert one.appeal.until is None  # type: ignore[union-attr]
    assert other.appeal.until == FITTED_UNTIL  # type: ignore[union-attr]
    appeal = other.appeal.model_copy(update={"until": None})  # type: ignore[union-attr]
    platforms = {**after.platforms, "pinduoduo": other.model_copy(update={"appeal": appeal})}
    assert after.model_copy(update={"platforms": platforms}) == before
    assert told(fit, TELLINGS["goes_on"]).work == fit.work
    wrong = Structure(title="x", set={"platforms.pinduoduo.trust": 7})
    with pytest.raises(UnsoundError, match="trust"):
        told(fit, wrong)


def test_a_telling_reaches_to_the_end(fit: Experiment) -> None:
    """Factors still move what the telling leaves: the level, not the day on which the rise ends."""
    points = fit.design.points.iloc[:1]
    made = to_the_end(told(fit, TELLINGS["ends"]), published(), points, 100, 1)
    (scenario,) = work(made).scenarios({"pdd_level": 0.25, "pdd_growth": 1.5})
    appeal = scenario.platforms["pinduoduo"].appeal
    assert (appeal.level, appeal.per_year, appeal.until) == (0.25, 1.5, FITTED_UNTIL)  # type: ignore[union-attr]
    assert scenario.time.end == date(2020, 3, 29)


def test_forecasts_are_means_and_are_made_once(tmp_path: Path) -> None:
    made = experiment(replications=3)
    found = forecast(made, tmp_path / "f", "serial")
    assert len(found) == 1
    assert found.n[0] == 3
    assert found.one_2018q1[0] == pytest.approx(np.exp(0.7))
    before = stored(tmp_path / "f")
    pd.testing.assert_frame_equal(forecast(made, tmp_path / "f", "serial"), found)
    pd.testing.assert_frame_equal(stored(tmp_path / "f"), before)


def test_half_a_set_is_no_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that failed, or were never made as somebody stopped them, would look like a smaller set."""
    points = design("list", FACTORS, rows=[{"x": 1.0, "y": 0.0, "z": z} for z in (0.1, 0.5, 0.9)])
    made = of_function(failing, FACTORS, points, NAMES)
    with pytest.raises(ValueError, match="1 runs failed and 0 are not there: nothing is concluded"):
        forecast(made, tmp_path / "f", "serial")
    stopped = type("Report", (), {"interrupted": True, "failed": 0, "left": 2})()
    monkeypatch.setattr("sim.validation.history.forecast.run", lambda *_, **__: stopped)
    with pytest.raises(Interrupted):
        forecast(made, tmp_path / "f", "serial")


# --- how it is held against what was published ----------------------------------------------------


def test_sets_that_miss_a_fitted_figure_here_are_left_out() -> None:
    """A miss of a held-out figure rules nothing out; a tolerance counts up and down alike; NaN is a miss."""
    table = facts(0.1)
    rows = [table.value.copy() for _ in range(5)]
    rows[1]["one_2019q3"] *= 3
    rows[2]["one_2018q1"] *= 1.11
    rows[3]["two_2018q2"] /= 1.09
    rows[4]["one_2018q2"] = np.nan
    assert list(still_there(pd.DataFrame(rows).reset_index(drop=True), table).index) == [0, 1, 3]


def predicted() -> pd.DataFrame:
    """101 sets: readings from 0 to 100 % above 2, and one that is always 4.9."""
    share = np.linspace(0, 1, 101)
    return pd.DataFrame({"x": share, "one_2018q1": 2 * (1 + share), "two_2019q3": np.full(101, 4.9)})


def test_held_against_by_hand() -> None:
    held = held_against(predicted(), facts())
    assert list(held.index) == ["one_2018q1", "two_2019q3"], "figures that nobody read are left out"
    row = held.loc["one_2018q1"]
    assert list(row[["median", "low", "high", "lowest", "highest"]]) == pytest.approx([3, 2.1, 3.9, 2, 4])
    assert row.published == pytest.approx(np.exp(0.7))
    assert row.miss == pytest.approx(3 / np.exp(0.7) - 1)
    assert not row.close
    other = held.loc["two_2019q3"]
    assert other.miss == pytest.approx(-0.02)
    assert other.close
    assert not other.covered, "no spread, no cover"
    assert list(held.role) == ["fitted", "held out"]
    assert list(held.confidence) == ["A", "C"]


@pytest.mark.parametrize(("value", "covered"), [(2.05, False), (2.15, True), (3.85, True), (3.95, False)])
def test_covered_is_between_the_percentiles(value: float, covered: bool) -> None:
    table = facts()
    table.loc["one_2018q1", "value"] = value
    assert held_against(predicted(), table).covered["one_2018q1"] == covered


@pytest.mark.parametrize(("value", "close"), [(3.15, True), (3.16, False), (2.86, True), (2.85, False)])
def test_close_is_within_five_per_cent_of_what_was_published(value: float, close: bool) -> None:
    table = facts()
    table.loc["one_2018q1", "value"] = value
    assert held_against(predicted(), table).close["one_2018q1"] == close


def test_the_model_beats_a_rival_by_missing_less() -> None:
    """Rows: nearer than both, nearer than one of two, farther than the only one, and no rival at all."""
    names = ["a", "b", "c", "d", "seen"]
    held = pd.DataFrame(
        {"published": 100.0, "median": [98, 103, 110, 101, 100], "role": ["held out"] * 4 + ["fitted"]},
        index=pd.Index(names, name="name"),
    )
    held["miss"] = held["median"] / held.published - 1
    others = pd.DataFrame(
        {"bass": [90.0, 98.0, np.nan, np.nan], "extrapolation": [105.0, 120.0, 95.0, np.nan]}, index=names[:4]
    )
    found = beside_rivals(held, others)
    assert list(found.index) == names[:4], "what was fitted is no forecast"
    assert list(found.miss_bass[:2]) == pytest.approx([-0.1, -0.02])
    assert found.miss_extrapolation["c"] == pytest.approx(-0.05)
    assert list(found.beats[:3]) == [True, False, False]
    assert np.isnan(found.beats["d"])
