"""History matching: which parameters cannot be ruled out by what was published.

Waves (Craig et al. 1997; Vernon, Goldstein and Bower 2010, doi:10.1214/10-BA524): emulate the readings by the
runs there are; draw points evenly from where no reading is ruled out; run them; and again. What is reported
is the set of points whose own runs miss nothing by more than its tolerance: no best fit, no probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.sweep.factors import Factor, from_unit_cube, to_unit_cube
from sim.validation.history.emulator import Emulator, emulate
from sim.validation.history.misses import misses, worst

Floats = npt.NDArray[np.float64]
ERRORS = 1.0
"""How many emulator errors are granted beside the tolerance."""
STEPS = 400
"""Moves of a walker between two points that are kept."""
NEIGHBOUR = 0.01
"""How far, in parts of the prior range, a point lies that makes up the number of a wave."""
ROUNDS = 40
"""Most times that walkers are read."""
NEAREST = 1500
"""Most runs through which surfaces are laid: those nearest to the figures. More would take long to fit."""


@dataclass(frozen=True)
class Limits:
    """What readings may be: ln published, and the half-width ln(1 + tolerance), shape (R,) each."""

    names: tuple[str, ...]
    centre: Floats
    width: Floats

    @staticmethod
    def of(facts: pd.DataFrame) -> Limits:
        """The limits of the fitted figures."""
        fitted = facts[facts.role == "fitted"]
        names = tuple(str(name) for name in fitted.index)
        return Limits(names, np.log(fitted.value.to_numpy()), np.log1p(fitted.tolerance.to_numpy()))

    def excess(self, emulator: Emulator, unit: Floats, errors: float = ERRORS) -> Floats:
        """Largest miss beyond limit and emulator error, in units of the tolerance, shape (points,).

        Not above zero where nothing is ruled out.
        """
        missed = np.abs(emulator(unit) - self.centre) - errors * emulator.error
        return np.asarray((missed / self.width).max(axis=1) - 1.0)


def nearest(runs: pd.DataFrame, facts: pd.DataFrame, most: int = NEAREST) -> pd.DataFrame:
    """The runs nearest to the figures by their worst miss."""
    missed = worst(misses(runs, facts[facts.role == "fitted"]))
    return runs.loc[missed[np.isfinite(missed)].nsmallest(most).index]


def fitted_surfaces(runs: pd.DataFrame, factors: Sequence[Factor], facts: pd.DataFrame) -> Emulator:
    """Surfaces of the fitted figures through the nearest runs."""
    near = nearest(runs, facts)
    return emulate(to_unit_cube(near, factors), near[list(Limits.of(facts).names)])


def walk(
    limits: Limits, emulator: Emulator, starts: Floats, count: int, seed: int, errors: float = ERRORS,
    steps: int = STEPS,
) -> Floats:  # fmt: skip
    """Points drawn evenly from where nothing is ruled out, by walkers that move within it.

    Metropolis moves with differences of two other walkers (ter Braak 2006, doi:10.1007/s11222-006-8769-1):
    they take the shape of the set by themselves. A walker that starts outside moves only to less excess.

    Args:
        limits: what readings may be.
        emulator: surfaces.
        starts: first places of the walkers, shape (walkers, factors), at least 4.
        count: points wanted.
        seed: of the draws.
        errors: how many errors of the surfaces are granted beside the tolerance.
        steps: moves of every walker before it is read.

    Returns:
        Points of the unit cube, shape (count, factors): those of walkers inside. If everything seems to be
        ruled out, those where least is: surfaces may be wrong where nothing was run. If there are fewer
        than asked for, others close to them make up the number.

    Raises:
        ValueError: if there are fewer than 4 walkers.
    """
    if len(starts) < 4:
        raise ValueError(f"expected at least 4 walkers, found {len(starts)}")
    rng = np.random.default_rng(seed)
    place = starts.copy()
    kept: list[Floats] = []
    excess = np.maximum(limits.excess(emulator, place, errors), 0.0)
    size = 2.38 / np.sqrt(2.0 * place.shape[1])
    for _ in range(ROUNDS):
        for move in range(steps):
            offered = place + _jumps(rng, place, 1.0 if move % 10 == 0 else size)
            inside = ((offered >= 0.0) & (offered <= 1.0)).all(axis=1)
            new = np.maximum(limits.excess(emulator, np.clip(offered, 0.0, 1.0), errors), 0.0)
            taken = inside & (new <= excess)
            place, excess = np.where(taken[:, None], offered, place), np.where(taken, new, excess)
        kept.append(place[excess <= 0.0].copy())
        if sum(len(points) for points in kept) >= count:
            break
    inside = np.concatenate(kept)
    found = inside[:count] if len(inside) else place[np.argsort(excess)[:count]]
    return _filled(rng, np.asarray(found), count)


def _filled(rng: np.random.Generator, found: Floats, count: int) -> Floats:
    """As many different points as asked for, by neighbours of those there are: stages count their points."""
    near = np.unique(found, axis=0, return_index=True)[1]
    found = found[np.sort(near)]
    missing = count - len(found)
    more = found[rng.integers(len(found), size=max(missing, 0))]
    more = np.clip(more + rng.normal(0.0, NEIGHBOUR, more.shape), 0.0, 1.0)
    return np.concatenate([found, more])


def _jumps(rng: np.random.Generator, place: Floats, size: float) -> Floats:
    """Differences of two other walkers each, times a size, and a little noise."""
    n, own = len(place), np.arange(len(place))
    first = (own + rng.integers(1, n, n)) % n
    # The other one is neither the first nor the walker itself, which would draw all walkers together.
    second = (own + rng.integers(1, n - 1, n)) % n
    second = np.where((second - own) % n >= (first - own) % n, (second + 1) % n, second)
    return size * (place[first] - place[second]) + rng.normal(0.0, 1e-4, place.shape)


def next_points(
    runs: pd.DataFrame, factors: Sequence[Factor], facts: pd.DataFrame, count: int, seed: int,
    errors: float = ERRORS,
) -> tuple[pd.DataFrame, Emulator]:  # fmt: skip
    """Points of the next wave: evenly from where the runs so far rule nothing out.

    Args:
        runs: what has been run: factors and readings, a row a point.
        factors: what varies.
        facts: figures.
        count: points wanted.
        seed: of the draws.
        errors: how many errors of the surfaces are granted beside the tolerance.

    Returns:
        Points (fewer than asked for if nothing is left) and the surfaces that led to them.
    """
    emulator, limits = fitted_surfaces(runs, factors, facts), Limits.of(facts)
    starts = to_unit_cube(nearest(runs, facts, max(count, 4 * len(factors))), factors)
    return from_unit_cube(walk(limits, emulator, starts, count, seed, errors), factors), emulator


def survivors(runs: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The runs that miss no fitted figure by more than its tolerance."""
    return runs[worst(misses(runs, facts[facts.role == "fitted"])) <= 1.0]


def prior_share(
    limits: Limits, emulator: Emulator, factors: int, draws: int = 200_000, seed: int = 1
) -> float:
    """Share of the prior cube in which the surfaces rule nothing out: a guess, as they err more far away."""
    rng = np.random.default_rng(seed)
    blocks = [rng.random((min(20_000, draws - k), factors)) for k in range(0, draws, 20_000)]
    return float(np.mean(np.concatenate([limits.excess(emulator, block) <= 0.0 for block in blocks])))
