"""Both parties' books in parts: what a storefront earns and costs its owner, and what it brings its host.

Every part is a difference against the baseline and comes from the table of outcomes, or from sales and the
scenario's terms. What neither tells is a part of its own, so that the parts of a party add up to its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sim.experiments.compare import Comparison
from sim.firms.contract import WEEKS_PER_YEAR, tax_share
from sim.outcomes.declared import declared
from sim.outcomes.periods import open_weeks
from sim.pictures.comparison.numbers import Entry, Estimate, estimate, weekly_sales
from sim.pictures.comparison.stores import value_outcome
from sim.pictures.style import HARD, MONTHS
from sim.scenario.schema import Storefront

NOTHING = 1e-6
"""A part below this share of the largest one is no part: sums of floats differ by less."""
CUT = "NPV, cut at the horizon"


@dataclass(frozen=True)
class Part:
    """A row of somebody's books: its name, money by replication, and whether it adds up those above."""

    label: str
    money: pd.Series
    total: bool = False

    @property
    def found(self) -> Estimate:
        """Mean over replications with its interval."""
        return estimate(self.money.to_frame().T)


# --- reading ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reader:
    """Differences of one scenario against the baseline, by replication."""

    comparison: Comparison
    name: str
    about: Entry

    def outcome(self, what: str, parties: Iterable[str], period: str) -> pd.Series:
        """An outcome of some parties together, all tiers; zero where the table has none."""
        table = self.comparison.outcomes
        rows = table[
            (table.scenario == self.name) & (table.outcome == declared(what).name)
            & table.party.isin(list(parties)) & (table.tier == "all") & (table.period == period)
        ]  # fmt: skip
        numbers = sorted(table.replication.unique())
        return rows.groupby("replication").difference.sum().reindex(numbers, fill_value=0.0)

    def sold(self, channels: Sequence[str], rate: float | Mapping[str, float], weeks: range) -> pd.Series:
        """Difference in sales in some weeks, times a rate, which may be given by category."""
        weekly = self.comparison.weekly
        rates = weekly.category.map(rate).astype(float) if isinstance(rate, Mapping) else rate
        rated = replace(self.comparison, weekly=weekly.assign(difference=weekly.difference * rates))
        return weekly_sales(rated, self.name, channels).loc[weeks.start : weeks.stop - 1].sum()

    def net_of_tax(self, channels: Sequence[str]) -> pd.Series:
        """Difference in sales less import tax, while the storefronts are open."""
        categories = self.about.scenario.categories
        return self.sold(
            channels, {c: 1.0 - tax_share(categories[c].import_tax) for c in categories}, self.open
        )

    @property
    def open(self) -> range:
        """Weeks in which the storefronts are open."""
        return range(self.about.first, self.about.last + 1)

    def weeks_open(self, store: str) -> pd.Series:
        """Weeks of the horizon in which a storefront is open; by policy: in which it sold something."""
        if not self.stores[store].open.by_policy:
            return self.none + len(open_weeks(self.about.scenario, store))
        sales = weekly_sales(self.comparison, self.name, [store], "with_scenario")
        return (sales.loc[: self.about.horizon - 1] > 0.0).sum()

    @property
    def stores(self) -> dict[str, Storefront]:
        """The new storefronts as the scenario has them."""
        return {store: self.about.scenario.storefronts[store] for store in self.about.stores}

    @property
    def none(self) -> pd.Series:
        """Nothing in every replication."""
        return self.outcome(CUT, (), "")


def kept(parts: Sequence[Part]) -> list[Part]:
    """The parts that are something in some replication, and all totals."""
    least = NOTHING * max(part.money.abs().max() for part in parts)
    return [part for part in parts if part.total or part.money.abs().max() > least]


def rest(whole: pd.Series, parts: Sequence[Part]) -> pd.Series:
    """What the parts leave of a whole."""
    return whole - sum((part.money for part in parts if not part.total), 0.0 * whole)


# --- the entrant's books ---------------------------------------------------------------------------


def entrant_parts(read: Reader) -> list[Part]:
    """From what buyers paid at the storefronts to the owner's value.

    While they are open: net revenue by where it comes from, less costs, less what the host takes, is the
    contribution. Set-up and closing, what the own site earns afterwards and in the run-off follow; the last
    part is what discounting takes off and what no table names (advertising, deposits).
    """
    about, brand = read.about, [read.about.brand]
    parts = [*_income(read), *_costs(read)]
    parts.append(Part(earned_words(about), read.outcome("contribution", brand, "window"), total=True))
    parts.append(Part("Guarantee to the host", -_guarantee(read)))
    parts.append(Part("Set-up and closing of the storefront", -_once(read)))
    if about.weeks_after:
        later = read.outcome("contribution", brand, "after")
        parts.append(Part(f"{_site(about)} afterwards, to {_end(about)}: sales less costs", later))
    return _to_value(read, brand, parts, f"{_site(about)} later (run-off), discounted")


def _to_value(read: Reader, firms: Sequence[str], parts: Sequence[Part], later: str) -> list[Part]:
    """The parts, run-off, discounting and the rest, and the value of some firms as the last total."""
    cut = read.outcome(CUT, firms, "horizon")
    value = read.outcome(value_outcome(read.comparison), firms, "horizon")
    parts = [*parts, Part(later, value - cut), Part("Discounting and other", rest(cut, parts))]
    who = read.about.brand_title if list(firms) == [read.about.brand] else read.about.host_title
    return kept([*parts, Part(f"Value to {who} (NPV)", value, total=True)])


def _income(read: Reader) -> list[Part]:
    """Net revenue in the window: storefronts, the host's part of discounts, own sites, the rest."""
    about = read.about
    retail = [s for s, store in read.stores.items() if store.contract.mode != "wholesale"]
    sites = [s for s in about.own_sites if about.scenario.storefronts[s].marketplace is None]
    support = read.outcome("discounts paid for the storefront", about.hosts, "window")
    parts = [
        Part("Sales at the storefront, without import tax", read.net_of_tax(retail) if retail else read.none),
        Part(f"{about.host_title}'s part of its discounts", support),
        Part(f"{_site(about)}: sales meanwhile, without tax", read.net_of_tax(sites) if sites else read.none),
    ]
    words = "Subsidies and other income" if len(retail) == len(about.stores) else "Paid by the host for goods"
    return [*parts, Part(words, rest(read.outcome("net revenue", [about.brand], "window"), parts))]


def _costs(read: Reader) -> list[Part]:
    """What is paid in the window, as negative amounts: goods, delivery, running, and the host's share."""
    about, brand = read.about, [read.about.brand]
    fees = read.outcome("commission and fees received from the brand", about.hosts, "window")
    fees = fees - _guarantee(read)
    earned = read.outcome("contribution", brand, "window")
    running = sum((read.weeks_open(s) * _a_week(store, read) for s, store in read.stores.items()), read.none)
    margin = earned + fees + running
    return [
        *_goods(read, read.outcome("net revenue", brand, "window") - margin),
        Part("Left after goods and delivery", margin, total=True),
        Part("Running the storefront", -running),
        Part(f"Commission and fees to {about.host_title}", -fees),
    ]


def _a_week(store: Storefront, read: Reader) -> float:
    """What a week of opening costs, with what the tied capital would earn elsewhere."""
    forgone = store.costs.capital * read.about.scenario.brands[store.owner].return_elsewhere / WEEKS_PER_YEAR
    return store.costs.fixed + forgone


def _goods(read: Reader, spent: pd.Series) -> list[Part]:
    """What goods cost, and delivery; one part where the channels' costs are not in the same proportion."""
    about = read.about
    channels = [*about.stores, *about.own_sites]
    costs = [about.scenario.storefronts[s].costs for s in channels]
    payment = sum(
        (read.sold([s], c.payment_fee, read.open) for s, c in zip(channels, costs, strict=True)), read.none
    )
    by_value = spent - payment
    whole = [c.goods + c.shipping + c.returns for c in costs]
    shares = [c.goods / total if total else 0.0 for c, total in zip(costs, whole, strict=True)]
    wholesale = any(store.contract.mode == "wholesale" for store in read.stores.values())
    if wholesale or not np.allclose(shares, shares[0]):
        return [Part("Goods, shipping, returns, payment", -spent)]
    return [
        Part("Goods", -by_value * shares[0]),
        Part("Shipping, returns, payment services", -(by_value * (1.0 - shares[0]) + payment)),
    ]


def _guarantee(read: Reader) -> pd.Series:
    """What is missing to the guaranteed commission when the storefronts close, as the contract has it."""
    missing = read.none
    for name, store in read.stores.items():
        if store.contract.guarantee and store.contract.mode != "wholesale":
            paid = read.sold([name], store.contract.commission, range(read.about.horizon))
            missing = missing + (store.contract.guarantee - paid).clip(lower=0.0) * (
                read.weeks_open(name) > 0
            )
    return missing


def _once(read: Reader) -> pd.Series:
    """Set-up and exit costs of the storefronts that were open; one without a first day stood before."""
    paid = read.none
    for name, store in read.stores.items():
        stood = store.open.from_ is None and not store.open.by_policy
        cost = store.costs.exit + (0.0 if stood else store.costs.setup)
        paid = paid + cost * (read.weeks_open(name) > 0)
    return paid


def _site(about: Entry) -> str:
    return "Own site" if about.own_sites else "Other channels"


def earned_words(about: Entry) -> str:
    """Name of the contribution in the window."""
    return "Earned while open" if about.weeks_after else "Earned to the end of the horizon"


def _end(about: Entry) -> str:
    end = about.calendar.end
    return f"{MONTHS[end.month - 1]}{HARD}{end.year}"


# --- the host's books ------------------------------------------------------------------------------


def host_parts(read: Reader) -> list[Part]:
    """From commission to the host's value: the storefront, subsidies, its own merchants, service.

    Net revenue of a platform is what it is paid as fees less what it pays for others' discounts and as
    subsidies; less its costs it is the contribution, its net flow of money.
    """
    hosts = list(read.about.hosts)
    saved = -read.outcome("subsidies", hosts, "horizon")
    parts = [
        Part("Commission and fees from the storefront",
             read.outcome("commission and fees received from the brand", hosts, "horizon")),
        Part("Its part of the storefront's discounts",
             -read.outcome("discounts paid for the storefront", hosts, "horizon")),
        Part(_subsidies(saved), saved),
    ]  # fmt: skip
    wholesale = any(store.contract.mode == "wholesale" for store in read.stores.values())
    own = "Its own sales and merchants' fees" if wholesale else "Own merchants' fees and advertising"
    parts += _own_merchants(read, own)
    revenue, flow = (read.outcome(what, hosts, "horizon") for what in ("net revenue", "contribution"))
    costs = "Goods from the entrant, service and other costs" if wholesale else "Service and other costs"
    parts.append(Part(costs, flow - revenue))
    return _to_value(read, hosts, parts, "Later (run-off), discounted")


def _subsidies(saved: pd.Series) -> str:
    """Subsidies to all who sell at the host, named by what became of them."""
    return f"{'Fewer' if saved.mean() > 0 else 'More'} subsidies to those who sell there"


def _own_merchants(read: Reader, words: str) -> list[Part]:
    """What is left of net revenue without the storefront, while it is open and otherwise."""

    def fees(period: str) -> pd.Series:
        taken = read.outcome("commission and fees received from the brand", read.about.hosts, period)
        given = ("discounts paid for the storefront", "subsidies")
        paid = sum((read.outcome(what, read.about.hosts, period) for what in given), read.none)
        return read.outcome("net revenue", read.about.hosts, period) - taken + paid

    if not read.about.weeks_after:
        return [Part(words, fees("horizon"))]
    meanwhile = fees("window")
    return [
        Part(f"{words}, meanwhile", meanwhile),
        Part(f"{words}, afterwards", fees("horizon") - meanwhile),
    ]
