"""JSON Schema of experiment files, for editors, beside those of scenario files.

An editor finds the schema by the first line of a file::

    # yaml-language-server: $schema=../schema/experiment.schema.json
"""

from __future__ import annotations

import os
from pathlib import Path

from sim.scenario.json_schema import Json, headed, text, tidy
from sim.sweep.schema import ExperimentFile

NAME = "experiment.schema.json"
COMMENT = "First line of a file, for editors: # yaml-language-server: $schema=../schema/{name}"


def experiment_schema() -> Json:
    """Return the schema of an experiment file."""
    schema = tidy(ExperimentFile.model_json_schema(by_alias=True))
    return {**headed(schema, NAME, {}, "Experiment"), "$comment": COMMENT.format(name=NAME)}


def write(folder: str | os.PathLike[str]) -> Path:
    """Write the schema into a folder, which is made if need be, and return the file."""
    file = Path(folder) / NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text(experiment_schema()), encoding="utf-8", newline="\n")
    return file
