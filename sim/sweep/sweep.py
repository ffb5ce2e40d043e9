"""Make the runs of an experiment that are not there yet: starting again is going on."""

from __future__ import annotations

import json
import os
import platform
import secrets
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from types import FrameType
from typing import Any

from sim import __version__
from sim.experiments.results import commit
from sim.files import write_text
from sim.sweep.claim import claim
from sim.sweep.driver import Driver, Progress, Tell, pending
from sim.sweep.executors import THREADS, Pool, open_pool
from sim.sweep.experiment import Experiment
from sim.sweep.store import Columns, Folder
from sim.sweep.worker import Job


@dataclass(frozen=True)
class Report:
    """What a sweep did.

    Attributes:
        progress: runs made, by status.
        planned: runs of the experiment.
        before: those that were there.
        seconds: time by the clock.
        workers: how many.
        interrupted: whether somebody asked to stop.
        folder: where everything is.
    """

    progress: Progress
    planned: int
    before: int
    seconds: float
    workers: int
    interrupted: bool
    folder: Path

    @property
    def efficiency(self) -> float:
        """Time of the runs over time of the workers."""
        busy = self.seconds * self.workers
        return self.progress.seconds / busy if busy else 1.0


def run(
    experiment: Experiment, folder: Path | str, executor: str | Pool = "local", *,
    slice_: tuple[int, int] = (0, 1), retry: Collection[str] = (), extend: bool = False,
    mixed_code: bool = False, tell: Tell = lambda _: None, command: Sequence[str] = (),
) -> Report:  # fmt: skip
    """Make the runs of an experiment that are not there yet.

    The first interruption (Ctrl-C or SIGTERM) lets the workers commit what they are at, the second ends them.

    Args:
        experiment: what to run.
        folder: where everything goes; what is there is not made again.
        executor: where runs are made (see `sim.sweep.executors.open_pool`), or a pool, which stays open.
        slice_: number and count of slices of all runs, for independent jobs on the same folder.
        retry: statuses of runs to make again.
        extend: whether the design may replace a smaller one all of whose runs it contains.
        mixed_code: whether rows of other code may stand beside new ones.
        tell: called when something has been committed.
        command: the command line, for the record.

    Raises:
        StoreError: if the folder holds something else.
        SweepError: if it makes no sense to go on.
        ValueError: if the executor is unknown.
    """
    place, plan = Folder(Path(folder)), experiment.plan()
    claim(place, experiment, plan, extend=extend, mixed_code=mixed_code)
    done = done_runs(place, retry)
    todo = pending(plan.runs, done, slice_)
    attempts = dict.fromkeys(done_runs(place) - done, 1)
    invocation = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    columns = Columns(experiment.factors, experiment.outcomes)
    job = Job(experiment.work, place, columns, invocation, experiment.budget.run_seconds)
    note = Invocation(place, invocation, command, slice_)
    pool = executor if not isinstance(executor, str) else None
    pool = pool or open_pool(str(executor), experiment.work.preload, experiment.work.environment)
    driver = Driver(pool, job, experiment.budget.shard_seconds, tell)
    driver.attempts.update(attempts)
    note.begin(pool, len(todo))
    start = time.monotonic()
    try:
        with interruptions(driver.stop):
            driver.drive(todo)
    except BaseException:
        pool.kill()
        raise
    finally:
        place.stop_file(invocation).unlink(missing_ok=True)
        note.end(driver.progress, driver.stopping)
        if isinstance(executor, str):
            pool.close()
    return Report(
        driver.progress, len(plan.runs), len(done), time.monotonic() - start, pool.workers, driver.stopping,
        place.path,
    )  # fmt: skip


def done_runs(folder: Folder, retry: Collection[str] = ()) -> set[str]:
    """Runs that have a row, without those that have only rows of some statuses."""
    table = folder.found()
    rows = zip(table["run_id"].to_pylist(), table["status"].to_pylist(), strict=True)
    return {run for run, status in rows if status not in retry}


@contextmanager
def interruptions(stop: Callable[[], object]) -> Iterator[None]:
    """The first interruption calls `stop`, the second raises KeyboardInterrupt.

    Only the main thread hears of interruptions; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def heard(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        stop()

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Invocation:
    """The record of who ran what: a file of its own for every invocation."""

    def __init__(self, folder: Folder, name: str, command: Sequence[str], slice_: tuple[int, int]) -> None:
        self.file = folder.invocations / f"{name}.json"
        self.said: dict[str, Any] = {
            "command": list(command),
            "folder": os.getcwd(),
            "slice": list(slice_),
            "host": platform.node(),
            "pid": os.getpid(),
            "system": platform.platform(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "package": __version__,
            "commit": commit(),
            "threads": {name: os.environ[name] for name in THREADS if name in os.environ},
            "versions": {d.name: d.version for d in sorted(distributions(), key=lambda d: d.name.lower())},
        }

    def begin(self, pool: Pool, todo: int) -> None:
        """Say what begins."""
        self.said |= {
            "executor": pool.name,
            "workers": pool.workers,
            "runs_to_make": todo,
            "started_utc": _now(),
        }
        self._write()

    def end(self, progress: Progress, interrupted: bool) -> None:
        """Say what came of it."""
        self.said |= {
            "ended_utc": _now(),
            "interrupted": interrupted,
            "statuses": dict(progress.statuses),
            "run_seconds": round(progress.seconds, 3),
        }
        self._write()

    def _write(self) -> None:
        write_text(self.file, json.dumps(self.said, indent=1))


def processor() -> str:
    """Name of the processor, as far as the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
