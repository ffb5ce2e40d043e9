"""``sim bench``: what a choice and a week cost on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def bench(
    scenario: Annotated[Path, typer.Option(help="scenario of the whole week")] = Path(
        "scenarios/popup_on_pinduoduo_2019.yaml"
    ),
    out: Annotated[Path | None, typer.Option(help="folder for bench.json and bench.txt")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="small sizes: shows that it runs, not how fast")
    ] = False,
    root: Annotated[Path, typer.Option(help="folder with tests/reference, for the plain model")] = Path(),
) -> None:
    """Time the choice kernel against C, and the week against one Python object per consumer."""
    from sim.bench.measure import QUICK, Size, measure
    from sim.bench.report import show, write
    from sim.cli.scenario import plain_errors

    with plain_errors():
        figures = measure(scenario, QUICK if quick else Size(), root, lambda line: typer.echo(line, err=True))
    show(figures)
    if out is not None:
        for file in write(figures, out):
            typer.echo(f"wrote {file.as_posix()}")
