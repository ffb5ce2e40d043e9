"""The map of terms: zones, lines and marks are those of the tables, and no text covers another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from sim.pictures.decisions.map import ZONES, map_of_terms
from sim.pictures.decisions.room import apart
from sim.pictures.layout import BLUE, ORANGE
from sim.pictures.style import INK
from tests.pictures.checks import check, title, words

M = 1e6
NOW = (0.06, 0.03)


def terms(
    cost: float = 60.0, margin: float = 0.16, fixed: float = 6.0, highest: float = 0.3, places: int = 25
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sales that rise with exposure; the entrant earns a margin of them less a cost, the host loses some."""
    exposure, rates = np.geomspace(0.01, 0.25, places), np.linspace(0, highest, 7)
    sold = 9000 * exposure**0.8 * M
    entrant, host = margin * sold - cost * M, -0.05 * sold - fixed * M
    table = pd.DataFrame({
        "exposure": np.repeat(exposure, 7), "commission": np.tile(rates, places),
        "entrant": np.repeat(entrant, 7) - np.outer(sold, rates).ravel(),
        "host": np.repeat(host, 7) + np.outer(sold, rates).ravel(),
    })  # fmt: skip
    most, least = entrant / sold, -host / sold
    nash = (most + least) / 2
    return table, pd.DataFrame({"exposure": exposure, "entrant_max": most, "host_min": least, "nash": nash})


def draw(now: tuple[float, float] = NOW, **how: float) -> Figure:
    table, lines = terms(**how)  # type: ignore[arg-type]
    return map_of_terms(
        table, lines, "yuan", "6 to 11 % suit both", "Against no deal", now, "Amazon", "Pinduoduo"
    )


@pytest.fixture(scope="module")
def figure() -> Figure:
    return draw()


def shade(figure: Figure, exposure: float, commission: float) -> str:
    """Colour of a place on the map."""
    (mesh,) = [one for one in figure.axes[0].collections if isinstance(one, QuadMesh)]
    x, y = mesh.get_coordinates()[0, :, 0], mesh.get_coordinates()[:, 0, 1]
    row, column = np.searchsorted(y, commission) - 1, np.searchsorted(x, exposure) - 1
    return to_hex(mesh.to_rgba(mesh.get_array())[row, column])


def test_the_map_is_legible_and_names_lines_zones_units_and_the_assumed_terms(figure: Figure) -> None:
    check(figure)
    assert title(figure) == "6 to 11 % suit both"
    said = words(figure)
    named = ["Amazon breaks even", "Pinduoduo breaks even", "Nash rate", "as assumed"]
    zones = ["both gain", "neither gains", "Amazon alone gains", "Pinduoduo alone gains"]
    units = ["exposure, share of visits in %", "commission, %", "value to Amazon, m yuan"]
    assumed = "6 % of visits at a commission of 3 %"
    assert [text for text in (*named, *zones, *units, assumed) if text not in said] == []
    assert {"+200", "−200", "−400"} <= set(said.split())


@pytest.mark.parametrize(
    ("exposure", "commission", "zone"),
    [(0.012, 0.01, 0), (0.06, 0.03, 1), (0.012, 0.2, 2), (0.1, 0.28, 2), (0.2, 0.1, 3), (0.06, 0.08, 3)],
)
def test_shades_are_those_of_who_gains(figure: Figure, exposure: float, commission: float, zone: int) -> None:
    assert shade(figure, exposure, commission) == ZONES[zone]


@settings(max_examples=60, deadline=None)
@given(st.floats(0.011, 0.24), st.floats(0.002, 0.298))
def test_every_shade_agrees_with_the_formula_off_the_lines(exposure: float, commission: float) -> None:
    sold = 9000 * exposure**0.8
    entrant, host = (0.16 - commission) * sold - 60, (commission - 0.05) * sold - 6
    if min(abs(entrant), abs(host)) < 0.005 * sold + 1:  # nearer than the interpolation is exact
        return
    assert shade(_drawn(), exposure, commission) == ZONES[(entrant > 0) + 2 * (host > 0)]


_KEPT: list[Figure] = []


def _drawn() -> Figure:
    if not _KEPT:
        _KEPT.append(draw())
    return _KEPT[0]


def test_lines_are_those_of_the_table_and_the_nash_rate_stays_where_both_gain(figure: Figure) -> None:
    _, lines = terms()
    own, host, nash = figure.axes[0].lines[:3]
    assert [line.get_color() for line in (own, host, nash)] == [BLUE, ORANGE, INK]
    np.testing.assert_allclose(own.get_ydata(), lines.entrant_max)
    np.testing.assert_allclose(host.get_ydata(), lines.host_min)
    suits = lines.entrant_max >= lines.host_min
    assert 0 < suits.sum() < len(lines)
    np.testing.assert_allclose(nash.get_ydata(), lines.nash.where(suits))
    np.testing.assert_allclose(own.get_xdata(), lines.exposure)


def test_the_assumed_terms_are_marked_at_their_place(figure: Figure) -> None:
    (mark,) = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert (mark.get_xdata()[0], mark.get_ydata()[0]) == NOW


def test_axes_are_logarithmic_and_end_with_the_table(figure: Figure) -> None:
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    np.testing.assert_allclose([*axes.get_xlim(), *axes.get_ylim()], [0.01, 0.25, 0, 0.3])
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["1", "2", "5", "10", "20"]


def test_assumed_terms_off_the_map_are_said_to_be() -> None:
    figure = draw((0.4, 0.03))
    check(figure)
    assert "outside the map" in words(figure)
    assert not any(line.get_marker() == "D" for line in figure.axes[0].lines)


@pytest.mark.parametrize(
    "how",
    [
        {"cost": 2000.0},  # the entrant never gains
        {"margin": 0.6},  # its line lies above the map
        {"fixed": -300.0},  # the host gains everywhere
        {"margin": 0.055, "cost": 1.0},  # a thin zone
        {"highest": 0.04},
        {"places": 2},
        {"cost": 0.0, "fixed": 0.0},
    ],
)
def test_maps_of_any_shape_are_legible(how: dict[str, float]) -> None:
    figure = draw(**how)
    check(figure)
    said = words(figure)
    for name in ("Amazon breaks even", "Pinduoduo breaks even", "Nash rate"):
        assert name in said
    found = {
        shade(figure, x, y) for x in np.geomspace(0.0101, 0.249, 40) for y in np.linspace(0.0005, 0.0395, 9)
    }
    names = ("neither gains", "Amazon alone gains", "Pinduoduo alone gains", "both gain")
    assert [name for zone, name in zip(ZONES, names, strict=True) if zone in found and name not in said] == []


def test_a_line_that_is_never_on_the_map_is_said_to_be_off_it() -> None:
    assert "Amazon breaks even: not on the map" in words(draw(margin=0.6, cost=0.0))


def test_a_table_with_holes_is_refused() -> None:
    table, lines = terms()
    with pytest.raises(ValueError, match="every commission at every exposure"):
        map_of_terms(table.iloc[1:], lines, "yuan", "t", "s", NOW)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.02, 0.15)), min_size=1, max_size=5))
def test_names_keep_apart_inside_and_in_order(wanted: list[tuple[float, float]]) -> None:
    places, heights = zip(*wanted, strict=True)
    found = apart(places, heights)
    order = np.argsort(places, kind="stable")
    lows = [found[k] - heights[k] / 2 for k in order]
    highs = [found[k] + heights[k] / 2 for k in order]
    assert lows[0] >= -1e-9
    assert highs[-1] <= 1 + 1e-9
    assert all(low >= high - 1e-9 for low, high in zip(lows[1:], highs[:-1], strict=True))


@pytest.mark.parametrize("scale", [1e-3, 1.0, 20.0])
def test_iso_lines_lie_where_the_entrant_has_their_amount(scale: float) -> None:
    table, lines = terms()
    parts = table.assign(entrant=table.entrant * scale, host=table.host * scale)
    figure = map_of_terms(parts, lines, "yuan", "t", "s", NOW)
    check(figure)
    (axes,) = figure.axes
    labels = [text for text in axes.texts if text.get_text().startswith(("+", "−"))]
    assert labels
    for text in labels:
        across, up = text.get_position()
        exposure, rate = 0.01 * 25**across, 0.3 * up
        value = scale * ((0.16 - rate) * 9000 * exposure**0.8 - 60)
        said = (
            float(text.get_text().replace("−", "-").replace(",", ""))
            * {1e-3: 1e-3, 1.0: 1.0, 20.0: 1e3}[scale]
        )  # thousand, m, bn
        assert value == pytest.approx(said, abs=0.03 * 560 * scale)
