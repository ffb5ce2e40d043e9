"""Which option to choose when worlds differ: criteria, dominance, and where the best option changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from sim.decisions.regret import Options, regret_table
from sim.decisions.smooth import choose, coefficients
from sim.outcomes.intervals import LEVEL, NAN, percentiles, reweighted, student

Floats = npt.NDArray[np.float64]
Row = dict[str, object]
Switch = tuple[float, int, int]
"""Value of the unknown, best option below it and best option above it."""
GRID = 401
"""Places along an unknown, at quantiles of the worlds, at which options are compared."""
CRITERIA = {
    "expected value": ("expected", True),
    "maximin": ("worst", True),
    "5 % quantile": ("quantile_5", True),
    "minimax regret": ("regret_max", False),
    "95 % regret": ("regret_95", False),
    "satisficing": ("satisficing", True),
    "most often best": ("best_share", True),
}
"""Criterion, its column in the table of `criteria`, and whether more is better."""


def criteria(options: Options, threshold: float = 0.0, level: float = LEVEL) -> pd.DataFrame:
    """What each criterion says of each option.

    Args:
        options: values over worlds.
        threshold: value that an option has to exceed to be good enough, in the unit of values.
        level: coverage of the intervals.

    Returns:
        One row an option: option, expected, expected_low, expected_high (Student's over worlds), worst,
        quantile_5, regret_mean, regret_95, regret_max, satisficing (share of worlds above the threshold),
        satisficing_low, satisficing_high (Wilson 1927, doi:10.1080/01621459.1927.10502953), best_share (of
        worlds in which the option is best, shared among options that tie).
    """
    weights, values = options.weights, options.values
    expected, low, high = student(values, weights, level)
    share = weights @ (values > threshold)
    share_low, share_high = wilson(share, options.worlds, level)
    best = options.regrets == 0.0
    regret = regret_table(options, level)
    return pd.DataFrame(dict(
        option=options.names, expected=expected, expected_low=low, expected_high=high,
        worst=values[weights > 0].min(axis=0), quantile_5=options.quantile(values, 0.05),
        regret_mean=regret["mean"], regret_95=regret["quantile_95"], regret_max=regret["max"],
        satisficing=share, satisficing_low=share_low, satisficing_high=share_high,
        best_share=weights @ (best / best.sum(axis=1, keepdims=True)),
    ))  # fmt: skip


def wilson(share: Floats, count: float, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Wilson's interval of shares.

    Args:
        share: observed, between 0 and 1, shape (shares,).
        count: observations; an effective number need not be whole.
        level: coverage.
    """
    z = norm.ppf(0.5 + level / 2)
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def recommend(table: pd.DataFrame) -> pd.DataFrame:
    """The option that each criterion picks, the first of those that tie.

    Args:
        table: of `criteria`.

    Returns:
        One row a criterion: criterion, option, value, runner_up, margin (what the runner-up is behind, at
        least 0), tied. Runner-up and margin are "" and NaN with one option only.
    """
    rows: list[Row] = []
    for criterion, (column, more) in CRITERIA.items():
        scores = table[column].to_numpy(float) * (1 if more else -1)
        order = np.argsort(-scores, kind="stable")
        second = order[1] if len(order) > 1 else None
        margin = NAN if second is None else float(scores[order[0]] - scores[second])
        rows.append(dict(
            criterion=criterion, option=table["option"].iloc[order[0]],
            value=float(table[column].iloc[order[0]]),
            runner_up="" if second is None else table["option"].iloc[second], margin=margin,
            tied=margin == 0.0,
        ))  # fmt: skip
    return pd.DataFrame(rows)


def differences(options: Options, versus: str, level: float = LEVEL) -> pd.DataFrame:
    """What options are worth more than a named one, world by world.

    Args:
        options: values over worlds.
        versus: the option they are compared with.
        level: coverage of Student's intervals over worlds.

    Returns:
        One row an option, the named one at 0: option, difference, low, high.

    Raises:
        ValueError: if there is no such option.
    """
    base = options.values[:, [options.names.index(versus)]]
    mean, low, high = student(options.values - base, options.weights, level)
    return pd.DataFrame(dict(option=options.names, difference=mean, low=low, high=high))


def dominance(options: Options) -> pd.DataFrame:
    """Dominance between pairs of options, in the sample of worlds (no test).

    Statewise: nowhere worse and somewhere better. First order: at every level at least as likely to exceed
        it.
    Second order: at every level no greater expected shortfall below it, so that everybody averse to risk
    agrees (Hadar and Russell 1969). Each implies the next.

    Args:
        options: values over worlds.

    Returns:
        One row an ordered pair of different options: option, over, statewise, first, second.
    """
    kept = options.weights > 0
    values, weights = options.values[kept], options.weights[kept]
    rows: list[Row] = []
    for i, name in enumerate(options.names):
        for j, other in enumerate(options.names):
            if i == j:
                continue
            ahead = values[:, i] - values[:, j]
            first, second = _ordered(values[:, i], values[:, j], weights)
            rows.append(dict(
                option=name, over=other, statewise=bool((ahead >= 0).all() and (ahead > 0).any()),
                first=first, second=second,
            ))  # fmt: skip
    return pd.DataFrame(rows, columns=["option", "over", "statewise", "first", "second"])


def _ordered(one: Floats, other: Floats, weights: Floats) -> tuple[bool, bool]:
    """Whether one sample dominates another in first and in second order."""
    levels = np.unique(np.concatenate([one, other]))
    below = [_distribution(sample, weights, levels) for sample in (one, other)]
    lead = below[1] - below[0]  # of the distribution functions at each level
    shortfall = np.cumsum(lead[:-1] * np.diff(levels))
    tolerance = 1e-12
    room = tolerance * max(float(np.ptp(levels)), 1e-300)
    first = (lead >= -tolerance).all() and (lead > tolerance).any()
    second = (shortfall >= -room).all() and (shortfall > room).any()
    return bool(first), bool(first or second)


def _distribution(sample: Floats, weights: Floats, levels: Floats) -> Floats:
    order = np.argsort(sample)
    share = np.concatenate([[0.0], np.cumsum(weights[order])])
    return share[np.searchsorted(sample[order], levels, side="right")]


def switching_values(
    options: Options,
    unknowns: Mapping[str, Floats],
    resamples: int = 500,
    level: float = LEVEL,
    seed: int = 0,
) -> pd.DataFrame:
    """Values of each unknown, averaged over all others, at which the best option changes.

    The expected value of each option given the unknown is a smooth line (`sim.decisions.smooth.choose`)
    through worlds that are independent draws; other unknowns stay as they vary with this one. Intervals
    resample worlds and hold the form of the line. `sim.analysis.switching` asks the same along one factor
    with all others at base.

    Args:
        options: values over worlds.
        unknowns: for each its value in each world, shape (worlds,).
        resamples: bootstrap resamples of worlds.
        level: coverage of the intervals.
        seed: of the resamples.

    Returns:
        One row a change, and one for each unknown without any: unknown, value (NaN if none), low, high, below
        and above (best option on either side), share (of resamples with a change between the same two, the
        nearest counting, or without any). No line is drawn beyond the worlds.
    """
    rows: list[Row] = []
    for name, places in unknowns.items():
        grid, lines = _lines(options, places, resamples, seed)
        found, *resampled = [_switches(grid, along) for along in lines]
        if not found:
            best = options.names[int(lines[0][0].argmax())]
            share = float(np.mean([not switches for switches in resampled])) if resampled else NAN
            none = dict(value=NAN, low=NAN, high=NAN, below=best, above=best, share=share)
            rows.append({"unknown": name, **none})
        rows += [_switch_row(name, switch, resampled, options.names, level) for switch in found]
    return pd.DataFrame(rows)


def _lines(options: Options, places: Floats, resamples: int, seed: int) -> tuple[Floats, list[Floats]]:
    """Values of an unknown, and options along them, shape (values, options), in the sample and resamples."""
    grid = np.unique(np.quantile(places, np.linspace(0, 1, GRID)))
    relative, weights = options.relative, options.weights
    smoother = choose(places[:, None], relative, weights)
    columns, along = smoother.columns(places[:, None]), smoother.columns(grid[:, None])
    samples = [weights, *reweighted(weights, resamples, seed)]
    return grid, [along @ coefficients(columns, relative, sample) for sample in samples]


def _switches(grid: Floats, lines: Floats) -> list[Switch]:
    """Where the greatest of lines, shape (places, options), changes, by linear interpolation."""
    best = lines.argmax(axis=1)
    found: list[Switch] = []
    for k in np.flatnonzero(best[1:] != best[:-1]):
        below, above = int(best[k]), int(best[k + 1])
        before, after = lines[k, below] - lines[k, above], lines[k + 1, above] - lines[k + 1, below]
        part = before / (before + after) if before + after > 0 else 0.5
        found.append((float(grid[k] + part * (grid[k + 1] - grid[k])), below, above))
    return found


def _switch_row(
    unknown: str, switch: Switch, resampled: list[list[Switch]], names: tuple[str, ...], level: float
) -> Row:
    value, below, above = switch
    alike = [[place for place, i, j in found if (i, j) == (below, above)] for found in resampled]
    nearest = [min(places, key=lambda place: abs(place - value)) for places in alike if places]
    low, high = percentiles(np.array(nearest, float).reshape(-1, 1), level)
    return dict(
        unknown=unknown, value=value, low=float(low[0]), high=float(high[0]), below=names[below],
        above=names[above], share=len(nearest) / len(resampled) if resampled else NAN,
    )  # fmt: skip
