"""Who the consumers are: strata, traits from the world seed, state columns, weights.

A consumer is a row of columns. Rows are ordered by stratum (tier and interest), so that a block of
rows shares its tier; a person's identity is the column `id`, and all draws are addressed by it, so
the order of rows means nothing. Which stratum a consumer belongs to follows from the identity alone
(golden-ratio sequence): adding a consumer changes nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws, numeric
from sim.calendar import Calendar
from sim.consumers.steady import solve
from sim.kernel import kernel
from sim.scenario.schema import Scenario
from sim.scenario.values import at_date, by_tier

f4 = np.float32
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GOLDEN_RATIO = 0.6180339887498949
TASTE_STEP = 1.0 / 2048.0
"""Persistent tastes are kept in 16 bits, in steps of this many utils (range +-16)."""
NEVER_ORDERED = -32768
LONG_AGO = -32767
"""Week of the last order of customers whom a brand had before the model begins."""
ALREADY_ONLINE = -32768
PLATFORM_BIT, BRAND_BIT, CHANNEL_BIT, SEEN_BIT = 0, 16, 24, 44
"""First bit of platforms (16), brands (8), channels (20) and channels seen this week (20)."""


class Columns(NamedTuple):
    """State and traits of N consumers; F counts platforms then brands, H platforms, C categories.

    `aware` holds the consideration set as bits: platform access, brand known, channel known, and
    channel seen this week.
    """

    id: npt.NDArray[np.int32]
    online_from: npt.NDArray[np.int16]  # week of going online
    means: npt.NDArray[np.float32]  # square root of relative income within the tier
    price: npt.NDArray[np.float32]  # multiplier of the price coefficient
    affinity: npt.NDArray[np.float32]  # taste for foreign sellers, util
    delivery: npt.NDArray[np.float32]  # dislike of a delivery day, util
    taste: npt.NDArray[np.int16]  # (F, N), steps of TASTE_STEP
    habit: npt.NDArray[np.float32]  # (H, N)
    loyalty: npt.NDArray[np.float32]  # (F - H, N)
    trust: npt.NDArray[np.float32]  # (F, N)
    stock: npt.NDArray[np.float32]  # (C, N), weeks of use
    last_order: npt.NDArray[np.int16]  # (F, N), week of the last purchase
    aware: npt.NDArray[np.uint64]
    fresh: npt.NDArray[np.uint8]  # (F - H, N), 1 = a storefront taught the brand and it was not met again


@dataclass(frozen=True)
class Layout:
    """Names behind the indices of columns, in the order of declaration."""

    tiers: tuple[str, ...]
    categories: tuple[str, ...]
    platforms: tuple[str, ...]
    brands: tuple[str, ...]
    channels: tuple[str, ...]
    """Sites and storefronts of brands (platforms' own assortments need no awareness bit)."""

    @staticmethod
    def of(scenario: Scenario) -> Layout:
        """Layout of a scenario."""
        return Layout(
            tuple(scenario.tiers), tuple(scenario.categories), tuple(scenario.platforms),
            tuple(scenario.brands), tuple(scenario.storefronts),
        )  # fmt: skip

    @property
    def firms(self) -> tuple[str, ...]:
        """Platforms, then brands: the order of tastes, trust and nests."""
        return self.platforms + self.brands

    def bit(
        self, *, platform: str | None = None, brand: str | None = None, channel: str | None = None
    ) -> int:
        """Mask of the awareness bits of the given names."""
        mask = 0
        if platform is not None:
            mask |= 1 << (PLATFORM_BIT + self.platforms.index(platform))
        if brand is not None:
            mask |= 1 << (BRAND_BIT + self.brands.index(brand))
        if channel is not None:
            mask |= 1 << (CHANNEL_BIT + self.channels.index(channel))
        return mask


@dataclass(frozen=True)
class Strata:
    """Groups of consumers by tier and interest; stratum = 2 tier + interested.

    `start` has shape (strata + 1,): rows of stratum s are ``start[s]:start[s + 1]``. `people` is how
    many people a stratum stands for, `weight` how many a consumer in it stands for.
    """

    start: Ints
    people: Floats

    @property
    def count(self) -> Ints:
        """Consumers by stratum."""
        return np.diff(self.start)

    @property
    def weight(self) -> Floats:
        """People per consumer by stratum."""
        return self.people / np.maximum(self.count, 1)

    @property
    def tier(self) -> Ints:
        """Tier index by stratum."""
        return np.arange(len(self.people)) // 2


def people_by_stratum(scenario: Scenario) -> Floats:
    """People at the end of the horizon by stratum, shape (2 tiers,)."""
    population = scenario.population
    total = at_date(population.online_shoppers, scenario.time.end) * population.people_per_shopper
    shoppers = np.array([tier.shoppers for tier in scenario.tiers.values()])
    interested = np.array([tier.interested for tier in scenario.tiers.values()])
    everyone = total * shoppers / shoppers.sum()
    keen = total * population.interested * interested / interested.sum()
    if (keen > everyone).any():
        raise ValueError("more interested people than people in a tier: lower population.interested")
    return np.stack([everyone - keen, keen], axis=1).ravel()


def sample_shares(scenario: Scenario, people: Floats) -> Floats:
    """Share of simulated consumers by stratum: import shoppers are over-sampled, shape (strata,)."""
    groups = people.reshape(-1, 2)
    keen = scenario.population.interested_sample if groups[:, 1].sum() > 0 else 0.0
    shares = groups / np.maximum(groups.sum(axis=0), 1e-300) * np.array([1.0 - keen, keen])
    return shares.ravel() / shares.sum()


def assign_strata(shares: Floats, consumers: int) -> tuple[npt.NDArray[np.int32], Ints]:
    """Identities ordered by stratum, and the first row of each stratum.

    Identity i falls where frac((i + 1) / golden ratio) falls among the cumulative shares: an even
    sequence, so that every population size comes close to the shares.
    """
    place = ((np.arange(consumers) + 1) * GOLDEN_RATIO) % 1.0
    stratum = np.searchsorted(np.cumsum(shares)[:-1], place, side="right")
    order = np.argsort(stratum, kind="stable").astype(np.int32)
    start = np.concatenate([[0], np.cumsum(np.bincount(stratum, minlength=len(shares)))])
    return order, start.astype(np.int64)


def blocks(strata: Strata, size: int) -> Ints:
    """Blocks of rows that do not cross strata: rows (first, last + 1, stratum), shape (blocks, 3)."""
    out = [
        (first, min(first + size, int(stop)), s)
        for s, (begin, stop) in enumerate(zip(strata.start[:-1], strata.start[1:], strict=True))
        for first in range(int(begin), int(stop), size)
    ]
    return np.array(out, dtype=np.int64).reshape(-1, 3)


@kernel
def _lognormal(z: npt.NDArray[np.float32], spread: float, mean_one: bool) -> npt.NDArray[np.float32]:
    """exp(spread z), optionally scaled to mean one; bit-identical on every machine."""
    out = np.empty(z.shape[0], np.float32)
    shift = f4(0.5 * spread * spread) if mean_one else f4(0.0)
    for k in range(z.shape[0]):
        out[k] = numeric.exp(f4(spread) * z[k] - shift)
    return out


class Traits:
    """Draws of persistent traits, addressed by identity under the world seed."""

    def __init__(self, seed: int, ids: npt.NDArray[np.int32]) -> None:
        self.seed = seed
        self.ids = ids.astype(np.int64)

    def normal(self, *names: str) -> npt.NDArray[np.float32]:
        """Standard normal of a named trait."""
        return draws.normals(draws.stream_key(self.seed, "trait", *names), 0, self.ids)

    def uniform(self, *names: str) -> npt.NDArray[np.float32]:
        """Uniform of a named trait."""
        return draws.uniforms(draws.stream_key(self.seed, "trait", *names), 0, self.ids)


def going_online(scenario: Scenario, calendar: Calendar, u: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Week of going online by inverse CDF of the growth in shoppers; `ALREADY_ONLINE` for the first.

    Who is already online at the start also shops in the warm-up.
    """
    path = np.array(
        [at_date(scenario.population.online_shoppers, calendar.monday(w)) for w in range(calendar.weeks)]
    )
    share = np.minimum(
        np.maximum.accumulate(path) / at_date(scenario.population.online_shoppers, calendar.end), 1.0
    )
    week = np.searchsorted(share.astype(np.float32), u, side="left")
    return np.where(week == 0, ALREADY_ONLINE, week).astype(np.int16)


def taste_steps(z: npt.NDArray[np.float32], spread: float) -> npt.NDArray[np.int16]:
    """Persistent tastes in 16-bit steps."""
    return np.clip(np.rint(z * f4(spread / TASTE_STEP)), -32767, 32767).astype(np.int16)


def initial_aware(
    scenario: Scenario, layout: Layout, tier: Ints, keen: npt.NDArray[np.bool_], traits: Traits
) -> npt.NDArray[np.uint64]:
    """Awareness bits at the start; people hear of firms also before they shop online."""
    aware = np.zeros(len(tier), np.uint64)
    for name, platform in scenario.platforms.items():
        chance = by_tier(platform.access.initial, layout.tiers)[tier]
        aware[traits.uniform("access", name) < chance] |= np.uint64(layout.bit(platform=name))
    for name, brand in scenario.brands.items():
        knows = traits.uniform("brand", name) < brand.awareness.initial
        aware[knows] |= np.uint64(layout.bit(brand=name))
        steady = solve(brand.awareness)
        chance = np.where(knows, steady.site_if_known, steady.site_if_unknown)
        for channel, store in scenario.storefronts.items():
            if store.owner == name and store.host is None:
                aware[traits.uniform("site", channel) < chance] |= np.uint64(layout.bit(channel=channel))
    return aware


def initial_loyalty(
    scenario: Scenario, layout: Layout, aware: npt.NDArray[np.uint64], online: npt.NDArray[np.int16],
    traits: Traits,
) -> npt.NDArray[np.float32]:  # fmt: skip
    """Customers that a brand starts with: some who know it and are online, fully loyal, shape (brands, N)."""
    loyalty = np.zeros((len(layout.brands), len(aware)), np.float32)
    for b, (name, brand) in enumerate(scenario.brands.items()):
        if brand.loyal > 0.0:
            knows = (aware & np.uint64(layout.bit(brand=name)) != 0) & (online == ALREADY_ONLINE)
            loyalty[b] = knows & (traits.uniform("loyal", name) < brand.loyal)
    return loyalty


def initial_orders(layout: Layout, loyalty: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Week of the last order, shape (F, N): long ago for customers that a brand has from before."""
    last = np.full((len(layout.firms), loyalty.shape[1]), NEVER_ORDERED, np.int16)
    last[len(layout.platforms) :][loyalty > 0.0] = LONG_AGO
    return last


def build_columns(
    scenario: Scenario,
    layout: Layout,
    calendar: Calendar,
    seed: int,
    ids: npt.NDArray[np.int32],
    stratum: Ints,
) -> Columns:
    """Columns of the consumers with the given identities, all states at their start."""
    people, n = scenario.population, len(ids)
    traits = Traits(seed, ids)
    tier, keen = stratum // 2, stratum % 2 == 1
    income = np.array([t.income for t in scenario.tiers.values()])
    relative = (income / np.average(income, weights=[t.shoppers for t in scenario.tiers.values()]))[tier]
    shift = np.array([t.foreign_affinity for t in scenario.tiers.values()])[tier]
    z = traits.normal("income")
    firms = list(scenario.platforms.items()) + list(scenario.brands.items())
    price_tier = (relative**people.price_income_exponent).astype(np.float32)
    aware = initial_aware(scenario, layout, tier, keen, traits)
    online = going_online(scenario, calendar, traits.uniform("online"))
    loyalty = initial_loyalty(scenario, layout, aware, online, traits)
    price_own = _lognormal(z, people.income_spread * people.price_income_exponent, False)
    return Columns(
        id=ids,
        online_from=online,
        means=_lognormal(z, people.income_spread / 2.0, False) * f4(np.exp(-people.income_spread**2 / 4.0)),
        price=price_tier * price_own * _lognormal(traits.normal("price"), people.price_spread, True),
        affinity=f4(people.affinity_spread) * traits.normal("foreign") + shift.astype(np.float32),
        delivery=f4(people.delivery_dislike)
        * _lognormal(traits.normal("delivery"), people.delivery_spread, True),
        taste=np.stack([taste_steps(traits.normal("taste", n), firm.taste_spread) for n, firm in firms]),
        habit=np.zeros((len(layout.platforms), n), np.float32),
        loyalty=loyalty,
        trust=np.repeat(np.array([[firm.trust] for _, firm in firms], np.float32), n, axis=1),
        stock=np.zeros((len(layout.categories), n), np.float32),
        last_order=initial_orders(layout, loyalty),
        aware=aware,
        fresh=np.zeros((len(layout.brands), n), np.uint8),
    )  # fmt: skip


@kernel
def _count_orders(last: npt.NDArray[np.int16], start: Ints, week: int) -> Ints:
    """Consumers who ordered in the 52 weeks up to `week`, in that week, ever; shape (3, strata)."""
    out = np.zeros((3, start.shape[0] - 1), np.int64)
    for s in range(out.shape[1]):
        recent, now, ever = 0, 0, 0
        for row in range(start[s], start[s + 1]):
            never = last[row] == NEVER_ORDERED
            recent += (last[row] > week - 52) & (not never)
            now += last[row] == week
            ever += not never
        out[0, s], out[1, s], out[2, s] = recent, now, ever
    return out


def buyers(columns: Columns, strata: Strata, firm: int, week: int) -> Floats:
    """People who bought from a firm in the 52 weeks up to `week`, in that week, ever; shape (3, tiers)."""
    people = _count_orders(columns.last_order[firm], strata.start, week) * strata.weight
    return np.asarray(people.reshape(3, -1, 2).sum(axis=2))
