"""Prices of the model's search beside those that pyblp finds at the same moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.validation.outside.bertrand import GAMES, MIXED, NESTED, PLAIN, our_prices, rows, their_prices


def test_all_games_agree() -> None:
    """Expected: prices equal to 1e-7 in plain, nested and mixed logits, before and after mergers."""
    found = rows()
    assert len(found) == 4 * len(GAMES)
    assert [row for row in found if not row.passed] == []


def test_pyblp_gives_the_golden_prices() -> None:
    """Expected (evidence 13): prices recorded with pyblp 1.3.0 elsewhere."""
    assert their_prices(PLAIN) == pytest.approx([1.06224288, 1.06224288, 0.87532576, 1.04740198], abs=1e-8)


def test_games_are_told_apart() -> None:
    """Expected: owners, nests and tastes each move the prices by far more than the tolerance."""
    prices = {name: our_prices(game) for name, game in GAMES.items()}
    names = list(prices)
    for k, one in enumerate(names):
        for other in names[k + 1 :]:
            assert np.abs(prices[one] - prices[other]).max() > 1e-3, (one, other)


@pytest.mark.parametrize("game", [PLAIN, NESTED, MIXED])
def test_a_merger_raises_prices(game: object) -> None:
    """Expected: those who merge raise theirs, the others follow; in pyblp as in the model."""
    merged = replace(game, owner=(0, 0, 1, 1))
    for solve in (our_prices, their_prices):
        change = solve(merged) - solve(game)
        assert (change > 0.0).all()
        assert change[2:].min() > change[:2].max()


def test_a_wrong_cost_is_noticed() -> None:
    wrong = replace(NESTED, cost=(0.6, 0.6, 0.5, 0.7 + 1e-5))
    assert np.abs(our_prices(wrong) - their_prices(NESTED)).max() > 1e-6
