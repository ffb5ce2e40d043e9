"""JSON Schema of question files, for editors, beside those of scenario and experiment files.

An editor finds the schema by the first line of a file::

    # yaml-language-server: $schema=../schema/question.schema.json
"""

from __future__ import annotations

import os
from pathlib import Path

from sim.decisions.schema import QuestionFile
from sim.scenario.json_schema import Json, headed, text, tidy
from sim.sweep.file.json_schema import COMMENT

NAME = "question.schema.json"


def question_schema() -> Json:
    """Return the schema of a question file."""
    schema = tidy(QuestionFile.model_json_schema(by_alias=True))
    return {**headed(schema, NAME, {}, "Question"), "$comment": COMMENT.format(name=NAME)}


def write(folder: str | os.PathLike[str]) -> Path:
    """Write the schema into a folder, which is made if need be, and return the file."""
    file = Path(folder) / NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text(question_schema()), encoding="utf-8", newline="\n")
    return file
