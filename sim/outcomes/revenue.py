"""Net revenue of firms, and what they paid each other for what, from the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.ledger import Totals
from sim.market import Market
from sim.outcomes.money import flow_rows
from sim.outcomes.rows import Floats, Row
from sim.outcomes.sides import Sides

EARNED = (
    "sales", "wholesale", "commission and advertising", "commission", "annual fee", "guarantee",
    "discount support", "subsidy",
)  # fmt: skip
"""Accounts into which a firm is paid for what it sells or lets others sell."""
TAKEN_OFF = ("import tax", "discount support", "subsidy")
"""Accounts that a firm pays out of revenue: what is the state's, and what it adds to others' discounts."""


@dataclass(frozen=True)
class Books:
    """All postings of a market as columns.

    Attributes:
        totals: week, payer, payee and amount.
        account: place of the account's name, shape (postings,).
        weeks: horizon; later postings do not count.
    """

    totals: Totals
    account: npt.NDArray[np.int64]
    weeks: int

    @staticmethod
    def of(market: Market) -> Books:
        """Books of a market that has been run."""
        totals = market.ledger.totals()
        places = (totals.place[posting.account] for posting in market.ledger.postings)
        return Books(totals, np.fromiter(places, np.int64, len(totals.week)), market.horizon)

    def paid(
        self,
        accounts: Sequence[str],
        payers: Iterable[str] | None = None,
        payees: Iterable[str] | None = None,
    ) -> Floats:
        """What was paid into some accounts by week, in money, shape (weeks,).

        Args:
            accounts: names of the accounts.
            payers: who paid; everybody by default.
            payees: who was paid; everybody by default.
        """
        t = self.totals
        own = (t.week < self.weeks) & np.isin(self.account, self._places(accounts))
        if payers is not None:
            own &= np.isin(t.payer, self._places(payers))
        if payees is not None:
            own &= np.isin(t.payee, self._places(payees))
        return np.asarray(np.bincount(t.week[own], t.amount[own], minlength=self.weeks), np.float64)

    def _places(self, names: Iterable[str]) -> list[int]:
        return [self.totals.place[name] for name in names if name in self.totals.place]


def net_revenue(books: Books, firm: str) -> Floats:
    """Net revenue of a firm by week, in money, shape (weeks,).

    What it is paid for its sales (or as commission and fees for those of others, as a wholesaler, or by a
    platform that makes its prices lower), less import tax and what it pays for discounts of others. Tax is
    collected for the state and payments to those who sell lower the price of the service to them: neither is
    revenue (IFRS 15, paragraphs 47 and 70). Commission, goods and all other costs are not taken off.
    """
    return books.paid(EARNED, payees=[firm]) - books.paid(TAKEN_OFF, payers=[firm])


def revenue_rows(sides: Sides, books: Sequence[Books]) -> Iterator[Row]:
    """Net revenue ("net revenue") of brands and platforms by period, all tiers together: see `net_revenue`.

    What consumers pay at a platform's own merchants is theirs, and only the fees are the platform's.
    """
    series = {
        firm: [net_revenue(one, firm) for one in books]
        for firm in dict.fromkeys([*sides.brands, *sides.platforms])
    }
    yield from flow_rows("net revenue", series, sides.periods, sides.money)
