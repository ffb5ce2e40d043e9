"""Forecasts that know nothing about markets: what a model must beat to have earned its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from sim.validation.history.published import FITTED_UNTIL, series_of

Floats = npt.NDArray[np.float64]
LAUNCH = date(2015, 9, 1)
"""Pinduoduo opens (facts/events.csv, A); time zero of its Bass curve."""
YEAR = 365.25
COLUMNS = ("bass", "growth", "increase")
MONTHS = "month against the mean month"
CURVED = ("pinduoduo_sales", "pinduoduo_buyers")
"""Series of a firm that rises from its launch."""
FEWEST = 5
"""Points that a curve with three parameters takes at least."""


def bass(years: Floats, p: float, q: float, ceiling: float) -> Floats:
    """Bass (1969, doi:10.1287/mnsc.15.5.215): adopters after some years.

    Args:
        years: since the launch, not below zero.
        p: innovation, a year.
        q: imitation, a year.
        ceiling: all who ever adopt.
    """
    fade = np.exp(-(p + q) * years)
    return np.asarray(ceiling * (1.0 - fade) / (1.0 + q / p * fade))


def fit_bass(years: Floats, seen: Floats) -> tuple[float, float, float]:
    """Least squares of the logarithms: p, q and ceiling, between the last value and twenty times it.

    Raises:
        ValueError: if there are fewer than five points.
    """
    if len(seen) < FEWEST:
        raise ValueError(f"expected at least {FEWEST} points, found {len(seen)}")

    def gap(free: Floats) -> Floats:
        p, q, ceiling = np.exp(free)
        return np.log(bass(years, float(p), float(q), float(ceiling)) / seen)

    last = float(seen.max())
    low, high = np.log([1e-6, 1e-3, last]), np.log([1.0, 10.0, 20.0 * last])
    starts = [np.log([0.01, q, k * last]) for q in (0.5, 1.5, 2.5) for k in (1.1, 2.0, 5.0)]
    tries = [least_squares(gap, start, bounds=(low, high)) for start in starts]
    best = min(tries, key=lambda one: float(one.cost))
    p, q, ceiling = np.exp(best.x)
    return float(p), float(q), float(ceiling)


def _a_year_before(days: Floats, seen: Floats) -> float:
    """Value a year before the last one, linear between its neighbours.

    Raises:
        ValueError: if less than a year was seen.
    """
    before = days[-1] - YEAR
    if before < days[0] - 7.0:
        raise ValueError("expected values of at least a year")
    return float(np.exp(np.interp(before, days, np.log(seen))))


def growing(days: Floats, seen: Floats, to: float) -> float:
    """The growth of the last four quarters goes on: last (last / a year before)^years.

    Args:
        days: when values were seen, ascending, as ordinals.
        seen: the values.
        to: the day wanted, as an ordinal.

    Raises:
        ValueError: if less than a year was seen.
    """
    growth = seen[-1] / _a_year_before(days, seen)
    return float(seen[-1] * growth ** ((to - days[-1]) / YEAR))


def rising(days: Floats, seen: Floats, to: float) -> float:
    """The increase of the last four quarters goes on: last + (last - a year before) years; see `growing`."""
    return float(seen[-1] + (seen[-1] - _a_year_before(days, seen)) * (to - days[-1]) / YEAR)


def rivals(facts: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of the held-out figures from the figures that the fit sees.

    A Bass curve is for a firm's rise from its launch, so for Pinduoduo's sales and buyers; its spend per
    buyer is the one by the other. For months against the mean month, that of the last year comes again.

    Returns:
        By name of the figure: `bass`, `growth` and `increase` (of the last four quarters), in the unit of the
        figure; NaN where a method cannot be used.
    """
    table = facts.assign(series=series_of(str(name) for name in facts.index))
    months = table.reading.to_numpy() == MONTHS
    rows = [row for _, series in table[~months].groupby("series") for row in _of_series(series)]
    rows += list(_of_months(table[months]))
    found = pd.DataFrame(rows, columns=["name", *COLUMNS]).set_index("name")
    for name in found.index[found.index.str.startswith("pinduoduo_spend")]:
        sales, buyers = (name.replace("spend", what) for what in ("sales", "buyers"))
        if sales in found.index and buyers in found.index:
            found.loc[name, "bass"] = found.bass[sales] / found.bass[buyers]
    return found


Row = tuple[str, float, float, float]


def _of_series(series: pd.DataFrame) -> Iterator[Row]:
    """Name and forecasts of the held-out figures of one series."""
    series = series.sort_values("on")
    held, known = series[series.role == "held out"], series[series.role != "held out"]
    if held.empty or known.empty:
        return
    assert max(known.on) <= FITTED_UNTIL
    days = np.array([day.toordinal() for day in known.on], np.float64)
    seen, launch = known.value.to_numpy(), LAUNCH.toordinal()
    curve = None
    if len(seen) >= FEWEST and series.series.iloc[0] in CURVED:
        curve = fit_bass((days - launch) / YEAR, seen)
    for name, day in zip(held.index, held.on, strict=True):
        to = float(day.toordinal())
        by_bass = np.nan if curve is None else float(bass(np.array([(to - launch) / YEAR]), *curve)[0])
        yield str(name), by_bass, _or_nan(growing, days, seen, to), _or_nan(rising, days, seen, to)


def _of_months(months: pd.DataFrame) -> Iterator[Row]:
    """The same month of the last year that the fit sees."""
    known = {
        (day.year, day.month): v
        for day, v in zip(months.on, months.value, strict=True)
        if day <= FITTED_UNTIL
    }
    for name, day in months.on[months.role == "held out"].items():
        again = known.get((day.year - 1, day.month), float("nan"))
        yield str(name), float("nan"), again, again


def _or_nan(method: Callable[[Floats, Floats, float], float], days: Floats, seen: Floats, to: float) -> float:
    try:
        return method(days, seen, to)
    except ValueError:
        return float("nan")
