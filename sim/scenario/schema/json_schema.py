"""JSON Schemas of scenario files, for editors.

Two schemas: one for complete files, one for files that extend another (nothing is required there).
An editor finds the schema by the first line of a file::

    # yaml-language-server: $schema=schema/scenario.schema.json
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sim.scenario.reading.labels import LABEL
from sim.scenario.schema import Scenario

Json = dict[str, Any]
Numbers = Callable[[Json, list[Json]], Json]

COMMENT = "First line of a file, for editors: # yaml-language-server: $schema=schema/{name}"
FULL, PARTIAL = "scenario.schema.json", "partial.schema.json"
ABOUT = ("description", "default", "unit")
"""Keywords that describe a field and stay outside of the alternatives."""
LAYERS: Json = {
    "patches": {
        "type": "object",
        "description": "changes by name; each maps dotted paths to values",
        "additionalProperties": {"type": "object"},
    },
    "overrides": {
        "type": "array",
        "description": "names of patches to apply, in this order",
        "items": {"type": "string"},
    },
    "intercepts_from": {"type": "string", "description": "file of solved intercepts, relative to this one"},
    "against": {"type": "string", "description": "the scenario to compare this one with, relative to it"},
    "case": {
        "type": "string",
        "description": "label under which results are kept",
        "pattern": f"^{LABEL}$",
    },
}
EXTENDS: Json = {"type": "string", "description": "the parent of this file, relative to it"}
QUANTITY: Json = {
    "type": "object",
    "description": "a number with what is known about it",
    "properties": {
        "value": {},
        "range": {
            "type": "array",
            "description": "[low, high]: what is plausible; sweeps use it",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
        },
        "unit": {"type": "string", "description": "must be the unit of the field"},
        "source": {"type": "string", "description": "where the number comes from"},
        "note": {"type": "string"},
    },
    "required": ["value"],
    "additionalProperties": False,
}


def full_schema() -> Json:
    """Return the schema of a complete scenario file."""
    return headed(base(), FULL, LAYERS)


def partial_schema() -> Json:
    """Return the schema of a file that extends another: nothing is required, null removes an entry."""
    return headed(without_required(removable(base())), PARTIAL, {"extends": EXTENDS, **LAYERS})


def base() -> Json:
    """Return pydantic's schema of a scenario, with quantities."""
    schema = tidy(Scenario.model_json_schema(by_alias=True), quantified)
    return {**schema, "$defs": {**schema["$defs"], "Quantity": QUANTITY}}


def headed(schema: Json, name: str, layers: Json, title: str = "Scenario") -> Json:
    """Add the head of a schema file and the keys that are about layers."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": COMMENT.format(name=name),
        "title": title,
    }
    return {**head, **schema, "properties": {**layers, **schema["properties"]}}


def parts(schema: Json) -> list[tuple[Json, str]]:
    """Return the places of the schemas directly inside a schema, as container and key."""
    groups = [schema.get(name, {}) for name in ("$defs", "properties", "patternProperties")]
    found = [(group, key) for group in groups for key in group]
    return found + [
        (schema, key) for key in ("additionalProperties", "items") if isinstance(schema.get(key), dict)
    ]


def tidy(schema: Json, numbers: Numbers | None = None) -> Json:
    """Write a schema of pydantic for readers: units said, no generated titles, no names but sound ones.

    Args:
        schema: what pydantic writes.
        numbers: what becomes of a number, given its schema and its alternatives; none = it stays.
    """
    schema = described(dict(schema))
    for group, key in parts(schema):
        group[key] = tidy(group[key], numbers)
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    alternatives = [part if is_number(part) else tidy(part, numbers) for part in schema.get("anyOf", [])]
    if numbers is not None and any(map(is_number, [schema, *alternatives])):
        return numbers(schema, alternatives)
    return {**schema, "anyOf": alternatives} if alternatives else schema


def is_number(schema: Json) -> bool:
    """Tell whether a schema is that of a number."""
    return schema.get("type") in ("number", "integer")


def described(schema: Json) -> Json:
    """Write the unit of a field into its description, where editors show it; drop generated titles."""
    schema.pop("title", None)
    if not schema.get("unit"):
        schema.pop("unit", None)  # a plain count
    else:
        schema["description"] = f"{schema.get('description', '')} [{schema['unit']}]".strip()
    return schema


def quantified(schema: Json, alternatives: list[Json]) -> Json:
    """Let ``{value, range, unit, source, note}`` stand for a number as well."""
    about = {key: value for key, value in schema.items() if key in ABOUT}
    bare = {key: value for key, value in schema.items() if key not in ABOUT}
    values = alternatives or [bare]
    value = {"anyOf": values} if len(values) > 1 else values[0]
    return {**about, "anyOf": [*values, quantity(value)]}


def quantity(value: Json) -> Json:
    """Return the schema of a quantity with such a value."""
    return {"$ref": "#/$defs/Quantity", "properties": {"value": value}}


def removable(schema: Any) -> Any:
    """Allow null for the entries of mappings keyed by name."""
    if isinstance(schema, list):
        return [removable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: removable(part) for key, part in schema.items()}
    entries = schema.get("patternProperties", {})
    schema |= {"patternProperties": {k: or_null(p) for k, p in entries.items()}} if entries else {}
    if isinstance(schema.get("additionalProperties"), dict):
        schema["additionalProperties"] = or_null(schema["additionalProperties"])
    return schema


def or_null(schema: Json) -> Json:
    """Add null to what may stand somewhere."""
    alternatives = schema.get("anyOf")
    if alternatives and set(schema) <= {"anyOf", *ABOUT}:
        return {**schema, "anyOf": [*alternatives, {"type": "null"}]}
    return {"anyOf": [schema, {"type": "null"}]}


def without_required(schema: Any) -> Any:
    """Drop ``required`` everywhere."""
    if isinstance(schema, dict):
        return {key: without_required(part) for key, part in schema.items() if key != "required"}
    return [without_required(part) for part in schema] if isinstance(schema, list) else schema


def text(schema: Json) -> str:
    """Write a schema as it is kept in a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write(folder: str | os.PathLike[str]) -> list[Path]:
    """Write both schemas into a folder, which is made if need be, and return the files."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = {target / FULL: full_schema(), target / PARTIAL: partial_schema()}
    for file, schema in written.items():
        file.write_text(text(schema), encoding="utf-8", newline="\n")
    return list(written)
