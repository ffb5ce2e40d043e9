"""The tables of outcomes (`docs/outcomes.md`), written from the declarations that everything reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.describe.regions import table
from sim.outcomes.declared import THEMES
from sim.outcomes.outcome import PARTIES, PERIODS, TIERS, Outcome


def outcomes_tables() -> str:
    """A table a theme: name, unit, parties, periods, tiers, column in questions, meaning."""
    return "\n\n".join(_of_theme(theme, found) for theme, found in THEMES.items())


def _of_theme(theme: str, outcomes: tuple[Outcome, ...]) -> str:
    head = ["outcome", "unit", "parties", "periods", "tiers", "what it is"]
    return f"### {theme.capitalize()}\n\n" + table(head, map(_row, outcomes))


def _row(one: Outcome) -> list[str]:
    parties, periods = ", ".join(one.parties), ", ".join(one.periods)
    if one.periods_of_tiers:
        periods += f" (single tiers: {', '.join(one.periods_of_tiers)})"
    return [f"`{one.name}`", one.unit, parties, periods, one.tiers, one.meaning]


def columns_table() -> str:
    """Columns of stored results of questions and the outcomes that they hold."""
    every = (one for theme in THEMES.values() for one in theme if one.column)
    return table(["column", "outcome"], ([f"`OPTION.{one.column}`", f"`{one.name}`"] for one in every))


def kinds_tables() -> str:
    """What kinds of parties, periods and tiers there are."""
    kinds: Mapping[str, Mapping[Any, str]] = {"party": PARTIES, "period": PERIODS, "tiers": TIERS}
    return table(["", "kind", "meaning"], _kinds(kinds))


def _kinds(kinds: Mapping[str, Mapping[Any, str]]) -> Iterator[list[str]]:
    for what, names in kinds.items():
        yield from ([what, name, meaning] for name, meaning in names.items())
