"""An answer grows run by run, remembers what was made, and gives way to the next request."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sim.engine.replication import replications
from sim.engine.runner import History
from sim.engine.watch import StoppedError
from sim.experiments.compare import Settings, compare, replicate
from sim.outcomes.rows import KEYS, VALUES
from sim.page.numbers import BASE, SIDES, lines
from sim.page.request import AHEAD, REMEMBERED, Desk, Progress, Size
from sim.page.worker_pool import Asked, Tables
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import CLOSED
from tests.page.fakes import Fake

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SHORT = ("time.start=2019-10-07", "time.end=2020-02-02", "time.warm_up_weeks=2", "finance.runoff_weeks=3")
CONSUMERS = 600


def scenario(name: str, *sets: str) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml", sets=[*SHORT, *CLOSED, *sets]).scenario


OUT, PDD, TMALL = (scenario(n) for n in ("stay_out", "popup_on_pinduoduo_2019", "popup_on_tmall_2019"))
BOTH = {SIDES[0]: PDD, SIDES[1]: TMALL}


def dearer(k: int) -> Scenario:
    """Tmall with another commission."""
    store = TMALL.storefronts["amazon_on_tmall"]
    contract = store.contract.model_copy(update={"commission": 0.05 + 0.001 * k})
    return TMALL.model_copy(
        update={
            "storefronts": {
                **TMALL.storefronts,
                "amazon_on_tmall": store.model_copy(update={"contract": contract}),
            }
        }
    )


def stub(asked: Asked) -> Tables:
    """Tables that say who was asked."""
    table = pd.DataFrame({"scenario": [asked.name], "replication": [asked.replication]})
    return dict.fromkeys(("outcomes", "weekly", "flows", "people"), table)


def desk(pool: Fake) -> Desk:
    return Desk(pool)  # type: ignore[arg-type]


def size(replications: int, first: int = 1) -> Size:
    return Size(CONSUMERS, replications, first)


def runs(progress: Progress) -> int:
    """Runs of the comparison that is to be shown; 0 = none."""
    return 0 if progress.comparison is None else progress.comparison.outcomes.replication.nunique()


# --- what is asked for -----------------------------------------------------------------------------


def test_low_runs_of_both_strategies_come_first() -> None:
    pool = Fake(stub)
    list(desk(pool).answer(OUT, BOTH, size(3)))
    assert [(one.replication, one.name) for one in pool.asked] == [
        (r, side) for r in range(3) for side in SIDES
    ]
    assert {one.consumers for one in pool.asked} == {CONSUMERS}
    assert len({one.start for one in pool.asked}) == 1, "both are discounted to one week"


def test_the_same_strategy_twice_is_made_once() -> None:
    pool = Fake(stub)
    *_, last = desk(pool).answer(OUT, dict.fromkeys(SIDES, PDD), size(2))
    assert len(pool.asked) == 2
    assert last.comparison is not None
    assert set(last.comparison.outcomes.scenario) == set(SIDES)


def test_what_was_made_is_not_asked_again() -> None:
    pool = Fake(stub)
    one = desk(pool)
    list(one.answer(OUT, BOTH, size(2)))
    first = list(one.answer(OUT, BOTH, size(2)))
    assert len(pool.asked) == 4
    assert [(p.done, p.total, runs(p)) for p in first] == [(4, 4, 2)], "the answer is there at once"
    list(one.answer(OUT, {**BOTH, SIDES[1]: dearer(1)}, size(3)))
    assert [(a.name, a.replication) for a in pool.asked[4:]] == [
        (SIDES[1], 0), (SIDES[1], 1), (SIDES[0], 2), (SIDES[1], 2),
    ]  # fmt: skip


def test_other_sizes_are_made_anew() -> None:
    pool = Fake(stub)
    one = desk(pool)
    list(one.answer(OUT, BOTH, size(1)))
    list(one.answer(OUT, BOTH, Size(2 * CONSUMERS, 1, 1)))
    assert [asked.consumers for asked in pool.asked] == [CONSUMERS] * 2 + [2 * CONSUMERS] * 2


def test_the_strategy_that_stands_still_is_remembered_however_often_the_other_moves() -> None:
    pool = Fake(stub)
    one = desk(pool)
    for k in range(2 * REMEMBERED // 8):
        *_, last = one.answer(OUT, {**BOTH, SIDES[1]: dearer(k)}, size(8))
        assert (last.done, runs(last)) == (16, 8), f"no answer after {k} moves"
    assert sum(asked.name == SIDES[0] for asked in pool.asked) == 8
    assert len(one.remembered) <= REMEMBERED


def test_more_runs_than_are_remembered_are_shown_all_the_same() -> None:
    *_, last = desk(Fake(stub)).answer(OUT, BOTH, size(REMEMBERED))
    assert runs(last) == REMEMBERED


# --- how it grows ----------------------------------------------------------------------------------


def test_it_asks_for_little_at_a_time() -> None:
    """So that another page, and whoever follows a person, gets a turn."""
    pool = Fake(stub, held=True)
    answer = desk(pool).answer(OUT, BOTH, size(8))
    assert [(p.done, p.total) for p in [next(answer)]] == [(0, 16)]
    assert len(pool.asked) == AHEAD * pool.workers
    pool.release()
    assert next(answer).done == 1
    next_asked = pool.asked[AHEAD * pool.workers]
    assert (next_asked.name, next_asked.replication) == (SIDES[0], 2)


def test_it_grows_without_gaps() -> None:
    """Runs are shown once both strategies have them and all before."""
    pool = Fake(stub, held=True)
    answer = desk(pool).answer(OUT, BOTH, size(2))
    seen = [next(answer)]
    for place in (3, 0, 0, 0):  # the second run of the second strategy is ready first
        pool.release(place)
        seen.append(next(answer))
    assert [(p.done, runs(p)) for p in seen] == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2)]
    assert list(answer) == []


def test_nothing_is_shown_before_the_first_runs_are_there() -> None:
    pool = Fake(stub, held=True)
    answer = desk(pool).answer(OUT, BOTH, size(3, first=2))
    seen = [next(answer)]
    for _ in range(6):
        pool.release()
        seen.append(next(answer))
    assert [runs(p) for p in seen] == [0, 0, 0, 0, 2, 0, 3]


def test_growing_answers_are_comparisons_of_as_many_runs() -> None:
    """Real markets: after two runs the numbers are those of `compare` with two replications."""
    histories, runs = [History(), History()], replications(1, 2)

    def pair(asked: Asked) -> Tables:
        one, history = runs[asked.replication], histories[asked.replication]
        settings = Settings(consumers=CONSUMERS)
        return dict(
            replicate(
                asked.base, {asked.name: asked.other}, one, settings, start=asked.start, history=history
            )[0]
        )

    pool = Fake(pair)
    *_, last = desk(pool).answer(OUT, BOTH, size(2))
    assert last.comparison is not None
    whole = compare((BASE, OUT), BOTH, Settings(replications=2, consumers=CONSUMERS))
    found, expected = (
        table.set_index([*KEYS, "replication"])[VALUES]
        for table in (last.comparison.outcomes, whole.outcomes)
    )
    assert len(found) > 100
    pd.testing.assert_frame_equal(found.sort_index(), expected.sort_index(), check_exact=True)
    one, two = (
        [n for line in lines(c) for n in (*line.sides, line.difference)] for c in (last.comparison, whole)
    )
    assert [n.interval for n in one if not n.shown] == [
        n.interval for n, shown in zip(two, one, strict=True) if not shown.shown
    ]


# --- giving up -------------------------------------------------------------------------------------


def test_a_later_request_ends_the_one_before() -> None:
    pool = Fake(stub, held=True)
    one = desk(pool)
    answer = one.answer(OUT, BOTH, size(2))
    next(answer)
    pool.release()
    next(answer)
    one.stop()
    pool.release()
    with pytest.raises(StoppedError):
        next(answer)
    pool.held = False
    *_, last = one.answer(OUT, BOTH, size(2))
    assert (last.done, runs(last)) == (4, 2)
    assert len(pool.asked) == 4 + 3, "the pair that was made before is still known"


def test_it_ends_when_nobody_wants_it() -> None:
    answer = desk(Fake(stub, held=True)).answer(OUT, BOTH, size(1), wanted=lambda: False)
    next(answer)
    with pytest.raises(StoppedError):
        next(answer)


def test_a_failure_is_raised_and_the_next_request_works() -> None:
    def fails(asked: Asked) -> Tables:
        raise ArithmeticError("this pair cannot be made")

    pool = Fake(fails)
    one = desk(pool)
    with pytest.raises(ArithmeticError, match="cannot be made"):
        list(one.answer(OUT, BOTH, size(1)))
    pool.make = stub
    *_, last = one.answer(OUT, BOTH, size(1))
    assert runs(last) == 1


def test_scenarios_that_cannot_be_compared_are_refused_before_anything_is_made() -> None:
    pool = Fake(stub)
    later = OUT.model_copy(update={"time": OUT.time.model_copy(update={"warm_up_weeks": 3})})
    with pytest.raises(ValueError, match="strategy 1 and the baseline differ in time"):
        list(desk(pool).answer(later, BOTH, size(1)))
    assert pool.asked == []
