"""The supply side of a market: opens the firms of a scenario and runs their part of the week."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import mesa
import numpy as np

from sim.calendar import Calendar
from sim.firms import plugins
from sim.firms.brand import Brand
from sim.firms.merchants import MerchantGroup, cap, places
from sim.firms.observation import Observation, ObservedChannel, ObservedHost
from sim.firms.platform import Platform
from sim.firms.policies import decide
from sim.firms.reactions import Rivalry, Situation, Watcher
from sim.firms.storefront import Storefront
from sim.firms.subsidy import SubsidyProgramme
from sim.ledger import Ledger
from sim.scenario.schema import Act, Scenario
from sim.trade import ChannelSales, Offer

ADJUST_EVERY = 4
"""Weeks between two looks of merchants at their profits."""


class Stateful(Protocol):
    """A firm that keeps something from week to week and can give it as plain values."""

    def state(self) -> dict[str, Any]:
        """Everything that changes."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""


class Supply:
    """All firms of a market.

    Args:
        model: the market.
        spec: the scenario.
        calendar: weeks and dates.
        tiers: names of the tiers.
    """

    def __init__(self, model: mesa.Model, spec: Scenario, calendar: Calendar, tiers: tuple[str, ...]) -> None:
        _find_plug_ins(spec)
        self.spec = spec
        self.calendar = calendar
        events = list(spec.events.values())
        taxes = {name: category.import_tax for name, category in spec.categories.items()}
        self.platforms = {n: Platform(model, n, p, events, taxes, tiers) for n, p in spec.platforms.items()}
        self.brands = {n: Brand(model, n, b) for n, b in spec.brands.items()}
        self.storefronts = {
            n: Storefront(
                model, n, s, spec.brands[s.owner], events, self.platforms.get(str(s.host)), taxes, tiers
            )
            for n, s in spec.storefronts.items()
        }
        self.merchants = list(self._open_merchants(model))
        self.programmes = {n: SubsidyProgramme(model, n, s) for n, s in spec.subsidies.items()}
        for programme in self.programmes.values():
            self.platforms[programme.spec.platform].programmes.append(programme)
        self.watchers = {n: Watcher(model, n, r) for n, r in spec.reactions.items()}
        for watcher in self.watchers.values():
            self.platforms[watcher.spec.platform].watchers.append(watcher)
        self.acts: list[tuple[int, str, Act]] = []
        """Everything that policies have done: week, policy, act."""
        self.history: list[dict[tuple[str, str], tuple[float, float]]] = []
        """Sales and value at reference price by channel and category, for each recorded week."""

    def _open_merchants(self, model: mesa.Model) -> Iterator[MerchantGroup]:
        for place in places(self.spec):
            cost = self.spec.listing_costs[place.channel][place.category]
            group = MerchantGroup(model, *place, listing_cost=cost)
            home = self.platforms.get(place.channel) or self.storefronts[place.channel]
            home.merchant_groups[place.category] = group
            yield group

    # --- decisions -------------------------------------------------------------------------------

    def decide(self, week: int, yearly_buyers: Mapping[str, float]) -> None:
        """Brands decide by their policies; platforms look at them and may react."""
        for name, policy in self.spec.policies.items():
            brand, store = self.brands[policy.brand], self.spec.storefronts[policy.storefront]
            observation = self.observation(policy.brand, week, yearly_buyers)
            for act in decide(policy, store, observation, brand.spec.return_elsewhere):
                self.do(act)
                self.acts.append((week, name, act))
        for watcher in self.watchers.values():
            watcher.look(self.situation(watcher, week))

    def do(self, act: Act) -> None:
        """Carry out a decision."""
        store = self.storefronts[str(act.storefront)]
        if act.do in ("enter", "extend", "switch"):
            self._refuse_broken_contracts(str(act.switch_to if act.do == "switch" else act.storefront), act)
        if act.advertising is not None:
            self.brands[store.spec.owner].advertising.spending = act.advertising
        if act.do == "switch":
            store.act(act.model_copy(update={"do": "exit"}))
            self.storefronts[str(act.switch_to)].act(act.model_copy(update={"do": "enter"}))
        else:
            store.act(act)

    def _refuse_broken_contracts(self, name: str, act: Act) -> None:
        """An exclusive contract allows no storefront of the brand on another host.

        Raises:
            ValueError: if the act would break one.
        """
        new = self.storefronts[name]
        week = self.calendar.week_of(act.on)
        for other in self.storefronts.values():
            apart = other.spec.owner != new.spec.owner or other.host in (None, new.host) or new.host is None
            left = act.do == "switch" and other.name == act.storefront
            exclusive = new.spec.contract.exclusive or other.spec.contract.exclusive
            if exclusive and not (apart or left) and other.open_days(self.calendar, week).any():
                raise ValueError(
                    f"{act.on}: {name} cannot be open together with {other.name}: a contract is exclusive"
                )

    def observation(self, brand: str, week: int, yearly_buyers: Mapping[str, float]) -> Observation:
        """What a brand sees on the Monday of a week."""
        own = self.brands[brand]
        sites = {
            n: self._observed_channel(s, week) for n, s in self.storefronts.items() if s.spec.owner == brand
        }
        hosts = {
            n: ObservedHost(n, yearly_buyers.get(n, 0.0), self._sales_of_host(n)) for n in self.platforms
        }
        return Observation(
            week, self.calendar.monday(week), brand, sites, tuple(own.buyers), own.new_customers,
            tuple(own.spending), hosts, self.spec.finance.discount_rate,
        )  # fmt: skip

    def _observed_channel(self, store: Storefront, week: int) -> ObservedChannel:
        days = store.open_days(self.calendar, week)
        plan = store.plan
        offers = store.offers(self.calendar, week)
        return ObservedChannel(
            store.name, store.spec.host, None if plan.closed else plan.first,
            None if plan.closed else plan.last, bool(days[0]), tuple(store.sales), tuple(store.orders),
            tuple(store.contribution), tuple(store.open_weeks),
            {o.category: float(o.list_price[0]) for o in offers},
        )  # fmt: skip

    def _sales_of_host(self, host: str) -> tuple[float, ...]:
        """Sales a week on a platform, its own merchants' and hosted ones."""
        names = {host, *(n for n, s in self.storefronts.items() if s.spec.host == host)}
        return tuple(
            sum(money for (channel, _), (money, _) in week.items() if channel in names)
            for week in self.history
        )

    def situation(self, watcher: Watcher, week: int) -> Situation:
        """What a platform sees of the brand it watches."""
        spec = watcher.spec
        rivals = [
            s for s in self.storefronts.values()
            if s.spec.owner == spec.brand and s.host is not None and s.host.name != spec.platform
        ]  # fmt: skip
        weeks = self.history[-spec.every :]
        rivalries = [
            self._rivalry(spec.platform, category, rivals, weeks)
            for category in self.platforms[spec.platform].spec.assortments
        ]
        return Situation(week, self.calendar.monday(week), spec.platform, spec.brand, tuple(rivalries))

    def _rivalry(
        self, platform: str, category: str, rivals: Iterable[Storefront],
        weeks: Sequence[Mapping[tuple[str, str], tuple[float, float]]],
    ) -> Rivalry:  # fmt: skip
        names = {s.name for s in rivals}
        total = sum(money for w in weeks for (_, c), (money, _) in w.items() if c == category)
        theirs = sum(money for w in weeks for (n, c), (money, _) in w.items() if c == category and n in names)
        last = weeks[-1] if weeks else {}
        return Rivalry(
            category, theirs / total if total > 0.0 else 0.0, mean_price(last, category, {platform}),
            mean_price(last, category, names),
        )  # fmt: skip

    # --- the week --------------------------------------------------------------------------------

    def list_merchants(self, week: int) -> None:
        """Merchants come and go, every four weeks."""
        if week <= 0 or week % ADJUST_EVERY:
            return
        bound = {n: p.exclusivity(self.calendar, week) for n, p in self.platforms.items()}
        active = {(g.channel, g.category): g.active for g in self.merchants}
        for group in self.merchants:
            rivals = [
                (bound.get(channel, 0.0), share)
                for (channel, category), share in active.items()
                if category == group.category and channel != group.channel
            ]
            group.adjust(cap(rivals))

    def offers(self, week: int) -> dict[str, list[Offer]]:
        """Offers of all channels by category, in the order of the scenario."""
        offers: dict[str, list[Offer]] = {category: [] for category in self.spec.categories}
        firms: list[Platform | Storefront] = [*self.platforms.values(), *self.storefronts.values()]
        for firm in firms:
            for offer in firm.offers(self.calendar, week):
                offers[offer.category].append(offer)
        return offers

    def advertise(self, ledger: Ledger, week: int) -> None:
        """Brands and platforms advertise."""
        for brand in self.brands.values():
            brand.advertise(ledger, self.calendar, week)
        for platform in self.platforms.values():
            platform.advertising.spend(ledger, platform.name, self.calendar, week)

    def hazards(self) -> dict[str, float]:
        """Weekly hazard of learning a brand or platform from its advertising."""
        brands = {n: brand.advertising.hazard for n, brand in self.brands.items()}
        return brands | {n: platform.advertising.hazard for n, platform in self.platforms.items()}

    def exposures(self, week: int) -> dict[str, float]:
        """How strongly a visit shows each hosted storefront, exposure times the share of open days.

        "Choose one of two" meets storefronts too: on a host that binds a share x of its merchants, a brand
        that is open on another host as well loses this share of its exposure.
        """
        hosted = {n: s for n, s in self.storefronts.items() if s.host is not None}
        share_open = {n: float(s.open_days(self.calendar, week).mean()) for n, s in hosted.items()}
        return {
            n: s.plan.exposure * share_open[n] * (1.0 - self._held_against(s, hosted, share_open, week))
            for n, s in hosted.items()
        }

    def _held_against(
        self, store: Storefront, hosted: Mapping[str, Storefront], share_open: Mapping[str, float], week: int
    ) -> float:
        """Share of exposure that a storefront loses because its brand is also open elsewhere."""
        elsewhere = any(
            share_open[n] > 0.0 and s.spec.owner == store.spec.owner and s.host is not store.host
            for n, s in hosted.items()
        )
        host = store.host
        return host.exclusivity(self.calendar, week) if host is not None and elsewhere else 0.0

    def settle(self, ledger: Ledger, week: int, sales: Iterable[ChannelSales], season: float) -> None:
        """Book a week's sales; `season` is the normal level of needs of the week."""
        sold: dict[str, list[ChannelSales]] = {}
        for s in sales:
            sold.setdefault(s.offer.channel, []).append(s)
        for platform in self.platforms.values():
            platform.settle(ledger, self.calendar, week, sold.get(platform.name, []))
        for store in self.storefronts.values():
            store.settle(ledger, self.calendar, week, sold.get(store.name, []))
        self.history.append(
            {
                (s.offer.channel, s.offer.category): (s.total_gmv, float(s.value.sum()))
                for rows in sold.values()
                for s in rows
            }
        )
        received = {
            (s.offer.channel, s.offer.category): s.total_gmv + float(s.subsidy.sum())
            for rows in sold.values()
            for s in rows
            if s.offer.open.any()
        }
        for group in self.merchants:
            # Nobody looks at a marketplace that is closed: its merchants wait as they are.
            if (group.channel, group.category) in received:
                group.observe(received[group.channel, group.category], season)

    def stateful_firms(self) -> Iterator[tuple[str, Stateful]]:
        """Yield all that keep something from week to week, each with a unique name: kind and key."""
        groups: dict[str, Mapping[str, Stateful]] = {
            "platform": self.platforms, "brand": self.brands, "storefront": self.storefronts,
            "merchants": {g.name: g for g in self.merchants},
            "subsidy": self.programmes, "reaction": self.watchers,
        }  # fmt: skip
        for kind, group in groups.items():
            yield from ((f"{kind} {name}", one) for name, one in group.items())


def _find_plug_ins(spec: Scenario) -> None:
    """Look for all registered rules that a scenario names before anything is simulated.

    Raises:
        LookupError: if one is not registered.
    """
    moves = [("sim.policies", p.plugin) for p in spec.policies.values() if p.rule == "plugin"]
    moves += [("sim.reactions", r.plugin) for r in spec.reactions.values() if r.rule == "plugin"]
    for group, name in moves:
        plugins.find(group, str(name))


def mean_price(
    sales: Mapping[tuple[str, str], tuple[float, float]], category: str, channels: set[str]
) -> float:
    """Mean price paid in some channels, money per money at reference price; NaN if they sold nothing."""
    own = [pair for (channel, c), pair in sales.items() if c == category and channel in channels]
    value = sum(v for _, v in own)
    return sum(money for money, _ in own) / value if value > 0.0 else float(np.nan)
