"""The figures in plain words, beside the aims."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sim.bench.measure import Figures, KernelFigures, WeekFigures
from sim.bench.week import projected_seconds
from sim.files import write_text

AIM_C = 1.5
AIM_REFERENCE = 150.0
AIM_WEEK = 1000.0
AIM_BYTES = 128.0
NAMES = {"plain": "plain logit", "nested": "cross-nested logit"}
WIDTH = 110


@dataclass(frozen=True)
class Row:
    """One line: what, how much, the aim and whether it was met (None: there is no aim or no figure)."""

    what: str
    figure: str
    aim: str = ""
    met: bool | None = None


def rows(figures: Figures) -> Iterator[Row]:
    """All lines of the table."""
    for mode, kernel in figures.kernel.items():
        yield from _kernel_rows(NAMES[mode], kernel)
    if figures.week is not None:
        yield from _week_rows(figures.week)


def _kernel_rows(name: str, k: KernelFigures) -> Iterator[Row]:
    yield Row(f"{name}: one choice among 7, kernel", f"{k.choose:.1f} ns")
    yield from _against_c(name, "choice", k.choose, k.c_choose)
    yield Row(f"{name}: probabilities of the 7, kernel", f"{k.expect:.1f} ns")
    yield from _against_c(name, "probabilities", k.expect, k.c_expect)
    if k.equal_choices is not None:
        equal = f"{k.equal_choices:,} of {k.people:,}"
        yield Row(f"{name}: choices equal", equal, "all", k.equal_choices == k.people)
        equal = f"{k.equal_chances:,} of {k.chances:,}"
        yield Row(f"{name}: probabilities equal to the bit", equal, "all", k.equal_chances == k.chances)


def _against_c(name: str, what: str, own: float, c: float | None) -> Iterator[Row]:
    if c is None:
        yield Row(f"{name}: {what}, the same in C", "no C compiler here")
        return
    yield Row(f"{name}: {what}, the same in C", f"{c:.1f} ns")
    ratio = own / c
    yield Row(f"{name}: {what}, kernel time / C time", f"{ratio:.2f}", f"at most {AIM_C}", ratio <= AIM_C)


def _week_rows(w: WeekFigures) -> Iterator[Row]:
    yield Row(
        "a consumer's week, one thread",
        f"{w.one_thread:,.0f} ns",
        f"at most {AIM_WEEK:,.0f} ns",
        w.one_thread <= AIM_WEEK,
    )
    for phase, taken in w.phases.items():
        yield Row(f"   {phase}", f"{taken:,.1f} ns")
    yield Row("a consumer's week, two threads", f"{w.two_threads:,.0f} ns")
    yield Row("speed-up of the second thread", f"{w.one_thread / w.two_threads:.2f} x")
    yield Row("speed-up of pure arithmetic here and now", f"{w.spare_cores:.2f} x")
    yield Row("choices per consumer and week", f"{w.choices:.2f}")
    yield Row("shopping per choice, one thread", f"{w.choice:,.0f} ns")
    yield from _reference_rows(w)
    yield Row(
        "traits and state",
        f"{w.state_bytes:,.0f} bytes a consumer",
        f"at most {AIM_BYTES:.0f}",
        w.state_bytes <= AIM_BYTES,
    )
    yield Row("working memory", f"{w.working_bytes:,.0f} bytes a consumer")
    for name, taken in (("one thread", w.one_thread), ("two threads", w.two_threads)):
        projected = projected_seconds(taken, 1_000_000, 53)
        yield Row(f"projected: 1 million consumers x 53 weeks, {name}", f"{projected:,.1f} s")


def _reference_rows(w: WeekFigures) -> Iterator[Row]:
    name = "reference model (one object a consumer)"
    if w.reference is None or w.reference_choice is None:
        yield Row(name, "not available")
        return
    week, choice = w.reference / w.one_thread, w.reference_choice / w.choice
    yield Row(f"{name}: a consumer's week", f"{w.reference:,.0f} ns")
    yield Row(f"{name}: shopping per choice", f"{w.reference_choice:,.0f} ns")
    aim = f"at least {AIM_REFERENCE:.0f} x"
    yield Row("reference / this model, a week on one core", f"{week:,.0f} x", aim, week >= AIM_REFERENCE)
    yield Row("reference / this model, shopping per choice", f"{choice:,.0f} x", aim, choice >= AIM_REFERENCE)


def table(figures: Figures) -> Table:
    """A table for the terminal."""
    out = Table(title="what the model costs", caption=_caption(figures))
    for column in ("what", "figure", "aim", ""):
        out.add_column(column, justify="right" if column == "figure" else "left")
    for row in rows(figures):
        out.add_row(row.what, row.figure, row.aim, {None: "", True: "met", False: "missed"}[row.met])
    return out


def _caption(figures: Figures) -> str:
    m = figures.machine
    return (
        f"medians, taken in turns in one run; {m['processor']}, {m['cores']} cores, Python {m['python']}, "
        f"numba {m['numba']}, {m['date']}; C: {m['compiler']}"
    )


def text(figures: Figures) -> str:
    """The table as text."""
    page = StringIO()
    Console(file=page, width=WIDTH, color_system=None).print(table(figures))
    return page.getvalue()


def show(figures: Figures) -> None:
    """Print the table; a pipe gets the same width as the record."""
    console = Console()
    console.print(table(figures), width=None if console.is_terminal else WIDTH, crop=False)


def write(figures: Figures, folder: Path) -> tuple[Path, Path]:
    """Write bench.json and bench.txt; each is written whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    record = json.dumps(figures.plain(), indent=2) + "\n"
    return write_text(folder / "bench.json", record), write_text(folder / "bench.txt", text(figures))
