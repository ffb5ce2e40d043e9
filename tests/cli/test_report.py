"""``sim report``: one file, one last line; bad input is one line and exit code 2."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sim.cli import app
from tests.report.folders import compared
from tests.report.pages import check

runner = CliRunner()


def call(*arguments: object, code: int = 0) -> Any:
    result = runner.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison with too few buyers, which needs no pictures."""
    return compared(tmp_path_factory.mktemp("few"), ["shop"], 1, 200, run_off=False)


def test_the_page_lies_in_the_folder(folder: Path) -> None:
    before = {path.name for path in folder.iterdir()}
    said = call("report", folder)
    assert {path.name for path in folder.iterdir()} == before | {"report.html"}
    assert re.fullmatch(
        rf"wrote {re.escape(str(folder / 'report.html'))} \(\d\.\d MB, nothing else is needed\): "
        r"open it in a browser, print it from there\n",
        said.stdout,
    )
    assert said.stderr == ""
    assert "Not shown: the numbers would rest on" in check((folder / "report.html").read_text("utf-8")).text


def test_the_page_lies_elsewhere(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "page.html"
    call("report", folder, "--out", target)
    assert check(target.read_text("utf-8")).tags.count("script") == 1


def test_what_is_no_result_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    said = call("report", tmp_path, code=2)
    assert said.stdout == ""
    assert len(said.stderr.splitlines()) == 1
    assert "is no result that can be reported" in said.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert "no such folder" in call("report", tmp_path / "nowhere", code=2).stderr


def test_half_a_result_is_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "provenance.json").write_bytes((folder / "provenance.json").read_bytes())
    said = call("report", tmp_path, code=2)
    assert said.stderr.splitlines() == [
        f"{tmp_path} holds no complete comparison (no outcomes.parquet, weekly.parquet, flows.parquet, "
        "people.parquet): make it again"
    ]


def test_help_has_an_example() -> None:
    assert "sim report results/popup_2019" in call("report", "--help").stdout
