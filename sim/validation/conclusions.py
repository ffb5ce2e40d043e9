"""What a strategist would conclude from a comparison, each as a number that is above zero if it is so.

The number comes from the outcomes of `sim.experiments`, replication by replication, with a Student interval
over replications. D stands for scenario less baseline. "The storefronts" are the hosted ones that the two
scenarios write or decide differently, "other channels" all others of the same brand (see
`sim.outcomes.parties`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan

import pandas as pd

from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import declared
from sim.outcomes.parties import hosted, hosts, upper_tiers
from sim.outcomes.rows import Row, row, summarise
from sim.scenario.schema import Scenario

YEAR = 52
MOST = 0.5
"""Share of what the storefronts sold from which on one speaks of most of it."""
LEFT = 0.1
"""Share of the largest gap in awareness that counts as still there."""
MONEY, PEOPLE, POINTS = "money", "people", "points"


@dataclass(frozen=True)
class Facts:
    """One replication of a comparison.

    Attributes:
        base: the baseline.
        other: the scenario.
        brand: who owns the storefronts.
        changes: D of every outcome by outcome, party, tier and period.
        flows: who switched, by week.
        weekly: sales by week and channel in both.
        people: people aware by week and name in both.
    """

    base: Scenario
    other: Scenario
    brand: str
    changes: dict[tuple[str, str, str, str], float]
    flows: pd.DataFrame
    weekly: pd.DataFrame
    people: pd.DataFrame

    def change(self, outcome: str, parties: Iterable[str], period: str, tier: str = "all") -> float:
        """D of an outcome, added up over parties; NaN if one of them has no such outcome."""
        name = declared(outcome).name
        return sum((self.changes.get((name, party, tier, period), nan) for party in parties), 0.0)

    @cached_property
    def stores(self) -> list[str]:
        """The storefronts."""
        return hosted(self.base, self.other)[self.brand]

    @cached_property
    def hosts(self) -> list[str]:
        """Platforms on which the storefronts stand."""
        return hosts(self.base, self.other)

    @cached_property
    def goods(self) -> list[str]:
        """Categories that the storefronts sell."""
        both = self.base.storefronts | self.other.storefronts
        return list(dict.fromkeys(category for store in self.stores for category in both[store].goods))

    @property
    def sold(self) -> float:
        """D GMV of the storefronts while they are open."""
        return self.change("hosted GMV", [self.brand], "window")


def facts(comparison: Comparison) -> Iterator[tuple[int, Facts]]:
    """Each replication of a comparison of one scenario with its baseline.

    Raises:
        ValueError: if there are several scenarios, or not exactly one brand has storefronts to speak of.
    """
    base = comparison.scenarios[comparison.base]
    others = [scenario for name, scenario in comparison.scenarios.items() if name != comparison.base]
    if len(others) != 1:
        raise ValueError(f"{len(others)} scenarios beside the baseline, expected one")
    brands = list(hosted(base, others[0]))
    if len(brands) != 1:
        raise ValueError(f"{len(brands)} brands have hosted storefronts that differ, expected one")
    tables = (comparison.outcomes, comparison.flows, comparison.weekly, comparison.people)
    for replication in sorted(comparison.outcomes.replication.unique()):
        rows, *rest = (table[table.replication == replication] for table in tables)
        keys = zip(rows.outcome, rows.party, rows.tier, rows.period, strict=True)
        changes = dict(zip(keys, rows.difference.astype(float), strict=True))
        yield int(replication), Facts(base, others[0], brands[0], changes, *rest)


# --- numbers that are no outcome by themselves ---------------------------------------------------


def carry_over(f: Facts) -> float:
    """D GMV of other channels after the window, less half of what the storefronts sold."""
    return f.change("carry-over GMV", [f.brand], "after") - MOST * f.sold


def from_outside(f: Facts) -> float:
    """Paid at the storefronts for what the host did not sell in the baseline, less what it did sell."""
    came = f.flows[f.flows.destination.isin(f.stores) & ~f.flows.origin.isin(f.stores)]
    inside = came.origin.isin(f.hosts)
    return float(came.paid_after[~inside].sum() - came.paid_after[inside].sum())


def lower_tiers(f: Facts) -> float:
    """D GMV of the storefronts in the lower tiers, less that in the upper ones; NaN if there are none."""
    upper = upper_tiers(f.base)
    if not upper:
        return nan
    signs = {tier: -1.0 if tier in upper else 1.0 for tier in f.base.tiers}
    return sum(sign * f.change("channel GMV", f.stores, "window", tier) for tier, sign in signs.items())


def awareness_lasts(f: Facts) -> float:
    """Gap in people who know the brand, a year after the storefronts last sold, less a tenth of the largest.

    NaN if the storefronts do not sell or that week is not run.
    """
    gaps = f.people[f.people.name == f.brand].groupby("week").difference.sum()
    sales = f.weekly[f.weekly.channel.isin(f.stores)]
    selling = sales[(sales.baseline > 0.0) | (sales.with_scenario > 0.0)].week
    if selling.empty or selling.max() + YEAR not in gaps.index:
        return nan
    return float(gaps[selling.max() + YEAR] - LEFT * gaps.max())


def gainers(f: Facts) -> float:
    """People better off less people worse off."""
    return f.change("people better off", ["consumers"], "horizon") - f.change(
        "people worse off", ["consumers"], "horizon"
    )


def deal(f: Facts) -> float:
    """D NPV of the brand and its hosts together: above zero, some transfer leaves both better off."""
    return f.change("NPV with run-off", [f.brand, *f.hosts], "horizon")


# --- the list ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conclusion:
    """A sentence that is true if its number is above zero."""

    sentence: str
    unit: str
    number: Callable[[Facts], float]


CONCLUSIONS: Sequence[Conclusion] = (
    Conclusion(
        "the brand gains, run-off included", MONEY,
        lambda f: f.change("NPV with run-off", [f.brand], "horizon"),
    ),
    Conclusion(
        "the brand has gained by the horizon", MONEY,
        lambda f: f.change("NPV, cut at the horizon", [f.brand], "horizon"),
    ),
    Conclusion(
        "the host gains, run-off included", MONEY,
        lambda f: f.change("NPV with run-off", f.hosts, "horizon"),
    ),
    Conclusion("brand and host gain together", MONEY, deal),
    Conclusion("carry-over is above half of hosted sales", MONEY, carry_over),
    Conclusion(
        "the brand's other channels gain while it is open", MONEY,
        lambda f: f.change("GMV of other channels", [f.brand], "window"),
    ),
    Conclusion("most hosted sales come from outside the host", MONEY, from_outside),
    Conclusion("most hosted sales are in lower tiers", MONEY, lower_tiers),
    Conclusion(
        "the host's own merchants lose while it is open", MONEY,
        lambda f: -f.change("channel GMV", f.hosts, "window"),
    ),
    Conclusion(
        "the host's own merchants gain afterwards", MONEY,
        lambda f: f.change("channel GMV", f.hosts, "after"),
    ),
    Conclusion("rivals lose", MONEY, lambda f: -f.change("contribution", ["rivals"], "horizon")),
    Conclusion(
        "what it sells becomes less concentrated", POINTS,
        lambda f: -f.change("concentration (HHI)", f.goods, "window"),
    ),
    Conclusion(
        "more of what it sells is bought online", MONEY,
        lambda f: f.change("category GMV", f.goods, "horizon"),
    ),
    Conclusion(
        "consumers gain, frictions left out", MONEY,
        lambda f: f.change("consumer surplus, core", ["consumers"], "horizon"),
    ),
    Conclusion("more people gain than lose", PEOPLE, gainers),
    Conclusion("a tenth of the largest gap in awareness is left after a year", PEOPLE, awareness_lasts),
)  # fmt: skip


def conclude(comparison: Comparison) -> pd.DataFrame:
    """All conclusions from a comparison that was run with its run-off.

    Returns:
        Columns conclusion, unit, value (mean over replications), low, high (90 %), answer: "yes" or "no"
        if the interval lies on one side of zero, else "open".
    """
    money = comparison.scenarios[comparison.base].currency.name
    rows = pd.DataFrame(_rows(comparison, money))
    found = summarise(rows).rename(columns={"outcome": "conclusion", "difference": "value"})
    answers = [answer(low, high) for low, high in zip(found.low, found.high, strict=True)]
    return found[["conclusion", "unit", "value", "low", "high"]].assign(answer=answers)


def _rows(comparison: Comparison, money: str) -> Iterator[Row]:
    for replication, f in facts(comparison):
        for one in CONCLUSIONS:
            unit = money if one.unit == MONEY else one.unit
            made = row(one.sentence, f.brand, "all", "horizon", unit, 0.0, one.number(f))
            yield made | {"scenario": comparison.base, "replication": replication}


def answer(low: float, high: float) -> str:
    """What an interval of a number says; one without ends leaves it open."""
    return "yes" if low > 0.0 else "no" if high < 0.0 else "open"


def verdict(before: str, now: str) -> str:
    """What becomes of an answer: it holds, flips, is open (now), or is settled where it was open."""
    if now == "open":
        return "open"
    return "settled" if before == "open" else "holds" if now == before else "flips"
