"""What must not matter in the whole market: neutral terms of teams, merchants, subsidies, reactions and
policies leave every bit as it is, and firms decide the same whatever is hidden from them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import numpy as np
import pytest

from sim.firms.observation import Observation
from sim.firms.reactions import Response
from sim.market import Market
from sim.market.week import firms_decide
from sim.scenario import Scenario
from sim.scenario.schema import Act, Teams
from tests.firms.test_policies import strange_parts
from tests.markets import SELLING, autumn, differences, market, weekly_codes
from tests.runs import Names, run, total, unlike

GOODS = ("everyday", "fashion", "electronics", "imported")
TEAMS = "platforms.pinduoduo.teams"
POPUP = "storefronts.amazon_on_pinduoduo"
SHOWN = (f"{POPUP}.exposure=1", f"{POPUP}.appeal=0.5")
SINGLE_PRICE_ONLY = (
    *(f"platforms.pinduoduo.assortments.{c}.team_discount=0" for c in GOODS), f"{TEAMS}=null",
)  # fmt: skip
ALL_FILL = (f"{TEAMS}.strangers=1000", f"{TEAMS}.full_density=1e-9", f"{TEAMS}.belief=1")


def popup(*sets: str) -> Scenario:
    """The pop-up, widely seen."""
    return autumn("popup_on_pinduoduo_2019", *SHOWN, *sets)


def in_teams(*terms: str) -> Scenario:
    """The base with other terms of teams."""
    return autumn("stay_out", *(f"{TEAMS}.{term}" for term in terms))


# --- teams -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms",
    [
        {"size": 1, "invites": 0.0, "hassle": 0.0, "pay_alone": 0.7},
        {"size": 5, "invites": 1.0, "hassle": 0.0, "pay_alone": 0.0, "belief": 0.5},
    ],
    ids=["team of one", "large team"],
)
def test_teams_without_discount_are_no_teams(terms: dict[str, float]) -> None:
    """Evidence 18, bit for bit. Without a team price nobody takes the option, whatever the terms are.

    A scenario file may not say it (teams that are no cheaper), so the section is put in afterwards.
    """
    ordinary = autumn("stay_out", *SINGLE_PRICE_ONLY)
    host = ordinary.platforms["pinduoduo"].model_copy(update={"teams": Teams(**terms)})
    neutral = ordinary.model_copy(update={"platforms": {**ordinary.platforms, "pinduoduo": host}})
    plain, teams = run(ordinary, 5), run(neutral, 5)
    assert unlike(plain, teams) == []
    assert total(teams.teams, "takes") == 0
    assert "books" in unlike(plain, run(autumn("stay_out"), 5))


def test_a_team_of_one_is_a_cheaper_platform() -> None:
    """Believed in and without hassle: the same choices and money as at (1 - discount) times the price."""
    spec = autumn("stay_out").platforms["pinduoduo"].assortments
    prices = {c: spec[c].price * (1.0 - spec[c].team_discount) for c in GOODS}
    cheaper = (f"platforms.pinduoduo.assortments.{c}.price={price!r}" for c, price in prices.items())
    plain = run(autumn("stay_out", *SINGLE_PRICE_ONLY, *cheaper), 5)
    alone = run(in_teams("size=1", "hassle=0", "belief=1", "invites=0"), 5)
    assert total(alone.teams, "filled") == total(alone.teams, "takes") > 0
    assert differences(plain.choices, alone.choices) <= 2  # ties by rounding
    for measure in ("orders", "gmv", "value", "discount", "subsidy"):
        np.testing.assert_allclose(alone.sales[measure], plain.sales[measure], rtol=1e-6, atol=1.0)


def test_without_invitations_their_terms_do_not_matter() -> None:
    """Chance 0: nobody is invited, bit for bit, however much invited people would do."""
    quiet = run(in_teams("invites=0"), 5)
    assert unlike(quiet, run(in_teams("invites=0", "access_gained=1", "reconsider=1", "social=5"), 5)) == []
    assert quiet.teams[["invitations", "joins", "gained"]].to_numpy().sum() == 0
    loud = run(in_teams("invites=0.5", "access_gained=1", "reconsider=1", "social=5"), 5)
    assert (loud.teams[["invitations", "joins", "gained"]].sum() > 0).all()
    assert differences(quiet.choices, loud.choices) > 500


@pytest.mark.parametrize("reconsider", [0, 1])
def test_invitations_without_effect_change_no_choice(reconsider: int) -> None:
    """No access and no appeal: who reconsiders draws the same again. Strangers fill every team anyway.

    Joiners remain, so expected sales may differ where nobody bought (nobody knows of a team there).
    """
    quiet = run(autumn("stay_out", *ALL_FILL, f"{TEAMS}.invites=0"), 5)
    terms = (f"{TEAMS}.{t}" for t in ("invites=1", "social=0", "access_gained=0", f"reconsider={reconsider}"))
    invited = run(autumn("stay_out", *ALL_FILL, *terms), 5)
    assert total(invited.teams, "invitations") > 0
    assert (total(invited.teams, "joins") > 0) == (reconsider > 0)
    expected = ("orders", "gmv", "value", "discount", "subsidy", "books") if reconsider else ()
    assert unlike(quiet, invited, *expected) == []


def test_without_appeal_only_access_moves_people() -> None:
    """Social 0, all reconsider: in the first week only those move who had no access, and to the host."""
    terms = (f"{TEAMS}.{t}" for t in ("social=0", "access_gained=1", "reconsider=1"))
    scenario = autumn("stay_out", *ALL_FILL, *terms)
    quiet = market(autumn("stay_out", *ALL_FILL, f"{TEAMS}.invites=0"))
    has = quiet.consumers.columns.aware & np.uint64(quiet.consumers.layout.bit(platform="pinduoduo")) != 0
    had = has[np.argsort(quiet.consumers.columns.id)]
    (before,), (after,) = weekly_codes(quiet, 1), weekly_codes(market(scenario), 1)
    moved = {c: before[c] != after[c] for c in before}
    assert sum(int(m.sum()) for m in moved.values()) > 10
    assert all(set(after[c][m]) <= {"pinduoduo"} for c, m in moved.items())
    assert not any((m & had).any() for m in moved.values())


# --- merchants, subsidies, reactions, policies -------------------------------------------------

WITHOUT_MERCHANTS = (
    *(f"platforms.{p}.assortments.{c}.merchants=null" for p, goods in SELLING.items() for c in goods),
    *(f"listing_costs.{p}=null" for p in SELLING),
)
STILL = tuple(
    f"platforms.{p}.assortments.{c}.merchants.adjustment=0" for p, goods in SELLING.items() for c in goods
)
NO_SUBSIDIES = ("subsidies.ten_billion=null", "subsidies.jd_matches=null")
NO_DEPTH = tuple(
    f"subsidies.{s}.depth={{electronics: 0, imported: 0}}" for s in ("ten_billion", "jd_matches")
)
REACTION = (
    "reactions.jd={{platform: jd, brand: amazon, rule: {}, trigger: {}, every: 4, lag: 1, strength: 0.9}}"
)
CHEAP = f"{POPUP}.price.imported.index=0.7"
NEUTRAL = {
    "merchants who never move": (WITHOUT_MERCHANTS, STILL, ()),
    "exclusivity 0": ((), ("platforms.alibaba.exclusivity={2019-11-04: 0}",),
                      ("platforms.alibaba.exclusivity=0.9",)),
    "subsidies of depth 0": (NO_SUBSIDIES, NO_DEPTH, ()),
    "match never triggered": ((CHEAP,), (CHEAP, REACTION.format("match", 1)),
                              (CHEAP, REACTION.format("match", 0))),
    "exclusivity never triggered": ((), (REACTION.format("exclusivity", 1),),
                                    (REACTION.format("exclusivity", 0),)),
}  # fmt: skip
"""Without the mechanism, with it and neutral, with it at work."""


@pytest.mark.parametrize("case", NEUTRAL)
def test_neutral_terms_change_nothing(case: str) -> None:
    """Evidence 29 and its like: choices, sales and books bit for bit; at work the mechanism shows."""
    without, neutral, at_work = NEUTRAL[case]
    plain = run(popup(*without), 9)
    assert unlike(plain, run(popup(*neutral), 9)) == []
    assert "books" in unlike(plain, run(popup(*at_work), 9))


def test_exclusivity_shrinks_rivals_assortments() -> None:
    """Evidence 29: the more merchants are bound, the fewer list with rivals, week by week."""

    def elsewhere(bound: float) -> np.ndarray:
        table = run(popup(f"platforms.alibaba.exclusivity={bound}"), 9).merchants
        return np.array(table[table.channel != "alibaba"].active)

    free, some, many = (elsewhere(bound) for bound in (0.0, 0.5, 0.9))
    assert (free >= some).all()
    assert (some >= many).all()
    assert free[-1] > some[-1] > many[-1]


def with_policy(acts: str, *sets: str) -> Scenario:
    policy = f"policies.plan={{brand: amazon, rule: calendar, storefront: amazon_on_pinduoduo, acts: {acts}}}"
    return popup(*sets, policy)


def test_a_policy_without_acts_is_none() -> None:
    """A change into what is there already, and an act after the horizon (which no file may say)."""
    plain = run(popup(), 9)
    spec = with_policy("{same: {on: 2019-12-02, do: change, price: 1, goods: 1}}")
    assert unlike(plain, run(spec, 9)) == []
    later = {"later": Act(on=date(2030, 1, 7), do="change", price=0.5)}
    policy = spec.policies["plan"].model_copy(update={"acts": later})
    assert unlike(plain, run(spec.model_copy(update={"policies": {"plan": policy}}), 9)) == []
    assert "books" in unlike(plain, run(with_policy("{cut: {on: 2019-12-02, do: change, price: 0.5}}"), 9))


@pytest.mark.parametrize(
    "acts",
    [
        "{come: {on: 2019-11-25, do: enter, to: 2019-12-31}}",
        "{come: {on: 2019-11-25, do: enter}, go: {on: 2020-01-01, do: exit}}",
    ],
)
def test_a_storefront_by_policy_is_one_by_dates(acts: str) -> None:
    """Sales and books, set-up, deposit and exit included, bit for bit."""
    terms = (f"{POPUP}.contract.deposit=3e6", f"{POPUP}.contract.guarantee=1e9")
    dated = run(popup(*terms), 11)
    closed = f"{POPUP}.open={{from: null, to: null, by_policy: true}}"
    assert unlike(dated, run(with_policy(acts, *terms, closed), 11)) == []
    assert {"set-up", "exit", "deposit", "guarantee"} <= set(dated.books.account)


# --- what is hidden from firms -----------------------------------------------------------------

HIDDEN = ("means", "price", "affinity", "delivery", "taste", "habit", "loyalty", "trust", "stock", "aware")
HYSTERESIS = (
    f"{POPUP}.open={{from: null, to: null, by_policy: true}}",
    "policies.turn={brand: amazon, rule: threshold, storefront: amazon_on_pinduoduo, threshold: "
    "{enter_above: 1, exit_below: -2.2e8, prior: 2, patience: 1, smoothing: 1}}",
)
REVIEW = (
    "policies.look={brand: amazon, rule: review, storefront: amazon_on_pinduoduo, review: "
    "{on: 2019-12-26, weeks: 4, sales: 1, repeat: 0.05, extend_to: 2020-01-12}}",
)
WATCHED = (REACTION.format("match", 0), CHEAP)


def in_disorder(m: Market, act: Callable[[Market], None]) -> None:
    """Do something while everybody has somebody else's hidden traits and states; then put it right."""
    order = np.random.default_rng(m.week).permutation(len(m.consumers))
    kept = {name: getattr(m.consumers.columns, name).copy() for name in HIDDEN}
    for name, column in kept.items():
        getattr(m.consumers.columns, name)[...] = column[..., order]
    act(m)
    for name, column in kept.items():
        getattr(m.consumers.columns, name)[...] = column


class Decisions(NamedTuple):
    """What the brand saw, its acts, and the answers of platforms."""

    views: list[Observation]
    acts: list[tuple[int, str, Act]]
    answers: list[Response]


def decisions(scenario: Scenario, blindly: bool) -> tuple[Decisions, list[Names]]:
    """Decisions and choices of eleven weeks; `blindly`: hidden columns are in disorder at the moment."""
    views: list[Observation] = []

    def look_and_decide(m: Market) -> None:
        views.append(m.supply.observation("amazon", m.week, m.yearly_buyers()))
        firms_decide(m)

    def phase(m: Market) -> None:
        if blindly:
            in_disorder(m, look_and_decide)
        else:
            look_and_decide(m)

    with market(scenario) as m:
        m.phases = m.phases.replace("firms decide", phase)
        choices = weekly_codes(m, 11)
        answers = [r for watcher in m.supply.watchers.values() for r in watcher.responses]
        return Decisions(views, m.supply.acts, answers), choices


@pytest.mark.parametrize(("sets", "does"), [(HYSTERESIS, {"enter", "exit"}), (REVIEW, {"extend"})])
def test_firms_decide_without_what_is_hidden(sets: tuple[str, ...], does: set[str]) -> None:
    """Evidence 42: hidden columns in disorder while firms look change no view, no act and no answer."""
    scenario = popup(*WATCHED, *sets)
    decided, choices = decisions(scenario, blindly=False)
    assert {act.do for _, _, act in decided.acts} == does
    assert decided.answers
    blind, same_choices = decisions(scenario, blindly=True)
    assert blind == decided
    assert differences(choices, same_choices) == 0


def test_what_a_brand_sees_is_plain_in_every_week() -> None:
    """Evidence 42: numbers, names and dates, and neither an array nor a part of the market."""
    decided, _ = decisions(popup(*REVIEW), blindly=False)
    assert [strange_parts(view) for view in decided.views] == [[]] * 11
    assert [len(view.buyers) for view in decided.views] == list(range(11))


def test_choose_one_of_two_meets_storefronts_too() -> None:
    """A host that binds 0.4 of its merchants shows a brand less while it is also open on another host."""
    shop = (
        "{title: t, owner: amazon, host: alibaba, open: {from: 2019-12-02, to: 2019-12-31}, "
        "goods: {imported: 10}, delivery_days: 5, appeal_from: amazon_global, exposure: 0.05}"
    )
    bound = (f"storefronts.amazon_on_tmall={shop}", "platforms.alibaba.exclusivity=0.4")
    m = market(autumn("popup_on_pinduoduo_2019", *bound), 500)
    assert m.supply.exposures(4) == pytest.approx({"amazon_on_pinduoduo": 0.06, "amazon_on_tmall": 0.03})
    alone = market(autumn("stay_out", *bound), 500)
    assert alone.supply.exposures(4) == pytest.approx({"amazon_on_tmall": 0.05})
