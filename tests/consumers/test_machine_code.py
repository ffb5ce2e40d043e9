"""The loops of the choice are vectorised as they are meant to be."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from sim.bench import kernel
from sim.consumers import chances, choice, nests

SMALL = 4 * kernel.BLOCK


def masked() -> list[str]:
    """Names of loops whose machine code stores under a mask, once the bench has compiled them."""
    task = kernel.KernelChoice(kernel.make_task(kernel.NESTED, SMALL))
    task.choose()
    task.expect()
    compiled = {
        name: code
        for room in (choice, chances, nests)
        for name, loop in vars(room).items()
        if hasattr(loop, "inspect_asm")
        for code in loop.inspect_asm().values()
    }
    assert len(compiled) > 10
    return sorted(name for name, code in compiled.items() if "maskmov" in code)


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="the names are of x86")
def test_nothing_is_stored_under_a_mask(tmp_path: Path) -> None:
    """Such stores cost ten times as much on processors without AVX-512; see `sim.numeric.larger`."""
    code = "from tests.consumers.test_machine_code import masked; print(masked())"
    variables = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_CPU_NAME": "x86-64-v3"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
