"""Values as people read them: numbers without scientific notation, many of them by their ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LARGE = ((1e9, "bn"), (1e6, "m"))
"""What large numbers are counted in."""


def number_words(value: float) -> str:
    """``0.157``, ``22,000``, ``1.5 bn``."""
    for size, name in LARGE:
        if abs(value) >= size:
            return f"{value / size:,.6f}".rstrip("0").rstrip(".") + f" {name}"
    return f"{value:,.10f}".rstrip("0").rstrip(".")


def ends_words(values: Sequence[Any]) -> str:
    """Several values: from the least to the largest if they have an order, else how many they are."""
    texts = all(isinstance(value, str) for value in values)
    if not texts and not all(isinstance(value, int | float) for value in values):
        return f"{len(values)} values"
    low, high = (value if texts else number_words(value) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high} ({len(values)} values)"


def value_words(value: Any) -> str:
    """A value of a scenario: a number, a text, yes or no, or several by their ends."""
    if isinstance(value, Mapping):
        return ends_words(list(value.values())) if value else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_words(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
