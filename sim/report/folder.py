"""The folder of a result that is made part by part: its tables are read, pictures are saved beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sim.files import write_atomically
from sim.report.document import Draw

DPI = 150
"""Dots per inch of pictures."""


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return all tables that lie in a folder, by name."""
    return {file.stem: pd.read_csv(file) for file in sorted(folder.glob("*.csv"))}


def missing_tables(folder: Path, names: Iterable[str]) -> list[str]:
    """Return the files of some tables that do not lie in a folder."""
    return [f"{name}.csv" for name in names if not (folder / f"{name}.csv").is_file()]


def save_pictures(folder: Path, draws: Mapping[str, Draw], fresh: Collection[str]) -> list[Path]:
    """Save pictures as PNG; those that lie there are drawn anew only if they are to be fresh.

    Args:
        folder: where they go.
        draws: functions that draw them, by name.
        fresh: names of those whose tables are new.

    Returns:
        The files that were written.
    """
    wanted = [name for name in draws if name in fresh or not (folder / f"{name}.png").is_file()]
    return [_save(folder / f"{name}.png", draws[name]()) for name in wanted]


def _save(path: Path, figure: Figure) -> Path:
    return write_atomically(path, lambda file: figure.savefig(file, dpi=DPI, format="png"))
