"""Both parties' books in parts: what a storefront earns and costs its owner, and what it brings its host.

Every part is a difference against the baseline and comes from the table of outcomes, or from sales and the
scenario's terms. What neither tells is a part of its own, so that the parts of a party add up to its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sim.firms.contract import WEEKS_PER_YEAR, tax_share
from sim.outcomes.comparison import Comparison
from sim.outcomes.declared import declared
from sim.outcomes.parties import decided
from sim.outcomes.periods import open_weeks
from sim.pictures.comparison.entry import Entry
from sim.pictures.comparison.numbers import Estimate, estimate, weekly_sales
from sim.pictures.comparison.stores import value_outcome
from sim.pictures.style import HARD, MONTHS
from sim.scenario.schema import Scenario, Storefront

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
    def period(self) -> str:
        """Period of the first sums: the window of new storefronts, else the horizon."""
        return "window" if self.about.fixed else "horizon"

    @property
    def afterwards(self) -> bool:
        """Whether weeks of the horizon follow that period."""
        return self.about.fixed and bool(self.about.weeks_after)

    @property
    def open(self) -> range:
        """Weeks of that period."""
        return range(self.about.first, self.about.last + 1) if self.about.fixed else range(self.about.horizon)

    def opened(self, store: str, side: str = "with_scenario") -> pd.DataFrame:
        """Whether a storefront is open, weeks of the horizon by replications.

        Where policies decide it is open in the weeks in which it sold something.
        """
        scenario, weeks = self.scenarios[side], range(self.about.horizon)
        spec = scenario.storefronts.get(store)
        if spec is None or not (self.decides(store) or spec.open.by_policy):
            written = open_weeks(scenario, store)
            column = pd.Series([week in written for week in weeks], weeks)
            return pd.DataFrame(dict.fromkeys(self.none.index, column))
        return weekly_sales(self.comparison, self.name, [store], side).reindex(weeks, fill_value=0.0) > 0.0

    def decides(self, store: str) -> bool:
        """Whether policies in which the two scenarios differ are about a storefront."""
        return store in decided(self.about.base, self.about.scenario)

    def weeks_open(self, store: str, side: str = "with_scenario") -> pd.Series:
        """Weeks of the horizon in which a storefront is open."""
        return self.opened(store, side).sum()

    @property
    def scenarios(self) -> Mapping[str, Scenario]:
        """The two scenarios by the column of the tables."""
        return {"with_scenario": self.about.scenario, "baseline": self.about.base}

    def over_base(self, store: str, paid: Callable[[Storefront, str], pd.Series]) -> pd.Series:
        """What a storefront pays by its terms in the scenario, less the same in the baseline.

        Args:
            store: name of the storefront.
            paid: money by replication, of the storefront's terms and the column of the scenario.
        """
        found = self.none
        for side, sign in (("with_scenario", 1.0), ("baseline", -1.0)):
            if spec := self.scenarios[side].storefronts.get(store):
                found = found + sign * paid(spec, side)
        return found

    @property
    def stores(self) -> dict[str, Storefront]:
        """The storefronts as the scenario has them."""
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
    parts.append(Part(earned_words(about), read.outcome("contribution", brand, read.period), total=True))
    parts.append(Part("Guarantee to the host", -_guarantee(read)))
    parts.append(Part("Set-up and closing of the storefront", -_once(read)))
    if read.afterwards:
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
    retail = [
        s
        for s, store in read.stores.items()
        if store.marketplace is None and store.contract.mode != "wholesale"
    ]
    sites = [s for s in about.own_sites if about.scenario.storefronts[s].marketplace is None]
    support = read.outcome("discounts paid for the storefront", about.hosts, read.period)
    parts = [
        Part("Sales at the storefront, without import tax", read.net_of_tax(retail) if retail else read.none),
        Part("Merchants' fees at the storefront", _taken(read)),
        Part(f"{about.host_title}'s part of its discounts", support),
        Part(f"{_site(about)}: sales meanwhile, without tax", read.net_of_tax(sites) if sites else read.none),
    ]
    wholesale = any(store.contract.mode == "wholesale" for store in read.stores.values())
    words = "Paid by the host for goods" if wholesale else "Subsidies and other income"
    return [*parts, Part(words, rest(read.outcome("net revenue", [about.brand], read.period), parts))]


def _taken(read: Reader) -> pd.Series:
    """What merchants on the storefronts pay their owner."""
    rates = {s: store.marketplace.take_rate for s, store in read.stores.items() if store.marketplace}
    return sum((read.sold([s], rate, read.open) for s, rate in rates.items()), read.none)


def _costs(read: Reader) -> list[Part]:
    """What is paid in the window, as negative amounts: goods, delivery, running, and the host's share."""
    about, brand = read.about, [read.about.brand]
    fees = read.outcome("commission and fees received from the brand", about.hosts, read.period)
    fees = fees - _guarantee(read)
    earned = read.outcome("contribution", brand, read.period)
    running = sum((_running(read, name) for name in read.stores), read.none)
    margin = earned + fees + running
    return [
        *_goods(read, read.outcome("net revenue", brand, read.period) - margin),
        Part("Left after goods and delivery", margin, total=True),
        Part("Running the storefront", -running),
        Part(f"Commission and fees to {about.host_title}", -fees),
    ]


def _running(read: Reader, name: str) -> pd.Series:
    """What the weeks of opening of a storefront cost."""
    return read.over_base(name, lambda store, side: read.weeks_open(name, side) * _a_week(store, read))


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
    """What is missing to the guaranteed commission when new storefronts close, as the contract has it.

    Of storefronts that the baseline has too, it is part of what the host takes.
    """
    missing = read.none
    for name, store in read.stores.items():
        if read.about.new and store.contract.guarantee and store.contract.mode != "wholesale":
            paid = read.sold([name], store.contract.commission, range(read.about.horizon))
            missing = missing + (store.contract.guarantee - paid).clip(lower=0.0) * (
                read.weeks_open(name) > 0
            )
    return missing


def _once(read: Reader) -> pd.Series:
    """Set-up and exit costs of the storefronts that were open; one without a first day stood before.

    Hosted storefronts close with the horizon at the latest; own sites only if they are left before.
    """
    return sum((_once_at(read, name) for name in read.stores), read.none)


def _once_at(read: Reader, name: str) -> pd.Series:

    def paid(store: Storefront, side: str) -> pd.Series:
        opened = read.opened(name, side)
        closes = ~opened.iloc[-1] if store.host is None else True
        stood = store.open.from_ is None and not store.open.by_policy
        return (store.costs.exit * closes + (0.0 if stood else store.costs.setup)) * opened.any()

    return read.over_base(name, paid)


def _site(about: Entry) -> str:
    return "Own site" if about.own_sites else "Other channels"


def earned_words(about: Entry) -> str:
    """Name of the contribution in the first period."""
    return "Earned while open" if about.fixed and about.weeks_after else "Earned to the end of the horizon"


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

    if not read.afterwards:
        return [Part(words, fees("horizon"))]
    meanwhile = fees("window")
    return [
        Part(f"{words}, meanwhile", meanwhile),
        Part(f"{words}, afterwards", fees("horizon") - meanwhile),
    ]
