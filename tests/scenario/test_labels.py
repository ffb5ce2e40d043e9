"""What a file says about itself: the scenario to compare it with, and its label."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import ScenarioError, load
from sim.scenario.reading.labels import label_fault, natural

TOY = (Path(__file__).parent / "toy.yaml").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toy.yaml").write_text(TOY, encoding="utf-8")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_baseline_is_a_path_that_opens_from_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "cases" / "child.yaml", "extends: ../toy.yaml\nagainst: ../toy.yaml\ncase: S4\n")
    monkeypatch.chdir(folder)
    for name in ("cases/child.yaml", folder / "cases" / "child.yaml"):
        loaded = load(name)
        assert loaded.against is not None
        assert load(loaded.against).scenario.title == "Toy market"
        assert loaded.case == "S4"
    assert {"against", "case"}.isdisjoint(loaded.tree)
    assert (load("toy.yaml").against, load("toy.yaml").case) == (None, "")


def test_only_what_the_file_says_itself_counts(folder: Path) -> None:
    write(folder / "parent.yaml", "extends: toy.yaml\nagainst: toy.yaml\ncase: S1\n")
    silent = load(write(folder / "silent.yaml", "extends: parent.yaml\n"))
    own = load(write(folder / "own.yaml", "extends: parent.yaml\nagainst: parent.yaml\ncase: S2\n"))
    assert (silent.against, silent.case) == (None, "")
    assert (own.against, own.case) == (folder / "parent.yaml", "S2")


def test_a_parent_may_name_a_baseline_that_is_gone(folder: Path) -> None:
    """It is no business of the child's."""
    parent = write(folder / "parent.yaml", "extends: toy.yaml\nagainst: gone.yaml\ncase: much too long\n")
    assert load(write(folder / "child.yaml", "extends: parent.yaml\n")).against is None
    with pytest.raises(ScenarioError) as caught:
        load(parent)
    assert [found.path for found in caught.value.problems] == ["against", "case"]


def test_two_files_may_name_each_other(folder: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        write(folder / f"{name}.yaml", f"extends: toy.yaml\nagainst: {other}.yaml\n")
    assert load(folder / "a.yaml").against == folder / "b.yaml"


def test_what_is_set_from_outside_does_not_touch_them(folder: Path) -> None:
    child = write(folder / "child.yaml", "extends: toy.yaml\nagainst: toy.yaml\ncase: S4\n")
    loaded = load(child, ["cheap"], ["platforms.depot.trust=0.5"])
    assert (loaded.against, loaded.case) == (folder / "toy.yaml", "S4")
    with pytest.raises(ScenarioError, match="unknown key 'case'"):
        load(child, sets=["case=S5"])


def test_labels_in_natural_order() -> None:
    labels = ["S10", "S2", "S3b", "S0x", "S3", "s0", "a", "S2.10", "S2.9"]
    assert sorted(labels, key=natural) == ["a", "s0", "S0x", "S2", "S2.9", "S2.10", "S3", "S3b", "S10"]


@pytest.mark.parametrize("label", ["S4", "a", "7", "S8b", "S2.10", "a_b-c.d1"])
def test_labels(label: str) -> None:
    assert label_fault(label) == ""


@pytest.mark.parametrize("label", ["", ".", "..", ".a", "-a", "a/b", "a b", "a\n", "123456789", "é", 4, None])
def test_what_is_no_label(label: object) -> None:
    assert "expected up to 8 letters" in label_fault(label)
