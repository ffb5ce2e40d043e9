"""The reference model, if it is there: one Python object per consumer, kept with the tests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.bench.clock import seconds
from sim.scenario.schema import Scenario

Timing = Callable[[Scenario, int, int], float]


@dataclass(frozen=True)
class PlainModel:
    """How long the reference model takes, in seconds."""

    week: Timing
    """`week(scenario, consumers, weeks)`: one consumer's week."""
    market: Callable[..., Any]
    """Builds a reference market."""

    def choice(self, scenario: Scenario, consumers: int) -> float:
        """One choice: a week of shopping by the number of choices that came out of it."""
        market = self.market(scenario, consumers=consumers)
        market.warm_up()
        market.make_deals()
        taken = seconds(lambda: [person.shop() for person in market.consumers])
        choices = sum(entry is not None for person in market.consumers for entry in person.diary.values())
        market.close()
        return taken / max(choices, 1)


@contextmanager
def importable(root: Path) -> Iterator[None]:
    """Let modules of a folder be imported."""
    sys.path.insert(0, str(root.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(root.resolve()))


def plain_model(root: Path) -> PlainModel | None:
    """The reference model under `root`; None if it is not there."""
    if not (root / "tests" / "reference" / "timing.py").is_file():
        return None
    with importable(root):
        try:
            timing = importlib.import_module("tests.reference.timing")
            model = importlib.import_module("tests.reference.model")
        except ModuleNotFoundError:
            return None
    return PlainModel(timing.seconds_per_consumer_week, model.ReferenceMarket)
