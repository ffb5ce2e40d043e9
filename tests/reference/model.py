"""The market of `ReferenceConsumer`s: what everybody shares, and the order of the week."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log1p, sqrt

import mesa

from sim.calendar import DAYS, Calendar
from sim.consumers import steady
from sim.consumers.population import assign_strata, people_by_stratum, sample_shares
from sim.firms.platform import Platform
from sim.firms.storefront import Storefront
from sim.scenario import schema
from sim.scenario.schema import Scenario
from sim.scenario.values import at_date, on_date
from sim.trade import Offer
from tests.reference.choice import Deal
from tests.reference.consumer import ReferenceConsumer
from tests.reference.draws import Draws
from tests.reference.network import Group
from tests.reference.teams import Settled, settle_teams


class ReferenceMarket(mesa.Model):
    """One market under one scenario and one pair of seeds, one agent a consumer.

    Args:
        scenario: the scenario.
        world_seed: seed of the population and its contacts.
        shock_seed: seed of everything that happens in a week.
        consumers: number of consumers; the scenario's by default.
    """

    def __init__(
        self, scenario: Scenario, *, world_seed: int = 1, shock_seed: int = 1, consumers: int | None = None
    ) -> None:
        super().__init__(rng=shock_seed)
        self.spec = scenario
        self.calendar = Calendar(scenario.time.start, scenario.time.end)
        self.week = -scenario.time.warm_up_weeks
        self.world, self.shock = Draws(world_seed), Draws(shock_seed)
        self.firms: dict[str, schema.Platform | schema.Brand] = {**scenario.platforms, **scenario.brands}
        self.similarity = {name: firm.similarity for name, firm in self.firms.items()}
        self.own_sites = {name: s for name, s in scenario.storefronts.items() if s.host is None}
        self.steady = {name: steady.solve(brand.awareness) for name, brand in scenario.brands.items()}
        self.advertising = dict(self._advertising_plans())
        self.advertising_stock = dict.fromkeys(self.advertising, 0.0)
        self.settled = Settled({}, {}, {}, 0)
        self.deals: dict[str, list[Deal]] = {}
        self.visible: dict[str, schema.Storefront] = {}
        self.share_open: dict[str, float] = {}
        self._aware: dict[str, float] = {}
        self._intercepts: dict[tuple[str, str, str], float] = {}
        self._compare_tiers()
        self._count_shoppers()
        self._open_firms()
        self._populate(scenario.population.consumers if consumers is None else consumers)

    def close(self) -> None:
        """Free Mesa 3.3's reference that would keep the model alive for ever."""
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    # --- what everybody shares -------------------------------------------------------------------

    def _compare_tiers(self) -> None:
        """Income and spend of the tiers relative to the mean shopper's."""
        tiers = self.spec.tiers
        shoppers = sum(t.shoppers for t in tiers.values())
        income = sum(t.shoppers * t.income for t in tiers.values()) / shoppers
        spend = sum(t.shoppers * t.spend_per_shopper for t in tiers.values()) / shoppers
        self.relative_income = {name: t.income / income for name, t in tiers.items()}
        # Spend differs by tier half in the number of needs and half in the value of orders.
        self.spend_scale = {name: sqrt(t.spend_per_shopper / spend) for name, t in tiers.items()}

    def _count_shoppers(self) -> None:
        """Share of the final shoppers who are online by each week; nobody goes offline again."""
        shoppers = self.spec.population.online_shoppers
        final, most = at_date(shoppers, self.calendar.end), 0.0
        self.online_share = []
        for week in range(self.calendar.weeks):
            most = max(most, at_date(shoppers, self.calendar.monday(week)))
            self.online_share.append(min(most / final, 1.0))

    def week_of_going_online(self, u: float) -> int:
        """First week in which a share `u` of the final shoppers is online."""
        reached = (week for week, share in enumerate(self.online_share) if share >= u)
        return next(reached, self.calendar.weeks)

    def _advertising_plans(self) -> Iterator[tuple[str, schema.Advertising]]:
        """Brands advertise themselves, platforms the access to them."""
        for name, platform in self.spec.platforms.items():
            yield name, platform.access.advertising
        for name, brand in self.spec.brands.items():
            yield name, brand.advertising

    def _open_firms(self) -> None:
        spec, tiers = self.spec, tuple(self.spec.tiers)
        taxes = {name: category.import_tax for name, category in spec.categories.items()}
        events = list(spec.events.values())
        self.platforms = {n: Platform(self, n, p, events, taxes, tiers) for n, p in spec.platforms.items()}
        self.storefronts = {
            n: Storefront(self, n, s, spec.brands[s.owner], events, self._host(s), taxes, tiers)
            for n, s in spec.storefronts.items()
        }
        self.sellers: list[Platform | Storefront] = [*self.platforms.values(), *self.storefronts.values()]

    def _host(self, store: schema.Storefront) -> Platform | None:
        return None if store.host is None else self.platforms[store.host]

    def _populate(self, size: int) -> None:
        """Consumers in the order of tier and interest; which identity belongs where is given."""
        people = people_by_stratum(self.spec)
        identities, start = assign_strata(sample_shares(self.spec, people), size)
        self.groups: list[Group] = []
        for tier in self.spec.tiers:
            pair = [Group(tier, keen, float(people[len(self.groups) + keen])) for keen in (False, True)]
            pair[0].sibling, pair[1].sibling = pair[1], pair[0]
            self.groups += pair
        for s, group in enumerate(self.groups):
            for identity in identities[start[s] : start[s + 1]].tolist():
                group.members.append(ReferenceConsumer(self, identity, group))
        self.consumers = [person for group in self.groups for person in group.members]

    @staticmethod
    def in_tier(value: schema.ByTier, tier: str) -> float:
        """A number for all tiers, or the one of this tier."""
        return float(value[tier] if isinstance(value, dict) else value)

    def intercept(self, channel: str, category: str, tier: str) -> float:
        """Utility of a channel: solved, or that of another channel plus appeal."""
        if (channel, category, tier) not in self._intercepts:
            value = self.in_tier(self.spec.intercepts.get(channel, {}).get(category, 0.0), tier)
            store = self.spec.storefronts.get(channel)
            if store is not None:
                value += store.appeal
                if store.appeal_from is not None:
                    value += self.intercept(store.appeal_from, category, tier)
            self._intercepts[channel, category, tier] = value
        return self._intercepts[channel, category, tier]

    # --- needs -----------------------------------------------------------------------------------

    def need_chance(self, category: str, tier: str) -> float:
        """Chance that a slot holds a need, for mean means within the tier."""
        spec = self.spec.categories[category]
        return spec.needs_per_week / spec.slots_per_week * self.spend_scale[tier] * self.season

    def day_of_need(self, category: str, u: float) -> int:
        """Day of the week: days of festivals carry more needs."""
        traffic = self.traffic[category]
        reached = 0.0
        for day in range(DAYS - 1):
            reached += traffic[day] / sum(traffic)
            if u < reached:
                return day
        return DAYS - 1

    def _read_calendar(self) -> None:
        """Season of the week, and weights of its days by category."""
        days, spec = self.calendar.days(self.week), self.spec
        month = sum(spec.season.months.get(day.month, 1.0) for day in days) / DAYS
        self.season = month * (1.0 + spec.season.growth_per_year) ** (self.week / 52.0)
        self.traffic = {category: [1.0] * DAYS for category in spec.categories}
        for event in spec.events.values():
            for category in event.categories or spec.categories:
                for d, day in enumerate(days):
                    if any(window.from_ <= day <= window.to for window in event.days.values()):
                        self.traffic[category][d] = max(self.traffic[category][d], event.traffic)

    # --- the week --------------------------------------------------------------------------------

    def step(self) -> None:
        """One week (before the first one, the warm-up)."""
        self.warm_up()
        self.make_deals()
        self.advertise()
        self.notice_storefronts()
        self._everyone("shop")
        self.settled = settle_teams(self)
        self._everyone("receive")
        self.awareness_spreads()
        self.week += 1

    def warm_up(self) -> None:
        """Habits and stocks settle before the first week; awareness stays as it starts, teams always fill."""
        while self.week < 0:
            self.make_deals()
            self._everyone("shop")
            self._everyone("receive")
            self.week += 1

    def _everyone(self, action: str) -> None:
        self.agents_by_type[ReferenceConsumer].do(action)

    def make_deals(self) -> None:
        """Firms set prices."""
        self._read_calendar()
        self.deals = {category: [] for category in self.spec.categories}
        for seller in self.sellers:
            for offer in seller.offers(self.calendar, self.week):
                deal = Deal.of(offer, self._quantity(offer), tuple(self.spec.tiers))
                self.deals[offer.category].append(deal)

    def _quantity(self, offer: Offer) -> list[float]:
        """Order size relative to normal by day: (list / price)^eta e^(s depth / reference depth)."""
        category, reference = self.spec.categories[offer.category], self.spec.behaviour.reference_depth
        sizes = []
        for price, list_price, depth in zip(offer.price, offer.list_price, offer.depth, strict=True):
            cheaper = float(list_price / price) ** category.quantity_elasticity
            sizes.append(cheaper * exp(category.festival_stock_up * float(depth) / reference))
        return sizes

    def advertise(self) -> None:
        """Advertising stock: AD <- d AD + spend, with the spend that holds on the week's last day."""
        for name, plan in self.advertising.items():
            spend = on_date(plan.spend, self.calendar.days(self.week)[-1], 0.0)
            self.advertising_stock[name] = plan.carry_over * self.advertising_stock[name] + spend

    def advertising_hazard(self, firm: str) -> float:
        """Weekly hazard k ln(1 + AD / x0)."""
        plan = self.advertising[firm]
        return plan.effect * log1p(self.advertising_stock[firm] / plan.scale)

    def notice_storefronts(self) -> None:
        """People who browse notice the storefronts that are open this week."""
        self._everyone("remember")
        self.visible, self.share_open = {}, {}
        for name, store in self.spec.storefronts.items():
            days = int(self.storefronts[name].open_days(self.calendar, self.week).sum())
            if store.host is not None and days > 0:
                self.visible[name], self.share_open[name] = store, days / DAYS
        self._everyone("browse")

    def awareness_spreads(self) -> None:
        """People learn and forget; they hear from others what these knew last week."""
        self._aware = {}
        self._everyone("learn")

    def share_of_people_aware(self, firm: str) -> float:
        """Share of all people who knew the firm before this week's news."""
        if firm not in self._aware:
            aware = sum(
                g.weight * sum(firm in person.knew.firms for person in g.members) for g in self.groups
            )
            self._aware[firm] = aware / sum(group.people for group in self.groups)
        return self._aware[firm]
