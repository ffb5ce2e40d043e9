"""Scratch rows of one block of persons with a need; they stay in cache from utilities to records."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.kernel import kernel

F4 = npt.NDArray[np.float32]
I4 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int64]
U4 = npt.NDArray[np.uint32]
U8 = npt.NDArray[np.uint64]


class Scratch(NamedTuple):
    """Rows of one block, B persons wide."""

    row: npt.NDArray[np.int64]  # row in the columns
    person: U4  # address in the draws
    day: I4
    size: F4  # log order size relative to the category's mean
    order: F4  # order value at reference price, money
    alpha: F4  # price coefficient
    outside: F4  # utility of buying nothing
    utility: F4  # (A, B)
    friction: F4  # (A, B) habit, loyalty and event pull inside utility
    factor: F4  # (M, B) ln S
    best: F4
    choice: I4
    shock: F4
    top: F4  # (M, B) largest scaled utility of a nest
    mass: F4  # (M, B) sum of exponentials
    inclusive: F4  # (M, B) ln G
    logsum: F4
    chance: F4
    words: U4  # of draws
    spare: F4
    affinity: F4  # gathered traits of the persons
    delivery: F4
    aware: U8
    fixed: npt.NDArray[np.int64]  # fixed-point numbers on their way into sums
    all_persons: U4  # of every row of the block, with a need or without


@kernel
def make_scratch(size: int, channels: int, nests: int) -> Scratch:
    """Scratch rows for blocks of up to `size` persons."""
    return Scratch(
        np.empty(size, np.int64), np.empty(size, np.uint32), np.empty(size, np.int32),
        np.empty(size, np.float32), np.empty(size, np.float32), np.empty(size, np.float32),
        np.empty(size, np.float32), np.empty((channels, size), np.float32),
        np.empty((channels, size), np.float32), np.empty((nests, size), np.float32),
        np.empty(size, np.float32), np.empty(size, np.int32), np.empty(size, np.float32),
        np.empty((nests, size), np.float32), np.empty((nests, size), np.float32),
        np.empty((nests, size), np.float32), np.empty(size, np.float32), np.empty(size, np.float32),
        np.empty(size, np.uint32), np.empty(size, np.float32), np.empty(size, np.float32),
        np.empty(size, np.float32), np.empty(size, np.uint64), np.empty(size, np.int64),
        np.empty(size, np.uint32),
    )  # fmt: skip
