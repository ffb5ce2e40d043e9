"""Sections that move: what is sound, what two edits spoil, which words are used."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sim.scenario import load
from sim.scenario.checks.check import findings
from sim.scenario.schema.fields import Slot, expected, find, number_words
from tests.problems import problems, said

HERE = Path(__file__).parent
MOVES = HERE / "moves.yaml"


# --- sound scenarios ---------------------------------------------------------------------------


def test_moves_load_with_all_sections() -> None:
    s = load(MOVES).scenario
    assert set(s.subsidies["ten_billion"].rounds) == {"summer", "autumn"}
    assert s.reactions["own_rule"].settings == {"days": 3}
    assert s.policies["faraway_year"].acts["first"].on == date(2019, 3, 4)
    assert s.policies["nearby_knows"].oracle is not None
    assert s.listing_costs["faraway_market"] == {"daily": 90}
    assert s.platforms["depot"].teams is None


def test_settings_of_callables_have_any_unit() -> None:
    assert load(MOVES).quantities["reactions.own_rule.settings.days"].unit == "days"


ACTS = "policies.faraway_year.acts"
MARKET = "storefront: faraway_market"


def acted(act: str) -> tuple[str, ...]:
    """Another act in the place of the one by which a category leaves."""
    return (f"{ACTS}.smaller=null", f"{ACTS}.another={act}")


@pytest.mark.parametrize(
    "sets",
    [
        # A category that left may come back, although the storefront itself is open.
        ("policies.faraway_year.acts.back={on: 2019-07-08, do: enter, storefront: faraway_market}",),
        # Leave and come back.
        (
            *acted("{on: 2019-06-10, do: exit, storefront: faraway_market}"),
            "policies.faraway_year.acts.back={on: 2019-11-04, do: enter, storefront: faraway_market}",
        ),
        acted("{on: 2019-06-10, do: extend, storefront: faraway_market, to: 2019-10-07}"),
        acted("{on: 2019-06-10, do: extend, storefront: faraway_market}"),
        # Terms may change before the storefront opens.
        acted("{on: 2019-02-04, do: change, goods: 2}"),
        # What a review may have opened is not known to be closed.
        acted("{on: 2019-11-25, do: exit}"),
        acted("{on: 2019-10-06, do: exit, storefront: faraway_market}"),
        # A category leaves, terms change, it comes back; or all leave in the end.
        (
            f"{ACTS}.dear={{on: 2019-06-17, do: change, price: 2, {MARKET}}}",
            f"{ACTS}.back={{on: 2019-07-08, do: enter, {MARKET}}}",
        ),
        (f"{ACTS}.all={{on: 2019-07-08, do: exit, {MARKET}}}",),
        (f"{ACTS}.longer.to=2019-04-20",),  # the review may have opened it for longer
        ("start_from=null", *acted("{on: 2018-01-01, do: change, goods: 2}")),
        acted("{on: 2019-12-29, do: change, goods: 2}"),
        acted("{on: 2019-05-06, do: change, storefront: faraway_sold_to_depot, exposure: 0.1}"),
        (
            "storefronts.late={title: x, owner: faraway, open: {from: 2019-12-02}, goods: {daily: 1}, "
            "delivery_days: 1, appeal_from: depot}",
            "policies.faraway_review.review.switch_to=late",
        ),
        ("policies.faraway_review.review={switch_to: null, cost_per_customer: null}",),
        ("policies.nearby_waits.threshold={enter_above: null, exit_below: null, drift: 0.09}",),
        (
            "policies.nearby_waits.threshold={enter_above: 1, exit_below: null}",
            "storefronts.nearby_on_depot.costs={fixed: 1, setup: 0, exit: 0}",
        ),
        (
            "policies.nearby_waits.threshold={enter_above: null, exit_below: null}",
            "storefronts.nearby_on_depot.costs={fixed: 0, setup: 1, exit: 1}",
        ),
        ("subsidies.ten_billion.rounds.autumn={from: 2019-03-01, to: 2019-05-31}",),
        ("storefronts.faraway_market.open.from=2019-01-07",),
        (  # merchants who do not react need not earn anything
            "storefronts.faraway_market.marketplace={take_rate: 0.3, merchants: {daily: null}}",
            "listing_costs.faraway_market=null",
        ),
        ("policies.nearby_waits.threshold={enter_above: null, exit_below: null, drift: -0.1}",),
        ("finance.discount_rate=0",),
        ("subsidies.ten_billion.rounds.autumn.to=2019-09-01",),
        ("platforms.bazaar.exclusivity=0.3",),
        ("platforms.bazaar.fees.merchant_margin=0.041",),
        ("start_from=null",),
        ("start_from=null", "storefronts.faraway_market.open.from=2018-02-05"),
        # A site that is open anyway may be left and entered by a threshold.
        ("storefronts.nearby_site.open.by_policy=false", "start_from=null"),
    ],
)  # fmt: skip
def test_sound_variants_load(sets: tuple[str, ...]) -> None:
    assert said(MOVES, *sets) == []


# --- what two edits spoil ----------------------------------------------------------------------


def test_exclusivity_needs_merchants_elsewhere_in_the_same_category() -> None:
    alone = (
        "platforms.depot.assortments.daily.merchants=null",
        "listing_costs.depot=null",
        "storefronts.faraway_market.marketplace.merchants.daily=null",
        "listing_costs.faraway_market=null",
        "reactions.depot_binds=null",
    )
    expected_words = "nobody else has merchants in daily, expected merchants elsewhere, or 0"
    assert said(MOVES, *alone) == [f"platforms.bazaar.exclusivity: {expected_words}"]
    assert said(MOVES, *alone, "platforms.bazaar.exclusivity=0") == []
    assert said(MOVES, *alone[2:]) == [], "depot's merchants could list on both"


CORNER = "platforms.corner={title: Corner, access: {initial: 0.1}, assortments: {}, fees: {take_rate: 0}}"
"""A platform that sells nothing."""
SELLER = "{goods: 1, delivery_days: 1, merchants: {potential: 1, active: 0.5}}"


@pytest.mark.parametrize(
    ("sets", "path", "words"),
    [
        (
            (
                f"{ACTS}.back={{on: 2019-07-08, do: enter, {MARKET}}}",
                f"{ACTS}.more={{on: 2019-07-15, do: enter, {MARKET}}}",
            ),
            f"{ACTS}.more.on",
            "'faraway_market' is open on 2019-07-15",
        ),
        (
            (f"{ACTS}.more={{on: 2019-10-14, do: extend, {MARKET}}}",),
            f"{ACTS}.more.on",
            "'faraway_market' is closed on 2019-10-14",
        ),
        (acted(f"{{on: 2019-02-04, do: enter, {MARKET}}}"), f"{ACTS}.another.on", "is open on 2019-02-04"),
        (acted(f"{{on: 2019-10-06, do: enter, {MARKET}}}"), f"{ACTS}.another.on", "is open on 2019-10-06"),
        (
            acted(f"{{on: 2019-01-14, do: extend, to: 2019-03-01, {MARKET}}}"),
            f"{ACTS}.another.on",
            "'faraway_market' is closed on 2019-01-14",
        ),
        (
            (
                *acted(f"{{on: 2019-06-10, do: switch, {MARKET}, switch_to: faraway_sold_to_depot}}"),
                f"{ACTS}.sell=null",
                f"{ACTS}.more={{on: 2019-06-17, do: exit, {MARKET}}}",
            ),
            f"{ACTS}.more.on",
            "'faraway_market' is closed on 2019-06-17",
        ),
        (
            (CORNER, "subsidies.shop_window={platform: corner, storefronts: false}"),
            "subsidies.shop_window.depth.imported",
            "'corner' does not sell 'imported', expected storefronts: true",
        ),
        (
            ("subsidies.ten_billion.rounds.autumn={from: 2019-03-01, to: 2019-06-01}",),
            "subsidies.ten_billion.rounds.autumn",
            "overlaps with round 'summer'",
        ),
        (("reactions.depot_binds.platform=depo",), "reactions.depot_binds.platform", "did you mean 'depot'?"),
        (
            (f"platforms.depot.assortments.dialy={SELLER}",),
            "platforms.depot.assortments.dialy",
            "unknown category 'dialy', did you mean 'daily'?",
        ),
        (("storefronts.nearby_on_depot.owner=nerby",), "storefronts.nearby_on_depot.owner", "'nearby'?"),
        (
            ("storefronts.faraway_on_bazaar.owner=farway",),
            "storefronts.faraway_on_bazaar.owner",
            "did you mean 'faraway'?",
        ),
        (("storefronts.faraway_on_bazaar.host=bazar",), "storefronts.faraway_on_bazaar.host", "'bazaar'?"),
        (
            (
                "brands.fresh={title: Fresh, awareness: {initial: 0.1}}",
                "policies.new={brand: fresh, rule: oracle, storefront: faraway_site, oracle: {}}",
            ),
            "policies.new.storefront",
            "'faraway_site' belongs to 'faraway', expected a storefront of 'fresh'",
        ),
        (
            ("policies.nearby_waits={storefront: nearby_on_depo, threshold: {enter_above: null}}",),
            "policies.nearby_waits.storefront",
            "did you mean 'nearby_on_depot'?",
        ),
        (
            acted("{on: 2019-06-10, do: change, storefront: faraway_mart, exposure: 0.1}"),
            f"{ACTS}.another.storefront",
            "did you mean 'faraway_market'?",
        ),
        (
            acted(f"{{on: 2019-06-10, do: exit, {MARKET}, exposure: 0.1}}"),
            f"{ACTS}.another.exposure",
            "'exposure' beside do: exit, expected do: change",
        ),
        (
            ("policies.nearby_waits={brand: nerby, threshold: {enter_above: null}}",),
            "policies.nearby_waits.brand",
            "did you mean 'nearby'?",
        ),
    ],
)  # fmt: skip
def test_two_edits_have_one_problem(sets: tuple[str, ...], path: str, words: str) -> None:
    (found,) = problems(MOVES, *sets)
    assert found.path == path
    assert words in found.message


def test_backward_horizon_is_all_that_is_said() -> None:
    (found,) = problems(MOVES, "time.end=2017-12-31")
    assert found.path == "time.end"


def test_tied_capital_counts_as_a_cost_of_being_there() -> None:
    free = "storefronts.nearby_on_depot.costs={fixed: 0, setup: 0}"
    level = "policies.nearby_waits.threshold.enter_above=null"
    elsewhere = "brands.nearby.return_elsewhere=0.1"
    assert said(MOVES, free, level, elsewhere, "storefronts.nearby_on_depot.costs.capital=1") == []
    assert len(said(MOVES, free, level, elsewhere)) == 1


def test_dixit_needs_money_that_grows() -> None:
    levels = "policies.nearby_waits.threshold={enter_above: null, exit_below: null}"
    (found,) = said(MOVES, levels, "finance.discount_rate=0")
    assert "a drift of 0 a year at a discount rate of 0, expected a drift below" in found


@pytest.mark.parametrize(
    "cost", ["costs.fixed=1", "costs.setup=1", "contract.annual_fee=1", "contract.deposit=1"]
)
def test_any_cost_of_being_there_gives_a_level(cost: str) -> None:
    store = "storefronts.nearby_on_depot"
    free = (f"{store}.costs.fixed=0", f"{store}.costs.setup=0")
    level = "policies.nearby_waits.threshold.enter_above=null"
    (found,) = said(MOVES, *free, level)
    assert "costs nothing to open and to run" in found
    assert said(MOVES, *free, level, f"{store}.{cost}") == []


def test_storefronts_of_policies_do_not_break_exclusive_contracts_by_dates() -> None:
    exclusive = "storefronts.faraway_on_bazaar.contract.exclusive=true"
    assert said(MOVES, exclusive) == [], "open days of storefronts on depot are decided on the way"
    dated = "storefronts.faraway_sold_to_depot.open={by_policy: false, from: 2019-05-06}"
    acts = (f"policies.faraway_year.acts.{key}=null" for key in ("sell", "leave"))
    found = said(MOVES, exclusive, dated, *acts)
    assert [words.split(":")[0] for words in found] == ["storefronts.faraway_on_bazaar.contract.exclusive"]


def test_promotions_of_storefronts_that_policies_open_may_lie_anywhere() -> None:
    promotion = "{may: {from: 2019-05-06, to: 2019-05-12, depth: 0.1}}"
    assert said(MOVES, f"storefronts.nearby_site.price={{daily: {{promotions: {promotion}}}}}") == []


def test_misspelt_policy_does_not_also_leave_its_storefront_unopened() -> None:
    (found,) = said(MOVES, "policies.nearby_own.storefront=nearby_sit")
    assert "did you mean 'nearby_site'?" in found


def test_whoever_solves_listing_costs_comes_before_they_are_there() -> None:
    bare = load(MOVES).scenario.model_copy(update={"listing_costs": {}, "intercepts": {}})
    paths = [path for path, _, _ in findings(bare)]
    assert paths == [
        "platforms.bazaar.assortments.daily.merchants",
        "platforms.depot.assortments.daily.merchants",
        "storefronts.faraway_market.marketplace.merchants.daily",
    ]
    assert list(findings(bare, solved=False)) == []


# --- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("platforms.x.exclusivity", "a number from 0 to 1 (share) or values at dates"),
        ("platforms.x.access.advertising.spend", "a number at least 0 (yuan/week) or values at dates"),
        ("listing_costs.x.y", "a number above 0 (yuan/week)"),
        ("subsidies.x.rounds.y", "a mapping with from, to and budget"),
        ("subsidies.x.rounds.y.budget", "a number above 0 (yuan)"),
        ("subsidies.x.depth", "a mapping from names to numbers"),
        ("policies.x.acts.y.to", "a date like 2019-11-25 or null"),
        ("policies.x.acts.y.commission", "a number from 0 to 1 (share) or null"),
        ("policies.x.threshold.weeks", "a whole number at least 1 (weeks) or null"),
        ("policies.x.threshold.drift", "a number above -0.5 and below 0.5 (1/year)"),
        ("policies.x.settings.y", "a number"),
        ("policies.x.acts.y.categories", "a list of names, like [a, b]"),
        ("storefronts.x.open.by_policy", "true or false"),
        ("start_from", "a mapping with scenario and on or null"),
    ],
)
def test_words_for_what_is_expected(path: str, words: str) -> None:
    slot = find(path.split("."))
    assert slot is not None
    assert expected(slot) == words


@pytest.mark.parametrize("path", ["platforms.x.assortments.y.merchants.active", "policies.x.threshold.drift"])
def test_a_sound_number_lies_between_open_bounds(path: str) -> None:
    slot = find(path.split("."))
    assert isinstance(slot, Slot)
    assert slot.bounds["gt"] < slot.sound < slot.bounds["lt"], number_words(slot, float)
