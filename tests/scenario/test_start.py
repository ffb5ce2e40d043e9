"""Scenarios that start from a state of another: where the file lies, what must agree."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from sim.scenario import ScenarioError, load
from sim.scenario.schema import StartFrom
from tests.problems import problems, said

HERE = Path(__file__).parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("toy.yaml", "moves.yaml"):
        (tmp_path / name).write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_start_is_a_path_that_opens_from_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "cases" / "child.yaml", "extends: ../moves.yaml\ntitle: Child\n")
    monkeypatch.chdir(folder)
    for name in ("moves.yaml", "cases/child.yaml", folder / "cases" / "child.yaml"):
        loaded = load(name)
        start = loaded.scenario.start_from
        assert start is not None
        assert start.on == date(2019, 1, 7)
        assert load(start.scenario).scenario.title == "Toy market"
        assert loaded.tree["start_from"]["scenario"] == start.scenario
    assert load("moves.yaml").scenario.start_from == StartFrom(scenario="toy.yaml", on=date(2019, 1, 7))


def test_start_is_named_beside_the_file_that_names_it(folder: Path) -> None:
    write(folder / "cases" / "history.yaml", "extends: ../toy.yaml\ntitle: History\n")
    named = "start_from: {scenario: history.yaml, on: 2019-01-07}\n"
    child = write(folder / "cases" / "child.yaml", f"extends: ../toy.yaml\n{named}")
    top = write(folder / "top.yaml", "extends: cases/child.yaml\n")
    patched = write(
        folder / "patched.yaml",
        "extends: cases/child.yaml\noverrides: [other]\npatches: {other: {start_from.scenario: toy.yaml}}\n",
    )
    titles = {}
    for path in (child, top, patched):
        start = load(path).scenario.start_from
        assert start is not None
        titles[path.name] = load(start.scenario).scenario.title
    assert titles == {"child.yaml": "History", "top.yaml": "History", "patched.yaml": "Toy market"}


def test_start_of_an_assignment_is_named_beside_the_file(folder: Path) -> None:
    write(folder / "past.yaml", "extends: toy.yaml\n")
    loaded = load(folder / "toy.yaml", sets=["start_from={scenario: past.yaml, on: 2019-02-04}"])
    assert loaded.scenario.start_from is not None
    assert loaded.scenario.start_from.scenario == (folder / "past.yaml").as_posix()
    (found,) = problems(folder / "toy.yaml", "start_from={scenario: pst.yaml, on: 2019-02-04}")
    assert (found.file, found.line) == ("--set", 0)
    assert "did you mean 'past.yaml'?" in found.message


def test_changed_file_may_start_from_itself_as_it_is_written(folder: Path) -> None:
    itself = "start_from={scenario: toy.yaml, on: 2019-02-04}"
    assert said(folder / "toy.yaml", itself, "behaviour.habit_weight=2") == []
    patch = (
        "  branch: {start_from.scenario: toy.yaml, start_from.on: 2019-02-04, behaviour.habit_weight: 2}\n"
    )
    toy = folder / "toy.yaml"
    write(toy, toy.read_text(encoding="utf-8") + patch)
    start = load(toy, ["branch"]).scenario.start_from
    assert start is not None
    assert load(start.scenario).scenario.behaviour.habit_weight == 1.2
    always = write(
        folder / "always.yaml",
        "extends: toy.yaml\noverrides: [always]\n"
        "patches: {always: {start_from: {scenario: always.yaml, on: 2019-02-04}}}\n",
    )
    (found,) = problems(always, "title=Other")
    assert found.message.startswith("a cycle: ")


def test_start_may_start_from_another(folder: Path) -> None:
    chain = "start_from: {scenario: moves.yaml, on: 2019-02-04}\n"
    third = write(folder / "third.yaml", f"extends: moves.yaml\n{chain}")
    assert said(third) == []
    (found,) = said(third, "start_from.on=2019-01-07")
    assert found.startswith("start_from.on: 2019-01-07 comes before any week of '")
    assert found.endswith("moves.yaml', expected a Monday after 2019-01-07")


def test_cycle_of_starts_is_refused_where_it_closes(folder: Path) -> None:
    first = write(folder / "a.yaml", "extends: toy.yaml\nstart_from: {scenario: b.yaml, on: 2019-02-04}\n")
    write(folder / "b.yaml", "extends: toy.yaml\nstart_from: {scenario: a.yaml, on: 2019-01-07}\n")
    (found,) = problems(first)
    assert (found.file, found.line, found.column) == (f"{folder.as_posix()}/b.yaml", 2, 24)
    assert found.path == "start_from.scenario"
    assert found.message.count(".yaml") == 3


def test_start_inherited_from_the_parent_that_it_names_is_a_cycle(folder: Path) -> None:
    base = write(
        folder / "base.yaml", "extends: toy.yaml\nstart_from: {scenario: past.yaml, on: 2019-02-04}\n"
    )
    past = write(folder / "past.yaml", "extends: base.yaml\n")
    (found,) = problems(base)
    assert "a cycle: " in found.message
    write(past, "extends: base.yaml\nstart_from: null\n")
    assert said(base) == []


def test_problems_of_the_start_stand_under_its_own_name(folder: Path) -> None:
    toy = folder / "toy.yaml"
    write(toy, toy.read_text(encoding="utf-8") + "subsidies: {x: {platform: bazar, depth: {}, rounds: {}}}\n")
    child = write(
        folder / "child.yaml",
        "extends: moves.yaml\nsubsidies: {x: null}\nstart_from: {scenario: toy.yaml, on: 2019-01-07}\n"
        "platforms: {bazaar: {trust: 2}}\n",
    )
    found = [(Path(p.file).name, p.path) for p in problems(child)]
    assert found == [
        ("child.yaml", "platforms.bazaar.trust"),
        ("toy.yaml", "subsidies.x.platform"),
        ("toy.yaml", "subsidies.x.depth"),
        ("toy.yaml", "subsidies.x.rounds"),
    ]


def test_start_through_a_link_that_leads_outside_is_refused(folder: Path) -> None:
    inside = folder / "a" / "b"
    inside.mkdir(parents=True)
    os.symlink(folder / "toy.yaml", inside / "link.yaml")
    child = write(inside / "child.yaml", "start_from: {scenario: link.yaml, on: 2019-01-07}\n")
    with pytest.raises(ScenarioError, match="leads outside"):
        load(child)


@pytest.mark.parametrize(
    ("sets", "words"),
    [
        (
            "categories.rare={needs_per_week: 0.1, order_value: 9, price_coefficient: 1}",
            "categories: daily, imported and rare, but daily and imported in",
        ),
        (
            "tiers.T9={shoppers: 1, interested: 1, income: 9, spend_per_shopper: 1}",
            "tiers: T1, T5 and T9, but T1 and T5 in",
        ),
        ("population.consumers=2001", "population.consumers: 2001, but 2000 in"),
        ("network.contacts=10", "network.contacts: 10, but 8 in"),
        ("tiers.T1.shoppers=1.5", "tiers.T1.shoppers: 1.5, but 1 in"),
        ("time.start=2018-01-08", "time.start: 2018-01-08, but 2018-01-01 in"),
    ],
)
def test_people_and_weeks_must_be_the_same(folder: Path, sets: str, words: str) -> None:
    child = write(
        folder / "child.yaml", "extends: toy.yaml\nstart_from: {scenario: toy.yaml, on: 2019-01-07}\n"
    )
    evenly = [
        "storefronts.faraway_on_bazaar.delivery_days=6",
        "platforms.bazaar.assortments.imported.delivery_days=5",
        "platforms.depot.assortments.daily.delivery_days=1",
        "intercepts.bazaar.imported=0.1",
    ]  # numbers by tier would miss the new tier
    found = said(child, sets, *evenly)
    assert len(found) == 1, found
    assert found[0].startswith(words)
    assert found[0].endswith("where this one starts from, expected the same in both")


def test_order_of_tiers_must_be_the_same(folder: Path) -> None:
    toy = folder / "toy.yaml"
    text = toy.read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines(keepends=True) if line.startswith("  T1: {title: big")]
    turned = text.replace(row, "").replace("\ncategories:\n", f"{row}\ncategories:\n", 1)
    child = write(folder / "child.yaml", turned + "start_from: {scenario: toy.yaml, on: 2019-01-07}\n")
    (found,) = said(child)
    assert found.startswith("tiers: T5 and T1, but T1 and T5 in")


def test_titles_may_differ(folder: Path) -> None:
    child = write(
        folder / "child.yaml",
        "extends: toy.yaml\nstart_from: {scenario: toy.yaml, on: 2019-01-07}\n"
        "title: Other\ntiers: {T1: {title: large cities}}\n",
    )
    assert said(child) == []


def test_whoever_solves_numbers_may_start_from_an_unsolved_scenario(folder: Path) -> None:
    write(
        folder / "bare.yaml",
        "extends: moves.yaml\nlisting_costs: {bazaar: null, depot: null, faraway_market: null}\n",
    )
    child = write(
        folder / "child.yaml", "extends: bare.yaml\nstart_from: {scenario: bare.yaml, on: 2019-02-04}\n"
    )
    assert load(child, solved=False).scenario.listing_costs == {}
    assert all("no listing cost" in words for words in said(child))
    assert len(said(child)) == 3, "the same three in both, at the same places"
