"""What the table of patterns reads from markets: one history told several ways on the same draws.

Every way is the history to March 2020 with one thing changed, so a difference between two of them is exact:
the same people have the same needs in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.calendar import DAYS
from sim.engine.loop import advance, weeks
from sim.engine.seeds import Seeds
from sim.market import Market
from sim.market.checkpoint.snapshot import take
from sim.outcomes.periods import open_weeks
from sim.outcomes.readings import ALL, Published, read
from sim.scenario import load
from sim.scenario.changes import Assignment, ScenarioTree
from sim.scenario.schema import Scenario
from sim.sweep.factors import Value
from sim.sweep.market_work import LEVELS, MarketWork
from sim.trade import Offer
from sim.validation.patterns_people import BrandDiary, kept, lifted, orders_of, returned

POPUP_FILE = Path("scenarios/validation/popup.yaml")
POPUP, SITE, BRAND = "amazon_on_pinduoduo", "amazon_global", "amazon"
MARKETPLACE = "amazon_marketplace"
AS_IS, NO_FESTIVAL, NO_INVITES, SLOW_JD = "as it is", "no Singles' Day", "nobody invites", "JD is slow"
STAY_OUT, POP_UP = "no pop-up", "pop-up"
SINGLES_DAY = date(2018, 11, 11)
DIP_WEEKS = 8
"""Weeks after the festival in which what people have stored is missing."""
YEAR_ENDS = date(2018, 12, 30), date(2019, 12, 29)
"""Last Sundays of 2018 and 2019: buyers of a year are those of the 52 weeks before."""
Numbers = dict[str, float]


def ways(world: ScenarioTree) -> dict[str, tuple[Assignment, ...]]:
    """What is changed in the history, by name of the way it is told.

    The pop-up is that of its scenario file, with as many importers in the sample as there, and is compared
    with staying out by the same sample.

    Args:
        world: the history to March 2020.
    """
    slow = (
        Assignment(f"platforms.jd.assortments.{c}.delivery_days", _delivery(world, "alibaba", c))
        for c in world.at("platforms.jd.assortments")
    )
    file = load(POPUP_FILE)
    sample = Assignment("population.interested_sample", file.scenario.population.interested_sample)
    shop = Assignment(f"storefronts.{POPUP}", file.tree["storefronts"][POPUP])
    return {
        AS_IS: (),
        NO_FESTIVAL: (Assignment(f"events.singles_day.days.y{SINGLES_DAY.year}", None),),
        NO_INVITES: (Assignment("platforms.pinduoduo.teams.invites", 0.0),),
        SLOW_JD: tuple(slow),
        STAY_OUT: (sample,),
        POP_UP: (sample, shop),
    }


def _delivery(world: ScenarioTree, platform: str, category: str) -> object:
    return world.at(f"platforms.{platform}.assortments.{category}.delivery_days")


@dataclass(frozen=True)
class Told:
    """One vector on one pair of seeds.

    Attributes:
        works: the history by the way it is told.
        parameters: values of the factors.
        seeds: world and shock seed.
        consumers: simulated consumers.
    """

    works: Mapping[str, MarketWork]
    parameters: Mapping[str, Value]
    seeds: Seeds
    consumers: int

    def scenario(self, way: str) -> Scenario:
        """The scenario of a way."""
        return self.works[way].scenarios(self.parameters)[0]

    def market(self, way: str) -> Market:
        """A fresh market of a way; the caller closes it."""
        world, shock = self.seeds
        return Market(
            self.scenario(way), world_seed=world, shock_seed=shock, consumers=self.consumers, record=LEVELS
        )

    def published(self, way: str) -> Published:
        """The tables of a way run to its end."""
        with self.market(way) as market:
            return Published.of(advance(market))


def told_ways(work: MarketWork) -> dict[str, MarketWork]:
    """The work of each way.

    Args:
        work: the history to March 2020, without a choice among scenarios.
    """
    (world,) = work.worlds.values()
    return {
        way: replace(work, worlds={"": world.with_fixed(changes)}) for way, changes in ways(world).items()
    }


# --- numbers that patterns are made of -----------------------------------------------------------


def numbers(told: Told, facts: pd.DataFrame) -> Numbers:
    """All numbers of one vector on one pair of seeds, by name; sales in money, people in people.

    Args:
        told: the vector and its seeds.
        facts: published figures, see `sim.validation.history.published`; a reading of each is among the
            numbers, by the name of the figure.
    """
    base, found = _history(told, facts)
    week = base.calendar.week_of(SINGLES_DAY)
    without = told.published(NO_FESTIVAL).weekly("gmv", "alibaba")
    found |= festival(base.weekly("gmv", "alibaba"), without, week)
    found |= growth(told.published(NO_INVITES), "without invitations")
    found["jd slow"] = read(told.published(SLOW_JD), "sales of twelve months", "jd", date(2018, 12, 31))
    return found | _popup(told)


def _history(told: Told, facts: pd.DataFrame) -> tuple[Published, Numbers]:
    """The history as it is; then once more from the end of 2018 on, with nobody inviting any more."""
    with told.market(AS_IS) as market:
        ends = [market.calendar.week_of(day) for day in YEAR_ENDS]
        row = market.consumers.layout.firms.index("alibaba")
        orders, people = [], _people(market)
        for week in ends:
            advance(market, week + 1)
            orders.append(market.consumers.columns.last_order[row].copy())
            if week == ends[0]:
                state = take(market)
        base = Published.of(advance(market))
    found = kept(orders[0], orders[1], ends[0], people)
    with state.market(told.scenario(NO_INVITES)) as market:
        found |= growth(Published.of(advance(market)), "without invitations from 2019 on")
    figures = {str(n): read(base, f["reading"], f["party"], f["on"]) for n, f in facts.iterrows()}
    return base, figures | found | growth(base, "as it is") | imports(base) | marketplace(base)


def _people(market: Market) -> npt.NDArray[np.float64]:
    """How many people each consumer stands for, shape (N,)."""
    strata = market.consumers.strata
    return np.repeat(strata.weight, strata.count)


def festival(with_: npt.NDArray[np.float64], without: npt.NDArray[np.float64], week: int) -> Numbers:
    """Sales of the week of a festival and of the weeks after it, with it and without.

    Args:
        with_: weekly sales, in money.
        without: the same without the festival.
        week: the week of the festival.
    """
    after = slice(week + 1, week + 1 + DIP_WEEKS)
    return {
        "festival with": float(with_[week]), "festival without": float(without[week]),
        "after with": float(with_[after].sum()), "after without": float(without[after].sum()),
    }  # fmt: skip


def growth(seen: Published, way: str) -> Numbers:
    """Pinduoduo's yearly buyers at the end of 2018 and of 2019."""
    return {
        f"buyers {year} {way}": read(seen, "yearly buyers", "pinduoduo", date(year, 12, 31))
        for year in (2018, 2019)
    }


def imports(seen: Published) -> Numbers:
    """Sales of imported goods by channel in the last quarter of 2018, and of all channels ("all")."""
    imported = replace(seen, sales=seen.sales[seen.sales.category == "imported"])
    parties = (ALL, "alibaba", "kaola", "jd", SITE)
    return {f"imports {p}": read(imported, "sales of the quarter", p, date(2018, 12, 31)) for p in parties}


def marketplace(seen: Published) -> Numbers:
    """Sales of Amazon's marketplace and of all channels in 2017, in 2018 and in the first half of 2019."""
    periods = {"2017": (12, date(2017, 12, 31)), "2018": (12, date(2018, 12, 31)),
               "2019H1": (6, date(2019, 6, 30))}  # fmt: skip
    return {
        f"{name} {period}": seen.over_months(seen.weekly("gmv", party), months, on)
        for period, (months, on) in periods.items()
        for name, party in (("marketplace", MARKETPLACE), ("all", ALL))
    }


# --- the pop-up ----------------------------------------------------------------------------------


def _popup(told: Told) -> Numbers:
    """What the pop-up wins, among whom, and what is left of it."""
    weeks = open_weeks(told.scenario(POP_UP), POPUP)
    first, last = min(weeks), max(weeks)
    (without, before), (with_, after) = (_diary(told, way, first) for way in (STAY_OUT, POP_UP))
    found = lifted(before, after, last - first + 1) | returned(after, last - first + 1)
    site = [seen.weekly("gmv", SITE) for seen in (without, with_)]
    return found | {
        "shop": float(with_.weekly("gmv", POPUP).sum()),
        "site gains": float((site[1] - site[0])[first:].sum()),
        "site gains later": float((site[1] - site[0])[last + 1 :].sum()),
    }


def _diary(told: Told, way: str, first: int) -> tuple[Published, BrandDiary]:
    """Run a way; what each consumer orders from the brand, week by week from a first one on."""
    with told.market(way) as market:
        advance(market, first)
        firm = market.consumers.layout.firms.index(BRAND)
        customer = market.consumers.columns.last_order[firm].copy()
        orders, hosted = [], []
        for _ in weeks([market], market.horizon):
            orders.append(_ordered(market, lambda offer: offer.brand == BRAND))
            hosted.append(_ordered(market, lambda offer: offer.channel == POPUP))
        diary = BrandDiary.of(customer, np.array(orders), np.array(hosted), _people(market))
        return Published.of(market), diary


def _ordered(market: Market, counts: Callable[[Offer], bool]) -> npt.NDArray[np.int64]:
    """Orders by consumer at the offers that count, in the week that has just been run, shape (N,)."""
    found = np.zeros(len(market.consumers), np.int64)
    for category, offers in market.offers.items():
        codes = market.demand.diaries[category].codes
        found += orders_of(codes, np.array([counts(offer) for offer in offers]), DAYS)
    return found
