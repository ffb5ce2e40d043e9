"""A pool that needs no processes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from sim.engine.watch import StoppedError
from sim.page.worker_pool import Asked, Tables


class Fake:
    """A pool in this process: what is asked is noted and answered at once, or when it is released."""

    workers = 2

    def __init__(self, make: Callable[[Asked], Tables], held: bool = False) -> None:
        self.make, self.held = make, held
        self.asked: list[Asked] = []
        self.open: list[tuple[Asked, Future[Tables]]] = []
        self.latest: dict[int, int] = {}

    def session(self) -> int:
        return 0

    def leave(self, session: int) -> None:
        pass

    def ticket(self, session: int) -> int:
        self.latest[session] = self.latest.get(session, 0) + 1
        return self.latest[session]

    def submit(self, asked: Asked) -> Future[Tables]:
        self.asked.append(asked)
        future: Future[Tables] = Future()
        self.open.append((asked, future))
        if not self.held:
            self.release(-1)
        return future

    def release(self, which: int = 0) -> None:
        """Answer one of those that wait."""
        asked, future = self.open.pop(which)
        if self.latest[asked.session] != asked.ticket:
            future.set_exception(StoppedError())
            return
        try:
            future.set_result(self.make(asked))
        except Exception as error:
            future.set_exception(error)
