from __future__ import annotations

import os
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from sim.sweep.compact import SETTLED, compact
from sim.sweep.results import open_experiment
from sim.sweep.store import Folder
from sim.sweep.sweep import run
from tests.sweep.toys import Toy, experiment


def swept(folder: Path, **toy: object) -> None:
    run(experiment(Toy(panel=3, **toy), shard_seconds=1e-9), folder, "serial")  # type: ignore[arg-type]


def test_nothing_changes_for_a_reader(tmp_path: Path) -> None:
    swept(tmp_path / "s", fails=frozenset({3}))
    before = open_experiment(tmp_path / "s")
    runs, panel, units, status = before.runs(None), before.panel(), before.units(), before.status()
    done = compact(before)
    after = open_experiment(tmp_path / "s")
    pd.testing.assert_frame_equal(after.runs(None), runs)
    pd.testing.assert_frame_equal(after.panel(), panel)
    pd.testing.assert_series_equal(after.status(), status)
    assert after.units() == units
    assert (done.files, done.rows, done.dropped) == (15, 8, 0)
    assert len(list(Folder(tmp_path / "s").runs.iterdir())) == 1
    assert len(list(Folder(tmp_path / "s").panel.iterdir())) == 1
    assert compact(after).rows == 8  # and once more


def test_rows_that_stand_there_twice_are_kept_once(tmp_path: Path) -> None:
    swept(tmp_path / "s")
    folder = Folder(tmp_path / "s")
    for place in (folder.runs, folder.panel):
        for number, file in enumerate(sorted(place.glob("*.parquet"))):
            (place / f"copy{number}.parquet").write_bytes(file.read_bytes())
    before = open_experiment(tmp_path / "s").runs()
    assert len(before) == 8
    assert compact(open_experiment(tmp_path / "s")).dropped == 8
    pd.testing.assert_frame_equal(open_experiment(tmp_path / "s").runs(), before)
    assert len(open_experiment(tmp_path / "s").panel()) == 8 * 3 * 2


def test_a_sweep_goes_on_in_a_merged_folder(tmp_path: Path) -> None:
    run(experiment(Toy(), range(4)), tmp_path / "s", "serial", slice_=(0, 2))
    compact(open_experiment(tmp_path / "s"))
    report = run(experiment(Toy(), range(4)), tmp_path / "s", "serial")
    assert report.before + report.progress.done == 4
    assert open_experiment(tmp_path / "s").status().ok == 4


def test_words_take_little_space_and_units_stay(tmp_path: Path) -> None:
    swept(tmp_path / "s")
    compact(open_experiment(tmp_path / "s"))
    folder = Folder(tmp_path / "s")
    (file,) = folder.panel.glob("*.parquet")
    schema = pq.read_schema(file)
    assert str(schema.field("channel").type).startswith("dictionary")
    (file,) = folder.runs.glob("*.parquet")
    assert pq.read_schema(file).field("y.y").metadata[b"unit"] == b"metres"


def test_only_files_without_a_writer_are_removed(tmp_path: Path) -> None:
    swept(tmp_path / "s")
    folder = Folder(tmp_path / "s")
    old, new = folder.runs / ".old.parquet", folder.runs / ".new.parquet"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    past = time.time() - SETTLED - 10
    os.utime(old, (past, past))
    assert compact(open_experiment(tmp_path / "s")).orphans == 1
    assert not old.exists()
    assert new.exists()


def test_weekly_rows_of_a_shard_that_is_not_committed_yet_stay(tmp_path: Path) -> None:
    """A worker writes its panel first; who merges in between must leave it alone."""
    swept(tmp_path / "s")
    folder = Folder(tmp_path / "s")
    panel = open_experiment(tmp_path / "s").panel()
    late = sorted(folder.runs.iterdir())[0]
    kept = late.read_bytes()
    late.unlink()
    compact(open_experiment(tmp_path / "s"))
    late.write_bytes(kept)
    pd.testing.assert_frame_equal(open_experiment(tmp_path / "s").panel(), panel)
