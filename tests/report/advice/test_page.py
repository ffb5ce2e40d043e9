"""The page of an answer: sections of the tables that are there, sentences that follow them, clean numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from sim.decisions.question import STAY_OUT
from sim.decisions.reading import load
from sim.report.advice.answer import switching_words
from sim.report.advice.numbers import Tables, Words, rows_of
from sim.report.advice.page import (
    dixit_words,
    document,
    elasticity_words,
    straight_words,
    unfiltered_words,
)
from sim.report.markdown import render
from tests.report.advice.answers import (
    M,
    elasticity,
    everything,
    game,
    left,
    rules,
    switching,
    terms,
    words_of,
    worlds,
    write_question,
)

HEADS = {
    "## The answer", "## What each option is worth, and to whom", "## Part by part", "## Terms",
    "## After the term: stay, leave, or let a rule decide",
    "## What is left afterwards, and where sales come from", "## What would change the answer",
    "## The game with host and rivals", "## How this was made",
}  # fmt: skip
ODD = {
    "no number": r"\b(nan|NaN|inf|None|True|False)\b",
    "a power of ten": r"\d[eE][+-]?\d",
    "a hyphen for a minus": r"(?<![\w.,-])-(?=\d)",
    "a minus for a hyphen": r"[A-Za-z]−[A-Za-z]",
    "minus zero": r"−0(\.0*)?(?![.\d])",
    "two ends": r"\.\.|\. \.|;\.|,\.| ,",
    "many digits": r"[1-9]\.\d{5,}|\.0*[1-9]\d{4,}",
}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Words:
    return words_of(load(write_question(tmp_path_factory.mktemp("question"))).spec)


def plain(said: str) -> str:
    return said.replace("\N{NO-BREAK SPACE}", " ")


def text_of(tables: Tables, words: Words) -> str:
    return render(document(tables, words, {}, "- made of nothing"))


def section(said: str, head: str) -> str:
    return said.partition(f"## {head}\n")[2].partition("\n## ")[0]


# --- the whole page ------------------------------------------------------------------------------


PAGES: dict[str, Callable[[], Tables]] = {
    "everything": everything,
    "nothing is recommended": lambda: everything() | worlds(short=-3, long=-2),
    "all alike": lambda: everything() | worlds(short=5, long=5, on_south=5, apart=0),
    "no answers": lambda: everything() | rules(leave=np.nan) | game() | left(-2 * M),
    "terms": lambda: terms() | {"elasticity": elasticity(False, False)},
    "worlds": worlds,
    "nothing": dict,
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("what", ODD)
def test_a_page_has_no_odd_numbers(words: Words, name: str, what: str) -> None:
    said = plain(text_of(PAGES[name](), words))
    rest = re.sub(r"\b[0-9a-f]{12,}\b", "", said)
    assert not re.search(ODD[what], rest), re.search(f".*{ODD[what]}.*", rest)


def test_the_page_has_a_section_for_every_group_of_tables(words: Words) -> None:
    assert {line for line in text_of(everything(), words).splitlines() if line.startswith("## ")} == HEADS
    assert text_of({}, words) == (
        "# A shop on North\n\n*Should Faraway open a shop on North?*\n\n## How this was made\n\n"
        "- made of nothing\n"
    )


def test_terms_alone_need_no_worlds(words: Words) -> None:
    said = text_of(terms(), words)
    assert re.findall("^## (.*)", said, re.M) == ["Terms", "How this was made"]
    assert "Partners in the most central market" in said
    assert "recommended" not in said
    assert "Partners over worlds" in text_of(terms() | worlds(), words)


def test_pictures_are_shown_where_they_are_there(words: Words) -> None:
    names = [
        "options",
        "asked",
        "hosts",
        "map",
        "clauses",
        "rules",
        "box",
        "information",
        "payoffs",
        "regret",
    ]
    said = render(document(everything(), words, {name: f"{name}.png" for name in names}, ""))
    assert re.findall(r"!\[[^]]+\]\((\w+)\.png\)", said) == [
        "options", "asked", "map", "hosts", "clauses", "rules", "box", "information", "payoffs", "regret",
    ]  # fmt: skip
    assert "![" not in text_of(everything(), words)


def test_the_recommended_option_is_marked_and_others_too(words: Words) -> None:
    said = section(text_of(everything(), words), "What each option is worth, and to whom")
    assert "| **Ten weeks on North** " in said
    assert said.count("**") == 2
    assert "| A walk-in shop on South † " in said
    assert "**" not in section(
        text_of(everything() | worlds(short=-3, long=-2), words), "What each option is worth, and to whom"
    )


def test_terms_that_no_rate_suits_leave_cells_empty(words: Words) -> None:
    said = section(text_of(terms(), words), "Terms")
    row = next(line for line in said.splitlines() if line.startswith("| A walk-in shop on South"))
    assert [cell.strip() for cell in row.split("|")[2:9]] == [
        "13.0 %",
        "20.0 %",
        "none",
        "",
        "",
        "",
        "0\u00a0%",
    ]


# --- sentences -----------------------------------------------------------------------------------


def counting(passed: int, counted: int, **means: float) -> Tables:
    """Tables in which so many of 24 worlds pass and count; means over all worlds in millions."""
    tables = worlds()
    return tables | {"unfiltered": worlds(**means)["unfiltered"].assign(passed=passed, counted=counted)}


def test_all_worlds_count_as_all_pass_or_as_few_do(words: Words) -> None:
    assert unfiltered_words(counting(24, 24), words).startswith(
        "All 24 worlds count. In all of them four weeks"
    )
    few = unfiltered_words(counting(3, 24), words)
    assert few.startswith("All 24 worlds count. In only 3 of them four weeks on North leaves something")
    assert "Over all" not in few


def test_some_worlds_count(words: Words) -> None:
    said = unfiltered_words(counting(21, 21), words)
    assert said.startswith("21 of 24 worlds count: those in which four weeks on North leaves something")
    assert "is that of the same option: 5.0 m" in said
    other = unfiltered_words(counting(21, 21, short=7), words)
    assert "is that of four weeks on North: 7.0 m" in other


def test_commissions_that_only_move_money_and_others(words: Words) -> None:
    row = {"commissions": "0%, 5%", "worst": 6e-14}
    assert straight_words(row).startswith("A commission only moves money: simulated at 0 %, 5 %,")
    other = plain(straight_words(row | {"worst": 0.032}))
    assert other.startswith("The commission moves more than money")
    assert "by up to 3 % of" in other
    assert "approximate" in other


@pytest.mark.parametrize("believed", [(True, True), (True, False), (False, False)])
def test_reactions_to_prices_that_are_believed_or_not(words: Words, believed: tuple[bool, bool]) -> None:
    (said,) = elasticity_words({"elasticity": elasticity(*believed)}, words)
    assert "published: −2.6 (a study)." in said
    assert ("Not believed" in said) == (not all(believed))
    doubted = said.partition("**Not believed: ")[2].partition(".**")[0]
    names = ["four weeks on North", "a walk-in shop on South"]
    assert doubted == "; ".join(name for name, one in zip(names, believed, strict=True) if not one)
    assert ("overstated" in said) == (not all(believed))


def test_without_a_check_of_prices_nothing_is_said(words: Words) -> None:
    assert (
        list(elasticity_words({}, words))
        == list(elasticity_words({"elasticity": pd.DataFrame()}, words))
        == []
    )


def dixit(**changes: float) -> str:
    found = rows_of(rules(changes.pop("leave", -3 * M))["dixit"])[0]
    return plain(dixit_words(found | changes))


def test_dixit_has_an_answer() -> None:
    assert dixit() == (
        "The option with Dixit's rule leaves at −6.0 m a week, from what its file assumes. The theory needs "
        "a margin that stays above zero; 51 % of the open weeks have one. From those, drift −0.50 and "
        "volatility 1.2 a year let it leave at −3.0 m a week; the best threshold tried on the simulator is "
        "−20 m a week, 17 m away: the rule's model risk."
    )


def test_dixit_has_none() -> None:
    said = dixit(leave=np.nan)
    assert "the theory has no answer (drift 3.08 must be below discount_rate 0.1)" in said
    assert "let it leave" not in said
    assert "model risk" not in said
    assert "too few such weeks" in dixit(leave=np.nan, drift=np.nan, volatility=np.nan)
    assert "needs a margin" not in dixit(leave=np.nan, drift=np.nan, positive=np.nan)
    assert "Dixit's rule leaves" not in dixit(used=np.nan)


def switched(words: Words, table: pd.DataFrame) -> str:
    return plain(switching_words(worlds() | {"switching": table}, words))


def test_where_staying_out_is_better(words: Words) -> None:
    """Below if staying out is best below."""
    below = switched(words, switching(STAY_OUT, "long"))
    assert "better with share that sees the shop below 0.45 (0.4 to 0.5, in 80 % of resamples)" in below
    above = switched(words, switching("long", STAY_OUT))
    assert "share that sees the shop above 0.45" in above
    assert "knows the brand" not in above
    none = switched(words, switching(STAY_OUT, "long", np.nan))
    assert none.startswith("No single unknown")
    tiny = switched(words, switching(STAY_OUT, "long", 1.234e-5))
    assert "below 0.0000123" in tiny


def test_what_is_left_is_more_or_less_or_unknown(words: Words) -> None:
    def said(more: float) -> str:
        return plain(
            section(text_of(left(more), words), "What is left afterwards, and where sales come from")
        )

    assert "the own channels sell 2.0 m more to 25 Apr 2021 than without it (1.9 to 2.1) in" in said(2 * M)
    assert "sell 2.0 m less" in said(-2 * M)
    assert "cannot be told from nothing" not in said(-2 * M)
    assert "market, which cannot be told from nothing." in said(0.05 * M)
    assert "awareness 1.5 (1.4 to 1.6), habit 0.50 (0.40 to 0.60)." in said(2 * M)


def test_diversions_side_by_side_the_greatest_first(words: Words) -> None:
    said = plain(text_of(left(), words))
    first, second = (said.index(f"| {name} ") for name in ("North", "nobody"))
    assert first < second
    assert re.search(r"\| nobody +\| +−3 % +\| +−3 % +\|", said)


def test_rules_in_a_table(words: Words) -> None:
    said = plain(text_of(rules(), words))
    row = next(line for line in said.splitlines() if "−20 m a week |" in line)
    assert [cell.strip() for cell in row.split("|")[4:10]] == [
        "+1.0",
        "−1.0 to 3.0",
        "50 %",
        "7.0",
        "0 %",
        "25 %",
    ]
    stays = next(line for line in said.splitlines() if line.startswith("| Ten weeks on North"))
    assert [cell.strip() for cell in stays.split("|")[8:10]] == ["", ""]
    assert "the 26 weeks that follow" in said
