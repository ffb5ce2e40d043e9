"""A study fits a history in stages, keeps every run, and goes on where it was killed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.sweep.market_work import MarketWork
from sim.sweep.results import open_experiment
from sim.validation.history import study as room
from sim.validation.history.misses import distance, misses
from sim.validation.history.published import outcomes, published
from sim.validation.history.study import Effort, Study, history, reading, sized
from sim.validation.history.waves import nearest, survivors
from tests.validation.history import toy
from tests.validation.history.toy import NAMES, experiment, facts, failing, stored

EFFORT = Effort(batches=3, batch=8, prior=25, waves=1, inner=1, wave=12)
STAGES = [("search", 24), ("prior", 25), ("wave 1", 12), ("wave 2", 12)]
NUMBERS = ["x", "y", "z", *NAMES, "stage"]


@pytest.fixture(autouse=True)
def figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up figures in the place of the published ones, in few steps of few walkers."""
    monkeypatch.setattr(room, "published", facts)
    monkeypatch.setattr("sim.validation.history.waves.STEPS", 40)


def study(folder: Path, effort: Effort = EFFORT, **options: Any) -> Study:
    made = options.pop("experiment", experiment())
    return Study(made, folder, effort, "serial", **options)


def counts(runs: pd.DataFrame) -> list[tuple[str, int]]:
    return [(str(stage), len(rows)) for stage, rows in runs.groupby("stage", sort=False)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, list[str]]:
    """A study that nobody disturbs: its folder, its runs, and what it said."""
    said: list[str] = []
    folder = tmp_path_factory.mktemp("study") / "whole"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "published", facts)
        patched.setattr("sim.validation.history.waves.STEPS", 40)
        return folder, study(folder, note=said.append).run(), said


Whole = tuple[Path, pd.DataFrame, list[str]]


def test_every_stage_makes_as_many_runs_as_it_asks_for(whole: Whole) -> None:
    folder, runs, said = whole
    assert study(folder).stages == STAGES
    assert counts(runs) == STAGES
    assert open_experiment(folder).status()["ok"] == 73
    np.testing.assert_allclose(runs.one_2018q1, np.exp(0.7 * runs.x))
    assert [one.partition(":")[0] for one in said] == ["search"] * 3 + ["prior", "wave 1", "wave 2"]


def test_the_search_comes_nearer_and_waves_hit(whole: Whole) -> None:
    """A tenth of tolerance on x and x + y: hardly a draw of the prior survives, most of a wave do."""
    _, runs, said = whole
    kept = survivors(runs, facts()).groupby("stage").size().reindex([name for name, _ in STAGES]).fillna(0)
    assert kept["prior"] <= 3
    assert kept["wave 2"] >= 10
    far = distance(misses(runs[runs.stage == "search"], facts()))
    assert far.iloc[16:].mean() < 0.8 * far.iloc[:8].mean()
    for stage, count in STAGES[1:]:
        words = f"{stage}: {kept[stage]:.0f} of {count} runs miss nothing by more than its tolerance"
        assert words in said, "what is said is what the table says"


def test_a_second_run_makes_no_further_runs(whole: Whole) -> None:
    folder, runs, _ = whole
    before = stored(folder)
    again = study(folder).run()
    pd.testing.assert_frame_equal(stored(folder), before)
    pd.testing.assert_frame_equal(again, runs)


@pytest.mark.parametrize("stage", ["search", "prior", "wave 1"])
def test_a_study_that_was_killed_goes_on(stage: str, whole: Whole, tmp_path: Path) -> None:
    """Told the same, asked the same: its table is that of one which nobody disturbed."""

    def kill(words: str) -> None:
        if words.startswith(stage):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study(tmp_path / "cut", note=kill).run()
    before = stored(tmp_path / "cut")
    assert 0 < len(before) < 73
    again = study(tmp_path / "cut").run()
    after = stored(tmp_path / "cut")
    assert len(after) == 73
    pd.testing.assert_frame_equal(after.merge(before), before, check_like=True)
    pd.testing.assert_frame_equal(again[NUMBERS], whole[1][NUMBERS])


def test_another_seed_draws_other_points(whole: Whole, tmp_path: Path) -> None:
    effort = replace(EFFORT, batches=0, waves=0, inner=0, seed=2)
    other = study(tmp_path / "other", effort).run()
    assert counts(other) == [("prior", 25)], "without batches nothing is searched"
    mine = whole[1][whole[1].stage == "prior"]
    assert not np.isin(other.x, mine.x).any()


def test_a_study_may_begin_with_points_of_another_one(whole: Whole, tmp_path: Path) -> None:
    """Neither search nor prior; waves are drawn from what the points tell."""
    starts = nearest(whole[1], facts(), 20)
    made = study(tmp_path / "second", starts=starts)
    assert made.stages == [("starts", 20), ("wave 1", 12), ("wave 2", 12)]
    runs = made.run()
    assert counts(runs) == made.stages
    np.testing.assert_array_equal(runs[runs.stage == "starts"][["x", "y", "z"]], starts[["x", "y", "z"]])
    before = stored(tmp_path / "second")
    pd.testing.assert_frame_equal(study(tmp_path / "second", starts=starts).run(), runs)
    pd.testing.assert_frame_equal(stored(tmp_path / "second"), before)
    assert len(survivors(runs[runs.stage == "wave 2"], facts())) >= 10


def test_errors_of_surfaces_are_granted_in_the_first_waves_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[int, int, float]] = []

    def recorded(runs: pd.DataFrame, *others: Any) -> Any:
        _, _, count, seed, errors = others
        asked.append((len(runs), seed, errors))
        drawn = np.random.default_rng(seed).random((count, 3))
        return pd.DataFrame(drawn, columns=["x", "y", "z"]), None

    monkeypatch.setattr(room, "next_points", recorded)
    effort = Effort(batches=0, prior=10, waves=2, inner=1, wave=5, seed=7)
    study(tmp_path / "s", effort).run()
    assert asked == [(10, 7, 1.0), (15, 8, 1.0), (20, 9, 0.0)]
    study(tmp_path / "s", effort).run()
    assert asked[3:] == asked[:3], "what a wave is told does not hang on what came after it"


def test_runs_that_fail_move_no_stage(tmp_path: Path) -> None:
    """A fifth of the prior fails; the others stay in their stages, and a second run makes no further runs."""
    effort = Effort(batches=0, prior=40, waves=1, inner=1, wave=6)
    runs = study(tmp_path / "s", effort, experiment=experiment(failing)).run()
    assert dict(counts(runs))["prior"] == 32
    assert set(runs["index"][runs.stage == "wave 1"]) <= set(range(40, 46))
    before = stored(tmp_path / "s")
    study(tmp_path / "s", effort, experiment=experiment(failing)).run()
    pd.testing.assert_frame_equal(stored(tmp_path / "s"), before)


def test_points_beyond_the_stages_are_later_ones(whole: Whole) -> None:
    fewer = study(whole[0], replace(EFFORT, inner=0)).runs()
    assert counts(fewer) == [*STAGES[:3], ("later", 12)]


# --- the experiment ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Any:
    return toy.whole()


def test_the_history_asks_for_the_fitted_figures_and_nothing_else(real: Any) -> None:
    """Names, parties, readings and days are those of the fitted rows, in their order."""
    table = published()
    assert isinstance(real.work, MarketWork)
    assert dict(real.work.outcomes) == outcomes(table[table.role == "fitted"])
    assert list(real.outcomes) == list(table.index[table.role == "fitted"])


def test_a_file_with_other_outcomes_is_refused(monkeypatch: pytest.MonkeyPatch, real: Any) -> None:
    table = published()
    monkeypatch.setattr(room, "load", lambda path: real)
    table.loc["pinduoduo_spend_2018q1", "role"] = "fitted"
    monkeypatch.setattr(room, "published", lambda: table)
    with pytest.raises(ValueError, match=r"china_history\.yaml: expected the fitted figures"):
        history()
    monkeypatch.setattr(room, "published", published)
    assert history(consumers=700).work == replace(real.work, consumers=700)


def test_the_same_history_at_another_size_and_with_other_figures(real: Any) -> None:
    assert sized(real, 700).work == replace(real.work, consumers=700)
    some = published().iloc[7:9]
    other = reading(real, some)
    assert list(other.outcomes) == ["pinduoduo_sales_2019q3", "pinduoduo_sales_2019q4"]
    assert dict(other.work.outcomes) == outcomes(some)  # type: ignore[attr-defined]
    assert other.factors == real.factors
