"""A search whose points are runs of a sweep: what has been run lies in a folder, so a search can be killed.

The search itself keeps nothing (see `sim.analysis.search`). Started again it asks for the same points, and
those that are stored are not run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from sim.analysis.search import Found, Search, search
from sim.sweep.designs import Design
from sim.sweep.driver import Progress
from sim.sweep.executors import Pool, open_pool
from sim.sweep.experiment import Experiment
from sim.sweep.results import open_experiment
from sim.sweep.store import PLAN
from sim.sweep.sweep import Interrupted, run

KIND = "search"


class InStore:
    """Makes the points of a search as runs of an experiment.

    Args:
        experiment: what is run; the points of its design are those that are asked for.
        folder: where its runs are stored.
        pool: where runs are made.
        tell: called when something has been committed.
    """

    def __init__(
        self, experiment: Experiment, folder: Path, pool: Pool,
        tell: Callable[[Progress], object] = lambda _: None,
    ) -> None:  # fmt: skip
        self.experiment = experiment
        self.folder = folder
        self.pool = pool
        self.tell = tell
        self.names = [factor.name for factor in experiment.factors]
        self.asked = self._stored()
        self._read: pd.DataFrame | None = None
        """Points with their outcomes, as they lie in the store; none = not read since something was run."""
        self._checked = False
        """Whether the folder has been found to hold this experiment, by this code."""

    def _stored(self) -> pd.DataFrame:
        """Points that have been asked for before."""
        plan = self.folder / PLAN
        if not plan.exists():
            return pd.DataFrame(columns=self.names)
        table = pq.read_table(plan, columns=["point", *self.names]).to_pandas()
        return table.drop_duplicates("point")[self.names].reset_index(drop=True)

    def __call__(self, points: pd.DataFrame) -> pd.DataFrame:
        """Outcomes of points, as means over replications; NaN where a replication failed.

        Raises:
            Interrupted: if somebody asked to stop.
        """
        known = len(points[self.names].merge(self.asked.drop_duplicates())) == len(points)
        # Once the folder is known to be ours, what is all there is not planned again: that takes seconds.
        if self._checked and known and (there := self._outcomes(points)).notna().all(axis=None):
            return there
        parts = [table for table in (self.asked, points[self.names]) if len(table)]
        self.asked = pd.concat(parts, ignore_index=True).drop_duplicates(ignore_index=True)
        places = pd.DataFrame({"block": KIND, "index": range(len(self.asked))})
        grown = replace(self.experiment, design=Design(self.asked.join(places)), kind=KIND)
        self._read = None
        report = run(grown, self.folder, self.pool, extend=True, tell=self.tell)
        if report.interrupted:
            raise Interrupted
        self._checked = True
        return self._outcomes(points)

    def _outcomes(self, points: pd.DataFrame) -> pd.DataFrame:
        """Means over replications; a point with fewer than all replications has none."""
        if self._read is None:
            self._read = open_experiment(self.folder).points()
        whole = self._read[self._read.n == self.experiment.draws.replications]
        wanted = list(self.experiment.outcomes)
        return points[self.names].merge(whole[[*self.names, *wanted]], on=self.names, how="left")[wanted]


def search_runs(
    experiment: Experiment, spec: Search, folder: Path | str, batches: int, executor: str = "local",
    tell: Callable[[Progress], object] = lambda _: None,
) -> Found:  # fmt: skip
    """Search by runs of an experiment; a search that was killed goes on.

    Args:
        experiment: what is run; its own design is replaced by the points that are asked for.
        spec: factors, goals, sampler.
        folder: where runs are stored; no other experiment's.
        batches: how often the sampler is asked.
        executor: where runs are made.
        tell: called when something has been committed.

    Raises:
        ValueError: if the factors of search and experiment differ.
        StoreError: if the folder holds something else.
        Interrupted: if somebody asked to stop; started again it goes on.
    """
    names = [factor.name for factor in experiment.factors]
    if [factor.name for factor in spec.factors] != names:
        raise ValueError(f"the search has other factors than the experiment ({', '.join(names)})")
    pool = open_pool(executor, experiment.work.preload, experiment.work.environment)
    try:
        return search(spec, InStore(experiment, Path(folder), pool, tell), batches)
    finally:
        pool.close()
