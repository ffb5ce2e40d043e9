"""How demand in a category answers prices: choice probabilities and their derivatives, person by person.

A sample of consumers is looked at as if each had a need on a normal day. With Q_m the chance of nest m,
R_j|m that of channel j within it and alpha_i a person's price coefficient, the cross-nested logit has

    P_j        = sum_m Q_m R_j|m,
    dP_j/dp_k  = -alpha_i { sum_m Q_m R_j|m [1(j = k) / lam_m + (1 - 1 / lam_m) R_k|m] - P_j P_k }

(Bierlaire 2006; the formulas of `sim.consumers.nests`, here for many people at once). Utility is linear
in price, so other prices need no second look at the consumers: V(p) = V(p0) - alpha (p - p0).

A price here is what a buyer expects to pay: where teams buy, the single price less what a team saves
times the belief that it fills. It is a fixed share of the single price, so a seller that moves this price
by a factor moves its single price by the same factor. Exact for all who take the team option; the few
whom the hassle keeps from it are treated as if they moved with the rest.

Some platforms are liked or distrusted for large orders, and sales count money. An order of size
exp(z - sd^2 / 2), z normal with sd, weighs more the larger it is: E[size P(z)] = E[P(z + sd^2)]. Each
person of the sample therefore has one lasting z + sd^2, and a weight with the mean order value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim import draws
from sim.consumers.choice import Channels, Weights, channel_utility, outside_utility
from sim.consumers.demand import Demand
from sim.consumers.nests import Nesting
from sim.consumers.population import Columns, Strata
from sim.consumers.scratch import F4, I8, make_scratch
from sim.consumers.shopping import Needs
from sim.kernel import kernel
from sim.linear import weighted_sum
from sim.numeric import NEVER
from sim.trade import Offer

f4 = np.float32
Floats = npt.NDArray[np.float64]
SAMPLE = 4_000
"""Consumers looked at unless told otherwise."""


class Response(NamedTuple):
    """Expected sales of A channels and how they change with prices.

    Attributes:
        shares: money a week at reference prices, shape (A,).
        own: what the own derivative would be if people's other options did not react,
            -sum_i weight_i alpha_i sum_m Q_m R_j|m / lam_m, money a week per unit of price index,
            shape (A,). In the plain logit -alpha s_j.
        jacobian: derivative of sales j by price k, money a week per unit of price index, shape (A, A).
    """

    shares: Floats
    own: Floats
    jacobian: Floats


class _Chances(NamedTuple):
    """Parts of the choice probabilities of n people over A channels and M nests."""

    between: Floats  # (n, M) Q_m
    within: Floats  # (n, A, M) R_j|m


@dataclass(frozen=True)
class PriceResponse:
    """Demand of a sample of consumers in one category as a function of prices.

    Attributes:
        channels: names, length A.
        prices: expected price indices at which `utility` holds, tax included, shape (A,).
        utility: V of n people, -inf where a channel is not considered, shape (n, A).
        outside: V of buying nothing online, shape (n,).
        alpha: price coefficients, util per unit of price index, shape (n,).
        weight: people x needs a week x order value, money a week, shape (n,).
        nesting: nests of the channels; buying nothing is alone in a nest that is not listed.
    """

    channels: tuple[str, ...]
    prices: Floats
    utility: Floats
    outside: Floats
    alpha: Floats
    weight: Floats
    nesting: Nesting

    @property
    def market(self) -> float:
        """What all needs are worth, met online or not, money a week at reference prices."""
        return float(self.weight.sum())

    def at(self, prices: Floats) -> Response:
        """Sales and their derivatives at other expected prices, shape (A,); a few milliseconds."""
        change = np.asarray(prices, np.float64) - self.prices
        between, within = self._chances(self.utility - self.alpha[:, None] * change)
        similarity = self.nesting.similarity
        chance = (between[:, None, :] * within).sum(axis=2)
        slope = self.weight * self.alpha
        nearer = slope[:, None] * between / similarity
        own = -(nearer[:, None, :] * within).sum(axis=(0, 2))
        answers = _crossed(slope[:, None] * chance, chance)
        for m, lam in enumerate(similarity):
            inside = within[:, :, m]
            closer = slope * between[:, m] * (1.0 / lam - 1.0)
            answers += _crossed(closer[:, None] * inside, inside)
        return Response(weighted_sum(self.weight, chance), own, np.diag(own) + answers)

    def _chances(self, utility: Floats) -> _Chances:
        """Q and R at utilities of shape (n, A)."""
        allocation, similarity = self.nesting
        with np.errstate(divide="ignore"):
            scaled = (np.log(allocation) + utility[:, :, None]) / similarity
            top = scaled.max(axis=1, initial=-np.inf)
            top = np.where(np.isfinite(top), top, 0.0)
            mass = np.exp(scaled - top[:, None, :])
            total = mass.sum(axis=1)
            log_g = similarity * (top + np.log(total))
        logsum = np.logaddexp(self.outside, np.logaddexp.reduce(log_g, axis=1, initial=-np.inf))
        within = mass / np.where(total > 0.0, total, 1.0)[:, None, :]
        return _Chances(np.exp(log_g - logsum[:, None]), within)


def _crossed(one: Floats, two: Floats) -> Floats:
    """Sums over people of products of columns, shape (A, A); not by `@`, see `sim.linear`."""
    return np.stack([weighted_sum(column, two) for column in one.T])


def normal_day(offers: Sequence[Offer]) -> int:
    """Day of the week with most channels open, then with least event pull and discounts; the first such."""
    closed = np.sum([~offer.open for offer in offers], axis=0)
    stir = np.sum([offer.pull + offer.depth for offer in offers], axis=0)
    return int(np.lexsort((stir, closed))[0])


def expected_price(offer: Offer) -> Floats:
    """What a buyer who takes the team option, where there is one, expects to pay, by day, shape (7,)."""
    return offer.price - offer.team_belief * offer.single_over_team


def price_response(
    demand: Demand,
    category: str,
    offers: Sequence[Offer],
    needs: Needs,
    *,
    day: int | None = None,
    most: int = SAMPLE,
) -> PriceResponse:
    """How the demand of today's consumers answers prices.

    Args:
        demand: the demand side, with awareness, habits and stocks as they are.
        category: name of the category.
        offers: this week's offers in the category, length A.
        needs: needs of the week.
        day: day of the week whose prices and events hold; a normal one by default.
        most: consumers looked at: those with the first identities, whatever the order of rows.

    Raises:
        ValueError: if nobody in the sample stands for some of the people, or there is no offer.
    """
    if not offers:
        raise ValueError(f"nobody offers anything in category {category}")
    on = normal_day(offers) if day is None else day
    ch = demand.channel_tables[category].channels(offers)
    people = _sample(demand, category, needs, most)
    outside, utility, alpha = _look(demand, category, ch, people, on)
    utility[utility <= float(NEVER)] = -np.inf
    prices = np.array([expected_price(offer)[on] for offer in offers])
    names = tuple(offer.channel for offer in offers)
    return PriceResponse(names, prices, utility, outside, alpha, people.weight, _nesting(ch))


class _Sample(NamedTuple):
    """People looked at, ordered by stratum and identity; shape (n,) each."""

    rows: I8
    stratum: I8
    weight: Floats  # people x needs a week x order value, money a week
    size: F4  # log order size


def _sample(demand: Demand, category: str, needs: Needs, most: int) -> _Sample:
    """The first identities among those who are online and may have a need."""
    columns, strata = demand.consumers.columns, demand.consumers.strata
    rows = np.flatnonzero(columns.id < most)
    stratum = np.searchsorted(strata.start, rows, side="right") - 1
    order = np.lexsort((columns.id[rows], stratum))
    rows, stratum = rows[order], stratum[order]
    means = columns.means[rows].astype(np.float64)
    needed = len(needs.need_keys) * np.minimum(needs.chance[stratum // 2] * means, 1.0)
    weight = _people(strata, stratum) * needed * needs.order[stratum // 2] * means
    shops = columns.online_from[rows] <= needs.week
    if needs.interested_only:
        shops &= stratum % 2 == 1
    key = draws.stream_key(demand.world, "order size", category)
    normal = draws.normals(key, 0, columns.id[rows].astype(np.int64))
    size = needs.spread * normal + needs.spread * needs.spread
    return _Sample(rows[shops], stratum[shops], weight[shops], size[shops])


def _people(strata: Strata, stratum: I8) -> Floats:
    """People that each of the sampled consumers stands for, shape (n,)."""
    count = np.bincount(stratum, minlength=len(strata.people))
    if ((strata.people > 0.0) & (count == 0)).any():
        raise ValueError("the sample is too small: nobody stands for some of the people; look at more")
    return np.asarray((strata.people / np.maximum(count, 1))[stratum])


def _look(
    demand: Demand, category: str, ch: Channels, people: _Sample, day: int
) -> tuple[Floats, Floats, Floats]:
    """V_0, V and alpha of the sample, shapes (n,), (n, A), (n,)."""
    tables, columns = demand.need_tables[category], demand.consumers.columns
    outside, alpha = np.empty((2, len(people.rows)))
    utility = np.empty((len(people.rows), len(ch.host)))
    for s in np.unique(people.stratum):
        here = people.stratum == s
        outside[here], utility[here], alpha[here] = _utilities(
            columns, ch, tables.weights, tables.index, s // 2, day, people.rows[here], people.size[here]
        )
    return outside, utility, alpha


def _nesting(ch: Channels) -> Nesting:
    """Weights of the channels on the nests in use."""
    allocation = np.zeros((len(ch.host), len(ch.similarity)))
    for nests, logs in ((ch.host, ch.log_host), (ch.seller, ch.log_brand)):
        here = np.flatnonzero(nests >= 0)
        allocation[here, nests[here]] += np.exp(logs[here].astype(np.float64))
    used = ch.used & (allocation > 0.0).any(axis=0)
    return Nesting(allocation[:, used], ch.similarity[used].astype(np.float64))


@kernel
def _utilities(
    columns: Columns, ch: Channels, weights: Weights, category: int, tier: int, day: int, rows: I8,
    sizes: F4,
) -> tuple[F4, F4, F4]:  # fmt: skip
    """V_0, V and alpha of people of one tier who all have a need on one day."""
    n, channels = rows.shape[0], ch.host.shape[0]
    s = make_scratch(n, channels, ch.similarity.shape[0])
    for k in range(n):
        s.row[k] = rows[k]
        s.day[k] = day
        s.size[k] = sizes[k]
        s.alpha[k] = weights.price * columns.price[rows[k]]
    outside_utility(columns, category, weights, n, s)
    utility = np.empty((n, channels), np.float32)
    for j in range(channels):
        channel_utility(columns, ch, weights, j, tier, n, s)
        utility[:, j] = s.utility[j]
    return s.outside, utility, s.alpha
