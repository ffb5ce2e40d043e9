"""First purchases and repeats: by hand on five people, and against plain loops on a real market."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.consumers.population import NEVER_ORDERED, Layout, Strata
from sim.outcomes.pair import RECORD, Pair
from sim.outcomes.periods import Period
from sim.outcomes.repeats import BEFORE, NEVER, FirstPurchases, repeat_rows, returned
from sim.outcomes.sides import Sides, Tables
from tests.markets import autumn

STAY = autumn("stay_out")
POPUP = autumn("popup_on_pinduoduo_2019")
SITE, SHOP, HOST = "amazon_global", "amazon_on_pinduoduo", "pinduoduo"
OPENED = Period("window", 3, 8)
PEOPLE = 6
LAYOUT = Layout.of(POPUP)
CHANNELS = (HOST, SITE, SHOP)
"""Channels of the one category that is sold here."""


class Six(SimpleNamespace):
    """Six consumers."""

    def __len__(self) -> int:
        return PEOPLE


class Fake:
    """A market of six people whose purchases are written down: two in T1, three and one in T5."""

    def __init__(self) -> None:
        offers = tuple(SimpleNamespace(channel=name) for name in CHANNELS)
        last = np.full((len(LAYOUT.firms), PEOPLE), NEVER_ORDERED, np.int16)
        last[LAYOUT.firms.index("amazon"), 5] = -3
        start = np.array([0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 5, 6])
        people = np.array([20.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 90.0, 7.0])
        columns = SimpleNamespace(last_order=last)
        consumers = Six(layout=LAYOUT, columns=columns, strata=Strata(start, people))
        codes = np.full((2, PEOPLE), -2, np.int16)
        self.codes = codes
        self.market: Any = SimpleNamespace(
            spec=POPUP, consumers=consumers, sales={"imported": SimpleNamespace(offers=offers)},
            demand=SimpleNamespace(bought=np.zeros(PEOPLE, np.uint64), diaries={
                "imported": SimpleNamespace(codes=codes)}),
        )  # fmt: skip
        self.log = FirstPurchases(self.market, "amazon")
        self.log.begin()

    def week(self, week: int, *bought: tuple[int, str, int]) -> None:
        """Purchases of a week: person, channel, day."""
        self.codes[:] = -2
        word = self.market.demand.bought
        word[:] = 0
        for person, channel, day in bought:
            slot = 0 if self.codes[0, person] == -2 else 1
            self.codes[slot, person] = 7 * CHANNELS.index(channel) + day
            own = {} if channel == HOST else {"brand": "amazon", "channel": channel}
            platform = None if channel == SITE else HOST
            word[person] |= np.uint64(LAYOUT.bit(platform=platform, **own))
        self.log.record(week)


@pytest.fixture
def fake() -> Fake:
    """0 comes back elsewhere; 1 stays; 2 began before; 3 buys twice at first; 4 only from the host."""
    made = Fake()
    made.week(2, (2, SITE, 0))
    made.week(3, (0, SHOP, 4), (1, SHOP, 1), (3, SITE, 5), (3, SHOP, 2), (4, HOST, 0))
    made.week(5, (1, SHOP, 0), (5, SHOP, 0))
    made.week(7, (0, SITE, 0), (4, HOST, 3))
    made.week(9, (0, SITE, 0), (1, SITE, 0), (3, SITE, 0), (2, SHOP, 1))
    return made


def test_first_purchases_and_next_ones_by_hand(fake: Fake) -> None:
    log = fake.log
    site, shop = log.channels.index(SITE), log.channels.index(SHOP)
    assert log.first.tolist() == [3, 3, 2, 3, NEVER, BEFORE]
    assert log.channel.tolist() == [shop, shop, site, shop, -1, -1], "the earlier day counts"
    assert log.again.tolist() == [7, 5, 9, 9, NEVER, NEVER]
    assert log.elsewhere.tolist() == [7, 9, 9, 9, NEVER, NEVER]


def test_who_came_back_by_hand(fake: Fake) -> None:
    """First bought at the shop: 0 and 1 stand for ten each, 3 for thirty."""
    four = returned(fake.log, SHOP, OPENED, 4, 11)
    assert (four.people, four.again, four.elsewhere) == pytest.approx((50.0, 20.0, 10.0))
    six = returned(fake.log, SHOP, OPENED, 6, 11)
    assert (six.again, six.elsewhere) == pytest.approx((50.0, 50.0))
    assert six.buyers.simulated == 3
    assert six.buyers.effective == pytest.approx(50.0**2 / (100 + 100 + 900))
    assert returned(fake.log, SITE, OPENED, 4, 11).people == 0.0, "person 2 came before the window"


def test_the_end_censors_nobody(fake: Fake) -> None:
    """First purchases in week 3 are followed for eight weeks if week 11 is recorded: weeks 0 to 11."""
    assert returned(fake.log, SHOP, OPENED, 8, 12).people == pytest.approx(50.0)
    assert returned(fake.log, SHOP, OPENED, 8, 11).people == 0.0


def sides(*opened: set[str], specs: Any = (STAY, POPUP)) -> Any:
    """Baseline and scenario with some channels open all the time."""
    markets = [
        SimpleNamespace(
            spec=spec, horizon=11,
            storefronts={n: SimpleNamespace(open_weeks=[n in names] * 11) for n in spec.storefronts},
        )
        for spec, names in zip(specs, opened, strict=True)
    ]  # fmt: skip
    nothing: Any = Tables(*[pd.DataFrame()] * 4)
    return Sides(markets[0], markets[1], nothing, nothing, [OPENED], pd.DataFrame())  # type: ignore[arg-type]


def test_rows_of_a_channel_that_is_new(fake: Fake) -> None:
    """Zero where the shop was closed; no value where the site was open and nobody began."""
    other = Fake()
    other.week(4, (0, SITE, 0), (2, SITE, 0))
    other.week(6, (2, SITE, 0))
    rows = repeat_rows(sides({SITE}, {SITE, SHOP}), {"amazon": other.log}, {"amazon": fake.log})
    found = {(one["outcome"], one["party"]): one for one in rows}
    assert len(found) == 12
    shop = found["repeat within 4 weeks", SHOP]
    assert (shop["baseline"], shop["with_scenario"], shop["weight"]) == pytest.approx((0.0, 20 / 50, 50.0))
    assert (shop["period"], shop["unit"], shop["simulated_buyers"]) == ("after", "share", 3.0)
    assert found["repeat on other channels within 4 weeks", SHOP]["difference"] == pytest.approx(10 / 50)
    site = found["repeat within 4 weeks", SITE]
    assert site["baseline"] == pytest.approx(30 / 40)
    assert np.isnan(float(str(site["difference"])))
    assert (site["weight"], site["simulated_buyers"]) == (0.0, 0.0)


def test_a_channel_that_closes_weighs_by_the_baseline(fake: Fake) -> None:
    rows = repeat_rows(
        sides({SITE, SHOP}, {SITE}, specs=(POPUP, STAY)), {"amazon": fake.log}, {"amazon": Fake().log}
    )
    shop = next(one for one in rows if one["party"] == SHOP)
    assert (shop["baseline"], shop["with_scenario"], shop["weight"]) == pytest.approx((20 / 50, 0.0, 50.0))


# --- a real market against plain loops -----------------------------------------------------------


def purchases(market: Any) -> dict[int, list[tuple[int, str]]]:
    """Day and channel of this week's purchases from Amazon by person."""
    found: dict[int, list[tuple[int, str]]] = {}
    for category, sales in market.sales.items():
        for slot in market.demand.diaries[category].codes:
            for person in np.flatnonzero(slot >= 0).tolist():
                offer = sales.offers[slot[person] // 7]
                if offer.brand == "amazon":
                    found.setdefault(person, []).append((int(slot[person] % 7), offer.channel))
    return found


@pytest.fixture(scope="module")
def real() -> tuple[Any, dict[int, list[tuple[int, set[str], str]]], int]:
    """A pair after its last week, and what everybody bought: week, channels, channel of the first day."""
    from sim.market import Market

    loud = [f"storefronts.{SHOP}.{text}" for text in ("exposure=1", "appeal=1", "open.from=2019-11-04")]
    other = autumn("popup_on_pinduoduo_2019", *loud)
    told: dict[int, list[tuple[int, set[str], str]]] = {}
    with (
        Market(STAY, consumers=2_000, record=RECORD) as a,
        Market(other, consumers=2_000, record=RECORD) as b,
    ):
        baseline, pair = Pair(a, a), Pair(a, b)
        while a.week < a.horizon:
            a.step()
            b.step()
            baseline.record()
            pair.record()
            order = list(other.storefronts)
            for person, several in purchases(b).items():
                earliest = min(several, key=lambda one: (one[0], order.index(one[1])))[1]
                told.setdefault(person, []).append((b.week - 1, {c for _, c in several}, earliest))
    return (baseline, pair), told, b.horizon


def test_logs_agree_with_plain_loops(real: tuple[Any, Any, int]) -> None:
    (_, pair), told, _ = real
    log = pair.followed.first["amazon"]
    new = [person for person in told if log.first[person] >= 0]
    assert len(new) > 100
    for person in new:
        (first, _, channel), *later = told[person]
        others = [week for week, channels, _ in later if channels - {channel}]
        expected = first, channel, later[0][0] if later else NEVER, others[0] if others else NEVER
        place = log.channels[log.channel[person]]
        assert (log.first[person], place, log.again[person], log.elsewhere[person]) == expected
    assert {person for person in range(2_000) if log.first[person] >= 0} <= set(told)


def test_new_customers_are_those_of_the_brand(real: tuple[Any, Any, int]) -> None:
    """Week by week, also in the first week, which is run together with the warm-up."""
    pairs, _, horizon = real
    for followed in (pair.followed for pair in pairs):
        log = followed.first["amazon"]
        found = [float(log.weights[log.first == week].sum()) for week in range(horizon)]
        brand = followed.market.brands["amazon"]
        assert found == pytest.approx(list(brand.new_customers), rel=1e-9, abs=1.0)
        assert found[0] > 0.0
        assert log.weights[log.first == BEFORE].sum() == pytest.approx(brand.customers_at_start)
