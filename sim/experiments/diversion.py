"""Where the sales of a channel go: three diversion matrices, side by side and labelled.

They answer different questions, so none stands for another (Conlon and Mortimer 2021, "Empirical properties
of diversion ratios", RAND Journal of Economics 52, 693-726):

- "marginal": the price of j rises a little, on all its days alike; the share of what leaves j that k gains,
  D_jk = -(ds_k/dp_j) / (ds_j/dp_j), from the derivatives of `sim.consumers.response`;
- "second choice": j is not there in one week and everything else is as it was (prices, awareness, habit,
  loyalty, trust, stock): D_jk = (s_k without j - s_k) / s_j;
- "dynamic": two runs on the same draws, in one of which j does more: D_jk = -(change of k) / (change of j);
- "dynamic, person by person": of what was paid at j by those who went elsewhere in the baseline for the
  same need, the share that came from k.

The first two take the expected demand s of everybody who is online on the days of one week, each with the
chance to have a need, and count money at reference prices: the same needs are met elsewhere or not at all,
so shares add to one. They part where buyers differ: whoever is almost certain to buy at j counts fully in the
second kind, but hardly in the first. Second thoughts of teams are left out.

The third counts what is paid (GMV, expected) with all that follows in later weeks; what no other channel has
lost or gained is "nothing online", hence also a market that grows. The fourth counts what is paid in
realised choices.

A share behind which fewer than `FEWEST_BUYERS` simulated buyers of j stand, in all replications together,
is NaN: purchases of the week in the first two, those that moved to or from j in the third, those that came
to j in the fourth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.response import PriceResponse, price_response
from sim.consumers.shopping import Needs
from sim.engine.runner import Lockstep
from sim.engine.seeds import Seeds, replication_seeds
from sim.engine.start import MarketSettings
from sim.experiments.compare import DEFAULTS, check_comparable
from sim.market import Market
from sim.market.checkpoint.snapshot import take
from sim.outcomes.hosted import moved
from sim.outcomes.pair import RECORD, Pair, weekly
from sim.outcomes.periods import open_weeks, seen_window
from sim.outcomes.rows import ratio, summarise
from sim.outcomes.volume import NOTHING_ONLINE
from sim.scenario.schema import Scenario

Floats = npt.NDArray[np.float64]
MARGINAL, SECOND_CHOICE = "marginal", "second choice"
DYNAMIC, BY_PERSON = "dynamic", "dynamic, person by person"
OTHER = "scenario"
"""Name of the scenario beside the baseline."""
COLUMNS = ["kind", "origin", "destination", "share"]
SHOP = "people shop"
"""Phase before which a week is looked at."""


class Parts(NamedTuple):
    """What leaves a channel and where it arrives, in one unit.

    Attributes:
        kind: which diversion.
        origin: the channel j; several with commas between.
        gained: by destination, all other channels and `NOTHING_ONLINE`; adds to `lost`.
        lost: what j loses.
        buyers: simulated buyers of j behind it.
    """

    kind: str
    origin: str
    gained: pd.Series
    lost: float
    buyers: float


def marginal(market: Market, category: str, channels: Sequence[str] | None = None) -> pd.DataFrame:
    """Where buyers go at a small price rise, in the week that a market is about to begin.

    Args:
        market: a market between two weeks; it is not changed.
        category: name of the category.
        channels: the channels j; by default all that sell in the category.

    Returns:
        Columns kind, origin (j), destination (k), share; see the module for shares without a value.

    Raises:
        ValueError: if the market is in its warm-up or at its end, or the category or a channel is unknown.
    """
    return _of_week(market, category, channels, MARGINAL)


def second_choice(market: Market, category: str, channels: Sequence[str] | None = None) -> pd.DataFrame:
    """Where buyers go if a channel is not there, in the week that a market is about to begin.

    Arguments, result and errors are those of `marginal`.
    """
    return _of_week(market, category, channels, SECOND_CHOICE)


def dynamic(
    weekly: pd.DataFrame, flows: pd.DataFrame, storefronts: Sequence[str], category: str,
    weeks: tuple[int, int],
) -> pd.DataFrame:  # fmt: skip
    """Where the sales of some storefronts came from in pairs of full runs; sums first, then the ratio.

    Args:
        weekly: GMV of one scenario beside the baseline (`sim.experiments.compare.weekly`), all replications.
        flows: the flows of the same runs (`sim.outcomes.flows.FlowRecorder`).
        storefronts: the channels j, taken together.
        category: name of the category.
        weeks: first and last week.

    Returns:
        Columns as in `marginal`, for both dynamic kinds.

    Raises:
        ValueError: if a storefront sells nothing of the category in either run.
    """
    return pooled(_dynamic_parts(weekly, flows, storefronts, [category], weeks))[COLUMNS]


def diversion(
    base: Scenario, other: Scenario, storefront: str, *, week: int | None = None,
    replications: int = DEFAULTS.replications, consumers: int | None = DEFAULTS.consumers,
    root_seed: int = DEFAULTS.root_seed,
) -> pd.DataFrame:  # fmt: skip
    """All kinds of diversion from one storefront, over all categories that it sells.

    Args:
        base: the baseline, without the storefront or with less of it.
        other: the scenario in which it is open.
        storefront: its name.
        week: week of the first two kinds, in the run of `other`; by default the middle one of those in which
            the scenario says that it is open.
        replications: pairs of runs, each with seeds of its own.
        consumers: simulated consumers; the scenario's by default.
        root_seed: seed behind all seeds.

    Returns:
        Columns kind, origin, destination, share, low, high, simulated_buyers. Shares are sums over
        replications divided by sums; low and high are the 90 % interval of `sim.outcomes.rows.summarise`.
        The dynamic kinds count the weeks of `sim.outcomes.periods.seen_window`.

    Raises:
        ValueError: if the storefront is never open in `other`, the scenarios cannot be compared, or the week
            is not among those that are run.
    """
    check_comparable(("the baseline", base), "the scenario", other)
    weeks = sorted(open_weeks(other, storefront))
    if not weeks:
        raise ValueError(f"storefront {storefront} is never open in the scenario")
    at = weeks[(len(weeks) - 1) // 2] if week is None else week

    def one(seeds: Seeds) -> list[Parts]:
        return _replicate(base, other, storefront, at, seeds, consumers)

    with ThreadPoolExecutor(DEFAULTS.workers) as pool:
        found = [*pool.map(one, replication_seeds(root_seed, replications))]
    return pooled(parts for group in found for parts in group)


# --- one week of a market ------------------------------------------------------------------------


class Week(NamedTuple):
    """A category as people are about to shop.

    Attributes:
        days: share of the needs that fall on each day of the week, and how demand answers prices that day.
        buyers: simulated consumers who are about to choose each channel, by name.
    """

    days: list[tuple[float, PriceResponse]]
    buyers: dict[str, int]

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels with an offer, closed ones too."""
        return self.days[0][1].channels

    @property
    def selling(self) -> list[str]:
        """Channels that sell something on some day."""
        sold = np.sum([share * day.at(day.prices).shares for share, day in self.days], axis=0)
        return [name for name, value in zip(self.channels, sold, strict=True) if value > 0.0]

    def parts(self, kind: str, channel: str) -> Parts:
        """Diversion from one channel, in money a week at reference prices (per index point if marginal)."""
        j, change = self.channels.index(channel), _CHANGES[kind]
        moves = np.sum([share * change(day, j) for share, day in self.days], axis=0)
        gained = pd.Series(moves, index=list(self.channels)).drop(channel)
        return Parts(kind, channel, _with_nothing(gained, -moves[j]), -moves[j], self.buyers[channel])


def _price_rise(day: PriceResponse, j: int) -> Floats:
    """Slope of all sales in the price of channel j, shape (A,)."""
    return np.asarray(day.at(day.prices).jacobian[:, j])


def _removal(day: PriceResponse, j: int) -> Floats:
    """Change of all sales if channel j is in nobody's choice set, shape (A,)."""
    utility = day.utility.copy()
    utility[:, j] = -np.inf
    without = replace(day, utility=utility)
    return np.asarray(without.at(day.prices).shares - day.at(day.prices).shares)


_CHANGES = {MARGINAL: _price_rise, SECOND_CHOICE: _removal}


def _with_nothing(gained: pd.Series, lost: float) -> pd.Series:
    """Gains of channels, and what none of them has gained."""
    return pd.concat([gained, pd.Series({NOTHING_ONLINE: lost - gained.sum()})])


def _of_week(market: Market, category: str, channels: Sequence[str] | None, kind: str) -> pd.DataFrame:
    (week,) = _look(market, [category])
    names = week.selling if channels is None else channels
    if strange := [name for name in names if name not in week.channels]:
        raise ValueError(f"no offer of {category} by {', '.join(strange)}; by {', '.join(week.channels)}")
    return pooled(week.parts(kind, name) for name in names)[COLUMNS]


@contextmanager
def _about_to_shop(market: Market) -> Iterator[Market]:
    """A copy of a market that has gone through the week up to the point at which people shop.

    Raises:
        ValueError: if no week begins.
    """
    if not 0 <= market.week < market.last_week:
        raise ValueError(f"no week begins at week {market.week}: diversion needs one after the warm-up")
    with take(market).market() as copy:
        for phase in market.phases:
            if phase.name == SHOP:
                break
            phase.run(copy)
        yield copy


def _look(market: Market, categories: Sequence[str]) -> list[Week]:
    """What people are about to do in some categories; all of them are looked at, on all days."""
    with _about_to_shop(market) as copy:
        if strange := [name for name in categories if name not in copy.offers]:
            raise ValueError(f"no category {', '.join(strange)}; there are {', '.join(copy.offers)}")
        needs = {name: copy.week_needs(name) for name in copy.offers}
        days = [_days(copy, name, needs[name]) for name in categories]
        sales = copy.demand.shop(copy.offers, needs)
    orders = [sales[name].orders.sum(axis=(1, 2)) for name in categories]
    return [
        Week(by_day, dict(zip(by_day[0][1].channels, counts.tolist(), strict=True)))
        for by_day, counts in zip(days, orders, strict=True)
    ]


def _days(market: Market, category: str, needs: Needs) -> list[tuple[float, PriceResponse]]:
    """Share of the needs of each day of the week, and how demand answers prices that day."""
    shares = np.diff(needs.day_edges[:-1].astype(np.float64), prepend=0.0, append=1.0)
    demand, offers, everybody = market.demand, market.offers[category], len(market.consumers)
    return [
        (float(share), price_response(demand, category, offers, needs, day=day, most=everybody))
        for day, share in enumerate(shares)
    ]


# --- pairs of runs -------------------------------------------------------------------------------


def _dynamic_parts(
    weekly: pd.DataFrame, flows: pd.DataFrame, storefronts: Sequence[str], categories: Sequence[str],
    weeks: tuple[int, int],
) -> list[Parts]:  # fmt: skip
    """Both dynamic kinds, in money over the weeks."""
    sold, went = (t[t.category.isin(categories) & t.week.between(*weeks)] for t in (weekly, flows))
    change = sold.groupby("channel", sort=False).difference.sum()
    if strange := [name for name in storefronts if name not in change.index]:
        raise ValueError(f"{', '.join(strange)} sells no {', '.join(categories)} in weeks {weeks}")
    name, lost = ", ".join(storefronts), float(change[list(storefronts)].sum())
    gained = _with_nothing(-change.drop(list(storefronts)), lost)
    came = went[went.destination.isin(storefronts) & ~went.origin.isin(storefronts)]
    paid = came.groupby("origin").paid_after.sum().reindex(gained.index, fill_value=0.0)
    return [
        Parts(DYNAMIC, name, gained, lost, moved(went, storefronts)),
        Parts(BY_PERSON, name, paid, float(paid.sum()), float(came.simulated_buyers.sum())),
    ]


def _replicate(
    base: Scenario, other: Scenario, storefront: str, at: int, seeds: Seeds, consumers: int | None
) -> list[Parts]:
    """All kinds in one pair of runs."""
    categories = list(other.storefronts[storefront].goods)
    settings = MarketSettings(seeds, consumers, RECORD)
    with Lockstep(base, {OTHER: other}, settings, Pair, at_latest=at) as pair:
        _check_week(at, pair.base)
        for _ in pair.weeks(at):
            pass
        pair.part()
        found = _static_parts(pair.branches[OTHER].market, storefront, categories)
        for _ in pair.weeks(pair.base.horizon):
            pass
        before, after = pair.base, pair.branches[OTHER].market
        flows, weeks = pair.branches[OTHER].observer.flows(), seen_window(before, after)
        return found + _dynamic_parts(weekly(before, after), flows, [storefront], categories, weeks)


def _check_week(week: int, market: Market) -> None:
    """Refuse a week at whose beginning the market never stands; the first step does the warm-up too."""
    first = market.week if market.week >= 0 else 1
    if not first <= week < market.horizon:
        raise ValueError(f"week {week} cannot be looked at, only those from {first} to {market.horizon - 1}")


def _static_parts(market: Market, storefront: str, categories: Sequence[str]) -> list[Parts]:
    """The first two kinds, categories together."""
    weeks = _look(market, categories)
    return [_together([week.parts(kind, storefront) for week in weeks]) for kind in _CHANGES]


def _together(parts: Sequence[Parts]) -> Parts:
    """Sums over categories."""
    gained = pd.concat([one.gained for one in parts]).groupby(level=0, sort=False).sum()
    first, lost, buyers = parts[0], sum(one.lost for one in parts), sum(one.buyers for one in parts)
    return Parts(first.kind, first.origin, gained, lost, buyers)


# --- shares --------------------------------------------------------------------------------------


def pooled(parts: Iterable[Parts]) -> pd.DataFrame:
    """Shares with the columns of `diversion`; parts of one kind and origin are replications of each other.

    The summary of outcomes does the arithmetic: destinations stand there as parties, origins as scenarios.
    """
    rows = [
        ratio(one.kind, str(destination), "window", "share", (float(gain), one.lost), one.buyers)
        | {"scenario": one.origin}
        for one in parts
        for destination, gain in one.gained.items()
    ]
    names = {
        "outcome": "kind", "scenario": "origin", "party": "destination", "difference": "share",
        "effective_buyers": "simulated_buyers",
    }  # fmt: skip
    columns = [*COLUMNS, "low", "high", "simulated_buyers"]
    if not rows:
        return pd.DataFrame([], columns=columns)
    return summarise(pd.DataFrame(rows)).rename(columns=names)[columns]
