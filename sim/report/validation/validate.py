"""The record of a validation: tables as CSV files, pictures, and a page that says what they say."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.experiments.results import provenance
from sim.files import write_atomically, write_text
from sim.pictures.style import plain
from sim.pictures.validation import history as drawn
from sim.pictures.validation.moves import moves as popup_moves
from sim.report.markdown import render
from sim.report.validation.page import document
from sim.sweep.factors import Factor
from sim.validation.history.published import FITTED_UNTIL, published
from sim.validation.parts import PARTS, SCALES, Size, Validation

Tables = dict[str, pd.DataFrame]
STORE, PROVENANCE = "store", "provenance.json"
"""Folder of the runs, and the file that says how each part was made, beside the tables."""
LEFT = {
    "history": "history_figures", "patterns": "patterns", "outside": "outside", "structures": "structures",
    "popup": "popup_levels",
}  # fmt: skip
"""A table that each part writes."""


def validate(
    folder: Path, size: Size, parts: Sequence[str] = PARTS, executor: str = "local",
    note: Callable[[str], object] = lambda _: None,
) -> list[Path]:  # fmt: skip
    """Run the parts of a validation and write their tables, pictures and page.

    A part that fails does not keep the others from being run.

    Args:
        folder: where everything goes; runs that are there are not made again.
        size: small or full.
        parts: which parts, see `PARTS`.
        executor: where runs are made.
        note: called with what has been done, in words.

    Returns:
        The files that were written.

    Raises:
        ValueError: if there is no such part, the folder holds another size, or a part failed.
    """
    if wrong := [part for part in parts if part not in PARTS]:
        raise ValueError(f"unknown part '{wrong[0]}', expected {', '.join(PARTS)}")
    folder.mkdir(parents=True, exist_ok=True)
    made = _made(folder, size)
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
        write_text(folder / PROVENANCE, json.dumps({"parts": made}, indent=2, default=str))
        note(f"{part}: done")
    files.append(write_text(folder / "validation.md", render(document(read_tables(folder), made))))
    if failed:
        raise ValueError("; ".join(f"{part}: {why}" for part, why in failed.items()))
    return [*files, folder / PROVENANCE]


def _made(folder: Path, size: Size) -> dict[str, Any]:
    """Provenance of the parts that lie in a folder.

    Raises:
        ValueError: if they are of another size.
    """
    file = folder / PROVENANCE
    made: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["parts"] if file.exists() else {}
    sizes = {str(about["settings"]["size"]) for about in made.values()}
    if sizes - {size}:
        raise ValueError(f"{folder} holds a validation of size {sizes.pop()}: choose another folder")
    return made


def _part(folder: Path, part: str, run: Validation) -> Iterator[Path]:
    """Run a part; yield the files that were written."""
    tables: Tables = {}
    for name, table in getattr(run, part)():
        tables[name] = table
        yield _save_table(folder / f"{name}.csv", table)
    for name, figure in _figures(part, tables, run):
        yield _save_figure(folder / f"{name}.png", figure)


def _save_table(path: Path, table: pd.DataFrame) -> Path:
    index = table.index.names != [None]
    return write_atomically(path, lambda file: table.to_csv(file, index=index, float_format="%.6g"))


def _save_figure(path: Path, figure: Figure) -> Path:
    return write_atomically(path, lambda file: figure.savefig(file, dpi=150, format="png"))


def read_tables(folder: Path) -> Tables:
    """All tables that lie in a folder."""
    return {file.stem: pd.read_csv(file) for file in sorted(folder.glob("*.csv"))}


def missing(folder: Path, made: Mapping[str, Any]) -> list[str]:
    """Tables that the parts of a validation leave behind, and that do not lie in the folder."""
    return [f"{LEFT[part]}.csv" for part in made if not (folder / f"{LEFT[part]}.csv").is_file()]


# --- pictures ------------------------------------------------------------------------------------


def _figures(part: str, tables: Tables, run: Validation) -> Iterator[tuple[str, Figure]]:
    if part == "history":
        yield "history", _history(tables)
        if "history_identified" in tables:
            yield "history_identified", _identified(tables, run.experiment.factors)
    if part == "popup":
        yield "popup_moves", _moves(tables)


def _moves(tables: Tables) -> Figure:
    moves, levels = tables["popup_moves"], tables["popup_levels"]
    low, high = (plain(float(levels[name]["value_to_amazon"]) / 1e6) for name in ("q05", "q95"))
    own = moves[moves.outcome == "value_to_amazon"]
    first = str(own.sort_values("swing", key=np.abs, ascending=False).title.iloc[0])
    title = f"What moves the value of the pop-up to Amazon: {first} first"
    linear, market = (
        f"{float(levels[f'explained_by_{name}']['value_to_amazon']):.0%}" for name in ("unknowns", "market")
    )
    told = (
        f"In markets that history does not rule out it is worth {low} to {high} m yuan (5th to 95th "
        f"percentile). These unknowns explain {linear} of the variance by a linear fit, the market beside it "
        f"{market}"
    )
    return popup_moves(own, "yuan", title, told)


def _history(tables: Tables) -> Figure:
    held, facts = tables["history_figures"], published()
    later = tables["history_held_out"]
    main = ("pinduoduo_sales_", "pinduoduo_buyers_")
    shown = later[[str(name).startswith(main) for name in later.index]]
    close = int(shown.close.sum())
    title = f"Fitted to June 2019: {close} of Pinduoduo's next {len(shown)} figures within 5 %"
    told = (
        f"Sales and buyers of the next two quarters. {len(tables['history_surviving'])} parameter sets "
        "survive, none is chosen. What misses (orders, Alibaba's sales, the season) is in the table"
    )
    days = dict(facts.on)
    return drawn.history(held, days, tables["history_rivals"], FITTED_UNTIL, title, told)


def _identified(tables: Tables, factors: Sequence[Factor]) -> Figure:
    table = tables["history_identified"]
    count = int(table.identified.sum())
    title = f"The figures narrow {count} of {len(table)} parameters to less than half of their range"
    told = (
        "Blue: where nine tenths of the surviving sets lie within the prior range (grey); black: their median"
    )
    return drawn.identified(tables["history_surviving"], factors, table, title, told)
