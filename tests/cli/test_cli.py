"""The command line: answers at once, speaks plainly, leaves with the right exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from tests.markets import AUTUMN, CLOSED, SCENARIOS

STAY, POPUP = str(SCENARIOS / "stay_out.yaml"), str(SCENARIOS / "popup_on_pinduoduo_2019.yaml")
SETS = [option for s in (*AUTUMN, *CLOSED) for option in ("--set", s)]
runner = CliRunner()


@pytest.mark.parametrize("module", ["mesa", "numba", "pandas", "scipy", "matplotlib", "pydantic"])
def test_help_imports_nothing_heavy(module: str) -> None:
    """Help must come at once; what takes time is the import of these."""
    code = f"import sys; from sim.cli import app; sys.exit(1 if {module!r} in sys.modules else 0)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "verb",
    [[], ["run"], ["compare"], ["cases"], ["trace"], ["scenario"], ["calibrate"], ["bench"], ["doctor"]],
)
def test_every_verb_has_help(verb: list[str]) -> None:
    result = runner.invoke(app, [*verb, "--help"])
    assert result.exit_code == 0
    if verb and verb[0] not in ("scenario", "calibrate"):
        assert "Example:" in result.output


def test_run_writes_its_tables(tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = ["--replications", "2", "--consumers", "500", "--out", str(out), *SETS]
    result = runner.invoke(app, ["run", STAY, *options])
    assert result.exit_code == 0, result.output
    names = {path.name for path in out.iterdir()}
    assert names == {
        "sales.parquet",
        "surplus.parquet",
        "people.parquet",
        "books.parquet",
        "teams.parquet",
        "merchants.parquet",
        "provenance.json",
        "scenarios",
    }
    assert "bn yuan" in result.output


def test_compare_answers_and_draws(tmp_path: Path) -> None:
    out = tmp_path / "compare"
    loud = ["--set", "time.warm_up_weeks=1"]
    options = ["--replications", "2", "--consumers", "3000", "--no-run-off", "--out", str(out), *SETS, *loud]
    result = runner.invoke(
        app, ["compare", POPUP, "--against", POPUP.replace("popup_on_pinduoduo_2019", "stay_out"), *options]
    )
    assert result.exit_code == 0, result.output
    assert "Amazon pop-up on Pinduoduo" in result.output
    assert (out / "summary.csv").exists()
    assert list(out.glob("*.png"))


def test_assignment_to_a_storefront_that_the_baseline_lacks(tmp_path: Path) -> None:
    """It holds for the scenario that has it; one that nobody has is an error."""
    shown = ["--set", "storefronts.amazon_on_pinduoduo.exposure=1"]
    options = ["--replications", "1", "--consumers", "1000", "--no-run-off", "--no-pictures", *SETS]
    result = runner.invoke(
        app, ["compare", POPUP, "--against", STAY, *options, *shown, "--out", str(tmp_path / "a")]
    )
    assert result.exit_code == 0, result.output
    shown[1] = "storefronts.amazon_on_nowhere.exposure=1"
    result = runner.invoke(
        app, ["compare", POPUP, "--against", STAY, *options, *shown, "--out", str(tmp_path / "b")]
    )
    assert result.exit_code == 2
    assert "amazon_on_nowhere" in result.output
    assert not (tmp_path / "b").exists()


def test_folders_hold_one_kind_of_results(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    result = runner.invoke(app, ["run", STAY, "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "holds other files" in result.output


def test_version() -> None:
    assert runner.invoke(app, ["--version"]).output.strip() == "0.1.0"


def test_trace_puts_two_scenarios_side_by_side() -> None:
    result = runner.invoke(
        app, ["trace", STAY, POPUP, "--consumer", "3", "--weeks", "0-3", "--consumers", "300"]
    )
    assert result.exit_code == 0, result.output
    assert "consumer 3:" in result.output
    assert "same choice" in result.output
    assert "shock" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["trace", STAY, POPUP, "--consumer", "9999999", "--weeks", "0-0", "--consumers", "300"],
            "no consumer 9999999",
        ),
        (["run", STAY, "--vary", "neither"], "expected both, world or shock"),
        (["compare", STAY, "--against", STAY], "stay_out is the baseline"),
        (["trace", STAY, POPUP, "--weeks", "foo"], "expected two weeks"),
        (["trace", STAY, POPUP, "--weeks", "500-700"], "weeks run from 0 to 77"),
        (["run", "nowhere.yaml"], "nowhere.yaml"),
        (["run", STAY, "--set", "storefronts.amazon_globl.appeal=1"], "amazon_global"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(arguments: list[str], message: str) -> None:
    result = runner.invoke(app, arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_doctor_looks_at_the_scenarios() -> None:
    result = runner.invoke(app, ["doctor", "--folder", str(SCENARIOS)])
    assert result.exit_code == 0
    assert result.output.count(": ok") == len(list(SCENARIOS.glob("*.yaml")))
