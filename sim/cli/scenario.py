"""``sim scenario``: check, show, compare and list scenario files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sim.scenario import LoadedScenario

BAD_INPUT = 2

app = typer.Typer(no_args_is_help=True, help="Check, show, compare and list scenario files.")

File = Annotated[Path, typer.Argument(help="scenario file", show_default=False)]
Overrides = Annotated[list[str] | None, typer.Option("--override", help="patch to apply, may be repeated")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="a.b=c, applied last, may be repeated")]


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn a scenario error into its problems on stderr and exit code 2."""
    from sim.scenario import ScenarioError

    try:
        yield
    except ScenarioError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from None


def loaded(file: Path, overrides: list[str] | None = None, sets: list[str] | None = None) -> LoadedScenario:
    """Load a scenario or leave with its problems."""
    from sim.scenario import load

    with plain_errors():
        return load(file, overrides or (), sets or ())


@app.command(epilog="Example: sim scenario check scenarios/*.yaml")
def check(files: Annotated[list[Path], typer.Argument(help="scenario files", show_default=False)]) -> None:
    """Check scenario files and say what is wrong, all problems at once."""
    bad = [file for file in files if not is_sound(file)]
    if bad:
        raise typer.Exit(BAD_INPUT)


def is_sound(file: Path) -> bool:
    """Check one file and say so."""
    from sim.scenario import ScenarioError, load

    try:
        load(file)
    except ScenarioError as error:
        typer.echo(str(error), err=True)
        return False
    typer.echo(f"{file.as_posix()}: ok")
    return True


@app.command(epilog="Example: sim scenario show scenarios/china_2019.yaml --origins")
def show(
    file: File,
    origins: Annotated[bool, typer.Option("--origins", help="say where each value comes from")] = False,
    override: Overrides = None,
    set_: Sets = None,
) -> None:
    """Print the resolved scenario, defaults included."""
    from sim.scenario.show import show as text

    typer.echo(text(loaded(file, override, set_), origins), nl=False)


@app.command(epilog="Example: sim scenario diff scenarios/stay_out.yaml scenarios/popup.yaml")
def diff(a: File, b: File) -> None:
    """Print the values in which two resolved scenarios differ."""
    from sim.scenario.show import diff as text

    typer.echo(text(loaded(a), loaded(b)) or "no difference\n", nl=False)


@app.command(epilog="Example: sim scenario schema --write scenarios/schema")
def schema(
    partial: Annotated[bool, typer.Option("--partial", help="for files that extend another")] = False,
    write: Annotated[Path | None, typer.Option("--write", help="folder for the schema files")] = None,
) -> None:
    """Print the JSON Schema of scenario files, or write all schemas for editors (experiments, questions)."""
    from sim.scenario.schema import json_schema

    if write is None:
        chosen = json_schema.partial_schema() if partial else json_schema.full_schema()
        typer.echo(json_schema.text(chosen), nl=False)
        return
    from sim.decisions.schema import write as write_question
    from sim.sweep.file.json_schema import write as write_experiment

    for file in (*json_schema.write(write), write_experiment(write), write_question(write)):
        typer.echo(f"wrote {file.as_posix()}")


@app.command("list", epilog="Example: sim scenario list scenarios")
def list_(
    folder: Annotated[Path, typer.Argument(help="folder of scenario files")] = Path("scenarios"),
) -> None:
    """List the scenarios of a folder, one line each: case, file, title, baseline; cases first."""
    if not folder.is_dir():
        typer.echo(f"{folder.as_posix()}: no such folder", err=True)
        raise typer.Exit(BAD_INPUT)
    lines = sorted((line for file in folder.glob("*.y*ml") if (line := line_of(file))), key=order)
    columns = [column for column in zip(*lines, strict=True) if any(column)]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        words = (f"{word:<{width}}" for word, width in zip(row, widths, strict=True))
        typer.echo("  ".join(words).rstrip())


def line_of(file: Path) -> tuple[str, ...]:
    """Return case, name, title and baseline of a scenario file; empty if it is another kind of file."""
    from sim.scenario.errors import Origin, ScenarioError
    from sim.scenario.reading.layers import read_root

    try:
        entries = read_root(file, Origin(file.as_posix())).entries
    except ScenarioError as error:
        return "", file.name, f"(unreadable: {error.problems[0].message})", ""
    if not {"schema", "extends"} & set(entries):
        return ()
    case, title, against = (
        str(entries[key].value) if key in entries else "" for key in ("case", "title", "against")
    )
    return case, file.name, title or file.stem, f"(against {against})" if against else ""


def order(line: tuple[str, ...]) -> tuple[bool, object, str]:
    """Sort key of a line: cases first, in natural order, then files."""
    from sim.scenario.reading.labels import natural

    return not line[0], natural(line[0]), line[1]
