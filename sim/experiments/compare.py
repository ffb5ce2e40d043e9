"""Scenarios against a baseline, person by person on the same draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from sim.consumers.demand import Record
from sim.consumers.population import NEVER_ORDERED
from sim.experiments.flows import FlowRecorder
from sim.experiments.seeds import Seeds, Vary, replication_seeds
from sim.market import Market
from sim.scenario.schema import Scenario

Floats = npt.NDArray[np.float64]
LEVEL = 0.90
"""Confidence level of intervals."""
FEWEST_BUYERS = 50
"""Numbers that rest on fewer simulated buyers are not shown."""
RECORD = Record(expected=True, core=True, payments=True, winners=True)


@dataclass(frozen=True)
class Settings:
    """How a comparison is run."""

    replications: int = 10
    consumers: int | None = None
    root_seed: int = 1
    vary: Vary = "both"
    run_off: bool = True
    workers: int = 2


DEFAULTS = Settings()


@dataclass(frozen=True)
class Comparison:
    """Tables of a comparison; see `sim.experiments.results.COLUMNS` for columns and units."""

    base: str
    scenarios: Mapping[str, Scenario]
    outcomes: pd.DataFrame
    weekly: pd.DataFrame
    flows: pd.DataFrame
    people: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Mean difference, interval and variance ratio of every outcome over replications."""
        return summarise(self.outcomes)


def compare(
    base: tuple[str, Scenario], others: Mapping[str, Scenario], settings: Settings = DEFAULTS,
    done: Callable[[], object] = lambda: None,
) -> Comparison:  # fmt: skip
    """Compare scenarios with a baseline on shared draws.

    Args:
        base: name and scenario of the baseline.
        others: scenarios by name.
        settings: replications, size, seeds.
        done: called after each replication.

    Raises:
        ValueError: if the scenarios do not share horizon, tiers and categories.
    """
    for name, scenario in others.items():
        _comparable(base, name, scenario)
    seeds = replication_seeds(settings.root_seed, settings.replications, settings.vary)

    def one(replication: int) -> list[dict[str, pd.DataFrame]]:
        tables = _replicate(base[1], others, seeds[replication], replication, settings)
        done()
        return tables

    with ThreadPoolExecutor(settings.workers) as pool:
        parts = [part for group in pool.map(one, range(settings.replications)) for part in group]
    joined = {key: pd.concat([part[key] for part in parts], ignore_index=True) for key in parts[0]}
    return Comparison(base[0], {base[0]: base[1], **others}, **joined)


def _comparable(base: tuple[str, Scenario], name: str, scenario: Scenario) -> None:
    for part in ("time", "tiers", "categories", "population"):
        if getattr(base[1], part) != getattr(scenario, part):
            raise ValueError(
                f"{name} and {base[0]} differ in {part}: their people cannot be compared one by one"
            )


def _replicate(
    base: Scenario, others: Mapping[str, Scenario], seeds: Seeds, replication: int, settings: Settings
) -> list[dict[str, pd.DataFrame]]:
    """Run baseline and scenarios in lockstep; tables by scenario."""

    def market(scenario: Scenario) -> Market:
        return Market(
            scenario, world_seed=seeds.world, shock_seed=seeds.shock, consumers=settings.consumers,
            record=RECORD, run_off=settings.run_off,
        )  # fmt: skip

    reference = market(base)
    markets = {name: market(scenario) for name, scenario in others.items()}
    recorders = {name: FlowRecorder(reference, other) for name, other in markets.items()}
    for _ in range(reference.last_week):
        for each in (reference, *markets.values()):
            each.step()
        if reference.week <= reference.horizon:
            for recorder in recorders.values():
                recorder.record()
    tables = [
        {
            key: table.assign(scenario=name, replication=replication)
            for key, table in _tables(reference, other, recorders[name]).items()
        }
        for name, other in markets.items()
    ]
    for each in (reference, *markets.values()):
        each.close()
    return tables


def _tables(base: Market, other: Market, recorder: FlowRecorder) -> dict[str, pd.DataFrame]:
    flows = recorder.table()
    flows["week"] -= 1  # the recorder looks after the week has been counted
    return {
        "outcomes": pd.DataFrame(list(outcomes(base, other))),
        "weekly": weekly(base, other),
        "flows": flows,
        "people": people(base, other),
    }


def weekly(base: Market, other: Market) -> pd.DataFrame:
    """GMV by week, channel, category and tier in both markets."""
    return side_by_side(
        base.sales_table(), other.sales_table(), ["week", "channel", "category", "tier"], "gmv"
    )


def people(base: Market, other: Market) -> pd.DataFrame:
    """People aware by week, name and tier in both markets."""
    return side_by_side(base.people_table(), other.people_table(), ["week", "name", "tier"], "aware")


def side_by_side(before: pd.DataFrame, after: pd.DataFrame, keys: list[str], measure: str) -> pd.DataFrame:
    """One measure of two tables by the same keys; what is absent in one counts as zero there."""
    columns = {"baseline": before.set_index(keys)[measure], "with_scenario": after.set_index(keys)[measure]}
    both = pd.concat(columns, axis=1).fillna(0.0)
    return both.assign(difference=both.with_scenario - both.baseline).reset_index()


# --- outcomes ----------------------------------------------------------------------------------


def window(base: Market, other: Market) -> tuple[int, int]:
    """First and last week in which a storefront is open in one market only; the horizon if none is."""
    weeks = []
    for ours, theirs in ((base, other), (other, base)):
        for name, store in ours.spec.storefronts.items():
            if name not in theirs.spec.storefronts:
                first = ours.calendar.week_of(store.open.from_) if store.open.from_ else 0
                last = ours.calendar.week_of(store.open.to) if store.open.to else ours.horizon - 1
                weeks.append((first, last))
    if not weeks:
        return 0, base.horizon - 1
    return min(w[0] for w in weeks), max(w[1] for w in weeks)


def outcomes(base: Market, other: Market) -> Iterator[dict[str, object]]:
    """Outcomes of both markets as tidy rows."""
    first, last = window(base, other)
    money = base.spec.currency.name
    periods = {
        "window": (first, last),
        "after": (last + 1, base.horizon - 1),
        "horizon": (0, base.horizon - 1),
    }
    sales = [_sales(market) for market in (base, other)]
    surplus = [market.surplus_table() for market in (base, other)]
    for period, (begin, end) in periods.items():
        inside = [table[table.week.between(begin, end)] for table in sales]
        for outcome, party, tier, values in _gmv_rows(base, other, inside[0], inside[1]):
            yield _row(outcome, party, tier, period, money, *values)
        yield from _surplus_rows([t[t.week.between(begin, end)] for t in surplus], period, money)
    yield from _npv_rows(base, other, money)
    yield from _customer_rows(base, other)


def _row(
    outcome: str, party: str, tier: str, period: str, unit: str, before: float, after: float
) -> dict[str, object]:
    return dict(
        outcome=outcome, party=party, tier=tier, period=period, unit=unit,
        baseline=float(before), with_scenario=float(after), difference=float(after - before),
    )  # fmt: skip


def _sales(market: Market) -> pd.DataFrame:
    return market.sales_table()[["week", "channel", "host", "brand", "category", "tier", "gmv"]]


Cell = tuple[str, str, str, tuple[float, float]]


def _gmv_rows(base: Market, other: Market, before: pd.DataFrame, after: pd.DataFrame) -> Iterator[Cell]:
    """GMV by channel, by category, of brands (all channels) and of hosts (own and hosted), by tier."""
    groups: dict[str, tuple[str, list[str]]] = {
        "channel GMV": (
            "channel",
            list(dict.fromkeys([*base.platforms, *base.storefronts, *other.storefronts])),
        ),
        "category GMV": ("category", list(base.spec.categories)),
        "brand GMV": ("brand", list(dict.fromkeys([*base.brands, *other.brands]))),
        "host GMV": ("host", list(base.platforms)),
    }
    for outcome, (column, names) in groups.items():
        sums = [table.groupby([column, "tier"], observed=True).gmv.sum() for table in (before, after)]
        for name in names:
            yield from _by_tier(outcome, name, base.tiers, sums)


def _by_tier(outcome: str, name: str, tiers: Sequence[str], sums: Sequence[pd.Series]) -> Iterator[Cell]:
    """One outcome of one party: all tiers together, then each."""
    before, after = ([float(s.get((name, tier), 0.0)) for tier in tiers] for s in sums)
    yield outcome, name, "all", (sum(before), sum(after))
    for k, tier in enumerate(tiers):
        yield outcome, name, tier, (before[k], after[k])


def _surplus_rows(tables: list[pd.DataFrame], period: str, money: str) -> Iterator[dict[str, object]]:
    kinds = ["decision", "core", "pathwise"]
    before, after = (table.groupby("tier", sort=False)[kinds].sum() for table in tables)
    for kind in kinds:
        outcome = f"consumer surplus, {kind}"
        yield _row(outcome, "consumers", "all", period, money, before[kind].sum(), after[kind].sum())
        for tier in before.index:
            yield _row(outcome, "consumers", tier, period, money, before[kind][tier], after[kind][tier])


def _npv_rows(base: Market, other: Market, money: str) -> Iterator[dict[str, object]]:
    """NPV at the start of the window, by firm, cut at the horizon and with run-off."""
    start, rate = window(base, other)[0], base.spec.finance.discount_rate
    firms = list(dict.fromkeys([*base.platforms, *base.brands, *other.brands]))
    ends = {"NPV, cut at the horizon": base.horizon, "NPV with run-off": base.last_week}
    for outcome, weeks in ends.items():
        for firm in firms:
            values = [market.ledger.npv(firm, weeks, rate, start) for market in (base, other)]
            yield _row(outcome, firm, "all", "horizon", money, *values)


def _customer_rows(base: Market, other: Market) -> Iterator[dict[str, object]]:
    """Customers of each brand ever, awareness at the end, winners and losers among consumers."""
    for brand in dict.fromkeys([*base.brands, *other.brands]):
        values = [_customers(market, brand) for market in (base, other)]
        yield _row("customers ever", brand, "all", "horizon", "people", *values)
    weight = np.repeat(base.consumers.strata.weight, base.consumers.strata.count)
    gain = other.demand.gain - base.demand.gain
    touched = np.abs(gain) > 0.005
    yield _row(
        "people better off",
        "consumers",
        "all",
        "horizon",
        "people",
        0.0,
        float(weight[touched & (gain > 0)].sum()),
    )
    yield _row(
        "people worse off",
        "consumers",
        "all",
        "horizon",
        "people",
        0.0,
        float(weight[touched & (gain < 0)].sum()),
    )


def _customers(market: Market, brand: str) -> float:
    layout, strata = market.consumers.layout, market.consumers.strata
    if brand not in layout.brands:
        return 0.0
    ever = market.consumers.columns.last_order[layout.firms.index(brand)] != NEVER_ORDERED
    return float(np.repeat(strata.weight, strata.count)[ever].sum())


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean difference with a Student interval, and how much shared draws save.

    `variance_ratio` is the variance of the difference of two independent runs over that of the
    paired difference: (Var base + Var scenario) / Var difference.
    """
    keys = ["scenario", "outcome", "party", "tier", "period", "unit"]
    groups = table.groupby(keys, sort=False)
    mean = groups[["baseline", "with_scenario", "difference"]].mean()
    variance = groups[["baseline", "with_scenario", "difference"]].var()
    n = groups.size()
    half = stats.t.ppf(0.5 + LEVEL / 2, np.maximum(n - 1, 1)) * np.sqrt(variance.difference / n)
    independent = variance.baseline + variance.with_scenario
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = independent / variance.difference
    return mean.assign(
        low=mean.difference - half, high=mean.difference + half, variance_ratio=ratio
    ).reset_index()
