"""Team purchase: from offers and platforms to the arrays that the kernels read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import pdtr

from sim import draws, linear
from sim.calendar import DAYS
from sim.consumers import second_pass, teams
from sim.consumers.choice import Channels, Weights
from sim.consumers.population import Layout
from sim.consumers.shopping import Needs, Options, Totals
from sim.scenario.schema import Scenario, Teams
from sim.trade import Offer

f4 = np.float32
Floats = npt.NDArray[np.float64]
MOST_CHANNELS = 64
"""Channels of a category that the codes of leads can tell apart."""
ORDINARY = Teams(size=1, strangers=0.0)
"""Stands for platforms without teams, whose orders always fill."""


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
class Pair:
    """A category sold to teams on a platform; `index` is its row of leads, joiners and marks."""

    category: str
    platform: str
    index: int


class TeamTables:
    """Builds the week's `Invitations`, `Options`, `Boost` and `Rules`.

    Args:
        scenario: the market.
        layout: names behind the indices.
        seed: shock seed.
    """

    def __init__(self, scenario: Scenario, layout: Layout, seed: int) -> None:
        self.layout = layout
        self.seed = seed
        self.teaches_brands = scenario.behaviour.hosted_consideration == "brand"
        self.rules: dict[str, Teams] = {
            name: platform.teams
            for name, platform in scenario.platforms.items()
            if platform.teams is not None
        }
        pairs = [(c, h) for h in self.rules for c in layout.categories]
        self.pairs = [Pair(c, h, q) for q, (c, h) in enumerate(pairs)]

    def of(self, category: str) -> list[Pair]:
        """Pairs of a category."""
        return [pair for pair in self.pairs if pair.category == category]

    def _key(self, week: int, *names: str) -> np.uint64:
        return np.uint64(draws.at_week(draws.stream_key(self.seed, *names), week))

    def invitations(self, week: int, contacts: int, baskets: Mapping[str, Basket]) -> teams.Invitations:
        """Chances and keys of the week's invitations."""
        rules, names = list(self.rules.values()), list(self.rules)
        draws_a_contact = range((contacts + 1) // 2)
        keys = [[self._key(week, "invite", h, str(d)) for d in draws_a_contact] for h in names]
        return teams.Invitations(
            week=week,
            chance=np.array([r.invites for r in rules], np.float32),
            access_gained=np.array([r.access_gained for r in rules], np.float32),
            reconsider=np.array([r.reconsider for r in rules], np.float32),
            contact_keys=np.array(keys, np.uint64).reshape(len(names), len(draws_a_contact)),
            pair_platform=np.array([names.index(p.platform) for p in self.pairs], np.int32),
            pair_keys=np.array(
                [self._key(week, "invited", p.category, p.platform) for p in self.pairs], np.uint64
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
                platform=pair.platform,
                brand=o.brand if self.teaches_brands else None,
                channel=None if o.brand is None else o.channel,
            )
            for o in offers
        ]
        return bits + [0] * (MOST_CHANNELS - len(bits))

    def option(self, basket: Basket, platforms: Sequence[str]) -> teams.Options:
        """The team option of some platforms by diary code (no need and nothing come first)."""
        sold = np.array([o.host in platforms for o in basket.offers])
        worth, hassle = np.zeros((2, 2 + DAYS * len(sold)), f4)
        channel = np.zeros(len(worth), np.int16)
        worth[2:] = np.where(sold[:, None], basket.channels.worth, f4(0.0)).ravel()
        hassle[2:] = np.repeat(basket.channels.hassle, DAYS)
        channel[2:] = np.repeat(np.arange(len(sold)), DAYS)
        return teams.Options(worth, hassle, channel, basket.weights.price)

    def boost(self, category: str) -> second_pass.Boost:
        """What invitations add to utilities in a category."""
        pairs = self.of(category)
        return second_pass.Boost(
            np.array([pair.index for pair in pairs], np.int32),
            np.array([self.layout.platforms.index(p.platform) for p in pairs], np.int32),
            np.array([self.rules[p.platform].social for p in pairs], np.float32),
        )

    def fill_rules(self, week: int, basket: Basket, weight: Floats) -> teams.Rules:
        """How teams fill, given the density of takes; `weight` is people per consumer by stratum."""
        slots = range(len(basket.books.diary))
        keys = [self._key(week, "strangers", basket.category, str(slot)) for slot in slots]
        return teams.Rules(
            size=np.array([self._rule(o).size for o in basket.offers], np.int32),
            short=self.short(basket, linear.product(basket.totals.takes, weight)).astype(np.float32),
            pay_alone=np.array([self._rule(o).pay_alone for o in basket.offers], np.float32),
            stranger_keys=np.array(keys, np.uint64),
        )

    def _rule(self, offer: Offer) -> Teams:
        return self.rules.get(str(offer.host), ORDINARY)

    def short(self, basket: Basket, people: Floats) -> Floats:
        """Chance that at most m strangers come, m = 0 ... largest team - 2, shape (A, 7, at least 1).

        Strangers are Poisson. `people` is how many take the team option by channel and day, shape (A, 7).
        """
        rules = [self._rule(offer) for offer in basket.offers]
        strangers = np.array([rule.strangers for rule in rules])
        density = people / np.array([offer.goods for offer in basket.offers])[:, None]
        full = np.array([rule.full_density for rule in rules])
        mean = strangers[:, None] * np.minimum(1.0, density / full[:, None])
        most = max(max(rule.size for rule in rules) - 1, 1)
        return np.asarray(pdtr(np.arange(most), mean[:, :, None]))
