"""The record of a validation: tables, pictures and page of made-up results, and nothing that was not run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from sim.report.validation import page as words
from sim.report.validation import validate as room
from sim.report.validation.validate import validate
from sim.sweep.factors import Factor
from sim.validation.history.forecast import beside_rivals, held_against
from sim.validation.history.identified import central, combinations, identified
from sim.validation.history.published import published
from sim.validation.history.rivals import rivals
from sim.validation.parts import PARTS, SCALES, Validation
from tests.pictures.checks import title

FACTS = published()
FACTORS = (
    Factor("level", low=0, high=1, title="Pinduoduo, level"),
    Factor("taste", low=0, high=10, title="Spread of tastes"),
)
SECTIONS = {
    "Held out": "history", "Other tellings of the same history": "history",
    "What the figures tell": "history", "Runs of the fit": "history", "Patterns": "patterns",
    "Outside packages": "outside", "Other structures": "structures",
    "The pop-up in markets that history does not rule out": "popup",
}  # fmt: skip
FILES = {
    "history": {
        "history_surviving.csv", "history_central.csv", "history_figures.csv", "history_rivals.csv",
        "history_held_out.csv", "history_identified.csv", "history_combinations.csv", "history_effort.csv",
        "history_tellings.csv", "history.png", "history_identified.png",
    },
    "patterns": {"patterns.csv"},
    "outside": {"outside.csv"},
    "structures": {"structures.csv"},
    "popup": {"popup_levels.csv", "popup_moves.csv", "popup_moves.png"},
}  # fmt: skip
Parts = Iterator[tuple[str, pd.DataFrame]]


def history(run: Validation) -> Parts:
    """Eleven sets that all read 3 % below what was published; in the other telling 20 % above it."""
    places = np.linspace(0, 1, 11)
    kept = pd.DataFrame({"level": 0.4 + 0.1 * places, "taste": 10 * places})
    rows = FACTS
    read = pd.DataFrame([rows.value * (0.96 + 0.02 * place) for place in places]).reset_index(drop=True)
    held, others = held_against(read, FACTS), rivals(FACTS)
    yield "history_surviving", kept
    yield "history_central", central(kept, FACTORS)
    yield "history_figures", held
    yield "history_rivals", others
    yield "history_held_out", beside_rivals(held, others)
    yield "history_identified", identified(kept, FACTORS)
    yield "history_combinations", combinations(kept, FACTORS)
    stages = pd.Index(["search", "prior", "wave 1"], name="stage")
    effort = pd.DataFrame({"points": [384, 1200, 150], "survive": [0, 1, 20]}, index=stages)
    yield (
        "history_effort",
        effort.assign(
            runs_in_store=3000, processor_seconds=9000.0, prior_share_by_surfaces=0.0, survive_twice=11
        ),
    )
    told = [
        held_against(one, FACTS).assign(telling=name, sets=count)
        for name, one, count in (("goes_on", read, 11), ("slow_trust", 1.2 / 0.97 * read, 4))
    ]
    both = pd.concat([one[one.role == "held out"] for one in told])
    yield "history_tellings", both.reset_index().set_index(["telling", "name"])


def patterns(run: Validation) -> Parts:
    row = {"number": 1, "pattern": "sales | of 2018", "expected": "0.9 to 1.1", "median": 1.0234,
           "lowest": 0.9, "highest": 1.2, "role": "fitted", "passed": True}  # fmt: skip
    other = row | {"number": 2, "pattern": "half-life", "median": 7.0, "role": "held out", "passed": False}
    yield "patterns", pd.DataFrame([row, other])


def outside(run: Validation) -> Parts:
    row = {"check": "shares", "package": "pyblp", "package_version": "1.1.2", "z": -2.53, "passed": True}
    rows = [row, row | {"z": 1.0, "passed": False}, row | {"check": "Bass", "package": "scipy", "z": np.nan}]
    yield "outside", pd.DataFrame(rows)


def structures(run: Validation) -> Parts:
    rows = [("gains", "as modelled", "as before"), ("gains", "plain_logit", "flips"),
            ("loses", "as modelled", "as before"), ("loses", "plain_logit", "open")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["conclusion", "alternative", "flips"])
    yield "structures", table.assign(in_base=["yes", "yes", "no", "no"])


def popup(run: Validation) -> Parts:
    names = pd.Index(["value_to_amazon", "hosted_sales"], name="outcome")
    levels = {"mean": [2e6, 9e7], "q05": [-53e6, 12e6], "median": [1.4e6, 88e6], "q95": [64e6, 200e6],
              "above_zero": [0.58, 1.0], "points": 40, "explained_by_unknowns": [0.61, 0.5],
              "explained_by_market": [0.132, 0.4]}  # fmt: skip
    yield "popup_levels", pd.DataFrame(levels, index=names)
    rows = [("cost", "Cost of goods", -0.81, -33e6), ("share", "JD's share", 0.5, 41e6)]
    moved = [
        {"outcome": outcome, "factor": factor, "title": words, "prcc": prcc, "prcc_low": prcc - 0.1,
         "prcc_high": prcc + 0.1, "swing": swing}
        for outcome in names for factor, words, prcc, swing in rows
    ]  # fmt: skip
    yield "popup_moves", pd.DataFrame(moved)


@pytest.fixture(scope="module", autouse=True)
def made_up() -> Iterator[None]:
    """Tables that take no time in the place of those of all parts."""
    with pytest.MonkeyPatch.context() as patched:
        for part in (history, patterns, outside, structures, popup):
            patched.setattr(Validation, part.__name__, part)
        some = type("Experiment", (), {"factors": FACTORS})()
        patched.setattr(Validation, "experiment", property(lambda run: some))
        yield


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("record") / "results" / "validation"
    said: list[str] = []
    files = validate(folder, "small", note=said.append)
    assert said == [f"{part}: done" for part in PARTS]
    assert len(files) == len(set(files))
    wanted = {"validation.md"}.union(*FILES.values())
    assert {file.name for file in files} == {file.name for file in folder.iterdir()}
    assert {file.name for file in files} == wanted | {"provenance.json"}
    return folder


@pytest.fixture(scope="module")
def page(record: Path) -> str:
    return (record / "validation.md").read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    return page.partition(f"## {name}\n")[2].partition("\n## ")[0]


def rows(page: str, name: str) -> list[list[str]]:
    """Cells of the tables of a section, heads included, rules left out."""
    lines = [line for line in section(page, name).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set(":-")]


# --- files ---------------------------------------------------------------------------------------


def test_tables_can_be_read_again(record: Path) -> None:
    made: dict[str, pd.DataFrame] = {}
    for part in (history, patterns, outside, structures, popup):
        made |= dict(part(None))  # type: ignore[arg-type]
    for name, table in made.items():
        found = pd.read_csv(record / f"{name}.csv")
        keys = [one for one in table.index.names if one]
        wanted = table.reset_index() if keys else table
        assert list(found.columns) == list(wanted.columns), name
        numbers = wanted.select_dtypes("number").columns
        np.testing.assert_allclose(found[numbers], wanted[numbers].to_numpy(float), rtol=1e-5, err_msg=name)
    assert "factor" in pd.read_csv(record / "history_identified.csv")


@pytest.mark.parametrize("name", ["history", "history_identified", "popup_moves"])
def test_pictures_show_something(record: Path, name: str) -> None:
    pixels = imread(record / f"{name}.png")
    high, wide = pixels.shape[:2]
    assert wide == 1200, "eight inches at 150 dots"
    assert high > 200
    assert 0.01 < np.mean(pixels[..., :3].min(axis=2) < 0.8) < 0.6, "neither blank nor black"


def test_where_every_part_comes_from_is_written_down(record: Path) -> None:
    made = json.loads((record / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert list(made) == list(PARTS)
    for about in made.values():
        assert about["kind"] == "validate"
        assert about["settings"]["size"] == "small"
        assert about["settings"]["consumers"] == SCALES["small"].consumers


@pytest.mark.parametrize("part", PARTS)
def test_a_part_alone_writes_its_own_files_and_sections(tmp_path: Path, part: str) -> None:
    files = validate(tmp_path, "small", [part])
    assert {file.name for file in files} == FILES[part] | {"validation.md", "provenance.json"}
    text = (tmp_path / "validation.md").read_text(encoding="utf-8")
    assert [name for name in SECTIONS if f"## {name}\n" in text] == [
        n for n, p in SECTIONS.items() if p == part
    ]


def test_a_page_tells_of_all_tables_that_lie_there(tmp_path: Path) -> None:
    validate(tmp_path, "full", ["structures"])
    validate(tmp_path, "full", ["patterns"])
    text = (tmp_path / "validation.md").read_text(encoding="utf-8")
    assert text.index("## Patterns") < text.index("## Other structures"), "in the order of the page"
    made = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))["parts"]
    assert list(made) == ["structures", "patterns"]
    assert "structures (full, " in text
    assert f"{made['patterns']['written'][:10]})" in text


def test_a_folder_holds_one_size(tmp_path: Path) -> None:
    validate(tmp_path, "small", ["structures"])
    with pytest.raises(ValueError, match="holds a validation of size small: choose another folder"):
        validate(tmp_path, "full", ["patterns"])
    assert not (tmp_path / "patterns.csv").exists()


def test_an_unknown_part_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown part 'histroy', expected history, patterns, outside"):
        validate(tmp_path / "out", "small", ["patterns", "histroy"])
    assert not (tmp_path / "out").exists()


def test_a_part_that_fails_keeps_no_other_from_being_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(run: Validation) -> Parts:
        raise ValueError("no parameter set survives")

    monkeypatch.setattr(Validation, "patterns", broken)
    said: list[str] = []
    with pytest.raises(ValueError, match=r"^patterns: no parameter set survives$"):
        validate(tmp_path, "small", ["outside", "patterns", "structures"], note=said.append)
    assert said == ["outside: done", "patterns: no parameter set survives", "structures: done"]
    text = (tmp_path / "validation.md").read_text(encoding="utf-8")
    assert re.findall("^## (.*)", text, re.M) == ["Outside packages", "Other structures"]
    assert list(json.loads((tmp_path / "provenance.json").read_text())["parts"]) == ["outside", "structures"]


# --- titles of pictures --------------------------------------------------------------------------


def figures() -> dict[str, Figure]:
    run: Any = type("Run", (), {"experiment": type("Experiment", (), {"factors": FACTORS})()})()
    return {
        name: figure
        for part in (history, popup)
        for name, figure in room._figures(part.__name__, dict(part(run)), run)
    }


def test_titles_say_what_the_tables_say() -> None:
    """Pinduoduo is missed by 3 %; one of two ranges is narrowed; JD's share moves most."""
    found = figures()
    assert "4 of Pinduoduo's next 4 figures within 5 %" in title(found["history"])
    assert "narrow 1 of 2 parameters" in title(found["history_identified"])
    assert title(found["popup_moves"]).endswith("to Amazon: JD's share first")
    said = " ".join(text.get_text() for text in found["popup_moves"].texts)
    told = " ".join(said.split())
    assert "worth −53 to 64 m yuan" in told
    assert "explain 61% of the variance" in told
    assert "the market beside it 13%" in told


# --- the page ------------------------------------------------------------------------------------


def test_the_page_begins_with_how_it_was_made(page: str) -> None:
    assert page.startswith("# Validation\n\nWritten by `sim validate`: history (small, ")
    assert re.findall("^## (.*)", page, re.M) == list(SECTIONS)
    assert not re.search(r"\b(nan|inf|None|True|False)\b", page)
    assert page.endswith("|\n")


def test_held_out_figures_with_signs_units_and_rivals(page: str) -> None:
    assert "11 parameter sets survive" in section(page, "Held out")
    assert "none of 40 fitted figures" in section(page, "Held out")
    table = {row[0]: row[1:] for row in rows(page, "Held out")[1:]}
    assert len(table) == (FACTS.role == "held out").sum()
    sales = next(
        row for name, row in table.items() if "Pinduoduo" in name and "twelve months, Sep 2019" in name
    )
    found = rivals(FACTS).loc["pinduoduo_sales_2019q3"] / 840.2e9 - 1
    misses = [f"{100 * found[name]:+.1f} %".replace("-", "−") for name in ("growth", "increase", "bass")]
    assert sales == ["840", "815", "807 to 823", "807 to 823", "−3.0 %", "**no**", "yes", *misses, sales[-1]]
    assert sales[-1] == ("yes" if found.abs().min() > 0.03 else "**no**")
    assert any("bn yuan (A)" in name for name in table)
    assert any("m people (A)" in name for name in table)
    order = next(row for name, row in table.items() if "order value" in name)
    assert order[0] == "51.0"


def test_rivals_that_cannot_be_used_leave_cells_empty(page: str) -> None:
    """A Bass curve is for a rise from the launch, not for months."""
    head, *table = rows(page, "Held out")
    row = next(row for row in table if "month against the mean month" in row[0])
    assert row[head.index("Bass")] == ""
    assert row[head.index("growth goes on")] != ""


def test_tellings_side_by_side(page: str) -> None:
    head, first, second = rows(page, "Other tellings of the same history")
    assert head[:2] == ["telling", "sets"]
    assert len(head) == 2 + 6
    assert first == ["goes on", "11", *["−3.0 %"] * 6]
    assert second == ["slow trust", "4", *["+20.0 %"] * 6]


def test_what_the_figures_tell(page: str) -> None:
    said = section(page, "What the figures tell")
    assert "1 of 2 parameters keep less than half" in said
    assert "Of 2 independent combinations, 1 are fixed" in said
    assert rows(page, "What the figures tell")[1] == [
        "Pinduoduo, level", "0 to 1", "0.405 to 0.495", "10%", "taste (+1.00)",
    ]  # fmt: skip


def test_runs_of_the_fit(page: str) -> None:
    said = section(page, "Runs of the fit")
    assert "1,734 runs for the fit of the base" in said
    assert "3,000 runs were in the store, 2.5 hours of processor time" in said
    assert "11 of them still do" in said
    assert "less than one draw in 200,000" in said
    assert rows(page, "Runs of the fit")[1:] == [
        ["search", "384", "0"],
        ["prior", "1,200", "1"],
        ["wave 1", "150", "20"],
    ]


def test_patterns_pass_or_fail(page: str) -> None:
    assert "1 of 2 rows pass" in section(page, "Patterns")
    first, second = rows(page, "Patterns")[1:]
    assert first == ["1", "sales ¦ of 2018", "0.9 to 1.1", "1.02", "0.9 to 1.2", "fitted", "pass"]
    assert second[-2:] == ["held out", "**fail**"]


def test_packages_with_their_largest_deviation(page: str) -> None:
    assert "2 of 3 rows of `outside.csv` pass" in section(page, "Outside packages")
    assert rows(page, "Outside packages")[1:] == [
        ["shares", "pyblp 1.1.2", "1 of 2", "2.5"], ["Bass", "scipy 1.1.2", "1 of 1", ""],
    ]  # fmt: skip


def test_which_conclusions_flip(page: str) -> None:
    said = section(page, "Other structures")
    assert "2 conclusions of the pop-up comparison under 1 other structures: 1 times one flips" in said
    assert rows(page, "Other structures") == [
        ["conclusion", "as modelled", "plain logit"], ["gains", "yes", "flips"], ["loses", "no", "open"],
    ]  # fmt: skip


def test_what_the_popup_is_worth(page: str) -> None:
    found = rows(page, "The pop-up in markets that history does not rule out")
    assert found[1] == ["value to amazon", "1.4", "−53 to 64", "58%", "61%", "13%"]
    assert found[4:] == [
        ["Cost of goods", "-0.81 (-0.91 to -0.71)", "−33"],
        ["JD's share", "+0.50 (+0.40 to +0.60)", "+41"],
    ]


# --- words ---------------------------------------------------------------------------------------


def test_amounts_have_two_to_three_digits() -> None:
    assert [words.amount(value, "currency") for value in (7.091e11, 3.28e9, 5.5e10)] == [
        "709",
        "3.28",
        "55.0",
    ]
    assert words.amount(5.363e8, "people") == "536"
    assert words.amount(1.44, "ratio") == "1.44"
    assert words.amount(1720.1, "currency/person") == "1,720"


def test_signs_and_answers() -> None:
    assert [words.percent(share) for share in (0.034, -0.2, np.nan)] == ["+3.4 %", "−20.0 %", ""]
    answers = (True, 0.0, np.nan, None, np.bool_(False))
    assert [words.yes(value) for value in answers] == ["yes", "**no**", "", "", "**no**"]
    assert [words.millions(-3e6), words.millions(2.5e6, sign=True)] == ["−3.0", "+2.5"]


def test_a_share_that_is_known_is_written_as_a_number() -> None:
    stage = {"stage": "prior", "points": 5, "survive": 0, "runs_in_store": 5, "processor_seconds": 7}
    row = stage | {"prior_share_by_surfaces": 3.2e-4, "survive_twice": 0}
    assert "a share of 3.2e-04 of the prior" in str(words.effort({"history_effort": pd.DataFrame([row])})[1])


def test_combinations_are_fixed_or_free() -> None:
    """Of widths 0.1, 0.2, 0.24, 0.5, 0.8 and 1 three are below a quarter, and two above three quarters."""
    made = dict(history(None))  # type: ignore[arg-type]
    widths = pd.DataFrame({"width": [0.1, 0.2, 0.24, 0.5, 0.8, 1.0]})
    table = made["history_identified"].reset_index()
    said = str(words.identification({"history_identified": table, "history_combinations": widths})[1])
    assert "Of 6 independent combinations, 3 are fixed to less than a quarter" in said
    assert "and 2 hardly or not at all" in said
