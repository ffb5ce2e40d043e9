"""The JSON Schema of experiment files agrees with the loader and is the one that is committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sim.scenario.reading.nodes import plain
from sim.scenario.reading.parse import read_text
from sim.sweep.file.json_schema import experiment_schema, write

SCENARIOS = Path(__file__).parents[3] / "scenarios"
SCHEMA = experiment_schema()
EXAMPLES = sorted((SCENARIOS / "experiments").glob("*.yaml"))


def tree(file: Path, **changes: Any) -> Any:
    node = read_text(file.read_text(encoding="utf-8"), file.name)
    assert node is not None
    return {**plain(node), **changes}


def complaints(data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(data)]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["title"] == "Experiment"
    assert "../schema/experiment.schema.json" in SCHEMA["$comment"]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_experiments_of_the_repository_fit(file: Path) -> None:
    assert complaints(tree(file)) == []
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schema/experiment.schema.json"


def test_everything_that_may_be_said_fits() -> None:
    data = tree(
        EXAMPLES[0],
        set={"a.b": {"c": [1, None]}, "d.e": None},
        levers={
            "a": {"path": ["a.b", "c.d"], "levels": [1, "x", True, 0.5]},
            "b": {"options": {"one": {}, "two": {"scenario": "x.yaml", "set": {"a.b": None}}}},
        },
        design={"kind": "list", "rows": [{"a": 1, "b": "one"}, {}]},
        panel={"every": 4, "by": ["tier"], "metrics": ["gmv", "orders"]},
    )
    assert complaints(data) == []


@pytest.mark.parametrize(
    "change",
    [
        {"replication": 2},
        {"schema": 2},
        {"replications": 0},
        {"replications": 1.5},
        {"consumers": 50},
        {"design": {"points": 4}},
        {"design": {"kind": "lsh", "points": 4}},
        {"design": {"kind": "list", "rows": []}},
        {"design": {"kind": "list", "rows": [{"two words": 1}]}},
        {"design": {"kind": "list", "rows": [{"a": None}]}},
        {"levers": {"two words": {"path": "a.b"}}},
        {"levers": {"a": {"path": []}}},
        {"levers": {"a": {"path": 3}}},
        {"levers": {"a": {"path": "a.b", "levels": []}}},
        {"levers": {"a": {"options": {}}}},
        {"levers": {"a": {"options": {"b": {"sets": {}}}}}},
        {"outcomes": {}},
        {"outcomes": {"a": {"outcome": "hosted GMV", "period": "week"}}},
        {"panel": {"by": []}},
        {"budget": {"run_seconds": 0}},
    ],
)
def test_it_refuses_what_the_loader_refuses(change: dict[str, Any]) -> None:
    assert complaints(tree(EXAMPLES[0], **change))


def test_units_are_said_where_there_are_any() -> None:
    budget = SCHEMA["$defs"]["Budget"]["properties"]["run_seconds"]
    assert budget["description"] == "a run that takes longer is a timeout [s]"
    assert "[]" not in json.dumps(SCHEMA)
    assert "unit" not in SCHEMA["properties"]["replications"]


def test_the_committed_schema_is_up_to_date(tmp_path: Path) -> None:
    file = write(tmp_path / "schema")
    committed = (SCENARIOS / "schema" / file.name).read_text(encoding="utf-8")
    assert committed == file.read_text(encoding="utf-8"), "write it anew: sim.sweep.file.json_schema.write"
