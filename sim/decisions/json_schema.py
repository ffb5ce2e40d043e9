"""JSON Schema of question files, for editors, beside those of scenario and experiment files.

An editor finds the schema by the first line of a file::

    # yaml-language-server: $schema=../schema/question.schema.json
"""

from __future__ import annotations

import os
from pathlib import Path

from sim.decisions.schema import QuestionFile
from sim.scenario.schema.json_schema import Json
from sim.sweep.file.json_schema import schema_of, write_schema

NAME = "question.schema.json"


def question_schema() -> Json:
    """Return the schema of a question file."""
    return schema_of(QuestionFile, NAME, "Question")


def write(folder: str | os.PathLike[str]) -> Path:
    """Write the schema into a folder, which is made if need be, and return the file."""
    return write_schema(question_schema(), Path(folder) / NAME)
