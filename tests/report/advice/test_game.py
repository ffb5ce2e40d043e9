"""The game in words: equilibria or none, dominated strategies, the sequence, replies."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.decisions.question import STAY_OUT
from sim.decisions.reading import load
from sim.report.advice.game import game
from sim.report.advice.numbers import Tables, Words
from sim.report.document import Document
from sim.report.markdown import render
from tests.report.advice.answers import game as tables_of
from tests.report.advice.answers import words_of, write_question


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Words:
    return words_of(load(write_question(tmp_path_factory.mktemp("question"))).spec)


def said(tables: Tables, words: Words) -> str:
    return render(Document("T", (), list(game(tables, words, {})))).replace("\N{NO-BREAK SPACE}", " ")


def test_a_pure_equilibrium_with_its_share(words: Words) -> None:
    found = said(tables_of(("long", "much", "nothing")), words)
    assert (
        "Pure equilibrium: ten weeks on North; much; rivals do nothing (in 50 % of resamples of the draws)."
        in found
    )
    assert "No pure equilibrium" not in found
    assert "four weeks on North; much; South matches" not in found, "only in some resamples"


def test_no_pure_equilibrium_and_the_nearest(words: Words) -> None:
    found = said(tables_of(), words)
    assert (
        "No pure equilibrium of the mean payoffs. The nearest is one in 50 % of resamples of the draws: four "
        "weeks on North; much; South matches the price."
    ) in found
    assert "Pure equilibrium:" not in found
    tables = tables_of()
    firm = tables["game_equilibria"]
    rare = firm.assign(entrant="long", in_resamples=0.06)
    for order in ([firm, rare], [rare, firm]):
        both = said(tables | {"game_equilibria": pd.concat(order)}, words)
        assert "in 50 % of resamples of the draws: four weeks" in both
    none = said(tables | {"game_equilibria": tables["game_equilibria"].iloc[:0]}, words)
    assert "- No pure equilibrium of the mean payoffs.\n" in none


def test_an_empty_table_read_from_a_file(words: Words, tmp_path: Path) -> None:
    """It has lost the types of its columns."""
    tables = tables_of()
    for name in ("game_equilibria", "game_dominance"):
        tables[name].iloc[:0].to_csv(tmp_path / name, index=False)
        tables[name] = pd.read_csv(tmp_path / name)
    found = said(tables, words)
    assert "No pure equilibrium" in found
    assert "No strategy of the brand is strictly dominated" in found


def test_equilibria_that_differ_in_the_terms_only_are_told_together(words: Words) -> None:
    """Staying out is one under all terms."""
    found = said(tables_of((STAY_OUT, "little", "nothing"), (STAY_OUT, "much", "nothing")), words)
    assert found.count("Pure equilibrium") == 1
    assert "keep the own site only; little or much; rivals do nothing (in 40 % to 50 % of resamples" in found


def test_the_sequence_with_its_payoffs_and_ties(words: Words) -> None:
    tables = tables_of()
    found = said(tables, words)
    assert "ten weeks on North; much; rivals do nothing (entrant 3.0, host 1.0, rivals −2.0 m)." in found
    assert "worth as much" not in found
    path = tables["game_sequence"]
    tied = said(tables | {"game_sequence": path.assign(tied=path.player == "host")}, words)
    assert "Another action is worth as much there to: host." in tied


def test_dominated_strategies_of_the_brand_only(words: Words) -> None:
    tables = tables_of()
    assert "whatever host and rivals do: keep the own site only.\n" in said(tables, words)
    table = tables["game_dominance"]
    none = said(tables | {"game_dominance": table[table.player == "host"]}, words)
    assert "No strategy of the brand is strictly dominated by another one." in none
    weak = said(tables | {"game_dominance": table.assign(kind="weak")}, words)
    assert "No strategy of the brand is strictly dominated" in weak


def test_replies_and_how_firm_they_are(words: Words) -> None:
    """Two of four profiles each; the least firm reply is best in 30 % of resamples."""
    tables = tables_of()
    replies = tables["game_replies"].assign(action="short", in_resamples=[0.9, 0.3, 0.8, 1.0])
    found = said(tables | {"game_replies": replies}, words)
    assert "Best reply of the brand: four weeks on North against 4 of 4 profiles" in found
    assert "stays the best in at least 30 % of resamples" in found
    assert "against 2 of 4 profiles" in said(tables, words)


def test_regrets_say_where(words: Words) -> None:
    found = said(tables_of(), words)
    assert "| Much; South matches the price |" in found
    assert "Nash rate there: 4.1 %." in found
