"""Shards: failures become rows, all is committed at once, and the marker says where a worker is."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sim import __version__
from sim.sweep import worker
from sim.sweep.factors import Factor
from sim.sweep.panels import stored
from sim.sweep.runs import Draws, Run, runs_of
from sim.sweep.store import Columns, Folder, read_files
from sim.sweep.work import Found
from sim.sweep.worker import Job, Marker, Shard, Summary, panel_of, run_shard, table_of
from tests.sweep.toys import Toy, X, double

COLUMNS = Columns([X], ["y", "z"])


def runs(*values: Any) -> tuple[Run, ...]:
    return tuple(runs_of({"x": x}, {"x": x}, Draws())[0] for x in values)


def job(path: Path, work: Any, **changed: Any) -> Job:
    options = {"folder": Folder(path), "columns": COLUMNS, "invocation": "i", "run_seconds": 9.0}
    return Job(work, **{**options, **changed})


def made(job: Job, shard: Shard) -> tuple[Summary, list[dict[str, Any]]]:
    summary = run_shard(cloudpickle.dumps(job), shard)
    return summary, read_files(job.folder.runs, job.columns.schema()).to_pylist()


@dataclass(frozen=True)
class Answers(Toy):
    """A toy that does something at every run."""

    act: Callable[[Run], Any] = field(default=lambda run: None)

    def run(self, run: Run, watch: Any) -> Found:
        watch.stage = "extracting"
        return self.act(run)


def test_a_row_says_what_was_run_and_what_came_out(tmp_path: Path) -> None:
    (run,) = runs(3)
    summary, (row,) = made(job(tmp_path, Toy(nap=0.01, code="c")), Shard("s", (run,), attempt=2))
    expected = {
        "run_id": run.id, "point_id": run.point, "replication": 0, "status": "ok", "stage": "done",
        "error": "", "error_type": "", "traceback": "", "world_seed": str(run.seeds.world), "attempt": 2,
        "shard": "s", "shock_seed": str(run.seeds.shock), "package": __version__, "code": "c",
        "invocation": "i", "p.x": 3,
        "y.y": 6.0, "y.z": double(run.seeds, 3)["z"],
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["wall_s"] >= 0.01 > row["cpu_s"] >= 0.0
    assert row["peak_rss_mb"] > 10
    assert row["started_utc"].endswith("+00:00")
    assert (dict(summary.statuses), summary.again, summary.left, summary.error) == ({"ok": 1}, [], [], "")
    assert summary.seconds == pytest.approx(row["wall_s"])


def test_one_failure_does_not_touch_the_others(tmp_path: Path) -> None:
    toy = Toy(fails=frozenset([1]), slow=frozenset([2]), panel=3)
    summary, rows = made(job(tmp_path, toy, run_seconds=0.05), Shard("s", runs(0, 1, 2, 3)))
    assert [row["status"] for row in rows] == ["ok", "failed", "timeout", "ok"]
    assert [row["y.y"] for row in rows] == [0.0, None, None, 6.0]
    assert dict(summary.statuses) == {"ok": 2, "failed": 1, "timeout": 1}
    failed = rows[1]
    assert (failed["stage"], failed["error_type"], failed["error"]) == (
        "running",
        "ValueError",
        "no such thing as 1",
    )
    assert "toys.py" in failed["traceback"]
    assert rows[2]["error"] == "took longer than 0.05 s"
    panel = stored([(tmp_path / "panel" / "s.parquet").as_posix()])
    assert set(panel["run_id"].to_pylist()) == {rows[0]["run_id"], rows[3]["run_id"]}


@pytest.mark.parametrize("error", [OSError("away"), MemoryError(), FileNotFoundError("x")])
def test_errors_that_may_pass_are_given_back_once(tmp_path: Path, error: Exception) -> None:
    def act(run: Run) -> Found:
        if run.parameters["x"] == 1:
            raise error
        return Found({"y": 0.0, "z": 0.0})

    shard = runs(0, 1, 2)
    summary, rows = made(job(tmp_path, Answers(act=act)), Shard("s", shard))
    assert summary.again == [shard[1].id]
    assert (dict(summary.statuses), summary.error, len(rows)) == ({"ok": 2}, "", 2)
    summary, rows = made(job(tmp_path, Answers(act=act)), Shard("t", (shard[1],), final=True))
    assert (summary.again, dict(summary.statuses)) == ([], {"failed": 1})
    assert rows[-1]["error_type"] == type(error).__name__
    assert rows[-1]["error"]


class UnspeakableError(Exception):
    """An error without words."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("Überraschung: 无 \U0001f4a5"), "Überraschung: 无 \U0001f4a5"),
        (ValueError("file \udcff.csv"), "file ?.csv"),
        (ValueError("zero \0 byte"), "zero \0 byte"),
        (UnspeakableError(), "UnspeakableError"),
        (ValueError(), "ValueError"),
        (SystemExit(3), "3"),
        (GeneratorExit(), "GeneratorExit"),
        (ValueError("x" * 9000 + "end"), "x" * 3997 + "end"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_of_all_kinds_become_rows(tmp_path: Path, error: BaseException, words: str) -> None:
    def act(run: Run) -> Found:
        raise error

    summary, (row,) = made(job(tmp_path, Answers(act=act)), Shard("s", runs(1)))
    assert (row["status"], row["stage"], row["error_type"]) == ("failed", "extracting", type(error).__name__)
    assert row["error"] == words == summary.error
    assert len(row["traceback"]) <= 4000


def test_an_interruption_is_no_failure_of_the_run(tmp_path: Path) -> None:
    def act(run: Run) -> Found:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(job(tmp_path, Answers(act=act)), Shard("s", runs(1)))
    assert Folder(tmp_path).found().num_rows == 0
    assert list(Folder(tmp_path).busy.iterdir()) == []


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_outcomes_that_are_no_numbers_are_kept(tmp_path: Path, number: float) -> None:
    _, (row,) = made(
        job(tmp_path, Answers(act=lambda run: Found({"y": np.float32(number), "z": True}))),
        Shard("s", runs(1)),
    )
    assert row["status"] == "ok"
    np.testing.assert_equal(row["y.y"], number)
    assert row["y.z"] == 1.0


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ({"y": 1.0}, "KeyError", "no outcome z; there are y"),
        ({"y": 1.0, "z": "many"}, "ValueError", "could not convert string to float: 'many'"),
        ({"y": None, "z": 1.0}, "TypeError", "must be a string or a real number"),
        (3.0, "TypeError", "expected outcomes by name, found float"),
        (None, "TypeError", "expected outcomes by name, found NoneType"),
    ],
)
def test_outcomes_that_are_not_there_fail(tmp_path: Path, values: Any, kind: str, words: str) -> None:
    _, (row,) = made(job(tmp_path, Answers(act=lambda run: Found(values))), Shard("s", runs(1)))
    assert (row["status"], row["error_type"], row["y.y"]) == ("failed", kind, None)
    assert words in row["error"]


@pytest.mark.parametrize(
    "panel", [3, pd.DataFrame({"week": [0, 1], "gmv": [1.0, "much"]})], ids=["no", "mixed"]
)
def test_weekly_rows_that_cannot_be_written_cost_their_run_alone(tmp_path: Path, panel: Any) -> None:
    weeks = pd.DataFrame({"week": [0], "gmv": [1.0]})

    def act(run: Run) -> Found:
        return Found({"y": 1.0, "z": 2.0}, panel=panel if run.parameters["x"] == 1 else weeks)

    toy = Answers(act=act)
    shard = runs(0, 1)
    summary, rows = made(job(tmp_path, toy), Shard("s", shard))
    assert sorted(summary.again) == sorted(run.id for run in shard)
    assert (rows, dict(summary.statuses)) == ([], {})
    for number, run in enumerate(shard):
        made(job(tmp_path, toy), Shard(f"t{number}", (run,), final=True))
    rows = read_files(tmp_path / "runs", COLUMNS.schema()).to_pylist()
    assert [(row["status"], row["stage"], row["y.y"]) for row in rows] == [
        ("ok", "done", 1.0),
        ("failed", "writing", None),
    ]


def test_a_full_disk_is_no_failure_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker, "commit", full)
    summary = run_shard(cloudpickle.dumps(job(tmp_path, Toy())), Shard("s", runs(0, 1)))
    assert len(summary.again) == 2
    assert summary.statuses.total() == 0
    with pytest.raises(OSError, match="No space left"):
        run_shard(cloudpickle.dumps(job(tmp_path, Toy())), Shard("s", runs(0), final=True))


def test_levels_of_several_kinds_are_written_as_text(tmp_path: Path) -> None:
    factor = Factor("x", levels=("many", 1, True))
    toy = Answers(act=lambda run: Found({"y": float(run.parameters["x"] == 1), "z": 0.0}))
    _, rows = made(job(tmp_path, toy, columns=Columns([factor], ["y", "z"])), Shard("s", runs("many", 1)))
    assert [(row["p.x"], row["y.y"]) for row in rows] == [("many", 0.0), ("1", 1.0)]


def test_a_whole_number_may_come_as_a_fraction(tmp_path: Path) -> None:
    _, (row,) = made(job(tmp_path, Toy()), Shard("s", runs(2.0)))
    assert (row["p.x"], row["status"]) == (2, "ok")


def test_memory_that_is_short_is_given_back(tmp_path: Path) -> None:
    shard = runs(0, 1)
    summary, rows = made(job(tmp_path, Toy(greedy=frozenset([1]), limit=1 << 28)), Shard("s", shard))
    assert (summary.again, len(rows)) == ([shard[1].id], 1)


# --- markers ---------------------------------------------------------------------------------------


def test_the_marker_says_which_run_it_is_and_goes_away(tmp_path: Path) -> None:
    seen: list[int | None] = []
    marker = Marker.of(Folder(tmp_path), "i", "s")

    def act(run: Run) -> Found:
        seen.append(marker.read())
        return Found({"y": 0.0, "z": 0.0})

    worker.job_of.cache_clear()
    local = job(tmp_path, Answers(act=act))
    marker_before = marker.read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "job_of", lambda _: local)  # not by value, so that `seen` is ours
        run_shard(b"", Shard("s", runs(*range(12))))
    assert seen == list(range(12))
    assert (marker_before, marker.read()) == (None, None)
    assert list(Folder(tmp_path).busy.iterdir()) == []


def test_a_marker_that_was_just_opened_says_nothing(tmp_path: Path) -> None:
    marker = Marker(tmp_path / "busy" / "m")
    with marker:
        assert marker.read() is None
        marker.at(12345678)
        assert marker.read() == 12345678
        marker.at(7)
        assert marker.read() == 7


def test_the_marker_is_there_until_all_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker, seen = Marker.of(Folder(tmp_path), "i", "s"), []
    monkeypatch.setattr(worker, "commit", lambda *_: seen.append(marker.read()))
    run_shard(cloudpickle.dumps(job(tmp_path, Toy())), Shard("s", runs(0, 1)))
    assert seen == [1]


def test_asked_to_stop_a_worker_commits_what_it_has(tmp_path: Path) -> None:
    stop = Folder(tmp_path).stop_file("i")

    def act(run: Run) -> Found:
        if run.parameters["x"] == 1:
            stop.touch()
        return Found({"y": 0.0, "z": 0.0})

    shard = runs(0, 1, 2, 3)
    summary, rows = made(job(tmp_path, Answers(act=act)), Shard("s", shard))
    assert [row["p.x"] for row in rows] == [0, 1]
    assert summary.left == [run.id for run in shard[2:]]
    summary, rows = made(job(tmp_path, Answers(act=act)), Shard("t", shard[2:]))
    assert (summary.left, len(rows)) == ([run.id for run in shard[2:]], 2)
    assert not (tmp_path / "runs" / "t.parquet").exists()


def test_a_shard_that_a_cluster_makes_again_stays_as_it_is(tmp_path: Path) -> None:
    shard = Shard("s", runs(0, 1, 2))
    first, before = made(job(tmp_path, Toy(fails=frozenset([1]))), shard)
    second, after = made(job(tmp_path, Toy(fails=frozenset([0, 1, 2]))), shard)
    assert after == before
    assert second.statuses == first.statuses == {"ok": 2, "failed": 1}


# --- weekly rows -----------------------------------------------------------------------------------


def test_words_of_weekly_rows_are_stored_alike_in_files_of_all_sizes() -> None:
    small, large = (
        panel_of([pd.DataFrame({"run_id": [str(k) for k in range(n)], "channel": "a", "gmv": 1.0})])
        for n in (1, 500)
    )
    assert small is not None
    assert large is not None
    assert small.schema.equals(large.schema)
    assert pa.types.is_dictionary(small.schema.field("run_id").type)


def test_weekly_rows_with_words_of_pandas_are_put_together() -> None:
    frames = [
        pd.DataFrame({"channel": pd.Categorical([name]), "gmv": [value]})
        for name, value in (("a", 1), ("b", 2.5))
    ]
    table = panel_of(frames)
    assert table is not None
    assert table.to_pylist() == [{"channel": "a", "gmv": 1.0}, {"channel": "b", "gmv": 2.5}]
    assert panel_of([]) is None


def test_rows_of_runs_without_outcomes_are_empty_there(tmp_path: Path) -> None:
    row = worker.blank(runs(1)[0], Shard("s", runs(1)), "i", "c") | {"status": "crashed", "stage": "running"}
    table = table_of(COLUMNS, [row], {"y": "metres"})
    assert table["y.y"].to_pylist() == [None]
    assert table.schema.field("y.y").metadata[b"unit"] == b"metres"


def test_the_same_job_is_unpacked_once(tmp_path: Path) -> None:
    pickled = cloudpickle.dumps(job(tmp_path, Toy()))
    assert worker.job_of(pickled) is worker.job_of(pickled)


def test_memory_is_measured_where_the_system_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 10 < worker.peak() < 1e6
    monkeypatch.setattr(sys, "platform", "win32")
    assert worker.peak() == 0.0
