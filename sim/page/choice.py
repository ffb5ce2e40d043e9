"""Which scenarios a page offers: those that are compared with one baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenario import ScenarioError, load
from sim.scenario.errors import Origin
from sim.scenario.reading.layers import read_root


@dataclass(frozen=True)
class Choice:
    """What a page is about.

    Attributes:
        base: file of the baseline.
        files: scenario files that name it, by title, the baseline last.
        chosen: the files to begin with.
    """

    base: Path
    files: Mapping[str, Path]
    chosen: tuple[Path, Path]


def choice(scenario: Path, second: Path | None = None) -> Choice:
    """The scenarios of a page: those beside a scenario that are compared with the same baseline, and it.

    Raises:
        ScenarioError: if a scenario is wrong.
        ValueError: if it names no baseline, or the second one another.
    """
    base = _baseline(scenario)
    chosen = (scenario, second or scenario)
    if chosen[1].resolve() != base.resolve() and _baseline(chosen[1]).resolve() != base.resolve():
        raise ValueError(f"{second} is compared with {_baseline(chosen[1])}, but {scenario} with {base}")
    beside = [file for file in sorted(base.parent.glob("*.y*ml")) if _names(file, base)]
    files = {file.resolve(): file for file in (base, *reversed(beside), *reversed(chosen))}
    order = [*dict.fromkeys(file.resolve() for file in (*chosen, *beside)), base.resolve()]
    shown = [files[place] for place in dict.fromkeys(order)]
    one, two = (files[file.resolve()] for file in chosen)
    return Choice(base, _titled(shown), (one, two))


def _titled(files: Sequence[Path]) -> dict[str, Path]:
    """Files by their titles; those of one title are told apart by their names."""
    titles = [_title(file) for file in files]
    return {
        title if titles.count(title) == 1 else f"{title} ({file.name})": file
        for title, file in zip(titles, files, strict=True)
    }


def _baseline(scenario: Path) -> Path:
    against = load(scenario).against
    if against is None:
        raise ValueError(f"{scenario} names no baseline: add a line `against: FILE` to it")
    return against


def _entries(file: Path) -> Mapping[str, Any]:
    """First level of a file; nothing if it cannot be read."""
    try:
        return dict(read_root(file, Origin(file.as_posix())).entries)
    except ScenarioError:
        return {}


def _names(file: Path, base: Path) -> bool:
    """Whether a file says that it is compared with the baseline."""
    node = _entries(file).get("against")
    return node is not None and (file.parent / str(node.value)).resolve() == base.resolve()


def _title(file: Path) -> str:
    node = _entries(file).get("title")
    return str(node.value) if node is not None else file.stem
