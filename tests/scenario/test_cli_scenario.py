"""The verbs of ``sim scenario``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli.scenario import app

HERE = Path(__file__).parent
TOY = str(HERE / "toy.yaml")


def call(*arguments: str, code: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def test_check_says_ok() -> None:
    assert call("check", TOY) == (f"{Path(TOY).as_posix()}: ok\n", "")


def test_check_tells_the_problems_of_all_files_without_traceback(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        Path(TOY).read_text(encoding="utf-8").replace("host: bazaar", "host: bazar"), encoding="utf-8"
    )
    out, err = call("check", str(bad), TOY, str(tmp_path / "none.yaml"), code=2)
    assert out.endswith("toy.yaml: ok\n")
    first, second = err.splitlines()
    assert first.startswith(
        f"{bad.as_posix()}:76:11: storefronts.faraway_on_bazaar.host: unknown platform 'bazar'"
    )
    assert "no such file" in second


def test_show_with_origins_overrides_and_assignments() -> None:
    out, _ = call("show", TOY, "--origins", "--override", "cheap", "--set", "platforms.depot.trust=0.5")
    assert "# --set platforms.depot.trust=0.5" in out
    assert "index: 0.85" in out
    assert "# default" in out


def test_bad_assignment_is_bad_input() -> None:
    out, err = call("show", TOY, "--set", "platforms.depot.trsut=0.5", code=2)
    assert (out, err) == ("", "--set: platforms.depot.trsut: unknown key 'trsut', did you mean 'trust'?\n")


def test_diff(tmp_path: Path) -> None:
    child = tmp_path / "child.yaml"
    child.write_text("extends: toy.yaml\ntitle: Child\n", encoding="utf-8")
    (tmp_path / "toy.yaml").write_text(Path(TOY).read_text(encoding="utf-8"), encoding="utf-8")
    assert call("diff", TOY, str(child))[0] == "title: Toy market -> Child\n"
    assert call("diff", TOY, TOY)[0] == "no difference\n"


def test_schema_is_printed_or_written(tmp_path: Path) -> None:
    assert "required" in json.loads(call("schema")[0])
    assert "required" not in json.loads(call("schema", "--partial")[0])
    out, _ = call("schema", "--write", str(tmp_path / "schema"))
    assert [line.rsplit("/")[-1] for line in out.splitlines()] == [
        "scenario.schema.json",
        "partial.schema.json",
        "experiment.schema.json",
        "question.schema.json",
    ]
    assert (tmp_path / "schema" / "partial.schema.json").is_file()


def test_list(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text("extends: toy.yaml\ntitle: Child\n", encoding="utf-8")
    (tmp_path / "untitled.yaml").write_text("extends: toy.yaml\n", encoding="utf-8")
    (tmp_path / "solved.yaml").write_text("intercepts: {}\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("title: [\n", encoding="utf-8")
    assert call("list", str(tmp_path))[0].splitlines() == [
        "bad.yaml       (unreadable: a bracket that is never closed, or a missing comma)",
        "child.yaml     Child",
        "untitled.yaml  untitled",
    ]
    assert "no such folder" in call("list", str(tmp_path / "none"), code=2)[1]


@pytest.mark.parametrize("verb", ["check", "show", "diff", "schema", "list"])
def test_every_verb_has_an_example(verb: str) -> None:
    assert f"sim scenario {verb}" in call(verb, "--help")[0]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, sim.cli.scenario\n"
        "print(sorted({'numpy', 'mesa', 'pydantic', 'ruamel.yaml'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parents[1]
    )
    assert done.stdout.strip() == "[]"
