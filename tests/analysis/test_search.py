"""Minima that are known are found, and a search that was cut off goes on as if it had not been."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.analysis.asking import Sampler
from sim.analysis.search import Found, Goal, Search, search
from sim.sweep.factors import Factor

ALL = get_args(Sampler)
PLANE = (Factor("x", low=-3.0, high=5.0), Factor("y", low=-3.0, high=5.0))
LEAST = (Goal("cost", "minimise"),)
UNIT = tuple(Factor(f"x{k}", low=0.0, high=1.0) for k in range(4))
BOTH = (Goal("near", "minimise"), Goal("far", "minimise"))


def sphere(points: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"cost": (points.x - 1.0) ** 2 + (points.y - 1.0) ** 2})


def rosenbrock(points: pd.DataFrame) -> pd.DataFrame:
    """Rosenbrock (1960), An automatic method for finding the greatest or least value of a function."""
    return pd.DataFrame({"cost": 100.0 * (points.y - points.x**2) ** 2 + (1.0 - points.x) ** 2})


def zdt1(points: pd.DataFrame) -> pd.DataFrame:
    """Zitzler, Deb and Thiele (2000): the front is far = 1 - sqrt(near), where all but the first are 0."""
    x = points.to_numpy()
    g = 1.0 + 9.0 * x[:, 1:].mean(axis=1)
    return pd.DataFrame({"near": x[:, 0], "far": g * (1.0 - np.sqrt(x[:, 0] / g))})


class Counted:
    """Runs points, keeps them as a store would, and breaks down when it has run enough."""

    def __init__(self, function: Callable[[pd.DataFrame], pd.DataFrame], limit: float = np.inf) -> None:
        self.function, self.limit = function, limit
        self.points, self.outcomes = pd.DataFrame(), pd.DataFrame()

    def __call__(self, points: pd.DataFrame) -> pd.DataFrame:
        room = int(min(len(points), self.limit - len(self.points)))
        outcomes = self.function(points)
        self.points = pd.concat([self.points, points.head(room)], ignore_index=True)
        self.outcomes = pd.concat([self.outcomes, outcomes.head(room)], ignore_index=True)
        if room < len(points):
            raise KeyboardInterrupt
        return outcomes


def test_sphere_and_rosenbrock() -> None:
    """Minimum 0 at (1, 1)."""
    for function, batches in ((sphere, 30), (rosenbrock, 60)):
        best = search(Search(PLANE, LEAST, "cmaes", 10, seed=1), function, batches).best
        assert best.cost < 1e-8
        assert (best.x, best.y) == pytest.approx((1.0, 1.0), abs=1e-3)


@pytest.mark.parametrize("sampler", ALL)
def test_every_sampler_asks_within_the_ranges(sampler: Sampler) -> None:
    found = search(Search(PLANE, LEAST, sampler, 8, seed=1), sphere, 6)
    assert len(found.points) == 48
    assert found.points.to_numpy().min() >= -3.0
    assert found.points.to_numpy().max() <= 5.0
    if not sampler.startswith("nsga"):  # which may keep a parent as it is
        assert found.points.drop_duplicates().shape[0] == 48
    assert found.best.cost == sphere(found.points).cost.min() < 2.0


def test_first_batch_knows_the_space() -> None:
    """Not a point of a Sobol sequence is drawn at random, and cmaes starts in the middle."""
    first = search(Search(PLANE, LEAST, "sobol", 64), sphere, 1).points
    eighths = np.floor(first + 3.0).astype(int)
    assert (eighths.value_counts() == 1).all()
    assert len(eighths.drop_duplicates()) == 64
    first = search(Search(PLANE, LEAST, "cmaes", 64), sphere, 1).points
    assert first.std().to_numpy() / 8.0 == pytest.approx(1.0 / 6.0, abs=0.03)


def test_learning_beats_chance() -> None:
    got = {s: search(Search(PLANE, LEAST, s, 8, seed=3), sphere, 15).best.cost for s in ALL}
    assert all(got[learned] < 0.1 * got["random"] for learned in ("cmaes", "nsga2", "tpe"))


def test_front_of_two_aims() -> None:
    front = search(Search(UNIT, BOTH, "nsga2", 32, seed=2), zdt1, 25).front
    gap = front.far - (1.0 - np.sqrt(front.near))
    assert len(front) > 30
    assert (gap >= -1e-12).all()
    assert gap.mean() < 0.05
    assert front.near.max() - front.near.min() > 0.8


def same(a: Found, b: Found) -> bool:
    return a.points.equals(b.points) and a.outcomes.equals(b.outcomes)


@pytest.mark.parametrize("sampler", ALL)
def test_resumed_is_uninterrupted_bit_for_bit(sampler: Sampler, tmp_path: Path) -> None:
    """Killed within the fourth batch; the store is a file."""
    factors = (*PLANE, Factor("weeks", low=1, high=60, whole=True, scale="log"))
    spec = Search(factors, LEAST, sampler, 6, seed=11)
    whole = search(spec, sphere, 7)
    killed = Counted(sphere, limit=20)
    with pytest.raises(KeyboardInterrupt):
        search(spec, killed, 7)
    killed.points.to_parquet(tmp_path / "points.parquet")
    killed.outcomes.to_parquet(tmp_path / "outcomes.parquet")
    told = pd.read_parquet(tmp_path / "points.parquet"), pd.read_parquet(tmp_path / "outcomes.parquet")
    rest = Counted(sphere)
    assert same(search(spec, rest, 7, told), whole)
    assert len(killed.points) == 20
    assert len(rest.points) == len(whole.points.drop_duplicates()) - 20 > 0


def test_more_batches_go_on_where_fewer_ended() -> None:
    spec = Search(PLANE, LEAST, "tpe", 5, seed=2)
    short, more = search(spec, sphere, 4), Counted(sphere)
    long = search(spec, more, 6, told=(short.points, short.outcomes))
    assert same(Found(spec, long.points.head(20), long.outcomes.head(20)), short)
    assert len(more.points) == 10


def test_another_seed_asks_other_points() -> None:
    points = [search(Search(PLANE, LEAST, "cmaes", 6, seed), sphere, 1).points for seed in (1, 1, 2)]
    assert points[0].equals(points[1])
    assert not points[0].equals(points[2])


def test_points_nobody_asks_change_nothing() -> None:
    spec = Search(PLANE, LEAST, "tpe", 5, seed=2)
    strangers = pd.DataFrame({"x": [1.0], "y": [1.0]}), pd.DataFrame({"cost": [0.0]})
    assert same(search(spec, sphere, 4, strangers), search(spec, sphere, 4))


@pytest.mark.parametrize("nothing", [np.nan, np.inf])
@pytest.mark.parametrize("sampler", ["cmaes", "nsga2", "tpe"])
def test_failures_are_passed_over(sampler: Sampler, nothing: float) -> None:
    """Minimum 1 at (1, 1); a third of the plane fails, in stripes. Told as 0, a failure would be the best."""

    def fragile(points: pd.DataFrame) -> pd.DataFrame:
        stripe = np.floor(7.0 * points.x) % 3 == 0
        return pd.DataFrame({"cost": (1.0 + sphere(points).cost).where(~stripe, nothing)})

    found = search(Search(PLANE, LEAST, sampler, 8, seed=4), fragile, 25)
    assert np.array_equal(found.failed, np.floor(7.0 * found.points.x) % 3 == 0)
    assert found.failed[:40].sum() > 5
    assert found.failed[-40:].mean() < 0.8
    assert 1.0 <= found.best.cost < 1.05
    assert found.history.failed.iloc[-1] == found.failed.sum()
    assert not set(found.front.index) & set(np.flatnonzero(found.failed))


def test_nothing_but_failures() -> None:
    found = search(
        Search(PLANE, LEAST, "cmaes", 4), lambda points: pd.DataFrame({"cost": [np.nan] * len(points)}), 3
    )
    assert found.failed.all()
    assert found.front.empty
    with pytest.raises(ValueError, match=r"none of 12 points is feasible \(12 failed"):
        _ = found.best


MIXED = (
    Factor("host", role="lever", levels=("jd", "pinduoduo", "taobao", "own site")),
    Factor("weeks", role="lever", low=1, high=12, whole=True),
    Factor("budget", role="lever", low=1e3, high=1e7, scale="log"),
    Factor("teams", role="lever", levels=(16, 2, 4, 8)),
    Factor("closed", levels=("always",)),
)


def profit(points: pd.DataFrame) -> pd.DataFrame:
    """Best on Pinduoduo for 7 weeks with 100,000 yuan in teams of 4: profit 0."""
    miss = (points.weeks - 7) ** 2 / 10 + (np.log10(points.budget) - 5) ** 2 + abs(np.log2(points.teams) - 2)
    return pd.DataFrame({"profit": -miss - 3.0 * (points.host != "pinduoduo")})


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "random", "sobol"])
def test_levers_of_all_kinds(sampler: Sampler) -> None:
    found = search(Search(MIXED, (Goal("profit", "maximise"),), sampler, 10, seed=5), profit, 25)
    points = found.points
    assert set(points.host) == {"jd", "pinduoduo", "taobao", "own site"}
    assert set(points.teams) == {2, 4, 8, 16}
    assert set(points.closed) == {"always"}
    assert points.weeks.dtype == np.int64
    assert points.weeks.between(1, 12).all()
    assert points.budget.between(1e3, 1e7).all()
    assert found.best.host == "pinduoduo"
    if sampler in ("tpe", "nsga2"):
        assert found.best.profit > -0.5
    elif sampler == "sobol":  # equal ratios are equally frequent
        assert (points.budget < 1e5).mean() == pytest.approx(0.5, abs=0.05)


def test_ordered_levels_are_numbers_to_cmaes() -> None:
    factors = (Factor("size", levels=(100, 1, 50, 5, 10)), *PLANE)

    def cost(points: pd.DataFrame) -> pd.DataFrame:
        return sphere(points) + (points[["size"]].to_numpy() - 10.0) ** 2

    found = search(Search(factors, LEAST, "cmaes", 10, seed=1), cost, 20)
    assert found.best["size"] == 10
    assert found.best.cost < 1e-3
    ascending = (Factor("size", levels=(1, 5, 10, 50, 100)), *PLANE)
    assert found.points.equals(search(Search(ascending, LEAST, "cmaes", 10, seed=1), cost, 20).points)


def test_a_point_asked_twice_is_run_once() -> None:
    factors = (Factor("host", levels=("jd", "taobao")), Factor("teams", levels=(2, 4, 8)))
    runs = Counted(lambda points: pd.DataFrame({"cost": points.teams * (points.host == "jd")}))
    found = search(Search(factors, LEAST, "random", 10), runs, 5)
    assert len(found.points) == 50
    assert len(runs.points) == len(found.points.drop_duplicates()) == 6
    assert set(found.front.host) == {"taobao"}
    assert len(found.front) == 3


def test_calibration_recovers_parameters() -> None:
    """Decay and level of a stock from its values after 1 and 5 weeks."""
    truth = pd.DataFrame({"decay": [0.23], "level": [40.0]})

    def stock(points: pd.DataFrame) -> pd.DataFrame:
        after = {f"week {t}": points.level * np.exp(-points.decay * t) for t in (1, 5)}
        return pd.DataFrame(after)

    goals = tuple(Goal(name, target=float(value)) for name, value in stock(truth).iloc[0].items())
    factors = (Factor("decay", low=0.01, high=1.0, scale="log"), Factor("level", low=1.0, high=100.0))

    def distance(points: pd.DataFrame) -> pd.DataFrame:
        gaps = [np.log(stock(points)[g.outcome] / g.target) ** 2 for g in goals]
        return pd.DataFrame({"distance": sum(gaps)})

    best = search(Search(factors, (Goal("distance", target=0.0),), "cmaes", 10, seed=1), distance, 40).best
    assert (best.decay, best.level) == pytest.approx((0.23, 40.0), rel=1e-3)
    both = search(Search(factors, goals, "nsga2", 30, seed=1), stock, 30)
    assert both.distances["week 1"].min() < 0.2
    close = both.front.loc[both.distances.max(axis=1)[both.front.index].idxmin()]
    assert (close.decay, close.level) == pytest.approx((0.23, 40.0), rel=0.1)


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_bounds_are_kept(sampler: Sampler) -> None:
    """Closest to (1, 1) where x + y is at most 0 and x at least 0.5: (0.5, -0.5) at distance 2.5."""

    def bounded(points: pd.DataFrame) -> pd.DataFrame:
        return sphere(points).assign(total=points.x + points.y, x_again=points.x)

    bounds = Goal("total", at_most=0.0), Goal("x_again", at_least=0.5, at_most=4.0)
    found = search(Search(PLANE, LEAST + bounds, sampler, 12, seed=1), bounded, 25)
    kept = (found.points.x + found.points.y <= 0) & found.points.x.between(0.5, 4.0)
    assert np.array_equal(found.feasible, kept)
    assert 2.5 <= found.best.cost < 2.8
    assert found.distances.cost.isna().equals(~kept)
    assert found.feasible[-60:].mean() > 2 * found.feasible[:24].mean()
    assert set(found.front.index) <= set(np.flatnonzero(kept))


def test_only_ranks_count() -> None:
    """Any increasing function of the cost, or maximising minus it, asks the same points."""
    spec = Search(PLANE, LEAST, "cmaes", 8, seed=6)
    plain = search(spec, sphere, 10).points
    assert plain.equals(search(spec, lambda points: np.sqrt(sphere(points)), 10).points)
    most = Search(PLANE, (Goal("cost", "maximise"),), "cmaes", 8, seed=6)
    assert plain.equals(search(most, lambda points: -sphere(points), 10).points)
    aim = Search(PLANE, (Goal("cost", target=-5.0),), "cmaes", 8, seed=6)
    assert plain.equals(search(aim, lambda points: sphere(points), 10).points)


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1, 2, 3]), st.sampled_from([0, 1, 2, np.nan])), min_size=1, max_size=12
    )
)
def test_front_by_its_definition(rows: list[tuple[float, float]]) -> None:
    """Less cost and more sales."""
    spec = Search(PLANE, (Goal("cost", "minimise"), Goal("sales", "maximise")), "random", 1)
    points = pd.DataFrame({"x": np.arange(len(rows)), "y": 0.0})
    front = set(Found(spec, points, pd.DataFrame(rows, columns=["cost", "sales"])).front.index)
    full = {k: row for k, row in enumerate(rows) if not np.isnan(row[1])}
    for k, (cost, sales) in full.items():
        beaten = any(c <= cost and s >= sales and (c, s) != (cost, sales) for c, s in full.values())
        assert (k in front) == (not beaten)
    assert front <= set(full)


def test_history_and_progress() -> None:
    notes: list[str] = []
    found = search(Search(PLANE, LEAST, "random", 5, seed=1), sphere, 4, progress=notes.append)
    history = found.history
    assert list(history.batch) == [0, 1, 2, 3]
    assert list(history.points) == [5, 10, 15, 20]
    assert list(history.cost) == [found.outcomes.cost[: 5 * k].min() for k in (1, 2, 3, 4)]
    assert notes == [f"cost {value:.4g}" for value in history.cost]
    most = Found(Search(PLANE, (Goal("cost", "maximise"),), "random", 5), found.points, found.outcomes)
    assert list(most.history.cost) == [found.outcomes.cost[: 5 * k].max() for k in (1, 2, 3, 4)]


def test_a_bound_may_be_met_exactly() -> None:
    spec = Search(PLANE, (*LEAST, Goal("cost", at_least=1.0, at_most=2.0)), "random", 1)
    points = pd.DataFrame({"x": np.arange(5.0), "y": 0.0})
    found = Found(spec, points, pd.DataFrame({"cost": [0.9, 1.0, 1.5, 2.0, 2.1]}))
    assert list(found.feasible) == [False, True, True, True, False]
    assert found.best.x == 1.0
    assert np.array_equal(found.history.cost, [np.nan, 1.0, 1.0, 1.0, 1.0], equal_nan=True)


def test_importance_finds_the_factor_that_matters() -> None:
    spec = Search((*PLANE, MIXED[0], MIXED[4]), LEAST, "sobol", 64, seed=1)
    found = search(spec, lambda points: pd.DataFrame({"cost": points.x**2 + 0.01 * points.y}), 2)
    shares = found.importance().set_index("factor").importance
    assert shares.sum() == pytest.approx(1.0)
    assert shares["x"] > 0.8
    assert shares["closed"] == 0.0
    with pytest.raises(ValueError, match="at least 20 points with outcomes, found 9"):
        Found(spec, found.points.head(9), found.outcomes.head(9)).importance()


def test_importance_knows_which_way_is_good() -> None:
    """Only x decides who is among the best; only y who is among the worst."""

    def outcome(points: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"cost": np.where(points.y > 4.0, 9.0, np.where(points.x > 4.0, -9.0, 0.0))})

    found = search(Search(PLANE, LEAST, "sobol", 256, seed=1), outcome, 1)
    least = found.importance().set_index("factor").importance
    spec = Search(PLANE, (Goal("cost", "maximise"),), "sobol", 256, seed=1)
    most = Found(spec, found.points, found.outcomes).importance().set_index("factor").importance
    assert least["x"] > 0.7
    assert most["y"] > 0.7


def test_nothing_is_printed_and_the_log_level_stays(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import optuna

    level = optuna.logging.DEBUG
    monkeypatch.setattr(logging.getLogger("optuna"), "level", level)
    levels = []

    def watched(points: pd.DataFrame) -> pd.DataFrame:
        levels.append(optuna.logging.get_verbosity())
        return sphere(points)

    for sampler in ALL:
        search(Search(PLANE, LEAST, sampler, 20), watched, 2).importance()
    assert set(levels) == {level}
    assert optuna.logging.get_verbosity() == level
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("package", ["optuna", "cmaes"])
def test_missing_package_names_the_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{package} is not .*retail-entry-sim\[analysis\]"):
        search(Search(PLANE, LEAST, "cmaes", 8), sphere, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(factors=()), "at least one factor"),
        (dict(goals=(Goal("cost", at_most=1.0),)), "a goal with a sense or a target"),
        (dict(goals=LEAST * 2), "aim cost is given more than once"),
        (dict(factors=PLANE * 2), "factor x, y is given more than once"),
        (dict(goals=(Goal("x", "minimise"),)), "x is the name of a factor and of an outcome"),
        (dict(sampler="luck"), "expected one of cmaes, nsga2, .*, found luck"),
        (dict(sampler="nsga2", batch=3), "batch: expected at least 4 for nsga2, found 3"),
        (dict(sampler="tpe", batch=0), "batch: expected at least 1 for tpe, found 0"),
        (dict(goals=BOTH), "cmaes takes one aim and no bounds"),
        (dict(goals=(*LEAST, Goal("cost", at_most=1.0))), "cmaes takes one aim and no bounds"),
        (dict(factors=MIXED), "cmaes takes numbers only, not host, closed"),
    ],
)
def test_what_cannot_be_searched_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Search(**{**dict(factors=PLANE, goals=LEAST, sampler="cmaes", batch=8), **change})


def test_goals_are_one_thing() -> None:
    for wrong in (dict(), dict(sense="minimise", target=1.0), dict(target=1.0, at_most=2.0)):
        with pytest.raises(
            ValueError, match="goal cost: expected exactly one of a sense, a target, and bounds"
        ):
            Goal("cost", **wrong)


def test_tables_that_do_not_fit_are_refused() -> None:
    spec = Search(PLANE, LEAST, "random", 4)
    for told, words in (
        ((pd.DataFrame({"x": [1.0]}), pd.DataFrame({"cost": [1.0]})), "points: no column y"),
        ((pd.DataFrame({"x": [1.0], "y": 1.0}), pd.DataFrame({"gain": [1.0]})), "outcomes: no column cost"),
        ((pd.DataFrame({"x": [1.0], "y": 1.0}), pd.DataFrame({"cost": [1.0, 2.0]})), "of 1 points, found 2"),
    ):
        with pytest.raises(ValueError, match=words):
            search(spec, sphere, 1, told)
    with pytest.raises(ValueError, match="of 4 points, found 3"):
        search(spec, lambda points: sphere(points).head(3), 1)
    with pytest.raises(ValueError, match="batches: expected at least 1, found 0"):
        search(spec, sphere, 0)
    two = Found(Search(UNIT, BOTH, "random", 4), pd.DataFrame(), pd.DataFrame())
    with pytest.raises(ValueError, match="no best point: see front"):
        _ = two.best
