"""What a scenario file says of a parameter: values, ranges and sources, in one cell of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.describe.words import ends_words, number_words, value_words
from sim.scenario.reading.loader import LoadedScenario
from sim.scenario.reading.quantity import Quantity

Path = tuple[str, ...]

MOST_NAMED = 5
"""Entries up to which each is told by name."""


@dataclass(frozen=True)
class Given:
    """A value that a scenario gives.

    Attributes:
        names: names of the entries on the way.
        value: as written.
        about: what is known about it and, in a table by tier, date or name, about its parts; by name.
    """

    names: Path
    value: Any
    about: Mapping[str, Quantity]


def is_entry(key: str) -> bool:
    """Whether a key of a path stands for the name of any entry."""
    return key.startswith("<")


def given(loaded: LoadedScenario, path: Path) -> list[Given]:
    """Wherever a scenario gives a value to a parameter."""
    return [
        Given(_names(at, path), value, dict(_known(loaded, at, path)))
        for at, value in _places(loaded.tree, path)
    ]


def _known(loaded: LoadedScenario, at: Path, path: Path) -> Iterator[tuple[str, Quantity]]:
    """Quantities at a place and below it, by the names of the entries and the keys below."""
    for dotted, quantity in loaded.quantities.items():
        place = tuple(dotted.split("."))
        if place[: len(at)] == at:
            yield " ".join((*_names(at, path), *place[len(at) :])), quantity


def _names(at: Path, path: Path) -> Path:
    return tuple(name for name, key in zip(at, path, strict=True) if is_entry(key))


def _places(tree: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if not path:
        yield (), tree
        return
    if not isinstance(tree, Mapping):
        return
    keys = list(tree) if is_entry(path[0]) else [path[0]]
    for key in keys:
        if key in tree:
            yield from (((key, *rest), value) for rest, value in _places(tree[key], path[1:]))


def entries(loaded: LoadedScenario, path: Path) -> int:
    """How many entries of a scenario could give a value to a parameter."""
    last = max((k for k, key in enumerate(path) if is_entry(key)), default=-1)
    return len(list(_places(loaded.tree, path[: last + 1])))


def given_words(loaded: LoadedScenario, path: Path) -> str:
    """What a scenario gives to a parameter, with ranges and sources."""
    found, possible = given(loaded, path), entries(loaded, path)
    return "; ".join([_values(found, possible), *_sources(found, possible)]) if found else ""


def _values(found: Sequence[Given], possible: int) -> str:
    texts = [value_words(one.value) for one in found]
    if len(set(texts)) == 1 and len(found) == possible:
        return texts[0]
    if len(found) <= MOST_NAMED:
        return ", ".join(f"{' '.join(one.names)}: {text}" for one, text in zip(found, texts, strict=True))
    several = texts[0] if len(set(texts)) == 1 else ends_words([one.value for one in found])
    return several if len(found) == possible else f"{several}, where given"


def _sources(found: Sequence[Given], possible: int) -> list[str]:
    """Range and source of each number, those with the same words told once."""
    told: dict[str, list[str]] = {}
    for one in found:
        for name, quantity in one.about.items():
            told.setdefault(_about(quantity), []).append(name)
    named = [" ".join(one.names) for one in found]
    if len(found) == possible and list(told.values()) == [named]:
        return [words for words in told if words]
    return [f"{', '.join(names)}: {words}" for words, names in told.items() if words]


def _about(quantity: Quantity) -> str:
    span = "" if quantity.range is None else f"[{' to '.join(map(number_words, quantity.range))}]"
    return " ".join(part for part in (span, quantity.source or "", quantity.note or "") if part)
