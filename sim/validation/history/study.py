"""The history as an experiment: what is run, which figures are read, where runs are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sim.analysis.in_store import InStore
from sim.analysis.search import Found, Goal, Search, search
from sim.sweep.designs import design
from sim.sweep.executors import open_pool
from sim.sweep.experiment import Experiment
from sim.sweep.file.reading import load
from sim.sweep.market_work import MarketWork
from sim.sweep.results import open_experiment
from sim.validation.history.misses import distance, misses, worst
from sim.validation.history.published import outcomes, published
from sim.validation.history.waves import ERRORS, next_points

EXPERIMENT = Path("scenarios/experiments/china_history.yaml")


def history(path: Path | str = EXPERIMENT, consumers: int | None = None) -> Experiment:
    """The experiment of the history with the fitted figures as outcomes.

    Raises:
        ScenarioError: if the file is wrong.
        ValueError: if its outcomes are not the fitted figures.
    """
    experiment, facts = load(path), published()
    fitted = list(facts.index[facts.role == "fitted"])
    if list(experiment.outcomes) != fitted:
        raise ValueError(f"{path}: expected the fitted figures of facts/history.csv as outcomes")
    return experiment if consumers is None else sized(experiment, consumers)


def sized(experiment: Experiment, consumers: int) -> Experiment:
    """The same experiment with another number of consumers."""
    assert isinstance(experiment.work, MarketWork)
    return replace(experiment, work=replace(experiment.work, consumers=consumers))


def reading(experiment: Experiment, facts: pd.DataFrame) -> Experiment:
    """The same experiment with other figures as outcomes."""
    assert isinstance(experiment.work, MarketWork)
    specs = outcomes(facts)
    return replace(experiment, work=replace(experiment.work, outcomes=specs), outcomes=tuple(specs))


@dataclass(frozen=True)
class Effort:
    """How much is run; the order is search, prior, waves, so that a study that was killed goes on.

    Attributes:
        batches: batches of the global search.
        batch: points of a batch.
        prior: points drawn from the whole prior, a Latin hypercube.
        waves: waves of history matching, in which the surfaces' own error is granted.
        inner: waves after them, in which it is not: more of their points survive.
        wave: points of a wave.
        seed: of samplers and walkers.
    """

    batches: int = 16
    batch: int = 24
    prior: int = 200
    waves: int = 4
    inner: int = 2
    wave: int = 150
    seed: int = 1


class Study:
    """Fits the history; every run lies in one folder, and what is there is not run again.

    Args:
        experiment: the history.
        folder: where runs are stored.
        effort: how much is run.
        executor: where runs are made.
        note: called with what has been done, in words.
        starts: points to begin with instead of a search and draws from the prior: what another telling of the
            same history found.
    """

    def __init__(
        self, experiment: Experiment, folder: Path, effort: Effort, executor: str = "local",
        note: Callable[[str], object] = lambda _: None, starts: pd.DataFrame | None = None,
    ) -> None:  # fmt: skip
        self.experiment = experiment
        self.folder = folder
        self.effort = effort
        self.executor = executor
        self.note = note
        self.starts = starts
        self.facts = published()

    @property
    def stages(self) -> list[tuple[str, int]]:
        """Stages and how many points each asks for."""
        effort = self.effort
        first = [("search", effort.batches * effort.batch), ("prior", effort.prior)]
        if self.starts is not None:
            first = [("starts", len(self.starts))]
        waves = range(effort.waves + effort.inner)
        return [*first, *((f"wave {wave + 1}", effort.wave) for wave in waves)]

    def run(self) -> pd.DataFrame:
        """Everything that is missing; all runs, see `runs`."""
        pool = open_pool(self.executor, self.experiment.work.preload, self.experiment.work.environment)
        try:
            store = InStore(self.experiment, self.folder, pool)
            if self.starts is None:
                self._search(store)
                self._prior(store)
            else:
                self._tell("starts", store(self.starts[store.names]))
            for wave in range(self.effort.waves + self.effort.inner):
                self._wave(store, wave)
        finally:
            pool.close()
        return self.runs()

    def runs(self) -> pd.DataFrame:
        """Factors and readings of all points in the order of asking, with the `stage` that asked for them."""
        table = open_experiment(self.folder).points().sort_values("index").reset_index(drop=True)
        stages = pd.Series([stage for stage, points in self.stages for _ in range(points)], dtype=object)
        # By place in the order of asking, not by row: points whose runs failed have no row.
        return table.assign(stage=stages.reindex(table["index"]).fillna("later").to_numpy())

    def _search(self, store: InStore) -> Found | None:
        """Search the prior ranges for the smallest distance by covariance matrix adaptation."""
        if not self.effort.batches:
            return None
        effort, goal = self.effort, Goal("distance", "minimise")
        spec = Search(self.experiment.factors, (goal,), "cmaes", effort.batch, effort.seed)

        def distances(points: pd.DataFrame) -> pd.DataFrame:
            found = distance(misses(store(points), self.facts))
            return pd.DataFrame({"distance": found.to_numpy()}, index=points.index)

        return search(spec, distances, effort.batches, progress=lambda best: self.note(f"search: {best}"))

    def _prior(self, store: InStore) -> None:
        """Runs from all over the prior ranges."""
        drawn = design("lhs", self.experiment.factors, points=self.effort.prior, seed=self.effort.seed)
        self._tell("prior", store(drawn.points[store.names]))

    def _wave(self, store: InStore, wave: int) -> None:
        """Points that the runs before this wave do not rule out."""
        effort = self.effort
        before = sum(points for stage, points in self.stages[: -(effort.waves + effort.inner - wave)])
        runs = self.runs()
        runs = runs[runs["index"] < before]
        errors = ERRORS if wave < effort.waves else 0.0
        points, _ = next_points(
            runs, self.experiment.factors, self.facts, effort.wave, effort.seed + wave, errors
        )
        if len(points):
            self._tell(f"wave {wave + 1}", store(points))

    def _tell(self, stage: str, readings: pd.DataFrame) -> None:
        kept = int((worst(misses(readings, self.facts)) <= 1.0).sum())
        self.note(f"{stage}: {kept} of {len(readings)} runs miss nothing by more than its tolerance")
