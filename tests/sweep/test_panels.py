"""Weekly rows: from many files, each run's once, beside its factors, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.sweep import panels
from sim.sweep.designs import Design
from sim.sweep.factors import Factor
from sim.sweep.results import Results, open_experiment
from sim.sweep.store import write_table
from sim.sweep.sweep import run
from sim.sweep.work import Found
from sim.sweep.worker import panel_of
from tests.sweep.toys import CHANNELS, Toy, double, experiment

RUNS = pa.table({"run_id": ["a", "b", "c"], "shard": ["s", "s", "t"], "p.x": [1, 2, 3]})


def shard(folder: Path, name: str, *runs: str, file: str = "", **columns: Any) -> None:
    """A file of weekly rows of some runs, two weeks each."""
    weeks = {"week": [0, 1], "gmv": [1.0, 2.0], **columns}
    frames = [pd.DataFrame({"run_id": run, "shard": name, **weeks}) for run in runs]
    table = panel_of(frames)
    assert table is not None
    write_table(folder / f"{file or name}.parquet", table)


def test_rows_stand_beside_their_factors(tmp_path: Path) -> None:
    shard(tmp_path, "s", "a", "b")
    shard(tmp_path, "t", "c")
    found = panels.read(tmp_path, RUNS).to_pandas().sort_values(["run_id", "week"])
    assert found.run_id.tolist() == ["a", "a", "b", "b", "c", "c"]
    assert found["p.x"].tolist() == [1, 1, 2, 2, 3, 3]
    assert "shard" not in found


def test_rows_of_a_run_in_another_shard_do_not_count(tmp_path: Path) -> None:
    shard(tmp_path, "s", "a", "b", "d")
    shard(tmp_path, "u", "a", "c", gmv=[7.0, 7.0])
    found = panels.read(tmp_path, RUNS).to_pandas()
    assert sorted(found.run_id) == ["a", "a", "b", "b"]
    assert found.gmv.max() == 2.0


def test_files_of_all_sizes_are_read_together(tmp_path: Path) -> None:
    # numbers of words take one byte in a small file and two in a large one
    for name, count in (("s", 1), ("t", 500), ("u", 1)):
        runs = [f"{name}{k}" for k in range(count)]
        frame = pd.DataFrame({"run_id": runs, "shard": name, "gmv": 1.0})
        table = pa.Table.from_pandas(frame.astype({"run_id": "category", "shard": "category"}))
        pq.write_table(table, tmp_path / f"{name}.parquet")
    assert panels.stored(sorted(file.as_posix() for file in tmp_path.iterdir())).num_rows == 502


def test_columns_that_a_file_does_not_have_are_empty_there(tmp_path: Path) -> None:
    shard(tmp_path, "s", "a", gmv=[1, 2])
    shard(tmp_path, "t", "c", orders=[3.5, 4.5], gmv=[1.5, 2.5])
    for first, second in (("s", "t"), ("t", "s")):
        found = panels.stored([(tmp_path / f"{name}.parquet").as_posix() for name in (first, second)])
        rows = {(row["run_id"], row["week"]): (row["gmv"], row["orders"]) for row in found.to_pylist()}
        assert rows == {
            ("a", 0): (1.0, None),
            ("a", 1): (2.0, None),
            ("c", 0): (1.5, 3.5),
            ("c", 1): (2.5, 4.5),
        }


def test_while_files_are_merged_every_row_is_seen_once(tmp_path: Path) -> None:
    shard(tmp_path, "s", "a", "b")
    shard(tmp_path, "t", "c")
    before = panels.read(tmp_path, RUNS).to_pandas().sort_values(["run_id", "week"], ignore_index=True)
    old = [(tmp_path / name).as_posix() for name in ("s.parquet", "t.parquet")]
    write_table(tmp_path / "merged.parquet", panels.as_numbers(panels.stored(old)))
    for gone in (None, "s.parquet", "t.parquet"):
        if gone:
            (tmp_path / gone).unlink()
        found = panels.read(tmp_path, RUNS).to_pandas().sort_values(["run_id", "week"], ignore_index=True)
        pd.testing.assert_frame_equal(found, before)


def test_a_file_that_is_merged_away_meanwhile_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard(tmp_path, "s", "a", "b")
    read_schema = pq.read_schema

    def once(file: str) -> pa.Schema:
        monkeypatch.undo()
        (tmp_path / "s.parquet").rename(tmp_path / "merged.parquet")
        return read_schema(file)

    monkeypatch.setattr(pq, "read_schema", once)
    assert panels.read(tmp_path, RUNS).num_rows == 4


def test_rows_can_be_chosen_by_any_column(tmp_path: Path) -> None:
    shard(tmp_path, "s", "a", "b", channel=list(CHANNELS))
    shard(tmp_path, "t", "c", channel=list(CHANNELS))
    asked: list[tuple[dict[str, Any], int]] = [
        ({}, 6), ({"week": 0}, 3), ({"week": 9}, 0), ({"channel": "own"}, 3), ({"run_id": ["a", "c"]}, 4),
        ({"run_id": "a", "channel": {"own", "hosted"}, "gmv": 2.0}, 1),
    ]  # fmt: skip
    for where, count in asked:
        assert panels.read(tmp_path, RUNS, where).num_rows == count
    with pytest.raises(KeyError, match="unknown column 'chanel', did you mean 'channel'"):
        panels.read(tmp_path, RUNS, {"chanel": "own"})


def test_without_files_there_are_no_rows(tmp_path: Path) -> None:
    found = panels.read(tmp_path / "none", RUNS, {"week": 1})
    assert (found.num_rows, found.column_names) == (0, ["run_id", "p.x"])


def test_words_survive_being_numbered() -> None:
    table = pa.table({"a": pa.array(["x", None, "y"], pa.large_string()), "b": [1.5, 2.5, 3.5]})
    numbered = panels.as_numbers(panels.as_text(table))
    assert pa.types.is_dictionary(numbered.schema.field("a").type)
    assert panels.as_text(numbered).to_pydict() == table.to_pydict()


# --- of a sweep ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    path = tmp_path_factory.mktemp("panels") / "sweep"
    toy = Toy(panel=3, fails=frozenset([1]))
    run(experiment(toy, range(4), replications=2, shard_seconds=1e-9), path, "serial")
    return open_experiment(path)


def test_the_panel_has_the_ok_runs_in_order(results: Results) -> None:
    panel = results.panel()
    assert len(panel) == 6 * 3 * len(CHANNELS)
    assert set(panel.x) == {0, 2, 3}
    assert panel.sort_values(["run_id", "week", "channel"], kind="stable").index.tolist() == list(
        range(len(panel))
    )
    shock = results.runs().set_index("run_id").shock_seed.astype(np.uint64)
    expected = panel.x + panel.week / 7 + (shock.loc[panel.run_id] % 1000).to_numpy(float)
    np.testing.assert_array_equal(panel.gmv, expected)
    assert list(results.panel({"week": 1}, ["week", "gmv"])) == ["run_id", "week", "gmv"]


def test_a_metric_becomes_an_array(results: Results) -> None:
    pytest.importorskip("xarray")
    array = results.to_xarray("gmv")
    assert dict(array.sizes) == {"run": 6, "week": 3, "channel": 2}
    panel = results.panel()
    for row in panel.sample(5, random_state=1).itertuples():
        cell = array.sel(run=row.run_id, week=row.week, channel=row.channel)
        assert (float(cell), int(cell.x), int(cell.replication)) == (row.gmv, row.x, row.replication)
    for name in ("gvm", "week", "x"):
        with pytest.raises(KeyError, match="unknown metric"):
            results.to_xarray(name)


@dataclass(frozen=True)
class Subsidised(Toy):
    """A toy whose weekly rows are called like its factor, and one of which has none."""

    def run(self, run: Any, watch: Any) -> Found:
        level = int(run.parameters["subsidy"])
        weeks = pd.DataFrame({"week": [0, 1], "subsidy": [0.5, 1.5]})
        return Found(double(run.seeds, level), panel=weeks if level else None)


def test_a_factor_may_be_called_like_a_weekly_number(tmp_path: Path) -> None:
    pytest.importorskip("xarray")
    points = pd.DataFrame({"subsidy": [0, 1, 2], "block": "list", "index": range(3)})
    factor = Factor("subsidy", low=0, high=9, whole=True)
    made = replace(experiment(Subsidised()), factors=(factor,), design=Design(points))
    run(made, tmp_path, "serial")
    results = open_experiment(tmp_path)
    panel = results.panel()
    assert panel["subsidy"].tolist() == [0.5, 1.5] * 2
    assert sorted(panel["p.subsidy"]) == [1, 1, 2, 2]
    assert sorted(results.to_xarray("subsidy")["p.subsidy"].to_numpy()) == [1, 2]
    assert results.runs().subsidy.tolist() == [0, 1, 2]


def test_a_missing_package_names_the_extra(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for module, call in (
        ("xarray", lambda: results.to_xarray("gmv")),
        ("duckdb", lambda: results.sql("select 1")),
    ):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ModuleNotFoundError, match=rf"{module} .*retail-entry-sim\[analysis\]"):
            call()
