"""``sim bargain``, ``sim game``, ``sim advise``: what is asked for, bad input, a tiny answer end to end."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.decisions import advise as room
from sim.decisions.advise import PARTS
from sim.decisions.studies import Scale
from tests.report.advice.answers import QUESTION, write_question

runner = CliRunner()
TINY = Scale(consumers=300, worlds=6, replications=2)
Asked = list[tuple[str, Path, str, tuple[str, ...], str, bool]]


def call(*arguments: object, code: int = 0) -> Any:
    result = runner.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_question(tmp_path)


# --- what is asked for ---------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What an answer was asked for; it writes nothing."""
    found: Asked = []

    def advise(
        question: Any, folder: Path, size: str, parts: Any, executor: str, note: Any, *, mixed_code: bool
    ) -> list[Path]:
        found.append((question.name, folder, size, tuple(parts), executor, mixed_code))
        note("terms: done")
        return [folder / "a.csv", folder / "provenance.json"]

    def write(question: Any, folder: Path, parts: Any) -> list[Path]:
        assert (question.name, folder, tuple(parts)) == (*found[-1][:2], found[-1][3])
        return [folder / "advice.md"]

    monkeypatch.setattr(room, "advise", advise)
    monkeypatch.setattr("sim.report.advice.write.write_answer", write)
    return found


def test_everything_in_full_size_by_default(asked: Asked, file: Path) -> None:
    said = call("advise", file)
    assert asked == [("tiny", Path("results/advice/tiny"), "full", PARTS, "local", False)]
    assert said.stdout.strip() == "3 files in results/advice/tiny; read results/advice/tiny/advice.md"
    assert said.stderr.strip() == "terms: done"


def test_a_small_answer_lies_apart(asked: Asked, file: Path, tmp_path: Path) -> None:
    call("advise", file, "--size", "small", "--part", "game", "--part", "left", "--allow-mixed-code")
    assert asked[-1][1:] == (Path("results/advice/tiny/small"), "small", ("game", "left"), "local", True)
    call("advise", file, "--out", tmp_path, "--executor", "serial")
    assert asked[-1][1:] == (tmp_path, "full", PARTS, "serial", False)


def test_verbs_for_parts(asked: Asked, file: Path) -> None:
    call("bargain", file)
    call("game", file, "--size", "small")
    assert [(one[2], one[3]) for one in asked] == [("full", ("terms",)), ("small", ("terms", "game"))]


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["bargain", "game", "advise"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (QUESTION.replace("[short, long]\nterms", "[shorts]\nterms"), "shorts"),
        (QUESTION.replace("decided_on: 2021-01-18\n", ""), "decided_on"),
        ("schema: [", "question.yaml"),
    ],
)
def test_a_wrong_question_is_one_clear_error(tmp_path: Path, verb: str, text: str, told: str) -> None:
    write_question(tmp_path)
    wrong = tmp_path / "question.yaml"
    wrong.write_text(text, encoding="utf-8")
    said = call(verb, wrong, "--out", tmp_path / "out", code=2)
    assert told in said.stderr
    assert "question.yaml" in said.stderr
    assert said.stdout == ""
    assert not (tmp_path / "out").exists()


def test_no_such_file_part_or_size(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "nowhere.yaml" in call("advise", tmp_path / "nowhere.yaml", "--out", out, code=2).stderr
    said = call("advise", file, "--part", "gaem", "--out", out, code=2).stderr
    assert said.strip() == "unknown part 'gaem', expected terms, worlds, game, left"
    call("advise", file, "--size", "huge", "--out", out, code=2)
    assert not out.exists()


# --- from end to end -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_question(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def answered(tiny: Path) -> tuple[Path, str]:
    """The folder of an answer at a tiny scale, and what was said."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "SCALES", {"small": TINY, "full": TINY})
        said = call("advise", tiny, "--size", "small", "--out", tiny.parent / "out", "--executor", "serial")
    return tiny.parent / "out", said.output


def again(tiny: Path, *more: str, code: int = 0) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "SCALES", {"small": TINY, "full": TINY})
        out = tiny.parent / "out"
        arguments = ("advise", tiny, "--size", "small", "--out", out, "--executor", "serial", *more)
        return str(call(*arguments, code=code).output)


def stored(folder: Path) -> dict[str, bytes]:
    runs = folder / "store"
    return {str(path.relative_to(runs)): path.read_bytes() for path in runs.rglob("*.parquet")}


def test_a_tiny_answer(answered: tuple[Path, str]) -> None:
    folder, said = answered
    for part, runs in (("terms", 2), ("worlds", 6), ("game", 2)):
        assert f"{part}: {runs} runs on 1 workers" in said
    files = [path for path in folder.iterdir() if path.is_file()]
    assert f"{len(files)} files in {folder}; read {folder / 'advice.md'}" in said
    names = {path.name for path in files}
    assert {"advice.md", "provenance.json", "options.csv", "game_payoffs.csv", "straight.csv"} <= names
    about = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert {part: about[part]["settings"].get("runs") for part in PARTS} == {
        "terms": 2, "worlds": 6, "game": 2, "left": None,
    }  # fmt: skip


def test_the_page_of_a_tiny_answer(answered: tuple[Path, str]) -> None:
    folder, _ = answered
    page = (folder / "advice.md").read_text(encoding="utf-8")
    said = re.sub(r"\b[0-9a-f]{12,}\b", "", page)
    assert not re.search(r"\b(nan|inf|None|True|False)\b|\d[eE][+-]?\d|[A-Za-z]−[A-Za-z]", said)
    assert len(re.findall("^## ", page, re.M)) == 8, "there is no rule after the term"
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert all((folder / link).is_file() for link in links), links
    assert {path.name for path in folder.glob("*.png")} <= set(links)


def test_a_second_call_makes_no_run_again(answered: tuple[Path, str], tiny: Path) -> None:
    folder, _ = answered
    runs, page = stored(folder), (folder / "advice.md").read_text(encoding="utf-8")
    assert runs
    said = again(tiny, "--part", "terms", "--part", "worlds", "--part", "game")
    for part in ("terms", "worlds", "game"):
        assert f"{part}: 0 runs" in said
    assert stored(folder) == runs
    assert (folder / "advice.md").read_text(encoding="utf-8") == page


def test_a_world_of_the_page_can_be_made_again(answered: tuple[Path, str]) -> None:
    """As the page says."""
    folder, _ = answered
    name = (folder / "worlds.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    assert "bit for bit the same" in call("reproduce", name, folder / "store" / "worlds").output


def test_another_size_needs_another_folder(answered: tuple[Path, str], tiny: Path) -> None:
    said = call("bargain", tiny, "--out", answered[0], "--executor", "serial", code=2).stderr
    assert "holds an answer to tiny of size small: choose another folder" in said


def test_runs_of_other_code_are_used_only_if_allowed(
    answered: tuple[Path, str], tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = answered
    about = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["parts"]
    (code,) = about["terms"]["settings"]["codes"]
    monkeypatch.setattr("sim.sweep.options_work.sources.digest", lambda *_: "0123456789abcdef")
    refused = again(tiny, "--part", "terms", code=2)
    assert "--allow-mixed-code" in refused
    said = again(tiny, "--part", "terms", "--allow-mixed-code")
    assert "terms: 0 runs" in said
    assert f"made with the code {code}" in (folder / "advice.md").read_text(encoding="utf-8")
