"""One person: traits, states, and what happens to them in a week."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, NamedTuple

import mesa

from sim.consumers.population import LONG_AGO
from sim.scenario.schema import Brand, Storefront
from tests.reference.choice import Best, Deal, Occasion, choose, takes_team
from tests.reference.draws import address, normal, uniform
from tests.reference.network import Group, share_aware

if TYPE_CHECKING:
    from tests.reference.model import ReferenceMarket
    from tests.reference.teams import Take

TASTE_STEP = 1.0 / 2048.0
"""Persistent tastes are rounded to this many utils, to fit into 16 bits in the fast model."""


@dataclass
class Knowledge:
    """Platforms with access and brands known; sites and storefronts known."""

    firms: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)

    def copy(self) -> Knowledge:
        """The same knowledge, kept apart."""
        return Knowledge(set(self.firms), set(self.channels))


class Entry(NamedTuple):
    """A line in the week's diary; no deal means that nothing was bought online."""

    best: Best
    deal: Deal | None
    day: int
    payment: float
    in_team: bool = False
    """Bought in a team; until teams have settled the payment is that of the single price."""


class Traits:
    """Persistent draws of one person under the world seed."""

    def __init__(self, market: ReferenceMarket, person: int) -> None:
        self.draws = market.world
        self.person = person

    def normal(self, *names: str) -> float:
        """Standard normal of a named trait."""
        return normal(self.draws.pair(self.person, 0, "trait", *names)[0])

    def uniform(self, *names: str) -> float:
        """Uniform of a named trait."""
        return self.draws.uniform(self.person, 0, "trait", *names)

    def lognormal(self, spread: float, *names: str) -> float:
        """Lognormal with mean one."""
        return exp(spread * self.normal(*names) - spread**2 / 2.0)


class ReferenceConsumer(mesa.Agent):
    """One person.

    Args:
        model: the market.
        identity: number that addresses the person's draws.
        group: tier and interest.
    """

    def __init__(self, model: ReferenceMarket, identity: int, group: Group) -> None:
        super().__init__(model)
        self.identity = identity
        self.address = address(identity)
        self.group = group
        self.tier = group.tier
        self.rank = len(group.members)
        self.contacts: list[ReferenceConsumer] | None = None
        traits = Traits(model, self.address)
        self._draw_traits(traits)
        self._start_states()
        self._start_knowledge(traits)

    def _draw_traits(self, traits: Traits) -> None:
        population, spec = self.model.spec.population, self.model.spec
        self.online_from = self.model.week_of_going_online(traits.uniform("online"))
        z = traits.normal("income")
        exponent = population.price_income_exponent
        self.means = exp(population.income_spread * z / 2.0 - population.income_spread**2 / 4.0)
        self.price_multiplier = (
            self.model.relative_income[self.tier] ** exponent
            * exp(exponent * population.income_spread * z)
            * traits.lognormal(population.price_spread, "price")
        )
        shift = spec.tiers[self.tier].foreign_affinity
        self.affinity = shift + population.affinity_spread * traits.normal("foreign")
        dislike = traits.lognormal(population.delivery_spread, "delivery")
        self.delivery_dislike = population.delivery_dislike * dislike
        self.taste = {
            name: round(firm.taste_spread * traits.normal("taste", name) / TASTE_STEP) * TASTE_STEP
            for name, firm in self.model.firms.items()
        }

    def _start_states(self) -> None:
        spec = self.model.spec
        self.habit = dict.fromkeys(spec.platforms, 0.0)
        self.loyalty = dict.fromkeys(spec.brands, 0.0)
        self.trust = {name: firm.trust for name, firm in self.model.firms.items()}
        self.stock = dict.fromkeys(spec.categories, 0.0)
        self.last_order: dict[str, int | None] = dict.fromkeys(self.model.firms)
        self.diary: dict[tuple[str, int], Entry | None] = {}
        self.bought_from: set[str] = set()
        """Firms and channels of this week's purchases."""
        self.seen: set[str] = set()
        """Channels noticed this week."""
        self.fresh: set[str] = set()
        """Brands that a storefront has taught and that were not met again since."""
        self.teams: dict[tuple[str, str], Take] = {}
        """Teams that the person opened this week, by category and platform."""
        self.invitations: dict[tuple[str, str], list[Take]] = {}
        """Teams of contacts who invited the person this week, in the order of contacts."""
        self.reconsiders: dict[str, set[str]] = {}
        """By category: platforms for whose sake she thinks again about this week's needs."""

    def _start_knowledge(self, traits: Traits) -> None:
        spec, self.knows = self.model.spec, Knowledge()
        for name, platform in spec.platforms.items():
            if traits.uniform("access", name) < self.model.in_tier(platform.access.initial, self.tier):
                self.knows.firms.add(name)
        for name, brand in spec.brands.items():
            if traits.uniform("brand", name) < brand.awareness.initial:
                self.knows.firms.add(name)
                bought_before = self.online_from == 0 and traits.uniform("loyal", name) < brand.loyal
                self.loyalty[name] = float(bought_before)
                if bought_before:
                    self.last_order[name] = LONG_AGO
        for name, site in self.model.own_sites.items():
            steady = self.model.steady[site.owner]
            chance = steady.site_if_known if site.owner in self.knows.firms else steady.site_if_unknown
            if traits.uniform("site", name) < chance:
                self.knows.channels.add(name)
        self.knew = self.knows.copy()

    def _uniform(self, *names: str) -> float:
        """This week's uniform draw of a named stream."""
        return self.model.shock.uniform(self.address, self.model.week, *names)

    @property
    def is_online(self) -> bool:
        """Does the person shop online yet? Those who do at the start did so before it as well."""
        return self.online_from <= max(self.model.week, 0)

    # --- people notice storefronts ---------------------------------------------------------------

    def browse(self) -> None:
        """Before shopping: a visit to a platform may show its storefronts."""
        for name, store in self.model.visible.items():
            browsing = self.model.spec.platforms[store.host].browsing
            visits = store.host in self.knows.firms and self._uniform("browse", store.host) < browsing
            if visits and self.is_online:
                self._look(name, store)

    def look_where_bought(self) -> None:
        """Who buys at a platform visits it: the same look (the same draw) as when browsing."""
        for name, store in self.model.visible.items():
            if store.host in self.bought_from:
                self._look(name, store)

    def _look(self, name: str, store: Storefront) -> None:
        """See the storefront: 1 - exp(-exposure x days open / 7 x (1 + boost if known last week))."""
        boost = 1.0 + (store.known_brand_boost if store.owner in self.knew.firms else 0.0)
        if self._uniform("see", name) < 1.0 - exp(-store.exposure * self.model.share_open[name] * boost):
            self.knows.channels.add(name)
            self.seen.add(name)
            word = self.model.shock.pair(self.address, self.model.week, "see", name)[1]
            if uniform(word) <= self.model.spec.brands[store.owner].awareness.learning_by_seeing:
                self._is_taught(store.owner)

    def _is_taught(self, brand: str) -> None:
        """Learn a brand at a storefront: fresh if it was not known last week, firm if it was."""
        self.knows.firms.add(brand)
        if brand in self.knew.firms:
            self.fresh.discard(brand)
        else:
            self.fresh.add(brand)

    # --- people shop -----------------------------------------------------------------------------

    def shop(self) -> None:
        """Decide on every occasion of the week; states do not change while shopping."""
        self.teams, self.invitations, self.reconsiders = {}, {}, {}
        self.diary = {}
        for category in self.model.spec.categories:
            self.decide(category)

    def decide(self, category: str) -> None:
        """Decide on every occasion of a category; asked again, only what changed can change the choice."""
        for slot in range(self.model.spec.categories[category].slots_per_week):
            self.diary[category, slot] = self._decide(category, slot)

    def _decide(self, name: str, slot: int) -> Entry | None:
        """Nothing needed (None), or what was chosen."""
        market, category = self.model, self.model.spec.categories[name]
        if (category.buyers == "interested" and not self.group.interested) or not self.is_online:
            return None
        need, moment = market.shock.pair(self.address, market.week, "need", name, str(slot))
        if uniform(need) >= market.need_chance(name, self.tier) * self.means:
            return None
        size_bits = market.shock.pair(self.address, market.week, "size", name, str(slot))[0]
        log_size = category.order_spread * normal(size_bits)
        occasion = Occasion(name, slot, market.day_of_need(name, uniform(moment)), log_size)
        best = choose(self, market.deals[name], occasion)
        if best.position < 0:
            return Entry(best, None, occasion.day, 0.0)
        deal = market.deals[name][best.position]
        mean = category.order_value * market.spend_scale[self.tier] * self.means
        order = mean * exp(log_size - category.order_spread**2 / 2.0)
        payment = order * deal.quantity[occasion.day] * deal.price[occasion.day]
        return Entry(best, deal, occasion.day, payment, takes_team(self, deal, occasion.day))

    # --- goods arrive ----------------------------------------------------------------------------

    def receive(self) -> None:
        """Stock, loyalty and trust follow every purchase; then habit and stock fade by a week."""
        self.bought_from = set()
        for (category, slot), entry in self.diary.items():
            if entry is not None and entry.deal is not None:
                self._take_delivery(category, slot, entry.deal, entry.day)
        self._use_stock()
        keep = self.model.spec.behaviour.habit_retention
        for platform, habit in self.habit.items():
            self.habit[platform] = keep * habit + (1.0 - keep) * (platform in self.bought_from)
        for firm in self.last_order:
            if firm in self.bought_from:
                self.last_order[firm] = self.model.week

    def _use_stock(self) -> None:
        """A week of use leaves the shelf."""
        for category, weeks in self.stock.items():
            self.stock[category] = max(weeks - 1.0, 0.0)

    def _take_delivery(self, name: str, slot: int, deal: Deal, day: int) -> None:
        category = self.model.spec.categories[name]
        self.bought_from |= {x for x in (deal.host, deal.brand) if x is not None}
        if deal.brand is not None:
            self.bought_from.add(deal.channel)
        kept = 1.0 + category.storable_share * (deal.quantity[day] - 1.0)
        appetite = self.model.spend_scale[self.tier] * self.means
        self.stock[name] += category.weeks_per_order * kept / appetite
        if category.seller_loyalty:
            keep = self.model.spec.behaviour.loyalty_retention
            for brand, loyalty in self.loyalty.items():
                self.loyalty[brand] = keep * loyalty + (1.0 - keep) * (brand == deal.brand)
        if category.authenticity_weight > 0.0:
            self._experience(name, slot, deal)

    def _experience(self, category: str, slot: int, deal: Deal) -> None:
        """Authentic or not; host and brand are credited by their shares."""
        seller = deal.host if deal.brand is None else deal.brand
        chance = self.model.firms[seller].authenticity
        outcome = float(self._uniform("authentic", category, str(slot)) < chance)
        gain, share = self.model.spec.behaviour.trust_gain, deal.host_trust_weight
        if deal.host is not None:
            self.trust[deal.host] += gain * share * (outcome - self.trust[deal.host])
        if deal.brand is not None:
            self.trust[deal.brand] += gain * (1.0 - share) * (outcome - self.trust[deal.brand])

    # --- awareness spreads -----------------------------------------------------------------------

    def remember(self) -> None:
        """What the person knew last week: what others hear, and what this week's chances depend on."""
        self.knew = self.knows.copy()

    def learn(self) -> None:
        """Look, learn, forget."""
        spec = self.model.spec
        self.look_where_bought()
        for name, brand in spec.brands.items():
            hazard = self.model.steady[name].hazard + self.model.advertising_hazard(name)
            kept = self._keeps_brand(name)
            if name in self.bought_from and name in self.knew.firms:
                self.fresh.discard(name)
            forgetting = brand.awareness.forgetting
            if name in self.fresh and brand.awareness.fresh_forgetting is not None:
                forgetting = brand.awareness.fresh_forgetting
            self._hear(name, hazard, brand.awareness.word_of_mouth, forgetting, kept)
            self.fresh &= self.knows.firms
        for name, platform in spec.platforms.items():
            hazard = platform.access.hazard + self.model.advertising_hazard(name)
            self._hear(name, hazard, platform.access.word_of_mouth, 0.0, True)
        for name, store in spec.storefronts.items():
            self._find_or_forget(name, store, spec.brands[store.owner])
            if store.host is not None and name in self.bought_from:
                word = self.model.shock.pair(self.address, self.model.week, "buy", name)[1]
                if uniform(word) <= spec.brands[store.owner].awareness.learning_by_buying:
                    self._is_taught(store.owner)
        self._follow_links()
        self.seen = set()

    def _keeps_brand(self, brand: str) -> bool:
        """Who bought the brand or noticed one of its storefronts this week does not forget it."""
        stores = self.model.spec.storefronts
        return brand in self.bought_from or any(stores[name].owner == brand for name in self.seen)

    def _is_hit(self, firm: str, hazard: float, word_of_mouth: float) -> bool:
        """Reached by advertising or by word of mouth."""
        heard = word_of_mouth * share_aware(self.model, self, firm) if word_of_mouth > 0.0 else 0.0
        return self._uniform("hit", firm) < 1.0 - exp(-(hazard + heard))

    def _hear(self, firm: str, hazard: float, word_of_mouth: float, forgetting: float, kept: bool) -> None:
        if firm not in self.knew.firms:
            if self._is_hit(firm, hazard, word_of_mouth):
                self.knows.firms.add(firm)
        elif not kept and self._uniform("forget", firm) < forgetting:
            self.knows.firms.discard(firm)
            if self._is_hit(firm, hazard, word_of_mouth):
                self.knows.firms.add(firm)

    def _find_or_forget(self, name: str, store: Storefront, brand: Brand) -> None:
        """Own sites are found by those who know the brand; channels not seen or used are forgotten."""
        discovery = self.model.steady[store.owner].discovery if store.host is None else 0.0
        if store.owner in self.knew.firms and self._uniform("find", name) < discovery:
            self.knows.channels.add(name)
        elif name not in self.knew.channels or name in self.bought_from | self.seen:
            return
        elif self._uniform("forget channel", name) < brand.awareness.channel_forgetting:
            self.knows.channels.discard(name)

    def _follow_links(self) -> None:
        """Data clause: buyers at a storefront may learn of the brand's own sites with such goods."""
        for name, store in self.model.spec.storefronts.items():
            if store.host is None or name not in self.bought_from:
                continue
            for site, other in self.model.own_sites.items():
                if other.owner == store.owner and set(other.goods) & set(store.goods):
                    bits = self.model.shock.pair(self.address, self.model.week, "link", name, site)
                    if uniform(bits[1]) < store.contract.site_link:
                        self.knows.channels.add(site)
