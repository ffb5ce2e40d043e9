"""A real browser, headless, and servers of this machine for it to look at."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Most seconds to wait for anything: kernels may have to be compiled."""


def chromium() -> str:
    """Where the system's Chromium is; without one the test is skipped, loudly."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        said = "NO CHROMIUM ON THIS MACHINE: the page was not tested in a browser (install chromium)"
        warnings.warn(pytest.PytestWarning(said), stacklevel=2)
        pytest.skip(said)
    return found


@contextmanager
def opened() -> Iterator[Any]:
    """A page, 1280 pixels wide; what it asks for stands in `page.asked`, errors in `page.errors`."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(1_000 * PATIENCE)
        page.asked, page.errors = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda said: page.errors.append(said.text) if said.type == "error" else None)
        try:
            yield page
        finally:
            browser.close()


@contextmanager
def serving(command: Sequence[str], ready: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server in a process of its own; the address that it says, once its output matches `ready`."""
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=output, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"}, start_new_session=True,
        )  # fmt: skip
    try:
        yield awaited(log, ready, server), server
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(PATIENCE)


def awaited(log: Path, ready: str, server: subprocess.Popen[str]) -> str:
    """What a server says that matches, in its first group."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := re.search(ready, log.read_text()):
            return found.group(1)
        assert server.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"the server said nothing: {log.read_text()}")


def visit(page: Any, address: str) -> None:
    """Go to an address as soon as somebody listens there."""
    port = int(address.rsplit(":", 1)[1])
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    page.goto(address)


def elsewhere(asked: Sequence[str]) -> list[str]:
    """Addresses that are not on this machine."""
    here = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")
    return [address for address in asked if not address.startswith(here)]
