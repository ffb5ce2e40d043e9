"""Scenarios that share a history come out as if each had been run from its first week, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.consumers.demand import Record
from sim.engine.loop import advance
from sim.engine.parting import BASE, first_difference, forks
from sim.engine.replication import replications
from sim.engine.runner import History, Lockstep, nothing, one_by_one
from sim.engine.seeds import Seeds
from sim.engine.start import MarketSettings
from sim.engine.watch import RunTimeoutError, StoppedError, Watch
from sim.experiments.cases import find
from sim.experiments.compare import Settings, compare, replicate
from sim.market import Market
from sim.outcomes.pair import RECORD, Pair
from sim.scenario import load
from sim.scenario.schema import Scenario, StartFrom
from tests.markets import CLOSED, SCENARIOS, autumn

SHORT = ("time.start=2019-11-04", "time.end=2020-01-19", "time.warm_up_weeks=2", "finance.runoff_weeks=2")
POPUP, STORE = "popup_on_pinduoduo_2019", "storefronts.amazon_on_pinduoduo"
CONSUMERS = 400
ONE = replications(1, 1)[0]
SIZE = MarketSettings(ONE.seeds, CONSUMERS, RECORD, run_off=True)
Tables = Mapping[str, pd.DataFrame]


def scenario(name: str, *sets: str) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml", sets=[*SHORT, *CLOSED, *sets]).scenario


OUT = scenario("stay_out")


def tables(base: Scenario, others: Mapping[str, Scenario], *, share: bool) -> dict[str, Tables]:
    """All tables of every scenario, shared or each from its first week."""
    with Lockstep(base, others, SIZE, Pair, share=share) as run:
        run.to_the_end()
        baseline = run.branches[BASE].observer
        return {name: run.branches[name].observer.tables(baseline, 3) for name in others}


def assert_same(one: Tables, two: Tables) -> None:
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, two[name], check_exact=True, obj=name)


# --- both ways -----------------------------------------------------------------------------------

MOVES = {
    "popup": (POPUP,),
    "loud": (POPUP, f"{STORE}.exposure=0.9", f"{STORE}.contract.commission=0.01"),
    "longer": (POPUP, f"{STORE}.open.to=2020-01-10"),
    "earlier": (POPUP, f"{STORE}.open.from=2019-11-13", f"{STORE}.contract.deposit=1000"),
    "advertised": (POPUP, "brands.amazon.advertising.spend={2019-11-18: 9_000_000, 2019-12-02: 0}"),
    "reviewed": ("extension_by_review_2020", "policies.review_before_christmas.review.extend_to=2020-01-12"),
    "jd matches": ("jd_matches_2019", f"{STORE}.exposure=0.9", "reactions.jd_matches_amazon.trigger=0"),
    "bound": ("choose_one_of_two_2019", f"{STORE}.exposure=0.9", "reactions.choose_one_of_two.trigger=0"),
    "kaola": ("popup_on_kaola_2019",),
    "cheaper platform": ("stay_out", "platforms.jd.assortments.imported.price=0.9"),
}


def test_shared_weeks_change_no_bit() -> None:
    """A baseline beside ten scenarios that part from it, and from each other, in different weeks."""
    others = {name: scenario(*said) for name, said in MOVES.items()}
    weeks = {name: first_difference(OUT, other) for name, other in others.items()}
    assert {0, 1, 2, 3} <= set(weeks.values()), "the test tells something"
    one, two = (tables(OUT, others, share=share) for share in (True, False))
    for name in others:
        assert_same(one[name], two[name])


@pytest.mark.parametrize("name", ["popup_after_618_2019", "partial_exit_2019", "storefront_on_tmall_2015"])
def test_cases_of_the_repo_both_ways(name: str) -> None:
    """Cases that part in a way of their own, on their own dates but for a shorter horizon."""
    (case,) = [case for case in find(SCENARIOS) if case.name == name]
    end = {"storefront_on_tmall_2015": "2015-05-31"}.get(name, "2019-09-01")
    sets = [f"time.end={end}", "time.warm_up_weeks=1", "finance.runoff_weeks=0"]
    if name != "storefront_on_tmall_2015":
        sets.append("time.start=2019-06-10")
    base, other = (load(one.path, sets=sets).scenario for one in (case.base, case.scenario))
    assert 0 < first_difference(base, other) < 14
    one, two = (tables(base, {"case": other}, share=share)["case"] for share in (True, False))
    assert_same(one, two)


SPENDS = ("policies.spends={brand: amazon, storefront: amazon_global, rule: calendar, acts: {more: "
          "{on: 2019-11-18, do: change, advertising: 9_000_000}}}")  # fmt: skip
HEARD = "brands.amazon.advertising.effect=0.02"
ALONE = f"{STORE}.price.imported.team_discount=0"
AS_GOOD = (f"{STORE}.appeal_from=pinduoduo", "storefronts.amazon_global.appeal_from=amazon_on_pinduoduo")
HARD: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "the site is as good as a storefront that opens later": (
        (POPUP, *AS_GOOD), (POPUP, *AS_GOOD, f"{STORE}.appeal=-1.7"),
    ),
    "a policy decides what is spent": (("stay_out", SPENDS), ("stay_out", SPENDS, HEARD)),
    "a policy has spent before": (
        ("stay_out", SPENDS, HEARD),
        ("stay_out", SPENDS, HEARD, "brands.amazon.advertising.spend={2019-12-16: 1_000}"),
    ),
    "only after the horizon": (
        ("stay_out", HEARD), ("stay_out", HEARD, "brands.amazon.advertising.spend={2020-01-20: 9_000_000}"),
    ),
    "another host": ((POPUP, ALONE), (POPUP, ALONE, f"{STORE}.host=jd")),
}  # fmt: skip
"""Pairs whose shared history was once taken to be too long."""


@pytest.mark.parametrize(("base", "other"), HARD.values(), ids=HARD)
def test_what_is_felt_early_is_not_shared(base: tuple[str, ...], other: tuple[str, ...]) -> None:
    pair = scenario(*base), scenario(*other)
    one, two = (tables(pair[0], {"other": pair[1]}, share=share)["other"] for share in (True, False))
    assert_same(one, two)


LOOKS = "{brand: amazon, storefront: amazon_on_pinduoduo, rule: oracle, oracle: {every: 4, ahead: 4}}"


def test_beside_a_start_or_an_oracle_nothing_is_shared() -> None:
    """An oracle looks at weeks to come; a state of another scenario is a history of its own."""
    later = scenario(*MOVES["longer"])
    assert first_difference(scenario(POPUP), later) > 0
    oracle = scenario(POPUP, f"policies={{look: {LOOKS}}}").policies
    for part in (
        {"start_from": StartFrom(scenario="popup.yaml", on=date(2019, 12, 9))},
        {"policies": oracle},
    ):
        one, two = (found.model_copy(update=part) for found in (scenario(POPUP), later))
        assert first_difference(one, two) == 0


DAYS = st.dates(min_value=pd.Timestamp("2019-11-05").date(), max_value=pd.Timestamp("2020-01-12").date())


@given(
    start=DAYS, end=DAYS, exposure=st.sampled_from([0.0, 0.5]),
    base=st.sampled_from(["popup", "longer", "advertised"]),
)  # fmt: skip
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_dates_both_ways(start: object, end: object, exposure: float, base: str) -> None:
    first, last = sorted([str(start), str(end)])
    dates = (f"{STORE}.open.from={first}", f"{STORE}.open.to={last}", f"{STORE}.exposure={exposure}")
    other = scenario(POPUP, *dates, f"{STORE}.price.imported.promotions.black_friday=null")
    one, two = (
        tables(scenario(*MOVES[base]), {"other": other}, share=share)["other"] for share in (True, False)
    )
    assert_same(one, two)


def test_a_scenario_that_is_wrong_about_the_week_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways differ if a scenario is taken to part later than it does."""
    others = {"popup": scenario(*MOVES["loud"])}
    whole = tables(OUT, others, share=True)["popup"]
    monkeypatch.setattr("sim.engine.parting.first_difference", lambda one, two: 5)
    late = tables(OUT, others, share=True)["popup"]
    assert not late["weekly"].equals(whole["weekly"])


def test_what_is_shared_is_simulated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    step = Market.step

    def counted(market: Market) -> None:
        if not market._clock_only:
            steps.append(max(market.week, 0))
        step(market)

    monkeypatch.setattr(Market, "step", counted)
    tables(OUT, {"popup": scenario(*MOVES["popup"]), "loud": scenario(*MOVES["loud"])}, share=True)
    assert [steps.count(week) for week in range(13)] == [1] * 3 + [3] * 10


# --- the tree ------------------------------------------------------------------------------------


def test_a_scenario_parts_from_the_one_with_which_it_shares_most() -> None:
    others = {name: scenario(*MOVES[name]) for name in ("popup", "longer", "loud", "reviewed")}
    found = {fork.name: (fork.parent, fork.week) for fork in forks(OUT, others)}
    assert found == {
        "popup": (BASE, 3), "longer": ("popup", 8), "loud": (BASE, 3), "reviewed": ("popup", 7),
    }  # fmt: skip
    assert {fork.week for fork in forks(OUT, others, not_before=5)} == {5, 7, 8}
    assert {fork.week for fork in forks(OUT, others, at_latest=5)} == {3, 5}


def test_scenarios_that_say_the_same_are_one_market() -> None:
    with Lockstep(OUT, {"same": scenario("stay_out", "title=Another")}, SIZE, nothing) as run:
        run.to_the_end()
        assert run.branches["same"].market is run.base


def test_one_after_another_is_lockstep_without_the_pairs() -> None:
    others = {name: scenario(*MOVES[name]) for name in ("popup", "longer", "cheaper platform")}
    flows = {}
    for name, market in one_by_one(OUT, others, SIZE, decided=0):
        flows[name] = market.ledger.flows("amazon", market.last_week)
    with Lockstep(OUT, others, SIZE, nothing, share=False) as run:
        run.to_the_end()
        for name, branch in run.branches.items():
            expected = branch.market.ledger.flows("amazon", branch.market.last_week)
            np.testing.assert_array_equal(flows[name], expected)


def test_up_to_the_decision_the_history_is_the_baselines() -> None:
    """Whatever options say about earlier weeks: they are decided on a day."""
    option = scenario("stay_out", "platforms.jd.assortments.imported.price=0.9")
    sales = {
        name: market.sales_table().groupby("week").gmv.sum()
        for name, market in one_by_one(OUT, {"cheap": option}, SIZE, decided=5)
    }
    same = sales[BASE] == sales["cheap"]
    assert same[same.index < 5].all()
    assert not same[same.index >= 5].any()


# --- kept histories ------------------------------------------------------------------------------


def test_kept_states_give_the_tables_of_a_comparison(tmp_path: Path) -> None:
    """In any order, again and again, from an earlier state or the same one; nothing is left out."""
    history, size = History(), Settings(replications=1, consumers=CONSUMERS)
    for name in ("popup", "reviewed", "loud", "earlier", "longer", "popup"):
        other = scenario(*MOVES[name])
        (found,) = replicate(OUT, {"other": other}, ONE, size, start=3, history=history)
        whole = compare(("base", OUT), {"other": other}, size)
        expected = replicate(OUT, {"other": other}, ONE, size, start=3)[0]
        assert_same(found, expected)
        pd.testing.assert_frame_equal(found["flows"], whole.flows, check_exact=True)
    assert sorted(history.checkpoints) == [1, 3]


def test_no_more_states_are_kept_than_a_page_can_hold() -> None:
    history = History(most=2)
    for day in (29, 22, 15):
        quiet = f"{STORE}.price.imported.promotions.black_friday=null"
        other = scenario(POPUP, f"{STORE}.open.from=2019-11-{day}", quiet)
        with Lockstep(OUT, {"other": other}, SIZE, nothing, history=history) as run:
            for _ in run.weeks(run.shared_until):
                pass
            run.part()
    assert sorted(history.checkpoints) == [1, 3]


def test_it_stops_when_nobody_waits() -> None:
    history = History()
    watch = Watch(stop=lambda: True)
    with pytest.raises(StoppedError):
        replicate(OUT, {"popup": scenario(POPUP)}, ONE, Settings(consumers=200), watch=watch, history=history)
    assert not history.checkpoints, "a history that was given up is not kept"


def test_a_run_ends_at_its_deadline_and_tells_how_far_it_is() -> None:
    weeks: list[int] = []
    with SIZE.open(OUT) as market:
        advance(market, 3, Watch(progress=lambda: weeks.append(market.week)))
        assert weeks == [-2, 1, 2]
        with pytest.raises(RunTimeoutError, match="longer than 0 s"):
            advance(market, watch=Watch(seconds=0))
        assert market.week == 3


def test_markets_are_closed_when_one_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    close = Market.close
    monkeypatch.setattr(Market, "close", lambda market: closed.append(market.spec.title) or close(market))
    odd = autumn("stay_out").model_copy(
        update={"population": OUT.population.model_copy(update={"consumers": 1})}
    )
    with pytest.raises(ValueError, match="too few"):
        Lockstep(OUT, {"odd": odd}, MarketSettings(Seeds(1, 1), None, Record()), nothing).__enter__()
    assert OUT.title in closed
