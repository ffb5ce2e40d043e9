"""The fourteen patterns: what is measured, what is expected, and what the fit has seen of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

Role = Literal["fitted", "held out", "by construction"]
INFINITE = float("inf")
TOLERANCE = 0.10
"""Of sales and buyers by platform."""
RATIO = 0.25
"""Tolerance of ratios of spend per buyer."""
IMPORTS = 0.15
"""Tolerance of shares of cross-border retail."""
B2C = 0.628
"""Share of B2C in online retail, 2018 (facts/market_size.csv, A)."""
CLEARLY = 0.05
"""Growth that invitations must make up, a year: the reading here of "clearly less", which has no source."""
OWN_SITE = "assumed: it gains, but less than the pop-up sells; Zhang et al. 2019 for the direction"
PLATFORMS = {"alibaba": "Alibaba", "jd": "JD", "pinduoduo": "Pinduoduo"}


@dataclass(frozen=True)
class Pattern:
    """A pattern, or a part of one.

    Attributes:
        number: 1 to 14.
        words: what is measured.
        expected: what it should be, in words.
        low: smallest value that passes.
        high: largest value that passes.
        role: what the fit has seen: "by construction" where solved intercepts or a parameter set by hand
            give the figure.
        source: where the expectation comes from.
        of: the measure, from the numbers of a vector (`sim.validation.patterns_runs.numbers`).
    """

    number: int
    words: str
    expected: str
    low: float
    high: float
    role: Role
    source: str
    of: Callable[[pd.Series], float]


def ratio(above: float, below: float) -> float:
    """A ratio; NaN where there is nothing to divide by."""
    return float(above / below) if below else float("nan")


def per(above: str, below: str, less: float = 0.0) -> Callable[[pd.Series], float]:
    """One number by another, less a constant."""
    return lambda row: ratio(row[above], row[below]) - less


def listed(facts: pd.DataFrame) -> list[Pattern]:
    """All patterns.

    Args:
        facts: published figures, see `sim.validation.history.published`.
    """
    return [
        *_figures(1, "sales", "sales of twelve months", facts),
        _upper_tiers(facts),
        *_figures(3, "yearly buyers", "yearly buyers", facts),
        *_spending(facts), *_imports(), *_festival(), _retention(), *_growth(), *_marketplace(), _lift(),
        *_own_site(), *_repeat(), _delivery(),
    ]  # fmt: skip


# --- 1 to 5: levels ------------------------------------------------------------------------------


def _large(value: float, unit: str) -> str:
    """A published figure in words: money in billions, people in millions."""
    return f"{value / 1e9:,.1f} bn yuan" if unit == "currency" else f"{value / 1e6:,.1f} m {unit}"


def _figures(number: int, words: str, reading: str, facts: pd.DataFrame) -> Iterator[Pattern]:
    """Fitted figures of each platform together, held-out ones one by one."""
    own = facts[(facts.reading == reading) & facts.party.isin(list(PLATFORMS))]
    for party, name in PLATFORMS.items():
        mine = own[own.party == party]
        fitted, held = mine[mine.role == "fitted"], mine[mine.role == "held out"]
        yield Pattern(
            number, f"{name}: {words}, largest miss of {len(fitted)} figures to June 2019",
            f"at most {TOLERANCE:.0%} off", 0.0, TOLERANCE, "fitted",
            ", ".join(dict.fromkeys(fitted.source)), largest_miss(fitted.value),
        )  # fmt: skip
        for key, fact in held.iterrows():
            wanted = _large(float(fact.value), str(fact.unit))
            yield Pattern(
                number, f"{name}: {words} to {fact.on}, by what was published",
                f"within {TOLERANCE:.0%} of {wanted}", 1 - TOLERANCE, 1 + TOLERANCE,
                "held out", fact.source, _by(str(key), float(fact.value)),
            )  # fmt: skip


def largest_miss(value: pd.Series) -> Callable[[pd.Series], float]:
    """Largest share by which readings miss published figures, whatever the direction."""
    return lambda row: float(np.abs(row[value.index] / value - 1.0).max())


def _by(key: str, value: float) -> Callable[[pd.Series], float]:
    return lambda row: float(row[key] / value)


def _upper_tiers(facts: pd.DataFrame) -> Pattern:
    key = "pinduoduo_upper_2019q2"
    return Pattern(
        2, "Pinduoduo: share of its sales in tiers 1 and 2, first half of 2019", "0.40 to 0.50", 0.40, 0.50,
        "fitted", facts.source[key], lambda row: float(row[key]),
    )  # fmt: skip


def _spending(facts: pd.DataFrame) -> Iterator[Pattern]:
    expected = {"jd": 5.8, "pinduoduo": 1.7}
    for party, weight in expected.items():
        share = weight / 9.0
        yield Pattern(
            4, f"spend per buyer in 2019: {PLATFORMS[party]} by Alibaba",
            f"{weight} : 9, {RATIO:.0%} off at most", (1 - RATIO) * share, (1 + RATIO) * share, "held out",
            "facts/gmv.csv, facts/buyers.csv", spend_ratio(party),
        )  # fmt: skip


def spend_ratio(party: str) -> Callable[[pd.Series], float]:
    """Sales by buyers of a platform in 2019, relative to the same at Alibaba."""

    def spend(row: pd.Series, name: str) -> float:
        return ratio(row[f"{name}_sales_2019q4"], row[f"{name}_buyers_2019q4"])

    return lambda row: ratio(spend(row, party), spend(row, "alibaba"))


def _imports() -> Iterator[Pattern]:
    shares = {"alibaba": ("Tmall", 0.317), "kaola": ("Kaola", 0.245), "jd": ("JD", 0.115),
              "amazon_global": ("Amazon", 0.06)}  # fmt: skip
    for channel, (name, share) in shares.items():
        yield Pattern(
            5, f"{name}: share of cross-border retail, last quarter of 2018",
            f"{share:.1%}, {IMPORTS:.0%} off at most", (1 - IMPORTS) * share, (1 + IMPORTS) * share,
            "by construction", "facts/market_share.csv, 2018Q4; intercepts are solved to the year's share",
            per(f"imports {channel}", "imports all"),
        )  # fmt: skip


# --- 6 to 10: over time --------------------------------------------------------------------------


def _festival() -> Iterator[Pattern]:
    yield Pattern(
        6, "Alibaba: week of Singles' Day 2018 by the same week without it", "2.3 to 3.1", 2.3, 3.1,
        "by construction",
        "facts/festivals.csv, one day by a normal one; traffic and pull of the day are set by hand to it",
        per("festival with", "festival without"),
    )  # fmt: skip
    yield Pattern(
        7, "Alibaba: share of what that week gains that is missing in the 8 weeks after it", "10 to 35 %",
        0.10, 0.35, "by construction",
        "bounds assumed; the storable share is set to a third of a promotion's effect (A, china_2019.yaml)",
        dip,
    )  # fmt: skip


def dip(row: pd.Series) -> float:
    """What the weeks after the festival lack, as a share of what its own week gains."""
    gained = row["festival with"] - row["festival without"]
    return ratio(row["after without"] - row["after with"], gained)


def _retention() -> Pattern:
    return Pattern(
        8, "Alibaba: people who bought in the last 52 weeks of 2018 and again in the 52 weeks after",
        "above 95 %", 0.95, 1.0, "by construction",
        "98 % a year (A), to which the weight of habit is set (china_2019.yaml)",
        per("bought again", "bought"),
    )  # fmt: skip


def _growth() -> Iterator[Pattern]:
    yield Pattern(
        9, "Pinduoduo: growth of yearly buyers in 2019", "35 to 45 %", 0.35, 0.45, "held out",
        "facts/buyers.csv", grown("as it is"),
    )  # fmt: skip
    ways = {"": "from 2017 on", " from 2019 on": "from 2019 on"}
    for way, words in ways.items():
        yield Pattern(
            9, f"Pinduoduo: that growth, less what it would be if nobody invited {words}",
            f"clearly above 0: {100 * CLEARLY:.0f} points at least", CLEARLY, INFINITE, "held out",
            "direction and size assumed: invitations drive growth, rates were not published",
            invited(f"without invitations{way}"),
        )  # fmt: skip


def grown(way: str) -> Callable[[pd.Series], float]:
    """Growth of Pinduoduo's yearly buyers in 2019."""
    return per(f"buyers 2019 {way}", f"buyers 2018 {way}", less=1.0)


def invited(way: str) -> Callable[[pd.Series], float]:
    """Growth with invitations less growth without, a year."""
    return lambda row: grown("as it is")(row) - grown(way)(row)


def _marketplace() -> Iterator[Pattern]:
    yield Pattern(
        10, "Amazon's marketplace: largest share of B2C sales in 2017, 2018 and the first half of 2019; "
        "B2C = 62.8 % of all sales, throughout", "below 1 %", 0.0, 0.01, "by construction",
        "facts/market_share.csv: 0.8 % in 2017, 0.6 % in 2018, to which intercepts are solved; "
        "facts/market_size.csv: share of B2C in 2018",
        lambda row: max(share_of_b2c(row, period) for period in ("2017", "2018", "2019H1")),
    )  # fmt: skip
    for before, after in (("2017", "2018"), ("2018", "2019H1")):
        yield Pattern(
            10, f"Amazon's marketplace: share of {after} by share of {before}", "falling: below 1", 0.0, 1.0,
            "held out", "facts/market_share.csv: 0.8 % to 0.6 % from 2017 to 2018; closed in July 2019",
            change_of_share(before, after),
        )  # fmt: skip


def share_of_b2c(row: pd.Series, period: str) -> float:
    """Share of Amazon's marketplace in sales of the B2C kind."""
    return ratio(row[f"marketplace {period}"], B2C * row[f"all {period}"])


def change_of_share(before: str, after: str) -> Callable[[pd.Series], float]:
    """Share of the marketplace in one period by that in an earlier one."""
    return lambda row: ratio(share_of_b2c(row, after), share_of_b2c(row, before))


# --- 11 to 14: interventions ---------------------------------------------------------------------


def _lift() -> Pattern:
    return Pattern(
        11, "Amazon: orders with the pop-up by orders without, people who had never bought by customers",
        "above 1", 1.0, INFINITE, "held out",
        "Zhang et al. 2019, doi:10.1287/mnsc.2019.3410: offline pop-ups, larger for prospects; direction",
        lift_ratio,
    )  # fmt: skip


def lift_ratio(row: pd.Series) -> float:
    """Lift of orders among prospects by that among customers."""
    prospects, customers = (
        per(f"{name} with", f"{name} without")(row) for name in ("prospects", "customers")
    )
    return ratio(prospects, customers)


def _own_site() -> Iterator[Pattern]:
    yield Pattern(
        12, "Amazon: what its own site gains from the opening to March 2020, by the pop-up's sales",
        "above 0, below 1", 0.0, 1.0, "held out", OWN_SITE, per("site gains", "shop"),
    )  # fmt: skip
    yield Pattern(
        12, "Amazon: what its own site gains after the pop-up has closed, by the pop-up's sales",
        "above 0, below 1", 0.0, 1.0, "held out", OWN_SITE, per("site gains later", "shop"),
    )  # fmt: skip


def _repeat() -> Iterator[Pattern]:
    expected = "low, 5 to 35 %; 19.9 % by analogy"
    source = (
        "Dholakia 2011, survey of 324 daily deals: 19.9 % returned at full price, an analogy; bounds assumed"
    )
    again = "of those whose first purchase was at the pop-up, share who buy again by March 2020"
    yield Pattern(
        13, f"Amazon: {again}, anywhere", expected, 0.05, 0.35, "held out", source, per("returned", "won")
    )
    yield Pattern(
        13, f"Amazon: {again}, after it has closed", expected, 0.05, 0.35, "held out", source,
        per("returned later", "won"),
    )  # fmt: skip


def _delivery() -> Pattern:
    return Pattern(
        14, "JD: share of its sales of 2018 lost if it delivered as slowly as Alibaba from 2017 on",
        "about 15 %; 7.5 to 30 %", 0.075, 0.30, "held out",
        "Cui, Li and Li 2018, ssrn 3234023: 14.56 % lost at Alibaba in 42 hours without its best carrier; "
        "half to twice that assumed as bounds", lost_by_delay,
    )  # fmt: skip


def lost_by_delay(row: pd.Series) -> float:
    """Share of JD's sales that it loses without its lead in delivery."""
    return 1.0 - ratio(row["jd slow"], row["jd_sales_2018q4"])
