"""Numbers, shares, amounts and values of factors as pictures and pages about sweeps write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.pictures.words import index, measure, number, value_words
from sim.sweep.factors import Factor


@pytest.mark.parametrize(("found", "text"), [
    (0.0, "0"), (0.06, "0.06"), (-0.00456, "−0.00456"), (12.0, "12"), (999.6, "1,000"), (12_345.6, "12,346"),
    (1e-7, "0.0000001"), (float("nan"), "–"),
])  # fmt: skip
def test_numbers_have_three_significant_digits(found: float, text: str) -> None:
    assert number(found) == text


@given(st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-6))
def test_numbers_can_be_read_back(value: float) -> None:
    read = float(number(value).replace("−", "-").replace(",", ""))
    assert read == pytest.approx(value, rel=0.0051)


def test_indices_never_say_minus_zero() -> None:
    assert [index(-0.001), index(0.0), index(-0.01)] == ["0.00", "0.00", "−0.01"]


def test_amounts_share_their_unit_and_digits() -> None:
    shown = measure([830e6, -7e6], "yuan")
    assert [shown.of(830e6), shown.of(-7.4e6), shown.of(-1e5)] == ["830", "−7", "0"]
    assert shown.words(830e6).replace("\xa0", " ") == "830 m yuan"
    assert measure([3e6], "").words(3e6).replace("\xa0", " ") == "3.00 million"
    assert measure([0.034], "share").words(0.034).replace("\xa0", " ") == "3.40 %"


def test_values_of_factors_are_written_in_their_unit() -> None:
    setup = Factor("setup", low=1e6, high=25e6, scale="log", unit="yuan")
    assert value_words(setup, 1e6, unit=True).replace("\xa0", " ") == "1 m yuan"
    assert value_words(setup, 25e6) == "25"
    assert value_words(Factor("staff", levels=(5, 40), unit="people"), 40, unit=True) == "40\xa0people"


def test_values_of_factors_have_no_idle_digits() -> None:
    appeal = Factor("appeal", low=-0.5, high=1.5)
    exposure = Factor("exposure", low=0.02, high=0.2, scale="log", unit="share")
    form = Factor("form", levels=("popup", "shop_in_shop"))
    assert value_words(appeal, 0.0043) == "0"
    assert value_words(exposure, 0.0043, unit=True).replace("\xa0", " ") == "0.0043 share"
    assert value_words(form, "shop_in_shop", unit=True) == "shop in shop"
    assert value_words(Factor("speed", low=0.3, high=3.0, unit="times"), 1.5, unit=True) == "×\xa01.5"
    assert value_words(Factor("on", levels=(True, False)), True) == "yes"
