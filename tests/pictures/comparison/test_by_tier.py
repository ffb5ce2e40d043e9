"""Weekly sales by tier: sums are the outcomes, few tiers fit as well as six, titles follow the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.outcomes.comparison import Comparison
from sim.pictures.comparison.by_tier import Group, leading, listed, sum_over, tier_series, weekly_by_tier
from sim.pictures.comparison.effect import Series
from sim.pictures.comparison.entry import entry
from sim.pictures.comparison.numbers import tier_groups
from sim.pictures.style import readable
from tests.pictures.checks import check, title, words
from tests.pictures.comparison.test_comparison import POPUP, comparison, few_buyers, first

__all__ = ["comparison"]


def tiers_only(whole: Comparison, tiers: list[str], buyers: int) -> Comparison:
    """As if there were some tiers only, with as many simulated purchases behind every flow as said."""
    tables = {key: getattr(whole, key) for key in ("weekly", "flows", "people")}
    kept = {key: table[table.tier.isin(tiers)] for key, table in tables.items()}
    kept["flows"] = kept["flows"].assign(simulated_buyers=buyers)
    scenarios = {
        key: one.model_copy(update={"tiers": {tier: one.tiers[tier] for tier in tiers}})
        for key, one in whole.scenarios.items()
    }
    return replace(whole, scenarios=scenarios, **kept)


def test_one_panel_a_tier_in_the_order_of_the_scenario(comparison: Comparison) -> None:
    tiers = comparison.scenarios[POPUP].tiers
    figure = weekly_by_tier(tiers_only(comparison, list(tiers), 100), POPUP)
    check(figure)
    assert len(figure.axes) == 6
    said = words(figure)
    places = [said.index(str(tier.title).capitalize()) for tier in tiers.values()]
    assert places == sorted(places)
    assert "put together" not in said
    assert (
        len({axes.get_ylim() for axes in figure.axes}) == len({axes.get_xlim() for axes in figure.axes}) == 1
    )


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (6, 3)])
def test_fewer_tiers_are_read_as_well(comparison: Comparison, count: int, columns: int) -> None:
    tiers = list(comparison.scenarios[POPUP].tiers)[:count]
    figure = weekly_by_tier(tiers_only(comparison, tiers, 100), POPUP)
    check(figure)
    assert len(figure.axes) == count
    assert len({round(axes.get_position().x0, 6) for axes in figure.axes}) == columns


def test_long_names_have_room(comparison: Comparison) -> None:
    """A second storefront on another platform: names of both stand in the key."""
    about = comparison.scenarios[POPUP]
    store = about.storefronts["amazon_on_pinduoduo"]
    second = store.model_copy(update={"host": "jd", "title": "Amazon pop-up on JD, the other platform"})
    two = about.model_copy(update={"storefronts": {**about.storefronts, "amazon_on_jd": second}})
    flows = comparison.flows[comparison.flows.destination == "amazon_on_pinduoduo"]
    flows = pd.concat([comparison.flows, flows.assign(destination="amazon_on_jd")])
    found = replace(comparison, scenarios={**comparison.scenarios, POPUP: two}, flows=flows)
    figure = weekly_by_tier(found, POPUP)
    check(figure)
    assert "Change of Pinduoduo and JD's own merchants" in words(figure)


def test_tiers_with_few_purchases_are_put_together(comparison: Comparison) -> None:
    figure = weekly_by_tier(comparison, POPUP)
    groups = tier_groups(comparison, POPUP)
    check(figure)
    assert len(figure.axes) == len(groups)
    merged = len(groups) < len(comparison.scenarios[POPUP].tiers)
    assert ("put together" in words(figure)) == merged


def test_one_replication_has_no_interval_and_too_few_purchases_no_picture(comparison: Comparison) -> None:
    figure = weekly_by_tier(first(comparison, 1), POPUP)
    check(figure)
    assert "[" not in words(figure)
    assert "too few" in title(weekly_by_tier(few_buyers(comparison), POPUP))


@pytest.mark.parametrize(("line", "period"), [(0, "window"), (1, "window"), (1, "after"), (2, "window")])
def test_sums_of_weeks_are_the_outcomes_of_the_tiers(comparison: Comparison, line: int, period: str) -> None:
    about = entry(comparison, POPUP)
    channels = (about.stores, about.hosts, about.rivals)[line]
    weeks = slice(about.first, about.last) if period == "window" else slice(about.last + 1, about.horizon - 1)
    rows = comparison.outcomes[
        (comparison.outcomes.scenario == POPUP) & (comparison.outcomes.outcome == "channel GMV")
        & comparison.outcomes.party.isin(channels) & (comparison.outcomes.period == period)
    ]  # fmt: skip
    groups = tier_series(comparison, POPUP, about)
    for group, tiers in zip(groups, tier_groups(comparison, POPUP), strict=True):
        expected = rows[rows.tier.isin(tiers)].groupby("replication").difference.sum()
        found = group.lines[line].samples.loc[weeks].sum()
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-3)
    whole = sum_over([group.lines[line].samples for group in groups]).loc[weeks].sum()
    expected = rows[rows.tier == "all"].groupby("replication").difference.sum()
    np.testing.assert_allclose(whole, expected, rtol=1e-9, atol=1e-3)


def test_sales_are_solid_and_changes_dashed_in_the_colours_of_the_firms(comparison: Comparison) -> None:
    figure, scenario = weekly_by_tier(comparison, POPUP), comparison.scenarios[POPUP]
    _zero, solid, host, rivals = figure.axes[0].lines
    assert (solid.get_linestyle(), host.get_linestyle(), rivals.get_linestyle()) == ("-", "--", "--")
    assert solid.get_color() == scenario.brands["amazon"].colour
    assert host.get_color() == scenario.platforms["pinduoduo"].colour
    key = next(text for text in figure.texts if "own merchants" in text.get_text())
    assert key.get_color() == readable(str(scenario.platforms["pinduoduo"].colour))


def groups_of(comparison: Comparison, sold: dict[str, list[float]]) -> list[Group]:
    """Groups that sold some amounts by replication in the first week of opening and nothing else."""
    week = entry(comparison, POPUP).first
    return [
        Group(name, [Series(pd.DataFrame([amounts], index=[week]), name, "#000000", dashed=False)])
        for name, amounts in sold.items()
    ]


def test_the_fewest_tiers_that_bring_half_are_named(comparison: Comparison) -> None:
    about = entry(comparison, POPUP)
    sold = {"First tier": [20.0, 22.0], "Second tier": [50.0, 41.0], "Third tier": [30.0, 37.0]}
    names, share = leading(groups_of(comparison, sold), about)
    assert names == ["Second tier", "Third tier"]
    assert share.mean == pytest.approx((50 + 41 + 30 + 37) / 200)
    # residuals over the mean of the whole are -0.01 and 0.01 off the share: t(0.95, 1) s / sqrt(2)
    residuals = (np.array([80.0, 78.0]) - share.mean * 100) / 100
    half = 6.313752 * residuals.std(ddof=1) / np.sqrt(2)
    assert share.high - share.mean == pytest.approx(half, rel=1e-5)
    names, share = leading(groups_of(comparison, {"A": [1.0, 1.0], "B": [9.0, 9.0]}), about)
    assert names == ["B"]
    assert share == pytest.approx((0.9, 0.9, 0.9))


@pytest.mark.parametrize(
    ("titles", "sentence"),
    [
        (["Third tier"], "third tier"),
        (["First tier", "New first tier"], "first and new first tier"),
        (["First tier", "Second tier", "Third tier"], "first, second and third tier"),
        (["First tier", "Everybody else"], "first tier and everybody else"),
    ],
)
def test_tiers_in_a_sentence(titles: list[str], sentence: str) -> None:
    assert listed(titles) == sentence
