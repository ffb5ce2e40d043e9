"""What decides after the term: rules against a fixed date, the best of a grid against Dixit's, false exits.

A rule sees only its own storefront's books. What it gives up is seen in the same world, on the same draws, in
the option that stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.decisions.question import Question
from sim.decisions.samples import Samples
from sim.decisions.schema import AFTER_EXIT, Rule
from sim.firms.dixit import WEEKS_PER_YEAR, thresholds
from sim.firms.policy_threshold import limits
from sim.outcomes.intervals import student

Floats = npt.NDArray[np.float64]
SETTLED = 6
"""Weeks after opening before margins are looked at for drift and volatility: sales build up at first."""


@dataclass(frozen=True)
class Course:
    """Weekly course of an option in every world.

    Attributes:
        opened: whether the storefront was open, shape (worlds, weeks).
        own: contribution in the storefront's books, money.
        all: contribution of all channels of the entrant less the baseline, money.
    """

    opened: npt.NDArray[np.bool_]
    own: Floats
    all: Floats

    @staticmethod
    def of(samples: Samples, option: str) -> Course:
        """The course of an option, worlds in the order of the samples."""
        rows = samples.weekly[samples.weekly.option == samples.run_of(option)]
        order = samples.table.run_id

        def wide(column: str) -> Floats:
            return rows.pivot(index="run_id", columns="week", values=column).loc[order].to_numpy(np.float64)

        return Course(wide("open") > 0.0, wide("contribution"), wide("all"))

    @property
    def last_open(self) -> npt.NDArray[np.intp]:
        """Last open week of every world, counted from the decision; -1 if it never opened."""
        weeks = self.opened.shape[1]
        return np.where(self.opened.any(axis=1), weeks - 1 - np.argmax(self.opened[:, ::-1], axis=1), -1)


def false_exits(rule: Course, stay: Course, weeks: int = AFTER_EXIT) -> pd.DataFrame:
    """Which exits of a rule were followed by weeks in which staying would have earned more.

    Args:
        rule: course under the rule.
        stay: course of staying in the same worlds.
        weeks: weeks after the exit that count, as far as staying lasts and the horizon reaches.

    Returns:
        A row a world: left (it closed before the one that stays), after (weeks that count), own (what the
        storefront's books would have shown in them), all (what all channels of the entrant would have earned
        more by staying), false_by_books and false_by_all (left, and the sum is above zero).
    """
    last, end = rule.last_open, stay.last_open
    count = rule.opened.shape[1]
    place = np.arange(count)
    left = (last < end) & (last >= 0)
    ends = np.minimum(last + weeks, count - 1)
    inside = (place > last[:, None]) & (place <= ends[:, None])
    own = np.where(inside & stay.opened, stay.own, 0.0).sum(axis=1)
    both = np.where(inside, stay.all - rule.all, 0.0).sum(axis=1)
    return pd.DataFrame(
        {
            "left": left, "after": np.where(left, np.minimum(ends, end) - last, 0), "own": own, "all": both,
            "false_by_books": left & (own > 0.0), "false_by_all": left & (both > 0.0),
        }
    )  # fmt: skip


def rules(question: Question, samples: Samples) -> pd.DataFrame:
    """Rules after the term over worlds, a row a rule, the one of the highest mean value first.

    Columns: option, rule (words), kind, threshold (money a week, NaN if none), value with 90 % interval,
    option_value with interval: value less that of the fixed date in the same world; left: share of worlds in
    which it closed before the one that stays; weeks: mean weeks open; false_by_books, false_by_all: shares of
    the exits after which staying would have earned (see `false_exits`); NaN where nobody left.
    """
    rule = question.spec.afterwards
    if rule is None:
        return pd.DataFrame()
    compared = _compared(question, rule)
    named = {samples.run_of(option) for option in compared if option in question.options}
    options = {
        option: words
        for option, words in compared.items()
        if option in question.options or option not in named
    }
    naive = samples.value(question.spec.entrant, [rule.naive])[:, 0]
    stay = Course.of(samples, rule.stay)
    rows = [
        words | _judged(question, samples, option, naive, false_exits(Course.of(samples, option), stay))
        for option, words in options.items()
    ]
    return pd.DataFrame(rows).sort_values("value", ascending=False, ignore_index=True)


def _compared(question: Question, rule: Rule) -> dict[str, dict[str, object]]:
    """Options to compare, with rule, kind and threshold of each."""
    nan = float("nan")
    found: dict[str, dict[str, object]] = {}
    for option in _asked(question, rule):
        kind = {rule.naive: "fixed date", rule.stay: "stay", rule.dixit: "Dixit"}.get(option, "other")
        found[option] = {"rule": question.title(option), "kind": kind, "threshold": nan}
    for k, at in enumerate(rule.tried):
        words = f"Leaves when smoothed contribution falls to {at / 1e6:g} m a week".replace("-", "−")
        found[f"leaves_at_{k}"] = {"rule": words, "kind": "threshold", "threshold": at}
    return found


def _asked(question: Question, rule: Rule) -> list[str]:
    """The fixed date, the one that stays, Dixit's, and others of the part of the question that has them."""
    own = [rule.naive, rule.stay, rule.dixit]
    part = next((asked.options for asked in question.spec.asked.values() if rule.dixit in asked.options), [])
    return list(dict.fromkeys([*own, *part]))


def _judged(
    question: Question, samples: Samples, option: str, naive: Floats, exits: pd.DataFrame
) -> dict[str, object]:
    value = samples.value(question.spec.entrant, [option])[:, 0]
    mean, low, high = (float(end) for end in student(value))
    gain, gain_low, gain_high = (float(end) for end in student(value - naive))
    out = int(exits.left.sum())
    return {
        "option": option, "value": mean, "low": low, "high": high, "option_value": gain,
        "option_value_low": gain_low, "option_value_high": gain_high, "left": float(exits.left.mean()),
        "weeks": float(samples.of_option(option, "weeks open").mean()),
        "false_by_books": exits.false_by_books.sum() / out if out else float("nan"),
        "false_by_all": exits.false_by_all.sum() / out if out else float("nan"),
    }  # fmt: skip


# --- Dixit's thresholds from the runs ------------------------------------------------------------


def margins(course: Course, running_cost: float) -> Floats:
    """Margin before the running cost in open weeks after the first ones, NaN elsewhere, money a week.

    Shape (worlds, weeks).
    """
    first = np.argmax(course.opened, axis=1)
    settled = np.arange(course.opened.shape[1]) >= (first + SETTLED)[:, None]
    return np.where(course.opened & settled, course.own + running_cost, np.nan)


def drift_and_volatility(margin: Floats) -> tuple[float, float, float]:
    """Drift and volatility a year of positive margins, and the share of weeks with a positive one.

    Mean and standard deviation of log changes from week to week within worlds, pooled; the drift of geometric
    Brownian motion is the mean plus half of the variance.
    """
    known = np.isfinite(margin)
    positive = float((margin[known] > 0.0).mean()) if known.any() else float("nan")
    logs = np.log(np.where(margin > 0.0, margin, np.nan))
    steps = np.diff(logs, axis=1)
    steps = steps[np.isfinite(steps)]
    if len(steps) < 2:
        return float("nan"), float("nan"), positive
    variance = float(steps.var(ddof=1)) * WEEKS_PER_YEAR
    return float(steps.mean()) * WEEKS_PER_YEAR + variance / 2.0, variance**0.5, positive


def dixit(question: Question, samples: Samples) -> pd.DataFrame:
    """Dixit's thresholds with drift and volatility of the runs beside the best of the grid: one row.

    Columns: drift, volatility (a year), positive (share of weeks with a margin above zero, for which alone
    the theory holds), enter, leave (contribution, money a week; NaN where the theory has no answer, with the
    reason in note), best (threshold of the grid with the highest mean value), gap (leave less best), used
    (threshold that the option with Dixit's rule follows, from the drift and volatility that its file
    assumes).
    """
    rule = question.spec.afterwards
    if rule is None:
        return pd.DataFrame()
    base = question.work({}, 100)
    store = base.scenario_of(question.options[rule.stay], {}).storefronts[_store(question)]
    running = store.costs.fixed
    drift, volatility, positive = drift_and_volatility(margins(Course.of(samples, rule.stay), running))
    rate = base.baseline({}).finance.discount_rate
    enter, leave, note = _thresholds(running, store.costs.setup, store.costs.exit, drift, volatility, rate)
    values = [samples.value(question.spec.entrant, [f"leaves_at_{k}"]).mean() for k in range(len(rule.tried))]
    best = rule.tried[int(np.argmax(values))]
    return pd.DataFrame([{
        "drift": drift, "volatility": volatility, "positive": positive, "enter": enter, "leave": leave,
        "note": note, "best": best, "gap": leave - best, "used": _used(question, rule),
    }])  # fmt: skip


def _used(question: Question, rule: Rule) -> float:
    """Threshold at which the option with Dixit's rule leaves, money a week; NaN if it has no such policy."""
    scenario = question.work({}, 100).scenario_of(question.options[rule.dixit], {})
    name, rate = _store(question), scenario.finance.discount_rate
    for policy in scenario.policies.values():
        if policy.threshold is not None and policy.storefront == name:
            elsewhere = scenario.brands[policy.brand].return_elsewhere
            found = limits(policy.threshold, scenario.storefronts[name], rate, elsewhere, name)
            return found.exit_below
    return float("nan")


def _store(question: Question) -> str:
    return question.spec.terms.commission.split(".")[1]


def _thresholds(
    running: float, setup: float, exit_: float, drift: float, volatility: float, rate: float
) -> tuple[float, float, str]:
    """Contributions a week at which to enter and leave by Dixit (1989), or why there are none."""
    try:
        found = thresholds(running * WEEKS_PER_YEAR, setup, exit_, drift, volatility, rate)
    except ValueError as error:
        if drift >= rate:
            return (
                float("nan"),
                float("nan"),
                "a margin that grows faster than the discount rate is worth any price",
            )
        return float("nan"), float("nan"), str(error)
    return found.enter / WEEKS_PER_YEAR - running, found.exit / WEEKS_PER_YEAR - running, ""
