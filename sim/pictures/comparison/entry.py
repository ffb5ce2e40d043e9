"""What the pictures of a scenario are about: storefronts, parties and weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sim.calendar import Calendar
from sim.experiments.compare import Comparison
from sim.outcomes.parties import Parties, parties, role_of_channel
from sim.pictures.comparison.stores import own_storefronts
from sim.pictures.style import short_title
from sim.scenario.schema import Scenario


@dataclass(frozen=True)
class Entry:
    """New hosted storefronts of a scenario, and the firms concerned.

    Attributes:
        who: the parties of the comparison.
        roles: what each channel is to the brand, see `sim.outcomes.parties.role_of_channel`.
        stores: the storefronts, all of one brand.
        own_sites: own sites of the brand that are open while the storefronts are or later.
        first: first week in which they are open.
        last: last week in which they are open.
        horizon: number of weeks of the comparison without run-off.
        closed: last day of opening; none if they stay open.
    """

    scenario: Scenario
    who: Parties
    roles: Mapping[str, str]
    stores: tuple[str, ...]
    brand: str
    hosts: tuple[str, ...]
    own_sites: tuple[str, ...]
    calendar: Calendar
    opened: date
    closed: date | None

    @property
    def first(self) -> int:  # noqa: D102
        return max(self.calendar.week_of(self.opened), 0)

    @property
    def last(self) -> int:  # noqa: D102
        return min(self.calendar.week_of(self.until), self.horizon - 1)

    @property
    def horizon(self) -> int:  # noqa: D102
        return self.calendar.weeks

    @property
    def until(self) -> date:
        """Last day of opening within the horizon."""
        return min(self.closed or self.calendar.end, self.calendar.end)

    @property
    def weeks_after(self) -> int:
        """Weeks between closing and the end of the horizon."""
        return self.horizon - 1 - self.last

    @property
    def group(self) -> tuple[str, ...]:
        """Other platforms of the hosts' owners."""
        return self.who.group

    @property
    def rivals(self) -> tuple[str, ...]:
        """Platforms that neither host the storefronts nor belong with a host."""
        return self.who.rivals

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

    def _titles(self, platforms: tuple[str, ...]) -> str:
        return " and ".join(short_title(self.scenario.platforms[name].title) for name in platforms)


def entry(comparison: Comparison, name: str) -> Entry:
    """The new hosted storefronts of a scenario.

    Raises:
        ValueError: if the scenario opens none.
    """
    base, scenario = comparison.scenarios[comparison.base], comparison.scenarios[name]
    names = own_storefronts(comparison, name)
    if not names:
        raise ValueError(f"{name} opens no hosted storefront that {comparison.base} has not")
    brand = scenario.storefronts[names[0]].owner
    stores = tuple(s for s in names if scenario.storefronts[s].owner == brand)
    calendar = Calendar(scenario.time.start, scenario.time.end)
    windows = [scenario.storefronts[s].open for s in stores]
    ends = [w.to for w in windows]
    opened = min(w.from_ or calendar.start for w in windows)
    return Entry(
        scenario, parties(base, scenario), role_of_channel(base, scenario), stores, brand,
        hosts=tuple(dict.fromkeys(str(scenario.storefronts[s].host) for s in stores)),
        own_sites=tuple(
            s for s, store in scenario.storefronts.items()
            if store.owner == brand and store.host is None and (store.open.to or calendar.end) >= opened
        ),
        calendar=calendar, opened=opened,
        closed=None if None in ends else max(day for day in ends if day is not None),
    )  # fmt: skip
