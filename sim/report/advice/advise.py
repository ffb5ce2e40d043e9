"""The answer to a question on one page: its studies are run, tables, pictures and words written."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.decisions import advice, left, losing
from sim.decisions.advice import Answer
from sim.decisions.question import Question
from sim.decisions.studies import SCALES, Size, Studies
from sim.experiments.results import provenance
from sim.files import write_atomically, write_text
from sim.pictures.style import plain
from sim.report.advice import pictures as advice_pictures
from sim.report.advice.numbers import Words
from sim.report.advice.page import document
from sim.report.document import Document
from sim.report.made import facts_of_parts
from sim.sweep.results import Results, open_experiment

PARTS = ("terms", "worlds", "game", "left")
"""Parts of an answer by name; a part needs those that its tables are made from."""
STORE, PROVENANCE, PAGE, HTML = "store", "provenance.json", "advice.md", "advice.html"
LEFT = {"terms": "straight", "worlds": "options", "game": "game_payoffs", "left": "carry_over"}
"""A table that each part writes."""
Tables = dict[str, pd.DataFrame]
Note = Callable[[str], object]


def advise(
    question: Question, folder: Path, size: Size = "full", parts: Sequence[str] = PARTS,
    executor: str = "local", note: Note = lambda _: None, *, mixed_code: bool = False,
) -> list[Path]:  # fmt: skip
    """Run the parts of an answer and write tables, pictures and page; runs that are there are not made again.

    Args:
        question: the question.
        folder: where everything goes; the runs lie in `store` below it.
        size: small or full.
        parts: which parts, see `PARTS`.
        executor: where runs are made.
        note: called with what is being done, in words.
        mixed_code: whether stored runs of other code are used; the page says which code they were made with.

    Returns:
        The files that were written.

    Raises:
        ValueError: if there is no such part, the folder holds another answer, or runs failed.
    """
    if wrong := [part for part in parts if part not in PARTS]:
        raise ValueError(f"unknown part '{wrong[0]}', expected {', '.join(PARTS)}")
    folder.mkdir(parents=True, exist_ok=True)
    made = _made(folder, question, size)
    studies = Studies(question, folder / STORE, SCALES[size], executor, note, mixed_code)
    files: list[Path] = []
    for part in [part for part in PARTS if part in parts]:
        tables = {name: table for name, table in _tables(part, studies) if len(table.columns)}
        files += [_save_table(folder / f"{name}.csv", table) for name, table in tables.items()]
        files += [
            _save_figure(folder / f"{name}.png", figure) for name, figure in _figures(part, studies, tables)
        ]
        made[part] = _note(question, size, studies, part)
        write_text(folder / PROVENANCE, json.dumps({"parts": made}, indent=2, default=str))
        note(f"{part}: {'done' if tables else 'not asked'}")
    return [*files, *write_pages(question, folder, made), folder / PROVENANCE]


def write_pages(question: Question, folder: Path, made: dict[str, Any]) -> list[Path]:
    """Write the page from the tables that lie in a folder, as Markdown and as HTML."""
    from sim.report import html, markdown

    told = answered(question, folder, made)
    return [
        write_text(folder / PAGE, markdown.render(told)),
        write_text(folder / HTML, html.render(told, folder)),
    ]


def answered(question: Question, folder: Path, made: dict[str, Any]) -> Document:
    """The answer whose tables and pictures lie in a folder."""
    tables = {file.stem: pd.read_csv(file) for file in sorted(folder.glob("*.csv"))}
    pictures = {file.stem: file.name for file in sorted(folder.glob("*.png"))}
    spoken = words(question)
    told = document(tables, spoken, pictures, made_words(made, question))
    return told.drawn(advice_pictures.draws(tables, spoken, question)).made(facts_of_parts(made))


def missing(question: Question, folder: Path, made: Mapping[str, Any]) -> list[str]:
    """Tables that the parts of an answer leave behind, and that do not lie in the folder."""
    left = {part: LEFT[part] for part in made if part != "game" or question.spec.game is not None}
    return [f"{name}.csv" for name in left.values() if not (folder / f"{name}.csv").is_file()]


def words(question: Question) -> Words:
    """Names in words."""
    base = question.market_work.base
    assert base is not None
    brand = base.defaults["brands"][question.spec.entrant]["title"]
    hosts = {name: spec["title"] for name, spec in base.defaults["platforms"].items()}
    return Words(
        question.spec, str(brand), hosts, str(base.defaults["currency"]["name"]), question.spec.decided_on,
        date.fromisoformat(base.defaults["time"]["end"]), int(base.defaults["finance"]["runoff_weeks"]),
    )  # fmt: skip


# --- parts ---------------------------------------------------------------------------------------


def _tables(part: str, studies: Studies) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables of a part; the worlds' rules and box among them."""
    question = studies.question
    if part == "terms":
        yield from advice.of_terms(question, studies.terms())
    elif part == "game":
        if question.spec.game is not None:
            yield from advice.of_game(studies)
    elif part == "left":
        scale = studies.scale
        replications = scale.replications or question.spec.replications
        yield from left.tables(question, scale.consumers, replications)
    else:
        answer = Answer.of(question, studies.worlds())
        yield from advice.of_worlds(answer)
        yield from advice.of_robustness(answer)
        yield "box", losing.box_table(losing.box(answer))
        yield from advice.of_rules(question, answer.worlds)


def _figures(part: str, studies: Studies, tables: Tables) -> Iterator[tuple[str, Figure]]:
    """Pictures of a part."""
    spoken = words(studies.question)
    if part == "terms":
        yield from advice_pictures.terms(tables, spoken, studies.question)
    elif part == "game" and tables:
        yield from advice_pictures.game(tables, spoken)
    elif part == "worlds":
        yield from advice_pictures.worlds(tables, spoken)
        boxes = losing.box(Answer.of(studies.question, studies.worlds()))
        if boxes is not None:
            yield from advice_pictures.box(boxes)


# --- how it was made -----------------------------------------------------------------------------


def _made(folder: Path, question: Question, size: Size) -> dict[str, Any]:
    """Provenance of the parts that lie in a folder.

    Raises:
        ValueError: if they answer another question, or at another size.
    """
    file = folder / PROVENANCE
    made: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["parts"] if file.exists() else {}
    for about in made.values():
        there = (about["settings"]["question"], about["settings"]["size"])
        if there != (question.name, size):
            raise ValueError(
                f"{folder} holds an answer to {there[0]} of size {there[1]}: choose another folder"
            )
    return made


def _note(question: Question, size: Size, studies: Studies, part: str) -> dict[str, Any]:
    """Provenance of a part, with its runs and their time."""
    settings = {"question": question.name, "size": size, **asdict(SCALES[size])}
    store = studies.store / part
    if (store / "runs").is_dir():
        settings |= effort(open_experiment(store))
    return provenance("advice", sys.argv, settings)


def effort(results: Results) -> dict[str, Any]:
    """Runs of a study, markets simulated in them, processor time, seeds."""
    runs = results.runs()
    options = len({name.split(".")[0] for name in results.outcomes})
    return {
        "runs": len(runs), "options": options, "markets": len(runs) * (options + 1),
        "processor_seconds": float(runs.cpu_s.sum()), "codes": sorted(set(runs.code)),
    }  # fmt: skip


def made_words(made: dict[str, Any], question: Question) -> str:
    """How the parts were made, in Markdown."""
    lines = []
    for part, about in made.items():
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
    if "worlds" in made:
        lines.append(
            "- Worlds: a Latin hypercube over the unknowns, each point in a market of the surviving set "
            f"({Path(question.spec.markets.surviving).name}), with draws of its own. `worlds.csv` names the "
            f"run behind each world, which `sim reproduce RUN_ID FOLDER/{STORE}/worlds` makes again and "
            "compares bit for bit."
        )
    return "\n".join(lines)


def _save_table(path: Path, table: pd.DataFrame) -> Path:
    return write_atomically(path, lambda file: table.to_csv(file, index=False, float_format="%.8g"))


def _save_figure(path: Path, figure: Figure) -> Path:
    return write_atomically(path, lambda file: figure.savefig(file, dpi=150, format="png"))
