"""Customers of brands by tier, and the loyalty that is left to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from sim.outcomes.effective import kish
from sim.outcomes.followed import Followed, means
from sim.outcomes.people import PEOPLE
from sim.outcomes.repeats import NEVER, FirstPurchases
from sim.outcomes.rows import UNCOUNTED, Buyers, Floats, Row, row
from sim.outcomes.sides import Sides

Flags = npt.NDArray[np.bool_]


def tier_mix_rows(sides: Sides, followed: Sequence[Followed]) -> Iterator[Row]:
    """Customers of brands by tier; all tiers together are in `sim.outcomes.people`.

    - "new customers" (window, after): people who bought from the brand for the first time in the period. In
      the horizon their difference is that of the next one;
    - "customers ever" (horizon): people who ever bought from it, those from before the first week included.

    If a pair starts from a state, its weeks count: nobody is new in earlier ones.
    """
    for brand in sides.brands:
        logs = [one.first.get(brand) for one in followed]
        for period in sides.periods:
            if period.name != "horizon":
                who = [None if log is None else log.new(period) for log in logs]
                yield from people_by_tier("new customers", brand, period.name, sides, logs, who)
        ever = [None if log is None else log.first != NEVER for log in logs]
        yield from people_by_tier("customers ever", brand, "horizon", sides, logs, ever)


def people_by_tier(
    outcome: str, party: str, period: str, sides: Sides, logs: Sequence[FirstPurchases | None],
    who: Sequence[Flags | None],
) -> Iterator[Row]:  # fmt: skip
    """People by tier in both markets, with the consumers behind them; nobody where there is no log."""
    for k, tier in enumerate(sides.base.tiers):
        weights = [
            np.zeros(0) if log is None or flags is None else log.weights[flags & (log.tiers == k)]
            for log, flags in zip(logs, who, strict=True)
        ]
        before, after = (float(one.sum()) for one in weights)
        yield row(outcome, party, tier, period, PEOPLE, before, after, behind(weights))


def behind(weights: Sequence[Floats]) -> Buyers:
    """Consumers behind a number of people: those of the market that has more effective ones.

    Nobody in both markets is no estimate: nothing stands behind it, and nothing has to.
    """
    found = [Buyers(len(one), kish(one)) for one in weights]
    return max(found, key=lambda one: one.effective) if any(map(len, weights)) else UNCOUNTED


def loyalty_rows(sides: Sides, followed: Sequence[Followed]) -> Iterator[Row]:
    """Loyalty kept by brands ("loyalty kept"): its mean at the end of the window and at the horizon, by tier.

    Loyalty is a smoothed share of a person's purchases that were the brand's, in categories in which people
    are loyal to sellers (Guadagni and Little 1983), between 0 and 1; everybody counts, also who never bought.
    """
    for brand in sides.brands:
        yield from means("loyalty kept", brand, [one.loyalty for one in followed], sides)
