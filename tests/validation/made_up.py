"""Made-up tables of all parts of a validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from sim.sweep.factors import Factor
from sim.validation.history.forecast import beside_rivals, held_against
from sim.validation.history.identified import central, combinations, identified, priors
from sim.validation.history.published import published
from sim.validation.history.rivals import rivals

FACTS = published()
FACTORS = (
    Factor("level", low=0, high=1, title="Pinduoduo, level"),
    Factor("taste", low=0, high=10, title="Spread of tastes"),
)
Parts = Iterator[tuple[str, pd.DataFrame]]


def history() -> Parts:
    """Eleven sets that all read 3 % below what was published; in the other telling 20 % above it."""
    places = np.linspace(0, 1, 11)
    kept = pd.DataFrame({"level": 0.4 + 0.1 * places, "taste": 10 * places})
    rows = FACTS
    read = pd.DataFrame([rows.value * (0.96 + 0.02 * place) for place in places]).reset_index(drop=True)
    held, others = held_against(read, FACTS), rivals(FACTS)
    yield "history_surviving", kept
    yield "history_central", central(kept, FACTORS)
    yield "history_figures", held
    yield "history_rivals", others
    yield "history_held_out", beside_rivals(held, others)
    yield "history_identified", identified(kept, FACTORS)
    yield "history_combinations", combinations(kept, FACTORS)
    yield "history_priors", priors(FACTORS)
    stages = pd.Index(["search", "prior", "wave 1"], name="stage")
    effort = pd.DataFrame({"points": [384, 1200, 150], "survive": [0, 1, 20]}, index=stages)
    yield (
        "history_effort",
        effort.assign(
            runs_in_store=3000, processor_seconds=9000.0, prior_share_by_surfaces=0.0, survive_twice=11
        ),
    )
    told = [
        held_against(one, FACTS).assign(telling=name, sets=count)
        for name, one, count in (("goes_on", read, 11), ("slow_trust", 1.2 / 0.97 * read, 4))
    ]
    both = pd.concat([one[one.role == "held out"] for one in told])
    yield "history_tellings", both.reset_index().set_index(["telling", "name"])


def patterns() -> Parts:
    row = {"number": 1, "pattern": "sales | of 2018", "expected": "0.9 to 1.1", "median": 1.0234,
           "lowest": 0.9, "highest": 1.2, "role": "fitted", "passed": True}  # fmt: skip
    other = row | {"number": 2, "pattern": "half-life", "median": 7.0, "role": "held out", "passed": False}
    yield "patterns", pd.DataFrame([row, other])


def outside() -> Parts:
    row = {"check": "shares", "package": "pyblp", "package_version": "1.1.2", "z": -2.53, "passed": True}
    rows = [row, row | {"z": 1.0, "passed": False}, row | {"check": "Bass", "package": "scipy", "z": np.nan}]
    yield "outside", pd.DataFrame(rows)


def structures() -> Parts:
    rows = [("gains", "as modelled", "as before"), ("gains", "plain_logit", "flips"),
            ("loses", "as modelled", "as before"), ("loses", "plain_logit", "open")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["conclusion", "alternative", "flips"])
    yield "structures", table.assign(in_base=["yes", "yes", "no", "no"])


def popup() -> Parts:
    names = pd.Index(["value_to_amazon", "hosted_sales"], name="outcome")
    levels = {"mean": [2e6, 9e7], "q05": [-53e6, 12e6], "median": [1.4e6, 88e6], "q95": [64e6, 200e6],
              "above_zero": [0.58, 1.0], "points": 40, "explained_by_unknowns": [0.61, 0.5],
              "explained_by_market": [0.132, 0.4]}  # fmt: skip
    yield "popup_levels", pd.DataFrame(levels, index=names)
    rows = [("cost", "Cost of goods", -0.81, -33e6), ("share", "JD's share", 0.5, 41e6)]
    moved = [
        {"outcome": outcome, "factor": factor, "title": words, "prcc": prcc, "prcc_low": prcc - 0.1,
         "prcc_high": prcc + 0.1, "swing": swing}
        for outcome in names for factor, words, prcc, swing in rows
    ]  # fmt: skip
    yield "popup_moves", pd.DataFrame(moved)


MADE_UP = {
    "history": history, "patterns": patterns, "outside": outside, "structures": structures, "popup": popup,
}  # fmt: skip
"""Tables of every part."""


def tables() -> Mapping[str, pd.DataFrame]:
    """All tables, as they are made."""
    return {name: table for part in MADE_UP.values() for name, table in part()}
