"""Designs: how many points, where, in which order, and what is refused."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from sim.sweep.designs import Design, design, kind_of, lhs_with_sets, marginals, size
from sim.sweep.factors import Factor, positions

PRICE = Factor("price", low=10.0, high=20.0, base=12.0)
REACH = Factor("reach", low=0.01, high=1.0, scale="log", base=0.1)
SHOPS = Factor("shops", low=1, high=4, whole=True, base=2)
MODE = Factor("mode", levels=("shelf", "feed", "both"), base="feed")
FACTORS = (PRICE, REACH, SHOPS, MODE)
CASES: dict[str, dict[str, Any]] = {
    "grid": dict(steps=3),
    "list": dict(rows=[{"price": 11.0}, {"mode": "both", "reach": 0.5}]),
    "lhs": dict(points=12),
    "sobol": dict(points=16),
    "saltelli": dict(points=8, second_order=True),
    "morris": dict(trajectories=6, steps=4),
    "one_at_a_time": dict(steps=4),
}
KINDS = pytest.mark.parametrize("kind", CASES)


def build(kind: Any, factors: Any = FACTORS, **changed: Any) -> Design:
    return design(kind, factors, **{**CASES[kind], **changed})


def units(made: Design, factors: Any = FACTORS) -> Any:
    return np.column_stack([positions(f, made.points[f.name].tolist()) for f in factors])


@KINDS
def test_every_point_has_allowed_values_a_place_of_its_own_and_its_kind_is_told(kind: str) -> None:
    points = build(kind).points
    assert list(points) == ["price", "reach", "shops", "mode", "block", "index"]
    assert points["price"].between(10, 20).all()
    assert points["reach"].between(0.01 * (1 - 1e-12), 1 + 1e-12).all()
    assert set(points["shops"]) <= {1, 2, 3, 4}
    assert set(points["mode"]) <= set(MODE.levels)
    assert not points[["block", "index"]].duplicated().any()
    assert kind_of(points) == kind


@KINDS
def test_the_size_is_told_beforehand(kind: Any) -> None:
    assert size(kind, FACTORS, **CASES[kind]) == len(build(kind).points)


@KINDS
def test_the_same_arguments_make_the_same_design(kind: str) -> None:
    pd.testing.assert_frame_equal(build(kind).points, build(kind).points)


@pytest.mark.parametrize("kind", ["lhs", "sobol", "saltelli", "morris"])
def test_another_seed_makes_another_design(kind: str) -> None:
    assert not build(kind, seed=1).points.equals(build(kind, seed=2).points)


def test_a_grid_has_every_combination_once() -> None:
    points = build("grid").points
    assert len(points) == 3 * 3 * 3 * 3
    assert not points[["price", "reach", "shops", "mode"]].duplicated().any()
    assert sorted(set(points["price"])) == [10.0, 15.0, 20.0]
    assert points["mode"].head(3).tolist() == list(MODE.levels)


def test_a_grid_of_levels_needs_no_steps() -> None:
    assert len(design("grid", [MODE]).points) == 3
    with pytest.raises(ValueError, match="a grid design needs steps"):
        design("grid", [MODE, PRICE])


def test_a_list_takes_the_base_of_what_it_does_not_name() -> None:
    points = build("list").points
    assert points["price"].tolist() == [11.0, 12.0]
    assert points["mode"].tolist() == ["feed", "both"]
    assert points["shops"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prize": 11.0}, "row 0: no factor is named prize; there are price"),
        ({"price": 21.0}, "row 0: price is 21.0, expected a number from 10 to 20"),
        ({"price": True}, "row 0: price is True, expected a number"),
        ({"price": float("nan")}, "row 0: price is nan"),
        ({"shops": 2.5}, "row 0: shops is 2.5, expected a whole number from 1 to 4"),
        ({"mode": "wall"}, "row 0: mode is wall, expected one of shelf, feed, both"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(row: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build("list", rows=[row])


def test_a_row_without_a_value_and_without_a_base_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1: no value of size, and no base"):
        design("list", [PRICE, Factor("size", low=0.0, high=1.0)], rows=[{"size": 0.5}, {"price": 11.0}])


def test_sets_take_turns_at_the_points_of_a_hypercube() -> None:
    """Five points in two sets, whatever the index of the sets; other columns of theirs are left out."""
    sets = pd.DataFrame({"seen": 0.0, "shops": [1, 4]}, index=[7, 3])
    found = lhs_with_sets((PRICE, REACH), (SHOPS,), sets, 5).points
    cube = design("lhs", (PRICE, REACH), points=5, seed=1).points
    assert list(found.columns) == ["price", "reach", "shops", "block", "index"]
    assert found.shops.tolist() == [1, 4, 1, 4, 1]
    pd.testing.assert_frame_equal(found.drop(columns="shops"), cube)


def test_a_latin_hypercube_has_one_point_in_every_slice() -> None:
    place = units(build("lhs", (PRICE, REACH), points=20), (PRICE, REACH))
    for column in place.T:
        assert sorted((column * 20).astype(int)) == list(range(20))


def test_a_latin_hypercube_is_more_even_than_one_without_exchanges() -> None:
    made = qmc.discrepancy(units(build("lhs", (PRICE, REACH), points=30), (PRICE, REACH)))
    plain = [
        qmc.discrepancy(qmc.LatinHypercube(2, rng=np.random.default_rng(k)).random(30)) for k in range(20)
    ]
    assert made < min(plain)


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_every_level_occurs_equally_often(kind: str) -> None:
    modes = Factor("mode", levels=("a", "b", "c", "d"))
    counts = build(kind, (PRICE, modes), points=32).points["mode"].value_counts()
    assert counts.to_dict() == dict.fromkeys(modes.levels, 8)


@settings(max_examples=15)
@given(st.sampled_from(["sobol", "saltelli"]), st.integers(1, 5), st.integers(0, 1000))
def test_twice_the_points_begin_with_the_same_ones(kind: str, power: int, seed: int) -> None:
    short = build(kind, points=2**power, seed=seed).points
    long = build(kind, points=2 ** (power + 1), seed=seed).points
    assert len(long) == 2 * len(short)
    pd.testing.assert_frame_equal(long.head(len(short)), short)


@pytest.mark.parametrize("second", [False, True])
def test_blocks_of_a_saltelli_design_swap_one_factor(second: bool) -> None:
    points = build("saltelli", second_order=second).points
    assert len(points) == 8 * ((2 * 4 if second else 4) + 2)
    blocks = {name: part.set_index("index") for name, part in points.groupby("block")}
    A, B = blocks["A"], blocks["B"]
    for factor in FACTORS:
        for block, own, other in [("AB", A, B), ("BA", B, A)][: 1 + second]:
            for f in FACTORS:
                expected = other if f is factor else own
                assert blocks[f"{block}:{factor.name}"][f.name].equals(expected[f.name])


def test_the_two_samples_of_a_saltelli_design_are_independent() -> None:
    points = build("saltelli", points=256, second_order=False).points
    a, b = (points.loc[points["block"] == block, "price"].to_numpy() for block in "AB")
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.1
    assert (a != b).all()


def test_a_trajectory_moves_every_factor_once_by_the_step() -> None:
    factors = (PRICE, REACH, Factor("size", low=0.0, high=5.0))
    made = design("morris", factors, trajectories=10, steps=4, seed=3)
    moves = np.abs(np.diff(units(made, factors).reshape(10, 4, 3), axis=1))
    np.testing.assert_allclose(np.sort(moves, axis=1)[:, :-1], 0.0, atol=1e-9)
    np.testing.assert_allclose(moves.max(axis=1), 2 / 3, atol=1e-9)  # p / (2 (p - 1)) with p = 4
    np.testing.assert_allclose(np.unique(np.round(units(made, factors) * 3, 9)), [0, 1, 2, 3])
    assert made.points["block"].tolist() == [str(t) for t in range(10) for _ in range(4)]
    assert made.points["index"].tolist() == [0, 1, 2, 3] * 10


@pytest.mark.parametrize("steps", [2, 4, 10, 18, 30])
def test_trajectories_stay_on_the_grid(steps: int) -> None:
    factors = (PRICE, REACH)
    made = design("morris", factors, trajectories=100, steps=steps)
    places = np.round(units(made, factors) * (steps - 1), 9)
    assert np.unique(places).tolist() == list(range(steps))
    moves = np.abs(np.diff(places.reshape(100, 3, 2), axis=1))
    assert np.unique(moves).tolist() == [0, steps // 2]


def test_trajectories_visit_the_first_and_the_last_level_alike() -> None:
    made = design("morris", (MODE, PRICE), trajectories=400, steps=4)
    counts = made.points["mode"].value_counts() / len(made.points)
    np.testing.assert_allclose(counts[list(MODE.levels)], [0.25, 0.5, 0.25], atol=0.04)


@settings(max_examples=20)
@given(st.integers(2, 7), st.sampled_from([2, 4, 6, 10]), st.integers(0, 100))
def test_a_trajectory_always_changes_levels_and_whole_numbers(levels: int, steps: int, seed: int) -> None:
    factors = (
        Factor("named", levels=tuple(f"v{k}" for k in range(levels))),
        Factor("whole", low=0, high=levels - 1, whole=True),
    )
    made = design("morris", factors, trajectories=5, steps=steps, seed=seed)
    moved = np.abs(np.diff(units(made, factors).reshape(5, 3, 2), axis=1)) > 0
    assert (moved.sum(axis=1) == 1).all()


def test_one_at_a_time_leaves_all_others_at_base() -> None:
    points = build("one_at_a_time").points
    base = points.iloc[0]
    assert (base["block"], base["price"], base["mode"]) == ("base", 12.0, "feed")
    for factor in FACTORS:
        along = points[points["block"] == factor.name]
        assert along[factor.name].tolist() == factor.steps(4)
        assert along["index"].tolist() == list(range(len(along)))
        for other in FACTORS:
            assert other is factor or (along[other.name] == other.base).all()


def test_one_at_a_time_has_five_steps_unless_told() -> None:
    assert size("one_at_a_time", [PRICE]) == len(design("one_at_a_time", [PRICE]).points) == 6


def test_one_at_a_time_needs_a_base_within_the_range() -> None:
    size, width = (Factor(name, low=0.0, high=1.0) for name in ("size", "width"))
    with pytest.raises(ValueError, match="the base case: no value of size, width, and no base"):
        design("one_at_a_time", [size, PRICE, width])
    with pytest.raises(ValueError, match=r"the base case: size is 3\.0, expected a number from 0 to 1"):
        design("one_at_a_time", [Factor("size", low=0.0, high=1.0, base=3.0)])


@pytest.mark.parametrize("kind", ["sobol", "saltelli"])
def test_points_that_are_no_power_of_two_name_the_nearest(kind: str) -> None:
    with pytest.raises(ValueError, match="power of two, found 100; the nearest are 64 and 128"):
        build(kind, points=100)


@pytest.mark.parametrize(
    ("kind", "changed", "message"),
    [
        ("cube", {}, "kind of design: expected one of grid, list, .*, found cube"),
        ("lhs", {}, "a lhs design needs points"),
        ("lhs", dict(points=10, steps=3), "a lhs design takes points, found steps as well"),
        ("sobol", dict(points=8, second_order=True), "a sobol design takes points, found second_order"),
        ("morris", dict(steps=4), "a morris design needs trajectories"),
        ("morris", dict(trajectories=4, steps=5), "an even number, found 5"),
        ("saltelli", dict(points=1), "points: expected at least 2, found 1"),
        ("grid", dict(steps=1), "steps: expected at least 2, found 1"),
        ("lhs", dict(points=-3), "points: expected at least 2, found -3"),
    ],
)
def test_what_does_not_belong_to_a_kind_is_refused(kind: Any, changed: Any, message: str) -> None:
    for function in (design, size):
        with pytest.raises(ValueError, match=message):
            function(kind, FACTORS, **changed)


def test_names_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="found more than once: price"):
        design("lhs", [PRICE, PRICE], points=4)
    with pytest.raises(ValueError, match="cannot be named index"):
        design("lhs", [Factor("index", low=0.0, high=1.0)], points=4)
    with pytest.raises(ValueError, match="cannot be named base"):
        design("one_at_a_time", [Factor("base", low=0.0, high=1.0, base=0.5)])
    with pytest.raises(ValueError, match="at least one factor, found none"):
        design("lhs", [], points=4)
    with pytest.raises(ValueError, match="one level only of mode"):
        design("morris", [PRICE, Factor("mode", levels=("a",))], trajectories=4, steps=4)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.sample.morris", None)
    with pytest.raises(ModuleNotFoundError, match=r"install 'retail-entry-sim\[analysis\]"):
        build("morris")


def test_marginals_count_levels_values_and_fifths() -> None:
    made = design("grid", (PRICE, SHOPS, MODE), steps=6)
    counts = marginals(made, (PRICE, SHOPS, MODE))
    by_factor = {name: part.set_index("part")["count"] for name, part in counts.groupby("factor")}
    total = 6 * 4 * 3
    assert by_factor["mode"].to_dict() == dict.fromkeys(MODE.levels, total // 3)
    assert by_factor["shops"].to_dict() == dict.fromkeys("1234", total // 4)
    assert by_factor["price"].to_dict() == {
        "10 to 12": 12, "12 to 14": 12, "14 to 16": 12, "16 to 18": 12, "18 to 20": 24,
    }  # fmt: skip


def test_marginals_of_a_log_scale_are_even_in_ratios_and_show_what_never_occurs() -> None:
    counts = marginals(design("sobol", [REACH], points=1024, seed=1), [REACH])
    assert counts["count"].between(200, 210).all()
    few = marginals(design("list", [MODE], rows=[{"mode": "feed"}]), [MODE])
    assert few["count"].tolist() == [0, 1, 0]


def test_points_without_a_known_block_are_of_no_known_kind() -> None:
    assert kind_of(pd.DataFrame({"block": ["left", "right"]})) == "unknown"
    assert kind_of(pd.DataFrame({"block": ["grid", "lhs"]})) == "unknown"
