"""The fewer a look teaches the brand, the less the pop-up does to those who noticed it."""

from __future__ import annotations

from sim.engine.seeds import replication_seeds
from tests.validation.lift import BY_BUYING, BY_SEEING, SHOP_ALONE, lift, pair


def test_the_lift_falls_with_the_chance_of_learning() -> None:
    """Certain learning lifts more than twice as much as a chance of one in ten."""
    (seeds,) = replication_seeds(1, 1, "both")
    certain, rare = (
        lift(*pair(rules), seeds, 6_000) for rules in ((), (SHOP_ALONE, BY_BUYING, BY_SEEING.format(0.1)))
    )
    assert 0.0 < 2.0 * rare < certain
