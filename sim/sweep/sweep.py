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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow as pa

from sim import __version__
from sim.experiments.results import commit, versions
from sim.files import write_text
from sim.scenario.errors import unknown
from sim.sweep.claim import claim
from sim.sweep.driver import Driver, Progress, Tell, pending
from sim.sweep.executors import THREADS, Pool, open_pool
from sim.sweep.experiment import Experiment, Plan
from sim.sweep.runs import Run
from sim.sweep.store import STATUSES, Columns, Folder
from sim.sweep.worker import Job, now

Before = Callable[[int, int], object]


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
        failed: planned runs that have come to nothing, also before.
        left: planned runs that have not been made.
    """

    progress: Progress
    planned: int
    before: int
    seconds: float
    workers: int
    interrupted: bool
    folder: Path
    failed: int
    left: int

    @property
    def efficiency(self) -> float:
        """Time of the runs over time of the workers."""
        busy = self.seconds * self.workers
        return self.progress.seconds / busy if busy else 1.0


def run(
    experiment: Experiment, folder: Path | str, executor: str | Pool = "local", *,
    slice_: tuple[int, int] = (0, 1), retry: Collection[str] = (), extend: bool = False,
    mixed_code: bool = False, before: Before = lambda todo, workers: None, tell: Tell = lambda _: None,
    command: Sequence[str] = (),
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
        before: called with the number of runs to make and of workers; may refuse by an error.
        tell: called when something has been committed.
        command: the command line, for the record.

    Raises:
        StoreError: if the folder holds something else.
        SweepError: if it makes no sense to go on.
        ValueError: if the executor is unknown.
    """
    place, plan = Folder(Path(folder)), experiment.plan()
    columns = Columns(experiment.factors, experiment.outcomes)
    check(slice_, retry)
    invocation = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    with ExitStack() as stack:
        stack.callback(place.forget, invocation)
        pool = _pool(experiment, executor, stack)
        claim(place, experiment, plan, extend=extend, mixed_code=mixed_code)
        there = place.found(("run_id", "status", "attempt"))
        done = _done(there, retry)
        todo = pending(plan.runs, done, slice_)
        before(len(todo), pool.workers)
        job = Job(experiment.work, place, columns, invocation, experiment.budget.run_seconds)
        driver = Driver(pool, job, experiment.budget.shard_seconds, tell, proven="ok" in _statuses(there))
        driver.attempts.update(_attempts(there))
        note = Invocation(place, invocation, command, slice_)
        note.begin(pool, len(todo))
        seconds = _drive(driver, todo, note)
    ok, tried = _made(place, plan)
    return Report(
        driver.progress, len(plan.runs), len(done), seconds, pool.workers, driver.stopping, place.path,
        failed=tried - ok, left=len(plan.runs) - tried,
    )  # fmt: skip


class Interrupted(KeyboardInterrupt):
    """Somebody asked to stop; everything finished is stored."""


def require_complete(report: Report) -> None:
    """Refuse a sweep that was not run to the end: half a set of runs would look like a smaller one.

    Raises:
        Interrupted: if somebody asked to stop; started again it goes on.
        ValueError: if runs failed.
    """
    if report.interrupted:
        raise Interrupted
    if report.failed or report.left:
        raise ValueError(f"{report.failed} runs failed and {report.left} are not there: nothing is concluded")


def _made(folder: Folder, plan: Plan) -> tuple[int, int]:
    """Runs of a plan that have an ok row, and that have any row."""
    rows, planned = folder.found(("run_id", "status")).to_pylist(), {run.id for run in plan.runs}
    ok = {row["run_id"] for row in rows if row["status"] == "ok"}
    return len(ok & planned), len({row["run_id"] for row in rows} & planned)


def check(slice_: tuple[int, int], retry: Collection[str]) -> None:
    """Refuse a slice or statuses that there are not.

    Raises:
        ValueError: if it is so.
    """
    number, of = slice_
    if not 0 <= number < of:
        raise ValueError(f"slice {number} of {of}: expected a number from 0 to {of - 1}")
    for status in retry:
        if status not in STATUSES:
            raise ValueError(unknown("status", status, STATUSES))


def _pool(experiment: Experiment, executor: str | Pool, stack: ExitStack) -> Pool:
    """The pool that is meant; one that is opened here is closed with the stack."""
    if not isinstance(executor, str):
        return executor
    pool = open_pool(executor, experiment.work.preload, experiment.work.environment)
    stack.callback(pool.close)
    return pool


def _drive(driver: Driver, todo: Sequence[Run], note: Invocation) -> float:
    """Make runs; the seconds that it took."""
    start = time.monotonic()
    try:
        with interruptions(driver.stop):
            driver.drive(todo)
    except BaseException:
        driver.abandon()
        raise
    finally:
        note.end(driver.progress, driver.stopping)
    return time.monotonic() - start


def done_runs(folder: Folder, retry: Collection[str] = ()) -> set[str]:
    """Runs that have a row, without those that have only rows of some statuses."""
    return _done(folder.found(), retry)


def _done(rows: pa.Table, retry: Collection[str]) -> set[str]:
    pairs = zip(rows["run_id"].to_pylist(), rows["status"].to_pylist(), strict=True)
    return {run for run, status in pairs if status not in retry}


def _statuses(rows: pa.Table) -> list[str]:
    return list(rows["status"].unique().to_pylist())


def _attempts(rows: pa.Table) -> dict[str, int]:
    """How often runs have been made."""
    most = rows.group_by("run_id").aggregate([("attempt", "max")])
    return dict(zip(most["run_id"].to_pylist(), most["attempt_max"].to_pylist(), strict=True))


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
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # none: not set by Python


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
            "versions": versions(),
        }

    def begin(self, pool: Pool, todo: int) -> None:
        """Say what begins."""
        self.said |= {
            "executor": pool.name,
            "workers": pool.workers,
            "runs_to_make": todo,
            "started_utc": now(),
        }
        self._write()

    def end(self, progress: Progress, interrupted: bool) -> None:
        """Say what came of it."""
        self.said |= {
            "ended_utc": now(),
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
