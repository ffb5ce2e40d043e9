"""Experiment files: a corpus of malformed ones, each with its problem in its place, and sound ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sim.scenario import Problem, ScenarioError
from sim.sweep.file.reading import load
from tests.sweep.files import write_scenarios

HERE = Path(__file__).parent
CORPUS = YAML(typ="safe", pure=True).load((HERE / "malformed.yaml").read_text(encoding="utf-8"))
BASE, CASES = CORPUS["base"], CORPUS["cases"]
MARK = "@@"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the scenarios, in which names of files are short."""
    write_scenarios(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def written(folder: Path, *edits: tuple[str, str]) -> Path:
    """The sound experiment with some edits."""
    path = folder / "case.yaml"
    path.write_text(changed(BASE, *edits), encoding="utf-8")
    return path


def problems_of(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return caught.value.problems


def texts(case: dict[str, Any]) -> dict[str, str]:
    """The files of a case, with its only mark in one of them."""
    text = BASE
    if "cut" in case:
        start, end = case["cut"]
        text = text[: text.index(start)] + text[text.index(end) :]
    text = changed(text, (case["old"], case["new"]), *([case["also"]] if "also" in case else []))
    files = {"case.yaml": text, **case.get("files", {})}
    assert sum(text.count(MARK) for text in files.values()) == 1
    return files


@pytest.mark.parametrize("name", CASES)
def test_malformed_experiment_has_one_problem(name: str, folder: Path) -> None:
    case, files = CASES[name], texts(CASES[name])
    for file, text in files.items():
        (folder / file).write_text(text.replace(MARK, ""), encoding="utf-8")
    (found,) = problems_of(Path("case.yaml"))
    marked = case.get("file", "case.yaml")
    before = files[marked].partition(MARK)[0]
    place = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert (found.file, found.path) == (marked, case["path"]), str(found)
    assert case["says"] in found.message
    assert (found.line, found.column) == place, str(found)


def test_the_corpus_is_large_and_its_base_is_sound(folder: Path) -> None:
    assert len(CASES) >= 150
    experiment = load(written(folder))
    assert [factor.name for factor in experiment.factors] == ["exposure", "forgetting", "commission", "days"]
    assert len(experiment.design.points) == 4


def test_all_problems_of_a_step_at_once_in_the_order_of_the_file(folder: Path) -> None:
    found = problems_of(
        written(
            folder,
            ("change: multiply", "change: mulitply"),
            ("points: 4", "points: 1"),
            ("party:", "partie:"),
            ("every: 4", "every: 0"),
        )
    )
    assert [p.path for p in found] == [
        "uncertainties.forgetting.change",
        "design.points",
        "outcomes.sales.partie",
        "panel.every",
    ]
    found = problems_of(
        written(
            folder, ("scenario: toy.yaml", "scenario: toi.yaml"), ("seed: 1", "steps: 3"), ("sales:", "days:")
        )
    )
    assert [p.path for p in found] == ["scenario", "design.steps", "outcomes.days"]


def test_problems_of_two_scenario_files_stand_in_their_own_files(folder: Path) -> None:
    (folder / "a.yaml").write_text("extends: toy.yaml\ntitel: x\n", encoding="utf-8")
    (folder / "b.yaml").write_text("extends: toy.yaml\ntime: {end: 2019-12-28}\n", encoding="utf-8")
    written(folder, ("scenario: toy.yaml", "scenario: a.yaml"), ("against: stay.yaml", "against: b.yaml"))
    found = problems_of(Path("case.yaml"))
    assert [(p.file, p.line, p.path) for p in found] == [("a.yaml", 2, "titel"), ("b.yaml", 2, "time.end")]


def test_a_scenario_that_is_named_twice_is_complained_of_once(folder: Path) -> None:
    (folder / "a.yaml").write_text("extends: toy.yaml\ntitel: x\n", encoding="utf-8")
    written(folder, ("scenario: toy.yaml", "scenario: a.yaml"), ("against: stay.yaml", "against: a.yaml"))
    assert len(problems_of(Path("case.yaml"))) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "an empty file, expected a mapping"),
        ("- schema: 1\n", "not a mapping, expected lines 'key: value'"),
        ("hello\n", "not a mapping"),
        ("a: [1", "a bracket that is never closed"),
        ("a: 1\n---\nb: 2\n", "a second document"),
    ],
)
def test_files_that_are_no_experiments(text: str, says: str, folder: Path) -> None:
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    (found,) = problems_of(Path("case.yaml"))
    assert says in found.message


def test_unreadable_files(folder: Path) -> None:
    written(folder)
    assert "did you mean 'case.yaml'?" in str(*problems_of(Path("cse.yaml")))
    (folder / "latin.yaml").write_bytes(b"title: \xff\n")
    assert "is not UTF-8 text (byte 7)" in str(*problems_of(Path("latin.yaml")))
    (folder / "latin.csv").write_bytes(b"exposure\n\xff\n")
    path = written(folder, ("{kind: lhs, points: 4, seed: 1}", "{kind: csv, file: latin.csv}"))
    assert "'latin.csv' is not UTF-8 text (byte 9)" in str(*problems_of(Path(path.name)))


def test_a_scenario_is_no_experiment(folder: Path) -> None:
    found = {p.path: p.message for p in problems_of(Path("toy.yaml"))}
    assert found[""] == "missing 'scenario', 'design' and 'outcomes'"
    assert found["platforms"].startswith("unknown key 'platforms', expected schema, title")


def test_numbers_as_people_write_them(folder: Path) -> None:
    path = written(
        folder, ("low: 0.5", "low: 1e-1"), ("points: 4", "points: 1e1"), ("consumers: 500", "consumers: 5_00")
    )
    experiment = load(path)
    assert experiment.factors[1].low == 0.1
    assert len(experiment.design.points) == 10


def test_scenarios_of_the_folder_above(folder: Path) -> None:
    (folder / "experiments").mkdir()
    text = changed(BASE, ("scenario: toy", "scenario: ../toy"), ("against: stay", "against: ../stay"))
    (folder / "experiments" / "e.yaml").write_text(text, encoding="utf-8")
    experiment = load(folder / "experiments" / "e.yaml")
    assert experiment.name == "e"
    assert [run.id for run in experiment.plan().runs] == [run.id for run in load(written(folder)).plan().runs]


def test_rows_take_what_they_leave_out_from_the_base(folder: Path) -> None:
    rows = "{kind: list, rows: [{}, {exposure: 0.1, days: fast}, {commission: 0, forgetting: 2}]}"
    points = load(written(folder, ("{kind: lhs, points: 4, seed: 1}", rows))).design.points
    assert points.exposure.tolist() == [0.06, 0.1, 0.06]
    assert points.forgetting.tolist() == [1.0, 1.0, 2.0]
    assert points.commission.tolist() == [0.03, 0.03, 0.0]
    assert points.days.tolist() == ["slow", "fast", "slow"]


def test_a_table_says_the_same_as_rows(folder: Path) -> None:
    lines = ["\ufeffexposure, days ,commission", "0.1,fast,0", "", '2e-1," slow",0.05']
    (folder / "points.csv").write_text("\r\n".join(lines), encoding="utf-8")
    table = load(written(folder, ("{kind: lhs, points: 4, seed: 1}", "{kind: csv, file: points.csv}")))
    rows = "[{exposure: 0.1, days: fast, commission: 0}, {exposure: 0.2, commission: 0.05}]"
    inline = load(written(folder, ("{kind: lhs, points: 4, seed: 1}", f"{{kind: list, rows: {rows}}}")))
    assert table.kind == "csv"
    assert [run.id for run in table.plan().runs] == [run.id for run in inline.plan().runs]


def test_levels_of_a_table_that_look_like_numbers(folder: Path) -> None:
    levels = ("levels: [0, 0.03, 0.05]", 'levels: ["2019-12-01", "2019-11-24"]')
    place = ("faraway_on_bazaar.contract.commission", "faraway_on_bazaar.open.to")
    (folder / "points.csv").write_text("commission\n2019-11-24\n", encoding="utf-8")
    design = ("{kind: lhs, points: 4, seed: 1}", "{kind: csv, file: points.csv}")
    assert load(written(folder, levels, place, design)).design.points.commission.tolist() == ["2019-11-24"]


def test_what_tells_experiments_apart_has_no_words_in_it(folder: Path) -> None:
    plain = load(written(folder)).about
    wordy = load(
        written(
            folder,
            ("title: A toy", "title: Another toy"),
            ("change: multiply", "change: multiply\n    title: How fast\n    source: a book"),
            ("party: faraway", "party: faraway, title: Sales"),
            ("run_seconds: 60", "run_seconds: 30"),
        )
    )
    assert wordy.about == plain
    assert wordy.titles == {"sales": "Sales"}
    assert wordy.factors[1].title == "How fast"
    assert load(written(folder, ("replications: 2", "replications: 3"))).about != plain


def test_the_experiments_of_the_repository_are_sound() -> None:
    files = sorted((HERE.parents[2] / "scenarios" / "experiments").glob("*.yaml"))
    assert files
    for file in files:
        experiment = load(file)
        assert len(experiment.design.points) > 0, file
        assert experiment.factors, file
