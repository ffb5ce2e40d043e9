"""Scenarios that start from the state of another one: found or made, and compared from there on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.consumers.demand import Record
from sim.engine import start as states
from sim.engine.seeds import Seeds
from sim.engine.start import open_market
from sim.experiments.compare import Settings, compare
from sim.experiments.run import run as run_scenario
from sim.market import Market
from sim.market.checkpoint.file import SavedStateError, read
from sim.scenario import Scenario, load
from sim.scenario.show import show
from tests.eventful import POPUP, SHOWN, different_parts, run, unlike
from tests.markets import AUTUMN, CLOSED, SCENARIOS

LONGER = f"{POPUP}.open.to=2020-01-12"
SIZE = 2_000


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files: the pop-up; from its state in December as it is, with a longer stay, and from that later on."""
    folder = tmp_path_factory.mktemp("scenarios")
    loaded = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=[*AUTUMN, *CLOSED, *SHOWN])
    (folder / "popup.yaml").write_text(show(loaded), encoding="utf-8")
    for name, parent, day, last in (
        ("december", "popup", "2019-12-09", "2019-12-31"),
        ("longer", "popup", "2019-12-09", "2020-01-12"),
        ("later", "longer", "2019-12-30", "2020-01-12"),
    ):
        (folder / f"{name}.yaml").write_text(
            f"schema: 1\ntitle: {name}\nextends: popup.yaml\n"
            f"start_from: {{scenario: {parent}.yaml, on: {day}}}\n"
            f"storefronts: {{amazon_on_pinduoduo: {{open: {{to: {last}}}}}}}\n"
        )
    return folder


def scenario(folder: Path, name: str) -> Scenario:
    return load(folder / f"{name}.yaml").scenario


def through(folder: Path) -> Scenario:
    """The longer stay from the start on."""
    return load(folder / "popup.yaml", sets=[LONGER]).scenario


def test_starts_where_it_says_and_goes_on_as_run_through(scenarios: Path, tmp_path: Path) -> None:
    longer = scenario(scenarios, "longer")
    with (
        open_market(longer, consumers=SIZE, threads=2, folder=tmp_path) as market,
        open_market(through(scenarios), consumers=SIZE) as whole,
    ):
        assert (market.week, whole.week) == (5, -2)
        assert market.spec == longer
        run(market, 11)
        run(whole, 11)
        different = unlike(market, whole)
    assert different == ["about scenario"]  # title and start_from


def test_a_state_is_made_once(scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = scenario(scenarios, "later")
    with open_market(later, consumers=SIZE, folder=tmp_path) as first:
        files = sorted(path.name.rsplit("_", 1)[0] for path in tmp_path.iterdir())
        assert files == ["longer_2019-12-30", "popup_2019-12-09"]
        monkeypatch.setattr(states, "_made", lambda *_: pytest.fail("made again"))
        with open_market(later, consumers=SIZE, threads=2, folder=tmp_path) as second:
            assert unlike(first, second) == []
            assert second.week == 8


def test_no_folder_no_file(scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_market(scenario(scenarios, "longer"), consumers=SIZE, folder=None) as market:
        assert market.week == 5
    assert list(tmp_path.iterdir()) == []


def test_a_broken_file_is_made_anew(scenarios: Path, tmp_path: Path) -> None:
    longer = scenario(scenarios, "longer")
    with open_market(longer, consumers=SIZE, folder=tmp_path) as market:
        (file,) = tmp_path.iterdir()
        whole = file.read_bytes()
        file.write_bytes(whole[:1000])
        with open_market(longer, consumers=SIZE, folder=tmp_path) as again:
            assert unlike(market, again) == []
    assert file.read_bytes() == whole


def test_two_at_once_make_the_same_file(scenarios: Path, tmp_path: Path) -> None:
    longer = scenario(scenarios, "longer")

    def one(_: int) -> pd.DataFrame:
        with open_market(longer, consumers=SIZE, folder=tmp_path) as market:
            return run(market, 6).sales_table()

    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(one, range(3))
    assert all(first.equals(other) for other in others)
    assert len(list(tmp_path.iterdir())) == 1


def test_names_tell_states_apart(scenarios: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a state follows from makes another name; words and place of the file do not."""
    start = scenario(scenarios, "longer").start_from
    assert start is not None
    popup, run = scenario(scenarios, "popup"), states.MarketSettings(Seeds(1, 1), SIZE)
    edited = popup.model_copy(update={"title": "other words"})
    here = states.file_name(start, popup, run)
    others = [
        states.file_name(start.model_copy(update={"on": start.on.replace(day=2)}), popup, run),
        states.file_name(start, popup, replace(run, seeds=Seeds(2, 1))),
        states.file_name(start, popup, replace(run, seeds=Seeds(1, 2))),
        states.file_name(start, popup, replace(run, consumers=SIZE + 1)),
        states.file_name(start, popup, replace(run, record=Record(winners=True))),
        states.file_name(start, edited, run),
        states.file_name(start, through(scenarios), run),
    ]
    moved = start.model_copy(update={"scenario": f"elsewhere/{start.scenario}"})
    assert states.file_name(moved, popup, run) == here
    monkeypatch.setattr(states.sources, "digest", lambda *_: "0123")
    others.append(states.file_name(start, popup, run))
    assert len({here, *others}) == 1 + len(others)
    assert here.startswith("popup_2019-12-09_")


def test_a_chain_is_told_apart_by_what_its_first_file_says(scenarios: Path, tmp_path: Path) -> None:
    """`later` starts from `longer`, which starts from `popup`: a change there makes another state."""
    for file in scenarios.glob("*.yaml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    names = []
    for price in ("0.9", "0.8"):
        text = (tmp_path / "popup.yaml").read_text(encoding="utf-8")
        (tmp_path / "popup.yaml").write_text(text.replace("index: 0.9", f"index: {price}"), encoding="utf-8")
        later = scenario(tmp_path, "later")
        assert later.start_from is not None
        longer = scenario(tmp_path, "longer").model_copy(update={"storefronts": {}, "intercepts": {}})
        names.append(states.file_name(later.start_from, longer, states.MarketSettings(Seeds(1, 1))))
    assert names[0] != names[1]


def test_a_scenario_that_does_not_go_with_its_state(scenarios: Path, tmp_path: Path) -> None:
    """The loader sees most of it; what a program changes afterwards is refused by name."""
    longer = scenario(scenarios, "longer")
    other = longer.model_copy(update={"network": longer.network.model_copy(update={"contacts": 2})})
    with pytest.raises(
        SavedStateError, match=r"'longer' cannot start from .*popup\.yaml:.*\n.*contacts: 8 ->"
    ):
        open_market(other, consumers=SIZE, folder=tmp_path)


def test_a_market_does_not_begin_at_the_wrong_week(scenarios: Path) -> None:
    with pytest.raises(ValueError, match=r"'longer' starts from a state: use .*open_market"):
        Market(scenarios / "longer.yaml", consumers=SIZE)


def test_runs_begin_there(scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(replications=2, consumers=SIZE, run_off=False, workers=1)
    found = run_scenario(scenario(scenarios, "longer"), settings)
    whole = run_scenario(through(scenarios), settings)
    assert {name for name in found if not found[name].equals(whole[name])} == set()
    kept = sorted((tmp_path / "results" / "states").iterdir())
    assert len(kept) == 2
    one, two = (read(file) for file in kept)
    assert one.week == two.week == 5
    assert "array columns/aware" in set(different_parts(one, two))


def test_pairs_begin_together(scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both from the state of week 5: outcomes and weeks are those of both run through."""
    monkeypatch.chdir(tmp_path)
    settings = Settings(replications=2, consumers=SIZE, run_off=False, workers=2)
    pair = (("december", scenario(scenarios, "december")), {"x": scenario(scenarios, "longer")})
    found = compare(*pair, settings)
    whole = compare(("popup", scenario(scenarios, "popup")), {"x": through(scenarios)}, settings)
    for name in ("weekly", "people"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(whole, name), check_exact=True)
    before = whole.outcomes.outcome == "new buyers of the category at the host"  # a state does not tell
    surplus = whole.outcomes.outcome == "consumer surplus, experienced"  # nor what people believed before
    before |= surplus & (whole.outcomes.period == "horizon")
    expected = whole.outcomes[~before].reset_index(drop=True)
    counts = ["simulated_buyers", "effective_buyers"]  # purchases since the pair began
    pd.testing.assert_frame_equal(
        found.outcomes.drop(columns=counts), expected.drop(columns=counts), check_exact=True
    )
    later = whole.flows[whole.flows.week >= 5].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.flows, later, check_exact=True)
    assert (found.outcomes.difference != 0.0).any()
    assert (found.outcomes[found.outcomes.outcome == "people better off"].difference > 0.0).all()


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("popup", r"x starts from .*popup\.yaml on 2019-12-09, but base from its own start: give both"),
        ("later", r"x starts from .*popup\.yaml on 2019-12-09, but base from .*longer\.yaml on 2019-12-30"),
    ],
)
def test_pairs_that_begin_apart_are_refused(scenarios: Path, base: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare(("base", scenario(scenarios, base)), {"x": scenario(scenarios, "longer")})
