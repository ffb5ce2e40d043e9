"""The report of a comparison: all its numbers, nothing that rests on too few buyers, nobody's script."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure

from sim.experiments.stored import Stored, open_comparison
from sim.outcomes.comparison import Comparison
from sim.outcomes.monthly import monthly
from sim.pictures import gallery
from sim.report.comparison.page import sentence
from sim.report.comparison.rests import rests_on
from sim.report.comparison.tables import HEAD
from sim.report.document import TOO_FEW, Table
from sim.report.results import report
from tests.report.folders import EVIL, compared
from tests.report.pages import Seen, check

FACTORS = {"bn": 1e9, "m": 1e6, "thousand": 1e3, "%": 0.01}
SPACE = "\N{NO-BREAK SPACE}"


def small(comparison: Comparison, name: str, kind: str) -> Figure:
    """A picture that is drawn at once."""
    figure = Figure(figsize=(2, 1))
    figure.text(0, 0.5, f"{kind} of {name}", parse_math=False)
    return figure


@pytest.fixture(autouse=True, scope="module")
def quick() -> object:
    """Pictures of the gallery that take no time; they have tests of their own."""
    with pytest.MonkeyPatch.context() as patched:
        drawn = []
        for kind, draw in gallery.PICTURES:
            function = partial(small, kind=kind)
            function.__doc__ = draw.__doc__  # type: ignore[misc]
            drawn.append((kind, function))
        patched.setattr(gallery, "PICTURES", tuple(drawn))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One scenario."""
    return compared(tmp_path_factory.mktemp("one"), ["shop"], consumers=2_500)


@pytest.fixture(scope="module")
def page(folder: Path) -> Seen:
    return check(report(folder).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenarios with a shop, and one without."""
    return compared(tmp_path_factory.mktemp("both"), ["shop", "less", "plain"], consumers=2_500)


def number(cell: str, unit: str) -> float:
    """A number of the page in the unit of the table of outcomes."""
    plain = float(cell.replace("−", "-").replace(",", "").replace("+", ""))
    return plain * FACTORS.get(unit.split(SPACE)[0], 1.0)


def same(cell: str, unit: str, value: float) -> bool:
    """Whether a cell shows a value, as far as it is rounded."""
    size = FACTORS.get(unit.split(SPACE)[0], 1.0)
    step = 0.5 if abs(value / size) >= 9.9 else 0.05 if abs(value / size) >= 0.94 else 0.005
    return abs(number(cell, unit) - value) <= 1.01 * step * size


# --- numbers -------------------------------------------------------------------------------------


def test_every_number_of_the_summary_is_on_the_page(folder: Path, page: Seen) -> None:
    summary = open_comparison(folder).comparison.summary()
    rows = summary[(summary.tier == "all") & ((summary.baseline != 0) | (summary.with_scenario != 0))]
    told = [row for row in page.rows if len(row) == len(HEAD) and row[0] != HEAD[0]]
    shown = rows[rows.difference.notna()]
    assert len(shown) > 50
    for want in shown.to_dict("records"):
        found = [
            row for row in told
            if re.search(r"\d", row[5]) and same(row[5], row[2], want["difference"])
            and same(row[6], row[2], want["low"]) and same(row[7], row[2], want["high"])
        ]  # fmt: skip
        assert found, want
    hidden = rows[rows.difference.isna() & (rows.effective_buyers < 50)]
    assert sum(row[5] == TOO_FEW for row in told) >= len(hidden)


def test_baseline_and_scenario_differ_by_the_difference(page: Seen) -> None:
    """Up to rounding; ratios that only the pair has show no levels."""
    told = [row for row in page.rows if len(row) == len(HEAD) and re.search(r"\d", row[3] + row[4])]
    assert len(told) > 40
    for row in told:
        before, after, more = (number(row[k], row[2]) for k in (3, 4, 5))
        size = FACTORS.get(row[2].split(SPACE)[0], 1.0)
        assert abs(after - before - more) <= 1.6 * size, row


def test_months_are_those_of_the_table_by_month(folder: Path, page: Seen) -> None:
    table = monthly(open_comparison(folder).comparison)
    own = table[(table.outcome == "brand GMV") & (table.tier == "all") & (table.month == "2019-02")].iloc[0]
    rows = [row for row in page.rows if row and row[0] == "Feb 2019"]
    brand = next(row for row in rows if row[-1] == f"{own.effective_buyers:,.0f}")
    assert brand[1] == "28"
    assert same(brand[4], f"m{SPACE}crowns", own.difference)
    assert same(brand[5], f"m{SPACE}crowns", own.low)
    assert same(brand[6], f"m{SPACE}crowns", own.high)


def test_the_three_numbers_are_those_of_the_table(folder: Path, page: Seen) -> None:
    summary = open_comparison(folder).comparison.summary()

    def mean(outcome: str, period: str) -> float:
        keys = (summary.outcome == outcome) & (summary.period == period) & (summary.tier == "all")
        return float(summary[keys & (summary.party == "faraway")].difference.iloc[0])

    told = re.findall(r"([+−]?[\d.,]+) (bn|m|thousand) yuan 90 % interval", page.text)[:3]
    wanted = [
        mean("hosted GMV", "window"),
        mean("carry-over GMV", "after"),
        mean("NPV with run-off", "horizon"),
    ]
    for (text, word), value in zip(told, wanted, strict=True):
        assert same(text, word, value)


# --- words ---------------------------------------------------------------------------------------


def test_words_of_files_are_shown_and_not_run(page: Seen) -> None:
    assert page.tags.count("script") == 1
    assert page.text.count(EVIL) >= 2
    assert "What did <b>it</b> win?" in page.text
    assert "assumption, <i>mine</i>" in page.text
    assert "The base & all" in page.text
    assert "i" not in page.tags


def test_every_picture_of_the_gallery_has_its_sentence(page: Seen) -> None:
    labels = [value for key, value in page.attributes if key == "aria-label"]
    for kind, draw in gallery.PICTURES:
        assert any(f"{kind} of shop" in label for label in labels)
        assert sentence(draw.__doc__) in page.text
    assert page.tags.count("svg") == len(gallery.PICTURES) + 1


def test_what_it_rests_on(folder: Path, page: Seen) -> None:
    rows = {row[1]: row for row in page.rows if len(row) == 7}
    exposure = rows["storefronts.faraway_on_bazaar.exposure"]
    assert exposure[2:] == ["", "0.9", "share", "0.1 to 1", "assumption, <i>mine</i>"]
    assert rows["storefronts.faraway_on_bazaar.open.from"][2:4] == ["", "2019-01-14"]
    assert "title" not in rows


def test_a_scenario_does_not_differ_from_itself(folder: Path) -> None:
    one = open_comparison(folder).loaded["base"]
    tables = [block for block in rests_on(one, one) if isinstance(block, Table)]
    assert list(tables[0].cells) == []


def test_only_words_that_are_used_are_explained(page: Seen) -> None:
    assert "effective buyers: simulated buyers behind a number" in page.text
    assert "concentration: sum of squared" in page.text
    assert "exposure: " not in page.text.lower().partition("words")[0]


def test_how_it_was_made_is_on_the_page(folder: Path, page: Seen) -> None:
    about = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    for words in (
        "sim compare 'a b.yaml'",
        about["commit"],
        about["written"],
        about["kernels"],
        "setting: root_seed",
    ):
        assert words in page.text
    assert f"numpy {about['versions']['numpy']}" in page.text
    for name in ("base", "shop"):
        text = (folder / "scenarios" / f"{name}.resolved.yaml").read_text(encoding="utf-8")
        assert text in page.text


def test_the_same_result_is_the_same_page(folder: Path, tmp_path: Path) -> None:
    pages = [report(folder, tmp_path / name / "x.html").read_bytes() for name in ("a", "b")]
    assert pages[0] == pages[1]


# --- several, few, old ---------------------------------------------------------------------------


def test_several_scenarios_side_by_side_first(both: Path) -> None:
    page = check(report(both).read_text(encoding="utf-8"))
    assert page.text.index("All scenarios side by side") < page.text.index("In pictures")
    rows = [row for row in page.rows if len(row) == 4][1:10]
    assert [row[0] for row in rows if row[0]] == [EVIL, "Seen less", "No shop, more stock"]
    assert all(re.search(r"\d", row[2]) or row[2] == "not known" for row in rows)
    assert page.tags.count("svg") == 2 * len(gallery.PICTURES) + 1


def changed(folder: Path, place: Path, change: Callable[[pd.DataFrame], pd.DataFrame], table: str) -> Path:
    """A copy of a folder with another table."""
    shutil.copytree(folder, place)
    file = place / f"{table}.parquet"
    change(pd.read_parquet(file)).to_parquet(file)
    return place


def test_too_few_buyers_give_no_numbers(folder: Path, tmp_path: Path) -> None:
    few = changed(
        folder, tmp_path / "few", lambda t: t.assign(simulated_buyers=t.simulated_buyers // 20), "flows"
    )
    page = check(report(few).read_text(encoding="utf-8"))
    assert "Not shown: the numbers would rest on" in page.text
    assert not [row for row in page.rows if len(row) == len(HEAD)]
    assert page.tags.count("svg") == 1, "the market of the baseline"
    assert "storefronts.faraway_on_bazaar.exposure" in page.text


def test_one_replication_has_no_intervals(tmp_path: Path) -> None:
    page = check(report(compared(tmp_path, ["shop"], 1, 4_000)).read_text(encoding="utf-8"))
    assert "one replication, so without intervals" in page.text
    assert "one replication: no interval" in page.text
    told = [row for row in page.rows if len(row) == len(HEAD) and row[0] != "number"]
    assert told
    assert all(row[6:8] == ["", ""] for row in told)


def test_months_of_an_old_comparison_are_left_out(folder: Path, tmp_path: Path) -> None:
    orders = ["orders_baseline", "orders_with_scenario"]
    old = changed(folder, tmp_path / "old", lambda table: table.drop(columns=orders), "weekly")
    text = check(report(old).read_text(encoding="utf-8")).text
    assert "Not shown: " in text.partition("Month by month")[2]


def test_a_rule_that_has_become_stricter_does_not_lose_a_result(folder: Path) -> None:
    """Resolved scenarios are read as they are; the market of 2019 has a marketplace that `load` refuses."""
    found = open_comparison(folder)
    assert isinstance(found, Stored)
    assert found.names == ["shop"]
    assert found.loaded["shop"].quantities["storefronts.faraway_on_bazaar.exposure"].range == (0.1, 1.0)


@pytest.mark.parametrize("lost", ["outcomes.parquet", "flows.parquet", "scenarios/base.resolved.yaml"])
def test_what_is_missing_is_named(folder: Path, tmp_path: Path, lost: str) -> None:
    place = tmp_path / "half"
    shutil.copytree(folder, place, ignore=shutil.ignore_patterns("report.html"))
    (place / lost).unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(lost)):
        report(place)
    assert not (place / "report.html").exists()
