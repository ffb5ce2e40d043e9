"""Runs that take no time, and runs that misbehave: what the tests of sweeps are made of."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sim.sweep.designs import Design
from sim.sweep.experiment import Experiment, of_function
from sim.sweep.factors import Factor, Value
from sim.sweep.results import Results
from sim.sweep.runs import Draws, Run
from sim.sweep.schema import Budget
from sim.sweep.work import Found, Watch

MOST = 1_000_000
X = Factor("x", low=0, high=MOST, whole=True, unit="steps")
CHANNELS = ("own", "hosted")
GREED = 1 << 31
"""Bytes that a greedy run reserves."""
UNSTABLE = ("started_utc", "wall_s", "cpu_s", "peak_rss_mb", "attempt", "shard", "invocation")
"""Columns of runs that two sweeps of the same experiment may differ in."""


def double(seeds: Any, x: int) -> dict[str, float]:
    """A number that follows from parameter and draws alone."""
    return {"y": 2.0 * x, "z": seeds.world % 1000 / 7 + seeds.shock % 1000}


def design(values: Iterable[Value]) -> Design:
    """Points of the one factor x."""
    points = pd.DataFrame({"x": list(values)})
    return Design(points.assign(block="list", index=np.arange(len(points))))


def of(function: Any, values: Iterable[Value] = range(4), **options: Any) -> Experiment:
    """An experiment with a function of x."""
    return of_function(function, [X], design(values), ["y", "z"], **options)


@dataclass(frozen=True)
class Toy:
    """A work that does what it is told to at some values of x. None of it is part of what a run follows from.

    Attributes:
        nap: seconds that a run takes.
        panel: weekly rows of each run; none = no panel.
        kills: it kills its own process.
        hangs: it sleeps for an hour and looks at no clock.
        slow: it sleeps for an hour and looks at its watch.
        fails: it raises an error of its own.
        greedy: it reserves `GREED` bytes.
        limit: bytes that a greedy run may have beside what its process has.
        flaky: it raises an OSError the first time, told by files in `notes`.
        notes: folder in which every run leaves a file for each time it is begun.
        code: digest of the code.
    """

    nap: float = 0.0
    panel: int = 0
    kills: frozenset[int] = frozenset()
    hangs: frozenset[int] = frozenset()
    slow: frozenset[int] = frozenset()
    fails: frozenset[int] = frozenset()
    greedy: frozenset[int] = frozenset()
    limit: int | None = None
    flaky: frozenset[int] = frozenset()
    notes: Path | None = None
    code: str = "toy"
    preload: tuple[str, ...] = ("tests.sweep.toys",)
    environment: Mapping[str, str] = field(default_factory=dict)

    def describe(self) -> None:
        """It cannot be made again from data."""

    def subject(self, parameters: Mapping[str, Value]) -> Any:
        """The parameters."""
        return {"toy": dict(parameters)}

    def run(self, run: Run, watch: Watch) -> Found:
        """Behave or misbehave, then answer."""
        x = int(run.parameters["x"])
        begun = self._note(x)
        watch.stage = "running"
        time.sleep(self.nap)
        if x in self.kills:
            os.kill(os.getpid(), signal.SIGKILL)
        if x in self.hangs:
            time.sleep(3600)
        while x in self.slow:
            watch.check()
            time.sleep(0.01)
        if x in self.fails:
            raise ValueError(f"no such thing as {x}")
        if x in self.greedy:
            reserve(self.limit)
        if x in self.flaky and begun == 1:
            raise OSError("the disk was away")
        return Found(double(run.seeds, x), {"y": "metres"}, self._weeks(run, x))

    def _note(self, x: int) -> int:
        """How often this run has been begun."""
        if self.notes is None:
            return 0
        (self.notes / f"{x}.{time.monotonic_ns()}").touch()
        return len(list(self.notes.glob(f"{x}.*")))

    def _weeks(self, run: Run, x: int) -> pd.DataFrame | None:
        if not self.panel:
            return None
        weeks = np.repeat(np.arange(self.panel), len(CHANNELS))
        gmv = x + weeks / 7 + run.seeds.shock % 1000
        return pd.DataFrame({"week": weeks, "channel": list(CHANNELS) * self.panel, "gmv": gmv})


def reserve(limit: int | None) -> None:
    """Reserve memory, without touching it; beyond the limit that is a MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    if limit is not None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + limit, before[1]))
    try:
        np.empty(GREED, np.uint8)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def experiment(
    toy: Toy, values: Iterable[Value] = range(8), *, name: str = "toys", replications: int = 1,
    run_seconds: float = 600.0, shard_seconds: float = 5.0, outcomes: tuple[str, ...] = ("y", "z"),
) -> Experiment:  # fmt: skip
    """An experiment with toys at some values of x."""
    made = design(values)
    about = {"design": made.points["x"].tolist(), "outcomes": list(outcomes), "replications": replications}
    return Experiment(
        name, (X,), made, toy, outcomes, Draws(replications),
        Budget(run_seconds=run_seconds, shard_seconds=shard_seconds), about=about,
    )  # fmt: skip


def begun(notes: Path, x: int) -> int:
    """How often the run at x has been begun."""
    return len(list(notes.glob(f"{x}.*")))


def stable(results: Results) -> pa.Table:
    """Runs as far as two sweeps of the same experiment must agree, in the order of their identities."""
    return results.table().drop_columns(list(UNSTABLE)).sort_by("run_id")
