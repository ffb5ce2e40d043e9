"""The schema of an experiment file: what varies, over which design, how often, what is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.outcomes.declared import OUTCOMES
from sim.scenario.schema.units import Name, Part, number

Scalar = float | int | str | bool
Json = dict[str, Any]
Paths = Annotated[list[str], Field(min_length=1)]
Levels = Annotated[list[Scalar], Field(min_length=1)]
Rows = Annotated[list[dict[Name, Scalar]], Field(min_length=1)]
Kind = Literal["grid", "list", "csv", "lhs", "sobol", "saltelli", "morris", "one_at_a_time"]


class Option(Part):
    """One way to set a factor that is no single number."""

    scenario: str | None = Field(None, description="scenario file instead of the experiment's")
    set: Json = Field({}, description="dotted paths and their values")


Options = Annotated[dict[Name, Option], Field(min_length=1)]


class Vary(Part):
    """A factor: one or more places of the scenario that vary together."""

    title: str = Field("", description="the factor in words, for pictures")
    path: str | Paths | None = Field(None, description="dotted path in the scenario, or several")
    low: float | None = Field(None, description="lower end; the scenario's own range by default")
    high: float | None = Field(None, description="upper end")
    scale: Literal["linear", "log"] = Field(
        "linear", description="whether equal steps are differences or ratios"
    )
    levels: Levels | None = Field(None, description="values, instead of a range")
    options: Options | None = Field(None, description="named alternatives, the first being the base")
    change: Literal["set", "multiply", "add"] = Field(
        "set",
        description="set replaces what is there, multiply and add change it (rounded where it is whole)",
    )
    source: str = Field("", description="where the range comes from")


class DesignSpec(Part):
    """The points of an experiment."""

    kind: Kind = Field(description="how points are placed")
    points: int | None = number(
        "points", "points of lhs and sobol; base sample N of saltelli", default=None, ge=2, le=1_000_000
    )
    trajectories: int | None = number("", "trajectories of morris", default=None, ge=2, le=100_000)
    steps: int | None = number(
        "", "values of a range in grid and one_at_a_time, levels of morris", default=None, ge=2, le=1000
    )
    seed: int | None = number("", "seed of lhs, sobol, saltelli and morris", default=None, ge=0)
    second_order: bool | None = Field(None, description="whether saltelli also finds interactions of pairs")
    rows: Rows | None = Field(None, description="points of list, factors by name")
    file: str | None = Field(None, description="file of csv, a column a factor")


class OutcomeSpec(Part):
    """One number of a run, as the table of outcomes of a comparison has it, or a reading of one day."""

    outcome: str = Field(
        description="name of the outcome, like net present value; of a reading, if `on` is given",
        json_schema_extra={"examples": [name for name, one in OUTCOMES.items() if one.of_pairs]},
    )
    on: date | None = Field(
        None, description="last day of a month: what is published for the months up to it, like yearly buyers"
    )
    party: str | None = Field(None, description="whose; needed if there are several; all for all channels")
    tier: str = Field("all", description="city tier")
    period: Literal["window", "after", "horizon"] | None = Field(
        None, description="weeks; needed if there are several"
    )
    value: Literal["difference", "with_scenario", "baseline"] | None = Field(
        None, description="scenario minus baseline, the default where there is one, or one of the two"
    )
    title: str = Field("", description="the outcome in words, for pictures")


class PanelSpec(Part):
    """Weekly sales to keep of every run."""

    every: int = number("week", "weeks added up in one row", default=1, ge=1, le=520)
    by: list[Literal["channel", "category", "tier"]] = Field(
        ["channel", "tier"], description="what rows are told apart by", min_length=1
    )
    metrics: list[Literal["gmv", "orders", "value", "discount", "subsidy"]] = Field(
        ["gmv"], description="what is added up", min_length=1
    )


class Budget(Part):
    """What a sweep may cost; not part of what it finds."""

    run_seconds: float = number("s", "a run that takes longer is a timeout", default=600.0, gt=0)
    shard_seconds: float = number("s", "work between two commits of a worker", default=5.0, gt=0)
    hours: float | None = number(
        "h", "a plan that is expected to take longer is not begun", default=None, gt=0
    )
    gigabytes: float | None = number(
        "GB", "a plan that is expected to write more is not begun", default=None, gt=0
    )

    @property
    def limited(self) -> bool:
        """Whether there is a limit on what the whole may cost."""
        return self.hours is not None or self.gigabytes is not None


class ExperimentFile(Part):
    """An experiment, as its file says it."""

    schema_: Literal[1] = Field(alias="schema", description="version of the format")
    title: str = Field("", description="one line")
    question: str = Field("", description="what it is to answer")
    scenario: str = Field(description="scenario file, relative to this one")
    against: str | None = Field(None, description="baseline on the same draws; none = the scenario alone")
    set: Json = Field({}, description="dotted paths and values that hold in all runs")
    uncertainties: dict[Name, Vary] = Field({}, description="what nature decides")
    levers: dict[Name, Vary] = Field({}, description="what a decision maker decides")
    design: DesignSpec
    replications: int = number("", "pairs of seeds at every point", default=5, ge=1, le=10_000)
    root_seed: int = number("", "seed of all replications", default=1)
    vary: Literal["both", "world", "shock"] = Field("both", description="which seeds vary over replications")
    independent: bool = Field(False, description="other draws at every point, instead of the same ones")
    consumers: int | None = number(
        "people", "simulated consumers; the scenario's by default", default=None, ge=100
    )
    run_off: bool = Field(True, description="run the weeks after the horizon for present values")
    outcomes: dict[Name, OutcomeSpec] = Field(description="numbers to keep of every run", min_length=1)
    panel: PanelSpec | None = Field(None, description="weekly sales to keep of every run")
    budget: Budget = Budget()
