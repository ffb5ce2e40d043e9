"""``sim sweep`` and ``sim reproduce`` as somebody at a terminal uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.sweep.results import open_experiment
from tests.sweep.files import HEAD, write_scenarios

SWEEP = """\
against: home.yaml
uncertainties: {exposure: {path: storefronts.faraway_on_north.exposure, levels: [0.1, 0.4]}}
design: {kind: grid}
"""
BROKEN = """\
against: home.yaml
levers: {tax: {path: storefronts.faraway_on_north.exposure, levels: [0.1, 0.2]}}
design: {kind: grid}
budget: {run_seconds: 1.0e-9}
"""
runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Scenarios and two experiments, one of which comes to nothing."""
    monkeypatch.chdir(tmp_path)
    write_scenarios(tmp_path)
    (tmp_path / "sweep.yaml").write_text(HEAD + SWEEP, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text(HEAD + BROKEN, encoding="utf-8")
    return tmp_path


def said(*words: str, code: int = 0) -> str:
    """What a command says, with the exit code that is expected."""
    found = runner.invoke(app, [*words])
    assert found.exit_code == code, found.output
    return found.output


def test_plan_run_status_reproduce_compact(folder: Path) -> None:
    plan = said("sweep", "plan", "sweep.yaml")
    assert "runs          4\n" in plan
    assert "s a run, one run tried" in plan
    assert not (folder / "results").exists()
    made = said("sweep", "run", "sweep.yaml", "--executor", "serial")
    assert "4 runs made, 0 failed, 0 were there" in made
    assert "next: sim sweep analyse results/sweep" in made
    again = said("sweep", "run", "sweep.yaml", "--executor", "serial")
    assert "0 runs made, 0 failed, 4 were there" in again
    assert json.loads(said("sweep", "status", "results/sweep", "--json"))["runs"]["ok"] == 4
    name = open_experiment("results/sweep").runs().run_id[2]
    assert "bit for bit the same, with the code that made it" in said("reproduce", name[:8], "results/sweep")
    assert "merged, 0 repeated rows dropped" in said("sweep", "compact", "results/sweep")
    assert json.loads(said("sweep", "plan", "sweep.yaml", "--json"))["stored"] == 4


def test_failures_have_their_exit_code_and_can_be_retried(folder: Path) -> None:
    text = said("sweep", "run", "broken.yaml", "--executor", "serial", code=3)
    assert "4 runs made, 4 failed" in text
    assert "next: sim sweep retry" in text
    assert "took longer than" in said("sweep", "status", "results/broken")
    again = said("sweep", "run", "broken.yaml", "--executor", "serial", code=3)
    assert "0 runs made" in again
    assert "next: sim sweep retry broken.yaml --out results/broken (4 runs have no result)" in again
    whole = (folder / "broken.yaml").read_text(encoding="utf-8").replace("1.0e-9", "100")
    (folder / "broken.yaml").write_text(whole, encoding="utf-8")
    made = said("sweep", "retry", "broken.yaml", "--status", "timeout", "--executor", "serial")
    assert "4 runs made, 0 failed" in made
    assert "unknown status 'timeot'" in said("sweep", "retry", "broken.yaml", "--status", "timeot", code=2)


def test_shards_fill_one_folder(folder: Path) -> None:
    for shard in ("0/3", "1/3", "2/3"):
        said("sweep", "run", "sweep.yaml", "--executor", "serial", "--shard", shard, "--quiet")
    assert open_experiment("results/sweep").status().ok == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "sweep.yaml", "--shard", "3/3"], "--shard 3/3: expected i/n"),
        (["run", "sweep.yaml", "--executor", "lokal"], "executor 'lokal', expected serial, local"),
        (["run", "swep.yaml"], "no such file 'swep.yaml', did you mean 'sweep.yaml'?"),
        (["status", "nowhere"], "nowhere is no folder of an experiment"),
        (["slurm", "sweep.yaml", "--tasks", "2000"], "2000 tasks: expected 1 to 1001"),
    ],
)
def test_bad_input_is_one_line(folder: Path, words: list[str], message: str) -> None:
    text = said("sweep", *words, code=2)
    assert message in text
    assert "Traceback" not in text
    assert not (folder / "results").exists()


def test_another_experiment_in_the_folder_is_refused_with_the_difference(folder: Path) -> None:
    said("sweep", "run", "sweep.yaml", "--executor", "serial", "--quiet")
    text = (folder / "sweep.yaml").read_text(encoding="utf-8").replace("replications: 2", "replications: 3")
    (folder / "sweep.yaml").write_text(text, encoding="utf-8")
    refusal = said("sweep", "run", "sweep.yaml", "--executor", "serial", code=2)
    assert "replications: 2 there, 3 now" in refusal
    more = said("sweep", "run", "sweep.yaml", "--executor", "serial", "--extend")
    assert "2 runs made, 0 failed, 4 were there" in more


def test_slurm_prints_a_script(folder: Path) -> None:
    text = said("sweep", "slurm", "sweep.yaml", "--tasks", "4", "--cores", "2")
    assert text.startswith("#!/bin/sh\n#SBATCH")
    assert "--array=0-3" in text


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from sim.cli import app;"
        "assert CliRunner().invoke(app, ['sweep', '--help']).exit_code == 0;"
        "print([m for m in ('mesa', 'numba', 'pandas', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_module_is_the_command() -> None:
    found = subprocess.run([sys.executable, "-m", "sim", "--version"], capture_output=True, text=True)
    assert found.returncode == 0
    assert found.stdout.strip()
