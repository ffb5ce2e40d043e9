"""``sim bargain``, ``sim game`` and ``sim advise``: from differences to a recommendation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.scenario import plain_errors

FOLDER = Path("results") / "advice"
Question_ = Annotated[Path, typer.Argument(help="question file, as scenarios/questions/popup_2019.yaml")]
Size_ = Annotated[Literal["small", "full"], typer.Option(help="minutes with much noise, or as the record")]
Out_ = Annotated[Path | None, typer.Option(help="folder; results/advice/QUESTION by default, small in it")]
Executor_ = Annotated[str, typer.Option(help="where runs are made: local, local:N, serial, dask:ADDRESS")]

Mixed_ = Annotated[
    bool, typer.Option("--allow-mixed-code", help="use stored runs of other code, named on the page")
]


def bargain(
    question: Question_, size: Size_ = "full", out: Out_ = None, executor: Executor_ = "local",
    mixed: Mixed_ = False,
) -> None:  # fmt: skip
    """Break-even commissions, bargaining zone and Nash rate by host and exposure; worth of clauses."""
    _answer(question, size, out, executor, ("terms",), mixed)


def game(
    question: Question_, size: Size_ = "full", out: Out_ = None, executor: Executor_ = "local",
    mixed: Mixed_ = False,
) -> None:  # fmt: skip
    """Payoffs of entrant, host and rivals, dominated strategies, equilibria, regret; terms first."""
    _answer(question, size, out, executor, ("terms", "game"), mixed)


def advise(
    question: Question_, size: Size_ = "full", out: Out_ = None, executor: Executor_ = "local",
    part: Annotated[list[str] | None, typer.Option(help="terms, worlds, game, left; repeatable")] = None,
    mixed: Mixed_ = False,
) -> None:  # fmt: skip
    """One page: what to do, by how much, for whom, how sure, what would change it."""
    from sim.decisions.advise import PARTS

    _answer(question, size, out, executor, tuple(part or PARTS), mixed)


def _answer(
    path: Path,
    size: Literal["small", "full"],
    out: Path | None,
    executor: str,
    parts: tuple[str, ...],
    mixed: bool,
) -> None:
    """Answer a question, or parts of it, and say what was written."""
    from sim.cli.words import bad_input
    from sim.decisions.advise import advise as run
    from sim.decisions.reading import load
    from sim.report.advice.write import write_answer

    with plain_errors(), bad_input():
        question = load(path)
        folder = out or (FOLDER / question.name if size == "full" else FOLDER / question.name / "small")
        note = lambda said: typer.echo(said, err=True)  # noqa: E731
        files = run(question, folder, size, parts, executor, note, mixed_code=mixed)
        files += write_answer(question, folder, parts)
    page = next(file for file in files if file.suffix == ".md")
    typer.echo(f"{len(files)} files in {folder}; read {page}")
