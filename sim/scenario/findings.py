"""What checks of meaning say, and the words they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sim.scenario.errors import unknown


class Finding(NamedTuple):
    """One thing that makes no sense, at a dotted path."""

    path: str
    message: str
    at_key: bool = False


Findings = Iterator[Finding]


def named(path: str, kind: str, word: str, known: Iterable[str], at_key: bool = False) -> Findings:
    """A name must be known."""
    names = list(known)
    if word not in names:
        yield Finding(path, unknown(kind, word, names), at_key)


def keys_named(path: str, kind: str, keys: Iterable[str], known: Iterable[str]) -> Findings:
    """Every key of a mapping must be a known name."""
    for key in keys:
        yield from named(f"{path}.{key}", kind, key, known, at_key=True)
