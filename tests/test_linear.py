"""Sums in a fixed order: right, and nothing that enters a market leaves the order to a library."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.linear import product, solve, weighted_sum

SIM = Path(__file__).parents[1] / "sim"
PLACES = ("consumers", "firms", "market", "engine", "outcomes", "trade.py", "ledger.py", "linear.py")
CHOSEN_BY_A_LIBRARY = {"dot", "einsum", "matmul", "tensordot", "vdot", "inner", "lstsq", "inv", "pinv"}


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32))
def test_products_are_those_of_numpy(a: int, b: int, c: int, seed: int) -> None:
    """Expected: `@`, but for the order of sums."""
    random = np.random.default_rng(seed)
    one, vector, matrix = random.normal(size=(2, a, b)), random.normal(size=b), random.normal(size=(b, c))
    np.testing.assert_allclose(product(one, vector), one @ vector, atol=1e-12)
    np.testing.assert_allclose(product(one, matrix), one @ matrix, atol=1e-12)
    np.testing.assert_allclose(weighted_sum(vector, matrix), vector @ matrix, atol=1e-12)
    np.testing.assert_allclose(
        weighted_sum(one[:, 0, 0], one), np.tensordot(one[:, 0, 0], one, 1), atol=1e-12
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 9), st.integers(0, 2**32))
def test_a_system_is_solved(n: int, seed: int) -> None:
    """Expected: what the matrix makes of a known solution, with zeros on the diagonal too."""
    random = np.random.default_rng(seed)
    matrix, known = random.normal(size=(n, n)), random.normal(size=n)
    if n > 1:
        np.fill_diagonal(matrix, 0.0)
    np.testing.assert_allclose(solve(matrix, matrix @ known), known, rtol=1e-6, atol=1e-6)


def test_a_singular_system_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        solve(np.array([[1.0, 2.0], [2.0, 4.0]]), np.ones(2))


def test_no_library_chooses_an_order_of_sums() -> None:
    """In all that enters a market or its outcomes."""
    files = [f for place in PLACES for f in ([SIM / place] if "." in place else (SIM / place).rglob("*.py"))]
    found = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else ""
            if name in CHOSEN_BY_A_LIBRARY or isinstance(getattr(node, "op", None), ast.MatMult):
                found.append(f"{file.relative_to(SIM).as_posix()}:{node.lineno}")  # type: ignore[attr-defined]
    assert len(files) > 50
    assert found == []
