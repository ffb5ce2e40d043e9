"""The folded table of all outcomes: the numbers above it, and every other outcome that is declared."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from sim.outcomes.declared import OUTCOMES
from sim.page import everything
from sim.page.everything import Line
from sim.page.numbers import SIDES
from tests.page.test_numbers import NEW, ONE, SALES, TWO, VALUE, by_title, made, row


def found(*values: object, **more: object) -> dict[tuple[str, str], Line]:
    """Lines by name and party."""
    return {(line.name, line.party): line for line in everything.lines(made(*values, **more))}  # type: ignore[arg-type]


def test_the_numbers_are_those_above() -> None:
    above = by_title(made([ONE, TWO]))["Value to Amazon"]
    own = found([ONE, TWO])[OUTCOMES[VALUE].in_words, "Amazon"]
    assert [side[0] for side in own.sides] == [number.mean for number in above.sides]
    assert own.apart == (above.difference.mean, above.difference.low, above.difference.high)
    assert own.unit == "yuan"


def test_every_declared_outcome_is_shown_under_its_words() -> None:
    """Of any unit; one that no strategy changes is left out."""
    comparison = made([ONE, TWO])
    more = [
        row(side, name, "amazon", (1.0, value), r, period=one.of_pairs[0], unit=one.unit_in("yuan"))
        for name, one in OUTCOMES.items() if one.of_pairs and name not in (VALUE, NEW, SALES)
        for side, value in zip(SIDES, (1.0 if name == "subsidies" else 1.5, 1.0), strict=True)
        for r in range(3)
    ]  # fmt: skip
    table = pd.concat([comparison.outcomes, pd.DataFrame(more)], ignore_index=True)
    shown = {line.name for line in everything.lines(replace(comparison, outcomes=table))}
    wanted = {one.in_words for name, one in OUTCOMES.items() if one.of_pairs and name != "subsidies"}
    assert shown == wanted


def test_too_few_buyers_have_no_number() -> None:
    line = found([ONE, TWO], effective_buyers=3.0)[OUTCOMES[NEW].in_words, "Amazon"]
    assert str(line.sides[0][0]) == str(line.apart[0]) == "nan"


def test_the_table_is_folded_and_names_units() -> None:
    html = everything.folded(made([ONE, TWO]))
    assert html.startswith("<details><summary>All outcomes (")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", html)
    assert len(rows) == len(everything.lines(made([ONE, TWO])))
    cells = dict(rows)[OUTCOMES[VALUE].in_words]
    assert "<td>m yuan</td>" in cells
    assert re.search(r"<td>\+\d.*? \(", cells)
