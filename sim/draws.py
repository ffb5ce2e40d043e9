"""Random numbers as names: u = H(seed, stream name, week, consumer), without state or order.

A *stream* is named by words, for example ``("shock", "imported", "kaola")``; its 64-bit key is a
BLAKE2b digest of seed and names. Within a stream a draw is addressed by week and consumer through
the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
generators"; constants by Stafford). The same address gives the same bits whatever else is drawn, in
whatever order, thread or block. There are two seeds: *world* (population, contacts) and *shock*
(everything that happens in a week), so that replications can vary one and hold the other.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from numba import njit

from sim import numeric

Keys = npt.NDArray[np.uint64]

_S27, _S30, _S31, _S32 = (np.uint64(s) for s in (27, 30, 31, 32))
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_WEEK_STEP = np.uint64(0xD1B54A32D192ED03)
_LOW = np.uint64(0xFFFFFFFF)


def stream_key(seed: int, *names: str) -> np.uint64:
    """Key of the stream with these names under a seed (any Python integer)."""
    text = "\x1f".join((str(int(seed)), *names))
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))


def stream_keys(seed: int, *prefix: str, names: list[str]) -> Keys:
    """Keys of several streams that share the first names, shape ``(len(names),)``."""
    return np.array([stream_key(seed, *prefix, name) for name in names], dtype=np.uint64)


@njit(inline="always")
def mix(x: np.uint64) -> np.uint64:
    """Finaliser of SplitMix64: a bijection of 64-bit words with full avalanche."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@njit(inline="always")
def at_week(key: np.uint64, week: int) -> np.uint64:
    """Key of a stream in a week.

    Called from Python it returns a plain int: keep keys in uint64 arrays before a kernel reads them.
    """
    return mix(key + np.uint64(week) * _WEEK_STEP)


@njit(inline="always")
def person_hash(consumer: int) -> np.uint64:
    """Address of a consumer, the same in all streams."""
    return mix((np.uint64(consumer) + np.uint64(1)) * _GOLDEN)


@njit(inline="always")
def bits_at(week_key: np.uint64, person: np.uint64) -> np.uint64:
    """The 64 bits of a person in a stream and week."""
    return mix(week_key ^ person)


@njit(inline="always")
def high(bits: np.uint64) -> np.uint32:
    """Upper 32 bits: the first of the two independent numbers of a draw."""
    return np.uint32(bits >> _S32)


@njit(inline="always")
def low(bits: np.uint64) -> np.uint32:
    """Lower 32 bits: the second number of a draw."""
    return np.uint32(bits & _LOW)


@njit
def bits_array(key: np.uint64, week: int, consumers: npt.NDArray[np.int64]) -> Keys:
    """Bits of many consumers, shape of `consumers`."""
    out = np.empty(consumers.shape[0], np.uint64)
    week_key = at_week(key, week)
    for k in range(consumers.shape[0]):
        out[k] = bits_at(week_key, person_hash(consumers[k]))
    return out


@njit
def uniforms(key: np.uint64, week: int, consumers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Uniform draws on (0, 1], float32, one a consumer."""
    bits = bits_array(key, week, consumers)
    out = np.empty(bits.shape[0], np.float32)
    for k in range(bits.shape[0]):
        out[k] = numeric.uniform(high(bits[k]))
    return out


@njit
def normals(key: np.uint64, week: int, consumers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Standard normal draws, float32, one a consumer."""
    bits = bits_array(key, week, consumers)
    out = np.empty(bits.shape[0], np.float32)
    for k in range(bits.shape[0]):
        out[k] = numeric.normal(high(bits[k]))
    return out
