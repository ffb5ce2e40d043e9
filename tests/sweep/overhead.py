"""What driving a sweep costs: `python -m tests.sweep.overhead --runs 10000 --seconds 0.005 --workers 2`."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sim.sweep.driver import Progress
from sim.sweep.results import open_experiment
from sim.sweep.sweep import run
from tests.sweep.toys import Toy, experiment


@dataclass(frozen=True)
class Overhead:
    """What a sweep cost.

    Attributes:
        runs: runs made.
        files: files that they were committed in.
        start_s: seconds until the first was committed: starting the processes.
        wall_s: seconds from then on.
        ideal_s: time of the runs made from then on, shared equally by the workers.
        overhead: what the clock says above that, share of it.
        driver_cpu_s: processor time of the driver, planning included.
        driver_cpu: the same, share of the time of all runs.
        rss_tenth_mb: memory of the driver when a tenth was done.
        rss_end_mb: at the end.
    """

    runs: int
    files: int
    start_s: float
    wall_s: float
    ideal_s: float
    overhead: float
    driver_cpu_s: float
    driver_cpu: float
    rss_tenth_mb: float
    rss_end_mb: float


def measure(path: Path, runs: int, seconds: float, workers: int) -> Overhead:
    """Make a sweep of naps and look at the clocks of its driver."""
    made = experiment(Toy(nap=seconds), range(runs))
    start, cpu = time.monotonic(), time.process_time()
    first: list[tuple[float, float]] = []
    memory: dict[int, float] = {}

    def tell(now: Progress) -> None:
        first.append((time.monotonic(), now.seconds)) if not first else None
        memory.setdefault(10 * now.done // runs, resident())

    report = run(made, path, f"local:{workers}", tell=tell)
    end, cpu = time.monotonic(), time.process_time() - cpu
    moment, before = first[0]
    ideal = (report.progress.seconds - before) / workers
    files = len(list(open_experiment(path).folder.runs.iterdir()))
    return Overhead(
        report.progress.done, files, moment - start, end - moment, ideal, (end - moment) / ideal - 1, cpu,
        cpu / report.progress.seconds, memory[min(k for k in memory if k >= 1)], memory[10],
    )  # fmt: skip


def resident() -> float:
    """Memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=0.005, help="of a run")
    parser.add_argument("--workers", type=int, default=2)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = measure(Path(place) / "sweep", said.runs, said.seconds, said.workers)
    sys.stdout.write(json.dumps({k: round(v, 4) for k, v in asdict(found).items()}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
