"""The empirical game of a question: entrant, host and rivals, payoffs less those of staying out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from sim.decisions.bargain import host_value
from sim.decisions.equilibria import (
    dominated,
    dominated_by_mixed,
    iterated_elimination,
    mixed_equilibria,
    sequential,
    slice_of,
)
from sim.decisions.game import EmpiricalGame, equilibrium_stability, payoff_table, stability, strategy_regret
from sim.decisions.question import STAY_OUT, Question
from sim.decisions.samples import Floats, Samples
from sim.decisions.studies import distinct, profile_settings

PLAYERS = ("entrant", "host", "rivals")
ORDER = (1, 0, 2)
"""Who moves first in a sequence: the host offers, the entrant decides, the rivals answer."""
LEAST_SHARE = 0.05
"""Share of resamples from which a profile is listed that is no equilibrium of the mean."""


def game_of(question: Question, samples: Samples, nash: float) -> EmpiricalGame:
    """The game from its runs; a profile in which the entrant stays out is worth zero to everybody.

    Staying out is the baseline: no terms apply, and rivals answer storefronts only.
    """
    spec = question.spec.game
    assert spec is not None
    names = distinct(profile_settings(question, nash))[1]
    actions = {"entrant": [STAY_OUT, *spec.entrant], "host": list(spec.terms), "rivals": list(spec.answers)}
    payoffs = np.zeros((len(samples), 3, *(len(own) for own in actions.values())))
    for (i, option), (j, terms), (k, answer) in product(*(enumerate(own) for own in actions.values())):
        if option != STAY_OUT:
            payoffs[:, :, i, j, k] = _payoffs(question, samples, names[option, terms, answer])
    return EmpiricalGame(actions, payoffs)


def _payoffs(question: Question, samples: Samples, run: str) -> Floats:
    """Values to entrant, focal host and rivals, shape (draws, 3)."""
    spec = question.spec.game
    assert spec is not None
    entrant = samples.value_of(run, question.spec.entrant)
    host = host_value(question, samples, run, spec.host)
    rivals = np.sum([samples.value_of(run, name) for name in spec.rivals], axis=0)
    return np.column_stack([entrant, host, rivals])


def titles(question: Question) -> dict[str, dict[str, str]]:
    """Actions in words, by player."""
    spec = question.spec.game
    assert spec is not None
    return {
        "entrant": {name: question.title(name) for name in [STAY_OUT, *spec.entrant]},
        "host": {name: action.title for name, action in spec.terms.items()},
        "rivals": {name: answer.title for name, answer in spec.answers.items()},
    }


# --- tables --------------------------------------------------------------------------------------


def payoffs(game: EmpiricalGame) -> pd.DataFrame:
    """Mean payoffs with intervals: a row a profile and party; see `payoff_table`."""
    return payoff_table(game)


def equilibria(game: EmpiricalGame) -> pd.DataFrame:
    """Pure equilibria of the mean, and profiles that are one in some resamples, the firmest first."""
    table = equilibrium_stability(game)
    kept = table[table.equilibrium | (table.in_resamples >= LEAST_SHARE)]
    return kept.sort_values(["equilibrium", "in_resamples"], ascending=False, ignore_index=True)


def mixed(game: EmpiricalGame) -> pd.DataFrame:
    """Equilibria of entrant and host at each answer of the rivals: a row an action that is played.

    Columns: rivals, number, player, action, probability, degenerate.
    """
    rows = []
    for answer, name in enumerate(game.players["rivals"]):
        found = mixed_equilibria(*slice_of(game.mean, (0, 1), (0, 0, answer)))
        for number, pair in enumerate(found.strategies):
            rows += [
                {"rivals": name, "number": number, "player": player, "action": game.players[player][k],
                 "probability": float(share), "degenerate": found.degenerate}
                for player, shares in zip(PLAYERS[:2], pair, strict=True)
                for k, share in enumerate(shares) if share > 1e-9
            ]  # fmt: skip
    return pd.DataFrame(rows)


def dominance(game: EmpiricalGame) -> pd.DataFrame:
    """Dominated actions: a row a player, action and kind (strict, weak, by a mixture, in turn).

    Columns: player, action, kind, by (the action that dominates, or "").
    """
    rows = []
    for k, (player, actions) in enumerate(game.players.items()):
        strict = dominated(game.mean, k)
        for kind, found in (("strict", strict), ("weak", dominated(game.mean, k, strict=False))):
            rows += [
                {"player": player, "action": actions[a], "kind": kind, "by": actions[b]}
                for a, b in found.items() if kind == "strict" or a not in strict
            ]  # fmt: skip
        rows += [
            {"player": player, "action": actions[a], "kind": "by a mixture", "by": ""}
            for a in dominated_by_mixed(game.mean, k) if a not in strict
        ]  # fmt: skip
    for turn, k, action in iterated_elimination(game.mean).removed:
        player = PLAYERS[k]
        kind = f"in turn, round {turn}"
        rows.append({"player": player, "action": game.players[player][action], "kind": kind, "by": ""})
    return pd.DataFrame(rows, columns=["player", "action", "kind", "by"])


def in_sequence(game: EmpiricalGame) -> pd.DataFrame:
    """What is played if the host offers, the entrant decides and the rivals answer: a row a player.

    Columns: player, action, payoff, ties (on the path), and how firm it is: `in_resamples`, share of
    resamples in which the action is the best reply to the others' actions.
    """
    found = sequential(game.mean, ORDER)
    played = game.named(found.profile)
    firm = stability(game, played).set_index(["player", "action"]).in_resamples
    tied = {PLAYERS[tie.player] for tie in found.ties if tie.on_path}
    rows = [
        {"player": player, "action": action, "payoff": float(found.payoffs[k]), "tied": player in tied,
         "in_resamples": float(firm[player, action])}
        for k, (player, action) in enumerate(played.items())
    ]  # fmt: skip
    return pd.DataFrame(rows)


def regrets(game: EmpiricalGame) -> pd.DataFrame:
    """What strategies fall behind the best reply over the others' profiles, entrant and host."""
    return pd.concat([strategy_regret(game, player) for player in PLAYERS[:2]], ignore_index=True)


def replies(game: EmpiricalGame) -> pd.DataFrame:
    """The entrant's best reply to every profile of the others, and how firm it is.

    Columns: host, rivals, action, payoff, in_resamples, in_draws.
    """
    rows = []
    for terms, answer in product(game.players["host"], game.players["rivals"]):
        profile = {"entrant": STAY_OUT, "host": terms, "rivals": answer}
        table = stability(game, profile)
        best = table[(table.player == "entrant") & table.best].iloc[0]
        rows.append({
            "host": terms, "rivals": answer, "action": best.action, "payoff": best.payoff,
            "in_resamples": best.in_resamples, "in_draws": best.in_draws,
        })  # fmt: skip
    return pd.DataFrame(rows)
