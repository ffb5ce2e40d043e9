"""The reference model, if it is there: one Python object per consumer, kept with the tests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.scenario.schema import Scenario

Timing = Callable[[Scenario, int, int], float]


@contextmanager
def importable(root: Path) -> Iterator[None]:
    """Let modules of a folder be imported."""
    sys.path.insert(0, str(root.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(root.resolve()))


def reference_timing(root: Path) -> Timing | None:
    """`seconds_per_consumer_week(scenario, consumers, weeks)` of the reference model; None if not there."""
    if not (root / "tests" / "reference" / "timing.py").is_file():
        return None
    with importable(root):
        try:
            module = importlib.import_module("tests.reference.timing")
        except ModuleNotFoundError:
            return None
    timing: Timing = module.seconds_per_consumer_week
    return timing
