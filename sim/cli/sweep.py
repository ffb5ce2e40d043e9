"""``sim sweep`` and ``sim reproduce``: many runs, designed, parallel, resumable."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.words import bad_input, progress

if TYPE_CHECKING:
    from sim.sweep.experiment import Experiment
    from sim.sweep.sweep import Report

FAILED = 3
INTERRUPTED = 130
RETRIED = "failed,timeout,crashed"

app = typer.Typer(no_args_is_help=True, help="Many runs: designed, parallel, resumable, queryable.")

File = Annotated[Path, typer.Argument(help="experiment file", show_default=False)]
Place = Annotated[Path, typer.Argument(help="folder of results", show_default=False)]
Out = Annotated[Path | None, typer.Option(help="folder; results/<experiment> by default")]
Executor = Annotated[str, typer.Option(help="serial, local, local:N, dask:ADDRESS or mpi")]
ShardOption = Annotated[str, typer.Option(help="i/n: only the i-th of n slices, counted from 0")]
Extend = Annotated[bool, typer.Option("--extend", help="the design may replace a smaller one inside it")]
Mixed = Annotated[bool, typer.Option("--allow-mixed-code", help="rows of other code may stand beside")]
Quiet = Annotated[bool, typer.Option("--quiet", help="no progress, no summary")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON")]


@contextmanager
def sweep_errors() -> Iterator[None]:
    """What is wrong with the input as lines on stderr and exit code 2; a sweep that cannot go on: 3."""
    from sim.cli.scenario import plain_errors
    from sim.sweep.driver import SweepError

    with bad_input(), plain_errors():
        try:
            yield
        except ModuleNotFoundError as error:
            raise ValueError(str(error)) from error
        except SweepError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(FAILED) from None


def folder_of(file: Path, out: Path | None) -> Path:
    """Folder of the results of an experiment file."""
    return out or Path("results") / file.stem


def slice_of(text: str) -> tuple[int, int]:
    """Number and count of slices.

    Raises:
        ValueError: if the text says none.
    """
    number, _, count = text.partition("/")
    if number.isdecimal() and count.isdecimal() and int(number) < int(count):
        return int(number), int(count)
    raise ValueError(f"--shard {text}: expected i/n with i from 0 to n - 1, like 0/2")


@app.command(epilog="Example: sim sweep plan scenarios/experiments/popup_unknowns.yaml")
def plan(
    file: File,
    out: Out = None,
    workers: Annotated[int | None, typer.Option(min=1, help="processes; one a core by default")] = None,
    trial: Annotated[bool, typer.Option(help="try a run if none is stored")] = True,
    as_json: AsJson = False,
) -> None:
    """Say what a sweep would do: points, runs, what is stored, time and disk. Nothing is written."""
    from sim.sweep.cost import cost, within_budget
    from sim.sweep.executors import cores
    from sim.sweep.file.reading import load

    with sweep_errors():
        experiment = load(file)
        found = cost(experiment, experiment.plan(), folder_of(file, out), trial=trial)
    count = workers or cores()
    if as_json:
        numbers = {**found.__dict__, "hours": found.hours(count), "gigabytes": found.gigabytes}
        typer.echo(json.dumps({name: None if value != value else value for name, value in numbers.items()}))
    else:
        from sim.report.sweeps.texts import plan_text

        typer.echo(plan_text(experiment, found, count))
    for line in within_budget(experiment, found, count):
        typer.echo(f"over budget: {line}", err=True)
    if found.error:
        typer.echo(f"the run that was tried failed: {found.error}", err=True)
        raise typer.Exit(FAILED)


@app.command(epilog="Example: sim sweep run scenarios/experiments/popup_unknowns.yaml --executor local:4")
def run(
    file: File,
    out: Out = None,
    executor: Executor = "local",
    shard: ShardOption = "0/1",
    extend: Extend = False,
    mixed_code: Mixed = False,
    quiet: Quiet = False,
) -> None:
    """Make the runs that are not there yet. Starting again is going on; Ctrl-C loses nothing."""
    from sim.sweep.file.reading import load

    with sweep_errors():
        options = {"slice_": slice_of(shard), "extend": extend, "mixed_code": mixed_code}
        report = _made(load(file), folder_of(file, out), executor, quiet, options)
    _end(report, file, quiet)


@app.command(epilog="Example: sim sweep retry scenarios/experiments/popup_unknowns.yaml --status timeout")
def retry(
    file: File,
    out: Out = None,
    status: Annotated[str, typer.Option(help="statuses, with commas between")] = RETRIED,
    executor: Executor = "local",
    mixed_code: Mixed = False,
    quiet: Quiet = False,
) -> None:
    """Make runs again that came to nothing."""
    from sim.scenario.errors import unknown
    from sim.sweep.file.reading import load

    with sweep_errors():
        statuses = [word.strip() for word in status.split(",")]
        for word in statuses:
            if word not in RETRIED.split(","):
                raise ValueError(f"--status {status}: " + unknown("status", word, RETRIED.split(",")))
        options = {"retry": statuses, "mixed_code": mixed_code}
        report = _made(load(file), folder_of(file, out), executor, quiet, options)
    _end(report, file, quiet)


def _made(
    experiment: Experiment, folder: Path, executor: str, quiet: bool, options: dict[str, Any]
) -> Report:
    from sim.sweep.cost import refuse_over_budget, rest
    from sim.sweep.driver import Progress
    from sim.sweep.sweep import run as make

    with progress(f"running {experiment.name}", 1, quiet) as bar:

        def before(todo: int, workers: int) -> None:
            bar.expect(todo)
            if experiment.budget.limited:
                refuse_over_budget(experiment, rest(experiment, folder, todo), workers)

        def tell(now: Progress) -> None:
            failed = now.done - now.statuses["ok"]
            bar.reach(now.done, f"({failed} failed, last: {now.error[:60]})" if failed else "")

        return make(experiment, folder, executor, before=before, tell=tell, command=sys.argv, **options)


def _end(report: Report, file: Path, quiet: bool) -> None:
    """Say what was done and leave with the code that says how it went."""
    from sim.report.sweeps.texts import report_text

    if not quiet:
        typer.echo(report_text(report, file))
    if report.interrupted:
        typer.echo("interrupted: everything finished is stored, the same command goes on", err=True)
        raise typer.Exit(INTERRUPTED)
    if report.failed:
        last = f", the last with: {report.progress.error}" if report.progress.error else ""
        typer.echo(f"{report.failed:,} runs have come to nothing{last}", err=True)
        raise typer.Exit(FAILED)


@app.command(epilog="Example: sim sweep status results/popup_unknowns")
def status(folder: Place, as_json: AsJson = False) -> None:
    """Count runs by status and list failures; also while the sweep runs."""
    from sim.sweep.results import open_experiment

    with sweep_errors():
        results = open_experiment(folder)
        counts, failures = results.status(), results.failures()
    if as_json:
        typer.echo(json.dumps({"runs": counts.to_dict(), "failures": failures.to_dict("records")}))
        return
    typer.echo(counts.to_string())
    for row in failures.head(10).itertuples():
        words = (str(word) for word in (row.status, "while", row.stage, row.error_type, row.error))
        typer.echo(f"{str(row.run_id)[:8]}  {' '.join(words).splitlines()[0]}")
    if len(failures) > 10:
        typer.echo(f"and {len(failures) - 10} more: open_experiment('{folder}').failures()")


@app.command(epilog="Example: sim sweep analyse results/popup_unknowns --below 0")
def analyse(
    folder: Place,
    outcome: Annotated[list[str] | None, typer.Option(help="outcomes; all by default")] = None,
    below: Annotated[float | None, typer.Option(help="look for where outcomes are below this")] = None,
    above: Annotated[float | None, typer.Option(help="or above this")] = None,
) -> None:
    """Say what moves the outcomes, with tables and pictures, as far as the design allows."""
    from sim.report.sweeps.analyse import analyse as say
    from sim.sweep.results import open_experiment

    with sweep_errors():
        written = say(open_experiment(folder), folder / "analysis", outcome, below=below, above=above)
    for file in written:
        if file.suffix == ".md":
            typer.echo(file.read_text(encoding="utf-8"))
    typer.echo(f"wrote {len(written)} files to {folder / 'analysis'}")


@app.command(epilog="Example: sim sweep compact results/popup_unknowns")
def compact(folder: Place) -> None:
    """Merge the many small files of a sweep; possible at any time."""
    from sim.sweep.compact import compact as merge
    from sim.sweep.results import open_experiment

    with sweep_errors():
        done = merge(open_experiment(folder))
    typer.echo(
        f"{done.files} files with {done.rows:,} runs merged, {done.dropped} repeated rows dropped, "
        f"{done.orphans} half-written files removed"
    )


@app.command(epilog="Example: sim sweep slurm popup.yaml --tasks 40 --cores 8 > popup.sbatch")
def slurm(
    file: File,
    tasks: Annotated[int, typer.Option(min=1, help="tasks of the array", show_default=False)],
    out: Out = None,
    cores: Annotated[int, typer.Option(min=1, help="cores of a task")] = 1,
    time: Annotated[str, typer.Option(help="time limit of a task")] = "01:00:00",
    command: Annotated[str, typer.Option(help="how to call this program on the cluster")] = "sim",
    max_array: Annotated[int, typer.Option(help="MaxArraySize of the cluster")] = 1001,
) -> None:
    """Print an sbatch script; every task of the array makes its slice of the runs."""
    from sim.sweep.file.reading import load
    from sim.sweep.slurm import script

    with sweep_errors():
        load(file)
        text = script(
            file,
            folder_of(file, out),
            tasks=tasks,
            cores=cores,
            time=time,
            command=command,
            max_array=max_array,
        )
    typer.echo(text, nl=False)


def reproduce(
    run_id: Annotated[str, typer.Argument(help="run_id, or its first digits", show_default=False)],
    folder: Place,
) -> None:
    """Make a stored run again and compare every number bit for bit."""
    from sim.sweep.reproduce import reproduce as again
    from sim.sweep.results import open_experiment

    with sweep_errors():
        found = again(open_experiment(folder), run_id)
    typer.echo(found.outcomes.to_string(index=False))
    if found.panel is not None:
        typer.echo(f"weekly rows: {'the same' if found.panel else 'different'}")
    words = "bit for bit the same" if found.same else "different"
    code = "the code that made it" if found.same_code else "other code than made it"
    typer.echo(f"run {found.run.id[:8]}: {words}, with {code}")
    if not found.same:
        raise typer.Exit(FAILED)
