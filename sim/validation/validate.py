"""Run the parts of a validation and write their tables and provenance, from which its report is made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.experiments.results import PROVENANCE, STORE, provenance, read_parts, write_parts
from sim.files import write_atomically
from sim.validation.parts import PARTS, SCALES, Size, Validation


@dataclass(frozen=True)
class Validated:
    """What a validation wrote.

    Attributes:
        files: the files that were written.
        failed: why parts failed, by part.
    """

    files: Sequence[Path]
    failed: Mapping[str, str]

    def require_all(self) -> None:
        """Refuse a validation of which a part failed.

        Raises:
            ValueError: if one did.
        """
        if self.failed:
            raise ValueError("; ".join(f"{part}: {why}" for part, why in self.failed.items()))


def validate(
    folder: Path, size: Size, parts: Sequence[str] = PARTS, executor: str = "local",
    note: Callable[[str], object] = lambda _: None,
) -> Validated:  # fmt: skip
    """Run the parts of a validation and write their tables.

    A part that fails does not keep the others from being run.

    Args:
        folder: where everything goes; runs that are there are not made again.
        size: small or full.
        parts: which parts, see `PARTS`.
        executor: where runs are made.
        note: called with what has been done, in words.

    Raises:
        ValueError: if there is no such part, or the folder holds another size.
    """
    if wrong := [part for part in parts if part not in PARTS]:
        raise ValueError(f"unknown part '{wrong[0]}', expected {', '.join(PARTS)}")
    folder.mkdir(parents=True, exist_ok=True)
    made = _made_before(folder, size)
    run = Validation(folder / STORE, size, executor, note)
    files: list[Path] = []
    failed: dict[str, str] = {}
    for part in parts:
        try:
            files += _part(folder, part, run)
        except ValueError as error:  # the other parts do not need it
            failed[part] = str(error)
            note(f"{part}: {error}")
            continue
        made[part] = provenance("validate", sys.argv, {"size": size, **asdict(SCALES[size])})
        write_parts(folder, made)
        note(f"{part}: done")
    return Validated([*files, folder / PROVENANCE], failed)


def _made_before(folder: Path, size: Size) -> dict[str, Any]:
    """Return the provenance of the parts that lie in a folder.

    Raises:
        ValueError: if they are of another size.
    """
    made = read_parts(folder)
    sizes = {str(about["settings"]["size"]) for about in made.values()}
    if sizes - {size}:
        raise ValueError(f"{folder} holds a validation of size {sizes.pop()}: choose another folder")
    return made


def _part(folder: Path, part: str, run: Validation) -> Iterator[Path]:
    """Run a part; yield the files that were written."""
    for name, table in getattr(run, part)():
        yield _save_table(folder / f"{name}.csv", table)


def _save_table(path: Path, table: pd.DataFrame) -> Path:
    index = table.index.names != [None]
    return write_atomically(path, lambda file: table.to_csv(file, index=index, float_format="%.6g"))
