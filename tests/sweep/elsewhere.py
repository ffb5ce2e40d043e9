"""A sweep on somebody else's workers, in a process of its own: `python -m tests.sweep.elsewhere dask FOLDER`.

Under MPI: `mpiexec -n 3 python -m mpi4py.futures -m tests.sweep.elsewhere mpi FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sim.sweep.experiment import Experiment
from sim.sweep.sweep import run
from tests.sweep.toys import Toy, experiment

RUNS = 24


def toys() -> Experiment:
    """The sweep: with weekly rows, a failure and short shards."""
    toy = Toy(nap=0.005, panel=3, fails=frozenset([5]))
    return experiment(toy, range(RUNS), replications=2, shard_seconds=0.05)


def on_dask(path: Path) -> None:
    """Make the sweep on a cluster of two processes."""
    import dask
    from distributed import LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), LocalCluster(**options) as cluster:
        run(toys(), path, f"dask:{cluster.scheduler_address}")


if __name__ == "__main__":
    kind, folder = sys.argv[1:]
    if kind == "dask":
        on_dask(Path(folder))
    else:
        run(toys(), folder, kind)
