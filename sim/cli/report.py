"""``sim report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[Path, typer.Argument(metavar="RESULT", help="folder of a result", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="file; report.html in the folder by default")] = None,
) -> None:
    """One page about a result, in one file: comparison, cases, sweep, answer of sim advise or validation."""
    from sim.cli.scenario import plain_errors
    from sim.cli.words import bad_input
    from sim.report.results import report as write

    with plain_errors(), bad_input():
        file = write(folder, out)
    size = file.stat().st_size / 1e6
    typer.echo(
        f"wrote {file} ({size:.1f} MB, nothing else is needed): open it in a browser, print it from there"
    )
