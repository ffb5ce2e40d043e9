"""Normal-form games of any number of players: best replies, equilibria, dominance, moves in sequence.

Payoffs are an array of shape (players, actions of the first, actions of the second, ...). A profile is a
tuple with one action, an index, a player.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from sim.extras import optional

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Profile = tuple[int, ...]
EDGE = 1e-9
"""What counts as zero, relative to the range of a player's payoffs."""


def check(payoffs: Floats) -> None:
    """Refuse what is no game.

    Raises:
        ValueError: if the axes are not one for players and one for the actions of each.
    """
    if payoffs.ndim < 2 or payoffs.ndim != len(payoffs) + 1 or payoffs.size == 0:
        raise ValueError(f"payoffs need shape (players, one axis a player), found {payoffs.shape}")
    if not np.isfinite(payoffs).all():
        raise ValueError("a payoff is not finite")


def deviation_gains(payoffs: Floats) -> Floats:
    """What each player could gain at each profile by another action, the others' held.

    Args:
        payoffs: shape (players, *actions).

    Returns:
        Gains, at least 0, of the same shape.
    """
    check(payoffs)
    return np.array([own.max(axis=player, keepdims=True) - own for player, own in enumerate(payoffs)])


def best_replies(payoffs: Floats, tolerance: float = 0.0) -> Flags:
    """Whether the action of each player at a profile is a best reply to the others' actions there.

    Args:
        payoffs: shape (players, *actions).
        tolerance: gain, in the unit of payoffs, that is no reason to change.

    Returns:
        Flags of shape (players, *actions).
    """
    return deviation_gains(payoffs) <= tolerance


def pure_equilibria(payoffs: Floats, tolerance: float = 0.0) -> list[Profile]:
    """Profiles from which no player gains by changing alone, in the order of their indices.

    Args:
        payoffs: shape (players, *actions).
        tolerance: gain that is no reason to change.
    """
    stable = best_replies(payoffs, tolerance).all(axis=0)
    return [tuple(int(action) for action in profile) for profile in np.argwhere(stable)]


def dominated(payoffs: Floats, player: int, strict: bool = True) -> dict[int, int]:
    """Actions of a player that another single action dominates, whatever the others do.

    Args:
        payoffs: shape (players, *actions).
        player: whose actions.
        strict: better against all profiles of the others; else never worse and somewhere better.

    Returns:
        For each dominated action the first one that dominates it.
    """
    own = _against(payoffs, player)
    found: dict[int, int] = {}
    for action in range(len(own)):
        ahead = own - own[action]
        better = (ahead > 0).all(axis=1) if strict else (ahead >= 0).all(axis=1) & (ahead > 0).any(axis=1)
        if better.any():
            found[action] = int(better.argmax())
    return found


def dominated_by_mixed(payoffs: Floats, player: int) -> list[int]:
    """Actions that some mixture of a player's other actions strictly dominates.

    The others' profiles count as the actions of one opponent. The greatest margin by which a mixture is
    better against all of them is a linear programme (Shoham and Leyton-Brown 2009, Multiagent Systems,
    sec. 4.5); a margin counts above `EDGE` of the range of payoffs.

    Args:
        payoffs: shape (players, *actions).
        player: whose actions.
    """
    own = _scaled(_against(payoffs, player))
    return [action for action in range(len(own)) if len(own) > 1 and _margin(own, action) > EDGE]


def _margin(own: Floats, action: int) -> float:
    """Greatest least lead of a mixture of other actions over one action."""
    others = np.delete(own, action, axis=0)
    count, against = others.shape
    behind = np.column_stack([-others.T, np.ones(against)])  # margin - mixture <= -payoff of the action
    adds_up = np.append(np.ones(count), 0.0)[None, :]
    found = linprog(
        np.append(np.zeros(count), -1.0), A_ub=behind, b_ub=-own[action], A_eq=adds_up, b_eq=[1.0],
        bounds=[(0.0, 1.0)] * count + [(None, None)],
    )  # fmt: skip
    if not found.success or found.fun is None:
        raise RuntimeError(f"the linear programme of dominance failed: {found.message}")
    return float(-found.fun)


@dataclass(frozen=True)
class Elimination:
    """What is left of a game without strictly dominated actions.

    Attributes:
        kept: for each player the actions that are left.
        removed: round, player and action, in the order in which they went.
    """

    kept: tuple[tuple[int, ...], ...]
    removed: tuple[tuple[int, int, int], ...]


def iterated_elimination(payoffs: Floats, mixed: bool = False) -> Elimination:
    """Take strictly dominated actions out until there are none, all of a round at once.

    Args:
        payoffs: shape (players, *actions).
        mixed: whether mixtures dominate as well as single actions.
    """
    check(payoffs)
    kept = [list(range(count)) for count in payoffs.shape[1:]]
    removed: list[tuple[int, int, int]] = []
    for turn in range(1, sum(payoffs.shape[1:]) + 1):
        left = payoffs[np.ix_(range(len(payoffs)), *kept)]
        players = range(len(payoffs))
        found = [dominated_by_mixed(left, p) if mixed else list(dominated(left, p)) for p in players]
        gone = [(turn, p, kept[p][k]) for p in players for k in found[p]]
        if not gone:
            break
        removed += gone
        kept = [[action for action in kept[p] if (turn, p, action) not in gone] for p in players]
    return Elimination(tuple(tuple(actions) for actions in kept), tuple(removed))


@dataclass(frozen=True)
class MixedEquilibria:
    """Equilibria of a game of two players.

    Attributes:
        strategies: for each equilibrium the probabilities of the actions of the first and of the second.
        degenerate: whether the game has ties that can make equilibria a continuum, so that those listed are
            some of its corners and need not be all.
    """

    strategies: tuple[tuple[Floats, Floats], ...]
    degenerate: bool


def mixed_equilibria(first: Floats, second: Floats) -> MixedEquilibria:
    """Pure and mixed equilibria of a game of two players, by enumeration of supports of equal size.

    All equilibria of a game without ties, an odd number (Nisan et al. 2007, Algorithmic Game Theory,
    algorithm 3.4).

    Args:
        first: payoffs of the row player, shape (rows, columns).
        second: payoffs of the column player, of the same shape.

    Raises:
        ModuleNotFoundError: if nashpy is not installed.
        ValueError: if the shapes differ.
    """
    check(np.array([first, second]))
    # Small payoffs keep the equations of unused actions the pivots, so that their probability is exactly 0.
    A, B = 0.1 * _scaled(first), 0.1 * _scaled(second)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", RuntimeWarning)
        found = list(optional("nashpy", "analysis").Game(A, B).support_enumeration(tol=EDGE))
    pure = [(np.eye(len(A))[i], np.eye(A.shape[1])[j]) for i, j in pure_equilibria(np.array([A, B]))]
    distinct: list[tuple[Floats, Floats]] = []
    for x, y in [*pure, *found]:
        if not any(np.allclose(x, u) and np.allclose(y, v) for u, v in distinct):
            distinct.append((x, y))
    even = any("degenerate" in str(warning.message) for warning in said)
    return MixedEquilibria(tuple(distinct), even or any(_tied(A, B, x, y) for x, y in distinct))


def _tied(A: Floats, B: Floats, x: Floats, y: Floats) -> bool:
    """Whether an equilibrium has more best replies than the other's strategy has actions."""
    for replies, support in ((A @ y, y), (B.T @ x, x)):
        if (replies >= replies.max() - EDGE).sum() > (support > EDGE).sum():
            return True
    return False


def slice_of(payoffs: Floats, pair: tuple[int, int], profile: Sequence[int]) -> tuple[Floats, Floats]:
    """The game of two players with the actions of all others held.

    Args:
        payoffs: shape (players, *actions).
        pair: the two players.
        profile: actions of all players; those of the pair are not used.

    Returns:
        Payoffs of the first and of the second of the pair, shape (actions of the first, of the second).
    """
    check(payoffs)
    place = tuple(slice(None) if player in pair else action for player, action in enumerate(profile))
    first, second = payoffs[pair[0]][place], payoffs[pair[1]][place]
    return (first, second) if pair[0] < pair[1] else (first.T, second.T)


@dataclass(frozen=True)
class Tie:
    """Actions between which a player in a sequence is indifferent.

    Attributes:
        player: who.
        history: players and actions before, in the order of moves.
        actions: the tied ones, of which the first is taken.
        on_path: whether the history is one that is played.
    """

    player: int
    history: tuple[tuple[int, int], ...]
    actions: tuple[int, ...]
    on_path: bool


@dataclass(frozen=True)
class Sequential:
    """Solution of a game in which players move one after another and see what was done before.

    Attributes:
        profile: what is played, in the order of players (not of moves).
        payoffs: of all players, shape (players,).
        ties: where a player was indifferent; another choice there can change what is played.
    """

    profile: Profile
    payoffs: Floats
    ties: tuple[Tie, ...]


def sequential(payoffs: Floats, order: Sequence[int], tolerance: float = 0.0) -> Sequential:
    """Backward induction: the subgame-perfect outcome, with ties broken to the first action.

    Args:
        payoffs: shape (players, *actions).
        order: all players, the first to move first.
        tolerance: loss that is none, in the unit of payoffs.

    Raises:
        ValueError: if the order is none of all players.
    """
    check(payoffs)
    if sorted(order) != list(range(len(payoffs))):
        raise ValueError(f"the order of moves needs every player once, found {list(order)}")
    left = payoffs.transpose(0, *(1 + player for player in order))
    choices: list[npt.NDArray[np.int_]] = []
    alike: list[Flags] = []
    for player in reversed(order):  # the last axis left is that of the player who moves last
        good = left[player] >= left[player].max(axis=-1, keepdims=True) - tolerance
        choice = good.argmax(axis=-1)
        left = np.take_along_axis(left, choice[None, ..., None], axis=-1)[..., 0]
        choices.insert(0, choice)
        alike.insert(0, good)
    path: list[int] = []
    for choice in choices:
        path.append(int(choice[tuple(path)]))
    return Sequential(tuple(path[order.index(p)] for p in range(len(order))), left, _ties(alike, order, path))


def _ties(alike: list[Flags], order: Sequence[int], path: list[int]) -> tuple[Tie, ...]:
    found = []
    for turn, good in enumerate(alike):
        for before in np.argwhere(good.sum(axis=-1) > 1):
            history = tuple((player, int(action)) for player, action in zip(order, before, strict=False))
            actions = tuple(int(action) for action in np.flatnonzero(good[tuple(before)]))
            found.append(Tie(order[turn], history, actions, [int(a) for a in before] == path[:turn]))
    return tuple(found)


def _against(payoffs: Floats, player: int) -> Floats:
    """A player's payoffs, shape (own actions, profiles of the others)."""
    check(payoffs)
    own = np.moveaxis(payoffs[player], player, 0)
    return own.reshape(len(own), -1)


def _scaled(payoffs: Floats) -> Floats:
    """Payoffs from 0 to 1, or all 0: the same game."""
    spread = np.ptp(payoffs)
    return (payoffs - payoffs.min()) / spread if spread > 0 else np.zeros_like(payoffs)
