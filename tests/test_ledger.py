"""The book balances, and values are discounted as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.ledger import CONSUMERS, STATE, Ledger

TIERS = ("T1", "T2", "T3")
WEEKS = 12
PARTIES = ("brand", "host", CONSUMERS, STATE)
amounts = st.floats(-1e9, 1e9)
postings = st.lists(
    st.tuples(
        st.integers(0, WEEKS - 1),
        st.permutations(PARTIES).map(lambda p: (p[0], p[1])),
        st.sampled_from(["sales", "goods", "fee"]),
        st.one_of(amounts, st.lists(amounts, min_size=3, max_size=3)),
    ),
    max_size=30,
)
Entry = tuple[int, tuple[str, str], str, float | list[float]]


def book(entries: list[Entry]) -> Ledger:
    ledger = Ledger(TIERS)
    for week, (payer, payee), account, amount in entries:
        ledger.post(week, payer, payee, account, np.array(amount) if isinstance(amount, list) else amount)
    return ledger


@settings(deadline=None, max_examples=60)
@given(postings)
def test_the_book_balances(entries: list[Entry]) -> None:
    """Expected: conservation; in each week the flows of all parties add to zero, and so do values."""
    ledger = book(entries)
    total = sum(np.sum(np.abs(e[3])) for e in entries)
    flows = [ledger.flows(party, WEEKS) for party in PARTIES]
    assert np.sum(flows, axis=0) == pytest.approx(np.zeros(WEEKS), abs=1e-12 * (1.0 + total))
    values = [ledger.npv(party, WEEKS, 0.1) for party in PARTIES]
    assert sum(values) == pytest.approx(0.0, abs=1e-12 * (1.0 + total))


@settings(deadline=None, max_examples=40)
@given(postings)
def test_flows_accounts_and_table_tell_the_same(entries: list[Entry]) -> None:
    """Expected: three ways to add up the same postings; a plain number counts once, not by tier."""
    ledger = book(entries)
    scale = 1e-12 * (1.0 + sum(np.sum(np.abs(e[3])) for e in entries))
    by_hand = sum(np.sum(e[3]) * ((e[1][1] == "brand") - (e[1][0] == "brand")) for e in entries)
    table = ledger.table()
    signed = table.amount * ((table.payee == "brand").astype(int) - (table.payer == "brand").astype(int))
    assert ledger.flows("brand", WEEKS).sum() == pytest.approx(by_hand, abs=scale)
    assert ledger.accounts("brand").sum() == pytest.approx(by_hand, abs=scale)
    assert signed.sum() == pytest.approx(by_hand, abs=scale)


def test_accounts_by_hand() -> None:
    """Expected: income positive, expense negative, by account and counterparty."""
    ledger = Ledger(TIERS)
    ledger.post(0, CONSUMERS, "brand", "sales", np.array([10.0, 20.0, 30.0]))
    ledger.post(1, CONSUMERS, "brand", "sales", 5.0)
    ledger.post(1, "brand", "host", "commission", np.array([1.0, 2.0, 3.0]))
    ledger.post(2, "host", STATE, "tax", 100.0)
    accounts = ledger.accounts("brand")
    assert accounts.to_dict() == pytest.approx({("commission", "host"): -6.0, ("sales", CONSUMERS): 65.0})
    assert ledger.parties() == sorted(["brand", CONSUMERS, "host", STATE])
    assert ledger.flows("brand", 3) == pytest.approx([60.0, -1.0, 0.0])


@settings(deadline=None, max_examples=40)
@given(postings, postings)
def test_flows_follow_every_posting(entries: list[Entry], more: list[Entry]) -> None:
    """Expected: flows asked for before, after more postings and after going back are those of the book."""

    def by_hand(party: str) -> list[float]:
        flow = [0.0] * WEEKS
        for week, payer, payee, _, amount in ledger.postings:
            flow[week] += {payer: -1.0, payee: 1.0}.get(party, 0.0) * float(amount.sum())
        return flow

    ledger = book(entries)
    names, arrays = ledger.names(), ledger.arrays()
    first = [ledger.flows(party, WEEKS).tolist() for party in PARTIES]
    assert first == [by_hand(party) for party in PARTIES]
    for week, (payer, payee), account, amount in more:
        ledger.post(week, payer, payee, account, np.array(amount))
    assert [ledger.flows(party, WEEKS).tolist() for party in PARTIES] == [by_hand(p) for p in PARTIES]
    assert ledger.flows("nobody", WEEKS).tolist() == [0.0] * WEEKS
    ledger.restore(names, arrays)
    assert [ledger.flows(party, WEEKS).tolist() for party in PARTIES] == first


def test_table_is_long_by_tier() -> None:
    """Expected: one row a posting and tier; a plain number is spread evenly."""
    ledger = Ledger(TIERS)
    ledger.post(4, "brand", "host", "fee", 9.0)
    rows = ledger.table().to_numpy().tolist()
    assert rows == [[4, "brand", "host", "fee", tier, 3.0] for tier in TIERS]
    assert list(Ledger(TIERS).table().columns) == ["week", "payer", "payee", "account", "tier", "amount"]
    assert Ledger(TIERS).parties() == []


@pytest.mark.parametrize("start", [0, 26, 104])
def test_npv_of_an_annuity(start: int) -> None:
    """Expected: geometric sum, a (1 - q^n) / (1 - q) q^-start with q = (1 + R)^(-1/52)."""
    ledger, n, rate = Ledger(TIERS), 156, 0.1
    for week in range(n):
        ledger.post(week, "host", "brand", "rent", 7.0)
    q = (1.0 + rate) ** (-1.0 / 52.0)
    annuity = 7.0 * (1.0 - q**n) / (1.0 - q) * q**-start
    assert ledger.npv("brand", n, rate, start) == pytest.approx(annuity, rel=1e-12)
    assert ledger.npv("host", n, rate, start) == pytest.approx(-annuity, rel=1e-12)
    assert ledger.npv("brand", n, 0.0) == pytest.approx(7.0 * n, rel=1e-12)


def test_npv_of_one_payment_a_year_later() -> None:
    """Expected: 110 in 52 weeks at 10 % are 100 now; what lies at the horizon or beyond does not count."""
    ledger = Ledger(TIERS)
    ledger.post(52, CONSUMERS, "brand", "sales", 110.0)
    assert ledger.npv("brand", 53, 0.1) == pytest.approx(100.0, rel=1e-12)
    assert ledger.npv("brand", 52, 0.1) == 0.0


def test_zero_is_not_booked() -> None:
    """Expected: no posting without an amount; one tier is enough."""
    ledger = Ledger(TIERS)
    ledger.post(0, "brand", "host", "fee", 0.0)
    ledger.post(0, "brand", "host", "fee", np.zeros(3))
    assert ledger.postings == []
    ledger.post(0, "brand", "host", "fee", np.array([0.0, 0.0, 1.0]))
    assert len(ledger.postings) == 1


def test_a_posting_is_not_changed_afterwards() -> None:
    """Expected: the book keeps a copy."""
    ledger, amount = Ledger(TIERS), np.ones(3)
    ledger.post(0, "brand", "host", "fee", amount)
    amount *= 100.0
    assert ledger.flows("host", 1) == pytest.approx([3.0])


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), np.array([1.0, np.nan, 1.0])])
def test_nonsense_is_refused(amount: float) -> None:
    """Expected: ValueError that names the account and the parties."""
    with pytest.raises(ValueError, match=r"cannot book fee .* from brand to host"):
        Ledger(TIERS).post(0, "brand", "host", "fee", amount)


def test_nobody_pays_herself() -> None:
    """Expected: ValueError; an amount for the wrong number of tiers is refused too."""
    with pytest.raises(ValueError, match="from brand to brand"):
        Ledger(TIERS).post(0, "brand", "brand", "fee", 1.0)
    with pytest.raises(ValueError, match="cannot book fee"):
        Ledger(TIERS).post(0, "brand", "host", "fee", np.ones(2))
    with pytest.raises(ValueError, match="cannot book fee"):
        Ledger(TIERS).post(0, "brand", "host", "fee", np.ones((3, 3)))
