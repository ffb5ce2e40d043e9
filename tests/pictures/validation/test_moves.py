"""What moves an outcome: bars of the right length and on the right side."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation

from sim.pictures.validation.moves import MOST, moves
from tests.pictures.checks import check, title, words

SWINGS = {"Share of visits": 310e6, "JD, appeal": -450e6, "Cost": -20e6}


def table(swings: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame({"title": list(swings), "swing": list(swings.values())})


def drawn(figure: Figure) -> tuple[Axes, list[Rectangle]]:
    """The axes, and their bars from above."""
    (axes,) = figure.axes
    bars = [one for one in axes.patches if isinstance(one, Rectangle)]
    return axes, sorted(bars, key=lambda bar: -bar.get_y())


def test_the_largest_stands_above_whatever_its_sign() -> None:
    figure = moves(table(SWINGS), "yuan", "JD first", "What is shown")
    check(figure)
    assert title(figure) == "JD first"
    axes, bars = drawn(figure)
    assert [bar.get_width() for bar in bars] == pytest.approx([-450, 310, -20])
    assert "m yuan: upper quarter of its values less lower quarter" in words(figure)
    names = {text.get_text(): text.xy[1] for text in axes.texts if isinstance(text, Annotation)}
    assert names == {"JD, appeal": 2, "Share of visits": 1, "Cost": 0}


def test_numbers_stand_at_the_ends_of_their_bars() -> None:
    axes, _ = drawn(moves(table(SWINGS), "yuan", "x", "y"))
    numbers = {text.get_text(): text for text in axes.texts if text.get_text()[0] in "+−"}
    assert set(numbers) == {"+310", "−450", "−20"}
    assert numbers["+310"].get_position()[0] > 310
    assert numbers["+310"].get_ha() == "left"
    assert numbers["−450"].get_position()[0] < -450
    assert numbers["−450"].get_ha() == "right"


def test_only_the_first_are_shown() -> None:
    many = {f"Factor {k}": (-1) ** k * (k + 1) * 1e6 for k in range(20)}
    figure = moves(table(many), "yuan", "x", "y")
    check(figure)
    _, bars = drawn(figure)
    assert [abs(bar.get_width()) for bar in bars] == pytest.approx(range(20, 20 - MOST, -1))


def test_without_negative_ones_the_axis_starts_at_zero() -> None:
    axes, _ = drawn(moves(table({"A": 3e6, "B": 2e6}), "yuan", "x", "y"))
    assert axes.get_xlim()[0] == 0
    check(moves(table({"A": 0.0}), "yuan", "nothing moves", "y"))
