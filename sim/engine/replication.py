"""A replication: the draws and, if wanted, the world that scenario and baseline share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.engine.seeds import Seeds, Vary, replication_seeds
from sim.scenario.changes import Assignment, with_values
from sim.scenario.schema import Scenario

World = tuple[Assignment, ...]
"""Values of parameters that hold in scenario and baseline alike; empty = as the files say."""
AS_WRITTEN: World = ()


@dataclass(frozen=True)
class Replication:
    """One draw of everything that is not known.

    Attributes:
        number: its place among the replications.
        seeds: of the population, and of what happens in the weeks.
        world: values of parameters laid over every scenario.
    """

    number: int
    seeds: Seeds
    world: World = AS_WRITTEN

    def scenario(self, scenario: Scenario) -> Scenario:
        """Return a scenario in this replication's world.

        Raises:
            ValueError: if the scenario makes no sense there.
        """
        return with_values(scenario, self.world) if self.world else scenario


def replications(
    root: int, count: int, vary: Vary = "both", worlds: Sequence[World] = (AS_WRITTEN,)
) -> list[Replication]:
    """Return replications under a root seed; worlds are taken in turn, so that each gets as many draws.

    Args:
        root: root seed.
        count: how many replications.
        vary: which seeds vary.
        worlds: the worlds; one of them for every replication, or one for all.

    Raises:
        ValueError: if there is no world.
    """
    if not worlds:
        raise ValueError("no world to run in: expected at least one, empty for the files as they are")
    seeds = replication_seeds(root, count, vary)
    return [Replication(r, seeds[r], worlds[r % len(worlds)]) for r in range(count)]
