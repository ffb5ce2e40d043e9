"""Random numbers by name, in plain Python integers, and the distributions made of them.

A draw is addressed by seed, names of its stream, week and person. The key of a week is hashed by the
finaliser of SplitMix64 (Steele, Lea and Flood 2014); its halves come into two multiplications of the
person's address of 32 bits. That gives two independent words of 32 bits.
"""

from __future__ import annotations

from math import log as ln
from math import log1p
from statistics import NormalDist

from sim.draws import stream_key

MASK = 2**64 - 1
WORD = 2**32 - 1
WEEK_STEP = 0xD1B54A32D192ED03
STANDARD_NORMAL = NormalDist()


def mix(x: int) -> int:
    """Finaliser of SplitMix64."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def fold(x: int, by: int) -> int:
    """Exclusive or of a word with itself, shifted down."""
    return x ^ (x >> by)


def times(x: int, factor: int) -> int:
    """Product modulo 2^32."""
    return (x * factor) & WORD


def address(identity: int) -> int:
    """Address of a person, the same in all streams."""
    x = times(identity + 1, 0x9E3779B9)
    return fold(times(fold(times(fold(x, 16), 0x7FEB352D), 15), 0x846CA68B), 16)


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
        """The two words of a draw."""
        key = self.key(week, names)
        low, high = key & WORD, key >> 32
        one = times(fold(person ^ low, 16), 0x7FEB352D)
        two = times(fold(person ^ high, 15), 0x21F0AAAD)
        return (
            fold(times(fold(one ^ high, 15), 0x846CA68B), 16),
            fold(times(fold(two ^ low, 15), 0x735A2D97), 15),
        )

    def uniform(self, person: int, week: int, *names: str) -> float:
        """Uniform on (0, 1) from the first word of a draw."""
        return uniform(self.pair(person, week, *names)[0])


def uniform(bits: int) -> float:
    """Uniform on (0, 1), from the upper 31 bits."""
    return ((bits >> 1) + 0.5) / 2.0**31


def exponential(bits: int) -> float:
    """Standard exponential."""
    return -log1p(-uniform(bits))


def gumbel(bits: int) -> float:
    """Standard Gumbel: the law of the best of very many."""
    return -ln(exponential(bits))


def normal(bits: int) -> float:
    """Standard normal."""
    return STANDARD_NORMAL.inv_cdf(uniform(bits))
