"""Runs of markets: a scenario beside its baseline on the same draws, changed as the factors say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from sim import sources
from sim.consumers.demand import Record
from sim.engine.loop import advance
from sim.engine.parting import BASE
from sim.engine.runner import Lockstep
from sim.engine.start import MarketSettings
from sim.engine.watch import Watch
from sim.experiments.compare import check_comparable
from sim.market import Market
from sim.outcomes.pair import RECORD, Pair
from sim.outcomes.periods import npv_week
from sim.outcomes.readings import READINGS, Published, read
from sim.outcomes.rows import Row
from sim.scenario.changes import Assignment, Change, ScenarioTree, sound, started
from sim.scenario.errors import unknown
from sim.scenario.schema import Scenario
from sim.sweep.factors import Value
from sim.sweep.runs import Run
from sim.sweep.schema import OutcomeSpec, PanelSpec
from sim.sweep.work import Found

SCENARIO = "scenario"
"""Name of the scenario beside its baseline."""
LEVELS = Record(expected=True, core=False)
"""What a market records of which only readings are kept."""


@dataclass(frozen=True)
class Target:
    """What a factor changes.

    Attributes:
        paths: places that get its value.
        change: how.
        options: assignments by name, if it is a choice between named alternatives.
    """

    paths: tuple[str, ...] = ()
    change: Change = "set"
    options: Mapping[str, tuple[Assignment, ...]] | None = None

    @property
    def stage(self) -> int:
        """When it is made: options first, as they may add and remove things, then values, then changes."""
        return 0 if self.options is not None else 1 if self.change == "set" else 2

    def assignments(self, value: Value) -> tuple[Assignment, ...]:
        """What a value of the factor means."""
        if self.options is not None:
            return self.options[str(value)]
        return tuple(Assignment(path, value, self.change) for path in self.paths)


def changes(targets: Mapping[str, Target], parameters: Mapping[str, Value]) -> list[Assignment]:
    """What the values of factors change, in the order in which it is made.

    Args:
        targets: what the factors change.
        parameters: their values; factors that are not named change nothing.
    """
    named = [(target, parameters[name]) for name, target in targets.items() if name in parameters]
    named.sort(key=lambda pair: pair[0].stage)
    return [one for target, value in named for one in target.assignments(value)]


@dataclass(frozen=True)
class MarketWork:
    """Compares a scenario with its baseline, or runs it alone.

    Attributes:
        worlds: scenarios by option of the factor that chooses among them; under "" if none does.
        chooser: name of that factor; empty if none does.
        base: the baseline; none = the scenario alone.
        targets: what the factors change.
        outcomes: the numbers to keep.
        panel: the weekly sales to keep.
        consumers: simulated consumers; the scenario's by default.
        run_off: whether the weeks after the horizon are run.
    """

    worlds: Mapping[str, ScenarioTree]
    targets: Mapping[str, Target]
    outcomes: Mapping[str, OutcomeSpec]
    base: ScenarioTree | None = None
    chooser: str = ""
    panel: PanelSpec | None = None
    consumers: int | None = None
    run_off: bool = True

    @property
    def preload(self) -> tuple[str, ...]:
        """The kernels, called once."""
        return ("sim.sweep.warm",)

    @property
    def environment(self) -> Mapping[str, str]:
        """The scenario that calls them."""
        world = next(iter(self.worlds.values()))
        return {"SIM_WARM_SCENARIO": json.dumps(world.tree)}

    @property
    def code(self) -> str:
        """Digest of the model and of what makes the tables."""
        return sources.digest(__name__)

    def describe(self) -> Any:
        """Everything as plain data."""
        return TypeAdapter(MarketWork).dump_python(self, mode="json")

    @staticmethod
    def restored(data: Any) -> MarketWork:
        """The work that plain data of `describe` says.

        Raises:
            ValueError: if it says none.
        """
        return TypeAdapter(MarketWork).validate_json(json.dumps(data), strict=True)

    def sides(self, parameters: Mapping[str, Value]) -> list[ScenarioTree]:
        """The scenario and, if there is one, the baseline, as they are before factors change them."""
        chosen = self.worlds[str(parameters[self.chooser]) if self.chooser else ""]
        return [chosen] if self.base is None else [chosen, self.base]

    def scenarios(self, parameters: Mapping[str, Value]) -> list[Scenario]:
        """The scenario and, if there is one, the baseline.

        Args:
            parameters: values of the factors; factors that are not named change nothing.

        Raises:
            ValueError: if they make no sense, alone or together.
        """
        made = changes(self.targets, parameters)
        sides = self.sides(parameters)
        found = [sound(side.changed(made), side.name) for side in sides]
        if len(found) > 1:
            check_comparable((sides[1].name, found[1]), sides[0].name, found[0])
        return found

    def subject(self, parameters: Mapping[str, Value]) -> Any:
        """The scenarios with all defaults, without words, for as many consumers as they are run with."""
        pairs = zip(self.scenarios(parameters), self.sides(parameters), strict=True)
        said = [self._content(scenario, side) for scenario, side in pairs]
        return {"scenarios": said, "run_off": self.run_off}

    def _content(self, scenario: Scenario, side: ScenarioTree) -> Any:
        found = started(scenario, side.start)
        if self.consumers is not None:
            found["population"]["consumers"] = self.consumers
        return found

    def run(self, run: Run, watch: Watch) -> Found:
        """Run scenario and baseline in lockstep; a scenario of which only readings are kept runs faster."""
        scenario, *base = self.scenarios(run.parameters)
        compared = {name: spec for name, spec in self.outcomes.items() if spec.on is None}
        settings = MarketSettings(run.seeds, self.consumers, RECORD, self.run_off)
        watch.stage = "running"
        if not base and not compared:
            with replace(settings, record=LEVELS).open(scenario) as market:
                advance(market, watch=watch)
                watch.stage = "extracting"
                return self._found([market], [])
        first, others = (base[0], {SCENARIO: scenario}) if base else (scenario, {})
        with Lockstep(first, others, settings, Pair, watch=watch) as lockstep:
            lockstep.to_the_end()
            watch.stage = "extracting"
            baseline, pair = (lockstep.branches[n].observer for n in (BASE, SCENARIO if base else BASE))
            rows = list(pair.rows(baseline, npv_week(first, [scenario])))
            return self._found([baseline.other, pair.other] if base else [pair.other], rows)

    def _found(self, markets: Sequence[Market], rows: Sequence[Row]) -> Found:
        """The numbers to keep, from rows of outcomes and readings of the markets."""
        compared = {name: spec for name, spec in self.outcomes.items() if spec.on is None}
        chosen = {name: pick(rows, spec) for name, spec in compared.items()}
        values = {name: float(str(row[self._kept(name)])) for name, row in chosen.items()}
        units = {name: str(row["unit"]) for name, row in chosen.items()}
        read = self._readings(markets)
        values |= {name: number for name, (number, _) in read.items()}
        units |= {name: unit for name, (_, unit) in read.items()}
        return Found(values, units, self._panel(markets))

    def _readings(self, markets: Sequence[Market]) -> dict[str, tuple[float, str]]:
        """Readings of days and their units, by name of the outcome."""
        dated = {name: spec for name, spec in self.outcomes.items() if spec.on is not None}
        if not dated:
            return {}
        before, after = (Published.of(market) for market in (markets[0], markets[-1]))
        found = {}
        for name, spec in dated.items():
            ask = (spec.outcome, str(spec.party), spec.on or date.max)
            kept = self._kept(name)
            number = 0.0 if kept == "baseline" else read(after, *ask)
            if kept != "with_scenario":
                number = read(before, *ask) if kept == "baseline" else number - read(before, *ask)
            found[name] = number, READINGS[spec.outcome].unit
        return found

    def _kept(self, name: str) -> str:
        """The column of an outcome."""
        return self.outcomes[name].value or ("with_scenario" if self.base is None else "difference")

    def _panel(self, markets: Sequence[Market]) -> pd.DataFrame | None:
        if self.panel is None:
            return None
        found = weekly_sums(markets[-1], self.panel)
        if len(markets) > 1:
            base = weekly_sums(markets[0], self.panel).add_suffix("_baseline")
            found = found.join(base, how="outer").fillna(0.0)
        return found.reset_index()


def weekly_sums(market: Market, spec: PanelSpec) -> pd.DataFrame:
    """Sales by the keys of a panel; a row of several weeks stands at the first of them."""
    sales = market.sales_table()
    blocks = sales.assign(week=sales.week // spec.every * spec.every)
    return blocks.groupby(["week", *spec.by], observed=True, sort=True)[list(spec.metrics)].sum()


def pick(rows: Sequence[Row], spec: OutcomeSpec) -> Row:
    """The row that an outcome means.

    Raises:
        ValueError: if there is none or more than one.
    """
    named = [row for row in rows if row["outcome"] == spec.outcome]
    if not named:
        raise ValueError(unknown("outcome", spec.outcome, sorted({str(row["outcome"]) for row in rows})))
    asked = {"party": spec.party, "tier": spec.tier, "period": spec.period}
    found = [row for row in named if all(want in (None, row[key]) for key, want in asked.items())]
    if len(found) == 1:
        return found[0]
    raise ValueError(f"{spec.outcome}: " + (_several(found) if found else _none(named, asked)))


def _several(found: Iterable[Row]) -> str:
    keys = list(found)
    said = (
        f"{key} ({', '.join(values)})" for key in ("party", "period") if len(values := _values(keys, key)) > 1
    )
    return f"several, say {' and '.join(said)}"


def _none(named: Sequence[Row], asked: Mapping[str, str | None]) -> str:
    wrong = (
        unknown(key, want, _values(named, key))
        for key, want in asked.items()
        if want is not None and want not in _values(named, key)
    )
    return "; ".join(wrong) or f"none for {', '.join(str(want) for want in asked.values() if want)}"


def _values(rows: Iterable[Row], key: str) -> list[str]:
    return list(dict.fromkeys(str(row[key]) for row in rows))
