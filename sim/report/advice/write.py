"""Write the pictures and the page of an answer from the tables in its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.experiments.results import STORE, read_parts
from sim.files import write_text
from sim.pictures.style import plain
from sim.report import html, markdown
from sim.report.advice import pictures
from sim.report.advice.numbers import Words
from sim.report.advice.page import document
from sim.report.document import Document
from sim.report.folder import missing_tables, read_tables, save_pictures
from sim.report.made import facts_of_parts

if TYPE_CHECKING:
    from sim.decisions.question import Question  # its runs are not needed to read an answer

PAGE, HTML = "advice.md", "advice.html"
LEFT = {"terms": "straight", "worlds": "options", "game": "game_payoffs", "left": "carry_over"}
"""A table that each part writes."""


def write_answer(question: Question, folder: Path, parts: Sequence[str]) -> list[Path]:
    """Draw the pictures of some parts of an answer and write its page.

    Args:
        question: the question.
        folder: where the tables of the answer and its provenance lie.
        parts: parts whose tables are new; pictures of the others are drawn only if they are not there.

    Returns:
        The files that were written.
    """
    draws = pictures.draws(read_tables(folder), words(question), question)
    fresh = [name for part in parts for name in pictures.OF_PART[part]]
    return [*save_pictures(folder, draws, fresh), *write_pages(question, folder, read_parts(folder))]


def write_pages(question: Question, folder: Path, provenance: Mapping[str, Any]) -> list[Path]:
    """Write the page from the tables and pictures that lie in a folder, as Markdown and as HTML.

    Args:
        question: the question.
        folder: the folder.
        provenance: how the answer was made, by part.
    """
    told = answer_document(question, folder, provenance)
    return [
        write_text(folder / PAGE, markdown.render(told)),
        write_text(folder / HTML, html.render(told, folder)),
    ]


def answer_document(question: Question, folder: Path, provenance: Mapping[str, Any]) -> Document:
    """Return the answer whose tables and pictures lie in a folder; arguments as in `write_pages`."""
    tables, spoken = read_tables(folder), words(question)
    files = {file.stem: file.name for file in sorted(folder.glob("*.png"))}
    told = document(tables, spoken, files, provenance_words(provenance, question))
    return told.drawn(pictures.draws(tables, spoken, question)).made(facts_of_parts(provenance))


def missing(question: Question, folder: Path, parts: Mapping[str, Any]) -> list[str]:
    """Return the files of tables that parts of an answer leave behind and that do not lie in the folder."""
    asked = [part for part in parts if part != "game" or question.spec.game is not None]
    return missing_tables(folder, [LEFT[part] for part in asked])


def words(question: Question) -> Words:
    """Return what sentences need beside the tables: names of the question in words, and days."""
    base = question.market_work.base
    assert base is not None
    brand = base.defaults["brands"][question.spec.entrant]["title"]
    hosts = {name: spec["title"] for name, spec in base.defaults["platforms"].items()}
    return Words(
        question.spec, str(brand), hosts, str(base.defaults["currency"]["name"]), question.spec.decided_on,
        date.fromisoformat(base.defaults["time"]["end"]), int(base.defaults["finance"]["runoff_weeks"]),
    )  # fmt: skip


def provenance_words(provenance: Mapping[str, Any], question: Question) -> str:
    """Return how the parts were made, in Markdown."""
    lines = []
    for part, about in provenance.items():
        settings = about["settings"]
        told = f"- **{part}**: {settings['consumers']:,} simulated consumers a market"
        if "runs" in settings:
            told += (
                f", {settings['runs']:,} runs of {settings['options']} options and the baseline "
                f"({settings['markets']:,} markets), {plain(settings['processor_seconds'] / 60)} min of "
                f"processor time, made with the code {' and '.join(settings['codes'])}"
            )
        lines.append(f"{told}; written by commit {about['commit'] or 'unknown'}, {about['written'][:10]}.")
    lines.append(
        "- In a run, options and baseline share people, draws and the history to the day of the decision, so "
        "other draws do not blur differences. Every number is in a table beside this page."
    )
    if "worlds" in provenance:
        lines.append(
            "- Worlds: a Latin hypercube over the unknowns, each point in a market of the surviving set "
            f"({Path(question.spec.markets.surviving).name}), with draws of its own. `worlds.csv` names the "
            f"run behind each world, which `sim reproduce RUN_ID FOLDER/{STORE}/worlds` makes again and "
            "compares bit for bit."
        )
    return "\n".join(lines)
