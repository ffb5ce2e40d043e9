"""Contacts, computed from the draws instead of being stored.

Each tier and interest group is a ring in row order. A contact is a neighbour on the own ring, a
person near the same place on the ring of the tier's other group, or anybody (rewired), with a tilt
towards a few widely heard people (Watts and Strogatz 1998, with interest homophily). Groups are
picked in proportion to people, not to simulated consumers, so that over-sampling changes nothing
on average and results do not depend on the number of consumers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.consumers.population import Strata
from sim.kernel import loop
from sim.scenario.schema import Network

Floats = npt.NDArray[np.float64]
U8 = npt.NDArray[np.uint64]


class Contacts(NamedTuple):
    """The network's parameters and keys; `contacts` = 0 stands for "everyone knows everyone"."""

    kind_keys: U8  # (contacts,) rewired or not; which group
    place_keys: U8  # (contacts,) which person
    rewired: float
    homophily: float
    tilt: float
    start: npt.NDArray[np.int64]  # (strata + 1,)
    share: Floats  # (strata,) cumulative shares of people
    keen: Floats  # (tiers,) share of interested people


def make_contacts(network: Network, strata: Strata, seed: int) -> Contacts:
    """Contacts of a population under the world seed."""
    count = network.contacts if network.kind == "small_world" else 0
    names = [str(d) for d in range(count)]

    def keys(name: str) -> U8:
        return np.array(
            [draws.at_week(k, 0) for k in draws.stream_keys(seed, "contact", name, names=names)],
            dtype=np.uint64,
        )

    groups = strata.people.reshape(-1, 2)
    present = np.where(strata.count > 0, strata.people, 0.0)
    share = np.cumsum(present / present.sum())
    share[np.flatnonzero(present)[-1] :] = 1.0
    keen = np.where(strata.count[1::2] > 0, groups[:, 1] / np.maximum(groups.sum(axis=1), 1e-300), 0.0)
    keen = np.where(strata.count[::2] > 0, keen, 1.0)
    return Contacts(
        keys("kind"),
        keys("place"),
        network.rewired,
        network.homophily,
        network.tilt,
        strata.start,
        share,
        keen,
    )


@loop
def anyone(c: Contacts, u: float, v: float) -> int:
    """A person drawn from all people, widely heard ones more often."""
    s = 0
    while u >= c.share[s] and s < c.share.shape[0] - 1:
        s += 1
    size = c.start[s + 1] - c.start[s]
    return int(c.start[s] + min(int(v**c.tilt * size), size - 1))


@loop
def neighbour(c: Contacts, row: int, stratum: int, d: int, other: bool) -> int:
    """The d-th neighbour on the ring of the own group, or of the tier's other group."""
    half = c.kind_keys.shape[0] // 2
    step = d - half if d < half else d - half + 1
    size = c.start[stratum + 1] - c.start[stratum]
    target = stratum ^ 1 if other else stratum
    width = c.start[target + 1] - c.start[target]
    rank = row - c.start[stratum]
    place = (2 * rank + 1) * width // (2 * size) if other else rank
    return int(c.start[target] + (place + step) % width)


@loop
def contact(c: Contacts, row: int, person: np.uint32, stratum: int, d: int) -> int:
    """Row of the d-th contact of a person."""
    u = numeric.uniform(draws.second(c.kind_keys[d], person))
    if numeric.uniform(draws.first(c.kind_keys[d], person)) < c.rewired:
        return anyone(c, u, numeric.uniform(draws.first(c.place_keys[d], person)))
    keen = c.keen[stratum // 2]
    share_of_other = 1.0 - keen if stratum % 2 == 1 else keen
    return neighbour(c, row, stratum, d, u < (1.0 - c.homophily) * share_of_other)


@loop
def share_aware(
    c: Contacts, row: int, person: np.uint32, stratum: int, before: U8, mask: np.uint64, everyone: float
) -> float:
    """Share of a person's contacts who had the bit last week; of all people if all are contacts."""
    count = c.kind_keys.shape[0]
    if count == 0:
        return everyone
    aware = 0
    for d in range(count):
        aware += (before[contact(c, row, person, stratum, d)] & mask) != 0
    return aware / count
