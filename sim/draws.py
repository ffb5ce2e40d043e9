"""Random numbers as names: u = H(seed, stream name, week, consumer), without state or order.

A *stream* is named by words, for example ``("shock", "imported", "kaola")``; its 64-bit key is a BLAKE2b
digest of seed and names, and the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
pseudorandom number generators"; constants by Stafford) makes of it the key of a week. A person has an
address of 32 bits. A draw is two independent words of 32 bits, `first` and `second`: each is the address
mixed by two multiplications, between which the halves of the week's key come in. Only words of 32 bits
are multiplied here, because processors without AVX-512 have no vector multiplication of 64 bits.

The same address gives the same bits whatever else is drawn, in whatever order, thread or block. There are
two seeds: *world* (population, contacts) and *shock* (everything that happens in a week), so that
replications can vary one and hold the other.

Within a stream and a week, `first` is a bijection of addresses, and so is `second`: no two persons have the
same word. `first` and the address are mixed as in `lowbias32`, which was found by a search for small bias of
the avalanche (Wellons 2018, "Prospecting for hash functions"). The multipliers of `second` are those of a
mixer in wide use (splitmix32, after the same search); its first shift, and where the keys come in, are our
own, and rest on the statistical tests.
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
_WEEK_STEP = np.uint64(0xD1B54A32D192ED03)
_A1, _A2 = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
_B1, _B2 = np.uint32(0x21F0AAAD), np.uint32(0x735A2D97)
_GOLDEN = np.uint32(0x9E3779B9)


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
def _fold(x: np.uint32, by: int) -> np.uint32:
    """Exclusive or of a word with itself, shifted down. Kept in 32 bits: numba widens by itself."""
    return np.uint32(x ^ np.uint32(x >> np.uint32(by)))


@njit(inline="always")
def _times(x: np.uint32, factor: np.uint32) -> np.uint32:
    """Product modulo 2^32."""
    return np.uint32(x * factor)


@njit(inline="always")
def person_hash(consumer: int) -> np.uint32:
    """Address of a consumer, the same in all streams: a bijection of words of 32 bits."""
    x = _times(np.uint32(consumer + 1), _GOLDEN)
    return _fold(_times(_fold(_times(_fold(x, 16), _A1), 15), _A2), 16)


@njit(inline="always")
def first(week_key: np.uint64, person: np.uint32) -> np.uint32:
    """First word of the draw of a person in a stream and week."""
    low, high = np.uint32(week_key), np.uint32(week_key >> _S32)
    x = _times(_fold(np.uint32(person ^ low), 16), _A1)
    return _fold(_times(_fold(np.uint32(x ^ high), 15), _A2), 16)


@njit(inline="always")
def second(week_key: np.uint64, person: np.uint32) -> np.uint32:
    """Second word of the same draw: the halves of the key change places, other constants."""
    low, high = np.uint32(week_key), np.uint32(week_key >> _S32)
    x = _times(_fold(np.uint32(person ^ high), 15), _B1)
    return _fold(_times(_fold(np.uint32(x ^ low), 15), _B2), 15)


@njit
def words(
    key: np.uint64, week: int, consumers: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Both words of the draws of many consumers, each of the shape of `consumers`."""
    one, two = np.empty(consumers.shape[0], np.uint32), np.empty(consumers.shape[0], np.uint32)
    week_key = at_week(key, week)
    for k in range(consumers.shape[0]):
        person = person_hash(consumers[k])
        one[k], two[k] = first(week_key, person), second(week_key, person)
    return one, two


@njit
def uniforms(key: np.uint64, week: int, consumers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Uniform draws on (0, 1], float32, one a consumer."""
    out = np.empty(consumers.shape[0], np.float32)
    week_key = at_week(key, week)
    for k in range(consumers.shape[0]):
        out[k] = numeric.uniform(first(week_key, person_hash(consumers[k])))
    return out


@njit
def normals(key: np.uint64, week: int, consumers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Standard normal draws, float32, one a consumer."""
    out = np.empty(consumers.shape[0], np.float32)
    week_key = at_week(key, week)
    for k in range(consumers.shape[0]):
        out[k] = numeric.normal(first(week_key, person_hash(consumers[k])))
    return out
