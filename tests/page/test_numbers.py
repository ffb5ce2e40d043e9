"""Numbers and sentence on made-up tables, where mean and interval are known in closed form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isnan, nan, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.outcomes.comparison import Comparison
from sim.page.numbers import (
    BASE,
    SIDES,
    Line,
    amount,
    entrant,
    host_of,
    lines,
    sentence,
    span,
    store_of,
    together,
)
from sim.pictures.style import per_cent
from sim.scenario import load
from sim.scenario.schema import Scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
NAMES = {"pinduoduo": "popup_on_pinduoduo_2019", "alibaba": "popup_on_tmall_2019"}
LOADED = {name: load(SCENARIOS / f"{name}.yaml").scenario for name in ["stay_out", *NAMES.values()]}
VALUE, SALES, NEW = "NPV with run-off", "channel GMV", "customers ever"
TITLES = [
    "Value to Amazon", "Sales of the storefront while open", "New customers of Amazon", "Value to the host",
]  # fmt: skip


def row(
    side: str, outcome: str, party: str, values: tuple[float, float], r: int, **more: object
) -> dict[str, object]:
    """A row of the table of outcomes: without and with the strategy."""
    period = {SALES: "window"}.get(outcome, "horizon")
    unit = "people" if outcome == NEW else "yuan"
    return dict(
        scenario=side, outcome=outcome, party=party, tier="all", period=period, unit=unit, replication=r,
        baseline=values[0], with_scenario=values[1], difference=values[1] - values[0], weight=1.0,
        simulated_buyers=nan, effective_buyers=nan,
    ) | more  # fmt: skip


def made(
    value: Sequence[Sequence[float]], hosts: Sequence[str | None] = ("pinduoduo", "pinduoduo"), **more: object
) -> Comparison:
    """A comparison of two strategies whose worth to the brand is given by side and replication.

    Sales are ten times the worth, new customers a millionth of it, worth to the host half of it.
    """
    scenarios = {BASE: LOADED["stay_out"]}
    rows = []
    for side, host, worth in zip(SIDES, hosts, value, strict=True):
        scenarios[side] = LOADED[NAMES[host]] if host else LOADED["stay_out"]
        store = next(
            (s for s in scenarios[side].storefronts if s not in LOADED["stay_out"].storefronts), None
        )
        for r, each in enumerate(worth):
            before = 1e9 + 1e8 * r
            rows += [
                row(side, VALUE, "amazon", (before, before + each), r),
                row(side, NEW, "amazon", (0.0, each / 1e6), r, **more),
                row(side, VALUE, "pinduoduo", (before, before + each / 2), r),
                row(side, VALUE, "alibaba", (before, before + each / 2), r),
            ]
            if store:
                rows.append(row(side, SALES, store, (0.0, 10 * each), r, **more))
    empty = pd.DataFrame()
    return Comparison(BASE, scenarios, pd.DataFrame(rows), empty, empty, empty)


def by_title(comparison: Comparison) -> Mapping[str, Line]:
    return {line.title: line for line in lines(comparison)}


def student(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 90 % interval."""
    n = len(values)
    half = stats.t.ppf(0.95, n - 1) * np.std(values, ddof=1) / sqrt(n)
    return float(np.mean(values)), float(np.mean(values) - half), float(np.mean(values) + half)


ONE, TWO = [1e6, 4e6, 2e6], [9e6, 11e6, 13e6]


# --- numbers ---------------------------------------------------------------------------------------


def test_lines_in_the_order_of_the_page() -> None:
    assert [line.title for line in lines(made([ONE, TWO]))] == TITLES


@pytest.mark.parametrize(("title", "scale"), list(zip(TITLES, [1, 10, 1e-6, 0.5], strict=True)))
def test_means_and_student_intervals(title: str, scale: float) -> None:
    line = by_title(made([ONE, TWO]))[title]
    for number, worth in zip(line.sides, [ONE, TWO], strict=True):
        expected = student([scale * each for each in worth])
        assert (number.mean, number.low, number.high) == pytest.approx(expected)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(-999, 999), st.integers(-999, 999)), min_size=2, max_size=8))
def test_the_difference_is_paired_by_replication(pairs: list[tuple[int, int]]) -> None:
    """It is the difference of the differences run by run, not of two independent means."""
    worth = [[1e6 * pair[k] for pair in pairs] for k in (0, 1)]
    apart = by_title(made(worth))[TITLES[0]].difference
    expected = student([1e6 * (two - one) for one, two in pairs])
    assert (apart.mean, apart.low, apart.high) == pytest.approx(expected, rel=1e-6, abs=1e-3)


def test_what_both_have_in_common_leaves_no_noise_in_the_difference() -> None:
    apart = by_title(made([[1e6, 50e6, -20e6], [4e6, 53e6, -17e6]]))[TITLES[0]].difference
    assert (apart.mean, apart.low, apart.high) == pytest.approx((3e6, 3e6, 3e6))


def test_rows_may_come_in_any_order() -> None:
    found = made([ONE, TWO])
    table = found.outcomes.sample(frac=1.0, random_state=3)
    mixed = Comparison(BASE, found.scenarios, table, found.weekly, found.flows, found.people)
    for one, two in zip(lines(found), lines(mixed), strict=True):
        assert [n.words + n.interval for n in (*one.sides, one.difference)] == [
            n.words + n.interval for n in (*two.sides, two.difference)
        ]


def test_one_run_has_no_interval() -> None:
    for line in lines(made([ONE[:1], TWO[:1]])):
        for number in (*line.sides, line.difference):
            assert number.interval == ""
            assert not isnan(number.mean)


def test_too_few_buyers_are_said_and_have_no_difference() -> None:
    found = by_title(made([ONE, TWO], effective_buyers=16.0))
    for title in TITLES[1:3]:
        assert found[title].sides[0].words == "too few buyers (48 of 50)"
        assert found[title].sides[0].interval == ""
        assert found[title].difference.words == "–"
    assert found[TITLES[0]].difference.mean == pytest.approx(26e6 / 3), "its buyers are not counted"
    assert "m yuan" in by_title(made([ONE, TWO], effective_buyers=17.0))[TITLES[1]].sides[0].words


def test_different_hosts_have_no_difference() -> None:
    found = by_title(made([ONE, TWO], hosts=("pinduoduo", "alibaba")))
    assert found["Value to the host"].difference.words == "–"
    assert found["Value to the host"].sides[1].mean == pytest.approx(5.5e6)
    assert found["Value to Amazon"].difference.mean == pytest.approx(26e6 / 3)


def test_a_strategy_that_stays_out_sells_nothing() -> None:
    comparison = made([ONE, [0.0, 0.0, 0.0]], hosts=("pinduoduo", None))
    found = by_title(comparison)
    assert (store_of(comparison, SIDES[1]), host_of(comparison, SIDES[1])) == (None, None)
    assert found[TITLES[1]].sides[1].words == found[TITLES[1]].difference.words == "–"
    assert found[TITLES[3]].sides[1].words == found[TITLES[3]].difference.words == "–"
    assert found[TITLES[0]].difference.mean == pytest.approx(-7e6 / 3)
    assert told(comparison).startswith(("The strategies cannot", "Strategy 1 is worth 2.33 m yuan more"))


def test_the_entrant_may_be_in_either_strategy() -> None:
    assert entrant(made([[0.0] * 3, TWO], hosts=(None, "alibaba"))) == "amazon"
    assert entrant(made([[0.0] * 3, [0.0] * 3], hosts=(None, None))) == "amazon"


# --- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (12.3e6, "yuan", "+12.3 m yuan"), (-1.234e9, "yuan", "−1.23 bn yuan"),
        (4_500.0, "crowns", "+4.50 thousand crowns"),
        (-999.0, "people", "−999 people"), (123_456.0, "people", "+0.12 m people"),
    ],
)  # fmt: skip
def test_amounts(value: float, unit: str, words: str) -> None:
    assert amount(value, unit) == words


@pytest.mark.parametrize("unit", ["yuan", "people", "crowns"])
def test_nothing_has_no_sign_of_less(unit: str) -> None:
    """A loss that rounds to nothing is nothing, not −0."""
    assert amount(-0.3, unit) == f"0 {unit}"
    assert amount(0.0, unit) == f"0 {unit}"


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12), st.sampled_from(["yuan", "people"]))
def test_spans_name_their_unit(one: float, two: float, unit: str) -> None:
    low, high = sorted((one, two))
    said = span(low, high, unit)
    assert said.endswith(unit)
    assert said.count(" to ") == 1
    assert not re.search(r"\de[+-]?\d", said)


def test_a_span_names_its_unit_once_if_it_can() -> None:
    assert span(-7.2e6, 9.1e6, "yuan") == "−7.20 to +9.10 m yuan"
    assert span(-7.2e5, 9.1e6, "yuan") == "−720 thousand yuan to +9.10 m yuan"


def told(comparison: Comparison) -> str:
    """The sentence of a comparison."""
    return sentence(comparison, lines(comparison))


# --- the sentence ----------------------------------------------------------------------------------


def test_the_better_one_is_named_with_its_interval() -> None:
    low, high = (end / 1e6 for end in student([8e6, 7e6, 11e6])[1:])
    words = f"({per_cent(0.9)} interval {low:.2f} to {high:.1f} m yuan; 3 runs on the same draws)"
    for worth, better, other in (([ONE, TWO], 2, 1), ([TWO, ONE], 1, 2)):
        assert told(made(worth)) == (
            f"Strategy {better} is worth 8.67 m yuan more to Amazon than strategy {other} {words}."
        )


@pytest.mark.parametrize(("one", "two", "better"), [(1e6, 2e6, 2), (2e6, 1e6, 1)])
def test_what_cannot_be_told_apart_is_told(one: float, two: float, better: int) -> None:
    said = told(made([[one, one, one], [two - 9e6, two, two + 9e6]]))
    assert said.startswith("The strategies cannot be told apart yet")
    assert f"strategy {better} is worth 1.00 m yuan more to Amazon than strategy {3 - better}" in said
    assert re.search(r"goes from −\d+\.\d+ to \+\d+\.\d+ m yuan\.$", said)


def test_one_run_is_told() -> None:
    said = told(made([[1e6], [3e6]]))
    assert said == (
        "In the first run strategy 2 is worth 2.00 m yuan more to Amazon than strategy 1; "
        "one run has no interval."
    )


def test_the_same_strategy_twice_is_worth_the_same() -> None:
    assert told(made([ONE, ONE])) == (
        "Both strategies are worth the same to Amazon: +2.33 m yuan against the baseline "
        "(3 runs on the same draws)."
    )


def test_nobody_opens_anything() -> None:
    assert told(made([[0.0], [0.0]], hosts=(None, None))) == (
        "Both strategies are worth the same to Amazon: as much as the baseline (1 run on the same draws)."
    )


def test_strategies_that_open_nothing_may_still_differ() -> None:
    """They close something, or keep it longer than a baseline that has it."""
    found = made([[1e6] * 3, [3e6] * 3], hosts=(None, None))
    assert [line.title for line in lines(found)] == [TITLES[0], TITLES[2]]
    assert told(found).startswith("Strategy 2 is worth 2.00 m yuan more to Amazon than strategy 1")


def test_a_worth_that_is_not_shown_is_no_finding() -> None:
    found = made([ONE, TWO])
    table = found.outcomes.assign(effective_buyers=1.0)
    said = told(Comparison(BASE, found.scenarios, table, found.weekly, found.flows, found.people))
    assert "nan" not in said
    assert said.startswith("What the strategies are worth to Amazon cannot be compared")


# --- growing ---------------------------------------------------------------------------------------


def test_together_takes_the_runs_that_both_have() -> None:
    def tables(side: str, r: int) -> dict[str, pd.DataFrame]:
        table = pd.DataFrame({"scenario": [side], "replication": [r]})
        return dict.fromkeys(("outcomes", "weekly", "flows", "people"), table)

    found = {
        SIDES[0]: [tables(SIDES[0], r) for r in range(3)],
        SIDES[1]: [tables(SIDES[1], r) for r in range(2)],
    }
    others: dict[str, Scenario] = dict.fromkeys(SIDES, LOADED[NAMES["pinduoduo"]])
    whole = together(LOADED["stay_out"], others, found)
    for name in ("outcomes", "weekly", "flows", "people"):
        table = getattr(whole, name)
        assert sorted(zip(table.scenario, table.replication, strict=True)) == [
            (SIDES[0], 0), (SIDES[0], 1), (SIDES[1], 0), (SIDES[1], 1),
        ]  # fmt: skip
    assert list(whole.scenarios) == [BASE, *SIDES]
