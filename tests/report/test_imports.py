"""Reports read results: what they import runs no market."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import sources

RUNS = (
    "sim.engine", "sim.market", "sim.decisions.advise", "sim.decisions.question", "sim.decisions.studies",
    "sim.experiments.compare", "sim.sweep.sweep", "sim.validation.parts", "sim.validation.validate",
)  # fmt: skip
"""Modules and packages that run markets, or ask for runs."""


def modules(room: str) -> list[str]:
    """The modules of a package, without those of packages in it."""
    folder = sources.ROOT.joinpath(*room.split(".")[1:])
    return [f"{room}.{file.stem}" for file in sorted(folder.glob("*.py")) if file.stem != "__init__"]


def name_of(file: Path) -> str:
    """The module of a source file."""
    parts = file.relative_to(sources.ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def running(names: set[str]) -> set[str]:
    return {name for name in names if any(name == one or name.startswith(f"{one}.") for one in RUNS)}


@pytest.mark.parametrize("room", ["advice", "validation"])
def test_pages_of_answers_and_validations_import_nothing_that_runs(room: str) -> None:
    found = {name: running(set(sources.imports(name))) for name in modules(f"sim.report.{room}")}
    assert len(found) > 2
    assert {name: names for name, names in found.items() if names} == {}


def test_whatever_the_page_of_an_answer_imports_runs_nothing() -> None:
    """Also what it imports through others."""
    names = {name_of(file) for file in sources.files(*modules("sim.report.advice"))}
    assert "sim.report.document" in names
    assert running(names) == set()


def test_runs_draw_nothing_and_write_no_page() -> None:
    names = {name_of(file) for file in sources.files("sim.decisions.advise", "sim.validation.validate")}
    assert "sim.decisions.studies" in names
    assert {name for name in names if name.startswith(("sim.report", "sim.pictures"))} == set()


def test_decisions_and_validation_do_not_import_each_other() -> None:
    for room, other in (("decisions", "validation"), ("validation", "decisions")):
        names = {name_of(file) for file in sources.files(*modules(f"sim.{room}"))}
        assert {name for name in names if name.startswith(f"sim.{other}")} == set(), room


def test_the_search_finds_what_runs() -> None:
    assert running(set(sources.imports("sim.decisions.advise"))) >= {"sim.decisions.studies"}
    assert running({"sim.marketing", "sim.market.market"}) == {"sim.market.market"}
