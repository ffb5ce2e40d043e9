"""Write the pictures and the page of a validation from the tables in its folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from sim.experiments.results import read_parts
from sim.files import write_text
from sim.report.folder import missing_tables, read_tables, save_pictures
from sim.report.markdown import render
from sim.report.validation import pictures
from sim.report.validation.page import document

PAGE = "validation.md"
LEFT = {
    "history": "history_figures", "patterns": "patterns", "outside": "outside", "structures": "structures",
    "popup": "popup_levels",
}  # fmt: skip
"""A table that each part writes."""


def write_validation(folder: Path, parts: Sequence[str]) -> list[Path]:
    """Draw the pictures of some parts of a validation and write its page.

    Args:
        folder: where the tables of the validation and its provenance lie.
        parts: parts whose tables are new; pictures of the others are drawn only if they are not there.

    Returns:
        The files that were written.
    """
    tables = read_tables(folder)
    fresh = [name for part in parts for name in pictures.OF_PART[part]]
    drawn = save_pictures(folder, pictures.draws(tables), fresh)
    return [*drawn, write_text(folder / PAGE, render(document(tables, read_parts(folder))))]


def missing(folder: Path, parts: Iterable[str]) -> list[str]:
    """Return the files of tables that parts leave behind and that do not lie in the folder."""
    return missing_tables(folder, [LEFT[part] for part in parts])
