"""The JSON Schemas for editors agree with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sim.scenario.reading.nodes import plain
from sim.scenario.reading.parse import read_text
from sim.scenario.schema import json_schema

HERE = Path(__file__).parent
COMMITTED = HERE.parents[1] / "scenarios" / "schema"
FULL, PARTIAL = json_schema.full_schema(), json_schema.partial_schema()


def toy(**changes: Any) -> Any:
    node = read_text((HERE / "toy.yaml").read_text(encoding="utf-8"), "toy.yaml")
    assert node is not None
    return {**plain(node), **changes}


def complaints(schema: Any, data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("schema", [FULL, PARTIAL])
def test_schemas_are_valid_and_accept_the_toy(schema: Any) -> None:
    Draft202012Validator.check_schema(schema)
    assert complaints(schema, toy()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"population": {"interested": 2, "online_shoppers": 1}},
        {"population": {"interested": {"value": 2}, "online_shoppers": 1}},
        {"population": {"interested": {"value": 0.2, "rnage": [0, 1]}, "online_shoppers": 1}},
        {"population": {"interested": {"value": 0.2, "range": [0]}, "online_shoppers": 1}},
        {"seasons": {}},
        {"brands": {"two words": {}}},
        {"patches": []},
    ],
)
def test_schemas_refuse_what_the_loader_refuses(change: dict[str, Any]) -> None:
    assert complaints(FULL, toy(**change))
    assert complaints(PARTIAL, change)


def test_quantity_may_stand_for_numbers_per_tier_and_date() -> None:
    days = {"value": {"T1": 3, "T5": {"value": 4, "range": [3, 5]}}, "source": "made up"}
    assert complaints(PARTIAL, {"storefronts": {"x": {"delivery_days": days}}}) == []
    spend = {"value": {"2018-01-01": 1}, "range": [0, 2], "note": "made up"}
    assert complaints(PARTIAL, {"brands": {"x": {"advertising": {"spend": spend}}}}) == []


def test_partial_requires_nothing_and_lets_null_remove() -> None:
    assert '"required"' not in json_schema.text(PARTIAL)
    child = {"extends": "toy.yaml", "overrides": ["cheap"], "brands": {"faraway": None}, "title": "Child"}
    assert complaints(PARTIAL, child) == []
    assert complaints(FULL, toy(brands={"faraway": None}))
    assert complaints(FULL, {"title": "Child"})


def test_units_and_descriptions_are_there() -> None:
    income = FULL["$defs"]["Tier"]["properties"]["income"]
    assert income["unit"] == "currency/year"
    assert income["description"] == "mean disposable income per head [currency/year]"
    assert "yaml-language-server" in FULL["$comment"]


def test_committed_schemas_are_up_to_date(tmp_path: Path) -> None:
    for file in json_schema.write(tmp_path):
        committed = (COMMITTED / file.name).read_text(encoding="utf-8")
        assert json.loads(committed) == json.loads(file.read_text(encoding="utf-8")), (
            "regenerate with: sim scenario schema --write scenarios/schema"
        )
