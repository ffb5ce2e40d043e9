"""Try the ends and levels of every factor before anything is run: is there a scenario at them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from sim.scenario.changes import Assignment, UnsoundError
from sim.scenario.checks.start import agreement
from sim.scenario.reading.nodes import Path
from sim.scenario.schema import Scenario
from sim.sweep.factors import Factor, Value
from sim.sweep.file.needs import Fault, Faults, shown
from sim.sweep.file.targets import Targets
from sim.sweep.market_work import MarketWork
from sim.sweep.schema import Vary
from sim.sweep.store import plain

Parameters = dict[str, Value]


class Trials:
    """Tries points of an experiment without running them.

    Args:
        work: what a run does.
        points: the design.
        starts: scenarios from whose state others start, by file.
    """

    def __init__(self, work: MarketWork, points: pd.DataFrame, starts: Mapping[str, Scenario]) -> None:
        self.work = work
        self.points = points
        self.starts = starts
        self.base: Parameters = {work.chooser: next(iter(work.worlds))} if work.chooser else {}

    def faults(self, targets: Targets) -> Faults:
        """Values at which no scenario comes out, the other factors left alone or as in some point."""
        contexts = [self.base, self._row(0)]
        said = [self._fails(context) for context in contexts]
        if all(said):
            yield _at_base(said[0], targets)
            return
        for where, one in targets.varied.items():
            factor = targets.factor(where, one)
            tried = [(value, self._never(factor, value, contexts)) for value in factor.steps(2)]
            wrong = [(value, error) for value, error in tried if error is not None]
            for value, error in wrong[:1]:
                all_wrong = one.path is not None and one.levels is None and len(wrong) == len(tried)
                place = (*where, "path") if all_wrong else _blamed(where, one, value, error, targets)
                yield Fault(place, f"at {shown(value)}: {_first(error)}")

    def _never(self, factor: Factor, value: Value, contexts: Sequence[Parameters]) -> ValueError | None:
        """Why a value makes no sense, if it does so wherever it is tried."""
        there = self.points.index[self.points[factor.name] == value]
        own = [self._row(int(there[0]))] if len(there) else []
        first = None
        for context in (*contexts, *own):
            error = self._fails({**context, factor.name: value})
            if error is None:
                return None
            first = first or error
        return first

    def _row(self, number: int) -> Parameters:
        row = self.points.iloc[number]
        return {name: plain(row[name]) for name in self.work.targets}

    def _fails(self, parameters: Parameters) -> ValueError | None:
        """Why there is no scenario at some values; none if there is one."""
        try:
            for scenario in self.work.scenarios(parameters):
                self._agree(scenario)
        except ValueError as error:
            return error
        return None

    def _agree(self, scenario: Scenario) -> None:
        if scenario.start_from is None:
            return
        found = agreement(scenario, self.starts[scenario.start_from.scenario])
        faults = [(path, message) for path, message, _ in found]
        if faults:
            raise UnsoundError.of(scenario.title, faults)


def _at_base(error: ValueError | None, targets: Targets) -> Fault:
    """Scenario and baseline do not go together, or what is set keeps them from it."""
    where = "against" if targets.against is not None else "scenario"
    return Fault((where,), _first(error))


def _first(error: Any) -> str:
    return str(error).splitlines()[0]


def _blamed(where: Path, one: Vary, value: Value, error: ValueError, targets: Targets) -> Path:
    """The place in the file that says the value."""
    if one.options is not None:
        option = (*where, "options", str(value))
        return blamed(error, (*option, "set"), targets.settings[*where, str(value)]) or option
    if one.levels is not None:
        return (*where, "levels", str(list(one.levels).index(value)))
    end = "low" if value == targets.ends(one)[0] else "high"
    return (*where, end if getattr(one, end) is not None else "path")


def blamed(error: ValueError, where: Path, made: Sequence[Assignment]) -> Path | None:
    """The place of the assignment that an error is about; none if it is about none of them."""
    keys = getattr(error, "path", "").split(".")
    near = (one for one in made if one.keys[: len(keys)] == tuple(keys[: len(one.keys)]))
    return next(((*where, one.path) for one in near), None)
