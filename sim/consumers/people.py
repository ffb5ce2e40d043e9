"""Everybody: the population of a market, and one readable person of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.calendar import Calendar
from sim.consumers.population import (
    TASTE_STEP,
    Layout,
    Strata,
    assign_strata,
    build_columns,
    people_by_stratum,
    sample_shares,
)
from sim.scenario.schema import Scenario


@dataclass(frozen=True)
class Person:
    """One consumer, readable."""

    id: int
    row: int
    tier: str
    interested: bool
    people: float
    state: dict[str, object]

    def __str__(self) -> str:
        """The person in a few lines."""
        head = f"consumer {self.id}: {self.tier}, {'interested' if self.interested else 'not interested'}"
        return "\n".join(
            [f"{head}, stands for {self.people:,.0f} people"] + [f"  {k}: {v}" for k, v in self.state.items()]
        )


class Consumers:
    """All consumers: columns, strata and names. ``consumers[17]`` is the person with identity 17.

    Args:
        scenario: the market.
        seed: world seed.
        size: number of consumers; the scenario's by default.

    Raises:
        ValueError: if a tier has fewer people than interested people, or a stratum has no consumer.
    """

    def __init__(self, scenario: Scenario, calendar: Calendar, seed: int, size: int | None = None) -> None:
        self.layout = Layout.of(scenario)
        people = people_by_stratum(scenario)
        count = scenario.population.consumers if size is None else size
        ids, start = assign_strata(sample_shares(scenario, people), count)
        self.strata = Strata(start, people)
        if ((people > 0.0) & (self.strata.count == 0)).any():
            raise ValueError(f"{count} consumers are too few: nobody stands for some of the people; use more")
        stratum = np.repeat(np.arange(len(people)), self.strata.count)
        self.columns = build_columns(scenario, self.layout, calendar, seed, ids, stratum)

    def __len__(self) -> int:
        """Number of consumers."""
        return len(self.columns.id)

    @property
    def bytes_per_consumer(self) -> float:
        """Memory of traits and state per consumer."""
        return sum(column.nbytes for column in self.columns) / len(self)

    def row_of(self, person: int) -> int:
        """Row of an identity."""
        rows = np.flatnonzero(self.columns.id == person)
        if len(rows) == 0:
            raise KeyError(f"no consumer {person}: identities run from 0 to {len(self) - 1}")
        return int(rows[0])

    def stratum_of(self, row: int) -> int:
        """Stratum of a row."""
        return int(np.searchsorted(self.strata.start, row, side="right") - 1)

    def __getitem__(self, person: int) -> Person:
        """The person with an identity."""
        row = self.row_of(person)
        s = self.stratum_of(row)
        return Person(
            person, row, self.layout.tiers[s // 2], s % 2 == 1, float(self.strata.weight[s]), self._state(row)
        )

    def _state(self, row: int) -> dict[str, object]:
        c, layout = self.columns, self.layout

        def named(names: Sequence[str], values: npt.NDArray[np.float32]) -> dict[str, float]:
            return {name: round(float(v), 4) for name, v in zip(names, values, strict=True)}

        word = int(c.aware[row])
        return {
            "online from week": max(int(c.online_from[row]), 0),
            "relative income": round(float(c.means[row]) ** 2, 3),
            "price multiplier": round(float(c.price[row]), 3),
            "taste": named(layout.firms, c.taste[:, row] * TASTE_STEP),
            "habit": named(layout.platforms, c.habit[:, row]),
            "loyalty": named(layout.brands, c.loyalty[:, row]),
            "trust": named(layout.firms, c.trust[:, row]),
            "stock (weeks)": named(layout.categories, c.stock[:, row]),
            "knows": [p for p in layout.platforms if word & layout.bit(platform=p)]
            + [b for b in layout.brands if word & layout.bit(brand=b)]
            + [s for s in layout.channels if word & layout.bit(channel=s)],
        }
