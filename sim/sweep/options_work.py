"""Runs of several options on the same draws: one history up to a day, then what each option makes of it.

A run is one market on one pair of seeds. It is simulated once up to the day of the decision; from that state
it goes on without the entrant's move (the baseline) and once with each option, all on the same draws. Numbers
of an option are differences from the baseline, `OPTION.MEASURE`; see `sim.outcomes.measures`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd
from pydantic import TypeAdapter

from sim import sources
from sim.calendar import Calendar
from sim.consumers.demand import Record
from sim.engine.parting import BASE
from sim.engine.runner import one_by_one
from sim.engine.start import MarketSettings
from sim.engine.watch import Watch
from sim.outcomes import measures
from sim.scenario.changes import Assignment, ScenarioTree, sound, started
from sim.scenario.schema import Scenario
from sim.sweep.factors import Value
from sim.sweep.market_work import Target, changes
from sim.sweep.runs import Run
from sim.sweep.work import Found

RECORD = Record(expected=True, core=False)
"""What a market records: levels suffice."""


@dataclass(frozen=True)
class OptionsWork:
    """Compares options with one baseline, all from the state of the same day.

    Attributes:
        world: the scenario in which options are laid out.
        base: the baseline.
        options: what each option sets in the scenario.
        targets: what the factors change, in scenario and baseline.
        entrant: brand that decides.
        on: day of the decision, a Monday: until then all options share the baseline's history.
        consumers: simulated consumers; the scenario's by default.
        weekly: whether weekly rows of each option are kept.
        kind: tells this work from others in stored experiments.
    """

    world: ScenarioTree
    base: ScenarioTree
    options: Mapping[str, tuple[Assignment, ...]]
    targets: Mapping[str, Target]
    entrant: str
    on: date
    consumers: int | None = None
    weekly: bool = False
    kind: Literal["options"] = "options"

    @property
    def preload(self) -> tuple[str, ...]:
        """The kernels, called once."""
        return ("sim.sweep.warm",)

    @property
    def environment(self) -> Mapping[str, str]:
        """The scenario that calls them."""
        return {"SIM_WARM_SCENARIO": json.dumps(self.world.tree)}

    @property
    def code(self) -> str:
        """Digest of the model and of what makes the numbers."""
        return sources.digest(__name__)

    def describe(self) -> Any:
        """Everything as plain data."""
        return TypeAdapter(OptionsWork).dump_python(self, mode="json")

    @staticmethod
    def restored(data: Any) -> OptionsWork:
        """The work that plain data of `describe` says.

        Raises:
            ValueError: if it says none.
        """
        return TypeAdapter(OptionsWork).validate_json(json.dumps(data), strict=True)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Names of the numbers of a run."""
        firms = [*self.base.defaults["platforms"], *self.base.defaults["brands"]]
        return tuple(f"{option}.{name}" for option in self.options for name in measures.names(firms))

    def baseline(self, parameters: Mapping[str, Value]) -> Scenario:
        """The baseline at some values of the factors.

        Raises:
            ValueError: if it makes no sense.
        """
        return sound(self.base.changed(changes(self.targets, parameters)), self.base.name)

    def scenario(self, option: str, parameters: Mapping[str, Value]) -> Scenario:
        """The scenario of an option at some values of the factors, which are set first.

        Raises:
            ValueError: if it makes no sense.
        """
        return self.scenario_of(self.options[option], parameters, option)

    def scenario_of(
        self, settings: Sequence[Assignment], parameters: Mapping[str, Value], name: str = "option"
    ) -> Scenario:
        """The scenario under some settings at some values of the factors, which are set first.

        Raises:
            ValueError: if it makes no sense.
        """
        return sound(self.world.changed([*changes(self.targets, parameters), *settings]), name)

    def subject(self, parameters: Mapping[str, Value]) -> Any:
        """The scenarios with all defaults, without words, for as many consumers as they are run with."""
        scenarios = {option: self.scenario(option, parameters) for option in self.options}
        scenarios[""] = self.baseline(parameters)
        said = {name: started(scenario, None) for name, scenario in scenarios.items()}
        for one in said.values():
            if self.consumers is not None:
                one["population"]["consumers"] = self.consumers
        return {"options": said, "on": str(self.on), "weekly": self.weekly}

    def run(self, run: Run, watch: Watch) -> Found:
        """Simulate what options share once, and then one market after another to its end."""
        base = self.baseline(run.parameters)
        options = {option: self.scenario(option, run.parameters) for option in self.options}
        day = Calendar(base.time.start, base.time.end).week_of(self.on)
        settings = MarketSettings(run.seeds, self.consumers, RECORD, run_off=True)
        watch.stage = "running"
        levels = {
            name: measures.Levels.of(market, self.entrant, day)
            for name, market in one_by_one(base, options, settings, day, watch)
        }
        return self._found(levels[BASE], {option: levels[option] for option in options})

    def _found(self, before: measures.Levels, after: Mapping[str, measures.Levels]) -> Found:
        """The numbers of all options, from the levels of the baseline and of each option."""
        values = {
            f"{option}.{name}": value
            for option, levels in after.items()
            for name, value in measures.differences(before, levels).items()
        }
        units = {f"{option}.{name}": unit for option in after for name, unit in before.units.items()}
        weekly = [measures.by_week(before, levels).assign(option=option) for option, levels in after.items()]
        return Found(values, units, pd.concat(weekly, ignore_index=True) if self.weekly else None)
