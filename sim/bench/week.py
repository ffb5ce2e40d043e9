"""The whole week of the model: time by phase, threads, memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from sim.bench.clock import seconds
from sim.kernel import kernel
from sim.market import Market
from sim.scenario import load
from sim.scenario.schema import Scenario

WARM_UP = 2
"""Weeks of warm-up: enough to fill all arrays."""


def read_scenario(file: Path) -> Scenario:
    """The scenario with a short warm-up."""
    return load(file, sets=[f"time.warm_up_weeks={WARM_UP}"]).scenario


@dataclass
class WeekClock:
    """Takes one week of a market at a time.

    Attributes:
        market: the market; its first week (compilation, warm-up) does not count.
        weeks: seconds of each week.
        phases: seconds of each week by phase.
        choices: needs of each week, each of which ended in one choice.
    """

    market: Market
    weeks: list[float] = field(default_factory=list)
    phases: list[dict[str, float]] = field(default_factory=list)
    choices: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Compile and warm up."""
        self.market.step()

    def take(self) -> None:
        """Time one week."""
        before = dict(self.market.phases.seconds)
        self.weeks.append(seconds(self.market.step))
        self.phases.append({name: taken - before[name] for name, taken in self.market.phases.seconds.items()})
        self.choices.append(count_choices(self.market))

    @property
    def consumers(self) -> int:
        """Simulated consumers."""
        return len(self.market.consumers)

    @property
    def nanoseconds(self) -> float:
        """Median nanoseconds of a consumer's week."""
        return median(self.weeks) / self.consumers * 1e9

    def by_phase(self) -> dict[str, float]:
        """Median nanoseconds of a consumer's week by phase."""
        names = self.phases[0]
        return {name: median(week[name] for week in self.phases) / self.consumers * 1e9 for name in names}

    @property
    def choices_per_week(self) -> float:
        """Mean choices of a consumer in a week."""
        return float(np.mean(self.choices)) / self.consumers

    @property
    def choice_nanoseconds(self) -> float:
        """Median nanoseconds of shopping per choice: needs, utilities, choice, probabilities, records."""
        return self.by_phase()["people shop"] / self.choices_per_week


def count_choices(market: Market) -> int:
    """Needs of the market's last week, buying nothing included."""
    return sum(int((diary.codes > -2).sum()) for diary in market.demand.diaries.values())


def working_bytes(market: Market) -> float:
    """Bytes per consumer beside traits and state: diaries, purchases, copies; not the kernels' scratch."""
    demand = market.demand
    diaries = sum(diary.codes.nbytes + diary.payments.nbytes for diary in demand.diaries.values())
    kept = [*vars(demand).values(), *vars(demand.team_stage).values()]
    arrays = [value.nbytes for value in kept if isinstance(value, np.ndarray)]
    return (diaries + sum(arrays) - demand.blocks.nbytes) / len(market.consumers)


@kernel
def spin(steps: int) -> np.uint64:
    """Arithmetic that touches no memory: what a second thread can gain at most."""
    x = np.uint64(1)
    for _ in range(steps):
        x = x * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    return x


def spare_cores(steps: int) -> float:
    """Speed-up that two threads of pure arithmetic get on this machine now: 2 if two cores are free."""
    spin(1)
    with ThreadPoolExecutor(2) as pool:
        one = min(seconds(lambda: [spin(steps), spin(steps)]) for _ in range(3))
        two = min(seconds(lambda: list(pool.map(spin, [steps, steps]))) for _ in range(3))
    return one / two


def projected_seconds(nanoseconds: float, consumers: int, weeks: int) -> float:
    """Time of a run at so many nanoseconds per consumer-week."""
    return nanoseconds * 1e-9 * consumers * weeks
