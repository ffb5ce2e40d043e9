"""What a pop-up wins and leaves behind: stylised facts of evidence 8 about prospects and awareness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.population import NEVER_ORDERED
from tests.markets import POPUP_CLOSES, POPUP_OPENS, autumn, market
from tests.runs import BOOKED, total, weights

POPUP = "storefronts.amazon_on_pinduoduo"
Floats = npt.NDArray[np.float64]


def brand_buyers(name: str, *sets: str) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    """Who was a customer before the pop-up opened, purchases while it is open, and people per consumer."""
    with market(autumn(name, "time.warm_up_weeks=40", *sets), 12_000) as m:
        while m.week < POPUP_OPENS:
            m.step()
        brand = m.consumers.layout.firms.index("amazon")
        customer = m.consumers.columns.last_order[brand] != NEVER_ORDERED
        bought = np.zeros(len(m.consumers))
        while m.week <= POPUP_CLOSES:
            m.step()
            own = np.array([o.brand == "amazon" for o in m.offers["imported"]] + [False, False])
            codes = m.demand.diaries["imported"].codes
            bought += own[np.where(codes >= 0, codes // 7, codes)].sum(axis=0)
        return customer, bought, weights(m)


def test_the_pop_up_lifts_prospects_more_than_customers() -> None:
    """Orders from the brand, with the pop-up over without: larger for who had never bought (Zhang et al.).

    So is the number of additional orders; among importers, a head, customers gain as many. It gets weaker,
    but does not turn, if only those notice the storefront who know the brand.
    """
    customer, before, people = brand_buyers("stay_out")

    def lift(*sets: str) -> tuple[float, float, float, float]:
        same, after, _ = brand_buyers("popup_on_pinduoduo_2019", f"{POPUP}.exposure=0.3", *sets)
        assert (same == customer).all()
        more = [people[who] @ (after - before)[who] for who in (~customer, customer)]
        base = [people[who] @ before[who] for who in (~customer, customer)]
        return more[0] / base[0], more[1] / base[1], more[0], more[1]

    prospects, customers, more, fewer = lift()
    assert prospects > 3 * customers > 0
    assert more > 3 * fewer
    to_insiders, _, _, _ = lift(f"{POPUP}.exposure=0.003", f"{POPUP}.known_brand_boost=100")
    assert to_insiders < prospects / 3


def left_behind(awareness: float, *sets: str) -> tuple[float, float]:
    """People who know the brand, and its sales after the pop-up, in excess of those without it."""
    site = min(0.2, awareness / 2)
    known = (f"brands.amazon.awareness.initial={awareness}", f"brands.amazon.awareness.site_known={site}")
    rows = []
    for name in ("stay_out", "popup_on_pinduoduo_2019"):
        mine = sets if name != "stay_out" else [s for s in sets if not s.startswith(POPUP)]
        with market(autumn(name, "time.end=2020-02-16", *known, *mine), 8_000, record=BOOKED) as m:
            m.run()
            people, sales = m.people_table(), m.sales_table()
        aware = total(people[people.week == POPUP_CLOSES + 1], "aware", name="amazon")
        rows.append((aware, total(sales[sales.week > POPUP_CLOSES], "gmv", brand="amazon")))
    return rows[1][0] - rows[0][0], rows[1][1] - rows[0][1]


def test_what_a_pop_up_leaves_falls_with_what_is_known_already() -> None:
    """Not the expected hump: visits to the host inform people however few know the brand, so less is left
    the more know it. It would be a hump if the informed informed the others (next test).
    """
    left = pd.DataFrame([left_behind(share, f"{POPUP}.exposure=0.3") for share in (0.05, 0.5, 0.95)])
    assert (left > 0).all(axis=None)
    assert left[0].is_monotonic_decreasing
    assert left[1].is_monotonic_decreasing


def test_a_pop_up_that_spreads_by_invitations_is_worth_most_at_middling_awareness() -> None:
    """Jing and Xie: who knows buys and tells who does not; near 0 nobody tells, near 1 nobody is left to.

    The storefront is noticed almost only by those who know the brand; buyers invite all their contacts.
    """
    told = (
        *(f"{POPUP}.{t}" for t in ("exposure=0.004", "known_brand_boost=100", "appeal=1")),
        f"{POPUP}.price.imported.team_discount=0.2",
        *(f"platforms.pinduoduo.teams.{t}" for t in ("invites=1", "access_gained=1", "reconsider=1")),
    )
    (few, low), (some, middling), (most, high) = (left_behind(share, *told) for share in (0.02, 0.5, 0.95))
    assert some > 2 * few
    assert some > 2 * most
    assert middling > low
    assert middling > high
