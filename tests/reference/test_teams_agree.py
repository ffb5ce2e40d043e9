"""The fast model's teams against those of the reference model, person by person and week by week.

Each parameter and each step of the team stage is changed in the reference model in turn, and the two
must then disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.reference import choice, teams
from tests.reference.cases import Replaced, popup_in_teams, strong_teams
from tests.reference.choice import Deal
from tests.reference.compare import FastRun, assert_agree, follow, run_fast
from tests.reference.consumer import ReferenceConsumer
from tests.reference.draws import uniform
from tests.reference.model import ReferenceMarket
from tests.reference.network import contacts_of
from tests.reference.teams import Settled, Take


@pytest.fixture(scope="module")
def strong_run() -> FastRun:
    return run_fast(strong_teams(), 300)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("seeds", [(1, 1), (2, 7)])
def test_the_popup_in_teams_agrees(size: int, seeds: tuple[int, int]) -> None:
    run = run_fast(popup_in_teams(size), 600, seeds)
    tables = [table for week in run.weeks for table in week.teams.sales.values()]
    takes, full = (sum(int(getattr(t, name).sum()) for t in tables) for name in ("takes", "filled"))
    assert takes - full > 700
    assert full > 1_000
    found = follow(run)
    assert found.invited_in > 100
    assert_agree(found)


def test_the_popup_is_bought_in_teams() -> None:
    run = run_fast(popup_in_teams(2), 600)
    position = 1 + list(run.spec.platforms).index("pinduoduo")
    tables = [week.teams.sales["imported"] for week in run.weeks]
    assert sum(int(table.takes[position:].sum()) for table in tables) > 10


def test_strong_teams_agree(strong_run: FastRun) -> None:
    found = follow(strong_run)
    assert found.purchases > 2_000
    assert_agree(found)


@pytest.mark.parametrize("seeds", [(2, 7), (3, 4)])
def test_strong_teams_agree_under_other_seeds(seeds: tuple[int, int]) -> None:
    assert_agree(follow(run_fast(strong_teams(), 300, seeds)))


@pytest.mark.parametrize(
    "change",
    [
        "network.kind=everyone",
        "network.contacts=3",
        "time.warm_up_weeks=0",
        "population.interested=0",
        "platforms.bazaar.teams.size=1",
        "platforms.corner.teams.strangers=0",
        "platforms.bazaar.assortments.daily.team_discount=0",
        "behaviour.awareness_as=bonus",
    ],
)
def test_variants_of_strong_teams_agree(change: str) -> None:
    assert_agree(follow(run_fast(strong_teams(change), 200, (3, 4))))


def test_strong_teams_are_strong() -> None:
    """Whatever the specification provides for happens."""
    market, seen = ReferenceMarket(strong_teams(), consumers=300), set()
    while market.week < market.calendar.weeks:
        market.step()
        seen |= set(happened(market, market.settled))
    market.close()
    assert seen == {
        "full", "money back", "pays alone", "invited by a storefront", "invited by two", "two platforms",
        "joins", "joins on another day", "leads and joins at once", "team left", "moved within the platform",
        "second thoughts in an earlier slot",
    }  # fmt: skip


def happened(market: ReferenceMarket, settled: Settled) -> Iterator[str]:
    """What happened in a week."""
    for take, full in settled.filled.items():
        yield "full" if full else "money back" if take.entry.deal is None else "pays alone"
    for take, team in settled.joined.items():
        yield "joins" if take.day == team.day else "joins on another day"
        if take in settled.joined.values():
            yield "leads and joins at once"
    for person in market.consumers:
        yield from happened_to(person, settled)


def happened_to(person: ReferenceConsumer, settled: Settled) -> Iterator[str]:
    """What invitations did to a person."""
    if any(len(hosts) > 1 for hosts in person.reconsiders.values()):
        yield "two platforms"
    for inviting in person.invitations.values():
        if len(inviting) > 1:
            yield "invited by two"
        if any(team.channel != team.host for team in inviting):
            yield "invited by a storefront"
    for (category, host), team in person.teams.items():
        if team not in settled.filled:
            moved = any(t.slot == team.slot for t in taken(settled, person, category, host))
            yield "moved within the platform" if moved else "team left"
        if any(t.slot < team.slot for t in taken(settled, person, category, host)):
            yield "second thoughts in an earlier slot"


def taken(settled: Settled, person: ReferenceConsumer, category: str, host: str) -> list[Take]:
    """Takes of a person at a platform."""
    return [t for t in settled.filled if (t.person, t.category, t.host) == (person, category, host)]


CHANGED = [
    ("platforms.bazaar.teams.size=4", "choices"),
    ("platforms.corner.teams.size=3", "choices"),
    ("platforms.bazaar.teams.hassle=0.12", "choices"),
    ("platforms.bazaar.teams.belief=0.96", "choices"),
    ("platforms.corner.teams.belief_gain=0.6", "belief"),
    ("platforms.bazaar.teams.invites=0.72", "teams"),
    ("platforms.bazaar.teams.access_gained=0.48", "aware"),
    ("platforms.bazaar.teams.reconsider=0.84", "choices"),
    ("platforms.corner.teams.social=1.2", "choices"),
    ("platforms.bazaar.teams.strangers=1.92", "choices"),
    ("platforms.corner.teams.full_density=6", "teams"),
    ("platforms.bazaar.teams.pay_alone=0.36", "choices"),
    ("platforms.bazaar.assortments.daily.team_discount=0.18", "payment"),
    ("platforms.bazaar.assortments.daily.team_discount=0.18", "choices"),
    ("storefronts.faraway_on_bazaar.price.daily.team_discount=0.3", "choices"),
    ("platforms.depot.access.advertising.effect=0.06", "aware"),
    ("platforms.depot.access.advertising.carry_over=0.72", "aware"),
    ("platforms.depot.access.advertising.scale=1.2e6", "aware"),
    ("brands.faraway.loyal=0.6", "choices"),
]


@pytest.mark.parametrize(("change", "seen_in"), CHANGED, ids=[f"{c} ({s})" for c, s in CHANGED])
def test_a_parameter_a_fifth_off_is_noticed(strong_run: FastRun, change: str, seen_in: str) -> None:
    assert follow(strong_run, strong_teams(change), until=seen_in).noticed(seen_in)


# --- steps left out or done differently --------------------------------------------------------


def _last_slot_leads(market: ReferenceMarket) -> None:
    for person in market.consumers:
        person.teams = {(take.category, take.host): take for take in teams.takes(person)}


def _own_draw_by_category(person: ReferenceConsumer, team: Take, d: int) -> bool:
    stream = ("invite", team.host, str(d // 2), team.category)
    pair = person.model.shock.pair(person.address, person.model.week, *stream)
    return uniform(pair[d % 2]) < team.terms.invites


def _one_draw_for_both(person: ReferenceConsumer, team: Take, d: int) -> bool:
    draw = person.model.shock.uniform(person.address, person.model.week, "invite", team.host, str(d // 2))
    return draw < team.terms.invites


def _only_the_first(person: ReferenceConsumer, category: str, host: str) -> list[Take]:
    found = [contact.teams.get((category, host)) for contact in contacts_of(person)]
    return [team for d, team in enumerate(found) if team and teams.is_invited(person, team, d)][:1]


def _only_the_app(person: ReferenceConsumer, host: str, inviting: list[Take]) -> None:
    person.knows.firms.add(host)


def _whatever_the_channel(
    person: ReferenceConsumer, category: str, inviting: list[Take]
) -> tuple[Take, Take] | None:
    own = [t for t in teams.takes(person) if (t.category, t.host) == (category, inviting[0].host)]
    standing = [team for team in inviting if teams.stands(team)]
    return (own[0], standing[0]) if own and standing else None


def _only_one_pleases(person: ReferenceConsumer, deal: Deal) -> float:
    inviting = sorted(person.reconsiders.get(deal.category, ()))
    return person.model.spec.platforms[deal.host].teams.social if deal.host in inviting[:1] else 0.0


def _always_many(market: ReferenceMarket) -> dict[Any, float]:
    every = [take for person in market.consumers for take in teams.takes(person)]
    return {take.place: take.terms.strangers for take in every}


def _consumers_for_people(market: ReferenceMarket) -> dict[Any, float]:
    every = [take for person in market.consumers for take in teams.takes(person)]
    weight = sum(g.people for g in market.groups) / len(market.consumers)
    density = {t.place: weight * sum(u.place == t.place for u in every) / t.entry.deal.goods for t in every}
    return {t.place: t.terms.strangers * min(1.0, density[t.place] / t.terms.full_density) for t in every}


def _joiners_are_on_their_own(
    market: ReferenceMarket, joined: dict[Take, Take], means: dict[Any, float]
) -> dict[Take, bool]:
    full = WHICH_FILL(market, joined, means)
    joiners = list(joined.values())
    for take in joined:
        full[take] = teams.fills(take.terms.size, joiners.count(take), means[take.place], take.draw()[0])
    return full


def _joiners_do_not_count(
    market: ReferenceMarket, joined: dict[Take, Take], means: dict[Any, float]
) -> dict[Take, bool]:
    return WHICH_FILL(market, {}, means)


def _money_back(take: Take, full: bool) -> None:
    if full:
        PAY(take, full)
    else:
        take.person.diary[take.category, take.slot] = take.entry._replace(deal=None, in_team=False)


def _single_price(take: Take, full: bool) -> None:
    if not full:
        PAY(take, full)


WHICH_FILL, PAY, GET_INVITED = teams.which_fill, teams.pay, teams.get_invited


def _offline_too(person: ReferenceConsumer) -> None:
    if not person.is_online:
        person.online_from, before = 0, person.online_from
        GET_INVITED(person)
        person.online_from = before
    else:
        GET_INVITED(person)


REPLACED = [
    Replaced("the last slot opens the team", teams, "open_teams", _last_slot_leads, "teams"),
    Replaced("nobody is invited", teams, "is_invited", lambda person, team, d: False, "choices"),
    Replaced("a draw by category", teams, "is_invited", _own_draw_by_category, "choices"),
    Replaced("two contacts share a draw", teams, "is_invited", _one_draw_for_both, "choices"),
    Replaced("one invitation is enough", teams, "inviting_teams", _only_the_first, "teams"),
    Replaced("who is offline is invited", teams, "get_invited", _offline_too, "aware"),
    Replaced("no access gained", teams, "gain_access", lambda person, host, inviting: None, "aware"),
    Replaced("storefronts stay unknown", teams, "gain_access", _only_the_app, "aware"),
    Replaced("no second thoughts", teams, "reconsider", lambda person: None, "choices"),
    Replaced("invitations do not please", choice, "social_term", lambda person, deal: 0.0, "choices"),
    Replaced("one platform pleases", choice, "social_term", _only_one_pleases, "choices"),
    Replaced("the option is worth nothing", choice, "team_term", lambda person, deal, day: 0.0, "choices"),
    Replaced("nobody joins", teams, "joins", lambda market: [], "teams"),
    Replaced("any channel of the platform", teams, "first_match", _whatever_the_channel, "teams"),
    Replaced("teams that were left go on", teams, "stands", lambda team: True, "teams"),
    Replaced("joiners do not count", teams, "which_fill", _joiners_do_not_count, "teams"),
    Replaced("joiners are on their own", teams, "which_fill", _joiners_are_on_their_own, "teams"),
    Replaced("strangers are always many", teams, "mean_strangers", _always_many, "teams"),
    Replaced("consumers stand for as many", teams, "mean_strangers", _consumers_for_people, "teams"),
    Replaced("every team fills", teams, "fills", lambda size, joiners, strangers, u: True, "choices"),
    Replaced("always money back", teams, "pay", _money_back, "choices"),
    Replaced("single price in a team", teams, "pay", _single_price, "payment"),
    Replaced("beliefs stay", teams, "update_beliefs", lambda market, filled: None, "belief"),
]


@pytest.mark.parametrize("step", REPLACED, ids=[step.title for step in REPLACED])
def test_a_replaced_step_is_noticed(
    strong_run: FastRun, monkeypatch: pytest.MonkeyPatch, step: Replaced
) -> None:
    monkeypatch.setattr(step.where, step.name, step.instead)
    assert follow(strong_run, until=step.seen_in).noticed(step.seen_in)
