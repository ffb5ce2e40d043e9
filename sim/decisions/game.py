"""Empirical games: payoffs of strategy profiles estimated by simulation, the same draws at every profile.

Empirical game-theoretic analysis (Wellman 2006, "Methods for empirical game-theoretic analysis", AAAI).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.decisions.equilibria import Profile, best_replies, check, deviation_gains, pure_equilibria
from sim.outcomes.intervals import LEVEL, NAN, around, reweighted, student

Floats = npt.NDArray[np.float64]
Named = Mapping[str, str]
"""A profile: the action of each player."""
Row = dict[str, object]


@dataclass(frozen=True)
class EmpiricalGame:
    """A game with simulated payoffs.

    Attributes:
        players: names of the players and of the actions of each, in the order of the axes.
        payoffs: shape (draws, players, actions of the first, actions of the second, ...).
    """

    players: Mapping[str, Sequence[str]]
    payoffs: Floats

    def __post_init__(self) -> None:
        """Refuse payoffs that are not those of the players.

        Raises:
            ValueError: if the shape is another one, a payoff is not finite, or an action is there twice.
        """
        shape = (len(self.players), *(len(actions) for actions in self.players.values()))
        if self.payoffs.shape[1:] != shape or not len(self.payoffs):
            raise ValueError(f"payoffs need shape (draws, {', '.join(map(str, shape))})")
        check(self.payoffs[0])
        if not np.isfinite(self.payoffs).all():
            raise ValueError("a payoff is not finite")
        if any(len(set(actions)) < len(actions) for actions in self.players.values()):
            raise ValueError("a player has two actions of one name")

    @property
    def mean(self) -> Floats:
        """Mean payoffs over draws, shape (players, *actions)."""
        return self.payoffs.mean(axis=0)

    def index(self, profile: Named) -> Profile:
        """The indices of a profile.

        Raises:
            ValueError: if it does not name one action of every player.
        """
        if set(profile) != set(self.players):
            raise ValueError(f"a profile names an action of each of {', '.join(self.players)}")
        for player, action in profile.items():
            if action not in self.players[player]:
                raise ValueError(f"{player} has no action {action!r}")
        return tuple(list(actions).index(profile[player]) for player, actions in self.players.items())

    def named(self, profile: Profile) -> dict[str, str]:
        """The names of a profile."""
        pairs = zip(self.players.items(), profile, strict=True)
        return {player: actions[action] for (player, actions), action in pairs}

    def profiles(self) -> pd.DataFrame:
        """All profiles, one row each, a column a player, in the order of the axes of payoffs."""
        return pd.DataFrame([self.named(profile) for profile in np.ndindex(self.payoffs.shape[2:])])

    def equilibria(self, tolerance: float = 0.0) -> pd.DataFrame:
        """Pure equilibria of mean payoffs: a column a player, a row an equilibrium."""
        found = [self.named(profile) for profile in pure_equilibria(self.mean, tolerance)]
        return pd.DataFrame(found, columns=list(self.players))


def payoff_table(game: EmpiricalGame, versus: Named | None = None, level: float = LEVEL) -> pd.DataFrame:
    """Mean payoffs with Student's intervals over draws.

    Args:
        game: the game.
        versus: a profile that all are compared with, draw by draw.
        level: coverage.

    Returns:
        One row a profile and player: a column a player with its action, party, mean, low, high, gain (what
        the party could gain by changing alone, of means) and, with `versus`, difference, difference_low and
        difference_high.
    """
    parts = dict(zip(("mean", "low", "high"), student(game.payoffs, level=level), strict=True))
    parts["gain"] = deviation_gains(game.mean)
    if versus is not None:
        flat = game.payoffs.reshape(*game.payoffs.shape[:2], -1)
        place = int(np.ravel_multi_index(game.index(versus), game.payoffs.shape[2:]))
        ahead = (flat - flat[..., [place]]).reshape(game.payoffs.shape)
        names = ("difference", "difference_low", "difference_high")
        parts |= dict(zip(names, student(ahead, level=level), strict=True))
    tables = [
        game.profiles().assign(party=party, **{name: part[k].ravel() for name, part in parts.items()})
        for k, party in enumerate(game.players)
    ]
    return pd.concat(tables, ignore_index=True)


def regret(
    game: EmpiricalGame, profile: Named, resamples: int = 2000, seed: int = 0, level: float = LEVEL
) -> pd.DataFrame:
    """What each player could gain by leaving a profile alone: its distance from an equilibrium.

    Intervals resample draws, the same for all players, and look for the best deviation anew each time.

    Args:
        game: the game.
        profile: the profile.
        resamples: bootstrap resamples of draws.
        seed: of the resamples.
        level: coverage.

    Returns:
        One row a player: player, action, payoff, best_reply, gain (at least 0), low, high.
    """
    place = game.index(profile)
    means = _resampled(game, resamples, seed)
    rows: list[Row] = []
    for k, (player, actions) in enumerate(game.players.items()):
        along = game.mean[k][_line(place, k)]
        lines = means[(slice(None), k, *_line(place, k))]  # (resamples, actions)
        gain = along.max() - along[place[k]]
        found = lines.max(axis=1) - lines[:, place[k]]
        low, high = around(np.array([gain]), found[:, None], len(game.payoffs), level, floor=0.0)
        rows.append(dict(
            player=player, action=actions[place[k]], payoff=float(along[place[k]]),
            best_reply=actions[int(along.argmax())], gain=float(gain), low=float(low[0]), high=float(high[0]),
        ))  # fmt: skip
    return pd.DataFrame(rows)


def strategy_regret(
    game: EmpiricalGame, player: str, resamples: int = 2000, seed: int = 0, level: float = LEVEL
) -> pd.DataFrame:
    """What each strategy of a player falls behind its best reply, over the others' profiles.

    Args:
        game: the game.
        player: whose strategies.
        resamples: bootstrap resamples of draws.
        seed: of the resamples.
        level: coverage.

    Returns:
        One row a strategy: player, action, mean, mean_low, mean_high, max, max_low, max_high (over the
        others' profiles, each counting the same), worst (the others' profile where it is greatest, in words).
    """
    k = list(game.players).index(player)
    gains = _behind(game.mean[None], k)[0]
    found = _behind(_resampled(game, resamples, seed), k)
    count = len(game.payoffs)
    mean_low, mean_high = around(gains.mean(axis=1), found.mean(axis=2), count, level, floor=0.0)
    max_low, max_high = around(gains.max(axis=1), found.max(axis=2), count, level, floor=0.0)
    others = game.profiles()[lambda table: table[player] == game.players[player][0]].drop(columns=player)
    words = [", ".join(f"{name}: {action}" for name, action in row.items()) for _, row in others.iterrows()]
    return pd.DataFrame(dict(
        player=player, action=list(game.players[player]), mean=gains.mean(axis=1), mean_low=mean_low,
        mean_high=mean_high, max=gains.max(axis=1), max_low=max_low, max_high=max_high,
        worst=[words[place] for place in gains.argmax(axis=1)],
    ))  # fmt: skip


def stability(
    game: EmpiricalGame, profile: Named, resamples: int = 2000, seed: int = 0, tolerance: float = 0.0
) -> pd.DataFrame:
    """How often each action is the best reply to the others' actions of a profile.

    Args:
        game: the game.
        profile: the profile.
        resamples: bootstrap resamples of draws, the same for all players.
        seed: of the resamples.
        tolerance: gain that is no reason to change.

    Returns:
        One row a player and action: player, action, payoff (mean, against the others' actions of the
        profile), best (in the mean), in_resamples, in_draws (shares in which it is a best reply; actions that
        tie count each). A share of resamples says how firm the mean is, one of draws how much single futures
        differ.
    """
    place = game.index(profile)
    means = _resampled(game, resamples, seed)
    rows: list[Row] = []
    for k, (player, actions) in enumerate(game.players.items()):
        line = _line(place, k)
        shares = [_best(part[(slice(None), k, *line)], tolerance) for part in (means, game.payoffs)]
        along = game.mean[k][line]
        best = _best(along[None], tolerance)
        rows += [
            dict(
                player=player, action=action, payoff=float(along[a]), best=bool(best[a]),
                in_resamples=float(shares[0][a]), in_draws=float(shares[1][a]),
            )
            for a, action in enumerate(actions)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def equilibrium_stability(
    game: EmpiricalGame, resamples: int = 2000, seed: int = 0, tolerance: float = 0.0
) -> pd.DataFrame:
    """How often each profile is a pure equilibrium.

    Args:
        game: the game.
        resamples: bootstrap resamples of draws.
        seed: of the resamples.
        tolerance: gain that is no reason to change.

    Returns:
        One row a profile: a column a player with its action, regret (the greatest gain of any player, of
        means), equilibrium (in the mean), in_resamples, in_draws (shares). Several profiles can be equilibria
        of one resample, or none.
    """
    table = game.profiles()
    table["regret"] = deviation_gains(game.mean).max(axis=0).ravel()
    table["equilibrium"] = best_replies(game.mean, tolerance).all(axis=0).ravel()
    for name, parts in (("in_resamples", _resampled(game, resamples, seed)), ("in_draws", game.payoffs)):
        stable = [best_replies(part, tolerance).all(axis=0).ravel() for part in parts]
        table[name] = np.mean(stable, axis=0) if len(stable) else NAN
    return table


def _resampled(game: EmpiricalGame, resamples: int, seed: int) -> Floats:
    """Mean payoffs of resamples of draws, shape (resamples, players, *actions)."""
    count = len(game.payoffs)
    weights = np.array(list(reweighted(np.full(count, 1 / count), resamples, seed))).reshape(-1, count)
    return np.tensordot(weights, game.payoffs, axes=1)


def _line(place: Profile, player: int) -> tuple[int | slice, ...]:
    """The profiles that differ from one in the action of a player only."""
    return tuple(slice(None) if k == player else action for k, action in enumerate(place))


def _best(payoffs: Floats, tolerance: float) -> Floats:
    """Share of rows in which each action is best, of payoffs of shape (rows, actions)."""
    return (payoffs >= payoffs.max(axis=1, keepdims=True) - tolerance).mean(axis=0)


def _behind(means: Floats, player: int) -> Floats:
    """What a player's actions fall behind the best, shape (samples, actions, others' profiles)."""
    own = np.moveaxis(means[:, player], 1 + player, 1)
    flat = own.reshape(len(own), own.shape[1], -1)
    return flat.max(axis=1, keepdims=True) - flat
