"""Imported by the process that workers are forked from, so that compiled kernels are there when they begin.

The scenario to run comes in the environment, as the server is started with nothing else. Only loops of one
thread run here: forking after threads of a parallel layer have started is not safe.
"""

from __future__ import annotations

import json
import os

from sim.engine.loop import advance
from sim.market import Market
from sim.outcomes.pair import RECORD
from sim.scenario.schema import Scenario

VARIABLE = "SIM_WARM_SCENARIO"
CONSUMERS, WEEKS = 200, 3


def warm(text: str) -> None:
    """Call every kernel that a scenario needs."""
    scenario = Scenario.model_validate(json.loads(text) | {"start_from": None})
    with Market(scenario, consumers=CONSUMERS, record=RECORD) as market:
        advance(market, WEEKS)


if VARIABLE in os.environ:
    warm(os.environ[VARIABLE])
