"""Boxes that are known are found, noise gives none, and what is monotone changes nothing."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.analysis.discovery import Boxes, cases, prim, resampling, to_ema
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses

CUBE = tuple(Factor(name, low=0.0, high=1.0) for name in ("exposure", "fee", "scenario"))


def responses(points: pd.DataFrame, values: np.ndarray, factors: tuple[Factor, ...] = CUBE) -> Responses:
    """An outcome with two replications that differ by noise of mean zero."""
    shift = np.random.default_rng(9).uniform(0.0, 0.1, len(values))
    return Responses("value", "yuan", factors, points, np.column_stack([values - shift, values + shift]))


def cube(count: int = 500, seed: int = 1, factors: tuple[Factor, ...] = CUBE) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({f.name: f.at(rng.random(count)) for f in factors})


def in_corner(points: pd.DataFrame) -> np.ndarray:
    return ((points.exposure < 0.4) & (points.scenario > 0.5)).to_numpy()


def losing(points: pd.DataFrame) -> Responses:
    """Minus one in a corner of the cube, one elsewhere."""
    return responses(points, np.where(in_corner(points), -1.0, 1.0))


@pytest.fixture(scope="module")
def corner() -> Boxes:
    return prim(losing(cube()), below=0.0)


def test_a_known_box_is_found(corner: Boxes) -> None:
    box = corner.box.set_index("factor")
    assert corner.found
    assert list(box.index) == ["exposure", "scenario"]
    assert box.high["exposure"] == pytest.approx(0.4, abs=0.03)
    assert box.low["scenario"] == pytest.approx(0.5, abs=0.03)
    assert (box.low["exposure"], box.high["scenario"]) == (0.0, 1.0)
    assert box.quasi_p_high["exposure"] < 1e-6
    assert np.isnan(box.quasi_p_low["exposure"])
    step = corner.trajectory.loc[corner.chosen]
    assert step.coverage > 0.9
    assert step.density > 0.9
    assert step.factors == "exposure, scenario"


def test_statistics_follow_from_the_box(corner: Boxes) -> None:
    """Coverage, density and mass of every step are counted again from its limits."""
    for step, told in corner.trajectory.iterrows():
        inside = corner.inside(step)
        hits = (inside & corner.interest).sum()
        assert (told.points, told.interest) == (inside.sum(), hits)
        assert told.coverage == pytest.approx(hits / corner.interest.sum())
        assert told.density == pytest.approx(hits / inside.sum())
        assert told.mass == pytest.approx(inside.mean())
    assert corner.inside(0).all()
    assert np.array_equal(corner.inside(), corner.inside(corner.chosen))


def test_a_quasi_p_value_is_a_binomial_test(corner: Boxes) -> None:
    """Against the box without the restriction (Bryant and Lempert 2010)."""
    from scipy.stats import binom

    box, points = corner.box.set_index("factor"), corner.responses.points
    without = (points.scenario >= box.low["scenario"]).to_numpy()
    share = corner.interest[without].mean()
    told = corner.trajectory.loc[corner.chosen]
    chance = binom.sf(told.interest - 1, told.points, share)
    assert box.quasi_p_high["exposure"] == pytest.approx(chance, rel=1e-6)


def test_the_chosen_step_is_best_among_the_dense(corner: Boxes) -> None:
    product = corner.trajectory.coverage * corner.trajectory.density
    assert corner.chosen == product[corner.trajectory.density >= 0.8].idxmax()
    asked = prim(corner.responses, below=0.0, step=2)
    assert asked.chosen == 2
    assert asked.box.equals(corner.at(2))
    with pytest.raises(ValueError, match=r"expected a step from 0 to \d+, found 99"):
        prim(corner.responses, below=0.0, step=99)


def test_trajectory_begins_with_everything(corner: Boxes) -> None:
    first = corner.trajectory.loc[0]
    assert (first.coverage, first.mass, first.restricted, first.factors) == (1.0, 1.0, 0, "")
    assert first.density == corner.interest.mean()
    assert corner.at(0).empty
    assert corner.trajectory.mass.min() >= corner.least_mass


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_box(seed: int) -> None:
    points = cube(400, seed)
    rng = np.random.default_rng(100 + seed)
    boxes = prim(responses(points, np.where(rng.random(400) < 0.3, -1.0, 1.0)), below=0.0)
    assert not boxes.found
    assert boxes.chosen == 0
    assert boxes.box.empty


def test_a_restriction_by_chance_has_a_large_quasi_p_value() -> None:
    """Half of the cube is of interest by one factor; whatever else is cut, is cut by chance."""
    points = cube(300, 4)
    rng = np.random.default_rng(8)
    bad = (points.exposure < 0.5) & (rng.random(300) < 0.85)
    boxes = prim(responses(points, np.where(bad, -1.0, 1.0)), below=0.0, density=0.9)
    last = boxes.at(len(boxes.trajectory) - 1).set_index("factor")
    chance = last[["quasi_p_low", "quasi_p_high"]].min(axis=1)
    assert chance["exposure"] < 1e-6
    assert (chance.drop("exposure") > 1e-3).all()
    assert len(chance) > 1


def test_monotone_transformation_leaves_the_points_in_the_box() -> None:
    """The method sees ranks only: a factor on a log scale gives the same box."""
    points = cube(300, 5)
    bent = points.assign(exposure=np.exp(7.0 * points.exposure))
    plain = losing(points)
    factors = (replace(CUBE[0], low=1.0, high=float(np.exp(7.0)), scale="log"), *CUBE[1:])
    other = Responses("value", "yuan", factors, bent, plain.values)
    a, b = prim(plain, below=0.0), prim(other, below=0.0)
    numbers = ["coverage", "density", "mass", "points", "interest", "factors"]
    assert a.trajectory[numbers].equals(b.trajectory[numbers])
    assert all(np.array_equal(a.inside(k), b.inside(k)) for k in range(len(a.steps)))


def test_mirrored_outcome_and_order_of_points(corner: Boxes) -> None:
    mirrored = Responses("value", "yuan", CUBE, corner.responses.points, -corner.responses.values)
    assert prim(mirrored, above=0.0).trajectory.equals(corner.trajectory)
    assert prim(corner.responses, lambda mean: mean < 0.0).trajectory.equals(corner.trajectory)
    order = np.random.default_rng(3).permutation(len(corner.interest))
    points = corner.responses.points.iloc[order].reset_index(drop=True)
    shuffled = Responses("value", "yuan", CUBE, points, corner.responses.values[order])
    assert prim(shuffled, below=0.0).trajectory.equals(corner.trajectory)


MIXED = (
    Factor("host", levels=("jd", "pinduoduo", "taobao"), role="lever"),
    Factor("weeks", levels=(1, 2, 4, 8, 16)),
    Factor("goods", low=0, high=20, whole=True),
    Factor("teams", levels=(True, False)),
    Factor("fee", low=0.0, high=1.0),
)


def mixed() -> Responses:
    points = cube(800, 2, MIXED)
    bad = (
        points.host.isin(["jd", "taobao"]) & (points.weeks >= 4) & points.goods.between(5, 14) & points.teams
    )
    return responses(points, np.where(bad, -1.0, 1.0), MIXED)


def test_names_levels_and_whole_numbers() -> None:
    boxes = prim(mixed(), below=0.0)
    box = boxes.box.set_index("factor")
    assert boxes.found
    assert set(box.index) == {"host", "weeks", "goods", "teams"}
    assert box.levels["host"] == ("jd", "taobao")
    assert box.levels["teams"] == (True,)
    assert (box.low["weeks"], box.high["weeks"]) == (4, 16)
    assert box.low["goods"] == 5
    assert box.high["goods"] in (14, 15)  # the last of the peels may leave one value too many
    assert box.quasi_p_levels["host"] < 1e-6
    assert box[["quasi_p_low", "quasi_p_high"]].loc["host"].isna().all()
    assert all(boxes.inside(k).sum() == boxes.trajectory.points[k] for k in range(len(boxes.steps)))


def test_factors_that_are_all_names_or_alone() -> None:
    whole = mixed()
    for factors in (MIXED[:1], (MIXED[0], MIXED[3]), MIXED[2:3]):
        boxes = prim(replace(whole, factors=factors), below=0.0, density=0.1)
        assert set(boxes.box.factor) == {f.name for f in factors}


def test_resampling_tells_what_is_in_the_box_by_chance(corner: Boxes) -> None:
    again = resampling(corner, count=6, seed=2).set_index("factor")
    assert list(again.index) == [f.name for f in CUBE]
    assert list(again.restricted) == [True, False, True]
    assert (again.loc[["exposure", "scenario"], ["coverage", "density"]] == 1.0).all().all()
    assert (again.loc["fee", ["coverage", "density"]] <= 0.5).all()
    assert again.reset_index().equals(resampling(corner, count=6, seed=2))


def test_too_few_cases_are_refused() -> None:
    points = cube(200)
    few = np.where(np.arange(200) < 9, -1.0, 1.0)
    with pytest.raises(ValueError, match="value: 9 of 200 points are cases of interest, at least 10"):
        prim(responses(points, few), below=0.0)
    with pytest.raises(ValueError, match="all 200 points are cases of interest"):
        prim(responses(points, few), below=5.0)


def test_cases_of_interest() -> None:
    told = responses(cube(4), np.array([-2.0, 0.0, 1.0, 3.0]))
    assert list(cases(told, below=0.5)) == [True, True, False, False]
    assert list(cases(told, above=0.5)) == [False, False, True, True]
    assert list(cases(told, lambda mean: abs(mean) > 1.5)) == [True, False, False, True]
    with pytest.raises(ValueError, match="exactly one"):
        cases(told)
    with pytest.raises(ValueError, match="exactly one"):
        cases(told, below=0.0, above=1.0)
    with pytest.raises(ValueError, match="true or false for each of 4 points, found float64"):
        cases(told, lambda mean: mean)
    with pytest.raises(ValueError, match=r"found bool \(3,\)"):
        cases(told, lambda mean: mean[:3] > 0)


def test_bridge_to_the_workbench() -> None:
    """What it hands over gives the same path in the hands of the library itself."""
    told = mixed()
    experiments, outcomes = to_ema({"profit": told})
    assert np.array_equal(outcomes["profit"], told.mean)
    assert list(experiments) == told.names
    assert str(experiments.dtypes["host"]) == str(experiments.dtypes["teams"]) == "category"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis.prim import Prim
    import inspect

    threshold = {"threshold": 0.1} if "threshold" in inspect.signature(Prim).parameters else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        theirs = Prim(experiments, (outcomes["profit"] < 0).astype(int), **threshold).find_box()
    ours = prim(told, below=0.0)
    for column in ("coverage", "density", "mass"):
        assert np.array_equal(theirs.peeling_trajectory[column], ours.trajectory[column])


def test_bridge_refuses_other_points() -> None:
    with pytest.raises(ValueError, match="other stems from other points"):
        to_ema({"value": losing(cube(20, 1)), "other": losing(cube(20, 2))})
    with pytest.raises(ValueError, match="at least one outcome"):
        to_ema({})


def test_nothing_is_printed_and_no_global_state_moves(capfd: pytest.CaptureFixture[str]) -> None:
    np.random.seed(3)
    expected = np.random.RandomState(3).random_sample()
    resampling(prim(losing(cube(200)), below=0.0), count=2)
    assert np.random.random_sample() == expected
    assert capfd.readouterr() == ("", "")


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ema_workbench.analysis.prim", None)
    with pytest.raises(ModuleNotFoundError, match=r"install 'retail-entry-sim\[discovery\]"):
        prim(losing(cube(200)), below=0.0)
