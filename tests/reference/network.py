"""Who a person hears from: neighbours on a ring, the tier's other group, and anybody.

Each tier has two rings, people without and with the interest (in imports, say). A contact is a
neighbour on the own ring, or the person at the same place on the other ring, or (rewired) anybody
in the market, with a tilt towards the first of a ring, who are widely heard.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.reference.draws import uniform

if TYPE_CHECKING:
    from tests.reference.consumer import ReferenceConsumer
    from tests.reference.model import ReferenceMarket


@dataclass
class Group:
    """People of one tier with or without the interest: one ring."""

    tier: str
    interested: bool
    people: float
    members: list[ReferenceConsumer] = field(default_factory=list)
    sibling: Group | None = None
    """The tier's other group."""

    @property
    def weight(self) -> float:
        """People for whom one consumer stands."""
        return self.people / max(len(self.members), 1)


def contacts_of(person: ReferenceConsumer) -> list[ReferenceConsumer]:
    """Contacts of a person, found once; nobody in particular if everyone knows everyone."""
    if person.contacts is None:
        everyone = person.model.spec.network.kind == "everyone"
        person.contacts = [] if everyone else contacts(person.model, person)
    return person.contacts


def contacts(market: ReferenceMarket, person: ReferenceConsumer) -> list[ReferenceConsumer]:
    """All contacts of a person; the same in all weeks."""
    network = market.spec.network
    found = []
    for d in range(network.contacts):
        kind = market.world.pair(person.address, 0, "contact", "kind", str(d))
        if uniform(kind[0]) < network.rewired:
            place = market.world.uniform(person.address, 0, "contact", "place", str(d))
            found.append(anyone(market, uniform(kind[1]), place))
        else:
            found.append(neighbour(person, d, uniform(kind[1])))
    return found


def anyone(market: ReferenceMarket, u: float, v: float) -> ReferenceConsumer:
    """A person: group in proportion to people, place tilted towards the start of the ring."""
    groups = [group for group in market.groups if group.members and group.people > 0.0]
    total = sum(group.people for group in groups)
    below = 0.0
    for group in groups:
        below += group.people / total
        if u < below:
            break
    place = int(v**market.spec.network.tilt * len(group.members))
    return group.members[min(place, len(group.members) - 1)]


def neighbour(person: ReferenceConsumer, d: int, u: float) -> ReferenceConsumer:
    """The d-th neighbour: half of them on either side, never oneself on the own ring."""
    network, own = person.model.spec.network, person.group
    half = network.contacts // 2
    step = d - half if d < half else d - half + 1
    if u < (1.0 - network.homophily) * share_of_other(own):
        ring = own.sibling.members
        centre = (person.rank + 0.5) * len(ring) / len(own.members)
        return ring[(int(centre) + step) % len(ring)]
    return own.members[(person.rank + step) % len(own.members)]


def share_of_other(group: Group) -> float:
    """Share of the tier's people in the other group; none if nobody there is simulated."""
    other = group.sibling
    return other.people / (group.people + other.people) if other.members else 0.0


def share_aware(market: ReferenceMarket, person: ReferenceConsumer, firm: str) -> float:
    """Share of the contacts (of all, if all are contacts) who knew the firm before this week's news."""
    if market.spec.network.kind == "everyone":
        return market.share_of_people_aware(firm)
    known = contacts_of(person)
    return sum(firm in other.knew.firms for other in known) / len(known)
