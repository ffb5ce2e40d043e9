"""Bargaining over the terms of a hosted storefront: NPVs that are linear in the commission.

With prices fixed, NPV_E(f) = a_E - f G and NPV_h(f) = a_h + f G, relative to no deal, where G is the
discounted hosted GMV: a commission only moves money. All money in RMB, commissions as shares of GMV.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.outcomes.intervals import LEVEL, NAN, Estimate, around, student

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """A commission that two parties agree on.

    Attributes:
        unrestricted: the rate, whatever it is.
        legal: the nearest rate in [0, 1] that still suits both; None if there is none.
        note: what is special about it, or "".
    """

    unrestricted: float
    legal: float | None
    note: str


@dataclass(frozen=True)
class Deal:
    """A deal as simulated: what it adds to the NPV of each party, on the same draws.

    Attributes:
        entrant: NPV of the entrant less that without a deal, shape (draws,).
        host: the same of the host, shape (draws,).
        volume: discounted hosted GMV, shape (draws,), with a positive mean.
        commission: the rate it was simulated at.
    """

    entrant: Floats
    host: Floats
    volume: Floats
    commission: float

    def __post_init__(self) -> None:
        """Refuse draws that do not match, or a deal without volume.

        Raises:
            ValueError: if shapes differ, a number is not finite, or the mean volume is not positive.
        """
        if self.entrant.ndim != 1 or not self.entrant.shape == self.host.shape == self.volume.shape:
            raise ValueError("entrant, host and volume need one number a draw, for the same draws")
        if not np.isfinite([*self.entrant, *self.host, *self.volume, self.commission]).all():
            raise ValueError("a deal has a number that is not finite")
        if not self.volume.size or self.volume.mean() <= 0.0:
            raise ValueError("without hosted volume no commission changes hands")

    @property
    def joint(self) -> Floats:
        """Surplus of both, whatever the commission, shape (draws,)."""
        return self.entrant + self.host

    @property
    def break_even_entrant(self) -> float:
        """Highest rate at which the entrant does not lose, a_E / G, of means."""
        return float(self.commission + self.entrant.mean() / self.volume.mean())

    @property
    def break_even_host(self) -> float:
        """Lowest rate at which the host does not lose, -a_h / G, of means."""
        return float(self.commission - self.host.mean() / self.volume.mean())

    def at(self, commission: float) -> tuple[Floats, Floats]:
        """What the deal adds at another commission: of the entrant and of the host, shape (draws,)."""
        moved = (commission - self.commission) * self.volume
        return self.entrant - moved, self.host + moved

    def zone(self, entrant_elsewhere: float = 0.0, host_elsewhere: float = 0.0) -> tuple[float, float] | None:
        """Rates that suit both, legal or not.

        Args:
            entrant_elsewhere: what the entrant's best other option adds to its NPV, relative to no deal.
            host_elsewhere: the same of the host.

        Returns:
            Lowest and highest rate; None if the joint surplus is below what both have elsewhere.
        """
        volume = float(self.volume.mean())
        low = self.break_even_host + host_elsewhere / volume
        high = self.break_even_entrant - entrant_elsewhere / volume
        return (low, high) if low <= high else None

    def nash(
        self, weight: float = 0.5, entrant_elsewhere: float = 0.0, host_elsewhere: float = 0.0
    ) -> Rate | None:
        """Nash's bargaining solution: the host gets a share of the surplus over what both have elsewhere.

        The product of gains is concave in the rate, so with the rate held in [0, 1] its maximum is the
        nearest legal rate (Nash 1950, doi:10.2307/1907266; with weights: Harsanyi and Selten 1972,
        doi:10.1287/mnsc.18.5.80).

        Args:
            weight: bargaining power of the host, between 0 and 1; a half is the midpoint of the zone.
            entrant_elsewhere: what the entrant's best other option adds to its NPV, relative to no deal.
            host_elsewhere: the same of the host.

        Returns:
            The rate; None if there is no zone.

        Raises:
            ValueError: if the weight lies outside [0, 1].
        """
        if not 0.0 <= weight <= 1.0:
            raise ValueError(f"a bargaining power lies between 0 and 1, not at {weight}")
        zone = self.zone(entrant_elsewhere, host_elsewhere)
        if zone is None:
            return None
        low, high = zone
        return _rate(low + weight * (high - low), low, high)

    def of(self, draws: npt.NDArray[np.int_]) -> Deal:
        """The deal over some draws, in this order and as often as they are named."""
        return Deal(self.entrant[draws], self.host[draws], self.volume[draws], self.commission)


def _rate(rate: float, low: float, high: float) -> Rate:
    if high < 0.0:
        return Rate(rate, None, "below zero: the host pays the entrant, and no legal commission suits both")
    if low > 1.0:
        return Rate(rate, None, "above one: no legal commission suits both")
    note = "below zero: the host pays the entrant" if rate < 0.0 else "above one" if rate > 1.0 else ""
    return Rate(rate, min(max(rate, 0.0), 1.0), note)


def interval(
    deal: Deal, statistic: Callable[[Deal], float | None], seed: int, draws: int = 2000, level: float = LEVEL
) -> Estimate:
    """A number of a deal with its interval: bootstrap of draws, the same for both parties and the volume.

    So a ratio is one of means in every resample, and what the parties' noise has in common stays in. The
    percentiles are stretched as in `sim.outcomes.intervals.around`.

    Args:
        deal: the deal.
        statistic: the number, None where it is undefined (no zone).
        seed: of the resamples.
        draws: resamples.
        level: coverage.

    Returns:
        The number; the interval is over the resamples that define it, and says too little where their share
        is below 1, and is NaN if the number itself is undefined. Resamples without volume define nothing.
    """
    count = len(deal.volume)
    value = _number(statistic(deal))
    if count < 2:
        return Estimate(value, NAN, NAN, NAN)
    rng = np.random.default_rng(seed)
    chosen = rng.integers(count, size=(draws, count))
    found = np.full((draws, 1), NAN)
    for k in np.flatnonzero(deal.volume[chosen].mean(axis=1) > 0.0):
        found[k] = _number(statistic(deal.of(chosen[k])))
    low, high = around(np.array([value]), found, count, level)
    return Estimate(value, float(low[0]), float(high[0]), float(np.isfinite(found).mean()))


def _number(value: float | None) -> float:
    return NAN if value is None else float(value)


@dataclass(frozen=True)
class Linearity:
    """How far simulated NPVs lie from lines in the commission; all parts 0 if prices do not react to it.

    Attributes:
        entrant: greatest distance of the entrant's NPV from the line through its outermost commissions, per
            money that the span of commissions moves (mean volume times span).
        host: the same of the host.
        slopes: greatest distance of the slopes from -volume (entrant) and +volume (host), per mean volume.
        volume: greatest distance between volumes at different commissions, per mean volume.
    """

    entrant: float
    host: float
    slopes: float
    volume: float

    @property
    def worst(self) -> float:
        """The greatest of all four."""
        return max(self.entrant, self.host, self.slopes, self.volume)


def linearity(commissions: Floats, entrant: Floats, host: Floats, volume: Floats) -> Linearity:
    """Check by simulation that a commission only moves money.

    Args:
        commissions: three or more rates, all different, shape (rates,).
        entrant: NPV of the entrant simulated at each, shape (rates, draws).
        host: the same of the host.
        volume: discounted hosted GMV, shape (rates, draws).

    Returns:
        The greatest deviations, over rates and draws.

    Raises:
        ValueError: if there are fewer than three different rates, or shapes differ.
    """
    if len(np.unique(commissions)) < max(3, len(commissions)):
        raise ValueError("a line through two rates is checked at a third one: need three different rates")
    if not entrant.shape == host.shape == volume.shape or len(entrant) != len(commissions):
        raise ValueError("entrant, host and volume need shape (rates, draws)")
    first, last = int(np.argmin(commissions)), int(np.argmax(commissions))
    span, scale = float(commissions[last] - commissions[first]), float(np.abs(volume).mean())
    along = (commissions - commissions[first])[:, None] / span
    deviations: list[float] = []
    slopes: list[float] = []
    for values, sign in ((entrant, -1.0), (host, 1.0)):
        rise = values[last] - values[first]
        deviations.append(float(np.abs(values - values[first] - along * rise).max() / (scale * span)))
        slopes.append(float(np.abs(rise / span - sign * volume[first]).max() / scale))
    moved = float(np.abs(volume - volume[first]).max() / scale)
    return Linearity(deviations[0], deviations[1], max(slopes), moved)


def iso_npv(
    exposures: Floats,
    a_entrant: Floats,
    a_host: Floats,
    volume: Floats,
    commissions: Floats,
    at: Floats | None = None,
) -> tuple[Floats, Floats]:
    """NPVs of both over a map of exposure and commission, from which lines of equal NPV are drawn.

    Straight in the commission; linear in the logarithm of the exposure between simulated exposures.

    Args:
        exposures: simulated ones, rising and positive, shape (exposures,).
        a_entrant: mean NPV of the entrant at commission 0 at each.
        a_host: the same of the host.
        volume: mean discounted hosted GMV at each.
        commissions: of the map, shape (commissions,).
        at: exposures of the map, shape (places,); None for the simulated ones.

    Returns:
        NPV of the entrant and of the host, each of shape (places, commissions).

    Raises:
        ValueError: if the exposures do not rise, are not positive, or a place lies outside of them.
    """
    own, hosts, hosted = (_along(exposures, part, at)[:, None] for part in (a_entrant, a_host, volume))
    return own - commissions * hosted, hosts + commissions * hosted


def zero_lines(
    exposures: Floats, a_entrant: Floats, a_host: Floats, volume: Floats, at: Floats | None = None
) -> tuple[Floats, Floats]:
    """The commissions at which the NPV of the entrant, and that of the host, is zero, by exposure.

    Args:
        exposures: as in `iso_npv`, like the others.
        a_entrant: mean NPV of the entrant at commission 0.
        a_host: the same of the host.
        volume: mean discounted hosted GMV.
        at: exposures of the lines, shape (places,); None for the simulated ones.

    Returns:
        Highest rate of the entrant and lowest rate of the host, shape (places,); NaN without volume.

    Raises:
        ValueError: as in `iso_npv`.
    """
    own, hosts, hosted = (_along(exposures, part, at) for part in (a_entrant, a_host, volume))
    some = np.where(hosted > 0.0, hosted, NAN)
    return own / some, -hosts / some


def _along(exposures: Floats, values: Floats, at: Floats | None) -> Floats:
    if (exposures <= 0.0).any() or (np.diff(exposures) <= 0.0).any():
        raise ValueError("exposures need to rise and to be positive")
    places = exposures if at is None else at
    if (places < exposures[0]).any() or (places > exposures[-1]).any():
        raise ValueError(f"simulated exposures span {exposures[0]} to {exposures[-1]}: none outside is known")
    return np.interp(np.log(places), np.log(exposures), values)


def clause_values(
    with_clause: Deal, without: Deal, seed: int = 0, draws: int = 2000, level: float = LEVEL
) -> pd.DataFrame:
    """What a clause is worth to each party, at the commission of the deal without it.

    Args:
        with_clause: the deal with the clause, on the same draws.
        without: the deal without it.
        seed: of the resamples.
        draws: resamples.
        level: coverage.

    Returns:
        A row for the entrant and one for the host: party, worth, worth_low, worth_high (RMB; Student's
        interval of the differences draw by draw), change, change_low, change_high: what the commission can
        change so that the party is as well off as without the clause (bootstrap). The entrant would pay up to
        its change more; a negative change of the host is how much less it would take.

    Raises:
        ValueError: if the deals have different draws.
    """
    if with_clause.volume.shape != without.volume.shape:
        raise ValueError("a clause is judged on the same draws with and without it")
    now = with_clause.at(without.commission)
    rows = []
    for party, new, old, sign in (
        ("entrant", now[0], without.entrant, 1.0), ("host", now[1], without.host, -1.0),
    ):  # fmt: skip
        worth = new - old
        moved = Deal(sign * worth, worth, with_clause.volume, 0.0)  # worth per volume is its break-even rate
        change = interval(moved, lambda deal: deal.break_even_entrant, seed, draws, level)
        mean, low, high = (float(end) for end in student(worth, level=level))
        rows.append(dict(
            party=party, worth=mean, worth_low=low, worth_high=high,
            change=change.value, change_low=change.low, change_high=change.high,
        ))  # fmt: skip
    return pd.DataFrame(rows)
