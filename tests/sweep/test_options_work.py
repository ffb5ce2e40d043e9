"""Options on one shared history: each is the comparison of its scenario with the baseline, bit for bit."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from sim.decisions.question import Question
from sim.engine.parting import forks
from sim.engine.watch import RunTimeoutError, Watch
from sim.experiments.compare import Settings, compare
from sim.market import Market
from sim.scenario import load
from sim.scenario.changes import Assignment, UnsoundError
from sim.scenario.schema import Scenario
from sim.sweep.options_work import RECORD, OptionsWork
from sim.sweep.reproduce import reproduce
from sim.sweep.results import open_experiment
from sim.sweep.runs import Draws, Run, digest
from sim.sweep.sweep import run
from sim.sweep.work import Found
from tests.decisions import tiny

SHOP = "storefronts.faraway_on_north"
OPTIONS = {
    "nothing_set": (),
    "never": (Assignment(SHOP, None),),
    "long": (Assignment(f"{SHOP}.open.to", "2021-03-21"),),
    "seen": (Assignment(f"{SHOP}.exposure", 0.9),),
}
POINT = {"exposure": 0.3, "known": 0.4, "level": 0.2}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question."""
    return tiny.question(tmp_path_factory.mktemp("question"))


@pytest.fixture(scope="module")
def work(asked: Question) -> OptionsWork:
    """Its options, one of which is the baseline."""
    return asked.work(OPTIONS, 300, weekly=True)


@pytest.fixture(scope="module")
def one(work: OptionsWork) -> Run:
    """A run at some values of all factors."""
    seeds = Draws().seeds("")[0]
    return Run("", "", 0, seeds, POINT)


@pytest.fixture(scope="module")
def found(work: OptionsWork, one: Run) -> Found:
    """What the run gives."""
    return work.run(one, Watch())


def bits(values: Mapping[str, float]) -> dict[str, bytes]:
    return {name: struct.pack("<d", value) for name, value in values.items()}


def of(found: Found, option: str) -> dict[str, float]:
    """Measures of an option without its name."""
    return {k.removeprefix(f"{option}."): v for k, v in found.values.items() if k.startswith(f"{option}.")}


def finished(scenario: Scenario, run: Run) -> Market:
    """A market run from the start to its end."""
    market = Market(
        scenario, consumers=300, world_seed=run.seeds.world, shock_seed=run.seeds.shock, record=RECORD,
        run_off=True,
    )  # fmt: skip
    while market.week < market.last_week:
        market.step()
    return market


# --- scenarios -----------------------------------------------------------------------------------


def test_what_sets_nothing_is_the_scenario(work: OptionsWork, asked: Question, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    assert work.scenario("nothing_set", {}) == load(tmp_path / "shop.yaml").scenario
    assert work.baseline({}) == load(tmp_path / "home.yaml").scenario
    never = work.scenario("never", {})
    assert {**never.model_dump(), "title": ""} == {**work.baseline({}).model_dump(), "title": ""}


def test_factors_come_before_what_options_set_in_scenario_and_baseline(work: OptionsWork) -> None:
    base = work.baseline(POINT)
    for option in OPTIONS:
        made = work.scenario(option, POINT)
        assert made.intercepts == base.intercepts
        assert made.brands["faraway"].awareness.initial == base.brands["faraway"].awareness.initial == 0.4
    assert base.intercepts["south"]["goods"] == 0.2
    assert work.scenario("long", POINT).storefronts["faraway_on_north"].exposure == 0.3
    assert work.scenario("seen", POINT).storefronts["faraway_on_north"].exposure == 0.9
    assert "faraway_on_north" not in base.storefronts


def test_an_option_that_makes_no_sense_is_refused(work: OptionsWork, one: Run) -> None:
    wrong = replace(work, options={"wrong": (Assignment(f"{SHOP}.exposure", 2),)})
    with pytest.raises(UnsoundError, match=r"wrong: storefronts\.faraway_on_north\.exposure"):
        wrong.run(one, Watch())


# --- numbers -------------------------------------------------------------------------------------


def test_the_baseline_among_options_is_worth_exactly_nothing(found: Found) -> None:
    assert set(of(found, "never").values()) == {0.0}
    assert found.panel is not None
    rows = found.panel[found.panel.option == "never"]
    assert (rows[["hosted", "own", "contribution", "all", "open"]] == 0.0).all(axis=None)
    assert min(abs(of(found, "nothing_set")[name]) for name in ("value_faraway", "value_north", "sales")) > 0


def test_options_do_not_touch_each_other(work: OptionsWork, one: Run, found: Found) -> None:
    """Alone, in another order and among fewer, every bit is the same."""
    for names in (["long"], ["seen", "long"], list(reversed(OPTIONS))):
        fewer = replace(work, options={name: OPTIONS[name] for name in names}).run(one, Watch())
        for name in names:
            assert bits(of(fewer, name)) == bits(of(found, name))
    assert of(found, "long") != of(found, "nothing_set") != of(found, "seen")


def test_names_units_and_order_are_those_that_are_announced(work: OptionsWork, found: Found) -> None:
    assert list(found.values) == list(work.outcomes) == list(found.units)
    assert {found.units[f"long.{name}"] for name in ("value_west", "cut", "surplus", "volume")} == {"yuan"}
    assert (found.units["long.new_customers"], found.units["long.weeks_open"]) == ("people", "weeks")


@pytest.mark.parametrize("option", ["nothing_set", "long"])
def test_a_shared_history_gives_what_two_runs_from_the_start_give(
    option: str, work: OptionsWork, one: Run, found: Found
) -> None:
    """Values of all firms from the books of both, in every bit; the decision falls into the third week."""
    with finished(work.baseline(POINT), one) as before, finished(work.scenario(option, POINT), one) as after:
        for firm in ("north", "south", "west", "faraway"):
            sides = [m.ledger.npv(firm, m.last_week, 0.2, 2) for m in (after, before)]
            assert bits({"": of(found, option)[f"value_{firm}"]}) == bits({"": sides[0] - sides[1]})
        cut = [m.ledger.npv("faraway", m.horizon, 0.2, 2) for m in (after, before)]
        assert of(found, option)["cut"] == cut[0] - cut[1]


def test_a_comparison_of_the_two_scenarios_gives_the_same(work: OptionsWork, one: Run, found: Found) -> None:
    """It discounts to the week of the opening, one after that of the decision."""
    base, other = work.baseline(POINT), work.scenario("nothing_set", POINT)
    settings = Settings(replications=1, consumers=300)
    table = compare(("base", base), {"shop": other}, settings).outcomes
    whole = table[(table.tier == "all") & (table.period == "horizon")]
    by_name = whole.set_index(["outcome", "party"]).difference
    own = of(found, "nothing_set")
    for firm in ("north", "south", "west", "faraway"):
        later = own[f"value_{firm}"] * 1.2 ** (1 / 52)
        assert later == pytest.approx(by_name["NPV with run-off", firm], rel=1e-9)
    assert own["cut"] * 1.2 ** (1 / 52) == pytest.approx(
        by_name["NPV, cut at the horizon", "faraway"], rel=1e-9
    )
    assert own["sales"] == pytest.approx(by_name["hosted GMV", "faraway"], rel=1e-12)
    assert own["new_customers"] == pytest.approx(by_name["new customers", "faraway"], rel=1e-12)
    surplus = by_name["consumer surplus, decision", "consumers"]
    assert own["surplus"] == pytest.approx(surplus, rel=1e-9)
    brand = by_name["brand GMV", "faraway"]
    assert own["sales"] + own["own_sales"] == pytest.approx(brand, rel=1e-9)


def test_history_does_not_tell_when_the_decision_falls(work: OptionsWork, one: Run, found: Found) -> None:
    """A week earlier all is discounted by a week more, and nothing else changes."""
    earlier = replace(work, on=date(2021, 1, 11)).run(one, Watch())
    for option in ("nothing_set", "long"):
        now, then = of(found, option), of(earlier, option)
        assert then["value_faraway"] == pytest.approx(now["value_faraway"] * 1.2 ** (-1 / 52), rel=1e-9)
        assert then["volume"] == pytest.approx(now["volume"] * 1.2 ** (-1 / 52), rel=1e-12)
        assert then["sales"] == pytest.approx(now["sales"], rel=1e-12), "another sum of the same weeks"
    assert earlier.panel is not None
    assert earlier.panel.week.min() == 1


def test_weekly_rows_only_if_asked_for(work: OptionsWork, one: Run, found: Found) -> None:
    assert found.panel is not None
    rows = found.panel.groupby("option").week.agg(["min", "max", "count"])
    assert (rows == pd.Series({"min": 2, "max": 11, "count": 10})).all(axis=None)
    assert set(rows.index) == set(OPTIONS)
    few = replace(work, weekly=False, options={"long": OPTIONS["long"]}).run(one, Watch())
    assert few.panel is None
    assert bits(of(few, "long")) == bits(of(found, "long"))


class Counting(Watch):
    """Counts how often it is asked, and takes the time to be over at some time."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.asked, self.last = 0, last

    def check(self) -> None:
        self.asked += 1
        if self.asked > self.last:
            raise RunTimeoutError("over")


def test_the_time_is_looked_at_every_week_and_history_runs_once(work: OptionsWork, one: Run) -> None:
    """All 15 weeks of the baseline; of each option those after it parts from another scenario."""
    watch = Counting(1000)
    few = replace(work, options={name: OPTIONS[name] for name in ("long", "seen")})
    few.run(one, watch)
    options = {name: few.scenario(name, one.parameters) for name in few.options}
    parted = [fork.week for fork in forks(few.baseline(one.parameters), options, not_before=2)]
    assert watch.asked == 15 + sum(15 - week for week in parted)
    assert min(parted) >= 2
    for last in (1, 10, 20):
        with pytest.raises(RunTimeoutError):
            work.run(one, Counting(last))


# --- identity ------------------------------------------------------------------------------------


def test_described_and_restored(work: OptionsWork, one: Run, found: Found) -> None:
    again = OptionsWork.restored(json.loads(json.dumps(work.describe())))
    assert again == work
    assert digest(again.subject(POINT)) == digest(work.subject(POINT))
    assert bits(again.run(one, Watch()).values) == bits(found.values)


def test_what_describes_no_work_is_refused(work: OptionsWork) -> None:
    said = work.describe()
    for wrong in ({}, {**said, "kind": "market"}, {**said, "on": "some day"}, {**said, "options": [1]}):
        with pytest.raises(ValueError, match="validation error"):
            OptionsWork.restored(wrong)


def test_other_options_are_another_run_but_not_other_words(work: OptionsWork) -> None:
    def named(**changes: object) -> str:
        return digest(replace(work, **changes).subject(POINT))  # type: ignore[arg-type]

    own = named()
    words = (Assignment(f"{SHOP}.title", "Another name"), Assignment("question", "Why?"))
    worded = {**OPTIONS, "long": (*OPTIONS["long"], *words)}
    assert named(options=worded) == own
    same = {**OPTIONS, "nothing_set": (Assignment(f"{SHOP}.exposure", 0.3),)}
    assert named(options=same) == own, "what a factor sets anyway"
    others = [
        named(options={**OPTIONS, "long": (Assignment(f"{SHOP}.open.to", "2021-03-20"),)}),
        named(options={name: OPTIONS[name] for name in ("long", "seen")}),
        named(on=date(2021, 1, 11)), named(weekly=False), named(consumers=400),
        digest(work.subject({**POINT, "known": 0.41})),
    ]  # fmt: skip
    assert len({own, *others}) == 7
    assert named(consumers=None) == named(consumers=2000), "as many as the scenario says"


# --- in a store ----------------------------------------------------------------------------------


def test_a_stored_run_is_made_again_from_its_folder_alone(asked: Question, tmp_path: Path) -> None:
    few = {name: OPTIONS[name] for name in ("never", "long")}
    experiment = asked.over_worlds("worlds", few, 300, 2)
    run(experiment, tmp_path / "s", "serial")
    results = open_experiment(tmp_path / "s")
    for row in results.runs().to_dict("records"):
        again = reproduce(results, row["run_id"])
        assert again.same
        assert again.panel is True
        assert again.same_code
        assert set(again.outcomes.outcome) == set(experiment.outcomes)
        assert row["never.value_faraway"] == 0.0 != row["long.value_faraway"]
