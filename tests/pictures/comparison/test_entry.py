"""What the pictures of a scenario are about agrees with the table of outcomes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.outcomes.comparison import Comparison
from sim.outcomes.parties import hosts, rivals
from sim.pictures.comparison.entry import entry
from sim.scenario import load
from tests.markets import SCENARIOS

WITH_BASELINE = [
    file
    for file in sorted([*SCENARIOS.glob("*.yaml"), *SCENARIOS.glob("elsewhere/*.yaml")])
    if "\nagainst:" in file.read_text(encoding="utf-8")
]

COLUMNS = ["scenario", "replication", "channel", "week", "baseline", "with_scenario"]


def made(file: Path) -> Comparison:
    """The scenarios of a comparison; nothing has been run."""
    loaded, empty = load(file), pd.DataFrame(columns=COLUMNS)
    assert loaded.against is not None
    base = load(loaded.against).scenario
    return Comparison("base", {"base": base, "it": loaded.scenario}, empty, empty, empty, empty)


@pytest.mark.parametrize("file", WITH_BASELINE, ids=lambda file: file.stem)
def test_rivals_of_the_pictures_are_those_of_the_table(file: Path) -> None:
    """Nobody is left out: every platform is a host, in a host's group, or a rival."""
    comparison = made(file)
    base, other = comparison.scenarios["base"], comparison.scenarios["it"]
    if file.stem == "never_entered":
        return  # it has no storefront, so no pictures
    about = entry(comparison, "it")
    assert list(about.rivals) == rivals(base, other)
    assert list(about.hosts) == hosts(base, other)
    if about.hosts:
        assert {*about.hosts, *about.group, *about.rivals} == {*other.platforms}
