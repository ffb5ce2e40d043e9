"""What an experiment file says about itself: keys that go together, names that can be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from types import NoneType
from typing import NamedTuple

from sim.outcomes.declared import OUTCOMES
from sim.outcomes.readings import READINGS, first_day
from sim.scenario.errors import listed, sentence, unknown
from sim.scenario.reading.nodes import Path
from sim.scenario.schema.fields import Grammar, expected
from sim.sweep.schema import DesignSpec, ExperimentFile, OutcomeSpec, PanelSpec, Vary
from sim.sweep.store import TAKEN


class Fault(NamedTuple):
    """Something wrong at a place of an experiment file."""

    path: Path
    message: str
    at_key: bool = False


Faults = Iterator[Fault]

NEEDED = {
    "grid": (), "one_at_a_time": (), "list": ("rows",), "csv": ("file",), "lhs": ("points",),
    "sobol": ("points",), "saltelli": ("points",), "morris": ("trajectories", "steps"),
}  # fmt: skip
"""Keys without which a kind cannot be built."""
ALLOWED = {
    "grid": ("steps",), "one_at_a_time": ("steps",), "lhs": ("seed",), "sobol": ("seed",),
    "saltelli": ("seed", "second_order"), "morris": ("seed",),
}  # fmt: skip
"""Keys that a kind takes beside."""
GROUPS = ("uncertainties", "levers")
"""Keys of a file that hold factors."""
KINDS = {"uncertainties": "an uncertainty", "levers": "a lever", "outcomes": "an outcome"}
POINTS = ("base", "n")
"""Names that tables of points use beside those of the table of runs."""


def faults(spec: ExperimentFile) -> Faults:
    """Everything that can be said without looking at a scenario."""
    yield from design_faults(spec.design)
    if spec.design.kind == "grid" and spec.design.steps is None:
        yield from grid_faults(spec)
    yield from factor_faults(spec)
    yield from name_faults(spec)
    yield from outcome_faults(spec)
    if spec.panel is not None:
        yield from panel_faults(spec.panel)


def design_faults(spec: DesignSpec) -> Faults:
    """Keys that are missing, or that the kind does not take."""
    needed, allowed = NEEDED[spec.kind], ALLOWED.get(spec.kind, ())
    for key in needed:
        if getattr(spec, key) is None:
            what = f"missing '{key}', which a design of kind {spec.kind} needs"
            yield Fault(("design",), sentence(what, _words(("design", key))))
    for key in sorted(set(spec.model_fields_set) - {"kind", *needed, *allowed}):
        right = listed([*needed, *allowed]) or "nothing beside"
        what = f"'{key}' means nothing in a design of kind {spec.kind}"
        yield Fault(("design", key), sentence(what, right), at_key=True)


def grid_faults(spec: ExperimentFile) -> Faults:
    """A grid goes through a range in steps."""
    ranges = (name for group in GROUPS for name, one in getattr(spec, group).items() if _is_range(one))
    for name in islice(ranges, 1):
        what = f"missing 'steps', which a grid needs for the range of '{name}'"
        yield Fault(("design",), sentence(what, _words(("design", "steps"))))


def _is_range(one: Vary) -> bool:
    return one.path is not None and one.options is None and one.levels is None


def _words(path: Path) -> str:
    """What is expected at a place, null aside."""
    slot = Grammar(ExperimentFile).find(path)
    assert slot is not None
    return expected(replace(slot, members=tuple(one for one in slot.members if one is not NoneType)))


def factor_faults(spec: ExperimentFile) -> Faults:
    """There are factors."""
    if not (spec.uncertainties or spec.levers):
        yield Fault((), sentence("no factors", "uncertainties or levers"))


def name_faults(spec: ExperimentFile) -> Faults:
    """Factors and outcomes become columns of one table, in which upper and lower case are alike."""
    taken = dict.fromkeys((*TAKEN, *POINTS), "a column of the table of runs")
    taken |= dict.fromkeys(_panel_columns(spec.panel), "a column of the panel")
    taken |= {f"{name}_se".lower(): f"the standard error of '{name}'" for name in spec.outcomes}
    for group in (*GROUPS, "outcomes"):
        for name in getattr(spec, group):
            if first := taken.get(name.lower()):
                what = sentence(f"'{name}' is also {first}", "another name")
                yield Fault((group, name), what, at_key=True)
            taken.setdefault(name.lower(), KINDS[group])


def _panel_columns(panel: PanelSpec | None) -> list[str]:
    if panel is None:
        return []
    return ["week", *panel.by, *panel.metrics, *(f"{metric}_baseline" for metric in panel.metrics)]


def outcome_faults(spec: ExperimentFile) -> Faults:
    """Without a baseline there is only the scenario itself."""
    for name, one in spec.outcomes.items():
        if spec.against is None and one.value in ("difference", "baseline"):
            what = f"'{one.value}' means nothing without 'against'"
            yield Fault(("outcomes", name, "value"), sentence(what, "with_scenario"))
        if one.on is not None:
            yield from _reading_faults(("outcomes", name), one)
        else:
            yield from _declared_faults(("outcomes", name), one)


def _declared_faults(path: Path, one: OutcomeSpec) -> Faults:
    """An outcome is in the table of outcomes, with its period; tiers and parties depend on the scenario."""
    known = {name: outcome for name, outcome in OUTCOMES.items() if outcome.of_pairs}
    if one.outcome not in known:
        yield Fault((*path, "outcome"), unknown("outcome", one.outcome, list(known)))
        return
    periods = known[one.outcome].periods_in(one.tier)
    if one.period is not None and one.period not in periods:
        what = f"'{one.outcome}' has no period '{one.period}'{_in_tier(one)}"
        yield Fault((*path, "period"), sentence(what, listed(periods)))


def _in_tier(one: OutcomeSpec) -> str:
    return "" if one.tier == "all" else " in single tiers"


def _reading_faults(path: Path, one: OutcomeSpec) -> Faults:
    """A reading of a day has a name, a party and the last day of a month, and nothing else."""
    if one.outcome not in READINGS:
        yield Fault((*path, "outcome"), unknown("reading", one.outcome, list(READINGS)))
    if one.party is None:
        yield Fault(path, sentence("a reading needs a party", "a platform, or all"))
    if one.period is not None:
        yield Fault((*path, "period"), "a reading has its day, and no period")
    if one.tier != "all":
        yield Fault((*path, "tier"), sentence("a reading is of all tiers", "all"))
    try:
        first_day(one.on or date.max, 1)
    except ValueError as error:
        yield Fault((*path, "on"), str(error))


def panel_faults(panel: PanelSpec) -> Faults:
    """Nothing is named twice."""
    for key in ("by", "metrics"):
        yield from twice(getattr(panel, key), ("panel", key))


def twice(values: Sequence[object], path: Path) -> Faults:
    """Items of a list that stand there before."""
    for number, value in enumerate(values):
        if value in values[:number]:
            yield Fault((*path, str(number)), f"'{shown(value)}' stands there twice")


def shown(value: object) -> str:
    """A value as a file would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.10g}" if isinstance(value, float) else str(value)
