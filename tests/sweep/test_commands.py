"""Sweeps in processes of their own: killed at random moments, measured, started by a script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sweep.kills import KINDS, kill_often
from tests.sweep.overhead import measure

SCRIPT = """
import sys
from sim.sweep import driver
from sim.sweep.sweep import run
from tests.sweep.toys import Toy, experiment
driver.IDLE_DEATHS = 0
run(experiment(Toy()), sys.argv[1], "local:1")
"""


def test_a_script_that_is_not_guarded_ends_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path / "sweep")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 1
    assert "SweepError: workers of local:1 die before they begin a run" in done.stderr
    assert 'needs `if __name__ == "__main__":`' in done.stderr


def test_sweeps_killed_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    figures = kill_often(tmp_path, len(KINDS), seed=5, runs=60)
    assert figures.kills.total() == len(KINDS)
    assert figures.looks > 0


def test_what_driving_costs_is_measured(tmp_path: Path) -> None:
    found = measure(tmp_path / "sweep", 60, 0.001, 2)
    assert found.runs == 60
    assert 4 <= found.files <= 60
    assert 0.0 < found.ideal_s < found.wall_s
    assert found.overhead == pytest.approx(found.wall_s / found.ideal_s - 1)
    assert 10 < found.rss_tenth_mb <= found.rss_end_mb + 50
