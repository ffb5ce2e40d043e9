"""Plans of storefronts: entries, exits and re-entries, whole and in part."""

from __future__ import annotations

from datetime import date

import pytest

from sim.firms.opening import Plan
from sim.scenario.schema import Act


def plan(last: date | None = date(2019, 12, 31)) -> Plan:
    """Open from 25 November 2019, selling two categories."""
    goods = frozenset({"imported", "fashion"})
    return Plan(date(2019, 11, 25), last, False, commission=0.03, exposure=0.06, goods_sold=goods)


def act(do: str, on: date, **more: object) -> Act:
    return Act.model_validate({"do": do, "on": on, **more})


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2020, 1, 2), date(2020, 1, 6)),  # a Thursday of the week in which it closed on Tuesday
        (date(2020, 1, 6), date(2020, 1, 6)),
        (date(2020, 1, 9), date(2020, 1, 9)),
    ],
)
def test_it_does_not_open_again_in_the_week_in_which_it_closed(day: date, first: date) -> None:
    """Otherwise the days before would vanish and neither closing nor opening would be booked."""
    store = plan()
    store.enter(act("enter", day))
    assert (store.first, store.last) == (first, None)


def test_entering_what_is_open_keeps_its_first_day_and_entering_early_counts() -> None:
    store = plan()
    store.enter(act("enter", date(2019, 12, 9), to=date(2020, 2, 2)))
    assert (store.first, store.last) == (date(2019, 11, 25), date(2020, 2, 2))
    store = plan()
    store.enter(act("enter", date(2019, 11, 4)))
    assert store.first == date(2019, 11, 4)


def test_leaving_in_part_and_leaving_all_parts() -> None:
    """When the last category leaves the storefront is closed: nobody pays for empty shelves."""
    store = plan()
    store.leave(act("exit", date(2019, 12, 9), categories=["fashion"]))
    assert store.gone == {"fashion"}
    assert store.last == date(2019, 12, 31)
    store.leave(act("exit", date(2019, 12, 16), categories=["imported"]))
    assert store.last == date(2019, 12, 15)
    store.enter(act("enter", date(2020, 1, 6)))
    assert store.gone == set()


def test_state_goes_there_and_back() -> None:
    store, other = plan(), plan(None)
    store.leave(act("exit", date(2019, 12, 9), categories=["fashion"]))
    store.change(act("change", date(2019, 12, 9), price=0.9, goods=2.0, exposure=0.1, commission=0.05))
    other.restore(store.state())
    assert other == store
