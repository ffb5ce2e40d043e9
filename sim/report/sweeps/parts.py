"""The analyses that fit each kind of design, and what each of them says, shows and keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import pandas as pd
from matplotlib.figure import Figure

from sim.analysis import discovery, draws, sobol, switching
from sim.analysis import morris as effects
from sim.analysis import ranks as correlations
from sim.outcomes.intervals import LEVEL
from sim.pictures.sweeps import discovery as boxes_drawn
from sim.pictures.sweeps import sensitivity
from sim.pictures.sweeps.points import independent
from sim.report.document import Table
from sim.report.sweeps import words as say
from sim.report.sweeps.words import Threshold
from sim.sweep.designs import kind_of
from sim.sweep.responses import IncompleteError, Responses

PARTS = 20
"""Random halves of the points in which PRIM is run again."""


@dataclass(frozen=True)
class Part:
    """What one analysis found.

    Attributes:
        title: heading of the section.
        sentences: what it says, in words.
        pictures: figures by file name without its ending.
        tables: tables by file name without its ending.
        shown: a table for the page, if any.
        most: name of the factor that moves the outcome most, if that is what was asked.
    """

    title: str
    sentences: Sequence[str]
    pictures: Mapping[str, Figure] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    shown: Table | None = None
    most: str = ""


@dataclass(frozen=True)
class Found:
    """What the analyses found for one outcome.

    Attributes:
        name: name of the outcome.
        responses: the outcome at the points.
        parts: what was found.
        missing: what was left out, and why.
    """

    name: str
    responses: Responses
    parts: Sequence[Part]
    missing: Sequence[str]

    @property
    def most(self) -> str:
        """The factor that moves the outcome most, if one is known."""
        return next((part.most for part in self.parts if part.most), "")


Analysis = Callable[[Responses, Threshold], Part]


def parts(responses: Responses, threshold: Threshold) -> tuple[list[Part], list[str]]:
    """What the analyses found, and why others were left out."""
    found, missing = [], []
    for analysis in ANALYSES.get(kind_of(responses.points), (_points, _draws)):
        try:
            found.append(analysis(responses, threshold))
        except IncompleteError:
            raise
        except (ModuleNotFoundError, ValueError) as error:
            missing.append(f"{NAMES[analysis]}: {error}")
    return found, missing


# --- analyses ------------------------------------------------------------------------------------


def _points(responses: Responses, threshold: Threshold) -> Part:
    """Every point, and the outcome against each factor if points sample the factors independently."""
    table = responses.points.assign(mean=responses.mean)
    if responses.values.shape[1] > 1:
        table["standard_error"] = draws.standard_errors(responses).standard_error
    pictures = {}
    if kind_of(responses.points) != "morris":
        pictures["scatter"] = boxes_drawn.scatter(responses, threshold.value)
    return Part("The points", say.extent(responses, threshold), pictures, {"points": table})


def _sobol(responses: Responses, threshold: Threshold) -> Part:
    table = sobol.first_and_total(responses, level=LEVEL)
    told = _repeated(responses) and responses.shared
    shares = draws.variance_shares(independent(responses)) if told else None
    return Part(
        "What moves it", say.sobol_words(responses, table),
        {"sobol": sensitivity.sobol(responses, table, shares)}, {"sobol": table},
        say.sobol_table(responses, table), _largest(table, "total"),
    )  # fmt: skip


def _interactions(responses: Responses, threshold: Threshold) -> Part:
    if not responses.points["block"].str.startswith("BA:").any():
        raise ValueError("the design has no second order (second_order: true)")
    table = sobol.second_order(responses, level=LEVEL)
    first = sobol.first_and_total(responses, level=LEVEL)
    picture = sensitivity.interactions(responses, table, first)
    sentences = say.interaction_words(responses, table)
    return Part("What works together", sentences, {"interactions": picture}, {"interactions": table})


def _morris(responses: Responses, threshold: Threshold) -> Part:
    table = effects.elementary_effects(responses, level=LEVEL)
    return Part(
        "What moves it", say.morris_words(responses, table),
        {"morris": sensitivity.morris(responses, table)}, {"morris": table},
        say.morris_table(responses, table), _largest(table, "mu_star"),
    )  # fmt: skip


def _tornado(responses: Responses, threshold: Threshold) -> Part:
    table = switching.tornado(responses, level=LEVEL)
    return Part(
        "What moves it", say.tornado_words(responses, table),
        {"tornado": sensitivity.tornado(responses, table)}, {"tornado": table},
        say.tornado_table(responses, table), _largest(table, "swing"),
    )  # fmt: skip


def _curves(responses: Responses, threshold: Threshold) -> Part:
    table = switching.switching_values(responses, threshold.value, level=LEVEL)
    picture = sensitivity.one_at_a_time(responses, table, threshold.value)
    sentences = say.switching_words(responses, table, threshold)
    title = f"Where it crosses {threshold.at(responses)}"
    return Part(title, sentences, {"one_at_a_time": picture}, {"switching": table})


def _ranks(responses: Responses, threshold: Threshold) -> Part:
    table = correlations.prcc(responses, level=LEVEL)
    return Part(
        "Which way it moves", say.rank_words(responses, table),
        {"ranks": sensitivity.ranks(responses, table)}, {"ranks": table},
        say.rank_table(responses, table), _largest(table.assign(size=table.prcc.abs()), "size"),
    )  # fmt: skip


def _heat(responses: Responses, threshold: Threshold) -> Part:
    pairs = list(combinations(responses.names, 2))
    if not pairs:
        raise ValueError("they need two factors, the design has one")
    sentences = [say.cell_words(responses, *pair, threshold) for pair in pairs]
    pictures = {
        f"heat_map_{file_name(x)}_{file_name(y)}": boxes_drawn.heat_map(responses, x, y, threshold.value)
        for x, y in pairs
    }
    return Part("Two factors at a time", sentences, pictures)


def _draws(responses: Responses, threshold: Threshold) -> Part:
    if not _repeated(responses):
        raise ValueError("they need two points and two replications or more")
    table = draws.variance_shares(independent(responses))
    sentences = say.draws_words(responses, table, draws.standard_errors(responses))
    return Part("How much is chance", sentences, tables={"draws": table})


def _largest(table: pd.DataFrame, column: str) -> str:
    """The factor of the largest number of a column; none if all are 0 or undefined."""
    best = table.sort_values(column, ascending=False, kind="stable").iloc[0]
    return str(best.factor) if best[column] > 0 else ""


def _repeated(responses: Responses) -> bool:
    return min(responses.values.shape) > 1


def _discovery(responses: Responses, threshold: Threshold) -> Part:
    if not threshold.asked:
        raise ValueError("no value was given that the outcome is to be below or above")
    chosen, words = independent(responses), threshold.words(responses)
    boxes = discovery.prim(chosen, threshold.holds)
    again = discovery.resampling(boxes, PARTS)
    pictures = {"prim_box": boxes_drawn.prim_box(boxes, words)}
    if pair := _pair(boxes):
        pictures["prim_scatter"] = boxes_drawn.prim_scatter(boxes, *pair, words)
    tables = {
        "prim_box": boxes.box, "prim_trajectory": boxes.trajectory.reset_index(), "prim_resampling": again,
    }  # fmt: skip
    sentences, title = say.box_words(boxes, threshold), f"Where it is {words}"
    return Part(title, sentences, pictures, tables, say.box_table(boxes, again))


def _pair(boxes: discovery.Boxes) -> tuple[str, str] | None:
    """The two factors with the least quasi-p-values; others in their place if the box restricts fewer."""
    least = boxes.box[["quasi_p_low", "quasi_p_high", "quasi_p_levels"]].astype(float).min(axis=1)
    order = boxes.box.factor[least.sort_values(kind="stable").index].tolist()
    names = [*order, *(name for name in boxes.responses.names if name not in order)]
    return (names[0], names[1]) if len(names) > 1 else None


ANALYSES: Mapping[str, Sequence[Analysis]] = {
    "saltelli": (_points, _sobol, _interactions, _draws, _ranks, _discovery),
    "morris": (_points, _morris, _draws),
    "one_at_a_time": (_tornado, _curves, _draws),
    "lhs": (_points, _ranks, _discovery, _draws),
    "sobol": (_points, _ranks, _discovery, _draws),
    "list": (_points, _ranks, _discovery, _draws),
    "grid": (_points, _heat, _draws),
}
NAMES: Mapping[Analysis, str] = {
    _points: "Points", _sobol: "Indices of Sobol'", _interactions: "Interactions of pairs",
    _morris: "Elementary effects", _tornado: "Swings", _curves: "Switching values",
    _ranks: "Rank correlations", _heat: "Heat maps", _draws: "Share of the draws",
    _discovery: "Scenario discovery (PRIM)",
}  # fmt: skip


def file_name(name: str) -> str:
    """A name as a file may be called."""
    return re.sub(r"[^\w.-]+", "_", name)
