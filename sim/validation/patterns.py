"""Which of fourteen published patterns the history shows, and how far it is from those it does not.

Patterns are the filters of pattern-oriented modelling (Grimm et al. 2005, doi:10.1126/science.1116681): facts
of several kinds and scales that a model of this market should show at once. Nothing is tuned to their bounds,
and a pattern that fails stands as failed.

Patterns 11 to 13 rest on the few simulated people whom a pop-up wins: at 10,000 consumers about 70 in a run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pandas as pd

from sim.engine.seeds import Seeds
from sim.sweep.market_work import MarketWork
from sim.sweep.store import plain
from sim.validation.history.forecast import to_the_end
from sim.validation.history.published import published
from sim.validation.history.study import history
from sim.validation.patterns_list import Pattern, listed
from sim.validation.patterns_runs import Numbers, Told, numbers, told_ways

COLUMNS = [
    "number", "pattern", "expected", "low", "high", "median", "lowest", "highest", "share", "passed", "role",
    "source",
]  # fmt: skip


class _Place(NamedTuple):
    """A vector and one of its pairs of seeds."""

    vector: int
    seeds: Seeds


def patterns(
    vectors: pd.DataFrame, consumers: int, replications: int = 1, workers: int = 1,
    note: Callable[[str], object] = lambda _: None,
) -> pd.DataFrame:  # fmt: skip
    """The table of patterns over some vectors.

    Args:
        vectors: points of the surviving set, a row a vector; columns: the factors of the history, others are
            left alone.
        consumers: simulated consumers.
        replications: pairs of seeds at every vector; none of them is the one of the fit.
        workers: vectors that are run at once.
        note: called with what has been done, in words.

    Returns:
        One row a pattern or part of one: `number`, `pattern`, `expected`, `low` and `high` (what counts as
        pass), `median`, `lowest`, `highest` over the vectors, `share` of the vectors that pass, `passed` (the
        median lies within the bounds), `role`, `source`. A number that a vector does not give (nobody bought)
        is left out of the median and does not pass.

    Raises:
        ValueError: if there are no vectors.
        KeyError: if a factor is missing.
    """
    if not len(vectors):
        raise ValueError("expected at least one vector")
    facts = published()
    found = measured(vectors, facts, consumers, replications, workers, note)
    return judged(found, listed(facts))


def measured(
    vectors: pd.DataFrame, facts: pd.DataFrame, consumers: int, replications: int, workers: int,
    note: Callable[[str], object],
) -> pd.DataFrame:  # fmt: skip
    """Numbers that the patterns are made of, means over replications, a row a vector; see `numbers`."""
    experiment = to_the_end(history(), facts, vectors, consumers, replications)
    assert isinstance(experiment.work, MarketWork)
    works = told_ways(experiment.work)
    names = [factor.name for factor in experiment.factors]
    rows = [dict(zip(names, map(plain, row), strict=True)) for row in vectors[names].to_numpy(object)]
    places = [_Place(k, seeds) for k in range(len(rows)) for seeds in experiment.draws.seeds("")]

    def one(place: _Place) -> Numbers:
        found = numbers(Told(works, rows[place.vector], place.seeds, consumers), facts)
        note(f"vector {place.vector + 1} of {len(rows)}")
        return found

    with ThreadPoolExecutor(workers) as pool:
        table = pd.DataFrame(list(pool.map(one, places)))
    return table.groupby([place.vector for place in places]).mean()


def judged(found: pd.DataFrame, some: Iterable[Pattern]) -> pd.DataFrame:
    """The table of `patterns` from the numbers of some vectors.

    Args:
        found: numbers by name, a row a vector.
        some: the patterns.
    """
    return pd.DataFrame([_row(pattern, _values(pattern, found)) for pattern in some], columns=COLUMNS)


def _values(pattern: Pattern, found: pd.DataFrame) -> pd.Series:
    return pd.Series([pattern.of(row) for _, row in found.iterrows()], dtype=float)


def _row(pattern: Pattern, values: pd.Series) -> dict[str, object]:
    """One row of the table; NaN lies within no bounds."""
    median = float(values.median())
    return {
        "number": pattern.number, "pattern": pattern.words, "expected": pattern.expected,
        "low": pattern.low, "high": pattern.high, "median": median, "lowest": values.min(),
        "highest": values.max(), "share": float(values.between(pattern.low, pattern.high).mean()),
        "passed": bool(pattern.low <= median <= pattern.high), "role": pattern.role,
        "source": pattern.source,
    }  # fmt: skip
