"""Pools: what they are called, that processes can be killed and replaced, that all give equal tables."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, wait
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from sim.sweep.executors import LocalPool, SerialPool, cores, open_pool, variables
from sim.sweep.results import open_experiment
from sim.sweep.runs import Draws, runs_of
from sim.sweep.store import Columns, Folder, read_files
from sim.sweep.sweep import run
from sim.sweep.work import Found
from sim.sweep.worker import Job, Shard, Summary
from tests.sweep.elsewhere import RUNS, toys
from tests.sweep.toys import Toy, X, stable

PLENTY = 20.0


class Looks(Toy):
    """A toy that tells about its process."""

    def run(self, run: Any, watch: Any) -> Found:
        threads = os.environ.get("OMP_NUM_THREADS", "none")
        ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        return Found(
            {"y": float(threads), "z": float(ignored), "warm": float("tests.sweep.toys" in sys.modules)}
        )


def job(path: Path, work: Any, outcomes: tuple[str, ...] = ("y", "z")) -> bytes:
    return bytes(cloudpickle.dumps(Job(work, Folder(path), Columns([X], outcomes), "i", 60.0)))


def shard(name: str, *values: int) -> Shard:
    return Shard(name, tuple(runs_of({"x": x}, {"x": x}, Draws())[0] for x in values))


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    made = LocalPool(2)
    yield made
    made.kill()
    made.close()


@pytest.mark.parametrize(
    ("text", "name", "workers"),
    [("serial", "serial", 1), ("local:3", "local:3", 3), ("local", f"local:{cores()}", cores())],
)
def test_a_pool_is_opened_by_its_name(text: str, name: str, workers: int) -> None:
    made = open_pool(text)
    assert (made.name, made.workers) == (name, workers)
    made.close()


@pytest.mark.parametrize(
    "text", ["", "seriel", "serial:2", "local:0", "local:-1", "local:two", "mpi:2", "dask"]
)
def test_an_unknown_pool_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"executor .*serial, local, local:N, dask:ADDRESS or mpi"):
        open_pool(text)


@pytest.mark.parametrize(
    ("text", "module", "extra"),
    [("dask:tcp://127.0.0.1:1", "distributed", "cluster"), ("mpi", "mpi4py", "mpi")],
)
def test_a_missing_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, text: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'retail-entry-sim\[{extra}\]'"):
        open_pool(text)


def test_variables_are_put_back() -> None:
    os.environ.pop("TOY_ABSENT", None)
    before = dict(os.environ)
    with variables({"TOY_ABSENT": "1", "PATH": "elsewhere"}):
        assert (os.environ["TOY_ABSENT"], os.environ["PATH"]) == ("1", "elsewhere")
    assert dict(os.environ) == before


def test_the_serial_pool_hands_errors_on(tmp_path: Path) -> None:
    made = SerialPool()
    future = made.submit(b"no pickle", shard("s", 1))
    assert future.exception() is not None
    assert made.submit(job(tmp_path, Toy()), shard("s", 1)).result().statuses == {"ok": 1}
    made.kill()
    made.renew()
    assert not made.lost()


def test_workers_have_one_thread_each_and_leave_interruptions_to_the_driver(
    tmp_path: Path, pool: LocalPool
) -> None:
    pickled = job(tmp_path, Looks(), ("y", "z", "warm"))
    assert pool.submit(pickled, shard("s", 1)).result(PLENTY).statuses == {"ok": 1}
    columns = Columns([X], ("y", "z", "warm"))
    (row,) = read_files(Folder(tmp_path).runs, columns.schema()).to_pylist()
    assert (row["y.y"], row["y.z"], row["y.warm"]) == (1.0, 1.0, 1.0)


def exists(pid: int) -> bool:
    """Whether there is a process of this number; the server that forked it has then not yet reaped it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_killed_processes_are_dead_on_return_and_can_be_replaced(tmp_path: Path, pool: LocalPool) -> None:
    pickled = job(tmp_path, Toy(nap=60.0))
    futures = [pool.submit(pickled, shard(str(k), k)) for k in range(4)]
    until(lambda: len(list(Folder(tmp_path).busy.glob("i.*"))) == 2)
    assert not pool.lost()
    pids = [process.pid for process in pool._processes()]
    pool.kill()
    # Not by their sentinels: the executor may have read an exit code while the pipe is still open.
    assert len(pids) == 2
    assert not any(exists(pid) for pid in pids)
    assert pool.lost()
    assert all(isinstance(future.exception(PLENTY), pool.broken) for future in futures)
    with pytest.raises(pool.broken):
        pool.submit(pickled, shard("t", 1))
    pool.renew()
    assert not pool.lost()
    assert pool.submit(job(tmp_path, Toy()), shard("u", 1)).result(PLENTY).statuses == {"ok": 1}


def test_the_death_of_a_process_is_seen(tmp_path: Path, pool: LocalPool) -> None:
    future = pool.submit(job(tmp_path, Toy(kills=frozenset([1]))), shard("s", 1))
    assert isinstance(future.exception(PLENTY), BrokenExecutor)
    assert pool.lost()


def test_processes_that_cannot_be_started_are_a_broken_pool(
    tmp_path: Path, pool: LocalPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (OSError(11, "Resource temporarily unavailable"), EOFError()):

        def fails(*_: Any, error: Exception = error) -> Future[Summary]:
            raise error

        monkeypatch.setattr(pool.executor, "submit", fails)
        with pytest.raises(pool.broken, match="no process could be started"):
            pool.submit(job(tmp_path, Toy()), shard("s", 1))


def test_a_pool_can_be_closed_whatever_happened(tmp_path: Path) -> None:
    for work in (None, Toy(), Toy(kills=frozenset([1]))):
        made = LocalPool(1)
        if work is not None:
            wait([made.submit(job(tmp_path, work), shard("s", 1))], PLENTY)
        made.close()
    before = threading.active_count()
    made = LocalPool(1)
    made.submit(job(tmp_path, Toy(nap=60.0)), shard("s", 1))
    made.kill()
    made.close()
    assert threading.active_count() <= before


def until(condition: Any) -> None:
    end = time.monotonic() + PLENTY
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


# --- equal tables ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serial") / "sweep"
    report = run(toys(), path, "serial")
    assert report.progress.statuses == {"ok": 2 * RUNS - 2, "failed": 2}
    return path


def same(path: Path, expected: Path) -> None:
    one, other = open_experiment(path), open_experiment(expected)
    assert stable(one).equals(stable(other), check_metadata=True)
    assert one.panel().equals(other.panel())
    assert len(one.panel()) > 0


def test_processes_of_this_machine_give_the_same(tmp_path: Path, expected: Path) -> None:
    run(toys(), tmp_path / "sweep", "local:2")
    same(tmp_path / "sweep", expected)


def test_slices_into_one_folder_give_the_same(tmp_path: Path, expected: Path) -> None:
    path = tmp_path / "sweep"
    first = run(toys(), path, "serial", slice_=(0, 2))
    assert 0 < first.progress.done < 2 * RUNS
    assert open_experiment(path).status()["missing"] == 2 * RUNS - first.progress.done
    run(toys(), path, "local:2", slice_=(1, 2))
    same(path, expected)


def elsewhere(*command: str) -> None:
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=100, check=False)
    assert done.returncode == 0, done.stderr


def test_a_dask_cluster_gives_the_same(tmp_path: Path, expected: Path) -> None:
    pytest.importorskip("distributed")
    elsewhere(sys.executable, "-m", "tests.sweep.elsewhere", "dask", str(tmp_path / "sweep"))
    same(tmp_path / "sweep", expected)


def test_mpi_gives_the_same(tmp_path: Path, expected: Path) -> None:
    pytest.importorskip("mpi4py")
    beside = Path(sys.executable).parent / "mpiexec"
    launcher = str(beside) if beside.exists() else shutil.which("mpiexec")
    if launcher is None:
        pytest.skip("there is no mpiexec")
    python = (sys.executable, "-m", "mpi4py.futures", "-m", "tests.sweep.elsewhere", "mpi")
    elsewhere(launcher, "-n", "3", *python, str(tmp_path / "sweep"))
    same(tmp_path / "sweep", expected)
