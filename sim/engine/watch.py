"""Time of a run: how long it may take, whether anybody still wants it, and what it is busy with."""

from __future__ import annotations

import time
from collections.abc import Callable


class RunTimeoutError(Exception):
    """A run that took longer than it may."""


class StoppedError(Exception):
    """Somebody no longer wants the answer."""


class Watch:
    """Deadline, stop and progress of a run; the engine looks at it before every week.

    Args:
        seconds: how long the run may take from now on.
        stop: says whether nobody wants the result any more.
        progress: called before every week of the run.

    Attributes:
        stage: instantiating, running or extracting.
    """

    def __init__(
        self,
        seconds: float = float("inf"),
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[], object] = lambda: None,
    ) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds
        self.stop = stop
        self.progress = progress
        self.stage = "instantiating"

    def check(self) -> None:
        """Called between weeks.

        Raises:
            RunTimeoutError: after the deadline.
            StoppedError: if nobody wants the result any more.
        """
        if time.monotonic() > self.end:
            raise RunTimeoutError(f"took longer than {self.seconds:g} s")
        if self.stop():
            raise StoppedError
        self.progress()
