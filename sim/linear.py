"""Products of matrices and small linear systems in a fixed order of sums.

The linear-algebra library behind numpy's `@` and `einsum` chooses its loops by the processor, and the last
digits of a sum follow the loop. What enters a market or its outcomes is added up here instead, so that a
run gives the same bits on every processor.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def product(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Sum of products over the last axis of `a` and the first of `b`, which is a vector or a matrix."""
    left, right = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if right.ndim == 1:
        return np.asarray((left * right).sum(axis=-1))
    return np.stack([(left * right[:, k]).sum(axis=-1) for k in range(right.shape[1])], axis=-1)


def weighted_sum(weights: Floats, values: Floats) -> Floats:
    """Sum over the first axis of `values`, of any shape (n, ...), with `weights` of shape (n,)."""
    return np.asarray((weights.reshape(-1, *[1] * (values.ndim - 1)) * values).sum(axis=0))


def solve(matrix: Floats, right: Floats) -> Floats:
    """Solve a small linear system by elimination with the largest pivot of each column.

    Args:
        matrix: shape (n, n).
        right: shape (n,).

    Raises:
        numpy.linalg.LinAlgError: if the matrix is singular.
    """
    n = len(right)
    rows = np.column_stack([matrix, right]).astype(np.float64)
    for k in range(n):
        pivot = k + int(np.abs(rows[k:, k]).argmax())
        if rows[pivot, k] == 0.0:
            raise np.linalg.LinAlgError("Singular matrix")
        rows[[k, pivot]] = rows[[pivot, k]]
        rows[k] /= rows[k, k]
        for other in range(n):
            if other != k:
                rows[other] -= rows[other, k] * rows[k]
    return np.asarray(rows[:, n])
