"""One report for every kind of result: a folder is recognised by what it holds, read, and written as HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.files import write_text
from sim.report.document import Document
from sim.report.made import facts, facts_of_parts

NAME = "report.html"
NOTE, SWEEP = "provenance.json", "experiment.json"
KINDS = "a comparison, cases, a sweep, an answer of sim advise, or a validation"
Told = tuple[Document, Path]
"""A document, and the folder from which its files are named."""


def report(folder: Path, out: Path | None = None) -> Path:
    """Write the report of a result.

    Args:
        folder: the result.
        out: the file; `report.html` in the folder by default.

    Returns:
        The file.

    Raises:
        ValueError: if the folder is no result, or one that is incomplete; nothing is written then.
        FileNotFoundError: if a part of the result is missing.
        ScenarioError: if a scenario cannot be read any more.
    """
    from sim.report.html import render

    target = out or folder / NAME
    if target.is_dir():
        raise ValueError(f"{target} is a folder, expected a file: --out {target / NAME}")
    document, place = read(folder)
    return write_text(target, render(document, place, target.parent))


def read(folder: Path) -> Told:
    """The result in a folder as a document.

    Raises:
        ValueError: as `report`.
        FileNotFoundError: as `report`.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder}: {'a file' if folder.exists() else 'no such folder'}, expected {KINDS}")
    if (folder / SWEEP).is_file():
        return _sweep(folder)
    if not (folder / NOTE).is_file():
        why = f"no {NOTE} and no {SWEEP}: half-written, or something else"
        raise ValueError(f"{folder} is no result that can be reported ({why}); expected {KINDS}")
    about = _note(folder / NOTE)
    kind = about.get("kind") or next((part.get("kind") for part in about.get("parts", {}).values()), "")
    if kind not in READERS:
        raise ValueError(
            f"{folder} holds {f'a {kind}' if kind else 'nothing that is known'}; expected {KINDS}"
        )
    return READERS[kind](folder, about)


def _note(file: Path) -> dict[str, Any]:
    """What a folder says about itself.

    Raises:
        ValueError: if that cannot be read.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file}: not readable ({error})") from None
    if not isinstance(found, dict):
        raise ValueError(f"{file}: not the record of a result")
    return found


# --- kinds of results ----------------------------------------------------------------------------


def _comparison(folder: Path, about: Mapping[str, Any]) -> Told:
    from sim.experiments.stored import open_comparison
    from sim.report.comparison.page import document

    return document(open_comparison(folder)), folder


def _cases(folder: Path, about: Mapping[str, Any]) -> Told:
    from sim.experiments.stored import Case, open_comparison
    from sim.report.cases import Line, document, lines

    if not about.get("complete"):
        raise ValueError(f"{folder} holds cases that are not complete: the same `sim cases` goes on")
    found: list[Line] = []
    for label in about["cases"]:
        one = open_comparison(folder / label)
        (name,) = one.names
        pair = Case(*(
            replace(one.loaded[key], path=Path(f"{key}.yaml"), case=label)
            for key in (name, one.comparison.base)
        ))  # fmt: skip
        found += lines(pair, one.comparison)
    settings = about["settings"]
    told = document(found, settings["replications"], run_off=settings["run_off"])
    return told.made(facts(about)), folder


def _sweep(folder: Path) -> Told:
    from sim.report.sweeps.analyse import analysed, document
    from sim.sweep.results import open_experiment

    results = open_experiment(folder)
    told = document(results, analysed(results))
    note = {key: value for key, value in results.note.items() if not isinstance(value, list | dict)}
    return told.made({key: str(value) for key, value in note.items()}), folder / "analysis"


def _advice(folder: Path, about: Mapping[str, Any]) -> Told:
    from sim.decisions.reading import load
    from sim.report.advice.write import answer_document, missing

    parts = about["parts"]
    question = load(_question(folder, parts))
    if lost := missing(question, folder, parts):
        raise FileNotFoundError(f"{folder} holds no complete answer (no {', '.join(lost)}): make it again")
    return answer_document(question, folder, parts), folder


def _question(folder: Path, parts: Mapping[str, Any]) -> Path:
    """The question file that an answer names, from here or from a folder above the answer.

    Raises:
        FileNotFoundError: if it is not found.
    """
    name = next(iter(parts.values()))["settings"]["question"]
    named = [Path(word) for part in parts.values() for word in part["command"] if Path(word).stem == name]
    for file in dict.fromkeys(file for file in named if file.suffix in (".yaml", ".yml")):
        for place in (Path(), *folder.resolve().parents):
            if (place / file).is_file():
                return place / file
    raise FileNotFoundError(
        f"{folder} answers the question {name}, whose file was not found: run this from the folder in which "
        "the question was asked"
    )


def _validation(folder: Path, about: Mapping[str, Any]) -> Told:
    from sim.report.folder import read_tables
    from sim.report.validation.page import document
    from sim.report.validation.write import missing

    if lost := missing(folder, about["parts"]):
        raise FileNotFoundError(
            f"{folder} holds no complete validation (no {', '.join(lost)}): make it again"
        )
    pictures = [file.stem for file in sorted(folder.glob("*.png"))]
    told = document(read_tables(folder), about["parts"], pictures)
    return told.made(facts_of_parts(about["parts"])), folder


READERS: Mapping[str, Callable[[Path, Mapping[str, Any]], Told]] = {
    "comparison": _comparison, "cases": _cases, "advice": _advice, "validate": _validation,
}  # fmt: skip
