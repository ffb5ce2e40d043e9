"""Scenarios that start from the state of another one: finds the state, or makes and keeps it.

    start_from: {scenario: popup_on_pinduoduo_2019.yaml, on: 2019-12-23}

The other scenario is run up to that Monday on the same seeds, with as many consumers and the same
record, and its state is kept in a folder for the next time. File names hold a digest of all that the
state follows from (the scenario and those that it starts from itself, day, seeds, size, record, code of
the model), so a change anywhere makes a new file; old ones can be deleted at any time. Two runs that
make the same state at once write the same file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sim import sources
from sim.calendar import Calendar
from sim.consumers.demand import SALES_AND_SURPLUS, Record
from sim.engine.loop import advance
from sim.engine.oracle import with_oracle
from sim.engine.seeds import Seeds
from sim.market import Market
from sim.market.checkpoint.file import SavedStateError, State, read, write
from sim.market.checkpoint.restore import complete_past
from sim.market.checkpoint.snapshot import take
from sim.scenario import load
from sim.scenario.schema import Scenario, StartFrom

STATES = Path("results") / "states"
"""Folder in which states are kept."""


@dataclass(frozen=True)
class MarketSettings:
    """What markets are run with, beside their scenarios.

    Attributes:
        seeds: world and shock seed.
        consumers: simulated consumers; the scenario's by default.
        record: what is kept beside sales.
        run_off: whether the weeks after the horizon are run.
        threads: threads for loops over consumers; results do not depend on it.
    """

    seeds: Seeds
    consumers: int | None = None
    record: Record = SALES_AND_SURPLUS
    run_off: bool = False
    threads: int = 1

    def open(self, scenario: Scenario) -> Market:
        """Open a market in the week in which its scenario begins; the caller closes it."""
        return _open(scenario, self, STATES)

    def go_on(self, state: State, scenario: Scenario) -> Market:
        """Open a market that goes on from a state, with tables as if it had run from its first week."""
        market = with_oracle(
            state.market(scenario, threads=self.threads, record=self.record, run_off=self.run_off)
        )
        complete_past(market, _first_own_week(scenario))
        return market


def _first_own_week(scenario: Scenario) -> int:
    """First week that a market of a scenario writes down itself."""
    if scenario.start_from is None:
        return 0
    return Calendar(scenario.time.start, scenario.time.end).week_of(scenario.start_from.on)


def open_market(
    scenario: Scenario, *, world_seed: int = 1, shock_seed: int = 1, consumers: int | None = None,
    record: Record = SALES_AND_SURPLUS, run_off: bool = False, threads: int = 1,
    folder: Path | None = STATES,
) -> Market:  # fmt: skip
    """A market at the week in which its scenario begins: a fresh one, or one that starts from a state.

    Args:
        scenario: the scenario; the file of its `start_from` must open from here, as `load` leaves it.
        world_seed: seed of the population and its contacts.
        shock_seed: seed of everything that happens in a week.
        consumers: number of consumers; the scenario's by default.
        record: what to keep beside sales.
        run_off: also run the weeks after the horizon.
        threads: threads for loops over consumers.
        folder: where states are kept; none = made anew each time.

    Raises:
        ScenarioError: if the scenario to start from is wrong.
        SavedStateError: if the scenario does not go with its state (see `sim.market.checkpoint`).
    """
    return _open(
        scenario, MarketSettings(Seeds(world_seed, shock_seed), consumers, record, run_off, threads), folder
    )  # fmt: skip


def _open(scenario: Scenario, settings: MarketSettings, folder: Path | None) -> Market:
    """Open a market as `open_market` says."""
    run_off, threads = settings.run_off, settings.threads
    if scenario.start_from is None:
        fresh = Market(
            scenario, world_seed=settings.seeds.world, shock_seed=settings.seeds.shock,
            consumers=settings.consumers, record=settings.record, run_off=run_off, threads=threads,
        )  # fmt: skip
        return with_oracle(fresh)
    state = state_of(scenario.start_from, settings, folder)
    try:
        market = state.market(scenario, threads=threads, record=settings.record, run_off=run_off)
        return with_oracle(market)
    except SavedStateError as error:
        name = scenario.start_from.scenario
        raise SavedStateError(f"'{scenario.title}' cannot start from {name}: {error}") from error


def state_of(start: StartFrom, settings: MarketSettings, folder: Path | None = STATES) -> State:
    """The state of a scenario on a Monday, found in the folder or made.

    A file that is there but cannot be read is made anew.

    Args:
        start: scenario file and day.
        settings: seeds, size and record; threads, should it have to be made.
        folder: where states are kept; none = made anew each time.
    """
    scenario = load(start.scenario).scenario
    file = None if folder is None else folder / file_name(start, scenario, settings)
    if file is not None and file.exists():
        try:
            return read(file)
        except SavedStateError:
            pass
    state = _made(start, scenario, settings, folder)
    if file is not None:
        write(state, file)
    return state


def _made(start: StartFrom, scenario: Scenario, settings: MarketSettings, folder: Path | None) -> State:
    """Run the other scenario up to the day."""
    with _open(scenario, replace(settings, run_off=False), folder) as market:
        return take(advance(market, market.calendar.week_of(start.on)))


def file_name(start: StartFrom, scenario: Scenario, settings: MarketSettings) -> str:
    """Name of the file of a state: scenario and day in words, everything it follows from as a digest."""
    run = [settings.seeds, settings.consumers, asdict(settings.record)]
    parts = [described(scenario), str(start.on), run, sources.digest(__name__)]
    digest = blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
    return f"{Path(start.scenario).stem}_{start.on}_{digest}.state"


def described(scenario: Scenario) -> dict[str, Any]:
    """All that a scenario says; for the file that it starts from, what that one says."""
    tree = scenario.model_dump(by_alias=True, mode="json")
    if scenario.start_from is not None:
        tree["start_from"]["scenario"] = described(load(scenario.start_from.scenario).scenario)
    return tree


def same_start(scenarios: Iterable[Scenario]) -> bool:
    """Whether all begin at their own start, or all from the same day of the same file."""
    starts = [scenario.start_from for scenario in scenarios]
    places = {None if start is None else (Path(start.scenario).resolve(), start.on) for start in starts}
    return len(places) <= 1
