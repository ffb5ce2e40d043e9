"""What analyses of structured designs share: the right kind, all of its points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.sweep.designs import kind_of
from sim.sweep.responses import IncompleteError, Responses

Floats = npt.NDArray[np.float64]
SHOWN = 5
"""Missing points that a message lists."""


def require(responses: Responses, *kinds: str) -> None:
    """Refuse a design of another kind.

    Raises:
        ValueError: if it is of none of the kinds.
    """
    found = kind_of(responses.points)
    if found not in kinds:
        raise ValueError(f"expected a design of kind {' or '.join(kinds)}, found {found}")


def by_index(responses: Responses, blocks: list[str], count: int) -> pd.DataFrame:
    """Mean outcome of a structured design, whatever the order of its points.

    Args:
        responses: the outcome.
        blocks: the blocks that are needed.
        count: points a block, index 0 to count - 1.

    Returns:
        One row an index, one column a block.

    Raises:
        IncompleteError: if a point of a block is missing.
        ValueError: if a point is there twice.
    """
    refuse_missing(responses, [(block, k) for block in blocks for k in range(count)])
    points = responses.points[["block", "index"]].assign(mean=responses.mean)
    return points.pivot(index="index", columns="block", values="mean")[blocks].loc[: count - 1]


def refuse_missing(responses: Responses, expected: list[tuple[str, int]]) -> None:
    """Refuse a design without some of its points, or with a point twice.

    Args:
        responses: the outcome.
        expected: block and index of the points needed.

    Raises:
        IncompleteError: if a point is missing.
        ValueError: if a point is there twice.
    """
    there = list(zip(responses.points["block"], responses.points["index"], strict=True))
    present = set(there)
    if len(present) < len(there):
        raise ValueError("a block and an index name one point, found the same ones twice")
    if missing := [point for point in expected if point not in present]:
        listed = ", ".join(f"block {block} index {index}" for block, index in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise IncompleteError(
            f"{responses.outcome}: the design lacks {listed}{more}; run the missing points first"
        )
