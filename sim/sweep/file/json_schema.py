"""JSON Schema of experiment files, for editors, beside those of scenario files.

An editor finds the schema by the first line of a file::

    # yaml-language-server: $schema=../schema/experiment.schema.json
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel

from sim.scenario.schema.json_schema import Json, headed, text, tidy
from sim.sweep.schema import ExperimentFile

NAME = "experiment.schema.json"
COMMENT = "First line of a file, for editors: # yaml-language-server: $schema=../schema/{name}"


def experiment_schema() -> Json:
    """Return the schema of an experiment file."""
    return schema_of(ExperimentFile, NAME, "Experiment")


def schema_of(model: type[BaseModel], name: str, title: str) -> Json:
    """Return the schema of a kind of file that lies in a folder beside that of the schemas."""
    schema = tidy(model.model_json_schema(by_alias=True))
    return {**headed(schema, name, {}, title), "$comment": COMMENT.format(name=name)}


def write(folder: str | os.PathLike[str]) -> Path:
    """Write the schema into a folder, which is made if need be, and return the file."""
    return write_schema(experiment_schema(), Path(folder) / NAME)


def write_schema(schema: Json, file: Path) -> Path:
    """Write a schema into a file, whose folder is made if need be, and return the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text(schema), encoding="utf-8", newline="\n")
    return file
