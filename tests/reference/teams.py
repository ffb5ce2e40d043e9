"""Team purchase: what happens between the first choice of the week and the arrival of goods.

takes      whoever chose a channel for its team price has *taken* the team option
teams      the first take in a category on a platform opens a team to which contacts are invited
invited    may gain access to the platform, may reconsider the category with the platform in favour
joiners    those who reconsidered and took the option at the channel of a team to which invited
strangers  Poisson, the more the denser the team orders of the channel and day
fills      joiners + strangers >= size - 1; a joiner's take also fills if the team that she joined fills
fails      the buyer pays the single price, or gets the money back and has bought nothing
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import exp, factorial
from typing import TYPE_CHECKING, NamedTuple

from sim.scenario.schema import Teams
from tests.reference.draws import uniform
from tests.reference.network import contacts_of

if TYPE_CHECKING:
    from tests.reference.consumer import Entry, ReferenceConsumer
    from tests.reference.model import ReferenceMarket


Place = tuple[str, str, int]
"""Where strangers look for teams: category, channel and day."""


class Take(NamedTuple):
    """Somebody takes the team option for a need; also the name of the team that she opens with it."""

    person: ReferenceConsumer
    category: str
    slot: int
    day: int
    channel: str
    host: str

    @property
    def entry(self) -> Entry:
        """The line in the diary of whoever takes the option."""
        return self.person.diary[self.category, self.slot]

    @property
    def terms(self) -> Teams:
        """The host's rules for teams."""
        return self.person.model.spec.platforms[self.host].teams

    @property
    def place(self) -> Place:
        """Where strangers look for the team."""
        return self.category, self.channel, self.day

    def draw(self) -> tuple[float, float]:
        """Uniform draws of the strangers and of paying alone."""
        market = self.person.model
        stream = ("strangers", self.category, str(self.slot))
        first, second = market.shock.pair(self.person.address, market.week, *stream)
        return uniform(first), uniform(second)


class Settled(NamedTuple):
    """How the teams of a week ended."""

    joined: dict[Take, Take]
    """Teams joined, by the take of whoever joined."""
    strangers: dict[Place, float]
    """Mean number of strangers in a team."""
    filled: dict[Take, bool]
    """All takes of the week: did the team fill?"""
    invited_in: int
    """How often somebody gained access to a platform by an invitation."""
    carried: frozenset[Take] = frozenset()
    """Takes of people who joined a team that filled by its own joiners and strangers."""


def settle_teams(market: ReferenceMarket) -> Settled:
    """Invite, reconsider, join, wait for strangers; then pay or get the money back."""
    open_teams(market)
    before = accesses(market)
    for person in market.consumers:
        get_invited(person)
    invited_in = accesses(market) - before
    for person in market.consumers:
        reconsider(person)
    joined, means = dict(joins(market)), mean_strangers(market)
    filled, alone = which_fill(market, joined, means), fill_alone(market, joined, means)
    carried = frozenset(take for take, team in joined.items() if alone.get(team, False))
    update_beliefs(market, filled)
    for take, full in filled.items():
        pay(take, full)
    return Settled(joined, means, filled, invited_in, carried)


def accesses(market: ReferenceMarket) -> int:
    """Platforms to which people have access, added up over people."""
    return sum(len(person.knows.firms & market.platforms.keys()) for person in market.consumers)


def takes(person: ReferenceConsumer) -> Iterator[Take]:
    """Takes of a person as her diary stands now, by category and slot."""
    for (category, slot), entry in person.diary.items():
        if entry is not None and entry.in_team:
            yield Take(person, category, slot, entry.day, entry.deal.channel, entry.deal.host)


# --- invitations -------------------------------------------------------------------------------


def open_teams(market: ReferenceMarket) -> None:
    """The first slot of a category that takes the option of a platform opens the team there."""
    for person in market.consumers:
        for take in takes(person):
            person.teams.setdefault((take.category, take.host), take)


def get_invited(person: ReferenceConsumer) -> None:
    """Hear of contacts' teams; perhaps gain access at once, perhaps reconsider the category."""
    if not person.is_online:
        return
    market = person.model
    for category in market.spec.categories:
        for host in market.spec.platforms:
            if teams := inviting_teams(person, category, host):
                person.invitations[category, host] = teams
                respond(person, category, host, teams)


def inviting_teams(person: ReferenceConsumer, category: str, host: str) -> list[Take]:
    """Teams of the contacts who invite the person, in the order of contacts; nobody invites herself."""
    others = [contact if contact is not person else None for contact in contacts_of(person)]
    teams = [None if contact is None else contact.teams.get((category, host)) for contact in others]
    return [team for d, team in enumerate(teams) if team is not None and is_invited(person, team, d)]


def is_invited(person: ReferenceConsumer, team: Take, d: int) -> bool:
    """Does contact d invite? One draw a week, whatever the category; two contacts share its halves."""
    market = person.model
    pair = market.shock.pair(person.address, market.week, "invite", team.host, str(d // 2))
    return uniform(pair[d % 2]) < team.terms.invites


def respond(person: ReferenceConsumer, category: str, host: str, teams: list[Take]) -> None:
    """Install the app and learn what is sold there, or not; think again about the week, or not."""
    market = person.model
    terms = market.spec.platforms[host].teams
    first, second = market.shock.pair(person.address, market.week, "invited", category, host)
    if uniform(first) < terms.access_gained:
        gain_access(person, host, teams)
    if uniform(second) < terms.reconsider:
        person.reconsiders.setdefault(category, set()).add(host)


def gain_access(person: ReferenceConsumer, host: str, teams: list[Take]) -> None:
    """Access to the platform, and knowledge of the storefronts to which the person was invited."""
    person.knows.firms.add(host)
    for team in teams:
        store = person.model.spec.storefronts.get(team.channel)
        if store is not None:
            if person.model.spec.behaviour.hosted_consideration == "brand":
                person.knows.firms.add(store.owner)
            person.knows.channels.add(team.channel)


def reconsider(person: ReferenceConsumer) -> None:
    """Choose again in the categories concerned: same needs, same draws."""
    for category in person.reconsiders:
        person.decide(category)


# --- members -----------------------------------------------------------------------------------


def joins(market: ReferenceMarket) -> Iterator[tuple[Take, Take]]:
    """Takes of people who join the team of a contact, each with the team."""
    for person in market.consumers:
        for (category, host), teams in person.invitations.items():
            if host in person.reconsiders.get(category, ()):
                found = first_match(person, category, teams)
                if found is not None:
                    yield found


def first_match(person: ReferenceConsumer, category: str, teams: list[Take]) -> tuple[Take, Take] | None:
    """First take of the person at the channel of an inviting team, and the first such team."""
    for take in takes(person):
        for team in teams:
            if (take.category, take.channel) == (category, team.channel) and stands(team):
                return take, team
    return None


def stands(team: Take) -> bool:
    """Is the initiator still there? Invited herself, she may have thought again and bought elsewhere."""
    return team in takes(team.person)


def mean_strangers(market: ReferenceMarket) -> dict[Place, float]:
    """Mean number of strangers: in proportion to team orders of a product and day, up to a density."""
    orders: dict[Place, float] = Counter()
    means = {}
    for person in market.consumers:
        for take in takes(person):
            orders[take.place] += person.group.weight
            density = orders[take.place] / take.entry.deal.goods
            means[take.place] = take.terms.strangers * min(1.0, density / take.terms.full_density)
    return means


def poisson_cdf(most: int, mean: float) -> float:
    """Chance of at most so many."""
    return sum(exp(-mean) * mean**n / factorial(n) for n in range(most + 1))


def fills(size: int, joiners: int, strangers: float, u: float) -> bool:
    """Do joiners and strangers (in the mean so many) complete the team? By inverse distribution function."""
    missing = size - 1 - joiners
    return missing <= 0 or u >= poisson_cdf(missing - 1, strangers)


def fill_alone(
    market: ReferenceMarket, joined: dict[Take, Take], means: dict[Place, float]
) -> dict[Take, bool]:
    """All takes of the week: do its own joiners and strangers fill the team?"""
    joiners = Counter(joined.values())
    return {
        take: fills(take.terms.size, joiners[take], means[take.place], take.draw()[0])
        for person in market.consumers
        for take in takes(person)
    }


def which_fill(
    market: ReferenceMarket, joined: dict[Take, Take], means: dict[Place, float]
) -> dict[Take, bool]:
    """All takes of the week: does the team fill?

    Args:
        market: the market.
        joined: the teams joined, by the take of whoever joined.
        means: mean number of strangers.
    """
    alone = fill_alone(market, joined, means)
    # Who joined is served by the team joined or by one's own.
    return {take: full or alone.get(joined.get(take), False) for take, full in alone.items()}


# --- outcome -----------------------------------------------------------------------------------


def pay(take: Take, full: bool) -> None:
    """A full team pays the team price; else one pays the single price or gets the money back."""
    entry = take.entry
    if full:
        cheaper = entry.deal.team_price[take.day] / entry.deal.price[take.day]
        take.person.diary[take.category, take.slot] = entry._replace(payment=entry.payment * cheaper)
    elif take.draw()[1] >= take.terms.pay_alone:
        take.person.diary[take.category, take.slot] = entry._replace(deal=None, payment=0.0, in_team=False)


def update_beliefs(market: ReferenceMarket, filled: dict[Take, bool]) -> None:
    """The belief of a platform moves towards the share of the week's teams that filled."""
    for name, platform in market.platforms.items():
        weights = [(take.person.group.weight, full) for take, full in filled.items() if take.host == name]
        if weights:
            share = sum(weight for weight, full in weights if full) / sum(weight for weight, _ in weights)
            gain = platform.spec.teams.belief_gain
            platform.team_belief = (1.0 - gain) * platform.team_belief + gain * share


def expected_fill(settled: Settled, place: Place, terms: Teams, host: str) -> float:
    """Chance that a team at a place fills when its joiners are those of a team picked at random.

    Picked among the week's takes of the category on the platform, in people; without any, nobody joins.
    Who was carried by a full team needs no strangers.
    """
    joiners, mean = Counter(settled.joined.values()), settled.strangers.get(place, 0.0)
    chances: dict[int, float] = Counter()
    for take in settled.filled:
        if (take.category, take.host) == (place[0], host):
            complete = terms.size - 1 if take in settled.carried else joiners[take]
            chances[complete] += take.person.group.weight
    chances = chances or {0: 1.0}
    full = sum(w * (1.0 - poisson_cdf(terms.size - 2 - n, mean)) for n, w in chances.items())
    return full / sum(chances.values())
