"""One person's weeks in two scenarios, side by side: needs, choice set, utilities, choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.calendar import Calendar
from sim.consumers.choice import (
    NOTHING,
    Channels,
    ShockKeys,
    channel_shock,
    channel_utility,
    choose,
    nothing_shock,
    outside_utility,
)
from sim.consumers.demand import Record
from sim.consumers.scratch import Scratch, make_scratch
from sim.consumers.shopping import NO_NEED, find_needs, order_sizes, shock_keys
from sim.engine.loop import advance
from sim.engine.runner import Lockstep, nothing
from sim.engine.seeds import Seeds
from sim.engine.start import MarketSettings
from sim.market import Market
from sim.market.phases import Phase
from sim.numeric import NEVER
from sim.outcomes.table import window
from sim.outcomes.volume import NOTHING_ONLINE
from sim.scenario.schema import Scenario
from sim.trade import Offer

OTHER = "scenario"
"""Name of the second scenario beside the first."""


@dataclass(frozen=True)
class Alternative:
    """One channel in the choice set of a need."""

    channel: str
    utility: float
    shock: float
    price: float | None

    @property
    def total(self) -> float:
        """Utility and shock together."""
        return self.utility + self.shock


@dataclass(frozen=True)
class Need:
    """One need of one person and what became of it."""

    week: int
    date: str
    category: str
    order_value: float
    currency: str
    alternatives: tuple[Alternative, ...]
    choice: str
    """Before teams have settled."""
    slot: int
    in_team: bool
    """Whether the choice takes the team option."""
    afterwards: str = ""
    """What changed when teams settled; empty if nothing did."""


@dataclass(frozen=True)
class Story:
    """A person at the end of the weeks, and their needs."""

    person: str
    needs: list[Need]


class Tracer:
    """A phase that writes down one person's needs before they go shopping.

    It calls the kernels of the market on a block of one row, so it shows what they compute.
    """

    def __init__(self, market: Market, person: int) -> None:
        self.row = market.consumers.row_of(person)
        self.stratum = market.consumers.stratum_of(self.row)
        self.needs: list[Need] = []

    def __call__(self, market: Market) -> None:
        """Look at the coming week's needs."""
        for category in market.spec.categories:
            self.needs.extend(self._category(market, category))

    def settled(self, market: Market) -> None:
        """Look again at the week's needs once teams have settled."""
        for k, need in enumerate(self.needs):
            if need.week == market.week:
                code = int(market.demand.diaries[need.category].codes[need.slot, self.row])
                final = NOTHING_ONLINE if code < 0 else market.offers[need.category][code // 7].channel
                self.needs[k] = replace(need, afterwards=aftermath(need, final))

    def _category(self, market: Market, category: str) -> Iterator[Need]:
        offers = market.offers[category]
        ch = market.demand.channel_tables[category].channels(offers)
        tables = market.demand.need_tables[category]
        needs = market.week_needs(category)
        if needs.interested_only and self.stratum % 2 == 0:
            return
        columns, tier = market.consumers.columns, self.stratum // 2
        scratch = make_scratch(1, len(offers), len(ch.similarity))
        codes = np.full(len(market.consumers), NO_NEED, np.int16)
        for slot in range(len(needs.need_keys)):
            if find_needs(columns, needs, slot, self.row, self.row + 1, tier, scratch, codes) == 0:
                continue
            order_sizes(columns, needs, tables.weights, slot, tier, 1, scratch)
            outside_utility(columns, needs.category, tables.weights, 1, scratch)
            for j in range(len(offers)):
                channel_utility(columns, ch, tables.weights, j, tier, 1, scratch)
            keys = shock_keys(needs, slot)
            # A number that comes back from a kernel is a plain int; the draws need 64 bits.
            keys = keys._replace(nothing=np.uint64(keys.nothing))
            yield self._need(market, category, ch, keys, scratch, slot)

    def _need(
        self, market: Market, category: str, ch: Channels, keys: ShockKeys, s: Scratch, slot: int
    ) -> Need:
        choose(ch, keys, 1, s)
        choice, day = int(s.choice[0]), int(s.day[0])
        offers = market.offers[category]
        found = [self._nothing(keys, s), *self._alternatives(offers, ch, keys, s, day)]
        return Need(
            market.week, str(market.calendar.days(market.week)[day]), category, float(s.order[0]),
            market.spec.currency.name,
            tuple(sorted(found, key=lambda a: -a.total)),
            NOTHING_ONLINE if choice == NOTHING else offers[choice].channel, slot,
            choice != NOTHING and bool(s.alpha[0] * ch.worth[choice, day] > ch.hassle[choice]),
        )  # fmt: skip

    def _nothing(self, keys: ShockKeys, s: Scratch) -> Alternative:
        nothing_shock(keys.nothing, 1, s)
        utility = float(s.outside[0])
        return Alternative(NOTHING_ONLINE, utility, float(s.best[0]) - utility, None)

    def _alternatives(
        self, offers: Sequence[Offer], ch: Channels, keys: ShockKeys, s: Scratch, day: int
    ) -> Iterator[Alternative]:
        """Channels in the choice set, with the shock that `choose` used."""
        for j, offer in enumerate(offers):
            if s.utility[j, 0] > NEVER / 2:
                channel_shock(ch, keys.channels[j], j, 1, s)
                yield Alternative(
                    offer.channel, float(s.utility[j, 0]), float(s.shock[0]), float(offer.price[day])
                )


def aftermath(need: Need, final: str) -> str:
    """What happened to a choice when teams settled, in words."""
    if final == need.choice:
        return ""
    if final == NOTHING_ONLINE and need.in_team:
        return "the team did not fill: money back"
    return f"invited by a contact: {final}"


class Question(NamedTuple):
    """Which weeks of which population."""

    first: int
    last: int
    consumers: int | None
    seeds: Seeds

    @property
    def settings(self) -> MarketSettings:
        """What markets are run with: realised choices suffice."""
        return MarketSettings(self.seeds, self.consumers, Record(expected=False, core=False))


def weeks_of(scenarios: tuple[Scenario, Scenario], written: str) -> tuple[int, int]:
    """Weeks as written ("46-52"), else those in which the storefronts of the scenarios differ.

    Raises:
        ValueError: if they are not weeks of the horizon.
    """
    if not written:
        return window(*scenarios)
    last = Calendar(scenarios[0].time.start, scenarios[0].time.end).weeks - 1
    parts = written.split("-")
    if len(parts) != 2 or not all(part.isdigit() for part in parts):
        raise ValueError(f"--weeks {written}: expected two weeks such as 46-52")
    begin, end = (int(part) for part in parts)
    if not 0 <= begin <= end <= last:
        raise ValueError(f"--weeks {written}: weeks run from 0 to {last}")
    return begin, end


def first_changed(scenarios: tuple[Scenario, Scenario], question: Question) -> int:
    """Lowest identity of those who choose differently in the first week in which anybody does.

    Raises:
        ValueError: if nobody does.
    """
    with Lockstep(scenarios[0], {OTHER: scenarios[1]}, question.settings, nothing) as pair:
        for week in pair.weeks(question.last + 1):
            base, other = pair.base, pair.branches[OTHER].market
            differs = np.zeros(len(base.consumers), bool)
            for category in base.spec.categories:
                differs |= (channels_chosen(base, category) != channels_chosen(other, category)).any(axis=0)
            if week >= question.first and differs.any():
                return int(base.consumers.columns.id[differs].min())
    raise ValueError("nobody chooses differently in these weeks: name a --consumer, or take more --consumers")


def channels_chosen(market: Market, category: str) -> npt.NDArray[np.str_]:
    """Names of what everybody chose last week ("" without a need), shape (slots, consumers)."""
    names = np.array([*(offer.channel for offer in market.offers[category]), NOTHING_ONLINE, ""])
    codes = market.demand.diaries[category].codes.astype(np.int64)
    return names[np.where(codes >= 0, codes // 7, np.where(codes == NOTHING, -2, -1))]


def trace(scenario: Scenario, person: int, question: Question) -> Story:
    """Needs of one person in the weeks of the question.

    Raises:
        KeyError: if there is no such person.
    """
    with question.settings.open(scenario) as market:
        tracer = Tracer(market, person)
        market.phases = market.phases.insert_after("people notice storefronts", Phase("trace", tracer))
        market.phases = market.phases.insert_after("teams settle", Phase("trace teams", tracer.settled))
        advance(market, question.last + 1)
        needs = sorted((n for n in tracer.needs if n.week >= question.first), key=lambda n: n.date)
        return Story(str(market.consumers[person]), needs)


def tell(names: tuple[str, str], needs: tuple[list[Need], list[Need]]) -> Iterator[str]:
    """Lines that put the two lists side by side; the same needs occur in both."""
    if not needs[0]:
        yield "no needs in these weeks"
    for a, b in zip(*needs, strict=True):
        order = f"an order of {a.order_value:,.0f} {a.currency} at reference price"
        yield f"week {a.week}, {a.date}, {a.category}: {order}"
        same = (a.choice, a.afterwards) == (b.choice, b.afterwards)
        mark = "same choice" if same else "CHOOSES DIFFERENTLY"
        yield f"  {names[0]}: {told(a)};  {names[1]}: {told(b)}  ({mark})"
        first, second = ({alt.channel: alt for alt in need.alternatives} for need in (a, b))
        for channel in dict.fromkeys([*first, *second]):
            yield f"    {channel:<24}" + "   ".join(_cell(side.get(channel)) for side in (first, second))


def told(need: Need) -> str:
    """The choice and what became of it."""
    team = " in a team" if need.in_team else ""
    return f"{need.choice}{team}" + (f" ({need.afterwards})" if need.afterwards else "")


def _cell(alternative: Alternative | None) -> str:
    if alternative is None:
        return f"{'not considered':^44}"
    a, price = alternative, "" if alternative.price is None else f"price {alternative.price:.2f}"
    return f"{price:<10}  V {a.utility:6.2f} + shock {a.shock:6.2f} = {a.total:6.2f}"
