"""All comparisons of the model with outside packages, in one table."""

from __future__ import annotations

from typing import Literal, NamedTuple

import pandas as pd

from sim.validation.outside import bertrand, cross_nested, limits, mixed_logit
from sim.validation.outside.rows import Table

Effort = Literal["small", "full"]


class Bass(NamedTuple):
    """Consumers of one replication of the Bass curve, and how many replications."""

    consumers: int
    replications: int


BASS = {"small": Bass(5_000, 20), "full": Bass(40_000, 40)}
MIXED = {"small": mixed_logit.SMALL, "full": mixed_logit.FULL}
NESTED = {"small": cross_nested.SMALL, "full": cross_nested.FULL}


def outside(size: Effort, seed: int = 1) -> pd.DataFrame:
    """Compare the model with pyblp, xlogit and scipy.

    The same numbers come out of every run with the same seed, up to rounding in the last digits.

    Args:
        size: "small" takes some twenty seconds; "full" some minutes, with smaller standard errors.
        seed: of people, weeks and prices. Estimates differ by chance: with other seeds than the first,
            about one in eighty is more than 2.5 standard errors off.

    Returns:
        One row a quantity: check, quantity, truth, estimate, standard_error, z, tolerance, passed (see
        `sim.validation.outside.rows.Row`), package, package_version, seconds (of the processor, for the
        whole check).

    Raises:
        ValueError: if there is no such size.
        ModuleNotFoundError: if pyblp or xlogit is not installed.
    """
    if size not in BASS:
        raise ValueError(f"size is small or full, not {size!r}")
    consumers, replications = BASS[size]
    table = Table()
    with table.by("pyblp") as rows:
        rows += bertrand.rows()
    with table.by("scipy") as rows:
        rows += limits.dixit_rows()
    with table.by("scipy") as rows:
        rows += limits.bass_rows(consumers, range(seed, seed + replications))
    with table.by("scipy") as rows:
        rows += cross_nested.rows(NESTED[size], seed)
    for check in mixed_logit.CHECKS:
        with table.by("xlogit") as rows:
            rows += check(MIXED[size], seed)
    return table.frame()
