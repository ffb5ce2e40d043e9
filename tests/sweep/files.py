"""Experiment files and small scenarios for tests."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from sim.sweep.experiment import Experiment
from sim.sweep.file.reading import load

TESTS = Path(__file__).parents[1]
TOY = (TESTS / "scenario" / "toy.yaml").read_text(encoding="utf-8")
STAY = "extends: toy.yaml\nstorefronts: {faraway_on_bazaar: null}\n"
FAIR = (TESTS / "fair.yaml").read_text(encoding="utf-8")
HOME = "extends: fair.yaml\nstorefronts: {faraway_on_north: null}\n"
SCENARIOS = {"toy.yaml": TOY, "stay.yaml": STAY, "fair.yaml": FAIR, "home.yaml": HOME}
HEAD = """\
schema: 1
scenario: fair.yaml
consumers: 300
replications: 2
outcomes: {sales: {outcome: hosted GMV, party: faraway, period: window}}
"""
"""What most experiments of tests have in common."""


def write_scenarios(folder: Path) -> None:
    """Put the scenarios into a folder."""
    for name, text in SCENARIOS.items():
        (folder / name).write_text(text, encoding="utf-8")


def experiment(text: str, name: str = "case", head: str = HEAD) -> Experiment:
    """The experiment of some lines after the head, in the folder in which the test runs."""
    file = Path(f"{name}.yaml")
    file.write_text(head + dedent(text), encoding="utf-8")
    return load(file)
