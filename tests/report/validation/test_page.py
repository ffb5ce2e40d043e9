"""The page of a validation: sections of the tables that are there, in words that follow them."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from sim.report.validation import page as words
from sim.validation.history.rivals import rivals
from tests.report.validation.record import SECTIONS, write_record
from tests.validation.made_up import FACTS, history


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = write_record(tmp_path_factory.mktemp("record"))
    return (folder / "validation.md").read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    return page.partition(f"## {name}\n")[2].partition("\n## ")[0]


def rows(page: str, name: str) -> list[list[str]]:
    """Cells of the tables of a section, heads included, rules left out."""
    lines = [line for line in section(page, name).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= set(":-")]


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
    made = dict(history())
    widths = pd.DataFrame({"width": [0.1, 0.2, 0.24, 0.5, 0.8, 1.0]})
    table = made["history_identified"].reset_index()
    said = str(words.identification({"history_identified": table, "history_combinations": widths})[1])
    assert "Of 6 independent combinations, 3 are fixed to less than a quarter" in said
    assert "and 2 hardly or not at all" in said
