"""Numbers of options over draws, on made-up tables and on a store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.decisions.samples import Samples
from sim.sweep.results import open_experiment
from sim.sweep.sweep import run
from tests.decisions import tiny

WEEKLY = pd.DataFrame(
    [(f"{k:032x}", name, week, float(k)) for k in range(3) for name in ("short", "long") for week in (2, 3)],
    columns=["run_id", "option", "week", "all"],
)  # fmt: skip


@pytest.fixture
def made() -> Samples:
    """Three draws of two options."""
    short = {"value_faraway": [1.0, 2.0, 3.0], "value_north": -1.0, "sales": [7.0, 8.0, 9.0]}
    long = {"value_faraway": [4.0, 5.0, 6.0], "value_north": 2.0}
    return tiny.samples({"short": short, "long": long}, 3, WEEKLY, exposure=[0.1, 0.2, 0.3])


def test_a_column_an_option_in_the_order_that_is_asked_for(made: Samples) -> None:
    assert len(made) == 3
    np.testing.assert_array_equal(made.value("faraway"), [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(made.value("faraway", ["long", "short"]), [[4, 1], [5, 2], [6, 3]])
    np.testing.assert_array_equal(made.value("north", ["long"]), [[2], [2], [2]])
    np.testing.assert_array_equal(made.of_option("short", "hosted GMV"), [7, 8, 9])


def test_an_option_that_was_run_under_another_name(made: Samples) -> None:
    named = made.renamed({"short": "short", "again": "short", "later": "long"})
    assert named.options == ("short", "again", "later")
    assert [named.run_of(name) for name in ("short", "again", "later", "long")] == [
        "short",
        "short",
        "long",
        "long",
    ]
    np.testing.assert_array_equal(named.value("faraway"), [[1, 1, 4], [2, 2, 5], [3, 3, 6]])
    more = named.renamed({"last": "long"})
    assert more.options == ("short", "again", "later", "last")
    assert made.options == ("short", "long"), "the first one is as it was"


def test_some_of_the_draws_with_their_weeks(made: Samples) -> None:
    few = made.renamed({"again": "short"}).only(np.array([True, False, True]))
    assert len(few) == 2
    np.testing.assert_array_equal(few.value_of("again", "faraway"), [1, 3])
    assert set(few.weekly["all"]) == {0.0, 2.0}
    assert len(few.weekly) == 8
    assert few.table.index.tolist() == [0, 1]
    without = tiny.samples({"short": {}}, 2).only(np.array([False, True]))
    assert len(without.weekly) == 0


def test_what_is_not_there_is_no_number(made: Samples) -> None:
    with pytest.raises(KeyError, match=r"other\.sales"):
        made.of_option("other", "hosted GMV")
    with pytest.raises(ValueError, match="unknown outcome 'new customer', did you mean 'new customers'"):
        made.of_option("short", "new customer")
    with pytest.raises(ValueError, match="questions do not keep 'brand GMV'"):
        made.of_option("short", "brand GMV")


def test_of_a_store_with_and_without_weeks(tmp_path: Path) -> None:
    asked = tiny.question(tmp_path)
    few = {name: asked.options[name] for name in ("short", "long")}
    run(asked.over_worlds("worlds", few, 300, 3), tmp_path / "weekly", "serial")
    run(asked.in_central("terms", few, 300, 2), tmp_path / "plain", "serial")
    found, plain = (Samples.of(open_experiment(tmp_path / name), list(few)) for name in ("weekly", "plain"))
    assert (len(found), len(plain)) == (3, 2)
    assert len(plain.weekly) == 0
    assert found.options == plain.options == ("short", "long")
    weeks = found.weekly.groupby(["run_id", "option"]).hosted.sum().unstack()
    for option in few:
        sold = weeks[option].loc[found.table.run_id].to_numpy()
        np.testing.assert_allclose(found.of_option(option, "hosted GMV"), sold, rtol=1e-12)
    assert found.table.exposure.between(0.1, 0.9).all()
