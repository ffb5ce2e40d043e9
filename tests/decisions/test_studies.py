"""What is run for an answer: equal scenarios once, under all their names, and nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.decisions.question import Question
from sim.decisions.studies import (
    DEARER,
    Scale,
    Studies,
    clause_options,
    dearer_options,
    distinct,
    host_of,
    profile_settings,
    term_options,
    thresholds,
    world_options,
)
from sim.scenario.changes import Assignment
from sim.sweep.options_work import OptionsWork
from sim.sweep.results import open_experiment
from sim.sweep.runs import Run
from sim.sweep.work import Found, Watch
from tests.decisions import tiny

SHOP = "storefronts.faraway_on_north"
RATE = f"{SHOP}.contract.commission"
SEEN = f"{SHOP}.exposure"
ROOT = Path(__file__).parents[2]
SCALE = Scale(consumers=300, worlds=3, replications=2)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question."""
    return tiny.question(tmp_path_factory.mktemp("question"))


# --- options over worlds -------------------------------------------------------------------------


def test_equal_scenarios_are_run_once_under_all_their_names(asked: Question) -> None:
    """`again` sets what stands there anyway; `rule` is tried at thresholds, and not asked for itself."""
    run, names = world_options(asked)
    assert set(run) == {"short", "long", "on_south", "dixit", "leaves_at_0", "leaves_at_1"}
    assert names == {
        "short": "short", "again": "short", "long": "long", "on_south": "on_south", "dixit": "dixit",
        "leaves_at_0": "leaves_at_0", "leaves_at_1": "leaves_at_1",
    }  # fmt: skip
    assert run["long"] == asked.options["long"]


def test_a_rule_that_is_asked_for_is_run_at_its_own_threshold_too(tmp_path: Path) -> None:
    asked = tiny.question(tmp_path, ("recommend: [short, long, on_south]", "recommend: [short, rule]"))
    run, names = world_options(asked)
    assert "rule" in run
    assert names["rule"] == "rule"


def test_a_threshold_that_is_also_an_option_is_run_once(tmp_path: Path) -> None:
    edits = [("recommend: [short, long, on_south]", "recommend: [short, rule]"),
             ("tried: [-1e12, 1e11]", "tried: [-1e12, 0]")]  # fmt: skip
    run, names = world_options(tiny.question(tmp_path, *edits))
    assert "rule" not in run
    assert names["rule"] == names["leaves_at_1"] == "leaves_at_1"


def test_thresholds_are_the_rule_with_one_number_changed(asked: Question) -> None:
    tried = thresholds(asked)
    assert list(tried) == ["leaves_at_0", "leaves_at_1"]
    work = asked.work(tried, 300)
    own = work.scenario_of(asked.options["rule"], {})
    for name, limit in (("leaves_at_0", -1e12), ("leaves_at_1", 1e11)):
        made = work.scenario(name, {})
        policy = made.policies["leave"]
        assert policy.threshold is not None
        assert policy.threshold.exit_below == limit
        changed = policy.threshold.model_copy(update={"exit_below": 0.0})
        assert policy.model_copy(update={"threshold": changed}) == own.policies["leave"]
        assert made.storefronts == own.storefronts


def test_without_a_rule_nothing_is_tried(tmp_path: Path) -> None:
    text = tiny.FILES["tiny.yaml"]
    part = text[text.index("afterwards:\n") : text.index("game:\n")]
    asked = tiny.question(tmp_path, (part, ""))
    assert thresholds(asked) == {}
    assert set(world_options(asked)[0]) == {"short", "long", "on_south", "rule", "dixit"}


# --- terms ---------------------------------------------------------------------------------------


def test_terms_are_the_option_with_one_thing_changed(asked: Question) -> None:
    made = term_options(asked)
    assert set(made) == {
        "short", "on_south", "at_0", "at_1", "at_2", "seen_0", "seen_1", "seen_2", "clause_link",
        "clause_guarantee", "dearer_short", "dearer_on_south",
    }  # fmt: skip
    work = asked.work(made, 300)
    shops = {name: work.scenario(name, {}).storefronts["faraway_on_north"] for name in made}
    assert [shops[f"at_{k}"].contract.commission for k in range(3)] == [0, 0.05, 0.1]
    assert [shops[f"seen_{k}"].exposure for k in range(3)] == [0.2, 0.4, 0.8]
    for k in range(3):
        contract = shops[f"at_{k}"].contract.model_copy(update={"commission": 0.03})
        assert shops[f"at_{k}"].model_copy(update={"contract": contract}) == shops["short"]
        assert shops[f"seen_{k}"].model_copy(update={"exposure": 0.5}) == shops["short"]
    assert shops["clause_link"].contract.site_link == 0
    assert shops["clause_guarantee"].contract.guarantee == 200_000_000


def test_dearer_shops_cost_five_per_cent_more_on_every_host(asked: Question, tmp_path: Path) -> None:
    work = asked.work(dearer_options(asked), 300)
    for name, host in (("dearer_short", "north"), ("dearer_on_south", "south")):
        shop = work.scenario(name, {}).storefronts["faraway_on_north"]
        assert shop.host == host
        assert shop.price["goods"].index == pytest.approx(DEARER * 0.95)
    text = tiny.FILES["tiny.yaml"]
    part = text[text.index("  price_check:\n") : text.index("afterwards:\n")]
    assert dearer_options(tiny.question(tmp_path, (part, ""))) == {}


def test_clauses_rest_on_the_option_of_the_terms(tmp_path: Path) -> None:
    asked = tiny.question(tmp_path, ("terms:\n  option: short", "terms:\n  option: long"))
    for made in clause_options(asked).values():
        assert made[:1] == asked.options["long"]
        assert len(made) == 2


# --- the game ------------------------------------------------------------------------------------


def test_profiles_lay_terms_and_answers_over_the_options(asked: Question) -> None:
    made = profile_settings(asked, 0.07)
    assert len(made) == 3 * 2 * 2
    work = asked.work({}, 300)
    for (option, terms, answer), settings in made.items():
        one = work.scenario_of(settings, {})
        shop = one.storefronts["faraway_on_north"]
        assert set(one.reactions) == ({"match"} if answer == "match" else set())
        if option != "on_south":
            assert shop.contract.commission == (0.02 if terms == "little" else 0.07)
            assert shop.exposure == (0.2 if terms == "little" else 0.8)
            assert str(shop.open.to) == ("2021-02-21" if option == "short" else "2021-03-21")


def test_the_terms_of_one_host_do_not_touch_an_option_on_another(asked: Question) -> None:
    made = profile_settings(asked, 0.07)
    work = asked.work({}, 300)
    for terms in ("little", "much"):
        assert made["on_south", terms, "nothing"] == asked.options["on_south"]
        shop = work.scenario_of(made["on_south", terms, "match"], {}).storefronts["faraway_on_north"]
        assert (shop.host, shop.contract.commission, shop.exposure) == ("south", 0.03, 0.5)


def test_the_host_of_an_option(asked: Question) -> None:
    assert host_of(asked, asked.options["short"]) == "north"
    assert host_of(asked, asked.options["on_south"]) == "south"
    path = f"{SHOP}.host"
    assert host_of(asked, (Assignment(path, "south"), Assignment(path, "west"))) == "west"


def test_profiles_that_set_the_same_are_run_once(asked: Question) -> None:
    profiles = profile_settings(asked, 0.07)
    made, names = distinct(profiles)
    assert len(made) == 2 * 2 * 2 + 2, "the option on South twice, once an answer"
    assert set(names) == set(profiles)
    for profile, settings in profiles.items():
        assert made[names[profile]] == settings
    assert names["on_south", "little", "match"] == names["on_south", "much", "match"]
    assert names["on_south", "little", "nothing"] != names["on_south", "little", "match"]


def test_a_nash_rate_equal_to_another_offer_is_the_same_profile(tmp_path: Path) -> None:
    asked = tiny.question(
        tmp_path,
        ("{storefronts.faraway_on_north.exposure: 0.8}", "{storefronts.faraway_on_north.exposure: 0.2}"),
    )
    assert len(distinct(profile_settings(asked, 0.02))[0]) == 2 * 2 + 2
    assert len(distinct(profile_settings(asked, 0.03))[0]) == 2 * 2 * 2 + 2


# --- runs ----------------------------------------------------------------------------------------


KILLED = """\
import os, signal, sys
from pathlib import Path
from sim.decisions.reading import load
from sim.decisions.studies import Scale, Studies
from sim.sweep.options_work import OptionsWork

made, plain = [], OptionsWork.run

def run(work, run, watch):
    if len(made) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    made.append(run.id)
    return plain(work, run, watch)

OptionsWork.run = run
Studies(load(sys.argv[1]), Path(sys.argv[2]), Scale(consumers=300, worlds=4), "serial").worlds()
"""
"""A process that is killed when it begins the third run of four."""


def test_studies_are_run_when_they_are_asked_for_and_only_once(asked: Question, tmp_path: Path) -> None:
    said: list[str] = []
    studies = Studies(asked, tmp_path / "s", SCALE, "serial", said.append)
    assert said == []
    worlds = studies.worlds()
    assert said == ["worlds: 3 runs on 1 workers"]
    assert studies.worlds().table.equals(worlds.table)
    assert len(said) == 1
    np.testing.assert_array_equal(worlds.value("faraway", ["again"]), worlds.value("faraway", ["short"]))
    assert len(studies.terms()) == 2
    game = studies.game(0.05)
    assert len(game) == 2
    assert [line.split(":")[0] for line in said] == ["worlds", "terms", "game"]
    assert sorted(folder.name for folder in (tmp_path / "s").iterdir()) == ["game", "terms", "worlds"]
    anew = Studies(asked, tmp_path / "s", SCALE, "serial", said.append)
    assert anew.worlds().table.equals(worlds.table)
    assert said[-1] == "worlds: 0 runs on 1 workers"


def test_as_many_replications_as_the_file_says(asked: Question, tmp_path: Path) -> None:
    studies = Studies(asked, tmp_path, Scale(consumers=300, worlds=1), "serial")
    assert (len(studies.terms()), len(studies.game(0.05))) == (2, 2)
    assert len(Studies(asked, tmp_path / "more", Scale(300, 1, replications=3), "serial").game(0.05)) == 3


def test_a_killed_study_goes_on_where_it_was(
    asked: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was committed is kept and not made again; in the end all is as if nobody had killed it."""
    file, store, scale = tiny.write(tmp_path), tmp_path / "s", Scale(consumers=300, worlds=4)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(file), str(store)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    there = set(open_experiment(store / "worlds").runs().run_id)
    assert 1 <= len(there) <= 2
    made: list[str] = []
    plain = OptionsWork.run

    def counted(work: OptionsWork, run: Run, watch: Watch) -> Found:
        made.append(run.id)
        return plain(work, run, watch)

    monkeypatch.setattr(OptionsWork, "run", counted)
    found = Studies(asked, store, scale, "serial").worlds()
    assert len(made) == 4 - len(there)
    assert not set(made) & there
    assert set(found.table.run_id) == {*made, *there}
    whole = Studies(asked, tmp_path / "other", scale, "serial").worlds()
    values = [column for column in whole.table if "." in str(column)]
    assert found.table[values].equals(whole.table[values])
    order = ["run_id", "option", "week"]
    weekly = [one.weekly.sort_values(order).reset_index(drop=True) for one in (found, whole)]
    assert weekly[0][weekly[1].columns].equals(weekly[1])


def test_failed_runs_end_the_study(asked: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer from a part of the worlds would look like a whole one."""
    plain = OptionsWork.run

    def fails(work: OptionsWork, run: Run, watch: Watch) -> Found:
        if run.parameters["exposure"] > 0.5:
            raise ArithmeticError("no such world")
        return plain(work, run, watch)

    monkeypatch.setattr(OptionsWork, "run", fails)
    with pytest.raises(ValueError, match="runs failed"):
        Studies(asked, tmp_path / "s", SCALE, "serial").worlds()
