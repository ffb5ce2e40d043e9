"""Seeds of replications: independent of how many there are and of what else is run."""

from __future__ import annotations

from typing import Literal, NamedTuple

Vary = Literal["both", "world", "shock"]


class Seeds(NamedTuple):
    """Seeds of one replication: of the population, and of what happens in the weeks."""

    world: int
    shock: int


def replication_seeds(root: int, replications: int, vary: Vary = "both") -> list[Seeds]:
    """Seeds of `replications` runs under a root seed; what does not vary stays that of the first."""
    from sim.draws import stream_key  # loads the compiler, which readers of results do not need

    def seed(kind: str, replication: int) -> int:
        varies = vary in ("both", kind)
        return int(stream_key(root, "replication", kind, str(replication if varies else 0)))

    return [Seeds(seed("world", r), seed("shock", r)) for r in range(replications)]
