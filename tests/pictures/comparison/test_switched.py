"""Who switched: nothing is lost between flows and picture, and names never touch."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.outcomes.comparison import Comparison
from sim.outcomes.volume import NOTHING_ONLINE
from sim.pictures.comparison.entry import entry
from sim.pictures.comparison.moved import (
    HOST,
    NOBODY,
    RIVALS,
    SITE,
    STORE,
    Moved,
    ends_of,
    periods,
    switching,
)
from sim.pictures.comparison.stores import purchases_moved
from sim.pictures.comparison.switched import apart, switched
from tests.pictures.checks import check, title, words
from tests.pictures.comparison.test_comparison import POPUP, comparison, few_buyers, first

__all__ = ["comparison"]


def test_everything_that_ended_elsewhere_is_in_one_of_the_periods(comparison: Comparison) -> None:
    flows = comparison.flows[comparison.flows.scenario == POPUP]
    moved = flows[flows.origin != flows.destination]
    parts = periods(comparison, POPUP, entry(comparison, POPUP))
    assert [part.title for part in parts] == ["While it was open", "In the 4 weeks after it closed"]
    assert sum(part.simulated for part in parts) == moved.simulated_buyers.sum()
    assert sum(part.total.sum() for part in parts) == pytest.approx(moved.needs.sum())
    assert all(part.simulated > 0 for part in parts)


def test_all_who_bought_at_the_storefront_went_there_while_it_was_open(comparison: Comparison) -> None:
    open_, after = periods(comparison, POPUP, entry(comparison, POPUP))
    there = open_.flows[open_.flows.destination == STORE]
    assert there.simulated_buyers.sum() == purchases_moved(comparison, POPUP, ["amazon_on_pinduoduo"])
    assert STORE not in set(after.flows.destination) | set(open_.flows.origin)


def test_ends_are_whose_channels_they_are(comparison: Comparison) -> None:
    ends = ends_of(entry(comparison, POPUP))
    expected = {
        "amazon_on_pinduoduo": STORE,
        "amazon_global": SITE,
        "pinduoduo": HOST,
        NOTHING_ONLINE: NOBODY,
        **dict.fromkeys(["alibaba", "jd", "kaola", "others"], RIVALS),
    }
    assert ends == expected
    flows = comparison.flows[
        (comparison.flows.scenario == POPUP) & (comparison.flows.origin != comparison.flows.destination)
    ]
    found = switching(comparison, POPUP, entry(comparison, POPUP))
    rivals = flows.needs[flows.origin.isin(["alibaba", "jd", "kaola", "others"])].sum()
    assert found.needs[found.origin == RIVALS].sum() == pytest.approx(rivals)


def test_shares_of_ends_and_of_tiers_add_up(comparison: Comparison) -> None:
    tiers = list(comparison.scenarios[POPUP].tiers)
    for part in periods(comparison, POPUP, entry(comparison, POPUP)):
        for key in ("origin", "destination"):
            samples = part.samples(key)
            assert sum(part.share(samples.loc[end]).mean for end in samples.index) == pytest.approx(1.0)
        assert sum(part.share(part.by_tier([tier])).mean for tier in tiers) == pytest.approx(1.0)
        np.testing.assert_allclose(part.by_tier(tiers), part.total)


def test_twice_the_people_are_twice_the_purchases_and_the_same_shares(comparison: Comparison) -> None:
    about = entry(comparison, POPUP)
    twice = replace(comparison, flows=comparison.flows.assign(needs=2 * comparison.flows.needs))
    for one, two in zip(periods(comparison, POPUP, about), periods(twice, POPUP, about), strict=True):
        np.testing.assert_allclose(two.total, 2 * one.total)
        shares = [part.share(part.samples("origin").loc[RIVALS]) for part in (one, two)]
        assert shares[0] == pytest.approx(shares[1])


def test_interval_of_a_share_is_that_of_a_ratio() -> None:
    flows = pd.DataFrame(
        {
            "replication": [0, 0, 1, 1], "origin": [HOST, RIVALS, HOST, RIVALS],
            "needs": [10.0, 30.0, 20.0, 20.0], "simulated_buyers": 100,
        }
    )  # fmt: skip
    part = Moved(flows, "", [0, 1])
    found = part.share(part.samples("origin").loc[HOST])
    assert found.mean == pytest.approx(30 / 80)
    # both wholes are 40: the interval is that of the shares 1/4 and 1/2 with t(0.95, 1), cut at zero
    assert 6.313752 * np.std([0.25, 0.5], ddof=1) / np.sqrt(2) > 30 / 80
    assert found.low == 0.0
    assert found.high == 1.0


def test_replications_in_which_nobody_moved_count_as_none() -> None:
    flows = pd.DataFrame({"replication": [0], "origin": [HOST], "needs": [10.0], "simulated_buyers": 60})
    part = Moved(flows, "", [0, 1])
    assert list(part.total) == [10.0, 0.0]
    assert list(part.samples("origin").loc[HOST]) == [10.0, 0.0]


def test_pictures_can_be_read(comparison: Comparison) -> None:
    figure = switched(comparison, POPUP)
    check(figure)
    said = words(figure)
    for word in ("Rival platforms", "Amazon's own site", "No longer bought online", "simulated", "purchases"):
        assert word in said
    open_ = periods(comparison, POPUP, entry(comparison, POPUP))[0]
    share = open_.share(open_.samples("destination").loc[STORE]).mean
    assert f"while open, {share:.0%}".replace("%", " %") in title(figure)


def test_one_replication_has_no_interval_and_too_few_purchases_no_picture(comparison: Comparison) -> None:
    figure = switched(first(comparison, 1), POPUP)
    check(figure)
    assert "[" not in words(figure)
    assert "too few" in title(switched(few_buyers(comparison), POPUP))


def test_a_period_with_few_purchases_is_not_shown(comparison: Comparison) -> None:
    about = entry(comparison, POPUP)
    some = comparison.flows.week <= about.last
    flows = comparison.flows.assign(simulated_buyers=comparison.flows.simulated_buyers.where(some, 0))
    figure = switched(replace(comparison, flows=flows), POPUP)
    check(figure)
    assert "not shown: 0 simulated purchases moved" in words(figure)
    assert "afterwards" not in title(figure)


def test_nodes_of_both_sides_are_the_whole(comparison: Comparison) -> None:
    axes = next(axes for axes in switched(comparison, POPUP).axes if axes.collections)
    sides: dict[float, float] = {}
    for bar in axes.patches:
        sides[round(bar.get_x(), 3)] = sides.get(round(bar.get_x(), 3), 0.0) + bar.get_height()  # type: ignore[attr-defined]
    assert len(sides) == 2
    assert list(sides.values()) == pytest.approx([1.0, 1.0])


def test_bands_fill_both_sides_and_do_not_cover_each_other_there(comparison: Comparison) -> None:
    axes = next(axes for axes in switched(comparison, POPUP).axes if axes.collections)
    for side in (0, -1):
        ends = []
        for band in axes.collections:
            points = band.get_paths()[0].vertices
            at = points[:, 0].min() if side == 0 else points[:, 0].max()
            heights = points[np.isclose(points[:, 0], at), 1]
            ends.append((float(heights.min()), float(heights.max())))
        ends.sort()
        assert all(below[1] <= above[0] + 1e-9 for below, above in pairwise(ends))
        assert sum(high - low for low, high in ends) == pytest.approx(1.0)


Rows = st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.01, 0.2)), min_size=1, max_size=5)


@given(Rows)
def test_names_never_touch_and_stay_in_order(rows: list[tuple[float, float]]) -> None:
    wanted = sorted((middle for middle, _ in rows), reverse=True)
    heights = [height for _, height in rows]
    found = apart(wanted, heights, 1.0)
    edges = [(at + high / 2, at - high / 2) for at, high in zip(found, heights, strict=True)]
    assert all(above[1] >= below[0] - 1e-9 for above, below in pairwise(edges))
    assert edges[0][0] <= 1.0 + 1e-9
    assert edges[-1][1] >= -0.1 - 1e-9


def test_names_that_do_not_touch_stay_where_they_are() -> None:
    assert apart([0.8, 0.5, 0.2], [0.1, 0.1, 0.1], 1.0) == [0.8, 0.5, 0.2]
