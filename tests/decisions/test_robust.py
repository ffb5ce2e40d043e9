"""Criteria, dominance against loops, and values at which the best option changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from sim.decisions.regret import Options
from sim.decisions.robust import (
    criteria,
    differences,
    dominance,
    recommend,
    switching_values,
    wilson,
)

TABLE = np.array([[10.0, 4.0, 6.0], [0.0, 4.0, 3.0], [8.0, 4.0, 9.0], [8.0, 4.0, 5.0]])
OPTIONS = Options(("risky", "safe", "middle"), TABLE)


def test_criteria_of_a_small_table() -> None:
    table = criteria(OPTIONS, threshold=3.0).set_index("option")
    assert table["expected"].tolist() == [6.5, 4.0, 5.75]
    assert table["worst"].tolist() == table["quantile_5"].tolist() == [0.0, 4.0, 3.0]
    assert table["regret_max"].tolist() == [4.0, 6.0, 4.0]
    assert table["satisficing"].tolist() == [0.75, 1.0, 0.75]
    assert table["best_share"].tolist() == [0.5, 0.25, 0.25]


def test_each_criterion_picks_its_own() -> None:
    found = recommend(criteria(OPTIONS, threshold=3.0)).set_index("criterion")
    assert found["option"].to_dict() == {
        "expected value": "risky", "maximin": "safe", "5 % quantile": "safe", "minimax regret": "risky",
        "95 % regret": "risky", "satisficing": "safe", "most often best": "risky",
    }  # fmt: skip
    assert found.loc["minimax regret", "tied"]
    assert (found.loc["maximin", "runner_up"], found.loc["maximin", "margin"]) == ("middle", 1.0)
    assert not found.loc["maximin", "tied"]
    alone = recommend(criteria(Options(("only",), TABLE[:, :1])))
    assert alone["runner_up"].eq("").all()


def test_ties_share_the_worlds_in_which_they_are_best() -> None:
    tied = criteria(Options(("a", "b"), np.array([[1.0, 1.0], [2.0, 0.0]])))
    assert tied["best_share"].tolist() == [0.75, 0.25]


@pytest.mark.parametrize(("hits", "count"), [(0, 12), (5, 12), (12, 12)])
def test_wilson_is_scipys(hits: int, count: int) -> None:
    expected = binomtest(hits, count).proportion_ci(0.9, method="wilson")
    low, high = wilson(np.array([hits / count]), count)
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high))


def test_weights_are_as_good_as_repeated_worlds() -> None:
    weighted = criteria(Options(OPTIONS.names, TABLE, np.array([3.0, 0.0, 2.0, 1.0])), 3.0)
    repeated = criteria(Options(OPTIONS.names, TABLE[[0, 0, 0, 2, 2, 3]]), 3.0)
    columns = ["expected", "worst", "quantile_5", "regret_mean", "regret_95", "regret_max", "satisficing"]
    assert weighted[columns].to_numpy() == pytest.approx(repeated[columns].to_numpy())


def test_differences_are_paired() -> None:
    common = np.random.default_rng(0).normal(0, 100, (20, 1))
    table = differences(Options(("a", "b"), common + np.array([1.0, 3.0])), "a").set_index("option")
    assert table.loc["b"].tolist() == pytest.approx([2.0, 2.0, 2.0])
    assert table.loc["a"].tolist() == [0.0, 0.0, 0.0]


@settings(deadline=None, max_examples=60)
@given(arrays(float, (5, 2), elements=st.integers(-4, 4).map(float)))
def test_dominance_is_that_of_sorted_worlds(values: object) -> None:
    """With worlds of one weight: sorted values in order, and their running sums in order."""
    assert isinstance(values, np.ndarray)
    table = dominance(Options(("a", "b"), values)).set_index(["option", "over"])
    for (i, one), (j, other) in (((0, "a"), (1, "b")), ((1, "b"), (0, "a"))):
        mine, its = sorted(values[:, i].tolist()), sorted(values[:, j].tolist())
        sums = [(sum(mine[: k + 1]), sum(its[: k + 1])) for k in range(5)]
        row = table.loc[(one, other)]
        ahead = values[:, i] - values[:, j]
        assert row["statewise"] == ((ahead >= 0).all() and (ahead > 0).any())
        assert row["first"] == (all(x >= y for x, y in zip(mine, its, strict=True)) and mine != its)
        assert row["second"] == (all(x >= y for x, y in sums) and mine != its)
        assert row["statewise"] <= row["first"] <= row["second"]


def test_less_risk_at_one_mean_dominates_in_second_order_only() -> None:
    table = dominance(Options(("safe", "risky"), np.array([[1.0, 0.0], [1.0, 2.0]])))
    assert table[["statewise", "first", "second"]].to_numpy().tolist() == [[False, False, True], [False] * 3]
    weighted = Options(("safe", "risky"), np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([1.0, 3.0]))
    assert not dominance(weighted)["second"].any()


def test_lines_that_cross_switch_where_they_cross() -> None:
    rng = np.random.default_rng(0)
    exposure, other = rng.uniform(0, 10, 300), rng.uniform(-1, 1, 300)
    noise = rng.normal(0, 0.3, (300, 3))
    values = np.column_stack([np.full(300, 4.0), 2 * exposure - 4, 4 * exposure - 20])
    found = switching_values(
        Options(("out", "pop-up", "long"), values + noise + 50 * other[:, None]),
        {"exposure": exposure, "other": other},
        resamples=100,
    )
    switches = found[found["unknown"] == "exposure"]
    assert switches[["below", "above"]].to_numpy().tolist() == [["out", "pop-up"], ["pop-up", "long"]]
    assert switches["value"].tolist() == pytest.approx([4.0, 8.0], abs=0.2)
    assert ((switches["low"] < switches["value"]) & (switches["value"] < switches["high"])).all()
    assert (switches["share"] == 1.0).all()
    none = found[found["unknown"] == "other"].iloc[0]
    assert np.isnan(none["value"])
    assert none["below"] == none["above"] == "pop-up"
    assert none["share"] > 0.5


def test_a_curved_lead_is_found_on_both_sides() -> None:
    places = np.random.default_rng(1).uniform(-2, 2, 200)
    options = Options(("flat", "hump"), np.column_stack([np.zeros(200), 1 - places**2]))
    found = switching_values(options, {"x": places}, resamples=20)
    assert found["value"].tolist() == pytest.approx([-1.0, 1.0], abs=0.01)
    assert found["above"].tolist() == ["hump", "flat"]
