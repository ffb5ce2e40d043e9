"""The state of a market between two weeks, as plain values and arrays.

A state holds what changes: columns of people, states of firms, books, tables. Traits and contacts follow
from the scenario and the world seed; they are made again and compared by digest. Not kept are what exists
within a week only (diaries, baskets, teams, scratch memory) and phases that a user has replaced.
`sim.market.checkpoint.compatibility` says what holds if the state is continued under another scenario.

    state = take(market)
    other = state.market(scenario)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from sim.calendar import Calendar
from sim.consumers.demand import Record
from sim.market import Market
from sim.market.checkpoint.compatibility import Continuation, differences
from sim.market.checkpoint.restore import (
    CHANGING,
    Array,
    Arrays,
    Plain,
    SavedStateError,
    check_columns,
    check_people,
    fill_market,
    trait_digests,
)
from sim.scenario.schema import Scenario

__all__ = ["SavedStateError", "State", "take"]


@dataclass(frozen=True)
class State:
    """The state of a market between two weeks.

    Attributes:
        about: scenario, week, seeds, size, what is recorded, names behind rows and bits, digests of traits.
        plain: firms, history, tables of small size, by name.
        arrays: columns, books, numbers of tables, by name.
    """

    about: Plain
    plain: Plain
    arrays: Arrays

    @property
    def week(self) -> int:
        """The next week to simulate, counted from the start of the scenario."""
        return int(self.about["week"])

    @property
    def scenario(self) -> Scenario:
        """The scenario of the market from which the state was taken.

        Raises:
            SavedStateError: if this code no longer understands it.
        """
        try:
            return Scenario.model_validate(self.about["scenario"])
        except ValidationError as error:
            raise SavedStateError(f"its scenario is none of this code's schema: {error}") from error

    @property
    def record(self) -> Record:
        """What the market recorded beside sales."""
        return Record(**self.about["record"])

    def market(
        self, scenario: Scenario | None = None, *, threads: int = 1, record: Record | None = None,
        run_off: bool | None = None, block: int | None = None,
    ) -> Market:  # fmt: skip
        """Return a new market in this state. The state stays as it is and can be used again.

        Under the scenario of the state, the market continues bit for bit as the one from which the state
        was taken, for any number of threads and size of blocks. It holds the tables and books of the past.

        Args:
            scenario: scenario from now on; by default that of the state. See
                `sim.market.checkpoint.compatibility`.
            threads: threads for loops over consumers.
            record: what to record from now on; by default as before.
            run_off: whether the weeks after the horizon are run; by default as before.
            block: rows per block; by default as before.

        Raises:
            SavedStateError: if the scenario does not fit the state, if something is to be recorded that was
                not recorded before, or if this code makes other people or expects other parts.
        """
        about, old = self.about, self.scenario
        new = old if scenario is None else scenario
        self._check(old, new)
        world, shock = about["seeds"]
        market = Market(
            new.model_copy(update={"start_from": None}), world_seed=world, shock_seed=shock,
            consumers=about["consumers"], threads=threads, record=_recorded(self.record, record),
            run_off=about["run_off"] if run_off is None else run_off, block=block or about["block"],
        )  # fmt: skip
        try:
            market.spec = new
            self._fill(old, market)
        except BaseException:
            market.close()
            raise
        return market

    def _fill(self, old: Scenario, market: Market) -> None:
        """Fill a fresh market with all parts of the state, if they fit."""
        check_people(self.about["people"], old, market)
        try:
            check_columns(self.arrays, market)
            fill_market(self.about, self.plain, self.arrays, old, market)
        except (KeyError, TypeError) as error:
            raise SavedStateError(f"this code expects something else in a state: {error!r}") from error

    def _wrong_week(self, old: Scenario, new: Scenario) -> Iterator[str]:
        """Yield an error if the scenario wants to start from a state of another day."""
        monday = Calendar(old.time.start, old.time.end).monday(self.week)
        if new.start_from is not None and new.start_from != old.start_from and new.start_from.on != monday:
            yield f"start_from.on: the state is of {monday}, expected one of {new.start_from.on}"

    def _check(self, old: Scenario, new: Scenario) -> None:
        """Refuse a scenario that cannot continue this state."""
        firms = self.plain["firms"]
        standing = [s for s in old.storefronts if firms[f"storefront {s}"]["stands"]]
        continuation = Continuation(new, self.week)
        reasons = [*self._wrong_week(old, new), *differences(old, continuation, standing)]
        if reasons:
            raise SavedStateError("\n  ".join(["the scenario does not go with the state:", *reasons]))


def take(market: Market) -> State:
    """Return the state of a market between two weeks. The market can go on.

    Raises:
        SavedStateError: if a firm or the data collector holds something else than plain values.
    """
    try:
        plain = json.loads(json.dumps(_plain(market)))
    except TypeError as error:
        raise SavedStateError(f"the market holds something that is no plain value: {error}") from error
    return State(_about(market), plain, dict(_arrays(market)))


def _recorded(saved: Record, asked: Record | None) -> Record:
    """Return what to record from now on. Only payments may be added: the rest covers the past as well."""
    if asked is None:
        return saved
    possible = {
        "expected": saved.expected == asked.expected,
        "core": saved.core == asked.core,
        "winners": saved.winners or not asked.winners,
    }
    missing = [name for name, possibly in possible.items() if not possibly]
    if missing:
        changes = ", ".join(f"{name}: {getattr(saved, name)} -> {getattr(asked, name)}" for name in missing)
        raise SavedStateError(f"the state has not recorded what is asked for: {changes}")
    return asked


# --- taking --------------------------------------------------------------------------------------


def _about(market: Market) -> Plain:
    demand, layout = market.demand, market.consumers.layout
    return {
        "week": market.week,
        "seeds": [int(demand.world), int(demand.shock)],
        "consumers": len(market.consumers),
        "record": asdict(demand.record),
        "run_off": market.last_week > market.horizon,
        "block": demand.pool.block_rows,
        "layout": {kind: list(names) for kind, names in asdict(layout).items()},
        "people": trait_digests(market.consumers),
        "scenario": market.spec.model_dump(by_alias=True, mode="json"),
    }


def _plain(market: Market) -> Plain:
    supply, records = market.supply, market.records
    return {
        "steps": market.steps,
        "firms": {name: firm.state() for name, firm in supply.stateful_firms()},
        "acts": [[w, policy, act.model_dump(by_alias=True, mode="json")] for w, policy, act in supply.acts],
        "history": [[[*key, *pair] for key, pair in week.items()] for week in supply.history],
        "tiers": {name: tier.gmv for name, tier in market.city_tiers.items()},
        "names": market.ledger.names(),
        "tables": {name: panel.key_rows() for name, panel in records.panels().items()},
        "merchants": records.merchants,
        "collector": _collected(market),
    }


def _arrays(market: Market) -> Iterator[tuple[str, Array]]:
    columns = market.consumers.columns
    yield from ((f"columns/{name}", getattr(columns, name).copy()) for name in (*CHANGING, "aware"))
    yield "gain", market.demand.gain.copy()
    yield from ((f"books/{name}", array) for name, array in market.ledger.arrays().items())
    yield from ((f"tables/{name}", panel.numbers()) for name, panel in market.records.panels().items())


def _collected(market: Market) -> Plain:
    """Return what Mesa's collector has recorded: variables of the market, rows by step and kind of agent."""
    collector = market.datacollector
    records: Mapping[float, Mapping[type, Sequence[Any]]] = collector._agenttype_records
    return {
        "model": collector.model_vars,
        "agents": [
            [step, {kind.__name__: _by_name(market, rows) for kind, rows in kinds.items()}]
            for step, kinds in records.items()
        ],
    }


def _by_name(market: Market, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return rows (step, number, reports) of agents with their names in place of their numbers."""
    names = {agent.unique_id: getattr(agent, "name", "") for agent in market.agents}
    return [[step, names[number], *reports] for step, number, *reports in rows]
