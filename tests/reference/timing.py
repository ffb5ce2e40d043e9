"""How long the reference model takes."""

from __future__ import annotations

import time

from sim.scenario.schema import Scenario
from tests.reference.model import ReferenceMarket


def seconds_per_consumer_week(scenario: Scenario, consumers: int, weeks: int) -> float:
    """Time of one consumer's week in the reference model, building and warm-up left out.

    Args:
        scenario: the scenario.
        consumers: how many consumers to simulate.
        weeks: how many weeks to time, from the start of the scenario.
    """
    market = ReferenceMarket(scenario, consumers=consumers)
    market.warm_up()
    begin = time.perf_counter()
    for _ in range(weeks):
        market.step()
    seconds = time.perf_counter() - begin
    market.close()
    return seconds / (consumers * weeks)
