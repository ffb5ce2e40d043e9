"""Pictures: titles, units and labels are there, and no text overlaps, is cut or is too small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.experiments.compare import Settings, compare
from sim.outcomes.comparison import Comparison
from sim.outcomes.rows import summarise
from sim.pictures import gallery as plots
from sim.pictures import style
from sim.pictures.comparison.entry import entry
from sim.pictures.comparison.numbers import Estimate, estimate, sources, tier_groups, weekly_sales
from sim.pictures.comparison.stores import purchases_moved
from sim.pictures.comparison.words import after, amount, during, lost, money_with_interval, sold_more
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import CLOSED
from tests.pictures.checks import check, plain_spaces, title, words

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"
SHORT = (
    "time.start=2019-10-28",
    "time.end=2020-02-02",
    "time.warm_up_weeks=2",
    "finance.runoff_weeks=4",
)
NO_MARKETPLACE = CLOSED
BUSY = ("exposure=0.5", "appeal=1.5")
"""A storefront that enough of 2,000 consumers use."""
POPUP = "popup_on_pinduoduo_2019"
TABLES = ("outcomes", "weekly", "flows", "people")
HOSTED = [picture for _, picture in plots.PICTURES]
ALL = [*HOSTED, plots.gmv_by_platform_and_tier]


def scenario(name: str, sets: tuple[str, ...] = ()) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml", sets=[*SHORT, *sets]).scenario


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """A storefront and no entry on 14 weeks with a short run-off."""
    busy = tuple(f"storefronts.amazon_on_pinduoduo.{text}" for text in BUSY)
    others = {
        POPUP: scenario(POPUP, (*NO_MARKETPLACE, *busy)),
        "never_entered": scenario("never_entered"),
    }
    settings = Settings(replications=2, consumers=2_000)
    return compare(("stay_out", scenario("stay_out", NO_MARKETPLACE)), others, settings)


@pytest.fixture(scope="module")
def figures(comparison: Comparison) -> dict[str, Figure]:
    """Every picture, drawn once."""
    return {picture.__name__: picture(comparison, POPUP) for picture in ALL}


def first(comparison: Comparison, count: int) -> Comparison:
    """The first replications only."""
    tables = {name: getattr(comparison, name) for name in TABLES}
    return replace(comparison, **{name: t[t.replication < count] for name, t in tables.items()})


def few_buyers(comparison: Comparison) -> Comparison:
    """As if a tenth of the people had been simulated."""
    fewer = comparison.flows.simulated_buyers // 10
    return replace(comparison, flows=comparison.flows.assign(simulated_buyers=fewer))


# --- pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [picture.__name__ for picture in ALL])
def test_text_is_readable_whole_and_apart(figures: dict[str, Figure], name: str) -> None:
    check(figures[name])


@pytest.mark.parametrize("picture", ALL)
def test_one_replication_is_drawn_without_intervals(
    comparison: Comparison, picture: Callable[[Comparison, str], Figure]
) -> None:
    figure = picture(first(comparison, 1), POPUP)
    check(figure)
    said = words(figure)
    assert "[" not in said
    assert picture is plots.gmv_by_platform_and_tier or "no interval can be given" in said


def test_intervals_and_the_window_are_named(figures: dict[str, Figure]) -> None:
    for picture in HOSTED:
        said = words(figures[picture.__name__])
        assert "90 % interval: noise of 2 runs" in said
        assert "open 25 Nov to 31 Dec 2019" in said


@pytest.mark.parametrize(
    ("name", "units"),
    [
        (
            "gmv_by_platform_and_tier",
            ["bn yuan a week", "share of sales", "Singles' Day", "Pinduoduo", "Fifth tier"],
        ),
        ("weekly_effect", ["m yuan a week", "Cumulated since opening", "All rival platforms"]),
        ("source_of_volume", ["per cent of sales", "Not bought online", "Amazon's own site"]),
        ("what_is_left", ["m people", "m yuan a week", "run-off"]),
        ("summary", ["m yuan a week", "per cent of its sales", "NPV with run-off", "core, to Feb 2020"]),
    ],
)
def test_units_and_labels_are_there(figures: dict[str, Figure], name: str, units: list[str]) -> None:
    said = words(figures[name])
    assert [unit for unit in units if unit not in said] == []


def test_title_of_the_summary_states_the_numbers(comparison: Comparison, figures: dict[str, Figure]) -> None:
    rows = comparison.summary().query("scenario == @POPUP and tier == 'all'")
    rows = rows.set_index(["outcome", "party", "period"])
    sold = rows.loc[("channel GMV", "amazon_on_pinduoduo", "window")].difference
    own = rows.loc[("channel GMV", "amazon_global", "after")]
    more = sold_more(Estimate(own.difference, own.low, own.high), "yuan")
    expected = (
        f"In the model Amazon pop-up on Pinduoduo sold {amount(sold, 'yuan')}; "
        f"Amazon's own site {more} in the 4 weeks after"
    )
    assert title(figures["summary"]).startswith(plain_spaces(expected))


def test_pictures_are_refused_when_too_few_buy(comparison: Comparison) -> None:
    poor = few_buyers(comparison)
    count = purchases_moved(poor, POPUP, ["amazon_on_pinduoduo"])
    assert count < 50
    for picture in HOSTED:
        figure = picture(poor, POPUP)
        check(figure)
        said = words(figure)
        assert f"rest on {count:,.0f} simulated purchases" in said
        assert "yuan" not in said
        assert not any(axes.axison for axes in figure.axes)


def test_shares_that_rest_on_few_purchases_are_dashes(comparison: Comparison) -> None:
    poor = replace(comparison, flows=comparison.flows.assign(simulated_buyers=1))
    figure = plots.gmv_by_platform_and_tier(poor, POPUP)
    check(figure)
    assert "Too few simulated purchases" in title(figure) or "–: fewer than 50" in words(figure)


def test_without_run_off_none_is_claimed(comparison: Comparison) -> None:
    tables = {key: getattr(comparison, key).query("week < 14") for key in ("weekly", "people")}
    rows = comparison.outcomes[~comparison.outcomes.outcome.str.contains("run-off")]
    cut = replace(comparison, outcomes=rows, **tables)
    assert "NPV to Feb 2020" in words(plots.summary(cut, POPUP))
    for picture in HOSTED:
        figure = picture(cut, POPUP)
        check(figure)
        assert "run-off" not in words(figure)


def test_a_scenario_without_a_storefront_has_no_pictures(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match="has no storefront in which it differs"):
        plots.summary(comparison, "never_entered")


def test_save_all_writes_each_picture_once(comparison: Comparison, tmp_path: Path) -> None:
    written = plots.save_all(comparison, tmp_path)
    expected = {f"{POPUP}_{kind}.png" for kind, _ in plots.PICTURES}
    assert {path.name for path in written} == expected | {"gmv_by_platform_and_tier.png"}
    assert sorted(tmp_path.iterdir()) == sorted(written)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)


def test_colours_of_firms_are_those_of_the_scenario(
    comparison: Comparison, figures: dict[str, Figure]
) -> None:
    about, figure = comparison.scenarios[POPUP], figures["weekly_effect"]
    solid, dashed = figure.axes[0].lines[0], figure.axes[2].lines[0]
    assert solid.get_color() == dashed.get_color() == about.brands["amazon"].colour
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    assert figure.axes[4].lines[0].get_color() == about.platforms["pinduoduo"].colour


# --- numbers -----------------------------------------------------------------------------------


def test_sums_of_weeks_are_the_outcomes(comparison: Comparison) -> None:
    about = entry(comparison, POPUP)
    samples = weekly_sales(comparison, POPUP, about.own_sites)
    counts = ["simulated_buyers", "effective_buyers"]  # sums are checked whoever stands behind them
    summary = summarise(comparison.outcomes.drop(columns=counts))
    rows = summary[
        (summary.scenario == POPUP)
        & (summary.outcome == "channel GMV")
        & (summary.party == "amazon_global")
        & (summary.tier == "all")
    ].set_index("period")
    for found, period in ((during(samples, about), "window"), (after(samples, about), "after")):
        expected = rows.loc[period, ["difference", "low", "high"]].to_numpy(float)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-3)


def test_shares_add_up_and_parts_add_up_to_their_group(comparison: Comparison) -> None:
    shares = sources(comparison, POPUP)
    whole = shares[shares.origin == ""]
    assert whole["mean"].sum() == pytest.approx(1.0)
    assert list(whole["mean"]) == sorted(whole["mean"], reverse=True)
    parts = shares[shares.origin != ""].groupby("group")["mean"].sum()
    pd.testing.assert_series_equal(parts, whole.set_index("group")["mean"].sort_index())


def test_interval_of_a_share_is_that_of_a_ratio() -> None:
    samples = pd.DataFrame([[1.0, 2.0, 3.0]])
    found = estimate(samples)
    assert found.mean == pytest.approx(2.0)
    assert found.high - found.mean == pytest.approx(2.919986 / np.sqrt(3), rel=1e-5)  # t(0.95, 2)


def test_groups_of_tiers_hold_enough_purchases(comparison: Comparison) -> None:
    groups = tier_groups(comparison, POPUP)
    assert [tier for group in groups for tier in group] == list(comparison.scenarios[POPUP].tiers)
    flows = comparison.flows.query("scenario == @POPUP and destination == 'amazon_on_pinduoduo'")
    for group in groups:
        bought = flows[flows.tier.isin(group)].simulated_buyers.sum()
        assert bought >= 50 or len(groups) == 1


# --- words and style ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Estimate(745e6, 693e6, 798e6), "+745 m yuan [693, 798]"),
        (Estimate(-7.126e6, -8.55e6, -5.7e6), "−7.1 m yuan [−8.6, −5.7]"),
        (Estimate(2.5e9, 2.5e9, 2.5e9), "+2.5 bn yuan"),
        (Estimate(12.0, 11.0, 13.0), "+12 yuan [11, 13]"),
    ],
)
def test_money_in_words(found: Estimate, expected: str) -> None:
    assert money_with_interval(found, "yuan").replace("\xa0", " ") == expected


def test_findings_are_claimed_only_if_the_interval_leaves_out_zero() -> None:
    assert sold_more(Estimate(5e6, -1e6, 11e6), "yuan") == "sold neither clearly more nor clearly less"
    assert sold_more(Estimate(-5e6, -6e6, -4e6), "yuan").replace("\xa0", " ") == "sold 5.0 m yuan less"
    assert lost(Estimate(5e6, -1e6, 11e6), "yuan") == "neither clearly lost nor gained"
    assert lost(Estimate(-5e6, -6e6, -4e6), "yuan").replace("\xa0", " ") == "lost 5.0 m yuan"


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (-0.001, "0"), (9.96, "10"), (1_234.5, "1,234")])
def test_plain_numbers(value: float, text: str) -> None:
    assert style.plain(value) == text


@pytest.mark.parametrize("colour", [*style.OKABE_ITO, "#999999"])
def test_colours_of_text_can_be_read(colour: str) -> None:
    dark = style.readable(colour)
    assert style.readable(dark) == dark


def test_months_stay_inside_their_axis() -> None:
    figure = style.canvas(4, 2)
    axes = style.panel(figure, 0.5, 0.6, 3, 1)
    style.month_axis(axes, date(2019, 10, 28), date(2021, 6, 27))
    check(figure)
    assert "Jan 2020" in words(figure)
