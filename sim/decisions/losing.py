"""Worlds in which the recommendation loses: a box of unknowns."""

from __future__ import annotations

import pandas as pd

from sim.analysis.discovery import Boxes, prim, resampling
from sim.decisions.advice import Answer, against_staying_out, choices
from sim.sweep.responses import Responses

DENSITY = 0.7
"""Share of losing worlds from which a box counts as found."""


def responses(answer: Answer) -> Responses:
    """Value of the recommended option (or its nearest rival) over staying out, at the worlds' unknowns."""
    question, worlds = answer.question, answer.worlds
    pair = against_staying_out(answer, choices(question, worlds))
    names = [factor.name for factor in question.deep]
    values = (pair.values[:, 1] - pair.values[:, 0])[:, None]
    table = worlds.table[names].reset_index(drop=True)
    unit = answer.worlds.results.units().get(f"{pair.names[1]}.value_{question.spec.entrant}", "")
    return Responses(question.title(pair.names[1]), unit, question.deep, table, values, shared=False)


def box(answer: Answer) -> Boxes | None:
    """The box of the worlds in which it is not good enough; none if there are too few (or nothing else)."""
    try:
        return prim(responses(answer), below=answer.question.spec.good_enough, density=DENSITY)
    except ValueError:
        return None


def box_table(boxes: Boxes | None) -> pd.DataFrame:
    """The chosen box, a row a restricted unknown, with how much it holds and how often it comes back.

    Columns as in `Boxes.at`, and title, coverage, density, mass, losing (worlds), worlds, found, and stable:
    share of resamples of the worlds in which the unknown is restricted again.
    """
    if boxes is None:
        return pd.DataFrame(columns=["factor", "title", "low", "high"])
    step = boxes.trajectory.iloc[boxes.chosen]
    again = resampling(boxes).set_index("factor").density
    chosen = boxes.box.assign(
        title=[boxes.responses.factor(str(name)).words for name in boxes.box.factor],
        coverage=step.coverage, density=step.density, mass=step.mass, losing=int(boxes.interest.sum()),
        worlds=len(boxes.interest), found=boxes.found,
    )  # fmt: skip
    return chosen.assign(stable=[float(again[name]) for name in chosen.factor])
