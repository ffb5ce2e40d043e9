"""The folder of a validation with made-up tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sim.report.validation.write import write_validation
from sim.validation.parts import PARTS, Validation
from sim.validation.validate import validate
from tests.validation.made_up import MADE_UP

SECTIONS = {
    "Held out": "history", "Other tellings of the same history": "history",
    "What the figures tell": "history", "Runs of the fit": "history", "Patterns": "patterns",
    "Outside packages": "outside", "Other structures": "structures",
    "The pop-up in markets that history does not rule out": "popup",
}  # fmt: skip
"""Headings of the page, and the part that each belongs to."""


def write_record(folder: Path, parts: Sequence[str] = PARTS) -> Path:
    """Write tables, pictures and page of some parts into a folder."""
    with pytest.MonkeyPatch.context() as patched:
        for name, tables in MADE_UP.items():
            patched.setattr(Validation, name, lambda run, made=tables: made())
        validate(folder, "small", parts).require_all()
    write_validation(folder, parts)
    return folder
