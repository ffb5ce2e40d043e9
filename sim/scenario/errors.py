"""Problems of a scenario in plain words: what the checks find, and the place where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

SET = "--set"
"""File name of values that come from the command line."""
LISTED = 12
"""Most names written out in one message."""


@dataclass(frozen=True)
class Origin:
    """Where a value stands: file, line and column counted from 1 (line 0: not in a file)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``file:line``, or the file alone if there is no line."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where, and what would be right."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        """Return ``file:line:column: path: message``, leaving out what is unknown."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)

    @property
    def place(self) -> tuple[str, int, int, str]:
        """Sort key: file, line, column, path."""
        return self.file, self.line, self.column, self.path


class ScenarioError(Exception):
    """All problems of a scenario at once, sorted by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, without repetitions, in the order of the files."""
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems), key=lambda p: p.place))
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Return one line for each problem."""
        return "\n".join(map(str, self.problems))


def problem(at: Origin, path: str, message: str) -> Problem:
    """Build a problem from an origin; all values of the command line share one file name."""
    file = SET if at.file.startswith(SET) else at.file
    return Problem(file, at.line, at.column, path, message)


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate most like ``word``, upper and lower case alike, or None."""
    names = {name.lower(): name for name in candidates}
    found = get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def listed(names: Iterable[str], last: str = "or") -> str:
    """Write names in words: ``a, b or c``; long lists are cut."""
    words = list(names)
    if len(words) > LISTED:
        return ", ".join(words[:LISTED]) + ", ..."
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def sentence(what: str, expected: str = "", suggestion: str | None = None) -> str:
    """Join the parts of a message: what was found, what was expected, what was meant."""
    parts = [what]
    if expected:
        parts.append(f"expected {expected}")
    if suggestion:
        parts.append(f"did you mean '{suggestion}'?")
    return ", ".join(parts)


def unknown(kind: str, word: str, candidates: Sequence[str]) -> str:
    """Say that a name is unknown, with the nearest valid one, or all of them if none is near."""
    near = closest(word, candidates)
    expected = "" if near or not candidates else listed(candidates)
    return sentence(f"unknown {kind} '{word}'", expected, near)


# --- what the checks of meaning find ------------------------------------------------------------------


class Finding(NamedTuple):
    """One thing that makes no sense, at a dotted path; the reader knows its place in the file."""

    path: str
    message: str
    at_key: bool = False


Findings = Iterator[Finding]


def named(path: str, kind: str, word: str, known: Iterable[str], at_key: bool = False) -> Findings:
    """Yield a finding if a name is unknown."""
    names = list(known)
    if word not in names:
        yield Finding(path, unknown(kind, word, names), at_key)


def keys_named(path: str, kind: str, keys: Iterable[str], known: Iterable[str]) -> Findings:
    """Yield a finding for every key of a mapping that is no known name."""
    for key in keys:
        yield from named(f"{path}.{key}", kind, key, known, at_key=True)
