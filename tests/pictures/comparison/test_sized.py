"""A picture grows with its headline; what stands below has the same room."""

from __future__ import annotations

import pytest

from sim.pictures.comparison.sized import headed
from tests.pictures.checks import check


@pytest.mark.parametrize("words", [1, 10, 60, 120])
def test_below_the_headline_is_the_room_asked_for(words: int) -> None:
    figure, top = headed(6.0, 1.5, " ".join(["title"] * words), " ".join(["measure"] * words))
    assert top == pytest.approx(1.5)
    check(figure)


def test_more_lines_make_a_higher_picture() -> None:
    heights = [headed(6.0, 1.5, "title " * words, "measure")[0].get_size_inches()[1] for words in (1, 40)]
    assert heights[0] < heights[1]
