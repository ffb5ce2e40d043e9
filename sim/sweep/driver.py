"""Drives a sweep: hands out shards, counts what comes back, survives workers that die.

At most two shards a worker are in flight, so memory stays flat and an interruption is obeyed at once. When
a worker dies, the runs that workers were at are suspects: each is made again alone, and one that dies
alone twice gets a row with status "crashed". All other runs of lost shards are simply made again.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field

import cloudpickle

from sim.sweep.executors import Pool
from sim.sweep.runs import Run
from sim.sweep.store import Status, commit
from sim.sweep.worker import Job, Marker, Shard, Summary, blank, committed, now, table_of

IN_FLIGHT = 2
"""Shards in flight a worker."""
DEATHS_ALONE = 2
"""Deaths alone after which a run is given up."""
FIRST_FAILURES = 25
"""A sweep whose first runs all fail is ended after so many of them."""
IDLE_DEATHS = 5
"""Deaths in a row at which no worker was at a run: then it is not the runs' fault."""
POLL = 0.5
"""Seconds between looks at the clock."""
GRACE = 10.0
"""A run that does not notice its deadline is ended from outside, after twice its time and these seconds."""


class SweepError(RuntimeError):
    """A sweep that cannot go on."""


@dataclass
class Progress:
    """Where a sweep stands.

    Attributes:
        total: runs to make.
        statuses: runs made, by status.
        seconds: their time together.
        error: the last failure in words.
    """

    total: int
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    error: str = ""

    @property
    def done(self) -> int:
        """Runs made."""
        return self.statuses.total()


Tell = Callable[[Progress], object]


class Driver:
    """Makes runs on a pool.

    Args:
        pool: where.
        job: what.
        shard_seconds: work between two commits of a worker.
        tell: called when something has been committed.
        proven: whether runs of the experiment have come to something before.
    """

    def __init__(
        self, pool: Pool, job: Job, shard_seconds: float, tell: Tell = lambda _: None, *, proven: bool = False
    ) -> None:
        self.pool = pool
        self.job = job
        self.pickled = cloudpickle.dumps(job)
        self.shard_seconds = shard_seconds
        self.tell = tell
        self.proven = proven
        self.waiting: deque[Run] = deque()
        self.suspects: deque[Run] = deque()
        self.alone = False
        self.flying: dict[Future[Summary], Shard] = {}
        self.deaths: Counter[str] = Counter()
        self.attempts: Counter[str] = Counter()
        self.given_back: set[str] = set()
        self.idle_deaths = 0
        self.since: dict[str, tuple[int, float]] = {}
        self.next_look = 0.0
        self.progress = Progress(0)
        self.stopping = False

    def drive(self, runs: Sequence[Run]) -> Progress:
        """Make runs until all are done or somebody asks to stop.

        Raises:
            SweepError: if it makes no sense to go on.
        """
        self.waiting.extend(runs)
        self.progress.total = len(runs)
        while self.flying or (not self.stopping and (self.waiting or self.suspects)):
            if self.stopping:
                self._withdraw()
            else:
                self._hand_out()
            self._collect()
            self._watch()
        return self.progress

    def stop(self) -> None:
        """Ask the workers to commit what they have; what is not begun is not begun.

        It may be called at any moment, also by a handler of signals.
        """
        self.stopping = True
        self.job.folder.busy.mkdir(parents=True, exist_ok=True)
        self.job.folder.stop_file(self.job.invocation).touch()

    def abandon(self) -> None:
        """End everything now; afterwards the pool can be used again."""
        self.stop()
        self._withdraw()
        self.pool.kill()
        self.pool.renew()

    def _withdraw(self) -> None:
        for future in list(self.flying):
            if future.cancel():
                del self.flying[future]

    # --- handing out -----------------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Fill the window; a suspect is made when nothing else is in flight."""
        if self.suspects:
            if not self.flying:
                self._submit([self.suspects.popleft()], alone=True)
                self.alone = True
            return
        if self.alone and self.flying:
            return
        self.alone = False
        while self.waiting and len(self.flying) < IN_FLIGHT * self.pool.workers and not self.stopping:
            size = self._size()
            self._submit([self.waiting.popleft() for _ in range(min(size, len(self.waiting)))])

    def _size(self) -> int:
        """Runs of the next shard: so many seconds of work, less near the end, one until a run is known."""
        if not self.progress.done:
            return 1
        mean = max(self.progress.seconds / self.progress.done, 1e-6)
        share = len(self.waiting) // (2 * self.pool.workers)
        return max(1, min(int(self.shard_seconds / mean), share))

    def _submit(self, runs: Sequence[Run], *, alone: bool = False) -> None:
        attempt = 1 + max(self.attempts[run.id] for run in runs)
        final = all(run.id in self.given_back for run in runs)
        shard = Shard(uuid.uuid4().hex, tuple(runs), attempt, final, alone)
        try:
            self.flying[self.pool.submit(self.pickled, shard)] = shard
        except self.pool.broken:  # the pool broke since we last looked
            self._died([shard])

    # --- what comes back -------------------------------------------------------------------------

    def _collect(self) -> None:
        """Take in what is done."""
        done, _ = wait(self.flying, timeout=POLL, return_when=FIRST_COMPLETED)
        lost: list[Shard] = []
        for future in done:
            shard = self.flying.pop(future, None)
            if shard is None:
                continue
            try:
                summary = future.result()
            except self.pool.broken:
                lost.append(shard)
            except CancelledError:
                self.waiting.extendleft(reversed(shard.runs))
            except Exception as error:  # not of a run, those are rows
                raise SweepError(f"results cannot be made or written: {error!r}") from error
            else:
                self._settle(shard, summary)
        if lost:
            self._died(lost)

    def _settle(self, shard: Shard, summary: Summary) -> None:
        """Count the runs of a shard that was committed."""
        self.idle_deaths = 0
        known = {run.id: run for run in shard.runs}
        for name in summary.again:
            self.attempts[name] += 1
            self.given_back.add(name)
            self.suspects.append(known[name])
        self.waiting.extendleft(known[name] for name in reversed(summary.left))
        self._count(summary.statuses, summary.seconds, summary.error)

    def _count(self, statuses: Counter[str], seconds: float, error: str) -> None:
        progress = self.progress
        progress.statuses += statuses
        progress.seconds += seconds
        progress.error = error or progress.error
        self.tell(progress)
        hopeless = progress.done >= FIRST_FAILURES and not (self.proven or progress.statuses["ok"])
        if hopeless and progress.total > progress.done:
            raise SweepError(f"the first {progress.done} runs all failed, the last with: {progress.error}")

    # --- deaths ----------------------------------------------------------------------------------

    def _died(self, lost: list[Shard]) -> None:
        """A worker died: find out what it was at, put the rest back, get new workers."""
        if self.pool.together:
            self.pool.kill()  # so that nothing is committed any more while we look at what was
            lost += self.flying.values()
            self.flying.clear()
        seen = [(shard, self._found(shard)) for shard in lost if not self._committed(shard)]
        idle = bool(seen) and all(number is None for _, number in seen)
        self.idle_deaths = self.idle_deaths + 1 if idle else 0
        if self.idle_deaths > IDLE_DEATHS:
            raise SweepError(
                f"workers of {self.pool.name} die before they begin a run; what they say stands above "
                '(a script that is run needs `if __name__ == "__main__":` before it calls a sweep)'
            )
        for shard, number in reversed(seen):
            self._put_back(shard, number)
        self.pool.renew()

    def _committed(self, shard: Shard) -> bool:
        """Whether a shard whose worker died had been committed before; then its runs are counted."""
        summary = committed(self.job.folder, shard)
        if summary is not None:
            self._settle(shard, summary)
        return summary is not None

    def _found(self, shard: Shard) -> int | None:
        """Number of the run at which the worker of a shard died; None if it was at none."""
        marker = self._marker(shard)
        number = marker.read()
        marker.path.unlink(missing_ok=True)
        return number

    def _marker(self, shard: Shard) -> Marker:
        return Marker.of(self.job.folder, self.job.invocation, shard.id)

    def _put_back(self, shard: Shard, number: int | None) -> None:
        """Make the runs of a lost shard again, the one that the worker was at alone."""
        for run in reversed(shard.runs):
            self.attempts[run.id] += 1
        if number is None:
            (self.suspects if shard.alone else self.waiting).extendleft(reversed(shard.runs))
            return
        guilty = shard.runs[number]
        self.waiting.extendleft(run for run in reversed(shard.runs) if run is not guilty)
        if shard.alone:
            self.deaths[guilty.id] += 1
        if self.deaths[guilty.id] >= DEATHS_ALONE:
            words = "the worker died, alone with this run, twice"
            self._give_up(guilty, "crashed", words, self.attempts[guilty.id])
        else:
            self.suspects.append(guilty)

    def _give_up(self, run: Run, status: Status, error: str, attempt: int) -> None:
        """Commit a row for a run that cannot be made."""
        shard = Shard(uuid.uuid4().hex, (run,), attempt)
        row = blank(run, shard, self.job.invocation, self.job.work.code)
        row |= {"status": status, "stage": "running", "error": error, "started_utc": now()}
        commit(self.job.folder, shard.id, table_of(self.job.columns, [row], {}), None)
        self._count(Counter({status: 1}), 0.0, error)

    # --- runs that do not end --------------------------------------------------------------------

    def _watch(self) -> None:
        """End workers that are stuck in a run: it then is a timeout, and the others are made again."""
        if not self.pool.together:
            return
        limit = 2 * self.job.run_seconds + GRACE
        stuck = self._stuck(limit)
        if stuck:
            self._end(stuck, f"did not end by itself; ended after {limit:g} s")
        if stuck or self.pool.lost():
            self._died([])

    def _end(self, stuck: Sequence[Shard], error: str) -> None:
        self.pool.kill()
        self.flying = {future: shard for future, shard in self.flying.items() if shard not in stuck}
        for shard in stuck:
            if not self._committed(shard):  # it may just have ended
                run = shard.runs[self._found(shard) or 0]
                self.waiting.extendleft(other for other in reversed(shard.runs) if other is not run)
                self._give_up(run, "timeout", error, self.attempts[run.id] + 1)

    def _stuck(self, limit: float) -> list[Shard]:
        """Shards whose worker has been at the same run for so many seconds, by the clock of this process.

        The times of the files would be those of another machine, and go on while this one is asleep.
        """
        moment, before = time.monotonic(), self.since
        if moment < self.next_look:
            return []
        self.next_look, self.since = moment + POLL, {}
        for shard in self.flying.values():
            number, known = self._marker(shard).read(), before.get(shard.id)
            if number is not None:
                self.since[shard.id] = known if known and known[0] == number else (number, moment)
        late = {name for name, (_, since) in self.since.items() if moment - since > limit}
        return [shard for shard in self.flying.values() if shard.id in late]


def pending(runs: Iterable[Run], done: set[str], slice_: tuple[int, int] = (0, 1)) -> list[Run]:
    """Runs that are still to be made, of one slice of all runs.

    Slices are told apart by identity, so that they need no agreement and stay the same as a design grows.
    """
    number, of = slice_
    return [run for run in runs if run.id not in done and int(run.id[:8], 16) % of == number]
