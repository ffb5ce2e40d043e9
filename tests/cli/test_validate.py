"""``sim validate``: which parts, where to, and bad input in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.validation.parts import PARTS, Validation
from sim.validation.validate import Validated

runner = CliRunner()
Asked = list[tuple[Path, str, tuple[str, ...], str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What a validation was asked for; it writes nothing."""
    found: Asked = []

    def validate(
        folder: Path, size: str, parts: Any, executor: str, note: Callable[[str], object]
    ) -> Validated:
        found.append((folder, size, tuple(parts), executor))
        note("history: done")
        return Validated([folder / "a.csv"], {})

    def write(folder: Path, parts: Any) -> list[Path]:
        assert (folder, tuple(parts)) == (found[-1][0], found[-1][2])
        return [folder / "validation.md"]

    monkeypatch.setattr("sim.validation.validate.validate", validate)
    monkeypatch.setattr("sim.report.validation.write.write_validation", write)
    return found


def call(*arguments: object, code: int = 0) -> Any:
    result = runner.invoke(app, ["validate", *(str(argument) for argument in arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def test_all_parts_small_by_default(asked: Asked) -> None:
    said = call()
    assert asked == [(Path("results/validation/small"), "small", PARTS, "local")]
    assert said.stdout.strip() == (
        "wrote 2 files to results/validation/small: read results/validation/small/validation.md"
    )
    assert "history: done" in said.stderr
    assert "history: done" not in said.stdout


def test_the_record_is_the_full_size(asked: Asked) -> None:
    call("--size", "full")
    assert asked[0][:2] == (Path("results/validation"), "full")


def test_some_parts_elsewhere(asked: Asked, tmp_path: Path) -> None:
    call(
        "--part", "patterns", "--part", "outside", "--out", tmp_path, "--executor", "serial", "--size", "full"
    )
    assert asked == [(tmp_path, "full", ("patterns", "outside"), "serial")]


def test_bad_input_is_said_in_one_line(tmp_path: Path) -> None:
    said = call("--part", "histroy", "--out", tmp_path / "out", code=2)
    assert said.stderr.strip() == (
        "unknown part 'histroy', expected history, patterns, outside, structures, popup"
    )
    assert not (tmp_path / "out").exists()
    call("--size", "huge", "--out", tmp_path / "out", code=2)


def test_a_validation_that_comes_to_nothing_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nothing(run: Validation) -> None:
        raise ValueError("no parameter set survives: nothing can be said at this size")

    monkeypatch.setattr(Validation, "history", nothing)
    said = call("--part", "history", "--out", tmp_path, code=2)
    why = "history: no parameter set survives: nothing can be said at this size"
    assert said.stderr.splitlines() == [why, why], "when it happens, and at the end"
    assert said.stdout == ""
    assert "Written by `sim validate`" in (tmp_path / "validation.md").read_text(encoding="utf-8")
    assert not list(tmp_path.glob("*.png"))


def test_a_part_that_failed_keeps_no_other_from_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The page of what was run is written before the command ends with what failed."""
    written: list[tuple[str, ...]] = []

    def write(folder: Path, parts: Any) -> list[Path]:
        written.append(tuple(parts))
        return []

    failed = Validated([], {"patterns": "no market"})
    monkeypatch.setattr("sim.validation.validate.validate", lambda *_: failed)
    monkeypatch.setattr("sim.report.validation.write.write_validation", write)
    said = call("--part", "patterns", "--part", "outside", "--out", tmp_path, code=2)
    assert said.stderr.strip() == "patterns: no market"
    assert written == [("outside",)]


@pytest.mark.parametrize(
    ("parts", "missing"), [((), "sklearn"), (("history",), "sklearn"), (("outside",), "pyblp")]
)
def test_without_the_extra_it_says_so_before_it_works(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, parts: tuple[str, ...], missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    said = call(*(word for part in parts for word in ("--part", part)), code=2)
    assert f"{missing} is not installed" in said.stderr
    assert "retail-entry-sim[validation]" in said.stderr
    assert asked == []


def test_a_part_asks_only_for_its_own_packages(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyblp", None)
    call("--part", "patterns")
    assert len(asked) == 1
