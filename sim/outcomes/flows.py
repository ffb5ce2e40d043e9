"""Who switched from where to where, taken down while two markets run.

Two markets on the same draws have the same needs; a person's choice for a need in one and in the other market
can be put side by side. Money is added up in fixed point. What is read from the table stands in
`sim.outcomes.volume`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.demand import Diary
from sim.consumers.shopping import NO_NEED
from sim.kernel import kernel
from sim.market import Market
from sim.outcomes.volume import NOTHING_ONLINE
from sim.trade import VALUE_SCALE

I8 = npt.NDArray[np.int64]


@kernel
def count_flows(
    before: npt.NDArray[np.int16], after: npt.NDArray[np.int16], paid_before: npt.NDArray[np.float32],
    paid_after: npt.NDArray[np.float32], origin: I8, destination: I8, start: I8, out: I8,
) -> None:  # fmt: skip
    """Add needs and payments of one category to `out`, shape (3, channels, channels, strata).

    `origin` and `destination` translate channel numbers of the two markets; entry -1 (last) is nothing.
    """
    for slot in range(before.shape[0]):
        for s in range(start.shape[0] - 1):
            for row in range(start[s], start[s + 1]):
                if before[slot, row] == -2:
                    continue
                a = origin[before[slot, row] // 7] if before[slot, row] >= 0 else origin[-1]
                b = destination[after[slot, row] // 7] if after[slot, row] >= 0 else destination[-1]
                out[0, a, b, s] += 1
                out[1, a, b, s] += np.int64(paid_before[slot, row] * VALUE_SCALE)
                out[2, a, b, s] += np.int64(paid_after[slot, row] * VALUE_SCALE)


class FlowRecorder:
    """Weekly flows between the channels of a baseline and a scenario.

    Args:
        base: market that records payments.
        other: market on the same seeds that records payments.
        kept: rows of the weeks before, which both markets have in common with another pair.
    """

    def __init__(self, base: Market, other: Market, kept: Iterable[dict[str, Any]] = ()) -> None:
        self.base = base
        self.other = other
        names = [*base.platforms, *base.storefronts, *other.platforms, *other.storefronts]
        self.names = [*dict.fromkeys(names), NOTHING_ONLINE]
        self.rows: list[dict[str, Any]] = list(kept)

    def _numbers(self, market: Market, category: str) -> I8:
        channels = [offer.channel for offer in market.sales[category].offers]
        return np.array([self.names.index(name) for name in [*channels, NOTHING_ONLINE]], np.int64)

    def record(self) -> None:
        """Take down the week that both markets have just shopped."""
        for category in self.base.sales:
            before, after = self.base.demand.diaries[category], self.other.demand.diaries[category]
            self._record_category(category, before, after)

    def _record_category(self, category: str, before: Diary, after: Diary) -> None:
        if ((before.codes == NO_NEED) != (after.codes == NO_NEED)).any():
            raise ValueError("the two markets do not have the same needs: they are not on the same draws")
        strata = self.base.consumers.strata
        out = np.zeros((3, len(self.names), len(self.names), len(strata.people)), np.int64)
        count_flows(
            before.codes, after.codes, before.payments, after.payments,
            self._numbers(self.base, category), self._numbers(self.other, category), strata.start, out,
        )  # fmt: skip
        people = (out * strata.weight).reshape(*out.shape[:3], -1, 2).sum(axis=4)
        by_tier = (len(self.names), len(self.names), -1, 2)
        counts = out[0].reshape(by_tier).sum(axis=3)
        squares = (out[0] * strata.weight**2).reshape(by_tier).sum(axis=3)
        for a, b, tier in zip(*np.nonzero(counts), strict=True):
            needs, paid_before, paid_after = people[:, a, b, tier]
            self.rows.append(
                dict(
                    week=self.base.week, category=category, tier=self.base.tiers[tier],
                    origin=self.names[a], destination=self.names[b], needs=needs,
                    paid_before=paid_before / VALUE_SCALE, paid_after=paid_after / VALUE_SCALE,
                    simulated_buyers=int(counts[a, b, tier]),
                    effective_buyers=needs**2 / squares[a, b, tier],
                )
            )  # fmt: skip

    def table(self) -> pd.DataFrame:
        """Flows by week, category, tier, origin and destination.

        `effective_buyers` is Kish's effective size of the needs of a row, (sum w)^2 / sum w^2 with w the
        people that a need stands for; `needs` is sum w (see `sim.outcomes.effective`).
        """
        return pd.DataFrame(self.rows)
