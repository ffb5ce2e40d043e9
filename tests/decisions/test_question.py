"""A question's runs: who owns whom, at which terms, which worlds, the most central market."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.decisions.question import STAY_OUT, Question
from sim.scenario import load
from sim.scenario.changes import Assignment, content
from sim.sweep.designs import design
from sim.sweep.options_work import OptionsWork
from tests.decisions import tiny

RATE = "storefronts.faraway_on_north.contract.commission"
SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question."""
    return tiny.question(tmp_path_factory.mktemp("question"))


def test_owners_are_those_of_the_last_day(asked: Question) -> None:
    """West belongs to South from February on."""
    assert asked.groups == {"north": ["north"], "south": ["south", "west"]}
    assert [asked.owner_of(name) for name in ("north", "south", "west")] == ["north", "south", "south"]
    assert asked.firms == list(tiny.FIRMS)


def test_words_of_options(asked: Question) -> None:
    assert asked.title("long") == "Eight weeks on North"
    assert asked.title(STAY_OUT) == "Keep the own site only"
    with pytest.raises(KeyError):
        asked.title("nowhere")


def test_the_commission_is_what_the_option_sets_or_the_scenario_says(asked: Question) -> None:
    assert asked.commission == 0.03 == asked.at(RATE)
    one, two = Assignment(RATE, 0.05), Assignment(RATE, 0.07)
    set_ = replace(asked, options={**asked.options, "short": (one, two), "long": (Assignment(RATE, 0.2),)})
    assert set_.commission == 0.07, "the last one of the option that is bargained over"


def test_factors_of_both_files_move_a_run(asked: Question) -> None:
    work = asked.work({"short": ()}, 300)
    assert set(work.targets) == {"exposure", "known", "level"}
    made = work.scenario("short", {"exposure": 0.7, "known": 0.3, "level": -0.4})
    assert made.storefronts["faraway_on_north"].exposure == 0.7
    assert made.intercepts["south"]["goods"] == -0.4
    assert (work.entrant, str(work.on), work.consumers, work.weekly) == ("faraway", "2021-01-18", 300, False)


def test_the_central_market_with_unknowns_at_their_base(asked: Question) -> None:
    made = asked.in_central("terms", {"short": asked.options["short"]}, 300, 3)
    assert list(made.parameters()) == [{"level": 0.05}]
    plan = made.plan()
    assert len(plan.runs) == 3
    assert len({run.seeds for run in plan.runs}) == 3
    assert isinstance(made.work, OptionsWork)
    shop = made.work.scenario("short", plan.runs[0].parameters)
    assert shop.storefronts["faraway_on_north"].exposure == 0.5, "as the scenario says"
    assert shop.intercepts["south"]["goods"] == 0.05
    assert not made.work.weekly
    assert made.name == "tiny_terms"


def test_worlds_spread_unknowns_while_markets_take_turns(asked: Question) -> None:
    """Seven points of a Latin hypercube in three surviving markets: 0, 1, 2, 0, 1, 2, 0."""
    made = asked.over_worlds("worlds", {"short": ()}, 300, 7)
    points = made.design.points
    assert points.level.tolist() == [0.1, -0.1, 0.2, 0.1, -0.1, 0.2, 0.1]
    drawn = design("lhs", asked.deep, points=7, seed=1).points
    for factor in asked.deep:
        np.testing.assert_array_equal(points[factor.name], drawn[factor.name])
        place = (points[factor.name] - factor.low) / (factor.high - factor.low)
        assert sorted((place * 7).astype(int)) == list(range(7)), "one in every seventh of the range"
    assert [factor.name for factor in made.factors] == ["exposure", "known", "level"]
    assert isinstance(made.work, OptionsWork)
    assert made.work.weekly


def test_worlds_have_draws_of_their_own_and_the_same_ones_whatever_the_options(asked: Question) -> None:
    runs = asked.over_worlds("worlds", {"short": ()}, 300, 6).plan().runs
    assert len({run.seeds for run in runs}) == 6
    assert len({run.id for run in runs}) == 6
    again = asked.over_worlds("worlds", {"short": ()}, 300, 6).plan().runs
    assert [run.id for run in again] == [run.id for run in runs]
    other = asked.over_worlds("worlds", {"long": asked.options["long"]}, 300, 6).plan().runs
    assert not {run.id for run in other} & {run.id for run in runs}


def test_an_experiment_says_which_question_it_is_about(asked: Question) -> None:
    made = asked.over_worlds("worlds", {"short": ()}, 300, 4)
    assert made.about["question"] == "A shop on North"
    assert made.about["part"] == "worlds"
    assert made.about["points"] == 4
    assert OptionsWork.restored(made.about["work"]) == made.work
    assert made.outcomes == made.work.outcomes


# --- the question of the repository --------------------------------------------------------------


def test_the_popup_of_the_question_is_that_of_2019() -> None:
    """All but the names of shop and discount, ranges and words; as for scenarios/validation/popup.yaml."""
    asked = load(SCENARIOS / "questions" / "popup.yaml").scenario.storefronts["popup"]
    known = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml").scenario.storefronts["amazon_on_pinduoduo"]
    assert content(asked) == content(known)
    fitted = load(SCENARIOS / "validation" / "popup.yaml").scenario.storefronts["amazon_on_pinduoduo"]
    assert content(asked) == content(fitted)


def test_the_question_without_its_popup_is_its_baseline() -> None:
    shop, stay = (load(SCENARIOS / "questions" / f"{name}.yaml").scenario for name in ("popup", "stay_out"))
    both = [content(one) for one in (shop, stay)]
    assert [name for name, _ in both[0]["storefronts"] if name != "popup"] == [
        name for name, _ in both[1]["storefronts"]
    ]
    for one in both:
        one["storefronts"] = [pair for pair in one["storefronts"] if pair[0] != "popup"]
    assert both[0] == both[1]
