"""The folder of an experiment: what is written where, and how it becomes true.

    experiment.json                 what was asked; written once, only compared afterwards
    plan.parquet                    one row a planned run
    invocations/<time>-<random>.json   who ran what, where, with which versions
    panel/<shard>.parquet           weekly rows of the runs of a shard
    runs/<shard>.parquet            one row a run: the moment this file appears, its runs are done

Files are immutable, named at random, and appear by renaming, so no reader ever sees half of one, no lock is
needed, and files of several machines simply add up. A panel without its file of runs does not count.
Results of one run may stand in several files (a killed driver's worker may finish late): readers keep one.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from sim.files import write_atomically
from sim.sweep.factors import Factor

NOTE = "experiment.json"
PLAN = "plan.parquet"
Read = TypeVar("Read")
Status = Literal["ok", "failed", "timeout", "crashed"]
STATUSES: tuple[Status, ...] = ("ok", "failed", "timeout", "crashed")
PARAMETER, OUTCOME = "p.", "y."
"""Beginnings of the columns of factors and outcomes in the files."""

ROW = (
    ("run_id", pa.string(), "", "identity of the run: digest of scenario and seeds"),
    ("point_id", pa.string(), "", "identity of the point: the same for all its replications"),
    ("replication", pa.int32(), "", "number of the pair of seeds"),
    ("status", pa.string(), "", "ok, failed, timeout or crashed"),
    ("stage", pa.string(), "", "instantiating, running, extracting, writing, done"),
    ("error_type", pa.string(), "", "class of the error"),
    ("error", pa.string(), "", "the error in words"),
    ("traceback", pa.string(), "", "where it came from"),
    ("world_seed", pa.string(), "", "seed of the population"),
    ("shock_seed", pa.string(), "", "seed of what happens in the weeks"),
    ("package", pa.string(), "", "version of this package"),
    ("code", pa.string(), "", "digest of the code that answered"),
    ("invocation", pa.string(), "", "file of the invocation"),
    ("started_utc", pa.string(), "", "when the run began"),
    ("wall_s", pa.float64(), "s", "time of the run by the clock"),
    ("cpu_s", pa.float64(), "s", "processor time of the run"),
    ("peak_rss_mb", pa.float64(), "MB", "most memory of the process so far"),
    ("attempt", pa.int32(), "", "1 = first"),
    ("shard", pa.string(), "", "file in which the run was committed first"),
)
"""Columns of `runs` beside factors and outcomes: name, type, unit, description."""


TAKEN = (*(name for name, *_ in ROW), "point", "block", "index")
"""Names of the table of runs that neither a factor nor an outcome can have."""


class StoreError(ValueError):
    """A folder that does not go with the experiment."""


@dataclass(frozen=True)
class Columns:
    """Columns of an experiment's runs.

    Attributes:
        factors: what varies.
        outcomes: names of the numbers.
    """

    factors: Sequence[Factor]
    outcomes: Sequence[str]

    def __post_init__(self) -> None:
        """Refuse names that cannot be told apart in one table.

        Raises:
            ValueError: if there are any.
        """
        names = [*TAKEN, *(factor.name for factor in self.factors), *self.outcomes]
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise ValueError(
                f"a factor or an outcome cannot be named {', '.join(twice)}: "
                "another column of the table of runs has that name"
            )

    def schema(self, units: Mapping[str, str] | None = None) -> pa.Schema:
        """Schema of a file of runs; units of the outcomes as far as they are known."""
        fields = [pa.field(name, kind, metadata=about(unit, words)) for name, kind, unit, words in ROW]
        known = units or {}
        for factor in self.factors:
            words = about(factor.unit, factor.words)
            fields.append(pa.field(PARAMETER + factor.name, type_of(factor), metadata=words))
        for name in self.outcomes:
            words = about(known.get(name, ""), name.replace("_", " "))
            fields.append(pa.field(OUTCOME + name, pa.float64(), metadata=words))
        return pa.schema(fields)


def about(unit: str, words: str) -> dict[str, str]:
    """Metadata of a column."""
    return {"unit": unit, "description": words}


def type_of(factor: Factor) -> pa.DataType:
    """Type of the column of a factor; levels of several kinds are written as text."""
    kinds = {type(plain(value)) for value in factor.levels} or {int if factor.whole else float}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds <= {int, float} else pa.string()


def plain(value: Any) -> Any:
    """A number of NumPy as Python's own."""
    return value.item() if hasattr(value, "item") else value


@dataclass(frozen=True)
class Folder:
    """The folder of an experiment."""

    path: Path

    @property
    def runs(self) -> Path:
        """Files of runs."""
        return self.path / "runs"

    @property
    def panel(self) -> Path:
        """Files of weekly rows."""
        return self.path / "panel"

    @property
    def busy(self) -> Path:
        """Which run a worker is at (see `sim.sweep.worker`)."""
        return self.path / "busy"

    @property
    def invocations(self) -> Path:
        """Who ran what."""
        return self.path / "invocations"

    def stop_file(self, invocation: str) -> Path:
        """Its presence asks the workers of an invocation to commit what they have."""
        return self.busy / f"{invocation}.stop"

    def read_note(self) -> dict[str, Any]:
        """What was asked of this folder.

        Raises:
            StoreError: if it is no folder of an experiment.
        """
        note = self.path / NOTE
        try:
            found = json.loads(note.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise StoreError(f"{self.path} is no folder of an experiment: it has no {NOTE}") from None
        except ValueError as error:
            raise StoreError(f"{note}: not readable ({error})") from None
        if not isinstance(found, dict) or found.get("kind") != "experiment":
            raise StoreError(f"{note}: not the record of an experiment")
        return found

    def planned(self) -> set[str] | None:
        """Runs of the plan; None if no plan has been written."""
        try:
            return set(pq.read_table(self.path / PLAN, columns=["run_id"])["run_id"].to_pylist())
        except FileNotFoundError:
            return None

    def forget(self, invocation: str) -> None:
        """Remove what the workers of an invocation that is over may have left in `busy`."""
        for file in self.busy.glob(f"{invocation}.*"):
            file.unlink(missing_ok=True)

    def found(self, names: Iterable[str] = ("run_id", "status")) -> pa.Table:
        """Some columns of all committed rows; a run may stand there more than once."""
        types = {name: kind for name, kind, _, _ in ROW}
        return read_files(self.runs, pa.schema([(name, types[name]) for name in names]))

    def temporary(self) -> list[Path]:
        """Files that a killed process left behind half-written; nobody reads them."""
        return [file for place in (self.runs, self.panel, self.path) for file in place.glob(".*")]


def read_files(folder: Path, schema: pa.Schema, only: Any = None) -> pa.Table:
    """Rows of all Parquet files of a folder, columns that a file does not have being empty."""

    def read(files: list[str]) -> pa.Table:
        if not files:
            return schema.empty_table()
        return ds.dataset(files, schema=schema, format="parquet").to_table(filter=only)

    return of_files(folder, read)


def of_files(folder: Path, read: Callable[[list[str]], Read], tries: int = 5) -> Read:
    """What `read` makes of the Parquet files of a folder.

    Files may be merged by another process meanwhile (`sim.sweep.compact`): then they are listed again.
    """
    while True:
        tries -= 1
        try:
            return read(sorted(file.as_posix() for file in folder.glob("[!.]*.parquet")))
        except FileNotFoundError:
            if not tries:
                raise


def commit(folder: Folder, shard: str, runs: pa.Table, panel: pa.Table | None) -> None:
    """Make the rows of a shard true: the panel first, then the runs."""
    if panel is not None and panel.num_rows:
        write_table(folder.panel / f"{shard}.parquet", panel)
    write_table(folder.runs / f"{shard}.parquet", runs)


def write_table(path: Path, table: pa.Table) -> Path:
    """Write one Parquet file, compressed, whole or not at all."""
    return write_atomically(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def write_once(path: Path, text: str) -> bool:
    """Write a text file unless there is one; of several processes one succeeds. Whether this one did."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        Path(name).chmod(0o644)
        os.link(name, path)
    except FileExistsError:
        return False
    finally:
        Path(name).unlink()
    return True
