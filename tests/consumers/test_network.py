"""Contacts computed from the draws: who they are, counted in people."""

from __future__ import annotations

import numpy as np
import pytest

from sim import draws
from sim.consumers.network import contact, make_contacts
from sim.consumers.population import Strata
from sim.scenario.schema import Network

PEOPLE = np.array([80.0, 20.0, 150.0, 50.0])


def strata(*counts: int) -> Strata:
    return Strata(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), PEOPLE)


def contacts_of(group: int, s: Strata, people: int = 2_000, **network: float) -> np.ndarray:
    """Rows of all contacts of some people of a group, shape (people, contacts)."""
    c = make_contacts(Network(**network), s, seed=3)  # type: ignore[arg-type]
    rows = s.start[group] + np.arange(min(people, s.count[group]))
    person = [np.uint64(draws.person_hash(int(row))) for row in rows]
    return np.array(
        [[contact(c, row, h, group, d) for d in range(8)] for row, h in zip(rows, person, strict=True)]
    )


def test_ring_neighbours() -> None:
    """Without rewiring and with full homophily: the four before and the four behind, around the ring."""
    rows = contacts_of(0, strata(100, 50, 100, 50), homophily=1.0, rewired=0.0)
    assert sorted(rows[10]) == [6, 7, 8, 9, 11, 12, 13, 14]
    assert sorted(rows[0]) == [1, 2, 3, 4, 96, 97, 98, 99]


@pytest.mark.parametrize("counts", [(800, 800, 900, 900), (4_000, 400, 8_000, 8_000)])
def test_groups_are_met_as_people_not_as_agents(counts: tuple[int, ...]) -> None:
    """Share of the other interest among ring contacts = (1 - homophily) x its share of the tier's people."""
    s = strata(*counts)
    rows = contacts_of(0, s, homophily=0.5, rewired=0.0)
    share = ((rows >= s.start[1]) & (rows < s.start[2])).mean()
    assert share == pytest.approx(0.5 * 20 / 100, abs=0.012)
    assert (rows < s.start[2]).all()


def test_rewired_contacts_come_from_all_people() -> None:
    """All rewired: strata in proportion to people, not to simulated consumers."""
    s = strata(900, 900, 300, 300)
    rows = contacts_of(2, s, rewired=1.0, tilt=1.0)
    found = np.histogram(rows, bins=s.start)[0] / rows.size
    np.testing.assert_allclose(found, PEOPLE / PEOPLE.sum(), atol=0.025)


def test_a_few_are_widely_heard() -> None:
    """With tilt k the first share x of a group is drawn with probability x^(1/k)."""
    s = strata(1_000, 1_000, 1_000, 1_000)
    rows = contacts_of(0, s, rewired=1.0, tilt=2.0)
    rank = (rows % 1_000) / 1_000
    assert (rank < 0.25).mean() == pytest.approx(0.5, abs=0.02)


def test_contacts_do_not_change_with_the_week_or_the_question() -> None:
    s = strata(300, 300, 300, 300)
    np.testing.assert_array_equal(contacts_of(1, s), contacts_of(1, s))


def test_empty_groups() -> None:
    """A market without interested people has contacts all the same."""
    rows = contacts_of(0, strata(500, 0, 500, 0), people=200)
    assert ((rows >= 0) & (rows < 1_000)).all()
