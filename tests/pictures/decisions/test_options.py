"""Pictures of options and of what it is worth to know: what is drawn is what tables say, legibly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from sim.pictures.decisions import options as plots
from sim.pictures.layout import BLUE
from sim.pictures.style import GROUP
from tests.pictures.checks import check, plain_spaces, title, words

M = 1e6
TITLES = (
    "Pop-up on Pinduoduo in the holiday season, as it really was",
    "Pop-up on Pinduoduo that is extended after a good review",
    "Storefront that stays on Pinduoduo for three whole years",
    "Pop-up on JD in the holiday season with prices matched",
    "Storefront on Tmall Global from the season of 2015 onwards",
    "Pop-up on Kaola over Singles' Day with half the assortment",
    "Pop-up after 618 with a low commission and low exposure",
    "Pop-up with prices of the own site and with team purchases",
    "Choose one of two platforms, as the larger host demands",
    "Partnership with shared logistics and one common brand",
    "Stay on the own site and advertise for the same money",
    "Pop-up with a threshold below which it closes early, then",
    "Partial exit: only imported goods, only on the own site",
    "Licence of the name to an operator of stores, for years",
)


def table(count: int = 14, scale: float = M) -> pd.DataFrame:
    """Options out of order; the values fall with their number, the last ones are losses."""
    value = np.linspace(260, -120, count) * scale if count > 1 else np.array([260 * scale])
    found = pd.DataFrame({
        "option": [f"o{k}" for k in range(count)], "title": TITLES[:count], "value": value,
        "low": value - 18 * scale, "high": value + 18 * scale, "q05": value - 150 * scale,
        "median": value - 12 * scale, "q95": value + 220 * scale, "above": np.linspace(0.97, 0.003, count),
    })  # fmt: skip
    return found.sample(frac=1, random_state=3)


def marked(axes: Axes, marker: str) -> list[tuple[float, float, str]]:
    """Row, value and colour of the marks of a kind, from the top."""
    lines = [line for line in axes.lines if line.get_marker() == marker]
    return sorted((line.get_ydata()[0], line.get_xdata()[0], line.get_color()) for line in lines)


def spans(axes: Axes, width: float) -> list[list[float]]:
    """Ends of level lines of a width, from the top."""
    lines = [line for line in axes.lines if line.get_linewidth() == width and len(line.get_ydata()) == 2]
    return [list(line.get_xdata()) for line in sorted(lines, key=lambda line: line.get_ydata()[0])]


def row_of(axes: Axes, text: str) -> float:
    """The row in which a text stands."""
    (found,) = [one for one in axes.texts if plain_spaces(one.get_text()) == text]
    return float(found.get_position()[1])


def column(axes: Axes, *texts: str) -> list[str]:
    """Those of some texts that are there, from the top."""
    found: list[Text] = [one for one in axes.texts if plain_spaces(one.get_text()) in texts]
    return [plain_spaces(one.get_text()) for one in sorted(found, key=lambda one: one.get_position()[1])]


# --- options -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def figure() -> Figure:
    return plots.options(table(), "yuan", "A pop-up pays", "Value to Amazon, 200 worlds", "o0")


def test_fourteen_options_with_long_names_are_legible(figure: Figure) -> None:
    check(figure)
    assert title(figure) == "A pop-up pays"
    assert figure.get_size_inches()[0] == 9
    names = [text for text in figure.axes[0].texts if plain_spaces(text.get_text()) in TITLES]
    assert len(names) == 14
    assert max(text.get_text().count("\n") for text in names) == 1  # two lines


def test_options_are_sorted_with_means_intervals_and_quantiles_at_their_places(figure: Figure) -> None:
    (axes,) = figure.axes
    found = table().sort_values("value", ascending=False)
    assert column(axes, *TITLES) == list(found.title)
    assert [(row, value) for row, value, _ in marked(axes, "o")] == list(enumerate(found.value))
    np.testing.assert_allclose([value for _, value, _ in marked(axes, "|")], found["median"])
    np.testing.assert_allclose(spans(axes, 3.6), found[["low", "high"]])
    np.testing.assert_allclose(spans(axes, 1.1), found[["q05", "q95"]])
    low, high = axes.get_xlim()
    assert low < found.q05.min()
    assert high > found.q95.max()


def test_only_the_recommended_option_has_the_strong_colour(figure: Figure) -> None:
    assert [colour for _, _, colour in marked(figure.axes[0], "o")] == [BLUE] + [GROUP] * 13
    assert "Blue: recommended." in words(figure)
    none = plots.options(table(3), "yuan", "t", "s")
    assert {colour for _, _, colour in marked(none.axes[0], "o")} == {GROUP}
    assert "recommended" not in words(none)


def test_numbers_shares_units_and_marks_are_said(figure: Figure) -> None:
    said, (axes,) = words(figure), figure.axes
    assert "+260 [242, 278]" in said
    assert "−120 [−138, −102]" in said
    assert row_of(axes, "97 % of worlds") == 0
    assert row_of(axes, "under 1 % of worlds") == 13
    for text in ("mean, m yuan", "worth it in", "staying out", "Value to Amazon, 200 worlds."):
        assert text in said
    assert "Dot and thick line: mean and its 90 % interval" in said
    assert "Thin line: from 5 to 95 % of worlds" in said
    assert any(list(line.get_xdata()) == [0, 0] for line in axes.lines)


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 14), st.sampled_from([1e3, 1e6, 1e8]))
def test_any_number_of_options_and_size_of_money_is_legible(count: int, scale: float) -> None:
    check(plots.options(table(count, scale), "yuan", "t", "s", "o1"))


def test_the_zero_line_is_named_even_if_all_options_lose() -> None:
    losses = table(4)
    numbers = ["value", "low", "high", "q05", "median", "q95"]
    figure = plots.options(losses.assign(**(losses[numbers] - 900 * M)), "yuan", "t", "s")
    check(figure)
    low, high = figure.axes[0].get_xlim()
    assert low < 0 < high
    assert "staying out" in words(figure)


def test_one_world_has_no_interval() -> None:
    figure = plots.options(table(3).assign(low=np.nan, high=np.nan), "yuan", "t", "s")
    check(figure)
    assert spans(figure.axes[0], 3.6) == []
    assert "[" not in words(figure)
    assert "no interval can be given" in words(figure)


# --- parts of a question -------------------------------------------------------------------------

PARTS = {
    "whether": "Should Amazon enter at all, and how large should it be?",
    "where": "With which partner?",
    "when": "When should the storefront open, and when should it close?",
    "terms": "On which terms?",
    "after": "What should follow when the term is over?",
}


def parts(count: int = 5) -> pd.DataFrame:
    """Three to five options a part; the first is the measure of the others and has no numbers."""
    rows, draws = [], np.random.default_rng(2)
    for k, (part, words_) in enumerate(list(PARTS.items())[:count]):
        for j in range(3 + k % 3):
            mean = draws.normal(0, 120) * M if j else np.nan
            rows.append(
                dict(part=part, part_title=words_, option=f"{part}{j}", title=TITLES[(3 * k + j) % 14],
                     difference=mean, low=mean - 40 * M, high=mean + 40 * M,
                     better=0.5 + mean / 1e9 if j else np.nan)
            )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def asked() -> Figure:
    return plots.asked(parts(), "yuan", "Partner and time matter", "Difference on the same draws")


def test_five_parts_are_legible_and_named_in_order(asked: Figure) -> None:
    check(asked)
    assert len(asked.axes) == 5
    for axes, name in zip(asked.axes, PARTS.values(), strict=True):
        assert name in [plain_spaces(text.get_text()) for text in axes.texts]
    tops = [axes.get_position().y1 for axes in asked.axes]
    assert tops == sorted(tops, reverse=True)


def test_each_part_has_its_options_against_the_first(asked: Figure) -> None:
    for axes, (_, part) in zip(asked.axes, parts().groupby("part", sort=False), strict=True):
        assert column(axes, *TITLES) == list(part.title)
        first, *others = marked(axes, "o")
        assert first[:2] == (0, 0)
        rest = part.iloc[1:]
        assert [(row, mean) for row, mean, _ in others] == list(enumerate(rest.difference, start=1))
        sure = (rest.low > 0) | (rest.high < 0)
        assert [colour == BLUE for _, _, colour in others] == list(sure)
        np.testing.assert_allclose(spans(axes, 3.6), rest[["low", "high"]])
        assert row_of(axes, "compared with") == 0


def test_parts_share_one_scale_with_its_unit_and_columns_stand_below_one_another(asked: Figure) -> None:
    assert len({axes.get_xlim() for axes in asked.axes}) == 1
    assert len({(axes.get_position().x0, axes.get_position().width) for axes in asked.axes}) == 1
    assert asked.axes[-1].get_xlabel() == "difference, m yuan"
    said = words(asked)
    assert said.count("difference, m yuan") == 2  # axis and column
    assert "90 % interval" in said
    assert f"{100 * parts().better.iloc[1]:.0f} % of worlds" in said


def test_a_single_part_of_two_options_is_legible() -> None:
    figure = plots.asked(parts(1).head(2), "yuan", "t", "s")
    check(figure)
    assert len(figure.axes) == 1


# --- information ---------------------------------------------------------------------------------


def unknowns() -> pd.DataFrame:
    nan = np.nan
    rows = [
        ("Commission that Pinduoduo takes from others", 0.4, 0.0, 1.3, nan, nan, nan),
        ("Share of visits to Pinduoduo that show the pop-up", 41, 29, 55, "two weeks of placement", 27, 4),
        ("How much of what buyers learn stays after closing", 18, 9, 26, "", nan, nan),
        ("Weight of doubts about authenticity", 6.2, 1.1, 11, "survey of 2,000 buyers", 2.4, 3),
    ]  # fmt: skip
    names = ["title", "evppi", "low", "high", "test", "evsi", "cost"]
    found = pd.DataFrame(rows, columns=names).assign(unknown=[f"u{k}" for k in range(4)])
    money = ["evppi", "low", "high", "evsi", "cost"]
    return found.assign(**(found[money] * M))


def test_information_is_sorted_with_bars_dots_and_ticks_at_their_places() -> None:
    figure = plots.information(unknowns(), "yuan", "Test the share of visits", "Gain over 200 worlds")
    check(figure)
    (axes,) = figure.axes
    found = unknowns().sort_values("evppi", ascending=False)
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    bars.sort(key=lambda bar: bar.get_y())
    np.testing.assert_allclose([bar.get_width() for bar in bars], found.evppi)
    np.testing.assert_allclose(spans(axes, 1.6), found[["low", "high"]])
    known = [(round(row), value) for row, value, _ in marked(axes, "o") if np.isfinite(value)]
    assert known == [(0, 27 * M), (2, 2.4 * M)]
    known = [(round(row), value) for row, value, _ in marked(axes, "|") if np.isfinite(value)]
    assert known == [(0, 4 * M), (2, 3 * M)]
    assert axes.get_xlim()[0] <= 0


def test_information_says_tests_units_and_intervals() -> None:
    said = words(plots.information(unknowns(), "yuan", "t", "s"))
    columns = ("perfect knowledge, m yuan", "test brings, m yuan", "test costs, m yuan")
    for text in (*columns, "41.0 [29.0, 55.0]", "expected gain, m yuan", "test: survey of 2,000 buyers"):
        assert text in said
    assert "its 90 % interval" in said
    assert said.count("test: ") == 2


def test_information_without_any_test_is_drawn() -> None:
    none = unknowns().assign(test="", evsi=np.nan, cost=np.nan)
    check(plots.information(none, "yuan", "t", "s"))
