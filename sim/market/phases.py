"""Named phases of a week, in order: they can be printed, timed, replaced and inserted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Model = TypeVar("Model")


@dataclass(frozen=True)
class Phase(Generic[Model]):
    """A named step of the week: a function of the model."""

    name: str
    run: Callable[[Model], None]


class Phases(Generic[Model]):
    """The phases of a week in order. `seconds` adds up the time that each of them took."""

    def __init__(self, *phases: Phase[Model]) -> None:
        self._phases = phases
        self.seconds: dict[str, float] = {phase.name: 0.0 for phase in phases}

    def __iter__(self) -> Iterator[Phase[Model]]:
        """Yield the phases in order."""
        return iter(self._phases)

    def __str__(self) -> str:
        """Return one numbered line a phase."""
        return "\n".join(f"{n}. {phase.name}" for n, phase in enumerate(self, 1))

    def _position(self, name: str) -> int:
        names = [phase.name for phase in self]
        if name not in names:
            raise KeyError(f"no phase {name!r}; the phases are: {', '.join(names)}")
        return names.index(name)

    def replace(self, name: str, run: Callable[[Model], None]) -> Phases[Model]:
        """Return the same week with another function for one phase."""
        position = self._position(name)
        return Phases(*self._phases[:position], Phase(name, run), *self._phases[position + 1 :])

    def insert_after(self, name: str, new: Phase[Model]) -> Phases[Model]:
        """Return the same week with one phase more, after the phase of that name."""
        position = self._position(name) + 1
        return Phases(*self._phases[:position], new, *self._phases[position:])

    def run(self, model: Model) -> None:
        """Run all phases once and add up their times."""
        for phase in self:
            begin = time.perf_counter()
            phase.run(model)
            self.seconds[phase.name] += time.perf_counter() - begin
