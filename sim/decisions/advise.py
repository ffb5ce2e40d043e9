"""Run the parts of an answer and write their tables and provenance, from which its report is made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from sim.decisions import advice, central_market, losing
from sim.decisions.advice import Answer
from sim.decisions.question import Question
from sim.decisions.studies import SCALES, Size, Studies
from sim.experiments.results import PROVENANCE, STORE, provenance, read_parts, write_parts
from sim.files import write_atomically
from sim.sweep.results import Results, open_experiment

PARTS = ("terms", "worlds", "game", "left")
"""Parts of an answer by name; a part needs those that its tables are made from."""
Note = Callable[[str], object]


def advise(
    question: Question, folder: Path, size: Size = "full", parts: Sequence[str] = PARTS,
    executor: str = "local", note: Note = lambda _: None, *, mixed_code: bool = False,
) -> list[Path]:  # fmt: skip
    """Run the parts of an answer and write their tables; runs that are there are not made again.

    Args:
        question: the question.
        folder: where everything goes; the runs lie in `store` below it.
        size: small or full.
        parts: which parts, see `PARTS`.
        executor: where runs are made.
        note: called with what is being done, in words.
        mixed_code: whether stored runs of other code are used; the provenance says which code they were
            made with.

    Returns:
        The files that were written.

    Raises:
        ValueError: if there is no such part, the folder holds another answer, or runs failed.
    """
    if wrong := [part for part in parts if part not in PARTS]:
        raise ValueError(f"unknown part '{wrong[0]}', expected {', '.join(PARTS)}")
    folder.mkdir(parents=True, exist_ok=True)
    made = _made_before(folder, question, size)
    studies = Studies(question, folder / STORE, SCALES[size], executor, note, mixed_code)
    files: list[Path] = []
    for part in [part for part in PARTS if part in parts]:
        tables = {name: table for name, table in _tables(part, studies) if len(table.columns)}
        files += [_save_table(folder / f"{name}.csv", table) for name, table in tables.items()]
        made[part] = _provenance(question, size, studies, part)
        write_parts(folder, made)
        note(f"{part}: {'done' if tables else 'not asked'}")
    return [*files, folder / PROVENANCE]


def _tables(part: str, studies: Studies) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the tables of a part by name."""
    question = studies.question
    if part == "terms":
        yield from advice.of_terms(question, studies.terms())
    elif part == "game":
        if question.spec.game is not None:
            yield from advice.of_game(studies)
    elif part == "left":
        scale = studies.scale
        replications = scale.replications or question.spec.replications
        yield from central_market.tables(question, scale.consumers, replications)
    else:
        answer = Answer.of(question, studies.worlds())
        yield from advice.of_worlds(answer)
        yield from advice.of_robustness(answer)
        yield from losing.tables(answer)
        yield from advice.of_rules(question, answer.worlds)


def _save_table(path: Path, table: pd.DataFrame) -> Path:
    return write_atomically(path, lambda file: table.to_csv(file, index=False, float_format="%.8g"))


# --- provenance ----------------------------------------------------------------------------------


def _made_before(folder: Path, question: Question, size: Size) -> dict[str, Any]:
    """Return the provenance of the parts that lie in a folder.

    Raises:
        ValueError: if they answer another question, or at another size.
    """
    made = read_parts(folder)
    for about in made.values():
        there = (about["settings"]["question"], about["settings"]["size"])
        if there != (question.name, size):
            raise ValueError(
                f"{folder} holds an answer to {there[0]} of size {there[1]}: choose another folder"
            )
    return made


def _provenance(question: Question, size: Size, studies: Studies, part: str) -> dict[str, Any]:
    """Return the provenance of a part, with its runs and their time."""
    settings = {"question": question.name, "size": size, **asdict(SCALES[size])}
    store = studies.store / part
    if (store / "runs").is_dir():
        settings |= effort(open_experiment(store))
    return provenance("advice", sys.argv, settings)


def effort(results: Results) -> dict[str, Any]:
    """Return the runs of a study, the markets simulated in them, processor time, and codes of the runs."""
    runs = results.runs()
    options = len({name.split(".")[0] for name in results.outcomes})
    return {
        "runs": len(runs), "options": options, "markets": len(runs) * (options + 1),
        "processor_seconds": float(runs.cpu_s.sum()), "codes": sorted(set(runs.code)),
    }  # fmt: skip
