"""Ends and levels are tried before anything runs, and refused if nothing makes them sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import ScenarioError
from sim.sweep.experiment import Experiment
from tests.sweep.files import experiment, write_scenarios

HEAD = """\
schema: 1
scenario: toy.yaml
against: stay.yaml
outcomes: {sales: {outcome: hosted GMV, party: faraway, period: window}}
"""
STORE = "storefronts.faraway_on_bazaar"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_scenarios(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(text: str) -> Experiment:
    return experiment(text, head=HEAD)


def said(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        asked(text)
    return [f"{found.path}: {found.message}" for found in caught.value.problems]


def test_a_fault_of_one_factor_is_not_told_of_the_others() -> None:
    y = "y: {path: platforms.depot.trust, low: 0.5, high: 3}"
    text = (
        f"uncertainties: {{x: {{path: {STORE}.exposure}}, {y}}}\n"
        "levers: {z: {path: tiers.T5.income}, w: {path: platforms.bazaar.trust, levels: [0.5, 7]}}\n"
        "design: {kind: list, rows: [{y: 3, w: 7}]}\n"
    )
    share = "expected a number from 0 to 1 (share)"
    assert said(text) == [
        f"uncertainties.y.high: at 3: toy: platforms.depot.trust: found 3.0, {share}",
        f"levers.w.levels.1: at 7: toy: platforms.bazaar.trust: found 7, {share}",
    ]


FROM = f"{{path: {STORE}.open.from, levels: [2019-01-07, 2019-05-06]}}"
TO = f"{{path: {STORE}.open.to, levels: [2019-12-01, 2019-04-07]}}"


def test_levels_that_go_together_only_are_kept() -> None:
    late = f"{{path: {STORE}.open.from, levels: [2019-01-07, 2019-12-09]}}"
    later = f"{{path: {STORE}.open.to, levels: [2019-12-01, 2019-12-29]}}"
    no_promotion = f"set: {{{STORE}.price.imported.promotions.spring: null}}\n"
    pair = f"levers:\n  a: {late}\n  b: {later}\n"
    rows = "design: {kind: list, rows: [{}, {a: 2019-12-09, b: 2019-12-29}]}\n"
    assert len(asked(no_promotion + pair + rows).design.points) == 2
    alone = f"levers:\n  a: {late}\n"
    (message,) = said(no_promotion + alone + "design: {kind: grid}\n")
    assert message.startswith(
        "levers.a.levels.1: at 2019-12-09: toy: storefronts.faraway_on_bazaar.open.to: "
    )


def test_a_combination_without_sense_is_a_point_like_any_other() -> None:
    no_promotion = f"set: {{{STORE}.price.imported.promotions.spring: null}}\n"
    found = asked(no_promotion + f"levers:\n  a: {FROM}\n  b: {TO}\ndesign: {{kind: grid}}\n")
    assert len(found.design.points) == 4
    assert len(found.plan().by_point) == 4


def test_a_range_that_fits_nowhere_is_a_matter_of_its_place() -> None:
    (message,) = said(
        f"uncertainties: {{x: {{path: {STORE}.host, low: 0, high: 1}}}}\ndesign: {{kind: lhs, points: 2}}\n"
    )
    assert message.startswith(f"uncertainties.x.path: at 0: toy: {STORE}.host: found 0.0, expected a name")


def test_files_that_go_together_at_some_level_only(folder: Path) -> None:
    (folder / "stay.yaml").write_text(
        "extends: toy.yaml\nstorefronts: {faraway_on_bazaar: null}\ntime: {end: 2019-12-22}\n",
        encoding="utf-8",
    )
    levers = "levers: {end: {path: time.end, levels: [2019-12-22, 2019-12-29]}}\ndesign: {kind: grid}\n"
    assert len(asked(levers).plan().runs) == 10
    (message,) = said("levers: {x: {path: platforms.depot.trust, levels: [0.5]}}\ndesign: {kind: grid}\n")
    assert message == "against: toy and stay differ in time: their people cannot be compared one by one"


def test_both_sides_are_tried() -> None:
    (message,) = said(
        f"levers: {{x: {{options: {{a: {{}}, b: {{set: {{{STORE}: {{exposure: 0.1}}}}}}}}}}}}\n"
        "design: {kind: grid}\n"
    )
    assert message.startswith(
        f"levers.x.options.b.set.{STORE}: at b: stay: {STORE}: missing 'title', 'owner'"
    )
