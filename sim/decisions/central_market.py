"""What is left of an option after it has closed, where its sales come from, and all outcomes with intervals.

Everything is in the most central market, on a few pairs of seeds; see `sim.experiments`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from sim.decisions.question import Question
from sim.experiments import carry_over as carried
from sim.experiments.compare import Settings, compare
from sim.experiments.diversion import diversion
from sim.scenario.schema import Scenario

BASE = "stay_out"


def scenarios(question: Question, option: str) -> tuple[Scenario, Scenario]:
    """The baseline and an option in the most central market."""
    work = question.work({option: question.options[option]}, 100)
    return work.baseline(question.central), work.scenario(option, question.central)


def tables(question: Question, consumers: int, replications: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Outcomes by group with intervals, the split of the carry-over, and three diversions.

    Args:
        question: the question; the option whose terms are bargained over is looked at.
        consumers: simulated consumers.
        replications: pairs of seeds.
    """
    option = question.spec.terms.option
    base, other = scenarios(question, option)
    settings = Settings(replications=replications, consumers=consumers)
    found = compare((BASE, base), {option: other}, settings)
    yield "outcomes", found.summary()
    few = replace(settings, replications=max(2, replications // 2))
    parts = carried.carry_over(base, other, question.spec.entrant, few)
    yield "carry_over", carried.summary(parts)
    store = question.spec.terms.commission.split(".")[1]
    yield (
        "diversion",
        diversion(base, other, store, replications=few.replications, consumers=consumers, root_seed=1),
    )
