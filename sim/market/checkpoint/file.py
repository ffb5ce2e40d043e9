"""Files of states: save a market at any week, resume it bit for bit, branch it under another scenario.

A file is a zip archive, written whole or not at all. It contains no code, and reading it runs none.

| member | contents |
|---|---|
| `header.json` | format, package, digest of the model's code, arrays with type and shape, `State.about` |
| `plain.json` | firms, history and small tables (`State.plain`) |
| `<array>.npy` | columns, books and numbers of tables (`State.arrays`), in NumPy's format, without objects |

Refused are files of another format, files whose contents differ from their header, columns of other types,
and states of other people (if this code or machine makes other people from scenario and seed). A state saved
by other code of the model (`model_digest`) is refused unless `allow_other_code` is set, because it may not
lead to the results of one uninterrupted run. The digest covers no plug-ins and phases of a user. The same
state gives the same file, byte for byte.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim import __version__
from sim.consumers.demand import Record
from sim.files import write_atomically
from sim.market import Market
from sim.market.checkpoint.snapshot import SavedStateError, State, take
from sim.scenario import load
from sim.scenario.schema import Scenario
from sim.sources import digest

__all__ = ["FORMAT", "SavedStateError", "State", "branch", "model_digest", "read", "resume", "save", "write"]

KIND = "state of a market"
FORMAT = 1
"""Version of the format; raised when older files can no longer be read."""
LEVEL = 1
"""Compression (zlib's fastest)."""
ABOUT = ("week", "seeds", "consumers", "record", "run_off", "block", "layout", "people", "scenario")
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError
)  # fmt: skip
"""What reading a damaged or foreign file raises."""


def save(market: Market, path: Path | str) -> Path:
    """Save a market between two weeks. The market can go on.

    Raises:
        SavedStateError: if it holds something that is no plain value.
        OSError: if the file cannot be written.
    """
    return write(take(market), Path(path))


def resume(
    path: Path | str, *, threads: int = 1, record: Record | None = None, run_off: bool | None = None,
    block: int | None = None, allow_other_code: bool = False,
) -> Market:  # fmt: skip
    """Return the market that was saved. It continues bit for bit as if it had never stopped.

    Args:
        path: file written by `save`.
        threads: threads for loops over consumers.
        record: what to record; by default as before. Payments may be added, winners dropped.
        run_off: whether the weeks after the horizon are run; by default as before.
        block: rows per block; by default as before.
        allow_other_code: go on although the code of the model has changed.

    Raises:
        SavedStateError: if the file is no state of this format and code, or of other people.
        OSError: if it cannot be read.
    """
    state = read(path, allow_other_code=allow_other_code)
    return _market_from(path, state, None, threads=threads, record=record, run_off=run_off, block=block)


def branch(
    path: Path | str, scenario: Scenario | Path | str, *, threads: int = 1, record: Record | None = None,
    run_off: bool | None = None, block: int | None = None, allow_other_code: bool = False,
) -> Market:  # fmt: skip
    """Return a market that continues a saved state under another scenario.

    Weeks, people, tiers, contacts, categories and their slots must be those of the state; seeds and size are
    taken from it. Everything else may differ; `sim.market.checkpoint.compatibility` says what then holds.
    The market holds the tables and books of the common past. Arguments and errors as in `resume`.

    Args:
        path: file written by `save`.
        scenario: a scenario, or the path of a scenario file. If it says `start_from`, its day must be that
            of the state.
        threads: as in `resume`.
        record: as in `resume`.
        run_off: as in `resume`.
        block: as in `resume`.
        allow_other_code: as in `resume`.
    """
    new = scenario if isinstance(scenario, Scenario) else load(scenario).scenario
    state = read(path, allow_other_code=allow_other_code)
    return _market_from(path, state, new, threads=threads, record=record, run_off=run_off, block=block)


def _market_from(path: Path | str, state: State, scenario: Scenario | None, **settings: Any) -> Market:
    """Return a market from a state; errors name the file."""
    try:
        return state.market(scenario, **settings)
    except SavedStateError as error:
        raise SavedStateError(f"{path}: {error}") from error


# --- the file ------------------------------------------------------------------------------------


def write(state: State, path: Path) -> Path:
    """Write a state to a file, whole or not at all."""
    header = {
        "kind": KIND, "format": FORMAT, "package": __version__, "model": model_digest(),
        "arrays": {name: _shape(array) for name, array in state.arrays.items()}, **state.about,
    }  # fmt: skip

    def fill(temporary: Path) -> None:
        with zipfile.ZipFile(temporary, "w") as archive:
            _add(archive, "header.json", json.dumps(header, ensure_ascii=False, indent=1).encode())
            _add(archive, "plain.json", json.dumps(state.plain, ensure_ascii=False).encode())
            for name, array in state.arrays.items():
                _add(archive, f"{name}.npy", _npy(array))

    return write_atomically(path, fill)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a member without a time stamp: equal states must give equal files."""
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, LEVEL)


def _npy(array: npt.NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=(1, 0), allow_pickle=False)
    return out.getvalue()


def _shape(array: npt.NDArray[Any]) -> dict[str, Any]:
    return {"type": array.dtype.str, "shape": list(array.shape)}


def read(path: Path | str, *, allow_other_code: bool = False) -> State:
    """Read a state from a file.

    Raises:
        SavedStateError: if the file is no complete state of this format and code.
        OSError: if it cannot be opened.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read("header.json"))
            _check_header(header, allow_other_code)
            plain = json.loads(archive.read("plain.json"))
            arrays = {name: _array(archive, name, about) for name, about in header["arrays"].items()}
    except SavedStateError as error:
        raise SavedStateError(f"{path}: {error}") from None
    except UNREADABLE as error:
        raise SavedStateError(f"{path} is no saved state, or not a whole one: {error}") from error
    return State({name: header[name] for name in ABOUT}, plain, arrays)


def _check_header(header: Mapping[str, Any], allow_other_code: bool) -> None:
    """Refuse another kind of file, another format, other code."""
    kind = header.get("kind") if isinstance(header, dict) else None
    if kind != KIND:
        raise SavedStateError(f"a file of kind {kind!r}, expected {KIND!r}")
    if header.get("format") != FORMAT:
        raise SavedStateError(f"format {header.get('format')}, expected {FORMAT}: save the market again")
    if header["model"] != model_digest() and not allow_other_code:
        raise SavedStateError(
            f"saved by other code of the model (package {header['package']}, digest {header['model']}; this "
            f"is {__version__}, {model_digest()}): what follows need not be what running through would give. "
            "Save the market again, or allow other code"
        )


def _array(archive: zipfile.ZipFile, name: str, about: Mapping[str, Any]) -> npt.NDArray[Any]:
    """Read one array and check it against the header."""
    data = io.BytesIO(archive.read(f"{name}.npy"))
    array: npt.NDArray[Any] = np.lib.format.read_array(data, allow_pickle=False)
    if _shape(array) != about:
        raise SavedStateError(f"{name} is {_shape(array)}, expected {about}")
    return array


def model_digest() -> str:
    """Return the digest of the sources of the model: of the market and of all that it imports."""
    return digest("sim.market")
