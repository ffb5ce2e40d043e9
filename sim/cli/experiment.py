"""``sim run``, ``sim compare``, ``sim trace``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.scenario import Overrides, Sets, loaded
from sim.cli.words import bad_input, progress

if TYPE_CHECKING:
    from sim.engine.seeds import Vary
    from sim.experiments.compare import Settings
    from sim.scenario import LoadedScenario

Replications = Annotated[int, typer.Option(min=1, help="pairs of world and shock seeds")]
Size = Annotated[int | None, typer.Option(min=100, help="simulated consumers; the scenario's by default")]
Seed = Annotated[int, typer.Option(help="root seed of all replications")]
VaryOption = Annotated[str, typer.Option(help="what varies over replications: both, world or shock")]
Workers = Annotated[int, typer.Option(min=1, help="replications at once")]
RunOff = Annotated[bool, typer.Option(help="run the weeks after the horizon for the NPV")]
Quiet = Annotated[bool, typer.Option("--quiet", help="no progress, no table")]


def settings_of(
    replications: int, consumers: int | None, seed: int, vary: str, workers: int, run_off: bool
) -> Settings:
    """Settings from the options of a command.

    Raises:
        ValueError: if `vary` is unknown.
    """
    from sim.experiments.compare import Settings

    if vary not in ("both", "world", "shock"):
        raise ValueError(f"--vary {vary}: expected both, world or shock")
    kind: Vary = vary  # type: ignore[assignment]
    return Settings(replications, consumers, seed, kind, run_off, workers)


def _assigned(files: list[Path], override: list[str] | None, sets: list[str] | None) -> list[LoadedScenario]:
    """Load several scenarios; an assignment holds for those that have its path, and for one at least."""
    chosen = {file: _fitting(file, override, sets or []) for file in files}
    for one in sets or ():
        if not any(one in fits for fits in chosen.values()):
            loaded(files[-1], override, [one])  # leaves with the problem
    return [loaded(file, override, chosen[file]) for file in files]


def _baseline(files: list[Path]) -> Path:
    """The baseline that all of some scenario files name.

    Raises:
        ValueError: if one names none, or they name several.
    """
    named = {file: loaded(file).against for file in files}
    for file, baseline in named.items():
        if baseline is None:
            raise ValueError(f"{file} names no baseline: add --against FILE, or a line `against: FILE` to it")
    found = {baseline.resolve(): baseline for baseline in named.values() if baseline is not None}
    if len(found) > 1:
        words = " and ".join(sorted(baseline.as_posix() for baseline in found.values()))
        raise ValueError(f"the scenarios name several baselines, {words}: choose one with --against FILE")
    return next(iter(found.values()))


def _fitting(file: Path, override: list[str] | None, sets: list[str]) -> list[str]:
    """Assignments whose path a scenario has."""
    from sim.scenario import ScenarioError, load
    from sim.scenario.errors import SET

    try:
        load(file, override or (), sets)
    except ScenarioError as error:
        alien = [problem.path for problem in error.problems if problem.file == SET]
        return [one for one in sets if not any(_concerns(one, path) for path in alien)]
    return sets


def _concerns(assignment: str, path: str) -> bool:
    key = assignment.split("=", 1)[0].strip()
    return key == path or key.startswith(f"{path}.")


def run(
    file: Annotated[Path, typer.Argument(help="scenario file", show_default=False)],
    replications: Replications = 5,
    consumers: Size = None,
    seed: Seed = 1,
    vary: VaryOption = "both",
    workers: Workers = 2,
    run_off: RunOff = False,
    out: Annotated[Path | None, typer.Option(help="folder; results/run_<scenario> by default")] = None,
    override: Overrides = None,
    set_: Sets = None,
    quiet: Quiet = False,
) -> None:
    """Run one scenario and write its tables."""
    scenario, folder = loaded(file, override, set_), out or Path("results") / f"run_{file.stem}"
    from sim.experiments.folders import claim
    from sim.experiments.run import run as run_scenario
    from sim.experiments.run import save_run

    with bad_input(), progress(f"running {file.stem}", replications, quiet) as bar:
        claim(folder, "run")
        settings = settings_of(replications, consumers, seed, vary, workers, run_off)
        tables = run_scenario(scenario.scenario, settings, bar.advance)
    save_run(folder, tables, scenario, settings, sys.argv)
    if not quiet:
        from sim.report.tables import sales_by_channel

        typer.echo(sales_by_channel(tables["sales"], scenario.scenario))
    typer.echo(f"wrote {', '.join(f'{name}.parquet' for name in tables)} and provenance.json to {folder}")


def compare(
    files: Annotated[list[Path], typer.Argument(help="scenario files", show_default=False)],
    against: Annotated[
        Path | None, typer.Option(help="baseline scenario; the one that the files name by default")
    ] = None,
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
    with bad_input():
        against = against or _baseline(files)
    base, *rest = _assigned([against, *files], override, set_)
    others = {file.stem: other for file, other in zip(files, rest, strict=True)}
    folder = out or Path("results") / "_".join(others)
    from sim.experiments.compare import compare as compare_scenarios
    from sim.experiments.folders import claim, save_comparison

    with bad_input(), progress("comparing", replications, quiet) as bar:
        if against.stem in others:
            raise ValueError(f"{against.stem} is the baseline: name another scenario to compare with it")
        claim(folder, "comparison")
        settings = settings_of(replications, consumers, seed, vary, workers, run_off)
        scenarios = {name: other.scenario for name, other in others.items()}
        result = compare_scenarios((against.stem, base.scenario), scenarios, settings, bar.advance)
    written = save_comparison(folder, result, {against.stem: base, **others}, settings, sys.argv)
    if pictures:
        from sim.pictures.gallery import save_all

        written += save_all(result, folder)
    if not quiet:
        from sim.report.tables import answer

        for name in others:
            typer.echo(answer(result, name))
    typer.echo(f"wrote to {folder}: {', '.join(path.name for path in written)}, provenance.json")


def trace(
    first: Annotated[Path, typer.Argument(help="scenario file", show_default=False)],
    second: Annotated[Path, typer.Argument(help="scenario file", show_default=False)],
    consumer: Annotated[
        int | None, typer.Option(help="identity of the person; by default the first who chooses differently")
    ] = None,
    weeks: Annotated[str, typer.Option(help="first-last week; by default those in which they differ")] = "",
    consumers: Size = None,
    seed: Seed = 1,
) -> None:
    """Follow one person's weeks in two scenarios side by side: needs, choice set, utilities, choice."""
    scenarios = (loaded(first).scenario, loaded(second).scenario)
    from sim.engine.seeds import replication_seeds
    from sim.experiments.trace import Question, first_changed, tell, weeks_of
    from sim.experiments.trace import trace as follow

    with bad_input():
        begin, end = weeks_of(scenarios, weeks)
        question = Question(begin, end, consumers, replication_seeds(seed, 1)[0])
        person = first_changed(scenarios, question) if consumer is None else consumer
        told = [follow(scenario, person, question) for scenario in scenarios]
    typer.echo(f"as they are at the end of week {end}: {told[0].person}")
    for line in tell((first.stem, second.stem), (told[0].needs, told[1].needs)):
        typer.echo(line)
