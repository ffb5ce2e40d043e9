"""Diversion in three ways: golden numbers, closed forms, prices that are moved, channels that are closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.experiments.diversion import (
    BY_PERSON,
    COLUMNS,
    DYNAMIC,
    MARGINAL,
    SECOND_CHOICE,
    Parts,
    diversion,
    dynamic,
    marginal,
    pooled,
    second_choice,
)
from sim.market import Market
from sim.market.phases import Phase
from sim.outcomes.pair import RECORD, Pair, weekly
from sim.outcomes.rows import FEWEST_BUYERS
from sim.outcomes.volume import NOTHING_ONLINE
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.eventful import eventful, opened, unlike
from tests.markets import AUTUMN, CLOSED, SCENARIOS
from tests.runs import fair, first_week, open_fair

SITE, STAND, THIRD = "faraway_site", "faraway_on_north", "faraway_on_west"
KINDS = (marginal, second_choice)
POPUP = "amazon_on_pinduoduo"
SHOP = "{title: Shop, owner: faraway, host: %s, open: {from: 2021-01-04}, goods: {goods: 1e8}, "
SHOP += "delivery_days: 3, price: {goods: {index: 1}}, appeal_from: faraway_site, exposure: 1, appeal: %s}"
CASE3 = (
    *(f"platforms.{name}.similarity=0.6" for name in ("north", "south", "west")),
    "brands.faraway.similarity=0.5",
    "intercepts={north: {goods: 1.2}, south: {goods: 0.6}, west: {goods: 0.4}, faraway_site: {goods: -0.5}}",
    f"storefronts.{STAND}.appeal=0.3",
    f"storefronts.{THIRD}={SHOP % ('west', 0.4)}",
    *(f"storefronts.{name}.host_weight=0.5" for name in (STAND, THIRD)),
)
"""The market behind the golden numbers of `tests/consumers/test_nests.py`."""
UNLIKE = (
    *(f"platforms.{name}.similarity=0.6" for name in ("north", "south", "west")),
    *(f"platforms.{name}.taste_spread=1" for name in ("north", "west")),
    "platforms.south.access.initial=0.6",
    "brands.faraway={similarity: 0.5, taste_spread: 0.8}",
    "population.price_spread=0.5",
    "categories.goods.needs_per_week=1",
)
"""People who like, know and mind different things; all have one need a week, so nothing is left to chance."""


def shares(table: pd.DataFrame, origin: str, kind: str | None = None) -> pd.Series:
    """Shares from one channel by destination."""
    chosen = table[(table.origin == origin) & (table.kind == (kind or table.kind))]
    return chosen.set_index("destination").share


def ask(
    kind: Any, scenario: Scenario, channels: Sequence[str] | None, consumers: int = 2_000
) -> pd.DataFrame:
    """One of the first two kinds in the first week of the fair."""
    with open_fair(scenario, consumers) as m:
        return kind(m, "goods", channels)


# --- one week ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "golden"),
    [
        (second_choice, (0.2235, 0.1241, 0.2744, 0.2082, 0.1017, 0.0681)),
        (marginal, (0.2346, 0.1303, 0.2647, 0.2004, 0.0985, 0.0715)),
    ],
)
def test_golden_numbers_through_the_market(kind: Any, golden: tuple[float, ...]) -> None:
    """Expected: rows 4 and 5 of the golden numbers, made by independent code."""
    found = shares(ask(kind, fair(*CASE3), [THIRD]), THIRD)
    assert list(found.index) == ["north", "south", "west", SITE, STAND, NOTHING_ONLINE]
    assert found.to_numpy() == pytest.approx(golden, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_plain_logit(kind: Any) -> None:
    """Expected: s_k / (1 - s_j) with the expected orders of the market; nothing online takes its share."""
    scenario = fair()
    orders = first_week(scenario)
    orders[NOTHING_ONLINE] = 1e8 - orders.sum()  # everybody has one need
    found = ask(kind, scenario, None)
    assert len(found) == len(orders[:-1]) * (len(orders) - 1)
    for j in orders.index[:-1]:
        by_share = orders.drop(j) / (1e8 - orders[j])
        pd.testing.assert_series_equal(
            shares(found, j), by_share, check_names=False, check_index_type=False, rtol=1e-4
        )


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_days_on_which_a_channel_sells_count(kind: Any) -> None:
    """Closed channels take nothing: who is open on other days only, gains nothing."""
    later = (f"storefronts.{STAND}.open={{from: 2021-01-04, to: 2021-01-06}}",
             f"storefronts.{THIRD}={SHOP % ('west', 0)}",
             f"storefronts.{THIRD}.open.from=2021-01-07")  # fmt: skip
    found = ask(kind, fair(*later), [STAND])
    assert shares(found, STAND)[THIRD] == 0.0
    early = shares(ask(kind, fair(), [STAND]), STAND)
    assert shares(found, STAND).drop(THIRD).to_numpy() == pytest.approx(early.to_numpy(), abs=1e-6)


def test_days_count_by_what_is_sold_on_them() -> None:
    """A rival that is open on the last four days only takes, of second choices, what theory says of the week.

    On days d the plain logit gives away s_j s_k / (1 - s_j); over the week, sums of these over sums of s_j.
    """
    scenario = fair(f"storefronts.{STAND}.open.from=2021-01-07")
    orders = first_week(fair()) / 1e8  # every day has these
    with_it, j = orders.drop("north"), "north"
    alone = orders.drop(STAND) / (1.0 - orders[STAND])  # days on which the stand is closed
    sold = 4 * orders[j] + 3 * alone[j]
    gains = 4 * orders[j] * with_it / (1 - orders[j])
    gains += (3 * alone[j] * alone / (1 - alone[j])).reindex(with_it.index, fill_value=0.0)
    found = shares(ask(second_choice, scenario, [j]), j).drop(NOTHING_ONLINE)
    assert found.to_numpy() == pytest.approx((gains / sold)[found.index].to_numpy(), abs=2e-5)


def test_marginal_is_what_a_small_price_change_does_in_the_model() -> None:
    """Expected: central differences of orders in markets with other prices; the needs are the same."""
    step = 0.01
    more, less = (
        first_week(fair(*UNLIKE, f"storefronts.{STAND}.price.goods.index={1 + change}"))
        for change in (step, -step)
    )
    slope = more - less
    expected = -slope.drop(STAND) / slope[STAND]
    found = shares(ask(marginal, fair(*UNLIKE), [STAND]), STAND)
    assert found.drop(NOTHING_ONLINE).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-3)
    assert found[NOTHING_ONLINE] == pytest.approx(1.0 - expected.sum(), abs=1e-3)


def test_second_choice_is_the_dynamic_one_of_one_week() -> None:
    """A market in which the storefront is closed in the first week lies beside one in which it is open."""
    with (
        open_fair(fair(*UNLIKE, f"storefronts.{STAND}.open.from=2021-01-11"), record=RECORD) as before,
        open_fair(fair(*UNLIKE), record=RECORD) as after,
    ):
        asked = second_choice(after, "goods", [STAND])
        small = marginal(after, "goods", [STAND])
        pair = Pair(before, after)
        before.step()
        after.step()
        pair.record()
        ran = dynamic(weekly(before, after), pair.flows(), [STAND], "goods", (0, 0))
    found, expected = shares(asked, STAND), shares(ran, STAND, DYNAMIC)
    assert found.to_numpy() == pytest.approx(expected[found.index].to_numpy(), abs=1e-5)
    by_person = shares(ran, STAND, BY_PERSON)[found.index]
    assert by_person.to_numpy() == pytest.approx(found.to_numpy(), abs=0.12)  # some hundred buyers
    assert np.abs(found - shares(small, STAND)).max() > 0.005  # people differ: the kinds do too


@pytest.mark.parametrize("kind", KINDS)
def test_asking_changes_nothing(kind: Any) -> None:
    """A market that was asked goes on bit for bit as one that was not; shares add to one."""
    with opened(eventful(), 4_000) as asked, opened(eventful(), 4_000) as left:
        for m in (asked, left):
            while m.week < 5:
                m.step()
        found = pd.concat([kind(asked, "imported"), kind(asked, "everyday")])
        assert unlike(asked, left) == []
        asked.step()
        left.step()
        assert unlike(asked, left) == []
    assert list(found.columns) == COLUMNS
    enough = found.dropna()
    assert {POPUP, "alibaba", "pinduoduo"} <= set(enough.origin)
    assert enough.groupby("origin").share.sum().to_numpy() == pytest.approx(1.0)
    assert enough.share.min() >= -1e-12
    assert not (found.origin == found.destination).any()


def test_the_week_is_that_of_the_markets_own_phases() -> None:
    """A phase that a user puts before shopping counts; the phases themselves are not timed or run twice."""
    seen: list[int] = []
    with open_fair(fair()) as m:
        m.phases = m.phases.insert_after(
            "firms set prices", Phase("look", lambda copy: seen.append(copy.week))
        )
        second_choice(m, "goods", ["south"])
        assert seen == [0]
        assert m.week == 0
        assert m.phases.seconds["look"] == 0.0


def test_too_few_buyers_have_no_shares() -> None:
    """One consumer in seven or so buys at the stand: of 150, too few; of 2,000, enough."""
    assert ask(second_choice, fair(), [STAND], 150).share.isna().all()
    assert ask(second_choice, fair(), [STAND]).share.notna().all()


def test_channels_that_do_not_sell() -> None:
    """They are left out, or have no shares if asked for."""
    scenario = fair(f"storefronts.{STAND}.open.from=2021-01-11")
    assert STAND not in set(ask(marginal, scenario, None).origin)
    assert ask(marginal, scenario, [STAND]).share.isna().all()
    assert list(ask(marginal, scenario, []).columns) == COLUMNS


def test_what_cannot_be_asked() -> None:
    with open_fair(fair()) as m:
        with pytest.raises(ValueError, match="no category bread"):
            marginal(m, "bread")
        with pytest.raises(ValueError, match="by nobody"):
            second_choice(m, "goods", ["nobody"])
        m.run()
        with pytest.raises(ValueError, match="no week begins at week 12"):
            marginal(m, "goods")
    warm = load(SCENARIOS / "stay_out.yaml", sets=[*AUTUMN, *CLOSED]).scenario
    with Market(warm, consumers=500) as m, pytest.raises(ValueError, match="warm-up"):
        marginal(m, "imported")


# --- pairs of runs -------------------------------------------------------------------------------


def by_week(*rows: tuple[int, str, str, float, float]) -> pd.DataFrame:
    """Rows week, channel, category, GMV in baseline and scenario."""
    table = pd.DataFrame(rows, columns=["week", "channel", "category", "baseline", "with_scenario"])
    return table.assign(difference=table.with_scenario - table.baseline)


def went(*rows: tuple[int, str, str, str, float, int]) -> pd.DataFrame:
    names = ["week", "category", "origin", "destination", "paid_after", "simulated_buyers"]
    return pd.DataFrame(rows, columns=names)


SOLD = by_week(
    (1, "stand", "goods", 0.0, 60.0), (2, "stand", "goods", 0.0, 40.0), (3, "stand", "goods", 0.0, 1e6),
    (1, "north", "goods", 500.0, 470.0), (2, "north", "goods", 500.0, 490.0), (0, "north", "goods", 0.0, 1e6),
    (1, "south", "goods", 300.0, 290.0), (2, "south", "goods", 300.0, 315.0),
    (1, "south", "bread", 300.0, 100.0), (1, "stand", "bread", 0.0, 1e6),
)  # fmt: skip
CAME = went(
    (1, "goods", "north", "stand", 50.0, 20), (2, "goods", NOTHING_ONLINE, "stand", 30.0, 15),
    (2, "goods", "stand", "stand", 1e6, 999), (2, "goods", "north", "south", 1e6, 999),
    (3, "goods", "south", "stand", 1e6, 999), (1, "bread", "south", "stand", 1e6, 999),
)  # fmt: skip


def test_dynamic_by_hand() -> None:
    """Two replications: 200 sold, 80 lost by north, 5 won by south each; the rest was not bought online."""
    twice = pd.concat([SOLD, SOLD]), pd.concat([CAME, CAME])
    found = dynamic(*twice, ["stand"], "goods", (1, 2))
    assert list(found.columns) == COLUMNS
    assert dict(shares(found, "stand", DYNAMIC)) == pytest.approx(
        {"north": 0.4, "south": -0.05, NOTHING_ONLINE: 0.65}
    )
    assert dict(shares(found, "stand", BY_PERSON)) == pytest.approx(
        {"north": 0.625, "south": 0.0, NOTHING_ONLINE: 0.375}
    )


def test_buyers_of_all_replications_count_together() -> None:
    """35 in one are too few, 70 in two enough: `FEWEST_BUYERS` lies between."""
    assert 35 < FEWEST_BUYERS <= 70
    assert dynamic(SOLD, CAME, ["stand"], "goods", (1, 2)).share.isna().all()
    twice = pd.concat([SOLD, SOLD]), pd.concat([CAME, CAME])
    assert dynamic(*twice, ["stand"], "goods", (1, 2)).share.notna().all()


def test_sums_come_first() -> None:
    """A replication that sells three times as much weighs three times as much."""
    rows = [(1, "stand", "goods", 0.0, 10.0), (1, "north", "goods", 100.0, 95.0)]
    large = [(1, "stand", "goods", 0.0, 30.0), (1, "north", "goods", 100.0, 100.0)]
    many = went((1, "goods", "north", "stand", 10.0, 60))
    found = dynamic(by_week(*rows, *large), many, ["stand"], "goods", (1, 1))
    assert shares(found, "stand", DYNAMIC)["north"] == pytest.approx(5.0 / 40.0)


def test_replications_are_pooled_by_what_is_lost() -> None:
    """Expected: 5 of 40; the interval of a ratio of two means from the residuals 5 - 10 / 8 and 0 - 30 / 8.

    Over a mean loss of 20 they are 0.1875 and -0.1875: s.e. 0.1875, and 6.3138 is the 95 % point of t_1.
    """
    parts = [
        Parts("kind", "j", pd.Series({"k": gained, NOTHING_ONLINE: lost - gained}), lost, buyers)
        for gained, lost, buyers in ((5.0, 10.0, 20.0), (0.0, 30.0, 40.0))
    ]
    found = pooled(parts).set_index("destination").loc["k"]
    assert found.share == pytest.approx(0.125)
    assert (found.low, found.high) == pytest.approx(
        (0.125 - 6.3138 * 0.1875, 0.125 + 6.3138 * 0.1875), rel=1e-4
    )
    assert found.simulated_buyers == 60.0


def test_storefronts_together() -> None:
    """What one takes from another does not count, neither as a source nor as a gain."""
    sold = by_week(
        (1, "a", "goods", 0.0, 10.0), (1, "b", "goods", 20.0, 15.0), (1, "north", "goods", 9.0, 8.0)
    )
    came = went((1, "goods", "b", "a", 6.0, 60), (1, "goods", "north", "a", 4.0, 60))
    found = dynamic(sold, came, ["a", "b"], "goods", (1, 1))
    assert dict(shares(found, "a, b", DYNAMIC)) == pytest.approx({"north": 0.2, NOTHING_ONLINE: 0.8})
    assert dict(shares(found, "a, b", BY_PERSON)) == pytest.approx({"north": 1.0, NOTHING_ONLINE: 0.0})
    with pytest.raises(ValueError, match="elsewhere sells no goods"):
        dynamic(sold, came, ["elsewhere"], "goods", (1, 1))


# --- all kinds -----------------------------------------------------------------------------------

SHOWN = [*AUTUMN, *CLOSED, f"storefronts.{POPUP}.exposure=1", f"storefronts.{POPUP}.appeal=0.5"]


def popup_diversion(**more: Any) -> pd.DataFrame:
    base = load(SCENARIOS / "stay_out.yaml", sets=[*AUTUMN, *CLOSED]).scenario
    other = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=SHOWN).scenario
    return diversion(base, other, POPUP, **{"replications": 2, "consumers": 4_000, "root_seed": 1} | more)


def test_all_kinds_side_by_side() -> None:
    """The pop-up of 2019 with much exposure: every kind adds to one, and they tell a similar story."""
    found = popup_diversion()
    assert list(found.columns) == [*COLUMNS, "low", "high", "simulated_buyers"]
    assert list(found.kind.unique()) == [MARGINAL, SECOND_CHOICE, DYNAMIC, BY_PERSON]
    assert set(found.origin) == {POPUP}
    by_kind = found.pivot(index="destination", columns="kind", values="share")
    assert by_kind.notna().all().all()
    assert by_kind.sum().to_numpy() == pytest.approx(1.0)
    assert np.abs(by_kind[MARGINAL] - by_kind[SECOND_CHOICE]).max() < 0.15
    assert (found.low <= found.share).all()
    assert (found.high >= found.share).all()
    one_week, window = (found[found.kind == kind].simulated_buyers.iloc[0] for kind in (MARGINAL, DYNAMIC))
    assert FEWEST_BUYERS <= one_week < window


def test_the_week_can_be_chosen() -> None:
    """A week in which the pop-up is closed has no buyers; one that is not run is refused."""
    found = popup_diversion(week=1, replications=1, consumers=1_000)
    assert found[found.kind.isin([MARGINAL, SECOND_CHOICE])].share.isna().all()
    for week in (0, 11):
        with pytest.raises(ValueError, match=f"week {week} cannot be looked at, only those from 1 to 10"):
            popup_diversion(week=week, replications=1, consumers=1_000)
    with pytest.raises(ValueError, match="never open"):
        diversion(fair(), fair(), "nobody", replications=1)
