"""How many buyers a number rests on, counted as if all stood for equally many people.

People who buy imports are over-sampled, so a simulated buyer stands for few people or for many. n buyers
who stand for w_i people each say as much about a sum as n_eff equal ones would:

    n_eff = (sum w)^2 / sum w^2        (Kish 1965, Survey Sampling)

Buyers are realised purchases, as everywhere in the flows: two of one person count twice. Sales are sums of
choice probabilities, which are known better than realised choices, so n_eff errs on the safe side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.outcomes.parties import channels_at, channels_of, hosted, other_channels
from sim.outcomes.periods import Period
from sim.outcomes.rows import FEWEST_BUYERS, Buyers, Floats, Row
from sim.outcomes.sides import Sides

if TYPE_CHECKING:
    from sim.outcomes.comparison import Comparison

KEYS = ["scenario", "channel", "tier", "period"]


def kish(weights: npt.ArrayLike) -> float:
    """Effective size of a sample with some weights: 0 if it is empty, its size if all are alike."""
    w = np.asarray(weights, np.float64)
    return effective(float(w.sum()), float((w**2).sum()))


def effective(weights: float, squares: float) -> float:
    """Effective size from the sums of weights and of their squares; 0 without any."""
    return weights**2 / squares if squares > 0.0 else 0.0


# --- purchases of a pair of markets --------------------------------------------------------------


class Purchases:
    """Realised purchases of both markets, and the people that they stand for.

    Args:
        sides: the pair; its flows have `needs`, `simulated_buyers` and `effective_buyers`.
    """

    def __init__(self, sides: Sides) -> None:
        flows, self.tiers = sides.flows, list(sides.base.tiers)
        self.channels = {name: k for k, name in enumerate(sides.channels)}
        self.categories = {name: k for k, name in enumerate(sides.base.spec.categories)}
        self._week = flows.week.to_numpy()
        people = flows.needs.to_numpy(np.float64)
        counts, sizes = (flows[f"{kind}_buyers"].to_numpy(np.float64) for kind in ("simulated", "effective"))
        self._measures = (counts, people, people**2 / sizes)
        self._sides = [_places(self.channels, flows[column]) for column in ("origin", "destination")]
        self._about = _places(self.categories, flows.category), _places(self.tiers, flows.tier)

    def sums(self, period: Period) -> Floats:
        """Purchases, sum of weights and sum of their squares in some weeks.

        Returns:
            By side (baseline, scenario), channel, category and tier, shape (3, 2, channels, categories,
            tiers).
        """
        shape = len(self.channels), len(self.categories), len(self.tiers)
        found = np.empty((3, 2, *shape))
        inside = (self._week >= period.first) & (self._week <= period.last)
        for side, channel in enumerate(self._sides):
            bought = inside & (channel >= 0)  # else nothing online
            place = np.ravel_multi_index((channel[bought], *(of[bought] for of in self._about)), shape)
            for k, measure in enumerate(self._measures):
                sums = np.bincount(place, measure[bought], minlength=int(np.prod(shape)))
                found[k, side] = sums.reshape(shape)
        return found


def _places(names: Iterable[str], column: pd.Series) -> npt.NDArray[np.intp]:
    """Place of each value among the names; -1 = not among them."""
    return np.asarray(pd.Index(list(names)).get_indexer(pd.Index(column)), np.intp)


def behind(sums: Floats) -> Buyers:
    """Buyers behind a difference: those of the market that has more effective ones.

    A storefront that opens has buyers in the scenario only, one that closes in the baseline only.

    Args:
        sums: purchases, weights and squares in baseline and scenario, shape (3, 2).
    """
    sizes = [effective(weights, squares) for weights, squares in sums[1:].T]
    side = int(sizes[1] >= sizes[0])
    return Buyers(float(sums[0, side]), sizes[side])


# --- rows of sales -------------------------------------------------------------------------------


def _of_brand(sides: Sides, brand: str) -> list[str]:
    return channels_of(sides.base.spec, sides.other.spec, brand)


def _on_platform(sides: Sides, platform: str) -> list[str]:
    return channels_at(sides.base.spec, sides.other.spec, platform)


def _stores(sides: Sides, brand: str) -> list[str]:
    return hosted(sides.base.spec, sides.other.spec).get(brand, [])


def _others(sides: Sides, brand: str) -> list[str]:
    return other_channels(sides.base.spec, sides.other.spec, brand)


SELLERS: Mapping[str, Callable[[Sides, str], Sequence[str]]] = {
    "channel GMV": lambda sides, channel: [channel],
    "category GMV": lambda sides, category: sides.channels,
    "brand GMV": _of_brand,
    "brand orders": _of_brand,
    "host GMV": _on_platform,
    "host orders": _on_platform,
    "host GMV, upper tiers": _on_platform,
    "hosted GMV": _stores,
    "GMV of other channels": _others,
    "carry-over GMV": _others,
}
"""Channels whose sales an outcome of a party adds up."""


def counted(rows: Iterable[Row], sides: Sides) -> Iterator[Row]:
    """The same rows, those about sales (`SELLERS`) with the buyers behind them: see `behind`.

    A zero in both markets is no estimate: nothing stands behind it, and nothing has to. Weeks before those
    of the flows do not count: markets that start from one state are the same until then.
    """
    bought, known = Purchases(sides), dict[tuple[str, str, str], Floats]()
    sums = {period.name: bought.sums(period) for period in sides.periods}
    for one in rows:
        outcome, party, period = (str(one[key]) for key in ("outcome", "party", "period"))
        if outcome in SELLERS and (one["baseline"] or one["with_scenario"]):
            if (key := (outcome, party, period)) not in known:
                own = [bought.channels[name] for name in SELLERS[outcome](sides, party)]
                goods = bought.categories[party] if outcome == "category GMV" else slice(None)
                some = sums[period][:, :, own][:, :, :, goods]
                known[key] = some.reshape(3, 2, -1, len(bought.tiers)).sum(axis=2)
            buyers = behind(_in_tiers(known[key], str(one["tier"]), bought.tiers))
            yield one | {"simulated_buyers": buyers.simulated, "effective_buyers": buyers.effective}
        else:
            yield one


def _in_tiers(sums: Floats, tier: str, tiers: Sequence[str]) -> Floats:
    """Sums of a row's tiers ("all", one, or several with commas between), shape (3, 2)."""
    if tier == "all":
        return np.asarray(sums.sum(axis=2))
    return np.asarray(sums[:, :, [tiers.index(name) for name in tier.split(", ")]].sum(axis=2))


# --- what a comparison rests on ------------------------------------------------------------------


def diagnostics(comparison: Comparison) -> pd.DataFrame:
    """What the GMV of each channel rests on, all replications together.

    Channels that sell nothing in both markets are left out.

    Returns:
        Columns scenario, channel, tier ("all" or one), period, simulated_buyers, effective_buyers (of the
        market that has more), monte_carlo_error (standard error of the mean difference over replications,
        in money; NaN of a single one), enough (whether `FEWEST_BUYERS` effective buyers are there).

    Raises:
        ValueError: if the comparison was made before effective buyers were counted.
    """
    table = comparison.outcomes
    if "effective_buyers" not in table:
        raise ValueError("the comparison does not say how many effective buyers there are; run it again")
    sold = table[table.outcome == "channel GMV"].rename(columns={"party": "channel"})
    found = sold.groupby(KEYS, sort=False).agg(
        simulated_buyers=("simulated_buyers", "sum"),
        effective_buyers=("effective_buyers", "sum"),
        monte_carlo_error=("difference", "sem"),
        counted=("effective_buyers", "count"),
    )
    found = found[found.pop("counted") > 0]
    return found.assign(enough=found.effective_buyers >= FEWEST_BUYERS).reset_index()
