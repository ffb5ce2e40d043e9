"""Words for what entities carry agree with a running market: names, types, shapes, and who changes what."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from sim.consumers.population import Columns
from sim.describe.processes import FLOWS, processes_table
from sim.describe.states import (
    DIMENSIONS,
    FIRMS,
    PEOPLE,
    bits_table,
    firms_table,
    names_kept,
    people_table,
    records_table,
    types,
)
from sim.market import Market
from sim.market.week import default_phases
from tests.eventful import eventful, opened

WEEKS = 6
"""The pop-up opens in week 3; teams, reactions and merchants act before the sixth."""


def columns(market: Market) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in market.consumers.columns._asdict().items()}


@cache
def market() -> tuple[Market, dict[str, set[str]]]:
    """An eventful market after some weeks, and the columns that each phase has changed."""
    found = opened(eventful(), consumers=1_000)
    changed: dict[str, set[str]] = {phase.name: set() for phase in found.phases}
    found._warm_up()
    for _ in range(WEEKS):
        for phase in found.phases:
            before = columns(found)
            phase.run(found)
            changed[phase.name] |= {name for name, bits in columns(found).items() if bits != before[name]}
        found.week += 1
    return found, changed


def test_every_column_has_words_and_every_word_a_column() -> None:
    assert list(PEOPLE) == list(Columns._fields) == list(types())


def test_types_are_those_of_the_arrays() -> None:
    arrays = market()[0].consumers.columns._asdict()
    assert types() == {name: str(array.dtype) for name, array in arrays.items()}


def test_shapes_are_those_of_the_arrays() -> None:
    people = market()[0].consumers
    layout = people.layout
    size = {
        "N": len(people),
        "C": len(layout.categories),
        "H": len(layout.platforms),
        "B": len(layout.brands),
        "F": len(layout.firms),
        "T": len(layout.tiers),
    }
    assert set(size) == set(DIMENSIONS)
    shapes = {name: tuple(size[d] for d in words.shape.split(" × ")) for name, words in PEOPLE.items()}
    assert shapes == {name: array.shape for name, array in people.columns._asdict().items()}


def test_phases_change_the_columns_that_they_say() -> None:
    said = {phase: {n for n, words in PEOPLE.items() if phase in words.moves} for phase in FLOWS}
    assert market()[1] == said


def test_every_phase_is_described_in_its_order() -> None:
    assert list(FLOWS) == [phase.name for phase in default_phases()]
    rows = processes_table().splitlines()[2:]
    assert [row.split(" | ")[1] for row in rows] == list(FLOWS)
    assert "Deliver the goods: stock, habit, loyalty and trust change." in rows[8]


def kept() -> Iterator[tuple[str, list[str]]]:
    for name, keeper in market()[0].supply.stateful_firms():
        yield name.split()[0], list(names_kept(keeper.state()))


def test_what_firms_keep_is_described() -> None:
    found = dict(kept())
    assert {kind: [one.name for one in words] for kind, words in FIRMS.items()} == found
    assert all(names == found[kind] for kind, names in kept())


def test_bits_cover_a_word_of_64() -> None:
    spans = [row.split(" | ")[0].strip("| ").split(" to ") for row in bits_table().splitlines()[2:]]
    covered = [bit for first, last in spans for bit in range(int(first), int(last) + 1)]
    assert covered == list(range(64))
    layout = market()[0].consumers.layout
    last = layout.bit(channel=layout.channels[-1])
    assert int(spans[2][0]) <= int(np.log2(float(last))) <= int(spans[2][1])


def test_tables_have_a_row_a_thing() -> None:
    assert len(people_table().splitlines()) == 2 + len(PEOPLE)
    assert len(firms_table().splitlines()) == 2 + sum(map(len, FIRMS.values()))
    measures = sum(len(panel.measures) for panel in market()[0].records.panels().values())
    assert len(records_table().splitlines()) == 2 + measures
