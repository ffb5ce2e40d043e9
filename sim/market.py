"""The market: builds both sides from a scenario and runs the phases of a week in order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mesa
import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.calendar import Calendar, day_edges
from sim.consumers.awareness import Exposure
from sim.consumers.demand import BLOCK, SALES_AND_SURPLUS, Demand, Record
from sim.consumers.population import Consumers, annual_buyers
from sim.consumers.shopping import Needs
from sim.consumers.team_stage import TeamWeek
from sim.firms.brand import Brand
from sim.firms.platform import Platform
from sim.firms.prices import traffic
from sim.firms.storefront import Storefront
from sim.ledger import Ledger
from sim.panel import Panel
from sim.scenario import load
from sim.scenario.schema import Scenario
from sim.scenario.values import by_tier
from sim.trade import ChannelSales, Offer, Sales

Floats = npt.NDArray[np.float64]
SALES = ("orders", "gmv", "value", "discount", "orders_realised", "gmv_realised")


@dataclass(frozen=True)
class Phase:
    """A named step of the week."""

    name: str
    run: Callable[[Market], None]


class Phases:
    """The week as an ordered, printable, timed list; phases can be replaced or inserted by name."""

    def __init__(self, *phases: Phase) -> None:
        self._phases = phases
        self.seconds: dict[str, float] = {phase.name: 0.0 for phase in phases}

    def __iter__(self) -> Iterator[Phase]:
        """Phases in order."""
        return iter(self._phases)

    def __str__(self) -> str:
        """One numbered line a phase."""
        return "\n".join(f"{n}. {phase.name}" for n, phase in enumerate(self, 1))

    def _position(self, name: str) -> int:
        names = [phase.name for phase in self]
        if name not in names:
            raise KeyError(f"no phase {name!r}; the phases are: {', '.join(names)}")
        return names.index(name)

    def replace(self, name: str, run: Callable[[Market], None]) -> Phases:
        """The same week with one phase done differently."""
        k = self._position(name)
        return Phases(*self._phases[:k], Phase(name, run), *self._phases[k + 1 :])

    def insert_after(self, name: str, new: Phase) -> Phases:
        """The same week with a phase more."""
        k = self._position(name) + 1
        return Phases(*self._phases[:k], new, *self._phases[k:])

    def run(self, market: Market) -> None:
        """Run all phases once and add up their times."""
        for phase in self:
            begin = time.perf_counter()
            phase.run(market)
            self.seconds[phase.name] += time.perf_counter() - begin


WARM_UP = ("firms set prices", "people shop", "goods arrive")
"""Phases of a week of the warm-up."""


class CityTier(mesa.Agent):
    """A view on the consumers of one tier."""

    def __init__(self, model: Market, name: str, index: int) -> None:
        super().__init__(model)
        self.market = model
        self.name = name
        self.index = index
        self.gmv = 0.0
        """What people of the tier paid online last week, in money."""

    @property
    def rows(self) -> slice:
        """Rows of the tier's consumers."""
        start = self.market.consumers.strata.start
        return slice(int(start[2 * self.index]), int(start[2 * self.index + 2]))

    @property
    def people(self) -> float:
        """People the tier stands for at the end of the horizon."""
        return float(self.market.consumers.strata.people[2 * self.index : 2 * self.index + 2].sum())


class Market(mesa.Model):
    """One market under one scenario and one pair of seeds.

    Args:
        scenario: a scenario, or the path of a scenario file.
        world_seed: seed of the population and its contacts.
        shock_seed: seed of everything that happens in a week.
        consumers: number of consumers; the scenario's by default.
        threads: threads for loops over consumers; results do not depend on it.
        record: what to keep beside sales.
        run_off: also run the weeks after the horizon that the scenario's finance section asks for.
        block: rows per block; results do not depend on it.

    Attributes:
        week: the current week, counted from the start of the scenario.
        phases: the week as a list.
        ledger: double-entry book on expected sales (realised ones if nothing is expected).
        consumers: everybody; ``market.consumers[17]`` shows one person.
    """

    def __init__(
        self, scenario: Scenario | str | Path, *, world_seed: int = 1, shock_seed: int = 1,
        consumers: int | None = None, threads: int = 1, record: Record = SALES_AND_SURPLUS,
        run_off: bool = False, block: int = BLOCK,
    ) -> None:  # fmt: skip
        super().__init__(rng=int(shock_seed))
        self.spec = scenario if isinstance(scenario, Scenario) else load(scenario).scenario
        spec = self.spec
        self.calendar = Calendar(spec.time.start, spec.time.end)
        self.horizon = self.calendar.weeks
        self.last_week = self.horizon + (spec.finance.runoff_weeks if run_off else 0)
        self.consumers = Consumers(spec, self.calendar, world_seed, consumers)
        self.demand = Demand(
            spec, self.consumers, (world_seed, shock_seed), self.intercept,
            threads=threads, record=record, block=block,
        )  # fmt: skip
        self.tiers = self.consumers.layout.tiers
        self.ledger = Ledger(self.tiers)
        self.sales_panel = Panel(self.tiers, ("week", "channel", "host", "brand", "category"), SALES)
        self.surplus_panel = Panel(self.tiers, ("week", "category"), ("decision", "core", "pathwise"))
        self.people_panel = Panel(self.tiers, ("week", "name"), ("aware", "buyers"))
        self.week = -spec.time.warm_up_weeks
        self.offers: dict[str, list[Offer]] = {}
        self.sales: dict[str, Sales] = {}
        self.team_weeks: dict[str, TeamWeek] = {}
        self.exposure: Exposure
        self._open_firms()
        self.phases = default_phases()
        self.datacollector = mesa.DataCollector(
            model_reporters={"week": "week", "gmv": lambda m: sum(t.gmv for t in m.city_tiers.values())},
            agenttype_reporters={
                Platform: {"name": "name", "gmv": "gmv"},
                Storefront: {"name": "name", "gmv": "gmv"},
                CityTier: {"name": "name", "gmv": "gmv"},
            },
        )

    def _open_firms(self) -> None:
        spec, events = self.spec, list(self.spec.events.values())
        taxes = {name: category.import_tax for name, category in spec.categories.items()}
        self.platforms = {
            n: Platform(self, n, p, events, taxes, self.tiers) for n, p in spec.platforms.items()
        }
        self.brands = {n: Brand(self, n, b) for n, b in spec.brands.items()}
        self.storefronts = {
            n: Storefront(
                self, n, s, spec.brands[s.owner], events, self.platforms.get(str(s.host)), taxes, self.tiers
            )
            for n, s in spec.storefronts.items()
        }
        self.city_tiers = {n: CityTier(self, n, k) for k, n in enumerate(self.tiers)}

    def intercept(self, channel: str, category: str) -> Floats:
        """Utility of a channel in a category by tier: solved, or that of another channel plus appeal."""
        solved = self.spec.intercepts.get(channel, {}).get(category, 0.0)
        level = by_tier(solved, self.spec.tiers)
        store = self.spec.storefronts.get(channel)
        if store is None:
            return level
        if store.appeal_from is not None:
            level = level + self.intercept(store.appeal_from, category)
        return level + store.appeal

    def week_needs(self, category: str) -> Needs:
        """Needs of the current week: how many, when, and the keys of their draws."""
        events = self.spec.events.values()
        edges = day_edges(traffic(events, category, self.calendar, self.week))
        tables = self.demand.need_tables[category]
        return tables.needs(self.week, season(self), edges, self.offers[category])

    # --- running -----------------------------------------------------------------------------

    def step(self) -> None:
        """One week (before the first one, the warm-up)."""
        if self.week < 0:
            self._warm_up()
        self.phases.run(self)
        self.week += 1
        self.running = self.week < self.last_week

    def run(self) -> Market:
        """All weeks to the end; returns the market."""
        while self.week < self.last_week:
            self.step()
        return self

    def _warm_up(self) -> None:
        """Habits and stocks settle; awareness stays as it starts and nothing is booked."""
        while self.week < 0:
            for phase in self.phases:
                if phase.name in WARM_UP:
                    phase.run(self)
            self.week += 1
        self.demand.gain[:] = 0.0

    def __enter__(self) -> Market:
        """Use the market in a `with` block, which frees it at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free the market."""
        self.close()

    def close(self) -> None:
        """Free threads, and Mesa 3.3's reference that would keep the model alive for ever."""
        self.demand.close()
        ids = getattr(mesa.Agent, "_ids", None)
        if ids is not None:
            ids.pop(self, None)

    # --- results -----------------------------------------------------------------------------

    def channel_sales(self) -> list[ChannelSales]:
        """This week's sales by channel and category, on the basis of the books."""
        weight, expected = self.consumers.strata.weight, self.demand.record.expected
        return [s for sales in self.sales.values() for s in sales.by_channel(weight, expected=expected)]

    def sales_table(self) -> pd.DataFrame:
        """Sales by week, channel, category and tier; see `sim.experiments.results` for units."""
        return self.sales_panel.frame()

    def surplus_table(self) -> pd.DataFrame:
        """Consumer surplus by week, category and tier."""
        return self.surplus_panel.frame()

    def people_table(self) -> pd.DataFrame:
        """People with access or knowledge, and buyers of the last 52 weeks, by week, firm and tier."""
        return self.people_panel.frame()


# --- phases: each one calls one room -----------------------------------------------------------


def make_offers(market: Market) -> None:
    """Firms set prices: offers of all channels by category, in the order of the scenario."""
    offers: dict[str, list[Offer]] = {category: [] for category in market.spec.categories}
    firms: list[Platform | Storefront] = [*market.platforms.values(), *market.storefronts.values()]
    for firm in firms:
        for offer in firm.offers(market.calendar, market.week):
            offers[offer.category].append(offer)
    market.offers = offers


def advertise(market: Market) -> None:
    """Brands advertise."""
    for brand in market.brands.values():
        brand.advertise(market.ledger, market.calendar, market.week)


def notice_storefronts(market: Market) -> None:
    """People who browse notice storefronts."""
    days = {n: int(s.open_days(market.calendar, market.week).sum()) for n, s in market.storefronts.items()}
    market.exposure = market.demand.exposure(market.week, days)
    market.demand.notice(market.week, market.exposure)


def season(market: Market) -> float:
    """Need frequency of the week relative to the mean."""
    spec, week = market.spec.season, market.week
    month = sum(share * spec.months.get(m, 1.0) for m, share in market.calendar.month_share(week).items())
    return float(month * (1.0 + spec.growth_per_year) ** (week / 52.0))


def go_shopping(market: Market) -> None:
    """People shop."""
    needs = {category: market.week_needs(category) for category in market.offers}
    market.sales = market.demand.shop(market.offers, needs)


def teams_settle(market: Market) -> None:
    """Teams settle: invitations, second thoughts, teams that fill or fail."""
    market.sales, market.team_weeks = market.demand.settle_teams(market.week)
    for name, week in market.team_weeks.items():
        market.platforms[name].learn_team_success(float(week.filled.sum()), float(week.takes.sum()))


def goods_arrive(market: Market) -> None:
    """Goods arrive: stock, habit, loyalty, trust."""
    market.demand.receive(market.week, market.offers)


def awareness_spreads(market: Market) -> None:
    """Awareness spreads and fades."""
    hazards = {name: brand.advertising_hazard for name, brand in market.brands.items()}
    market.demand.learn(market.week, market.exposure, hazards)


def books_close(market: Market) -> None:
    """Books close: sales, costs and contracts are posted."""
    sold: dict[str, list[ChannelSales]] = {}
    for s in market.channel_sales():
        sold.setdefault(s.offer.channel, []).append(s)
    for platform in market.platforms.values():
        platform.settle(market.ledger, market.week, sold.get(platform.name, []))
    for store in market.storefronts.values():
        store.settle(market.ledger, market.week, sold.get(store.name, []))
        store.keep_open(market.ledger, market.calendar, market.week)
    for tier in market.city_tiers.values():
        tier.gmv = float(sum(s.gmv[tier.index] for rows in sold.values() for s in rows))


def record(market: Market) -> None:
    """Record the week."""
    _record_sales(market)
    _record_surplus(market)
    _record_people(market)
    market.datacollector.collect(market)


def _record_sales(market: Market) -> None:
    weight = market.consumers.strata.weight
    for category, sales in market.sales.items():
        expected = sales.by_channel(weight, expected=market.demand.record.expected)
        for e, r in zip(expected, sales.by_channel(weight, expected=False), strict=True):
            about = (market.week, e.offer.channel, e.offer.host or "", e.offer.brand or "", category)
            market.sales_panel.append(about, (e.orders, e.gmv, e.value, e.discount, r.orders, r.gmv))


def _record_surplus(market: Market) -> None:
    for category, sales in market.sales.items():
        market.surplus_panel.append(
            (market.week, category), list(sales.surplus_by_tier(market.consumers.strata.weight))
        )


def _record_people(market: Market) -> None:
    layout, strata = market.consumers.layout, market.consumers.strata
    unknown = np.full(len(market.tiers), np.nan)
    for index, firm in enumerate(layout.firms):
        bit = layout.bit(platform=firm) if firm in layout.platforms else layout.bit(brand=firm)
        buyers = annual_buyers(market.consumers.columns, strata, index, market.week)
        market.people_panel.append((market.week, firm), (_people_aware(market, bit), buyers))
    for channel in layout.channels:
        market.people_panel.append(
            (market.week, channel), (_people_aware(market, layout.bit(channel=channel)), unknown)
        )


def _people_aware(market: Market, mask: int) -> Floats:
    return np.asarray(market.demand.people_aware(mask).reshape(-1, 2).sum(axis=1))


def default_phases() -> Phases:
    """The week. Merchants, policies and teams will find their place in this list."""
    return Phases(
        Phase("firms set prices", make_offers),
        Phase("brands advertise", advertise),
        Phase("people notice storefronts", notice_storefronts),
        Phase("people shop", go_shopping),
        Phase("teams settle", teams_settle),
        Phase("goods arrive", goods_arrive),
        Phase("awareness spreads", awareness_spreads),
        Phase("books close", books_close),
        Phase("record", record),
    )
