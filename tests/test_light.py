"""Who only looks at results loads neither the compiler nor the market."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("numba", "mesa", "sim.market")
STILL_RUN = ("sim.report.advice.", "sim.report.validation.")
"""Rooms that still run markets."""
BELOW = ["sim.outcomes.comparison", "sim.outcomes.intervals", "sim.outcomes.parties", "sim.outcomes.periods",
         "sim.outcomes.rows", "sim.outcomes.volume"]  # fmt: skip


def modules(room: str) -> list[str]:
    """Names of all modules of a room."""
    files = sorted((ROOT / "sim" / room).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def loaded_by(names: list[str]) -> dict[str, list[str]]:
    """Heavy modules that are there after each import, one after the other, in a process of their own."""
    lines = [f"import {name}; print({name!r}, *(h for h in {HEAVY} if h in sys.modules))" for name in names]
    program = "import sys\n" + "\n".join(lines)
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    rows = (line.split() for line in found.stdout.splitlines())
    return {name: heavy for name, *heavy in rows if heavy}


@pytest.mark.parametrize(
    "names", [BELOW, modules("pictures"), modules("report")], ids=["below", "pictures", "report"]
)
def test_neither_compiler_nor_market_is_loaded(names: list[str]) -> None:
    assert loaded_by([name for name in names if not name.startswith(STILL_RUN)]) == {}
