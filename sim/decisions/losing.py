"""Worlds in which the recommendation loses: a box of unknowns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from sim.analysis.discovery import Boxes, prim, resampling
from sim.decisions.advice import Answer, against_staying_out, choices
from sim.decisions.regret import Options
from sim.outcomes.declared import FIRM_VALUE, declared
from sim.sweep.responses import Responses

DENSITY = 0.7
"""Share of losing worlds from which a box counts as found."""
CHANCE = 0.1
"""Quasi-p-value above which a limit of a box is left out."""
STEPS = (
    "step", "coverage", "density", "mass", "points", "interest", "restricted", "factors", "chosen", "option",
    "unit", "found", "peel", "least_mass",
)  # fmt: skip
"""Columns of the table of steps."""


def tables(answer: Answer) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the box and the steps to it, by name; both are empty if no box can be looked for."""
    boxes = box(answer)
    yield "box", box_table(boxes)
    yield "box_steps", step_table(boxes, options(answer).names[1])


def options(answer: Answer) -> Options:
    """Return staying out and the option whose losses are looked for, over all worlds."""
    return against_staying_out(answer, choices(answer.question, answer.every))


def responses(answer: Answer) -> Responses:
    """Value of the recommended option (or its nearest rival) over staying out, at the unknowns of all worlds.

    Worlds that do not pass the patterns are among them: a box is looked for in the space of the unknowns,
    which all worlds fill and those that pass do not.
    """
    question, worlds, pair = answer.question, answer.every, options(answer)
    names = [factor.name for factor in question.deep]
    values = (pair.values[:, 1] - pair.values[:, 0])[:, None]
    table = worlds.table[names].reset_index(drop=True)
    column = declared(FIRM_VALUE).column_of(question.spec.entrant)
    unit = worlds.results.units().get(f"{pair.names[1]}.{column}", "")
    return Responses(question.title(pair.names[1]), unit, question.deep, table, values, shared=False)


def box(answer: Answer) -> Boxes | None:
    """The box of the worlds in which it is not good enough; none if there are too few (or nothing else)."""
    try:
        found = prim(responses(answer), below=answer.question.spec.good_enough, density=DENSITY)
    except ValueError:
        return None
    return simpler(found)


def simpler(boxes: Boxes) -> Boxes:
    """The box without the limits that chance explains as well, as a step after the last.

    With some dozen losing worlds the path restricts more unknowns than matter (Bryant and Lempert 2010 drop
    such limits by their quasi-p-values, too).
    """
    table = boxes.box
    chance = table[["quasi_p_low", "quasi_p_high", "quasi_p_levels"]].astype(float).min(axis=1)
    kept = table[chance <= CHANCE].reset_index(drop=True)
    if kept.empty or len(kept) == len(table):
        return boxes
    trial = replace(boxes, steps=(*boxes.steps, kept), chosen=len(boxes.steps))
    inside = trial.inside()
    held, points = int((inside & boxes.interest).sum()), int(inside.sum())
    step = {
        "coverage": held / boxes.interest.sum(), "density": held / max(points, 1), "mass": inside.mean(),
        "points": points, "interest": held, "restricted": len(kept), "factors": ", ".join(kept.factor),
    }  # fmt: skip
    trajectory = pd.concat([boxes.trajectory, pd.DataFrame([step], index=[len(boxes.steps)])])
    return replace(trial, trajectory=trajectory, found=bool(step["density"] >= DENSITY))


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


def step_table(boxes: Boxes | None, option: str) -> pd.DataFrame:
    """Return the way to the box, a row a step, so that it can be drawn from tables.

    Columns as in `Boxes.trajectory`, and step, chosen (of the chosen box), option and unit of its value,
    found, peel, least_mass.

    Args:
        boxes: the boxes; none = an empty table.
        option: name of the option that loses there.
    """
    if boxes is None:
        return pd.DataFrame(columns=[*STEPS])
    step = range(len(boxes.trajectory))
    table = boxes.trajectory.assign(
        step=step, chosen=[k == boxes.chosen for k in step], option=option, unit=boxes.responses.unit,
        found=boxes.found, peel=boxes.peel, least_mass=boxes.least_mass,
    )  # fmt: skip
    return table[[*STEPS]].reset_index(drop=True)
