"""Pictures of a game: cells, outlines and dots are those of the table, in millions, legibly."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation

from sim.pictures.decisions import game as plots
from sim.pictures.layout import BLUE, ORANGE
from sim.pictures.style import INK
from tests.pictures.checks import check, plain_spaces, title, words

M = 1e6
OPTIONS = {
    "stay_out": "Keep the own site only",
    "as_it_was": "Pop-up on Pinduoduo, 25 November to 31 December",
    "two_weeks": "Two weeks",
    "ten_weeks": "Ten weeks, to 2 February",
    "to_june": "Thirty weeks, to 21 June",
    "unless_it_loses": "Stay to June if sales and repeat buyers are good enough then",
    "opens_4_november": "Opens 4 November",
    "on_tmall": "The same pop-up on Tmall",
}
TERMS = {
    f"{name}_{seen}": f"{rate}, {seen} exposure"
    for seen in ("little", "much")
    for name, rate in {"low": "Commission 0 %", "nash": "Nash rate", "high": "Commission 6 %"}.items()
}
ANSWERS = {
    "nothing": "Rivals do nothing",
    "match": "JD closes half of the price gap",
    "bind": "Alibaba binds merchants",
}
SMALL = (("stay_out", "two_weeks"), ("low_little", "high_much"), ("nothing",))
MARKS = [("to_june", "high_little", "nothing"), ("to_june", "high_much", "bind")]


def row(profile: tuple[str, ...], player: str, mean: float, half: float) -> dict[str, Any]:
    entrant, terms, answer = profile
    return {
        "entrant": entrant, "entrant_title": OPTIONS[entrant], "terms": terms, "terms_title": TERMS[terms],
        "answer": answer, "answer_title": ANSWERS[answer], "player": player, "mean": mean,
        "low": mean - half, "high": mean + half,
    }  # fmt: skip


def whole(largest: float = 1990 * M) -> pd.DataFrame:
    """Every profile of a game of full size; large amounts of both signs."""
    draws, found = np.random.default_rng(1), []
    for profile in product(OPTIONS, TERMS, ANSWERS):
        for player in ("entrant", "host", "rivals"):
            mean = 0.0 if profile[0] == "stay_out" else float(draws.uniform(-largest, largest))
            found.append(row(profile, player, mean, abs(mean) * draws.uniform(0.2, 1.5)))
    return pd.DataFrame(found)


def small(means: Mapping[str, list[float]], half: float = 0.0) -> pd.DataFrame:
    """Two options by two terms, options first."""
    profiles = list(product(*SMALL))
    return pd.DataFrame([
        row(profile, player, mean, half)
        for player, amounts in means.items() for profile, mean in zip(profiles, amounts, strict=True)
    ])  # fmt: skip


def cells(axes: Axes) -> dict[tuple[float, float], str]:
    """Texts of cells by row and column."""
    inside = [text for text in axes.texts if text.get_transform() == axes.transData]
    return {text.get_position()[::-1]: plain_spaces(text.get_text()) for text in inside}


def shades(axes: Axes) -> np.ndarray:
    """Colours of cells, by row from above and column."""
    (mesh,) = [one for one in axes.collections if isinstance(one, QuadMesh)]
    return mesh.to_rgba(mesh.get_array())


# --- payoffs ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def matrices() -> Figure:
    return plots.payoffs(whole(), "2 pure equilibria", "Amazon / host, m yuan", MARKS)


@pytest.fixture(scope="module")
def said(matrices: Figure) -> str:
    return words(matrices)


def test_a_game_of_full_size_is_legible(matrices: Figure, said: str) -> None:
    check(matrices)
    assert title(matrices) == "2 pure equilibria"
    assert "Amazon / host, m yuan." in said
    assert matrices.get_size_inches()[0] == 9
    assert all(text in said for text in {**OPTIONS, **TERMS, **ANSWERS}.values())


def test_no_text_leaves_its_cell(matrices: Figure) -> None:
    for axes in matrices.axes:
        for text in axes.texts:
            if text.get_transform() != axes.transData:
                continue
            x, y = text.get_position()
            (left, low), (right, high) = axes.transData.transform([(x - 0.5, y + 0.5), (x + 0.5, y - 0.5)])
            box = text.get_window_extent()
            assert left <= box.x0
            assert box.x1 <= right
            assert low <= box.y0
            assert box.y1 <= high


def test_each_answer_has_a_matrix_below_the_one_before(matrices: Figure) -> None:
    heads = [
        [text.get_text() for text in axes.texts if isinstance(text, Annotation)] for axes in matrices.axes
    ]
    assert [plain_spaces(each[0]) for each in heads] == list(ANSWERS.values())
    assert [[plain_spaces(text) for text in each[1:]] for each in heads] == [list(TERMS.values())] * 3
    places = [axes.get_position() for axes in matrices.axes]
    assert all(one.y0 > two.y1 for one, two in pairwise(places))
    sizes = [(place.x0, place.width, place.height) for place in places]
    np.testing.assert_allclose(sizes, sizes[:1] * 3)


def test_cells_hold_the_payoffs_of_their_profile(matrices: Figure) -> None:
    table = whole().set_index(["entrant", "terms", "answer", "player"])["mean"]
    for axes, answer in zip(matrices.axes, ANSWERS, strict=True):
        found = cells(axes)
        for (i, entrant), (j, terms) in product(enumerate(OPTIONS), enumerate(TERMS)):
            both = [table[entrant, terms, answer, player] / M for player in ("entrant", "host")]
            said = [
                float(part.strip(" ?").replace("−", "-").replace(",", "")) for part in found[i, j].split("/")
            ]
            np.testing.assert_allclose(said, both, atol=0.51)


def test_numbers_are_millions_with_entrant_first() -> None:
    means = {"entrant": [0, 0, 34 * M, -1250 * M], "host": [0, 0, -7.25 * M, 0.4 * M]}
    figure = plots.payoffs(small(means), "t", "s", [])
    check(figure)
    assert cells(figure.axes[0]) == {
        (0, 0): "0 / 0", (0, 1): "0 / 0", (1, 0): "34 / −7.2", (1, 1): "−1,250 / 0.40"
    }  # fmt: skip


def test_a_number_whose_interval_holds_zero_has_a_question_mark() -> None:
    means = {"entrant": [0, 0, 34 * M, -20 * M], "host": [0, 0, -10 * M, 21 * M]}
    figure = plots.payoffs(small(means, 20 * M), "t", "s", [])
    check(figure)
    found = cells(figure.axes[0])
    assert (found[1, 0], found[1, 1]) == ("34 / −10?", "−20 / 21")
    assert "at most ±20 m around the first number and ±20 m around the second" in words(figure)


def test_the_widest_interval_of_each_player_is_told() -> None:
    table = small({"entrant": [0, 0, 9 * M, 9 * M], "host": [0, 0, 9 * M, 9 * M]}, M)
    table.loc[(table.player == "host") & (table.index % 4 == 3), "high"] += 4 * M
    assert "±1.0 m around the first number and ±3.0 m around the second" in words(
        plots.payoffs(table, "t", "s", [])
    )


def test_without_intervals_none_is_claimed() -> None:
    table = small({"entrant": [0, 0, M, M], "host": [0, 0, M, M]}).assign(low=np.nan, high=np.nan)
    figure = plots.payoffs(table, "t", "s", [])
    check(figure)
    assert "interval" not in words(figure)
    assert "?" not in words(figure)


def test_a_profile_without_payoffs_is_a_dash_on_white() -> None:
    table = small({"entrant": [0, 0, 5 * M, M], "host": [0, 0, M, M]})
    gone = (table.entrant == "two_weeks") & (table.terms == "high_much")
    figure = plots.payoffs(table[~gone], "t", "s", [])
    check(figure)
    assert cells(figure.axes[0])[1, 1] == "– / –"
    assert shades(figure.axes[0])[1, 1, 3] == 0
    assert (shades(figure.axes[0])[0, :, 3] == 1).all()


# --- shades and outlines ---------------------------------------------------------------------------


def test_shades_are_blue_for_gains_and_orange_for_losses() -> None:
    means = {"entrant": [0, 4 * M, 100 * M, -4 * M], "host": [-9 * M, -9 * M, -9 * M, -9 * M]}
    (zero, little), (much, loss) = shades(plots.payoffs(small(means), "t", "s", []).axes[0])
    assert np.ptp(zero[:3]) < 0.01
    assert little[2] - little[0] > 0.02
    assert loss[0] - loss[2] > 0.02
    assert much[2] - much[0] > 2 * (little[2] - little[0])


@settings(max_examples=20, deadline=None)
@given(st.floats(-1, 1))
def test_dark_type_can_be_read_on_every_shade(place: float) -> None:
    found, type_ = (_luminance(rgb) for rgb in (plots.SHADES(0.5 + place / 2)[:3], to_rgb(INK)))
    assert (found + 0.05) / (type_ + 0.05) >= 7


def _luminance(rgb: tuple[float, ...]) -> float:
    """Relative luminance (WCAG 2.1)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@given(st.lists(st.floats(-1e10, 1e10), min_size=1))
def test_the_root_can_be_undone(values: list[float]) -> None:
    given_ = np.array(values)
    np.testing.assert_allclose(plots._square(plots._root(given_)), given_, rtol=1e-12, atol=1e-300)


def test_all_shades_are_on_one_scale(matrices: Figure) -> None:
    ends = [mesh.get_clim() for axes in matrices.axes for mesh in axes.collections]
    means = whole()[lambda table: table.player == "entrant"]["mean"]
    assert ends == [(-means.abs().max(), means.abs().max())] * 3


def test_equilibria_are_outlined_in_bold_and_named(matrices: Figure, said: str) -> None:
    for axes, answer in zip(matrices.axes, ANSWERS, strict=True):
        expected = [
            (list(OPTIONS).index(entrant), list(TERMS).index(terms))
            for entrant, terms, at in MARKS if at == answer
        ]  # fmt: skip
        frames = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        found = [tuple(np.round(frame.get_center()).astype(int)[::-1]) for frame in frames]
        assert found == expected
        inside = [text for text in axes.texts if text.get_transform() == axes.transData]
        bold = [text.get_position()[::-1] for text in inside if text.get_weight() == "bold"]
        assert bold == expected
    named = "Thirty weeks, to 21 June; Commission 6 %, little exposure; Rivals do nothing"
    assert f"Outlined: {named} | Thirty weeks" in said


def test_frames_of_neighbours_do_not_touch() -> None:
    marks = [("two_weeks", terms, "nothing") for terms in SMALL[1]]
    figure = plots.payoffs(small({"entrant": [0, 0, M, M], "host": [0, 0, M, M]}), "t", "s", marks)
    one, two = (patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle))
    assert one.get_x() + one.get_width() < two.get_x()


def test_of_many_equilibria_the_first_are_named_and_the_rest_counted() -> None:
    marks = [(name, "nash_much", "match") for name in list(OPTIONS)[:5]]
    table = whole()
    figure = plots.payoffs(table[(table.terms == "nash_much") & (table.answer == "match")], "t", "s", marks)
    check(figure)
    assert words(figure).count("JD closes half of the price gap |") == 3
    assert "| 2 more." in words(figure)


def test_without_equilibria_none_is_named() -> None:
    figure = plots.payoffs(small({"entrant": [0, 0, M, M], "host": [0, 0, M, M]}), "t", "s", [])
    assert "Outlined" not in words(figure)
    assert not any(isinstance(patch, Rectangle) for axes in figure.axes for patch in axes.patches)


def test_an_unknown_equilibrium_is_refused() -> None:
    with pytest.raises(ValueError, match="no payoffs of the profile to_june, low_little, bound"):
        plots.payoffs(whole().head(9), "t", "s", [("to_june", "low_little", "bound")])


# --- regret ----------------------------------------------------------------------------------------

MEANS = (420.0, 200.0, 260.0, 120.0, 8.0, 30.0, 210.0, 500.0)
WORST = (1900.0, 900.0, 1000.0, 500.0, 40.0, 200.0, 800.0, 2100.0)


def regrets(scale: float = M) -> pd.DataFrame:
    """Made up, in the order of options; intervals end a quarter below and a half above the mean."""
    table = pd.DataFrame({"strategy": list(OPTIONS), "title": list(OPTIONS.values())})
    table = table.assign(mean=np.array(MEANS) * scale, worst=np.array(WORST) * scale)
    return table.assign(mean_low=0.75 * table["mean"], mean_high=1.5 * table["mean"])


def marks_of(figure: Figure, marker: str) -> list[tuple[float, float, str]]:
    """Place from above, value and colour of the marks of a kind."""
    lines = [line for line in figure.axes[0].lines if line.get_marker() == marker]
    return sorted((line.get_ydata()[0], line.get_xdata()[0], line.get_color()) for line in lines)


def test_regret_is_sorted_with_means_and_greatest_at_their_places() -> None:
    figure = plots.regret(regrets(), "yuan", "Least: to June", "Behind the best reply")
    check(figure)
    assert title(figure) == "Least: to June"
    order = np.argsort(MEANS)
    assert marks_of(figure, "o") == [(k, MEANS[n] * M, BLUE) for k, n in enumerate(order)]
    assert marks_of(figure, "D") == [(k, WORST[n] * M, ORANGE) for k, n in enumerate(order)]
    names = [text for text in figure.axes[0].texts if plain_spaces(text.get_text()) in OPTIONS.values()]
    names.sort(key=lambda text: text.get_position()[1])
    assert [plain_spaces(text.get_text()) for text in names] == [list(OPTIONS.values())[n] for n in order]


def test_regret_has_intervals_and_numbers_in_the_unit() -> None:
    figure = plots.regret(regrets(), "yuan", "t", "s")
    said = words(figure)
    assert "8 [6, 12]" in said
    assert "420 [315, 630]" in said
    assert "2,100" in said
    assert "mean, m yuan" in said
    assert "greatest, m yuan" in said
    assert "bn" not in said
    ends = [tuple(line.get_xdata()) for line in figure.axes[0].lines if line.get_linewidth() > 3]
    expected = regrets().sort_values("mean")
    np.testing.assert_allclose(ends, expected[["mean_low", "mean_high"]])
    assert "90 % interval" in said


def test_small_regrets_keep_their_digits() -> None:
    figure = plots.regret(regrets(1e3), "yuan", "t", "s")
    check(figure)
    assert "mean, m yuan" in words(figure)
    assert "0.42 [0.32, 0.63]" in words(figure)


def test_the_best_reply_is_the_line_at_zero() -> None:
    figure = plots.regret(regrets(), "yuan", "t", "s")
    (axes,) = figure.axes
    assert any(tuple(line.get_xdata()) == (0, 0) for line in axes.lines)
    low, high = axes.get_xlim()
    assert low < 0 < 2100 * M < high
    assert "best reply" in [text.get_text() for text in axes.texts]


def test_regret_of_one_draw_has_no_interval() -> None:
    table = regrets().assign(mean_low=np.nan, mean_high=np.nan)
    figure = plots.regret(table, "yuan", "t", "s")
    check(figure)
    assert "interval" not in words(figure)
    assert not any(line.get_linewidth() > 3 for line in figure.axes[0].lines)


def test_a_strategy_without_regret_is_drawn() -> None:
    table = regrets().head(1).assign(mean=0.0, worst=0.0, mean_low=0.0, mean_high=0.0)
    figure = plots.regret(table, "yuan", "t", "s")
    check(figure)
    assert marks_of(figure, "o") == [(0, 0, BLUE)]
