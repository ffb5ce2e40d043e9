"""The market: builds both sides from a scenario and runs the phases of a week in order."""

from __future__ import annotations

from pathlib import Path

import mesa
import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.calendar import Calendar, day_edges
from sim.consumers.demand import BLOCK, SALES_AND_SURPLUS, Demand, Record
from sim.consumers.noticing import Exposure
from sim.consumers.people import Consumers
from sim.consumers.population import buyers
from sim.consumers.shopping import Needs
from sim.consumers.team_stage import TeamWeek
from sim.firms.merchants import MerchantGroup
from sim.firms.platform import Platform
from sim.firms.prices import traffic
from sim.firms.storefront import Storefront
from sim.firms.supply import Supply
from sim.ledger import Ledger
from sim.market.tables import Records
from sim.market.week import default_phases, season
from sim.scenario import load
from sim.scenario.schema import Scenario
from sim.scenario.values import by_tier
from sim.trade import ChannelSales, Offer, Sales

Floats = npt.NDArray[np.float64]

WARM_UP = ("firms set prices", "people shop", "goods arrive")
"""Phases of a week of the warm-up."""


class CityTier(mesa.Agent):
    """The consumers of one city tier, as an agent of Mesa."""

    def __init__(self, model: Market, name: str, index: int) -> None:
        super().__init__(model)
        self.market = model
        self.name = name
        self.index = index
        self.gmv = 0.0
        """Payments of the tier's people online in the last week, in money."""

    @property
    def rows(self) -> slice:
        """Rows of the tier's consumers among all columns."""
        start = self.market.consumers.strata.start
        return slice(int(start[2 * self.index]), int(start[2 * self.index + 2]))

    @property
    def people(self) -> float:
        """People of the tier at the end of the horizon, for whom its consumers stand."""
        return float(self.market.consumers.strata.people[2 * self.index : 2 * self.index + 2].sum())


class Market(mesa.Model):
    """One market under one scenario and one pair of seeds.

    A market can be saved between two weeks, and resumed later under the same or another scenario: see
    `sim.market.checkpoint.file` and, in memory, `sim.market.checkpoint.snapshot`.

    Args:
        scenario: a scenario, or the path of a scenario file.
        world_seed: seed of the population and its contacts.
        shock_seed: seed of everything that happens in a week.
        consumers: number of consumers; the scenario's by default.
        threads: threads for loops over consumers; results do not depend on it.
        record: what to keep beside sales.
        run_off: also run the weeks after the horizon that the scenario's finance section asks for.
        block: rows per block; results do not depend on it.
        rng: Mesa's name of the shock seed, as `mesa.batch_run` gives it.

    Raises:
        ValueError: if the scenario starts from the state of another one: use `sim.engine.start.open_market`.

    Attributes:
        week: the current week, counted from the start of the scenario.
        phases: what happens in a week, in order.
        ledger: double-entry book on expected sales (realised ones if nothing is expected).
        consumers: everybody; ``market.consumers[17]`` shows one person.
    """

    def __init__(
        self, scenario: Scenario | str | Path, *, world_seed: int = 1, shock_seed: int = 1,
        consumers: int | None = None, threads: int = 1, record: Record = SALES_AND_SURPLUS,
        run_off: bool = False, block: int = BLOCK, rng: int | None = None,
    ) -> None:  # fmt: skip
        shock_seed = shock_seed if rng is None else rng
        super().__init__(rng=int(shock_seed))
        self.spec = scenario if isinstance(scenario, Scenario) else load(scenario).scenario
        spec = self.spec
        if spec.start_from is not None:
            raise ValueError(f"'{spec.title}' starts from a state: use sim.engine.start.open_market")
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
        self.records = Records(self.tiers)
        self.week = -spec.time.warm_up_weeks
        self._clock_only = False
        self.offers: dict[str, list[Offer]] = {}
        self.sales: dict[str, Sales] = {}
        self.team_weeks: dict[str, TeamWeek] = {}
        self.exposure: Exposure
        self.supply = Supply(self, spec, self.calendar, self.tiers)
        self.platforms, self.brands = self.supply.platforms, self.supply.brands
        self.storefronts = self.supply.storefronts
        self.city_tiers = {n: CityTier(self, n, k) for k, n in enumerate(self.tiers)}
        self._note_customers()
        self.phases = default_phases()
        self.datacollector = mesa.DataCollector(
            model_reporters={"week": "week", "gmv": lambda m: sum(t.gmv for t in m.city_tiers.values())},
            agenttype_reporters={
                Platform: {"name": "name", "gmv": "gmv"},
                Storefront: {"name": "name", "gmv": "gmv"},
                CityTier: {"name": "name", "gmv": "gmv"},
                MerchantGroup: {"name": "name", "active": "active"},
            },
        )

    def intercept(self, channel: str, category: str) -> Floats:
        """Return the utility of a channel in a category by tier: solved, or another channel's plus appeal."""
        solved = self.spec.intercepts.get(channel, {}).get(category, 0.0)
        level = by_tier(solved, self.spec.tiers)
        store = self.spec.storefronts.get(channel)
        if store is None:
            return level
        if store.appeal_from is not None:
            level = level + self.intercept(store.appeal_from, category)
        return level + store.appeal

    def week_needs(self, category: str) -> Needs:
        """Return the needs of the current week: how many, on which days, and the keys of their draws."""
        events = self.spec.events.values()
        edges = day_edges(traffic(events, category, self.calendar, self.week))
        tables = self.demand.need_tables[category]
        return tables.needs(self.week, season(self), edges, self.offers[category])

    # --- running -----------------------------------------------------------------------------

    def step(self) -> None:
        """Run one week; before the first one, run the warm-up."""
        if self._clock_only:
            return
        if self.week < 0:
            self._warm_up()
        self.phases.run(self)
        self.week += 1
        self.running = self.week < self.last_week

    def run(self) -> Market:
        """Run all weeks to the end and return the market."""
        self.running = self.week < self.last_week
        self.run_model()
        return self

    def advance_clock(self, steps: int) -> None:
        """Count steps on Mesa's clock without simulating them, for a market restored from a state."""
        self._clock_only = True
        for _ in range(steps):
            self.step()
        self._clock_only = False

    def _warm_up(self) -> None:
        """Let habits and stocks settle; awareness stays as it starts and nothing is booked."""
        while self.week < 0:
            for phase in self.phases:
                if phase.name in WARM_UP:
                    phase.run(self)
            self.week += 1
        self.demand.gain[:] = 0.0
        self._note_customers()

    def _note_customers(self) -> None:
        """Note how many customers the brands have before the first recorded week."""
        for name, brand in self.brands.items():
            brand.customers_at_start = self.customers(name)[1]

    def customers(self, brand: str) -> tuple[float, float]:
        """Return the people who bought from a brand in the current week, and those who ever did."""
        index = self.consumers.layout.firms.index(brand)
        _, now, ever = buyers(self.consumers.columns, self.consumers.strata, index, self.week).sum(axis=1)
        return float(now), float(ever)

    def yearly_buyers(self) -> dict[str, float]:
        """Return the people who bought on each platform in the last year, which platforms publish."""
        columns, strata = self.consumers.columns, self.consumers.strata
        return {
            name: float(buyers(columns, strata, index, self.week)[0].sum())
            for index, name in enumerate(self.consumers.layout.platforms)
        }

    def __enter__(self) -> Market:
        """Return the market for a `with` block, which frees it at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free the market."""
        self.close()

    def close(self) -> None:
        """Stop the threads and let the memory be freed."""
        self.demand.close()
        # Mesa 3.3 counts agents in a dictionary of the class, whose key keeps every model alive.
        ids = getattr(mesa.Agent, "_ids", None)
        if ids is not None:
            ids.pop(self, None)

    # --- results -----------------------------------------------------------------------------

    def channel_sales(self) -> list[ChannelSales]:
        """Return this week's sales by channel and category, expected or realised as the books are."""
        weight, expected = self.consumers.strata.weight, self.demand.record.expected
        return [s for sales in self.sales.values() for s in sales.by_channel(weight, expected=expected)]

    def sales_table(self) -> pd.DataFrame:
        """Return sales by week, channel, category and tier; see `sim.experiments.results` for units."""
        return self.records.sales.frame()

    def surplus_table(self) -> pd.DataFrame:
        """Return consumer surplus by week, category and tier."""
        return self.records.surplus.frame()

    def people_table(self) -> pd.DataFrame:
        """Return people with access or knowledge, and buyers of 52 weeks, by week, firm and tier."""
        return self.records.people.frame()

    def teams_table(self) -> pd.DataFrame:
        """Return team purchases by week, platform and tier, in people."""
        return self.records.teams.frame()

    def merchants_table(self) -> pd.DataFrame:
        """Return the active share of merchants by week, channel and category."""
        return pd.DataFrame(self.records.merchants, columns=["week", "channel", "category", "active"])
