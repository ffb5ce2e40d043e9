"""Sweeps killed at random moments: `python -m tests.sweep.kills --times 50`.

A sweep of toys is started in a process of its own and disturbed: its driver is killed, interrupted or
terminated, a worker or its largest process is killed, or memory is short. It is started again until it is
done, then the next sweep begins, until there were as many disturbances as asked for. After each, all that is
in the folder must be readable and no run may be lost that was there before; in the end the tables must equal
those of a sweep that nobody disturbed, in every bit, and no process may be left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sim.sweep.driver import Progress
from sim.sweep.experiment import Experiment
from sim.sweep.results import Results, open_experiment
from sim.sweep.store import NOTE, PLAN, Folder
from sim.sweep.sweep import run
from tests.sweep import processes
from tests.sweep.toys import GREED, Toy, experiment, stable

KINDS = ("driver", "worker", "largest", "memory", "interrupt", "terminate")
"""Ways to disturb a sweep."""
RUNS = 300
READY = "ready"
AGAIN = ("failed", "timeout", "crashed")
LONGEST = 60.0
"""Seconds in which a driver must end."""
EARLY, BEGINNING = 0.25, 2.5
"""Share of drivers that are disturbed before their first commit, and seconds that it takes to come to it."""
STOPPED = (0, 130, -signal.SIGINT, -signal.SIGTERM)
"""How drivers end that were asked to: done, in good order, or at once (asked twice, or before they began)."""
PAUSE = 0.4
"""Most seconds between first commit, or last disturbance, and the next."""


def toys(runs: int, nap: float = 0.02, *, short: bool = False) -> Experiment:
    """The sweep: every tenth run needs much memory."""
    toy = Toy(nap=nap, panel=6, greedy=frozenset(range(0, runs, 10)), limit=GREED // 2 if short else None)
    return experiment(toy, range(runs), shard_seconds=0.1)


@dataclass
class Figures:
    """What happened.

    Attributes:
        kills: disturbances by kind.
        sweeps: sweeps that were made.
        starts: drivers that were started.
        runs: runs that all sweeps planned.
        rows: rows that are in the files.
        short_of_memory: rows of runs that failed for want of memory.
        temporary: half-written files that are left, which nobody reads.
        looks: times that all files were read.
        seconds: time by the clock.
    """

    kills: Counter[str] = field(default_factory=Counter)
    sweeps: int = 0
    starts: int = 0
    runs: int = 0
    rows: int = 0
    short_of_memory: int = 0
    temporary: int = 0
    looks: int = 0
    seconds: float = 0.0


class Sweep:
    """A folder, the process that drives a sweep into it, if any, and what was seen there."""

    def __init__(self, path: Path, runs: int, chance: random.Random, figures: Figures) -> None:
        self.path, self.runs, self.chance, self.figures = path, runs, chance, figures
        self.process: subprocess.Popen[str] | None = None
        self.ok: set[str] = set()

    # --- the driver ------------------------------------------------------------------------------

    def start(self, *, short: bool = False) -> subprocess.Popen[str]:
        """The driver's process; if there is none it is begun, and most times waited for its first commit."""
        if self.process is None:
            command = [sys.executable, "-m", __spec__.name, "--drive", str(self.path)]
            command += ["--runs", str(self.runs), *(["--short"] if short else [])]
            with (self.path.parent / "stderr.txt").open("a", encoding="utf-8") as errors:
                self.process = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
                )
            self.figures.starts += 1
            if self.chance.random() < EARLY:
                time.sleep(self.chance.uniform(0.0, BEGINNING))
            else:
                assert self.process.stdout is not None
                assert select.select([self.process.stdout], [], [], LONGEST)[0], "no run was committed"
        return self.process

    def end(self, allowed: Sequence[int]) -> int:
        """Wait for the driver to end as it should, and for its processes."""
        process = self.process
        assert process is not None
        self.process = None
        code = process.wait(LONGEST)
        assert process.stdout is not None
        process.stdout.close()
        errors = (self.path.parent / "stderr.txt").read_text(encoding="utf-8")[-2000:]
        assert code in allowed, f"the driver ended with {code}, expected one of {allowed}: {errors}"
        left = processes.left_after(process.pid)
        assert not left, f"left behind: {left}"
        return code

    # --- disturbances ----------------------------------------------------------------------------

    def disturb(self, kind: str) -> bool:
        """Disturb the sweep; whether it is complete."""
        if kind == "memory" and self.process is not None:  # the next one is to be short of memory
            self._send(signal.SIGTERM)
            self.end(STOPPED)
        process = self.start(short=kind == "memory")
        time.sleep(self.chance.uniform(0.0, 4 * PAUSE if kind == "memory" else PAUSE))
        self.figures.kills[kind] += 1
        if kind == "driver":
            self._send(signal.SIGKILL)
            return self.end([-signal.SIGKILL, 0]) == 0
        if kind == "memory":
            self._send(signal.SIGTERM)
            self.end(STOPPED)
            return False
        if kind in ("interrupt", "terminate"):
            return self._stop(signal.SIGINT if kind == "interrupt" else signal.SIGTERM)
        victims = processes.workers(process.pid) if kind == "worker" else processes.of_session(process.pid)
        if victims:
            one = self.chance.choice(victims) if kind == "worker" else max(victims, key=lambda p: p.resident)
            _kill(one.pid, signal.SIGKILL)
            if one.pid == process.pid:
                return self.end([-signal.SIGKILL, 0]) == 0
        return False

    def _stop(self, number: signal.Signals) -> bool:
        """Ask the driver to stop, sometimes twice."""
        self._send(number)
        if self.chance.random() < 0.3:
            time.sleep(self.chance.uniform(0.0, 0.05))
            self._send(number)
        return self.end(STOPPED) == 0

    def _send(self, number: signal.Signals) -> None:
        assert self.process is not None
        _kill(self.process.pid, number)

    # --- what is there ---------------------------------------------------------------------------

    def look(self) -> Results | None:
        """Read everything; nothing that was there may be lost."""
        folder = Folder(self.path)
        if not (self.path / NOTE).exists() or not (self.path / PLAN).exists():
            assert not self.ok
            return None
        results = open_experiment(self.path)
        for file in self.path.rglob("[!.]*.parquet"):
            if not file.name.startswith("."):
                pq.read_table(file)
        table = results.table()
        names = table["run_id"].to_pylist()
        assert len(set(names)) == len(names)
        ok = {name for name, status in zip(names, table["status"].to_pylist(), strict=True) if status == "ok"}
        assert ok >= self.ok, f"{len(self.ok - ok)} runs are lost"
        self.ok = ok
        self.figures.looks += 1
        assert folder.found().num_rows >= len(names)
        return results

    def finish(self) -> Results:
        """Let the sweep be done, with enough memory, and count what is there."""
        if self.process is not None:
            self.end([0, -signal.SIGKILL])
        self.start()
        self.end([0])
        results = self.look()
        assert results is not None
        folder = Folder(self.path)
        rows = folder.found(("run_id", "error_type"))
        self.figures.rows += rows.num_rows
        self.figures.short_of_memory += rows["error_type"].to_pylist().count("MemoryError")
        self.figures.temporary += len(folder.temporary())
        self.figures.sweeps += 1
        self.figures.runs += self.runs
        return results


def kill_often(place: Path, times: int, seed: int, runs: int = RUNS) -> Figures:
    """Disturb sweeps so many times, and compare each with one that nobody disturbed."""
    start, figures, chance = time.monotonic(), Figures(), random.Random(seed)
    run(toys(runs, nap=0.0), place / "undisturbed", "serial")
    expected = open_experiment(place / "undisturbed")
    kinds = [KINDS[k % len(KINDS)] for k in range(times)]
    chance.shuffle(kinds)
    while kinds:
        sweep = Sweep(place / f"sweep{figures.sweeps}", runs, chance, figures)
        try:
            while kinds and len(sweep.ok) < runs:
                sweep.disturb(kinds.pop())
                sweep.look()
            compare(sweep.finish(), expected)
        finally:
            if sweep.process is not None:
                os.killpg(sweep.process.pid, signal.SIGKILL)
    figures.seconds = time.monotonic() - start
    return figures


def compare(found: Results, expected: Results) -> None:
    """Two sweeps must agree in every bit."""
    assert found.status()["ok"] == expected.status()["planned"], str(found.status())
    assert stable(found).equals(stable(expected), check_metadata=True)
    panels = [pa.Table.from_pandas(results.panel(), preserve_index=False) for results in (found, expected)]
    assert panels[0].num_rows
    assert panels[0].equals(panels[1])


def drive(path: Path, runs: int, *, short: bool) -> int:
    """The process that is killed."""
    made = toys(runs, short=short)
    said: list[str] = []

    def tell(_: Progress) -> None:
        if not said:
            said.append(READY)
            sys.stdout.write(f"{READY}\n")
            sys.stdout.flush()

    report = run(made, path, "local:2", retry=AGAIN, tell=tell)
    return 130 if report.interrupted else 0


def _kill(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--times", type=int, default=50, help="disturbances")
    parser.add_argument("--seed", type=int, default=1, help="of their moments and kinds")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of a sweep")
    parser.add_argument("--drive", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--short", action="store_true", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.drive:
        return drive(said.drive, said.runs, short=said.short)
    with tempfile.TemporaryDirectory() as place:
        figures = kill_often(Path(place), said.times, said.seed, said.runs)
    sys.stdout.write(json.dumps({**figures.__dict__, "kills": dict(figures.kills)}, indent=1) + "\n")
    sys.stdout.write("nothing lost, nothing twice, nothing half-written, nobody left, equal in every bit\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
