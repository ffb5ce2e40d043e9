"""A question as it is asked: options in markets that history does not rule out, with what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from sim.decisions.schema import QuestionFile
from sim.outcomes.parties import group_of, groups
from sim.scenario.changes import Assignment
from sim.scenario.schema import Scenario
from sim.sweep.designs import Design, lhs_with_sets
from sim.sweep.experiment import Experiment
from sim.sweep.factors import Factor
from sim.sweep.market_work import MarketWork
from sim.sweep.options_work import OptionsWork
from sim.sweep.runs import Draws
from sim.sweep.schema import Budget

Settings = Mapping[str, tuple[Assignment, ...]]
STAY_OUT = "stay_out"
"""Name of the baseline among options."""


@dataclass(frozen=True)
class Question:
    """A question file with everything that it names; `sim.decisions.reading.load` makes one.

    Attributes:
        name: short name, that of its file.
        spec: what the file says.
        unknowns: the experiment with scenario, baseline and unknowns.
        parameters: the experiment whose factors the surviving sets give.
        surviving: the surviving sets, a column a factor.
        central: the most central of them, by factor.
        options: what options set.
        clauses: what clauses set.
        terms: what the host's actions set, but for the commission.
        answers: what the rivals' answers set.
    """

    name: str
    spec: QuestionFile
    unknowns: Experiment
    parameters: Experiment
    surviving: pd.DataFrame
    central: Mapping[str, float]
    options: Settings
    clauses: Settings
    terms: Settings
    answers: Settings

    @property
    def deep(self) -> tuple[Factor, ...]:
        """The unknowns of the question itself."""
        return self.unknowns.factors

    @property
    def firms(self) -> list[str]:
        """Platforms and brands."""
        base = self.market_work.base
        assert base is not None
        return [*base.defaults["platforms"], *base.defaults["brands"]]

    @cached_property
    def _end(self) -> Scenario:
        """The baseline, whose owners of platforms hold for all options."""
        return self.work({}, 100).baseline({})

    @property
    def groups(self) -> dict[str, list[str]]:
        """Platforms of one owner, by the owner's name."""
        return groups(self._end)

    def owner_of(self, platform: str) -> str:
        """Who owns a platform; itself if nobody else does."""
        return group_of(self._end, platform)

    @property
    def market_work(self) -> MarketWork:
        """What the experiment of the unknowns runs."""
        assert isinstance(self.unknowns.work, MarketWork)
        return self.unknowns.work

    def title(self, option: str) -> str:
        """An option in words."""
        return self.spec.stay_out if option == STAY_OUT else self.spec.options[option].title

    def at(self, path: str) -> Any:
        """What stands at a place of the scenario."""
        return self.market_work.worlds[""].at(path)

    @property
    def commission(self) -> float:
        """Commission of the contract that is bargained over."""
        path = self.spec.terms.commission
        own = [one.value for one in self.options[self.spec.terms.option] if one.path == path]
        return float(own[-1] if own else self.at(path))

    # --- what is run -----------------------------------------------------------------------------

    def work(self, options: Settings, consumers: int, *, weekly: bool = False) -> OptionsWork:
        """What a run of some options does."""
        deep, own = self.market_work, self.parameters.work
        assert deep.base is not None
        assert isinstance(own, MarketWork)
        return OptionsWork(
            deep.worlds[""], deep.base, options, {**deep.targets, **own.targets}, self.spec.entrant,
            self.spec.decided_on, consumers, weekly,
        )  # fmt: skip

    def in_central(self, part: str, options: Settings, consumers: int, replications: int) -> Experiment:
        """An experiment with some options in the most central market, unknowns at their base values."""
        point = pd.DataFrame([dict(self.central)]).assign(block="list", index=0)
        return self._experiment(part, options, self.parameters.factors, point, consumers, Draws(replications))

    def over_worlds(self, part: str, options: Settings, consumers: int, points: int) -> Experiment:
        """An experiment with some options in worlds: unknowns over their ranges, markets that take turns.

        Every world has draws of its own, so that chance is averaged out over worlds; the options of one
        world share them.
        """
        deep, market = self.deep, self.parameters.factors
        table = lhs_with_sets(deep, market, self.surviving, points).points
        factors = (*deep, *market)
        draws = Draws(1, independent=True)
        return self._experiment(part, options, factors, table, consumers, draws, weekly=True)

    def _experiment(
        self, part: str, options: Settings, factors: Sequence[Factor], points: pd.DataFrame, consumers: int,
        draws: Draws, *, weekly: bool = False,
    ) -> Experiment:  # fmt: skip
        work = self.work(options, consumers, weekly=weekly)
        about = {"question": self.spec.title, "part": part, "work": work.describe(), "points": len(points)}
        return replace(
            self.unknowns, name=f"{self.name}_{part}", factors=tuple(factors), design=Design(points),
            work=work, outcomes=work.outcomes, draws=draws, budget=Budget(run_seconds=3600.0), kind="list",
            about=about, title=self.spec.title, question=self.spec.question, titles={},
        )  # fmt: skip
