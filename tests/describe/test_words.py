"""Numbers are readable, exact to six digits, and never in scientific notation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.describe.words import ends_words, number_words, value_words

SIZES = {"bn": 1e9, "m": 1e6}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.157, "0.157"),
        (-0.35, "-0.35"),
        (100, "100"),
        (22_000, "22,000"),
        (999_999, "999,999"),
        (1e6, "1 m"),
        (418.5e6, "418.5 m"),
        (1e9, "1 bn"),
        (-10e9, "-10 bn"),
        (1e-6, "0.000001"),
    ],
)
def test_numbers(value: float, words: str) -> None:
    assert number_words(value) == words


@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 6)))
def test_numbers_can_be_read_back(value: float) -> None:
    number, _, size = number_words(value).partition(" ")
    assert "e" not in number
    read = float(number.replace(",", "")) * SIZES.get(size, 1.0)
    assert read == pytest.approx(value, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (False, "no"),
        ("agency", "agency"),
        (["imported", "fashion"], "imported, fashion"),
        ({}, "none"),
        ({"T1": 2, "T2": 0.5}, "0.5 to 2 (2 values)"),
        ({"T1": 2, "T2": 2}, "2"),
        ({"2019-09-06": "alibaba"}, "alibaba"),
        ({"y2019": {"from": "2019-11-11"}}, "1 values"),
    ],
)
def test_values(value: Any, words: str) -> None:
    assert value_words(value) == words


def test_several_values_are_told_by_their_ends() -> None:
    assert ends_words([3, 1, 2]) == "1 to 3 (3 values)"
    assert ends_words(["2020-01-01", "2019-01-01"]) == "2019-01-01 to 2020-01-01 (2 values)"
