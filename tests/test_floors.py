"""The floors of the house hold: imports point down, sides keep apart, and no circle is anywhere."""

from __future__ import annotations

import pytest

from tests.floors import FLOORS, against_the_floors, circles, imports, inside, longest_chain, room

LONGEST = 42
"""Modules in the longest chain of imports at most. Lower it when a chain has become shorter."""
EXCEPTIONS: set[tuple[str, str]] = set()
"""Importing and imported module. An entry that is no longer needed fails the test: take it out."""


def test_every_import_points_down_but_for_the_exceptions() -> None:
    found = set(against_the_floors(imports()))
    assert sorted(found - EXCEPTIONS) == [], "these imports point up, or to the room at the side"
    assert sorted(EXCEPTIONS - found) == [], "these exceptions are no longer needed"


@pytest.mark.parametrize("of_room", [name for rooms in FLOORS for name in rooms])
def test_a_room_has_no_circle(of_room: str) -> None:
    graph = inside(imports(), of_room)
    assert graph, "a room without modules is no room"
    assert [" -> ".join(circle) for circle in circles(graph)] == []


def test_the_house_has_no_circle() -> None:
    graph = imports()
    assert [" -> ".join(circle) for circle in circles(graph)] == []
    chain = longest_chain(graph)
    assert len(chain) <= LONGEST, f"the longest chain of imports has {len(chain)} modules:\n" + "\n".join(
        chain
    )


# --- the checks themselves ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("importer", "imported", "wrong"),
    [
        ("sim.market.week", "sim.firms.supply", False),
        ("sim.firms.supply", "sim.market.week", True),
        ("sim.firms.supply", "sim.consumers.demand", True),
        ("sim.firms.supply", "sim.firms.brand", False),
        ("sim.draws", "sim.numeric", False),
        ("sim.trade", "sim.scenario.schema", True),
        ("sim.scenario.schema", "sim", False),
        ("sim.bench.week", "sim.cli", False),
        ("sim.cli.bench", "sim.bench.week", False),
        ("sim.page.app", "sim.bench.week", True),
        ("sim.__main__", "sim.cli", False),
    ],
)
def test_what_points_down(importer: str, imported: str, wrong: bool) -> None:
    assert list(against_the_floors({importer: [imported]})) == [(importer, imported)] * wrong


def test_a_room_without_a_floor_is_named() -> None:
    assert room("sim.cellar.wine") == "cellar"
    with pytest.raises(LookupError, match="'cellar' has no floor"):
        list(against_the_floors({"sim.cellar.wine": ["sim.draws"]}))


def test_circles_and_chains_are_found() -> None:
    assert list(circles({"a": ["b", "c"], "b": ["c"], "c": ["d"]})) == []
    assert list(circles({"a": ["b"], "b": ["c"], "c": ["b"]})) == [["b", "c", "b"]]
    assert list(circles({"a": ["a"]})) == [["a", "a"]]
    assert longest_chain({"a": ["b", "c"], "b": ["c"], "c": ["d"]}) == ["a", "b", "c", "d"]
