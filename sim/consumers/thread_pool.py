"""Threads that share out the blocks of consumers among themselves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class ThreadPool:
    """Threads, each with a chunk of the blocks of consumers; one chunk needs no thread of its own.

    Args:
        blocks: rows (first, last + 1, stratum), shape (blocks, 3).
        block_rows: most rows of a block, which is the size of each thread's scratch memory.
        threads: how many chunks are worked on at once; results do not depend on it.
    """

    def __init__(self, blocks: Ints, block_rows: int, threads: int) -> None:
        self.block_rows = block_rows
        # Dealt out in turn: big-city strata shop more, so contiguous halves would not be equal work.
        deals = [np.ascontiguousarray(blocks[k::threads]) for k in range(threads)]
        self.chunks = [chunk for chunk in deals if len(chunk)]
        self.executor = ThreadPoolExecutor(threads) if len(self.chunks) > 1 else None

    def for_each(self, work: Callable[[Ints], object]) -> None:
        """Call `work` with every chunk, and wait until all calls have returned."""
        if self.executor is None:
            for chunk in self.chunks:
                work(chunk)
        else:
            list(self.executor.map(work, self.chunks))

    def close(self) -> None:
        """Stop the threads."""
        if self.executor is not None:
            self.executor.shutdown()
