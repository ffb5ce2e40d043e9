"""What the fast model says about teams in a week, and how the reference model differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim.calendar import DAYS
from sim.market import Market
from sim.market.phases import Phase
from sim.trade import TeamSales
from tests.reference.choice import Deal
from tests.reference.model import ReferenceMarket
from tests.reference.teams import expected_fill

CLOSE = 1e-5
"""The fast model counts chances in single precision."""


@dataclass(frozen=True)
class TeamsOfWeek:
    """Teams of the fast model in a week."""

    invited_in: int
    """How often somebody gained access to a platform by an invitation."""
    beliefs: dict[str, float]
    """Share of teams believed to fill, by platform, after the week."""
    sales: dict[str, TeamSales]
    """Takes and teams that filled by category, where there are any."""


class TeamsSeen:
    """Looks at a market before and after its teams settle.

    Args:
        market: the market; two phases are put into its week.
    """

    def __init__(self, market: Market) -> None:
        layout = market.consumers.layout
        self._access = np.uint64(sum(layout.bit(platform=name) for name in layout.platforms))
        self._before = market.consumers.columns.aware.copy()
        self._invited_in = 0
        phases = market.phases.insert_after("people shop", Phase("look before teams settle", self._look))
        market.phases = phases.insert_after("teams settle", Phase("count who was invited", self._count))

    def _look(self, market: Market) -> None:
        self._before = market.consumers.columns.aware.copy()

    def _count(self, market: Market) -> None:
        gained = market.consumers.columns.aware & ~self._before & self._access
        self._invited_in = sum(int(word).bit_count() for word in gained)

    def of_week(self, market: Market) -> TeamsOfWeek:
        """Teams of the week that has just ended."""
        return TeamsOfWeek(
            self._invited_in,
            {name: platform.team_belief for name, platform in market.platforms.items()},
            {c: sales.teams for c, sales in market.sales.items() if sales.teams is not None},
        )


def belief_off(week: TeamsOfWeek, reference: ReferenceMarket) -> float:
    """Largest difference of a belief."""
    return max(abs(week.beliefs[name] - p.team_belief) for name, p in reference.platforms.items())


def differing_teams(week: TeamsOfWeek, reference: ReferenceMarket) -> Iterator[str]:
    """Differences in accesses gained, and by channel and day in takes, full teams and expected fill."""
    if week.invited_in != reference.settled.invited_in:
        yield f"{week.invited_in} gained access, reference {reference.settled.invited_in}"
    for category, deals in reference.deals.items():
        for position, deal in enumerate(deals):
            for day in range(DAYS):
                theirs = _of_fast(week, category, position, day)
                ours = _of_reference(reference, deal, day)
                if not np.allclose(theirs, ours, rtol=0.0, atol=CLOSE):
                    yield f"{category} at {deal.channel} on day {day}: {theirs}, reference {ours}"


def _of_fast(week: TeamsOfWeek, category: str, position: int, day: int) -> tuple[float, float, float]:
    """Takes, full teams and expected fill; without takes there is nothing to expect."""
    teams = week.sales.get(category)
    if teams is None:
        return 0.0, 0.0, 0.0
    count, full = (float(table[position, day].sum()) for table in (teams.takes, teams.filled))
    return count, full, float(teams.fill[position, day]) if count else 0.0


def _of_reference(reference: ReferenceMarket, deal: Deal, day: int) -> tuple[float, float, float]:
    settled, place = reference.settled, (deal.category, deal.channel, day)
    full = [filled for take, filled in settled.filled.items() if take.place == place]
    if not full:
        return 0.0, 0.0, 0.0
    terms = reference.spec.platforms[deal.host].teams
    return float(len(full)), float(sum(full)), expected_fill(settled, place, terms, deal.host)
