"""The fast model against the reference model, person by person and week by week.

That they agree means something only if the comparison would notice a change: so each equation of
the reference model is changed in turn, and the two must then disagree.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.reference import choice, network
from tests.reference.cases import Replaced, popup, strong
from tests.reference.choice import Deal
from tests.reference.compare import FastRun, assert_agree, follow, run_fast
from tests.reference.consumer import ReferenceConsumer
from tests.reference.model import ReferenceMarket
from tests.reference.timing import seconds_per_consumer_week


@pytest.fixture(scope="module")
def strong_run() -> FastRun:
    return run_fast(strong(), 300)


@pytest.mark.parametrize("seeds", [(1, 1), (2, 7)])
def test_the_popup_market_agrees(seeds: tuple[int, int]) -> None:
    found = follow(run_fast(popup(), 600, seeds))
    assert found.purchases > 5_000
    assert_agree(found)


def test_a_widely_seen_popup_agrees() -> None:
    run = run_fast(
        popup("storefronts.amazon_on_pinduoduo.exposure=0.9", "storefronts.amazon_on_pinduoduo.appeal=3"), 600
    )
    channels = [n for n, p in run.spec.platforms.items() if "imported" in p.assortments]
    channels += [n for n, s in run.spec.storefronts.items() if "imported" in s.goods]
    position = channels.index("amazon_on_pinduoduo")
    assert sum(int((week.codes["imported"] // 7 == position).sum()) for week in run.weeks) > 10
    assert_agree(follow(run))


def test_the_strong_market_agrees(strong_run: FastRun) -> None:
    found = follow(strong_run)
    assert found.purchases > 2_000
    assert_agree(found)


@pytest.mark.parametrize(
    "change",
    [
        "network.kind=everyone",
        "behaviour.hosted_taste=share",
        "time.warm_up_weeks=0",
        "population.interested=0",
        "network.contacts=2",
    ],
)
def test_variants_of_the_strong_market_agree(change: str) -> None:
    assert_agree(follow(run_fast(strong(change), 200, (3, 4))))


BONUS = ("behaviour.awareness_as=bonus", "behaviour.awareness_bonus=1.5")


@pytest.fixture(scope="module")
def bonus_run() -> FastRun:
    return run_fast(strong(*BONUS), 300)


def test_awareness_as_a_bonus_agrees(bonus_run: FastRun, strong_run: FastRun) -> None:
    """Also where people buy what they do not know, in number."""
    assert _bought_unknown(strong_run) == 0
    assert _bought_unknown(bonus_run) > 200
    assert_agree(follow(bonus_run))


def _bought_unknown(run: FastRun) -> int:
    """Purchases by those who lacked access to the host or did not know the seller after the week before."""
    spec, layout, count = run.spec, run.layout, 0
    for old, new in pairwise(run.weeks):
        aware = np.array(old.aware, np.uint64) | np.array(new.aware, np.uint64)
        for category, codes in new.codes.items():
            masks = [layout.bit(platform=n) for n, p in spec.platforms.items() if category in p.assortments]
            masks += [
                layout.bit(platform=s.host, brand=s.owner, channel=n)
                for n, s in spec.storefronts.items()
                if category in s.goods
            ]
            needed = np.array(masks, np.uint64)[np.maximum(codes, 0) // 7]
            count += int(((codes >= 0) & (aware & needed != needed)).sum())
    return count


@pytest.mark.parametrize("change", ["behaviour.awareness_bonus=1.8", "behaviour.awareness_as=choice_set"])
def test_another_part_of_awareness_is_noticed(bonus_run: FastRun, change: str) -> None:
    other = strong(*BONUS, change)
    assert follow(bonus_run, other, until="choices").noticed("choices")


def test_a_replaced_bonus_is_noticed(bonus_run: FastRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bonus for all that is unknown, not one for each of host, brand and channel."""

    def one_each(person: ReferenceConsumer, deal: Deal) -> float:
        knows = person.knows
        lacking = [deal.host not in knows.firms] if deal.host is not None else []
        if deal.brand is not None:
            lacking += [deal.brand not in knows.firms, deal.channel not in knows.channels]
        return -1.5 * sum(lacking)

    monkeypatch.setattr(choice, "awareness_term", one_each)
    assert follow(bonus_run, until="choices").noticed("choices")


def test_a_very_large_bonus_is_the_choice_set(strong_run: FastRun) -> None:
    """The choice set is the limit of the bonus: the same choices, payments, states, awareness."""
    limit = run_fast(strong("behaviour.awareness_as=bonus", "behaviour.awareness_bonus=1e9"), 300)
    for ours, theirs in zip(limit.weeks, strong_run.weeks, strict=True):
        assert ours.aware == theirs.aware
        for category, codes in theirs.codes.items():
            assert np.array_equal(ours.codes[category], codes)
            assert np.array_equal(ours.payments[category], theirs.payments[category])


LEARNING = (
    "behaviour.hosted_consideration=storefront",
    *(
        f"brands.{brand}.awareness.{rule}"
        for brand in ("faraway", "upstart")
        for rule in ("learning_by_seeing=0.4", "learning_by_buying=0.5", "fresh_forgetting=0.3")
    ),
)


@pytest.fixture(scope="module")
def learning_run() -> FastRun:
    return run_fast(strong(*LEARNING), 300)


def test_a_market_in_which_seeing_is_not_knowing_agrees(learning_run: FastRun) -> None:
    """Also where people buy from a storefront of a brand that they do not know, in number."""
    assert _bought_unknown(learning_run) > 20
    assert_agree(follow(learning_run))


@pytest.mark.parametrize(
    ("change", "seen_in"),
    [
        ("brands.faraway.awareness.learning_by_seeing=0.5", "aware"),
        ("brands.faraway.awareness.learning_by_buying=0.8", "aware"),
        ("brands.faraway.awareness.fresh_forgetting=0.4", "aware"),
        ("behaviour.hosted_consideration=brand", "choices"),
    ],
)
def test_another_way_of_learning_is_noticed(learning_run: FastRun, change: str, seen_in: str) -> None:
    assert follow(learning_run, strong(*LEARNING, change), until=seen_in).noticed(seen_in)


def test_a_memory_that_stays_fresh_is_noticed(learning_run: FastRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def taught(person: ReferenceConsumer, brand: str) -> None:
        person.knows.firms.add(brand)
        person.fresh.add(brand)

    monkeypatch.setattr(ReferenceConsumer, "_is_taught", taught)
    assert follow(learning_run, until="aware").noticed("aware")


def test_learning_for_certain_is_no_learning_rule(strong_run: FastRun) -> None:
    """Certain learning and one speed of forgetting, written out, are the market without these rules."""
    rules = ("learning_by_seeing=1", "learning_by_buying=1", "fresh_forgetting={}")
    spec = strong_run.spec
    plain = [
        f"brands.{name}.awareness.{rule.format(brand.awareness.forgetting)}"
        for name, brand in spec.brands.items()
        for rule in rules
    ]
    for ours, theirs in zip(run_fast(strong(*plain), 300).weeks, strong_run.weeks, strict=True):
        assert ours.aware == theirs.aware
        for category, codes in theirs.codes.items():
            assert np.array_equal(ours.codes[category], codes)


def test_the_strong_market_is_strong(strong_run: FastRun) -> None:
    """Every channel is bought from, every brand and channel is learnt and forgotten."""
    layout, weeks = strong_run.layout, strong_run.weeks
    for category, channels in (("daily", 6), ("imported", 5)):
        codes = {int(c) // 7 for week in weeks for c in week.codes[category].ravel() if c >= 0}
        assert codes == set(range(channels))
    masks = [layout.bit(brand=b) for b in layout.brands] + [layout.bit(channel=c) for c in layout.channels]
    for mask in masks:
        steps = [
            (bool(a & mask), bool(b & mask))
            for old, new in pairwise(weeks)
            for a, b in zip(old.aware, new.aware, strict=True)
        ]
        assert {(False, True), (True, False)} <= set(steps)


CHANGED = [
    ("behaviour.hosted_taste=share", "choices"),
    ("behaviour.habit_weight=2.4", "choices"),
    ("behaviour.loyalty_weight=1.8", "choices"),
    ("behaviour.habit_retention=0.56", "choices"),
    ("behaviour.loyalty_retention=0.48", "choices"),
    ("behaviour.trust_gain=0.48", "choices"),
    ("categories.imported.authenticity_weight=3.6", "choices"),
    ("categories.daily.price_coefficient=3.6", "choices"),
    ("categories.daily.stock_pressure=0.96", "choices"),
    ("categories.daily.assortment_weight=0.24", "choices"),
    ("categories.daily.needs_per_week=1.32", "choices"),
    ("categories.daily.storable_share=0.72", "choices"),
    ("categories.daily.quantity_elasticity=1.8", "payment"),
    ("categories.daily.festival_stock_up=1.08", "payment"),
    ("categories.daily.order_value=72", "payment"),
    ("categories.imported.order_spread=0.6", "payment"),
    ("population.delivery_dislike=0.12", "choices"),
    ("population.price_income_exponent=-0.6", "choices"),
    ("population.affinity_spread=1.2", "choices"),
    ("population.online_shoppers.2021-01-04=8.4e6", "choices"),
    ("season.months.2=0.96", "choices"),
    ("events.lantern_sale.traffic=4.8", "choices"),
    ("events.lantern_sale.pull.bazaar=0.96", "choices"),
    ("platforms.bazaar.similarity=0.42", "choices"),
    ("platforms.bazaar.large_order_appeal=-1.44", "choices"),
    ("platforms.bazaar.appeal.level=0.24", "choices"),
    ("platforms.bazaar.appeal.per_year=7.2", "choices"),
    ("platforms.bazaar.browsing=0.6", "aware"),
    ("platforms.bazaar.access.word_of_mouth=0.24", "aware"),
    ("brands.faraway.similarity=0.54", "choices"),
    ("brands.upstart.awareness.forgetting=0.12", "aware"),
    ("brands.upstart.advertising.effect=0.12", "aware"),
    ("brands.faraway.awareness.channel_forgetting=0.24", "aware"),
    ("storefronts.faraway_on_bazaar.host_weight=0.36", "choices"),
    ("storefronts.faraway_on_bazaar.host_trust_weight=0.72", "choices"),
    ("storefronts.faraway_on_bazaar.appeal=0.72", "choices"),
    ("storefronts.faraway_on_depot.exposure=0.36", "aware"),
    ("storefronts.faraway_on_bazaar.contract.site_link=0.72", "aware"),
    ("network.rewired=0.36", "aware"),
    ("network.homophily=0.36", "aware"),
    ("network.tilt=3", "aware"),
]


@pytest.mark.parametrize(("change", "seen_in"), CHANGED, ids=[change for change, _ in CHANGED])
def test_a_parameter_a_fifth_off_is_noticed(strong_run: FastRun, change: str, seen_in: str) -> None:
    assert follow(strong_run, strong(change), until=seen_in).noticed(seen_in)


def _own_site_only(person: ReferenceConsumer, deal: Deal) -> float:
    return 0.0 if deal.host is not None else 1.5 * person.loyalty[deal.brand]


def _host_only(person: ReferenceConsumer, deal: Deal) -> float:
    return 0.0 if deal.host is None else 3.0 * (person.trust[deal.host] - 0.7)


def _host_and_channel(person: ReferenceConsumer, deal: Deal, day: int) -> bool:
    return deal.open[day] and (deal.host is None or deal.host in person.knows.firms)


def _hit_or_not(
    person: ReferenceConsumer, firm: str, hazard: float, word: float, forgetting: float, kept: bool
) -> None:
    if firm in person.knew.firms and not kept and person._uniform("forget", firm) < forgetting:
        person.knows.firms.discard(firm)
    elif firm not in person.knew.firms and person._is_hit(firm, hazard, word):
        person.knows.firms.add(firm)


def _at_once(person: ReferenceConsumer) -> None:
    person.knew = person.knows


PERSON = ReferenceConsumer
REPLACED = [
    Replaced("a nest has no common shock", choice, "log_stable", lambda lam, a, x: 0.0, "choices"),
    Replaced("tastes do not persist", choice, "taste_term", lambda person, deal: 0.0, "choices"),
    Replaced("loyalty only on the own site", choice, "loyalty_term", _own_site_only, "choices"),
    Replaced("trust in the host only", choice, "trust_term", _host_only, "choices"),
    Replaced("brands need not be known", choice, "can_choose", _host_and_channel, "choices"),
    Replaced("nothing leaves the shelf", PERSON, "_use_stock", lambda person: None, "choices"),
    Replaced(
        "needs fall evenly on days", ReferenceMarket, "day_of_need", lambda m, c, u: int(7 * u), "choices"
    ),
    Replaced("news travels within the week", PERSON, "remember", _at_once, "aware"),
    Replaced("who is hit forgets all the same", PERSON, "_hear", _hit_or_not, "aware"),
    Replaced("what was seen is forgotten", PERSON, "_keeps_brand", lambda person, brand: False, "aware"),
    Replaced("buyers do not look around", PERSON, "look_where_bought", lambda person: None, "aware"),
    Replaced("no link to the own site", PERSON, "_follow_links", lambda person: None, "aware"),
    Replaced("all people are contacts", network, "contacts", lambda market, p: market.consumers, "aware"),
]


@pytest.mark.parametrize("equation", REPLACED, ids=[equation.title for equation in REPLACED])
def test_a_replaced_equation_is_noticed(
    strong_run: FastRun, monkeypatch: pytest.MonkeyPatch, equation: Replaced
) -> None:
    monkeypatch.setattr(equation.where, equation.name, equation.instead)
    assert follow(strong_run, until=equation.seen_in).noticed(equation.seen_in)


def test_the_reference_model_can_be_timed() -> None:
    assert 0.0 < seconds_per_consumer_week(strong(), 100, 2) < 0.1
