"""The run of a validation: tables and provenance of made-up results, and nothing that was not run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.validation.parts import PARTS, SCALES, Validation
from sim.validation.validate import validate
from tests.validation.made_up import MADE_UP, Parts, tables


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that take no time in the place of those of all parts."""
    for name, part in MADE_UP.items():
        monkeypatch.setattr(Validation, name, lambda run, made=part: made())


def files_of(*parts: str) -> set[str]:
    return {f"{name}.csv" for part in parts for name, _ in MADE_UP[part]()} | {"provenance.json"}


def test_tables_and_provenance_and_nothing_else(tmp_path: Path) -> None:
    said: list[str] = []
    done = validate(tmp_path / "out", "small", note=said.append)
    assert said == [f"{part}: done" for part in PARTS]
    assert len(done.files) == len(set(done.files))
    found = {file.name for file in done.files}
    assert found == {file.name for file in (tmp_path / "out").iterdir()} == files_of(*PARTS)
    done.require_all()


def test_tables_can_be_read_again(tmp_path: Path) -> None:
    validate(tmp_path, "small")
    for name, table in tables().items():
        found = pd.read_csv(tmp_path / f"{name}.csv")
        keys = [one for one in table.index.names if one]
        wanted = table.reset_index() if keys else table
        assert list(found.columns) == list(wanted.columns), name
        numbers = wanted.select_dtypes("number").columns
        np.testing.assert_allclose(found[numbers], wanted[numbers].to_numpy(float), rtol=1e-5, err_msg=name)
    assert "factor" in pd.read_csv(tmp_path / "history_identified.csv")


def test_where_every_part_comes_from_is_written_down(tmp_path: Path) -> None:
    validate(tmp_path, "small")
    made = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert list(made) == list(PARTS)
    for about in made.values():
        assert about["kind"] == "validate"
        assert about["settings"]["size"] == "small"
        assert about["settings"]["consumers"] == SCALES["small"].consumers


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_writes_its_own_tables(tmp_path: Path, part: str) -> None:
    assert {file.name for file in validate(tmp_path, "small", [part]).files} == files_of(part)


def test_parts_are_added_to_what_is_there(tmp_path: Path) -> None:
    validate(tmp_path, "full", ["structures"])
    validate(tmp_path, "full", ["patterns"])
    made = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert list(made) == ["structures", "patterns"]


def test_a_folder_holds_one_size(tmp_path: Path) -> None:
    validate(tmp_path, "small", ["structures"])
    with pytest.raises(ValueError, match="holds a validation of size small: choose another folder"):
        validate(tmp_path, "full", ["patterns"])
    assert not (tmp_path / "patterns.csv").exists()


def test_an_unknown_part_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown part 'histroy', expected history, patterns, outside"):
        validate(tmp_path / "out", "small", ["patterns", "histroy"])
    assert not (tmp_path / "out").exists()


def test_a_part_that_fails_keeps_no_other_from_being_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: Validation) -> Parts:
        raise ValueError("no parameter set survives")

    monkeypatch.setattr(Validation, "patterns", broken)
    said: list[str] = []
    done = validate(tmp_path, "small", ["outside", "patterns", "structures"], note=said.append)
    assert said == ["outside: done", "patterns: no parameter set survives", "structures: done"]
    assert done.failed == {"patterns": "no parameter set survives"}
    assert {file.name for file in done.files} == files_of("outside", "structures")
    assert list(json.loads((tmp_path / "provenance.json").read_text())["parts"]) == ["outside", "structures"]
    with pytest.raises(ValueError, match=r"^patterns: no parameter set survives$"):
        done.require_all()
