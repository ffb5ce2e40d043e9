"""The team stage of the reference model against closed forms and ordinary platforms."""

from __future__ import annotations

from collections.abc import Callable
from math import comb, inf, prod, sqrt

import pytest
from scipy.stats import poisson

from sim.scenario.schema import Scenario
from tests.reference.cases import strong, strong_teams
from tests.reference.choice import Best, Deal
from tests.reference.consumer import Entry, ReferenceConsumer
from tests.reference.model import ReferenceMarket
from tests.reference.teams import fills, poisson_cdf, settle_teams

CONTACTS = 3
GAP = 12
"""Initiators stand so far apart on their ring that nobody has two of them among the contacts."""
CLOSED_FORM = {1: 1.0, 2: 0.68946, 3: 0.30128}
"""P(Bin(3, 0.2) + Poi(0.5) >= size - 1), computed by hand: 1 - 0.512 e^-0.5, less 0.64 e^-0.5."""


def share_full(size: int, contacts: int, accept: float, mean: float) -> float:
    """Chance of a full team: `fills` averaged over joiners and over a fine grid of the strangers' draw."""
    grid = [(k + 0.5) / 4000 for k in range(4000)]
    chances = [comb(contacts, n) * accept**n * (1.0 - accept) ** (contacts - n) for n in range(contacts + 1)]
    full = [sum(fills(size, n, mean, u) for u in grid) / len(grid) for n in range(contacts + 1)]
    return sum(chance * share for chance, share in zip(chances, full, strict=True))


@pytest.mark.parametrize("mean", [0.0, 0.3, 2.5, 20.0])
def test_poisson_distribution(mean: float) -> None:
    assert poisson_cdf(-1, mean) == 0.0
    for most in range(10):
        assert poisson_cdf(most, mean) == pytest.approx(poisson.cdf(most, mean), abs=1e-12)


@pytest.mark.parametrize("size", CLOSED_FORM)
def test_share_of_full_teams(size: int) -> None:
    assert share_full(size, CONTACTS, 0.2, 0.5) == pytest.approx(CLOSED_FORM[size], abs=5e-4)


def ring_market(size: int) -> tuple[ReferenceMarket, Deal]:
    """Contacts are three neighbours on the ring, whoever reconsiders joins, and only one platform sells."""
    bazaar = "platforms.bazaar"
    market = ReferenceMarket(
        strong_teams(
            "time.warm_up_weeks=0", "population.online_shoppers=1e7",
            "network.rewired=0", "network.homophily=1", f"network.contacts={CONTACTS}",
            "categories.daily.slots_per_week=1", "categories.daily.needs_per_week=1000",
            f"{bazaar}.access.initial=1", f"{bazaar}.teams.size={size}", f"{bazaar}.teams.hassle=0",
            f"{bazaar}.teams.invites=1", f"{bazaar}.teams.reconsider=0.2", f"{bazaar}.teams.social=1000",
            f"{bazaar}.teams.strangers=0.5", f"{bazaar}.teams.full_density=1e-9",
            f"{bazaar}.teams.pay_alone=0.3", f"{bazaar}.teams.belief_gain=0.25",
        ),
        consumers=1500,
    )  # fmt: skip
    market.make_deals()
    deal = market.deals["daily"][0]
    market.deals["daily"] = [deal]
    return market, deal


def put_initiators(market: ReferenceMarket, deal: Deal) -> list[ReferenceConsumer]:
    """Only people far apart have chosen the deal, in a team; everybody else has bought nothing so far."""
    initiators = []
    for group in market.groups:
        for person in group.members:
            leads = person.rank % GAP == 0 and person.rank + GAP <= len(group.members)
            best = Best(0 if leads else -1, -1, inf)
            person.teams, person.invitations, person.reconsiders = {}, {}, {}
            person.diary = {("daily", 0): Entry(best, deal if leads else None, 2, deal.price[2], leads)}
            initiators += [person] * leads
    return initiators


@pytest.mark.parametrize("size", [1, 2, 3])
def test_simulated_teams_fill_as_in_the_closed_form(size: int) -> None:
    market, deal = ring_market(size)
    count, full, alone, refunded, joined = 0, 0, 0, 0, 0
    for week in range(40):
        market.week = week
        initiators = put_initiators(market, deal)
        settled = settle_teams(market)
        joined += sum(team.person in initiators for team in settled.joined.values())
        for person in initiators:
            entry = person.diary["daily", 0]
            count += 1
            refunded += entry.deal is None
            full += entry.deal is not None and entry.payment == pytest.approx(deal.team_price[2])
            alone += entry.deal is not None and entry.payment == pytest.approx(deal.price[2])
    market.close()
    assert full + alone + refunded == count > 4_000
    assert full / count == pytest.approx(CLOSED_FORM[size], abs=4.0 * sqrt(0.25 / count))
    failed = count - full
    assert alone == pytest.approx(0.3 * failed, abs=4.0 * sqrt(0.21 * failed))
    assert joined == pytest.approx(0.2 * CONTACTS * count, abs=4.0 * sqrt(0.16 * CONTACTS * count))


def test_belief_follows_the_share_of_people_served() -> None:
    market, deal = ring_market(2)
    platform = market.platforms["bazaar"]
    platform.team_belief = 0.8
    put_initiators(market, deal)
    settled = settle_teams(market)
    people = sum(take.person.group.weight for take in settled.filled)
    served = sum(take.person.group.weight for take, full in settled.filled.items() if full)
    market.close()
    assert 0.0 < served < people
    assert platform.team_belief == pytest.approx(0.75 * 0.8 + 0.25 * served / people)


# --- teams that mean nothing -------------------------------------------------------------------


def diaries(spec: Scenario) -> list[list[tuple[int, int, float] | None]]:
    """All choices and payments of a run: position, day and payment of every occasion, by week."""
    market, weeks = ReferenceMarket(spec, consumers=150), []
    while market.week < 6:
        market.step()
        lines = [entry for person in market.consumers for entry in person.diary.values()]
        weeks.append([None if e is None else (-1 if e.deal is None else e.best.position, e.day, e.payment)
                      for e in lines])  # fmt: skip
    market.close()
    return weeks


NO_TEAMS = (
    "platforms.bazaar.assortments.daily.team_discount=0",
    "platforms.bazaar.assortments.imported.team_discount=0",
    "platforms.corner.assortments.daily.team_discount=0",
    "storefronts.faraway_on_bazaar.price.imported.team_discount=0",
    "storefronts.faraway_on_bazaar.price.daily.team_discount=0",
    "storefronts.upstart_on_bazaar.price.daily.team_discount=0",
    "platforms.bazaar.teams=null", "platforms.corner.teams=null",
)  # fmt: skip


def teams_without_discount() -> Scenario:
    """Teams that are no cheaper, which a scenario file may not say."""
    in_teams, ordinary = strong_teams(), strong_teams(*NO_TEAMS)
    platforms = {
        name: platform.model_copy(update={"teams": in_teams.platforms[name].teams})
        for name, platform in ordinary.platforms.items()
    }
    return ordinary.model_copy(update={"platforms": platforms})


def teams_with(term: str) -> Scenario:
    """The same term of teams on both platforms."""
    return strong_teams(f"platforms.bazaar.teams.{term}", f"platforms.corner.teams.{term}")


@pytest.mark.parametrize(
    "neutral",
    [teams_without_discount, lambda: teams_with("belief=0"), lambda: teams_with("hassle=50")],
    ids=["no discount", "nobody believes", "too much hassle"],
)
def test_neutral_teams_are_an_ordinary_platform(neutral: Callable[[], Scenario]) -> None:
    ordinary = diaries(strong_teams(*NO_TEAMS))
    assert diaries(neutral()) == ordinary
    assert diaries(strong_teams()) != ordinary


def test_teams_of_one_are_a_price_cut() -> None:
    """Without hassle and invitations; order sizes answer the single price, so they are held fixed."""
    fixed = ("categories.daily.quantity_elasticity=0", "categories.imported.quantity_elasticity=0")
    alone = [f"platforms.{h}.teams.{what}" for h in ("bazaar", "corner")
             for what in ("size=1", "hassle=0", "belief=1", "invites=0")]  # fmt: skip
    cheaper = (
        "platforms.bazaar.assortments.daily.price=0.765", "platforms.bazaar.assortments.imported.price=0.99",
        "platforms.corner.assortments.daily.price=0.76",
        "storefronts.faraway_on_bazaar.price.imported.index=0.72",
        "storefronts.faraway_on_bazaar.price.daily.index=0.75",
        "storefronts.upstart_on_bazaar.price.daily.index=0.88",
    )  # fmt: skip
    in_teams = diaries(strong_teams(*fixed, *alone))
    for team, cut in zip(in_teams, diaries(strong_teams(*fixed, *NO_TEAMS, *cheaper)), strict=True):
        assert team == [None if line is None else pytest.approx(line) for line in cut]


# --- who is there at the start, and whom platforms reach ---------------------------------------


def test_customers_at_the_start() -> None:
    """Loyal are half of those who know the brand and shop online already, and nobody else."""
    market = ReferenceMarket(strong("brands.faraway.loyal=0.5"), consumers=2000)
    can = {p: "faraway" in p.knows.firms and p.online_from == 0 for p in market.consumers}
    knowing = [p.loyalty["faraway"] for p in market.consumers if can[p]]
    others = [p.loyalty["faraway"] for p in market.consumers if not can[p]]
    upstart = [p.loyalty["upstart"] for p in market.consumers]
    market.close()
    assert set(knowing) == {0.0, 1.0}
    assert sum(knowing) / len(knowing) == pytest.approx(0.5, abs=4.0 * sqrt(0.25 / len(knowing)))
    assert not any(others + upstart)


def test_advertising_gives_access() -> None:
    """Access grows by 1 - exp(-k ln(1 + AD / x0)) a week: here (1 + AD / x0)^-k are left."""
    plan = "platforms.depot.access"
    spec = strong(
        f"{plan}.initial=0", f"{plan}.hazard=0", f"{plan}.advertising.scale=1e6",
        f"{plan}.advertising.spend.2021-01-04=2e6", f"{plan}.advertising.spend.2021-01-11=0",
        f"{plan}.advertising.effect=0.15", f"{plan}.advertising.carry_over=0.8",
    )  # fmt: skip
    market, weeks = ReferenceMarket(spec, consumers=2000), 4
    for _ in range(weeks):
        market.step()
    reached = sum("depot" in p.knows.firms for p in market.consumers) / len(market.consumers)
    market.close()
    left = prod((1.0 + 2.0 * 0.8**week) ** -0.15 for week in range(weeks))
    assert reached == pytest.approx(1.0 - left, abs=4.0 * sqrt(0.25 / 2000))
