"""``sim cases``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.experiment import Quiet, Replications, RunOff, Seed, Size, VaryOption, Workers, settings_of
from sim.cli.scenario import plain_errors
from sim.cli.words import bad_input, progress


def cases(
    folder: Annotated[Path, typer.Argument(help="folder of scenario files")] = Path("scenarios"),
    replications: Replications = 10,
    consumers: Size = None,
    seed: Seed = 1,
    vary: VaryOption = "both",
    workers: Workers = 2,
    run_off: RunOff = True,
    out: Annotated[Path, typer.Option(help="folder of the results")] = Path("results/all_cases"),
    quiet: Quiet = False,
) -> None:
    """Compare every scenario of a folder that names a baseline with it; what is done is not run again."""
    from sim.experiments import cases as room
    from sim.experiments.folders import claim
    from sim.report.cases import save

    with bad_input(), plain_errors():
        settings = settings_of(replications, consumers, seed, vary, workers, run_off)
        found = room.find(folder)
        claim(out, room.KIND)
        groups = room.together(case for case in found if not room.is_done(case, settings, out))
        room.note(out, found, settings, sys.argv, complete=False)
        with progress("comparing", replications * len(groups), quiet) as bar:
            room.run(groups, settings, out, sys.argv, bar.advance)
    written = save(found, settings, out)
    room.note(out, found, settings, sys.argv, complete=True)
    ran, names = sum(map(len, groups)), ", ".join(path.name for path in written)
    typer.echo(f"{len(found)} cases, {ran} run now; wrote to {out}: {names}, provenance.json")
