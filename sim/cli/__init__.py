"""The command `sim`: verbs that read as sentences. Heavy imports happen inside the commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import scenario
from sim.cli.bench import bench
from sim.cli.calibrate import app as calibrate
from sim.cli.cases import cases
from sim.cli.decide import advise, bargain, game
from sim.cli.experiment import compare, run, trace
from sim.cli.explore import explore
from sim.cli.report import report
from sim.cli.sweep import app as sweep
from sim.cli.sweep import reproduce
from sim.cli.validate import validate

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Retail market-entry simulation: who wins, who loses and what remains when a retailer enters.",
)
app.add_typer(scenario.app, name="scenario")
app.add_typer(calibrate, name="calibrate")
app.add_typer(sweep, name="sweep")
app.command(epilog="Example: sim run scenarios/popup_on_pinduoduo_2019.yaml --replications 20")(run)
app.command(epilog="Example: sim compare scenarios/popup_on_*.yaml --against scenarios/stay_out.yaml")(
    compare
)
app.command(epilog="Example: sim cases scenarios --replications 20")(cases)
app.command(epilog="Example: sim trace scenarios/stay_out.yaml scenarios/popup_on_pinduoduo_2019.yaml")(trace)
app.command(epilog="Example: sim reproduce 3fa1c09e results/popup_unknowns")(reproduce)
app.command(epilog="Example: sim bargain scenarios/questions/popup_2019.yaml")(bargain)
app.command(epilog="Example: sim game scenarios/questions/popup_2019.yaml")(game)
app.command(epilog="Example: sim advise scenarios/questions/popup_2019.yaml")(advise)
app.command(epilog="Example: sim explore scenarios/popup_on_pinduoduo_2019.yaml")(explore)
app.command(epilog="Example: sim report results/popup_2019")(report)
app.command(epilog="Example: sim validate --size small")(validate)
app.command(epilog="Example: sim bench --out results/benchmarks")(bench)


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="print the version", is_eager=True)] = False,
) -> None:
    """Retail market-entry simulation: who wins, who loses and what remains when a retailer enters."""
    if show:
        from sim import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.command(epilog="Example: sim doctor")
def doctor(
    folder: Annotated[Path, typer.Option(help="folder of scenario files")] = Path("scenarios"),
) -> None:
    """Say what is installed, where compiled kernels are kept, and whether the scenarios are sound."""
    from importlib.metadata import version as installed

    from sim.kernel import cache_folder
    from sim.scenario import ScenarioError, load

    for package in ("retail-entry-sim", "mesa", "numba", "numpy", "pandas", "pyarrow", "pydantic"):
        typer.echo(f"{package:18} {installed(package)}")
    typer.echo(f"{'python':18} {sys.version.split()[0]}")
    typer.echo(f"{'compiled kernels':18} {cache_folder()}")
    files = sorted(folder.glob("*.yaml"))
    if not files:
        typer.echo(f"{'scenario':18} none in {folder}: name the folder with --folder", err=True)
    for file in files:
        try:
            load(file)
            typer.echo(f"{'scenario':18} {file}: ok")
        except ScenarioError as error:
            typer.echo(str(error), err=True)


def main() -> None:
    """Entry point: exit code 130 after an interruption, whatever was running."""
    try:
        app()
    except KeyboardInterrupt:
        typer.echo("interrupted; nothing half-written is left", err=True)
        raise SystemExit(130) from None
