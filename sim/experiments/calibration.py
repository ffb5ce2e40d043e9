"""Intercepts that make the simulated market reproduce sales by channel, tier and category.

Intercepts are not free parameters: for any values of the others they are solved by the iteration

    xi <- xi + kappa (ln target - ln simulated)

on the dynamic simulator with shared draws (the contraction of Berry 1994 and Berry, Levinsohn and
Pakes 1995, damped because habit and stock feed back). An intercept is the sum of a tier part and a
category part, one for each margin of the targets.

Merchants are held still meanwhile. Their listing cost follows from the solution: it is the one at which
the share that is active at the start is steady at the sales of the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.demand import Record
from sim.engine.loop import advance
from sim.experiments.targets import TargetFile, TargetTable, read_targets, table
from sim.firms.merchants import places, profit_per_merchant, steady_listing_cost
from sim.market import Market
from sim.market.week import normal_season
from sim.scenario import load
from sim.scenario.schema import Scenario

Floats = npt.NDArray[np.float64]
Solved = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class SolveSettings:
    """Size and patience of a solution; `tolerance` is the r.m.s. log gap at which to stop."""

    consumers: int = 40_000
    iterations: int = 60
    tolerance: float = 0.006
    threads: int = 2
    seed: int = 1
    kappa: float = 0.8


@dataclass
class Solution:
    """Intercepts and how well they fit; `errors` is the r.m.s. log gap by iteration."""

    intercepts: Solved
    listing_costs: dict[str, dict[str, float]] = field(default_factory=dict)
    errors: list[float] = field(default_factory=list)
    fit: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Parts:
    """Tier parts (rows, tiers) and category parts of the intercepts of all targets."""

    tier: Floats
    category: tuple[dict[str, float], ...]

    def intercepts(self, targets: TargetTable, tiers: list[str]) -> Solved:
        """Intercepts as a scenario writes them."""
        out: Solved = {}
        for k, row in enumerate(targets.rows):
            for c, part in self.category[k].items():
                levels = {t: round(float(self.tier[k, i] + part), 5) for i, t in enumerate(tiers)}
                out.setdefault(row.channel, {})[c] = levels
        return out


def simulated(scenario: Scenario, file: TargetFile, settings: SolveSettings) -> pd.Series:
    """Sales in the window by channel, category and tier, expected."""
    return weekly(scenario, file, settings).groupby(["channel", "category", "tier"]).gmv.sum()


def weekly(scenario: Scenario, file: TargetFile, settings: SolveSettings) -> pd.DataFrame:
    """Expected sales in the window, with the normal season of each week."""
    with Market(
        scenario, world_seed=settings.seed, shock_seed=settings.seed, consumers=settings.consumers,
        threads=settings.threads, record=Record(expected=True, core=False),
    ) as market:  # fmt: skip
        first, last = market.calendar.week_of(file.window.from_), market.calendar.week_of(file.window.to)
        advance(market, last + 1)
        sales = market.sales_table()
        season = {week: normal_season(market, week) for week in range(first, last + 1)}
    sales = sales[sales.week >= first]
    return sales.assign(season=sales.week.map(season))


def held_still(scenario: Scenario) -> Scenario:
    """The scenario with merchants who do not react."""
    platforms = {
        name: platform.model_copy(
            update={
                "assortments": {
                    c: goods.model_copy(update={"merchants": None})
                    for c, goods in platform.assortments.items()
                }
            }
        )
        for name, platform in scenario.platforms.items()
    }
    stores = {
        name: store
        if store.marketplace is None
        else store.model_copy(update={"marketplace": store.marketplace.model_copy(update={"merchants": {}})})
        for name, store in scenario.storefronts.items()
    }
    return scenario.model_copy(update={"platforms": platforms, "storefronts": stores})


def listing_costs(scenario: Scenario, sales: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Listing cost in money a week at which the merchants active at the start stay, by channel and category.

    Args:
        scenario: the scenario with its merchants.
        sales: weekly sales of the window with the normal `season` of each week.
    """
    level = ((sales.gmv + sales.subsidy) / sales.season).groupby([sales.channel, sales.category]).sum()
    open_weeks = sales[sales.gmv > 0].groupby(["channel", "category"]).week.nunique()
    costs: dict[str, dict[str, float]] = {}
    for place in places(scenario):
        channel, category, merchants = place.channel, place.category, place.spec
        gmv = float(level[channel, category] / open_weeks[channel, category])
        sellers = merchants.potential * merchants.active
        profit = profit_per_merchant(gmv, place.take_rate, place.margin, sellers)
        cost = steady_listing_cost(merchants.active, profit, merchants.cost_spread)
        costs.setdefault(channel, {})[category] = float(f"{cost:.5g}")
    return costs


def gaps(sales: pd.Series, targets: TargetTable, tiers: list[str]) -> Parts:
    """ln target - ln simulated on both margins."""
    tier, category = np.zeros(targets.tiers.shape), []
    for k, row in enumerate(targets.rows):
        own = sales.loc[row.channel].loc[list(row.categories)]
        by_tier = own.groupby("tier").sum().reindex(tiers).to_numpy()
        tier[k] = np.log(targets.tiers[k] / by_tier)
        by_category = own.groupby("category").sum()
        category.append(
            {c: float(np.log(money / by_category[c])) for c, money in targets.categories[k].items()}
        )
    return Parts(tier, tuple(category))


def size(gap: Parts) -> float:
    """Root mean square of the log gaps."""
    every = [*gap.tier.ravel(), *(g for row in gap.category for g in row.values())]
    return float(np.sqrt(np.mean(np.square(every))))


def step(parts: Parts, gap: Parts, kappa: float) -> Parts:
    """One damped step. A row with one category has only its tier part."""
    category = tuple(
        {c: value + (kappa * gap.category[k][c] if len(row) > 1 else 0.0) for c, value in row.items()}
        for k, row in enumerate(parts.category)
    )
    return Parts(parts.tier + kappa * gap.tier, category)


def start(scenario: Scenario, targets: TargetTable) -> Parts:
    """The intercepts that the scenario has (a warm start), else zero."""
    tiers = list(scenario.tiers)
    parts = Parts(
        np.zeros(targets.tiers.shape), tuple(dict.fromkeys(row.categories, 0.0) for row in targets.rows)
    )
    for k, row in enumerate(targets.rows):
        known = scenario.intercepts.get(row.channel, {})
        if not all(isinstance(known.get(c), dict) for c in row.categories):
            continue
        levels = np.array([[known[c][t] for t in tiers] for c in row.categories])  # type: ignore[index]
        parts.tier[k] = levels.mean(axis=0)
        for c, level in zip(row.categories, levels, strict=True):
            parts.category[k][c] = float((level - levels.mean(axis=0)).mean())
    return parts


def solve(targets_path: Path, settings: SolveSettings, report: Callable[[int, float], object]) -> Solution:
    """Solve the intercepts of the scenario that a targets file names.

    Args:
        targets_path: targets file.
        settings: size and patience.
        report: called with iteration and r.m.s. log gap.

    Raises:
        ScenarioError: if the scenario is wrong.
        ValueError: if the targets file is.
    """
    file = read_targets(targets_path)
    scenario = load(targets_path.parent / file.scenario, solved=False).scenario
    still = held_still(scenario)
    tiers = list(scenario.tiers)
    targets = table(file, {name: tier.spend_per_shopper for name, tier in scenario.tiers.items()})
    parts, solution = start(scenario, targets), Solution({})
    for iteration in range(settings.iterations + 1):
        solution.intercepts = parts.intercepts(targets, tiers)
        by_week = weekly(still.model_copy(update={"intercepts": solution.intercepts}), file, settings)
        sales = by_week.groupby(["channel", "category", "tier"]).gmv.sum()
        gap = gaps(sales, targets, tiers)
        solution.errors.append(size(gap))
        report(iteration, solution.errors[-1])
        if solution.errors[-1] < settings.tolerance:
            break
        parts = step(parts, gap, settings.kappa)
    solution.listing_costs = listing_costs(scenario, by_week)
    solution.fit = pd.DataFrame(_fit(sales, targets, tiers))
    return solution


def _fit(sales: pd.Series, targets: TargetTable, tiers: list[str]) -> Iterator[dict[str, object]]:
    for k, row in enumerate(targets.rows):
        own = sales.loc[row.channel].loc[list(row.categories)].groupby("tier").sum()
        for i, tier in enumerate(tiers):
            yield {"channel": row.channel, "categories": "+".join(row.categories), "tier": tier,
                   "target": targets.tiers[k, i], "simulated": float(own[tier])}  # fmt: skip
