"""A market that is not China: the same code with other tiers, firms, money and holidays, all from files."""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from matplotlib.text import Text
from ruamel.yaml import YAML
from typer.testing import CliRunner

from sim.cli import app
from sim.experiments.calibration import SolveSettings, gaps, held_still, simulated, size
from sim.experiments.compare import Comparison
from sim.experiments.stored import open_comparison
from sim.experiments.targets import read_targets, table
from sim.pictures.comparison.market import gmv_by_platform_and_tier
from sim.pictures.gallery import PICTURES
from sim.scenario import Scenario, load
from sim.sweep.file.reading import load as load_experiment
from tests.markets import SCENARIOS, market

ROOT = SCENARIOS.parent
ELSEWHERE = SCENARIOS / "elsewhere"
TARGETS = ELSEWHERE / "targets.yaml"
OPEN = range(39, 44)
"""Weeks in which the pop-up is open."""
HORIZON = 14
"""Weeks of the short horizon."""
SHORT = ("time.start=2030-08-26", "time.end=2030-12-01", "time.warm_up_weeks=4", "finance.runoff_weeks=4")
CHINA = re.compile(
    r"yuan|renminbi|(?<![a-z])chin(a|ese)|pinduoduo|alibaba|taobao|tmall|kaola|amazon|singles|2019|"
    r"(?<![A-Za-z0-9_])(jd|T[1-5]|T1new)(?![A-Za-z0-9_])",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of `sim compare` on the pop-up of the invented market, small and short."""
    place = tmp_path_factory.mktemp("elsewhere") / "popup"
    sets = [word for one in SHORT for word in ("--set", one)]
    arguments = ["compare", str(ELSEWHERE / "popup.yaml"), "--replications", "2", "--consumers", "12000",
                 "--out", str(place), "--no-pictures", *sets]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (place.parent / "terminal.txt").write_text(result.output, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def comparison(folder: Path) -> Comparison:
    return open_comparison(folder).comparison


def as_json(node: object) -> object:
    """A YAML tree as JSON has it: keys and dates are texts."""
    if isinstance(node, dict):
        return {str(key): as_json(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_json(value) for value in node]
    return node if node is None or isinstance(node, bool | int | float | str) else str(node)


def small(name: str, *sets: str) -> Scenario:
    return load(ELSEWHERE / f"{name}.yaml", sets=[*SHORT, *sets]).scenario


# --- the files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["market", "stay_out", "popup"])
def test_files_fit_the_schema_that_editors_use(name: str) -> None:
    plain = YAML(typ="safe", pure=True).load((ELSEWHERE / f"{name}.yaml").read_text(encoding="utf-8"))
    kind = "partial" if "extends" in plain else "scenario"
    schema = json.loads((SCENARIOS / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(as_json(plain))
    assert load(ELSEWHERE / f"{name}.yaml").scenario.currency.name == "crowns"


def test_the_experiment_is_sound() -> None:
    experiment = load_experiment(ELSEWHERE / "experiments" / "two_unknowns.yaml")
    assert [factor.name for factor in experiment.factors] == ["exposure", "transfer"]


def test_no_file_speaks_of_china() -> None:
    files = sorted(ELSEWHERE.rglob("*.yaml"))
    assert len(files) >= 6
    assert {file.name: found for file in files if (found := CHINA.search(file.read_text("utf-8")))} == {}


def fit(scenario: Scenario, settings: SolveSettings) -> tuple[float, pd.Series]:
    """R.m.s. log gap to the targets, and sales by channel."""
    file = read_targets(TARGETS)
    sales = simulated(scenario, file, settings)
    targets = table(file, {name: tier.spend_per_shopper for name, tier in scenario.tiers.items()})
    return size(gaps(sales, targets, list(scenario.tiers))), sales.groupby("channel").sum()


def test_solved_intercepts_are_the_solution() -> None:
    """At the size and seed of the solution, merchants held still: the tolerance of `sim calibrate` is met."""
    gap, _ = fit(held_still(load(ELSEWHERE / "market.yaml").scenario), SolveSettings())
    assert gap < SolveSettings.tolerance


def test_targets_are_met_on_other_draws() -> None:
    """A quarter of the size, merchants free to come and go: the platforms within 4 %."""
    gap, total = fit(load(ELSEWHERE / "market.yaml").scenario, SolveSettings(consumers=10_000, seed=77))
    assert gap < 0.06
    for channel in ("bazaar", "flock"):
        expected = sum(t.gmv for t in read_targets(TARGETS).sales.values() if t.channel == channel)
        assert total[channel] == pytest.approx(expected, rel=0.04)


# --- what comes out ----------------------------------------------------------------------------


def test_category_sales_differ_by_the_sum_over_channels(comparison: Comparison) -> None:
    found = comparison.outcomes[
        (comparison.outcomes.tier == "all") & (comparison.outcomes.period == "horizon")
    ]
    category = found[found.outcome == "category GMV"].set_index(["replication", "party"]).difference
    weekly = comparison.weekly[comparison.weekly.week < HORIZON]  # the run-off follows
    by_channel = weekly.groupby(["replication", "category"]).difference.sum()
    whole = weekly.groupby(["replication", "category"]).baseline.sum()
    assert len(category) == 6
    for key, value in category.items():
        assert by_channel[key] == pytest.approx(value, abs=1e-9 * whole[key])


def test_nothing_is_sold_while_the_popup_is_closed(comparison: Comparison) -> None:
    own = comparison.weekly[comparison.weekly.channel == "orrery_on_flock"]
    by_week = own.groupby("week").with_scenario.sum()
    first = next(iter(by_week.index[by_week > 0]))
    selling = set(by_week.index[by_week > 0])
    assert selling == set(range(first, first + len(OPEN)))
    assert own.baseline.eq(0).all()


def test_a_storefront_that_nobody_sees_changes_nothing() -> None:
    """Bit for bit: sales of a market with it are those of the market without it."""
    tables = []
    for scenario in (small("stay_out"), small("popup", "storefronts.orrery_on_flock.exposure=0")):
        with market(scenario, 2_000) as m:
            for _ in range(9):
                m.step()
            sales = m.sales_table()
            tables.append(sales[sales.channel != "orrery_on_flock"].reset_index(drop=True))
    assert tables[0].gmv_realised.sum() > 0
    np.testing.assert_array_equal(tables[0].gmv_realised, tables[1].gmv_realised)


def test_every_table_says_crowns(folder: Path) -> None:
    for file in sorted(folder.glob("*.parquet")):
        units = {field.name: field.metadata[b"unit"].decode() for field in pq.read_schema(file)}
        if file.stem == "people":
            assert units["baseline"] == units["difference"] == "people"
        elif file.stem == "outcomes":
            assert units["difference"] == "see unit"
            assert "crowns" in set(pq.read_table(file).column("unit").to_pylist())
        else:
            assert "crowns" in units.values(), file.name
    for name in ("summary.csv", "monthly.csv"):
        assert ",crowns," in (folder / name).read_text(encoding="utf-8")


def test_no_table_and_no_line_speaks_of_china(folder: Path) -> None:
    for file in sorted(folder.glob("*.parquet")):
        read = pq.read_table(file)
        words = [*read.column_names, *(f.metadata[key].decode() for f in read.schema for key in f.metadata)]
        texts = (
            read.column(f.name).unique().to_pylist() for f in read.schema if str(f.type).endswith("string")
        )
        words += [str(word) for column in texts for word in column]
        assert [word for word in words if CHINA.search(word)] == [], file.name
    for name in ("summary.csv", "monthly.csv"):
        # Digits of amounts may look like a year.
        letters = re.sub(r"[-\d.e+]{4,}", "", (folder / name).read_text(encoding="utf-8"))
        assert CHINA.findall(letters) == []
    terminal = (folder.parent / "terminal.txt").read_text(encoding="utf-8")
    assert "m crowns" in terminal
    assert CHINA.findall(terminal.split("wrote to")[0]) == []


SHARES = ("source_of_volume", "switched")
"""Pictures that have shares only."""


def drawn(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    pictures = (("market", gmv_by_platform_and_tier), *PICTURES)
    for name, picture in pictures:
        figure = picture(comparison, "popup")
        texts = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
        yield name, [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts if text.strip()]


def test_pictures_speak_of_crowns_and_three_tiers(comparison: Comparison) -> None:
    for name, texts in drawn(comparison):
        together = " ".join(texts)
        assert [text for text in texts if CHINA.search(text)] == [], name
        assert "crowns" in together or name in SHARES, name
        assert "each crowns" not in together
        if name == "market":
            assert {"The capital", "Towns", "The countryside"} <= set(texts)


def test_a_trace_says_crowns() -> None:
    sets = ["--weeks", "0-1", "--consumers", "400", "--consumer", "3"]
    result = CliRunner().invoke(
        app, ["trace", *(str(ELSEWHERE / f"{n}.yaml") for n in ("stay_out", "popup")), *sets]
    )
    assert result.exit_code == 0, result.output
    assert re.search(r"an order of [\d,]+ crowns at reference price", result.output)
    assert CHINA.findall(result.output) == []


# --- the code ----------------------------------------------------------------------------------

ALLOWED = {
    "sim/describe/": "reference pages are filled from the scenarios of the repository",
    "sim/validation/": "the evidence is about China: its figures, firms and files are named there",
    "sim/pictures/validation/": "draws that evidence",
    "sim/report/validation/": "tells that evidence",
    "sim/cli/": "examples in the help name files of the repository",
    "sim/scenario/schema/fields.py": "2019-11-25 shows how a date is written",
    "sim/scenario/schema/scenario.py": "the name of the money of a scenario that says none",
    "sim/report/words.py": "the same for a caller who says none",
    "sim/report/advice/page.py": "the word is replaced by the scenario's currency in the next line",
}
"""Places in the code that may hold a word of China, each with its reason."""


def words_of_china(path: Path) -> list[str]:
    """Tokens of a module outside comments and docstrings that speak of China."""
    found, start = [], True
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        quiet = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
        docstring = start and token.type == tokenize.STRING
        if token.type not in quiet:
            start = token.type == tokenize.NEWLINE
        if token.type in (tokenize.STRING, tokenize.NAME) and not docstring and CHINA.search(token.string):
            found.append(f"{token.start[0]}: {token.string[:60]}")
    return found


def test_the_code_holds_no_market() -> None:
    found = {}
    for path in sorted((ROOT / "sim").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(tuple(ALLOWED)) and (words := words_of_china(path)):
            found[name] = words
    assert found == {}


def test_the_search_finds_names_and_spares_docstrings(tmp_path: Path) -> None:
    module = tmp_path / "m.py"
    module.write_text(
        '"""About China."""\n\n\ndef f():\n    """In yuan."""\n    return "m yuan"  # JD\n', "utf-8"
    )
    assert words_of_china(module) == ['6: "m yuan"']


def test_what_is_allowed_is_needed() -> None:
    for place in ALLOWED:
        files = sorted((ROOT / place).rglob("*.py")) if place.endswith("/") else [ROOT / place]
        assert any(words_of_china(file) for file in files), f"{place} needs no exception any more"
