"""What a storefront leaves behind after it has closed, split into what people carry in their heads and homes.

Carry-over is no parameter of the model: it is what is left of awareness, loyalty, trust, habit and stocks
when the window is over. Baseline and scenario run on the same draws to the first week after the window. From
there the scenario is continued to the horizon once for each set of groups of people's columns: groups in
the set stay as the scenario left them, the others become the baseline's. What firms hold (merchants, budgets,
advertising that still works, belief in teams, their history) is always the scenario's.

The value v(S) of a set S is the GMV of the brand's channels without the window's storefronts, from the first
week after the window to the horizon, less the baseline's. Groups help each other (who knows the shop can be
loyal to it), so that what one of them is worth depends on the others. The Shapley value is its average worth
over all orders in which they can be added: phi_g = sum over S without g of
|S|! (n - |S| - 1)! / n! (v(S + g) - v(S)) (Shapley 1953, A value for n-person games). Parts add up:

    v(all) = v(none) + sum of phi,    "total" = "other" + the groups

Groups are tied: people may be loyal to a brand that they have not heard of. Nothing is repaired: columns are
taken as they are, and loyalty waits until they hear of the brand. The model has such people too, as
forgetting a brand does not end loyalty (`sim.consumers.awareness`).

Credit goes to the state in which the window left people, not to the channel through which it works later: if
awareness brings purchases after the window, and these loyalty, all of it is awareness's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from sim.consumers.demand import Record
from sim.consumers.population import CHANNEL_BIT, Layout
from sim.engine.loop import advance
from sim.engine.oracle import with_oracle
from sim.engine.runner import Lockstep, nothing
from sim.engine.seeds import Seeds, replication_seeds
from sim.engine.start import MarketSettings
from sim.experiments.compare import DEFAULTS, RECORD, Settings, check_comparable
from sim.ledger import present_value
from sim.market import Market
from sim.market.checkpoint.restore import Arrays
from sim.market.checkpoint.snapshot import State, take
from sim.outcomes.intervals import LEVEL, half_width
from sim.outcomes.parties import other_channels
from sim.outcomes.periods import Period, seen_window, was_open, window
from sim.outcomes.sides import within
from sim.scenario.schema import Scenario

GROUPS: Mapping[str, tuple[str, ...]] = {
    "awareness": ("columns/aware", "columns/fresh"),
    "loyalty": ("columns/loyalty", "columns/last_order"),
    "trust": ("columns/trust",),
    "habit": ("columns/habit",),
    "stock": ("columns/stock",),
}
"""People's changing columns, as the arrays of a `State` are named, by group: access to platforms and
knowledge of brands and channels; loyalty to brands and who is a customer; believed authenticity; habit of
platforms; what is still in the cupboard, which counts against sales (they were pulled forward)."""
OTHER, TOTAL = "other", "total"
"""Parts beside the groups: what firms' side has left, v(none); everything, v(all)."""
GOES_ON = Record(expected=RECORD.expected, core=RECORD.core)
"""What continuations record: nothing that only comparisons of persons need."""
Group = frozenset[str]
Value = tuple[float, float]
"""GMV, and present value of the brand's flows, after the window, in money."""


def carry_over(
    base: Scenario, other: Scenario, brand: str, settings: Settings = DEFAULTS,
    done: Callable[[], object] = lambda: None,
) -> pd.DataFrame:  # fmt: skip
    """Split what a scenario leaves to a brand's other channels after its window.

    Args:
        base: the baseline.
        other: the scenario with the window (see `sim.outcomes.periods.seen_window`).
        brand: whose channels; those of the window's hosted storefronts do not count.
        settings: replications, size, seeds, workers. There is no run-off, and values are discounted to the
            first week after the window, whatever it says of these.
        done: called after each replication.

    Returns:
        One row a replication and part (groups, "other", "total"), in money of the scenario:

        - shapley: its share in the carry-over GMV; groups and "other" add up to "total";
        - alone: v of this group alone less v(none); for "other" v(none), for "total" v(all);
        - last: v(all) less v of all but this group; for "total" v(all), for "other", which is always there,
          no value;
        - npv: like `shapley`, of the brand's net flows in the books, all accounts, discounted to the first
          week after the window. A deposit that comes back after the window is in "other";
        - unit: the currency.

    Raises:
        ValueError: if the scenarios cannot be compared, the brand is not in both, firms or categories
            are not the same, or no week is left after the window.
    """
    check_comparable(("the baseline", base), "the scenario", other)
    _check_firms(base, other, brand)
    seeds = replication_seeds(settings.root_seed, settings.replications, settings.vary)

    def one(replication: int) -> pd.DataFrame:
        fork = run_to_fork(base, other, seeds[replication], settings.consumers)
        table = pd.DataFrame(_rows(_values(fork, brand), base.currency.name))
        done()
        return table.assign(replication=replication)

    with ThreadPoolExecutor(settings.workers) as pool:
        table = pd.concat(pool.map(one, range(settings.replications)), ignore_index=True)
    return table[["replication", "part", "shapley", "alone", "last", "npv", "unit"]]


def summary(table: pd.DataFrame, measure: str = "shapley") -> pd.DataFrame:
    """Mean of each part over replications, its Student interval at `LEVEL`, and its share of the total.

    Args:
        table: rows of `carry_over`.
        measure: one of its columns in money.

    Returns:
        Columns part, mean, low, high (money), share (mean over that of "total"; no value if that is zero)
        and unit, a row a part. A single replication has no interval.
    """
    groups = table.groupby("part", sort=False)[measure]
    mean, n = groups.mean(), groups.size()
    half = half_width(groups.std(), np.maximum(n - 1, 1), LEVEL) / np.sqrt(n)
    share = mean / mean[TOTAL] if mean[TOTAL] else mean * np.nan
    found = pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half, "share": share})
    return found.reset_index().assign(unit=table.unit.iloc[0])


# --- the split -----------------------------------------------------------------------------------


def shapley(values: Mapping[Group, float], players: Sequence[str]) -> dict[str, float]:
    """Shapley value of each player of a game (Shapley 1953).

    Args:
        values: worth of every subset of the players, the empty one as well.
        players: their names.

    Raises:
        KeyError: if the worth of a subset is missing.
    """
    n = len(players)
    found = {}
    for player in players:
        others = [p for p in players if p != player]
        found[player] = sum(
            (values[s | {player}] - values[s]) / (n * comb(n - 1, len(s))) for s in subsets(others)
        )
    return found


def subsets(players: Collection[str]) -> Iterator[Group]:
    """All subsets, small ones first."""
    for size in range(len(players) + 1):
        yield from map(frozenset, combinations(players, size))


def _rows(values: Mapping[Group, Value], unit: str) -> Iterator[dict[str, object]]:
    """Rows of one replication; `values` by set of groups, with the baseline's already taken off."""
    players = list(GROUPS)
    gmv, npv = ({s: value[k] for s, value in values.items()} for k in (0, 1))
    whole, nothing = frozenset(players), frozenset[str]()
    parts = shapley(gmv, players), shapley(npv, players)
    for g in players:
        yield {
            "part": g, "shapley": parts[0][g], "alone": gmv[frozenset([g])] - gmv[nothing],
            "last": gmv[whole] - gmv[whole - {g}], "npv": parts[1][g], "unit": unit,
        }  # fmt: skip
    for part, s, last in ((OTHER, nothing, np.nan), (TOTAL, whole, gmv[whole])):
        yield {
            "part": part, "shapley": gmv[s], "alone": gmv[s], "last": last, "npv": npv[s], "unit": unit,
        }  # fmt: skip


# --- the fork: both markets after the window -----------------------------------------------------


@dataclass(frozen=True)
class Fork:
    """Where hybrids begin.

    Attributes:
        base: market of the baseline at its horizon, closed.
        theirs: the columns of `GROUPS` in the baseline, in the first week after the window, as the scenario
            orders firms and bits.
        mine: state of the scenario in that week.
        scenario: the scenario, which holds from there on.
    """

    base: Market
    theirs: Arrays
    mine: State
    scenario: Scenario

    @property
    def after(self) -> Period:
        """The weeks after the window."""
        return Period("after", self.mine.week, self.base.horizon - 1)


def run_to_fork(base: Scenario, other: Scenario, seeds: Seeds, consumers: int | None = None) -> Fork:
    """Run both scenarios in lockstep and keep their states after the window.

    Where policies open and close storefronts, the window is known at the horizon only: until then the states
    after the last week that differed are kept.

    Args:
        base: the baseline.
        other: the scenario.
        seeds: of both.
        consumers: number of consumers; the scenario's by default.

    Raises:
        ValueError: if no week is left after the window.
    """
    planned = window(base, other)[1] + 1
    decided = bool(base.policies or other.policies)
    found: dict[int, tuple[State, State]] = {}
    settings = MarketSettings(seeds, consumers, RECORD)
    with Lockstep(base, {OTHER: other}, settings, nothing, at_latest=planned) as pair:
        for week in pair.weeks(pair.base.horizon):
            one, two = pair.base, pair.branches[OTHER].market
            if week + 1 == planned or (decided and _differ(one, two)):
                found = {week: states for week, states in found.items() if week == planned}
                found[one.week] = take(one), take(two)
        first = seen_window(one, two)[1] + 1
    if first not in found or first >= one.horizon:
        raise ValueError(f"the window ends before week {first}, which is not run: nothing to carry over to")
    theirs, mine = found[first]
    return Fork(one, _columns(theirs, mine), mine, other)


def _differ(one: Market, two: Market) -> bool:
    """Whether some storefront was open in one market only last week."""
    names, week = {*one.storefronts, *two.storefronts}, one.week - 1
    return any(week in was_open(one, name) ^ was_open(two, name) for name in names)


def _check_firms(base: Scenario, other: Scenario, brand: str) -> None:
    """Refuse what has no counterpart: rows of firms and categories must mean the same in both."""
    if brand not in base.brands or brand not in other.brands:
        raise ValueError(f"{brand} is not a brand of both scenarios: {', '.join(base.brands) or 'none'}")
    layouts = [replace(Layout.of(s), channels=()) for s in (base, other)]
    if layouts[0] != layouts[1]:
        raise ValueError(
            "the scenarios differ in platforms, brands or their order: people's columns cannot be exchanged"
        )


# --- hybrids -------------------------------------------------------------------------------------


def hybrid(fork: Fork, kept: Collection[str]) -> State:
    """The scenario's state after the window with the baseline's columns for all groups but some.

    Args:
        fork: where it begins.
        kept: groups that stay the scenario's.
    """
    given = {n: fork.theirs[n] for group, names in GROUPS.items() if group not in kept for n in names}
    return replace(fork.mine, arrays={**fork.mine.arrays, **given})


def _columns(theirs: State, mine: State) -> Arrays:
    """Columns of the baseline. Rows are the same (`_check_firms`); bits of channels move by name."""
    columns = {name: theirs.arrays[name] for names in GROUPS.values() for name in names}
    there, here = (Layout(**{k: tuple(v) for k, v in s.about["layout"].items()}) for s in (theirs, mine))
    before = columns["columns/aware"]
    aware = before & np.uint64((1 << CHANNEL_BIT) - 1)
    for channel in here.channels:
        if channel in there.channels:
            knows = before & np.uint64(there.bit(channel=channel)) != 0
            aware[knows] |= np.uint64(here.bit(channel=channel))
    return {**columns, "columns/aware": aware}


def _same(fork: Fork, group: str) -> bool:
    """Whether the window has left no trace in a group."""
    return all(np.array_equal(fork.theirs[name], fork.mine.arrays[name]) for name in GROUPS[group])


def _values(fork: Fork, brand: str) -> dict[Group, Value]:
    """v of every set of groups. A group without a trace changes no hybrid and needs no run of its own."""
    channels = other_channels(fork.base.spec, fork.scenario, brand)
    zero = _value(fork.base, brand, channels, fork.after)
    moved = [group for group in GROUPS if not _same(fork, group)]
    run = {kept: _continued(fork, kept, brand, channels) for kept in subsets(moved)}
    less = {kept: (value[0] - zero[0], value[1] - zero[1]) for kept, value in run.items()}
    return {kept: less[kept & frozenset(moved)] for kept in subsets(list(GROUPS))}


def _continued(fork: Fork, kept: Group, brand: str, channels: Sequence[str]) -> Value:
    """Value of a hybrid that goes on under the scenario to the horizon."""
    with continuation(fork, kept) as market:
        return _value(market, brand, channels, fork.after)


def continuation(fork: Fork, kept: Collection[str]) -> Market:
    """A hybrid's market at the horizon; the caller closes it."""
    market = with_oracle(hybrid(fork, kept).market(fork.scenario, record=GOES_ON, run_off=False))
    return advance(market)


def _value(market: Market, brand: str, channels: Sequence[str], after: Period) -> Value:
    """GMV of some channels and NPV of the brand in the weeks after the window, in money."""
    sales = market.sales_table()
    gmv = within(sales[sales.channel.isin(channels)], after).gmv.sum()
    flows = market.ledger.flows(brand, market.horizon)[after.weeks]
    return float(gmv), present_value(flows, market.spec.finance.discount_rate)
