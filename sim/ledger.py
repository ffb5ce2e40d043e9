"""Double-entry book of who paid whom for what, by week and tier, in the scenario's money.

Every posting takes from one party exactly what it gives to another, so the book balances by
construction. Who owes what is not known here: contracts and firms post.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

CONSUMERS = "consumers"
STATE = "state"
PAYMENT = "payment services"
SUPPLIERS = "suppliers"
CARRIERS = "carriers"
SERVICES = "other services"
ELSEWHERE = "other business"


def present_value(flow: Floats, discount_rate: float, start: int = 0) -> float:
    """Value at week `start` of weekly flows from week 0 on: sum of flow (1 + R)^(-(t - start) / 52)."""
    return float((flow * (1.0 + discount_rate) ** (-(np.arange(len(flow)) - start) / 52.0)).sum())


class Posting(NamedTuple):
    """One payment: amounts by tier, shape (tiers,)."""

    week: int
    payer: str
    payee: str
    account: str
    amount: Floats


class Totals(NamedTuple):
    """All postings as columns over all tiers together; parties stand as places in `place`."""

    place: Mapping[str, int]
    week: npt.NDArray[np.int32]
    payer: npt.NDArray[np.int32]
    payee: npt.NDArray[np.int32]
    amount: Floats


class Ledger:
    """Postings in the order in which they were made.

    Args:
        tiers: names of the tiers.
    """

    def __init__(self, tiers: Sequence[str]) -> None:
        self.tiers = tuple(tiers)
        self.postings: list[Posting] = []
        self._totals: Totals | None = None

    def post(self, week: int, payer: str, payee: str, account: str, amount: Floats | float) -> None:
        """Book a payment. A plain number is spread evenly over tiers; zero is not booked.

        Raises:
            ValueError: if payer and payee are the same party, or the amount is not finite or not by tier.
        """
        by_tier = np.array(amount, np.float64)  # a copy: the caller may go on with its own
        if by_tier.ndim == 0:
            by_tier = np.full(len(self.tiers), by_tier / len(self.tiers))
        values = by_tier.ravel().tolist()  # so few that plain numbers are looked at faster than an array
        if payer == payee or by_tier.shape != (len(self.tiers),) or not all(map(isfinite, values)):
            raise ValueError(f"cannot book {account} of {amount} from {payer} to {payee}")
        if any(values):
            self.postings.append(Posting(week, payer, payee, account, by_tier))
            self._totals = None

    def flows(self, party: str, weeks: int) -> Floats:
        """Net weekly cash flow of a party, shape (weeks,)."""
        totals = self.totals()
        flow, place = np.zeros(weeks), totals.place.get(party, -1)
        own = (totals.week < weeks) & ((totals.payer == place) | (totals.payee == place))
        signed = np.where(totals.payee[own] == place, totals.amount[own], -totals.amount[own])
        np.add.at(flow, totals.week[own], signed)
        return flow

    def totals(self) -> Totals:
        """All postings over all tiers, made once for all who ask before the next posting."""
        if self._totals is None:
            place = {name: k for k, name in enumerate(self.names())}
            arrays = self.arrays()
            week, payer, payee, _ = arrays["about"].T
            self._totals = Totals(place, week, payer, payee, arrays["amounts"].sum(axis=1))
        return self._totals

    def net(self, party: str, since: int) -> float:
        """What a party has earned less paid in the postings from a position on, in money."""
        recent = self.postings[since:]
        return float(
            sum(p.amount.sum() for p in recent if p.payee == party)
            - sum(p.amount.sum() for p in recent if p.payer == party)
        )

    def npv(self, party: str, weeks: int, discount_rate: float, start: int = 0) -> float:
        """Net present value at week `start` of a party's flows before week `weeks`, at a yearly rate."""
        return present_value(self.flows(party, weeks), discount_rate, start)

    def parties(self) -> list[str]:
        """Everybody who paid or was paid."""
        return sorted({name for p in self.postings for name in (p.payer, p.payee)})

    def names(self) -> list[str]:
        """Parties and accounts in the order in which they first appear."""
        return list(dict.fromkeys(name for p in self.postings for name in (p.payer, p.payee, p.account)))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All postings as numbers: week, payer, payee, account by place in `names`; amounts by tier."""
        place = {name: k for k, name in enumerate(self.names())}
        about = [(p.week, place[p.payer], place[p.payee], place[p.account]) for p in self.postings]
        return {
            "about": np.array(about, np.int32).reshape(-1, 4),
            "amounts": np.array([p.amount for p in self.postings], np.float64).reshape(-1, len(self.tiers)),
        }

    def restore(self, names: Sequence[str], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go back to what `names` and `arrays` gave."""
        self.postings = [
            Posting(int(week), names[payer], names[payee], names[account], np.array(amount))
            for (week, payer, payee, account), amount in zip(arrays["about"], arrays["amounts"], strict=True)
        ]
        self._totals = None

    def table(self) -> pd.DataFrame:
        """Long table: week, payer, payee, account, tier, amount."""
        return pd.DataFrame(self._rows(), columns=["week", "payer", "payee", "account", "tier", "amount"])

    def _rows(self) -> Iterable[tuple[int, str, str, str, str, float]]:
        for p in self.postings:
            for tier, amount in zip(self.tiers, p.amount, strict=True):
                yield p.week, p.payer, p.payee, p.account, tier, float(amount)

    def accounts(self, party: str) -> pd.Series:
        """A party's income and expense by account and counterparty, over all weeks and tiers."""
        table = self.table()
        income = table[table.payee == party].assign(sign=1.0, counterparty=lambda t: t.payer)
        expense = table[table.payer == party].assign(sign=-1.0, counterparty=lambda t: t.payee)
        both = pd.concat([income, expense])
        return both.assign(amount=both.amount * both.sign).groupby(["account", "counterparty"]).amount.sum()
