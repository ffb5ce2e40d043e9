"""Consumer surplus as experienced, and who gains and who loses, by tier.

People decide by how authentic they believe the goods of a channel to be, and then get what they get. The
surplus of their decisions counts the belief; what they experience counts the truth (Train 2015, "Welfare
calculations in discrete choice models when anticipated and experienced attributes differ", Journal of
Choice Modelling 16).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.consumers.choice import Channels, Weights
from sim.consumers.population import Columns
from sim.consumers.scratch import F4, Scratch, make_scratch
from sim.consumers.shopping import Needs, fill_up, full_vectors, order_sizes
from sim.consumers.team_tables import Basket
from sim.draws import person_hash
from sim.kernel import kernel, loop
from sim.market import Market
from sim.market.phases import Phase
from sim.market.tables import Panel
from sim.outcomes.effective import kish
from sim.outcomes.people import CENT, PEOPLE
from sim.outcomes.rows import Buyers, Row, row
from sim.outcomes.sides import Sides
from sim.trade import VALUE_SCALE

I8 = npt.NDArray[np.int64]
PHASE = "goods turn out"
SURPLUS = "consumer surplus, experienced"


@loop
def gather_bought(
    columns: Columns, codes: npt.NDArray[np.int16], first: int, stop: int, s: Scratch
) -> int:  # fmt: skip
    """Rows first..stop that buy in a slot, with the channel. Returns how many."""
    n = 0
    for k in range(first, stop):
        if codes[k] >= 0:
            s.row[n] = k
            s.choice[n] = codes[k] // 7
            s.person[n] = person_hash(columns.id[k])
            s.day[n] = 0
            n += 1
    return n


@loop
def believed(columns: Columns, ch: Channels, j: int, row: int) -> np.float32:
    """Authenticity weight times the believed authenticity of channel j, of its host and its brand."""
    belief = np.float32(0.0)
    if ch.host[j] >= 0:
        belief += ch.host_trust[j] * columns.trust[ch.host[j], row]
    if ch.seller[j] >= 0:
        belief += ch.brand_trust[j] * columns.trust[ch.seller[j], row]
    return belief


@kernel
def add_surprise(
    columns: Columns, needs: Needs, ch: Channels, weights: Weights, truth: F4, blocks: I8, widest: int,
    diary: npt.NDArray[np.int16], out: I8,
) -> None:  # fmt: skip
    """Add true less believed authenticity of all purchases, in money, to `out`, shape (strata,).

    `truth` is authenticity weight times true authenticity, shape (channels,); `diary` as in
    `sim.consumers.demand.Diary`. Fixed point.
    """
    s = make_scratch(full_vectors(widest), 1, 1)
    for slot in range(diary.shape[0]):
        for b in range(blocks.shape[0]):
            stratum = blocks[b, 2]
            n = gather_bought(columns, diary[slot], blocks[b, 0], blocks[b, 1], s)
            if n == 0:
                continue
            order_sizes(columns, needs, weights, slot, stratum // 2, fill_up(n, s), s)
            for k in range(n):
                surprise = truth[s.choice[k]] - believed(columns, ch, s.choice[k], s.row[k])
                out[stratum] += np.int64(s.order[k] / s.alpha[k] * surprise * VALUE_SCALE)


class KeptExperience(NamedTuple):
    """Copies of what an `Experience` holds, for a market that goes on from its state."""

    since: int
    about: Sequence[Sequence[object]]
    numbers: npt.NDArray[np.float64]


class Experience:
    """Phase that adds up, before trust learns from them, how goods differ from what was believed.

    Args:
        tiers: names of the tiers.
        since: first week that it sees.

    Attributes:
        panel: surprise in money by week, category and tier, of the weeks of the horizon.
    """

    def __init__(self, tiers: tuple[str, ...], since: int = 0) -> None:
        self.since = since
        self.panel = Panel(tiers, ("week", "category"), ("surprise",))

    def kept(self) -> KeptExperience:
        """Return copies of all that was taken down."""
        return KeptExperience(self.since, self.panel.key_rows(), self.panel.numbers())

    def __call__(self, market: Market) -> None:
        """Take down the week that the market has just shopped."""
        if not 0 <= market.week < market.horizon:
            return
        for category, basket in market.demand.baskets.items():
            if market.spec.categories[category].authenticity_weight > 0.0:
                found = surprise(market, basket) * market.consumers.strata.weight
                self.panel.append((market.week, category), [found.reshape(-1, 2).sum(axis=1)])

    def table(self) -> pd.DataFrame:
        """Columns week, category, tier, surprise."""
        return self.panel.frame()


def surprise(market: Market, basket: Basket) -> npt.NDArray[np.float64]:
    """True less believed authenticity of this week's purchases, in money of consumers, shape (strata,).

    To be asked for between the choices and the arrival of the goods.
    """
    demand, ch = market.demand, basket.channels
    delivered = demand.need_tables[basket.category].deliveries(market.week, basket.offers, ch)
    weight = np.float32(market.spec.categories[basket.category].authenticity_weight)
    out = np.zeros(len(market.consumers.strata.people), np.int64)
    add_surprise(
        market.consumers.columns, basket.needs, ch, basket.weights, weight * delivered.authentic,
        demand.blocks, demand.pool.block_rows, basket.books.diary, out,
    )  # fmt: skip
    return np.asarray(out / VALUE_SCALE)


def observe(market: Market, kept: KeptExperience | None = None) -> None:
    """Let a market keep its experience, once however often this is asked for.

    Args:
        market: the market.
        kept: that of the market from whose state it goes on; none at the start.
    """
    if experience(market) is None:
        found = Experience(tuple(market.tiers), max(market.week, 0) if kept is None else kept.since)
        if kept is not None:
            found.panel.restore(kept.about, kept.numbers)
        market.phases = market.phases.insert_after("teams settle", Phase(PHASE, found))


def experience(market: Market) -> Experience | None:
    """What `observe` lets a market keep."""
    found = (phase.run for phase in market.phases if isinstance(phase.run, Experience))
    return next(found, None)


# --- rows ----------------------------------------------------------------------------------------


def experienced_rows(sides: Sides) -> Iterator[Row]:
    """Outcome "consumer surplus, experienced" by period, in all tiers and by tier; none if not observed.

        surplus of the decision + sum over purchases of gamma_M (q_j - m_ij) B_i / alpha_i

    with q_j the true and m_ij the believed authenticity of channel j (of host and brand by their shares, as
    in utility) before this week's goods arrive, gamma_M the category's weight on it, B the order value at
    reference price and alpha the price coefficient: money as in the surplus of the decision. Purchases are
    realised choices, after teams have failed; expected over draws, they are the choice probabilities of the
    formula. A period that began before the market was observed, from a state, has no such rows: what
    people believed then is not kept. The time that refunded buyers have lost has no value in the model and
    is not taken off.
    """
    kept = [experience(market) for market in (sides.base, sides.other)]
    if any(one is None for one in kept):
        return
    seen = [one for one in kept if one is not None]
    learned = [one.table() for one in seen]
    weekly = [
        by_week(side.surplus, "decision").add(by_week(more, "surprise"), fill_value=0.0)
        for side, more in zip((sides.before, sides.after), learned, strict=True)
    ]
    since = max(one.since for one in seen)
    for period in (one for one in sides.periods if one.first >= since):
        before, after = (table.loc[period.first : period.last].sum() for table in weekly)
        yield row(SURPLUS, "consumers", "all", period.name, sides.money, before.sum(), after.sum())
        for tier in sides.base.tiers:
            yield row(SURPLUS, "consumers", tier, period.name, sides.money, before[tier], after[tier])


def by_week(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """A measure of all categories together, a row a week, a column a tier."""
    return table.groupby(["week", "tier"])[measure].sum().unstack()


def winner_rows(base: Market, other: Market) -> Iterator[Row]:
    """Outcomes "people better off" and "people worse off" by tier; all tiers: see `customer_rows` of people.

    People whose realised utility from all needs up to now was higher or lower by more than half a cent's
    worth, see `sim.outcomes.people`.
    """
    strata = base.consumers.strata
    weight, tier = (np.repeat(of, strata.count) for of in (strata.weight, strata.tier))
    gain = other.demand.gain - base.demand.gain
    for outcome, who in (("better off", gain > CENT), ("worse off", gain < -CENT)):
        for k, name in enumerate(base.tiers):
            found = weight[who & (tier == k)]
            buyers = Buyers(len(found), kish(found))
            yield row(
                f"people {outcome}", "consumers", name, "horizon", PEOPLE, 0.0, found.sum(), buyers=buyers
            )
