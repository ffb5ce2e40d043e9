"""Conclusions under structural alternatives: the table, and a conclusion that an alternative turns round."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.experiments.compare import Settings, compare
from sim.experiments.stored import Case
from sim.scenario import load
from sim.validation.alternatives import BASE, COLUMNS, alternatives, judged
from sim.validation.conclusions import CONCLUSIONS, conclude
from sim.validation.structures import Structure

TOY = Path(__file__).parents[1] / "scenario" / "toy.yaml"
SETTINGS = Settings(replications=3, consumers=1_500, workers=1)
SETS = (
    "time.start=2018-12-31", "time.end=2019-03-31", "time.warm_up_weeks=1", "finance.runoff_weeks=6",
)  # fmt: skip
GAINS = "the brand gains, run-off included"
STRUCTURES = {
    "all to the host": Structure(
        title="no deal", set={"storefronts.faraway_on_bazaar.contract.commission": 1.0}
    ),
    "as it is": Structure(
        title="nothing new", set={"storefronts.faraway_on_bazaar.exposure": 1.0, "platforms.*.teams": None}
    ),
    "bonus": Structure(title="bonus", set={"behaviour.awareness_as": "bonus"}),
}


def pair() -> Case:
    sets = SETS
    shop = "storefronts.faraway_on_bazaar"
    away = load(TOY, sets=[*sets, f"{shop}=null"])
    there = load(
        TOY,
        sets=[
            *sets, f"{shop}.open={{from: 2019-01-14, to: 2019-02-24}}", f"{shop}.exposure=1",
            f"{shop}.appeal=2", f"{shop}.price.imported.promotions.spring=null",
        ],
    )  # fmt: skip
    return Case(replace(there, path=Path("there.yaml")), replace(away, path=Path("away.yaml")))


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    names: list[str] = []
    table = alternatives(pair(), STRUCTURES, SETTINGS, done=names.append)
    assert names == [BASE, "all to the host", "bonus"]
    return table


def test_one_row_for_each_alternative_and_conclusion(found: pd.DataFrame) -> None:
    """What changes nothing in the pair is left out; the order is that of the file and of the list."""
    sentences = [one.sentence for one in CONCLUSIONS]
    assert found.columns.tolist() == COLUMNS
    assert found.alternative.tolist() == [
        name for name in (BASE, "all to the host", "bonus") for _ in sentences
    ]
    assert found.conclusion.tolist() == sentences * 3
    assert not found.solved.any()


def test_as_modelled_is_the_comparison_itself(found: pd.DataFrame) -> None:
    both = pair()
    alone = compare(("away", both.base.scenario), {"there": both.scenario.scenario}, SETTINGS)
    base = found[found.alternative == BASE].reset_index(drop=True)
    columns = ["conclusion", "value", "low", "high", "unit"]
    pd.testing.assert_frame_equal(base[columns], conclude(alone)[columns])
    assert set(base.flips) <= {"holds", "open"}
    assert (base.in_base == conclude(alone).answer).all()


def test_a_conclusion_flips(found: pd.DataFrame) -> None:
    """If the host keeps all that is paid, the brand loses by the storefront and the host gains more."""
    table = found.set_index(["alternative", "conclusion"])
    assert table.in_base[BASE, GAINS] == "yes"
    assert table.flips["all to the host", GAINS] == "flips"
    assert table.high["all to the host", GAINS] < 0.0
    together = "brand and host gain together"
    assert table.value["all to the host", together] == pytest.approx(table.value[BASE, together], rel=1e-9)


def test_what_the_base_says_stands_in_every_row(found: pd.DataFrame) -> None:
    for _, rows in found.groupby("conclusion"):
        assert rows.in_base.nunique() == 1


def test_an_answer_where_the_base_has_none_is_settled() -> None:
    rows = [(BASE, "c", "open"), ("other", "c", "no"), ("third", "c", "open")]
    table = pd.DataFrame(rows, columns=["alternative", "conclusion", "answer"])
    table = table.assign(value=0.0, low=0.0, high=0.0, unit="", solved=False)
    assert judged(table).flips.tolist() == ["open", "settled", "open"]


def test_without_run_off_it_is_refused() -> None:
    with pytest.raises(ValueError, match="run_off=True"):
        alternatives(pair(), {}, replace(SETTINGS, run_off=False))


MARKET = """schema: 1
extends: toy.yaml
time: {start: 2018-12-31, end: 2019-03-31, warm_up_weeks: 1}
finance: {runoff_weeks: 4}
storefronts:
  faraway_on_bazaar:
    open: {from: 2019-02-04, to: 2019-03-03}
    price: {imported: {promotions: {spring: null}}}
    exposure: 0
"""
LATER = "schema: 1\nextends: market.yaml\nstart_from: {scenario: market.yaml, on: 2019-01-28}\n"


def test_a_pair_that_starts_from_another_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weeks before are run under the alternative as well, for both on the same state."""
    monkeypatch.chdir(tmp_path)
    shown = f"{LATER}storefronts: {{faraway_on_bazaar: {{exposure: 1, appeal: 2}}}}\n"
    files = {"toy": TOY.read_text(encoding="utf-8"), "market": MARKET, "away": LATER, "there": shown}
    for name, text in files.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    both = Case(load("there.yaml"), load("away.yaml"))
    found = alternatives(both, {"bonus": STRUCTURES["bonus"]}, replace(SETTINGS, replications=2))
    assert found.alternative.unique().tolist() == [BASE, "bonus"]
    kept = sorted(path.name.partition("_")[0] for path in Path("results/states").glob("*.state"))
    assert kept == ["market", "market", "start", "start"]
