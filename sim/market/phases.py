"""The week of a model as an ordered, printable, timed list of named phases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Model = TypeVar("Model")


@dataclass(frozen=True)
class Phase(Generic[Model]):
    """A named step of the week."""

    name: str
    run: Callable[[Model], None]


class Phases(Generic[Model]):
    """Phases in order; they can be replaced or inserted by name."""

    def __init__(self, *phases: Phase[Model]) -> None:
        self._phases = phases
        self.seconds: dict[str, float] = {phase.name: 0.0 for phase in phases}

    def __iter__(self) -> Iterator[Phase[Model]]:
        """Phases in order."""
        return iter(self._phases)

    def __str__(self) -> str:
        """One numbered line a phase."""
        return "\n".join(f"{n}. {phase.name}" for n, phase in enumerate(self, 1))

    def _position(self, name: str) -> int:
        names = [phase.name for phase in self]
        if name not in names:
            raise KeyError(f"no phase {name!r}; the phases are: {', '.join(names)}")
        return names.index(name)

    def replace(self, name: str, run: Callable[[Model], None]) -> Phases[Model]:
        """The same week with one phase done differently."""
        k = self._position(name)
        return Phases(*self._phases[:k], Phase(name, run), *self._phases[k + 1 :])

    def insert_after(self, name: str, new: Phase[Model]) -> Phases[Model]:
        """The same week with a phase more."""
        k = self._position(name) + 1
        return Phases(*self._phases[:k], new, *self._phases[k:])

    def run(self, model: Model) -> None:
        """Run all phases once and add up their times."""
        for phase in self:
            begin = time.perf_counter()
            phase.run(model)
            self.seconds[phase.name] += time.perf_counter() - begin
