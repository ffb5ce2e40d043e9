"""``sim explore``: the page in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.scenario import plain_errors
from sim.cli.words import bad_input, needs

DEFAULT = (
    Path("scenarios/popup_on_pinduoduo_2019.yaml"),
    Path("scenarios/popup_on_tmall_2019.yaml"),
)


def explore(
    scenario: Annotated[
        Path | None, typer.Argument(help="scenario file; the pop-up of 2019 by default", show_default=False)
    ] = None,
    second: Annotated[
        Path | None,
        typer.Argument(
            help="the second strategy; the first again by default, on Tmall if none is named",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1024, max=65_000, help="the first free port from here on")] = 5006,
    browser: Annotated[bool, typer.Option(help="open a browser")] = True,
    save_to: Annotated[
        Path | None,
        typer.Option(help="folder of saved scenarios, made if needed; that of the scenario by default"),
    ] = None,
    consumers: Annotated[int, typer.Option(min=500, help="simulated consumers while levers move")] = 5_000,
    replications: Annotated[int, typer.Option(min=2, help="runs of them")] = 8,
    workers: Annotated[int, typer.Option(min=1, help="processes that simulate")] = 2,
) -> None:
    """Compare two strategies in the browser: move terms and dates, see what changes, save the scenario.

    The page is served on this machine only and needs no internet.
    """
    first, other = (scenario, second) if scenario is not None else DEFAULT
    needs("panel", "dashboard")
    with bad_input(), plain_errors():
        from sim.page.choice import choice
        from sim.page.request import Size
        from sim.page.serve import Service, serve

        about = choice(first, other)
        folder = save_to or first.parent
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{folder} is no folder")
        size = Size(consumers, replications)
        serve(about, Service(folder, size, port, browser, workers), _said)
    typer.echo("the page is closed")


def _said(address: str) -> None:
    typer.echo(f"the page is at {address} (only on this machine); end it with Ctrl-C")
