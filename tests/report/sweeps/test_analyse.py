"""The page about a sweep: every kind of design gives its files, and sentences say what the tables say."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.pictures.words import index
from sim.report.sweeps import analyse as analysis
from sim.report.sweeps import parts as room
from sim.report.sweeps.analyse import analyse
from sim.sweep.designs import design
from sim.sweep.experiment import of_function
from sim.sweep.factors import Factor
from sim.sweep.responses import IncompleteError
from sim.sweep.results import Results, open_experiment
from sim.sweep.runs import Draws
from sim.sweep.sweep import run

M = 1e6
EXPOSURE = Factor("exposure", low=0.02, high=0.2, scale="log", base=0.06, unit="share",
                  title="Share of visits that show the pop-up")  # fmt: skip
APPEAL = Factor("appeal", low=-0.5, high=1.5, base=0.4, unit="util", title="Appeal of the pop-up")
WEEKS = Factor("weeks", low=3.0, high=12.0, base=5.0, unit="weeks", title="Weeks of opening")
FORM = Factor("form", levels=("popup", "shop_in_shop"), base="popup", title="Form of entry")
FACTORS = (EXPOSURE, APPEAL, WEEKS)
GRID = (Factor("exposure", levels=(0.02, 0.06, 0.2), unit="share"), FORM)
ROWS = [dict(exposure=0.02 * 1.2**k, appeal=(7 * k % 12) / 10) for k in range(12)]
TWICE = Draws(2)
KINDS: Mapping[str, dict[str, Any]] = {
    "saltelli": {"points": 16, "second_order": True},
    "morris": {"trajectories": 4, "steps": 4},
    "one_at_a_time": {"steps": 3},
    "lhs": {"points": 40, "seed": 1},
    "list": {"rows": ROWS},
    "grid": {},
}
COMMON = {"README.md", "value/draws.csv"}
EXPECTED = {
    "saltelli": {"points.csv", "scatter.png", "sobol.csv", "sobol.png", "interactions.csv",
                 "interactions.png", "ranks.csv", "ranks.png", "prim_box.csv", "prim_box.png",
                 "prim_scatter.png", "prim_trajectory.csv", "prim_resampling.csv"},
    "morris": {"points.csv", "morris.csv", "morris.png"},
    "one_at_a_time": {"tornado.csv", "tornado.png", "switching.csv", "one_at_a_time.png"},
    "lhs": {"points.csv", "scatter.png", "ranks.csv", "ranks.png", "prim_box.csv", "prim_box.png",
            "prim_scatter.png", "prim_trajectory.csv", "prim_resampling.csv"},
    "list": {"points.csv", "scatter.png", "ranks.csv", "ranks.png"},
    "grid": {"points.csv", "scatter.png", "heat_map_exposure_form.png"},
}  # fmt: skip


def value(seeds: Any, exposure: float, appeal: float = 0.4, weeks: float = 5.0, form: str = "popup") -> float:
    """Made up: from about -100 to 400 million, more if many see the pop-up."""
    luck = np.random.default_rng([int(seeds.world) % 2**32, int(seeds.shock) % 2**32]).normal()
    found = 2000 * exposure * (1 + 0.3 * appeal) - 120 - 2 * weeks + (20 if form != "popup" else 0)
    return float((found + 15 * luck) * M)


def market(seeds: Any, **parameters: Any) -> dict[str, float]:
    return {"value": value(seeds, **parameters)}


def doubled(seeds: Any, **parameters: Any) -> dict[str, float]:
    return {"value": 2 * value(seeds, **parameters)}


def two(seeds: Any, **parameters: Any) -> dict[str, float]:
    return {"value": value(seeds, **parameters), "cost": 3 * M * parameters.get("weeks", 5.0)}


def with_a_gap(seeds: Any, **parameters: Any) -> dict[str, float]:
    found = value(seeds, **parameters)
    return {"value": found, "cost": float("nan") if parameters["exposure"] > 0.1 else 1.0}


def swept(
    folder: Path, kind: str, function: Callable[..., Any] = market, factors: tuple[Factor, ...] = FACTORS,
    outcomes: tuple[str, ...] = ("value",), draws: Draws = TWICE, **how: Any,
) -> Results:  # fmt: skip
    points = design(kind, factors, **KINDS[kind])  # type: ignore[arg-type]
    run(of_function(function, factors, points, outcomes, kind=kind, draws=draws), folder, "serial", **how)
    return open_experiment(folder)


def of_kind(folder: Path, kind: str, **options: Any) -> Results:
    factors = {"grid": GRID, "list": FACTORS[:2]}.get(kind, FACTORS)
    return swept(folder, kind, factors=factors, **options)


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures and few resamples: what they are is looked at elsewhere."""
    monkeypatch.setattr(analysis, "DPI", 30)
    monkeypatch.setattr(room, "PARTS", 2)


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Results]:
    """A sweep of a kind, made once."""

    @cache
    def sweep(kind: str, function: Callable[..., Any] = market) -> Results:
        return of_kind(tmp_path_factory.mktemp(kind) / "sweep", kind, function=function)

    return sweep


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, sweeps: Callable[..., Results]) -> Callable[..., Path]:
    """The analysis of a sweep of a kind, made once."""

    @cache
    def page(kind: str, function: Callable[..., Any] = market) -> Path:
        folder = tmp_path_factory.mktemp(kind)
        written = analyse(sweeps(kind, function), folder / "out", below=0.0)
        assert written[-1] == folder / "out" / "README.md"
        assert sorted(written) == sorted(path for path in (folder / "out").rglob("*") if path.is_file())
        return folder / "out"

    return page


def text_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8").replace("\xa0", " ")


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "value" / f"{name}.csv")


# --- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_design_writes_what_fits_it(pages: Callable[[str], Path], kind: str) -> None:
    folder = pages(kind)
    assert ("### Left out" in text_of(folder)) == (kind == "list")  # too few cases of interest for a box
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == COMMON | {f"value/{name}" for name in EXPECTED[kind]}
    said = text_of(folder)
    for name in found - {"README.md"}:
        assert f"]({name})" in said
    assert set(re.findall(r"\]\((.*?)\)", said)) == found - {"README.md"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_number_is_missing_or_in_scientific_notation(pages: Callable[[str], Path], kind: str) -> None:
    said = re.sub(r"\b[0-9a-f]{12,}\b", "", text_of(pages(kind)))  # names of code may hold "5e3"
    assert not re.search(r"\bnan\b|\binf\b|\de[+-]?\d", said)
    assert "2 replications each, the same draws at every point" in said


def test_chosen_outcomes_only(tmp_path: Path) -> None:
    results = of_kind(tmp_path / "sweep", "grid", function=two, outcomes=("value", "cost"))
    analyse(results, tmp_path / "one", ["cost"])
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"README.md", "cost"}
    analyse(results, tmp_path / "both")
    assert {path.name for path in (tmp_path / "both").iterdir()} == {"README.md", "cost", "value"}
    with pytest.raises(ValueError, match="coast"):
        analyse(results, tmp_path / "none", ["coast"])
    assert not (tmp_path / "none").exists()


def test_titles_are_used(tmp_path: Path, sweeps: Callable[..., Results]) -> None:
    results = sweeps("grid")
    note = {**results.note, "titles": {"value": "Value to Amazon"}, "title": "A sweep", "question": "Why?"}
    analyse(Results(results.folder, note), tmp_path / "out")
    said = text_of(tmp_path / "out")
    assert said.startswith("# A sweep\n\nWhy?\n")
    assert "## Value to Amazon" in said


# --- what the sentences say ------------------------------------------------------------------------


def test_sentences_about_indices_are_the_table(pages: Callable[[str], Path]) -> None:
    folder = pages("saltelli")
    said, found = text_of(folder), table(folder, "sobol").sort_values("total", ascending=False)
    best = found.iloc[0]
    assert best.factor == "exposure"
    assert "*Share of visits that show the pop-up* has the largest total index of 3 factors" in said
    ends = {order: [f"{100 * best[order + end]:.0f} %" for end in ("", "_low", "_high")]
            for order in ("first", "total")}  # fmt: skip
    alone, total = (f"{value} [{low}, {high}]" for value, low, high in ends.values())
    assert f"it accounts for {alone} of the variance alone and {total} with interactions" in said
    assert f"First-order indices add up to {index(found['first'].sum())}" in said
    for row in found.itertuples():
        assert f"{index(row.total)} [{index(row.total_low)}, {index(row.total_high)}]" in said
    draws = table(folder, "draws").set_index("source").share
    assert f"over the points of this design {100 * draws['factors']:.0f} % is due to the factors" in said
    assert "| Value   | million |" in said
    assert re.search(r"\| Value .*\| Share of visits that show the pop-up +\|", said)


def test_sentences_about_the_points_are_the_table(pages: Callable[[str], Path]) -> None:
    folder = pages("lhs")
    said, mean = text_of(folder), table(folder, "points")["mean"] / M
    sign = {True: "−", False: ""}
    ends = [f"{sign[end < 0]}{abs(end):.0f} million" for end in (mean.min(), mean.max())]
    assert f"Over 40 points it runs from {ends[0]} to {ends[1]}" in said
    count = int((mean < 0).sum())
    assert f"It is below 0 at {count} of 40 points ({100 * count / 40:.0f} %)." in said


def test_sentences_about_the_box_are_the_table(pages: Callable[[str], Path]) -> None:
    folder = pages("lhs")
    said, box = text_of(folder), table(folder, "prim_box").set_index("factor")
    path, points = table(folder, "prim_trajectory"), table(folder, "points")
    assert "exposure" in box.index
    inside = np.ones(len(points), bool)
    for name, row in box.iterrows():
        inside &= points[name].between(row.low, row.high)
    density, coverage = (points["mean"][inside] < 0).mean(), (points["mean"][inside] < 0).sum()
    assert f"it is so at {100 * density:.0f} % of the points (density)" in said
    assert f"the box holds {100 * coverage / (points['mean'] < 0).sum():.0f} % of all such points" in said
    assert ((path.density - density).abs() + (path.points - inside.sum()).abs()).min() < 1e-9


def test_sentences_about_one_factor_at_a_time_are_the_tables(pages: Callable[[str], Path]) -> None:
    folder = pages("one_at_a_time")
    said, found = text_of(folder), table(folder, "tornado")
    assert list(found.swing) == sorted(found.swing, reverse=True)
    swing = found.swing[0] / M
    assert (
        f"*Share of visits that show the pop-up* swings it most of 3 factors, by {swing:.0f} million" in said
    )
    switch = table(folder, "switching").set_index("factor")
    assert f"at {switch.value['exposure']:.3g} share, upwards" in said  # no interval from two replications
    assert "- along *Share of visits that show the pop-up* at" in said
    assert switch.direction["exposure"] == "up"


def test_sentences_about_elementary_effects_are_the_table(pages: Callable[[str], Path]) -> None:
    folder = pages("morris")
    best = table(folder, "morris").sort_values("mu_star").iloc[-1]
    ends = f"{best.mu_star / M:.0f} million [{best.mu_star_low / M:.0f}, {best.mu_star_high / M:.0f}]"
    assert f"has the largest elementary effects of 3 factors: {ends} over its range" in text_of(folder)


def test_sentences_about_a_heat_map_count_cells(pages: Callable[[str], Path]) -> None:
    folder = pages("grid")
    mean = table(folder, "points").groupby(["exposure", "form"])["mean"].mean()
    assert f"below 0 in {(mean < 0).sum()} of 6 cells" in text_of(folder)


def test_the_threshold_goes_into_sentences_and_boxes(tmp_path: Path, sweeps: Callable[..., Results]) -> None:
    analyse(sweeps("lhs"), tmp_path / "out", above=100 * M)
    said, points = text_of(tmp_path / "out"), table(tmp_path / "out", "points")
    count = int((points["mean"] > 100 * M).sum())
    assert f"It is above 100 million at {count} of 40 points" in said
    assert "### Where it is above 100 million" in said
    box = table(tmp_path / "out", "prim_box").set_index("factor")
    assert box.low["exposure"] > 0.05


AMOUNTS = {
    "lhs": ("points", ["mean", "standard_error"]),
    "morris": ("morris", ["mu", "mu_star", "mu_star_low", "mu_star_high", "sigma"]),
    "one_at_a_time": ("tornado", ["outcome", "base", "difference", "difference_low", "swing"]),
}


@pytest.mark.parametrize("kind", ["saltelli", *AMOUNTS])
def test_doubling_the_outcome_doubles_amounts_and_nothing_else(pages: Callable[..., Path], kind: str) -> None:
    once, twice = pages(kind), pages(kind, doubled)
    name, columns = AMOUNTS.get(kind, ("points", ["mean"]))
    np.testing.assert_allclose(table(twice, name)[columns], 2 * table(once, name)[columns], rtol=1e-9)
    for free in {"sobol", "interactions", "ranks", "switching", "prim_box", "prim_trajectory"}:
        if (once / "value" / f"{free}.csv").exists():
            one, other = table(once, free), table(twice, free)
            pd.testing.assert_frame_equal(one, other, rtol=1e-6, atol=1e-9)
    numbers = [amounts(text_of(page)) for page in (once, twice)]
    assert len(numbers[0]) == len(numbers[1]) > 0
    np.testing.assert_allclose(numbers[1], 2 * np.array(numbers[0]), atol=1.51, rtol=0.005)


def amounts(said: str) -> list[float]:
    """Numbers of a page that are followed by the unit of its outcome."""
    found = re.findall(r"(−?\d[\d,]*(?:\.\d+)?) million", said)
    return [float(text.replace("−", "-").replace(",", "")) for text in found]


# --- what is left out, what is refused -------------------------------------------------------------


def test_a_missing_run_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    results = of_kind(tmp_path / "sweep", "lhs", slice_=(0, 2))
    with pytest.raises(IncompleteError, match=r"of 80 runs have no result.*sim sweep run"):
        analyse(results, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_value_is_refused_even_if_another_outcome_is_there(tmp_path: Path) -> None:
    results = of_kind(tmp_path / "sweep", "grid", function=with_a_gap, outcomes=("value", "cost"))
    with pytest.raises(IncompleteError, match="cost has no value at point"):
        analyse(results, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert analyse(results, tmp_path / "out", ["value"])


def test_both_sides_at_once_are_refused(tmp_path: Path, sweeps: Callable[..., Results]) -> None:
    results = sweeps("grid")
    with pytest.raises(ValueError, match="expected one of below and above, found both"):
        analyse(results, tmp_path / "out", below=0.0, above=1.0)


@pytest.mark.parametrize(("module", "kind", "extra", "lost"), [
    ("SALib.analyze.sobol", "saltelli", "analysis", "interactions.png"),
    ("ema_workbench.analysis.prim", "lhs", "discovery", "prim_box.png"),
])  # fmt: skip
def test_without_an_extra_its_analysis_is_left_out(
    tmp_path: Path,
    sweeps: Callable[..., Results],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    kind: str,
    extra: str,
    lost: str,
) -> None:
    results = sweeps(kind)
    monkeypatch.setitem(sys.modules, module, None)
    below = 0.0 if extra == "discovery" else None
    written = analyse(results, tmp_path / "out", below=below)
    assert lost not in {path.name for path in written}
    assert "ranks.png" in {path.name for path in written}
    said = text_of(tmp_path / "out")
    assert "### Left out" in said
    assert f"retail-entry-sim[{extra}]" in said


@pytest.mark.parametrize(("draws", "line"), [
    (Draws(1), "Share of the draws: they need two points and two replications"),
    (Draws(2, independent=True), "Share of the draws: value: every point has draws of its own"),
])  # fmt: skip
def test_what_cannot_be_told_is_said(tmp_path: Path, draws: Draws, line: str) -> None:
    analyse(of_kind(tmp_path / "sweep", "list", draws=draws), tmp_path / "out")
    assert line in text_of(tmp_path / "out")


def test_factors_with_names_have_no_ranks_but_a_box(tmp_path: Path) -> None:
    results = swept(tmp_path / "sweep", "lhs", factors=(EXPOSURE, FORM))
    names = {path.name for path in analyse(results, tmp_path / "out", below=0.0)}
    assert "prim_box.png" in names
    assert "ranks.png" not in names
    assert "Rank correlations: ranks need numbers" in text_of(tmp_path / "out")


def test_without_a_value_to_look_for_there_is_no_box(tmp_path: Path, sweeps: Callable[..., Results]) -> None:
    names = {path.name for path in analyse(sweeps("list"), tmp_path / "out")}
    assert "prim_box.png" not in names
    assert "no value was given" in text_of(tmp_path / "out")


def test_an_incomplete_design_is_an_error_not_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sweeps: Callable[..., Results]
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise IncompleteError("the design lacks block A index 3")

    monkeypatch.setattr(room.correlations, "prcc", broken)
    with pytest.raises(IncompleteError, match="lacks block A"):
        analyse(sweeps("list"), tmp_path / "out")
