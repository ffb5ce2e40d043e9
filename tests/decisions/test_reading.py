"""Question files: what is wrong is said at its place, with the nearest name; a sound one is laid out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.decisions.reading import load
from sim.scenario import Problem, ScenarioError
from sim.scenario.changes import Assignment
from tests.decisions import tiny

SHOP = "storefronts.faraway_on_north"
PATH = "storefronts.faraway_on_north.open.to"
LONG = "long: {title: Eight weeks on North, set: {storefronts.faraway_on_north.open.to: 2021-03-21}}"


def problems(folder: Path, *edits: tuple[str, str], **files: str) -> tuple[Problem, ...]:
    file = tiny.write(folder, *edits, **files)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    return caught.value.problems


def line_of(folder: Path, text: str) -> int:
    """Line of a text that stands once in the question, from 1."""
    whole = (folder / "tiny.yaml").read_text(encoding="utf-8")
    assert whole.count(text) == 1, text
    return whole[: whole.index(text)].count("\n") + 1


MISTAKES: dict[str, tuple[tuple[str, str], str, str, str]] = {
    # what is edited, where it is told, a text of the line, what is said
    "asked": (
        ("options: [short, long], edges", "options: [short, lung], edges"),
        "asked.length.options.1", "[short, lung]", "unknown option 'lung', did you mean 'long'?",
    ),
    "asked_first": (
        ("options: [short, on_south, again]", "options: [shirt, on_south, again]"),
        "asked.place.options.0", "shirt", "unknown option 'shirt', did you mean 'short'?",
    ),
    "edges": (
        ("edges: {long: Nothing", "edges: {lang: Nothing"),
        "asked.length.edges.lang", "lang: Nothing", "unknown option 'lang', did you mean 'long'?",
    ),
    "recommend": (
        ("recommend: [short, long, on_south]", "recommend: [short, long, on_sooth]"),
        "recommend.2", "on_sooth", "unknown option 'on_sooth', did you mean 'on_south'?",
    ),
    "recommend_one": (
        ("recommend: [short, long, on_south]", "recommend: [stay]"),
        "recommend.0", "[stay]", "unknown option 'stay', expected short, again, long, on_south, rule or",
    ),
    "terms": (
        ("terms:\n  option: short", "terms:\n  option: shrt"),
        "terms.option", "option: shrt", "unknown option 'shrt', did you mean 'short'?",
    ),
    "hosts": (
        ("hosts: [short, on_south]", "hosts: [short, on_suth]"),
        "terms.hosts.1", "on_suth", "did you mean 'on_south'?",
    ),
    "game": (
        ("entrant: [short, long, on_south]", "entrant: [short, longer, on_south]"),
        "game.entrant.1", "[short, longer", "unknown option 'longer', did you mean 'long'?",
    ),
    "rule": (("option: rule", "option: rul"), "afterwards.option", "option: rul", "did you mean 'rule'?"),
    "dixit": (("dixit: dixit", "dixit: dixt"), "afterwards.dixit", "dixt", "did you mean 'dixit'?"),
    "naive": (("naive: short", "naive: shor"), "afterwards.naive", "naive", "did you mean 'short'?"),
    "stay": (("stay: long", "stay: lng"), "afterwards.stay", "stay: lng", "did you mean 'long'?"),
    "reserved": (
        (LONG, LONG + "\n  stay_out: {title: The baseline}"),
        "options.stay_out", "stay_out: {", "'stay_out' is the name of the baseline",
    ),
    "like_nothing": (
        ("like: short", "like: shorts"),
        "options.again.like", "like: shorts", "unknown option 'shorts', did you mean 'short'?",
    ),
    "like_itself": (
        ("like: short", "like: again"),
        "options.again.like", "like: again", "leads back to the option itself",
    ),
    "no_place": (
        (PATH + ": 2021-03-21", "storefronts.faraway_on_north.opn.to: 2021-03-21"),
        "options.long.set.storefronts.faraway_on_north.opn.to", "opn.to", "did you mean 'open'?",
    ),
    "no_such_store": (
        (PATH + ": 2021-03-21", "storefronts.faraway_on_noth.open.to: 2021-03-21"),
        "options.long.set.storefronts.faraway_on_noth.open.to", "faraway_on_noth",
        "did you mean 'faraway_on_north'?",
    ),
    "no_commission": (
        ("contract.commission\n", "contract.comission\n"),
        "terms.commission", "comission", "did you mean 'commission'?",
    ),
    "no_place_clause": (
        ("contract.site_link: 0}}", "contract.sitelink: 0}}"),
        f"terms.clauses.link.set.{SHOP}.contract.sitelink", "sitelink", "unknown key 'sitelink'",
    ),
    "no_place_terms": (
        ("much: {title: Much, commission: nash, set: {storefronts.faraway_on_north.exposure",
         "much: {title: Much, commission: nash, set: {storefronts.faraway_on_noth.exposure"),
        "game.terms.much.set.storefronts.faraway_on_noth.exposure", "faraway_on_noth",
        "did you mean 'faraway_on_north'?",
    ),
    "out_of_bounds": (
        (LONG, "long: {title: Too much, set: {storefronts.faraway_on_north.exposure: 1.5}}"),
        f"options.long.set.{SHOP}.exposure", "Too much", "from 0 to 1",
    ),
    "out_of_bounds_clause": (
        ("contract.guarantee: 200_000_000", "contract.guarantee: -1"),
        f"terms.clauses.guarantee.set.{SHOP}.contract.guarantee", "guarantee: -1", "at least 0",
    ),
    "out_of_bounds_terms": (
        ("little: {title: Little, commission: 0.02, set: {storefronts.faraway_on_north.exposure: 0.2}}",
         "little: {title: Little, commission: 0.02, set: {storefronts.faraway_on_north.exposure: 2}}"),
        f"game.terms.little.set.{SHOP}.exposure", "title: Little", "from 0 to 1",
    ),
    "answer": (
        ("platform: south", "platform: sauth"),
        "game.answers.match.set.reactions.match", "reactions.match:", "did you mean 'south'?",
    ),
    "host": (
        ("faraway_on_north.host: south", "faraway_on_north.host: sowth"),
        f"options.on_south.set.{SHOP}.host", "sowth", "did you mean 'south'?",
    ),
    "key": (("entrant: faraway\n", "entrnt: faraway\n"), "entrnt", "entrnt", "did you mean 'entrant'?"),
    "option_key": (
        (LONG, LONG.replace("set:", "sett:")), "options.long.sett", "sett:", "did you mean 'set'?",
    ),
    "commission": (("commission: nash", "commission: nesh"), "game.terms.much.commission", "nesh", "nash"),
    "tried": (("tried: [0, 0.05, 0.1]", "tried: [0, 0.05, 1.1]"), "terms.tried.2", "1.1", "from 0 to 1"),
    "unknowns": (
        ("unknowns: unknowns.yaml", "unknowns: unknown.yaml"), "unknowns", "unknown.yaml", "unknown.yaml",
    ),
    "parameters": (
        ("parameters: markets.yaml", "parameters: market.yaml"), "markets.parameters", "market.yaml",
        "market.yaml",
    ),
    "surviving": (
        ("surviving: surviving.csv", "surviving: survived.csv"), "markets.surviving", "survived.csv",
        "survived.csv",
    ),
    "central": (
        ("central: central.csv", "central: centre.csv"), "markets.central", "centre.csv", "centre.csv",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_at_its_place(name: str, tmp_path: Path) -> None:
    edit, path, text, says = MISTAKES[name]
    (found,) = problems(tmp_path, edit)
    assert found.path == path, str(found)
    assert says in found.message, str(found)
    assert Path(found.file) == tmp_path / "tiny.yaml"
    assert found.line == line_of(tmp_path, text), str(found)
    assert str(found).startswith(f"{found.file}:{found.line}:")


def test_a_circle_of_likes_is_told_at_every_option_in_it(tmp_path: Path) -> None:
    edits = [
        ("short: {title: Four weeks on North}", "short: {title: Four weeks on North, like: on_south}"),
        ("on_south: {title: The same on South,", "on_south: {title: The same on South, like: again,"),
    ]
    found = problems(tmp_path, *edits)
    assert [one.path for one in found] == [f"options.{name}.like" for name in ("short", "again", "on_south")]
    assert {one.message for one in found} == {"leads back to the option itself"}


def test_an_option_like_one_in_a_circle_is_not_in_it(tmp_path: Path) -> None:
    edits = [("like: short", "like: again"), (LONG, LONG.replace("set:", "like: again, set:"))]
    assert [one.path for one in problems(tmp_path, *edits)] == ["options.again.like"]


@pytest.mark.parametrize("table", ["surviving", "central"])
def test_a_table_needs_a_column_for_every_parameter_and_a_row(table: str, tmp_path: Path) -> None:
    for text, says in (("levels\n0.1\n", "no column level"), ("level\n", "no rows")):
        (found,) = problems(tmp_path, **{table: text})
        assert (found.path, found.message) == (f"markets.{table}", says)
        assert found.line == line_of(tmp_path, "surviving: surviving.csv")


def test_unknowns_need_a_scenario_and_a_baseline(tmp_path: Path) -> None:
    alone = tiny.FILES["unknowns.yaml"].replace("against: home.yaml\n", "")
    (found,) = problems(tmp_path, unknowns=alone)
    assert (found.path, found.line) == ("unknowns", line_of(tmp_path, "unknowns: unknowns.yaml"))
    assert "`scenario` and `against`" in found.message


def test_what_is_unknown_is_no_parameter_of_the_markets(tmp_path: Path) -> None:
    both = tiny.FILES["unknowns.yaml"].replace("  known:", "  level:")
    (found,) = problems(tmp_path, unknowns=both)
    assert (found.path, found.message) == ("unknowns", "'level' is also a parameter of the markets")


def test_problems_of_a_file_that_is_named_stand_in_that_file(tmp_path: Path) -> None:
    wrong = tiny.FILES["unknowns.yaml"].replace("exposure, low: 0.1", "expsure, low: 0.1")
    (found,) = problems(tmp_path, unknowns=wrong)
    assert Path(found.file).name == "unknowns.yaml"
    assert "did you mean 'exposure'?" in found.message
    wrong = tiny.FILES["shop.yaml"].replace("exposure: 0.5", "exposure: 5")
    (found,) = problems(tmp_path, shop=wrong)
    assert Path(found.file).name == "shop.yaml"


def test_all_names_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    edits = [MISTAKES[name][0] for name in ("asked", "recommend", "hosts", "naive", "game")]
    found = problems(tmp_path, *edits)
    assert [one.path for one in found] == [
        MISTAKES[name][1] for name in ("asked", "recommend", "hosts", "naive", "game")
    ]
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_all_keys_and_all_values_are_told_at_once(tmp_path: Path) -> None:
    names: tuple[str, ...] = ("key", "option_key", "tried")
    found = problems(tmp_path, *(MISTAKES[name][0] for name in names))
    assert {one.path for one in found} >= {MISTAKES[name][1] for name in names}
    names = ("out_of_bounds", "out_of_bounds_clause", "out_of_bounds_terms", "host", "answer")
    found = problems(tmp_path, *(MISTAKES[name][0] for name in names))
    wanted = {MISTAKES[name][1] for name in names}
    assert {one.path for one in found} >= wanted
    names = ("no_place", "no_place_clause", "no_place_terms", "like_nothing")
    found = problems(tmp_path, *(MISTAKES[name][0] for name in names))
    assert {one.path for one in found} == {MISTAKES[name][1] for name in names}


def test_a_wrong_setting_is_told_where_it_stands_not_at_what_is_like_it(tmp_path: Path) -> None:
    """`rule` and `dixit` are like `long`; `again` has a mistake of its own."""
    own = ("faraway_on_north.exposure: 0.5}}", "faraway_on_north.exposure: -0.5}}")
    found = problems(tmp_path, MISTAKES["out_of_bounds"][0], own)
    assert [one.path for one in found] == [
        f"options.{name}.set.{SHOP}.exposure" for name in ("again", "long")
    ]


# --- a sound file --------------------------------------------------------------------------------


def test_likes_come_first_then_the_own_settings(tmp_path: Path) -> None:
    own = "like: short, set: {storefronts.faraway_on_north.exposure: 0.5}}"
    chained = (own, "like: dixit, set: {storefronts.faraway_on_north.open.to: 2021-03-14}}")
    made = tiny.question(tmp_path, chained)
    to = "storefronts.faraway_on_north.open.to"
    assert [one.path for one in made.options["again"]] == [to, "policies.leave", to]
    assert made.options["again"][:2] == made.options["dixit"]
    assert made.options["again"][0] == made.options["long"][0]
    shop = made.work(made.options, 100).scenario("again", {}).storefronts["faraway_on_north"]
    assert str(shop.open.to) == "2021-03-14", "the last one counts"
    assert made.options["short"] == ()


def test_quantities_are_their_values(tmp_path: Path) -> None:
    edit = ("faraway_on_north.exposure: 0.5}}", "faraway_on_north.exposure: {value: 0.5, source: made up}}}")
    assert tiny.question(tmp_path, edit).options["again"] == (Assignment(f"{SHOP}.exposure", 0.5),)


def test_the_central_market_is_the_row_of_its_table(tmp_path: Path) -> None:
    made = tiny.question(tmp_path)
    assert made.central == {"level": 0.05}
    assert made.surviving.level.tolist() == [0.1, -0.1, 0.2]
    assert made.name == "tiny"
    assert set(made.clauses) == {"link", "guarantee"}
    assert set(made.terms) == {"little", "much"}
    assert made.answers["nothing"] == ()


def test_without_game_and_rule(tmp_path: Path) -> None:
    text = tiny.FILES["tiny.yaml"]
    start, end = text.index("afterwards:\n  option"), text.index("tests:\n")
    made = tiny.question(tmp_path, (text[start:end], ""))
    assert made.spec.game is None
    assert made.spec.afterwards is None
    assert dict(made.terms) == dict(made.answers) == {}


def test_the_question_of_the_repository_is_sound() -> None:
    made = load(Path(__file__).parents[2] / "scenarios" / "questions" / "popup_2019.yaml")
    assert set(made.spec.recommend) <= set(made.options)
    assert made.commission == 0.03
