"""What policies did: when they acted, whether an exit was a mistake, what it is worth to follow a rule.

The first is in the books of one pair of markets. The other two compare a rule with what would have happened
instead: with a market in which the storefront stays, and with one in which the brand follows fixed dates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

from sim.calendar import Calendar
from sim.market import Market
from sim.outcomes.intervals import LEVEL, half_width
from sim.outcomes.parties import concerned
from sim.outcomes.rows import Floats, Row, row
from sim.outcomes.sides import Sides
from sim.scenario.schema import Act

WEEKS, ACTS = "weeks", "acts"
FOLLOWED = 26
"""Weeks after an exit that say whether it was a mistake: half a year."""
Kind = Literal["enter", "extend", "exit", "change"]
KINDS: dict[Kind, tuple[str, str]] = {
    "enter": ("weeks until a policy enters", "entries"),
    "extend": ("weeks until a policy extends", "extensions"),
    "exit": ("weeks until a policy leaves", "exits"),
}
"""Outcomes by what is done: when for the first time, how often."""


class Move(NamedTuple):
    """A decision of a policy about one storefront."""

    decided: int
    """Week in which it is taken."""
    week: int
    """First week that it concerns."""
    policy: str
    do: Kind
    storefront: str


def moves(acts: Sequence[tuple[int, str, Act]], calendar: Calendar) -> list[Move]:
    """Decisions as `Supply.acts` has them (week, policy, act), by storefront.

    A switch is an exit and an entry. An exit in part, of some categories only, is a change.
    """
    found = []
    for decided, policy, act in acts:
        when, name = calendar.week_of(act.on), str(act.storefront)
        if act.do == "switch":
            found.append(Move(decided, when, policy, "exit", name))
            found.append(Move(decided, when, policy, "enter", str(act.switch_to)))
        elif act.do == "exit" and act.categories:
            found.append(Move(decided, when, policy, "change", name))
        else:
            found.append(Move(decided, when, policy, act.do, name))
    return found


def moves_of(market: Market, storefront: str) -> list[Move]:
    """What the policies of a market decided about a storefront within the horizon."""
    found = moves(market.supply.acts, market.calendar)
    return [one for one in found if one.storefront == storefront and one.decided < market.horizon]


# --- rows of a pair ------------------------------------------------------------------------------


def policy_rows(sides: Sides) -> Iterator[Row]:
    """By storefront (of `sim.outcomes.parties.concerned`) over the horizon; none without policies.

    - "weeks until the policy acts": from the start of the horizon to the week of the first decision of any
      kind; "weeks until a policy enters", "extends", "leaves": of this kind. Weeks without such a decision
      are counted, so that it is the length of the horizon if there is none; the mean over replications is
      the restricted mean time (Royston and Parmar 2013, BMC Medical Research Methodology 13:152);
    - "entries", "extensions", "exits": how many decisions of policies;
    - "false exits": see `false_exit_rows`.
    """
    if not (sides.base.spec.policies or sides.other.spec.policies):
        return
    for name in concerned(sides.base.spec, sides.other.spec):
        before, after = (moves_of(market, name) for market in (sides.base, sides.other))
        yield from _dated("weeks until the policy acts", name, sides, [before, after])
        for kind, (when, how_many) in KINDS.items():
            kept = [[one for one in found if one.do == kind] for found in (before, after)]
            yield from _dated(when, name, sides, kept)
            yield row(how_many, name, "all", "horizon", ACTS, len(kept[0]), len(kept[1]))
        yield from false_exit_rows(sides, name)


def _dated(outcome: str, storefront: str, sides: Sides, found: Sequence[Sequence[Move]]) -> Iterator[Row]:
    before, after = (first(some, sides.base.horizon) for some in found)
    yield row(outcome, storefront, "all", "horizon", WEEKS, before, after)


def first(found: Sequence[Move], horizon: int) -> int:
    """Week of the first decision; the horizon if there is none."""
    return min((one.decided for one in found), default=horizon)


def false_exit_rows(sides: Sides, storefront: str) -> Iterator[Row]:
    """Outcome "false exits" of the scenario's policies, where the baseline has the storefront and tells.

    How many of the exits were false, see `judge`; NaN if the baseline did not keep the storefront open for
    all weeks by which an exit is judged, so that it does not say what staying would have brought.
    """
    if storefront not in sides.base.storefronts:
        return
    found = judge(sides.other, sides.base, storefront)
    number = sum(one.false for one in found) if all(one.known for one in found) else np.nan
    yield row("false exits", storefront, "all", "horizon", ACTS, 0.0, number)


# --- exits that were mistakes --------------------------------------------------------------------


class Judged(NamedTuple):
    """An exit, and what staying would have earned."""

    week: int
    """First week after it."""
    earned: float
    """Contribution of the storefront that stayed in the weeks that followed, in money, not discounted."""
    false: bool
    known: bool = True
    """Whether the storefront that should have stayed did."""


def false_exits(found: Sequence[Move], contribution_of_stayer: Floats, weeks: int = FOLLOWED) -> list[Judged]:
    """Exits, each with whether it was false: staying would have earned something in the weeks that followed.

    Sunk cost is not part of the contribution. An exit after which no week of the horizon follows is not
    false.

    Args:
        found: decisions about one storefront; those other than exits are passed over.
        contribution_of_stayer: contribution of the same storefront on the same draws, had it stayed, by
            week of the horizon, in money.
        weeks: how many weeks from the first one concerned count; fewer if the horizon is nearer.

    Raises:
        ValueError: if no week is to count.
    """
    if weeks < 1:
        raise ValueError(f"an exit cannot be judged by {weeks} weeks: expected one or more")
    judged = []
    for one in found:
        if one.do == "exit":
            begin = max(one.week, 0)
            earned = float(np.sum(contribution_of_stayer[begin : begin + weeks]))
            judged.append(Judged(one.week, earned, earned > 0.0))
    return judged


def judge(rule: Market, stay: Market, storefront: str, weeks: int = FOLLOWED) -> list[Judged]:
    """`false_exits` of a market in which a policy decides, by another one in which the storefront stays.

    Args:
        rule: market with the policy, after its horizon.
        stay: market on the same draws in which the storefront is not left.
        storefront: which one.
        weeks: how many weeks count.
    """
    store, horizon = stay.storefronts[storefront], stay.horizon
    series = np.array(store.contribution[:horizon], np.float64)
    judged = false_exits(moves_of(rule, storefront), series, weeks)
    return [
        one._replace(known=all(store.open_weeks[max(one.week, 0) : min(one.week + weeks, horizon)]))
        for one in judged
    ]


# --- what a rule is worth ------------------------------------------------------------------------


class OptionValue(NamedTuple):
    """Mean gain of a rule over fixed dates, and its interval, in money."""

    mean: float
    low: float
    high: float


def option_value(rule: Floats, naive: Floats, level: float = LEVEL) -> OptionValue:
    """NPV of a threshold rule less that of fixed dates, with a paired Student interval.

    What flexibility is worth to the firm (Dixit and Pindyck 1994, Investment under Uncertainty, chapter 2).
    Negative if the rule loses against the dates.

    Args:
        rule: NPV of the brand by replication under the rule, shape (replications,).
        naive: the same on the same draws under fixed dates.
        level: confidence level.

    Raises:
        ValueError: if the two do not belong to the same replications, or there is none.
    """
    if len(rule) != len(naive) or not len(rule):
        raise ValueError(f"{len(rule)} values of the rule and {len(naive)} of fixed dates: expected pairs")
    gain = np.asarray(rule, np.float64) - np.asarray(naive, np.float64)
    mean, n = float(gain.mean()), len(gain)
    if n == 1:
        return OptionValue(mean, np.nan, np.nan)
    half = float(half_width(stats.sem(gain), n - 1, level))
    return OptionValue(mean, mean - half, mean + half)


class PolicyValue(NamedTuple):
    """A rule against staying and against fixed dates, in one replication."""

    exits: list[Judged]
    """Exits of the rule, judged by the market that stays."""
    rule: float
    """NPV of the brand under the rule, cut at the horizon, in money."""
    naive: float
    """The same under fixed dates."""


def policy_value(markets: tuple[Market, Market, Market], storefront: str, start: int) -> PolicyValue:
    """Three markets on the same draws side by side, after their horizon.

    Args:
        markets: with the rule; in which the storefront stays; with fixed dates.
        storefront: which one the rule decides about.
        start: week to which values are discounted.
    """
    rule, stay, naive = markets
    rate, owner = rule.spec.finance.discount_rate, rule.spec.storefronts[storefront].owner
    values = [one.ledger.npv(owner, one.horizon, rate, start) for one in (rule, naive)]
    return PolicyValue(judge(rule, stay, storefront), *values)
