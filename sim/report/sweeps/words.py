"""What analyses of a sweep found, in sentences and Markdown tables: from the numbers and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.discovery import Boxes
from sim.pictures.style import HARD, per_cent
from sim.pictures.sweeps.discovery import chances_words, limits_words
from sim.pictures.sweeps.points import cells, independent
from sim.pictures.words import (
    Measure,
    count_words,
    factor_scale,
    factor_words,
    index,
    index_interval,
    measure,
    outcome_words,
    share_words,
    value_words,
)
from sim.report.document import Table
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses

Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Threshold:
    """What a reader wants to know about an outcome: where is it below a value, or above one.

    Attributes:
        value: the value, in the unit of the outcome.
        side: below or above it.
        asked: whether somebody asked; otherwise it is 0.
    """

    value: float = 0.0
    side: str = "below"
    asked: bool = False

    def words(self, responses: Responses) -> str:
        """As it follows the outcome: below 0, above 100 m yuan."""
        return f"{self.side}{HARD}{self.at(responses)}"

    def at(self, responses: Responses) -> str:
        """The value with its unit."""
        return unit_of(responses, self.value).words(self.value) if self.value else "0"

    def holds(self, outcomes: np.ndarray) -> np.ndarray:
        """Where outcomes lie on that side."""
        found: np.ndarray = outcomes < self.value if self.side == "below" else outcomes > self.value
        return found


def unit_of(responses: Responses, *more: float) -> Measure:
    """How amounts of an outcome are written everywhere."""
    return measure([*responses.mean, *more], responses.unit)


def name_of(responses: Responses, factor: str) -> str:
    """A factor in words, set off from the sentence."""
    return f"*{factor_words(responses.factor(factor))}*"


def overview(movers: Sequence[tuple[Responses, str]]) -> Table:
    """All outcomes side by side: where they reach, and the factor that moves each most, if one is known."""
    body = []
    for responses, most in movers:
        mean, shown = independent(responses).mean, unit_of(responses)
        numbers = [shown.of(value) for value in (mean.min(), mean.mean(), mean.max())]
        factor = factor_words(responses.factor(most)) if most else "–"
        body.append([outcome_words(responses), shown.unit or "–", *numbers, factor])
    return Table(["outcome", "unit", "least", "mean", "greatest", "moved most by"], body)


# --- the outcome ---------------------------------------------------------------------------------


def extent(responses: Responses, threshold: Threshold) -> list[str]:
    """How far the outcome reaches over the points, and at how many it is on one side of the threshold."""
    chosen, shown = independent(responses), unit_of(responses)
    mean = chosen.mean
    which = " of blocks A and B" if len(mean) < len(responses.points) else ""
    count = int(threshold.holds(mean).sum())
    return [
        f"Over {count_words(len(mean), 'point')}{which} it runs from {shown.words(mean.min())} to "
        f"{shown.words(mean.max())}; the mean over the points is {shown.words(mean.mean())}.",
        f"It is {threshold.words(responses)} at {count:,} of {len(mean):,} points "
        f"({per_cent(count / len(mean))}).",
    ]


# --- what moves it -------------------------------------------------------------------------------


def sobol_words(responses: Responses, table: pd.DataFrame) -> list[str]:
    """The factor with the largest total index, and whose intervals reach its own."""
    known = table[table.total.notna()].sort_values("total", ascending=False)
    if known.empty:
        return ["It is the same at all points: there is no variance to share out."]
    rows = known.to_dict("records")
    first = rows[0]
    near = [row["factor"] for row in rows[1:] if row["total_high"] >= first["total_low"]]
    return [
        f"{name_of(responses, first['factor'])} has the largest total index of "
        f"{count_words(len(table), 'factor')}: it accounts for {_share(first, 'first')} of the variance "
        f"alone and {_share(first, 'total')} with interactions.",
        f"The interval of its total index overlaps that of {_names(responses, near)}.",
        f"First-order indices add up to {index(float(known['first'].sum()))}.",
    ]


def sobol_table(responses: Responses, table: pd.DataFrame) -> Table:
    """All indices."""
    rows = table.sort_values("total", ascending=False).to_dict("records")
    body = [
        [
            factor_words(responses.factor(row["factor"])),
            *(
                f"{index(row[k])} {index_interval(row[f'{k}_low'], row[f'{k}_high'])}"
                for k in ("first", "total")
            ),
        ]
        for row in rows
    ]
    return Table(["factor", "alone (first order)", "with interactions (total)"], body)


def interaction_words(responses: Responses, pairs: pd.DataFrame) -> list[str]:
    """The largest second-order index, and how many intervals leave out 0."""
    known = pairs[pairs.value.notna()].sort_values("value", ascending=False)
    if known.empty:
        return ["There is no variance to share out between pairs."]
    row = known.to_dict("records")[0]
    clear = int(((known.low > 0) | (known.high < 0)).sum())
    both = f"{name_of(responses, row['factor'])} and {name_of(responses, row['other'])}"
    return [
        f"The largest second-order index is that of {both}: {index(row['value'])} "
        f"{index_interval(row['low'], row['high'])}. The intervals of {clear} of "
        f"{count_words(len(known), 'pair')} leave out 0."
    ]


def morris_words(responses: Responses, table: pd.DataFrame) -> list[str]:
    """The factor with the largest mean absolute elementary effect, and those whose effects differ."""
    rows = table.sort_values("mu_star", ascending=False).to_dict("records")
    first, shown = rows[0], measure([*table.mu_star_high, *table.sigma], responses.unit)
    near = [row["factor"] for row in rows[1:] if row["mu_star_high"] >= first["mu_star_low"]]
    uneven = [row["factor"] for row in rows if row["sigma"] >= row["mu_star"] > 0]
    return [
        f"{name_of(responses, first['factor'])} has the largest elementary effects of "
        f"{count_words(len(rows), 'factor')}: {shown.words(first['mu_star'])} "
        f"{shown.interval(first['mu_star_low'], first['mu_star_high'])} over its range, in absolute value "
        "and on average.",
        f"Its interval overlaps that of {_names(responses, near)}.",
        f"The standard deviation of the effects is at least their mean absolute size for "
        f"{_names(responses, uneven)}.",
    ]


def morris_table(responses: Responses, table: pd.DataFrame) -> Table:
    """Mean, mean absolute size and spread of the effects."""
    shown = measure([*table.mu_star_high, *table.sigma], responses.unit)
    body = [
        [
            factor_words(responses.factor(row["factor"])),
            f"{shown.of(row['mu_star'])} {shown.interval(row['mu_star_low'], row['mu_star_high'])}",
            shown.of(row["mu"]),
            shown.of(row["sigma"]),
        ]
        for row in table.sort_values("mu_star", ascending=False).to_dict("records")
    ]
    return Table(["factor", f"mu*, {shown.axis}", "mu", "sigma"], body)


def rank_words(responses: Responses, table: pd.DataFrame) -> list[str]:
    """The strongest partial rank correlation and its sign, and the factors whose sign is not known."""
    known = table[table.prcc.notna()]
    if known.empty:
        return ["No factor has a rank correlation: nothing is left to correlate."]
    rows = sorted(known.to_dict("records"), key=lambda row: -abs(row["prcc"]))
    first = rows[0]
    open_ = [row["factor"] for row in rows if row["low"] <= 0 <= row["high"]]
    rises = "rises with it" if first["prcc"] > 0 else "falls as it rises"
    way = f": the outcome {rises}" if first["factor"] not in open_ else ""
    return [
        f"{name_of(responses, first['factor'])} has the strongest partial rank correlation of "
        f"{count_words(len(table), 'factor')}, {index(first['prcc'])} "
        f"{index_interval(first['low'], first['high'])}{way}.",
        f"The interval includes 0 for {_names(responses, open_)}.",
    ]


def rank_table(responses: Responses, table: pd.DataFrame) -> Table:
    """All partial rank correlations."""
    rows = sorted(table.to_dict("records"), key=lambda row: -abs(np.nan_to_num(row["prcc"])))
    body = [
        [
            factor_words(responses.factor(row["factor"])),
            f"{index(row['prcc'])} {index_interval(row['low'], row['high'])}",
        ]
        for row in rows
    ]
    return Table(["factor", "partial rank correlation"], body)


def tornado_words(responses: Responses, table: pd.DataFrame) -> list[str]:
    """The factor that swings the outcome most, from where to where."""
    rows = table.to_dict("records")
    low, high = rows[0], rows[1]
    factor, shown = responses.factor(low["factor"]), unit_of(responses)
    ends = " and ".join(_end(row, factor, shown) for row in (low, high))
    return [
        f"In the base case it is {shown.words(low['base'])}.",
        f"{name_of(responses, factor.name)} swings it most of {count_words(len(rows) // 2, 'factor')}, by "
        f"{shown.words(low['swing'])}: it is {ends}.",
    ]


def _end(row: Row, factor: Factor, shown: Measure) -> str:
    interval = shown.interval(row["difference_low"], row["difference_high"])
    return (
        f"{shown.words(row['outcome'])} at {value_words(factor, row['value'], unit=True)} (against base "
        f"{shown.of(row['difference'])}{' ' + interval if interval else ''})"
    )


def tornado_table(responses: Responses, table: pd.DataFrame) -> Table:
    """Both ends of every factor."""
    shown, body = unit_of(responses), []
    for name, rows in table.groupby("factor", sort=False):
        factor, ends = responses.factor(str(name)), rows.to_dict("records")
        texts = [f"{shown.of(row['outcome'])} at {value_words(factor, row['value'])}" for row in ends]
        body.append(
            [factor_words(factor), factor_scale(factor).unit or "–", *texts, shown.of(ends[0]["swing"])]
        )
    head = ["factor", "its unit", "low end", "high end", "swing"]
    return Table([*head[:2], *(f"{word}, {shown.axis}" for word in head[2:])], body)


# --- where it changes sides ----------------------------------------------------------------------


def switching_words(responses: Responses, table: pd.DataFrame, threshold: Threshold) -> list[str]:
    """Where the outcome crosses the threshold along each factor, all others at base."""
    at, along = threshold.at(responses), dict[str, list[str]]()
    for name, rows in table.groupby("factor", sort=False):
        factor, found = responses.factor(str(name)), rows.to_dict("records")
        places = " and ".join(_switch(row, factor, at) for row in found)
        along.setdefault(places, []).append(name_of(responses, factor.name))
    lines = [f"- along {', '.join(names)} {places}" for places, names in along.items()]
    return ["\n".join([f"All other factors at base, it crosses {at}:", "", *lines])]


def _switch(row: Row, factor: Factor, at: str) -> str:
    if not np.isfinite(row["value"]):
        words = str(row["note"]).replace("the threshold", at).replace("_", " ")
        return words.replace("none in the range: ", "nowhere: ").removeprefix("levels are names: ")
    ends = [value_words(factor, row[end]) for end in ("low", "high")]
    interval = f" [{ends[0]},{HARD}{ends[1]}]" if np.isfinite(row["low"]) else ""
    share = f", in {per_cent(row['share'])} of resamples" if np.isfinite(row["share"]) else ""
    way = "upwards" if row["direction"] == "up" else "downwards"
    return f"at {value_words(factor, row['value'], unit=True)}{interval}, {way}{share}"


def cell_words(responses: Responses, x: str, y: str, threshold: Threshold) -> str:
    """How far the cells of a heat map reach, and how many are on one side of the threshold."""
    found = cells(independent(responses), x, y).mean
    known, shown = found[np.isfinite(found)], unit_of(responses)
    count = int(threshold.holds(known).sum())
    return (
        f"- {name_of(responses, x)} and {name_of(responses, y)}: cell means from {shown.words(known.min())} "
        f"to {shown.words(known.max())}, {threshold.words(responses)} in {count} of "
        f"{count_words(known.size, 'cell')}"
    )


def box_words(boxes: Boxes, threshold: Threshold) -> list[str]:
    """The box in which the outcome is on one side of the threshold."""
    responses, row = boxes.responses, boxes.trajectory.iloc[boxes.chosen]
    words, total = threshold.words(responses), int(boxes.interest.sum())
    first = f"It is {words} at {total:,} of {count_words(len(boxes.interest), 'point')}."
    if boxes.box.empty:
        best = boxes.trajectory.density.max()
        return [f"{first} No box does clearly better: the densest holds {per_cent(best)} such points."]
    return [
        f"{first} In the box with {boxes_limits(boxes)} it is so at {per_cent(row.density)} of the points "
        f"(density); the box holds {per_cent(row.coverage)} of all such points (coverage) and "
        f"{per_cent(row.mass)} of all points."
    ]


def boxes_limits(boxes: Boxes) -> str:
    """The limits of the chosen box in a clause."""
    responses, parts = boxes.responses, []
    for row in boxes.box.to_dict("records"):
        factor = responses.factor(row["factor"])
        parts.append(f"{name_of(responses, factor.name)} {limits_words(row, factor, unit=True)}")
    return " and ".join(parts)


def box_table(boxes: Boxes, resampled: pd.DataFrame) -> Table:
    """Limits, quasi-p-values and shares of resamples in which a factor is restricted, factor by factor."""
    rows = {row["factor"]: row for row in boxes.box.to_dict("records")}
    body = []
    for again in resampled.to_dict("records"):
        factor, row = boxes.responses.factor(again["factor"]), rows.get(again["factor"])
        body.append([
            factor_words(factor),
            limits_words(row, factor, unit=True) if row else "not restricted",
            " and ".join(chances_words(row)) if row else "–",
            per_cent(again["coverage"]),
            per_cent(again["density"]),
        ])  # fmt: skip
    head = ["factor", "box", "quasi-p", "restricted at like coverage", "at like density"]
    return Table(head, body)


# --- the draws -----------------------------------------------------------------------------------


def draws_words(responses: Responses, table: pd.DataFrame, errors: pd.DataFrame) -> list[str]:
    """How much of the variance of single runs is due to chance, and how well the mean at a point is known."""
    shown, error = unit_of(responses), float(errors.standard_error.median())
    small = measure([error], responses.unit)
    shares = table.set_index("source").share
    lines = [
        f"The standard error of the mean at a point is {small.words(error)} (median over points); from its "
        f"least to its greatest point the outcome runs over {shown.words(float(np.ptp(responses.mean)))}."
    ]
    if np.isfinite(shares).all():
        lines.insert(0, (
            "Of the variance of single runs over the points of this design "
            f"{share_words(shares['factors'])} is due to the factors, "
            f"{share_words(shares['draws'])} to draws that shift all points alike and "
            f"{share_words(shares['interaction'])} to draws that act from point to point, as "
            f"{count_words(responses.values.shape[1], 'replication')} tell it."
        ))  # fmt: skip
    low = [str(row["source"]) for row in table.to_dict("records") if row["note"]]
    return [*lines, f"Estimated below 0 and counted as 0: {', '.join(low)}."] if low else lines


# --- helpers -------------------------------------------------------------------------------------


def _share(row: Row, name: str) -> str:
    """A share of variance with its interval."""
    ends = [share_words(row[f"{name}_{end}"]) for end in ("low", "high")]
    return f"{share_words(row[name])} [{ends[0]},{HARD}{ends[1]}]"


def _names(responses: Responses, factors: Sequence[str]) -> str:
    return ", ".join(name_of(responses, name) for name in factors) or "no factor"


def title_of(responses: Responses) -> str:
    """The outcome and its unit as a heading."""
    return outcome_words(responses) + (f" ({responses.unit})" if responses.unit else "")
