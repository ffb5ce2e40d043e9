"""How commands speak: progress on stderr, money in words, bad input as one line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer

BAD_INPUT = 2
QUIET_SECONDS = 30.0


@contextmanager
def bad_input() -> Iterator[None]:
    """Turn a ValueError or missing file into one line on stderr and exit code 2."""
    try:
        yield
    except (ValueError, FileNotFoundError, LookupError) as error:
        typer.echo(str(error.args[0]) if isinstance(error, LookupError) else str(error), err=True)
        raise typer.Exit(BAD_INPUT) from None


def needs(module: str, extra: str) -> None:
    """End with one line and exit code 2 if an optional package is missing, before any work is done."""
    from sim.extras import optional

    try:
        optional(module, extra)
    except ModuleNotFoundError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from None


class Bar:
    """Progress without a terminal: a line every half minute; silent if nothing is to be counted (total 0)."""

    def __init__(self, title: str, total: int) -> None:
        self.title = title
        self.total = total
        self.done = 0
        self.last = time.monotonic()

    def advance(self, note: str = "", by: int = 1) -> None:
        """One more is done, or several."""
        self.done += by
        if self.total and time.monotonic() - self.last > QUIET_SECONDS:
            self.last = time.monotonic()
            typer.echo(f"{self.title}: {self.done} of {self.total} {note}", err=True)

    def expect(self, total: int) -> None:
        """So many there will be; a bar that is silent stays so."""
        self.total = total if self.total else 0

    def reach(self, done: int, note: str = "") -> None:
        """So many are done."""
        self.advance(note, done - self.done)


class RichBar(Bar):
    """Progress in a terminal."""

    def __init__(self, title: str, total: int) -> None:
        super().__init__(title, total)
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self.progress = Progress(*columns, console=Console(stderr=True))
        self.task = self.progress.add_task(title, total=total)

    def expect(self, total: int) -> None:
        """So many there will be."""
        self.progress.update(self.task, total=total)

    def advance(self, note: str = "", by: int = 1) -> None:
        """One more is done, or several."""
        self.done += by
        self.progress.update(self.task, advance=by, description=f"{self.title} {note}".strip())


@contextmanager
def progress(title: str, total: int, quiet: bool = False) -> Iterator[Bar]:
    """A bar on stderr; one line every 30 s when stderr is no terminal; nothing when quiet."""
    if quiet or not sys.stderr.isatty():
        yield Bar(title, total if not quiet else 0)
        return
    bar = RichBar(title, total)
    with bar.progress:
        yield bar
