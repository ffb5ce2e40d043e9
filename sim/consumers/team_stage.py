"""The team stage of a week: runs the kernels in order and brings the results back to sales."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sim import linear
from sim.calendar import DAYS
from sim.consumers import second_pass, teams
from sim.consumers.network import Contacts
from sim.consumers.people import Consumers
from sim.consumers.shopping import Totals, make_totals
from sim.consumers.team_tables import Basket, TeamTables
from sim.consumers.thread_pool import ThreadPool
from sim.scenario.schema import Scenario
from sim.trade import CHANCE_SCALE, TeamSales

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Leads = npt.NDArray[np.int16]
Part = TypeVar("Part")


@dataclass(frozen=True)
class TeamWeek:
    """What happened in the teams of one platform in a week, in people by tier."""

    takes: Floats
    filled: Floats
    refunded: Floats
    invitations: Floats
    joins: Floats
    gained: Floats
    """People who got access to the platform by an invitation."""


class TeamStage:
    """Runs the team stage.

    Args:
        scenario: the market.
        consumers: the population.
        contacts: who listens to whom.
        pool: blocks and threads.
        seed: shock seed.
    """

    def __init__(
        self, scenario: Scenario, consumers: Consumers, contacts: Contacts, pool: ThreadPool, seed: int
    ) -> None:
        self.consumers = consumers
        self.contacts = contacts
        self.pool = pool
        self.weight = consumers.strata.weight
        self.tables = TeamTables(scenario, consumers.layout, seed)
        self.rules = self.tables.rules
        n, q = len(consumers), len(self.tables.pairs)
        self.leads = np.full((q, n), -1, np.int16)
        self.joiners = np.zeros((q, n), np.uint8)
        self.again = np.zeros((q, n), np.uint8)
        self.leading = np.zeros(n if q else 0, np.uint8)
        self.then = np.zeros(n if q else 0, np.uint64)

    # --- the stage ---------------------------------------------------------------------------

    def run(
        self, week: int, baskets: Mapping[str, Basket]
    ) -> tuple[dict[str, TeamSales], dict[str, TeamWeek]]:
        """Invite, reconsider, join, settle. Returns team sales by category, and each platform's week."""
        np.copyto(self.then, self.consumers.columns.aware)
        self.leading[:] = 0
        for basket in baskets.values():
            self._find_leads(basket)
        invitations = self.tables.invitations(week, len(self.contacts.kind_keys), baskets)
        arrived = self._invite(invitations)
        marked = {c: self._marked(c) for c in baskets}
        for basket in baskets.values():
            self._reconsider(basket, marked[basket.category])
        joined: dict[int, Ints] = {}
        sales: dict[str, TeamSales] = {}
        for c, basket in baskets.items():
            rules = self.tables.fill_rules(week, basket, self.weight)
            joined |= self._join(basket, invitations, rules, marked[c])
            sales[c] = self._settle(basket, rules)
        return sales, {h: self._week(h, baskets, arrived, joined) for h in self.rules}

    def _find_leads(self, basket: Basket) -> None:
        columns, codes = self.consumers.columns, basket.books.diary
        for pair in self.tables.of(basket.category):
            option, lead = self.tables.option(basket, [pair.platform]), self.leads[pair.index]

            def work(chunk: Ints, option: teams.Options = option, lead: Leads = lead) -> None:
                teams.find_leads(columns, option, codes, chunk, lead, self.leading)

            self.pool.for_each(work)

    def _invite(self, invitations: teams.Invitations) -> Ints:
        """Send the invitations; returns how many arrived by stratum, for each platform."""
        columns = self.consumers.columns
        parts = self._collect(
            lambda chunk: teams.invite(
                columns, invitations, self.contacts, chunk, self.pool.block_rows, self.leads, self.leading,
                self.again,
            )
        )  # fmt: skip
        return np.asarray(np.sum(parts, axis=0))

    def _marked(self, category: str) -> Ints:
        """Rows of those who reconsider a category, in order."""
        rows = [pair.index for pair in self.tables.of(category)]
        return np.flatnonzero(self.again[rows].any(axis=0))

    def _reconsider(self, basket: Basket, marked: Ints) -> None:
        """Invited people choose again; sums are corrected by the difference."""
        if not len(marked):
            return
        boost, columns = self.tables.boost(basket.category), self.consumers.columns
        then = columns._replace(aware=self.then)

        def work(chunk: Ints) -> tuple[Totals, Totals]:
            undo, redo = self._zero(basket), self._zero(basket)
            second_pass.reconsider(
                columns, then, basket.needs, basket.channels, basket.weights, basket.options, boost,
                self.again, marked, chunk, self.pool.block_rows, basket.books, undo, redo,
            )  # fmt: skip
            return undo, redo

        for undo, redo in self._collect(work):
            for total, less, more in zip(basket.totals, undo, redo, strict=True):
                total += more - less

    def _zero(self, basket: Basket) -> Totals:
        return make_totals(len(basket.offers), len(self.consumers.strata.people))

    def _collect(self, work: Callable[[Ints], Part]) -> list[Part]:
        parts: list[Part] = []
        self.pool.for_each(lambda chunk: parts.append(work(chunk)))
        return parts

    def _join(
        self, basket: Basket, invitations: teams.Invitations, rules: teams.Rules, marked: Ints
    ) -> dict[int, Ints]:
        """Joiners by pair: rows (person, slot, inviter). Teams that fill carry their joiners."""
        columns, codes, joined = self.consumers.columns, basket.books.diary, {}
        for pair in self.tables.of(basket.category):
            q, option = pair.index, self.tables.option(basket, [pair.platform])
            lead, again, joiners = self.leads[q], self.again[q], self.joiners[q]
            teams.drop_left(codes, marked, lead)
            joined[q] = teams.find_joiners(
                columns, option, invitations, self.contacts, q, codes, lead, marked, again, joiners
            )
            teams.rescue(columns, rules, codes, lead, joined[q], joiners, again)
        return joined

    def _settle(self, basket: Basket, rules: teams.Rules) -> TeamSales:
        """Orders with the team option are filled, paid alone or paid back."""
        pairs = {p.platform: p.index for p in self.tables.of(basket.category)}
        settlement = second_pass.Settlement(
            np.array([pairs.get(h, -1) for h in self.consumers.layout.platforms], np.int32),
            self.leads,
            self.joiners,
            self.again,
            np.array([1.0 - o.single_over_team / o.price for o in basket.offers], np.float32),
        )
        most, option = int(rules.size.max()), self.tables.option(basket, list(self.rules))

        def work(chunk: Ints) -> tuple[Totals, Ints]:
            part = self._zero(basket)
            spread = np.zeros((len(self.tables.pairs), most, len(self.consumers.strata.people)), np.int64)
            second_pass.settle(
                self.consumers.columns, basket.needs, basket.channels, basket.weights, basket.options, option,
                rules, settlement, chunk, self.pool.block_rows, basket.books, part, spread,
            )  # fmt: skip
            return part, spread

        parts = self._collect(work)
        for part, _ in parts:
            for total, more in zip(basket.totals, part, strict=True):
                total += more
        return self._team_sales(basket, rules, np.sum([spread for _, spread in parts], axis=0))

    def _team_sales(self, basket: Basket, rules: teams.Rules, spread: Ints) -> TeamSales:
        """Team sales with the expected share of teams that fill: realised joiners, strangers averaged.

        Strangers follow the density of expected takes, if probabilities are added up: realised takes of
        a small channel are lumpy, and days on which no simulated consumer takes would look deserted.
        """
        totals = basket.totals
        people, short = linear.product(spread, self.weight), rules.short.astype(np.float64)
        if basket.options.expected:
            short = self.tables.short(basket, linear.product(totals.team_orders / CHANCE_SCALE, self.weight))
        pairs = {p.platform: p.index for p in self.tables.of(basket.category)}
        fill = np.ones((len(basket.offers), DAYS))
        for j, offer in enumerate(basket.offers):
            if offer.host in pairs and basket.channels.team[j]:
                size = int(rules.size[j])
                shares = people[pairs[offer.host], :size]
                shares = shares / shares.sum() if shares.sum() > 0.0 else np.eye(size)[0]
                missing = size - 1 - np.arange(size)
                chances = [1.0 - short[j, :, m - 1] if m > 0 else np.ones(DAYS) for m in missing]
                fill[j] = linear.product(shares, np.array(chances))
        return TeamSales(
            totals.takes, totals.filled, totals.filled_value, totals.team_orders, totals.team_value, fill,
            rules.pay_alone.astype(np.float64),
        )  # fmt: skip

    def _week(
        self, platform: str, baskets: Mapping[str, Basket], arrived: Ints, joined: Mapping[int, Ints]
    ) -> TeamWeek:
        """The week of one platform in people by tier."""
        takes, filled, refunded, joins = np.zeros((4, len(self.consumers.strata.people)))
        for pair in (p for p in self.tables.pairs if p.platform == platform):
            basket = baskets[pair.category]
            for j, offer in enumerate(basket.offers):
                if offer.host == platform:
                    takes += basket.totals.takes[j].sum(axis=0)
                    filled += basket.totals.filled[j].sum(axis=0)
                    refunded += basket.totals.refunded[j].sum(axis=0)
            rows = joined[pair.index][:, 0]
            joins += np.bincount(
                np.searchsorted(self.consumers.strata.start, rows, side="right") - 1, minlength=len(joins)
            )
        columns, start = self.consumers.columns, self.consumers.strata.start
        mask = np.uint64(self.consumers.layout.bit(platform=platform))
        gained = second_pass.count_gained(self.then, columns.aware, mask, start)
        invited = arrived[list(self.rules).index(platform)]
        return TeamWeek(*(self._by_tier(x) for x in (takes, filled, refunded, invited, joins, gained)))

    def _by_tier(self, consumers: npt.NDArray[Any]) -> Floats:
        people = consumers * self.weight
        return np.asarray(people.reshape(-1, 2).sum(axis=1))
