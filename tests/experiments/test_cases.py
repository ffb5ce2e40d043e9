"""All cases of a folder: found, run together, not run again, put into a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.experiments import cases as room
from sim.experiments.cases import find, is_done, note, run, together
from sim.experiments.compare import Settings, compare
from sim.experiments.stored import read_case
from sim.report import cases as report
from sim.report.cases import HIDDEN, TOO_FEW, Figure, Measure, brands, lines, markdown, table, words
from sim.report.document import Table
from sim.report.markdown import grid
from sim.scenario import ScenarioError, load

TOY = Path(__file__).parents[1] / "scenario" / "toy.yaml"
SETTINGS = Settings(replications=2, consumers=1_500, run_off=False)
QUARTER = "time: {start: 2018-12-31, end: 2019-03-31, warm_up_weeks: 1}\n"
SHOP = """storefronts:
  faraway_on_bazaar:
    open: {{from: {opens}, to: 2019-02-24}}
    exposure: {exposure}
    appeal: 1
    price: {{imported: {{promotions: {{spring: null}}}}}}
"""
FILES = {
    "base": f"title: No shop\n{QUARTER}storefronts: {{faraway_on_bazaar: null}}\n",
    "wide": f"title: Wide\ncase: S10\nagainst: base.yaml\n{QUARTER}"
    + SHOP.format(exposure=1, opens="2019-01-21"),
    "seen": f"title: Seen\ncase: S2\nagainst: base.yaml\n{QUARTER}"
    + SHOP.format(exposure=0.9, opens="2019-01-14"),
    "rare": f"title: Rare\nagainst: seen.yaml\n{QUARTER}" + SHOP.format(exposure=1e-5, opens="2019-01-14"),
}


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(f"schema: 1\nextends: toy.yaml\n{text}", encoding="utf-8")


def market(folder: Path) -> Path:
    """A folder with a market, two labelled cases on one baseline and one on another."""
    (folder / "toy.yaml").write_text(TOY.read_text(encoding="utf-8"), encoding="utf-8")
    write(folder, **FILES)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return market(tmp_path)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Scenarios and results of the cases, run once."""
    folder, out = market(tmp_path_factory.mktemp("scenarios")), tmp_path_factory.mktemp("results")
    run(together(find(folder)), SETTINGS, out, ["sim", "cases"])
    return folder, out


def test_cases_are_those_that_name_a_baseline_in_natural_order(folder: Path) -> None:
    found = find(folder)
    assert [case.label for case in found] == ["S2", "S10", "rare"]
    assert [case.against for case in found] == ["base", "base", "seen"]
    assert [[case.name for case in group] for group in together(found)] == [["seen", "wide"], ["rare"]]


def test_all_problems_of_all_cases_at_once(folder: Path) -> None:
    write(folder, wide="against: bsae.yaml\n", seen="against: base.yaml\ncase: far too long\n")
    with pytest.raises(ScenarioError) as caught:
        find(folder)
    assert {found.path for found in caught.value.problems} >= {"against", "case"}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"wide": FILES["wide"].replace("S10", "s2")}, "are both case"),
        ({"wide": "against: base.yaml\ntitle: Another horizon\n"}, "wide and base differ in time"),
        (dict.fromkeys(("wide", "seen", "rare"), "title: Nothing\n"), "names a baseline"),
    ],
)
def test_cases_that_cannot_be_run_are_refused_before_anything_runs(
    folder: Path, files: dict[str, str], says: str
) -> None:
    write(folder, **files)
    with pytest.raises(ValueError, match=says):
        find(folder)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such folder"):
        find(tmp_path / "none")


def test_each_case_comes_out_as_if_compared_alone(done: tuple[Path, Path]) -> None:
    """One baseline for several cases is a matter of time only; also values are discounted as if alone."""
    for case in find(done[0]):
        both = (case.against, case.base.scenario), {case.name: case.scenario.scenario}
        alone = compare(*both, SETTINGS)
        kept = read_case(case, done[1])
        assert {"NPV, cut at the horizon", "hosted GMV"} <= set(kept.outcomes.outcome)
        pd.testing.assert_frame_equal(kept.outcomes, alone.outcomes, check_dtype=False)
        pd.testing.assert_frame_equal(kept.flows, alone.flows, check_dtype=False)


def test_what_is_done_is_known_by_scenario_seeds_size_and_code(
    done: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = market(tmp_path), done[1]

    def left(settings: Settings = SETTINGS) -> list[str]:
        return [case.label for case in find(folder) if not is_done(case, settings, out)]

    assert left() == []
    assert left(replace(SETTINGS, workers=7)) == [], "workers change nothing"
    assert (
        left(replace(SETTINGS, root_seed=2))
        == left(replace(SETTINGS, consumers=1_501))
        == ["S2", "S10", "rare"]
    )
    write(folder, wide=FILES["wide"].replace("exposure: 1", "exposure: 0.8"))
    assert left() == ["S10"]
    write(folder, seen=FILES["seen"].replace("title: Seen", "title: Known"))
    assert left() == ["S2", "S10", "rare"], "a baseline of one is a case of its own"
    write(folder, **FILES)
    monkeypatch.setattr(room.sources, "digest", lambda *_: "other code")
    assert left() == ["S2", "S10", "rare"]


def test_incomplete_results_are_not_done_and_foreign_ones_are_refused(folder: Path, tmp_path: Path) -> None:
    out, case = tmp_path / "out", find(folder)[0]
    assert not is_done(case, SETTINGS, out)
    (out / "S2").mkdir(parents=True)
    (out / "S2" / "outcomes.parquet").touch()
    assert not is_done(case, SETTINGS, out)
    (out / "S2" / "provenance.json").write_text('{"kind": "run"}')
    with pytest.raises(ValueError, match="holds run, expected a comparison"):
        is_done(case, SETTINGS, out)


def test_note_says_whose_the_folder_is_and_whether_all_is_there(folder: Path, tmp_path: Path) -> None:
    found = find(folder)
    for complete in (False, True):
        about = json.loads(note(tmp_path / "out", found, SETTINGS, ["sim"], complete=complete).read_text())
        assert (about["kind"], about["complete"]) == ("cases", complete)
        assert list(about["cases"]) == ["S2", "S10", "rare"]


# --- the table -----------------------------------------------------------------------------------


def figure(mean: float, low: float, high: float, scale: float = 1e6, suffix: str = "") -> Figure:
    return Figure(Measure("c", "o", "brand", "window", scale, suffix), "p", "all", "yuan", mean, low, high)


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (figure(123.4e6, 110e6, 135.2e6), "123 [110, 135]"),
        (figure(9.94e6, -2e6, 15e6), "9.9 [-2.0, 15.0]"),
        (figure(1.234e6, 1e6, 2e6), "1.23 [1.00, 2.00]"),
        (figure(-1_234.5e6, -2e9, -1e6), "-1,234 [-2,000, -1]"),
        (figure(0.25, 0.2, 0.3, 0.01, " %"), "25.0 [20.0, 30.0] %"),
        (figure(5e6, np.nan, np.nan), "5.00"),
        (figure(np.nan, np.nan, np.nan), HIDDEN),
        (figure(-1.0, -2.0, 1.0), "0.00 [0.00, 0.00]"),
    ],
)
def test_numbers_in_words(shown: Figure, text: str) -> None:
    assert words(shown) == text


def test_few_buyers_are_told_from_no_value() -> None:
    nothing = figure(np.nan, np.nan, np.nan)
    assert words(replace(nothing, buyers=49.9)) == TOO_FEW
    assert words(replace(nothing, buyers=50.0)) == HIDDEN
    text = grid(Table(["n"], [["1"], [TOO_FEW]]))
    assert text.splitlines()[2].startswith("|       "), "numbers stand right"


def test_table_is_even_and_numbers_stand_right() -> None:
    text = grid(Table(["case", "who", "n"], [["S1", "a|b", "1,234 [1, 2]"], ["S2", "c", HIDDEN]]))
    assert text.splitlines() == [
        "| case | who  |            n |",
        "| :--- | :--- | -----------: |",
        "| S1   | a\\|b | 1,234 [1, 2] |",
        "| S2   | c    |            – |",
    ]


def test_figures_are_those_of_the_summary(done: tuple[Path, Path]) -> None:
    for case in find(done[0])[:2]:
        kept = read_case(case, done[1])
        (line,) = lines(case, kept)
        means = kept.summary().set_index(["outcome", "party", "period", "tier"]).difference
        (hosted,), (value,) = line.figures["hosted GMV"], line.figures["host"]
        assert hosted.mean == means["hosted GMV", "faraway", "horizon", "all"] > 0
        assert value.mean == means["NPV, cut at the horizon", "bazaar", "horizon", "all"]
        (upper,) = line.figures["host's GMV in upper tiers"]
        assert upper.mean == means["host GMV, upper tiers", "bazaar", "window", "T1"]
        assert [one.party for one in line.figures["Depot"]] == ["depot"]
        assert "Bazaar" not in line.figures, "a host that owns nobody has its own column"
        assert line.brand == "Faraway"
        assert line.valued_on == {"S2": "2019-01-14", "S10": "2019-01-21"}[case.label]
        assert line.purchases >= 50


def few(line: report.Line) -> set[str]:
    return {words(one) for figures in line.figures.values() for one in figures}


def test_numbers_that_rest_on_few_purchases_are_hidden(done: tuple[Path, Path]) -> None:
    """The same results with nobody behind them."""
    case = find(done[0])[0]
    kept = read_case(case, done[1])
    (line,) = lines(case, kept)
    (alone,) = lines(case, replace(kept, flows=kept.flows.assign(simulated_buyers=0)))
    assert few(alone) == {HIDDEN} != few(line)
    assert table([alone])["mean"].isna().all()


def test_markdown_has_a_line_a_case_in_each_table(done: tuple[Path, Path]) -> None:
    found = [line for case in find(done[0]) for line in lines(case, read_case(case, done[1]))]
    text = markdown(found, 2, run_off=False)
    for label in ("S2", "S10", "rare"):
        assert sum(line.startswith(f"| {label} ") for line in text.splitlines()) == 4
    assert "m yuan" in text
    rows = table(found)
    assert set(rows.scenario) == {"seen", "wide", "rare"}
    assert (rows[rows.outcome == "hosted GMV"].period == "horizon").all()


def test_brands_that_a_case_concerns(folder: Path) -> None:
    """A shop on a platform; an own site if no shop differs; everybody if no storefront does."""

    def of(text: str) -> dict[str, list[str]]:
        write(folder, other=text)
        return brands(load(folder / "toy.yaml").scenario, load(folder / "other.yaml").scenario)

    nearer = "faraway_site: {delivery_days: 3}"
    assert of(f"storefronts: {{{nearer}, faraway_on_bazaar: null}}\n") == {"faraway": ["faraway_on_bazaar"]}
    assert of(f"storefronts: {{{nearer}}}\n") == {"faraway": ["faraway_site"]}
    assert of("platforms: {depot: {trust: 0.5}}\nstorefronts: {faraway_on_bazaar: null}\n") == {
        "faraway": ["faraway_on_bazaar"]
    }
    write(folder, no_shop="storefronts: {faraway_on_bazaar: null}\n")
    write(folder, other="storefronts: {faraway_on_bazaar: null}\nplatforms: {depot: {trust: 0.5}}\n")
    both = (load(folder / f"{name}.yaml").scenario for name in ("no_shop", "other"))
    assert brands(*both) == {"faraway": []}


def test_replications_are_reported_as_they_are_done(folder: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    advance: Callable[[], object] = lambda: seen.append(1)  # noqa: E731
    quick = replace(SETTINGS, consumers=300)
    run(together(find(folder)[:2]), quick, tmp_path / "out", ["sim"], advance)
    assert len(seen) == 2, "one baseline, two replications, both cases"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"S2", "S10"}
