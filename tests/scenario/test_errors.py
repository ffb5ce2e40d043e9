"""A corpus of malformed scenarios: each has one problem, at the right place, with the right advice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sim.scenario import Origin, Problem, ScenarioError, load
from sim.scenario.errors import closest, listed, problem, sentence, unknown

HERE = Path(__file__).parent
TOY = (HERE / "toy.yaml").read_text(encoding="utf-8")
CORPORA = {"toy.yaml": "malformed.yaml", "moves.yaml": "malformed_moves.yaml"}
CASES = {
    (base, name): case
    for base, corpus in CORPORA.items()
    for name, case in YAML(typ="safe", pure=True).load((HERE / corpus).read_text(encoding="utf-8")).items()
}
MARK = "@@"


def problems_of(path: Path, *sets: str) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load(path, sets=sets)
    return caught.value.problems


def changed(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def edited(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(changed(TOY, *edits), encoding="utf-8")
    return path


def marked(base: str, case: dict[str, Any]) -> str:
    """The text of a case with its only mark."""
    edits = [(case["old"], case["new"]), *([case["also"]] if "also" in case else [])]
    text = changed((HERE / base).read_text(encoding="utf-8"), *edits)
    if "at" in case:
        text = changed(text, (case["at"].replace(MARK, ""), case["at"]))
    assert text.count(MARK) == 1
    return text


@pytest.mark.parametrize(("base", "name"), CASES)
def test_malformed_scenario_has_one_problem(base: str, name: str, tmp_path: Path) -> None:
    case = CASES[base, name]
    (tmp_path / "toy.yaml").write_text(TOY, encoding="utf-8")
    path = tmp_path / "case.yaml"
    text = marked(base, case)
    path.write_text(text.replace(MARK, ""), encoding="utf-8")
    (found,) = problems_of(path)
    before = text.partition(MARK)[0]
    place = before.count("\n") + 1, len(before) - before.rfind("\n")
    assert (found.file, found.path) == (path.as_posix(), case["path"]), str(found)
    assert case["says"] in found.message
    assert (found.line, found.column) == place, str(found)


def test_corpus_is_large_and_says_something() -> None:
    assert len(CASES) >= 200
    assert all(case["says"] for case in CASES.values())


def test_all_problems_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("take_rate: 0.04", "take_rate: 4"),
        ("host: bazaar", "host: bazar"),
        ("start: 2018-01-01", "start: 2018-01-02"),
        ("unit: yuan/year", "unit: dollar/year"),
        ("    title: Depot\n", "    titel: Depot\n    colour: '#00aa00'\n"),
    )
    found = problems_of(path)
    assert [p.path for p in found] == [
        "time.start",
        "tiers.T5.income.unit",
        "platforms.bazaar.fees.take_rate",
        "platforms.depot.titel",
        "storefronts.faraway_on_bazaar.host",
    ]
    assert [p.line for p in found] == sorted(p.line for p in found)


def test_meaning_is_checked_beside_faulty_values_that_have_defaults(tmp_path: Path) -> None:
    path = edited(tmp_path, ("hazard: 0.001", "hazrd: 0.001"), ("host: bazaar", "host: bazar"))
    assert [p.path for p in problems_of(path)] == [
        "platforms.bazaar.access.hazrd",
        "storefronts.faraway_on_bazaar.host",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file, expected a mapping"),
        ("# nothing but a comment\n", "an empty file, expected a mapping"),
        ("- schema: 1\n", "not a mapping, expected lines 'key: value'"),
        ("%YAML 1.1\n---\nschema: 1\n", "a directive (%)"),
        ("a: &x [1]\nb: [" + "*x, " * 400 + "]\n", "too many aliases, expected at most 300"),
        ("a: &x [*x]\n", "alias *x without an anchor &x before it"),
        ("a: " + "[" * 100 + "]" * 100 + "\n", "nested more than 40 deep"),
        ("title: a\x07\n", "a control character, expected plain text"),
    ],
)
def test_files_that_are_no_scenarios(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    (found,) = problems_of(path)
    assert message in found.message
    assert found.line >= 1


def test_aliases_of_aliases_do_not_explode(tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    path = tmp_path / "case.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    (found,) = problems_of(path)
    assert "too many aliases" in found.message


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "market.yaml").write_bytes(b"title: \xff\n")
    (tmp_path / "large.yaml").write_bytes(b"#" * 2_000_001)
    said = {
        name: str(*problems_of(tmp_path / name)) for name in ("marke.yaml", "market.yaml", "large.yaml", "")
    }
    assert "no such file" in said["marke.yaml"]
    assert "did you mean 'market.yaml'?" in said["marke.yaml"]
    assert "is not UTF-8 text (byte 7)" in said["market.yaml"]
    assert "is larger than 2 MB" in said["large.yaml"]
    assert "cannot read" in said[""]


@pytest.mark.parametrize(
    ("assignment", "path", "message"),
    [
        ("platforms.bazaar.trsut=1", "platforms.bazaar.trsut", "unknown key 'trsut', did you mean 'trust'?"),
        ("platfroms.bazaar.trust=1", "platfroms", "unknown key 'platfroms', did you mean 'platforms'?"),
        ("platforms.bazar.trust=1", "platforms.bazar.trust", "unknown name 'bazar', did you mean 'bazaar'?"),
        ("platforms.bazaar.trust.x=1", "platforms.bazaar.trust.x", "a value has no 'x' below it"),
        ("platforms.bazaar.trust=2", "platforms.bazaar.trust", "found 2, expected a number from 0 to 1"),
        ("platforms.bazaar.trust=[1", "platforms.bazaar.trust", "a bracket that is never closed"),
        ("platforms.bazaar.trust", "", "sets nothing, expected a path and a value, like a.b=c"),
        ("brands.farawy=null", "brands.farawy", "there is no 'farawy', did you mean 'faraway'?"),
        ("storefronts.faraway_site.goods.importd=5", "storefronts.faraway_site.goods.importd", "'imported'?"),
    ],
)
def test_assignments(assignment: str, path: str, message: str) -> None:
    (found,) = problems_of(HERE / "toy.yaml", assignment)
    assert found.file == "--set"
    assert found.path.startswith(path)
    assert message in found.message
    assert str(found).startswith("--set: ")


def test_message_and_order_of_problems() -> None:
    first, second = Problem("a.yaml", 2, 3, "x.y", "bad"), Problem("a.yaml", 10, 1, "", "worse")
    error = ScenarioError([second, first, second])
    assert str(error) == "a.yaml:2:3: x.y: bad\na.yaml:10:1: worse"
    assert problem(Origin("--set a=1"), "a", "bad") == Problem("--set", 0, 0, "a", "bad")


def test_words() -> None:
    assert closest("Bazar", ["bazaar", "depot"]) == "bazaar"
    assert closest("zzz", ["bazaar"]) is None
    assert [listed(["a"]), listed(["a", "b"]), listed("abc", "and")] == ["a", "a or b", "a, b and c"]
    assert listed(map(str, range(20))).endswith("11, ...")
    assert sentence("found 3", "text", "three") == "found 3, expected text, did you mean 'three'?"
    assert unknown("brand", "x", []) == "unknown brand 'x'"
