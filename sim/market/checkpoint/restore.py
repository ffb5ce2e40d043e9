"""Puts a state back into a market: rows, bits and firms find their places by name."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.consumers.people import Consumers
from sim.consumers.population import Columns, Layout
from sim.market import Market
from sim.market.checkpoint.compatibility import Branch, adapted, newcomer
from sim.scenario.schema import Act, Brand, Platform, Scenario

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
Plain = dict[str, Any]
TRAITS = ("id", "online_from", "means", "price", "affinity", "delivery")
"""Columns that never change and depend on seed, population and tiers only; `taste` is the other trait."""
CHANGING = ("habit", "loyalty", "trust", "stock", "last_order")
"""Columns that change, with a row by name; `aware` is the other one."""


class SavedStateError(ValueError):
    """A state cannot be saved, read, or gone on from."""


def people(consumers: Consumers) -> dict[str, str]:
    """Digest of each trait; tastes by name of the firm."""
    columns, firms = consumers.columns, consumers.layout.firms
    traits = {name: getattr(columns, name) for name in TRAITS}
    traits |= {f"taste {name}": columns.taste[row] for row, name in enumerate(firms)}
    return {
        name: blake2b(np.ascontiguousarray(a).tobytes(), digest_size=8).hexdigest()
        for name, a in traits.items()
    }


def check_people(saved: Mapping[str, str], old: Scenario, market: Market) -> None:
    """Refuse a state of other people. Tastes are compared where both scenarios say the same of them."""
    spreads = [_spreads(scenario) for scenario in (old, market.spec)]
    made = people(market.consumers)
    alike = [n for n in made if n in saved and spreads[0].get(n) == spreads[1].get(n)]
    if wrong := [name for name in alike if made[name] != saved[name]]:
        raise SavedStateError(
            f"this code makes other people than those of the state: {', '.join(wrong)} differ"
        )


def check_columns(arrays: Arrays, market: Market) -> None:
    """Refuse columns of other types or of another number of people: nothing is converted."""
    columns = market.consumers.columns
    for name in (*CHANGING, "aware"):
        saved, here = arrays[f"columns/{name}"], getattr(columns, name)
        if saved.dtype != here.dtype or saved.shape[-1] != here.shape[-1]:
            theirs, ours = (f"{a.dtype} of {a.shape[-1]}" for a in (saved, here))
            raise SavedStateError(f"column {name} is {theirs}, expected {ours}")


def _spreads(scenario: Scenario) -> dict[str, float]:
    """Spread of the taste for each firm, by the name of its digest."""
    firms: list[tuple[str, Platform | Brand]] = [*scenario.platforms.items(), *scenario.brands.items()]
    return {f"taste {name}": firm.taste_spread for name, firm in firms}


def put(about: Plain, plain: Plain, arrays: Arrays, old: Scenario, market: Market) -> None:
    """Put the parts of a state (see `sim.market.checkpoint.snapshot.State`) into a fresh market.

    Args:
        about: week, names behind rows and bits.
        plain: firms, history, small tables.
        arrays: columns, books, numbers of tables.
        old: scenario of the state.
        market: market in its first week, under the same or another scenario.
    """
    there = Layout(**{kind: tuple(names) for kind, names in about["layout"].items()})
    _put_columns(arrays, there, market.consumers.columns, market.consumers.layout)
    if len(market.demand.gain):
        market.demand.gain[:] = arrays["gain"]
    market.sleep(plain["steps"])
    market.week = about["week"]
    market.running = market.week < market.last_week
    _put_firms(plain, old, market)
    _put_tables(plain, arrays, market)
    _put_collected(plain["collector"], market)


def _put_columns(arrays: Arrays, there: Layout, columns: Columns, here: Layout) -> None:
    """Rows by name; newcomers keep what they start with."""
    for name in CHANGING:
        saved, known, row = arrays[f"columns/{name}"], _rows(there)[name], getattr(columns, name)
        for k, about in enumerate(_rows(here)[name]):
            if about in known:
                row[k] = saved[known.index(about)]
    columns.aware[:] = _aware(arrays["columns/aware"], _masks(there), columns.aware, _masks(here))


def _rows(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Names behind the rows of each changing column."""
    return {"habit": layout.platforms, "loyalty": layout.brands, "trust": layout.firms,
            "stock": layout.categories, "last_order": layout.firms}  # fmt: skip


def _masks(layout: Layout) -> dict[tuple[str, str], int]:
    """Awareness bits by kind and name; what was seen within a week is forgotten at its end."""
    return (
        {("platform", n): layout.bit(platform=n) for n in layout.platforms}
        | {("brand", n): layout.bit(brand=n) for n in layout.brands}
        | {("channel", n): layout.bit(channel=n) for n in layout.channels}
    )


def _aware(
    saved: Array, there: Mapping[tuple[str, str], int], fresh: Array, here: Mapping[tuple[str, str], int]
) -> Array:
    """Awareness with every bit moved to its place; bits that the state does not know as in `fresh`."""
    aware = np.zeros_like(fresh)
    for name, mask in here.items():
        word, bit = (saved, there[name]) if name in there else (fresh, mask)
        aware[(word & np.uint64(bit)) != 0] |= np.uint64(mask)
    return aware


def _put_firms(plain: Plain, old: Scenario, market: Market) -> None:
    """States by name, acts of policies, sales of the past."""
    supply, saved, branch = market.supply, plain["firms"], Branch(market.spec, market.week)
    for name, keeper in supply.keepers():
        fresh = keeper.state()
        if name in saved:
            state = adapted(name, saved[name], fresh, old, branch)
        else:
            state = newcomer(name, fresh, len(plain["history"]))
        keeper.restore(state)
    supply.acts = [(week, policy, Act.model_validate(act)) for week, policy, act in plain["acts"]]
    supply.history = [
        {(channel, category): (money, value) for channel, category, money, value in week}
        for week in plain["history"]
    ]
    for name, tier in market.city_tiers.items():
        tier.gmv = plain["tiers"][name]


def _put_tables(plain: Plain, arrays: Arrays, market: Market) -> None:
    """Books and records of the past."""
    records = market.records
    books = {name.removeprefix("books/"): a for name, a in arrays.items() if name.startswith("books/")}
    market.ledger.restore(plain["names"], books)
    for name, panel in records.panels().items():
        panel.restore(plain["tables"][name], arrays[f"tables/{name}"])
    records.merchants = [
        (w, channel, category, active) for w, channel, category, active in plain["merchants"]
    ]


def complete_tables(market: Market, first: int) -> None:
    """Give channels that the state did not know their rows in the tables of past weeks, without sales.

    The tables are then those of a market that ran under its scenario from a first week on, if the scenario
    changes nothing before the week of the state.

    Args:
        market: market that goes on from a state.
        first: the first week.
    """
    layout, spec = market.consumers.layout, market.spec
    sold: dict[str, list[tuple[str, str, str]]] = {category: [] for category in spec.categories}
    for name, platform in spec.platforms.items():
        for category in platform.assortments:
            sold[category].append((name, name, ""))
    for name, store in spec.storefronts.items():
        for category in store.goods:
            sold[category].append((name, store.host or "", store.owner))
    market.records.complete(sold, [*layout.firms, *layout.channels], range(first, market.week))


def _put_collected(plain: Plain, market: Market) -> None:
    """What Mesa's collector has seen, as far as it asks for it and the agents are still there."""
    collector = market.datacollector
    for name, values in collector.model_vars.items():
        values[:] = plain["model"].get(name, [])
    kinds = {kind.__name__: kind for kind in collector.agenttype_reporters}
    numbers = {(type(agent).__name__, getattr(agent, "name", "")): agent.unique_id for agent in market.agents}
    for step, saved in plain["agents"]:
        collector._agenttype_records[step] = {
            kinds[kind]: [
                (when, numbers[kind, name], *reports)
                for when, name, *reports in rows if (kind, name) in numbers
            ]
            for kind, rows in saved.items() if kind in kinds
        }  # fmt: skip
