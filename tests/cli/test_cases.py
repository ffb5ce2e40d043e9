"""``sim cases``, and comparisons with the baseline that a scenario names itself."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.experiments import cases as room

TOY = Path(__file__).parents[1] / "scenario" / "toy.yaml"
WEEKS = "time: {start: 2018-12-31, end: 2019-02-17, warm_up_weeks: 1}\n"
SHOP = """case: {case}
against: base.yaml
storefronts:
  faraway_on_bazaar:
    open: {{from: 2019-01-14, to: 2019-02-03}}
    exposure: {exposure}
    price: {{imported: {{promotions: {{spring: null}}}}}}
"""
FEW = ["--replications", "1", "--consumers", "400", "--no-run-off"]
runner = CliRunner()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"schema: 1\nextends: toy.yaml\ntitle: The {name}\n{WEEKS}{text}", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A baseline, two cases, and a file without baseline."""
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    (scenarios / "toy.yaml").write_text(TOY.read_text(encoding="utf-8"), encoding="utf-8")
    write(scenarios, "base", "storefronts: {faraway_on_bazaar: null}\n")
    for name, case, exposure in (("wide", "S10", 1), ("seen", "S2", 0.9)):
        write(scenarios, name, SHOP.format(case=case, exposure=exposure))
    return scenarios


def call(*arguments: object, code: int = 0) -> str:
    result = runner.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def test_cases_are_run_once(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "2 cases, 2 run now" in call("cases", folder, "--out", out, *FEW)
    assert {path.name for path in out.iterdir()} == {"S2", "S10", "cases.csv", "cases.md", "provenance.json"}
    first = (out / "cases.csv").read_text()
    assert "2 cases, 0 run now" in call("cases", folder, "--out", out, *FEW)
    assert (out / "cases.csv").read_text() == first
    write(folder, "wide", SHOP.format(case="S10", exposure=0.5))
    assert "2 cases, 1 run now" in call("cases", folder, "--out", out, *FEW)
    about = json.loads((out / "provenance.json").read_text())
    assert (about["kind"], about["complete"], about["settings"]["replications"]) == ("cases", True, 1)
    rows = pd.read_csv(out / "cases.csv")
    assert set(rows.case) == {"S2", "S10"}
    assert set(rows.against) == {"base"}


def test_interrupted_run_goes_on(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases that are complete are kept; the folder knows that it is not."""
    out, whole = tmp_path / "out", room.save_comparison

    def once(*arguments: object, **more: object) -> object:
        if (out / "S2").exists():
            raise KeyboardInterrupt
        return whole(*arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(room, "save_comparison", once)
        assert runner.invoke(app, ["cases", str(folder), "--out", str(out), *FEW]).exit_code != 0
    assert not json.loads((out / "provenance.json").read_text())["complete"]
    assert not (out / "cases.csv").exists()
    assert "2 cases, 1 run now" in call("cases", folder, "--out", out, *FEW)


def test_folder_of_a_case_is_a_comparison(folder: Path, tmp_path: Path) -> None:
    """It holds what `sim compare` writes, with the same numbers."""
    call("cases", folder, "--out", tmp_path / "out", *FEW)
    call("compare", folder / "seen.yaml", "--out", tmp_path / "alone", "--no-pictures", *FEW)
    names = {path.name for path in (tmp_path / "alone").iterdir()}
    assert {path.name for path in (tmp_path / "out" / "S2").iterdir()} == names
    both = [pd.read_csv(place / "summary.csv") for place in (tmp_path / "alone", tmp_path / "out" / "S2")]
    pd.testing.assert_frame_equal(*both)


def test_cases_of_other_people_are_left_alone(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("x")
    assert "holds other files" in call("cases", folder, "--out", out, *FEW, code=2)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_what_is_wrong_with_a_folder_is_said_before_anything_runs(folder: Path, tmp_path: Path) -> None:
    write(folder, "wide", "against: bsae.yaml\n")
    said = call("cases", folder, "--out", tmp_path / "out", *FEW, code=2)
    assert "wide.yaml" in said
    assert "did you mean 'base.yaml'?" in said
    assert not (tmp_path / "out").exists()
    assert "no such folder" in call("cases", tmp_path / "nowhere", code=2)


def test_compare_takes_the_baseline_that_the_files_name(folder: Path, tmp_path: Path) -> None:
    call(
        "compare", folder / "seen.yaml", folder / "wide.yaml", "--out", tmp_path / "a", "--no-pictures", *FEW
    )
    about = json.loads((tmp_path / "a" / "provenance.json").read_text())
    assert about["settings"]["baseline"] == "base"
    given = ["--against", folder / "wide.yaml", "--out", tmp_path / "b", "--no-pictures", *FEW]
    call("compare", folder / "seen.yaml", *given)
    about = json.loads((tmp_path / "b" / "provenance.json").read_text())
    assert about["settings"]["baseline"] == "wide", "what is given goes before what is named"


def test_compare_without_a_baseline_or_with_two_says_what_to_do(folder: Path) -> None:
    said = call("compare", folder / "base.yaml", *FEW, code=2)
    assert "base.yaml names no baseline: add --against FILE" in said
    write(folder, "other", "against: seen.yaml\nstorefronts: {faraway_on_bazaar: null}\n")
    said = call("compare", folder / "seen.yaml", folder / "other.yaml", *FEW, code=2)
    assert "several baselines" in said
    assert "base.yaml" in said


def test_list_shows_cases_first_with_their_baselines(folder: Path) -> None:
    assert call("scenario", "list", folder).splitlines() == [
        "S2   seen.yaml  The seen    (against base.yaml)",
        "S10  wide.yaml  The wide    (against base.yaml)",
        "     base.yaml  The base",
        "     toy.yaml   Toy market",
    ]
