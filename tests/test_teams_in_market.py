"""Team purchase in the whole market: whom invitations move, which teams fill, what a failed one leaves."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import poisson

from sim.consumers.demand import Record
from sim.market import Market
from sim.scenario import Scenario
from tests.markets import QUIET, autumn, market, named_choices
from tests.runs import BeforeTeams, fair, open_fair

TEAMS = "platforms.pinduoduo.teams"
POPUP = "storefronts.amazon_on_pinduoduo"
INVITING = (
    *(f"{TEAMS}.{t}" for t in ("invites=0.5", "reconsider=0.8", "social=1", "access_gained=0.5")),
    *(f"{TEAMS}.{t}" for t in ("strangers=1000", "full_density=1e-9", "belief=1")),
)
"""Strong invitations; strangers fill every team, so that nothing but invitations moves anybody."""
SEEN = (f"{POPUP}.exposure=1", f"{POPUP}.appeal=2", f"{POPUP}.price.imported.team_discount=0.3")
HALF_KNOWN = (
    "categories.imported.needs_per_week=0.3",
    *(f"brands.amazon.awareness.{t}" for t in ("initial=0.5", "site_known=1", "steady=false")),
    *(f"brands.amazon.awareness.{t}" for t in ("forgetting=0.3", "channel_forgetting=0")),
    *(f"{TEAMS}.{t}" for t in ("invites=1", "access_gained=1", "reconsider=1", "social=0.2")),
)
"""Many know Amazon's site who have forgotten Amazon."""

# --- whom invitations move ---------------------------------------------------------------------


def moves(scenario: Scenario, weeks: int, consumers: int = 6_000) -> set[tuple[str, str]]:
    """Choices before and after the second thoughts, of everybody who moved."""
    found: set[tuple[str, str]] = set()
    with market(scenario, consumers) as m:
        before = BeforeTeams(m)
        for _ in range(weeks):
            m.step()
            for category, origin in before.names.items():
                destination = named_choices(m, category)
                moved = origin != destination
                found |= set(zip(origin[moved].tolist(), destination[moved].tolist(), strict=True))
    return found


def test_invitations_move_people_to_the_host_only() -> None:
    """Evidence 20, person by person: the host loses nobody, and nobody goes where nobody invited to."""
    found = moves(autumn("stay_out", *INVITING), 5)
    assert {origin for origin, _ in found} >= {"alibaba", "jd", "others", "nothing"}
    assert {destination for _, destination in found} == {"pinduoduo"}
    hosted = moves(autumn("popup_on_pinduoduo_2019", *INVITING, *SEEN), 6)
    assert {destination for _, destination in hosted} == {"pinduoduo", "amazon_on_pinduoduo"}
    assert {pair for pair in hosted if pair[0] == "amazon_on_pinduoduo"} <= {
        ("amazon_on_pinduoduo", "pinduoduo")
    }


def test_an_invitation_to_a_storefront_also_recalls_the_brand() -> None:
    """The way round evidence 20: who had forgotten the brand, but not its own site, can go there."""
    found = moves(autumn("popup_on_pinduoduo_2019", *INVITING, *SEEN, *HALF_KNOWN), 6)
    assert {destination for _, destination in found} == {
        "pinduoduo",
        "amazon_on_pinduoduo",
        "amazon_global",
    }


# --- which teams fill --------------------------------------------------------------------------

NORTH = "platforms.north.teams"
NORTH_CHANNEL = 0
STRANGERS = 0.5
ACCEPT = 0.2
CLOSED_FORM = {2: 0.68946, 3: 0.30128}
"""Evidence 19: P(Bin(3, 0.2) + Poi(0.5) >= size - 1) = 1 - 0.512 e^-0.5, less 0.64 e^-0.5."""


def sold_in_teams(size: int, *terms: str) -> Scenario:
    """The fair with teams on one platform at full density; who fails gets the money back."""
    rules = {"size": size, "hassle": 0, "belief": 1, "belief_gain": 0, "invites": 0, "pay_alone": 0,
             "strangers": STRANGERS, "full_density": 1e-9}  # fmt: skip
    rules |= dict(term.split("=", 1) for term in terms)
    words = ", ".join(f"{name}: {value}" for name, value in rules.items())
    return fair(
        "platforms.north.assortments.goods.team_discount=0.2", f"{NORTH}={{{words}}}",
        "storefronts.faraway_on_north=null", "season={}",
    )  # fmt: skip


@pytest.mark.parametrize("size", [2, 3])
def test_strangers_fill_teams_at_full_density(size: int) -> None:
    """Share of full teams 1 - P(Poi(mu) <= size - 2), within 3 s.e., and the same in expected sales."""
    with open_fair(sold_in_teams(size)) as m:
        takes = filled = 0
        for _ in range(10):
            m.step()
            teams = m.sales["goods"].teams
            assert teams is not None
            takes, filled = takes + int(teams.takes.sum()), filled + int(teams.filled.sum())
            chance = 1.0 - poisson.cdf(size - 2, STRANGERS)
            np.testing.assert_allclose(teams.fill[0][teams.takes[0].sum(axis=1) > 0], chance, rtol=1e-6)
    assert takes > 5_000
    assert abs(filled / takes - chance) < 3 * sqrt(chance * (1 - chance) / takes)


def lonely(leads: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Initiators on the ring who share no listener with another one: nobody within four places leads."""
    near = sum(np.roll(leads, step).astype(int) for step in (-4, -3, -2, -1, 1, 2, 3, 4))
    return np.asarray(leads & (near == 0))


@pytest.mark.parametrize("size", [2, 3])
def test_contacts_and_strangers_fill_teams(size: int) -> None:
    """Evidence 19, within 3 s.e.: three listeners each follow with chance 0.2, strangers are Poisson.

    Everybody has a need every week, few choose the platform at first, and social appeal brings everybody
    who reconsiders. Listeners are the neighbours on the ring, in the order of rows.
    """
    scenario = sold_in_teams(size, "invites=1", f"reconsider={ACCEPT}", "social=1000")
    level = {**scenario.intercepts, "north": {"goods": -3.0}}
    with open_fair(scenario.model_copy(update={"intercepts": level}), 20_000) as m:
        before, count, full = BeforeTeams(m), 0, 0
        for _ in range(10):
            m.step()
            alone = lonely(before.codes["goods"][0] // 7 == NORTH_CHANNEL)
            count += int(alone.sum())
            full += int((m.demand.diaries["goods"].codes[0][alone] >= 0).sum())
    assert count > 4_000
    chance = CLOSED_FORM[size]
    assert abs(full / count - chance) < 3 * sqrt(chance * (1 - chance) / count)


# --- teams that fail ---------------------------------------------------------------------------


def test_failed_teams_sell_nothing_and_leave_nothing() -> None:
    """Nobody joins or pays alone: no sales in either mode, no habit, no stock, no order on record."""
    scenario = sold_in_teams(2, "strangers=0").model_copy(update={"behaviour": autumn("stay_out").behaviour})
    with open_fair(scenario, record=Record(core=False, payments=True)) as m:
        for _ in range(4):
            m.step()
        sales, teams, columns = m.sales_table(), m.teams_table(), m.consumers.columns
        assert (m.demand.diaries["goods"].codes // 7 == NORTH_CHANNEL).sum() == 0
    north = sales[sales.channel == "north"]
    assert teams.takes.sum() == teams.refunded.sum() > 0
    assert north[["orders_realised", "gmv_realised"]].to_numpy().sum() == 0
    assert north[["orders", "gmv", "value"]].to_numpy().max() == pytest.approx(0.0, abs=1e-3)
    assert columns.habit[0].max() == 0 < columns.habit[1].max()
    assert (columns.last_order[0] < 0).all()
    assert (columns.stock[0][(columns.last_order < 0).all(axis=0)] == 0).all()


def test_every_take_is_filled_paid_alone_or_refunded() -> None:
    """Takes = filled + paid alone + refunded by tier; of the failed, the stated share pays alone (3 s.e.).

    What people paid, counted person by person, is what realised sales say.
    """
    scenario = autumn("popup_on_pinduoduo_2019", *SEEN, f"{TEAMS}.strangers=0.7", f"{TEAMS}.pay_alone=0.3")
    with market(scenario, 6_000, record=Record(core=False, payments=True)) as m:
        people = np.repeat(m.consumers.strata.weight, m.consumers.strata.count)
        for week in range(6):
            m.step()
            paid = sum(float(d.payments.astype(np.float64).sum(axis=0) @ people) for d in diaries(m))
            table = m.sales_table()
            assert paid == pytest.approx(table[table.week == week].gmv_realised.sum(), rel=1e-6)
            failed, alone = failures(m)
            assert abs(alone - 0.3 * failed) < 3 * sqrt(0.21 * failed)
        teams = m.teams_table()
    assert (teams.takes - teams.filled - teams.refunded >= -1e-3).all()
    assert (teams.groupby("tier").refunded.sum() > 0).all()


def diaries(m: Market) -> Iterator:
    yield from m.demand.diaries.values()


def failures(m: Market) -> tuple[int, int]:
    """Orders of the week whose team failed, and those among them that were paid alone."""
    tables = [s.teams for s in m.sales.values() if s.teams is not None]
    failed = sum(int((t.takes - t.filled).sum()) for t in tables)
    refunded = sum(int(b.totals.refunded.sum()) for b in m.demand.baskets.values())
    return failed, failed - refunded


# --- the size of the population ----------------------------------------------------------------

CROWDED = autumn(
    "stay_out",
    *(f"{TEAMS}.{t}" for t in ("strangers=1.5", "full_density=1.2", "belief_gain=0", "invites=0.3")),
    *(f"{TEAMS}.{t}" for t in ("reconsider=0.4", "access_gained=0.2")),
)
"""Density matters (half of the full one), and so do invitations."""


def team_sums(consumers: int, seed: int) -> pd.Series:
    with market(CROWDED, consumers, record=QUIET, world_seed=seed, shock_seed=seed) as m:
        for _ in range(4):
            m.step()
        sums = m.teams_table()[["takes", "filled", "refunded", "invitations", "joins", "gained"]].sum()
    return pd.concat([sums, pd.Series({"fill": sums.filled / sums.takes})])


def test_teams_do_not_depend_on_the_size_of_the_population() -> None:
    """Lesson 5: densities, joiners and accesses are in people: 3, 12 and 48 thousand agree within 3.5 s.e."""
    runs = {
        3_000: pd.DataFrame([team_sums(3_000, seed) for seed in range(24)]),
        12_000: pd.DataFrame([team_sums(12_000, seed) for seed in range(100, 108)]),
        48_000: pd.DataFrame([team_sums(48_000, seed) for seed in range(200, 204)]),
    }
    small = runs[3_000]
    assert small.fill.mean() == pytest.approx(0.76, abs=0.02)
    for size in (12_000, 48_000):
        error = np.sqrt(small.var() / len(small) + small.var() * 3_000 / size / len(runs[size]))
        assert ((runs[size].mean() - small.mean()).abs() < 3.5 * error).all()


def test_expected_sales_of_rare_goods_do_not_depend_on_the_size_of_the_population() -> None:
    """Lesson 5 for expected sales where most days of the sample see no buyer: imports at Pinduoduo."""

    def imports(consumers: int, seed: int) -> float:
        record = Record(core=False)
        with market(autumn("stay_out"), consumers, record=record, world_seed=seed, shock_seed=seed) as m:
            for _ in range(4):
                m.step()
            table = m.sales_table()
        return float(table[(table.channel == "pinduoduo") & (table.category == "imported")].gmv.sum())

    small = np.array([imports(2_000, seed) for seed in range(12)])
    large = np.array([imports(40_000, seed) for seed in range(100, 103)])
    error = sqrt(small.var(ddof=1) / 12 + small.var(ddof=1) * 2_000 / 40_000 / 3)
    assert abs(small.mean() - large.mean()) < 3.5 * error
