"""Double-entry book of who paid whom for what, by week and tier, in the scenario's money.

Every posting takes from one party exactly what it gives to another, so the book balances by
construction. Who owes what is not known here: contracts and firms post.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    return float(flow @ (1.0 + discount_rate) ** (-(np.arange(len(flow)) - start) / 52.0))


class Posting(NamedTuple):
    """One payment: amounts by tier, shape (tiers,)."""

    week: int
    payer: str
    payee: str
    account: str
    amount: Floats


class Ledger:
    """Postings in the order in which they were made.

    Args:
        tiers: names of the tiers.
    """

    def __init__(self, tiers: Sequence[str]) -> None:
        self.tiers = tuple(tiers)
        self.postings: list[Posting] = []

    def post(self, week: int, payer: str, payee: str, account: str, amount: Floats | float) -> None:
        """Book a payment. A plain number is spread evenly over tiers; zero is not booked.

        Raises:
            ValueError: if payer and payee are the same party or the amount is not finite.
        """
        by_tier = np.broadcast_to(np.asarray(amount, np.float64), (len(self.tiers),))
        if np.ndim(amount) == 0:
            by_tier = by_tier / len(self.tiers)
        if payer == payee or not np.isfinite(by_tier).all():
            raise ValueError(f"cannot book {account} of {amount} from {payer} to {payee}")
        if by_tier.any():
            self.postings.append(Posting(week, payer, payee, account, np.array(by_tier)))

    def flows(self, party: str, weeks: int) -> Floats:
        """Net weekly cash flow of a party, shape (weeks,)."""
        flow = np.zeros(weeks)
        for posting in self.postings:
            if posting.week < weeks and party in (posting.payer, posting.payee):
                flow[posting.week] += posting.amount.sum() * (1.0 if posting.payee == party else -1.0)
        return flow

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
