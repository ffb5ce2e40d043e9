"""What the pictures of a scenario are about: storefronts, parties and weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple

import pandas as pd

from sim.calendar import DAYS, Calendar
from sim.outcomes.comparison import Comparison
from sim.outcomes.parties import Parties, decided, parties, role_of_channel
from sim.pictures.comparison.stores import storefronts
from sim.pictures.style import short_title
from sim.scenario.schema import Scenario

Kind = Literal["new", "longer", "shorter", "moved", "changed"]
"""What a scenario does to its storefronts: opens them; keeps them open in more weeks than the baseline, in
fewer, or in other ones; or changes something else than the weeks."""
WHEN: Mapping[Kind, str] = {
    "new": "while open",
    "longer": "while open longer",
    "shorter": "while closed",
    "moved": "while the two differ",
    "changed": "while open",
}
"""The weeks of the picture in words."""


class Weeks(NamedTuple):
    """Weeks that the pictures of a scenario look at.

    Attributes:
        kind: what the scenario does to the storefronts.
        opened: first day.
        closed: last day; None if there is none.
        runs: replications in which the storefronts are open in one of the two scenarios only.
    """

    kind: Kind
    opened: date
    closed: date | None
    runs: int = 0


@dataclass(frozen=True)
class Entry:
    """Storefronts in question, the firms concerned, and the weeks to look at.

    Attributes:
        scenario: the scenario, which has the storefronts.
        base: its baseline.
        who: the parties of the comparison.
        roles: what each channel is to the brand, see `sim.outcomes.parties.role_of_channel`.
        stores: the storefronts, all of one brand.
        brand: their owner.
        own_sites: other own sites of the brand that are open in these weeks or later.
        weeks: the weeks to look at: those of opening if the storefronts are new; else those in which they are
            open in one of the two scenarios only, in some replication; else those of opening.
        calendar: days of the weeks of the horizon.
        replications: how many were run.
    """

    scenario: Scenario
    base: Scenario
    who: Parties
    roles: Mapping[str, str]
    stores: tuple[str, ...]
    brand: str
    own_sites: tuple[str, ...]
    weeks: Weeks
    calendar: Calendar
    replications: int

    @property
    def new(self) -> bool:
        """Whether the baseline has none of the storefronts."""
        return self.weeks.kind == "new"

    @property
    def fixed(self) -> bool:
        """Whether the storefronts are new and open in the weeks of the file, whatever policies decide."""
        return self.new and not self.weeks.runs

    @property
    def opened(self) -> date:
        """First day of the weeks."""
        return self.weeks.opened

    @property
    def closed(self) -> date | None:
        """Last day of the weeks; None if there is none."""
        return self.weeks.closed

    @property
    def first(self) -> int:
        """First week to look at."""
        return max(self.calendar.week_of(self.opened), 0)

    @property
    def last(self) -> int:
        """Last week to look at."""
        return min(self.calendar.week_of(self.until), self.horizon - 1)

    @property
    def horizon(self) -> int:
        """Number of weeks of the comparison without run-off."""
        return self.calendar.weeks

    @property
    def until(self) -> date:
        """Last day of the weeks within the horizon."""
        return min(self.closed or self.calendar.end, self.calendar.end)

    @property
    def weeks_after(self) -> int:
        """Weeks between the last one and the end of the horizon."""
        return self.horizon - 1 - self.last

    # --- parties -------------------------------------------------------------------------------

    @property
    def hosts(self) -> tuple[str, ...]:
        """Platforms on which the storefronts stand; none for own sites."""
        return self.who.hosts

    @property
    def group(self) -> tuple[str, ...]:
        """Other platforms of the hosts' owners."""
        return self.who.group

    @property
    def rivals(self) -> tuple[str, ...]:
        """Platforms that neither host the storefronts nor belong with a host."""
        return self.who.rivals

    @property
    def others(self) -> tuple[str, ...]:
        """The rivals; without a host, all platforms."""
        return self.rivals if self.hosts else tuple(self.scenario.platforms)

    @property
    def others_title(self) -> str:
        """They in words."""
        return "rival platforms" if self.hosts else "platforms"

    # --- words ---------------------------------------------------------------------------------

    @property
    def when(self) -> str:
        """The weeks in words: "while open"."""
        return WHEN[self.weeks.kind]

    @property
    def store_title(self) -> str:
        """The storefronts in words."""
        return " and ".join(self.scenario.storefronts[name].title for name in self.stores)

    @property
    def brand_title(self) -> str:
        """The entrant in words."""
        return short_title(self.scenario.brands[self.brand].title)

    @property
    def host_title(self) -> str:
        """The host in words."""
        return self._titles(self.hosts)

    @property
    def group_title(self) -> str:
        """Other platforms of the host's group in words."""
        return f"{self._titles(self.group)} (host's group)"

    def _titles(self, platforms: Sequence[str]) -> str:
        platform = self.base.platforms | self.scenario.platforms
        return " and ".join(short_title(platform[name].title) for name in platforms)


def entry(comparison: Comparison, name: str) -> Entry:
    """Return what the pictures of a scenario are about.

    Raises:
        ValueError: if the scenario has no storefront that the comparison is about.
    """
    base, scenario = comparison.scenarios[comparison.base], comparison.scenarios[name]
    names = storefronts(comparison, name)
    if not names:
        raise ValueError(f"{name} has no storefront in which it differs from {comparison.base}")
    brand, calendar = scenario.storefronts[names[0]].owner, Calendar(scenario.time.start, scenario.time.end)
    weeks = _weeks(comparison, name, names, calendar)
    return Entry(
        scenario=scenario, base=base, who=parties(base, scenario), roles=role_of_channel(base, scenario),
        stores=tuple(names), brand=brand,
        own_sites=tuple(
            s for s, store in scenario.storefronts.items()
            if store.owner == brand and store.host is None and s not in names
            and (store.open.to or calendar.end) >= weeks.opened
        ),
        weeks=weeks, calendar=calendar, replications=int(comparison.outcomes.replication.nunique()),
    )  # fmt: skip


# --- weeks ---------------------------------------------------------------------------------------


def _weeks(comparison: Comparison, name: str, stores: Sequence[str], calendar: Calendar) -> Weeks:
    """The weeks that the pictures look at, see `Entry`."""
    base, scenario = comparison.scenarios[comparison.base], comparison.scenarios[name]
    new = not set(stores) & set(base.storefronts)
    written = _written(scenario, stores, calendar, "new" if new else "changed")
    if new and not set(stores) & decided(base, scenario):
        return written
    selling = _selling(comparison, name, stores, calendar.weeks)
    more, less = (selling[selling == side] for side in (1, -1))
    kind: Kind = "moved" if len(more) and len(less) else "longer" if len(more) else "shorter"
    if not len(more) + len(less):
        return written
    apart = selling[selling != 0]
    weeks = apart.index.get_level_values("week")
    runs = apart.index.get_level_values("replication").nunique()
    found = _days(calendar, int(weeks.min()), int(weeks.max()), "new" if new else kind, runs)
    if any(scenario.storefronts[store].host is not None for store in stores):
        found = found._replace(closed=found.closed or calendar.end)  # contracts end with the horizon
    return written if new and _same_weeks(found, written, calendar) else found


def _written(scenario: Scenario, stores: Sequence[str], calendar: Calendar, kind: Kind) -> Weeks:
    """The days of opening as the scenario has them."""
    windows = [scenario.storefronts[s].open for s in stores]
    ends = [window.to for window in windows]
    opened = min(window.from_ or calendar.start for window in windows)
    return Weeks(kind, opened, None if None in ends else max(day for day in ends if day is not None))


def _selling(comparison: Comparison, name: str, stores: Sequence[str], horizon: int) -> pd.Series:
    """By storefront, week and replication: 1 if it sells in the scenario only, -1 in the baseline only."""
    rows = comparison.weekly[comparison.weekly.scenario == name]
    rows = rows[rows.channel.isin(list(stores)) & (rows.week < horizon)]
    keys, sides = ["channel", "week", "replication"], ["baseline", "with_scenario"]
    sums = rows.groupby(keys, observed=True)[sides].sum()
    return (sums.with_scenario > 0.0).astype(int) - (sums.baseline > 0.0).astype(int)


def _days(calendar: Calendar, first: int, last: int, kind: Kind, runs: int) -> Weeks:
    """Weeks from a first to a last one; without a last day if they go on to the end of the horizon."""
    end = calendar.monday(last) + timedelta(days=DAYS - 1)
    return Weeks(kind, calendar.monday(first), None if last == calendar.weeks - 1 else end, runs)


def _same_weeks(one: Weeks, two: Weeks, calendar: Calendar) -> bool:
    """Whether the days of two lie in the same weeks of the horizon."""
    ends = [min(calendar.week_of(each.closed or calendar.end), calendar.weeks - 1) for each in (one, two)]
    begins = [max(calendar.week_of(each.opened), 0) for each in (one, two)]
    return begins[0] == begins[1] and ends[0] == ends[1]
