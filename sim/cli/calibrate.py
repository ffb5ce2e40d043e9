"""``sim calibrate``: values that are solved, not chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.scenario import plain_errors

app = typer.Typer(no_args_is_help=True, help="Solve values that make the market reproduce its targets.")


@app.callback()
def values() -> None:
    """Solve values that make the market reproduce its targets."""


@app.command(epilog="Example: sim calibrate intercepts scenarios/targets/china_2019.yaml --out solved.yaml")
def intercepts(
    targets: Annotated[Path, typer.Argument(help="targets file", show_default=False)],
    out: Annotated[Path, typer.Option(help="YAML file to write", show_default=False)],
    consumers: Annotated[int, typer.Option(help="simulated consumers")] = 40_000,
    iterations: Annotated[int, typer.Option(help="most iterations")] = 60,
    tolerance: Annotated[float, typer.Option(help="r.m.s. log gap at which to stop")] = 0.006,
    threads: Annotated[int, typer.Option(help="threads")] = 2,
    seed: Annotated[int, typer.Option(help="world and shock seed")] = 1,
) -> None:
    """Solve the intercepts of channels by category and tier to targets of sales."""
    from sim.cli.words import bad_input, progress
    from sim.experiments.calibration import SolveSettings, solve
    from sim.experiments.folders import write_solution
    from sim.kernel import source_digest

    with plain_errors(), bad_input(), progress("solving intercepts", iterations + 1) as bar:
        settings = SolveSettings(consumers, iterations, tolerance, threads, seed)
        solution = solve(targets, settings, lambda k, gap: bar.advance(f"iteration {k}: log gap {gap:.4f}"))
    totals = solution.fit.groupby("channel", sort=False)[["target", "simulated"]].sum()
    about = {
        "command": f"sim calibrate intercepts {targets} --out {out} --consumers {consumers} --seed {seed}",
        "kernels": source_digest(),
        "iterations": len(solution.errors) - 1,
        "rms_log_gap": round(solution.errors[-1], 5),
        "gmv_target": {k: float(f"{v:.4g}") for k, v in totals.target.items()},
        "gmv_simulated": {k: float(f"{v:.4g}") for k, v in totals.simulated.items()},
    }
    solved = {"intercepts": solution.intercepts, "listing_costs": solution.listing_costs}
    write_solution(out, {name: values for name, values in solved.items() if values}, about)
    typer.echo(totals.map(lambda v: f"{v / 1e9:,.1f} bn").to_string())
    typer.echo(
        f"r.m.s. log gap {solution.errors[-1]:.4f} after {len(solution.errors) - 1} iterations; wrote {out}"
    )
    if solution.errors[-1] > tolerance:
        typer.echo(f"not converged: the gap stays above {tolerance}", err=True)
        raise typer.Exit(3)
