"""Games with known solutions, and small random ones against loops over all profiles."""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.decisions.equilibria import (
    best_replies,
    deviation_gains,
    dominated,
    dominated_by_mixed,
    iterated_elimination,
    mixed_equilibria,
    pure_equilibria,
    sequential,
    slice_of,
)

Floats = npt.NDArray[np.float64]

PRISONERS = np.array([[[-1, -3], [0, -2]], [[-1, 0], [-3, -2]]], float)
SEXES = np.array([[[2, 0], [0, 1]], [[1, 0], [0, 2]]], float)
PENNIES = np.array([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]], float)
ROCK = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], float)


def majority() -> Floats:
    """Three players earn 1 each if all choose alike: two equilibria, and no gain alone from 2 against 1."""
    payoffs = np.zeros((3, 2, 2, 2))
    payoffs[:, 0, 0, 0] = payoffs[:, 1, 1, 1] = 1.0
    return payoffs


def small_games(values: st.SearchStrategy[float]) -> st.SearchStrategy[Floats]:
    shapes = st.lists(st.integers(1, 3), min_size=1, max_size=3)
    return shapes.flatmap(lambda shape: arrays(float, (len(shape), *shape), elements=values))


games = small_games(st.integers(-3, 3).map(float))


def looped_equilibria(payoffs: Floats, tolerance: float = 0.0) -> list[tuple[int, ...]]:
    found = []
    for profile in product(*(range(count) for count in payoffs.shape[1:])):
        gains = []
        for player in range(len(payoffs)):
            for action in range(payoffs.shape[1 + player]):
                other = (*profile[:player], action, *profile[player + 1 :])
                gains.append(payoffs[(player, *other)] - payoffs[(player, *profile)])
        if max(gains) <= tolerance:
            found.append(profile)
    return found


def test_prisoners_defect() -> None:
    assert pure_equilibria(PRISONERS) == [(1, 1)]
    assert dominated(PRISONERS, 0) == dominated(PRISONERS, 1) == {0: 1}
    assert iterated_elimination(PRISONERS).kept == ((1,), (1,))
    assert pure_equilibria(PRISONERS, tolerance=1.0) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_battle_of_the_sexes_has_two_pure_equilibria_and_a_mixed_one() -> None:
    found = mixed_equilibria(*SEXES)
    assert pure_equilibria(SEXES) == [(0, 0), (1, 1)]
    assert len(found.strategies) == 3
    assert not found.degenerate
    x, y = found.strategies[-1]
    assert x.tolist() == pytest.approx([2 / 3, 1 / 3])
    assert y.tolist() == pytest.approx([1 / 3, 2 / 3])


def test_matching_pennies_and_rock_paper_scissors_are_mixed_evenly() -> None:
    assert pure_equilibria(PENNIES) == []
    for first, second in (PENNIES, (1e9 * ROCK, -1e9 * ROCK)):
        found = mixed_equilibria(first, second)
        assert len(found.strategies) == 1
        assert not found.degenerate
        for strategy in found.strategies[0]:
            assert strategy.tolist() == pytest.approx([1 / len(first)] * len(first))


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nashpy", None)
    with pytest.raises(ModuleNotFoundError, match=r"retail-entry-sim\[analysis\]"):
        mixed_equilibria(*SEXES)


def test_ties_are_called_degenerate() -> None:
    found = mixed_equilibria(np.array([[1.0, 1.0], [0.0, 0.0]]), np.zeros((2, 2)))
    assert found.degenerate
    assert {(int(x.argmax()), int(y.argmax())) for x, y in found.strategies} == {(0, 0), (0, 1)}


def test_three_players_who_want_to_agree() -> None:
    assert pure_equilibria(majority()) == [(0, 0, 0), (1, 1, 1)]
    assert best_replies(majority())[:, 0, 0, 1].tolist() == [True, True, False]
    assert iterated_elimination(majority()).removed == ()


@settings(deadline=None, max_examples=60)
@given(games, st.sampled_from([0.0, 1.0]))
def test_pure_equilibria_are_those_of_loops(payoffs: Floats, tolerance: float) -> None:
    assert pure_equilibria(payoffs, tolerance) == looped_equilibria(payoffs, tolerance)


@settings(deadline=None, max_examples=40)
@given(games)
def test_dominance_is_that_of_loops(payoffs: Floats) -> None:
    for player, count in enumerate(payoffs.shape[1:]):
        own = np.moveaxis(payoffs[player], player, 0).reshape(count, -1).tolist()
        pairs = [(a, b) for a in range(count) for b in range(count) if a != b]
        strict = {a for a, b in pairs if all(v > u for u, v in zip(own[a], own[b], strict=True))}
        weak = {
            a
            for a, b in pairs
            if all(v >= u for u, v in zip(own[a], own[b], strict=True)) and own[a] != own[b]
        }
        assert set(dominated(payoffs, player)) == strict
        assert set(dominated(payoffs, player, strict=False)) == weak
        assert strict <= set(dominated_by_mixed(payoffs, player))


def test_a_mixture_can_dominate_where_no_single_action_does() -> None:
    first = np.array([[3.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    payoffs = np.array([first, np.zeros((3, 2))])
    assert dominated(payoffs, 0) == {}
    assert dominated_by_mixed(payoffs, 0) == [2]
    assert iterated_elimination(payoffs).removed == ()
    assert iterated_elimination(payoffs, mixed=True).removed == ((1, 0, 2),)
    at_the_edge = payoffs.copy()
    at_the_edge[0, 2] = 1.5
    assert dominated_by_mixed(at_the_edge, 0) == []


@settings(deadline=None, max_examples=60)
@given(games)
def test_elimination_keeps_the_equilibria(payoffs: Floats) -> None:
    left = iterated_elimination(payoffs)
    for profile in pure_equilibria(payoffs):
        assert all(action in kept for action, kept in zip(profile, left.kept, strict=True))
    assert sum(map(len, left.kept)) + len(left.removed) == sum(payoffs.shape[1:])
    small = payoffs[np.ix_(range(len(payoffs)), *left.kept)]
    assert all(not dominated(small, player) for player in range(len(payoffs)))


def test_elimination_takes_rounds() -> None:
    first = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 2.0]])
    second = np.array([[0.0, 2.0, 1.0], [3.0, 1.0, 0.0]])
    found = iterated_elimination(np.array([first, second]))
    assert found.kept == ((0,), (1,))
    assert [turn for turn, *_ in found.removed] == [1, 2, 3]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 3))
def test_mixed_equilibria_of_random_games_are_odd_in_number_and_leave_no_gain(
    seed: int, rows: int, columns: int
) -> None:
    first, second = np.random.default_rng(seed).normal(0, 1e6, (2, rows, columns))
    found = mixed_equilibria(first, second)
    assert len(found.strategies) % 2 == 1
    assert not found.degenerate
    pure = looped_equilibria(np.array([first, second]))
    assert sum(x.max() == y.max() == 1.0 for x, y in found.strategies) == len(pure)
    for x, y in found.strategies:
        assert (first @ y).max() - x @ first @ y < 1e-3
        assert (x @ second).max() - x @ second @ y < 1e-3
        assert (x.sum(), y.sum()) == pytest.approx((1, 1))


def test_a_slice_holds_the_others() -> None:
    payoffs = np.random.default_rng(0).normal(size=(3, 2, 3, 4))
    first, second = slice_of(payoffs, (2, 0), (0, 1, 0))
    assert first.shape == second.shape == (4, 2)
    assert first[3, 1] == payoffs[2, 1, 1, 3]
    assert second[3, 1] == payoffs[0, 1, 1, 3]


def looped_sequence(payoffs: Floats, order: list[int], before: dict[int, int]) -> tuple[int, ...]:
    if len(before) == len(order):
        return tuple(before[player] for player in range(len(order)))
    player = order[len(before)]
    ends = [looped_sequence(payoffs, order, {**before, player: a}) for a in range(payoffs.shape[1 + player])]
    return max(ends, key=lambda end: payoffs[(player, *end)])


@settings(deadline=None, max_examples=60)
@given(games, st.randoms(use_true_random=False))
def test_moves_in_sequence_are_those_of_recursion(payoffs: Floats, random: object) -> None:
    order = list(range(len(payoffs)))
    random.shuffle(order)  # type: ignore[attr-defined]
    found = sequential(payoffs, order)
    assert found.profile == looped_sequence(payoffs, order, {})
    assert found.payoffs.tolist() == payoffs[(slice(None), *found.profile)].tolist()


def test_an_entrant_stays_out_only_if_the_host_can_commit() -> None:
    """Rows: enter, stay out; columns: fight, share. Fighting first deters, fighting second is no threat."""
    payoffs = np.array([[[-1.0, 1.0], [0.0, 0.0]], [[-1.0, 1.0], [3.0, 2.0]]])
    assert sequential(payoffs, [0, 1]).profile == (0, 1)
    assert sequential(payoffs, [1, 0]).profile == (1, 0)


def test_ties_go_to_the_first_and_are_reported_on_and_off_the_path() -> None:
    payoffs = np.array([[[1.0, 5.0], [2.0, 2.0]], [[0.0, 0.0], [1.0, 2.0]]])
    found = sequential(payoffs, [0, 1])
    assert found.profile == (1, 1)
    (tie,) = found.ties
    assert (tie.player, tie.history, tie.actions, tie.on_path) == (1, ((0, 0),), (0, 1), False)
    loose = sequential(payoffs, [0, 1], tolerance=1.0)
    assert loose.profile == (0, 0)
    assert [tie.on_path for tie in loose.ties] == [True, True, False]


@settings(deadline=None, max_examples=60)
@given(games)
def test_gains_are_zero_only_at_best_replies(payoffs: Floats) -> None:
    gains = deviation_gains(payoffs)
    assert (gains >= 0).all()
    assert ((gains == 0) == best_replies(payoffs)).all()


def test_what_is_no_game_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        pure_equilibria(np.zeros((3, 2, 2)))
    with pytest.raises(ValueError, match="finite"):
        pure_equilibria(np.full((1, 2), np.nan))
    with pytest.raises(ValueError, match="every player once"):
        sequential(PRISONERS, [0, 0])
