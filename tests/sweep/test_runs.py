"""Identity of runs: what it depends on and what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.seeds import replication_seeds
from sim.sweep.runs import Draws, digest, runs_of

NAMES = st.text(max_size=5)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
SUBJECTS = st.dictionaries(NAMES, TREES, max_size=5)


def backwards(tree: Any) -> Any:
    """The same with all keys in the opposite order."""
    if isinstance(tree, dict):
        return {key: backwards(value) for key, value in reversed(tree.items())}
    return [backwards(value) for value in tree] if isinstance(tree, list) else tree


@given(SUBJECTS)
def test_the_order_of_keys_does_not_matter(subject: Any) -> None:
    assert digest(subject) == digest(backwards(subject))
    assert runs_of(subject, {}, Draws())[0].id == runs_of(backwards(subject), {}, Draws())[0].id


@given(SUBJECTS, SUBJECTS)
def test_other_subjects_are_other_points(one: Any, other: Any) -> None:
    same = repr(backwards(sorted_tree(one))) == repr(backwards(sorted_tree(other)))
    assert (digest(one) == digest(other)) == same


def sorted_tree(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: sorted_tree(tree[key]) for key in sorted(tree)}
    return [sorted_tree(value) for value in tree] if isinstance(tree, list) else tree


def test_an_identity_stays_the_same_over_versions() -> None:
    # whoever changes this makes every stored run a stranger: raise FORMAT and say so
    (run,) = runs_of({"x": 1}, {"x": 1}, Draws())
    assert run.id == "1f38e066975ef0536d83174332785097"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest({"x": number})


@given(st.integers(1, 8), st.integers(1, 8), st.integers(), st.booleans())
def test_more_replications_leave_the_others_as_they_are(
    few: int, more: int, root: int, independent: bool
) -> None:
    short = runs_of({"x": 1}, {}, Draws(few, root, independent=independent))
    long = runs_of({"x": 1}, {}, Draws(few + more, root, independent=independent))
    assert long[:few] == short
    assert len({run.id for run in long}) == few + more


def test_points_share_their_draws_unless_told_otherwise() -> None:
    draws = [
        [runs_of({"x": x}, {}, Draws(3, 5, independent=independent)) for x in (1, 2)]
        for independent in (False, True)
    ]
    for (one, other), shared in zip(draws, (True, False), strict=True):
        for a, b in zip(one, other, strict=True):
            assert (a.seeds == b.seeds) == shared
            assert a.id != b.id
    assert [run.seeds for run in draws[0][0]] == replication_seeds(5, 3)


@pytest.mark.parametrize(("vary", "fixed"), [("world", "shock"), ("shock", "world")])
def test_a_seed_that_does_not_vary_stays(vary: Any, fixed: str) -> None:
    runs = runs_of({}, {}, Draws(4, 1, vary))
    assert len({getattr(run.seeds, fixed) for run in runs}) == 1
    assert len({getattr(run.seeds, vary) for run in runs}) == 4


def test_replications_of_a_point_share_its_identity_and_parameters() -> None:
    runs = runs_of({"x": 1}, {"x": 1}, Draws(3))
    assert len({run.point for run in runs}) == 1
    assert [run.replication for run in runs] == [0, 1, 2]
    assert all(run.parameters == {"x": 1} for run in runs)


def test_a_scenario_is_the_same_with_whole_numbers_and_fractions() -> None:
    from sim.sweep.file.reading import load

    root = Path(__file__).resolve().parents[2]
    work = load(root / "scenarios/experiments/popup_unknowns.yaml").work
    whole, fraction = (
        work.subject({"appeal": appeal, "exposure": 0.5, "transfer": 0.5, "forgetting": forgetting})
        for appeal, forgetting in ((1, 2), (1.0, 2.0))
    )
    assert digest(whole) == digest(fraction)
