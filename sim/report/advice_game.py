"""The game of a question in words: equilibria, dominated strategies, the sequence, regret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sim.report.advice_numbers import Tables, Words, between, lower, m, picture, rows_of
from sim.report.cases import written
from sim.report.style import per_cent


def game(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[str]:
    """Equilibria, dominated strategies, sequence, regret."""
    yield "## The game with host and rivals"
    titles = _titles(tables)
    yield from picture(pictures, "payoffs", "Payoffs of entrant and host")
    yield "\n".join(f"- {said}" for said in game_words(tables, titles))
    yield from picture(pictures, "regret", "Regret of the entrant's strategies")
    head = ["strategy", "mean regret, m", "90 %", "greatest, m", "where"]
    rows = tables["game_regret"]
    cells = [
        [titles["entrant"][row["action"]], m(row["mean"]), between(row["mean_low"], row["mean_high"]),
         m(row["max"]), _where(row["worst"], titles)]
        for row in rows_of(rows[rows.player == "entrant"])
    ]  # fmt: skip
    yield written(head, cells)


def _titles(tables: Tables) -> dict[str, dict[str, str]]:
    table = tables["game_payoffs"]
    return {
        player: dict(zip(table[player], table[f"{player}_title"], strict=True))
        for player in ("entrant", "host", "rivals")
    }


def _where(worst: str, titles: Mapping[str, Mapping[str, str]]) -> str:
    """A profile of the others in words."""
    pairs = [part.split(": ") for part in worst.split(", ")]
    return "; ".join(titles[player][action] for player, action in pairs)


def game_words(tables: Tables, titles: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What the game says, in sentences."""
    firm = tables["game_equilibria"]
    own = firm[firm.equilibrium]
    if len(own):
        for row in rows_of(own):
            yield (
                f"Pure equilibrium: {_profile(row, titles)} (in {per_cent(row['in_resamples'])} of "
                "resamples of the draws)."
            )
    else:
        yield "No pure equilibrium of the mean payoffs."
    path = {row["player"]: row for row in rows_of(tables["game_sequence"])}
    payoffs = ", ".join(f"{player} {m(row['payoff'])}" for player, row in path.items())
    actions = {player: row["action"] for player, row in path.items()}
    yield (
        "If the host offers first, then the brand decides, then rivals answer: "
        f"{_profile(actions, titles)} ({payoffs} m)."
    )
    yield _dominated_words(tables["game_dominance"], titles)
    replies = tables["game_replies"]
    best = replies.action.value_counts()
    yield (
        f"Best reply of the brand: {lower(titles['entrant'][best.index[0]])} against {best.iloc[0]} of "
        f"{len(replies)} profiles of host and rivals; its share of resamples is at least "
        f"{per_cent(replies.in_resamples.min())} everywhere."
    )


def _profile(row: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]]) -> str:
    return ", ".join(lower(titles[player][str(row[player])]) for player in ("entrant", "host", "rivals"))


def _dominated_words(table: pd.DataFrame, titles: Mapping[str, Mapping[str, str]]) -> str:
    strict = table[(table.kind == "strict") & (table.player == "entrant")]
    if not len(strict):
        return "No strategy of the brand is strictly dominated by another one."
    names = ", ".join(lower(titles["entrant"][action]) for action in strict.action)
    return f"Strictly dominated, whatever host and rivals do: {names}."
