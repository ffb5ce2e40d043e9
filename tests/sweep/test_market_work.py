"""Runs of markets in a sweep: bit for bit what a comparison of the same two scenarios gives."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.engine.watch import RunTimeoutError, Watch
from sim.experiments.compare import RECORD, Settings, compare
from sim.market import Market
from sim.outcomes.readings import Published, read
from sim.outcomes.rows import row
from sim.scenario import load
from sim.sweep.experiment import Experiment
from sim.sweep.market_work import MarketWork, pick
from sim.sweep.runs import Run
from sim.sweep.schema import OutcomeSpec
from sim.sweep.work import Found
from tests.sweep.files import experiment, write_scenarios

OUTCOMES: dict[str, dict[str, str]] = {
    "sales": {"outcome": "hosted GMV", "party": "faraway", "period": "window"},
    "value": {"outcome": "NPV with run-off", "party": "faraway"},
    "brand": {"outcome": "brand GMV", "party": "faraway", "period": "horizon", "value": "with_scenario"},
    "before": {"outcome": "brand GMV", "party": "faraway", "period": "horizon", "value": "baseline"},
    "surplus": {"outcome": "consumer surplus, core", "party": "consumers", "period": "horizon"},
}
STORE = "storefronts.faraway_on_north"
FACTORS = f"""\
against: home.yaml
uncertainties:
  exposure: {{path: {STORE}.exposure, low: 0, high: 1}}
  known: {{path: brands.faraway.awareness.initial, low: 0.2, high: 1}}
  appeal: {{path: intercepts.north, change: add, low: -1, high: 1}}
levers:
  speed:
    options:
      as_written: {{}}
      fast: {{set: {{{STORE}.delivery_days: 1, platforms.south.assortments.goods.delivery_days: 5}}}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with scenarios, in which states are kept as well."""
    write_scenarios(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def several(
    text: str, rows: Sequence[Mapping[str, Any]], outcomes: Any = OUTCOMES, more: str = ""
) -> Experiment:
    """An experiment at some points, with several outcomes."""
    design = f"design: {{kind: list, rows: {json.dumps(list(rows))}}}\n"
    head = f"schema: 1\nscenario: fair.yaml\nconsumers: 300\noutcomes: {json.dumps(outcomes)}\n"
    times = "" if "replications" in more else "replications: 2\n"
    return experiment(design + text, head=head + times + more)


def made(asked: Experiment, watch: Watch | None = None) -> list[list[Found]]:
    """All runs, by point."""
    return [[asked.work.run(run, watch or Watch()) for run in point] for point in asked.plan().by_point]


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def compared(
    scenario: tuple[str, Sequence[str]],
    base: tuple[str, Sequence[str]],
    outcomes: Any = OUTCOMES,
    **settings: Any,
) -> list[dict[str, float]]:
    """The same numbers from a comparison of files changed on the command line."""
    sides = [load(name, sets=sets).scenario for name, sets in (base, scenario)]
    chosen = Settings(**{"replications": 2, "consumers": 300, **settings})
    table = compare(("base", sides[0]), {"other": sides[1]}, chosen).outcomes
    return [
        {
            name: float(
                str(pick(rows.to_dict("records"), OutcomeSpec(**one))[one.get("value", "difference")])
            )
            for name, one in outcomes.items()
        }
        for _, rows in table.groupby("replication")
    ]


POINTS: list[tuple[dict[str, Any], list[str], list[str]]] = [
    ({}, [], []),
    ({"exposure": 0.25}, [f"{STORE}.exposure=0.25"], []),
    ({"known": 0.5}, ["brands.faraway.awareness.initial=0.5"], ["brands.faraway.awareness.initial=0.5"]),
    ({"appeal": 0.5}, ["intercepts.north.goods=1.0"], ["intercepts.north.goods=1.0"]),
    (
        {"speed": "fast", "exposure": 0.5},
        [
            f"{STORE}.delivery_days=1",
            f"{STORE}.exposure=0.5",
            "platforms.south.assortments.goods.delivery_days=5",
        ],
        ["platforms.south.assortments.goods.delivery_days=5"],
    ),
]


def test_every_point_is_the_comparison_of_the_same_two_scenarios() -> None:
    runs = made(several(FACTORS, [point for point, _, _ in POINTS]))
    for found, (_, sets, of_base) in zip(runs, POINTS, strict=True):
        wanted = compared(("fair.yaml", sets), ("home.yaml", of_base))
        assert [{n: bits(v) for n, v in one.values.items()} for one in found] == [
            {n: bits(v) for n, v in one.items()} for one in wanted
        ]
    assert len({bits(found[0].values["sales"]) for found in runs}) == len(POINTS)
    assert runs[0][0].units == {
        "sales": "yuan", "value": "yuan", "brand": "yuan", "before": "yuan", "surplus": "yuan",
    }  # fmt: skip


@pytest.mark.parametrize("vary", ["world", "shock"])
def test_seeds_are_those_of_a_comparison(vary: str) -> None:
    head = f"vary: {vary}\nroot_seed: 7\nrun_off: false\n"
    outcomes = {name: OUTCOMES[name] for name in ("sales", "brand")}
    (found,) = made(several(FACTORS, [{"exposure": 0.5}], outcomes, head))
    wanted = compared(
        ("fair.yaml", [f"{STORE}.exposure=0.5"]), ("home.yaml", []), outcomes,
        vary=vary, root_seed=7, run_off=False,
    )  # fmt: skip
    assert [dict(one.values) for one in found] == wanted


def test_set_holds_in_all_runs_and_is_what_factors_multiply() -> None:
    text = f"""\
against: home.yaml
set:
  {STORE}.exposure: {{value: 0.5, source: made up}}
  behaviour: {{habit_weight: 0.4}}
  brands.faraway.similarity: 0.5
uncertainties:
  exposure: {{path: {STORE}.exposure, change: multiply, low: 0.5, high: 2}}
"""
    outcomes = {name: OUTCOMES[name] for name in ("sales", "brand", "surplus")}
    runs = made(several(text, [{}, {"exposure": 0.5}], outcomes, "replications: 1\nrun_off: false\n"))
    for found, exposure in zip(runs, (0.5, 0.25), strict=True):
        sets = ["behaviour.habit_weight=0.4", "brands.faraway.similarity=0.5"]
        scenario = ("fair.yaml", [f"{STORE}.exposure={exposure}", *sets])
        wanted = compared(scenario, ("home.yaml", sets), outcomes, replications=1, run_off=False)
        assert [dict(one.values) for one in found] == wanted


def test_options_may_be_other_files_and_remove_things(folder: Path) -> None:
    (folder / "cheap.yaml").write_text(
        "extends: fair.yaml\nstorefronts: {faraway_on_north: {exposure: 0.5}}\n"
    )
    text = f"""\
against: home.yaml
levers:
  entry:
    options:
      fair: {{}}
      half: {{scenario: cheap.yaml}}
      slow: {{scenario: cheap.yaml, set: {{{STORE}.delivery_days: 9}}}}
      none: {{set: {{{STORE}: null}}}}
uncertainties:
  exposure: {{path: {STORE}.exposure, change: multiply, low: 0.5, high: 1}}
"""
    outcomes = {name: OUTCOMES[name] for name in ("brand", "before")}
    rows = [{"entry": one} for one in ("fair", "half", "slow", "none")]
    runs = made(several(text, rows, outcomes, "replications: 1\nrun_off: false\n"))
    files = [
        ("fair.yaml", []),
        ("cheap.yaml", []),
        ("cheap.yaml", [f"{STORE}.delivery_days=9"]),
        ("home.yaml", []),
    ]
    for found, scenario in zip(runs, files, strict=True):
        wanted = compared(scenario, ("home.yaml", []), outcomes, replications=1, run_off=False)
        assert [dict(one.values) for one in found] == wanted
    nothing = runs[3][0].values
    assert nothing["brand"] == nothing["before"]


def test_the_base_is_the_scenario_as_it_is_written() -> None:
    asked = several(FACTORS, [{}])
    assert {factor.name: factor.base for factor in asked.factors} == {
        "exposure": 1, "known": 1, "appeal": 0.0, "speed": "as_written",
    }  # fmt: skip
    other = several(
        "against: home.yaml\nlevers: {rate: {path: platforms.west.fees.take_rate, levels: [0.03]}}\n", [{}]
    )
    assert [run.id for run in asked.plan().runs] == [run.id for run in other.plan().runs]
    assert made(asked)[0][0].values == made(other)[0][0].values


def test_without_exposure_nothing_is_sold_there() -> None:
    runs = made(several(FACTORS, [{"exposure": 0}, {"exposure": 1}], {"sales": OUTCOMES["sales"]}))
    assert [one.values["sales"] for one in runs[0]] == [0.0, 0.0]
    assert min(one.values["sales"] for one in runs[1]) > 0


# --- readings ------------------------------------------------------------------------------------

READ: dict[str, dict[str, str]] = {
    "month": {"outcome": "sales of the month", "party": "north", "on": "2021-01-31"},
    "quarter": {"outcome": "sales of the quarter", "party": "all", "on": "2021-02-28"},
    "buyers": {"outcome": "yearly buyers", "party": "north", "on": "2021-02-28"},
}
LEVEL = {"outcome": "hosted GMV", "party": "faraway", "period": "horizon"}
SHORT = {name: READ[name] for name in ("month", "buyers")}


def published(sets: Sequence[str], run: Run) -> Published:
    """What the fair publishes under some settings, on the seeds of a run, recorded in full."""
    with Market(
        load("fair.yaml", sets=sets).scenario, consumers=300, world_seed=run.seeds.world,
        shock_seed=run.seeds.shock, record=RECORD,
    ) as plain:  # fmt: skip
        while plain.week < plain.last_week:
            plain.step()
        return Published.of(plain)


def test_readings_alone_are_those_of_the_market() -> None:
    """A market that is recorded less says the same; nothing else is run."""
    asked = several(ALONE, [{"exposure": 0.5}], SHORT, "run_off: false\n")
    for run, found in zip(asked.plan().by_point[0], made(asked)[0], strict=True):
        wanted = published([f"{STORE}.exposure=0.5"], run)
        for name, one in SHORT.items():
            number = read(wanted, one["outcome"], one["party"], date.fromisoformat(one["on"]))
            assert found.values[name] == pytest.approx(number, rel=1e-12)
            assert number > 0
        assert found.units == {"month": "currency", "buyers": "people"}


@pytest.mark.parametrize("value", ["difference", "with_scenario", "baseline", None])
def test_readings_beside_a_baseline(value: str | None) -> None:
    """Each of the two, or the first less the second, which is what nobody asks for means."""
    kept = {} if value is None else {"value": value}
    outcomes = {name: {**one, **kept} for name, one in SHORT.items()}
    asked = several(FACTORS, [{"exposure": 1}], outcomes, "replications: 1\nrun_off: false\n")
    run, found = asked.plan().runs[0], made(asked)[0][0]
    sides = [published([], run), published([f"{STORE}=null"], run)]
    for name, one in SHORT.items():
        shop, home = (
            read(side, one["outcome"], one["party"], date.fromisoformat(one["on"])) for side in sides
        )
        assert shop != home
        wanted = {"with_scenario": shop, "baseline": home}.get(str(value), shop - home)
        assert found.values[name] == pytest.approx(wanted, rel=1e-9)


def test_readings_and_outcomes_of_weeks_together() -> None:
    """Each is what it is alone."""
    both = several(ALONE, [{}], {"sales": LEVEL, **SHORT}, "replications: 1\nrun_off: false\n")
    found = made(both)[0][0].values
    assert set(found) == {"sales", *SHORT}
    for part in ({"sales": LEVEL}, SHORT):
        other = made(several(ALONE, [{}], part, "replications: 1\nrun_off: false\n"))[0][0].values
        assert other == pytest.approx({name: found[name] for name in part}, rel=1e-12)


def test_the_time_is_looked_at_every_week_of_readings() -> None:
    asked = several(ALONE, [{}], SHORT, "replications: 1\nrun_off: false\n")
    watch = Counting(1000)
    asked.work.run(asked.plan().runs[0], watch)
    assert watch.asked == 12
    assert watch.stage == "extracting"
    with pytest.raises(RunTimeoutError):
        asked.work.run(asked.plan().runs[0], Counting(3))


def test_readings_of_days_that_are_not_run_are_refused() -> None:
    asked = several(ALONE, [{}], {"quarter": READ["quarter"]}, "replications: 1\nrun_off: false\n")
    with pytest.raises(ValueError, match="2020-12-01 to 2021-02-28 is not within the weeks that are run"):
        made(asked)


# --- alone ---------------------------------------------------------------------------------------


def market(run: Run) -> Market:
    """The fair on the seeds of a run."""
    scenario = load("fair.yaml").scenario
    return Market(
        scenario,
        consumers=300,
        world_seed=run.seeds.world,
        shock_seed=run.seeds.shock,
        record=RECORD,
        run_off=True,
    )


ALONE = "uncertainties: {exposure: {path: " + STORE + ".exposure, low: 0, high: 1}}\n"
PANEL = "panel: {every: 4, by: [channel, tier], metrics: [gmv, orders]}\n"


def test_alone_a_scenario_gives_levels() -> None:
    outcomes = {
        "sales": {"outcome": "hosted GMV", "party": "faraway", "period": "horizon"},
        "value": {"outcome": "NPV, cut at the horizon", "party": "faraway"},
    }
    asked = several(ALONE, [{}], outcomes, PANEL)
    run, found = asked.plan().runs[0], made(asked)[0][0]
    with market(run) as plain:
        while plain.week < plain.last_week:
            plain.step()
        sales = plain.sales_table()
    inside = sales[(sales.week < 12) & (sales.channel == "faraway_on_north")]
    assert found.values["sales"] == pytest.approx(inside.gmv.sum(), rel=1e-12)
    assert found.values["sales"] > 0
    assert found.values["value"] != 0
    assert found.panel is not None
    assert "gmv_baseline" not in found.panel


def test_the_panel_adds_up_to_the_sales() -> None:
    asked = several(ALONE, [{}], {"sales": OUTCOMES["sales"]}, PANEL + "against: home.yaml\n")
    run, panel = asked.plan().runs[0], made(asked)[0][0].panel
    assert panel is not None
    with market(run) as plain:
        while plain.week < plain.last_week:
            plain.step()
        sales = plain.sales_table()
    assert list(panel.columns) == [
        "week",
        "channel",
        "tier",
        "gmv",
        "orders",
        "gmv_baseline",
        "orders_baseline",
    ]
    assert sorted(set(panel.week)) == sorted({week // 4 * 4 for week in sales.week})
    for metric in ("gmv", "orders"):
        by_block = sales.groupby([sales.week // 4 * 4, "channel"], observed=True)[metric].sum()
        found = panel.groupby(["week", "channel"], observed=True)[metric].sum()
        pd.testing.assert_series_equal(found, by_block, check_index_type=False, rtol=1e-12)
    hosted = panel[panel.channel == "faraway_on_north"]
    assert (hosted.gmv_baseline == 0).all()
    assert not panel.isna().any(axis=None)


# --- time ----------------------------------------------------------------------------------------


class Counting(Watch):
    """Counts how often it is asked, and takes the time to be over at some time."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.asked, self.last = 0, last

    def check(self) -> None:
        self.asked += 1
        if self.asked > self.last:
            raise RunTimeoutError("over")


def test_the_time_is_looked_at_every_week(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    step = Market.step

    def counted(market: Market) -> None:
        steps.append(market.week)
        step(market)

    monkeypatch.setattr(Market, "step", counted)
    asked = several(FACTORS, [{}], {"sales": OUTCOMES["sales"]}, "run_off: false\n")
    run, watch = asked.plan().runs[0], Counting(3)
    with pytest.raises(RunTimeoutError):
        asked.work.run(run, watch)
    assert steps == [0, 0, 1, 1, 2, 2]
    assert watch.stage == "running"
    watch = Counting(1000)
    asked.work.run(run, watch)
    assert watch.asked == 12
    assert watch.stage == "extracting"


# --- starting from a state -----------------------------------------------------------------------

EARLY = "extends: home.yaml\n"
LATE = """\
extends: fair.yaml
start_from: {scenario: early.yaml, on: 2021-02-01}
storefronts: {faraway_on_north: {open: {from: 2021-02-08}}}
"""
HOME_LATE = "extends: home.yaml\nstart_from: {scenario: early.yaml, on: 2021-02-01}\n"


@pytest.fixture
def late(folder: Path) -> str:
    """Head of an experiment whose scenarios start from a state."""
    for name, text in (("early", EARLY), ("late", LATE), ("home_late", HOME_LATE)):
        (folder / f"{name}.yaml").write_text(text)
    outcomes = json.dumps({name: OUTCOMES[name] for name in ("sales", "value")})
    head = f"schema: 1\nscenario: late.yaml\nagainst: home_late.yaml\noutcomes: {outcomes}\n"
    return head + "consumers: 300\nreplications: 2\n"


ROWS = "design: {kind: list, rows: [{exposure: 0.5}]}\n"


def test_scenarios_that_start_from_a_state(late: str, folder: Path) -> None:
    asked = experiment(ALONE + ROWS, head=late)
    found = made(asked)[0]
    outcomes = {name: OUTCOMES[name] for name in ("sales", "value")}
    wanted = compared(("late.yaml", [f"{STORE}.exposure=0.5"]), ("home_late.yaml", []), outcomes)
    assert [dict(one.values) for one in found] == wanted
    assert len(list((folder / "results" / "states").glob("early_2021-02-01_*.state"))) == 2
    before = {run.id for run in asked.plan().runs}
    (folder / "early.yaml").write_text(EARLY + "behaviour: {habit_weight: 0.1}\n")
    other = {run.id for run in experiment(ALONE + ROWS, head=late).plan().runs}
    assert not other & before


def test_a_factor_may_not_take_a_scenario_away_from_its_start(late: str) -> None:
    text = "uncertainties: {rewired: {path: network.rewired, low: 0, high: 0.5}}\n"
    text += "design: {kind: grid, steps: 2}\n"
    with pytest.raises(
        Exception, match=r"uncertainties.rewired.high: at 0.5: .*network.rewired: 0.5, but 0 in"
    ):
        experiment(text, head=late)


# --- outcomes ------------------------------------------------------------------------------------

TABLE = [
    row("hosted GMV", "a", "all", "window", "yuan", 1, 2),
    row("hosted GMV", "b", "all", "window", "yuan", 1, 3),
    row("hosted GMV", "a", "all", "horizon", "yuan", 1, 4),
    row("hosted GMV", "a", "T1", "horizon", "yuan", 1, 5),
    row("NPV with run-off", "a", "all", "horizon", "yuan", 1, 6),
]


def test_an_outcome_is_one_row() -> None:
    asked = {"outcome": "hosted GMV", "party": "a", "period": "horizon"}
    assert pick(TABLE, OutcomeSpec(**asked))["with_scenario"] == 4
    assert pick(TABLE, OutcomeSpec(**asked, tier="T1"))["with_scenario"] == 5
    assert pick(TABLE, OutcomeSpec(outcome="NPV with run-off"))["with_scenario"] == 6


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"outcome": "hostd GMV"}, "unknown outcome 'hostd GMV', did you mean 'hosted GMV'?"),
        ({"outcome": "hosted GMV"}, "hosted GMV: several, say party (a, b) and period (window, horizon)"),
        ({"outcome": "hosted GMV", "party": "a"}, "hosted GMV: several, say period (window, horizon)"),
        ({"outcome": "hosted GMV", "party": "c"}, "hosted GMV: unknown party 'c', expected a or b"),
        ({"outcome": "hosted GMV", "tier": "T2"}, "hosted GMV: unknown tier 'T2', expected all or T1"),
        (
            {"outcome": "hosted GMV", "period": "after"},
            "hosted GMV: unknown period 'after', expected window or horizon",
        ),
        (
            {"outcome": "hosted GMV", "party": "b", "period": "horizon"},
            "hosted GMV: none for b, all, horizon",
        ),
    ],
)
def test_an_outcome_that_is_no_row(asked: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared in full
        pick(TABLE, OutcomeSpec(**asked))
    assert str(caught.value) == says


def test_the_work_can_be_written_down() -> None:
    asked = several(FACTORS, [{"speed": "fast"}], more=PANEL)
    work = asked.work
    assert isinstance(work, MarketWork)
    again = MarketWork.restored(json.loads(json.dumps(work.describe())))
    assert again == work
    run = asked.plan().runs[0]
    assert again.subject(run.parameters) == work.subject(run.parameters)
    assert again.run(run, Watch()).values == work.run(run, Watch()).values
    with pytest.raises(ValueError, match="worlds"):
        MarketWork.restored({})
