"""A run of an experiment and its identity: the digest of all that its result follows from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sim.engine.seeds import Seeds, Vary, replication_seeds
from sim.sweep.factors import Value

FORMAT = 1
"""Raised when the same description would give another result or another table."""


@dataclass(frozen=True)
class Run:
    """One run: where in the design, on which seeds.

    Attributes:
        id: digest of subject and seeds, 32 hexadecimal digits; the code is not in it (see `sim.sweep.store`).
        point: digest of the subject alone: runs with the same one differ in their draws only.
        replication: number of the pair of seeds.
        seeds: world and shock seed.
        parameters: values of the factors.
    """

    id: str
    point: str
    replication: int
    seeds: Seeds
    parameters: Mapping[str, Value]


def digest(tree: Any) -> str:
    """Digest of plain data: the order of keys does not matter, NaN is refused."""
    text = json.dumps(tree, sort_keys=True, allow_nan=False, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Draws:
    """Which draws the runs are made on.

    Attributes:
        replications: pairs of seeds at every point.
        root_seed: seed of all of them.
        vary: which seeds vary.
        independent: whether every point has draws of its own.
    """

    replications: int = 1
    root_seed: int = 1
    vary: Vary = "both"
    independent: bool = False

    def seeds(self, point: str) -> list[Seeds]:
        """Seeds of a point: they depend neither on the other points nor on how many there are."""
        from sim.draws import stream_key  # loads the compiler, which readers of a sweep do not need

        root = int(stream_key(self.root_seed, "point", point)) if self.independent else self.root_seed
        return replication_seeds(root, self.replications, self.vary)


def runs_of(subject: Any, parameters: Mapping[str, Value], draws: Draws) -> list[Run]:
    """The runs of one point, one a replication.

    Args:
        subject: plain data that says all that a run follows from beside its seeds.
        parameters: values of the factors there.
        draws: which seeds.
    """
    point = digest({"format": FORMAT, "subject": subject})
    return [
        Run(digest({"point": point, "seeds": list(seeds)}), point, replication, seeds, parameters)
        for replication, seeds in enumerate(draws.seeds(point))
    ]
