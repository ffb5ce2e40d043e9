"""What the loader says about a scenario file."""

from __future__ import annotations

from pathlib import Path

from sim.scenario import Problem, ScenarioError, load


def problems(path: Path, *sets: str) -> list[Problem]:
    """Problems of a file with some assignments; none if it is sound."""
    try:
        load(path, sets=sets)
    except ScenarioError as error:
        return list(error.problems)
    return []


def said(path: Path, *sets: str) -> list[str]:
    """The problems as path and message."""
    return [f"{found.path}: {found.message}" for found in problems(path, *sets)]
