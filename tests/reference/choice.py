"""One choice: the utility of each channel term by term, its shock, and the best of them.

    V_j   = intercept + appeal + size term + event pull - price - delivery days + large orders + foreign
    sellers + persistent tastes + app habit + loyalty to the brand + perceived authenticity
            + worth of the team option + appeal of being invited
            - bonus where one does not know the firm or channel, if awareness is a bonus in utility
    V_0   = stock pressure x weeks of stock
    eps_j = max over the nests of j:  ln a_jm + lam_m (g_jm + ln S_m)

A platform's goods lie in the platform's nest, an own site in the brand's, a storefront in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, pi, sin
from math import log as ln
from typing import TYPE_CHECKING, NamedTuple

from sim.trade import Offer
from tests.reference.draws import exponential, gumbel, uniform

if TYPE_CHECKING:
    from tests.reference.consumer import ReferenceConsumer
    from tests.reference.model import ReferenceMarket


@dataclass(frozen=True)
class Deal:
    """One channel's goods of one category this week, in plain numbers; lists are by day of the week."""

    channel: str
    category: str
    host: str | None
    brand: str | None
    goods: float
    foreign: bool
    open: list[bool]
    price: list[float]
    quantity: list[float]
    pull: list[float]
    delivery_days: dict[str, float]
    host_weight: float
    host_trust_weight: float
    team_price: list[float]
    """The single price where there is no team option."""
    team_belief: float
    team_hassle: float
    appeal: float

    @staticmethod
    def of(offer: Offer, quantity: list[float], tiers: tuple[str, ...]) -> Deal:
        """The deal that a firm's offer amounts to."""
        return Deal(
            offer.channel, offer.category, offer.host, offer.brand, offer.goods, offer.foreign,
            offer.open.tolist(), offer.price.tolist(), quantity, offer.pull.tolist(),
            dict(zip(tiers, offer.delivery_days.tolist(), strict=True)),
            offer.host_weight, offer.host_trust_weight,
            (offer.price if offer.team_price is None else offer.team_price).tolist(),
            offer.team_belief, offer.team_hassle, offer.appeal,
        )  # fmt: skip

    @property
    def nests(self) -> Iterator[tuple[str, float]]:
        """Nests of the channel, each with its weight."""
        if self.host is not None and self.host_weight > 0.0:
            yield self.host, self.host_weight
        if self.brand is not None and self.host_weight < 1.0:
            yield self.brand, 1.0 - self.host_weight


class Occasion(NamedTuple):
    """A need: its category, slot and day, and the size of the order in log points around the mean."""

    category: str
    slot: int
    day: int
    log_size: float


class Best(NamedTuple):
    """The best and the second best (position of the channel, -1 = nothing), and the gap between them."""

    position: int
    second: int
    margin: float


# --- utility -----------------------------------------------------------------------------------


def is_aware(person: ReferenceConsumer, deal: Deal) -> bool:
    """Has the person access to the host, and does she know the channel and, as the model says, its brand?"""
    knows = person.knows
    has_access = deal.host is None or deal.host in knows.firms
    if deal.brand is None:
        return has_access
    alone = deal.host is not None and person.model.spec.behaviour.hosted_consideration == "storefront"
    return has_access and deal.channel in knows.channels and (alone or deal.brand in knows.firms)


def can_choose(person: ReferenceConsumer, deal: Deal, day: int) -> bool:
    """Is the channel open and in the person's consideration set, if awareness decides what is in it?"""
    considered = person.model.spec.behaviour.awareness_as == "bonus" or is_aware(person, deal)
    return deal.open[day] and considered


def awareness_term(person: ReferenceConsumer, deal: Deal) -> float:
    """What is not known is liked less, however much of it is not known; else it is not considered at all."""
    return 0.0 if is_aware(person, deal) else -person.model.spec.behaviour.awareness_bonus


def size_term(market: ReferenceMarket, deal: Deal) -> float:
    """More products, more to like: weight x log of the assortment relative to the leader's."""
    category = market.spec.categories[deal.category]
    return category.assortment_weight * ln(deal.goods / category.reference_assortment)


def price_coefficient(person: ReferenceConsumer, category: str) -> float:
    """Utility lost when the price rises by the reference price."""
    return person.model.spec.categories[category].price_coefficient * person.price_multiplier


def price_term(person: ReferenceConsumer, deal: Deal, day: int) -> float:
    """Linear in the single price."""
    return -price_coefficient(person, deal.category) * (deal.price[day] - 1.0)


def team_worth(person: ReferenceConsumer, deal: Deal, day: int) -> float:
    """What is saved in a team, if the team fills as often as believed, less the hassle."""
    saved = deal.team_belief * (deal.price[day] - deal.team_price[day])
    return price_coefficient(person, deal.category) * saved - deal.team_hassle


def takes_team(person: ReferenceConsumer, deal: Deal, day: int) -> bool:
    """Would the person buy in a team, if at all from this channel?"""
    return team_worth(person, deal, day) > 0.0


def team_term(person: ReferenceConsumer, deal: Deal, day: int) -> float:
    """The option is worth something, or is not taken."""
    return max(team_worth(person, deal, day), 0.0)


def social_term(person: ReferenceConsumer, deal: Deal) -> float:
    """Whoever reconsiders on invitation likes the platform to which she was invited."""
    if deal.host not in person.reconsiders.get(deal.category, ()):
        return 0.0
    return person.model.spec.platforms[deal.host].teams.social


def delivery_term(person: ReferenceConsumer, deal: Deal) -> float:
    """Every day beyond the normal delivery time costs utility."""
    normal = person.model.spec.categories[deal.category].reference_delivery
    return -person.delivery_dislike * (deal.delivery_days[person.tier] - normal)


def large_order_term(person: ReferenceConsumer, deal: Deal, log_size: float) -> float:
    """Some platforms are liked, others distrusted, for large orders."""
    if deal.host is None:
        return 0.0
    if deal.brand is not None and person.model.spec.behaviour.hosted_taste == "share":
        return 0.0
    return person.model.spec.platforms[deal.host].large_order_appeal * log_size


def taste_term(person: ReferenceConsumer, deal: Deal) -> float:
    """Persistent tastes for the host, or a share of it, and for the brand."""
    shared = deal.brand is not None and person.model.spec.behaviour.hosted_taste == "share"
    host = 0.0 if deal.host is None else person.taste[deal.host] * (deal.host_weight if shared else 1.0)
    return host + (0.0 if deal.brand is None else person.taste[deal.brand])


def habit_term(person: ReferenceConsumer, deal: Deal) -> float:
    """The app on which one is used to buying."""
    if deal.host is None:
        return 0.0
    return person.model.spec.behaviour.habit_weight * person.habit[deal.host]


def loyalty_term(person: ReferenceConsumer, deal: Deal) -> float:
    """Loyalty to the brand that sells, wherever it sells."""
    if deal.brand is None:
        return 0.0
    return person.model.spec.behaviour.loyalty_weight * person.loyalty[deal.brand]


def trust_term(person: ReferenceConsumer, deal: Deal) -> float:
    """Perceived authenticity, a mixture of host and brand at a storefront, against what is normal."""
    category = person.model.spec.categories[deal.category]
    perceived = 0.0
    if deal.host is not None:
        perceived += deal.host_trust_weight * person.trust[deal.host]
    if deal.brand is not None:
        perceived += (1.0 - deal.host_trust_weight) * person.trust[deal.brand]
    return category.authenticity_weight * (perceived - category.reference_trust)


def utility(person: ReferenceConsumer, deal: Deal, occasion: Occasion) -> float:
    """V_j, term by term."""
    market, day = person.model, occasion.day
    return (
        market.intercept(deal.channel, deal.category, person.tier)
        + deal.appeal
        + size_term(market, deal)
        + deal.pull[day]
        + price_term(person, deal, day)
        + team_term(person, deal, day)
        + delivery_term(person, deal)
        + large_order_term(person, deal, occasion.log_size)
        + (person.affinity if deal.foreign else 0.0)
        + taste_term(person, deal)
        + habit_term(person, deal)
        + loyalty_term(person, deal)
        + trust_term(person, deal)
        + social_term(person, deal)
        + awareness_term(person, deal)
    )


def utility_of_nothing(person: ReferenceConsumer, category: str) -> float:
    """V_0: the fuller the shelf, the less need."""
    return person.model.spec.categories[category].stock_pressure * person.stock[category]


# --- shocks ------------------------------------------------------------------------------------


def log_stable(lam: float, angle_bits: int, exponential_bits: int) -> float:
    """ln S of a positive-stable variable with Laplace transform exp(-s^lam) (Kanter 1975)."""
    if lam == 1.0:
        return 0.0
    angle = pi * uniform(angle_bits)
    rest = (1.0 - lam) / lam
    return (
        ln(sin(lam * angle))
        - ln(sin(angle)) / lam
        + rest * (ln(sin((1.0 - lam) * angle)) - ln(exponential(exponential_bits)))
    )


def nest_factors(person: ReferenceConsumer, occasion: Occasion, deals: list[Deal]) -> dict[str, float]:
    """ln S_m of all nests that have a channel here: what the channels of a nest share."""
    market, out = person.model, {}
    for nest in {nest for deal in deals for nest, _ in deal.nests}:
        stream = ("nest", occasion.category, str(occasion.slot), nest)
        angle, tail = market.shock.pair(person.address, market.week, *stream)
        out[nest] = log_stable(market.similarity[nest], angle, tail)
    return out


def channel_shock(
    person: ReferenceConsumer, deal: Deal, occasion: Occasion, factors: dict[str, float]
) -> float:
    """eps_j; host and brand nest take the two halves of one draw."""
    market = person.model
    stream = ("shock", occasion.category, str(occasion.slot), deal.channel)
    first, second = market.shock.pair(person.address, market.week, *stream)
    shocks = []
    for nest, weight in deal.nests:
        g = gumbel(first if nest == deal.host else second)
        shocks.append(ln(weight) + market.similarity[nest] * (g + factors[nest]))
    return max(shocks)


def choose(person: ReferenceConsumer, deals: list[Deal], occasion: Occasion) -> Best:
    """The largest of V + eps among the open channels the person considers, and buying nothing."""
    market = person.model
    stream = ("nothing", occasion.category, str(occasion.slot))
    nothing = gumbel(market.shock.pair(person.address, market.week, *stream)[0])
    values = [(utility_of_nothing(person, occasion.category) + nothing, -1)]
    factors = nest_factors(person, occasion, deals)
    for position, deal in enumerate(deals):
        if can_choose(person, deal, occasion.day):
            shock = channel_shock(person, deal, occasion, factors)
            values.append((utility(person, deal, occasion) + shock, position))
    values.sort(reverse=True)
    if len(values) == 1:
        return Best(-1, -1, inf)
    (top, position), (next_best, second) = values[:2]
    return Best(position, second, top - next_best)
