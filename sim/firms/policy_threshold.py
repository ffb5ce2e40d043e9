"""Enter above one threshold, leave below another: hysteresis on the smoothed weekly contribution.

Between the two nothing changes, so the same signal finds a storefront open that came from above and
closed that came from below. Thresholds that are not given are Dixit's (see `sim.firms.dixit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sim.firms import dixit
from sim.firms.dixit import WEEKS_PER_YEAR
from sim.firms.observation import WEEK, Observation, ObservedChannel
from sim.scenario.schema import Act, Policy, Storefront, Threshold

COMPARED = 4
"""Weeks whose mean stands for the size of a host, now and when the storefront was last open."""


class Limits(NamedTuple):
    """Smoothed contribution at which to enter and to leave, money a week."""

    enter_above: float
    exit_below: float


def threshold(
    policy: Policy, store: Storefront, observation: Observation, return_elsewhere: float
) -> list[Act]:
    """Enter or renew at or above the upper threshold, leave at or below the lower one.

    Closed and without a coming opening: enter. Open, with a last day in the coming week: renew (extend)
    for another `weeks`. Open and at or below the lower threshold for `patience` weeks in a row, since it
    last opened: leave. Else nothing.

    Raises:
        ValueError: if the section `threshold` is missing or the thresholds are not apart.
    """
    spec = policy.threshold
    if spec is None:
        raise ValueError(f"the policy on {policy.storefront!r} has rule threshold, but no section threshold")
    channel = observation.channels[policy.storefront]
    known = beliefs(
        channel, _host_sales(channel, observation), spec.smoothing, running_cost(store, return_elsewhere)
    )
    high, low = limits(spec, store, observation.discount_rate, return_elsewhere, policy.storefront)
    latest = known[-1] if known else None
    signal = spec.prior if latest is None else latest
    if not channel.is_open:
        planned = channel.opens is not None and channel.opens > observation.today
        return [_enter(spec, observation)] if signal >= high and not planned else []
    if latest is None:
        return []  # open, but no week is over yet
    if _below(channel, known, low, spec.patience):
        return [Act(on=observation.today, do="exit")]
    return _renewal(spec, channel, observation) if signal >= high else []


def beliefs(
    channel: ObservedChannel, host_sales: Sequence[float] | None, smoothing: float, running: float
) -> list[float | None]:
    """The signal after each week, money a week; none before the first opening.

    In an open week x <- x + a (contribution - x), from the first open week's contribution. While closed
    the margin before running cost, x + w, moves with the host's sales: (mean of the last four weeks) /
    (mean of the last four weeks in which the storefront was open). The contribution itself must not be
    scaled: w does not grow with the host, and a loss times any growth would remain a loss for ever.
    An own site (no host sales) keeps its last signal. The next opening goes on from there.

    Args:
        channel: the storefront.
        host_sales: sales of its host, money a week; none for an own site.
        smoothing: a, weight of the newest week.
        running: w, what it costs to be open, money a week.
    """
    after: list[float | None] = []
    left, opened = 0.0, list[int]()
    for week, is_open in enumerate(channel.open_weeks):
        before = after[-1] if after else None
        if is_open:
            new = channel.contribution[week]
            left = new if before is None else before + smoothing * (new - before)
            opened.append(week)
            after.append(left)
        elif before is None or host_sales is None:
            after.append(before)
        else:
            after.append((left + running) * _growth(host_sales, week, opened) - running)
    return after


def limits(
    spec: Threshold, store: Storefront, discount_rate: float, return_elsewhere: float, name: str = ""
) -> Limits:
    """Both thresholds, given or Dixit's.

    Dixit's are margins P before running cost w: the contribution is P - w. The deposit is paid with the
    set-up cost and comes back on exit; a guarantee is not part of it.

    Args:
        spec: what is given, drift and volatility.
        store: costs and contract.
        discount_rate: per year.
        return_elsewhere: what capital would earn elsewhere, per year.
        name: storefront, for messages.

    Raises:
        ValueError: if the upper threshold is not above the lower one, or Dixit's do not exist.
    """
    high, low = spec.enter_above, spec.exit_below
    if high is None or low is None:
        computed = _dixit(spec, store, discount_rate, return_elsewhere, name)
        high = computed.enter_above if high is None else high
        low = computed.exit_below if low is None else low
    if not high > low:
        raise ValueError(
            f"the policy on {name!r} enters above {high:g} and leaves below {low:g} a week; "
            "expected enter_above greater than exit_below"
        )
    return Limits(high, low)


def running_cost(store: Storefront, return_elsewhere: float) -> float:
    """What it costs to be open, money a week: running cost, annual fee, what the capital would earn."""
    fee = store.contract.annual_fee if store.host is not None else 0.0
    return store.costs.fixed + (fee + return_elsewhere * store.costs.capital) / WEEKS_PER_YEAR


def _dixit(
    spec: Threshold, store: Storefront, discount_rate: float, return_elsewhere: float, name: str
) -> Limits:
    """Dixit's thresholds as contributions, money a week."""
    running, deposit = running_cost(store, return_elsewhere), store.contract.deposit
    try:
        margin = dixit.thresholds(
            running_cost=running * WEEKS_PER_YEAR,
            entry_cost=store.costs.setup + deposit,
            exit_cost=store.costs.exit - deposit,
            drift=spec.drift,
            volatility=spec.volatility,
            discount_rate=discount_rate,
        )
    except ValueError as error:
        error.add_note(f"the policy on {name!r} needs enter_above and exit_below, or costs they follow from")
        raise
    return Limits(margin.enter / WEEKS_PER_YEAR - running, margin.exit / WEEKS_PER_YEAR - running)


def _host_sales(channel: ObservedChannel, observation: Observation) -> tuple[float, ...] | None:
    """What the host publishes; none for an own site."""
    return None if channel.host is None else observation.hosts[channel.host].weekly_sales


def _growth(host_sales: Sequence[float], week: int, opened: Sequence[int]) -> float:
    """Size of the host in the weeks up to `week` over that in the last open ones; 1 if it sold nothing."""
    now = host_sales[max(0, week + 1 - COMPARED) : week + 1]
    then = [host_sales[k] for k in opened[-COMPARED:]]
    return (sum(now) / len(now)) / (sum(then) / len(then)) if sum(then) > 0.0 else 1.0


def _below(channel: ObservedChannel, known: Sequence[float | None], low: float, patience: int) -> bool:
    """Whether each of the last `patience` weeks was open and ended at or below the lower threshold."""
    recent = zip(channel.open_weeks[-patience:], known[-patience:], strict=True)
    below = [is_open and x is not None and x <= low for is_open, x in recent]
    return len(below) == patience and all(below)


def _enter(spec: Threshold, observation: Observation) -> Act:
    """Open on Monday, for the given number of weeks."""
    last = None if spec.weeks is None else observation.today + spec.weeks * WEEK - timedelta(days=1)
    return Act(on=observation.today, do="enter", to=last)


def _renewal(spec: Threshold, channel: ObservedChannel, observation: Observation) -> list[Act]:
    """Go on after the last day if it lies in the coming week."""
    if channel.closes is None or not observation.holds(channel.closes):
        return []
    last = None if spec.weeks is None else channel.closes + spec.weeks * WEEK
    return [Act(on=observation.today, do="extend", to=last)]
