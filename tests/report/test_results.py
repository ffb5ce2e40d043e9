"""Every kind of result is recognised; what is none, or half of one, is refused and nothing is written."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from sim.experiments import cases
from sim.experiments.compare import Settings
from sim.experiments.stored import Case
from sim.report.results import read, report
from sim.sweep.designs import design
from sim.sweep.experiment import of_function
from sim.sweep.factors import Factor
from sim.sweep.runs import Draws
from sim.sweep.sweep import run
from tests.report.folders import scenarios
from tests.report.pages import check

RECORDS = Path("results")


def text_of(file: Path) -> str:
    return check(file.read_text(encoding="utf-8")).text


# --- recognised ----------------------------------------------------------------------------------


def test_the_committed_answer(tmp_path: Path) -> None:
    """Its pictures are drawn from its tables; only the box of worlds is the one that lies there."""
    folder = RECORDS / "advice" / "popup_2019"
    file = report(folder, tmp_path / "a.html")
    found = check(file.read_text(encoding="utf-8"))
    assert found.tags.count("svg") == 9
    assert found.tags.count("img") == 1
    assert "beats staying out in 57 % of them" in found.text.replace("\N{NO-BREAK SPACE}", " ")
    assert any(link.endswith("popup_2019/worlds.csv") for link in found.links)
    assert file.stat().st_size < 1.5e6


def test_the_committed_validation(tmp_path: Path) -> None:
    found = check(report(RECORDS / "validation", tmp_path / "v.html").read_text(encoding="utf-8"))
    assert found.tags.count("img") == 3
    assert "Held out" in found.text
    assert "history: command" in found.text


def test_a_sweep(tmp_path: Path) -> None:
    """With the tables of its analysis where they lie, without links where they do not."""

    def model(seeds: Any, x: float) -> dict[str, float]:
        return {"value": x}

    factors = (Factor("x", low=0.0, high=1.0),)
    points = design("lhs", factors, points=12, seed=1)
    run(of_function(model, factors, points, ["value"], draws=Draws(2), name="tiny"), tmp_path / "s", "serial")
    found = check(report(tmp_path / "s").read_text(encoding="utf-8"))
    assert "Which way it moves" in found.text
    assert "Table: points.csv" in found.text
    assert not [link for link in found.links if link.endswith(".csv")]
    assert not (tmp_path / "s" / "analysis").exists()


def test_cases(tmp_path: Path) -> None:
    loaded = scenarios(tmp_path / "files")
    settings = Settings(1, 400, run_off=False)
    found = [Case(loaded["shop"], loaded["base"]), Case(loaded["less"], loaded["base"])]
    out = tmp_path / "out"
    cases.note(out, found, settings, [], complete=False)
    with pytest.raises(ValueError, match="not complete"):
        report(out)
    cases.run([found], settings, out, [])
    cases.note(out, found, settings, ["sim", "cases"], complete=True)
    told = check(report(out).read_text(encoding="utf-8"))
    assert {"shop", "less"} <= {row[0] for row in told.rows if row}
    assert told.tags.count("script") == 1
    shutil.rmtree(out / "less")
    (out / "report.html").unlink()
    with pytest.raises(FileNotFoundError, match="less holds no complete comparison"):
        report(out)
    assert not (out / "report.html").exists()


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "half-written, or something else"),
        ({"summary.csv": "a"}, "no provenance.json and no experiment.json"),
        ({"provenance.json": "{"}, "not readable"),
        ({"provenance.json": "[]"}, "not the record of a result"),
        ({"provenance.json": "{}"}, "holds nothing that is known"),
        ({"provenance.json": '{"kind": "run"}'}, "holds a run; expected a comparison, cases, a sweep"),
        (
            {"provenance.json": '{"kind": "comparison"}'},
            "holds no complete comparison (no outcomes.parquet, ",
        ),
        ({"provenance.json": '{"kind": "cases"}'}, "the same `sim cases` goes on"),
        ({"experiment.json": "{}"}, "not the record of an experiment"),
        ({"experiment.json": '{"kind": "experiment"}'}, "has no plan.parquet"),
    ],
)
def test_what_is_no_result(tmp_path: Path, files: dict[str, str], told: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises((ValueError, FileNotFoundError), match=re.escape(told)):
        report(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(files)


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such folder, expected a comparison"):
        report(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="a file, expected"):
        report(tmp_path / "file")
    with pytest.raises(ValueError, match="is a folder, expected a file: --out"):
        report(RECORDS / "validation", tmp_path)


def answer(place: Path) -> Path:
    shutil.copytree(RECORDS / "advice" / "popup_2019", place, ignore=shutil.ignore_patterns("store", "small"))
    return place


def test_half_an_answer(tmp_path: Path) -> None:
    folder = answer(tmp_path / "a")
    (folder / "game_payoffs.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"no complete answer .no game_payoffs\.csv"):
        read(folder)


def test_the_question_is_looked_for_above_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = answer(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="answers the question popup_2019, whose file was not found"):
        read(folder)


def test_half_a_validation(tmp_path: Path) -> None:
    place = tmp_path / "v"
    shutil.copytree(RECORDS / "validation", place, ignore=shutil.ignore_patterns("store", "small"))
    (place / "patterns.csv").unlink()
    with pytest.raises(FileNotFoundError, match=r"no complete validation .no patterns\.csv"):
        read(place)
    about = json.loads((place / "provenance.json").read_text(encoding="utf-8"))
    del about["parts"]["patterns"]
    (place / "provenance.json").write_text(json.dumps(about))
    assert read(place)[0].title == "Validation"


def test_a_failed_report_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(ValueError, match="no result"):
        report(tmp_path)
    assert (tmp_path / "report.html").read_text() == "old"
