"""The tables of the model's description (`docs/odd.md`), written from the code that they describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from sim.describe import parameters, processes, states
from sim.describe.regions import rewritten
from sim.files import write_text
from sim.scenario import load

BASE = Path("scenarios") / "china_2019.yaml"
"""Scenario whose values stand beside the defaults, in the root of the repository."""


def writers(root: Path) -> Mapping[str, Callable[[], str]]:
    """Writers of the regions of the page by name.

    Args:
        root: folder that holds `scenarios`.
    """
    return {
        "dimensions": states.dimensions,
        "people": states.people_table,
        "bits": states.bits_table,
        "firms": states.firms_table,
        "records": states.records_table,
        "processes": processes.processes_table,
        "parameters": partial(_parameters, root),
    }


def _parameters(root: Path) -> str:
    return parameters.tables(load(root / BASE))


def described(page: Path) -> str:
    """A page with its regions as the code says they should be.

    Args:
        page: Markdown file in a folder of the repository.

    Raises:
        ValueError: if it has not exactly one region for each table.
    """
    return rewritten(page.read_text(encoding="utf-8"), writers(page.resolve().parents[1]))


def write(page: Path) -> bool:
    """Rewrite the regions of a page; returns whether anything changed."""
    text = described(page)
    if text == page.read_text(encoding="utf-8"):
        return False
    write_text(page, text)
    return True
