"""The table of outcomes against the rows of real pairs: neither has what the other does not know."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from sim.outcomes.declared import OUTCOMES, THEMES, declared
from sim.outcomes.outcome import party_names
from sim.outcomes.parties import upper_tiers
from sim.outcomes.table import READERS
from sim.scenario import Scenario
from tests.outcomes.pairs import pairs, rows_of

KEYS = ["outcome", "party", "tier", "period", "unit"]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Scenario, pd.DataFrame]]:
    """Scenario and rows of every pair."""
    return {
        name: (sides[1], rows_of(*sides, run_off=run_off))
        for name, sides, run_off in pairs(tmp_path_factory.mktemp("pairs"))
    }


def undeclared(scenario: Scenario, found: pd.DataFrame) -> list[str]:
    """What the table does not say of the rows of a pair."""
    wrong = []
    for row in found[KEYS].drop_duplicates().to_dict("records"):
        one = OUTCOMES.get(row["outcome"])
        if one is None:
            wrong.append(f"{row['outcome']} is not declared")
            continue
        parties = {name for kind in one.parties for name in party_names(kind, scenario)}
        upper = ", ".join(upper_tiers(scenario))
        tiers = {"all": ["all"], "each": ["all", *scenario.tiers], "upper": [upper]}[one.tiers]
        said = {
            "party": row["party"] in parties,
            "tier": row["tier"] in tiers,
            "period": row["period"] in one.periods_in(row["tier"]),
            "unit": row["unit"] == one.unit_in(scenario.currency.name),
        }
        wrong += [f"{one.name}: {key} {row[key]}" for key, right in said.items() if not right]
    return wrong


def test_every_row_is_declared(rows: Mapping[str, tuple[Scenario, pd.DataFrame]]) -> None:
    assert {name: undeclared(*one) for name, one in rows.items()} == {name: [] for name in rows}


def test_every_declared_outcome_is_made(rows: Mapping[str, tuple[Scenario, pd.DataFrame]]) -> None:
    """With every period, and for every kind of tier that is declared."""
    made = pd.concat([found for _, found in rows.values()])
    known = set(zip(made.outcome, made.period, made.tier != "all", strict=True))
    expected = {
        (name, period, alone)
        for name, one in OUTCOMES.items()
        for alone in {"all": (False,), "each": (False, True), "upper": (True,)}[one.tiers]
        for period in one.periods_in("each" if alone else "all")
    }
    assert known == expected


def test_a_row_that_is_not_declared_is_found(rows: Mapping[str, tuple[Scenario, pd.DataFrame]]) -> None:
    scenario, found = next(iter(rows.values()))
    one = found[(found.outcome == "hosted GMV") & (found.period == "window")].head(1)
    assert undeclared(scenario, one) == []
    for key, value in {
        "outcome": "hosted sales", "party": "pinduoduo", "tier": "T1", "period": "year", "unit": "m",
    }.items():  # fmt: skip
        assert undeclared(scenario, one.assign(**{key: value}))


def test_every_kind_of_party_is_met(rows: Mapping[str, tuple[Scenario, pd.DataFrame]]) -> None:
    for name, one in OUTCOMES.items():
        for kind in one.parties if one.of_pairs else ():
            met = [
                found.party[found.outcome == name].isin(party_names(kind, scenario)).any()
                for scenario, found in rows.values()
            ]
            assert any(met), f"{name}: {kind}"


def test_themes_have_readers_and_names_are_told_once() -> None:
    assert [*READERS, "at the horizon", "questions"] == [*THEMES]
    assert sum(map(len, THEMES.values())) == len(OUTCOMES)
    columns = [one.column for one in OUTCOMES.values() if one.column]
    assert len(columns) == len(set(columns))
    for one in OUTCOMES.values():
        assert one.meaning.endswith(".")
        assert ("decision" in one.periods) == bool(one.column)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    assert declared("hosted GMV").unit == "money"
    with pytest.raises(ValueError, match="unknown outcome 'hosted GVM', did you mean 'hosted GMV'"):
        declared("hosted GVM")


def test_the_table_of_names_is_light(tmp_path: Path) -> None:
    """Neither compiled code nor a market is loaded for it."""
    code = (
        "import sys, sim.outcomes.declared; "
        "print([m for m in ('numba', 'mesa', 'scipy', 'sim.market') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
