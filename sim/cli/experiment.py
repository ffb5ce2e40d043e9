"""``sim run``, ``sim compare``, ``sim trace``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.scenario import Overrides, Sets, loaded
from sim.cli.words import bad_input, progress

if TYPE_CHECKING:
    from sim.experiments.compare import Settings
    from sim.experiments.seeds import Vary

Replications = Annotated[int, typer.Option(min=1, help="pairs of world and shock seeds")]
Size = Annotated[int | None, typer.Option(min=100, help="simulated consumers; the scenario's by default")]
Seed = Annotated[int, typer.Option(help="root seed of all replications")]
VaryOption = Annotated[str, typer.Option(help="what varies over replications: both, world or shock")]
Workers = Annotated[int, typer.Option(min=1, help="replications at once")]
RunOff = Annotated[bool, typer.Option(help="run the weeks after the horizon for the NPV")]
Quiet = Annotated[bool, typer.Option("--quiet", help="no progress, no table")]


def _settings(
    replications: int, consumers: int | None, seed: int, vary: str, workers: int, run_off: bool
) -> Settings:
    from sim.experiments.compare import Settings

    if vary not in ("both", "world", "shock"):
        raise ValueError(f"--vary {vary}: expected both, world or shock")
    kind: Vary = vary  # type: ignore[assignment]
    return Settings(replications, consumers, seed, kind, run_off, workers)


def run(
    file: Annotated[Path, typer.Argument(help="scenario file", show_default=False)],
    replications: Replications = 5,
    consumers: Size = None,
    seed: Seed = 1,
    vary: VaryOption = "both",
    workers: Workers = 2,
    run_off: RunOff = False,
    out: Annotated[Path | None, typer.Option(help="folder; results/<scenario> by default")] = None,
    override: Overrides = None,
    set_: Sets = None,
    quiet: Quiet = False,
) -> None:
    """Run one scenario and write its tables."""
    scenario = loaded(file, override, set_)
    from sim.experiments.run import run as run_scenario
    from sim.experiments.run import save_run

    with bad_input(), progress(f"running {file.stem}", replications, quiet) as bar:
        settings = _settings(replications, consumers, seed, vary, workers, run_off)
        tables = run_scenario(scenario.scenario, settings, bar.advance)
    folder = out or Path("results") / file.stem
    save_run(folder, tables, scenario, settings, sys.argv)
    if not quiet:
        from sim.report.tables import sales_by_channel

        typer.echo(sales_by_channel(tables["sales"], scenario.scenario))
    typer.echo(f"wrote {', '.join(f'{name}.parquet' for name in tables)} and provenance.json to {folder}")


def compare(
    files: Annotated[list[Path], typer.Argument(help="scenario files", show_default=False)],
    against: Annotated[Path, typer.Option(help="baseline scenario", show_default=False)],
    replications: Replications = 10,
    consumers: Size = None,
    seed: Seed = 1,
    vary: VaryOption = "both",
    workers: Workers = 2,
    run_off: RunOff = True,
    out: Annotated[Path | None, typer.Option(help="folder; results/<scenarios> by default")] = None,
    pictures: Annotated[bool, typer.Option(help="draw the pictures")] = True,
    override: Overrides = None,
    set_: Sets = None,
    quiet: Quiet = False,
) -> None:
    """Compare scenarios with a baseline, person by person on the same draws."""
    base = loaded(against, override, set_)
    others = {file.stem: loaded(file, override, set_) for file in files}
    from sim.experiments.compare import compare as compare_scenarios
    from sim.experiments.folders import save_comparison

    with bad_input(), progress("comparing", replications, quiet) as bar:
        settings = _settings(replications, consumers, seed, vary, workers, run_off)
        scenarios = {name: other.scenario for name, other in others.items()}
        result = compare_scenarios((against.stem, base.scenario), scenarios, settings, bar.advance)
    folder = out or Path("results") / "_".join(others)
    written = save_comparison(folder, result, {against.stem: base, **others}, settings, sys.argv)
    if pictures:
        from sim.report.plots import save_all

        written += save_all(result, folder)
    if not quiet:
        from sim.report.tables import answer

        for name in others:
            typer.echo(answer(result, name))
    typer.echo(f"wrote to {folder}: {', '.join(path.name for path in written)}, provenance.json")


def trace(
    first: Annotated[Path, typer.Argument(help="scenario file", show_default=False)],
    second: Annotated[Path, typer.Argument(help="scenario file", show_default=False)],
    consumer: Annotated[int, typer.Option(help="identity of the person", show_default=False)],
    weeks: Annotated[str, typer.Option(help="first and last week")] = "46-52",
    consumers: Size = None,
    seed: Seed = 1,
) -> None:
    """Follow one person's weeks in two scenarios side by side: needs, choice set, utilities, choice."""
    scenarios = [loaded(file).scenario for file in (first, second)]
    from sim.experiments.seeds import replication_seeds
    from sim.experiments.trace import tell
    from sim.experiments.trace import trace as follow

    with bad_input():
        begin, end = (int(week) for week in weeks.split("-"))
        seeds = replication_seeds(seed, 1)[0]
        told = [
            follow(s, consumer, first=begin, last=end, consumers=consumers, root=seeds) for s in scenarios
        ]
    for person in (story.person for story in told[:1]):
        typer.echo(person)
    for line in tell((first.stem, second.stem), (told[0].needs, told[1].needs)):
        typer.echo(line)
