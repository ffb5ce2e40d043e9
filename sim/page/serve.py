"""Serves the page on this machine only."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.extras import optional
from sim.page.crew import Crew, freeze
from sim.page.request import QUICK
from sim.scenario import ScenarioError, load
from sim.scenario.errors import Origin
from sim.scenario.layers import read_root

HOST = "127.0.0.1"
PORT = 5006
PORTS = 50
"""Ports to try, from the one that is asked for on."""


@dataclass(frozen=True)
class Choice:
    """What a page is about.

    Attributes:
        base: file of the baseline.
        files: scenario files that name it, by title, the baseline last.
        chosen: the files to begin with.
    """

    base: Path
    files: Mapping[str, Path]
    chosen: tuple[Path, Path]


def choice(scenario: Path, second: Path | None = None) -> Choice:
    """The scenarios of a page: those beside a scenario that are compared with the same baseline, and it.

    Raises:
        ScenarioError: if a scenario is wrong.
        ValueError: if it names no baseline, or the second one another.
    """
    base = _baseline(scenario)
    chosen = (scenario, second or scenario)
    if chosen[1].resolve() != base.resolve() and _baseline(chosen[1]).resolve() != base.resolve():
        raise ValueError(f"{second} is compared with {_baseline(chosen[1])}, but {scenario} with {base}")
    beside = [file for file in sorted(base.parent.glob("*.y*ml")) if _names(file, base)]
    files = {file.resolve(): file for file in (base, *reversed(beside), *reversed(chosen))}
    order = [*dict.fromkeys(file.resolve() for file in (*chosen, *beside)), base.resolve()]
    shown = [files[place] for place in dict.fromkeys(order)]
    one, two = (files[file.resolve()] for file in chosen)
    return Choice(base, _titled(shown), (one, two))


def _titled(files: Sequence[Path]) -> dict[str, Path]:
    """Files by their titles; those of one title are told apart by their names."""
    titles = [_title(file) for file in files]
    return {
        title if titles.count(title) == 1 else f"{title} ({file.name})": file
        for title, file in zip(titles, files, strict=True)
    }


def _baseline(scenario: Path) -> Path:
    against = load(scenario).against
    if against is None:
        raise ValueError(f"{scenario} names no baseline: add a line `against: FILE` to it")
    return against


def _entries(file: Path) -> Mapping[str, Any]:
    """First level of a file; nothing if it cannot be read."""
    try:
        return dict(read_root(file, Origin(file.as_posix())).entries)
    except ScenarioError:
        return {}


def _names(file: Path, base: Path) -> bool:
    """Whether a file says that it is compared with the baseline."""
    node = _entries(file).get("against")
    return node is not None and (file.parent / str(node.value)).resolve() == base.resolve()


def _title(file: Path) -> str:
    node = _entries(file).get("title")
    return str(node.value) if node is not None else file.stem


# --- the server ----------------------------------------------------------------------------------


def free_port(wanted: int) -> int:
    """The first free port from the wanted one on.

    Raises:
        ValueError: if all are taken.
    """
    for port in range(wanted, wanted + PORTS):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ValueError(f"ports {wanted} to {wanted + PORTS - 1} are all taken: choose another --port")


@contextmanager
def crew_for(about: Choice, workers: int) -> Iterator[Crew]:
    """Processes that begin at once with what the page will ask for first."""
    crew = Crew(workers)
    try:
        crew.warm(load(about.base).scenario, load(about.chosen[0]).scenario, QUICK.consumers)
        yield crew
    finally:
        crew.close()


def serve(
    about: Choice, port: int, show: bool, folder: Path, said: Callable[[str], None], workers: int
) -> None:
    """Serve the page until interrupted.

    Args:
        about: its scenarios.
        port: where to look for a free port.
        show: whether to open a browser.
        folder: where saved scenarios go.
        said: is told the address once the server is there.
        workers: processes.

    Raises:
        ModuleNotFoundError: if the extra `dashboard` is not installed.
        ValueError: if no port is free.
    """
    optional("panel", "dashboard")
    place = free_port(port)
    with crew_for(about, workers) as crew:
        import panel as pn

        from sim.page.app import Page

        pn.extension(notifications=False)
        freeze()

        def page() -> Any:
            made = Page(crew, about.base, about.files, about.chosen, folder)
            pn.state.on_session_destroyed(lambda context: made.close())
            pn.state.onload(made.ask)
            return made.view

        origins = [f"{HOST}:{place}", f"localhost:{place}"]
        server = pn.serve(
            {"/": page}, address=HOST, port=place, websocket_origin=origins, show=show, start=False,
            title="Retail market entry", verbose=False,
        )  # fmt: skip
        said(f"http://{HOST}:{place}")
        server.run_until_shutdown()
