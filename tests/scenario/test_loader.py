"""Loading: layers, merging, origins, quantities."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.scenario import Origin, Problem, Quantity, ScenarioError, load
from sim.scenario.reading.nodes import plain
from sim.scenario.reading.parse import read_text
from sim.scenario.reading.scalars import scalar

HERE = Path(__file__).parent
TOY = HERE / "toy.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toy.yaml").write_text(TOY.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    return 1 + path.read_text(encoding="utf-8").split(text)[0].count("\n")


def test_toy_loads_with_defaults_and_plain_tree() -> None:
    loaded = load(TOY)
    assert loaded.path == TOY
    assert loaded.scenario.time.start == date(2018, 1, 1)
    assert loaded.scenario.platforms["depot"].trust == 0.75
    assert loaded.tree["storefronts"]["faraway_on_bazaar"]["open"] == {
        "from": "2019-01-07",
        "to": "2019-12-01",
    }
    assert loaded.tree["storefronts"]["faraway_on_bazaar"]["exposure"] == 0.06
    assert "patches" not in loaded.tree
    assert not loaded.provenance


def test_loaded_scenario_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(TOY).path = Path()  # type: ignore[misc]


def test_origins_are_lines_and_columns_of_values() -> None:
    origins = load(TOY).origins
    line = line_of(TOY, "take_rate: 0.04")
    assert origins["platforms.bazaar.fees.take_rate"] == Origin(TOY.as_posix(), line, 23)
    assert "platforms.bazaar.trust" not in origins
    assert str(origins["schema"]) == f"{TOY.as_posix()}:3"


def test_quantities_keep_range_unit_source_and_note() -> None:
    quantities = load(TOY).quantities
    assert quantities["storefronts.faraway_on_bazaar.exposure"] == Quantity(
        0.06, (0.01, 0.25), "share", "assumption", "no public figure"
    )
    assert quantities["tiers.T5.income"].unit == "yuan/year"
    assert quantities["population.online_shoppers"].value == {
        "2018-01-01": 500000000,
        "2020-01-01": 700000000,
    }
    assert quantities["storefronts.faraway_on_bazaar.contract.commission"].unit == "share", "from the schema"


def test_plain_value_of_a_later_layer_drops_the_quantity() -> None:
    path = "storefronts.faraway_on_bazaar.exposure"
    loaded = load(TOY, sets=[f"{path}=0.1"])
    assert path not in loaded.quantities
    assert loaded.tree["storefronts"]["faraway_on_bazaar"]["exposure"] == 0.1


def test_quantity_of_a_later_layer_replaces_the_whole_quantity() -> None:
    loaded = load(TOY, ["visible"])
    assert loaded.quantities["storefronts.faraway_on_bazaar.exposure"] == Quantity(0.2, (0.1, 0.3), "share")


def test_quantity_for_one_tier() -> None:
    loaded = load(TOY, sets=["storefronts.faraway_on_bazaar.delivery_days.T5={value: 8, range: [7, 9]}"])
    assert loaded.quantities["storefronts.faraway_on_bazaar.delivery_days.T5"].range == (7, 9)
    assert loaded.scenario.storefronts["faraway_on_bazaar"].delivery_days == {"T1": 6, "T5": 8}


def test_units_follow_the_currency_of_the_scenario(folder: Path) -> None:
    toy = folder / "toy.yaml"
    toy.write_text(
        toy.read_text(encoding="utf-8").replace("unit: yuan/year", "unit: euro/year"), encoding="utf-8"
    )
    with pytest.raises(ScenarioError, match="expected 'yuan/year'"):
        load(toy)
    write(toy, toy.read_text(encoding="utf-8") + "currency: {name: euro}\n")
    assert load(toy).quantities["tiers.T5.income"].unit == "euro/year"


def test_order_of_the_layers(folder: Path) -> None:
    child = write(
        folder / "child.yaml",
        "title: Child\n"
        "extends: toy.yaml\n"
        "intercepts_from: solved.yaml\n"
        "intercepts: {depot: {daily: 0.9}}\n"
        "platforms: {depot: {trust: 0.61, authenticity: 0.62, browsing: 0.63, taste_spread: 0.64}}\n"
        "overrides: [first, second]\n"
        "patches:\n"
        "  first: {platforms.depot.authenticity: 0.7, platforms.depot.browsing: 0.7}\n"
        "  second: {platforms.depot.browsing: 0.8, platforms.depot.taste_spread: 0.8}\n"
        "  third: {platforms.depot.taste_spread: 0.9}\n",
    )
    write(
        folder / "solved.yaml",
        "provenance: {draws: 20, by: test}\nintercepts: {bazaar: {daily: 5}, depot: {daily: 6}}\n",
    )
    loaded = load(child, ["third"], ["platforms.depot.similarity=0.5"])
    depot = loaded.scenario.platforms["depot"]
    assert (depot.trust, depot.authenticity, depot.browsing) == (0.61, 0.7, 0.8)
    assert (depot.taste_spread, depot.similarity) == (0.9, 0.5)
    assert loaded.scenario.intercepts["bazaar"]["daily"] == 5, "solved intercepts win over the parent"
    assert loaded.scenario.intercepts["depot"]["daily"] == 0.9, "the file wins over solved intercepts"
    assert loaded.provenance == {"draws": 20, "by": "test"}
    origins = {path: str(origin) for path, origin in loaded.origins.items()}
    name = folder.as_posix()
    assert origins["title"] == f"{name}/child.yaml:1"
    assert origins["question"] == f"{name}/toy.yaml:5"
    assert origins["intercepts.bazaar.daily"] == f"{name}/solved.yaml:2"
    assert origins["platforms.depot.browsing"] == f"{name}/child.yaml:9"
    assert origins["platforms.depot.taste_spread"] == f"{name}/child.yaml:10"
    assert origins["platforms.depot.similarity"] == "--set platforms.depot.similarity=0.5"


def test_patches_are_inherited_and_replaced_by_name(folder: Path) -> None:
    child = write(
        folder / "child.yaml",
        "extends: toy.yaml\npatches: {visible: {storefronts.faraway_on_bazaar.exposure: 0.5}}\n",
    )
    store = load(child, ["cheap", "visible"]).scenario.storefronts["faraway_on_bazaar"]
    assert (store.price["imported"].index, store.exposure) == (0.85, 0.5)


def test_null_removes_an_inherited_entity(folder: Path) -> None:
    child = write(
        folder / "child.yaml",
        "extends: toy.yaml\nbrands: {faraway: null}\nstorefronts:\n"
        "  faraway_site: null\n  faraway_on_bazaar: ~\n",
    )
    scenario = load(child).scenario
    assert (scenario.brands, scenario.storefronts) == ({}, {})


ALONE = ("host=null", "exposure=0", "open.to=null", "contract.commission=0", "contract.deposit=0")
"""A storefront becomes an own site."""


def test_null_is_a_value_where_the_schema_has_it() -> None:
    name = "storefronts.faraway_on_bazaar"
    loaded = load(TOY, sets=[f"{name}.{s}" for s in ALONE])
    store = loaded.scenario.storefronts["faraway_on_bazaar"]
    assert (store.host, store.open.to) == (None, None)
    assert loaded.tree["storefronts"]["faraway_on_bazaar"]["host"] is None


def test_scalar_and_mapping_replace_each_other() -> None:
    days = "storefronts.faraway_on_bazaar.delivery_days"
    assert load(TOY, sets=[f"{days}=3"]).scenario.storefronts["faraway_on_bazaar"].delivery_days == 3
    site = "storefronts.faraway_site.delivery_days"
    loaded = load(TOY, sets=[site + "={T1: 9, T5: 11}"])
    assert loaded.scenario.storefronts["faraway_site"].delivery_days == {"T1": 9, "T5": 11}


def test_parent_in_the_folder_above_and_below(folder: Path) -> None:
    child = write(folder / "cases" / "child.yaml", "extends: ../toy.yaml\ntitle: Child\n")
    assert load(child).scenario.title == "Child"
    top = write(folder / "top.yaml", "extends: cases/child.yaml\n")
    assert load(top).scenario.title == "Child"


def test_parent_outside_is_refused_even_through_a_link(folder: Path) -> None:
    outside = write(folder / "outside.yaml", "schema: 1\n")
    inside = folder / "a" / "b"
    inside.mkdir(parents=True)
    os.symlink(outside, inside / "link.yaml")
    child = write(inside / "child.yaml", "extends: link.yaml\n")
    with pytest.raises(ScenarioError, match="leads outside"):
        load(child)


def test_cycle_names_the_files(folder: Path) -> None:
    a = write(folder / "a.yaml", "title: A\nextends: b.yaml\n")
    write(folder / "b.yaml", "extends: a.yaml\n")
    with pytest.raises(ScenarioError) as caught:
        load(a)
    (found,) = caught.value.problems
    assert (found.file, found.line, found.column) == (f"{folder.as_posix()}/b.yaml", 1, 10)
    assert found.message.count(".yaml") == 3


def test_file_of_intercepts_holds_nothing_else(folder: Path) -> None:
    child = write(folder / "child.yaml", "extends: toy.yaml\nintercepts_from: solved.yaml\n")
    write(folder / "solved.yaml", "intercept: {bazaar: {daily: 5}}\n")
    with pytest.raises(ScenarioError, match="unknown key 'intercept', did you mean 'intercepts'") as caught:
        load(child)
    assert caught.value.problems[0].file.endswith("solved.yaml")


def test_problem_of_a_parent_stands_in_the_parent(folder: Path) -> None:
    child = write(folder / "child.yaml", "extends: toy.yaml\nstorefronts: {faraway_site: {owner: farway}}\n")
    toy = folder / "toy.yaml"
    write(toy, toy.read_text(encoding="utf-8").replace("take_rate: 0.04", "take_rate: 4"))
    with pytest.raises(ScenarioError) as caught:
        load(child)
    assert [(Path(p.file).name, p.path) for p in caught.value.problems] == [
        ("child.yaml", "storefronts.faraway_site.owner"),
        ("toy.yaml", "platforms.bazaar.fees.take_rate"),
    ]


def test_exclusive_contracts_that_follow_each_other_are_fine(folder: Path) -> None:
    toy = folder / "toy.yaml"
    text = toy.read_text(encoding="utf-8").replace(
        "\nevents:\n",
        "  faraway_on_depot: {title: Depot shop, owner: faraway, host: depot, goods: {imported: 10},\n"
        "    open: {from: 2019-12-02, to: 2019-12-29}, delivery_days: 4, appeal_from: faraway_site,\n"
        "    contract: {exclusive: true}}\n\nevents:\n",
    )
    assert len(load(write(toy, text)).scenario.storefronts) == 3
    with pytest.raises(ScenarioError, match="exclusive, but 'faraway_on_bazaar' is open on 'bazaar'"):
        load(toy, sets=["storefronts.faraway_on_depot.open.from=2019-12-01"])


def test_too_many_storefronts(folder: Path) -> None:
    toy = folder / "toy.yaml"
    more = "".join(
        f"  shop{i}: {{title: x, owner: faraway, goods: {{imported: 1}}, delivery_days: 3}}\n"
        for i in range(40)
    )
    write(toy, toy.read_text(encoding="utf-8").replace("\nevents:\n", f"{more}\nevents:\n"))
    with pytest.raises(ScenarioError, match="42 storefronts, expected at most 20"):
        load(toy)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5_000_000", 5_000_000),
        ("1e-3", 0.001),
        ("2e4", 20_000),
        ("2.0", 2.0),
        ("-.5", -0.5),
        ("0x1F", 31),
        ("0o17", 15),
        ("010", 10),
        ("yes", "yes"),
        ("No", "No"),
        ("12:30:45", "12:30:45"),
        ("2019-11-25", "2019-11-25"),
        ("true", True),
        ("~", None),
        ("", None),
        (".inf", float("inf")),
        ("1.2.3", "1.2.3"),
        ("1" * 5000, float("inf")),
    ],
)
def test_scalars_of_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_keys_are_text_in_one_form() -> None:
    node = read_text("{1: a, 2018-01-01: b, 'on': c, null: d}", "x.yaml")
    assert node is not None
    assert list(plain(node)) == ["1", "2018-01-01", "on", "null"]
    with pytest.raises(ScenarioError, match="key '1' for the second time"):
        read_text("{1: a, 01: b}", "x.yaml")


def test_aliases_are_allowed_and_keep_their_own_place(folder: Path) -> None:
    toy = folder / "toy.yaml"
    text = toy.read_text(encoding="utf-8").replace("{T1: 5, T5: 7}", "&days {T1: 5, T5: 7}")
    write(toy, text.replace("delivery_days: 12", "delivery_days: *days"))
    assert load(toy).scenario.storefronts["faraway_site"].delivery_days == {"T1": 5, "T5": 7}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!%#'\"|>?, \n\t0.~\\@`<=\x07é"), max_size=40))
def test_any_text_either_parses_or_is_a_problem_with_a_place(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        read_text(text, "x.yaml")
    except ScenarioError as error:
        problems = error.problems
    assert all(p.line >= 1 and p.column >= 1 and p.message for p in problems)


def test_import_and_load_need_no_numpy_and_no_mesa() -> None:
    code = "import sys, sim.scenario; print(sorted({'numpy', 'mesa', 'numba'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parents[1]
    )
    assert done.stdout.strip() == "[]"
