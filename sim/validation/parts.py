"""The parts of a validation, each with tables: history, patterns, outside packages, structures, the pop-up.

Every part exists in two sizes. "full" is what the record in results/validation was made with; "small" takes
minutes for all parts and says the same with more noise. Runs lie in a store beside the tables, so a part that
was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd

from sim.experiments.compare import Settings
from sim.experiments.stored import Case
from sim.scenario import load
from sim.sweep.experiment import Experiment
from sim.sweep.results import open_experiment
from sim.validation import popup
from sim.validation.alternatives import alternatives
from sim.validation.history.forecast import (
    beside_rivals,
    forecast,
    held_against,
    still_there,
    to_the_end,
    told,
)
from sim.validation.history.identified import central, combinations, identified, priors
from sim.validation.history.published import published
from sim.validation.history.rivals import rivals
from sim.validation.history.study import Effort, Study, history
from sim.validation.history.waves import Limits, fitted_surfaces, nearest, prior_share, survivors
from sim.validation.outside import outside
from sim.validation.patterns import patterns
from sim.validation.structures import Structure, read_structures

Size = Literal["small", "full"]
Note = Callable[[str], object]
TELLINGS = Path("scenarios/validation/history.yaml")
STRUCTURES = Path("scenarios/validation/alternatives.yaml")
POPUP, STAY_OUT = Path("scenarios/popup_fitted.yaml"), Path("scenarios/stay_out_fitted.yaml")
BASE = "goes_on"
"""The telling of the base."""


@dataclass(frozen=True)
class Scale:
    """How much each part does.

    Attributes:
        consumers: simulated consumers of the fit.
        effort: runs of the fit of the base.
        retelling: runs of the fit of another telling.
        predicted: most surviving sets whose later quarters are run.
        later_consumers: consumers of those runs.
        later_replications: pairs of seeds of those runs.
        tellings: which tellings are run.
        markets: surviving sets in which patterns are looked for.
        settings: of the comparison under other structures.
        popup_points: points of the pop-up's unknowns.
        popup_consumers: consumers of those runs.
    """

    consumers: int
    effort: Effort
    retelling: Effort
    predicted: int
    later_consumers: int
    later_replications: int
    tellings: tuple[str, ...]
    markets: int
    settings: Settings
    popup_points: int
    popup_consumers: int


SCALES: Mapping[Size, Scale] = {
    "small": Scale(
        consumers=6_000, effort=Effort(batches=0, prior=150, waves=1, inner=3, wave=80),
        retelling=Effort(waves=1, inner=1, wave=40), predicted=50, later_consumers=12_000,
        later_replications=1, tellings=(BASE, "ends"), markets=2,
        settings=Settings(replications=2, consumers=3_000), popup_points=40, popup_consumers=3_000,
    ),
    "full": Scale(
        consumers=6_000, effort=Effort(), retelling=Effort(waves=2, inner=2, wave=100), predicted=1_000,
        later_consumers=20_000, later_replications=2, tellings=(BASE, "ends", "trust", "merchants"),
        markets=12, settings=Settings(replications=8, consumers=10_000), popup_points=200,
        popup_consumers=10_000,
    ),
}  # fmt: skip


@dataclass
class Validation:
    """Runs the parts; what a part found is kept for those that need it.

    Args:
        store: folder of the runs.
        size: small or full.
        executor: where runs are made.
        note: called with what has been done, in words.
    """

    store: Path
    size: Size = "small"
    executor: str = "local"
    note: Note = lambda _: None
    _surviving: pd.DataFrame | None = field(default=None, init=False)
    _fitted: dict[str, pd.DataFrame] = field(default_factory=dict, init=False)

    @property
    def scale(self) -> Scale:
        """How much each part does."""
        return SCALES[self.size]

    @property
    def experiment(self) -> Experiment:
        """The experiment of the history."""
        return history(consumers=self.scale.consumers)

    def study(self, telling: str = BASE) -> Study:
        """The fit of a telling; another one than the base begins where the base is nearest to the figures."""
        experiment, scale = told(self.experiment, self.tellings()[telling]), self.scale
        folder, note = self.store / f"fit_{telling}", lambda words: self.note(f"{telling}: {words}")
        if telling == BASE:
            return Study(experiment, folder, scale.effort, self.executor, note)
        base = self.fitted(BASE)
        starts = nearest(base, published(), 120 if self.size == "full" else 60)
        return Study(experiment, folder, scale.retelling, self.executor, note, starts)

    def fitted(self, telling: str) -> pd.DataFrame:
        """All runs of the fit of a telling."""
        if telling not in self._fitted:
            self._fitted[telling] = self.study(telling).run()
        return self._fitted[telling]

    def tellings(self) -> dict[str, Structure]:
        """Tellings of the history by name."""
        return read_structures(TELLINGS)

    def same_fit(self, telling: str) -> bool:
        """Whether a telling differs from the base after June 2019 only."""
        return set(self.tellings()[telling].set) <= {"platforms.pinduoduo.appeal.until"}

    # --- history ---------------------------------------------------------------------------------

    def later(self, telling: str = BASE) -> pd.DataFrame:
        """Readings to the end of the surviving sets of a telling, none of them ruled out at this size."""
        study = self.study(BASE if self.same_fit(telling) else telling)
        found = survivors(self.fitted(BASE if self.same_fit(telling) else telling), study.facts)
        if len(found) == 0:
            self.note(f"{telling}: no parameter set survives")
            return found
        if len(found) > self.scale.predicted:
            found = found.sample(self.scale.predicted, random_state=1).sort_index()
        experiment = told(self.experiment, self.tellings()[telling])
        size = (self.scale.later_consumers, self.scale.later_replications)
        folder = self.store / f"later_{telling}"
        every = forecast(to_the_end(experiment, study.facts, found, *size), folder, self.executor)
        kept = still_there(every, study.facts)
        self.note(
            f"{telling}: {len(kept)} of {len(every)} sets also survive on other draws and more consumers"
        )
        return kept

    def surviving(self) -> pd.DataFrame:
        """The surviving set of the base: factors and readings.

        Raises:
            ValueError: if nothing survives.
        """
        if self._surviving is None:
            self._surviving = self.later()
        if self._surviving.empty:
            raise ValueError("no parameter set survives: nothing can be said at this size")
        return self._surviving

    def history(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Surviving set, held-out comparison, identification, effort, tellings."""
        study, facts, kept = self.study(), published(), self.surviving()
        factors = self.experiment.factors
        others = rivals(facts)
        held = held_against(kept, facts)
        yield "history_surviving", kept[[f.name for f in factors]]
        yield "history_central", central(kept, factors)
        yield "history_figures", held
        yield "history_rivals", others
        yield "history_held_out", beside_rivals(held, others)
        if len(kept) >= 3 * len(factors):
            yield "history_identified", identified(kept, factors)
            yield "history_combinations", combinations(kept, factors)
            yield "history_priors", priors(factors)
        else:
            self.note(f"{len(kept)} sets are too few to say what {len(factors)} parameters are told")
        yield "history_tellings", self.retold(facts)
        yield "history_effort", self.effort(study, kept)

    def effort(self, study: Study, kept: pd.DataFrame) -> pd.DataFrame:
        """Runs and survivors of the base's fit by stage; all runs in the store and their processor time."""
        runs = self.fitted(BASE)
        found = survivors(runs, study.facts)
        by_stage = pd.DataFrame(
            {
                "points": runs.groupby("stage", sort=False).size(),
                "survive": found.groupby("stage", sort=False).size(),
            }
        )
        by_stage["survive"] = by_stage.survive.fillna(0).astype(int)
        every = [open_experiment(folder).runs().cpu_s for folder in sorted(self.store.iterdir())]
        surfaces = fitted_surfaces(runs, self.experiment.factors, study.facts)
        share = prior_share(Limits.of(study.facts), surfaces, len(self.experiment.factors))
        extra = {
            "runs_in_store": sum(map(len, every)), "processor_seconds": sum(float(t.sum()) for t in every),
            "prior_share_by_surfaces": share, "survive_twice": len(kept),
        }  # fmt: skip
        return by_stage.assign(**extra).rename_axis("stage")

    def retold(self, facts: pd.DataFrame) -> pd.DataFrame:
        """Held-out figures under every telling: a row a telling and figure."""
        parts = []
        for name in self.scale.tellings:
            kept = self.surviving() if name == BASE else self.later(name)
            if len(kept) == 0:
                continue  # noted by `later`
            held = held_against(kept, facts)
            parts.append(held[held.role == "held out"].assign(telling=name, sets=len(kept)))
        return pd.concat(parts).reset_index().set_index(["telling", "name"])

    # --- the other parts -------------------------------------------------------------------------

    def patterns(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Patterns 1 to 14 over some of the surviving sets."""
        names = [factor.name for factor in self.experiment.factors]
        sets = self.surviving()[names]
        some = sets.sample(min(self.scale.markets, len(sets)), random_state=1)
        consumers = self.scale.settings.consumers or 10_000
        yield "patterns", patterns(some, consumers, note=self.note)

    def outside(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Outside packages."""
        yield "outside", outside(self.size)

    def structures(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Conclusions of the pop-up comparison under other structures, in the fitted market."""
        scenario, base = load(POPUP), load(STAY_OUT)
        found = alternatives(
            Case(scenario, base), read_structures(STRUCTURES), self.scale.settings,
            done=lambda name: self.note(f"structures: {name}"),
        )  # fmt: skip
        yield "structures", found

    def popup(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """What the pop-up is worth over the surviving sets and its own unknowns, and what moves it."""
        scale, sets = self.scale, self.surviving()
        experiment = popup.joined(self.experiment, sets, scale.popup_points, scale.popup_consumers)
        results = popup.over_surviving(experiment, self.store / "popup", self.executor)
        deep = [f for f in experiment.factors if f.name not in {g.name for g in self.experiment.factors}]
        outcomes = list(experiment.outcomes)
        shares = pd.DataFrame({name: popup.explained(results, name, deep) for name in outcomes}).T
        yield "popup_levels", popup.levels(results, outcomes).join(shares.add_prefix("explained_by_"))
        yield "popup_moves", popup.moves(results, outcomes, deep)


PARTS = ("history", "patterns", "outside", "structures", "popup")
"""Parts by name, in the order in which they are run."""
