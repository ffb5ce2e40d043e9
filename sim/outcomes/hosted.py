"""Outcomes of hosted storefronts for their brand: what they sell, what they take, what is left.

They concern the storefronts of `sim.outcomes.parties.hosted`: hosted ones that the two scenarios write
or decide differently. "Other channels" are all others of the same brand. D stands for scenario less baseline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from sim.outcomes.parties import hosted, other_channels
from sim.outcomes.periods import Period
from sim.outcomes.rows import Row, ratio, row
from sim.outcomes.sides import Sides, Tables, within

SHARE = "share"


def hosted_rows(sides: Sides) -> Iterator[Row]:
    """By brand, all tiers together; GMV is that of the sales tables (expected choices).

    - "hosted GMV" (window, after, horizon): GMV of the brand's hosted storefronts;
    - "GMV of other channels" (window, horizon): GMV of its other channels;
    - "cannibalisation of other channels" (window): -D GMV of other channels / D hosted GMV. All that happens
      counts, also what the storefronts bring to the own site, so that it may be negative;
    - "incremental share of hosted GMV" (window): D GMV of all its channels / D hosted GMV, one less the last;
    - "taken directly from other channels" (window): see `taken_directly`;
    - "carry-over GMV" (after): GMV of its other channels after the window, within the horizon;
    - "carry-over per hosted GMV" (after): D carry-over GMV / D hosted GMV of the window.

    Behind the ratios stand purchases that moved to or from the storefronts in the window (`moved`).

    By storefront: "sales per visitor of the storefront" (window), see `per_visitor`.
    """
    for brand, stores in hosted(sides.base.spec, sides.other.spec).items():
        others = other_channels(sides.base.spec, sides.other.spec, brand)
        for period in sides.periods:
            yield volume("hosted GMV", brand, stores, sides, period)
            carried = period.name == "after"
            yield volume(
                "carry-over GMV" if carried else "GMV of other channels", brand, others, sides, period
            )
        yield from ratios(brand, stores, others, sides)
        yield from per_visitor(stores, sides)


def volume(outcome: str, brand: str, channels: Sequence[str], sides: Sides, period: Period) -> Row:
    """GMV of some channels in a period."""
    before, after = (gmv(side, channels, period) for side in (sides.before, sides.after))
    return row(outcome, brand, "all", period.name, sides.money, before, after)


def gmv(tables: Tables, channels: Sequence[str], period: Period) -> float:
    """GMV of some channels in a period, in money."""
    own = tables.sales[tables.sales.channel.isin(channels)]
    return float(within(own, period).gmv.sum())


def ratios(brand: str, stores: Sequence[str], others: Sequence[str], sides: Sides) -> Iterator[Row]:
    """Ratios to what the storefronts sell in the window."""

    def change(channels: Sequence[str], period: Period) -> float:
        return gmv(sides.after, channels, period) - gmv(sides.before, channels, period)

    open_, after = sides.period("window"), sides.period("after")
    if open_ is None:
        return
    flows = sides.flows[sides.flows.week.between(open_.first, open_.last)]
    buyers, sold, lost = moved(flows, stores), change(stores, open_), -change(others, open_)
    parts = {
        "cannibalisation of other channels": (lost, sold),
        "incremental share of hosted GMV": (sold - lost, sold),
        "taken directly from other channels": taken_directly(flows, stores, others),
    }
    for outcome, pair in parts.items():
        yield ratio(outcome, brand, "window", SHARE, pair, buyers)
    if after is not None:
        yield ratio("carry-over per hosted GMV", brand, "after", SHARE, (change(others, after), sold), buyers)


def per_visitor(stores: Sequence[str], sides: Sides) -> Iterator[Row]:
    """Sales in the window per visitor (`sim.outcomes.followed.Visitors`), storefront by storefront.

    Buyers who know a storefront from earlier weeks need not be visitors. A market that shows it to nobody
    has no such number; it stands as zero. A replication weighs by the visitors in the scenario (in the
    baseline, if the scenario has none), so that means over replications are ratios of sums there; visitors
    stand behind the number, those of the market that has fewer. None for a window that began before anybody
    looked, in pairs that start from a state.
    """
    opened = sides.period("window")
    if opened is None or not sides.followed or any(one.begun_in > opened.first for one in sides.followed):
        return
    for store in stores:
        seen = [one.visitors.within(store, opened) for one in sides.followed]
        if there := [one for one in seen if one.people > 0.0]:
            before, after = (
                gmv(side, [store], opened) / one.people if one.people > 0.0 else 0.0
                for side, one in zip((sides.before, sides.after), seen, strict=True)
            )
            buyers = min((one.buyers for one in there), key=lambda one: one.effective)
            unit = f"{sides.money}/person"
            made = row(
                "sales per visitor of the storefront", store, "all", "window", unit, before, after, buyers
            )
            yield made | {"weight": there[-1].people}


def moved(flows: pd.DataFrame, stores: Sequence[str]) -> float:
    """Simulated purchases that moved to or from some storefronts."""
    crossed = flows.destination.isin(stores) ^ flows.origin.isin(stores)
    return float(flows.simulated_buyers[crossed].sum())


def taken_directly(flows: pd.DataFrame, stores: Sequence[str], others: Sequence[str]) -> tuple[float, float]:
    """Paid at some storefronts for needs that other channels met in the baseline, and for all that came.

    From the flows of needs (realised choices), need by need: what the same person bought for the same need.
    Needs that the storefronts met in the baseline as well have not come and do not count.
    """
    came = flows[flows.destination.isin(stores) & ~flows.origin.isin(stores)]
    return float(came.paid_after[came.origin.isin(others)].sum()), float(came.paid_after.sum())


# --- purchases moved in time ----------------------------------------------------------------------


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
