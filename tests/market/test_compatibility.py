"""Branching: the common past stays, the new scenario's words hold from the week of the state on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.consumers.population import Columns
from sim.firms.opening import Plan
from sim.market import Market
from sim.market.checkpoint.compatibility import Continuation, adapt_state, newcomer_state
from sim.market.checkpoint.file import SavedStateError, branch, save
from sim.market.checkpoint.snapshot import State, take
from sim.scenario import Scenario
from sim.scenario.schema import Opening, StartFrom
from tests.eventful import CATEGORIES, POPUP, SHOWN, WEEKS, eventful, opened, run, unlike
from tests.markets import autumn

END = 11
"""Last week of the short scenarios."""
SHOP = "amazon_on_pinduoduo"
DEAL = (f"{POPUP}.contract={{deposit: 3e6, guarantee: 9e8, commission: 0.03}}",)


def popup(*sets: str) -> Scenario:
    """The pop-up, well shown, with a deposit and a guarantee."""
    return autumn("popup_on_pinduoduo_2019", *SHOWN, *DEAL, *sets)


def whole(scenario: Scenario) -> Iterator[Market]:
    with opened(scenario, run_off=False) as market:
        yield run(market, END)


def state_of(scenario: Scenario, week: int) -> State:
    with opened(scenario, run_off=False) as market:
        return take(run(market, week))


@pytest.fixture(scope="module")
def entered() -> Iterator[Market]:
    """The pop-up, run through."""
    yield from whole(popup())


@pytest.fixture(scope="module")
def open_shop() -> State:
    """The pop-up in its third week, week 5."""
    return state_of(popup(), 5)


def edited(scenario: Scenario, **sections: Mapping[str, Any]) -> Scenario:
    """The scenario with entries of some sections replaced, added or (none) taken away."""
    update = {}
    for section, entries in sections.items():
        both = getattr(scenario, section) | entries
        update[section] = {name: entry for name, entry in both.items() if entry is not None}
    return scenario.model_copy(update=update)


def same_people(a: Market, b: Market) -> bool:
    """Every bit of every column."""
    one, two = a.consumers.columns, b.consumers.columns
    return all(getattr(one, n).tobytes() == getattr(two, n).tobytes() for n in Columns._fields)


def without(table: pd.DataFrame, channel: str, column: str = "channel") -> pd.DataFrame:
    return table[table[column] != channel].reset_index(drop=True)


# --- the same, and what run through would give -----------------------------------------------------


def test_the_same_scenario_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    """With teams, merchants, subsidies, reactions and a policy: branch and run through, bit for bit."""
    with opened(eventful()) as market:
        file = save(run(market, 5), tmp_path / "a.state")
        run(market, WEEKS)
        with branch(file, eventful(), threads=2, block=500) as other:
            assert unlike(run(other, WEEKS), market) == []


def test_entry_from_the_state_without_it_is_entry_run_through(entered: Market) -> None:
    """Before it opens, a pop-up changes nothing: from week 3 of staying out it is the same market."""
    with state_of(autumn("stay_out"), 3).market(popup(), threads=2) as market:
        run(market, END)
        assert same_people(market, entered)
        assert market.demand.gain.tobytes() == entered.demand.gain.tobytes()
        assert market.ledger.table().equals(entered.ledger.table())
        firms = [dict(take(m).plain["firms"]) for m in (market, entered)]
        assert firms[0] == firms[1]
        sales, before = market.sales_table(), entered.sales_table()
        early = (before.channel == SHOP) & (before.week < 3)
        assert (before[early][["orders", "gmv", "orders_realised"]] == 0.0).all(axis=None)
        assert sales.equals(before[~early].reset_index(drop=True))
        assert (sales[sales.channel == SHOP].orders_realised > 0).any()


def test_a_longer_stay_is_the_longer_stay_run_through(open_shop: State) -> None:
    """The last day lies ahead in week 5, so the past of both scenarios is the same."""
    longer = popup(f"{POPUP}.open.to=2020-01-12")
    with opened(longer, run_off=False) as through, open_shop.market(longer) as market:
        assert unlike(run(market, END), run(through, END)) == []


def test_closing_at_the_state_is_booked_once(open_shop: State) -> None:
    """Run through, the same closing is booked in its last open week, 4, here in 5; all else is the same."""
    closed = popup(f"{POPUP}.open.to=2019-12-08")
    with opened(closed, run_off=False) as through, open_shop.market(closed) as market:
        for m in (through, market):
            run(m, END)
        assert market.storefronts[SHOP].open_weeks == [week in (3, 4) for week in range(END)]
        assert same_people(market, through)
        assert market.sales_table().equals(through.sales_table())
        late, early = (m.ledger.table() for m in (market, through))
    leaving = late.account.isin(["exit", "deposit", "guarantee"]) & (late.week > 3)
    assert set(late[leaving].week) == {5}
    amounts = late[leaving].groupby("account").amount.sum()
    assert amounts["deposit"] == pytest.approx(3e6)
    assert amounts["exit"] == pytest.approx(1e6)
    keys = ["week", "payer", "payee", "account", "tier"]
    moved = late.assign(week=late.week.where(~leaving, 4)).sort_values(keys, ignore_index=True)
    assert moved.equals(early.sort_values(keys, ignore_index=True))


def test_a_closed_storefront_can_be_left_out(entered: Market) -> None:
    """It has closed in week 8: from week 9 on, nobody notices whether it is still named."""
    gone = edited(popup(), storefronts={SHOP: None})
    with state_of(popup(), 9).market(gone) as market:
        run(market, END)
        assert SHOP not in market.storefronts
        mine, through = without(market.sales_table(), SHOP), without(entered.sales_table(), SHOP)
        assert mine.equals(through)
        assert market.sales_table().week[market.sales_table().channel == SHOP].max() == 8
        columns, before = market.consumers.columns, entered.consumers.columns
        for name in ("habit", "loyalty", "trust", "stock", "last_order"):
            assert getattr(columns, name).tobytes() == getattr(before, name).tobytes()
        known = market.consumers.layout.bit(brand="amazon", channel="amazon_global")
        assert ((columns.aware & np.uint64(known)) == (before.aware & np.uint64(known))).all()
        assert market.ledger.table().equals(entered.ledger.table())


def test_names_find_their_rows_and_bits(open_shop: State) -> None:
    """With firms in another order and a new one among them, everybody keeps what is theirs."""
    scenario = popup()
    platforms = dict(reversed(scenario.platforms.items()))
    newcomer = scenario.platforms["kaola"].model_copy(update={"trust": 0.25})
    stores = dict(reversed(scenario.storefronts.items()))
    other = scenario.model_copy(
        update={"platforms": {"fresh": newcomer, **platforms}, "storefronts": stores,
                **{solved: getattr(scenario, solved) | {"fresh": getattr(scenario, solved)["kaola"]}
                   for solved in ("intercepts", "listing_costs")}}
    )  # fmt: skip
    with open_shop.market(other) as new, open_shop.market() as old, opened(other) as start:
        for name in ("knows", "habit", "loyalty", "trust", "stock (weeks)", "taste"):
            for person in range(0, 2_000, 7):
                one, two = (m.consumers[person].state[name] for m in (old, new))
                if isinstance(one, dict) and isinstance(two, dict):
                    assert one.items() <= two.items()
                else:
                    assert {*one} == {*two} - {"fresh"}  # type: ignore[misc, call-overload]
        columns, fresh = new.consumers.columns, start.consumers.columns
        bit = np.uint64(new.consumers.layout.bit(platform="fresh"))
        assert ((columns.aware & bit) == (fresh.aware & bit)).all()
        assert 0.3 < ((columns.aware & bit) != 0).mean() < 0.6
        assert (columns.trust[0] == np.float32(0.25)).all()
        assert (columns.last_order[1:6] == old.consumers.columns.last_order[4::-1]).all()
        run(new, END)
        assert new.sales_table().query("channel == 'fresh'").week.min() == 5


def test_a_new_brand_starts_as_in_a_fresh_market(open_shop: State) -> None:
    """Awareness, loyal customers, trust as at the start; its series lie beside those of the others."""
    scenario = popup()
    brand = scenario.brands["amazon"].model_copy(update={"loyal": 0.5, "trust": 0.4})
    site = scenario.storefronts["amazon_global"].model_copy(update={"owner": "late"})
    later = scenario.storefronts[SHOP].model_copy(update={"owner": "late", "host": "jd"})
    policy = {"watch": {"brand": "late", "rule": "threshold", "storefront": "late_site",
                        "threshold": {"enter_above": 2.0, "exit_below": -1e12}}}  # fmt: skip
    other = edited(scenario, brands={"late": brand}, storefronts={"late_site": site, "late_on_jd": later},
                   intercepts={"late_site": scenario.intercepts["amazon_global"]})  # fmt: skip
    tree = other.model_dump(by_alias=True, mode="json") | {"policies": policy}
    other = Scenario.model_validate(tree)
    with open_shop.market(other) as market, opened(other) as start:
        layout = market.consumers.layout
        columns, fresh = market.consumers.columns, start.consumers.columns
        bits = np.uint64(layout.bit(brand="late", channel="late_site"))
        assert ((columns.aware & bits) == (fresh.aware & bits)).all()
        assert (columns.aware & np.uint64(layout.bit(channel="late_on_jd")) == 0).all()
        assert (columns.loyalty[1] == fresh.loyalty[1]).all()
        assert columns.loyalty[1].any()
        assert (columns.trust[-1] == np.float32(0.4)).all()
        run(market, END)  # what the firm sees refuses series of different lengths
        assert market.brands["late"].buyers[:5] == [0.0] * 5
        assert sum(market.brands["late"].buyers) > 0
        assert market.storefronts["late_on_jd"].open_weeks == [5 <= w <= 8 for w in range(END)]


# --- what follows which ----------------------------------------------------------------------------


def test_plans_follow_the_words_that_changed() -> None:
    """A policy has changed price, goods, commission and exposure; new words count where they are new."""
    with opened(eventful()) as market:
        state = take(run(market, 5))
    with state.market() as market:
        kept = market.storefronts[SHOP].plan
        assert (kept.goods, kept.price, kept.commission, kept.exposure) == (2.0, 0.9, 0.02, 0.7)
        assert kept.last == date(2019, 12, 31)
        assert market.brands["amazon"].advertising.spending == 9e6
    words = (f"{POPUP}.open.to=2020-01-02", f"{POPUP}.contract.commission=0.5")
    with state.market(eventful(*words, "brands.amazon.advertising.spend=1e6")) as market:
        shop, brand = market.storefronts[SHOP], market.brands["amazon"]
        assert (shop.plan.goods, shop.plan.price, shop.plan.exposure) == (2.0, 0.9, 0.7)
        assert (shop.plan.last, shop.plan.commission, shop.terms.commission) == (date(2020, 1, 2), 0.5, 0.5)
        assert shop.stands
        assert shop.terms.deposit_held == 3e6
        assert brand.advertising.spending is None
        assert brand.advertising.level == state.plain["firms"]["brand amazon"]["advertising"]["level"] > 0.0
    cheap = (f"{POPUP}.price.imported.index=0.8", f"{POPUP}.exposure=0.1", f"{POPUP}.goods.imported=500")
    with state.market(eventful(*cheap)) as market:
        plan = market.storefronts[SHOP].plan
        assert (plan.goods, plan.price, plan.commission, plan.exposure) == (1.0, 1.0, 0.02, 0.1)


def test_dates_replace_a_policy_that_opened_or_will_open() -> None:
    """Pure: without words of its own changed, a storefront stays as a policy left it."""
    dated, waiting = popup(f"{POPUP}.open.to=2020-01-12"), Opening(by_policy=True)
    waits = edited(dated, storefronts={SHOP: dated.storefronts[SHOP].model_copy(update={"open": waiting})})
    stores = [scenario.storefronts[SHOP] for scenario in (waits, dated)]
    closed, planned = ({"plan": Plan.of(store).state(), "sales": [1.0]} for store in stores)
    keeper = f"storefront {SHOP}"
    found = adapt_state(keeper, closed, planned | {"sales": []}, waits, Continuation(dated, 5))
    assert found == planned
    assert (found["plan"]["closed"], found["plan"]["first"]) == (False, "2019-11-25")
    opened_by_policy = closed | {"plan": closed["plan"] | {"closed": False, "first": "2019-12-02"}}
    assert adapt_state(keeper, opened_by_policy, closed, waits, Continuation(waits, 5)) == opened_by_policy


def test_answers_and_rounds_follow_the_words_that_changed() -> None:
    with opened(eventful()) as market:
        state = take(run(market, 7))
    saved = state.plain["firms"]["reaction cheaper"]["responses"]
    assert any(row[-1] < 7 for row in [*saved, ["cut", "x", 0.1, 3, 6]])
    with state.market(eventful("reactions.cheaper.title=words", "subsidies.cuts.title=words")) as market:
        assert market.supply.watchers["cheaper"].state()["responses"] == saved
        spent = market.supply.programmes["cuts"].state()
        assert spent == state.plain["firms"]["subsidy cuts"]
        assert spent["weeks"] == [1, 2, 3, 4, 5, 6]
    words = ("reactions.cheaper.strength=0.1", "subsidies.cuts.rounds.all.budget=2e9")
    with state.market(eventful(*words)) as market:
        assert all(r.last < 7 for r in market.supply.watchers["cheaper"].responses)
        assert market.supply.programmes["cuts"].state()["weeks"] == []
        run(market, 9)
    late = "subsidies.cuts.rounds.next={from: 2020-01-06, to: 2020-01-12, budget: 1e9}"
    with state.market(eventful(late, "subsidies.cuts.depth.imported=0.2")) as market:
        assert market.supply.programmes["cuts"].state() == spent
        run(market, 11)


def test_prices_and_beliefs_follow_the_words_that_changed() -> None:
    """Pure: price factors by category, belief only where there were teams."""
    old = eventful()
    new = eventful(
        "platforms.pinduoduo.assortments.fashion.price=0.8",
        "platforms.pinduoduo.teams.belief=0.5",
        "reactions.anew.platform=pinduoduo",
    )
    fresh = {"advertising": {"level": 0.0, "spending": None}, "gmv": 0.0, "belief": 0.5,
             "prices": dict.fromkeys(CATEGORIES, 1.0)}  # fmt: skip
    moved = {"everyday": 0.95, "fashion": 0.9, "electronics": 1.05, "imported": 0.8}
    saved = {"advertising": {"level": 7.0, "spending": 3.0}, "gmv": 9.0, "belief": 0.7, "prices": moved}
    found = adapt_state("platform pinduoduo", saved, fresh, old, Continuation(new, 5))
    assert found == saved | {"prices": moved | {"fashion": 1.0}}
    assert adapt_state("platform pinduoduo", saved, fresh, old, Continuation(old, 5)) == saved | {
        "prices": dict.fromkeys(CATEGORIES, 1.0)  # nobody there moves prices any more, or back
    }
    teams = new.platforms["jd"].model_copy(update={"teams": new.platforms["pinduoduo"].teams})
    jd = edited(new, platforms={"jd": teams})
    assert adapt_state("platform jd", saved, fresh, old, Continuation(jd, 5))["belief"] == 0.5
    active = {"active": 0.3}
    assert adapt_state("merchants jd, imported", active, {"active": 0.5}, old, Continuation(new, 5)) == active
    assert newcomer_state("brand x", {"buyers": [], "ever": [], "spending": [], "at_start": 0.0}, 2) == {
        "buyers": [0.0, 0.0], "ever": [0.0, 0.0], "spending": [0.0, 0.0], "at_start": 0.0
    }  # fmt: skip
    assert newcomer_state("subsidy x", {"weeks": []}, 2) == {"weeks": []}


# --- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("time.end=2020-01-12", r"time\.end: 2020-01-19 -> 2020-01-12"),
        ("time.warm_up_weeks=3", r"time\.warm_up_weeks: 2 -> 3"),
        ("population.interested=0.2", r"population\.interested: 0\.157 -> 0\.2"),
        ("tiers.T4.income=1", r"tiers\.T4\.income: 31000 -> 1"),
        ("network.contacts=4", r"network\.contacts: 8 -> 4"),
        ("categories.imported.slots_per_week=2", r"categories\.imported\.slots_per_week: 1 -> 2"),
    ],
)
def test_other_weeks_and_people_are_refused(open_shop: State, words: str, message: str) -> None:
    with pytest.raises(SavedStateError, match=message):
        open_shop.market(popup(words))


def test_a_storefront_does_not_move(open_shop: State) -> None:
    """Its deposit lies with the old host."""
    moved = popup().storefronts[SHOP].model_copy(update={"host": "jd"})
    with pytest.raises(SavedStateError, match=r"pinduoduo\.host: pinduoduo -> jd; give the new one a name"):
        open_shop.market(edited(popup(), storefronts={SHOP: moved}))


def test_every_difference_is_named_with_the_file(open_shop: State, tmp_path: Path) -> None:
    with open_shop.market() as market:
        file = save(market, tmp_path / "a.state")
    with pytest.raises(SavedStateError) as error:
        branch(file, popup("time.start=2019-10-28", "tiers.T1.shoppers=60", "network.rewired=0.2"))
    lines = str(error.value).splitlines()
    assert lines[0] == f"{file}: the scenario does not go with the state:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "time.start", "network.rewired", "tiers.T1.shoppers"
    ]  # fmt: skip


def test_prices_are_not_set_anew_on_costs_that_nobody_knows(open_shop: State) -> None:
    """Costs are noted in week 0, where some reaction may need them, for what its platform sells."""
    words = "{brand: amazon, rule: bertrand, trigger: 0.000001, every: 1, lag: 0, platform: "
    kaola = popup(f"reactions.anew={words}kaola}}")
    with pytest.raises(SavedStateError, match=r"anew\.rule: bertrand, but the state knows no costs of kaola"):
        open_shop.market(kaola)
    ready = state_of(popup(f"reactions.anew={words}kaola}}", "reactions.anew.trigger=1"), 5)
    with pytest.raises(SavedStateError, match="but the state knows no costs of jd"):
        ready.market(popup(f"reactions.anew={words}jd}}"))
    with ready.market(kaola) as market:
        assert market.platforms["kaola"].price_factor == {"imported": 1.0}
        run(market, 6)
        assert market.platforms["kaola"].price_factor["imported"] < 1.0
        assert 0.0 < market.platforms["kaola"].implied_cost["imported"] < 1.0


def test_an_open_storefront_cannot_vanish(open_shop: State) -> None:
    """Its deposit and exit would never be booked."""
    with pytest.raises(
        SavedStateError, match=r"amazon_on_pinduoduo: open -> missing; close it by `open\.to`"
    ):
        open_shop.market(edited(popup(), storefronts={SHOP: None}))


def test_the_day_of_start_from_is_that_of_the_state(open_shop: State) -> None:
    right, wrong = (
        popup().model_copy(update={"start_from": StartFrom(scenario="popup.yaml", on=day)})
        for day in (date(2019, 12, 9), date(2019, 12, 2))
    )
    with open_shop.market(right) as market:
        kept = take(run(market, 6))
    with kept.market(right) as market:  # a state of the same scenario, later on
        assert market.week == 6
    with pytest.raises(SavedStateError, match=r"the state is of 2019-12-09, expected one of 2019-12-02"):
        open_shop.market(wrong)
