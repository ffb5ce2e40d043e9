"""The JSON Schema of question files is the committed one and agrees with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sim.decisions.schema import question_schema, write
from sim.scenario.reading.nodes import plain
from sim.scenario.reading.parse import read_text
from tests.decisions import tiny

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCHEMA = question_schema()
POPUP = SCENARIOS / "questions" / "popup_2019.yaml"


def tree(text: str) -> Any:
    node = read_text(text, "question.yaml")
    assert node is not None
    return plain(node)


def complaints(data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(data)]


def test_the_committed_schema_is_up_to_date(tmp_path: Path) -> None:
    file = write(tmp_path / "schema")
    committed = (SCENARIOS / "schema" / file.name).read_text(encoding="utf-8")
    assert committed == file.read_text(encoding="utf-8"), "write it anew: sim.decisions.schema.write"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["title"] == "Question"
    assert "../schema/question.schema.json" in SCHEMA["$comment"]
    assert "[]" not in json.dumps(SCHEMA)


def test_questions_fit_and_name_it_in_their_first_line() -> None:
    text = POPUP.read_text(encoding="utf-8")
    assert complaints(tree(text)) == complaints(tree(tiny.QUESTION)) == []
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../schema/question.schema.json"


def test_commissions_are_shares_or_the_nash_rate() -> None:
    data = tree(tiny.QUESTION)
    for rate, fits in ((0, True), (0.5, True), ("nash", True), ("nesh", False), (1.5, False), (-0.1, False)):
        data["game"]["terms"]["little"]["commission"] = rate
        assert (complaints(data) == []) is fits, rate


@pytest.mark.parametrize(
    "change",
    [
        {"optoins": {}},
        {"schema": 2},
        {"options": {}},
        {"options": {"two words": {"title": "x"}}},
        {"options": {"a": {"title": "x", "sett": {}}}},
        {"options": {"a": {}}},
        {"asked": {"a": {"title": "x", "options": []}}},
        {"recommend": []},
        {"replications": 1},
        {"decided_on": 3},
        {"tests": {"a": {"title": "x", "unknown": "exposure", "error": 0, "cost": 1}}},
        {"tests": {"a": {"title": "x", "unknown": "exposure", "error": 0.1, "cost": -1}}},
    ],
)
def test_it_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    assert complaints({**tree(tiny.QUESTION), **change})
