"""Numbers and names on the page of an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.decisions.reading import load
from sim.report.advice.numbers import between, digits, figure, lower, m, minus, rate, rates, share, text
from tests.report.advice.answers import words_of, write_question

NAN = float("nan")
PLAIN = re.compile(r"−?[0-9,]*\.?[0-9]+")


@given(st.floats(-1e12, 1e12))
def test_a_figure_has_three_digits_and_no_power_of_ten(value: float) -> None:
    said = figure(value)
    assert PLAIN.fullmatch(said)
    assert float(said.replace("−", "-")) == pytest.approx(value, rel=5e-3)


@given(st.floats(-1e15, 1e15))
def test_money_is_in_millions(value: float) -> None:
    assert PLAIN.fullmatch(m(value))
    read = float(m(value).replace("−", "-").replace(",", ""))
    assert read == pytest.approx(value / 1e6, rel=0.06, abs=0.0051)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0803, "8.0 %"), (-0.0319, "−3.2 %"), (-1e-9, "0.0 %"), (NAN, "none"), (1.0, "100.0 %")],
)
def test_rates_have_one_digit_and_no_minus_zero(value: float, said: str) -> None:
    assert rate(value) == said


def test_what_is_not_there_is_left_empty() -> None:
    assert m(NAN) == between(NAN, NAN) == rates(NAN, NAN) == share(NAN) == text(NAN) == text(None) == ""
    assert rates(-0.01, 0.02) == "−1.0 % to 2.0 %"
    assert between(-2e6, 3e6) == "−2.0 to 3.0"
    assert share(-0.03).startswith("−3")
    assert share(-0.001).startswith("0")


def test_minus_signs_stand_before_numbers_only() -> None:
    assert minus("falls to -20 m on 2019-11-25 (-0.5) in the pop-up, 3-4") == (
        "falls to −20 m on 2019-11-25 (−0.5) in the pop-up, 3-4"
    )


def test_long_numbers_in_words_are_rounded() -> None:
    assert digits("drift -3.0785972872617755 below rate 0.1") == "drift −3.08 below rate 0.1"
    assert digits("volatility 1.2345e-05") == "volatility 0.0000123"


def test_titles_inside_a_sentence(tmp_path: Path) -> None:
    """Names of firms keep their capital."""
    words = words_of(load(write_question(tmp_path)).spec)
    assert words.inside("Four weeks on North") == "four weeks on North"
    assert words.inside("A walk-in shop") == "a walk-in shop"
    assert words.inside("Faraway guarantees 20 m") == "Faraway guarantees 20 m"
    assert words.inside("South matches the price") == "South matches the price"
    assert words.inside("Nash rate, little exposure") == "Nash rate, little exposure"
    named = replace(words, hosts={"tmall": "Alibaba (Taobao and Tmall)"})
    assert named.inside("Alibaba binds merchants") == "Alibaba binds merchants"
    assert lower("JD closes half of the gap") == "JD closes half of the gap"
    assert words.title("stay_out") == "Keep the own site only"
    assert words.title("long") == "Ten weeks on North"
    assert np.all([words.title(name) for name in words.spec.options])
