"""``sim validate``: does the model stand up?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sim.cli.scenario import plain_errors

RECORD = Path("results") / "validation"


def validate(
    size: Annotated[Literal["small", "full"], typer.Option(help="minutes, or as the record")] = "small",
    part: Annotated[
        list[str] | None, typer.Option(help="history, patterns, outside, structures, popup; repeatable")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder; results/validation, or small in it, by default")
    ] = None,
    executor: Annotated[str, typer.Option(help="where runs are made: local, local:N, serial")] = "local",
) -> None:
    """Fit the history, predict what it has not seen, look for patterns, compare with outside packages."""
    from sim.cli.words import bad_input, needs
    from sim.report.validation.write import write_validation
    from sim.validation.parts import PARTS
    from sim.validation.validate import validate as run

    parts = part or list(PARTS)
    for module in packages(parts):
        needs(module, "validation")
    folder = out or (RECORD if size == "full" else RECORD / "small")
    with plain_errors(), bad_input():
        done = run(folder, size, parts, executor, lambda words: typer.echo(words, err=True))
        written = write_validation(folder, [part for part in parts if part not in done.failed])
        done.require_all()
    files = [*done.files, *written]
    typer.echo(f"wrote {len(files)} files to {folder}: read {folder / 'validation.md'}")


def packages(parts: list[str]) -> list[str]:
    """Optional packages that parts need: all but the comparison with outside packages rest on the fit."""
    found = ["xlogit", "pyblp"] if "outside" in parts else []
    return [*found, "sklearn"] if set(parts) - {"outside"} else found
