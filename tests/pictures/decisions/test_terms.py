"""Pictures of clauses, hosts and rules: what is drawn is what the tables say, legibly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sim.pictures.decisions import terms as plots
from sim.pictures.layout import BLUE, ORANGE
from tests.pictures.checks import check, title, words
from tests.pictures.decisions.test_options import column, marked, spans

M = 1e6
NAN = float("nan")

# --- clauses -------------------------------------------------------------------------------------

WORTH = {
    "No storefront on any other platform while the term runs": (-42.0, 35.0),
    "The host pays half of all discounts": (18.0, -21.0),
    "The entrant sees who bought": (26.0, -3.0),
    "Right to extend by a year at the same commission": (12.0, -9.0),
}


def clause_table(entrant: str = "entrant", host: str = "host") -> pd.DataFrame:
    """The host first; intervals of 9 m either side."""
    rows = [
        dict(clause=f"c{k}", title=name, party=party, worth=worth, low=worth - 9, high=worth + 9)
        for party, side in ((host, 1), (entrant, 0))
        for k, (name, worth) in enumerate((name, both[side]) for name, both in WORTH.items())
    ]
    found = pd.DataFrame(rows)
    return found.assign(**(found[["worth", "low", "high"]] * M))


@pytest.fixture(scope="module")
def clauses() -> Figure:
    return plots.clauses(clause_table(), "yuan", "Data is worth most", "Change of net present value")


def test_clauses_stand_by_worth_to_the_entrant_with_both_parties(clauses: Figure) -> None:
    check(clauses)
    assert title(clauses) == "Data is worth most"
    (axes,) = clauses.axes
    names = sorted(WORTH, key=lambda name: -WORTH[name][0])
    assert column(axes, *WORTH) == names
    found = [(round(row), value, colour) for row, value, colour in marked(axes, "o")]
    for k, name in enumerate(names):
        assert [one[1:] for one in found if one[0] == k] == [
            (WORTH[name][0] * M, BLUE), (WORTH[name][1] * M, ORANGE)
        ]  # fmt: skip
    np.testing.assert_allclose([high - low for low, high in spans(axes, 3.6)], 18 * M)


def test_clauses_have_columns_with_units_and_intervals(clauses: Figure) -> None:
    said = words(clauses)
    columns = ["to the entrant, m yuan", "to the host, m yuan", "−42.0 [−51.0, −33.0]", "+35.0 [26.0, 44.0]"]
    others = ["without the clause", "worth of the clause, m yuan", "90 % interval"]
    assert [text for text in columns + others if text not in said] == []


def test_names_of_parties_are_used_in_the_order_of_the_table() -> None:
    table = clause_table("Amazon", "Pinduoduo").iloc[::-1]
    figure = plots.clauses(table, "yuan", "t", "s")
    said = words(figure)
    assert "to Amazon, m yuan" in said
    assert "to Pinduoduo, m yuan" in said
    colours = {value: colour for _, value, colour in marked(figure.axes[0], "o")}
    assert (colours[26 * M], colours[35 * M]) == (BLUE, ORANGE)


def test_a_clause_that_one_party_does_not_value_is_a_dash() -> None:
    table = clause_table()
    gone = (table.clause == "c1") & (table.party == "entrant")
    figure = plots.clauses(table[~gone], "yuan", "t", "s")
    check(figure)
    assert column(figure.axes[0], *WORTH)[-1] == "The host pays half of all discounts"
    assert "–" in words(figure)


def test_a_third_party_is_refused() -> None:
    third = clause_table().assign(party=["a", "b", "c", "d"] * 2)
    with pytest.raises(ValueError, match="two parties, found a, b, c, d"):
        plots.clauses(third, "yuan", "t", "s")


# --- hosts ---------------------------------------------------------------------------------------


def host_table() -> pd.DataFrame:
    rows = [
        ("Kaola", 0.021, 0.044, 0.0325, NAN, NAN, NAN),
        ("Pinduoduo", 0.14, 0.031, 0.0855, 48, 33, 63),
        ("JD Worldwide with its own warehouses and its delivery", 0.16, 0.02, 0.09, 71, 50, 92),
        ("Tmall Global", 0.19, -0.03, 0.08, 122, -4, 250),
    ]
    names = ["title", "entrant_max", "host_min", "nash", "entrant_at_nash", "low", "high"]
    found = pd.DataFrame(rows, columns=names).assign(option=[f"h{k}" for k in range(4)])
    money = ["entrant_at_nash", "low", "high"]
    return found.assign(**(found[money] * M))


@pytest.fixture(scope="module")
def hosts() -> Figure:
    return plots.hosts(host_table(), "yuan", "Tmall Global pays most", "Relative to no deal", "Amazon")


def test_hosts_stand_by_value_and_those_without_a_deal_last(hosts: Figure) -> None:
    check(hosts)
    zone, value = hosts.axes
    order = [host_table().title[k] for k in (3, 2, 1, 0)]
    assert column(zone, *order) == order
    assert [(row, mean) for row, mean, _ in marked(value, "o")] == [(0, 122 * M), (1, 71 * M), (2, 48 * M)]
    np.testing.assert_allclose(spans(value, 3.6), [[-4 * M, 250 * M], [50 * M, 92 * M], [33 * M, 63 * M]])


def test_zones_lie_between_the_break_evens_and_a_missing_one_is_crossed(hosts: Figure) -> None:
    zone = hosts.axes[0]
    bars = sorted((one for one in zone.patches if isinstance(one, Rectangle)), key=lambda bar: bar.get_y())
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
    np.testing.assert_allclose(ends, [(-0.03, 0.19), (0.02, 0.16), (0.031, 0.14), (0.021, 0.044)])
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, False, True]
    assert [(row, rate) for row, rate, _ in marked(zone, "|")] == [(0, 0.08), (1, 0.09), (2, 0.0855)]


def test_hosts_say_rates_in_per_cent_and_money_with_its_unit(hosts: Figure) -> None:
    said = words(hosts)
    columns = ["8.0 %", "9.0 %", "none", "no deal", "+122 [−4, 250]", "worth to Amazon, m yuan"]
    others = ["commission, %", "at the Nash rate, m yuan", "no rate suits both", "90 % interval"]
    assert [text for text in columns + others if text not in said] == []
    assert "3.2 %" not in said  # the rate without a zone


def test_a_rate_far_out_is_clipped() -> None:
    far = host_table().assign(host_min=[0.05, -9.0, 0.02, 0.03])
    figure = plots.hosts(far, "yuan", "t", "s")
    check(figure)
    low, high = figure.axes[0].get_xlim()
    assert -0.6 < low < high < 1.1


def test_without_any_deal_hosts_are_drawn() -> None:
    none = host_table().assign(host_min=0.3, nash=NAN, entrant_at_nash=NAN, low=NAN, high=NAN)
    figure = plots.hosts(none, "yuan", "t", "s")
    check(figure)
    assert words(figure).count("no deal") >= 4
    assert "90 % interval" not in words(figure)


# --- rules ---------------------------------------------------------------------------------------


def rules() -> pd.DataFrame:
    rows = [
        ("Close on 31 December as agreed", "fixed date", NAN, 210, 190, 230, 0.0, NAN),
        ("Stay whatever happens", "stay", NAN, 185, 140, 230, 0.0, NAN),
        ("Leave when the profit of a week is below zero", "threshold", 0.0, 231, 206, 256, 0.41, 0.32),
        ("Leave when sales of four weeks fall below a floor", "threshold", 1.2e6, 239, 214, 264, 0.28, 0.12),
        ("Leave when waiting is worth less than going", "Dixit", -0.64e6, 252, 228, 276, 0.17, 0.04),
        ("Review after the holiday season, then a year", "review", NAN, 247, 224, 270, 0.22, 0.08),
        ("Halve the assortment and look again", "other", NAN, 200, 180, 220, 0.3, 0.5),
    ]
    names = ["rule", "kind", "threshold", "value", "low", "high", "left", "false"]
    found = pd.DataFrame(rows, columns=names)
    return found.assign(**(found[["value", "low", "high"]] * M))


def test_rules_are_sorted_with_values_intervals_and_shares() -> None:
    figure = plots.thresholds(rules(), "yuan", "Waiting pays", "Value to Amazon")
    check(figure)
    (axes,) = figure.axes
    found = rules().sort_values("value", ascending=False)
    assert column(axes, *found.rule) == list(found.rule)
    assert [(row, mean) for row, mean, _ in marked(axes, "o")] == list(enumerate(found.value))
    np.testing.assert_allclose(spans(axes, 3.6), found[["low", "high"]])
    shares = ["17 %", "22 %", "28 %", "41 %", "0 %"]
    assert [text for text in column(axes, *shares) if text != "0 %"] == shares[:4]
    assert column(axes, "4 %", "8 %", "12 %", "32 %", "50 %", "–") == [
        "4 %",
        "8 %",
        "12 %",
        "32 %",
        "–",
        "50 %",
        "–",
    ]


def test_rules_say_kinds_thresholds_and_units() -> None:
    figure = plots.thresholds(rules(), "yuan", "t", "s")
    said = words(figure)
    for text in ("threshold, leaves at 1.2 m yuan a week", "threshold, leaves at 0 m yuan a week",
                 "Dixit, leaves at −0.64 m yuan a week", "fixed date", "review", "value, m yuan",
                 "worlds in which it leaves early", "exits that were false", "+252 [228, 276]",
                 "90 % interval"):  # fmt: skip
        assert text in said
    assert "other" not in said
    colours = dict(zip(rules().sort_values("value", ascending=False).kind,
                       [colour for *_, colour in marked(figure.axes[0], "o")], strict=True))  # fmt: skip
    assert len(set(colours.values())) == 6


def test_zero_is_drawn_only_in_sight() -> None:
    def zeros(figure: Figure) -> int:
        return sum(list(line.get_xdata()) == [0, 0] for line in figure.axes[0].lines)

    assert zeros(plots.thresholds(rules(), "yuan", "t", "s")) == 0
    around = rules().assign(value=lambda t: t.value - 210 * M, low=-70 * M, high=70 * M)
    figure = plots.thresholds(around, "yuan", "t", "s")
    check(figure)
    assert zeros(figure) == 1
