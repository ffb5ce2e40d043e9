"""The tables of pages that describe the model (`PAGES`), written from the code that they describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from sim.describe import outcomes, parameters, processes, states
from sim.describe.regions import rewritten
from sim.files import write_text
from sim.scenario import load
from sim.scenario.errors import unknown

BASE = Path("scenarios") / "china_2019.yaml"
"""Scenario whose values stand beside the defaults, in the root of the repository."""


def odd(root: Path) -> Mapping[str, Callable[[], str]]:
    """Writers of the regions of the model's description by name.

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


def tables_of_outcomes(root: Path) -> Mapping[str, Callable[[], str]]:
    """Writers of the regions of the page of outcomes by name; arguments as in `odd`."""
    return {
        "kinds": outcomes.kinds_tables,
        "outcomes": outcomes.outcomes_tables,
        "columns": outcomes.columns_table,
    }


PAGES: Mapping[str, Callable[[Path], Mapping[str, Callable[[], str]]]] = {
    "odd.md": odd,
    "outcomes.md": tables_of_outcomes,
}
"""Writers of the regions of a page by the name of its file."""


def _parameters(root: Path) -> str:
    return parameters.tables(load(root / BASE))


def described(page: Path) -> str:
    """A page with its regions as the code says they should be.

    Args:
        page: Markdown file in a folder of the repository.

    Raises:
        ValueError: if it is none of `PAGES`, or has not exactly one region for each table.
    """
    if page.name not in PAGES:
        raise ValueError(unknown("page", page.name, list(PAGES)))
    return rewritten(page.read_text(encoding="utf-8"), PAGES[page.name](page.resolve().parents[1]))


def write(page: Path) -> bool:
    """Rewrite the regions of a page; returns whether anything changed."""
    text = described(page)
    if text == page.read_text(encoding="utf-8"):
        return False
    write_text(page, text)
    return True
