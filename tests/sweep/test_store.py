"""Files of a sweep: what their columns say, how they appear, how they are read."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.sweep import store
from sim.sweep.factors import Factor
from sim.sweep.store import Columns, Folder, StoreError, commit, read_files, type_of, write_once, write_table

SMALL = pa.schema([("run_id", pa.string()), ("status", pa.string())])


def rows(*names: str, **more: Any) -> pa.Table:
    return pa.table({"run_id": list(names), "status": ["ok"] * len(names), **more})


@pytest.mark.parametrize(
    ("levels", "kind"),
    [
        ((), pa.float64()),
        ((1, 2), pa.int64()),
        ((1, 2.5), pa.float64()),
        (tuple(np.linspace(0, 1, 3)), pa.float64()),
        (tuple(np.arange(3)), pa.int64()),
        ((True, False), pa.bool_()),
        (("a", "b"), pa.string()),
        (("a", 1), pa.string()),
        ((True, 2), pa.string()),
    ],
)
def test_a_column_has_the_type_of_its_levels(levels: Any, kind: Any) -> None:
    assert type_of(Factor("f", low=0.0, high=1.0, levels=levels)) == kind


def test_whole_numbers_of_a_range_are_whole() -> None:
    assert type_of(Factor("f", low=0, high=9, whole=True)) == pa.int64()


def test_columns_say_their_units_and_what_they_are() -> None:
    factor = Factor("price", low=1.0, high=2.0, unit="yuan", title="List price")
    schema = Columns([factor], ["net_value"]).schema({"net_value": "yuan a year"})
    assert schema.field("p.price").metadata == {b"unit": b"yuan", b"description": b"List price"}
    assert schema.field("y.net_value").metadata == {b"unit": b"yuan a year", b"description": b"net value"}
    assert schema.field("wall_s").metadata[b"unit"] == b"s"
    assert all(field.metadata[b"description"] for field in schema)


@pytest.mark.parametrize(
    ("factors", "outcomes", "named"),
    [(["status"], ["y"], "status"), (["x"], ["x"], "x"), (["x"], ["y", "y"], "y"), (["point"], [], "point")],
)
def test_names_that_cannot_be_told_apart_are_refused(factors: Any, outcomes: Any, named: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be named {named}: another column"):
        Columns([Factor(name, low=0.0, high=1.0) for name in factors], outcomes)


def test_weekly_rows_are_there_before_the_runs_they_belong_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def write(path: Path, table: pa.Table) -> Path:
        seen.append(path.parent.name)
        if path.parent.name == "runs":
            raise OSError("the disk is full")
        return write_table(path, table)

    monkeypatch.setattr(store, "write_table", write)
    with pytest.raises(OSError, match="full"):
        commit(Folder(tmp_path), "s", rows("a"), rows("a"))
    assert seen == ["panel", "runs"]
    assert Folder(tmp_path).found().num_rows == 0


def test_a_table_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(table: pa.Table, path: Path, **_: Any) -> None:
        path.write_bytes(b"PAR1")
        raise OSError("the disk is full")

    monkeypatch.setattr(pq, "write_table", half)
    with pytest.raises(OSError, match="full"):
        write_table(tmp_path / "runs" / "s.parquet", rows("a"))
    assert list((tmp_path / "runs").iterdir()) == []


def test_half_written_files_are_not_read(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    commit(folder, "s", rows("a", "b"), None)
    (folder.runs / ".t.parquet").write_bytes(b"PAR1 and no more")
    (folder.runs / "notes.txt").write_text("of somebody")
    assert folder.found()["run_id"].to_pylist() == ["a", "b"]
    assert [file.name for file in folder.temporary()] == [".t.parquet"]


def test_columns_that_a_file_does_not_have_are_empty(tmp_path: Path) -> None:
    write_table(tmp_path / "a.parquet", rows("a", x=[1]))
    write_table(tmp_path / "b.parquet", rows("b", z=["other"]))
    found = read_files(tmp_path, SMALL.append(pa.field("x", pa.float64())))
    assert found.to_pylist() == [
        {"run_id": "a", "status": "ok", "x": 1.0},
        {"run_id": "b", "status": "ok", "x": None},
    ]


def test_a_folder_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    assert read_files(tmp_path / "none", SMALL) == SMALL.empty_table()
    assert Folder(tmp_path / "none").planned() is None


def test_files_that_are_merged_while_they_are_read_are_listed_again(tmp_path: Path) -> None:
    write_table(tmp_path / "old.parquet", rows("a"))
    asked: list[list[str]] = []

    def read(files: list[str]) -> int:
        asked.append([Path(file).name for file in files])
        if len(asked) == 1:
            write_table(tmp_path / "new.parquet", rows("a"))
            (tmp_path / "old.parquet").unlink()
            raise FileNotFoundError(files[0])
        return len(files)

    assert store.of_files(tmp_path, read) == 1
    assert asked == [["old.parquet"], ["new.parquet"]]


def test_a_file_that_stays_away_is_an_error_in_the_end(tmp_path: Path) -> None:
    tries: list[int] = []

    def read(_: list[str]) -> None:
        tries.append(1)
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError, match="gone"):
        store.of_files(tmp_path, read)
    assert len(tries) == 5


def test_of_many_writers_one_succeeds(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def write(number: int) -> bool:
        together.wait()
        return write_once(tmp_path / "deep" / "note.json", f"by {number}")

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(write, range(8)))
    assert sum(done) == 1
    assert (tmp_path / "deep" / "note.json").read_text() == f"by {done.index(True)}"
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["note.json"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not readable"),
        ("\xff", "not readable"),
        ("[]", "not the record of an experiment"),
        ('{"name": "of another program"}', "not the record of an experiment"),
    ],
)
def test_a_note_that_says_something_else_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "experiment.json").write_text(text, encoding="latin-1")
    with pytest.raises(StoreError, match=message):
        Folder(tmp_path).read_note()


def test_a_folder_without_a_note_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "none", tmp_path / "file"):
        with pytest.raises(StoreError, match=r"no folder of an experiment: it has no experiment.json"):
            Folder(path).read_note()


def test_what_workers_left_is_forgotten_by_invocation(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.forget("one")
    folder.busy.mkdir()
    for name in ("one.stop", "one.shard", "other.shard"):
        (folder.busy / name).touch()
    folder.forget("one")
    assert [file.name for file in folder.busy.iterdir()] == ["other.shard"]
