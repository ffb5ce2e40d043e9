"""Numbers in words."""

from __future__ import annotations


def money(amount: float, unit: str = "yuan") -> str:
    """An amount in words: 286 m yuan, 1.2 bn yuan."""
    for scale, word in ((1e9, "bn"), (1e6, "m"), (1e3, "thousand")):
        if abs(amount) >= scale:
            digits = 2 if abs(amount) < 10 * scale else 1 if abs(amount) < 100 * scale else 0
            return f"{amount / scale:,.{digits}f} {word} {unit}"
    return f"{amount:,.0f} {unit}"
