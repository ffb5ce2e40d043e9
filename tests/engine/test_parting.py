"""The first week in which two scenarios can differ, and what is not understood."""

from __future__ import annotations

import pytest

from sim.engine.parting import NO_WEEK, first_difference
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import CLOSED, SCENARIOS

SHORT = ("time.start=2019-10-07", "time.end=2020-02-02", "time.warm_up_weeks=2", "finance.runoff_weeks=3")
POPUP, STORE = "popup_on_pinduoduo_2019", "storefronts.amazon_on_pinduoduo"
OWN = "brand: amazon, storefront: amazon_on_pinduoduo"
CALENDAR = f"policies.plan={{{OWN}, rule: calendar, acts: {{a: {{on: %s, do: %s}}}}}}"
THRESHOLD = f"policies.rule={{{OWN}, rule: threshold, threshold: {{}}}}"


def scenario(name: str, *sets: str, closed: tuple[str, ...] = CLOSED) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml", sets=[*SHORT, *closed, *sets]).scenario


OUT, OPEN = scenario("stay_out"), scenario(POPUP)


def both(one: Scenario, two: Scenario) -> int:
    """The week, which does not depend on the order."""
    found = first_difference(one, two)
    assert first_difference(two, one) == found
    return found


def test_a_storefront_is_felt_from_its_first_day() -> None:
    assert both(OUT, OPEN) == 7  # Monday 25 November is seven weeks after 7 October
    assert both(OUT, scenario(POPUP, f"{STORE}.open.from=2019-11-20")) == 6
    assert both(OPEN, scenario(POPUP, f"{STORE}.exposure=0.2")) == 7
    assert both(OPEN, scenario(POPUP, f"{STORE}.open.from=2019-11-20")) == 6


def test_words_are_never_felt() -> None:
    assert both(OPEN, scenario(POPUP, f"{STORE}.title=Another name", "question=Why?")) == NO_WEEK


def test_another_last_day_is_felt_on_the_earlier_one() -> None:
    assert both(OPEN, scenario(POPUP, f"{STORE}.open.to=2020-01-15")) == 12
    assert both(OPEN, scenario(POPUP, f"{STORE}.open.to=null")) == 12
    longer = scenario(
        "marketplace_stays_2019", "storefronts.amazon_marketplace.open.to=2019-12-01", closed=()
    )
    assert both(scenario("marketplace_stays_2019", closed=()), longer) == 7


def test_advertising_is_felt_when_it_begins() -> None:
    earlier = "brands.amazon.advertising.spend={2019-10-28: 1_000_000, 2019-12-02: 0}"
    assert both(OUT, scenario(POPUP, earlier)) == 3
    assert both(OUT, scenario(POPUP, "brands.amazon.advertising.spend=5")) == 0
    carried = "brands.amazon.advertising.carry_over=0.5"
    assert both(OUT, scenario(POPUP, carried)) == 7, "how it works matters once somebody advertises"
    assert both(OUT, scenario(POPUP, carried, earlier)) == 3


def test_policies_with_dates_are_felt_from_their_first_one() -> None:
    assert both(OPEN, scenario(POPUP, CALENDAR % ("2019-12-09", "exit"))) == 9
    assert both(OUT, scenario(POPUP, CALENDAR % ("2019-10-21", "enter"))) == 2, "it enters before its day"
    review = "policies.review_before_christmas.review.extend_to=2020-02-02"
    assert both(OPEN, scenario("extension_by_review_2020", review)) == 11


def test_reactions_wait_for_a_storefront_that_they_watch() -> None:
    for name in ("jd_matches_2019", "choose_one_of_two_2019"):
        assert both(OUT, scenario(name)) == 7
        assert both(OPEN, scenario(name)) == 7
        assert both(scenario(name), scenario(name, CALENDAR % ("2019-10-21", "enter"))) == 2


@pytest.mark.parametrize(
    ("name", "sets"),
    [
        (POPUP, ("reactions.more={platform: jd, brand: amazon, rule: bertrand}",)),
        (
            POPUP,
            (f"{STORE}.open={{by_policy: true, from: null, to: null}}", CALENDAR % ("2019-12-09", "enter")),
        ),
        (POPUP, ("platforms.jd.assortments.imported.price=0.9",)),
        (POPUP, ("behaviour.habit_weight=0.1",)),
        (POPUP, ("brands.amazon.awareness.forgetting=0.02",)),
        (POPUP, (THRESHOLD,)),
        ("stay_out", ("storefronts.amazon_global.goods.imported=7",)),
    ],
)
def test_whatever_else_differs_counts_from_the_start(name: str, sets: tuple[str, ...]) -> None:
    assert both(OUT, scenario(name, *sets)) == 0


def test_a_brand_more_or_a_platform_in_another_place_counts_from_the_start() -> None:
    assert both(OUT, scenario("never_entered", closed=())) == 0
    turned = OUT.model_copy(update={"platforms": dict(reversed(OUT.platforms.items()))})
    assert both(OUT, turned) == 0
    turned = OPEN.model_copy(update={"storefronts": dict(reversed(OPEN.storefronts.items()))})
    assert both(OPEN, turned) == 0
