"""Small pairs in which, together, everything happens that an outcome can tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from sim.experiments.compare import Settings, compare
from sim.scenario import Scenario, load
from sim.scenario.show import show
from tests.eventful import eventful
from tests.markets import AUTUMN, CLOSED, SCENARIOS, autumn

SUMMER = ("time.start=2019-07-01", "time.end=2019-09-08", "time.warm_up_weeks=1")
"""The marketplace closes on 18 July."""
WEEKS = ("time.end=2020-01-05",)
LATER = """\
schema: 1
title: {name}
extends: {name}.yaml
start_from: {{scenario: stay_out.yaml, on: 2019-11-18}}
"""


def summer(name: str) -> Scenario:
    """A scenario of the marketplace of 2019, ten weeks long."""
    return load(SCENARIOS / f"{name}.yaml", sets=SUMMER).scenario


def started(folder: Path) -> tuple[Scenario, Scenario]:
    """Staying out and the pop-up, both from the state of the third week."""
    names = ("stay_out", "popup_on_pinduoduo_2019")
    for name in names:
        loaded = load(SCENARIOS / f"{name}.yaml", sets=[*AUTUMN, *CLOSED, *WEEKS])
        (folder / f"{name}.yaml").write_text(show(loaded), encoding="utf-8")
        (folder / f"{name}_later.yaml").write_text(LATER.format(name=name), encoding="utf-8")
    stay, popup = (load(folder / f"{name}_later.yaml").scenario for name in names)
    return stay, popup


def pairs(folder: Path) -> Iterator[tuple[str, tuple[Scenario, Scenario], bool]]:
    """Name, baseline and scenario, and whether the run-off is run.

    Args:
        folder: an empty folder for scenario files.
    """
    stay = autumn("stay_out", "time.end=2020-01-12", "finance.runoff_weeks=2")
    yield "teams, merchants, a policy and a run-off", (stay, eventful()), True
    yield "an exit", (summer("marketplace_stays_2019"), summer("partial_exit_2019")), False
    yield "an exit by policy", (summer("marketplace_stays_2019"), summer("exit_by_threshold_2019")), False
    yield "a start from a state", started(folder), False


def rows_of(base: Scenario, other: Scenario, *, run_off: bool, consumers: int = 1_500) -> pd.DataFrame:
    """Rows of the outcomes of one replication."""
    settings = Settings(replications=1, consumers=consumers, run_off=run_off, workers=1)
    return compare(("base", base), {"other": other}, settings).outcomes
