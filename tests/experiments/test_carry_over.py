"""What a pop-up leaves behind, split: axioms, identities, and hybrids that go on bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.consumers.population import Layout
from sim.engine.seeds import Seeds, replication_seeds
from sim.experiments.carry_over import (
    GOES_ON,
    GROUPS,
    Fork,
    carry_over,
    continuation,
    hybrid,
    run_to_fork,
    shapley,
    subsets,
    summary,
)
from sim.experiments.compare import Settings, compare
from sim.market import Market
from sim.market.checkpoint.snapshot import take
from sim.scenario import Scenario, load
from sim.scenario.show import show
from tests.eventful import POPUP, SHOWN, unlike
from tests.markets import AUTUMN, CLOSED, NO_FEEDBACK, POPUP_CLOSES, SCENARIOS, autumn

SEEDS = Seeds(3, 4)
SIZE = 1_200
SETTINGS = Settings(replications=2, consumers=SIZE)
ONCE = Settings(replications=1, consumers=SIZE, workers=1)
BASE = autumn("stay_out")
POP = autumn("popup_on_pinduoduo_2019", *SHOWN)
AWARE = "brands.amazon.awareness"
NO_WEIGHTS = (
    *NO_FEEDBACK,
    "behaviour.habit_weight=0",
    "behaviour.loyalty_weight=0",
    *(
        f"categories.{c}.{weight}=0"
        for c in ("everyday", "fashion", "electronics", "imported")
        for weight in ("stock_pressure", "authenticity_weight")
    ),
)
"""States move as ever, but nobody minds them."""
NO_LINK = f"{POPUP}.contract.site_link=0"
KNOWN = (
    f"{AWARE}.initial=1", f"{AWARE}.site_known=1", f"{AWARE}.steady=false", f"{AWARE}.forgetting=0",
    f"{AWARE}.channel_forgetting=0",
)  # fmt: skip
"""Everybody knows brand and site for ever."""
FORGOTTEN = (f"{AWARE}.forgetting=1", f"{AWARE}.channel_forgetting=1")
NO_WAY = (f"{AWARE}.steady=false", f"{AWARE}.hazard=0.4")
"""Many hear of the brand each week, nobody finds its site."""


def pair(*sets: str) -> tuple[Scenario, Scenario]:
    """Baseline and pop-up with the same changes."""
    return autumn("stay_out", *sets), autumn("popup_on_pinduoduo_2019", *SHOWN, *sets, NO_LINK)


def traces(fork: Fork) -> set[str]:
    """Groups in which the window has left something."""
    mine = fork.mine.arrays
    return {g for g, names in GROUPS.items() if any((fork.theirs[n] != mine[n]).any() for n in names)}


@pytest.fixture(scope="module")
def fork() -> Fork:
    return run_to_fork(BASE, POP, SEEDS, SIZE)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return carry_over(BASE, POP, "amazon", SETTINGS)


# --- the split -----------------------------------------------------------------------------------


def test_glove_game() -> None:
    """One left glove, two right ones, a pair is worth one: 2/3, 1/6, 1/6 (Shapley and Shubik 1969)."""
    values = {s: float("left" in s and len(s) > 1) for s in subsets(["left", "right", "other"])}
    found = shapley(values, ["left", "right", "other"])
    assert found == pytest.approx({"left": 2 / 3, "right": 1 / 6, "other": 1 / 6})


@given(st.lists(st.floats(-1e3, 1e3), min_size=8, max_size=8), st.floats(-10, 10))
def test_shapley_axioms(numbers: list[float], own: float) -> None:
    """Efficiency; a dummy gets what it is worth alone; who adds the same everywhere gets the same."""
    inner = dict(zip(subsets("abc"), numbers, strict=True))
    whole = {s: inner[s - {"d"}] + own * ("d" in s) for s in subsets("abcd")}
    found = shapley(whole, "abcd")
    assert sum(found.values()) == pytest.approx(whole[frozenset("abcd")] - whole[frozenset()], abs=1e-8)
    assert found["d"] == pytest.approx(own, abs=1e-8)
    twins = {s: numbers[len(s & {"a", "b"}) + 3 * ("c" in s)] for s in subsets("abc")}
    parts = shapley(twins, "abc")
    assert parts["a"] == pytest.approx(parts["b"], abs=1e-8)


def test_shapley_needs_every_subset() -> None:
    with pytest.raises(KeyError):
        shapley({frozenset(): 0.0, frozenset("ab"): 1.0}, "ab")


def test_parts_add_up(table: pd.DataFrame) -> None:
    """Groups and other are the total, in GMV and NPV; a row a part and replication."""
    assert list(table.part) == [*GROUPS, "other", "total"] * 2
    for _, rows in table.set_index("part").groupby("replication"):
        for measure in ("shapley", "npv"):
            values = rows[measure]
            assert values.drop("total").sum() == pytest.approx(values["total"], rel=1e-9)
        assert rows.loc["total", "shapley"] == rows.loc["total", "alone"] == rows.loc["total", "last"]
    assert (table.set_index("part").loc["awareness", ["shapley", "alone", "last"]] > 0).all(axis=None)


def test_total_is_the_outcome_of_the_comparison(table: pd.DataFrame) -> None:
    outcomes = compare(("base", BASE), {"popup": POP}, SETTINGS).outcomes
    rows = outcomes[(outcomes.outcome == "carry-over GMV") & (outcomes.party == "amazon")]
    total = table[table.part == "total"]
    assert list(total.shapley) == pytest.approx(list(rows.difference), rel=1e-9)
    assert set(table.unit) == set(rows.unit) == {"yuan"}


def test_alone_and_last_by_hand(table: pd.DataFrame) -> None:
    """From markets: alone is v(group) - v(none), last is v(all) - v(all but it)."""
    rows = table[table.replication == 0].set_index("part")
    here = run_to_fork(BASE, POP, replication_seeds(SETTINGS.root_seed, 1)[0], SIZE)

    def gmv(kept: set[str]) -> float:
        with continuation(here, kept) as market:
            sales = market.sales_table()
        own = sales[(sales.channel == "amazon_global") & (sales.week > POPUP_CLOSES)]
        return float(own.gmv.sum())

    every = set(GROUPS)
    for group in ("loyalty", "stock"):
        assert rows.alone[group] == pytest.approx(gmv({group}) - gmv(set()), rel=1e-9)
        assert rows["last"][group] == pytest.approx(gmv(every) - gmv(every - {group}), rel=1e-9)


def test_present_value_by_hand(table: pd.DataFrame) -> None:
    """Total: flows of the books after the window at 10 % a year, of two markets run through."""
    seeds, values = replication_seeds(SETTINGS.root_seed, 1)[0], []
    for scenario in (BASE, POP):
        with Market(scenario, world_seed=seeds.world, shock_seed=seeds.shock, consumers=SIZE) as market:
            flows = market.run().ledger.flows("amazon", market.horizon)[POPUP_CLOSES + 1 :]
        values.append(sum(flow * 1.1 ** (-week / 52) for week, flow in enumerate(flows)))
    total = table[(table.part == "total") & (table.replication == 0)].npv.item()
    assert total == pytest.approx(values[1] - values[0], rel=1e-9)


# --- hybrids -------------------------------------------------------------------------------------


def test_every_changing_column_is_in_one_group(fork: Fork) -> None:
    columns = [name for name in fork.mine.arrays if name.startswith("columns/")]
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(columns)


def test_all_groups_of_the_scenario_are_the_scenario(fork: Fork) -> None:
    """A hybrid that keeps everything goes on bit for bit as the market that was never interrupted."""
    with Market(POP, world_seed=3, shock_seed=4, consumers=SIZE, record=GOES_ON) as through:
        through.run()
        with continuation(fork, GROUPS) as hybrids:
            assert unlike(hybrids, through) == []
        with continuation(fork, ["loyalty"]) as hybrids:
            assert "table sales" in unlike(hybrids, through)


def test_no_group_of_the_same_scenario_is_the_baseline() -> None:
    same = run_to_fork(POP, POP, SEEDS, SIZE)
    assert traces(same) == set()
    with (
        Market(POP, world_seed=3, shock_seed=4, consumers=SIZE, record=GOES_ON) as through,
        continuation(same, ()) as none,
    ):
        assert unlike(none, through.run()) == []


def test_hybrids_take_whole_groups(fork: Fork) -> None:
    """What is kept is the scenario's, the rest the baseline's; market-side state is the scenario's."""
    with Market(BASE, world_seed=3, shock_seed=4, consumers=SIZE) as base:
        while base.week <= POPUP_CLOSES:
            base.step()
        theirs = take(base).arrays
    mixed = hybrid(fork, ["habit", "stock"])
    for name in ("columns/habit", "columns/stock"):
        assert mixed.arrays[name] is fork.mine.arrays[name]
    for name in ("columns/trust", "columns/loyalty", "columns/last_order", "columns/aware"):
        np.testing.assert_array_equal(mixed.arrays[name], theirs[name])
        assert (mixed.arrays[name] != fork.mine.arrays[name]).any()
    assert mixed.plain == fork.mine.plain
    assert (mixed.about, mixed.week) == (fork.mine.about, POPUP_CLOSES + 1)


def test_channels_find_their_bits_by_name(fork: Fork) -> None:
    """The storefront is declared before the own site: whoever knows the site still does."""
    turned = POP.model_copy(update={"storefronts": dict(reversed(POP.storefronts.items()))})
    here, there = Layout.of(turned), Layout.of(BASE)
    assert here.bit(channel="amazon_global") != there.bit(channel="amazon_global")
    moved = run_to_fork(BASE, turned, SEEDS, SIZE).theirs["columns/aware"]
    before = fork.theirs["columns/aware"]

    def who(words: npt.NDArray[np.uint64], bit: int) -> npt.NDArray[np.bool_]:
        return np.asarray(words & np.uint64(bit) != 0)

    names = [{"brand": "amazon"}, {"platform": "pinduoduo"}, {"channel": "amazon_global"}]
    for name in names:
        knows = who(moved, here.bit(**name))
        assert knows.any()
        np.testing.assert_array_equal(knows, who(before, there.bit(**name)))
    assert not who(moved, here.bit(channel="amazon_on_pinduoduo")).any()


# --- what must be nothing ------------------------------------------------------------------------


def test_the_same_twice_leaves_nothing() -> None:
    table = carry_over(POP, POP, "amazon", ONCE)
    assert (table[["shapley", "alone", "npv"]] == 0.0).all(axis=None)
    assert summary(table).share.isna().all()


def test_traces_without_effect_are_worth_nothing() -> None:
    """All know the site for ever, nothing has a weight: groups have moved, yet every part is exactly zero."""
    base, other = pair(*NO_WEIGHTS, *KNOWN)
    assert traces(run_to_fork(base, other, SEEDS, SIZE)) == set(GROUPS) - {"trust"}  # not even learned then
    assert_nothing(carry_over(base, other, "amazon", ONCE))


def test_all_effects_off_leaves_nothing() -> None:
    """Evidence 25 and 27: forgetting 1, no link, no weights.

    As long as who knows the brand finds the site, what was seen in the last week acts once more, and
    awareness is all that there is. Where nothing leads to the site, there is nothing.
    """
    base, other = pair(*NO_WEIGHTS, *FORGOTTEN)
    rows = carry_over(base, other, "amazon", ONCE).set_index("part").shapley
    assert rows["awareness"] == rows["total"] > 0.0
    assert (rows.drop(["awareness", "total"]) == 0.0).all()
    base, other = pair(*NO_WEIGHTS, *FORGOTTEN, *NO_WAY)
    assert {"awareness", "loyalty", "stock"} <= traces(run_to_fork(base, other, SEEDS, SIZE))
    assert_nothing(carry_over(base, other, "amazon", ONCE))


def assert_nothing(table: pd.DataFrame) -> None:
    """Every part is exactly zero."""
    assert (table[["shapley", "alone"]] == 0.0).all(axis=None)
    assert (table["last"].dropna() == 0.0).all()


def test_a_weight_of_zero_takes_one_part_only() -> None:
    """Loyalty that nobody minds is worth nothing; the rest is worth something."""
    sets = ("behaviour.loyalty_weight=0",)
    base, other = autumn("stay_out", *sets), autumn("popup_on_pinduoduo_2019", *SHOWN, *sets)
    table = carry_over(base, other, "amazon", ONCE).set_index("part")
    assert table.shapley["loyalty"] == pytest.approx(0.0, abs=1e-9 * table.shapley["total"])
    assert (table.shapley[["awareness", "stock", "habit"]] != 0.0).all()


# --- windows and starts --------------------------------------------------------------------------


def test_window_that_a_policy_makes_longer() -> None:
    """The states are those after the last open week, not after the one that the file says."""
    act = "acts: {longer: {on: 2019-12-23, do: extend, to: 2020-01-12}}"
    policy = f"policies.stay={{brand: amazon, rule: calendar, storefront: amazon_on_pinduoduo, {act}}}"
    longer = autumn("popup_on_pinduoduo_2019", *SHOWN, policy)
    assert run_to_fork(BASE, longer, SEEDS, SIZE).after == ("after", POPUP_CLOSES + 2, 10)
    assert run_to_fork(BASE, POP, SEEDS, SIZE).after == ("after", POPUP_CLOSES + 1, 10)


def test_start_from_a_state_changes_nothing(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both begin in the baseline's state of the week before the pop-up opens."""
    monkeypatch.chdir(tmp_path)
    files = {
        "base": load(SCENARIOS / "stay_out.yaml", sets=[*AUTUMN, *CLOSED]),
        "popup": load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=[*AUTUMN, *CLOSED, *SHOWN]),
    }
    started = []
    for name, loaded in files.items():
        Path(f"{name}.yaml").write_text(show(loaded), encoding="utf-8")
        start = "start_from: {scenario: base.yaml, on: 2019-11-18}"
        Path(f"{name}_later.yaml").write_text(f"schema: 1\ntitle: later\nextends: {name}.yaml\n{start}\n")
        started.append(load(tmp_path / f"{name}_later.yaml").scenario)
    later = carry_over(*started, "amazon", ONCE)
    pd.testing.assert_frame_equal(later, table[table.replication == 0], check_exact=True)


def test_what_cannot_be_split_is_refused() -> None:
    to_the_end = autumn("popup_on_pinduoduo_2019", *SHOWN, f"{POPUP}.open.to=null")
    with pytest.raises(ValueError, match="the window ends before week 11"):
        carry_over(BASE, to_the_end, "amazon", SETTINGS)
    with pytest.raises(ValueError, match="ebay is not a brand of both scenarios: amazon"):
        carry_over(BASE, POP, "ebay", SETTINGS)
    turned = POP.model_copy(update={"platforms": dict(reversed(POP.platforms.items()))})
    with pytest.raises(ValueError, match="differ in platforms, brands or their order"):
        carry_over(BASE, turned, "amazon", SETTINGS)


# --- summary -------------------------------------------------------------------------------------


def test_summary_closed_form() -> None:
    """1 and 3 beside a total of 4 and 4: mean 2, Student interval 2 +- 6.3138 x sqrt(2) / sqrt(2), half."""
    rows = {"part": ["trust", "total"] * 2, "shapley": [1.0, 4.0, 3.0, 4.0], "npv": 1.0, "unit": "yuan"}
    table = pd.DataFrame(rows).assign(replication=[0, 0, 1, 1])
    found = summary(table).set_index("part").loc["trust"]
    assert (found["mean"], found["share"], found["unit"]) == (2.0, 0.5, "yuan")
    assert found.high - found["mean"] == found["mean"] - found.low == pytest.approx(6.313752, rel=1e-6)
    assert summary(table, "npv").share.tolist() == [1.0, 1.0]
    assert summary(table[table.replication == 0])[["low", "high"]].isna().all(axis=None)


def test_replications_report_and_stand_for_themselves(table: pd.DataFrame) -> None:
    """The first of two replications in two threads is the only one in one thread."""
    calls: list[int] = []
    alone = carry_over(BASE, POP, "amazon", ONCE, lambda: calls.append(1))
    assert len(calls) == 1
    pd.testing.assert_frame_equal(alone, table[table.replication == 0], check_exact=True)
