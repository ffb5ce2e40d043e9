"""The value of information: what it is worth to know unknowns before choosing, exactly or by a test."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sim.decisions.regret import Options
from sim.decisions.smooth import choose, coefficients
from sim.outcomes.intervals import LEVEL, NAN, Estimate, around, reweighted

Floats = npt.NDArray[np.float64]
Error = Literal["normal", "lognormal"]
"""A normal error of a measurement itself, or of its logarithm."""


@dataclass(frozen=True)
class Information(Estimate):
    """A value of information by regression, in the unit of options.

    Attributes:
        noise: what the same regression gives if the unknowns are shuffled among worlds, so that they tell
            nothing: about how much of the value is chance, as the best of noisy lines looks better than it
                is.
        form: of the regression, in words.
    """

    noise: float = NAN
    form: str = ""


def evpi(options: Options, resamples: int = 1000, level: float = LEVEL, seed: int = 0) -> Estimate:
    """Expected value of perfect information: E max_d v - max_d E v.

    The most that knowing the world before choosing can be worth (Raiffa and Schlaifer 1961, Applied
    Statistical Decision Theory). If values contain noise of simulation, it counts as if it could be
    known. The sample's value is biased downwards where options are close, as the best mean is picked from the
    same worlds.

    Args:
        options: values over worlds.
        resamples: bootstrap resamples of worlds.
        level: coverage of the interval.
        seed: of the resamples.
    """
    best = options.values.max(axis=1)

    def gain(weights: Floats) -> float:
        return float(weights @ best - (weights @ options.values).max())

    found = np.array([gain(w) for w in reweighted(options.weights, resamples, seed)])
    return Estimate(*_ends(options, gain(options.weights), found, level))


def evppi(
    options: Options,
    unknowns: Floats,
    resamples: int = 500,
    level: float = LEVEL,
    seed: int = 0,
    shuffles: int = 20,
) -> Information:
    """Expected value of partial perfect information: E max_d E(v | unknowns) - max_d E v, by regression.

    The conditional expectations are a smooth regression of the values on the unknowns (Strong, Oakley and
    Brennan 2014, doi:10.1177/0272989X13505910), here least squares on polynomials, or splines for one
    unknown, chosen by leave-one-out prediction. Two biases: lines that cannot bend enough miss value
    (downwards); lines that follow noise find value that is none (upwards), whose size is the `noise`
    reported. Intervals resample worlds and hold the form. The values may contain noise of simulation, which
    the regression averages out.

    Args:
        options: values over worlds, independent draws of all unknowns.
        unknowns: what is learnt, shape (worlds,), or (worlds, unknowns) for a group learnt together.
        resamples: bootstrap resamples of worlds.
        level: coverage of the interval.
        seed: of resamples and shuffles.
        shuffles: how often the unknowns are shuffled for the noise.

    Raises:
        ValueError: if the unknowns are not one finite number a world.
    """
    known = _group(options, unknowns)
    relative, weights = options.relative, options.weights
    smoother = choose(known, relative, weights)
    columns = smoother.columns(known)
    found = [_gain(relative, columns, w) for w in reweighted(weights, resamples, seed)]
    ends = _ends(options, _gain(relative, columns, weights), np.array(found), level)
    noise = _noise(relative, columns, weights, shuffles, seed)
    return Information(*ends, noise=noise, form=smoother.form)


def evsi(
    options: Options,
    unknown: Floats,
    spread: float,
    error: Error = "normal",
    resamples: int = 200,
    level: float = LEVEL,
    seed: int = 0,
    measurements: int = 20,
) -> Information:
    """Expected value of sample information: the worth of a field test that measures an unknown with error.

    In each world the test's result is simulated, and the values are regressed on the result as in `evppi`
    (Strong, Oakley, Brennan and Breeze 2015, doi:10.1177/0272989X15575286). The mean over several simulated
    results. What the test costs is not taken off.

    Args:
        options: values over worlds.
        unknown: what is measured, shape (worlds,).
        spread: standard deviation of the error, of the logarithm if lognormal.
        error: "normal", added to the unknown, or "lognormal", a factor with median 1.
        resamples: bootstrap resamples of worlds.
        level: coverage of the interval.
        seed: of measurements, resamples and shuffles.
        measurements: simulated results a world.

    Raises:
        ValueError: if the spread is negative, or the unknown not one finite number a world, above 0 if the
            error is lognormal.
    """
    known = _group(options, unknown)
    if spread < 0.0 or known.shape[1] != 1 or (error == "lognormal" and (known <= 0.0).any()):
        raise ValueError(
            "a test measures one unknown, above 0 with a lognormal error, with spread of 0 or more"
        )
    scaled = np.log(known) if error == "lognormal" else known
    noise = spread * np.random.default_rng([seed, 1]).standard_normal((measurements, *known.shape))
    relative, given = options.relative, options.weights
    smoothers = [choose(scaled + extra, relative, given) for extra in noise]
    columns = [smoother.columns(scaled + extra) for smoother, extra in zip(smoothers, noise, strict=True)]

    def gain(weights: Floats) -> float:
        return float(np.mean([_gain(relative, result, weights) for result in columns]))

    found = np.array([gain(w) for w in reweighted(given, resamples, seed)])
    ends = _ends(options, gain(given), found, level)
    forms = Counter(smoother.form for smoother in smoothers)
    shuffled = [_noise(relative, result, given, 1, seed + k) for k, result in enumerate(columns)]
    return Information(*ends, noise=float(np.mean(shuffled)), form=forms.most_common(1)[0][0])


def _group(options: Options, unknowns: Floats) -> Floats:
    """Unknowns of shape (worlds, unknowns)."""
    known = unknowns.reshape(len(unknowns), -1).astype(float)
    if len(known) != len(options.values) or not known.size or not np.isfinite(known).all():
        raise ValueError(f"unknowns need a finite number in each of {len(options.values)} worlds")
    return known


def _gain(relative: Floats, columns: Floats, weights: Floats) -> float:
    """E max_d - max_d E of fitted lines; the fit keeps the means, as a constant is among the columns."""
    fitted = columns @ coefficients(columns, relative, weights)
    return float(weights @ fitted.max(axis=1) - (weights @ fitted).max())


def _noise(relative: Floats, columns: Floats, weights: Floats, shuffles: int, seed: int) -> float:
    rng = np.random.default_rng([seed, 2])
    found = [_gain(relative, rng.permutation(columns), weights) for _ in range(shuffles)]
    return float(np.mean(found)) if found else NAN


def _ends(options: Options, value: float, found: Floats, level: float) -> tuple[float, float, float]:
    """Value, at least 0 but for rounding, and the ends of its interval."""
    low, high = around(np.array([value]), found.reshape(-1, 1), options.worlds, level, floor=0.0)
    return max(value, 0.0), float(low[0]), float(high[0])
