"""Serves the page on this machine only."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.extras import optional
from sim.page.choice import Choice
from sim.page.request import QUICK, Size
from sim.page.worker_pool import WorkerPool, freeze
from sim.scenario import load

HOST = "127.0.0.1"
PORT = 5006
PORTS = 50
"""Ports to try, from the one that is asked for on."""


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


@dataclass(frozen=True)
class Service:
    """How a page is served.

    Attributes:
        folder: where saved scenarios go.
        size: what is simulated while levers move.
        port: where to look for a free port.
        show: whether to open a browser.
        workers: processes.
    """

    folder: Path
    size: Size = QUICK
    port: int = PORT
    show: bool = True
    workers: int = 2


@contextmanager
def pool_for(about: Choice, how: Service) -> Iterator[WorkerPool]:
    """Processes that begin at once with what the page will ask for first."""
    pool = WorkerPool(how.workers)
    try:
        pool.warm(load(about.base).scenario, load(about.chosen[0]).scenario, how.size.consumers)
        yield pool
    finally:
        pool.close()


def serve(about: Choice, how: Service, said: Callable[[str], None]) -> None:
    """Serve the page until interrupted.

    Args:
        about: its scenarios.
        how: port, sizes and the like.
        said: is told the address once the server is there.

    Raises:
        ModuleNotFoundError: if the extra `dashboard` is not installed.
        ValueError: if no port is free.
    """
    optional("panel", "dashboard")
    with pool_for(about, how) as pool:
        import panel as pn

        from sim.page.app import Page

        pn.extension(notifications=False)
        freeze()

        def page() -> Any:
            made = Page(pool, about, how.folder, how.size)
            pn.state.on_session_destroyed(lambda context: made.close())
            pn.state.onload(made.ask)
            return made.view

        def bound(place: int) -> Any:
            return pn.serve(
                {"/": page}, address=HOST, port=place, show=how.show, start=False, verbose=False,
                title="Retail market entry", websocket_origin=[f"{HOST}:{place}", f"localhost:{place}"],
            )  # fmt: skip

        place = free_port(how.port)
        try:
            server = bound(place)
        except OSError:  # somebody else took it in the meantime
            place = free_port(place + 1)
            server = bound(place)
        said(f"http://{HOST}:{place}")
        server.run_until_shutdown()
