"""A marketplace: its own merchants' offers, festivals, teams, price cuts, fees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import mesa
import numpy as np

from sim.calendar import DAYS, Calendar
from sim.firms.advertising import AdvertisingStock
from sim.firms.contract import tax_share
from sim.firms.merchants import MerchantGroup, assortment_factor
from sim.firms.prices import Floats, festival, in_week
from sim.firms.reactions import Watcher
from sim.firms.subsidy import SubsidyProgramme
from sim.ledger import CONSUMERS, SERVICES, STATE, SUPPLIERS, Ledger
from sim.scenario import schema
from sim.scenario.schema import Event
from sim.scenario.values import by_tier, drifted, on_date
from sim.trade import ChannelSales, Offer


class Platform(mesa.Agent):
    """One platform.

    Args:
        model: the market.
        name: its key in the scenario.
        spec: what the scenario says about it.
        events: festivals.
        taxes: import tax by category.
        tiers: names of the tiers.
    """

    def __init__(
        self, model: mesa.Model, name: str, spec: schema.Platform, events: list[Event],
        taxes: dict[str, float], tiers: tuple[str, ...],
    ) -> None:  # fmt: skip
        super().__init__(model)
        self.name = name
        self.spec = spec
        self.events = events
        self.taxes = taxes
        self.delivery_days = {c: by_tier(a.delivery_days, tiers) for c, a in spec.assortments.items()}
        self.advertising = AdvertisingStock(spec.access.advertising)
        self.merchant_groups: dict[str, MerchantGroup] = {}
        """Its merchants by category, as far as they react."""
        self.programmes: list[SubsidyProgramme] = []
        self.watchers: list[Watcher] = []
        self.price_factor = dict.fromkeys(spec.assortments, 1.0)
        """Price index by category relative to the scenario's; moved by a price competition."""
        self.implied_cost: dict[str, float] = {}
        """Cost by category at which the scenario's prices are an equilibrium, in index points."""
        self.team_belief = 1.0 if spec.teams is None else spec.teams.belief
        """Share of teams that people believe to fill."""
        self.gmv = 0.0
        """What consumers paid its own merchants last week, in money."""

    @property
    def merchants(self) -> str:
        """Party in the books that stands for the platform's own merchants."""
        return f"merchants on {self.name}"

    def owner(self, calendar: Calendar, week: int) -> str | None:
        """Platform that owns this one in a week; none if it belongs to nobody else."""
        owner: dict[date, str] | str | None = self.spec.owner
        if isinstance(owner, dict):
            return on_date(owner, calendar.monday(week), "") or None
        return owner

    # --- offers --------------------------------------------------------------------------------

    def offers(self, calendar: Calendar, week: int) -> Iterator[Offer]:
        """Offers of the platform's own merchants in a week, one a category."""
        events = in_week(self.events, calendar, week)
        appeal = drifted(self.spec.appeal, calendar.monday(week))
        for category, assortment in self.spec.assortments.items():
            depth, pull = festival(events, self.name, category, calendar, week)
            list_price = np.full(DAYS, assortment.price * self.price_factor[category])
            price, subsidy = self.subsidised(list_price * (1.0 - depth), calendar, week, category)
            yield Offer(
                channel=self.name, category=category, host=self.name, brand=None,
                goods=assortment.goods * self.assortment_factor(category),
                foreign=assortment.foreign, open=np.ones(DAYS, bool), list_price=list_price, price=price,
                depth=depth, pull=pull, delivery_days=self.delivery_days[category], subsidy=subsidy,
                appeal=appeal,
                **self.team_terms(price, assortment.team_discount),
            )  # fmt: skip

    def assortment_factor(self, category: str) -> float:
        """Products on offer relative to the scenario's."""
        return assortment_factor(self.merchant_groups, category)

    def subsidised(
        self, price: Floats, calendar: Calendar, week: int, category: str, *, hosted: bool = False
    ) -> tuple[Floats, Floats]:
        """Price after what the platform adds out of its own pocket, and that part of it, by day.

        Programmes do not add, the deepest counts; a reaction comes on top, for its own merchants only.
        """
        programmes = self._programme_cut(calendar, week, category, hosted)
        after = price * (1.0 - programmes) * (1.0 - self._reaction_cut(week, category, hosted))
        return after, price - after

    def _programme_cut(self, calendar: Calendar, week: int, category: str, hosted: bool) -> Floats:
        """Deepest cut of the programmes that apply, by day, shape (7,)."""
        cut = np.zeros(DAYS)
        for programme in self._programmes(hosted):
            cut = np.maximum(cut, programme.cut(calendar, week, category))
        return cut

    def _programmes(self, hosted: bool) -> list[SubsidyProgramme]:
        """Programmes for its own merchants, or for the storefronts it hosts."""
        return [p for p in self.programmes if p.spec.storefronts or not hosted]

    def _reaction_cut(self, week: int, category: str, hosted: bool) -> float:
        """Deepest price cut by which it reacts."""
        return 0.0 if hosted else max((w.depth("cut", category, week) for w in self.watchers), default=0.0)

    def team_terms(self, price: Floats, discount: float) -> dict[str, Any]:
        """Team option of an offer on this platform, as keywords of `Offer`."""
        teams = self.spec.teams
        if teams is None or discount == 0.0:
            return {}
        return {
            "team_price": price * (1.0 - discount),
            "team_belief": self.team_belief,
            "team_hassle": teams.hassle,
        }

    def learn_team_success(self, filled: float, takes: float) -> None:
        """People believe in teams as they see them fill."""
        if self.spec.teams is not None and takes > 0.0:
            gain = self.spec.teams.belief_gain
            self.team_belief = (1.0 - gain) * self.team_belief + gain * filled / takes

    def exclusivity(self, calendar: Calendar, week: int) -> float:
        """Share of its merchants who may not list elsewhere: as written, or as a reaction binds them."""
        written = on_date(self.spec.exclusivity, calendar.monday(week), 0.0)
        return max([written, *(w.depth("exclusivity", "", week) for w in self.watchers)])

    # --- books ---------------------------------------------------------------------------------

    def settle(self, ledger: Ledger, calendar: Calendar, week: int, sold: list[ChannelSales]) -> None:
        """Book the week's sales of the platform's own merchants."""
        fees = self.spec.fees
        self.gmv = float(sum(s.total_gmv for s in sold))
        for s in sold:
            tax = tax_share(self.taxes[s.offer.category])
            ledger.post(week, CONSUMERS, self.merchants, "sales", s.gmv)
            ledger.post(week, self.merchants, STATE, "import tax", tax * s.gmv)
            ledger.post(week, self.merchants, self.name, "commission and advertising", fees.take_rate * s.gmv)
            ledger.post(week, self.merchants, SUPPLIERS, "goods", (1.0 - fees.merchant_margin) * s.value)
            ledger.post(
                week, self.name, self.merchants, "discount support", self.spec.discounts_paid * s.discount
            )
            ledger.post(week, self.name, SERVICES, "service", fees.service_cost * s.orders)
            self.pay_subsidy(ledger, calendar, week, self.merchants, s)

    def pay_subsidy(
        self, ledger: Ledger, calendar: Calendar, week: int, seller: str, sold: ChannelSales
    ) -> None:
        """Pay for the price cuts. The deepest programme of the week is charged, no budget for reactions."""
        category, hosted = sold.offer.category, sold.offer.channel != self.name
        if seller != self.name:
            ledger.post(week, self.name, seller, "subsidy", sold.subsidy)
        cuts = {p: float(p.cut(calendar, week, category).sum()) for p in self._programmes(hosted)}
        deepest = max(cuts, key=lambda p: cuts[p], default=None)
        if deepest is not None and cuts[deepest] > 0.0:
            mean, reaction = cuts[deepest] / DAYS, self._reaction_cut(week, category, hosted)
            share = mean / (mean + (1.0 - mean) * reaction)
            deepest.spend(week, share * float(sold.subsidy.sum()))

    def state(self) -> dict[str, Any]:
        """Everything that changes, but for merchants, programmes and watchers, which keep their own."""
        return {
            "advertising": self.advertising.state(),
            "prices": dict(self.price_factor),
            "costs": dict(self.implied_cost),
            "belief": self.team_belief,
            "gmv": self.gmv,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.advertising.restore(state["advertising"])
        self.price_factor.update({c: f for c, f in state["prices"].items() if c in self.price_factor})
        self.implied_cost = dict(state["costs"])
        self.team_belief, self.gmv = state["belief"], state["gmv"]
