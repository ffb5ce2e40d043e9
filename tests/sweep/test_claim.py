"""Whose folder it is: what is accepted, refused, and said."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.sweep import claim as module
from sim.sweep.claim import claim, different, factors_of
from sim.sweep.designs import Design
from sim.sweep.experiment import Experiment
from sim.sweep.factors import Factor
from sim.sweep.results import open_experiment
from sim.sweep.runs import Draws
from sim.sweep.store import NOTE, PLAN, Folder, StoreError, write_table
from tests.sweep.toys import Toy, double, experiment, of

TREES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda tree: st.dictionaries(st.text(max_size=3), tree, max_size=3) | st.lists(tree, max_size=3),
    max_leaves=8,
)


def begin(path: Path, made: Experiment, **options: Any) -> None:
    claim(Folder(path), made, made.plan(), **options)


def test_an_empty_folder_gets_a_note_and_a_plan(tmp_path: Path) -> None:
    made = experiment(Toy(), range(3), replications=2)
    begin(tmp_path / "deep" / "new", made)
    results = open_experiment(tmp_path / "deep" / "new")
    assert (results.note["name"], results.outcomes, results.factors) == ("toys", ["y", "z"], made.factors)
    assert results.plan().run_id.tolist() == [run.id for run in made.plan().runs]
    assert results.plan().x.tolist() == [0, 0, 1, 1, 2, 2]


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    begin(tmp_path, experiment(Toy()))
    before = [(file.name, file.stat().st_mtime_ns) for file in sorted(tmp_path.iterdir())]
    begin(tmp_path, experiment(Toy(nap=1.0), run_seconds=5.0))
    assert [(file.name, file.stat().st_mtime_ns) for file in sorted(tmp_path.iterdir())] == before


def test_another_experiment_is_refused_with_the_differences(tmp_path: Path) -> None:
    begin(tmp_path, experiment(Toy(), range(3)))
    with pytest.raises(StoreError) as caught:
        begin(tmp_path, experiment(Toy(), range(4), replications=2))
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("holds another experiment, take another folder; it differs in")
    assert [line.strip() for line in lines[1:]] == [
        "design: [0, 1, 2] there, [0, 1, 2, 3] now",
        "replications: 1 there, 2 now",
    ]


def test_of_many_differences_some_are_shown(tmp_path: Path) -> None:
    made = experiment(Toy())
    begin(tmp_path, replace(made, about={str(k): "short" for k in range(20)}))
    with pytest.raises(StoreError) as caught:
        begin(tmp_path, replace(made, about={str(k): "long" * 20 for k in range(20)}))
    lines = str(caught.value).splitlines()
    assert lines[1].strip() == f"0: short there, {'long' * 10}... now"
    assert (len(lines), lines[-1].strip()) == (14, "and 8 more")


@given(TREES, TREES)
def test_trees_differ_or_are_the_same(one: Any, other: Any) -> None:
    assert list(different(one, one)) == []
    assert bool(list(different(one, other))) == (one != other)
    assert len(list(different(one, other))) == len(list(different(other, one)))


def test_the_same_words_with_other_points_are_another_experiment(tmp_path: Path) -> None:
    # a function's description says how many points there are, not which
    begin(tmp_path, of(double, range(4)))
    for extend in (False, True):
        with pytest.raises(
            StoreError, match=r"described alike, it has other points|4 of its 4 runs are not in"
        ):
            begin(tmp_path, of(double, range(10, 14)), extend=extend)


def test_a_larger_design_replaces_a_smaller_one_if_asked(tmp_path: Path) -> None:
    small, large = experiment(Toy(), range(3)), experiment(Toy(), range(5), replications=2)
    begin(tmp_path, small)
    begin(tmp_path, large, extend=True)
    results = open_experiment(tmp_path)
    assert len(results.plan()) == 10
    assert results.note["experiment"]["replications"] == 2
    begin(tmp_path, large)
    with pytest.raises(StoreError, match="another experiment"):
        begin(tmp_path, small)


def test_an_extension_must_contain_all_runs(tmp_path: Path) -> None:
    begin(tmp_path, experiment(Toy(), range(5)))
    with pytest.raises(StoreError, match="cannot be extended: 2 of its 5 runs are not in the new design"):
        begin(tmp_path, experiment(Toy(), range(2, 9)), extend=True)
    assert len(open_experiment(tmp_path).plan()) == 5


def test_an_extension_keeps_the_columns(tmp_path: Path) -> None:
    made = experiment(Toy(), range(3))
    begin(tmp_path, made)
    other = replace(made, outcomes=("y",), about={"outcomes": ["y"]})
    with pytest.raises(StoreError, match=r"another experiment(.|\n)*outcomes: "):
        begin(tmp_path, other, extend=True)
    renamed = Design(made.design.points.rename(columns={"x": "w"}))
    work = SameSubject()
    begin(tmp_path / "new", replace(made, work=work))
    other = replace(made, factors=(Factor("w", low=0, high=9),), design=renamed, work=work, about={"w": 1})
    with pytest.raises(StoreError, match="another experiment"):
        begin(tmp_path / "new", other, extend=True)


class SameSubject(Toy):
    """A toy to which a factor of another name says the same."""

    def subject(self, parameters: Any) -> Any:
        return list(parameters.values())


def test_other_code_is_refused_unless_it_may_stand_beside(tmp_path: Path) -> None:
    begin(tmp_path, experiment(Toy(code="old")))
    with pytest.raises(
        StoreError, match=r"begun with other code of the model \(old, now new\): .*mixed-code"
    ):
        begin(tmp_path, experiment(Toy(code="new")))
    begin(tmp_path, experiment(Toy(code="new")), mixed_code=True)
    assert open_experiment(tmp_path).note["code"] == "old"


@pytest.mark.parametrize("name", ["thesis.docx", ".hidden", "runs"])
def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(StoreError, match=f"holds other files \\({name}\\), expected a new folder"):
        begin(tmp_path, experiment(Toy()))


def test_a_file_and_the_note_of_another_program_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(StoreError, match="is a file, expected a folder"):
        begin(file, experiment(Toy()))
    other = tmp_path / "other"
    other.mkdir()
    (other / NOTE).write_text('{"experiment": "of another program"}')
    for mixed in (False, True):
        with pytest.raises(StoreError, match="not the record of an experiment"):
            begin(other, experiment(Toy()), mixed_code=mixed)


def test_a_note_that_a_killed_process_left_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / ".experiment.x1y2.json").write_text('{"kind"')
    begin(tmp_path, experiment(Toy()))
    assert open_experiment(tmp_path).note["name"] == "toys"


def test_a_plan_that_was_not_written_is_written_by_the_next(tmp_path: Path) -> None:
    begin(tmp_path, experiment(Toy()))
    plan = (tmp_path / PLAN).read_bytes()
    (tmp_path / PLAN).unlink()
    with pytest.raises(StoreError, match="just beginning"):
        open_experiment(tmp_path)
    with pytest.raises(StoreError, match="another experiment"):
        begin(tmp_path, experiment(Toy(), range(3)))
    begin(tmp_path, experiment(Toy()))
    assert (tmp_path / PLAN).read_bytes() == plan


@pytest.mark.parametrize("alike", [True, False])
def test_of_many_that_begin_at_once_all_do_or_one_does(tmp_path: Path, alike: bool) -> None:
    count = 6
    made = [experiment(Toy(), range(4 if alike else 4 + k)) for k in range(count)]
    for turn in range(5):
        together = threading.Barrier(count)

        def one(
            number: int, path: Path = tmp_path / str(turn), together: threading.Barrier = together
        ) -> str:
            together.wait()
            try:
                begin(path, made[number])
            except StoreError as error:
                return str(error)
            return ""

        with ThreadPoolExecutor(count) as pool:
            said = list(pool.map(one, range(count)))
        assert said.count("") == (count if alike else 1)
        assert all("it differs in" in words for words in said if words)
        winner = made[said.index("")]
        assert open_experiment(tmp_path / str(turn)).plan().run_id.nunique() == len(winner.plan().runs)


def test_a_process_that_begins_while_we_look_is_no_stranger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, exists = experiment(Toy()), Path.exists

    def slowly(path: Path) -> bool:
        found = exists(path)
        if path.name == NOTE and not found:
            monkeypatch.undo()
            begin(tmp_path, made)  # another process is faster
        return found

    tmp_path.mkdir(exist_ok=True)
    monkeypatch.setattr(Path, "exists", slowly)
    begin(tmp_path, made)
    assert open_experiment(tmp_path).status()["planned"] == 8


def test_a_plan_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_table", killed)
    with pytest.raises(KeyboardInterrupt):
        begin(tmp_path, experiment(Toy()))
    monkeypatch.setattr(module, "write_table", write_table)
    begin(tmp_path, experiment(Toy()))
    assert pq.read_table(tmp_path / PLAN).num_rows == 8


def test_numbers_of_numpy_and_levels_of_several_kinds_can_be_written(tmp_path: Path) -> None:
    levels = (*np.arange(2), "many", True, 2.5)
    points = pd.DataFrame({"x": pd.Series(levels, dtype=object)}).assign(block="list", index=range(5))
    made = replace(
        experiment(Toy()),
        factors=(Factor("x", levels=levels),),
        design=Design(points),
        about={"n": np.int64(3)},
    )
    begin(tmp_path, made)
    begin(tmp_path, made)
    results = open_experiment(tmp_path)
    assert results.plan().x.tolist() == ["0", "1", "many", "True", "2.5"]
    assert results.factors[0].levels == (0, 1, "many", True, 2.5)


def test_factors_come_back_as_they_were_written(tmp_path: Path) -> None:
    factors = (
        Factor("a", low=1.0, high=9.0, scale="log", base=2.0, unit="yuan", title="Price"),
        Factor("b", role="lever", levels=("x", "y"), base="x"),
    )
    points = pd.DataFrame({"a": [1.5], "b": ["x"], "block": ["list"], "index": [0]})
    begin(tmp_path, replace(experiment(Toy()), factors=factors, design=Design(points), draws=Draws(2)))
    assert factors_of(json.loads((tmp_path / NOTE).read_text())) == factors
