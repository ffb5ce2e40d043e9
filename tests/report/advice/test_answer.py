"""The answer in sentences: every one changes when its numbers change, and says no more than they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.decisions.question import STAY_OUT
from sim.decisions.reading import load
from sim.report.advice.answer import (
    NOTHING,
    answer,
    on_terms,
    other_criteria,
    parts_of_it,
    pays,
    recommendation,
    what_loses,
    what_to_find_out,
)
from sim.report.advice.numbers import Words, rows_of
from tests.report.advice.answers import (
    SHARED,
    M,
    information,
    of_values,
    partners,
    words_of,
    worlds,
    write_question,
)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Words:
    return words_of(load(write_question(tmp_path_factory.mktemp("question"))).spec)


def plain(said: str) -> str:
    return said.replace("\N{NO-BREAK SPACE}", " ")


def with_good_enough(words: Words, good: float) -> Words:
    return words_of(words.spec.model_copy(update={"good_enough": good}))


# --- what to do ----------------------------------------------------------------------------------


def test_the_option_of_the_highest_expected_value_is_recommended(words: Words) -> None:
    """Means 5 and 3, a paired difference of 2 in every world but for a tenth."""
    said = plain(recommendation(worlds(), words))
    assert said.startswith(
        "**Ten weeks on North.** Over 24 worlds it adds 5.0 m yuan to the value of Faraway"
    )
    assert "in single worlds 2.8 (5th percentile) to 7.2 m (95th). It beats staying out in 100 %" in said
    assert said.endswith("the runner-up (four weeks on North) is 2.0 m behind, and worse in 100 % of worlds.")
    assert NOTHING not in said
    other = recommendation(worlds(short=6), words)
    assert other.startswith("**Four weeks on North.**")
    assert "(ten weeks on North) is 1.0 m behind" in other


def test_a_runner_up_that_is_close_is_said_to_be(words: Words) -> None:
    """A difference of 0.2 with 5 world by world: Student's half width is 1.7."""
    said = recommendation(worlds(short=4.8, apart=5.0), words)
    assert said.endswith(f"the runner-up (four weeks on North) is 0.20 m behind, {NOTHING}.")
    assert "worse in" not in said
    firm = recommendation(worlds(short=4.8, apart=0.1), words)
    assert NOTHING not in firm.partition("On average the")[2]


def test_an_option_that_is_the_same_elsewhere_is_not_behind(words: Words) -> None:
    said = recommendation(worlds(short=5, apart=0.0), words)
    assert said.endswith("worth the same in every world.")
    assert "behind" not in said


def test_a_value_that_may_be_nothing_is_said_to_be(words: Words) -> None:
    said = recommendation(worlds(short=-1, long=0.1), words)
    assert f"), {NOTHING}; in single worlds" in said
    assert said.endswith("The runner-up is to stay out.")


def test_staying_out_is_recommended_if_nothing_adds(words: Words) -> None:
    said = recommendation(worlds(short=-3, long=-2, on_south=9), words)
    assert said == (
        "**Keep the own site only.** Of the options that may be recommended, none adds to the value of "
        "Faraway on average over 24 worlds. The nearest, ten weeks on North, comes to −2.0 m yuan "
        "(−2.5 to −1.5)."
    )
    assert "Four weeks" not in said
    unsure = recommendation(worlds(short=-3, long=-0.1), words)
    assert unsure.endswith(f", {NOTHING}.")


def test_worlds_that_do_not_count_are_not_counted(words: Words) -> None:
    """In the last four worlds, which do not count, the runner-up is far ahead."""
    tables = worlds()
    table = tables["worlds"].assign(counts=[True] * 20 + [False] * 4)
    table.loc[20:, "short"] = 1e9
    said = recommendation(tables | {"worlds": table}, words)
    assert "Over 20 worlds" in said
    assert "is 2.0 m behind" in said


def test_good_enough_is_more_than_beating_nothing(words: Words) -> None:
    said = plain(recommendation(worlds(good=4 * M), with_good_enough(words, 4 * M)))
    assert "It is worth more than 4.0 m in" in said
    assert "beats" not in said


def test_criteria_that_agree(words: Words) -> None:
    said = other_criteria(worlds(), words)
    assert said.startswith("No other criterion prefers another option: the worst world, the 5th percentile, ")
    assert "expected value" not in said


def test_criteria_that_disagree_are_named_with_what_they_pick(words: Words) -> None:
    """The long shop is better on average, in the worst worlds it is not."""
    short, long = np.full(24, 3 * M), np.where(np.arange(24) < 4, -5 * M, 7 * M)
    said = other_criteria(of_values(short, long, short), words)
    assert said.startswith("Other criteria choose otherwise: by the worst world, the 5th percentile")
    assert said.endswith("*Four weeks on North*.")
    assert "in which it is best" not in said, "the long shop is best in 20 of 24 worlds"


def test_a_tie_is_no_disagreement(words: Words) -> None:
    """Both are above zero everywhere; the first of those that tie is no other choice."""
    tables = worlds()
    tied = tables["picks"].set_index("criterion").loc["satisficing"]
    assert tied.option == "short"
    assert tied.tied
    assert "Four weeks" not in other_criteria(tables, words)


def test_criteria_after_a_round_trip_are_the_same(words: Words, tmp_path: Path) -> None:
    tables = worlds(short=4.8123456789, apart=5)
    again = {}
    for name, table in tables.items():
        table.to_csv(tmp_path / name, index=False, float_format="%.8g")
        again[name] = pd.read_csv(tmp_path / name)
    assert other_criteria(again, words) == other_criteria(tables, words)


# --- terms ---------------------------------------------------------------------------------------


def of_deal(**changes: Any) -> dict[str, pd.DataFrame]:
    return {"partners": partners().assign(**changes)}


def test_terms(words: Words) -> None:
    said = plain(on_terms(of_deal(), words))
    assert said == (
        "Terms of *Four weeks on North*: Faraway gains on average up to a commission of 13.0 %, the host "
        "from −3.0 % on; splitting the surplus equally gives 5.0 % (90 % interval 2.0 % to 8.0 %). Some rate "
        "suits both in 75 % of worlds. A point of commission moves 0.50 m yuan."
    )


def test_no_rate_that_suits_both(words: Words) -> None:
    said = on_terms(of_deal(legal=np.nan, nash=np.nan, note="no rate suits both"), words)
    assert said.endswith("; no rate suits both.")
    assert "splitting" not in said
    nothing = on_terms(of_deal(entrant_max=np.nan, legal=np.nan, note="no rate suits both"), words)
    assert nothing == "Terms of *Four weeks on North*: no rate suits both."


def test_a_rate_below_zero_is_not_given_as_legal(words: Words) -> None:
    said = on_terms(of_deal(nash=-0.02, legal=0.0, note="below zero: the host pays the entrant"), words)
    assert "gives −2.0 %" in said
    assert "(below zero: the host pays the entrant; the nearest legal rate is 0.0 %)" in said


def test_power_that_is_not_equal_is_said(words: Words) -> None:
    spec = words.spec.terms.model_copy(update={"power": 0.3})
    other = words_of(words.spec.model_copy(update={"terms": spec}))
    assert "surplus with 30 % of it for the host gives" in plain(on_terms(of_deal(), other))


def test_terms_of_the_recommended_option_if_it_is_another_one(words: Words) -> None:
    deal = partners().head(1).assign(option="long", entrant_max=0.2, legal=0.07)
    said = on_terms(of_deal() | {"deal": deal}, words)
    assert said.endswith(
        "For the recommended option: Faraway up to 20.0 %, the host from −3.0 % on, split at 7.0 %."
    )
    none = on_terms(of_deal() | {"deal": deal.assign(legal=np.nan, note="no rate suits both")}, words)
    assert none.endswith("the host from −3.0 % on; no rate suits both.")
    assert "recommended option" not in on_terms(of_deal() | {"deal": deal.assign(option="short")}, words)


# --- parts ---------------------------------------------------------------------------------------


def test_the_best_of_a_part_against_its_first(words: Words) -> None:
    length, place = (plain(part) for part in parts_of_it(worlds(), words))
    assert length == (
        "*For how long?* Ten weeks on North: on average 2.0 m more than four weeks on North, and better in "
        "100 % of worlds."
    )
    assert place == length.replace("For how long?", "Where?") + " Nothing longer was tried."


def test_the_first_of_a_part_is_best(words: Words) -> None:
    said = parts_of_it(worlds(short=6), words)[0]
    assert said.startswith("*For how long?* Four weeks on North")
    assert "ten weeks on North" in said
    assert "1.0 m" in said
    assert NOTHING not in said
    assert NOTHING in parts_of_it(worlds(short=5.2, apart=5), words)[0]


def test_a_difference_that_is_not_known_is_said_so(words: Words) -> None:
    said = parts_of_it(worlds(short=4.8, apart=5), words)[0]
    assert said.endswith(f"on average 0.20 m more than four weeks on North, {NOTHING}.")


def test_the_next_of_a_part_is_named_if_it_is_not_the_first(words: Words) -> None:
    """The first is worth 1, the next 4.9 and the best 5."""
    close = parts_of_it(worlds(short=1, on_south=4.9, apart=5), words)[1]
    assert f"The next, a walk-in shop on South, is 0.10 m behind, {NOTHING}." in close
    apart = parts_of_it(worlds(short=1, on_south=4.0), words)[1]
    assert "The next, a walk-in shop on South, is 1.0 m behind." in apart
    same = parts_of_it(worlds(short=1, on_south=5.0, apart=0), words)[1]
    assert "is worth the same in every world" in same


def test_a_part_in_which_all_lose_says_so(words: Words) -> None:
    below = "All of them are worth less than staying out on average."
    assert below in parts_of_it(worlds(short=-3, long=-2), words)[0]
    assert below not in " ".join(parts_of_it(worlds(), words))


def test_an_option_that_may_not_be_recommended_is_said_to_be(words: Words) -> None:
    barred = "It is shown, but not among the options that may be recommended."
    length, place = parts_of_it(worlds(on_south=9), words)
    assert place.startswith("*Where?* A walk-in shop on South")
    assert place.endswith(barred)
    assert barred not in length


def test_a_part_with_one_option(words: Words) -> None:
    tables = worlds()
    asked = tables["asked"]
    said = parts_of_it(tables | {"asked": asked[asked.option == "short"]}, words)
    assert said[0] == "*For how long?* Four weeks on North; nothing else was tried."


# --- what would change it ------------------------------------------------------------------------


def test_worlds_that_lose_lie_in_a_box(words: Words) -> None:
    said = plain(what_loses(worlds(), words))
    assert said == (
        "The recommended option loses in 11 of 24 worlds, mostly where share that sees the shop is below "
        "0.312 and share that knows the brand is above 0.000012: 90 % of the worlds there are such, and 80 % "
        "of such worlds lie there."
    )
    tables = worlds()
    both = tables["box"].assign(quasi_p_low=0.1, quasi_p_high=0.1, coverage=0.4)
    other = what_loses(tables | {"box": both}, words)
    assert "lies between 0.1 and 0.312" in other
    assert "mostly" not in other


def test_without_a_box_the_worlds_are_counted(words: Words) -> None:
    """3 of 24 values are below zero, or none."""
    empty = pd.DataFrame(columns=["factor", "title", "low", "high"])
    none = what_loses(worlds() | {"box": empty}, words)
    assert none == "The recommended option loses in none of 24 worlds."
    tables = worlds(long=5, short=-9) | {"box": empty}
    table = tables["worlds"].copy()
    table.loc[:2, "long"] = -M
    some = what_loses(tables | {"worlds": table}, words)
    assert some.startswith("The recommended option loses in 3 of 24 worlds; no range")
    good = with_good_enough(words, 100 * M)
    assert "is worth less than 100 m in 24 of 24 worlds" in what_loses(worlds() | {"box": empty}, good)


def test_boxes_and_counts_are_over_all_worlds(words: Words) -> None:
    """The recommendation is made over those that count, a box needs all; the words say which."""
    tables = worlds()
    some = {"worlds": tables["worlds"].assign(counts=[True] * 20 + [False] * 4)}
    empty = {"box": pd.DataFrame(columns=["factor", "title", "low", "high"])}
    assert "11 of 24 worlds, those that do not count among them, mostly" in what_loses(tables | some, words)
    assert what_loses(tables | some | empty, words).endswith(
        "none of 24 worlds, those that do not count among them."
    )
    assert "do not count" not in what_loses(tables, words)


def test_what_loses_is_the_nearest_option_if_staying_out_is_recommended(words: Words) -> None:
    said = what_loses(worlds(short=-3, long=-2), words)
    assert said.startswith("The nearest option (ten weeks on North) loses in")
    assert "recommended" not in said


def test_the_test_that_pays(words: Words) -> None:
    said = what_to_find_out(worlds(), words)
    assert said.startswith("Knowing everything before deciding would be worth 4.0 m yuan on average. ")
    assert said.endswith(
        "a count of who sees it (1.0 m), worth 2.5 m (1.5 to 4.0) because it measures share that sees the "
        "shop."
    )
    unsure = what_to_find_out(worlds() | {"information": information(low=0.5 * M)}, words)
    assert unsure.endswith(", though it may bring less than it costs.")


@pytest.mark.parametrize(("evsi", "noise"), [(0.5 * M, 0.0), (1.2 * M, 0.5 * M)])
def test_no_test_pays(words: Words, evsi: float, noise: float) -> None:
    """It brings less than it costs, or no more than chance beyond that."""
    table = information(evsi, noise)
    assert not pays(rows_of(table)[1])
    said = what_to_find_out(worlds() | {"information": table}, words)
    assert said.endswith(
        "no single field test that is listed brings more than its cost and what chance would show."
    )


def test_no_test_is_listed(words: Words) -> None:
    table = information().drop(columns=["test", "cost", "evsi", "evsi_low", "evsi_high", "evsi_noise"])
    assert what_to_find_out(worlds() | {"information": table}, words).endswith("no field test is listed.")


# --- all of it -----------------------------------------------------------------------------------


def test_the_answer_comes_in_order_and_with_its_caveat(words: Words) -> None:
    lines, told = (plain(text) for text in answer(worlds(), words))
    starts = [
        "- **Ten",
        "- No other",
        "- *For how",
        "- *Where?",
        "- Terms of",
        "- The recommended",
        "- Averaged over",
        "- Knowing",
    ]
    assert [line.startswith(start) for line, start in zip(lines.split("\n"), starts, strict=True)] == [
        True
    ] * 8
    assert told == (
        "Values are net present values on 18 Jan 2021 that an option adds to staying out (keep the own site "
        "only), 2 weeks after 25 Apr 2021 included, *in a model*. The market is made up."
    )


def test_staying_out_in_the_table_is_the_baseline() -> None:
    assert of_values(-SHARED - 20 * M, -SHARED - 20 * M, SHARED)["picks"].option[0] == STAY_OUT


def test_how_long_it_is_open_is_said_if_worlds_differ(words: Words) -> None:
    """Closes early in 3 + 1 worlds: (3 x -2 + 1 x 2) / 4 = -1 m each."""
    table = pd.DataFrame({"weeks": [4, 9, 31], "worlds": [3, 1, 6], "value": [-2 * M, 2 * M, 50 * M]})
    said = plain(recommendation(worlds() | {"stays": table}, words))
    assert (
        "open for 31 weeks in 6 worlds, 50 m each on average, and closes earlier in 4 (4 to 9 weeks), −1.0 m"
        in said
    )
    assert "open for" not in recommendation(worlds() | {"stays": table.iloc[2:]}, words)
