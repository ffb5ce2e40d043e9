"""Digest of all code from which results of a comparison follow."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path

from sim.saved import model_digest

ROOMS = (
    "compare", "comparison", "effective", "flows", "followed", "monthly", "outcomes*", "repeats",
    "rows", "seeds", "states", "tables", "windows",
)  # fmt: skip
"""Rooms of this folder from which the tables of a comparison follow, beside the model."""


@cache
def digest_of_results() -> str:
    """Digest of the model and of the rooms that make the tables; a user's own plug-ins are not seen."""
    folder, found = Path(__file__).parent, blake2b(model_digest().encode(), digest_size=8)
    for file in sorted(file for room in ROOMS for file in folder.glob(f"{room}.py")):
        found.update(file.name.encode() + file.read_bytes())
    return found.hexdigest()
