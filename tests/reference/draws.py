"""Random numbers by name, in plain Python integers, and the distributions made of them.

A draw is addressed by seed, names of its stream, week and person. Its 64 bits are hashed by the
finaliser of SplitMix64 (Steele, Lea and Flood 2014) and give two independent 32-bit numbers.
"""

from __future__ import annotations

from math import log as ln
from math import log1p
from statistics import NormalDist

from sim.draws import stream_key

MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15
WEEK_STEP = 0xD1B54A32D192ED03
STANDARD_NORMAL = NormalDist()


def mix(x: int) -> int:
    """Finaliser of SplitMix64."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def address(identity: int) -> int:
    """Address of a person, the same in all streams."""
    return mix(((identity + 1) * GOLDEN) & MASK)


class Draws:
    """All draws under one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._keys: dict[tuple[int, tuple[str, ...]], int] = {}

    def key(self, week: int, names: tuple[str, ...]) -> int:
        """Key of a stream in a week."""
        if (week, names) not in self._keys:
            stream = int(stream_key(self.seed, *names))
            self._keys[week, names] = mix((stream + week * WEEK_STEP) & MASK)
        return self._keys[week, names]

    def pair(self, person: int, week: int, *names: str) -> tuple[int, int]:
        """The two 32-bit numbers of a draw: upper half, lower half."""
        bits = mix(self.key(week, names) ^ person)
        return bits >> 32, bits & 0xFFFFFFFF

    def uniform(self, person: int, week: int, *names: str) -> float:
        """Uniform on (0, 1) from the upper half of a draw."""
        return uniform(self.pair(person, week, *names)[0])


def uniform(bits: int) -> float:
    """Uniform on (0, 1)."""
    return (bits + 0.5) / 2.0**32


def exponential(bits: int) -> float:
    """Standard exponential."""
    return -log1p(-uniform(bits))


def gumbel(bits: int) -> float:
    """Standard Gumbel: the law of the best of very many."""
    return -ln(exponential(bits))


def normal(bits: int) -> float:
    """Standard normal."""
    return STANDARD_NORMAL.inv_cdf(uniform(bits))
