"""The recorded baseline (see tests/golden.py) holds on every supported Python and Mesa version."""

from __future__ import annotations

import json

import pytest

from tests.golden import FILE, golden_table


def test_golden_table() -> None:
    """Integers exactly, money to 1e-12 (the order of the last additions may differ by one bit)."""
    expected, found = json.loads(FILE.read_text(encoding="utf-8")), golden_table()
    assert found.keys() == expected.keys()
    for name, row in expected.items():
        assert found[name] == pytest.approx(row, rel=1e-12), name
