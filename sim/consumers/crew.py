"""Blocks of consumers, dealt out to threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Crew:
    """Runs work on chunks of blocks, in threads if there are several chunks.

    Args:
        blocks: rows (first, last + 1, stratum), shape (blocks, 3).
        widest: most rows of a block.
        threads: how many chunks are worked on at once; results do not depend on it.
    """

    def __init__(self, blocks: Ints, widest: int, threads: int) -> None:
        self.widest = widest
        # Dealt out in turn: big-city strata shop more, so contiguous halves would not be equal work.
        deals = [np.ascontiguousarray(blocks[k::threads]) for k in range(threads)]
        self.chunks = [chunk for chunk in deals if len(chunk)]
        self.pool = ThreadPoolExecutor(threads) if len(self.chunks) > 1 else None

    def each(self, work: Callable[[Ints], object]) -> None:
        """Do some work on every chunk and wait for all."""
        if self.pool is None:
            for chunk in self.chunks:
                work(chunk)
        else:
            list(self.pool.map(work, self.chunks))

    def close(self) -> None:
        """Stop the threads."""
        if self.pool is not None:
            self.pool.shutdown()
