"""The demand side of a market: runs the kernels over blocks of consumers, in threads if wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.consumers import awareness, noticing
from sim.consumers.awareness_tables import AwarenessTables
from sim.consumers.experience import Memory, arrive, clear, fade_all
from sim.consumers.network import make_contacts
from sim.consumers.people import Consumers
from sim.consumers.population import blocks
from sim.consumers.second_pass import Books
from sim.consumers.shopping import Needs, Options, Totals, make_totals, shop
from sim.consumers.tables import ChannelTables, Intercept, NeedTables
from sim.consumers.team_stage import TeamStage, TeamWeek
from sim.consumers.team_tables import Basket
from sim.consumers.thread_pool import ThreadPool
from sim.scenario.schema import Scenario
from sim.trade import Offer, Sales, TeamSales

f4 = np.float32
Ints = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint64]
BLOCK = 2048
"""Rows of a block: its scratch rows stay in the second-level cache."""


@dataclass(frozen=True)
class Record:
    """What a market records beside sales.

    Attributes:
        expected: add up choice probabilities (for books and levels).
        core: surplus without habit, loyalty and event pull.
        payments: keep each person's payments of the week (for comparisons).
        winners: add up pathwise surplus by person.
    """

    expected: bool = True
    core: bool = True
    payments: bool = False
    winners: bool = False


SALES_AND_SURPLUS = Record()


class Diary:
    """This week's choices: `codes` of shape (slots, N), -2 no need, -1 nothing, else 7 channel + day."""

    def __init__(self, slots: int, consumers: int, payments: bool) -> None:
        self.codes = np.full((slots, consumers), -2, np.int16)
        self.payments = np.zeros((slots if payments else 1, consumers if payments else 0), np.float32)


class Demand:
    """Consumers and everything that happens to them in a week.

    Args:
        scenario: the market.
        consumers: the population.
        seeds: world and shock seed.
        intercept: solved utilities.
        threads: how many blocks run at once; results do not depend on it.
        record: what to keep.
        block: rows per block; results do not depend on it.
    """

    def __init__(
        self, scenario: Scenario, consumers: Consumers, seeds: tuple[int, int], intercept: Intercept,
        *, threads: int = 1, record: Record = SALES_AND_SURPLUS, block: int = BLOCK,
    ) -> None:  # fmt: skip
        self.scenario = scenario
        self.consumers = consumers
        self.world, self.shock = seeds
        self.record = record
        self.weight = consumers.strata.weight
        self.blocks = blocks(consumers.strata, block)
        self.pool = ThreadPool(self.blocks, block, threads)
        layout = consumers.layout
        self.channel_tables = {c: ChannelTables(scenario, layout, c, intercept) for c in layout.categories}
        self.need_tables = {c: NeedTables(scenario, layout, c, self.shock) for c in layout.categories}
        slots = {c: scenario.categories[c].slots_per_week for c in layout.categories}
        self.diaries = {c: Diary(n, len(consumers), record.payments) for c, n in slots.items()}
        self.bought = np.zeros(len(consumers), np.uint64)
        self.before = np.zeros(len(consumers), np.uint64)
        self.gain = np.zeros(len(consumers) if record.winners else 0, np.float64)
        self.contacts = make_contacts(scenario.network, consumers.strata, self.world)
        self.awareness_tables = AwarenessTables(scenario, layout, self.shock)
        self.baskets: dict[str, Basket] = {}
        self.team_stage = TeamStage(scenario, consumers, self.contacts, self.pool, self.shock)

    def close(self) -> None:
        """Stop the threads."""
        self.pool.close()

    # --- people shop -------------------------------------------------------------------------

    def shop(self, offers: Mapping[str, Sequence[Offer]], needs: Mapping[str, Needs]) -> dict[str, Sales]:
        """One week of choices by category, as if every team filled."""
        self.baskets = {c: self._basket(c, tuple(offers[c]), needs[c]) for c in self.need_tables}
        for basket in self.baskets.values():
            self._shop_category(basket)
        return self.sales({})

    def _basket(self, category: str, offers: tuple[Offer, ...], needs: Needs) -> Basket:
        record, diary = self.record, self.diaries[category]
        return Basket(
            category, offers, self.channel_tables[category].channels(offers), needs,
            self.need_tables[category].weights,
            Options(record.expected, record.core, record.payments, record.winners),
            Books(diary.codes, diary.payments, self.gain),
            make_totals(len(offers), len(self.consumers.strata.people)),
        )  # fmt: skip

    def _shop_category(self, b: Basket) -> None:
        pool, parts = self.pool, list[Totals]()

        def work(chunk: Ints) -> None:
            totals = make_totals(len(b.offers), len(self.consumers.strata.people))
            shop(
                self.consumers.columns, b.needs, b.channels, b.weights, b.options, chunk, pool.block_rows,
                b.books.diary, b.books.payments, b.books.gain, totals,
            )  # fmt: skip
            parts.append(totals)

        pool.for_each(work)
        for part in parts:
            for total, more in zip(b.totals, part, strict=True):
                total += more

    def sales(self, teams: Mapping[str, TeamSales]) -> dict[str, Sales]:
        """The week's sales so far, with what happened in teams."""
        return {
            c: Sales(
                c, b.offers, b.channels.quantity.astype(np.float64), b.totals.orders, b.totals.value,
                b.totals.expected_orders, b.totals.expected_value, b.totals.surplus, teams.get(c),
            )
            for c, b in self.baskets.items()
        }  # fmt: skip

    def settle_teams(self, week: int) -> tuple[dict[str, Sales], dict[str, TeamWeek]]:
        """Invitations, second thoughts, teams that fill or fail; final sales, and each platform's week."""
        if not self.team_stage.rules:
            return self.sales({}), {}
        teams, weeks = self.team_stage.run(week, self.baskets)
        return self.sales(teams), weeks

    # --- goods arrive ------------------------------------------------------------------------

    def receive(self, week: int, offers: Mapping[str, Sequence[Offer]]) -> None:
        """Stock, loyalty and trust by category, then habit."""
        behaviour = self.scenario.behaviour
        memory = Memory(
            f4(behaviour.habit_retention), f4(behaviour.loyalty_retention), f4(behaviour.trust_gain)
        )
        columns, bought = self.consumers.columns, self.bought
        deliveries = {
            c: tables.deliveries(week, offers[c], self.channel_tables[c].channels(offers[c]))
            for c, tables in self.need_tables.items()
        }

        def work(chunk: Ints) -> None:
            clear(chunk, bought)
            for c, delivery in deliveries.items():
                arrive(columns, delivery, memory, self.diaries[c].codes, chunk, bought)
            fade_all(columns, memory, week, chunk, bought)

        self.pool.for_each(work)

    # --- awareness ---------------------------------------------------------------------------

    def exposure(self, week: int, rates: Mapping[str, float]) -> noticing.Exposure:
        """Storefronts that can be noticed; `rates` are exposures times the share of days open."""
        return self.awareness_tables.exposure(week, rates)

    def notice(self, week: int, exposure: noticing.Exposure) -> None:
        """Before shopping: people who browse may notice storefronts."""
        np.copyto(self.before, self.consumers.columns.aware)
        if len(exposure.host):
            columns, before = self.consumers.columns, self.before
            self.pool.for_each(
                lambda chunk: noticing.browse(columns, exposure, week, chunk, self.pool.block_rows, before)
            )

    def learn(self, week: int, exposure: noticing.Exposure, advertising: Mapping[str, float]) -> None:
        """After the goods have arrived: look, learn, forget. Reads last week's awareness of others."""
        columns, before, rows = self.consumers.columns, self.before, self.pool.block_rows
        spread = self.awareness_tables.spread(week, advertising, self._everyone(before))
        links = self.awareness_tables.links(week)

        def work(chunk: Ints) -> None:
            awareness.learn(columns, exposure, spread, links, self.contacts, chunk, rows, before, self.bought)

        self.pool.for_each(work)

    def _everyone(self, aware: U8) -> dict[str, float]:
        """Share of all people who know each firm; needed only when everyone is a contact."""
        if len(self.contacts.kind_keys):
            return {}
        layout, people = self.consumers.layout, self.consumers.strata.people.sum()
        masks = {n: layout.bit(platform=n) for n in layout.platforms} | {
            n: layout.bit(brand=n) for n in layout.brands
        }
        return {name: float(self.people_aware(mask, aware).sum() / people) for name, mask in masks.items()}

    def people_aware(self, mask: int, aware: U8 | None = None) -> npt.NDArray[np.float64]:
        """People by stratum who have all bits of a mask, shape (strata,)."""
        word, start = self.consumers.columns.aware if aware is None else aware, self.consumers.strata.start
        return np.asarray(awareness.count_aware(word, start, np.uint64(mask)) * self.weight)
