"""The loop over weeks, the only one: markets step side by side, and whoever asked looks at each week."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.engine.watch import Watch
from sim.market import Market


def weeks(markets: Sequence[Market], until: int, watch: Watch | None = None) -> Iterator[int]:
    """Run markets side by side, week by week, until a week is the next one; yields the week just run.

    Args:
        markets: one or more, all in the same week.
        until: first week that is not run.
        watch: looked at before every week.
    """
    first, watch = markets[0], watch or Watch()
    while first.week < until:
        watch.check()
        for market in markets:
            market.step()
        yield first.week - 1


def advance(market: Market, until: int | None = None, watch: Watch | None = None) -> Market:
    """Run a market until a week is the next one, by default to its end; returns the market."""
    for _ in weeks([market], market.last_week if until is None else until, watch):
        pass
    return market
