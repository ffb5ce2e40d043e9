"""The game of a question in words: equilibria, dominated strategies, the sequence, regret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from sim.pictures.style import per_cent
from sim.report.advice.numbers import STAY_OUT, Tables, Words, between, m, picture, rate, rows_of
from sim.report.document import Block, Heading, Table, Text


def game(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """Equilibria, dominated strategies, sequence, regret."""
    yield Heading("The game with host and rivals")
    titles = _titles(tables)
    nash = rate(float(tables["game_payoffs"].nash.iloc[0]))
    yield Text(
        f"Mean payoffs in the most central market, less those of staying out; Nash rate there: {nash}. The "
        "unknowns stand at their base values, so shares of resamples tell chance only, not what is unknown."
    )
    yield from picture(pictures, "payoffs", "Payoffs of entrant and host")
    yield Text("\n".join(f"- {said}" for said in game_words(tables, titles, words)))
    yield from picture(pictures, "regret", "Regret of the entrant's strategies")
    head = ["strategy", "mean regret, m", "90 %", "greatest, m", "where"]
    rows = tables["game_regret"]
    cells = [
        [titles["entrant"][row["action"]], m(row["mean"]), between(row["mean_low"], row["mean_high"]),
         m(row["max"]), _where(row["worst"], titles)]
        for row in rows_of(rows[rows.player == "entrant"])
    ]  # fmt: skip
    yield Table(head, cells)


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


Titles = Mapping[str, Mapping[str, str]]


def game_words(tables: Tables, titles: Titles, words: Words) -> Iterator[str]:
    """What the game says, in sentences."""
    yield from equilibrium_words(tables["game_equilibria"], titles, words)
    yield sequence_words(tables["game_sequence"], titles, words)
    yield _dominated_words(tables["game_dominance"], titles, words)
    replies = tables["game_replies"]
    best = replies.action.value_counts()
    reply = words.inside(titles["entrant"][str(best.index[0])])
    yield (
        f"Best reply of the brand: {reply} against {best.iloc[0]} of {len(replies)} profiles of host and "
        "rivals. The best reply to a profile stays the best in at least "
        f"{per_cent(replies.in_resamples.min())} of resamples of the draws."
    )


def equilibrium_words(table: pd.DataFrame, titles: Titles, words: Words) -> Iterator[str]:
    """Pure equilibria, those that differ in the host's terms only together; or how near the nearest comes."""
    own = table[table.equilibrium.astype(bool)]
    if not len(own):
        firm = [row for row in rows_of(table) if row["in_resamples"] > 0.0]
        nearest = max(firm, key=lambda row: float(row["in_resamples"]), default=None)
        near = "" if nearest is None else (
            f" The nearest is one in {per_cent(nearest['in_resamples'])} of resamples of the draws: "
            f"{_profile(nearest, titles, words)}."
        )  # fmt: skip
        yield f"No pure equilibrium of the mean payoffs.{near}"
    for (entrant, rivals), rows in own.groupby(["entrant", "rivals"], sort=False):
        offers = " or ".join(words.inside(titles["host"][host]) for host in rows.host)
        ours, theirs = titles["entrant"][str(entrant)], titles["rivals"][str(rivals)]
        parts = [words.inside(ours), offers, words.inside(theirs)]
        low, high = per_cent(rows.in_resamples.min()), per_cent(rows.in_resamples.max())
        shares = low if low == high else f"{low} to {high}"
        yield f"Pure equilibrium: {'; '.join(parts)} (in {shares} of resamples of the draws)."


def sequence_words(table: pd.DataFrame, titles: Titles, words: Words) -> str:
    """What is played if one moves after the other, and who could as well do something else."""
    path = {row["player"]: row for row in rows_of(table)}
    payoffs = ", ".join(f"{player} {m(row['payoff'])}" for player, row in path.items())
    actions = {player: row["action"] for player, row in path.items()}
    moves = [player for player, row in path.items() if row["tied"] and actions["entrant"] != STAY_OUT]
    ties = f" Another action is worth as much there to: {', '.join(moves)}." if moves else ""
    return (
        "If the host offers first, then the brand decides, then rivals answer: "
        f"{_profile(actions, titles, words)} ({payoffs} m).{ties}"
    )


def _profile(row: Mapping[str, Any], titles: Titles, words: Words) -> str:
    return "; ".join(
        words.inside(titles[player][str(row[player])]) for player in ("entrant", "host", "rivals")
    )


def _dominated_words(table: pd.DataFrame, titles: Titles, words: Words) -> str:
    strict = table[(table.kind == "strict") & (table.player == "entrant")]
    if not len(strict):
        return "No strategy of the brand is strictly dominated by another one."
    names = "; ".join(words.inside(titles["entrant"][action]) for action in strict.action)
    return f"Strictly dominated in mean payoffs, whatever host and rivals do: {names}."
