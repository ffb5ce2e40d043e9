"""All outcomes of both strategies in one folded table, straight from the declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from math import isfinite, nan
from typing import Any, NamedTuple

import pandas as pd

from sim.experiments.compare import Comparison
from sim.outcomes.declared import upper_only
from sim.outcomes.rows import KEYS, summarise
from sim.page.numbers import SIDES
from sim.report.comparison.words import outcome_words, parties, period_words, scale_of, shown

NUMBERS = ["difference", "low", "high"]
PLACE = ["outcome", "party", "tier", "period", "unit"]
Numbers = tuple[float, float, float]
"""Mean and ends of its interval; NaN = not known, or too few buyers."""
Means = Mapping[Any, Numbers]
NONE: Numbers = (nan, nan, nan)
HEAD = ("outcome", "whose", "when", "strategy 1", "strategy 2", "strategy 2 minus 1", "unit")


class Line(NamedTuple):
    """One outcome: of each strategy against the baseline, and of the second against the first."""

    name: str
    party: str
    period: str
    unit: str
    sides: tuple[Numbers, Numbers]
    apart: Numbers


def lines(comparison: Comparison) -> list[Line]:
    """Every outcome that a strategy changes, in the order of the table; tiers together."""
    table = comparison.outcomes
    rows = table[table.scenario.isin(SIDES) & ((table.tier == "all") | table.outcome.isin(upper_only()))]
    found = [_means(rows[rows.scenario == side]) for side in SIDES]
    apart = _means(_apart(*(rows[rows.scenario == side] for side in SIDES)))
    every = dict.fromkeys(rows[PLACE].itertuples(index=False, name=None))
    return list(_lines(comparison, every, found, apart))


def _means(rows: pd.DataFrame) -> Means:
    """Means and intervals by place."""
    if rows.empty:
        return {}
    table = summarise(rows)
    numbers = table[NUMBERS].itertuples(index=False, name=None)
    return dict(zip(table[PLACE].itertuples(index=False, name=None), numbers, strict=True))


def _apart(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Second strategy minus first, replication by replication on the same draws."""
    keys = [*PLACE, "replication"]
    both = two.merge(one[[*keys, "difference"]], on=keys, suffixes=("", "_first"))
    both = both.assign(baseline=both.difference_first, with_scenario=both.difference)
    both = both.assign(difference=both.with_scenario - both.baseline)
    return both[[*KEYS, "replication", "baseline", "with_scenario", "difference"]]


def _lines(
    comparison: Comparison, every: Iterable[Any], found: Sequence[Means], apart: Means
) -> Iterator[Line]:
    who = {party: one.title for side in SIDES for party, one in parties(comparison, side).items()}
    when = period_words(comparison, SIDES[0])
    for place in every:
        outcome, party, _, period, unit = place
        first, second = (side.get(place, NONE) for side in found)
        hidden = not (isfinite(first[0]) and isfinite(second[0]))
        if hidden or first[0] or second[0]:
            gap = NONE if hidden else apart.get(place, NONE)
            words = outcome_words(outcome), who.get(party, party), when.get(period, period)
            yield Line(*words, unit, (first, second), gap)


def folded(comparison: Comparison) -> str:
    """The table as HTML, folded."""
    found, money = lines(comparison), next(iter(comparison.scenarios.values())).currency.name
    rows = "".join(_row(line, money) for line in found)
    head = "".join(f'<th scope="col">{name}</th>' for name in HEAD)
    return (
        f"<details><summary>All outcomes ({len(found)})</summary>"
        '<table class="everything"><caption>Against the baseline; in brackets 90 % intervals of the mean. '
        "What no strategy changes is left out; – stands where too few buyers are behind a number, or where "
        f"it has no value</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _row(line: Line, money: str) -> str:
    numbers = (*line.sides, line.apart)
    scale = scale_of(line.unit, money, *(mean for mean, _, _ in numbers))
    cells = []
    for mean, low, high in numbers:
        ends = f" ({shown(low, scale)} to {shown(high, scale)})" if isfinite(mean) and isfinite(low) else ""
        cells.append(f"<td>{escape(shown(mean, scale, sign=True) + ends)}</td>")
    words = "".join(f"<td>{escape(text)}</td>" for text in (line.party, line.period))
    name = f'<th scope="row">{escape(line.name)}</th>'
    return f"<tr>{name}{words}{''.join(cells)}<td>{escape(scale.unit)}</td></tr>"
