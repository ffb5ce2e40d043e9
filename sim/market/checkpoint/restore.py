"""Restoring a state into a fresh market: rows, bits and firms are matched by name."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.consumers.people import Consumers
from sim.consumers.population import Columns, Layout
from sim.firms.storefront import Storefront
from sim.market import Market
from sim.market.checkpoint.compatibility import Continuation, adapt_state, newcomer_state
from sim.scenario.schema import Act, Brand, Platform, Scenario

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
Plain = dict[str, Any]
TRAITS = ("id", "online_from", "means", "price", "affinity", "delivery")
"""Columns that never change and depend on seed, population and tiers only, beside `taste`."""
CHANGING = ("habit", "loyalty", "trust", "stock", "last_order", "fresh")
"""Columns that change and have one row a name, beside `aware`, which has one bit a name."""


class SavedStateError(ValueError):
    """A state cannot be saved, read or continued."""


def trait_digests(consumers: Consumers) -> dict[str, str]:
    """Return a digest of each trait, one a firm for tastes."""
    columns, firms = consumers.columns, consumers.layout.firms
    traits = {name: getattr(columns, name) for name in TRAITS}
    traits |= {f"taste {name}": columns.taste[row] for row, name in enumerate(firms)}
    return {
        name: blake2b(np.ascontiguousarray(a).tobytes(), digest_size=8).hexdigest()
        for name, a in traits.items()
    }


def check_people(saved: Mapping[str, str], old: Scenario, market: Market) -> None:
    """Refuse a state of other people. Tastes are compared where both scenarios give them the same spread."""
    spreads = [_spreads(scenario) for scenario in (old, market.spec)]
    here = trait_digests(market.consumers)
    comparable = [n for n in here if n in saved and spreads[0].get(n) == spreads[1].get(n)]
    if wrong := [name for name in comparable if here[name] != saved[name]]:
        raise SavedStateError(
            f"this code makes other people than those of the state: {', '.join(wrong)} differ"
        )


def check_columns(arrays: Arrays, market: Market) -> None:
    """Refuse columns of another type or length; nothing is converted."""
    columns = market.consumers.columns
    for name in (*CHANGING, "aware"):
        saved, here = arrays[f"columns/{name}"], getattr(columns, name)
        if saved.dtype != here.dtype or saved.shape[-1] != here.shape[-1]:
            theirs, ours = (f"{a.dtype} of {a.shape[-1]}" for a in (saved, here))
            raise SavedStateError(f"column {name} is {theirs}, expected {ours}")


def _spreads(scenario: Scenario) -> dict[str, float]:
    """Return the spread of the taste for each firm, by the name of its digest."""
    firms: list[tuple[str, Platform | Brand]] = [*scenario.platforms.items(), *scenario.brands.items()]
    return {f"taste {name}": firm.taste_spread for name, firm in firms}


def fill_market(about: Plain, plain: Plain, arrays: Arrays, old: Scenario, market: Market) -> None:
    """Fill a fresh market with the parts of a state (see `sim.market.checkpoint.snapshot.State`).

    Args:
        about: week, names behind rows and bits.
        plain: firms, history, small tables.
        arrays: columns, books, numbers of tables.
        old: scenario of the state.
        market: market in its first week, under the same or another scenario.
    """
    saved_layout = Layout(**{kind: tuple(names) for kind, names in about["layout"].items()})
    _fill_columns(arrays, saved_layout, market.consumers.columns, market.consumers.layout)
    if len(market.demand.gain):
        market.demand.gain[:] = arrays["gain"]
    market.advance_clock(plain["steps"])
    market.week = about["week"]
    market.running = market.week < market.last_week
    _fill_firms(plain, old, market)
    _fill_tables(plain, arrays, market)
    _fill_collector(plain["collector"], market)


def _fill_columns(arrays: Arrays, old: Layout, columns: Columns, new: Layout) -> None:
    """Fill the changing columns row by row; newcomers keep the rows with which they start."""
    for name in CHANGING:
        saved, known, column = arrays[f"columns/{name}"], _row_names(old)[name], getattr(columns, name)
        for row, key in enumerate(_row_names(new)[name]):
            if key in known:
                column[row] = saved[known.index(key)]
    columns.aware[:] = _moved_bits(arrays["columns/aware"], _masks(old), columns.aware, _masks(new))


def _row_names(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Return the names behind the rows of each changing column."""
    return {"habit": layout.platforms, "loyalty": layout.brands, "trust": layout.firms,
            "stock": layout.categories, "last_order": layout.firms, "fresh": layout.brands}  # fmt: skip


def _masks(layout: Layout) -> dict[tuple[str, str], int]:
    """Return awareness bits by kind and name, without those that are cleared at the end of a week."""
    return (
        {("platform", n): layout.bit(platform=n) for n in layout.platforms}
        | {("brand", n): layout.bit(brand=n) for n in layout.brands}
        | {("channel", n): layout.bit(channel=n) for n in layout.channels}
    )


def _moved_bits(
    saved: Array, old: Mapping[tuple[str, str], int], fresh: Array, new: Mapping[tuple[str, str], int]
) -> Array:
    """Return awareness with every bit in its new place, and bits unknown to the state as in `fresh`."""
    aware = np.zeros_like(fresh)
    for name, mask in new.items():
        word, bit = (saved, old[name]) if name in old else (fresh, mask)
        aware[(word & np.uint64(bit)) != 0] |= np.uint64(mask)
    return aware


def _fill_firms(plain: Plain, old: Scenario, market: Market) -> None:
    """Restore the firms by name, the acts of policies and the sales of the past."""
    supply, saved = market.supply, plain["firms"]
    continuation = Continuation(market.spec, market.week)
    for name, firm in supply.stateful_firms():
        fresh = firm.state()
        if name in saved:
            state = adapt_state(name, saved[name], fresh, old, continuation)
        else:
            state = newcomer_state(name, fresh, len(plain["history"]))
        firm.restore(state)
    supply.acts = [(week, policy, Act.model_validate(act)) for week, policy, act in plain["acts"]]
    supply.history = [
        {(channel, category): (money, value) for channel, category, money, value in week}
        for week in plain["history"]
    ]
    for name, tier in market.city_tiers.items():
        tier.gmv = plain["tiers"][name]


def _fill_tables(plain: Plain, arrays: Arrays, market: Market) -> None:
    """Restore books and weekly tables of the past."""
    records = market.records
    books = {name.removeprefix("books/"): a for name, a in arrays.items() if name.startswith("books/")}
    market.ledger.restore(plain["names"], books)
    for name, panel in records.panels().items():
        panel.restore(plain["tables"][name], arrays[f"tables/{name}"])
    records.merchants = [
        (w, channel, category, active) for w, channel, category, active in plain["merchants"]
    ]


def complete_past(market: Market, first: int) -> None:
    """Give channels that the state did not know their place in past weeks, without sales.

    Tables, sales of the past and Mesa's collector are then those of a market that ran under its scenario from
    a first week on, if the scenario changes nothing before the week of the state.

    Args:
        market: market that goes on from a state.
        first: the first week.
    """
    layout, sold, weeks = market.consumers.layout, _sellers(market.spec), range(first, market.week)
    market.records.complete(sold, [*layout.firms, *layout.channels], weeks)
    channels = dict.fromkeys(channel for sellers in sold.values() for channel, *_ in sellers)
    keys = [(c, category) for c in channels for category in sold if any(c == s[0] for s in sold[category])]
    for week in weeks:
        known = market.supply.history[week]
        market.supply.history[week] = {key: known.get(key, (0.0, 0.0)) for key in keys}
    _complete_collector(market, first)


def _sellers(spec: Scenario) -> dict[str, list[tuple[str, str, str]]]:
    """Channels that sell each category, with host and brand, in the order of offers."""
    sold: dict[str, list[tuple[str, str, str]]] = {category: [] for category in spec.categories}
    for name, platform in spec.platforms.items():
        for category in platform.assortments:
            sold[category].append((name, name, ""))
    for name, store in spec.storefronts.items():
        for category in store.goods:
            sold[category].append((name, store.host or "", store.owner))
    return sold


def _complete_collector(market: Market, first: int) -> None:
    """Add rows of storefronts that did not exist yet to what Mesa's collector has recorded."""
    for step, kinds in market.datacollector._agenttype_records.items():
        if step > first and Storefront in kinds:  # the first step runs week 0
            known = {
                name: (when, number, name, *reports) for when, number, name, *reports in kinds[Storefront]
            }
            kinds[Storefront] = [
                known.get(name, (step, store.unique_id, name, 0.0))
                for name, store in market.storefronts.items()
            ]


def _fill_collector(plain: Plain, market: Market) -> None:
    """Restore what Mesa's collector has recorded of variables and agents that still exist."""
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
