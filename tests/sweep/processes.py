"""Processes of a session, as /proc knows them: which there are, who is whose child, how large they are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process.

    Attributes:
        pid: its number.
        parent: number of its parent.
        session: number of its session.
        state: a letter; Z = it has ended and waits to be taken note of.
        resident: pages of memory.
        command: command line.
    """

    pid: int
    parent: int
    session: int
    state: str
    resident: int
    command: str


def of_session(session: int) -> list[Process]:
    """Processes of a session that have not ended."""
    found = (_process(folder) for folder in Path("/proc").iterdir() if folder.name.isdecimal())
    return [one for one in found if one and one.session == session and one.state not in "ZX"]


def workers(session: int) -> list[Process]:
    """Processes forked from the server of forks, which is a child of the leader of the session."""
    all_ = of_session(session)
    servers = {one.pid for one in all_ if one.parent == session and "forkserver" in one.command}
    return [one for one in all_ if one.parent in servers]


def left_after(session: int, seconds: float = 10.0) -> list[Process]:
    """Processes of a session that are still there after some time."""
    end = time.monotonic() + seconds
    while (found := of_session(session)) and time.monotonic() < end:
        time.sleep(0.01)
    return found


def _process(folder: Path) -> Process | None:
    try:
        stat = (folder / "stat").read_text()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # it has just ended
        return None
    fields = stat.rpartition(")")[2].split()  # the name in brackets may hold anything
    return Process(int(folder.name), int(fields[1]), int(fields[3]), fields[0], int(fields[21]), command)
