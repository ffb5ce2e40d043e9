"""The team stage of a week: from offers and platforms to the arrays of the kernels, and back to sales."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.stats import poisson

from sim import draws
from sim.calendar import DAYS
from sim.consumers import second_pass, teams
from sim.consumers.choice import Channels, Weights
from sim.consumers.crew import Crew
from sim.consumers.network import Contacts
from sim.consumers.population import Consumers, Layout
from sim.consumers.shopping import Needs, Options, Totals, make_totals
from sim.scenario.schema import Scenario, Teams
from sim.trade import Offer, TeamSales

f4 = np.float32
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Leads = npt.NDArray[np.int16]
Part = TypeVar("Part")
MOST_CHANNELS = 64
"""Channels of a category that the codes of leads can tell apart."""


@dataclass(frozen=True)
class Basket:
    """One category in one week: tables, diary and sums."""

    category: str
    offers: tuple[Offer, ...]
    channels: Channels
    needs: Needs
    weights: Weights
    options: Options
    books: second_pass.Books
    totals: Totals


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


class Pair:
    """A category sold to teams on a platform."""

    def __init__(self, category: str, platform: str, index: int) -> None:
        self.category = category
        self.platform = platform
        self.index = index
        """Row of leads, joiners and marks."""


class TeamStage:
    """Runs the team stage.

    Args:
        scenario: the market.
        consumers: the population.
        contacts: who listens to whom.
        crew: blocks and threads.
        seed: shock seed.
    """

    def __init__(
        self, scenario: Scenario, consumers: Consumers, contacts: Contacts, crew: Crew, seed: int
    ) -> None:
        self.consumers = consumers
        self.layout: Layout = consumers.layout
        self.contacts = contacts
        self.crew = crew
        self.seed = seed
        self.rules: dict[str, Teams] = {
            name: platform.teams
            for name, platform in scenario.platforms.items()
            if platform.teams is not None
        }
        pairs = [(c, h) for h in self.rules for c in self.layout.categories]
        self.pairs = [Pair(c, h, q) for q, (c, h) in enumerate(pairs)]
        n, q = len(consumers), len(self.pairs)
        self.leads = np.full((q, n), -1, np.int16)
        self.joiners = np.zeros((q, n), np.uint8)
        self.again = np.zeros((q, n), np.uint8)
        self.then = np.zeros(n if q else 0, np.uint64)

    def _keys(self, week: int, *names: str) -> np.uint64:
        return np.uint64(draws.at_week(draws.stream_key(self.seed, *names), week))

    def _of(self, category: str) -> list[Pair]:
        return [pair for pair in self.pairs if pair.category == category]

    # --- the stage ---------------------------------------------------------------------------

    def run(
        self, week: int, baskets: Mapping[str, Basket]
    ) -> tuple[dict[str, TeamSales], dict[str, TeamWeek]]:
        """Invite, reconsider, join, settle. Returns team sales by category, and each platform's week."""
        np.copyto(self.then, self.consumers.columns.aware)
        for basket in baskets.values():
            self._find_leads(basket)
        invitations = self._invitations(week, baskets)
        arrived = self._invite(invitations)
        joined: dict[int, Ints] = {}
        sales: dict[str, TeamSales] = {}
        for basket in baskets.values():
            self._reconsider(basket)
        for basket in baskets.values():
            rules = self._rules(week, basket)
            joined |= self._join(basket, invitations, rules)
            sales[basket.category] = self._settle(basket, rules)
        return sales, {h: self._week(h, baskets, arrived, joined) for h in self.rules}

    def _find_leads(self, basket: Basket) -> None:
        columns, codes = self.consumers.columns, basket.books.diary
        for pair in self._of(basket.category):
            platform, lead = self.layout.platforms.index(pair.platform), self.leads[pair.index]

            def work(chunk: Ints, platform: int = platform, lead: Leads = lead) -> None:
                teams.find_leads(columns, basket.channels, basket.weights, platform, codes, chunk, lead)

            self.crew.each(work)

    def _invitations(self, week: int, baskets: Mapping[str, Basket]) -> teams.Invitations:
        """Chances and keys of the week's invitations."""
        rules, names = list(self.rules.values()), list(self.rules)
        draws_a_contact = range((len(self.contacts.kind_keys) + 1) // 2)
        keys = [[self._keys(week, "invite", h, str(d)) for d in draws_a_contact] for h in names]
        return teams.Invitations(
            week=week,
            chance=np.array([r.invites for r in rules], np.float32),
            access_gained=np.array([r.access_gained for r in rules], np.float32),
            reconsider=np.array([r.reconsider for r in rules], np.float32),
            contact_keys=np.array(keys, np.uint64).reshape(len(names), len(draws_a_contact)),
            pair_platform=np.array([names.index(p.platform) for p in self.pairs], np.int32),
            pair_keys=np.array(
                [self._keys(week, "invited", p.category, p.platform) for p in self.pairs], np.uint64
            ),
            grant=np.array([self._grants(p, baskets[p.category].offers) for p in self.pairs], np.uint64),
        )

    def _grants(self, pair: Pair, offers: Sequence[Offer]) -> list[int]:
        """Awareness bits that an invitation to each channel gives, filled up to `MOST_CHANNELS`."""
        if len(offers) > MOST_CHANNELS:
            raise ValueError(
                f"{len(offers)} channels sell {pair.category}: at most {MOST_CHANNELS} with teams"
            )
        bits = [
            self.layout.bit(
                platform=pair.platform, brand=o.brand, channel=None if o.brand is None else o.channel
            )
            for o in offers
        ]
        return bits + [0] * (MOST_CHANNELS - len(bits))

    def _invite(self, invitations: teams.Invitations) -> Ints:
        """Send the invitations; returns how many arrived by stratum, for each platform."""
        columns, parts = self.consumers.columns, []
        self.crew.each(
            lambda chunk: parts.append(
                teams.invite(
                    columns, invitations, self.contacts, chunk, self.crew.widest, self.leads, self.again
                )
            )
        )
        return np.asarray(np.sum(parts, axis=0))

    def _reconsider(self, basket: Basket) -> None:
        """Invited people choose again; sums are corrected by the difference."""
        pairs = self._of(basket.category)
        rows = [pair.index for pair in pairs]
        if not self.again[rows].any():
            return
        boost = second_pass.Boost(
            np.array(rows, np.int32),
            np.array([self.layout.platforms.index(p.platform) for p in pairs], np.int32),
            np.array([self.rules[p.platform].social for p in pairs], np.float32),
        )
        columns = self.consumers.columns
        then = columns._replace(aware=self.then)

        def work(chunk: Ints) -> tuple[Totals, Totals]:
            undo, redo = self._zero(basket), self._zero(basket)
            second_pass.reconsider(
                columns, then, basket.needs, basket.channels, basket.weights, basket.options, boost,
                self.again, chunk, self.crew.widest, basket.books, undo, redo,
            )  # fmt: skip
            return undo, redo

        for undo, redo in self._collect(work):
            for total, less, more in zip(basket.totals, undo, redo, strict=True):
                total += more - less

    def _zero(self, basket: Basket) -> Totals:
        return make_totals(len(basket.offers), len(self.consumers.strata.people))

    def _collect(self, work: Callable[[Ints], Part]) -> list[Part]:
        parts: list[Part] = []
        self.crew.each(lambda chunk: parts.append(work(chunk)))
        return parts

    def _rules(self, week: int, basket: Basket) -> teams.Rules:
        """How teams fill, given the density of takes."""
        codes, columns = basket.books.diary, self.consumers.columns

        def work(chunk: Ints) -> Totals:
            part = self._zero(basket)
            second_pass.count_takes(columns, basket.channels, basket.weights, chunk, codes, part)
            return part

        for part in self._collect(work):
            basket.totals.takes[...] += part.takes
        keys = [self._keys(week, "strangers", basket.category, str(slot)) for slot in range(len(codes))]
        return teams.Rules(
            size=np.array([self._rule(o).size for o in basket.offers], np.int32),
            short=self._short(basket).astype(np.float32),
            pay_alone=np.array([self._rule(o).pay_alone for o in basket.offers], np.float32),
            stranger_keys=np.array(keys, np.uint64),
        )

    def _rule(self, offer: Offer) -> Teams:
        return self.rules.get(str(offer.host), ORDINARY)

    def _short(self, basket: Basket) -> Floats:
        """Chance that at most m strangers come, m = 0 ... largest team - 2, shape (A, 7, at least 1)."""
        most = max(max(self._rule(o).size for o in basket.offers) - 1, 1)
        people = basket.totals.takes @ self.consumers.strata.weight
        out = np.zeros((len(basket.offers), DAYS, most))
        for j, offer in enumerate(basket.offers):
            rule = self._rule(offer)
            density = people[j] / offer.goods
            mean = rule.strangers * np.minimum(1.0, density / rule.full_density)
            out[j] = poisson.cdf(np.arange(most), mean[:, None])
        return out

    def _join(self, basket: Basket, invitations: teams.Invitations, rules: teams.Rules) -> dict[int, Ints]:
        """Joiners by pair: rows (person, slot, inviter). Teams that fill carry their joiners."""
        columns, codes, joined = self.consumers.columns, basket.books.diary, {}
        for pair in self._of(basket.category):
            q, platform = pair.index, self.layout.platforms.index(pair.platform)
            lead, again, joiners = self.leads[q], self.again[q], self.joiners[q]
            self._drop_left(codes, lead)
            joined[q] = teams.find_joiners(
                columns, basket.channels, basket.weights, invitations, self.contacts, platform, q, codes,
                lead, again, joiners,
            )  # fmt: skip
            teams.rescue(columns, rules, codes, lead, joined[q], joiners, again)
        return joined

    def _drop_left(self, codes: Leads, lead: Leads) -> None:
        self.crew.each(lambda chunk: teams.drop_left(codes, chunk, lead))

    def _settle(self, basket: Basket, rules: teams.Rules) -> TeamSales:
        """Orders with the team option are filled, paid alone or paid back."""
        pairs = {p.platform: p.index for p in self._of(basket.category)}
        settlement = second_pass.Settlement(
            np.array([pairs.get(h, -1) for h in self.layout.platforms], np.int32),
            self.leads,
            self.joiners,
            self.again,
            np.array([1.0 - o.single_over_team / o.price for o in basket.offers], np.float32),
        )
        most = int(rules.size.max())

        def work(chunk: Ints) -> tuple[Totals, Ints]:
            part = self._zero(basket)
            spread = np.zeros((len(self.pairs), most, len(self.consumers.strata.people)), np.int64)
            second_pass.settle(
                self.consumers.columns, basket.needs, basket.channels, basket.weights, basket.options, rules,
                settlement, chunk, self.crew.widest, basket.books, part, spread,
            )  # fmt: skip
            return part, spread

        parts = self._collect(work)
        for part, _ in parts:
            for total, more in zip(basket.totals, part, strict=True):
                total += more
        return self._team_sales(basket, rules, np.sum([spread for _, spread in parts], axis=0))

    def _team_sales(self, basket: Basket, rules: teams.Rules, spread: Ints) -> TeamSales:
        """Team sales with the expected share of teams that fill: the realised joiners, strangers averaged."""
        totals = basket.totals
        people = spread @ self.consumers.strata.weight
        pairs = {p.platform: p.index for p in self._of(basket.category)}
        fill = np.ones((len(basket.offers), DAYS))
        for j, offer in enumerate(basket.offers):
            if offer.host in pairs and basket.channels.team[j]:
                size = int(rules.size[j])
                shares = people[pairs[offer.host], :size]
                shares = shares / shares.sum() if shares.sum() > 0.0 else np.eye(size)[0]
                missing = size - 1 - np.arange(size)
                chances = [1.0 - rules.short[j, :, m - 1] if m > 0 else np.ones(DAYS) for m in missing]
                fill[j] = shares @ np.array(chances)
        return TeamSales(
            totals.takes, totals.filled, totals.filled_value, totals.team_orders, totals.team_value, fill,
            rules.pay_alone.astype(np.float64),
        )  # fmt: skip

    def _week(
        self, platform: str, baskets: Mapping[str, Basket], arrived: Ints, joined: Mapping[int, Ints]
    ) -> TeamWeek:
        """The week of one platform in people by tier."""
        takes, filled, refunded, joins = np.zeros((4, len(self.consumers.strata.people)))
        for pair in (p for p in self.pairs if p.platform == platform):
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
        mask = np.uint64(self.layout.bit(platform=platform))
        gained = second_pass.count_gained(self.then, columns.aware, mask, start)
        invited = arrived[list(self.rules).index(platform)]
        return TeamWeek(*(self._by_tier(x) for x in (takes, filled, refunded, invited, joins, gained)))

    def _by_tier(self, consumers: npt.NDArray[Any]) -> Floats:
        people = consumers * self.consumers.strata.weight
        return np.asarray(people.reshape(-1, 2).sum(axis=1))


ORDINARY = Teams(size=1, strangers=0.0)
"""Stands for platforms without teams, whose orders always fill."""
