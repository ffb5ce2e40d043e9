"""Parts of a validation: who asks for what, what is passed on, and what is said if nothing survives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.experiments.compare import Settings
from sim.sweep.results import open_experiment
from sim.validation import parts as room
from sim.validation.history.published import published
from sim.validation.history.rivals import rivals
from sim.validation.history.study import Effort, sized
from sim.validation.history.waves import nearest, survivors
from sim.validation.parts import BASE, PARTS, SCALES, Scale, Validation
from tests.validation.history.toy import FACTORS, experiment, facts, whole

TINY = Scale(
    consumers=600, effort=Effort(batches=0, prior=6, waves=1, inner=0, wave=3),
    retelling=Effort(batches=0, waves=1, inner=0, wave=3), predicted=2, later_consumers=600,
    later_replications=1, tellings=(BASE,), markets=1,
    settings=Settings(replications=1, consumers=600), popup_points=3, popup_consumers=600,
)  # fmt: skip
TABLES = [
    "history_surviving", "history_central", "history_figures", "history_rivals", "history_held_out",
    "history_identified", "history_combinations", "history_priors", "history_tellings", "history_effort",
]  # fmt: skip

TOLD = ("history_identified", "history_combinations", "history_priors")


def test_parts_are_methods_and_sizes_have_scales() -> None:
    assert all(callable(getattr(Validation, part)) for part in PARTS)
    small, full = SCALES["small"], SCALES["full"]
    assert full.effort == Effort(), "the record is made with the effort that is written down"
    for name in ("predicted", "later_consumers", "markets", "popup_points", "popup_consumers"):
        assert getattr(small, name) < getattr(full, name)
    assert small.consumers <= full.consumers, "with fewer, noise alone rules most sets out the second time"
    assert set(small.tellings) < set(full.tellings) == set(Validation(Path()).tellings())


def test_only_what_comes_after_the_fit_leaves_the_fit_as_it_is() -> None:
    """A rise that ends on the last day of the fit is no other fit; trust and merchants are."""
    run = Validation(Path())
    assert [run.same_fit(name) for name in ("goes_on", "ends", "trust", "merchants")] == [
        True, True, False, False,
    ]  # fmt: skip


# --- a history that takes no time ----------------------------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of all tests lie: made once, as a study makes no run twice."""
    return tmp_path_factory.mktemp("validation") / "store"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Made-up figures, two tellings that are the same market, and no consumers."""
    table = facts()
    for place in ("parts.published", "history.study.published"):
        monkeypatch.setattr(f"sim.validation.{place}", lambda: table)
    monkeypatch.setattr("sim.validation.history.waves.STEPS", 40)
    monkeypatch.setattr(room, "history", lambda consumers: experiment())
    monkeypatch.setattr(room, "told", lambda made, structure: made)
    monkeypatch.setattr(room, "to_the_end", ahead)
    effort = Effort(batches=0, prior=40, waves=1, inner=1, wave=20)
    scale = replace(
        TINY,
        predicted=12,
        effort=effort,
        retelling=replace(effort, prior=0),
        tellings=(BASE, "ends", "trust"),
    )
    monkeypatch.setattr(room, "SCALES", {"small": scale, "full": replace(scale, predicted=1_000)})
    return table


ASKED: list[tuple[int, int, int]] = []


def ahead(made: Any, figures: pd.DataFrame, found: pd.DataFrame, consumers: int, replications: int) -> Any:
    """What is run to the end: the points alone."""
    ASKED.append((len(found), consumers, replications))
    return found


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs to the end: readings as in the fit, two held-out ones; the last set misses by far."""
    folders: list[str] = []
    ASKED.clear()

    def forecast(found: pd.DataFrame, folder: Path, executor: str) -> pd.DataFrame:
        folders.append(folder.name)
        table = found.drop(columns="stage").assign(one_2019q3=4.1, two_2019q3=5 * found.x)
        table.iloc[-1, table.columns.get_loc("one_2018q1")] *= 2
        return table

    monkeypatch.setattr(room, "forecast", forecast)
    return folders


def made(store: Path, **options: Any) -> tuple[Validation, list[str]]:
    said: list[str] = []
    return Validation(store, executor="serial", note=said.append, **options), said


def test_those_survive_that_also_survive_later(toy: pd.DataFrame, later: list[str], store: Path) -> None:
    run, said = made(store)
    kept = run.surviving()
    assert ASKED == [(12, 600, 1)], "of many survivors as many are run on as the scale says"
    assert len(kept) == 11
    assert f"{BASE}: 11 of 12 sets also survive on other draws and more consumers" in said
    fit = survivors(run.fitted(BASE), toy)
    assert len(fit) > 20
    assert set(kept.x) < set(fit.x)
    assert list(kept.index) == sorted(kept.index)
    run.surviving()
    assert later == ["later_goes_on"], "asked for once"
    assert list(made(store)[0].surviving().x) == list(kept.x), "the same ones are chosen again"


def test_all_are_run_on_if_they_are_few(toy: pd.DataFrame, later: list[str], store: Path) -> None:
    run, _ = made(store, size="full")
    run.surviving()
    ((asked, _, _),) = ASKED
    assert asked == len(survivors(run.fitted(BASE), toy))


def test_tellings_are_fitted_where_they_differ_before_the_end(
    toy: pd.DataFrame, later: list[str], store: Path
) -> None:
    run, said = made(store)
    run.later("ends")
    assert not (store / "fit_ends").exists(), "the same to June 2019, so the same fit"
    run.later("trust")
    study = run.study("trust")
    assert later == ["later_ends", "later_trust"]
    assert study.stages == [("starts", 60), ("wave 1", 20), ("wave 2", 20)]
    closest = nearest(run.fitted(BASE), toy, 60)
    np.testing.assert_array_equal(study.runs().iloc[:60][["x", "y", "z"]], closest[["x", "y", "z"]])
    assert any(words.startswith("trust: starts: ") for words in said)


@pytest.fixture
def tables(toy: pd.DataFrame, later: list[str], store: Path) -> dict[str, pd.DataFrame]:
    """Of a store in which the other fit lies already."""
    made(store)[0].later("trust")
    return dict(made(store)[0].history())


def test_all_tables_of_a_history(toy: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    assert list(tables) == TABLES
    kept = tables["history_surviving"]
    assert list(kept.columns) == ["x", "y", "z"]
    assert tables["history_central"].iloc[0].tolist() in kept.to_numpy().tolist()
    assert list(tables["history_figures"].index) == list(toy.index)
    pd.testing.assert_frame_equal(tables["history_rivals"], rivals(toy))
    assert list(tables["history_held_out"].index) == ["one_2019q3", "two_2019q3"]
    assert set(tables["history_identified"].index) == {"x", "y", "z"}
    retold = tables["history_tellings"]
    assert list(retold.index) == [
        (telling, name) for telling in (BASE, "ends", "trust") for name in ("one_2019q3", "two_2019q3")
    ]
    assert list(retold["sets"]) == [11] * 6
    assert retold.miss[("trust", "one_2019q3")] == pytest.approx(0.025)


def test_every_index_has_a_name_so_that_it_is_written(tables: dict[str, pd.DataFrame]) -> None:
    bare = {"history_surviving", "history_central", "history_combinations", "history_priors"}
    named = set(TABLES) - bare
    assert {name for name, table in tables.items() if table.index.names != [None]} == named


def test_the_effort_is_that_of_the_store(
    toy: pd.DataFrame, tables: dict[str, pd.DataFrame], store: Path
) -> None:
    table = tables["history_effort"]
    assert table.points.to_dict() == {"prior": 40, "wave 1": 20, "wave 2": 20}
    for stage, rows in made(store)[0].fitted(BASE).groupby("stage"):
        assert table.survive[stage] == len(survivors(rows, toy))
    every = [open_experiment(store / f"fit_{name}").runs().cpu_s for name in (BASE, "trust")]
    assert set(table.runs_in_store) == {80 + 100}
    assert list(table.processor_seconds) == pytest.approx([float(sum(t.sum() for t in every))] * 3)
    assert set(table.survive_twice) == {11}


def test_few_sets_tell_nothing_about_parameters(
    toy: pd.DataFrame, later: list[str], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three sets a parameter, or nothing is said: of nine and of ten one each misses a figure later."""
    for predicted, there in ((9, False), (10, True)):
        scale = replace(room.SCALES["small"], predicted=predicted)
        monkeypatch.setattr(room, "SCALES", {"small": scale})
        run, said = made(store)
        assert bool({"history_identified", "history_combinations"} & dict(run.history()).keys()) == there
        assert ("8 sets are too few to say what 3 parameters are told" in said) != there


def test_the_share_of_the_prior_is_that_of_the_limits(tables: dict[str, pd.DataFrame]) -> None:
    """|0.9 (x - 1)| and, at x = 1, |1.3 y| are at most ln 1.1; both ranges are two wide."""
    share = tables["history_effort"].prior_share_by_surfaces.iloc[0]
    assert share == pytest.approx(np.log(1.1) / 0.9 * np.log(1.1) / 1.3, rel=0.15)


def test_a_history_that_nothing_survives_says_so(
    toy: pd.DataFrame, later: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy["tolerance"] = 1e-12
    scale = replace(TINY, effort=Effort(batches=0, prior=8, waves=0, inner=0))
    monkeypatch.setattr(room, "SCALES", {"small": scale})
    run, said = made(tmp_path)
    for part in ("history", "patterns", "popup"):
        with pytest.raises(ValueError, match="no parameter set survives: nothing can be said at this size"):
            list(getattr(run, part)())
    assert f"{BASE}: no parameter set survives" in said
    assert later == []


def test_a_telling_that_nothing_survives_is_left_out(
    toy: pd.DataFrame, later: list[str], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = made(store)
    kept = run.later(BASE)
    monkeypatch.setattr(Validation, "later", lambda self, name=BASE: kept if name == BASE else kept.iloc[:0])
    assert set(run.retold(toy).index.get_level_values("telling")) == {BASE}


# --- the other parts -----------------------------------------------------------------------------


def sets(count: int) -> pd.DataFrame:
    draws = np.random.default_rng(1).random((count, 3))
    return pd.DataFrame(draws, columns=["x", "y", "z"]).assign(one_2018q1=1.0)


@pytest.fixture
def found(toy: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Five surviving sets without any run."""
    table = sets(5)
    monkeypatch.setattr(Validation, "later", lambda self, telling=BASE: table)
    return table


def test_patterns_are_looked_for_in_some_markets(
    found: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[pd.DataFrame, int]] = []

    def patterns(vectors: pd.DataFrame, consumers: int, note: Any) -> pd.DataFrame:
        note("a vector")
        asked.append((vectors, consumers))
        return pd.DataFrame({"passed": [True]})

    monkeypatch.setattr(room, "patterns", patterns)
    run, said = made(tmp_path)
    ((name, _),) = run.patterns()
    assert name == "patterns"
    assert said == ["a vector"]
    vectors, consumers = asked[0]
    assert consumers == 600
    assert list(vectors.columns) == [factor.name for factor in FACTORS], "no readings"
    assert len(vectors) == 1
    assert vectors.index[0] in found.index


def test_outside_packages_are_asked_at_the_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "outside", lambda size: pd.DataFrame({"size": [size]}))
    ((name, table),) = Validation(tmp_path, size="full").outside()
    assert (name, table["size"][0]) == ("outside", "full")


def test_structures_are_tried_in_the_fitted_market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def alternatives(case: Any, structures: Any, settings: Settings, done: Any) -> pd.DataFrame:
        asked.append((case.scenario.path.name, case.base.path.name, set(structures), settings))
        done("plain_logit")
        return pd.DataFrame()

    monkeypatch.setattr(room, "alternatives", alternatives)
    run, said = made(tmp_path)
    ((name, _),) = run.structures()
    assert name == "structures"
    ((scenario, base, structures, settings),) = asked
    assert (scenario, base) == ("popup_fitted.yaml", "stay_out_fitted.yaml")
    assert "plain_logit" in structures
    assert settings == SCALES["small"].settings
    assert said == ["structures: plain_logit"]


def test_the_popup_is_tried_in_the_surviving_markets(
    found: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknowns are the factors that the history has not; both tables hold all outcomes."""
    from sim.sweep.designs import design
    from sim.sweep.experiment import of_function
    from sim.sweep.factors import Factor

    own = (Factor("own", low=0, high=1), *FACTORS)

    def worth(seeds: Any, own: float, x: float, y: float, z: float) -> dict[str, float]:
        return {"value": 3 * own + x, "sales": own - y}

    def joined(history: Any, surviving: pd.DataFrame, points: int, consumers: int) -> Any:
        assert (points, consumers) == (3, 600)
        assert surviving is found
        return of_function(worth, own, design("lhs", own, points=40, seed=1), ["value", "sales"])

    monkeypatch.setattr("sim.validation.popup.joined", joined)
    run, _ = made(tmp_path)
    tables = dict(run.popup())
    assert list(tables) == ["popup_levels", "popup_moves"]
    levels, moved = tables["popup_levels"], tables["popup_moves"]
    assert levels.index.name == "outcome"
    assert list(levels.index) == ["value", "sales"]
    assert levels.explained_by_market.tolist() == [0.0, 0.0], "no two points share a market"
    assert levels.explained_by_unknowns["value"] == pytest.approx(9 / 13, abs=0.15)
    assert list(moved.factor) == ["own", "own"]
    assert (tmp_path / "popup").is_dir()


# --- a real market, as small as it gets ----------------------------------------------------------


def test_a_real_history_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What 600 consumers say means nothing, but every table comes out, of markets that were run.

    Three factors are left, as surfaces take twice as many runs, and figures may be missed a hundredfold.
    """
    table = published().assign(tolerance=100.0)
    for place in ("parts.published", "history.study.published"):
        monkeypatch.setattr(f"sim.validation.{place}", lambda: table)
    some = [factor for factor in whole().factors if factor.name in ("pdd_level", "jd_level", "growth")]
    monkeypatch.setattr(
        room, "history", lambda consumers: sized(replace(whole(), factors=tuple(some)), consumers)
    )
    monkeypatch.setattr(room, "SCALES", {"small": TINY})
    monkeypatch.setattr("sim.validation.history.waves.STEPS", 20)
    tables = dict(Validation(tmp_path, executor="serial").history())
    assert list(tables) == [name for name in TABLES if name not in TOLD], "two sets tell nothing"
    assert len(tables["history_surviving"]) == 2
    assert tables["history_effort"].points.to_dict() == {"prior": 6, "wave 1": 3}
    figures = tables["history_figures"]
    assert list(figures.index) == list(table.index)
    assert (figures.low > 0).all()
    assert figures.loc["pinduoduo_spend_2019q2", "median"] == pytest.approx(
        figures.loc["pinduoduo_sales_2019q2", "median"] / figures.loc["pinduoduo_buyers_2019q2", "median"],
        rel=0.3,
    )
    assert figures["median"].alibaba_buyers_2019q4 == pytest.approx(711e6, rel=0.5), (
        "in people, not consumers"
    )
