"""Where runs are made: in this process, in processes of this machine, on a Dask cluster, under MPI.

All are `concurrent.futures.Executor`s behind one small interface, `Pool`.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Protocol

from sim.extras import optional
from sim.scenario.errors import sentence
from sim.sweep.worker import Shard, Summary, run_shard

KINDS = "serial, local, local:N, dask:ADDRESS or mpi"
DYING = 10.0
"""Most seconds to wait for a process that was killed."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Pool(Protocol):
    """Makes shards.

    Attributes:
        name: what it is, for the record.
        workers: shards at once.
        broken: errors of a future whose worker died.
        together: whether the death of one worker ends all shards in flight.
    """

    name: str
    workers: int
    broken: tuple[type[BaseException], ...]
    together: bool

    def submit(self, job: bytes, shard: Shard) -> Future[Summary]:
        """Have a shard made."""
        ...

    def lost(self) -> bool:
        """Whether a worker is dead, also if no future says so yet."""
        ...

    def kill(self) -> None:
        """End the workers at once, whatever they do; they are dead on return, and their futures break."""
        ...

    def renew(self) -> None:
        """Get ready again after workers died."""
        ...

    def close(self) -> None:
        """Let the workers go."""
        ...


def open_pool(text: str, preload: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Pool:
    """The pool that a text names.

    Args:
        text: "serial", "local", "local:N", "dask:ADDRESS" or "mpi".
        preload: modules to import once before processes are forked.
        environment: variables that these modules look at.

    Raises:
        ValueError: if it names none.
        ModuleNotFoundError: if an extra is not installed.
    """
    kind, _, rest = text.partition(":")
    if kind == "serial" and not rest:
        return SerialPool()
    if kind == "local" and (not rest or (rest.isdecimal() and int(rest) > 0)):
        return LocalPool(int(rest) if rest else cores(), preload, environment)
    if kind == "dask" and rest:
        return DaskPool(rest)
    if kind == "mpi" and not rest:
        return MpiPool()
    raise ValueError(sentence(f"executor '{text}'", KINDS))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class SerialPool:
    """This process, for debuggers and coverage."""

    name = "serial"
    workers = 1
    broken: tuple[type[BaseException], ...] = ()
    together = False

    def submit(self, job: bytes, shard: Shard) -> Future[Summary]:
        """Make the shard now."""
        future: Future[Summary] = Future()
        try:
            future.set_result(run_shard(job, shard))
        except Exception as error:
            future.set_exception(error)
        return future

    def lost(self) -> bool:
        """There is no other process."""
        return False

    def kill(self) -> None:
        """Nothing to end."""

    def renew(self) -> None:
        """Nothing to renew."""

    def close(self) -> None:
        """Nothing to let go."""


class LocalPool:
    """Processes of this machine, forked from a server in which the kernels are warm.

    Args:
        workers: how many.
        preload: modules that the server imports.
        environment: variables that these modules look at.
    """

    broken: tuple[type[BaseException], ...] = (BrokenExecutor,)
    together = True

    def __init__(
        self, workers: int, preload: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        # One thread for each process, as there are as many as cores.
        self.environment = {**dict.fromkeys(THREADS, "1"), **(environment or {})}
        self.name = f"local:{workers}"
        self.workers = workers
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self.context = multiprocessing.get_context(method)
        if method == "forkserver":
            self.context.set_forkserver_preload([__name__, *preload])
        self.executor = self._fresh()

    def submit(self, job: bytes, shard: Shard) -> Future[Summary]:
        """Have a shard made by a process."""
        try:
            with variables(self.environment):  # the processes start at the first submission
                return self.executor.submit(run_shard, job, shard)
        except (OSError, EOFError) as error:  # no process could be started
            raise BrokenExecutor(f"no process could be started: {error!r}") from error

    def lost(self) -> bool:
        """Whether a process is dead; the executor does not watch one that was started just now.

        A process that the executor found dead may not look dead for a moment: its exit code has been read
        and the pipe is still open.
        """
        if getattr(self.executor, "_broken", False):
            return True
        sentinels = [process.sentinel for process in self._processes()]
        return bool(multiprocessing.connection.wait(sentinels, 0))

    def kill(self) -> None:
        """End all processes; they commit by renaming, so any moment is safe."""
        processes = self._processes()
        for process in processes:
            process.kill()
        for process in processes:
            multiprocessing.connection.wait([process.sentinel], DYING)

    def renew(self) -> None:
        """New processes; from a warm server this takes hundredths of a second."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = self._fresh()

    def _fresh(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, mp_context=self.context, initializer=begin)

    def _processes(self) -> list[Any]:
        return list((getattr(self.executor, "_processes", None) or {}).values())

    def close(self) -> None:
        """Let the processes end."""
        self.executor.shutdown(wait=True, cancel_futures=True)


def begin() -> None:
    """First thing in a worker: interruptions are the driver's business, and workers do not outlive it."""
    import pyarrow as pa

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pa.set_cpu_count(1)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """End this process when the driver is gone, even by SIGKILL: otherwise it would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


@contextmanager
def variables(wanted: Mapping[str, str]) -> Iterator[None]:
    """Variables of the environment for a while."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class _Cluster:
    """An executor of somebody else's workers: they are neither killed nor renewed from here."""

    broken: tuple[type[BaseException], ...] = (BrokenExecutor,)
    together = False

    def __init__(self, name: str, workers: int, executor: Executor, **options: Any) -> None:
        self.name, self.workers, self.executor, self.options = name, workers, executor, options

    def submit(self, job: bytes, shard: Shard) -> Future[Summary]:
        """Have a shard made by some worker of the cluster."""
        return self.executor.submit(run_shard, job, shard)

    def lost(self) -> bool:
        """The cluster says so itself."""
        return False

    def kill(self) -> None:
        """Not ours to end: a run that hangs there must be ended there."""

    def renew(self) -> None:
        """The cluster renews itself."""

    def close(self) -> None:
        """Let go of the cluster."""
        self.executor.shutdown(wait=True)


class DaskPool(_Cluster):
    """Workers of a running Dask cluster (extra `cluster`).

    Args:
        address: of the scheduler, like tcp://host:8786.

    Set `distributed.scheduler.allowed-failures: 0` there: a run that kills its worker is retried by the
    driver, alone, and need not take several workers with it.
    """

    def __init__(self, address: str) -> None:
        distributed: Any = optional("distributed", "cluster")
        client = distributed.Client(address)
        workers = sum(client.nthreads().values())
        super().__init__(f"dask:{address}", max(1, workers), client.get_executor(pure=False))
        self.client = client
        self.broken = (distributed.KilledWorker, distributed.client.FutureCancelledError, BrokenExecutor)

    def close(self) -> None:
        """Let go of the cluster, which goes on."""
        super().close()
        self.client.close()


class MpiPool(_Cluster):
    """Processes of `mpiexec -n N python -m mpi4py.futures -m sim ...`, one of which drives (extra `mpi`)."""

    def __init__(self) -> None:
        executor: Any = optional("mpi4py.futures", "mpi").MPIPoolExecutor()
        super().__init__("mpi", max(1, int(executor.num_workers)), executor)
