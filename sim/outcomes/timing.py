"""How far hosted storefronts only move purchases in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.outcomes.hosted import SHARE, gmv, moved
from sim.outcomes.parties import hosted
from sim.outcomes.periods import Period
from sim.outcomes.rows import Row, ratio
from sim.outcomes.sides import Sides, Tables, within


def pull_forward_rows(sides: Sides) -> Iterator[Row]:
    """Purchases moved in time ("pull-forward share", after) by brand, all tiers; none without weeks after.

        -(D GMV of the storefronts' categories after the window, all channels) / D hosted GMV of the window

    with D scenario less baseline, on the sales tables (expected choices), within the horizon. Who has bought
    in the window has a stock at home and buys less for a while: purchases that the storefronts took from
    later weeks are missing there, wherever they would have been made. Weeks within the window are not told
    apart, and earlier weeks do not change: nobody waits for a storefront to open.

    All that happens after the window counts, also sales that come on top because more people know the brand,
    so that it is net and may be negative. It does not follow persons: a fall is that of everybody together.
    Behind it stand purchases that moved to or from the storefronts in the window, as behind the other ratios
    to hosted GMV.
    """
    opened, after = sides.period("window"), sides.period("after")
    if opened is None or after is None:
        return
    for brand, stores in hosted(sides.base.spec, sides.other.spec).items():
        sold = gmv(sides.after, stores, opened) - gmv(sides.before, stores, opened)
        kinds = _goods(sides, stores)
        fall = _in_categories(sides.before, kinds, after) - _in_categories(sides.after, kinds, after)
        buyers = moved(within(sides.flows, opened), stores)
        yield ratio("pull-forward share", brand, "after", SHARE, (fall, sold), buyers)


def _goods(sides: Sides, stores: Sequence[str]) -> set[str]:
    """Categories that some storefronts sell."""
    known = sides.base.spec.storefronts | sides.other.spec.storefronts
    return {category for name in stores for category in known[name].goods}


def _in_categories(tables: Tables, categories: set[str], period: Period) -> float:
    """GMV of some categories on all channels in a period, in money."""
    sold = within(tables.sales, period)
    return float(sold.gmv[sold.category.isin(categories)].sum())
