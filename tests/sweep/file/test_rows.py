"""Written points: which values a factor takes, what a row may leave out, how a table is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import Origin, ScenarioError
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.file.rows import SHOWN, read_table, refused, row_faults

X = Factor("x", low=0.5, high=2, base=1.0)
WHOLE = Factor("whole", low=1, high=9, whole=True, base=2)
NAMES = Factor("names", levels=("slow", "fast"), base="slow")
NUMBERS = Factor("numbers", levels=(0, 0.5), base=0)
TRUTH = Factor("truth", levels=(True, False), base=True)
EVERY = (X, WHOLE, NAMES, NUMBERS, TRUTH)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-2, 10),
    st.floats(-1, 10),
    st.sampled_from(["slow", "fast", "1", ""]),
    st.just(0.5),
)


@given(factor=st.sampled_from(EVERY), value=VALUES)
def test_what_a_row_may_say_is_what_a_design_takes(factor: Factor, value: Any) -> None:
    try:
        design("list", [factor], rows=[{factor.name: value}])
    except ValueError:
        taken = False
    else:
        taken = isinstance(value, bool) == (factor is TRUTH)  # a design takes 1 for true
    assert (refused(factor, value) == "") == taken


@pytest.mark.parametrize(
    ("factor", "value", "says"),
    [
        (X, 3, "found 3, expected a number from 0.5 to 2"),
        (X, None, "found nothing, expected a number from 0.5 to 2"),
        (WHOLE, 2.5, "found 2.5, expected a whole number from 1 to 9"),
        (NAMES, "fats", "found text 'fats', expected slow or fast, did you mean 'fast'?"),
        (NUMBERS, False, "found false, expected 0 or 0.5"),
        (TRUTH, 1, "found 1, expected true or false"),
    ],
)
def test_words_for_values(factor: Factor, value: Any, says: str) -> None:
    assert refused(factor, value) == says


def test_what_may_be_left_out() -> None:
    bare, odd = Factor("bare", low=0, high=1), Factor("odd", low=0, high=1, base=2)
    assert list(row_faults([{}], EVERY)) == []
    said = [message for _, _, message in row_faults([{}], (bare, odd))]
    assert said == [
        "leaves out 'bare', which has no single value in the scenario, expected its value",
        "leaves out 'odd', whose value in the scenario, 2, is not a number from 0 to 1",
    ]
    assert list(row_faults([{"bare": 0.1, "odd": 1}], (bare, odd))) == []


def test_a_long_table_of_nonsense_is_not_told_in_full() -> None:
    assert len(list(row_faults([{"x": 9}] * 1000, EVERY))) == SHOWN


def table(tmp_path: Path, text: str) -> list[dict[str, Any]]:
    file = tmp_path / "points.csv"
    file.write_text(text, encoding="utf-8")
    return read_table(file, EVERY, Origin("e.yaml", 3, 4), "design.file")


def test_a_table(tmp_path: Path) -> None:
    text = 'names,x , numbers\n"fast",1e0,.5\n\n slow,2,0\n'
    assert table(tmp_path, text) == [
        {"names": "fast", "x": 1, "numbers": 0.5},
        {"names": "slow", "x": 2, "numbers": 0},
    ]


def test_a_level_is_what_its_text_says(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("code,on\n01,true\n2,True\n", encoding="utf-8")
    factors = (Factor("code", levels=("01", "2")), Factor("on", levels=(True, False)))
    found = read_table(file, factors, Origin("e.yaml"), "design.file")
    assert found == [{"code": "01", "on": True}, {"code": "2", "on": True}]


def test_all_that_is_wrong_with_a_table(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        table(tmp_path, "x,names\n9,fast\n1,quick\n\n1,slow\nmuch,slow\n")
    assert [(p.line, p.column, p.path) for p in caught.value.problems] == [
        (2, 1, "x"),
        (3, 3, "names"),
        (6, 1, "x"),
    ]
    with pytest.raises(ScenarioError) as caught:
        table(tmp_path, "x,y,x\n1\n")
    assert [(p.line, p.column) for p in caught.value.problems] == [(1, 3), (1, 5)]


def test_tables_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"e.yaml:3:4: design.file: no such file"):
        read_table(tmp_path / "no.csv", EVERY, Origin("e.yaml", 3, 4), "design.file")
    with pytest.raises(ScenarioError, match="no such file"):
        read_table(tmp_path / "nowhere" / "no.csv", EVERY, Origin("e.yaml", 3, 4), "design.file")
