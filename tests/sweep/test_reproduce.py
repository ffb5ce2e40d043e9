from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.sweep.reproduce import reproduce
from sim.sweep.results import open_experiment
from sim.sweep.store import Folder, write_table
from sim.sweep.sweep import run
from tests.sweep.files import experiment, write_scenarios
from tests.sweep.toys import Toy
from tests.sweep.toys import experiment as toys

SWEEP = """\
against: home.yaml
uncertainties: {exposure: {path: storefronts.faraway_on_north.exposure, levels: [0.1, 0.4]}}
design: {kind: grid}
panel: {every: 2, by: [channel, tier]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sweep of a market."""
    place = tmp_path_factory.mktemp("sweep")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        write_scenarios(place)
        run(experiment(SWEEP), place / "s", "serial")
    return place / "s"


def test_a_run_is_made_again_from_the_folder_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # no scenario file here
    results = open_experiment(folder)
    for row in results.runs().itertuples():
        found = reproduce(results, str(row.run_id)[:10])
        assert found.same
        assert found.panel is True
        assert found.same_code
        assert found.run.parameters == {"exposure": row.exposure}
        assert found.outcomes.now.tolist() == [row.sales]


def test_a_last_bit_is_seen(folder: Path, tmp_path: Path) -> None:
    """In an outcome, and in one weekly number."""
    copy = Folder(tmp_path / "s")
    for file in folder.rglob("*"):
        if file.is_file():
            target = copy.path / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    first = open_experiment(copy.path).runs().iloc[0]
    for place, column, touched in ((copy.panel, "gmv", "panel"), (copy.runs, "y.sales", "outcomes")):
        file = place / f"{first.shard}.parquet"
        table = pq.read_table(file)
        numbers = table[column].to_numpy().copy()
        biggest = numbers.argmax()
        numbers[biggest] *= 1 + 2**-52
        kept = table.set_column(table.schema.get_field_index(column), table.schema.field(column), [numbers])
        write_table(file, kept)
        found = reproduce(open_experiment(copy.path), first.run_id)
        assert not found.same
        assert found.panel is False
        assert bool(found.outcomes.same.all()) is (touched == "panel")


def test_other_code_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = open_experiment(folder)
    monkeypatch.setattr("sim.sweep.market_work.sources.digest", lambda *_: "other")
    found = reproduce(results, results.runs().run_id[0])
    assert found.same
    assert not found.same_code


def test_a_run_that_is_not_there_is_refused(folder: Path) -> None:
    results = open_experiment(folder)
    with pytest.raises(LookupError, match="at least 6 digits"):
        reproduce(results, "abc")
    with pytest.raises(LookupError, match="no ok runs"):
        reproduce(results, "zzzzzzzz")


def test_functions_must_be_given(tmp_path: Path) -> None:
    asked = toys(Toy())
    run(asked, tmp_path / "s", "serial")
    results = open_experiment(tmp_path / "s")
    name = results.runs().run_id[3]
    with pytest.raises(ValueError, match="give it as `work`"):
        reproduce(results, name)
    assert reproduce(results, name, asked.work).same
